// base/blocks.h - sixteen bytes at once, looked at or copied: with SSE2, which every x86-64 has, and in plain C++ elsewhere.
//
// All but copy_short read whole blocks: what stands behind the bytes that are asked about must be readable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace quipu {

inline constexpr std::size_t kBlock = 16;

// Each bit stands for a byte, the lowest for the first one.
struct BlockBits {
  unsigned special;  // ends a run of plain characters in JSON: a quote, a backslash, a control character
  unsigned high;     // is not ASCII
};

// What the functions below do where there is nothing faster.
namespace plain {

inline BlockBits look(const char* at) {
  BlockBits bits{0, 0};
  for (std::size_t i = 0; i < kBlock; ++i) {
    const auto byte = static_cast<unsigned char>(at[i]);
    bits.special |= static_cast<unsigned>(byte < 0x20 || byte == '"' || byte == '\\') << i;
    bits.high |= static_cast<unsigned>(byte >= 0x80) << i;
  }
  return bits;
}

inline unsigned control_characters(const char* at) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < kBlock; ++i) bits |= static_cast<unsigned>(static_cast<unsigned char>(at[i]) < 0x20) << i;
  return bits;
}

inline bool four_without_control(const char* at) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < 4; ++i) bits |= control_characters(at + i * kBlock);
  return bits == 0;
}

inline bool block_equal(const char* a, const char* b, std::size_t size) { return std::memcmp(a, b, size) == 0; }

inline void spell_hex(const std::uint8_t* from, char* to) {
  for (std::size_t i = 0; i < kBlock; ++i) {
    to[2 * i] = "0123456789abcdef"[from[i] >> 4];
    to[2 * i + 1] = "0123456789abcdef"[from[i] & 0x0F];
  }
}

}  // namespace plain

#if defined(__SSE2__)

namespace sse2 {

inline __m128i load(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
inline __m128i control(__m128i block) { return _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block); }
inline unsigned bits(__m128i block) { return static_cast<unsigned>(_mm_movemask_epi8(block)); }

}  // namespace sse2

inline BlockBits look(const char* at) {
  const __m128i block = sse2::load(at);
  const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  return {sse2::bits(_mm_or_si128(sse2::control(block), _mm_or_si128(quote, backslash))), sse2::bits(block)};
}

inline unsigned control_characters(const char* at) { return sse2::bits(sse2::control(sse2::load(at))); }

// Whether there is no control character in four blocks.
inline bool four_without_control(const char* at) {
  const __m128i first = _mm_min_epu8(sse2::load(at), sse2::load(at + kBlock));
  const __m128i second = _mm_min_epu8(sse2::load(at + 2 * kBlock), sse2::load(at + 3 * kBlock));
  return sse2::bits(sse2::control(_mm_min_epu8(first, second))) == 0;
}

// Whether the first `size` bytes of two blocks are the same; at most kBlock.
inline bool block_equal(const char* a, const char* b, std::size_t size) {
  const unsigned same = sse2::bits(_mm_cmpeq_epi8(sse2::load(a), sse2::load(b)));
  return (~same & ((1u << size) - 1)) == 0;
}

// Spells a block of bytes as twice as many lower-case digits.
inline void spell_hex(const std::uint8_t* from, char* to) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  const __m128i low_half = _mm_set1_epi8(0x0F);
  const auto digits = [](__m128i values) {
    const __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(values, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));
    return _mm_add_epi8(_mm_add_epi8(values, _mm_set1_epi8('0')), letter);
  };
  const __m128i high = digits(_mm_and_si128(_mm_srli_epi16(bytes, 4), low_half));
  const __m128i low = digits(_mm_and_si128(bytes, low_half));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_unpacklo_epi8(high, low));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to + kBlock), _mm_unpackhi_epi8(high, low));
}

#else

using plain::block_equal;
using plain::control_characters;
using plain::four_without_control;
using plain::look;
using plain::spell_hex;

#endif

// The same for any number of bytes.
inline bool blocks_equal(const char* a, const char* b, std::size_t size) {
  for (; size > kBlock; size -= kBlock, a += kBlock, b += kBlock) {
    if (!block_equal(a, b, kBlock)) return false;
  }
  return block_equal(a, b, size);
}

// Copies `size` bytes and touches no others; quicker than memcpy where they are few. Answers the end of the copy.
inline char* copy_short(const char* from, std::size_t size, char* to) {
  constexpr std::size_t kHalf = kBlock / 2;
  constexpr std::size_t kMost = 16 * kBlock;
  if (size > kMost || size < kHalf) {
    std::memcpy(to, from, size);
  } else if (size < kBlock) {
    std::memcpy(to, from, kHalf);
    std::memcpy(to + size - kHalf, from + size - kHalf, kHalf);
  } else {
    for (std::size_t at = 0; at < size - kBlock; at += kBlock) std::memcpy(to + at, from + at, kBlock);
    std::memcpy(to + size - kBlock, from + size - kBlock, kBlock);
  }
  return to + size;
}

// Copies `size` bytes in blocks, two at least: up to 2 * kBlock more are read and written. Answers the end of the copy.
inline char* copy_blocks(const char* from, std::size_t size, char* to) {
  std::memcpy(to, from, 2 * kBlock);
  for (std::size_t at = 2 * kBlock; at < size; at += kBlock) std::memcpy(to + at, from + at, kBlock);
  return to + size;
}

}  // namespace quipu
