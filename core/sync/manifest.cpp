#include "sync/manifest.h"

#include <algorithm>
#include <map>
#include <utility>

#include "json/go_json.h"
#include "sync/manifest_fields.h"
#include "sync/manifest_scan.h"
#include "sync/transport.h"

namespace quipu::sync {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Reads an entry; returns whether one of its members is there twice. JSON's own rule, the last one counts, would make one
// chunk of two: git's union merge writes such entries.
bool read_entry(std::string_view text, ChunkEntry& entry) {
  if (is_null(text)) return false;
  if (!text.starts_with('{')) throw Error(Code::kInvalid, "an entry of \"chunks\" is not an object");
  std::size_t commas_off = 0;
  unsigned seen = 0;
  bool doubled = false;
  for (const ScannedMember& member : scan_object(text, commas_off)) {
    const EntryField field = entry_field_of(member.name);
    if (field == EntryField::kUnknown) {
      add_unknown(member, entry.unknown);
      continue;
    }
    const unsigned bit = 1u << static_cast<unsigned>(field);
    doubled |= (seen & bit) != 0;
    seen |= bit;
    read_field(field, member.value, entry);
  }
  return settle_unknown(entry.unknown, Keep::kLast) || doubled;
}

void read_chunks(std::string_view text, Manifest& manifest, bool& doubled) {
  manifest.chunks.clear();
  manifest.is_null_list = is_null(text);
  if (manifest.is_null_list) return;
  if (!text.starts_with('[')) throw Error(Code::kInvalid, "\"chunks\" is not an array");
  std::size_t commas_off = 0;
  for (const std::string_view element : scan_array(text, commas_off)) {
    doubled |= read_entry(element, manifest.chunks.emplace_back());
  }
}

// The text is JSON. The last of several members of one name counts, as in the reference; except for the list, of which
// nothing may get lost.
Manifest read_valid(std::string_view text, bool& doubled) {
  Manifest manifest;
  manifest.version = 0;
  text = without_space(text);
  if (is_null(text)) return manifest;
  if (!text.starts_with('{')) throw Error(Code::kInvalid, "it is not an object");
  bool has_list = false;
  std::size_t commas_off = 0;
  for (const ScannedMember& member : scan_object(text, commas_off)) {
    switch (manifest_field_of(member.name)) {
      case ManifestField::kVersion:
        read_version(member.value, manifest);
        break;
      case ManifestField::kChunks:
        doubled |= std::exchange(has_list, true);
        read_chunks(member.value, manifest, doubled);
        break;
      case ManifestField::kUnknown:
        add_unknown(member, manifest.unknown);
        break;
    }
  }
  settle_unknown(manifest.unknown, Keep::kLast);
  return manifest;
}

json::Value entry_value(const ChunkEntry& entry) {
  json::Object members = {{"id", entry.id},
                          {"created_by", entry.created_by},
                          {"created_at", entry.created_at},
                          {"sessions", entry.sessions},
                          {"memories", entry.memories},
                          {"prompts", entry.prompts}};
  json::Object unknown = entry.unknown;
  settle_unknown(unknown, Keep::kLast);
  std::move(unknown.begin(), unknown.end(), std::back_inserter(members));
  return members;
}

}  // namespace

bool ManifestReading::has(std::string_view issue) const {
  return std::find(issues.begin(), issues.end(), issue) != issues.end();
}

ManifestReading parse_manifest(std::string_view text) {
  if (text.size() > kMaxManifestBytes) {
    throw ManifestFault(kManifestParse, "parse manifest: it has " + std::to_string(text.size()) + " bytes, more than " +
                                            std::to_string(kMaxManifestBytes));
  }
  ManifestReading reading;
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
    reading.issues.emplace_back(kManifestBom);
  }
  bool doubled = false;
  try {
    parse_go(text);
    reading.manifest = read_valid(text, doubled);
  } catch (const Error& error) {
    ManifestFault fault(kManifestParse, "parse manifest: " + error.message());
    fault.at_offset(error.offset());
    throw fault;
  }
  if (doubled) throw ManifestFault(kManifestRecovered, "parse manifest: an entry has a member twice, as after a merge");
  if (reading.manifest.version > kLastManifestVersion) reading.issues.emplace_back(kManifestVersionUnknown);
  return reading;
}

std::string manifest_text(const Manifest& manifest) {
  json::Value chunks;
  if (!manifest.chunks.empty() || !manifest.is_null_list) {
    json::Array list;
    list.reserve(manifest.chunks.size());
    for (const ChunkEntry& entry : manifest.chunks) list.push_back(entry_value(entry));
    chunks = std::move(list);
  }
  json::Object members = {{"version", manifest.version}, {"chunks", std::move(chunks)}};
  json::Object unknown = manifest.unknown;
  settle_unknown(unknown, Keep::kLast);
  std::move(unknown.begin(), unknown.end(), std::back_inserter(members));
  std::string out;
  json::write_go(members, json::GoSpelling::kIndented, out);
  return out;
}

std::string entry_text(const ChunkEntry& entry) {
  std::string out;
  json::write_go(entry_value(entry), json::GoSpelling::kCompact, out);
  return out;
}

std::string manifest_summary(const Manifest& manifest) {
  if (manifest.chunks.empty()) return "No chunks synced yet.";
  // Unsigned, so that counts no chunk can have wrap around as they do in the reference.
  std::uint64_t memories = 0;
  std::uint64_t sessions = 0;
  std::map<std::string_view, std::size_t> contributors;
  for (const ChunkEntry& entry : manifest.chunks) {
    memories += static_cast<std::uint64_t>(entry.memories);
    sessions += static_cast<std::uint64_t>(entry.sessions);
    ++contributors[entry.created_by];
  }
  std::string out = std::to_string(manifest.chunks.size()) + " chunks, " +
                    std::to_string(static_cast<std::int64_t>(memories)) + " memories, " +
                    std::to_string(static_cast<std::int64_t>(sessions)) + " sessions \xE2\x80\x94 contributors: ";
  const char* separator = "";
  for (const auto& [name, count] : contributors) {
    out += std::exchange(separator, ", ");
    out += name;
    out += " (" + std::to_string(count) + " chunks)";
  }
  return out;
}

std::string latest_created_at(const Manifest& manifest) {
  std::string_view latest;
  for (const ChunkEntry& entry : manifest.chunks) latest = std::max<std::string_view>(latest, entry.created_at);
  return std::string(latest);
}

}  // namespace quipu::sync
