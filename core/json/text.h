// json/text.h - questions about text that JSON's strings raise.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quipu::json {

// True if a string of a Value or Node holds a lone surrogate (value.h says how).
bool has_lone_surrogate(std::string_view text);

// The same text with each lone surrogate replaced by U+FFFD: valid UTF-8.
std::string replace_lone_surrogates(std::string_view text);

// True if every character is ASCII and stands for itself in a JSON string: between quotes the text is its own spelling.
bool is_plain_ascii(std::string_view text);

// End of the string that starts at json[at], behind its closing quote; the end of the text if there is none.
std::size_t string_end(std::string_view json, std::size_t at);

// Levels of arrays and objects within each other in a JSON text that parses; 0 for any other value.
std::size_t nesting_depth(std::string_view json);

}  // namespace quipu::json
