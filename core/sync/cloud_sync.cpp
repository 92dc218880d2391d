#include "sync/cloud_sync.h"

#include <optional>
#include <set>
#include <utility>

#include "crypto/sha256.h"
#include "json/go_json.h"
#include "memory/journal.h"
#include "memory/ledger.h"
#include "memory/names.h"
#include "memory/payload.h"
#include "memory/sync_state.h"
#include "sync/canonical.h"
#include "sync/chunk_look.h"
#include "sync/go_quote.h"
#include "sync/transport_lock.h"

namespace quipu::sync {

namespace {

using memory::Catalog;
using memory::Entity;
using memory::Mutation;

// Documents above that are split. A server takes 8 MiB.
constexpr std::size_t kMostPerPush = std::size_t{4} << 20;

void degrade(memory::MemoryStore& store, const std::string& target, std::string_view reason,
             const std::string& message) {
  store.commit([&](memory::Write& write) {
    memory::TargetState state = memory::target_state(write, target);
    state.lifecycle = "degraded";
    state.reason_code = reason;
    state.reason_message = message;
    state.last_error = message;
    ++state.consecutive_failures;
    memory::put_target_state(write, target, std::move(state));
  });
}

// By its code, so that it holds for what transports of users throw too.
std::string_view reason_of(const Error& error) {
  switch (error.code()) {
    case Code::kUnauthenticated:
      return "auth_required";
    case Code::kForbidden:
      return "policy_forbidden";
    case Code::kConflict:
      return error.backend_text() == "sync-paused" ? "paused" : "transport_failed";
    default:
      return "transport_failed";
  }
}

}  // namespace

void check_cloud(memory::MemoryStore& store, const std::string& project, const std::string& target) {
  if (project.empty()) {
    throw Error(Code::kInvalid,
                "cloud sync requires an explicit --project scope; --all is not supported in cloud mode");
  }
  if (memory::is_enrolled(store, project)) return;
  const std::string message = "project " + quoted_as_go(project) + " is not enrolled for cloud sync";
  degrade(store, target, "blocked_unenrolled", message);
  throw Error(Code::kConstraint, "cloud sync blocked_unenrolled: " + message);
}

void with_cloud_state(memory::MemoryStore& store, const std::string& target, const std::function<void()>& fn) {
  try {
    fn();
  } catch (const Error& error) {
    if (error.code() == Code::kCancelled || error.code() == Code::kNoMemory) throw;
    const std::string message = error.message();
    const std::string_view reason = reason_of(error);
    try {
      degrade(store, target, reason, message);
    } catch (const Error&) {
      // What failed first is what the caller wants to know.
    }
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (...) {
    // What a transport of the user threw.
    try {
      degrade(store, target, "transport_failed", "the transport failed");
    } catch (const Error&) {
    }
    throw;
  }
  if (const memory::TargetState state = memory::target_state(store, target);
      state.lifecycle == "healthy" && state.reason_code.empty() && state.consecutive_failures == 0) {
    return;
  }
  store.commit([&](memory::Write& write) {
    memory::TargetState state = memory::target_state(write, target);
    state.lifecycle = "healthy";
    state.reason_code.clear();
    state.reason_message.clear();
    state.last_error.clear();
    state.consecutive_failures = 0;
    memory::put_target_state(write, target, std::move(state));
  });
}

namespace {

template <typename Fn>
auto doing(std::string_view what, Fn&& fn) {
  try {
    return fn();
  } catch (Error& error) {
    error.while_doing(what);
    throw;
  }
}

class JournalExporter {
 public:
  JournalExporter(memory::MemoryStore& store, Transport& transport, const std::string& target,
                  std::string_view created_by, const std::string& project, const SyncProgress& progress)
      : store_(store),
        transport_(transport),
        target_(target),
        created_by_(created_by),
        project_(project),
        progress_(store.records().as_callback(progress)) {}

  ExportResult run() {
    const TransportLock lock(transport_);
    for (const ChunkEntry& entry : read_manifest_to_write(transport_, result_.issues).chunks) listed_.insert(entry.id);
    doing("build mutation-backed export", [&] {
      // Rows that came since the project was enrolled, and that no entry tells of, get one.
      memory::project_backfill(store_, project_);
      journal_.emplace(store_);
      choose(journal_->entries());
    });
    const std::vector<Mutation>& entries = journal_->entries();
    std::int64_t done = 0;
    for (const Mutation& entry : entries) {
      if (progress_ && !progress_(done++, static_cast<std::int64_t>(entries.size()))) {
        throw Error(Code::kCancelled, "the export was cancelled");
      }
      take(entry);
    }
    if (!part_.numbers.empty()) send();
    return std::move(result_);
  }

 private:
  // A chunk in the making.
  struct Part {
    ChunkWriter writer;
    std::set<std::pair<Entity, std::string>> rows;  // that are in it
    ChunkEntry entry;
    std::vector<memory::LedgerRow> ledger;
    std::vector<std::int64_t> numbers;
  };
  // What an entry brings to a part beside itself.
  struct Piece {
    Entity entity;
    std::string key;
    std::string wire;
    std::string version;
  };

  // Leaves the entries of the project, and those of no project at all that rows of it need.
  void choose(std::vector<Mutation>& entries) {
    store_.with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
      memory::ProjectFilter is_of_project(catalog, project_);
      const auto is_wanted = [&](const Mutation& entry) {
        if (!entry.project.empty()) return entry.project == project_;
        const std::optional<Entity> entity = memory::entity_of_name(entry.entity);
        const Catalog::Number number = entity ? catalog.find(*entity, entry.entity_key) : Catalog::kNone;
        if (number == Catalog::kNone || catalog.at(number).is_gone) return false;
        if (is_of_project(catalog.at(number))) return true;
        if (*entity != Entity::kSession) return false;
        for (const Entity of : {Entity::kObservation, Entity::kPrompt}) {
          for (const Catalog::Number row : catalog.rows_of(of, entry.entity_key)) {
            if (is_of_project(catalog.at(row))) return true;
          }
        }
        return false;
      };
      std::erase_if(entries, [&](const Mutation& entry) { return !is_wanted(entry); });
    });
  }

  // Puts an entry into the part, or, if that is full, into the next.
  void take(const Mutation& entry) {
    std::string text;
    memory::append_mutation(entry, text);
    std::vector<Piece> pieces = pieces_of(entry);
    std::size_t size = part_.writer.size() + text.size();
    for (const Piece& piece : pieces) size += piece.wire.size();
    if (size > kMostPerPush && !part_.numbers.empty()) {
      send();
      pieces = pieces_of(entry);
    }
    part_.writer.add_mutation(text);
    part_.numbers.push_back(entry.seq);
    for (Piece& piece : pieces) {
      part_.writer.add(piece.entity, piece.wire);
      ++(piece.entity == Entity::kSession       ? part_.entry.sessions
         : piece.entity == Entity::kObservation ? part_.entry.memories
                                                : part_.entry.prompts);
      part_.ledger.push_back({std::string(memory::traits_of(piece.entity).name), piece.key, std::move(piece.version)});
      part_.rows.emplace(piece.entity, std::move(piece.key));
    }
  }

  // The row that an entry is about as it is now, if it is of the project, and the sessions that a reader needs for the two, as far
  // as the part has them not.
  std::vector<Piece> pieces_of(const Mutation& entry) {
    std::vector<Piece> pieces;
    const auto put = [&](Entity entity, const std::string& key, const memory::RowRef& row) {
      if (part_.rows.contains({entity, key})) return;
      for (const Piece& piece : pieces) {
        if (piece.entity == entity && piece.key == key) return;
      }
      Piece piece{entity, key, "", versioner_.of(entity, *row).short_hex()};
      memory::append_wire(entity, *row, piece.wire);
      pieces.push_back(std::move(piece));
    };
    const auto put_session = [&](const std::string& id) {
      if (const memory::RowRef row = store_.session_find(id)) put(Entity::kSession, id, row);
    };
    const std::optional<Entity> entity = memory::entity_of_name(entry.entity);
    if (!entity) return pieces;
    if (*entity == Entity::kSession) {
      put_session(entry.entity_key);
      return pieces;
    }
    const memory::EntityTraits& traits = memory::traits_of(*entity);
    if (const memory::RowRef row = store_.find(*entity, entry.entity_key);
        row && project_of(*entity, *row) == project_) {
      put_session(memory::text_of(*row, traits.session));
      put(*entity, entry.entity_key, row);
    }
    // The row may be gone, or have gone to another project: the entry still names its session.
    if (entry.op == "upsert")
      put_session(std::string(memory::text_member(payload_.parse(entry.payload), "session_id")));
    return pieces;
  }

  std::string project_of(Entity entity, const json::Row& row) const {
    const memory::EntityTraits& traits = memory::traits_of(entity);
    std::string project = memory::normalize_project(memory::text_of(row, traits.project));
    if (!project.empty()) return project;
    const memory::RowRef session = store_.session_find(memory::text_of(row, traits.session));
    return session ? memory::normalize_project(memory::text_of(*session, memory::MemorySessionField::project)) : "";
  }

  void send() {
    Part part = std::exchange(part_, Part());
    const std::string document =
        doing("canonicalize cloud chunk", [&] { return canonicalize_chunk(part.writer.finish(), project_); });
    const std::string full_hash = crypto::to_hex(crypto::sha256(document));
    ChunkEntry& made = part.entry;
    made.id = full_hash.substr(0, kChunkIdDigits);
    made.created_by = created_by_;
    made.created_at = iso_utc(store_.options().store.clock->unix_seconds());

    const bool is_there = listed_.contains(made.id) && is_stored(made.id, full_hash);
    if (!is_there) doing("write chunk", [&] { transport_.write_chunk(made.id, document, entry_text(made)); });
    if (!transport_.makes_manifest()) doing("write manifest", [&] { list(made); });
    doing(is_there ? "reconcile synced chunk " + made.id : std::string("record synced chunk"), [&] {
      store_.commit([&](memory::Write& write) {
        memory::KnownChunk chunk{made.id, full_hash, true, 0, 0};
        chunk.ours = true;
        write.records().upsert(
            memory::chunk_record(target_, chunk, entry_json_of(made), part.ledger, write.next_seq()));
      });
    });
    doing("ack synced mutations", [&] { journal_->ack(part.numbers); });
    if (is_there) return;
    listed_.insert(made.id);
    result_.is_empty = false;
    result_.chunk_ids.push_back(made.id);
    result_.sessions += made.sessions;
    result_.observations += made.memories;
    result_.prompts += made.prompts;
    result_.mutations += static_cast<std::int64_t>(part.numbers.size());
  }

  // Whether what is listed under that id is that very document: an answer to an earlier push was lost. Ids are short: another
  // document may have it, which is for the other end to refuse.
  bool is_stored(const std::string& id, const std::string& full_hash) {
    return look_at_chunk(transport_, id, IdPolicy::kOff, project_).full_hash == full_hash;
  }

  // Read once more: what cannot be locked may have moved.
  void list(const ChunkEntry& made) {
    std::vector<SyncIssue> issues;
    Manifest manifest = read_manifest_to_write(transport_, issues);
    for (const ChunkEntry& entry : manifest.chunks) {
      if (entry.id == made.id) return;
    }
    manifest.chunks.push_back(made);
    transport_.write_manifest(manifest_text(manifest));
  }

  memory::MemoryStore& store_;
  Transport& transport_;
  const std::string& target_;
  const std::string created_by_;
  const std::string& project_;
  const SyncProgress progress_;
  std::set<std::string> listed_;
  std::optional<memory::PendingJournal> journal_;
  Part part_;
  memory::Versioner versioner_;
  json::Document payload_;
  ExportResult result_;
};

}  // namespace

ExportResult export_journal(memory::MemoryStore& store, Transport& transport, const std::string& target,
                            std::string_view created_by, const std::string& project, const SyncProgress& progress) {
  return JournalExporter(store, transport, target, created_by, project, progress).run();
}

}  // namespace quipu::sync
