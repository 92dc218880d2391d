// Exporting in file mode: what the ledger lacks goes into chunks, which are written before the manifest names them, and put on
// record last. A run that ends in between leaves files that the next one finds to be its own.
#include <algorithm>
#include <map>
#include <set>

#include "crypto/sha256.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "memory/ledger.h"
#include "memory/names.h"
#include "memory/payload.h"
#include "sync/chunk_ledger.h"
#include "sync/chunk_look.h"
#include "sync/cloud_sync.h"
#include "sync/streams.h"
#include "sync/syncer.h"
#include "sync/transport_lock.h"

namespace quipu::sync {

namespace {

using memory::Catalog;
using memory::Entity;
using memory::Entry;

// Documents are split above that, between sessions where that is possible.
constexpr std::size_t kMostPerChunk = std::size_t{4} << 20;
constexpr std::size_t kIdLengths[] = {kChunkIdDigits, 2 * kChunkIdDigits, 8 * kChunkIdDigits};

// A row that is to go out: taken from the catalog, read when its chunk is made.
struct Outgoing {
  Entity entity;
  std::int64_t id = 0;
  MaybeInstant time;  // of sessions: when it started
  memory::RecordRef record;
};

struct Group {  // a session and its rows
  std::optional<Outgoing> session;
  std::vector<Outgoing> rows;
};

// What is to be sent, in the order of its sessions.
struct Selection {
  std::vector<Group> groups;
  std::vector<std::pair<Entry, std::string>> gone;  // with the key
};

// A chunk that was made and not yet put on record.
struct MadeChunk {
  ChunkEntry entry;
  std::string document;
  std::string full_hash;
  std::vector<memory::LedgerRow> ledger;
  std::int64_t mutations = 0;
  std::optional<OutgoingStreams> streams;
};

}  // namespace

class Exporter {
 public:
  Exporter(Syncer& syncer, std::string_view created_by, std::string_view project, const SyncProgress& progress)
      : syncer_(syncer),
        created_by_(created_by),
        project_(memory::normalize_project(project)),
        progress_(syncer.store_.records().as_callback(progress)) {}

  ExportResult run() {
    const TransportLock lock(syncer_.transport_);
    const Manifest manifest = read_manifest_to_write(syncer_.transport_, result_.issues);
    index(manifest);
    const Selection selection = select();
    make_chunks(selection);
    make_stream_chunks();
    if (made_.empty()) return std::move(result_);
    set_times(manifest);
    for (MadeChunk& chunk : made_) write(chunk);
    append_entries();
    put_on_record();
    for (const MadeChunk& chunk : made_) count(chunk);
    return std::move(result_);
  }

 private:
  void step(std::int64_t done, std::int64_t total) {
    if (progress_ && !progress_(done, total)) throw Error(Code::kCancelled, "the export was cancelled");
  }

  // ---- what the target has

  // Chunks that are listed and that the ledger does not know are looked at.
  void index(const Manifest& manifest) {
    std::set<std::string> seen;
    std::int64_t done = 0;
    for (const ChunkEntry& entry : manifest.chunks) {
      step(done++, static_cast<std::int64_t>(manifest.chunks.size()));
      if (!is_chunk_id(entry.id) || !seen.insert(entry.id).second || is_known(entry.id)) continue;
      const ChunkLook look = look_at_chunk(syncer_.transport_, entry.id, IdPolicy::kWarn, syncer_.options_.project);
      result_.issues.insert(result_.issues.end(), look.issues.begin(), look.issues.end());
      if (look.verdict != ChunkLook::Verdict::kUsable) continue;
      std::vector<memory::LedgerRow> rows;
      try {
        ChunkDocument document = ChunkReader().read(look.document);
        document.rows.created_at = entry.created_at;
        rows = ledger_of(document.rows);
      } catch (const ChunkFault& fault) {
        result_.issues.push_back({shown_id(entry.id), fault.report_code(), "", 0, fault.message()});
        continue;
      }
      syncer_.store_.commit([&](memory::Write& write) {
        const std::string key = memory::internal_id("chunk", syncer_.target_ + ":" + look.full_hash);
        if (const memory::RecordRef known = write.records().find(key)) {
          write.records().upsert(
              memory::chunk_record_with_stamp(known, look.stamp.size, look.stamp.modified_ns, write.next_seq()));
          return;
        }
        const memory::KnownChunk chunk{entry.id, look.full_hash, false, look.stamp.size, look.stamp.modified_ns};
        write.records().upsert(memory::chunk_record(syncer_.target_, chunk, "", rows, write.next_seq()));
      });
    }
  }

  bool is_known(const std::string& id) {
    const std::optional<ChunkStamp> stamp = syncer_.transport_.stamp(id);
    bool known = false;
    syncer_.store_.with_ledgers([&](const Catalog&, memory::Ledgers& ledgers) {
      for (const memory::KnownChunk* chunk : ledgers.of(syncer_.target_).with_id(id)) {
        if (chunk->full_hash.empty()) continue;
        known = known || !syncer_.transport_.keeps_bytes() || !stamp ||
                (stamp->size == chunk->size && stamp->modified_ns == chunk->modified_ns);
      }
    });
    return known;
  }

  // ---- what is to go

  bool is_of_project(const Catalog& catalog, const Entry& entry) const {
    if (project_.empty()) return true;
    const auto is_it = [&](std::uint32_t name) {
      return name != memory::Names::kNone && catalog.names()[name] == project_;
    };
    if (entry.project != memory::Names::kNone || entry.entity == Entity::kSession) return is_it(entry.project);
    const Catalog::Number session = catalog.session_of(entry);
    return session != Catalog::kNone && is_it(catalog.at(session).project);
  }

  Selection select() {
    Selection selection;
    syncer_.store_.with_ledgers([&](const Catalog& catalog, memory::Ledgers& ledgers) {
      const std::vector<Catalog::Number> lacking = ledgers.lacking(syncer_.target_, catalog);
      const memory::Ledger& ledger = ledgers.of(syncer_.target_);
      const auto outgoing = [&](Catalog::Number number) {
        const Entry& entry = catalog.at(number);
        return Outgoing{entry.entity, entry.id, entry.created, entry.record};
      };
      std::map<std::uint32_t, Group> groups;  // by the session's name
      std::vector<Catalog::Number> gone;
      for (const Catalog::Number number : lacking) {
        const Entry& entry = catalog.at(number);
        if (entry.is_gone) {
          if (is_of_project(catalog, entry) && may_delete(catalog, ledgers, entry)) gone.push_back(number);
          continue;
        }
        if (entry.is_personal && !syncer_.options_.with_personal) continue;
        if (syncer_.options_.suppress_edits &&
            ledger.knows_key(memory::traits_of(entry.entity).name, Catalog::key_of(entry))) {
          continue;
        }
        if (!is_of_project(catalog, entry)) continue;
        Group& group = groups[entry.session];
        if (entry.entity == Entity::kSession) {
          group.session = outgoing(number);
        } else {
          group.rows.push_back(outgoing(number));
        }
      }
      for (auto& [name, group] : groups) {
        if (!group.session && name != memory::Names::kNone) {
          const Catalog::Number session = catalog.find(Entity::kSession, catalog.names()[name]);
          const bool is_there = session != Catalog::kNone && !catalog.at(session).is_gone;
          if (is_there && !ledger.knows_key("session", catalog.names()[name])) group.session = outgoing(session);
        }
        std::sort(group.rows.begin(), group.rows.end(), [](const Outgoing& a, const Outgoing& b) {
          return std::pair(a.entity, a.id) < std::pair(b.entity, b.id);
        });
        selection.groups.push_back(std::move(group));
      }
      const auto order = [](const Group& group) {
        const Outgoing& first = group.session ? *group.session : group.rows.front();
        return std::pair(first.time, first.id);
      };
      std::sort(selection.groups.begin(), selection.groups.end(),
                [&](const Group& a, const Group& b) { return order(a) < order(b); });
      std::sort(gone.begin(), gone.end(), [&](Catalog::Number a, Catalog::Number b) {
        const auto rank = [&](Catalog::Number number) {
          return std::pair(catalog.at(number).entity == Entity::kSession, catalog.at(number).seq);
        };
        return rank(a) < rank(b);
      });
      for (const Catalog::Number number : gone) {
        selection.gone.emplace_back(catalog.at(number), Catalog::key_of(catalog.at(number)));
      }
    });
    return selection;
  }

  // A session may only be said to be deleted when nothing that others have refers to it: rows of chunks that were looked at and
  // not imported are not known well enough for that.
  bool may_delete(const Catalog&, memory::Ledgers& ledgers, const Entry& entry) {
    return entry.entity != Entity::kSession || ledgers.of(syncer_.target_).all_imported();
  }

  // ---- chunks

  // Collects rows until a chunk is full.
  struct Draft {
    struct Piece {
      Entity entity;
      MaybeInstant time;
      std::int64_t id;
      std::string wire;
    };
    std::vector<Piece> pieces;
    std::vector<memory::LedgerRow> ledger;
    std::size_t size = 0;

    void take(Draft&& other) {
      std::move(other.pieces.begin(), other.pieces.end(), std::back_inserter(pieces));
      std::move(other.ledger.begin(), other.ledger.end(), std::back_inserter(ledger));
      size += other.size;
      other = Draft();
    }
  };

  void add(const Outgoing& row, Draft& draft) {
    const memory::RowRef read = reader_.read_row(*row.record);
    if (!read) return;
    const memory::EntityTraits& traits = memory::traits_of(row.entity);
    std::string wire;
    memory::append_wire(row.entity, *read, wire);
    draft.ledger.push_back(
        {std::string(traits.name), memory::text_of(*read, traits.key), versioner_.of(row.entity, *read).short_hex()});
    draft.size += wire.size() + 1;
    draft.pieces.push_back({row.entity, row.time, row.id, std::move(wire)});
  }

  void make_chunks(const Selection& selection) {
    Draft full;
    const auto end_chunk = [&] {
      if (!full.pieces.empty()) finish_rows(full);
      full = Draft();
    };
    std::int64_t done = 0;
    for (const Group& group : selection.groups) {
      step(done++, static_cast<std::int64_t>(selection.groups.size()));
      Draft of_group;
      if (group.session) add(*group.session, of_group);
      for (const Outgoing& row : group.rows) {
        Draft of_row;
        add(row, of_row);
        if (of_group.size + of_row.size > kMostPerChunk && !of_group.pieces.empty()) {
          // A session that fills more than a chunk: in parts, each with its session.
          end_chunk();
          full.take(std::move(of_group));
          end_chunk();
          if (group.session) add(*group.session, of_group);
        }
        of_group.take(std::move(of_row));
      }
      if (full.size + of_group.size > kMostPerChunk) end_chunk();
      full.take(std::move(of_group));
    }
    end_chunk();
    if (!selection.gone.empty()) finish_deletes(selection);
  }

  void finish_rows(Draft& draft) {
    // Sessions by their start, the others by number.
    std::stable_sort(draft.pieces.begin(), draft.pieces.end(), [](const auto& a, const auto& b) {
      if (a.entity != b.entity) return a.entity < b.entity;
      return a.entity == Entity::kSession ? a.time < b.time : a.id < b.id;
    });
    ChunkWriter writer;
    MadeChunk chunk;
    for (const Draft::Piece& piece : draft.pieces) {
      writer.add(piece.entity, piece.wire);
      ++(piece.entity == Entity::kSession       ? chunk.entry.sessions
         : piece.entity == Entity::kObservation ? chunk.entry.memories
                                                : chunk.entry.prompts);
    }
    chunk.ledger = std::move(draft.ledger);
    finish(writer, std::move(chunk));
  }

  // By themselves: a reader drops sessions that stand beside mutations.
  void finish_deletes(const Selection& selection) {
    ChunkWriter writer;
    MadeChunk chunk;
    memory::StoredView view;
    for (const auto& [entry, key] : selection.gone) {
      if (!reader_.read(*entry.record, view)) continue;
      const memory::Gone gone = memory::StoredReader::gone_of(view);
      memory::Mutation mutation;
      mutation.seq = entry.seq;
      mutation.target_key = syncer_.target_;
      mutation.entity = memory::traits_of(entry.entity).name;
      mutation.entity_key = key;
      mutation.op = "delete";
      mutation.payload = memory::delete_payload(entry.entity, key, gone);
      mutation.project = gone.project;
      mutation.occurred_at = gone.deleted_at;
      std::string text;
      memory::append_mutation(mutation, text);
      writer.add_mutation(text);
      chunk.ledger.push_back({mutation.entity, key, memory::delete_version(gone.deleted_at)});
      ++chunk.mutations;
    }
    if (chunk.mutations > 0) finish(writer, std::move(chunk));
  }

  // Records of other stores, in chunks of their own.
  void make_stream_chunks() {
    StreamExporter exporter(syncer_.store_, syncer_.target_, syncer_.options_.streams);
    for (OutgoingStreams out; exporter.next(out); out = OutgoingStreams()) {
      ChunkWriter writer;
      writer.add_member(kStreamsMember, out.value);
      MadeChunk chunk;
      chunk.streams = std::move(out);
      finish(writer, std::move(chunk));
    }
    for (const StreamIssue& issue : exporter.issues()) {
      result_.issues.push_back({"", issue.code, "", 0, issue.detail});
    }
  }

  void finish(const ChunkWriter& writer, MadeChunk chunk) {
    chunk.document = writer.finish();
    chunk.full_hash = crypto::to_hex(crypto::sha256(chunk.document));
    chunk.entry.created_by = created_by_;
    made_.push_back(std::move(chunk));
  }

  // ---- the manifest

  void set_times(const Manifest& manifest) {
    const std::int64_t now = syncer_.store_.options().store.clock->unix_seconds();
    std::string time = iso_utc(now);
    ManifestTime mode = syncer_.options_.manifest_time;
    if (mode == ManifestTime::kAuto)
      mode = has_foreign_entries(manifest) ? ManifestTime::kKeepLatest : ManifestTime::kNow;
    if (mode == ManifestTime::kKeepLatest) {
      time = latest_created_at(manifest);
      if (time.empty()) time = newest_row();
      if (time.empty()) time = iso_utc(now);
    }
    for (MadeChunk& chunk : made_) chunk.entry.created_at = time;
  }

  bool has_foreign_entries(const Manifest& manifest) {
    bool foreign = false;
    syncer_.store_.with_ledgers([&](const Catalog&, memory::Ledgers& ledgers) {
      const memory::Ledger& ledger = ledgers.of(syncer_.target_);
      for (const ChunkEntry& entry : manifest.chunks) foreign = foreign || !ledger.is_ours(entry.id);
    });
    return foreign;
  }

  std::string newest_row() const {
    MaybeInstant newest;
    syncer_.store_.with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
      for (Catalog::Number number = 0; number < catalog.size(); ++number) {
        if (!catalog.at(number).is_gone) newest = std::max(newest, catalog.at(number).created);
      }
    });
    return newest ? iso_utc(newest->seconds) : std::string();
  }

  // Under a name that no other document has.
  void write(MadeChunk& chunk) {
    for (const std::size_t digits : kIdLengths) {
      chunk.entry.id = chunk.full_hash.substr(0, digits);
      if (is_taken(chunk)) continue;
      try {
        syncer_.transport_.write_chunk(chunk.entry.id, chunk.document, entry_text(chunk.entry));
        return;
      } catch (const Error& error) {
        if (error.code() != Code::kExists || digits == chunk.full_hash.size()) throw;
      }
    }
  }

  bool is_taken(const MadeChunk& chunk) {
    bool taken = false;
    syncer_.store_.with_ledgers([&](const Catalog&, memory::Ledgers& ledgers) {
      for (const memory::KnownChunk* known : ledgers.of(syncer_.target_).with_id(chunk.entry.id)) {
        taken = taken || known->full_hash != chunk.full_hash;
      }
    });
    return taken && chunk.entry.id.size() < chunk.full_hash.size();
  }

  // Read once more: what cannot be locked may have moved.
  void append_entries() {
    std::vector<SyncIssue> issues;
    Manifest manifest = read_manifest_of(syncer_.transport_, issues);
    std::set<std::string> listed;
    for (const ChunkEntry& entry : manifest.chunks) listed.insert(entry.id);
    for (const MadeChunk& chunk : made_) {
      if (!listed.contains(chunk.entry.id)) manifest.chunks.push_back(chunk.entry);
    }
    syncer_.transport_.write_manifest(manifest_text(manifest));
  }

  void put_on_record() {
    std::vector<ChunkStamp> stamps;
    for (const MadeChunk& chunk : made_) {
      stamps.push_back(syncer_.transport_.stamp(chunk.entry.id).value_or(ChunkStamp()));
    }
    syncer_.store_.commit([&](memory::Write& write) {
      for (std::size_t i = 0; i < made_.size(); ++i) {
        memory::KnownChunk known{made_[i].entry.id, made_[i].full_hash, true, stamps[i].size, stamps[i].modified_ns};
        known.ours = true;
        write.records().upsert(memory::chunk_record(syncer_.target_, known, entry_json_of(made_[i].entry),
                                                    made_[i].ledger, write.next_seq()));
        if (made_[i].streams) put_sent(write, syncer_.target_, *made_[i].streams);
      }
    });
  }

  void count(const MadeChunk& chunk) {
    result_.is_empty = false;
    result_.chunk_ids.push_back(chunk.entry.id);
    result_.sessions += chunk.entry.sessions;
    result_.observations += chunk.entry.memories;
    result_.prompts += chunk.entry.prompts;
    result_.mutations += chunk.mutations;
  }

  Syncer& syncer_;
  const std::string created_by_;
  const std::string project_;
  const SyncProgress progress_;
  ExportResult result_;
  std::vector<MadeChunk> made_;
  memory::StoredReader reader_;
  memory::Versioner versioner_;
};

ExportResult Syncer::export_chunks(std::string_view created_by, std::string_view project,
                                   const SyncProgress& progress) {
  if (!options_.is_cloud) return Exporter(*this, created_by, project, progress).run();
  const std::string of = memory::normalize_project(project);
  const std::string& wanted = of.empty() ? options_.project : of;
  const std::string target = memory::cloud_target_key(wanted);
  check_cloud(store_, wanted, target);
  ExportResult result;
  with_cloud_state(store_, target,
                   [&] { result = export_journal(store_, transport_, target, created_by, wanted, progress); });
  return result;
}

}  // namespace quipu::sync
