// json/parser.h - the grammar of Python's json.loads (format page wal.md, section "JSON dialect"), strict to the letter:
// NaN, Infinity and -Infinity are numbers; of repeated names the last value wins at the first place; raw control
// characters, a byte order mark, bad UTF-8, integers of more than 4,300 digits and too deep nesting are refused.
#pragma once

#include <cstddef>
#include <string_view>

#include "json/value.h"

namespace quipu::json {

// Levels of arrays and objects within each other that reading accepts; the outermost counts as one.
inline constexpr std::size_t kMaxReadDepth = 985;
inline constexpr std::size_t kMaxIntegerDigits = 4300;

// Throws Error(kInvalid) with the byte offset (at_offset) and the reason. Memory: proportional to the text; the stack
// does not grow with the depth beyond what kMaxReadDepth needs.
Value parse(std::string_view text, std::size_t max_depth = kMaxReadDepth);

}  // namespace quipu::json
