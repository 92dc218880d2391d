#include "sync/cloud_sync.h"

#include <algorithm>
#include <set>

#include "crypto/sha256.h"
#include "json/go_json.h"
#include "memory/journal.h"
#include "memory/ledger.h"
#include "memory/names.h"
#include "memory/payload.h"
#include "memory/sync_state.h"
#include "sync/canonical.h"
#include "sync/chunk_look.h"
#include "sync/cloud_server.h"
#include "sync/go_quote.h"

namespace quipu::sync {

namespace {

using memory::Catalog;
using memory::Entity;
using memory::Mutation;

// A server takes 8 MiB of canonical document.
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

std::string_view reason_of(const Error& error) {
  if (const auto* const cloud = dynamic_cast<const CloudError*>(&error)) {
    if (cloud->is_auth_failure()) return "auth_required";
    if (cloud->is_policy_failure()) return "policy_forbidden";
    if (cloud->error_code() == "sync-paused") return "paused";
  }
  return "transport_failed";
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
    const Manifest manifest = read_manifest_of(transport_, result_.issues);
    for (const ChunkEntry& entry : manifest.chunks) listed_.insert(entry.id);
    // Rows that no entry tells of get one.
    memory::project_enroll(store_, project_);
    std::vector<Mutation> entries = memory::journal_list(store_, {});
    std::erase_if(entries, [&](const Mutation& entry) { return !is_wanted(entry); });

    std::int64_t done = 0;
    for (std::size_t begin = 0; begin < entries.size();) {
      if (progress_ && !progress_(done, static_cast<std::int64_t>(entries.size()))) {
        throw Error(Code::kCancelled, "the export was cancelled");
      }
      std::size_t end = begin;
      for (std::size_t size = 0; end < entries.size(); ++end) {
        constexpr std::size_t kAround = 512;
        // The payload once as text, and the row.
        size += 2 * entries[end].payload.size() + kAround;
        if (end > begin && size > kMostPerPush) break;
      }
      send({entries.begin() + static_cast<std::ptrdiff_t>(begin), entries.begin() + static_cast<std::ptrdiff_t>(end)});
      done += static_cast<std::int64_t>(end - begin);
      begin = end;
    }
    return std::move(result_);
  }

 private:
  bool is_wanted(const Mutation& entry) const {
    // Of no project at all: it goes where it is sent first.
    return entry.project == project_ || entry.project.empty();
  }

  void send(const std::vector<Mutation>& entries) {
    std::vector<std::int64_t> numbers;
    for (const Mutation& entry : entries) numbers.push_back(entry.seq);
    ChunkEntry made;
    std::vector<memory::LedgerRow> ledger;
    const std::string document = canonicalize(document_of(entries, made, ledger));
    const std::string full_hash = crypto::to_hex(crypto::sha256(document));
    made.id = full_hash.substr(0, kChunkIdDigits);
    made.created_by = created_by_;
    made.created_at = iso_utc(store_.options().store.clock->unix_seconds());

    const bool is_known = listed_.contains(made.id);
    if (!is_known) {
      try {
        transport_.write_chunk(made.id, document, entry_text(made));
        transport_.write_manifest("");
      } catch (Error& error) {
        throw error.while_doing("write chunk");
      }
    }
    store_.commit([&](memory::Write& write) {
      memory::KnownChunk chunk{made.id, full_hash, true, 0, 0};
      chunk.ours = true;
      write.records().upsert(memory::chunk_record(target_, chunk, entry_json_of(made), ledger, write.next_seq()));
    });
    memory::journal_ack(store_, numbers);
    if (is_known) return;
    result_.is_empty = false;
    result_.chunk_ids.push_back(made.id);
    result_.sessions += made.sessions;
    result_.observations += made.memories;
    result_.prompts += made.prompts;
    result_.mutations += static_cast<std::int64_t>(entries.size());
  }

  std::string canonicalize(const std::string& document) const {
    try {
      return canonicalize_chunk(document, project_);
    } catch (Error& error) {
      throw error.while_doing("canonicalize cloud chunk");
    }
  }

  // Entries, the rows they are about as they are now, and the sessions of these.
  std::string document_of(const std::vector<Mutation>& entries, ChunkEntry& made,
                          std::vector<memory::LedgerRow>& ledger) {
    ChunkWriter writer;
    std::set<std::pair<Entity, std::string>> rows;
    std::set<std::string> sessions;
    for (const Mutation& entry : entries) {
      std::string text;
      memory::append_mutation(entry, text);
      writer.add_mutation(text);
      const auto entity = memory::entity_of_name(entry.entity);
      if (!entity) continue;
      if (*entity == Entity::kSession) {
        sessions.insert(entry.entity_key);
      } else {
        rows.emplace(*entity, entry.entity_key);
      }
    }
    const auto put = [&](Entity entity, const memory::RowRef& row, std::int64_t& count) {
      std::string wire;
      memory::append_wire(entity, *row, wire);
      writer.add(entity, wire);
      ++count;
      ledger.push_back({std::string(memory::traits_of(entity).name),
                        memory::text_of(*row, memory::traits_of(entity).key), versioner_.of(entity, *row).short_hex()});
    };
    for (const auto& [entity, key] : rows) {
      const bool is_observation = entity == Entity::kObservation;
      const memory::RowRef row = is_observation ? store_.observation_find(key) : store_.prompt_find(key);
      if (!row) continue;
      sessions.insert(memory::text_of(*row, memory::traits_of(entity).session));
      put(entity, row, is_observation ? made.memories : made.prompts);
    }
    for (const std::string& id : sessions) {
      if (const memory::RowRef row = store_.session_find(id)) put(Entity::kSession, row, made.sessions);
    }
    return writer.finish();
  }

  memory::MemoryStore& store_;
  Transport& transport_;
  const std::string& target_;
  const std::string created_by_;
  const std::string& project_;
  const SyncProgress progress_;
  std::set<std::string> listed_;
  memory::Versioner versioner_;
  ExportResult result_;
};

}  // namespace

ExportResult export_journal(memory::MemoryStore& store, Transport& transport, const std::string& target,
                            std::string_view created_by, const std::string& project, const SyncProgress& progress) {
  return JournalExporter(store, transport, target, created_by, project, progress).run();
}

}  // namespace quipu::sync
