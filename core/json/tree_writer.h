// json/tree_writer.h - inside core/json: writes a tree or a view, in whatever spelling.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/names.h"
#include "json/node.h"
#include "json/output.h"
#include "json/value.h"

namespace quipu::json {

// The writer sees values through one of these two, so that neither path pays for the other.
struct TapeSource {
  using Ref = simdjson::dom::element;
  using Elements = simdjson::dom::array::iterator;
  static constexpr Readable kReadable = Readable::kPadded;
  static constexpr bool kNamesMayRepeat = true;

  template <typename Fn>
  static void for_each_member(Ref ref, Fn fn) {
    const simdjson::dom::object object = ref.get_object().value_unsafe();
    const auto end = object.end();
    for (auto member = object.begin(); member != end; ++member) fn(member.key(), member.value());
  }
  static std::pair<Elements, Elements> elements(Ref ref) {
    const simdjson::dom::array array = ref.get_array().value_unsafe();
    return {array.begin(), array.end()};
  }
  static Ref element(Elements at) { return *at; }
};

struct TreeSource {
  using Ref = const Value*;
  using Elements = const Value*;
  static constexpr Readable kReadable = Readable::kExactly;
  static constexpr bool kNamesMayRepeat = false;

  template <typename Fn>
  static void for_each_member(Ref ref, Fn fn) {
    for (const Member& member : ref->as_object()) fn(std::string_view(member.first), &member.second);
  }
  static std::pair<Elements, Elements> elements(Ref ref) {
    const Array& array = ref->as_array();
    return {array.data(), array.data() + array.size()};
  }
  static Ref element(Elements at) { return at; }
};

// Containers being written are kept on a stack of our own: depth costs no call stack, and a small value no allocation.
//
// A Style says how the parts are spelled:
//   template <Readable> char* put_text(std::string_view, Output&, char* to)   with quotes
//   char* put_number(double | std::int64_t | std::uint64_t | const Integer&, Output&, char* to)
//   static constexpr std::string_view kSeparator                              between members, if it is all on one line
//   std::string_view colon()
//   bool sorted()                                                             members by name
//   bool indented()                                                           a line for each member and element
template <typename Source, typename Style>
class TreeWriter {
 public:
  using Ref = typename Source::Ref;

  TreeWriter(const Style& style, int level, Output& out)
      : style_(style), base_level_(static_cast<std::size_t>(level)), out_(out) {
    levels_.reserve(16);
    members_.reserve(48);
  }

  void write(Ref root) {
    char* to = begin(root, out_.start());
    while (!levels_.empty()) {
      Level& level = levels_.back();
      to = level.is_object ? next_member(level, to) : next_element(level, to);
    }
    out_.finish(to);
  }

 private:
  struct Member {
    std::string_view name;
    Ref value;
  };
  struct Level {
    bool is_object;
    bool started = false;                                     // of an array
    std::size_t first = 0, next = 0, end = 0;                 // of an object, in members_
    typename Source::Elements next_element{}, end_element{};  // of an array
  };

  char* next_member(Level& level, char* to) {
    if (level.next == level.end) {
      members_.resize(level.first, Member{});
      return end_container('}', to);
    }
    const Member member = members_[level.next];
    to = separate(level.next++ == level.first, to);
    to = put_text(member.name, to);
    return begin(member.value, out_.put(style_.colon(), to));
  }

  char* next_element(Level& level, char* to) {
    if (!(level.next_element != level.end_element)) return end_container(']', to);
    const Ref element = Source::element(level.next_element);
    ++level.next_element;
    to = separate(!level.started, to);
    level.started = true;
    return begin(element, to);
  }

  char* begin(simdjson::dom::element value, char* to) {
    using Type = simdjson::dom::element_type;
    switch (value.type()) {
      case Type::NULL_VALUE:
        break;
      case Type::BOOL:
        return put_bool(value.get_bool().value_unsafe(), to);
      case Type::INT64:
        return style_.put_number(value.get_int64().value_unsafe(), out_, to);
      case Type::UINT64:
        return style_.put_number(value.get_uint64().value_unsafe(), out_, to);
      case Type::DOUBLE:
        return style_.put_number(value.get_double().value_unsafe(), out_, to);
      case Type::STRING:
        return put_text(value.get_string().value_unsafe(), to);
      case Type::ARRAY:
        return begin_array(value, to);
      case Type::OBJECT:
        return begin_object(value, to);
    }
    return out_.put("null", to);
  }

  char* begin(const Value* value, char* to) {
    switch (value->kind()) {
      case Kind::kNull:
        break;
      case Kind::kBool:
        return put_bool(value->as_bool(), to);
      case Kind::kInteger:
        return style_.put_number(value->as_integer(), out_, to);
      case Kind::kDouble:
        return style_.put_number(value->as_double(), out_, to);
      case Kind::kString:
        return put_text(value->as_string(), to);
      case Kind::kArray:
        return begin_array(value, to);
      case Kind::kObject:
        return begin_object(value, to);
    }
    return out_.put("null", to);
  }

  char* put_text(std::string_view text, char* to) {
    return style_.template put_text<Source::kReadable>(text, out_, to);
  }

  char* put_bool(bool value, char* to) { return value ? out_.put("true", to) : out_.put("false", to); }

  char* begin_array(Ref array, char* to) {
    const auto [first, end] = Source::elements(array);
    if (!(first != end)) return out_.put("[]", to);
    Level level{.is_object = false};
    level.next_element = first;
    level.end_element = end;
    levels_.push_back(level);
    return out_.put('[', to);
  }

  char* begin_object(Ref object, char* to) {
    const std::size_t first = members_.size();
    Source::for_each_member(object, [this](std::string_view name, Ref value) { members_.push_back({name, value}); });
    if (members_.size() == first) return out_.put("{}", to);
    if (style_.sorted()) {
      sort_members(first);
    } else if (Source::kNamesMayRepeat) {
      settle_members(first);
    }
    levels_.push_back({.is_object = true, .first = first, .next = first, .end = members_.size()});
    return out_.put('{', to);
  }

  char* end_container(char bracket, char* to) {
    levels_.pop_back();
    if (style_.indented()) to = out_.put_line(base_level_ + levels_.size(), to);
    return out_.put(bracket, to);
  }

  char* separate(bool is_first, char* to) {
    if (!style_.indented()) return is_first ? to : out_.put(Style::kSeparator, to);
    if (!is_first) to = out_.put(',', to);
    return out_.put_line(base_level_ + levels_.size(), to);
  }

  // The members from first on by name, of equal names only the last.
  void sort_members(std::size_t first) {
    struct Key {
      std::uint64_t prefix;
      std::size_t index;
    };
    const std::size_t count = members_.size() - first;
    if (count < 2) return;
    std::array<Key, kFewNames> few;
    std::vector<Key> many;
    if (count > few.size()) many.resize(count);
    Key* const keys = count <= few.size() ? few.data() : many.data();
    unsorted_.assign(members_.begin() + static_cast<std::ptrdiff_t>(first), members_.end());

    const auto before = [this](const Key& a, const Key& b) {
      if (a.prefix != b.prefix) return a.prefix < b.prefix;
      const int difference = unsorted_[a.index].name.compare(unsorted_[b.index].name);
      return difference != 0 ? difference < 0 : a.index < b.index;
    };
    for (std::size_t i = 0; i < count; ++i) keys[i] = {name_prefix<Source::kReadable>(unsorted_[i].name), i};
    if (count <= few.size()) {
      for (std::size_t i = 1; i < count; ++i) {
        const Key key = keys[i];
        std::size_t place = i;
        for (; place > 0 && before(key, keys[place - 1]); --place) keys[place] = keys[place - 1];
        keys[place] = key;
      }
    } else {
      std::sort(keys, keys + count, before);
    }

    std::size_t kept = first;
    for (std::size_t i = 0; i < count; ++i) {
      const Member& member = unsorted_[keys[i].index];
      const bool again = Source::kNamesMayRepeat && i + 1 < count && keys[i].prefix == keys[i + 1].prefix &&
                         member.name == unsorted_[keys[i + 1].index].name;
      if (!again) members_[kept++] = member;
    }
    members_.resize(kept, Member{});
  }

  // Of members of equal names from first on, the place of the first with the value of the last.
  void settle_members(std::size_t first) {
    const std::size_t count = members_.size() - first;
    const auto name_at = [&](std::size_t i) { return members_[first + i].name; };
    if (!names_may_repeat<Source::kReadable>(count, name_at)) return;
    std::vector<std::string_view> names(count);
    for (std::size_t i = 0; i < count; ++i) names[i] = name_at(i);
    const std::vector<std::size_t> source = settle_repeated_names(names);
    std::size_t kept = first;
    for (std::size_t i = 0; i < count; ++i) {
      if (source[i] != kNotFirst) members_[kept++] = {names[i], members_[first + source[i]].value};
    }
    members_.resize(kept, Member{});
  }

  const Style style_;
  const std::size_t base_level_;
  Output& out_;

  alignas(std::max_align_t) std::array<std::byte, 8192> buffer_;
  std::pmr::monotonic_buffer_resource pool_{buffer_.data(), buffer_.size()};
  std::pmr::vector<Level> levels_{&pool_};
  std::pmr::vector<Member> members_{&pool_};   // of the objects in levels_, one behind the other
  std::pmr::vector<Member> unsorted_{&pool_};  // scratch
};

template <typename Source, typename Style>
void write_from(typename Source::Ref root, const Style& style, int level, std::string& target) {
  Output out(target);
  TreeWriter<Source, Style>(style, level, out).write(root);
}

// Appends to target; leaves it alone if that fails. level: how deep the value stands already.
template <typename Style>
void write_tree(const Value& value, const Style& style, int level, std::string& target) {
  write_from<TreeSource>(&value, style, level, target);
}

template <typename Style>
void write_tree(const Node& node, const Style& style, int level, std::string& target) {
  if (node.value() != nullptr) {
    write_from<TreeSource>(node.value(), style, level, target);
  } else {
    write_from<TapeSource>(node.element(), style, level, target);
  }
}

}  // namespace quipu::json
