#include "http/server_text.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace quipu::http {
namespace {

TEST(ServerText, IsOneLineOfValidText) {
  EXPECT_EQ("", server_text(""));
  EXPECT_EQ("", server_text(" \r\n\t "));
  EXPECT_EQ("a b c", server_text("\n a\r\n\t b\xC2\x85 c\x1B\0 "));
  EXPECT_EQ("a [31m b", server_text("a\x1B[31m\x7F"
                                    "b"));
  EXPECT_EQ(
      "a\xEF\xBF\xBD"
      "b",
      server_text("a\xFF"
                  "b"));
  EXPECT_EQ("x y", server_text("x\xE2\x80\xAEy"));  // U+202E turns what follows around
  EXPECT_EQ("\xC3\xA9\xF0\x9F\x98\x80", server_text("\xC3\xA9\xF0\x9F\x98\x80"));
}

TEST(ServerText, IsBounded) {
  EXPECT_EQ(std::string(kMaxServerText, 'a'), server_text(std::string(kMaxServerText, 'a')));
  EXPECT_EQ(std::string(kMaxServerText - 3, 'a') + "...", server_text(std::string(kMaxServerText + 1, 'a')));
  std::string wide;
  while (wide.size() < 100000) wide += "\xF0\x9F\x98\x80";
  for (std::size_t shift = 0; shift < 4; ++shift) {
    const std::string made = server_text(std::string(shift, 'a') + wide);
    EXPECT_LE(made.size(), kMaxServerText);
    EXPECT_GT(made.size(), kMaxServerText - 8);
    EXPECT_TRUE(is_valid_utf8(made));
    EXPECT_EQ("...", made.substr(made.size() - 3));
  }
}

}  // namespace
}  // namespace quipu::http
