// json/python_json.h - the three spellings of Python's json.dumps that the files need (format page wal.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/node.h"
#include "json/value.h"

namespace quipu::json {

enum class Spelling {
  kLog,        // ", " and ": ", members in stored order; U+0085, U+2028, U+2029 raw (see escape_line_separators)
  kCanonical,  // the same with members sorted by code point at every depth
  kSnapshot,   // "," + line break + two spaces per level, ": "; stored order
};

// What a lone surrogate in a string becomes.
enum class Surrogates {
  kEscape,  // the escape it was read from, \ud83d in lower case
  kRefuse,  // Error(kInvalid): it cannot be hashed, or written in an event
};

// Append to out. level: how deep the value stands already (indentation of kSnapshot).
void write(const Value& value, Spelling spelling, Surrogates surrogates, std::string& out, int level = 0);
void write(const Node& node, Spelling spelling, Surrogates surrogates, std::string& out, int level = 0);

void write_string(std::string_view text, Surrogates surrogates, std::string& out);  // with quotes
void write_double(double value, std::string& out);                                  // Python's repr
void write_integer(std::int64_t value, std::string& out);

// Text in kLog spelling to kSnapshot spelling, without parsing: text must be what write(..., kLog, ...) gave.
void log_to_snapshot(std::string_view text, int level, std::string& out);

// Whether it holds U+0085, U+2028 or U+2029, which kLog leaves raw, but which may not stand in a log line so.
bool has_line_separator(std::string_view text);
// Appends a text in kLog spelling with these replaced by \u0085, \u2028, \u2029: what may stand in a log line.
void append_with_line_separators_escaped(std::string_view text, std::string& out);

}  // namespace quipu::json
