// wal/pieces.h - cuts the bytes of a log into pieces, one event each (docs/formats/wal.md, "Lines").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace quipu::wal {

struct Piece {
  std::string_view text;       // without white space at both ends; empty for a blank line
  std::size_t begin = 0;       // where the raw piece begins in the buffer
  std::size_t end = 0;         // behind its terminator
  bool terminated = false;     // false only for the last piece of a buffer
  std::int64_t line_ends = 0;  // how many line ends its terminator counts for (0 or 1)
};

// Cuts at LF, CR, VT, FF and U+001C..U+001E, none of which can stand raw inside JSON. Never at U+0085, U+2028, U+2029.
// Calls may go on with more of the same file: give the next buffer from the end of the last terminated piece on.
class PieceCutter {
 public:
  explicit PieceCutter(std::string_view buffer, std::size_t begin = 0) : buffer_(buffer), at_(begin) {}

  // False when nothing is left.
  bool next(Piece& piece);

 private:
  std::string_view buffer_;
  std::size_t at_;
};

}  // namespace quipu::wal
