// json/parser.h - the grammar of JSON as its two originals read it, strict to the letter. Of repeated names the last value wins
// at the first place. Raw control characters, a byte order mark, integers of more than 4,300 digits and too deep nesting are
// refused.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"
#include "json/value.h"

namespace quipu::json {

// Levels of arrays and objects within each other that reading accepts; the outermost counts as one.
inline constexpr std::size_t kMaxReadDepth = 985;
inline constexpr std::size_t kMaxIntegerDigits = 4300;

enum class Dialect {
  // Python's json.loads (format page wal.md, section "JSON dialect"): NaN, Infinity and -Infinity are numbers, 1e400 is
  // Infinity, lone surrogates are kept (value.h says how), -0 is 0; bad UTF-8 is refused.
  kPython,
  // Go's encoding/json: lone surrogates become U+FFFD, and so does, in strings, each byte that is not UTF-8; -0 is the double
  // -0.0. Numbers beyond a double are refused, as Go does where it reads them at all.
  kGo,
};

// A text that is nested deeper than was asked for, whatever is wrong with it further on.
class TooDeep : public Error {
 public:
  using Error::Error;
};

// Throws Error(kInvalid), TooDeep where that is why, with the byte offset (at_offset) and the reason. Memory: proportional to
// the text; the stack does not grow with the depth beyond what max_depth needs.
Value parse(std::string_view text, std::size_t max_depth = kMaxReadDepth, Dialect dialect = Dialect::kPython);

}  // namespace quipu::json
