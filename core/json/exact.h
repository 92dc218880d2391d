// json/exact.h - texts that are in log spelling to the byte, used as they stand: no tree is made and nothing is written anew.
//
// Logs consist of such texts, as every writer of the format spells values in the same way. What these functions do not
// take may be JSON all the same: node.h reads it then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
  // False if two names are equal.
  bool set(const std::vector<ExactMember>& members);
  std::size_t operator[](std::size_t position) const { return order_[position]; }

 private:
  friend class ExactReader;
  bool is_known(const std::vector<ExactMember>& members) const;

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
  // The same for an object, with its members. known: the names of an object read before, of which this one most likely has
  // the same ones; whatever it holds, the result is the same. That the names differ is for the caller to see to.
  const char* read_object(const char* at, const char* end, const MemberOrder& known, std::vector<ExactMember>& members);
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
};

// From snapshot spelling to log spelling, without parsing: the line breaks and indents between tokens go. Whether the result
// is right is for an ExactReader to say.
class SnapshotText {
 public:
  enum class Found { kValue, kCut, kOther };

  // Takes the value that stands at the beginning of `text`. kCut: it does not end within the text. kOther: it is laid out in
  // another way. kPadding bytes must be readable behind the text.
  Found read(std::string_view text);

  std::size_t size() const { return size_; }  // of the value in the text
  // In log spelling; kPadding readable bytes stand behind it. Valid until the next read.
  std::string_view log_text() const { return {out_.get(), out_size_}; }

 private:
  std::unique_ptr<char[]> out_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::size_t out_size_ = 0;
};

// Appends an object in canonical text.
void append_canonical(const std::vector<ExactMember>& members, const MemberOrder& order, std::string& out);

// Appends a value, which must be in log spelling, in canonical text.
void append_canonical(std::string_view log_text, std::string& out);

}  // namespace quipu::json
