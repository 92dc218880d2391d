#include "sync/syncer.h"

#include <set>

#include "base/unicode.h"
#include "memory/ledger.h"
#include "memory/names.h"
#include "os/host.h"
#include "sync/chunk_look.h"

namespace quipu::sync {

Syncer::Syncer(memory::MemoryStore& store, Transport& transport, SyncerOptions options)
    : store_(store),
      transport_(transport),
      options_(std::move(options)),
      target_(options_.is_cloud ? memory::cloud_target_key(options_.project) : "local") {}

SyncStatus Syncer::status() {
  SyncStatus status;
  const Manifest manifest = read_manifest_of(transport_, status.issues);
  status.remote = static_cast<std::int64_t>(manifest.chunks.size());
  std::vector<std::string> pending;
  std::set<std::string> seen;
  store_.with_ledgers([&](const memory::Catalog&, memory::Ledgers& ledgers) {
    const memory::Ledger& ledger = ledgers.of(target_);
    status.local = ledger.imported_count();
    for (const ChunkEntry& entry : manifest.chunks) {
      const bool is_first = seen.insert(entry.id).second;
      if (ledger.is_imported(entry.id)) continue;
      ++status.pending;
      if (is_first) pending.push_back(entry.id);
    }
  });
  for (const std::string& id : pending) {
    if (!is_chunk_id(id)) {
      status.issues.push_back({shown_id(id), "bad_chunk_id", "", 0, "it is no id of a chunk"});
      continue;
    }
    ChunkLook look = look_at_chunk(transport_, id, options_.id_policy, options_.project);
    status.issues.insert(status.issues.end(), look.issues.begin(), look.issues.end());
    if (look.verdict != ChunkLook::Verdict::kUsable) continue;
    try {
      ChunkReader().read(look.document);
    } catch (const ChunkFault& fault) {
      status.issues.push_back({shown_id(id), fault.report_code(), "", 0, fault.message()});
    }
  }
  return status;
}

std::string user_name() {
  for (const char* variable : {"USER", "USERNAME"}) {
    if (std::string name = os::environment_variable(variable); !name.empty()) return name;
  }
  if (std::string name = os::host_name(); !name.empty()) return name;
  return "unknown";
}

std::string shown_id(std::string_view id) {
  constexpr std::size_t kMostShown = 64;
  constexpr std::size_t kShort = 8;
  std::size_t characters = 0;
  std::size_t short_end = 0;
  for (std::size_t at = 0; at < id.size(); ++characters) {
    if (characters == kShort) short_end = at;
    next_character(id, at);
  }
  if (characters <= kMostShown) return std::string(id);
  return std::string(id.substr(0, short_end)) + "...(" + std::to_string(characters) + " chars)";
}

}  // namespace quipu::sync
