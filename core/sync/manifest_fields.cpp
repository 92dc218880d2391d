#include "sync/manifest_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/error.h"
#include "json/go_json.h"

namespace quipu::sync {

namespace {

constexpr std::array<std::string_view, kEntryFields> kEntryNames = {"id",       "created_by", "created_at",
                                                                    "sessions", "memories",   "prompts"};

[[noreturn]] void fail_type(std::string_view name, const char* wanted) {
  throw Error(Code::kInvalid, "\"" + std::string(name) + "\" is not " + wanted);
}

void read_text(std::string_view name, std::string_view value, std::string& out) {
  json::Value parsed = parse_go(value);
  if (parsed.kind() == json::Kind::kNull) return;
  if (!parsed.is_string()) fail_type(name, "a string");
  out = parsed.as_string();
}

// Only what is spelled as an integer is one: neither 1.0 nor 1e3.
void read_number(std::string_view name, std::string_view value, std::int64_t& out) {
  if (parse_go(value).kind() == json::Kind::kNull) return;
  const std::string_view digits = without_space(value);
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failure != std::errc() || end != digits.data() + digits.size()) fail_type(name, "an integer of 64 bits");
  out = number;
}

std::string compact_text(const json::Value& value) {
  std::string out;
  json::write_go(value, json::GoSpelling::kCompact, out);
  return out;
}

}  // namespace

json::Value parse_go(std::string_view text) { return json::parse(text, json::kMaxReadDepth, json::Dialect::kGo); }

EntryField entry_field_of(std::string_view name) {
  for (std::size_t i = 0; i < kEntryNames.size(); ++i) {
    if (json::go_names_equal(name, kEntryNames[i])) return static_cast<EntryField>(i);
  }
  return EntryField::kUnknown;
}

ManifestField manifest_field_of(std::string_view name) {
  if (json::go_names_equal(name, "version")) return ManifestField::kVersion;
  if (json::go_names_equal(name, "chunks")) return ManifestField::kChunks;
  return ManifestField::kUnknown;
}

void read_field(EntryField field, std::string_view value, ChunkEntry& entry) {
  const std::string_view name = field == EntryField::kUnknown ? "" : kEntryNames[static_cast<std::size_t>(field)];
  switch (field) {
    case EntryField::kId:
      return read_text(name, value, entry.id);
    case EntryField::kCreatedBy:
      return read_text(name, value, entry.created_by);
    case EntryField::kCreatedAt:
      return read_text(name, value, entry.created_at);
    case EntryField::kSessions:
      return read_number(name, value, entry.sessions);
    case EntryField::kMemories:
      return read_number(name, value, entry.memories);
    case EntryField::kPrompts:
      return read_number(name, value, entry.prompts);
    case EntryField::kUnknown:
      return;
  }
}

void read_version(std::string_view value, Manifest& manifest) { read_number("version", value, manifest.version); }

void add_unknown(const ScannedMember& member, json::Object& unknown) {
  unknown.emplace_back(member.name, parse_go(member.value));
}

bool settle_unknown(json::Object& unknown, Keep keep) {
  std::stable_sort(unknown.begin(), unknown.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::size_t kept = 0;
  std::string text_kept;  // of the last one, once it was needed: it may be long, and be compared often
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    if (kept == 0 || unknown[kept - 1].first != unknown[i].first) {
      if (kept != i) unknown[kept] = std::move(unknown[i]);
      ++kept;
      text_kept.clear();
      continue;
    }
    if (keep == Keep::kGreater) {
      if (text_kept.empty()) text_kept = compact_text(unknown[kept - 1].second);
      std::string text = compact_text(unknown[i].second);
      if (text <= text_kept) continue;
      text_kept = std::move(text);
    }
    unknown[kept - 1].second = std::move(unknown[i].second);
  }
  const bool repeated = kept < unknown.size();
  unknown.resize(kept);
  return repeated;
}

bool is_null(std::string_view value) { return without_space(value) == "null"; }

}  // namespace quipu::sync
