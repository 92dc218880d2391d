#include "json/text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace quipu::json {
namespace {

// Offset of the next lone surrogate (ED A0..BF xx) at or after offset, or npos.
std::size_t next_lone_surrogate(std::string_view text, std::size_t offset) {
  while (offset + 2 < text.size()) {
    const void* found = std::memchr(text.data() + offset, 0xED, text.size() - 2 - offset);
    if (found == nullptr) break;
    offset = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    if (static_cast<unsigned char>(text[offset + 1]) >= 0xA0) return offset;
    ++offset;
  }
  return std::string_view::npos;
}

}  // namespace

bool has_lone_surrogate(std::string_view text) { return next_lone_surrogate(text, 0) != std::string_view::npos; }

std::string replace_lone_surrogates(std::string_view text) {
  std::string out(text);
  for (std::size_t at = next_lone_surrogate(out, 0); at != std::string::npos; at = next_lone_surrogate(out, at + 3)) {
    out.replace(at, 3, "\xEF\xBF\xBD");
  }
  return out;
}

bool is_plain_ascii(std::string_view text) {
  // Eight bytes at a time; a byte's highest bit is set in `special` if it, or one below it, is not plain.
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  constexpr std::uint64_t kHighBits = 0x80 * kOnes;
  const auto special = [](std::uint64_t word) {
    const std::uint64_t quote = word ^ ('"' * kOnes);
    const std::uint64_t backslash = word ^ ('\\' * kOnes);
    return (word | (word - 0x20 * kOnes) | (quote - kOnes) | (backslash - kOnes)) & kHighBits;
  };
  const char* at = text.data();
  const char* const end = at + text.size();
  std::uint64_t found = 0;
  for (; end - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    found |= special(word);
  }
  if (at < end) {
    std::uint64_t word = 0x2020202020202020u;
    std::memcpy(&word, at, static_cast<std::size_t>(end - at));
    found |= special(word);
  }
  return found == 0;
}

std::size_t string_end(std::string_view text, std::size_t at) {
  const std::size_t first = at + 1;
  for (std::size_t from = first;;) {
    const void* const quote = std::memchr(text.data() + from, '"', text.size() - from);
    if (quote == nullptr) return text.size();
    const auto end = static_cast<std::size_t>(static_cast<const char*>(quote) - text.data());
    std::size_t backslashes = 0;
    while (end - backslashes > first && text[end - backslashes - 1] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return end + 1;
    from = end + 1;
  }
}

std::size_t nesting_depth(std::string_view json) {
  if (json.empty() || (json.front() != '{' && json.front() != '[')) return 0;
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

}  // namespace quipu::json
