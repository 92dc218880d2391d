#include "json/output.h"

#include <algorithm>
#include <array>
#include <bit>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/error.h"

namespace quipu::json {
namespace {

// Bytes that cannot simply be copied. ED starts U+D000 to U+D7FF as well as the surrogates: a closer look tells.
constexpr std::array<bool, 256> kSpecial = [] {
  std::array<bool, 256> special{};
  for (std::size_t i = 0; i < 0x20; ++i) special[i] = true;
  special['"'] = special['\\'] = special[0xED] = true;
  return special;
}();

constexpr std::size_t kBlock = 16;

#if defined(__SSE2__)
// Copies a block; the bits of the special bytes in it.
inline unsigned copy_block(const char* from, char* to) {
  const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), block);
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1F)), block);
  const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  const __m128i surrogate = _mm_cmpeq_epi8(block, _mm_set1_epi8(static_cast<char>(0xED)));
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(control, quote), _mm_or_si128(backslash, surrogate))));
}
#else
inline unsigned copy_block(const char* from, char* to) {
  unsigned special = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    special |= static_cast<unsigned>(kSpecial[static_cast<unsigned char>(from[i])]) << i;
  }
  std::memcpy(to, from, kBlock);
  return special;
}
#endif

// Copies up to the first special byte or end. There is room for kBlock bytes more than that.
template <Readable kReadable>
inline void copy_run(const char*& from, const char* end, char*& to) {
  while (end - from >= static_cast<std::ptrdiff_t>(kBlock)) {
    const unsigned special = copy_block(from, to);
    if (special != 0) {
      from += std::countr_zero(special);
      to += std::countr_zero(special);
      return;
    }
    from += kBlock;
    to += kBlock;
  }
  if constexpr (kReadable == Readable::kPadded) {
    const auto rest = static_cast<unsigned>(end - from);
    const int copied = std::countr_zero(copy_block(from, to) | 1u << rest);
    from += copied;
    to += copied;
  } else {
    while (from < end && !kSpecial[static_cast<unsigned char>(*from)]) *to++ = *from++;
  }
}

char* put_escape(unsigned code_unit, char* to) {
  static constexpr char kDigits[] = "0123456789abcdef";
  *to++ = '\\';
  *to++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *to++ = kDigits[code_unit >> shift & 0xF];
  return to;
}

// Handles the special byte at from; needs room for six bytes.
void put_special(const char*& from, const char* end, char*& to, Surrogates surrogates) {
  const auto byte = static_cast<unsigned char>(*from);
  char letter = '\0';
  switch (byte) {
    case 0xED: {
      const unsigned second = end - from >= 3 ? static_cast<unsigned char>(from[1]) : 0;
      if (second < 0xA0) {
        *to++ = *from++;
        return;
      }
      if (surrogates == Surrogates::kRefuse) throw Error(Code::kInvalid, "text holds a lone surrogate");
      to = put_escape(0xD000 | (second & 0x3F) << 6 | (static_cast<unsigned char>(from[2]) & 0x3F), to);
      from += 3;
      return;
    }
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
      to = put_escape(byte, to);
      ++from;
      return;
  }
  *to++ = '\\';
  *to++ = letter;
  ++from;
}

}  // namespace

char* Output::grow(const char* to, std::size_t bytes) {
  // Resizing writes zeros: not to the whole capacity, which the owner of the string may have made large.
  const auto at = static_cast<std::size_t>(to - target_.data());
  target_.resize(at + bytes + std::max(kStep, at - first_));
  end_ = target_.data() + target_.size();
  return target_.data() + at;
}

template <Readable kReadable>
char* put_string(std::string_view text, Surrogates surrogates, Output& out, char* to) {
  static_assert(kStringSlack >= 2 + 6 + kBlock);
  const char* from = text.data();
  const char* const end = from + text.size();
  to = out.room(to, text.size() + kStringSlack);
  *to++ = '"';
  for (;;) {
    copy_run<kReadable>(from, end, to);
    if (from == end) break;
    put_special(from, end, to, surrogates);
    to = out.room(to, static_cast<std::size_t>(end - from) + kStringSlack);
  }
  *to++ = '"';
  return to;
}

template char* put_string<Readable::kExactly>(std::string_view, Surrogates, Output&, char*);
template char* put_string<Readable::kPadded>(std::string_view, Surrogates, Output&, char*);

}  // namespace quipu::json
