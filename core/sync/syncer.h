// sync/syncer.h - brings the rows of a memory store to where others find them, and theirs into it.
//
// Two modes. In file mode the ledger tells which states of rows the other side lacks; in cloud mode, which works for one enrolled
// project, the journal of local changes does. Both read the same chunks by the same rules (docs/formats/sync.md).
//
// One call of a syncer at a time, on the thread that made it; the transport is called on that thread, one call at a time, and no
// lock of the store is held then.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "memory/merge.h"
#include "memory/store.h"
#include "sync/chunk.h"
#include "sync/manifest.h"
#include "sync/transport.h"

namespace quipu::sync {

// Documents that do not hash to their id: refused, taken and reported, or taken. Of transports that do not keep bytes they are
// never refused.
enum class IdPolicy { kEnforce, kWarn, kOff };

// What created_at of new entries says. Engram up to 1.16 takes rows as new that were created after the latest one.
enum class ManifestTime {
  kAuto,  // kKeepLatest if the manifest lists chunks that are not from this store
  kNow,
  kKeepLatest,  // the latest one in the manifest once more; in an empty manifest the time of the newest row
};

struct SyncerOptions {
  bool is_cloud = false;
  std::string project;  // cloud mode: normalised
  IdPolicy id_policy = IdPolicy::kEnforce;
  ManifestTime manifest_time = ManifestTime::kAuto;
  bool with_personal = false;  // export rows of scope personal too
  bool with_unlisted = false;  // import chunks that the manifest does not list
  bool suppress_edits =
      false;  // do not export a row anew that the target has in another state: for readers before 1.15.1
  bool stop_at_first_error = false;
  std::vector<std::string> streams;  // project folders of ChronoStores whose records travel along
};

// Something that was found in a manifest or chunk. The words: docs/formats/sync.md, "Reports".
struct SyncIssue {
  std::string id;  // of the chunk, shortened if it is long; empty where none is meant
  std::string code;
  std::string actual;        // id_mismatch: the first digits of the document's hash
  std::int64_t version = 0;  // manifest_version_unknown
  std::string detail;        // one line for people
};

struct ExportResult {
  std::vector<std::string> chunk_ids;
  std::int64_t sessions = 0;
  std::int64_t observations = 0;
  std::int64_t prompts = 0;
  std::int64_t mutations = 0;
  bool is_empty = true;
  std::vector<SyncIssue> issues;
};

struct ImportResult {
  std::int64_t chunks_imported = 0;
  std::int64_t chunks_skipped = 0;
  std::int64_t chunks_rejected = 0;
  memory::MergeCounts counts;
  std::vector<SyncIssue> issues;
};

struct SyncStatus {
  std::int64_t local = 0;         // chunks that were imported or exported, also those no longer listed
  std::int64_t remote = 0;        // entries of the manifest
  std::int64_t pending = 0;       // entries whose chunk was not imported
  std::vector<SyncIssue> issues;  // of those
};

// Reports steps; answers false to cancel.
using SyncProgress = std::function<bool(std::int64_t done, std::int64_t total)>;

class Syncer {
 public:
  // All three must outlive it. clock of the store is used.
  Syncer(memory::MemoryStore& store, Transport& transport, SyncerOptions options);

  // project: of that project alone; empty: all (cloud mode: the syncer's own).
  ExportResult export_chunks(std::string_view created_by, std::string_view project,
                             const SyncProgress& progress = nullptr);
  ImportResult import_chunks(const SyncProgress& progress = nullptr);
  SyncStatus status();

  const std::string& target() const { return target_; }
  const SyncerOptions& options() const { return options_; }

 private:
  friend class Exporter;
  friend class Importer;

  memory::MemoryStore& store_;
  Transport& transport_;
  const SyncerOptions options_;
  const std::string target_;
};

// The first of these that is not empty: the environment's USER, USERNAME, the name of the host, "unknown".
std::string user_name();

// An id as reports show it.
std::string shown_id(std::string_view id);

}  // namespace quipu::sync
