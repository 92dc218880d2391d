// json/go_json.h - the spellings of Go's encoding/json that chunks and manifests need: no spaces, <, > and & escaped. Reading in
// that dialect: Dialect::kGo in parser.h and node.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "json/node.h"
#include "json/value.h"

namespace quipu::json {

enum class GoSpelling {
  kCompact,    // members in stored order
  kIndented,   // the same with a line for each member and element, two spaces per level and ": " (json.MarshalIndent)
  kCanonical,  // compact, members sorted by the bytes of their names at every depth, every number as a double
};

// Append to out; on an error out is as it was. Doubles are spelled in their shortest form: an integral one has no point.
// Error(kInvalid) for what JSON cannot spell (NaN, infinities) and, in kCanonical, for integers beyond a double.
void write_go(const Value& value, GoSpelling spelling, std::string& out);
void write_go(const Node& node, GoSpelling spelling, std::string& out);

// Appends a text with quotes and escapes, as Go 1.22 and later spell it. Any bytes will do: each one that is not part of UTF-8
// (lone surrogates are not) is spelled \ufffd, so what is appended is UTF-8.
void append_go_string(std::string_view text, std::string& out);

// Appends what append_go_string makes of a text, from the JSON string that log spelling makes of it.
void append_go_of_log(std::string_view json, std::string& out);

// Whether Go, which looks for a member without regard to case, takes `name` for the member `known`, a name in ASCII. Besides the
// letters of ASCII two others fold onto them: U+212A onto k, U+017F onto s.
bool go_names_equal(std::string_view name, std::string_view known);

}  // namespace quipu::json
