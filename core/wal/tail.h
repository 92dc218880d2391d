// wal/tail.h - reads a log from some offset on, piece by piece, without holding more of it than a buffer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "os/file_system.h"
#include "os/sliding_reader.h"

namespace quipu::wal {

// A place between two pieces of a log.
struct Position {
  std::uint64_t offset = 0;
  std::int64_t line = 0;       // line ends before it
  bool after_line_end = true;  // false when the piece before it had no terminator
};

struct TailPiece {
  std::string_view text;     // stripped; followed by readable bytes as json::Document::parse_padded wants them
  std::uint64_t offset = 0;  // of its first raw byte
  std::uint64_t end = 0;     // behind its terminator
  std::int64_t line = 0;     // counted from 1
  bool terminated = true;
};

// Calls fn for each piece that is not blank, from `from` up to the byte `limit`, in order. fn answers whether it takes the
// piece; for a terminated piece it must. Only the last piece can be unterminated; if fn does not take it, the position
// returned stands before it. Such a piece ends before the first NUL in it, and the position before that: no text holds a
// NUL, but a power cut may leave zeros behind a whole event. A byte order mark at offset 0 is left out. If fn throws,
// nothing is lost: start again.
Position read_pieces(os::File& file, const Position& from, std::uint64_t limit,
                     const std::function<bool(const TailPiece&)>& fn);
// The same with a reader of the file, which is started again: for many parts of one file, with memory for one.
Position read_pieces(os::SlidingReader& reader, const Position& from, std::uint64_t limit,
                     const std::function<bool(const TailPiece&)>& fn);

}  // namespace quipu::wal
