#include "memory/names.h"

#include "base/unicode.h"

namespace quipu::memory {

namespace {

constexpr std::size_t kMostTopicKeyBytes = 120;
constexpr std::string_view kOpen = "<private>";
constexpr std::string_view kClose = "</private>";
constexpr std::string_view kRedacted = "[REDACTED]";
constexpr std::string_view kTruncated = "... [truncated]";

// Where to cut so that no character is cut: at `most` or up to three bytes before it.
std::size_t character_border(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text.size();
  std::size_t at = most;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

std::string one_of_each_run(std::string_view text, char repeated) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c != repeated || out.empty() || out.back() != repeated) out += c;
  }
  return out;
}

// The tags are ASCII: no other character has one of their letters as its lower case but the Kelvin sign and the like, which
// are none of these.
std::size_t find_ignoring_case(std::string_view text, std::string_view tag, std::size_t from) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  for (std::size_t at = text.find('<', from); at != std::string_view::npos; at = text.find('<', at + 1)) {
    if (text.size() - at < tag.size()) break;
    std::size_t i = 0;
    while (i < tag.size() && lower(text[at + i]) == tag[i]) ++i;
    if (i == tag.size()) return at;
  }
  return std::string_view::npos;
}

}  // namespace

std::string normalize_project(std::string_view name) {
  const std::string lower = lower_case(name);
  return one_of_each_run(one_of_each_run(trim_white_space(lower), '-'), '_');
}

std::string normalize_scope(std::string_view scope) {
  return lower_case(trim_white_space(scope)) == "personal" ? "personal" : "project";
}

std::string normalize_topic_key(std::string_view key) {
  std::string made = collapse_white_space(lower_case(trim_white_space(key)), "-");
  made.resize(character_border(made, kMostTopicKeyBytes));
  return made;
}

std::string redact_private(std::string_view text) {
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const std::size_t open = find_ignoring_case(text, kOpen, from);
    const std::size_t close =
        open == std::string_view::npos ? open : find_ignoring_case(text, kClose, open + kOpen.size());
    if (close == std::string_view::npos) break;
    out.append(text.substr(from, open - from)).append(kRedacted);
    from = close + kClose.size();
  }
  out.append(text.substr(from));
  return std::string(trim_white_space(out));
}

bool truncate_content(std::string& content, std::size_t most) {
  if (content.size() <= most) return false;
  content.resize(character_border(content, most));
  content += kTruncated;
  return true;
}

std::string normalize_content(std::string_view content) {
  return lower_case(collapse_white_space(trim_white_space(content), " "));
}

std::string cloud_target_key(std::string_view project) {
  return project.empty() ? "cloud" : "cloud:" + std::string(project);
}

}  // namespace quipu::memory
