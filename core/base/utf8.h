// base/utf8.h - UTF-8 as RFC 3629 has it: no surrogates, nothing above U+10FFFF, shortest forms only.
#pragma once

#include <cstddef>
#include <string_view>

namespace quipu {

inline constexpr std::size_t kAllValid = static_cast<std::size_t>(-1);

// Length of the character at the start of a text that is not empty, or 0 if it does not start with one.
std::size_t utf8_sequence_length(std::string_view text);

// Offset of the first byte that is not valid UTF-8, or kAllValid.
std::size_t first_invalid_utf8(std::string_view text);

inline bool is_valid_utf8(std::string_view text) { return first_invalid_utf8(text) == kAllValid; }

}  // namespace quipu
