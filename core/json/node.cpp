#include "json/node.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <variant>

#include "base/error.h"
#include "json/names.h"

namespace quipu::json {
namespace {

// Whether there may be a number -0, which simdjson takes for the integer 0.
bool may_hold_negative_zero(std::string_view text) {
  constexpr std::string_view kBefore = " \t\n\r:,[";
  constexpr std::string_view kAfter = "0123456789.eE";
  for (std::size_t at = text.find('-'); at != std::string_view::npos; at = text.find('-', at + 1)) {
    const std::string_view from = text.substr(at);
    if (from.size() < 2 || from[1] != '0' || (from.size() > 2 && kAfter.find(from[2]) != std::string_view::npos))
      continue;
    if (at == 0 || kBefore.find(text[at - 1]) != std::string_view::npos) return true;
  }
  return false;
}

template <typename T>
T checked(simdjson::simdjson_result<T> result) {
  if (result.error() != simdjson::SUCCESS) [[unlikely]]
    throw std::bad_variant_access();
  return result.value_unsafe();
}

}  // namespace

Kind Node::kind() const {
  if (value_ != nullptr) return value_->kind();
  switch (element_.type()) {
    case simdjson::dom::element_type::NULL_VALUE:
      return Kind::kNull;
    case simdjson::dom::element_type::BOOL:
      return Kind::kBool;
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
      return Kind::kInteger;
    case simdjson::dom::element_type::DOUBLE:
      return Kind::kDouble;
    case simdjson::dom::element_type::STRING:
      return Kind::kString;
    case simdjson::dom::element_type::ARRAY:
      return Kind::kArray;
    case simdjson::dom::element_type::OBJECT:
      return Kind::kObject;
  }
  throw Error(Code::kInternal, "simdjson holds a value of an unknown type");
}

bool Node::as_bool() const { return value_ != nullptr ? value_->as_bool() : checked(element_.get_bool()); }

double Node::as_double() const {
  if (value_ != nullptr) return value_->as_double();
  if (element_.type() != simdjson::dom::element_type::DOUBLE)
    throw std::bad_variant_access();  // it would convert integers
  return checked(element_.get_double());
}

std::optional<std::int64_t> Node::as_int64() const {
  if (value_ != nullptr) {
    const std::string& digits = value_->as_integer().digits;
    std::int64_t number = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (result.ec != std::errc()) return std::nullopt;
    return number;
  }
  if (element_.type() == simdjson::dom::element_type::UINT64) return std::nullopt;
  return checked(element_.get_int64());
}

std::string Node::integer_digits() const {
  if (value_ != nullptr) return value_->as_integer().digits;
  if (element_.type() == simdjson::dom::element_type::UINT64) return std::to_string(checked(element_.get_uint64()));
  return std::to_string(checked(element_.get_int64()));
}

std::string_view Node::as_string() const {
  return value_ != nullptr ? std::string_view(value_->as_string()) : checked(element_.get_string());
}

std::optional<Node> Node::find(std::string_view name) const {
  if (value_ != nullptr) {
    const Value* found = value_->find(name);
    return found != nullptr ? std::optional(Node(*found)) : std::nullopt;
  }
  std::optional<Node> found;
  if (element_.type() != simdjson::dom::element_type::OBJECT) return found;
  const simdjson::dom::object object = members();
  const auto end = object.end();
  for (auto member = object.begin(); member != end; ++member) {
    if (member.key() == name) found = Node(member.value());  // the last one wins
  }
  return found;
}

simdjson::dom::array Node::elements() const { return checked(element_.get_array()); }
simdjson::dom::object Node::members() const { return checked(element_.get_object()); }

bool Node::names_repeat(const simdjson::dom::object& object) {
  std::array<std::string_view, kFewNames> few;
  std::vector<std::string_view> many;
  std::size_t count = 0;
  const auto end = object.end();
  for (auto member = object.begin(); member != end; ++member) {
    if (count == few.size()) many.assign(few.begin(), few.end());
    if (count < few.size()) {
      few[count] = member.key();
    } else {
      many.push_back(member.key());
    }
    ++count;
  }
  const std::string_view* names = count <= few.size() ? few.data() : many.data();
  return names_may_repeat<Readable::kPadded>(count, [names](std::size_t i) { return names[i]; });
}

std::vector<std::pair<std::string_view, Node>> Node::settled_members(const simdjson::dom::object& object) {
  std::vector<std::string_view> names;
  std::vector<simdjson::dom::element> values;
  for (const auto member : object) {
    names.push_back(member.key);
    values.push_back(member.value);
  }
  const std::vector<std::size_t> source = settle_repeated_names(names);
  std::vector<std::pair<std::string_view, Node>> settled;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != kNotFirst) settled.emplace_back(names[i], Node(values[source[i]]));
  }
  return settled;
}

// simdjson refuses from its maximum depth on, but does not count an empty innermost container: with our figure it accepts at
// most max_depth levels by our count. What it refuses at the brink goes to our parser anyway.
Document::Document(std::size_t max_depth, Dialect dialect) : max_depth_(max_depth), dialect_(dialect) {
  constexpr std::size_t kFirstCapacity = 4096;
  if (parser_.allocate(kFirstCapacity, std::max<std::size_t>(max_depth, 1)) != simdjson::SUCCESS)
    throw std::bad_alloc();
}

// Whether simdjson, if it accepts the text, reads what our parser reads.
bool Document::reads_alike(std::string_view text) const {
  // Later versions of simdjson skip a byte order mark, which both dialects refuse.
  if (max_depth_ == 0 || text.starts_with("\xEF\xBB\xBF")) return false;
  return dialect_ != Dialect::kGo || !may_hold_negative_zero(text);
}

Node Document::parse(std::string_view text) {
  padded_.assign(text);
  padded_.append(kPadding, ' ');
  return parse_padded(std::string_view(padded_).substr(0, text.size()));
}

Node Document::parse_padded(std::string_view text) {
  used_own_parser_ = false;
  value_ = Value();
  if (reads_alike(text)) {
    simdjson::dom::element root;
    if (parser_.parse(text.data(), text.size(), false).get(root) == simdjson::SUCCESS) [[likely]]
      return Node(root);
  }
  used_own_parser_ = true;
  value_ = json::parse(text, max_depth_, dialect_);
  return Node(value_);
}

}  // namespace quipu::json
