// json/exact.h - texts that are in log spelling to the byte, used as they stand: no tree is made and nothing is written anew.
//
// Logs consist of such texts, as every writer of the format spells values in the same way. What these functions do not
// take may be JSON all the same: node.h reads it then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quipu::json {

struct ExactMember {
  std::string_view name;   // without quotes; it holds no escapes
  std::string_view value;  // its text
  bool sorted = true;      // the value is in canonical text too
};

// The order of an object's members in canonical text. Objects of one kind have their names in one order mostly: it is kept.
class MemberOrder {
 public:
  // Takes the names of an object; false if two are equal.
  bool set(std::span<const ExactMember> members);
  std::size_t operator[](std::size_t position) const { return order_[position]; }

 private:
  friend class ExactReader;

  std::vector<std::string> names_;  // in stored order, as in the text: `"id": `
  std::vector<std::size_t> order_;
};

// Reads one text after another with the same memory. One thread at a time. kPadding bytes (node.h) must be readable behind
// every `end`.
class ExactReader {
 public:
  // Start of a text: forgets whether the one before was ASCII.
  void start() { ascii_ = true; }
  bool was_ascii() const { return ascii_; }
  // Whether the text, all of which has been read since start, is UTF-8: reading does not look.
  bool is_utf8(std::string_view text) const;

  // The end of the value that begins at `at`, or nullptr unless it is what write(..., kLog, ...) would make of it. sorted is
  // set to false if canonical text differs; it is never set to true.
  const char* read_value(const char* at, const char* end, bool& sorted);
  // The same for an object, whose members() differ in their names. order: that of an object read before, which most likely
  // had the same names; it is this one's afterwards.
  const char* read_object(const char* at, const char* end, MemberOrder& order);
  // Of the object read last; valid until the next one.
  std::span<const ExactMember> members() const { return {members_.data(), count_}; }
  // The same for a text: the end behind its closing quote. escapes is set to true if there are any.
  const char* read_string(const char* at, const char* end, bool& escapes);

 private:
  struct Level {
    bool is_object;
    bool ascending;
    std::size_t first_name;
  };

  const char* read_name(const char* at, const char* end);
  void compare_names(Level& level);
  bool close_object(const Level& level, bool& sorted);

  static constexpr std::size_t kMostLevels = 32;

  bool ascii_ = true;
  Level levels_[kMostLevels];
  std::vector<std::string_view> names_;  // of the objects that are open
  std::vector<ExactMember> members_;     // the first count_ are in use
  std::size_t count_ = 0;
};

// Writes an object that an ExactReader has read in canonical text, which is as long as the object, and answers its end.
// There is room for kPadding bytes more than that.
char* write_canonical(std::span<const ExactMember> members, const MemberOrder& order, char* to);

// Appends a value, which must be in log spelling, in canonical text.
void append_canonical(std::string_view log_text, std::string& out);
// The same to where `to` points, with room for as many bytes as log_text has, which it fills. Answers the end.
char* write_canonical(std::string_view log_text, char* to);

}  // namespace quipu::json
