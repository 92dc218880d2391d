// Importing: each chunk that is new is applied in one commit, in an order in which sessions come before what refers to them.
#include <algorithm>
#include <memory>
#include <set>
#include <unordered_set>

#include "json/parser.h"
#include "json/python_json.h"
#include "memory/ledger.h"
#include "memory/sync_state.h"
#include "sync/chunk_ledger.h"
#include "sync/chunk_look.h"
#include "sync/cloud_sync.h"
#include "sync/streams.h"
#include "sync/syncer.h"

namespace quipu::sync {

namespace {

// Documents above that are applied in several commits, the chunk's record in the last.
constexpr std::size_t kMostPerCommit = std::size_t{16} << 20;

// The sessions that rows of a chunk refer to and the chunk does not bring.
std::set<std::string> needed_sessions(const memory::Incoming& rows) {
  std::unordered_set<std::string_view> brought;
  for (const memory::RowRef& row : rows.sessions) brought.insert(row->field(memory::MemorySessionField::id));
  std::set<std::string> needed;
  const auto look = [&](const std::vector<memory::RowRef>& list, std::size_t session) {
    std::string_view last;
    for (const memory::RowRef& row : list) {
      const std::string_view id = row->field(session);
      if (id == last || brought.contains(id)) continue;
      last = id;
      needed.insert(json::string_value(id));
    }
  };
  look(rows.observations, memory::MemoryObservationField::session_id);
  look(rows.prompts, memory::MemoryPromptField::session_id);
  // What mutations bring and refer to is settled when they are applied: a session in them is not a stand-in's reason.
  for (const memory::IncomingMutation& mutation : rows.mutations) {
    if (mutation.entity == "session" && mutation.op == "upsert") needed.erase(mutation.entity_key);
  }
  return needed;
}

}  // namespace

class Importer {
 public:
  Importer(Syncer& syncer, const SyncProgress& progress)
      : syncer_(syncer), progress_(syncer.store_.records().as_callback(progress)) {}

  ImportResult run() {
    Manifest manifest = read_manifest_of(syncer_.transport_, result_.issues);
    list_unlisted(manifest);
    total_ = static_cast<std::int64_t>(manifest.chunks.size());
    std::set<std::string> seen;
    std::vector<const ChunkEntry*> waiting;
    for (const ChunkEntry& entry : manifest.chunks) {
      step();
      if (!is_chunk_id(entry.id)) {
        reject({shown_id(entry.id), "bad_chunk_id", "", 0, "it is no id of a chunk"});
        continue;
      }
      if (!seen.insert(entry.id).second) {
        skip({shown_id(entry.id), "duplicate_manifest_entry", "", 0, "the manifest lists it more than once"});
        continue;
      }
      if (!take(entry, true)) waiting.push_back(&entry);
    }
    // Sessions may stand in chunks that come later: again, until nothing moves; then as it is.
    for (bool moves = true; moves && !waiting.empty();) {
      moves = false;
      std::vector<const ChunkEntry*> still;
      for (const ChunkEntry* entry : waiting) {
        if (sessions_are_there(needed_[entry->id]) && take(*entry, true)) {
          moves = true;
        } else {
          still.push_back(entry);
        }
      }
      waiting = std::move(still);
    }
    for (const ChunkEntry* entry : waiting) take(*entry, false);
    return std::move(result_);
  }

 private:
  void step() {
    if (progress_ && !progress_(done_++, total_)) throw Error(Code::kCancelled, "the import was cancelled");
  }

  void note(SyncIssue issue) { result_.issues.push_back(std::move(issue)); }
  void skip(SyncIssue issue) {
    note(std::move(issue));
    ++result_.chunks_skipped;
  }
  void reject(SyncIssue issue) {
    if (syncer_.options_.stop_at_first_error) {
      throw Error(Code::kCorrupt, "import chunk " + issue.id + ": " + issue.code + ": " + issue.detail);
    }
    note(std::move(issue));
    ++result_.chunks_rejected;
  }

  void list_unlisted(Manifest& manifest) {
    std::set<std::string> listed;
    for (const ChunkEntry& entry : manifest.chunks) listed.insert(entry.id);
    for (const std::string& id : syncer_.transport_.list_chunks()) {
      if (listed.contains(id) || !is_chunk_id(id)) continue;
      note({shown_id(id), "chunk_not_in_manifest", "", 0, "it is there, and the manifest does not list it"});
      if (!syncer_.options_.with_unlisted) continue;
      unlisted_.insert(id);
      ChunkEntry entry;
      entry.id = id;
      entry.created_by = "unknown";
      manifest.chunks.push_back(std::move(entry));
    }
  }

  bool sessions_are_there(const std::set<std::string>& sessions) {
    return std::all_of(sessions.begin(), sessions.end(),
                       [this](const std::string& id) { return static_cast<bool>(syncer_.store_.session_find(id)); });
  }

  // What the ledger says of an entry, before anything is read.
  bool is_done(const ChunkEntry& entry) {
    const std::optional<ChunkStamp> stamp = syncer_.transport_.stamp(entry.id);
    bool done = false;
    syncer_.store_.with_ledgers([&](const memory::Catalog&, memory::Ledgers& ledgers) {
      for (const memory::KnownChunk* chunk : ledgers.of(syncer_.target_).with_id(entry.id)) {
        if (!chunk->imported || chunk->full_hash.empty()) continue;
        done = done || !syncer_.transport_.keeps_bytes() ||
               (stamp && stamp->size == chunk->size && stamp->modified_ns == chunk->modified_ns);
      }
    });
    return done;
  }

  struct Known {
    bool is_imported = false;     // that very document
    bool is_other = false;        // another document of that id
    bool is_by_id_alone = false;  // the id counts as imported, whatever the document
  };
  Known known(const std::string& id, const std::string& full_hash) {
    Known known;
    syncer_.store_.with_ledgers([&](const memory::Catalog&, memory::Ledgers& ledgers) {
      for (const memory::KnownChunk* chunk : ledgers.of(syncer_.target_).with_id(id)) {
        if (chunk->full_hash == full_hash) {
          known.is_imported = known.is_imported || chunk->imported;
        } else if (chunk->full_hash.empty()) {
          known.is_by_id_alone = chunk->imported;
        } else {
          known.is_other = true;
        }
      }
    });
    return known;
  }

  // Takes an entry as far as it goes. False if it has to wait for sessions of others; then nothing was counted.
  bool take(const ChunkEntry& entry, bool may_wait) {
    if (is_done(entry)) {
      ++result_.chunks_skipped;
      return true;
    }
    ChunkLook look = look_at_chunk(syncer_.transport_, entry.id, syncer_.options_.id_policy, syncer_.options_.project);
    if (look.verdict == ChunkLook::Verdict::kMissing) {
      if (syncer_.options_.is_cloud) {
        throw Error(Code::kNotFound, "read chunk " + shown_id(entry.id) + ": manifest references missing remote chunk");
      }
      skip(std::move(look.issues.front()));
      return true;
    }
    if (look.verdict == ChunkLook::Verdict::kRejected) {
      reject(std::move(look.issues.front()));
      return true;
    }
    const Known known_before = known(entry.id, look.full_hash);
    if (known_before.is_imported) {
      remember_stamp(look);
      ++result_.chunks_skipped;
      return true;
    }
    ChunkDocument document;
    try {
      document = ChunkReader().read(look.document);
    } catch (const ChunkFault& fault) {
      reject({shown_id(entry.id), fault.report_code(), "", 0, fault.message()});
      return true;
    }
    if (may_wait && !known_before.is_by_id_alone) {
      std::set<std::string> needed = needed_sessions(document.rows);
      if (!sessions_are_there(needed)) {
        needed_[entry.id] = std::move(needed);
        return false;
      }
    }
    for (SyncIssue& issue : look.issues) note(std::move(issue));
    if (known_before.is_other) note({shown_id(entry.id), "id_collision", "", 0, "another document has this id too"});
    if (known_before.is_by_id_alone) {
      put_on_record(entry, look, ledger_of(document.rows));
      ++result_.chunks_skipped;
      return true;
    }
    if (!unlisted_.contains(entry.id)) compare_counts(entry, document.rows);
    apply(entry, look, document);
    return true;
  }

  void compare_counts(const ChunkEntry& entry, const memory::Incoming& rows) {
    const auto differs = [](std::int64_t said, std::size_t is) { return said != static_cast<std::int64_t>(is); };
    if (differs(entry.sessions, rows.sessions.size()) || differs(entry.memories, rows.observations.size()) ||
        differs(entry.prompts, rows.prompts.size())) {
      note({shown_id(entry.id), "manifest_counts_differ", "", 0, "the manifest tells other counts than the document"});
    }
  }

  memory::KnownChunk chunk_of(const ChunkEntry& entry, const ChunkLook& look) const {
    return {entry.id, look.full_hash, true, look.stamp.size, look.stamp.modified_ns};
  }

  // Of a chunk whose id alone was known: it counts as imported.
  void put_on_record(const ChunkEntry& entry, const ChunkLook& look, const std::vector<memory::LedgerRow>& rows) {
    syncer_.store_.commit([&](memory::Write& write) {
      write.records().upsert(
          memory::chunk_record(syncer_.target_, chunk_of(entry, look), entry_json_of(entry), rows, write.next_seq()));
    });
  }

  // Of a chunk whose file was touched, so that it need not be read the next time.
  void remember_stamp(const ChunkLook& look) {
    if (look.stamp == ChunkStamp()) return;
    syncer_.store_.commit([&](memory::Write& write) {
      const memory::RecordRef record =
          write.records().find(memory::internal_id("chunk", syncer_.target_ + ":" + look.full_hash));
      if (record) {
        write.records().upsert(
            memory::chunk_record_with_stamp(record, look.stamp.size, look.stamp.modified_ns, write.next_seq()));
      }
    });
  }

  // The rows of a large chunk in parts; sessions with the first, mutations and the rest with the last.
  static std::vector<memory::Incoming> parts_of(memory::Incoming&& rows, std::size_t document_size) {
    std::vector<memory::Incoming> parts;
    const std::size_t count = rows.observations.size() + rows.prompts.size();
    const std::size_t wanted = std::min(document_size / kMostPerCommit + 1, std::max<std::size_t>(count, 1));
    if (wanted > 1) {
      const auto split = [&](std::vector<memory::RowRef>& list, std::vector<memory::RowRef> memory::Incoming::*member) {
        const std::size_t each = list.size() / wanted + 1;
        for (std::size_t begin = 0, part = 0; begin < list.size(); begin += each, ++part) {
          if (parts.size() <= part) parts.emplace_back();
          const auto first = list.begin() + static_cast<std::ptrdiff_t>(begin);
          const auto last = list.begin() + static_cast<std::ptrdiff_t>(std::min(begin + each, list.size()));
          (parts[part].*member).assign(std::make_move_iterator(first), std::make_move_iterator(last));
        }
        list.clear();
      };
      split(rows.observations, &memory::Incoming::observations);
      split(rows.prompts, &memory::Incoming::prompts);
    }
    for (memory::Incoming& part : parts) {
      part.created_at = rows.created_at;
      part.sessions = rows.sessions;
    }
    rows.sessions = parts.empty() ? std::move(rows.sessions) : std::vector<memory::RowRef>();
    parts.push_back(std::move(rows));
    return parts;
  }

  void apply(const ChunkEntry& entry, const ChunkLook& look, ChunkDocument& document) {
    document.rows.created_at = entry.created_at;
    const memory::Via via = syncer_.options_.is_cloud ? memory::Via::kPull : memory::Via::kImport;
    json::Document streams_document(memory::kMaxDocumentDepth, json::Dialect::kGo);
    std::optional<json::Node> streams_value;
    std::optional<StreamImport> streams;
    if (!document.streams.empty()) {
      streams_value = streams_document.parse(document.streams);
      streams.emplace(syncer_.store_, *streams_value, StreamSource{syncer_.target_, entry.id, entry.created_by});
    }
    std::vector<memory::Incoming> parts = parts_of(std::move(document.rows), look.document.size());
    memory::Merged merged;
    bool was_there = false;
    try {
      for (std::size_t i = 0; i < parts.size() && !was_there; ++i) {
        memory::Merged of_part;
        syncer_.store_.commit([&](memory::Write& write) {
          of_part = memory::Merged();
          if (is_imported_in(write, look.full_hash)) {  // by another process, just now
            was_there = true;
            return;
          }
          memory::Merger(write, via, syncer_.target_).merge(parts[i], of_part);
          if (i + 1 < parts.size()) return;
          if (streams) streams->apply(write);
          std::vector<memory::LedgerRow> ledger = std::move(merged.ledger);
          ledger.insert(ledger.end(), of_part.ledger.begin(), of_part.ledger.end());
          write.records().upsert(memory::chunk_record(syncer_.target_, chunk_of(entry, look), entry_json_of(entry),
                                                      ledger, write.next_seq()));
          if (syncer_.options_.is_cloud) {
            memory::TargetState state = memory::target_state(write, syncer_.target_);
            ++state.last_pulled_seq;
            memory::put_target_state(write, syncer_.target_, std::move(state));
          }
        });
        merged.counts.add(of_part.counts);
        merged.issues.insert(merged.issues.end(), of_part.issues.begin(), of_part.issues.end());
        if (i + 1 < parts.size()) {
          merged.ledger.insert(merged.ledger.end(), of_part.ledger.begin(), of_part.ledger.end());
        }
        parts[i] = memory::Incoming();
      }
    } catch (const memory::RowFault& fault) {
      return reject({shown_id(entry.id), "schema", "", 0, fault.message()});
    }
    if (was_there) {
      ++result_.chunks_skipped;
      return;
    }
    ++result_.chunks_imported;
    result_.counts.add(merged.counts);
    for (const auto& [code, detail] : merged.issues) note({shown_id(entry.id), code, "", 0, detail});
    if (!streams) return;
    streams->finish();
    for (const StreamIssue& issue : streams->issues()) note({shown_id(entry.id), issue.code, "", 0, issue.detail});
  }

  bool is_imported_in(memory::Write& write, const std::string& full_hash) {
    const memory::RecordRef record =
        write.records().find(memory::internal_id("chunk", syncer_.target_ + ":" + full_hash));
    if (!record) return false;
    const json::Value data = json::parse(record->field(chronostore::ChronoRecordField::data));
    const json::Value* const imported = data.find("imported");
    return imported != nullptr && imported->kind() == json::Kind::kBool && imported->as_bool();
  }

  Syncer& syncer_;
  const SyncProgress progress_;
  ImportResult result_;
  std::map<std::string, std::set<std::string>> needed_;  // of the chunks that wait
  std::set<std::string> unlisted_;                       // chunks that the manifest does not list
  std::int64_t done_ = 0;
  std::int64_t total_ = 0;
};

ImportResult Syncer::import_chunks(const SyncProgress& progress) {
  if (!options_.is_cloud) return Importer(*this, progress).run();
  check_cloud(store_, options_.project, target_);
  ImportResult result;
  with_cloud_state(store_, target_, [&] { result = Importer(*this, progress).run(); });
  return result;
}

}  // namespace quipu::sync
