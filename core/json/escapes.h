// json/escapes.h - inside core/json: what all spellings of strings share. Runs of bytes that stand for themselves are copied
// sixteen at a time; what stops a run differs.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include "base/blocks.h"
#include "json/names.h"

namespace quipu::json {

// Bytes that no spelling leaves as they are.
constexpr std::array<bool, 256> always_special() {
  std::array<bool, 256> special{};
  for (std::size_t i = 0; i < 0x20; ++i) special[i] = true;
  special['"'] = special['\\'] = true;
  return special;
}

// Copies a block; the bits of the bytes in it that stop a run. Stops has kBytes, which says of each byte whether it does, and
// where there is SSE2 also block(), which says it of sixteen at once.
template <typename Stops>
inline unsigned copy_block(const char* from, char* to) {
#if defined(__SSE2__)
  const __m128i block = sse2::load(from);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
  return sse2::bits(Stops::block(block));
#else
  unsigned stops = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    stops |= static_cast<unsigned>(Stops::kBytes[static_cast<unsigned char>(from[i])]) << i;
  }
  std::memcpy(to, from, kBlock);
  return stops;
#endif
}

// Copies up to the first byte that stops, or the end. There is room for kBlock bytes more than that.
template <typename Stops, Readable kReadable>
inline void copy_run(const char*& from, const char* end, char*& to) {
  while (end - from >= static_cast<std::ptrdiff_t>(kBlock)) {
    const unsigned stops = copy_block<Stops>(from, to);
    if (stops != 0) {
      from += std::countr_zero(stops);
      to += std::countr_zero(stops);
      return;
    }
    from += kBlock;
    to += kBlock;
  }
  if constexpr (kReadable == Readable::kPadded) {
    const auto rest = static_cast<unsigned>(end - from);
    const int copied = std::countr_zero(copy_block<Stops>(from, to) | 1u << rest);
    from += copied;
    to += copied;
  } else {
    while (from < end && !Stops::kBytes[static_cast<unsigned char>(*from)]) *to++ = *from++;
  }
}

// \uXXXX
inline char* put_escape(unsigned code_unit, char* to) {
  static constexpr char kDigits[] = "0123456789abcdef";
  *to++ = '\\';
  *to++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *to++ = kDigits[code_unit >> shift & 0xF];
  return to;
}

// A quote, a backslash or a control character: in two characters if there is such an escape.
inline char* put_byte_escape(unsigned char byte, char* to) {
  char letter = '\0';
  switch (byte) {
    case '"':
      letter = '"';
      break;
    case '\\':
      letter = '\\';
      break;
    case '\n':
      letter = 'n';
      break;
    case '\r':
      letter = 'r';
      break;
    case '\t':
      letter = 't';
      break;
    case '\b':
      letter = 'b';
      break;
    case '\f':
      letter = 'f';
      break;
    default:
      return put_escape(byte, to);
  }
  *to++ = '\\';
  *to++ = letter;
  return to;
}

}  // namespace quipu::json
