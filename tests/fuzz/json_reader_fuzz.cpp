// Arbitrary bytes as JSON: the parser of core/json, its Document (simdjson first) and nlohmann_json against each other.
//
// The two of ours must agree on everything, in both dialects, which differ only as json/parser.h says. nlohmann_json reads RFC 8259, so it may differ in what Python's dialect adds or
// takes away, and only there:
//   accepted by us alone    NaN, Infinity, -Infinity; numbers too large for a double (1e400); lone surrogates
//   accepted by it alone    a byte order mark; more than 985 levels; integers of more than 4,300 digits; it takes a NUL
//                           for the end of the text
//   other values            integers beyond 64 bits are doubles there; members are sorted (of equal names the last counts
//                           in both)
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/utf8.h"
#include "json/go_json.h"
#include "json/node.h"
#include "json/parser.h"
#include "json/text.h"
#include "support/fuzz_support.h"

using namespace quipu;
using namespace quipu::fuzz;
using json::Kind;
using json::Node;
using json::Value;

namespace {

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void check_same(const Node& node, const Value& value) {
  FUZZ_REQUIRE(node.kind() == value.kind(), std::to_string(static_cast<int>(node.kind())));
  switch (value.kind()) {
    case Kind::kNull:
      return;
    case Kind::kBool:
      FUZZ_REQUIRE(node.as_bool() == value.as_bool(), "bool");
      return;
    case Kind::kInteger: {
      const std::string& digits = value.as_integer().digits;
      FUZZ_REQUIRE(node.integer_digits() == digits, digits);
      std::int64_t number = 0;
      const bool fits = std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc();
      FUZZ_REQUIRE(node.as_int64() == (fits ? std::optional(number) : std::nullopt), digits);
      return;
    }
    case Kind::kDouble:
      FUZZ_REQUIRE(same_bits(node.as_double(), value.as_double()) ||
                       (std::isnan(node.as_double()) && std::isnan(value.as_double())),
                   std::to_string(value.as_double()));
      return;
    case Kind::kString:
      FUZZ_REQUIRE(node.as_string() == value.as_string(), value.as_string());
      FUZZ_REQUIRE(is_valid_utf8(json::replace_lone_surrogates(value.as_string())), value.as_string());
      FUZZ_REQUIRE(is_valid_utf8(value.as_string()) != json::has_lone_surrogate(value.as_string()), value.as_string());
      return;
    case Kind::kArray: {
      std::size_t at = 0;
      node.for_each_element([&](const Node& element) {
        FUZZ_REQUIRE(at < value.as_array().size(), "more elements");
        check_same(element, value.as_array()[at++]);
      });
      FUZZ_REQUIRE(at == value.as_array().size(), "fewer elements");
      return;
    }
    case Kind::kObject: {
      std::size_t at = 0;
      node.for_each_member([&](std::string_view name, const Node& member) {
        FUZZ_REQUIRE(at < value.as_object().size(), "more members");
        FUZZ_REQUIRE(name == value.as_object()[at].first, std::string(name));
        const Value& expected = value.as_object()[at++].second;
        check_same(member, expected);
        FUZZ_REQUIRE(value.find(name) == &expected, std::string(name));
        const std::optional<Node> found = node.find(name);
        FUZZ_REQUIRE(found && found->kind() == expected.kind(), std::string(name));
      });
      FUZZ_REQUIRE(at == value.as_object().size(), "fewer members");
      FUZZ_REQUIRE(!node.find("no such \x01 name"), "found what is not there");
      return;
    }
  }
}

// An integer by nlohmann_json: within 64 bits exact, beyond a double.
void check_integer(const nlohmann::json& theirs, const std::string& digits) {
  if (theirs.is_number_unsigned()) {
    FUZZ_REQUIRE(std::to_string(theirs.get<std::uint64_t>()) == digits, digits);
  } else if (theirs.is_number_integer()) {
    FUZZ_REQUIRE(std::to_string(theirs.get<std::int64_t>()) == digits, digits);
  } else {
    FUZZ_REQUIRE(theirs.is_number_float() && digits.size() >= 19, digits);
    FUZZ_REQUIRE(same_bits(theirs.get<double>(), std::strtod(digits.c_str(), nullptr)), digits);
  }
}

void check_same(const nlohmann::json& theirs, const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      FUZZ_REQUIRE(theirs.is_null(), "null");
      return;
    case Kind::kBool:
      FUZZ_REQUIRE(theirs.is_boolean() && theirs.get<bool>() == value.as_bool(), "bool");
      return;
    case Kind::kInteger:
      return check_integer(theirs, value.as_integer().digits);
    case Kind::kDouble:
      FUZZ_REQUIRE(theirs.is_number_float() && same_bits(theirs.get<double>(), value.as_double()),
                   std::to_string(value.as_double()));
      return;
    case Kind::kString:
      FUZZ_REQUIRE(theirs.is_string() && theirs.get_ref<const std::string&>() == value.as_string(), value.as_string());
      return;
    case Kind::kArray:
      FUZZ_REQUIRE(theirs.is_array() && theirs.size() == value.as_array().size(), "array");
      for (std::size_t i = 0; i < value.as_array().size(); ++i) check_same(theirs[i], value.as_array()[i]);
      return;
    case Kind::kObject:
      FUZZ_REQUIRE(theirs.is_object() && theirs.size() == value.as_object().size(), "object");
      for (const auto& [name, member] : value.as_object()) {
        const auto found = theirs.find(name);
        FUZZ_REQUIRE(found != theirs.end(), name);
        check_same(*found, member);
      }
      return;
  }
}

// Looks at the tokens of a text that we accept: is there anything that RFC 8259, or a double, does not have?
bool has_what_only_we_take(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') {
      for (++at; text[at] != '"'; ++at) {
        if (text[at] != '\\') continue;
        ++at;
        if (text[at] == 'u' && (text[at + 1] == 'd' || text[at + 1] == 'D') && text[at + 2] >= '8') return true;
      }
    } else if (text[at] == 'N' || text[at] == 'I') {
      return true;
    } else if (text[at] >= '0' && text[at] <= '9') {
      const std::size_t end = std::min(text.find_first_not_of("0123456789.eE+-", at), text.size());
      if (std::isinf(std::strtod(std::string(text.substr(at, end - at)).c_str(), nullptr))) return true;
      at = end - 1;
    }
  }
  return false;
}

// A text that is one string, decoded anew: what lone surrogates become, nlohmann_json cannot tell.
void check_string(std::string_view text, const Value& value) {
  if (!text.starts_with('"') || !text.ends_with('"')) return;
  text = text.substr(1, text.size() - 2);
  const auto unit = [&text](std::size_t at) {
    return text.substr(at, 2) == "\\u" ? std::strtol(std::string(text.substr(at + 2, 4)).c_str(), nullptr, 16) : -1;
  };
  std::string decoded;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      decoded += text[at++];
      continue;
    }
    if (text[at + 1] != 'u') {
      constexpr std::string_view kNames = "bfnrt";
      const std::size_t name = kNames.find(text[at + 1]);
      decoded += name == std::string_view::npos ? text[at + 1] : "\b\f\n\r\t"[name];
      at += 2;
      continue;
    }
    long code = unit(at);
    const long low = unit(at + 6);
    at += 6;
    if (code >= 0xD800 && code < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
      code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00);
      at += 6;
    }
    const auto put = [&decoded](long byte) { decoded += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 + code / 0x40), put(0x80 + code % 0x40);
    } else if (code < 0x10000) {
      put(0xE0 + code / 0x1000), put(0x80 + code / 0x40 % 0x40), put(0x80 + code % 0x40);
    } else {
      put(0xF0 + code / 0x40000), put(0x80 + code / 0x1000 % 0x40), put(0x80 + code / 0x40 % 0x40),
          put(0x80 + code % 0x40);
    }
  }
  FUZZ_REQUIRE(decoded == value.as_string(), decoded);
}

void check_nlohmann(std::string_view text, const std::optional<Value>& value, const std::string& reason) {
  if (text.find('\0') != std::string_view::npos) return;
  const nlohmann::json theirs = nlohmann::json::parse(text, nullptr, false);
  if (!value) {
    const bool may_differ = text.starts_with("\xEF\xBB\xBF") || reason.find("nested too deep") != std::string::npos ||
                            reason.find("integer of more than") != std::string::npos;
    FUZZ_REQUIRE(theirs.is_discarded() || may_differ, "refused by us alone: " + reason);
  } else if (theirs.is_discarded()) {
    FUZZ_REQUIRE(has_what_only_we_take(text), "accepted by us alone");
  } else {
    check_same(theirs, *value);
  }
}

struct Verdict {
  std::optional<Value> value;
  std::string reason;
  bool too_deep = false;
};

// Reads the text by the parser and by the document, which must agree. One document for all inputs: it must not remember the
// text before.
Verdict read_both_ways(std::string_view text, std::size_t max_depth, json::Dialect dialect, json::Document& document) {
  Verdict verdict;
  try {
    verdict.value = json::parse(text, max_depth, dialect);
  } catch (const Error& error) {
    FUZZ_REQUIRE(error.code() == Code::kInvalid, error.message());
    FUZZ_REQUIRE(error.offset() >= 0 && error.offset() <= static_cast<std::int64_t>(text.size()), error.message());
    verdict.reason = error.message();
    verdict.too_deep = dynamic_cast<const json::TooDeep*>(&error) != nullptr;
  }
  try {
    const Node node = document.parse(text);
    FUZZ_REQUIRE(verdict.value, "refused by the parser, accepted by the document: " + verdict.reason);
    check_same(node, *verdict.value);
  } catch (const Error& error) {
    FUZZ_REQUIRE(!verdict.value, "accepted by the parser, refused by the document: " + error.message());
    FUZZ_REQUIRE(error.message() == verdict.reason, error.message());
    FUZZ_REQUIRE((dynamic_cast<const json::TooDeep*>(&error) != nullptr) == verdict.too_deep, error.message());
  }
  return verdict;
}

bool holds_no_number_of_json(const Value& value) {
  switch (value.kind()) {
    case Kind::kDouble:
      return !std::isfinite(value.as_double());
    case Kind::kArray:
      for (const Value& element : value.as_array()) {
        if (holds_no_number_of_json(element)) return true;
      }
      return false;
    case Kind::kObject:
      for (const auto& [name, member] : value.as_object()) {
        if (holds_no_number_of_json(member)) return true;
      }
      return false;
    default:
      return false;
  }
}

// The dialects differ where it is said that they do, and nowhere else.
void check_dialects(std::string_view text, const Verdict& python, const Verdict& go) {
  if (!go.value) {
    // A repeated name hides what Go refuses.
    const bool only_numbers = go.reason.find("expected a value") != std::string::npos ||
                              go.reason.find("beyond the range") != std::string::npos;
    FUZZ_REQUIRE(!python.value || holds_no_number_of_json(*python.value) || only_numbers, go.reason);
    FUZZ_REQUIRE(python.value || python.too_deep == go.too_deep || !is_valid_utf8(text), go.reason);
    return;
  }
  FUZZ_REQUIRE(python.value.has_value() == is_valid_utf8(text), python.reason);
  if (!python.value || text.find("-0") != std::string_view::npos || text.find("\\u") != std::string_view::npos) return;
  std::string a;
  std::string b;
  json::write_go(*python.value, json::GoSpelling::kCompact, a);
  json::write_go(*go.value, json::GoSpelling::kCompact, b);
  FUZZ_REQUIRE(a == b, a + " " + b);
}

void check_depth(std::string_view text, const Verdict& any, const Verdict& shallow, std::size_t max_depth) {
  FUZZ_REQUIRE(!any.too_deep || shallow.too_deep, shallow.reason);
  if (!any.value) return;
  const std::size_t first = std::min(text.find_first_not_of(" \t\n\r"), text.size());
  FUZZ_REQUIRE(shallow.too_deep == (json::nesting_depth(text.substr(first)) > max_depth), shallow.reason);
  FUZZ_REQUIRE(shallow.value.has_value() != shallow.too_deep, shallow.reason);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  static json::Document python_document;
  static json::Document go_document(json::kMaxReadDepth, json::Dialect::kGo);
  const Verdict python = read_both_ways(text, json::kMaxReadDepth, json::Dialect::kPython, python_document);
  const Verdict go = read_both_ways(text, json::kMaxReadDepth, json::Dialect::kGo, go_document);
  check_dialects(text, python, go);

  constexpr std::size_t kShallow = 3;
  static json::Document shallow_document(kShallow, json::Dialect::kGo);
  check_depth(text, go, read_both_ways(text, kShallow, json::Dialect::kGo, shallow_document), kShallow);

  check_nlohmann(text, python.value, python.reason);
  if (python.value && python.value->is_string()) check_string(text, *python.value);
  return 0;
}
