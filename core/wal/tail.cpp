#include "wal/tail.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "json/node.h"
#include "wal/pieces.h"

namespace quipu::wal {

namespace {

constexpr std::size_t kChunk = 1 << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Room for bytes. Unlike a string it writes nothing of its own when it grows.
class Buffer {
 public:
  char* data() { return bytes_.get(); }
  // Makes room for `size` bytes; the first `kept` stay.
  void reserve(std::size_t size, std::size_t kept) {
    if (size <= size_) return;
    const std::size_t grown = std::max(size, 2 * kept);
    std::unique_ptr<char[]> bytes(new char[grown]);
    if (kept > 0) std::memcpy(bytes.get(), bytes_.get(), kept);
    bytes_ = std::move(bytes);
    size_ = grown;
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

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
  Position position = from;
  Buffer buffer;
  std::size_t filled = 0;  // bytes in the buffer; its first byte stands at position.offset
  bool at_end = false;
  while (!at_end) {
    const std::uint64_t next = position.offset + filled;
    const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(limit > next ? limit - next : 0, kChunk));
    buffer.reserve(filled + want + json::kPadding, filled);
    const std::size_t got = want == 0 ? 0 : file.read_at(next, {buffer.data() + filled, want});
    filled += got;
    std::memset(buffer.data() + filled, 0,
                json::kPadding);  // what is read there does not count, but is not left to chance
    at_end = got < want || next + got >= limit;

    const std::string_view bytes(buffer.data(), filled);
    std::size_t used = 0;
    if (position.offset == 0 && bytes.starts_with(kByteOrderMark)) used = kByteOrderMark.size();
    const std::size_t skipped = used;
    PieceCutter cutter(bytes, used);
    Piece piece;
    std::int64_t line = position.line;
    bool after_line_end = position.after_line_end;
    while (cutter.next(piece)) {
      // A CR at the very end of what was read may be the first half of a CRLF.
      const bool whole = piece.terminated && (piece.end < filled || at_end || bytes[piece.end - 1] != '\r');
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
    if (used == skipped && !at_end) used = 0;  // nothing whole yet: keep the mark in the buffer
    filled -= used;
    std::memmove(buffer.data(), buffer.data() + used, filled);
    position.offset += used;
    position.line = line;
    position.after_line_end = after_line_end;
  }
  return position;
}

}  // namespace quipu::wal
