#include "http/server_text.h"

#include "base/unicode.h"

namespace quipu::http {

namespace {

constexpr std::string_view kMore = "...";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Controls, and the characters that break a line or turn the direction of what is shown.
bool is_blank(char32_t c) {
  return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0x061C || (c >= 0x200E && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

}  // namespace

std::string server_text(std::string_view text) {
  std::string made;
  bool blank = false;
  std::size_t fits = 0;  // the length up to which there is room for what says that there was more
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t character = next_character(text, at);
    if (is_blank(character)) {
      blank = !made.empty();
      continue;
    }
    std::string piece = blank ? " " : "";
    piece += character == 0xFFFD ? kReplacement : text.substr(start, at - start);
    blank = false;
    if (made.size() + piece.size() > kMaxServerText) return made.substr(0, fits).append(kMore);
    made += piece;
    if (made.size() + kMore.size() <= kMaxServerText) fits = made.size();
  }
  return made;
}

}  // namespace quipu::http
