// sync/manifest_merge.h - three-way merge of a manifest, for git's merge driver. The result does not depend on which side is
// ours, and nothing gets lost:
//
//   entries   a set keyed by id: those of the base in its order, also what a side dropped, then all others by the instant of
//             created_at, then id. Of two with one id: the one created earlier, then the smaller created_by. A created_at that
//             cannot be read loses against one that can; it sorts before it.
//   version   the greatest
//   unknown   union; of two values for one name the one whose compact text is greater. The base's where neither side has any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sync/manifest.h"

namespace quipu::sync {

struct MergeReport {
  // Entries of the base that one side, or both, no longer had, in the order of the base; they were kept.
  std::vector<std::string> kept_ids;
  // A text was damaged and was recovered (manifest_repair.h).
  bool recovered = false;
};

// Throws ManifestFault, with "base", "ours" or "theirs" in front, for a text that cannot be read even so. An empty base is none:
// git has no common ancestor to show then. An empty side is damage.
std::string merge_manifest_texts(std::string_view base, std::string_view ours, std::string_view theirs,
                                 MergeReport* report = nullptr);

Manifest merge_manifests(const Manifest& base, const Manifest& ours, const Manifest& theirs,
                         MergeReport* report = nullptr);

// Puts into `entry` what the merge makes of two entries with one id; but for the members that are not known, which are all there
// afterwards: settle_unknown(kGreater) makes one of several, once for any number of entries.
void merge_entry(ChunkEntry& entry, ChunkEntry other);

}  // namespace quipu::sync
