#include "sync/manifest_merge.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "base/time_text.h"
#include "sync/manifest_fields.h"
#include "sync/manifest_repair.h"

namespace quipu::sync {

namespace {

// All entries with one id, and where they were seen.
struct Merged {
  ChunkEntry entry;
  bool is_set = false;
  bool in_ours = false;
  bool in_theirs = false;
};

using ById = std::map<std::string_view, Merged>;

void add(ById& by_id, const ChunkEntry& entry, bool Merged::*side) {
  Merged& merged = by_id[entry.id];
  merged.*side = true;
  if (std::exchange(merged.is_set, true)) {
    merge_entry(merged.entry, entry);
  } else {
    merged.entry = entry;
  }
}

void settle(ById& by_id) {
  for (auto& [id, merged] : by_id) settle_unknown(merged.entry.unknown, Keep::kGreater);
}

// What the sides have, and the rest of the base.
void add_from_base(json::Object& unknown, const json::Object& base) {
  json::Object both = base;
  both.insert(both.end(), unknown.begin(), unknown.end());
  settle_unknown(both, Keep::kLast);
  unknown = std::move(both);
}

// A total order of what makes an entry, so that the choice among several is the same in any sequence.
bool is_better(const ChunkEntry& a, const ChunkEntry& b) {
  const MaybeInstant time_a = parse_instant(a.created_at);
  const MaybeInstant time_b = parse_instant(b.created_at);
  if (time_a.has_value() != time_b.has_value()) return time_a.has_value();
  if (time_a != time_b) return time_a < time_b;
  // Equal by the rule; what follows only makes the choice the same on both sides.
  return std::tie(a.created_by, a.created_at, b.memories, b.sessions, b.prompts) <
         std::tie(b.created_by, b.created_at, a.memories, a.sessions, a.prompts);
}

ManifestReading read_side(const char* name, std::string_view text) {
  try {
    return read_manifest(text);
  } catch (ManifestFault& fault) {
    fault.while_doing(name);
    throw;
  }
}

}  // namespace

void merge_entry(ChunkEntry& entry, ChunkEntry other) {
  std::move(other.unknown.begin(), other.unknown.end(), std::back_inserter(entry.unknown));
  if (!is_better(other, entry)) return;
  other.unknown = std::move(entry.unknown);
  entry = std::move(other);
}

Manifest merge_manifests(const Manifest& base, const Manifest& ours, const Manifest& theirs, MergeReport* report) {
  ById by_id;
  for (const ChunkEntry& entry : ours.chunks) add(by_id, entry, &Merged::in_ours);
  for (const ChunkEntry& entry : theirs.chunks) add(by_id, entry, &Merged::in_theirs);
  settle(by_id);

  Manifest result;
  result.version = std::max({base.version, ours.version, theirs.version});
  result.is_null_list = base.is_null_list && ours.is_null_list && theirs.is_null_list;
  result.unknown = ours.unknown;
  result.unknown.insert(result.unknown.end(), theirs.unknown.begin(), theirs.unknown.end());
  settle_unknown(result.unknown, Keep::kGreater);
  add_from_base(result.unknown, base.unknown);

  ById of_base;
  for (const ChunkEntry& entry : base.chunks) add(of_base, entry, &Merged::in_ours);
  settle(of_base);
  std::unordered_set<std::string_view> done;
  for (const ChunkEntry& entry : base.chunks) {
    if (!done.insert(entry.id).second) continue;
    ChunkEntry& old = of_base.at(entry.id).entry;
    const auto found = by_id.find(entry.id);
    const bool is_kept = found == by_id.end() || !found->second.in_ours || !found->second.in_theirs;
    if (is_kept && report != nullptr) report->kept_ids.push_back(entry.id);
    if (found == by_id.end()) {
      result.chunks.push_back(std::move(old));
      continue;
    }
    add_from_base(found->second.entry.unknown, old.unknown);
    result.chunks.push_back(std::move(found->second.entry));
  }

  std::vector<std::pair<MaybeInstant, ChunkEntry>> others;
  for (auto& [id, merged] : by_id) {
    if (done.count(id) == 0) others.emplace_back(parse_instant(merged.entry.created_at), std::move(merged.entry));
  }
  std::sort(others.begin(), others.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.id) < std::tie(b.first, b.second.id);
  });
  for (auto& [time, entry] : others) result.chunks.push_back(std::move(entry));
  return result;
}

std::string merge_manifest_texts(std::string_view base, std::string_view ours, std::string_view theirs,
                                 MergeReport* report) {
  ManifestReading of_base;
  of_base.manifest.version = 0;
  if (!base.empty()) of_base = read_side("base", base);
  const ManifestReading of_ours = read_side("ours", ours);
  const ManifestReading of_theirs = read_side("theirs", theirs);
  if (report != nullptr) {
    report->recovered =
        of_base.has(kManifestRecovered) || of_ours.has(kManifestRecovered) || of_theirs.has(kManifestRecovered);
  }
  return manifest_text(merge_manifests(of_base.manifest, of_ours.manifest, of_theirs.manifest, report));
}

}  // namespace quipu::sync
