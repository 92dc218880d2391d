// support/plain_go_json.h - a second opinion on how Go spells text: one character at a time, without anything of core/json.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace quipu::test {

// Any bytes.
inline std::string go_string_json(std::string_view text) {
  constexpr std::string_view kNamed = "\"\\\n\r\t\b\f";
  constexpr std::string_view kNames = "\"\\nrtbf";
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_sequence_length(text);
    const std::string_view character = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(character.size());
    const char c = character[0];
    if (length == 0) {
      out += "\\ufffd";
    } else if (character == "\xE2\x80\xA8" || character == "\xE2\x80\xA9") {
      out += character.back() == '\xA8' ? "\\u2028" : "\\u2029";
    } else if (kNamed.find(c) != std::string_view::npos) {
      out += '\\';
      out += kNames[kNamed.find(c)];
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '<' || c == '>' || c == '&') {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape;
    } else {
      out += character;
    }
  }
  return out + '"';
}

}  // namespace quipu::test
