// JSON that parses, written in every spelling: by tree and by view the same bytes, which read back to the same value; rows and
// the transformations of texts give what writing the value gives.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "chronostore/record.h"
#include "json/exact.h"
#include "json/go_json.h"
#include "json/node.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "json/row.h"
#include "json/snapshot_text.h"
#include "json/text.h"
#include "support/fuzz_support.h"
#include "support/plain_go_json.h"

using namespace quipu;
using namespace quipu::fuzz;
using json::Kind;
using json::Node;
using json::Spelling;
using json::Surrogates;
using json::Value;

namespace {

constexpr Spelling kSpellings[] = {Spelling::kLog, Spelling::kCanonical, Spelling::kSnapshot};

bool same(const Value& a, const Value& b, bool in_order) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return a.as_bool() == b.as_bool();
    case Kind::kInteger:
      return a.as_integer() == b.as_integer();
    case Kind::kDouble: {
      const double x = a.as_double();
      const double y = b.as_double();
      return std::memcmp(&x, &y, sizeof x) == 0 || (std::isnan(x) && std::isnan(y));
    }
    case Kind::kString:
      return a.as_string() == b.as_string();
    case Kind::kArray:
      if (a.as_array().size() != b.as_array().size()) return false;
      for (std::size_t i = 0; i < a.as_array().size(); ++i) {
        if (!same(a.as_array()[i], b.as_array()[i], in_order)) return false;
      }
      return true;
    case Kind::kObject:
      if (a.as_object().size() != b.as_object().size()) return false;
      for (std::size_t i = 0; i < a.as_object().size(); ++i) {
        const auto& [name, member] = a.as_object()[i];
        if (in_order && b.as_object()[i].first != name) return false;
        const Value* other = b.find(name);
        if (other == nullptr || !same(member, *other, in_order)) return false;
      }
      return true;
  }
  return false;
}

bool holds_lone_surrogate(const Value& value) {
  switch (value.kind()) {
    case Kind::kString:
      return json::has_lone_surrogate(value.as_string());
    case Kind::kArray:
      for (const Value& element : value.as_array()) {
        if (holds_lone_surrogate(element)) return true;
      }
      return false;
    case Kind::kObject:
      for (const auto& [name, member] : value.as_object()) {
        if (json::has_lone_surrogate(name) || holds_lone_surrogate(member)) return true;
      }
      return false;
    default:
      return false;
  }
}

std::size_t depth_of(const Value& value) {
  std::size_t deepest = 0;
  if (value.is_array()) {
    for (const Value& element : value.as_array()) deepest = std::max(deepest, depth_of(element));
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.as_object()) deepest = std::max(deepest, depth_of(member));
  } else {
    return 0;
  }
  return deepest + 1;
}

template <typename Source>
std::string written(const Source& source, Spelling spelling, Surrogates surrogates = Surrogates::kEscape,
                    int level = 0) {
  std::string text = "before";
  json::write(source, spelling, surrogates, text, level);
  FUZZ_REQUIRE(text.starts_with("before"), text);
  return text.substr(6);
}

// Nothing where the writer refuses; then nothing may have been appended.
template <typename Source>
std::optional<std::string> written_strictly(const Source& source, Spelling spelling) {
  std::string text = "before";
  try {
    json::write(source, spelling, Surrogates::kRefuse, text);
  } catch (const Error& error) {
    FUZZ_REQUIRE(error.code() == Code::kInvalid && text == "before", error.message());
    return std::nullopt;
  }
  return text.substr(6);
}

void check_spellings(const Value& value, const Node& node, int level) {
  const bool has_lone = holds_lone_surrogate(value);
  for (const Spelling spelling : kSpellings) {
    const std::string text = written(value, spelling);
    FUZZ_REQUIRE(written(node, spelling) == text, text);
    FUZZ_REQUIRE(
        written(value, spelling, Surrogates::kEscape, level) == written(node, spelling, Surrogates::kEscape, level),
        text);
    const Value again = json::parse(text);
    FUZZ_REQUIRE(same(value, again, spelling != Spelling::kCanonical), text);
    FUZZ_REQUIRE(written(again, spelling) == text, text);
    const std::optional<std::string> strict = written_strictly(value, spelling);
    FUZZ_REQUIRE(strict.has_value() != has_lone && (!strict || *strict == text), text);
    FUZZ_REQUIRE(written_strictly(node, spelling) == strict, text);
  }
  const std::optional<std::string> plain = plain_canonical(value);
  FUZZ_REQUIRE(plain == written_strictly(value, Spelling::kCanonical), plain.value_or("refused"));
}

void check_respelling(const Value& value, int level) {
  const std::string log = written(value, Spelling::kLog);
  std::string snapshot = "before";
  json::log_to_snapshot(log, level, snapshot);
  FUZZ_REQUIRE(snapshot == "before" + written(value, Spelling::kSnapshot, Surrogates::kEscape, level), snapshot);
  std::string escaped = "before";
  json::append_with_line_separators_escaped(log, escaped);
  escaped.erase(0, 6);
  FUZZ_REQUIRE(same(value, json::parse(escaped), true), escaped);
  for (const char* raw : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9", "\n", "\r", "\x1c"}) {
    FUZZ_REQUIRE(escaped.find(raw) == std::string::npos, escaped);
  }
  FUZZ_REQUIRE(json::nesting_depth(log) == depth_of(value), log);
}

// What a canonical text says to a parser that is not ours, where it has no word for anything in it.
void check_nlohmann(const Value& value) {
  const std::string canonical = written(value, Spelling::kCanonical);
  const nlohmann::json theirs = nlohmann::json::parse(canonical, nullptr, false);
  if (theirs.is_discarded()) {
    const bool may_differ = holds_lone_surrogate(value) || canonical.find("NaN") != std::string::npos ||
                            canonical.find("Infinity") != std::string::npos || canonical.size() > 300;
    FUZZ_REQUIRE(may_differ, canonical);
    return;
  }
  // Both sort the members by their bytes; without numbers that are spelled in other ways the texts are the same.
  if (canonical.find_first_of("0123456789") != std::string::npos) return;
  nlohmann::json compact = nlohmann::json::parse(written(value, Spelling::kLog));
  FUZZ_REQUIRE(compact == theirs, canonical);
  FUZZ_REQUIRE(theirs.dump() == nlohmann::json::parse(written(value, Spelling::kSnapshot)).dump(), canonical);
}

void check_views(const Value& value) {
  const std::string text = written(value, Spelling::kLog);
  bool ok = false;
  FUZZ_REQUIRE(json::is_string(text) == value.is_string(), text);
  if (value.is_string()) {
    FUZZ_REQUIRE(json::string_value(text) == json::replace_lone_surrogates(value.as_string()), text);
    FUZZ_REQUIRE(json::string_has_lone_surrogate(text) == json::has_lone_surrogate(value.as_string()), text);
    if (!json::has_lone_surrogate(value.as_string())) FUZZ_REQUIRE(json::string_json(value.as_string()) == text, text);
  }
  const std::int64_t whole = json::int64_value(text, ok);
  FUZZ_REQUIRE(!ok || (value.kind() == Kind::kInteger && json::int64_json(whole) == text), text);
  const double number = json::double_value(text, ok);
  FUZZ_REQUIRE(ok == (value.kind() == Kind::kInteger || value.kind() == Kind::kDouble), text);
  if (value.kind() == Kind::kInteger) FUZZ_REQUIRE(number == std::strtod(text.c_str(), nullptr), text);
  if (value.kind() == Kind::kDouble) {
    FUZZ_REQUIRE(same(Value(number), value, true), text);
    FUZZ_REQUIRE(json::double_json(number) == text, text);
    if (std::isfinite(number)) FUZZ_REQUIRE(std::strtod(text.c_str(), nullptr) == number, text);
  }
  json::bool_value(text, ok);
  FUZZ_REQUIRE(ok == (value.kind() == Kind::kBool), text);
  const std::vector<std::string> texts = json::texts_value(text, ok);
  if (ok && !holds_lone_surrogate(value)) FUZZ_REQUIRE(json::texts_json(texts) == text, text);
}

// A record with the value in one of its fields, or made from it if it is an object.
void check_rows(const Value& value, const Node& node) {
  using chronostore::ChronoRecordField;
  const json::FieldTable& table = chronostore::chronorecord_fields();
  const std::string text = written(value, Spelling::kLog);
  std::vector<json::RowRef> rows = {chronostore::make_record({{ChronoRecordField::data, text}})};
  if (node.kind() == Kind::kObject) rows.push_back(json::RowBuilder(table).from_node(node));
  for (const json::RowRef& row : rows) {
    const Value read = json::parse(row->text(), json::kMaxReadDepth + 1);
    FUZZ_REQUIRE(read.is_object() && read.as_object().size() == table.size(), std::string(row->text()));
    for (std::size_t i = 0; i < table.size(); ++i) {
      const Value& field = read.as_object()[i].second;
      FUZZ_REQUIRE(read.as_object()[i].first == table[i].name, std::string(row->text()));
      FUZZ_REQUIRE(written(field, Spelling::kLog) == row->field(i), std::string(row->field(i)));
    }
    std::string canonical;
    bool refused = false;
    try {
      json::append_canonical(*row, canonical);
    } catch (const Error& error) {
      FUZZ_REQUIRE(error.code() == Code::kInvalid, error.message());
      refused = true;
    }
    const std::optional<std::string> plain = plain_canonical(read);
    FUZZ_REQUIRE(refused == !plain && (refused || canonical == *plain), canonical);
  }
}

// What is taken as it stands, unparsed, must be what writing it anew gives: in the input itself, and in both spellings of it.
void check_exact(std::string_view text) {
  const std::string padded = std::string(text) + std::string(json::kPadding, '}');
  const char* const begin = padded.data();
  json::ExactReader reader;
  reader.start();
  bool sorted = true;
  if (reader.read_value(begin, begin + text.size(), sorted) != begin + text.size() || !reader.is_utf8(text)) return;
  const Value value = json::parse(text);
  FUZZ_REQUIRE(written(value, Spelling::kLog) == text, std::string(text));
  const std::string canonical = written(value, Spelling::kCanonical);
  FUZZ_REQUIRE(!sorted || canonical == text, std::string(text));
  std::string sorted_text = "before";
  json::append_canonical(text, sorted_text);
  FUZZ_REQUIRE(sorted_text == "before" + canonical, std::string(text));

  static json::ExactObject object;
  if (reader.read_object(begin, begin + text.size(), object) == nullptr) return;
  std::string members(text.size() + json::kPadding, '?');
  members.resize(static_cast<std::size_t>(json::write_canonical(object, members.data()) - members.data()));
  FUZZ_REQUIRE(members == canonical, std::string(text));
}

// A value in snapshot spelling, whatever follows it; and any text that is laid out like one.
void check_snapshot_text(std::string_view text) {
  static json::SnapshotText reader;
  const std::string padded = std::string(text) + std::string(json::kPadding, '}');
  if (reader.read({padded.data(), text.size()}) != json::SnapshotText::Found::kValue) return;
  const std::string_view log_text = reader.log_text();
  json::ExactReader exact;
  exact.start();
  bool sorted = true;
  const char* const end = log_text.data() + log_text.size();
  if (exact.read_value(log_text.data(), end, sorted) != end || !exact.is_utf8(log_text)) return;
  FUZZ_REQUIRE(written(json::parse(text.substr(0, reader.size())), Spelling::kLog) == log_text, std::string(log_text));
}

void check_snapshot_spelling(const Value& value) {
  if (!value.is_object() && !value.is_array()) return;
  const std::string snapshot = written(value, Spelling::kSnapshot, Surrogates::kEscape, 2);
  const std::string padded = snapshot + ",\n    {" + std::string(json::kPadding, '}');
  json::SnapshotText reader;
  FUZZ_REQUIRE(reader.read({padded.data(), snapshot.size() + 7}) == json::SnapshotText::Found::kValue, snapshot);
  FUZZ_REQUIRE(reader.size() == snapshot.size() && reader.log_text() == written(value, Spelling::kLog), snapshot);
}

// Nothing where an integer is beyond a double; then nothing may have been appended.
template <typename Source>
std::optional<std::string> written_go(const Source& source, json::GoSpelling spelling) {
  std::string text = "before";
  try {
    json::write_go(source, spelling, text);
  } catch (const Error& error) {
    FUZZ_REQUIRE(error.code() == Code::kInvalid && text == "before", error.message());
    FUZZ_REQUIRE(spelling == json::GoSpelling::kCanonical, error.message());
    return std::nullopt;
  }
  FUZZ_REQUIRE(text.starts_with("before") && is_valid_utf8(text), text);
  return text.substr(6);
}

// What is written in Go's dialect reads back to what is written in the same way. (To an equal value it does not: an integral
// double is read as an integer.)
void check_go(std::string_view text) {
  using json::GoSpelling;
  const auto read = [](std::string_view json) { return json::parse(json, json::kMaxReadDepth, json::Dialect::kGo); };
  std::string string;
  json::append_go_string(text, string);
  FUZZ_REQUIRE(string == test::go_string_json(text), string);
  std::string utf8;
  append_as_utf8(text, utf8);
  FUZZ_REQUIRE(read(string).as_string() == utf8, string);

  static json::Document document(json::kMaxReadDepth, json::Dialect::kGo);
  std::optional<Node> node;
  try {
    node = document.parse(text);
  } catch (const Error&) {
    return;
  }
  const Value value = read(text);
  const std::string compact = *written_go(value, GoSpelling::kCompact);
  for (const GoSpelling spelling : {GoSpelling::kCompact, GoSpelling::kIndented, GoSpelling::kCanonical}) {
    const std::optional<std::string> written = written_go(value, spelling);
    FUZZ_REQUIRE(written_go(*node, spelling) == written, written.value_or("refused"));
    if (!written) continue;
    FUZZ_REQUIRE(written_go(read(*written), spelling) == written, *written);
    if (spelling != GoSpelling::kIndented) continue;
    FUZZ_REQUIRE(written_go(read(*written), GoSpelling::kCompact) == compact, *written);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  check_exact(text);
  check_snapshot_text(text);
  check_go(text);
  static json::Document document;
  std::optional<Node> node;
  try {
    node = document.parse(text);
  } catch (const Error&) {
    return 0;  // what does not parse is for json_reader
  }
  const Value value = json::parse(text);
  const int level = static_cast<int>(fingerprint(text) % 4);
  check_spellings(value, *node, level);
  check_respelling(value, level);
  check_nlohmann(value);
  check_views(value);
  check_rows(value, *node);
  check_exact(written(value, Spelling::kLog));
  check_snapshot_spelling(value);
  return 0;
}
