// Two ways in which git leaves a manifest when two people have appended to it: with conflict markers, or, under its union
// strategy, with the lines of both sides one behind the other. The second makes several entries one object. Where the
// entries began shows in the member "id" alone.
#include "sync/manifest_recover.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "sync/manifest_fields.h"
#include "sync/manifest_merge.h"
#include "sync/manifest_scan.h"
#include "sync/transport.h"

namespace quipu::sync {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kMarkerSize = 7;

// ---- conflict markers

struct Sides {
  std::string ours;
  std::string theirs;
};

// The character of which the line's first seven are, if it is a marker; longer runs are none.
char marker_of(std::string_view line) {
  constexpr std::string_view kMarkers = "<|=>";
  if (line.size() < kMarkerSize || kMarkers.find(line[0]) == std::string_view::npos) return '\0';
  const std::size_t run = std::min(line.find_first_not_of(line[0]), line.size());
  return run == kMarkerSize ? line[0] : '\0';
}

// Empty without markers, or if they do not make whole conflicts.
std::optional<Sides> split_sides(std::string_view text) {
  enum class Part { kBoth, kOurs, kBase, kTheirs } part = Part::kBoth;
  Sides sides;
  bool any = false;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view line = text.substr(0, size);
    text.remove_prefix(size);
    switch (marker_of(line)) {
      case '<':
        if (part != Part::kBoth) return std::nullopt;
        part = Part::kOurs;
        any = true;
        continue;
      case '|':
        if (part != Part::kOurs) return std::nullopt;
        part = Part::kBase;
        continue;
      case '=':
        if (part != Part::kOurs && part != Part::kBase) return std::nullopt;
        part = Part::kTheirs;
        continue;
      case '>':
        if (part != Part::kTheirs) return std::nullopt;
        part = Part::kBoth;
        continue;
      default:
        break;
    }
    if (part == Part::kBoth || part == Part::kOurs) sides.ours += line;
    if (part == Part::kBoth || part == Part::kTheirs) sides.theirs += line;
  }
  if (!any || part != Part::kBoth) return std::nullopt;
  return sides;
}

// ---- entries run into one

// Who made an entry, and when: what may stand in it several times without a new id.
struct Creation {
  std::optional<std::string_view> by;
  std::optional<std::string_view> at;
};

// The members from one id up to the next.
struct Run {
  std::array<std::optional<std::string_view>, kEntryFields> values;
  std::vector<Creation> creations;
  json::Object unknown;
  std::size_t bytes = 0;

  bool has(EntryField field) const { return values[static_cast<std::size_t>(field)].has_value(); }
};

void add_creation(EntryField field, std::string_view value, Run& run) {
  const auto member = field == EntryField::kCreatedBy ? &Creation::by : &Creation::at;
  if (run.creations.empty() || run.creations.back().*member) run.creations.emplace_back();
  run.creations.back().*member = value;
}

// Values are read in both parts of a run: what is no JSON, or of a wrong type, must not slip through unseen.
void check(EntryField field, std::string_view value) {
  ChunkEntry scratch;
  read_field(field, value, scratch);
}

// What a merge leaves is small. The members of the last run are copied to each, and creations compared, as often as the text
// wants it; a hostile one must not make that more than linear.
void check_work(const std::vector<Run>& runs) {
  const auto is_too_much = [](std::size_t times, std::size_t bytes) {
    return times > 1 && times > kMaxManifestBytes / (bytes + 1);
  };
  bool refused = is_too_much(runs.size(), runs.back().bytes);
  for (const Run& run : runs) refused |= is_too_much(run.creations.size(), run.bytes);
  if (refused) throw Error(Code::kInvalid, "one entry of \"chunks\" has too many members");
}

std::vector<Run> split_runs(std::string_view object, std::size_t& commas_off, bool& is_damaged) {
  std::vector<Run> runs(1);
  for (const ScannedMember& member : scan_object(object, commas_off)) {
    const EntryField field = entry_field_of(member.name);
    if (field == EntryField::kUnknown) {
      add_unknown(member, runs.back().unknown);
      runs.back().bytes += member.name.size() + member.value.size();
      continue;
    }
    check(field, member.value);
    const auto& before = runs.back().values[static_cast<std::size_t>(field)];
    is_damaged |= before.has_value();
    if (field == EntryField::kId && before && *before != member.value) runs.emplace_back();
    Run& run = runs.back();
    if (field == EntryField::kCreatedBy || field == EntryField::kCreatedAt) add_creation(field, member.value, run);
    run.values[static_cast<std::size_t>(field)] = member.value;
    run.bytes += member.value.size();
  }
  check_work(runs);
  for (Run& run : runs) is_damaged |= settle_unknown(run.unknown, Keep::kGreater);
  return runs;
}

// A name without a time of its own belongs to the next time, a time without a name to the name before.
void complete(std::vector<Creation>& creations) {
  for (std::size_t i = 1; i < creations.size(); ++i) {
    if (!creations[i].by) creations[i].by = creations[i - 1].by;
  }
  for (std::size_t i = creations.size(); i-- > 1;) {
    if (!creations[i - 1].at) creations[i - 1].at = creations[i].at;
  }
}

ChunkEntry entry_of(Run& run, const Run& last) {
  ChunkEntry entry;
  for (std::size_t i = 0; i < kEntryFields; ++i) {
    const auto& value = run.values[i] ? run.values[i] : last.values[i];
    if (value) read_field(static_cast<EntryField>(i), *value, entry);
  }
  complete(run.creations);
  ChunkEntry best;
  for (std::size_t i = 0; i < run.creations.size(); ++i) {
    const Creation& creation = run.creations[i];
    ChunkEntry candidate;
    read_field(EntryField::kCreatedBy, creation.by.value_or("null"), candidate);
    read_field(EntryField::kCreatedAt, creation.at.value_or("null"), candidate);
    if (i == 0) {
      best = std::move(candidate);
    } else {
      merge_entry(best, std::move(candidate));
    }
  }
  if (run.has(EntryField::kCreatedBy)) entry.created_by = best.created_by;
  if (run.has(EntryField::kCreatedAt)) entry.created_at = best.created_at;
  // Those of the run itself come last, and count.
  entry.unknown = last.unknown;
  entry.unknown.insert(entry.unknown.end(), run.unknown.begin(), run.unknown.end());
  settle_unknown(entry.unknown, Keep::kLast);
  return entry;
}

void read_entries(std::string_view text, Manifest& manifest, std::size_t& commas_off, bool& is_damaged) {
  if (is_null(text)) return;
  manifest.is_null_list = false;
  for (const std::string_view element : scan_array(text, commas_off)) {
    if (is_null(element)) {
      manifest.chunks.emplace_back();
      continue;
    }
    std::vector<Run> runs = split_runs(element, commas_off, is_damaged);
    const Run last = runs.back();
    for (Run& run : runs) manifest.chunks.push_back(entry_of(run, last));
  }
}

// Entries with one id become one, where the first of them stands.
void make_set(std::vector<ChunkEntry>& entries) {
  std::vector<ChunkEntry> set;
  std::unordered_map<std::string, std::size_t> places;
  for (ChunkEntry& entry : entries) {
    const auto [found, is_new] = places.try_emplace(entry.id, set.size());
    if (is_new) {
      set.push_back(std::move(entry));
    } else {
      merge_entry(set[found->second], std::move(entry));
    }
  }
  for (ChunkEntry& entry : set) settle_unknown(entry.unknown, Keep::kGreater);
  entries = std::move(set);
}

// Throws Error(kInvalid) where the text does not even make sense so; empty if nothing is wrong with it that a merge does.
std::optional<Manifest> read_leniently(std::string_view text) {
  Manifest manifest;
  manifest.version = 0;
  std::size_t commas_off = 0;
  bool is_damaged = false;
  bool has_list = false;
  for (const ScannedMember& member : scan_object(text, commas_off)) {
    switch (manifest_field_of(member.name)) {
      case ManifestField::kVersion: {
        const std::int64_t before = manifest.version;
        read_version(member.value, manifest);
        manifest.version = std::max(before, manifest.version);
        break;
      }
      case ManifestField::kChunks:
        is_damaged |= std::exchange(has_list, true);
        read_entries(member.value, manifest, commas_off, is_damaged);
        break;
      case ManifestField::kUnknown:
        add_unknown(member, manifest.unknown);
        break;
    }
  }
  settle_unknown(manifest.unknown, Keep::kGreater);
  if (!is_damaged && commas_off == 0) return std::nullopt;
  make_set(manifest.chunks);
  return manifest;
}

std::optional<Manifest> read_side(std::string_view text) {
  try {
    return parse_manifest(text).manifest;
  } catch (const ManifestFault&) {
    return read_leniently(text);
  }
}

std::optional<Manifest> recover(std::string_view text) {
  const std::optional<Sides> sides = split_sides(text);
  if (!sides) return read_leniently(text);
  const std::optional<Manifest> ours = read_side(sides->ours);
  const std::optional<Manifest> theirs = read_side(sides->theirs);
  if (!ours || !theirs) return std::nullopt;
  Manifest base;
  base.version = 0;
  return merge_manifests(base, *ours, *theirs);
}

}  // namespace

std::optional<ManifestReading> recover_manifest(std::string_view text) {
  if (text.size() > kMaxManifestBytes) return std::nullopt;
  ManifestReading reading;
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    reading.issues.emplace_back(kManifestBom);
  }
  try {
    std::optional<Manifest> manifest = recover(text);
    if (!manifest) return std::nullopt;
    reading.manifest = std::move(*manifest);
  } catch (const Error& error) {
    if (error.code() != Code::kInvalid) throw;
    return std::nullopt;
  }
  reading.issues.emplace_back(kManifestRecovered);
  if (reading.manifest.version > kLastManifestVersion) reading.issues.emplace_back(kManifestVersionUnknown);
  return reading;
}

}  // namespace quipu::sync
