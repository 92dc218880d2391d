// base/unicode.h - the few properties of characters that the formats refer to.
//
// Where a text is not UTF-8, each byte that is not part of a character counts as U+FFFD.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quipu {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

// Unicode's White_Space (which U+001C..U+001F do not have).
bool is_white_space(char32_t character);

// Without the white space at both ends, as Go's strings.TrimSpace has it.
std::string_view trim_white_space(std::string_view text);

// The same as Python's str.strip() has it: White_Space and U+001C..U+001F.
std::string_view strip_white_space(std::string_view text);

// With each run of white space, be it a single character, replaced by `by`; at the ends too.
std::string collapse_white_space(std::string_view text, std::string_view by);

// One character to one, whatever stands around it (Unicode 15): U+0130 to i, U+1E9E to U+00DF.
char32_t lower_case(char32_t character);

// Each character in lower case, as Go's strings.ToLower has it. What is not UTF-8 becomes U+FFFD if need be, one per byte: the
// result is UTF-8.
std::string lower_case(std::string_view text);

// The value of a decimal digit of any script (category Nd, Unicode 14), or -1.
int decimal_digit(char32_t character);

// Decodes the character at text[at] and moves at behind it; U+FFFD (and one byte) where it is not UTF-8.
char32_t next_character(std::string_view text, std::size_t& at);

// Appends the text with each byte that is not UTF-8 replaced by U+FFFD.
void append_as_utf8(std::string_view text, std::string& out);

// Appends the UTF-8 of a code point. A surrogate gets the three bytes that the scheme would give it.
void append_utf8(char32_t code_point, std::string& out);

}  // namespace quipu
