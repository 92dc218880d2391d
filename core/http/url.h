// http/url.h - URLs, read strictly: what this reads one way, no other program reads another way. So a check of the host made
// here holds for the connection made elsewhere.
#pragma once

#include <string>
#include <string_view>

namespace quipu::http {

// scheme "://" host [":" port] path ["?" query]
struct Url {
  std::string scheme;  // http or https
  std::string host;    // in lower case; an IPv6 address in brackets
  int port = 0;        // also if it is the scheme's own
  std::string path;    // from its slash on; may be empty. What a URL may not hold is percent-encoded.
  std::string query;   // from its question mark on; may be empty

  std::string text() const;
  std::string origin() const;  // up to the path
  // The same scheme, host and port.
  bool same_origin(const Url& other) const;
  // localhost, 127.x.x.x, [::1]: what is sent there stays on the machine.
  bool is_loopback() const;
};

// Throws kInvalid with what is wrong in a few words: `scheme must be http or https`, `host is required`, `user info is not
// allowed`, `fragment is not allowed`, ... Host names are ASCII: others have a spelling that is (xn--...).
Url parse_url(std::string_view text);

// A URL that paths are put behind: white space around it does not count, trailing slashes go. Refused as well: `query is not
// allowed`.
Url parse_base_url(std::string_view text);

// Everything but letters, digits and -._~ becomes %XX: for one part of a path, and for the name or value of a query.
std::string percent_encode(std::string_view text);

}  // namespace quipu::http
