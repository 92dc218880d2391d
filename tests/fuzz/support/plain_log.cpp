// The second opinion on a log: short, slow, and without core/wal and the writers of core/json.
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/unicode.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "json/text.h"
#include "support/fuzz_support.h"
#include "support/plain_json.h"

namespace quipu::fuzz {

using json::Kind;
using json::Value;

std::vector<PlainPiece> cut_plainly(std::string_view log) {
  constexpr std::string_view kSeparators = "\n\r\v\f\x1c\x1d\x1e";
  std::vector<PlainPiece> pieces;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= log.size(); ++at) {
    const bool at_end = at == log.size();
    if (!at_end && kSeparators.find(log[at]) == std::string_view::npos) continue;
    if (at_end && begin == at) break;
    pieces.push_back({strip_white_space(log.substr(begin, at - begin)), begin, at_end ? at : at + 1, !at_end});
    begin = at + 1;
  }
  return pieces;
}

namespace {

// Python's repr by trying how many digits it takes. At a power of two the digits nearest to the value need not be the
// shortest that read back, because the gap below is half the one above: there the core is asked.
void append_double(double value, std::string& out) {
  int exponent = 0;
  if (!std::isfinite(value) || value == 0 || std::fabs(std::frexp(value, &exponent)) == 0.5) {
    json::write_double(value, out);
    return;
  }
  char text[40];
  for (int digits = 1; digits <= 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*e", digits - 1, std::fabs(value));
    if (std::strtod(text, nullptr) == std::fabs(value)) break;
  }
  std::string digits;
  const char* at = text;
  for (; *at != 'e'; ++at) {
    if (*at != '.') digits += *at;
  }
  const int point = std::atoi(at + 1) + 1;  // value = 0.d1d2... x 10^point
  if (std::signbit(value)) out += '-';
  const int count = static_cast<int>(digits.size());
  if (point > 16 || point <= -4) {
    out += digits[0];
    if (count > 1) out += "." + digits.substr(1);
    std::snprintf(text, sizeof text, "e%c%02d", point - 1 < 0 ? '-' : '+', std::abs(point - 1));
    out += text;
  } else if (point <= 0) {
    out += "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  } else if (count <= point) {
    out += digits + std::string(static_cast<std::size_t>(point - count), '0') + ".0";
  } else {
    out += digits.substr(0, static_cast<std::size_t>(point)) + "." + digits.substr(static_cast<std::size_t>(point));
  }
}

bool append_canonical(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Kind::kNull:
      out += "null";
      return true;
    case Kind::kBool:
      out += value.as_bool() ? "true" : "false";
      return true;
    case Kind::kInteger:
      out += value.as_integer().digits;
      return true;
    case Kind::kDouble:
      append_double(value.as_double(), out);
      return true;
    case Kind::kString:
      if (json::has_lone_surrogate(value.as_string())) return false;
      out += test::string_json(value.as_string());
      return true;
    case Kind::kArray: {
      out += '[';
      bool first = true;
      for (const Value& element : value.as_array()) {
        if (!first) out += ", ";
        first = false;
        if (!append_canonical(element, out)) return false;
      }
      out += ']';
      return true;
    }
    case Kind::kObject: {
      std::map<std::string_view, const Value*> members;
      for (const auto& [name, member] : value.as_object()) members[name] = &member;
      out += '{';
      bool first = true;
      for (const auto& [name, member] : members) {
        if (json::has_lone_surrogate(name)) return false;
        if (!first) out += ", ";
        first = false;
        out += test::string_json(name);
        out += ": ";
        if (!append_canonical(*member, out)) return false;
      }
      out += '}';
      return true;
    }
  }
  return false;
}

// Fields that are hashed, with what stands for one that is missing.
struct Hashed {
  const char* name;
  Value missing;
};
const std::vector<Hashed>& hashed_fields() {
  static const std::vector<Hashed> fields = {
      {"op", "upsert"}, {"prev_hash", ""}, {"record", json::Object()}, {"record_id", ""}, {"recursion_depth", 0},
      {"seq", 0},       {"ts", ""},
  };
  return fields;
}

std::optional<Value> parsed(std::string_view text) {
  try {
    return json::parse(text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<std::string> plain_canonical(const Value& value) {
  std::string text;
  if (!append_canonical(value, text)) return std::nullopt;
  return text;
}

std::optional<std::string> plain_hash(const Value& event) {
  json::Object hashed;
  for (const Hashed& field : hashed_fields()) {
    const Value* value = event.find(field.name);
    hashed.emplace_back(field.name, value != nullptr ? *value : field.missing);
  }
  const std::optional<std::string> text = plain_canonical(Value(std::move(hashed)));
  if (!text) return std::nullopt;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text->data()), text->size(), digest);
  std::string hex;
  for (const unsigned char byte : digest) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(byte));
    hex += two;
  }
  return hex;
}

PlainVerdict verify_plainly(std::string_view log) {
  PlainVerdict verdict;
  verdict.valid = true;
  if (log.starts_with("\xEF\xBB\xBF")) log.remove_prefix(3);
  std::string before;
  std::optional<std::int64_t> seq_before;
  for (const PlainPiece& piece : cut_plainly(log)) {
    if (piece.text.empty()) continue;
    ++verdict.lines;
    const std::optional<Value> event = parsed(piece.text);
    if (!verdict.valid) continue;
    if (!event || !event->is_object()) {
      verdict.valid = false;
      continue;
    }
    const Value* prev = event->find("prev_hash");
    const Value* hash = event->find("hash");
    const std::optional<std::string> expected = plain_hash(*event);
    const bool links = prev == nullptr ? before.empty() : prev->is_string() && prev->as_string() == before;
    verdict.valid = links && expected && hash != nullptr && hash->is_string() && hash->as_string() == *expected;
    if (!verdict.valid) continue;
    before = *expected;
    const Value* seq = event->find("seq");
    std::optional<std::int64_t> number;
    if (seq != nullptr && seq->kind() == Kind::kInteger) {
      const std::string& digits = seq->as_integer().digits;
      std::int64_t whole = 0;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), whole).ec == std::errc()) number = whole;
    }
    if (number && seq_before && (*number <= *seq_before || *number - 1 != *seq_before)) verdict.breaks_sequence = true;
    seq_before = number;
  }
  return verdict;
}

namespace {

// Puts other text in place of the string value of that field, if the line spells it as the store does.
bool replace_field(std::string& line, std::string_view field, std::string_view text) {
  const std::string begin = "\"" + std::string(field) + "\": \"";
  const std::size_t at = line.rfind(begin);
  if (at == std::string::npos) return false;
  const std::size_t first = at + begin.size();
  const std::size_t end = line.find('"', first);
  if (end == std::string::npos) return false;
  line.replace(first, end - first, text);
  return true;
}

}  // namespace

std::string relinked(std::string_view log) {
  std::string out;
  std::string before;
  for (const PlainPiece& piece : cut_plainly(log)) {
    std::string line(piece.text);
    if (replace_field(line, "prev_hash", before)) {
      const std::optional<Value> event = parsed(line);
      const std::optional<std::string> hash = event ? plain_hash(*event) : std::nullopt;
      if (hash && replace_field(line, "hash", *hash)) before = *hash;
    }
    out += line;
    if (piece.terminated) out += log[piece.end - 1];
  }
  return out;
}

}  // namespace quipu::fuzz
