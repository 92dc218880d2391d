#include "base/unicode.h"

#include <algorithm>
#include <cstdint>

#include "base/unicode_tables.h"
#include "base/utf8.h"

namespace quipu {

namespace {

bool is_white_space_in_python(char32_t c) { return (c >= 0x1C && c <= 0x1F) || is_white_space(c); }

// The range of a table that the character is in, or nullptr.
template <typename Table>
auto find_range(const Table& table, char32_t character) -> decltype(table.data()) {
  const auto before = [](char32_t c, const auto& range) { return c < range.first; };
  const auto after = std::upper_bound(table.begin(), table.end(), character, before);
  if (after == table.begin() || character > (after - 1)->last) return nullptr;
  return &*(after - 1);
}

template <typename IsSpace>
std::string_view without_ends(std::string_view text, IsSpace is_space) {
  while (!text.empty()) {
    std::size_t at = 0;
    if (!is_space(next_character(text, at))) break;
    text.remove_prefix(at);
  }
  while (!text.empty()) {
    std::size_t begin = text.size() - 1;  // no white space has more than three bytes
    while (begin > 0 && text.size() - begin < 3 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
    std::size_t at = begin;
    if (!is_space(next_character(text, at)) || at != text.size()) break;
    text.remove_suffix(text.size() - begin);
  }
  return text;
}

}  // namespace

char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) {
    ++at;
    return first;
  }
  const std::size_t length = utf8_sequence_length(text.substr(at));
  if (length == 0) {
    ++at;
    return kReplacementCharacter;
  }
  char32_t character = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) character = (character << 6) | (byte(at + i) & 0x3F);
  at += length;
  return character;
}

void append_utf8(char32_t code_point, std::string& out) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (code_point < 0x80) {
    put(code_point);
    return;
  }
  if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
  } else {
    if (code_point < 0x10000) {
      put(0xE0 | code_point >> 12);
    } else {
      put(0xF0 | code_point >> 18);
      put(0x80 | (code_point >> 12 & 0x3F));
    }
    put(0x80 | (code_point >> 6 & 0x3F));
  }
  put(0x80 | (code_point & 0x3F));
}

void append_as_utf8(std::string_view text, std::string& out) {
  while (!text.empty()) {
    const std::size_t bad = std::min(first_invalid_utf8(text), text.size());
    out.append(text, 0, bad);
    text.remove_prefix(bad);
    for (; !text.empty() && utf8_sequence_length(text) == 0; text.remove_prefix(1)) {
      append_utf8(kReplacementCharacter, out);
    }
  }
}

bool is_white_space(char32_t character) {
  if (character < 0x80) return character == ' ' || (character >= '\t' && character <= '\r');
  return find_range(kWhiteSpace, character) != nullptr;
}

std::string_view trim_white_space(std::string_view text) { return without_ends(text, is_white_space); }

std::string_view strip_white_space(std::string_view text) { return without_ends(text, is_white_space_in_python); }

std::string collapse_white_space(std::string_view text, std::string_view by) {
  std::string out;
  out.reserve(text.size());
  bool in_run = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const bool is_space = is_white_space(next_character(text, at));
    if (!is_space) out.append(text, begin, at - begin);
    if (is_space && !in_run) out.append(by);
    in_run = is_space;
  }
  return out;
}

char32_t lower_case(char32_t character) {
  if (character < 0x80) return character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character;
  const LowerCaseRange* const range = find_range(kLowerCase, character);
  if (range == nullptr || (character - range->first) % range->step != 0) return character;
  return static_cast<char32_t>(static_cast<std::int64_t>(character) + range->distance);
}

std::string lower_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      out.push_back(static_cast<char>(lower_case(static_cast<char32_t>(text[at++]))));
    } else {
      append_utf8(lower_case(next_character(text, at)), out);
    }
  }
  return out;
}

int decimal_digit(char32_t character) {
  const auto* after = std::upper_bound(kDigitZeros.begin(), kDigitZeros.end(), static_cast<std::uint32_t>(character));
  if (after == kDigitZeros.begin()) return -1;
  const std::uint32_t zero = *(after - 1);
  return character - zero < 10 ? static_cast<int>(character - zero) : -1;
}

}  // namespace quipu
