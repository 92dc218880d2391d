#include "http/url.h"

#include <array>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/unicode.h"

namespace quipu::http {

namespace {

[[noreturn]] void refuse(const char* why) { throw Error(Code::kInvalid, why); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_unreserved(char c) { return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_' || c == '~'; }

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return made;
}

void append_encoded(char c, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

// What may stand in a path or query as it is, beside what is unreserved.
bool may_stand(char c) { return std::string_view("!$&'()*+,;=:@/?").find(c) != std::string_view::npos; }

std::string encode_where_needed(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))
        refuse("a percent sign wants two hex digits");
      made += c;
    } else if (is_unreserved(c) || may_stand(c)) {
      made += c;
    } else {
      append_encoded(c, made);
    }
  }
  return made;
}

void check_host(std::string_view host) {
  if (host.empty()) refuse("host is required");
  if (host.front() == '[') {
    if (host.size() < 4 || host.back() != ']') refuse("the host is no IPv6 address in brackets");
    for (const char c : host.substr(1, host.size() - 2)) {
      if (!is_hex(c) && c != ':' && c != '.') refuse("the host is no IPv6 address in brackets");
    }
    return;
  }
  for (const char c : host) {
    if (!is_digit(c) && !is_letter(c) && c != '-' && c != '.' && c != '_') {
      refuse("the host may hold letters, digits, and -._ (other names have a spelling in ASCII, xn--...)");
    }
  }
}

int read_port(std::string_view text, const std::string& scheme) {
  if (text.empty()) return scheme == "https" ? 443 : 80;
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || !is_digit(text.front()) || port < 1 || port > 65535) {
    refuse("the port must be a number from 1 to 65535");
  }
  return port;
}

// Four numbers from 0 to 255 in their shortest spelling: anything else is an address to some programs only.
bool is_loopback_v4(std::string_view host) {
  std::array<int, 4> numbers{};
  const char* at = host.data();
  const char* const end = at + host.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const char* const start = at;
    const auto [next, error] = std::from_chars(at, end, numbers[i]);
    const bool shortest = next - start == 1 || *start != '0';
    if (error != std::errc() || !is_digit(*start) || !shortest || numbers[i] > 255) return false;
    at = next;
    if (i < 3 && (at == end || *at++ != '.')) return false;
  }
  return at == end && numbers[0] == 127;
}

}  // namespace

std::string Url::origin() const {
  const bool usual = port == (scheme == "https" ? 443 : 80);
  return scheme + "://" + host + (usual ? "" : ":" + std::to_string(port));
}

std::string Url::text() const { return origin() + path + query; }

bool Url::same_origin(const Url& other) const {
  return scheme == other.scheme && host == other.host && port == other.port;
}

bool Url::is_loopback() const { return host == "localhost" || host == "[::1]" || is_loopback_v4(host); }

Url parse_url(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) refuse("control characters are not allowed");
  }
  Url url;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) refuse("scheme must be http or https");
  url.scheme = lower(text.substr(0, scheme_end));
  if (url.scheme != "http" && url.scheme != "https") refuse("scheme must be http or https");

  const std::string_view rest = text.substr(scheme_end + 3);
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  std::string_view authority = rest.substr(0, authority_end);
  if (authority.find('@') != std::string_view::npos) refuse("user info is not allowed");
  // A colon behind the bracket, or the only one there is.
  const std::size_t colon =
      authority.find(':', authority.find(']') == std::string_view::npos ? 0 : authority.find(']'));
  std::string_view port;
  if (colon != std::string_view::npos) {
    port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  check_host(authority);
  url.host = lower(authority);
  url.port = read_port(port, url.scheme);

  const std::string_view behind = rest.substr(authority_end);
  if (behind.find('#') != std::string_view::npos) refuse("fragment is not allowed");
  const std::size_t question = std::min(behind.find('?'), behind.size());
  url.path = encode_where_needed(behind.substr(0, question));
  url.query = encode_where_needed(behind.substr(question));
  return url;
}

Url parse_base_url(std::string_view text) {
  Url url = parse_url(strip_white_space(text));
  if (!url.query.empty()) refuse("query is not allowed");
  while (!url.path.empty() && url.path.back() == '/') url.path.pop_back();
  return url;
}

std::string percent_encode(std::string_view text) {
  std::string made;
  for (const char c : text) {
    if (is_unreserved(c)) {
      made += c;
    } else {
      append_encoded(c, made);
    }
  }
  return made;
}

}  // namespace quipu::http
