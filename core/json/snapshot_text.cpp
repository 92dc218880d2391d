#include "json/snapshot_text.h"

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/blocks.h"
#include "json/node.h"

namespace quipu::json {
namespace {

// Behind the blanks and line feeds at `at`.
inline const char* behind_blanks(const char* at, const char* end) {
  if constexpr (std::endian::native == std::endian::little) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    word ^= 0x2020202020202020u;
    if (word != 0) {
      at += std::countr_zero(word) / 8;
      if (*at != '\n') return at;
    } else {
      at += 8;
    }
  }
  while (at < end && (*at == ' ' || *at == '\n')) ++at;
  return at;
}

}  // namespace

SnapshotText::Found SnapshotText::read(std::string_view text) {
  // The value gets no longer. It is mostly far shorter than the text, but a text is not met more than once or twice.
  if (capacity_ < text.size() + 2 * kPadding) {
    capacity_ = text.size() + 2 * kPadding;
    out_.reset(new char[capacity_]);
  }
  const char* at = text.data();
  const char* const end = at + text.size();
  char* to = out_.get();
  std::size_t depth = 0;
  while (at < end) {
    const char c = *at;
    if (c == '"') {
      *to++ = *at++;
      for (;;) {
        if (at >= end) return Found::kCut;
        const BlockBits bits = look(at);
        std::memcpy(to, at, kBlock);
        if (bits.special == 0) {
          at += kBlock;
          to += kBlock;
          continue;
        }
        const int plain = std::countr_zero(bits.special);
        at += plain;
        to += plain;
        if (at >= end) return Found::kCut;
        if (*at == '"') break;
        // What is escaped by a backslash does not end the string; control characters are found later.
        *to++ = *at;
        if (*at++ == '\\') *to++ = *at++;
      }
      *to++ = *at++;
    } else if (c == '\n') {
      const char before = to == out_.get() ? '\0' : to[-1];
      at = behind_blanks(at + 1, end);
      if (at >= end) return Found::kCut;
      if (before == ',') {
        *to++ = ' ';
      } else if (before != '{' && before != '[' && *at != '}' && *at != ']') {
        return Found::kOther;
      }
      continue;
    } else {
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') {
        if (depth == 0) return Found::kOther;
        --depth;
      }
      *to++ = *at++;
    }
    if (depth == 0) {
      if (c != '}' && c != ']') return Found::kOther;  // only containers are asked for
      size_ = static_cast<std::size_t>(at - text.data());
      out_size_ = static_cast<std::size_t>(to - out_.get());
      std::memset(to, 0, kPadding);
      return Found::kValue;
    }
  }
  return Found::kCut;
}

}  // namespace quipu::json
