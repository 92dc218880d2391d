#include "base/unicode.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace quipu {

namespace {

// The digit zero of each run of ten digits (category Nd, Unicode 14).
constexpr auto kZeros = std::to_array<std::uint32_t>({
    0x0030,  0x0660,  0x06F0,  0x07C0,  0x0966,  0x09E6,  0x0A66,  0x0AE6,  0x0B66,  0x0BE6,  0x0C66,
    0x0CE6,  0x0D66,  0x0DE6,  0x0E50,  0x0ED0,  0x0F20,  0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,
    0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,
    0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60,
    0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
});

constexpr char32_t kReplacement = 0xFFFD;

bool is_white_space(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

}  // namespace

char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC2 || first > 0xF4) return kReplacement;
  char32_t character = first & (0x3F >> more);
  std::size_t i = at;
  for (int k = 0; k < more; ++k, ++i) {
    if (i >= text.size() || (byte(i) & 0xC0) != 0x80) return kReplacement;
    character = (character << 6) | (byte(i) & 0x3F);
  }
  at = i;
  return character;
}

std::string_view strip_white_space(std::string_view text) {
  while (!text.empty()) {
    std::size_t at = 0;
    if (!is_white_space(next_character(text, at))) break;
    text.remove_prefix(at);
  }
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;
    while (begin > 0 && text.size() - begin < 3 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    std::size_t at = begin;
    if (!is_white_space(next_character(text, at)) || at != text.size()) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

int decimal_digit(char32_t character) {
  const auto* after = std::upper_bound(kZeros.begin(), kZeros.end(), static_cast<std::uint32_t>(character));
  if (after == kZeros.begin()) return -1;
  const std::uint32_t zero = *(after - 1);
  return character - zero < 10 ? static_cast<int>(character - zero) : -1;
}

}  // namespace quipu
