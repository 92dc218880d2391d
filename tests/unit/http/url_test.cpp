#include "http/url.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace quipu::http {
namespace {

std::string refusal(std::string_view text, Url (*parse)(std::string_view) = &parse_base_url) {
  try {
    return "taken as " + parse(text).text();
  } catch (const Error& error) {
    EXPECT_EQ(Code::kInvalid, error.code());
    return error.message();
  }
}

TEST(BaseUrl, IsTrimmedAndLosesItsTrailingSlashes) {
  EXPECT_EQ("https://example.org", parse_base_url("https://example.org").text());
  EXPECT_EQ("https://example.org", parse_base_url(" \n https://example.org/// \t").text());
  EXPECT_EQ("https://example.org/a/b", parse_base_url("https://example.org/a/b/").text());
  EXPECT_EQ("https://example.org", parse_base_url("HTTPS://EXAMPLE.org:443/").text());
  EXPECT_EQ("http://example.org:443", parse_base_url("http://example.org:443").text());
  EXPECT_EQ("http://example.org", parse_base_url("http://example.org:").text());
  EXPECT_EQ("http://[::1]:8080/x", parse_base_url("http://[::1]:8080/x").text());
}

TEST(BaseUrl, EncodesWhatAPathMayNotHold) {
  EXPECT_EQ("http://h/a%20b/%C3%A9%5C%22", parse_base_url("http://h/a b/\xC3\xA9\\\"").text());
  EXPECT_EQ("http://h/a%2Fb", parse_base_url("http://h/a%2Fb").text());
}

TEST(BaseUrl, RefusesWhatIsNone) {
  EXPECT_EQ("scheme must be http or https", refusal("ftp://example.org"));
  EXPECT_EQ("scheme must be http or https", refusal("example.org"));
  EXPECT_EQ("scheme must be http or https", refusal("file:///etc/passwd"));
  EXPECT_EQ("host is required", refusal("http://"));
  EXPECT_EQ("host is required", refusal("http:///a"));
  EXPECT_EQ("host is required", refusal("http://:80/a"));
  EXPECT_EQ("query is not allowed", refusal("http://h/a?b=c"));
  EXPECT_EQ("query is not allowed", refusal("http://h?"));
  EXPECT_EQ("fragment is not allowed", refusal("http://h/a#b"));
  EXPECT_EQ("fragment is not allowed", refusal("http://h/a?b#c"));
  EXPECT_EQ("user info is not allowed", refusal("http://ana@h/"));
  EXPECT_EQ("user info is not allowed", refusal("http://localhost:secret@example.org/"));
  EXPECT_EQ("a percent sign wants two hex digits", refusal("http://h/%2"));
  EXPECT_EQ("a percent sign wants two hex digits", refusal("http://h/%zz"));
  for (const char* port : {"0", "65536", "-1", "+80", "8 0", "80x", "99999999999"}) {
    EXPECT_EQ("the port must be a number from 1 to 65535", refusal(std::string("http://h:") + port)) << port;
  }
  for (const char* text : {"http://a\nb/", "http://h/\r\nx: y", "http://h/\x7F"}) {
    EXPECT_EQ("control characters are not allowed", refusal(text)) << text;
  }
  EXPECT_EQ("control characters are not allowed", refusal(std::string_view("http://h/\0x", 11)));
}

// What one program takes for a host and another one for something else.
TEST(BaseUrl, RefusesHostsThatCanBeReadInTwoWays) {
  for (const char* host : {"localhost\\.example.org", "local%68ost",
                           "b\xC3\xBC"
                           "cher.example",
                           "a b", "h;x", "[::1", "[]", "[::1%25eth0]"}) {
    EXPECT_NE(std::string::npos, refusal(std::string("http://") + host + "/").find("the host")) << host;
  }
}

TEST(Url, KnowsWhatStaysOnTheMachine) {
  for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1", "127.255.255.255:1", "[::1]", "[::1]:443"}) {
    EXPECT_TRUE(parse_url(std::string("http://") + host).is_loopback()) << host;
  }
  for (const char* host :
       {"example.org", "localhost.example.org", "127.0.0.1.example.org", "127.1", "0127.0.0.1", "127.0.0.256",
        "127.0.0.01", "127.0.0.1.", "128.0.0.1", "2130706433", "0x7f.0.0.1", "[::2]", "[::ffff:127.0.0.1]"}) {
    EXPECT_FALSE(parse_url(std::string("http://") + host).is_loopback()) << host;
  }
}

TEST(Url, ComparesOrigins) {
  const Url url = parse_url("http://h:80/a");
  EXPECT_TRUE(url.same_origin(parse_url("HTTP://H/b?c")));
  EXPECT_FALSE(url.same_origin(parse_url("https://h/a")));
  EXPECT_FALSE(url.same_origin(parse_url("http://h:8080/a")));
  EXPECT_FALSE(url.same_origin(parse_url("http://h.example/a")));
}

TEST(Url, KeepsItsQuery) {
  const Url url = parse_url("http://h/a?b=c%20d&e=f g");
  EXPECT_EQ("/a", url.path);
  EXPECT_EQ("?b=c%20d&e=f%20g", url.query);
}

TEST(PercentEncode, LeavesOnlyWhatNeedsNoEncoding) {
  EXPECT_EQ("abcXYZ019-._~", percent_encode("abcXYZ019-._~"));
  EXPECT_EQ("a%20b%2Fc%3Fd%26e%3Df%2B%25%C3%A9%00", percent_encode(std::string_view("a b/c?d&e=f+%\xC3\xA9\0", 16)));
}

}  // namespace
}  // namespace quipu::http
