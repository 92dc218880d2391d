// sync/go_quote.h - inside core/sync: names in messages as the reference quotes them.
#pragma once

#include <string>
#include <string_view>

namespace quipu::sync {

inline std::string quoted_as_go(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace quipu::sync
