#include "json/output.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "json/escapes.h"

namespace quipu::json {
namespace {

// ED starts U+D000 to U+D7FF as well as the surrogates: a closer look tells.
struct LogStops {
  static constexpr std::array<bool, 256> kBytes = [] {
    std::array<bool, 256> stops = always_special();
    stops[0xED] = true;
    return stops;
  }();
#if defined(__SSE2__)
  static __m128i block(__m128i block) {
    const __m128i quote = _mm_cmpeq_epi8(block, _mm_set1_epi8('"'));
    const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
    const __m128i surrogate = _mm_cmpeq_epi8(block, _mm_set1_epi8(static_cast<char>(0xED)));
    return _mm_or_si128(_mm_or_si128(sse2::control(block), quote), _mm_or_si128(backslash, surrogate));
  }
#endif
};

// Handles the byte at from that stopped a run; needs room for six bytes.
void put_special(const char*& from, const char* end, char*& to, Surrogates surrogates) {
  const auto byte = static_cast<unsigned char>(*from);
  if (byte != 0xED) {
    to = put_byte_escape(byte, to);
    ++from;
    return;
  }
  const unsigned second = end - from >= 3 ? static_cast<unsigned char>(from[1]) : 0;
  if (second < 0xA0) {
    *to++ = *from++;
    return;
  }
  if (surrogates == Surrogates::kRefuse) throw Error(Code::kInvalid, "text holds a lone surrogate");
  to = put_escape(0xD000 | (second & 0x3F) << 6 | (static_cast<unsigned char>(from[2]) & 0x3F), to);
  from += 3;
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
    copy_run<LogStops, kReadable>(from, end, to);
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
