// json/output.h - inside core/json: appending to a std::string through a bare pointer, and text with JSON's escapes.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "json/names.h"
#include "json/python_json.h"

namespace quipu::json {

// Text grows at a cursor that the writing functions hand on, so that it stays in a register; room() may move it. While this
// lives, the string holds scratch bytes behind the cursor; without finish() it gets its old content back.
class Output {
 public:
  explicit Output(std::string& target) : target_(target), first_(target.size()), size_(first_) {}
  ~Output() { target_.resize(size_); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  char* start() { return grow(target_.data() + first_, kStep); }
  // With room for that many bytes at first.
  char* start(std::size_t bytes) {
    target_.resize(first_ + bytes);
    end_ = target_.data() + target_.size();
    return target_.data() + first_;
  }
  void finish(const char* to) { size_ = static_cast<std::size_t>(to - target_.data()); }

  // The same cursor, with room for that many bytes.
  char* room(char* to, std::size_t bytes) {
    return static_cast<std::size_t>(end_ - to) >= bytes ? to : grow(to, bytes);
  }

  char* put(std::string_view text, char* to) {
    to = room(to, text.size());
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
  }
  char* put(char c, char* to) {
    to = room(to, 1);
    *to++ = c;
    return to;
  }
  // Line break and two spaces per level.
  char* put_line(std::size_t level, char* to) {
    to = room(to, 1 + 2 * level);
    *to++ = '\n';
    std::memset(to, ' ', 2 * level);
    return to + 2 * level;
  }

 private:
  static constexpr std::size_t kStep = 512;

  char* grow(const char* to, std::size_t bytes);

  std::string& target_;
  const std::size_t first_;
  std::size_t size_;
  const char* end_ = nullptr;
};

// Room that a text needs besides itself: quotes, the longest escape, and what a block of 16 bytes writes too much.
inline constexpr std::size_t kStringSlack = 2 + 6 + 16;

// The text with quotes and escapes.
template <Readable kReadable>
char* put_string(std::string_view text, Surrogates surrogates, Output& out, char* to);

extern template char* put_string<Readable::kExactly>(std::string_view, Surrogates, Output&, char*);
extern template char* put_string<Readable::kPadded>(std::string_view, Surrogates, Output&, char*);

}  // namespace quipu::json
