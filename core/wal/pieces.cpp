#include "wal/pieces.h"

#include <cstring>

#include "base/unicode.h"

namespace quipu::wal {

namespace {

bool is_separator(char c) { return c == '\n' || c == '\r' || c == '\v' || c == '\f' || (c >= '\x1c' && c <= '\x1e'); }

// First separator other than LF, or the end. Control characters are rare, so eight bytes are looked at at once.
std::size_t find_other_separator(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    // Sets the top bit of a byte below 0x20; bytes from 0x80 on are masked out.
    if (((word - 0x2020202020202020u) & ~word & 0x8080808080808080u) == 0) continue;
    for (std::size_t k = i; k < i + 8; ++k) {
      if (is_separator(text[k])) return k;
    }
  }
  for (; i < text.size(); ++i) {
    if (is_separator(text[i])) return i;
  }
  return text.size();
}

}  // namespace

bool PieceCutter::next(Piece& piece) {
  if (at_ >= buffer_.size()) return false;
  const std::string_view rest = buffer_.substr(at_);
  const void* found = std::memchr(rest.data(), '\n', rest.size());
  const std::size_t line_feed =
      found == nullptr ? rest.size() : static_cast<std::size_t>(static_cast<const char*>(found) - rest.data());
  const std::size_t length = find_other_separator(rest.substr(0, line_feed));
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

bool has_raw_line_separator(std::string_view piece) {
  for (std::size_t at = piece.find('\xC2'); at != std::string_view::npos; at = piece.find('\xC2', at + 1)) {
    if (at + 1 < piece.size() && piece[at + 1] == '\x85') return true;
  }
  for (std::size_t at = piece.find("\xE2\x80"); at != std::string_view::npos; at = piece.find("\xE2\x80", at + 1)) {
    if (at + 2 < piece.size() && (piece[at + 2] == '\xA8' || piece[at + 2] == '\xA9')) return true;
  }
  return false;
}

}  // namespace quipu::wal
