// sync/manifest_repair.h - manifests that a merge of git damaged: read all the same, and put right on request.
//
// What can be recovered: a text with conflict markers (both sides are merged, with an empty base), and one that was joined line
// by line: several entries run into one, members doubled, commas lost. Neither a cut text nor an empty one is among it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sync/manifest.h"

namespace quipu::sync {

// As parse_manifest; and a damaged text is recovered, which the issue kManifestRecovered tells. Throws ManifestFault
// (kManifestParse) if that cannot be done.
ManifestReading read_manifest(std::string_view text);

// What a chunk's document says, whatever the manifest says of it.
struct ChunkFacts {
  std::int64_t sessions = 0;
  std::int64_t memories = 0;
  std::int64_t prompts = 0;
  bool is_verified = false;                    // it hashes to its id
  std::optional<std::int64_t> newest_seconds;  // the latest time in it, since 1970, if there is one
};

// The chunks beside the manifest.
struct RepairChunks {
  // Empty: it is not there, or cannot be read. Called with chunk ids alone (is_chunk_id).
  std::function<std::optional<ChunkFacts>(const std::string& id)> facts;
  std::vector<std::string> ids;  // all that are there
};

struct RepairOptions {
  // Add the chunks that no entry names and that are verified. Asked for so, a manifest that cannot be recovered, or is not
  // there, is made anew from them: who made the chunks is not known then.
  bool add_unlisted = false;
};

struct RepairReport {
  bool is_changed = false;                 // the text is another one than before
  std::vector<std::string> issues;         // of the text as it was
  std::vector<std::string> recounted_ids;  // their counts were not those of the document
  std::vector<std::string> added_ids;
  std::vector<std::string>
      unverified_ids;       // not listed, and not added: the document is not what the id says, or not readable
  bool is_rebuilt = false;  // nothing of the old manifest was left
};

// The text of the repaired manifest. Counts are taken from the documents of the chunks that are there; entries whose chunk is
// not there stay. text: empty if there is no manifest. Throws ManifestFault where nothing can be recovered, and kTooNew for a
// version above kLastManifestVersion, of which it is not known what must be kept right.
std::string repair_manifest(const std::optional<std::string>& text, const RepairChunks& chunks,
                            const RepairOptions& options, RepairReport* report = nullptr);

}  // namespace quipu::sync
