#include "wal/tail.h"

#include "json/node.h"
#include "wal/pieces.h"

namespace quipu::wal {

namespace {

static_assert(os::SlidingReader::kPadding >= json::kPadding);

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// A power cut may leave zeros behind a whole event: they are no part of it.
void end_at_zeros(std::string_view buffer, Piece& piece) {
  const std::size_t zeros = piece.text.find('\0');
  if (zeros == std::string_view::npos || zeros == 0) return;
  piece.text = piece.text.substr(0, zeros);
  piece.end = static_cast<std::size_t>(piece.text.data() - buffer.data()) + zeros;
}

}  // namespace

Position read_pieces(os::File& file, const Position& from, std::uint64_t limit,
                     const std::function<bool(const TailPiece&)>& fn) {
  os::SlidingReader reader(file, from.offset, limit);
  return read_pieces(reader, from, limit, fn);
}

Position read_pieces(os::SlidingReader& reader, const Position& from, std::uint64_t limit,
                     const std::function<bool(const TailPiece&)>& fn) {
  Position position = from;
  reader.restart(from.offset, limit);
  bool at_end = false;
  while (!at_end) {
    at_end = !reader.read_more();
    const std::string_view bytes = reader.window();
    std::size_t used = 0;
    if (position.offset == 0 && bytes.starts_with(kByteOrderMark)) used = kByteOrderMark.size();
    const std::size_t skipped = used;
    PieceCutter cutter(bytes, used);
    Piece piece;
    std::int64_t line = position.line;
    bool after_line_end = position.after_line_end;
    while (cutter.next(piece)) {
      // A CR at the very end of what was read may be the first half of a CRLF.
      const bool whole = piece.terminated && (piece.end < bytes.size() || at_end || bytes[piece.end - 1] != '\r');
      if (!whole && !at_end) break;
      if (!piece.terminated) end_at_zeros(bytes, piece);
      if (!piece.text.empty()) {
        const TailPiece tail{piece.text, position.offset + piece.begin, position.offset + piece.end, line + 1,
                             piece.terminated};
        if (!fn(tail)) break;
      }
      used = piece.end;
      line += piece.line_ends;
      after_line_end = piece.terminated;
    }
    if (used == skipped && !at_end) used = 0;  // nothing whole yet: keep the mark in the window
    reader.use(used);
    position.offset += used;
    position.line = line;
    position.after_line_end = after_line_end;
  }
  return position;
}

}  // namespace quipu::wal
