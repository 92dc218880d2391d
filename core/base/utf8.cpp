#include "base/utf8.h"

#include <simdjson.h>

#include <cstdint>
#include <cstring>

namespace quipu {
namespace {

// Texts that are short are mostly ASCII, and seen to be so in less time than it takes to call simdjson.
constexpr std::size_t kShort = 64;

bool is_short_ascii(std::string_view text) {
  if (text.size() > kShort) return false;
  std::uint64_t bytes = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (; end - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    bytes |= word;
  }
  for (; at < end; ++at) bytes |= static_cast<unsigned char>(*at);
  return (bytes & 0x8080808080808080u) == 0;
}

bool is_continuation(unsigned char byte) { return (byte & 0xC0) == 0x80; }

}  // namespace

std::size_t utf8_sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (text.size() < length) return 0;

  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead == 0xE0) low = 0xA0;   // shortest forms only
  if (lead == 0xED) high = 0x9F;  // no surrogates
  if (lead == 0xF0) low = 0x90;
  if (lead == 0xF4) high = 0x8F;  // nothing above U+10FFFF
  if (at(1) < low || at(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(at(i))) return 0;
  }
  return length;
}

std::size_t first_invalid_utf8(std::string_view text) {
  if (is_short_ascii(text) || simdjson::validate_utf8(text.data(), text.size())) return kAllValid;
  std::size_t offset = 0;
  while (offset < text.size()) {
    const std::size_t length = utf8_sequence_length(text.substr(offset));
    if (length == 0) return offset;
    offset += length;
  }
  return kAllValid;
}

}  // namespace quipu
