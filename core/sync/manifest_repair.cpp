#include "sync/manifest_repair.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/clock.h"
#include "sync/manifest_merge.h"
#include "sync/manifest_recover.h"
#include "sync/transport.h"

namespace quipu::sync {

namespace {

constexpr const char* kUnknownCreator = "unknown";

// What created_at can spell. With an offset, a row's time may lie outside.
constexpr std::int64_t kYear0 = -62'167'219'200;
constexpr std::int64_t kYear9999 = 253'402'300'799;

// The manifest to go on with.
ManifestReading read_for_repair(const std::optional<std::string>& text, const RepairOptions& options,
                                RepairReport& report) {
  try {
    if (text) return read_manifest(*text);
  } catch (const ManifestFault& fault) {
    if (!options.add_unlisted) throw;
    report.issues.push_back(fault.report_code());
  }
  report.is_rebuilt = text.has_value();
  return {};
}

void recount(Manifest& manifest, const RepairChunks& chunks, RepairReport& report) {
  for (ChunkEntry& entry : manifest.chunks) {
    if (!is_chunk_id(entry.id)) continue;
    const std::optional<ChunkFacts> facts = chunks.facts(entry.id);
    if (!facts) continue;
    if (entry.sessions == facts->sessions && entry.memories == facts->memories && entry.prompts == facts->prompts)
      continue;
    entry.sessions = facts->sessions;
    entry.memories = facts->memories;
    entry.prompts = facts->prompts;
    report.recounted_ids.push_back(entry.id);
  }
}

void add_unlisted(Manifest& manifest, const RepairChunks& chunks, RepairReport& report) {
  std::unordered_set<std::string> listed;
  for (const ChunkEntry& entry : manifest.chunks) listed.insert(entry.id);
  std::vector<std::pair<std::int64_t, ChunkEntry>> added;
  for (const std::string& id : chunks.ids) {
    if (!is_chunk_id(id) || !listed.insert(id).second) continue;
    const std::optional<ChunkFacts> facts = chunks.facts(id);
    if (!facts || !facts->is_verified) {
      report.unverified_ids.push_back(id);
      continue;
    }
    const std::int64_t seconds = std::clamp(facts->newest_seconds.value_or(0), kYear0, kYear9999);
    added.emplace_back(
        seconds,
        ChunkEntry{id, kUnknownCreator, iso_utc(seconds), facts->sessions, facts->memories, facts->prompts, {}});
  }
  std::sort(added.begin(), added.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.id) < std::tie(b.first, b.second.id);
  });
  for (auto& [seconds, entry] : added) {
    report.added_ids.push_back(entry.id);
    manifest.chunks.push_back(std::move(entry));
  }
}

}  // namespace

ManifestReading read_manifest(std::string_view text) {
  try {
    return parse_manifest(text);
  } catch (const ManifestFault& fault) {
    std::optional<ManifestReading> recovered = recover_manifest(text);
    if (recovered) return std::move(*recovered);
    ManifestFault lost(kManifestParse, fault.message());
    lost.at_offset(fault.offset());
    throw lost;
  }
}

std::string repair_manifest(const std::optional<std::string>& text, const RepairChunks& chunks,
                            const RepairOptions& options, RepairReport* report) {
  RepairReport done;
  ManifestReading reading = read_for_repair(text, options, done);
  if (reading.manifest.version > kLastManifestVersion) {
    throw Error(Code::kTooNew,
                "repair manifest: version " + std::to_string(reading.manifest.version) + " is not known");
  }
  done.issues.insert(done.issues.end(), reading.issues.begin(), reading.issues.end());
  recount(reading.manifest, chunks, done);
  if (options.add_unlisted) add_unlisted(reading.manifest, chunks, done);
  std::string repaired = manifest_text(reading.manifest);
  done.is_changed = !text || *text != repaired;
  if (report != nullptr) *report = std::move(done);
  return repaired;
}

}  // namespace quipu::sync
