// sync/manifest.h - the index of a sync directory, manifest.json: read as the reference reads it, written to the byte as the
// reference writes it (docs/formats/sync.md).
//
// Members that are not known are kept, sorted by name, and written after the known ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/value.h"

namespace quipu::sync {

// The version that is written, and the last one that is understood. A manifest of a later one may be read, not written.
inline constexpr std::int64_t kNewManifestVersion = 1;
inline constexpr std::int64_t kLastManifestVersion = 2;

// What is reported of a manifest.
inline constexpr const char* kManifestParse = "manifest_parse";          // it cannot be used
inline constexpr const char* kManifestBom = "manifest_bom";              // it has a byte order mark
inline constexpr const char* kManifestRecovered = "manifest_recovered";  // it is damaged and can be recovered
inline constexpr const char* kManifestVersionUnknown = "manifest_version_unknown";  // see kLastManifestVersion

// A manifest that is there and cannot be read as it stands: kManifestParse, or kManifestRecovered if recover_manifest
// (manifest_repair.h) may make something of it.
class ManifestFault : public Error {
 public:
  ManifestFault(std::string report_code, std::string message)
      : Error(Code::kCorrupt, std::move(message)), report_code_(std::move(report_code)) {}
  const std::string& report_code() const { return report_code_; }

 private:
  std::string report_code_;
};

struct ChunkEntry {
  std::string id;
  std::string created_by;
  std::string created_at;
  std::int64_t sessions = 0;
  std::int64_t memories = 0;
  std::int64_t prompts = 0;
  json::Object unknown;
};

struct Manifest {
  std::int64_t version = kNewManifestVersion;
  // Without entries: whether the list is written as null instead of [].
  bool is_null_list = true;
  std::vector<ChunkEntry> chunks;
  json::Object unknown;
};

// A manifest as it was read, and what is to be reported of it (the words above, without repetition).
struct ManifestReading {
  Manifest manifest;
  std::vector<std::string> issues;

  bool has(std::string_view issue) const;
};

// Strict: what the reference's decoder takes, a byte order mark besides. Throws ManifestFault. The text is never absent: a
// file that is not there is a Manifest{}.
ManifestReading parse_manifest(std::string_view text);

// Without a line end after it. Members that are not known are written sorted, in whatever order they are given.
std::string manifest_text(const Manifest& manifest);
// One entry as an object on one line, in the order of the manifest.
std::string entry_text(const ChunkEntry& entry);

// One line for people: how many chunks, and by whom.
std::string manifest_summary(const Manifest& manifest);

// The greatest created_at by its bytes, as the reference compares; empty without entries.
std::string latest_created_at(const Manifest& manifest);

}  // namespace quipu::sync
