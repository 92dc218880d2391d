// base/unicode.h - the few properties of characters that the formats refer to.
#pragma once

#include <cstddef>
#include <string_view>

namespace quipu {

// Without the white space at both ends, as Python's str.strip() has it (Unicode White_Space and U+001C..U+001F).
// text must be UTF-8; bytes that are not are no white space.
std::string_view strip_white_space(std::string_view text);

// The value of a decimal digit of any script (category Nd, Unicode 14), or -1.
int decimal_digit(char32_t character);

// Decodes the character at text[at] and moves at behind it; U+FFFD (and one byte) where it is not UTF-8.
char32_t next_character(std::string_view text, std::size_t& at);

}  // namespace quipu
