// json/exact.h - texts that are in log spelling to the byte, used as they stand: no tree is made and nothing is written anew.
//
// Logs consist of such texts, as every writer of the format spells values in the same way. What these functions do not
// take may be JSON all the same: node.h reads it then.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/blocks.h"

namespace quipu::json {

class ExactObject;

struct ExactMember {
  std::string_view name;   // without quotes; it holds no escapes
  std::string_view value;  // its text
  bool sorted = true;      // the value is in canonical text too
  // The value as an object that was read member by member; nullptr where it was not, be it one or not.
  const ExactObject* object = nullptr;
};

// An object as it was read. Objects of one kind have their names in one order mostly, and so have the objects in them: the
// names are kept, and what stands before a value in the next text is compared with them instead of being read.
class ExactObject {
 public:
  ExactObject();
  ~ExactObject();
  ExactObject(const ExactObject&) = delete;
  ExactObject& operator=(const ExactObject&) = delete;

  // In stored order. Views into the text that was read.
  std::span<const ExactMember> members() const { return {members_.data(), count_}; }
  // The member that stands at this place in canonical text.
  const ExactMember& in_order(std::size_t place) const { return members_[order_[place]]; }

 private:
  friend class ExactReader;

  struct Name {
    std::size_t begin;  // of what stands before the value: in text_
    std::size_t size;
  };

  bool learn();
  ExactObject& within(std::size_t position);

  std::string text_;  // `{"id": `, `, "kind": ` and so on, and a block more
  std::vector<Name> names_;
  std::vector<std::size_t> order_;
  bool ascending_ = true;  // the names
  bool sorted_ = true;     // the text is canonical text too
  std::vector<ExactMember> members_;
  std::size_t count_ = 0;                             // how many of them are in use
  std::vector<std::unique_ptr<ExactObject>> within_;  // the values that are objects, by their position
  unsigned misses_;                                   // how many in a row had other names
};

// Reads one text after another with the same memory. One thread at a time. kPadding bytes (node.h) must be readable behind
// every `end`.
class ExactReader {
 public:
  // Start of a text: forgets whether the one before was ASCII.
  void start() { high_ = 0; }
  bool was_ascii() const { return high_ == 0; }
  // Whether the text, all of which has been read since start, is UTF-8: reading does not look.
  bool is_utf8(std::string_view text) const;

  // The end of the value that begins at `at`, or nullptr unless it is what write(..., kLog, ...) would make of it. sorted is
  // set to false if canonical text differs; it is never set to true.
  const char* read_value(const char* at, const char* end, bool& sorted);
  // The same for an object, whose names differ. object: one read before, which most likely had the same names; it is this
  // one afterwards.
  const char* read_object(const char* at, const char* end, ExactObject& object);
  // The same for a text: the end behind its closing quote. escapes is set to true if there are any.
  const char* read_string(const char* at, const char* end, bool& escapes);

 private:
  struct Level {
    bool is_object;
    bool ascending;
    std::size_t first_name;
  };

  static const char* escape_end(const char* at);
  const char* read_name(const char* at, const char* end);
  void compare_names(Level& level);
  bool close_object(const Level& level, bool& sorted);
  const char* read_members(const char* at, const char* end, ExactObject& object, int depth, bool may_learn);
  const char* read_member_object(const char* at, const char* end, ExactObject& object, int depth, ExactMember& member);

  static constexpr std::size_t kMostLevels = 32;

  unsigned high_ = 0;  // not zero: a byte of the text is not ASCII
  Level levels_[kMostLevels];
  std::vector<std::string_view> names_;  // of the objects that are open
};

// Writes an object that an ExactReader has read in canonical text, which is as long as the object, and answers its end.
// There is room for kPadding bytes more than that.
char* write_canonical(const ExactObject& object, char* to);

// Whether a value in log spelling may be, or hold, an object with members. Any other is the same in canonical text.
inline bool may_hold_members(std::string_view value) {
  return (value.front() == '{' || value.front() == '[') && value.size() > 2 &&
         value.find('{') != std::string_view::npos;
}

// Appends a value, which must be in log spelling, in canonical text.
void append_canonical(std::string_view log_text, std::string& out);
// The same to where `to` points, with room for as many bytes as log_text has, which it fills. Answers the end.
char* write_canonical(std::string_view log_text, char* to);

inline const char* ExactReader::read_string(const char* at, const char* end, bool& escapes) {
  if (*at != '"') return nullptr;
  ++at;
  while (at < end) {
    const BlockBits bits = look(at);
    if (bits.special == 0) {
      high_ |= bits.high;
      at += kBlock;
      continue;
    }
    high_ |= bits.high & ((bits.special & (~bits.special + 1)) - 1);  // of the bytes before the first special one
    at += std::countr_zero(bits.special);
    if (at >= end) break;
    if (*at == '"') return at + 1;
    if (*at != '\\') break;
    escapes = true;
    at = escape_end(at);
    if (at == nullptr) break;
  }
  return nullptr;
}

}  // namespace quipu::json
