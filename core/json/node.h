// json/node.h - reading JSON fast: one parse, then a light view on the values, whichever parser understood the text.
//
// simdjson reads what it can; what it refuses though it may be legal here (integers beyond 64 bits, NaN, 1e400, lone
// surrogates, bad UTF-8) is given to parser.h, which alone decides whether a text is bad. A Node hides which of the two it was.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/parser.h"
#include "json/value.h"

namespace quipu::json {

// Bytes that must be readable behind a text given to Document::parse_padded; their content does not matter.
inline constexpr std::size_t kPadding = simdjson::SIMDJSON_PADDING;

// A view on one value of a Document. Valid until the Document parses again or goes away. Cheap to copy.
class Node {
 public:
  // A view on a Value, valid as long as that stays where it is and is not changed.
  explicit Node(const Value& value) : value_(&value) {}

  Kind kind() const;
  // Only for the matching kind (std::bad_variant_access otherwise).
  bool as_bool() const;
  double as_double() const;                      // kDouble only
  std::optional<std::int64_t> as_int64() const;  // kInteger only; empty beyond 64 bits, signed
  std::string integer_digits() const;            // kInteger only
  std::string_view as_string() const;            // kString only; see value.h on lone surrogates

  // Calls fn(std::string_view name, Node value) for each member (names unique, see Object) / fn(Node) for each element.
  template <typename Fn>
  void for_each_member(Fn&& fn) const;
  template <typename Fn>
  void for_each_element(Fn&& fn) const;

  // The member of that name, if this is an object that has it.
  std::optional<Node> find(std::string_view name) const;

  // What this is a view on, for the writers of core/json: a Value, or, where that is nullptr, an element of simdjson.
  const Value* value() const { return value_; }
  simdjson::dom::element element() const { return element_; }

 private:
  friend class Document;

  explicit Node(simdjson::dom::element element) : element_(element) {}

  simdjson::dom::array elements() const;
  simdjson::dom::object members() const;
  static bool names_repeat(const simdjson::dom::object& object);
  static std::vector<std::pair<std::string_view, Node>> settled_members(const simdjson::dom::object& object);

  simdjson::dom::element element_;
  const Value* value_ = nullptr;
};

// Reads one text after another with the same buffers. One thread at a time.
class Document {
 public:
  explicit Document(std::size_t max_depth = kMaxReadDepth, Dialect dialect = Dialect::kPython);
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // Both give and throw what json::parse does with the same depth and dialect. The text may go away afterwards.
  Node parse(std::string_view text);
  Node parse_padded(std::string_view text);  // kPadding readable bytes stand behind the text: saves a copy

  // Whether the last text was one that simdjson refused.
  bool used_own_parser() const { return used_own_parser_; }

 private:
  bool reads_alike(std::string_view text) const;

  const std::size_t max_depth_;
  const Dialect dialect_;
  simdjson::dom::parser parser_;
  std::string padded_;
  Value value_;
  bool used_own_parser_ = false;
};

template <typename Fn>
void Node::for_each_member(Fn&& fn) const {
  if (value_ != nullptr) {
    for (const Member& member : value_->as_object()) fn(std::string_view(member.first), Node(member.second));
    return;
  }
  const simdjson::dom::object object = members();
  if (names_repeat(object)) [[unlikely]] {
    for (const auto& [name, node] : settled_members(object)) fn(name, node);
    return;
  }
  const auto end = object.end();
  for (auto member = object.begin(); member != end; ++member) fn(member.key(), Node(member.value()));
}

template <typename Fn>
void Node::for_each_element(Fn&& fn) const {
  if (value_ != nullptr) {
    for (const Value& element : value_->as_array()) fn(Node(element));
    return;
  }
  for (const simdjson::dom::element element : elements()) fn(Node(element));
}

}  // namespace quipu::json
