// The two transformations of texts that are in log spelling already: no parsing, no tree.
#include <cstddef>
#include <cstring>

#include "json/output.h"
#include "json/python_json.h"
#include "json/text.h"

namespace quipu::json {

void log_to_snapshot(std::string_view text, int level, std::string& target) {
  Output out(target);
  char* to = out.start();
  auto depth = static_cast<std::size_t>(level);
  std::size_t copied = 0;  // up to here the text has been dealt with
  const auto copy_to = [&](std::size_t end) {
    to = out.put(text.substr(copied, end - copied), to);
    copied = end;
  };
  for (std::size_t at = 0; at < text.size();) {
    switch (text[at]) {
      case '"':
        at = string_end(text, at);
        break;
      case '{':
      case '[':
        ++at;
        if (at < text.size() && (text[at] == '}' || text[at] == ']')) {
          ++at;
          break;
        }
        copy_to(at);
        to = out.put_line(++depth, to);
        break;
      case ',':
        copy_to(++at);
        to = out.put_line(depth, to);
        copied = ++at;  // without the blank
        break;
      case '}':
      case ']':
        copy_to(at++);
        to = out.put_line(--depth, to);
        break;
      default:
        ++at;
    }
  }
  copy_to(text.size());
  out.finish(to);
}

namespace {

// U+0085 is C2 85, U+2028 and U+2029 are E2 80 A8 and E2 80 A9. Each lead byte is searched for on its own: both are common in
// some scripts and absent in others. All answer the size of the text if there is none.
std::size_t next_byte(std::string_view text, char byte, std::size_t from) {
  const void* const found = from < text.size() ? std::memchr(text.data() + from, byte, text.size() - from) : nullptr;
  return found == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t next_nel(std::string_view text, std::size_t from) {
  std::size_t at = next_byte(text, '\xC2', from);
  while (at < text.size() && text.substr(at, 2) != "\xC2\x85") at = next_byte(text, '\xC2', at + 1);
  return at;
}

std::size_t next_separator(std::string_view text, std::size_t from) {
  std::size_t at = next_byte(text, '\xE2', from);
  while (at < text.size() && text.substr(at, 3) != "\xE2\x80\xA8" && text.substr(at, 3) != "\xE2\x80\xA9") {
    at = next_byte(text, '\xE2', at + 1);
  }
  return at;
}

}  // namespace

bool has_line_separator(std::string_view text) {
  return next_nel(text, 0) < text.size() || next_separator(text, 0) < text.size();
}

void append_with_line_separators_escaped(std::string_view text, std::string& out) {
  std::size_t copied = 0;
  std::size_t nel = next_nel(text, 0);
  std::size_t separator = next_separator(text, 0);
  while (nel < text.size() || separator < text.size()) {
    if (nel < separator) {
      out.append(text, copied, nel - copied).append("\\u0085");
      copied = nel + 2;
      nel = next_nel(text, copied);
    } else {
      out.append(text, copied, separator - copied).append(text[separator + 2] == '\xA8' ? "\\u2028" : "\\u2029");
      copied = separator + 3;
      separator = next_separator(text, copied);
    }
  }
  out.append(text, copied, text.size() - copied);
}

}  // namespace quipu::json
