// sync/chunk_look.h - inside core/sync: a chunk as a transport gives it, checked.
#pragma once

#include <optional>
#include <string>

#include "sync/manifest.h"
#include "sync/syncer.h"

namespace quipu::sync {

// What became of the look at one entry.
struct ChunkLook {
  enum class Verdict { kUsable, kMissing, kRejected } verdict = Verdict::kMissing;
  std::string document;
  std::string full_hash;  // of the document, or of its canonical form if that is what fits the id
  ChunkStamp stamp;
  std::vector<SyncIssue> issues;
};

// Reads the chunk of an entry whose id has passed is_chunk_id, and compares its hash with the id.
ChunkLook look_at_chunk(Transport& transport, const std::string& id, IdPolicy policy, std::string_view project);

// The entry as a record has it.
std::string entry_json_of(const ChunkEntry& entry);

// Manifest, read with recovery. Throws ManifestFault; its issues are put into `issues`.
Manifest read_manifest_of(Transport& transport, std::vector<SyncIssue>& issues);
// The same for who will write it: throws for one that was recovered, or that is of a later version.
Manifest read_manifest_to_write(Transport& transport, std::vector<SyncIssue>& issues);

}  // namespace quipu::sync
