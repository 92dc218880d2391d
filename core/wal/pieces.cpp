#include "wal/pieces.h"

#include <bit>
#include <cstddef>

#include "base/blocks.h"
#include "base/unicode.h"

namespace quipu::wal {

namespace {

bool is_separator(char c) { return c == '\n' || c == '\r' || c == '\v' || c == '\f' || (c >= '\x1c' && c <= '\x1e'); }

// First separator, or the end. Other control characters are rare.
std::size_t find_separator(std::string_view text) {
  std::size_t i = 0;
  while (i + 4 * kBlock <= text.size() && four_without_control(text.data() + i)) i += 4 * kBlock;
  for (; i + kBlock <= text.size(); i += kBlock) {
    for (unsigned bits = control_characters(text.data() + i); bits != 0; bits &= bits - 1) {
      const std::size_t at = i + static_cast<std::size_t>(std::countr_zero(bits));
      if (is_separator(text[at])) return at;
    }
  }
  while (i < text.size() && !is_separator(text[i])) ++i;
  return i;
}

}  // namespace

bool PieceCutter::next(Piece& piece) {
  if (at_ >= buffer_.size()) return false;
  const std::string_view rest = buffer_.substr(at_);
  const std::size_t length = find_separator(rest);
  piece.begin = at_;
  piece.terminated = length < rest.size();
  piece.end = at_ + length + (piece.terminated ? 1 : 0);
  const bool is_return = piece.terminated && rest[length] == '\r';
  const bool before_line_feed = is_return && length + 1 < rest.size() && rest[length + 1] == '\n';
  piece.line_ends = piece.terminated && (rest[length] == '\n' || (is_return && !before_line_feed)) ? 1 : 0;
  piece.text = strip_white_space(rest.substr(0, length));
  at_ = piece.end;
  return true;
}

}  // namespace quipu::wal
