// http/server_text.h - text that a server sent, as it may stand in a message of ours.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quipu::http {

inline constexpr std::size_t kMaxServerText = 500;

// One line of valid UTF-8 without control characters, of at most kMaxServerText bytes ("..." included where it was longer).
// Runs of white space and control characters become one space, those at the ends go; bytes that are no UTF-8 become U+FFFD.
std::string server_text(std::string_view text);

}  // namespace quipu::http
