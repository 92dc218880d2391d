// Strings: escapes out and in, and the questions of text.h.
#include <gtest/gtest.h>

#include "json/python_json.h"
#include "json/text.h"
#include "support/plain_json.h"
#include "vectors.h"

namespace quipu::json {
namespace {

using namespace std::string_view_literals;

std::string spelled(std::string_view text, Surrogates surrogates = Surrogates::kRefuse) {
  std::string out;
  write_string(text, surrogates, out);
  return out;
}

TEST(Strings, EveryByteAtEveryPlace) {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 0x80; ++byte) {
        std::string text(size, 'x');
        text[place] = static_cast<char>(byte);
        const std::string expected = test::string_json(text);
        ASSERT_EQ(spelled(text), expected);
        if (byte >= 0x20 && place != size / 2) continue;
        ASSERT_EQ(by_node(expected, Spelling::kLog), expected);
      }
    }
  }
}

TEST(Strings, NothingButEscapes) {
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string text(size, '\x01');
    EXPECT_EQ(spelled(text), test::string_json(text));
    EXPECT_EQ(by_node(test::string_json(text), Spelling::kLog), test::string_json(text));
  }
}

TEST(Strings, EverythingElseIsRaw) {
  const std::string text =
      "/\x7F\xC2\x80\xC2\x85\xC2\x9F\xC2\xA0\xE2\x80\xA8\xE2\x80\xA9\xED\x9F\xBF\xEE\x80\x80\xEF\xBB\xBF\xEF\xBF\xBF"
      "\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF";
  EXPECT_EQ(spelled(text), '"' + text + '"');
  EXPECT_EQ(by_node('"' + text + '"', Spelling::kCanonical), '"' + text + '"');
  // ED also starts Hangul that is no surrogate; cut off, it must not lead beyond the end.
  EXPECT_EQ(spelled("\xED\x9E\xA3"), "\"\xED\x9E\xA3\"");
  EXPECT_EQ(spelled("\xED"), "\"\xED\"");
  EXPECT_EQ(spelled("\xED\xA0"), "\"\xED\xA0\"");
}

TEST(Strings, Escapes) {
  const struct {
    const char* text;
    std::string_view value;
  } kCases[] = {
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("\u0041\u00e9\u20AC")", "A\xC3\xA9\xE2\x82\xAC"},
      {R"("\u0000x")", "\0x"sv},
      {R"("\ud83d\ude00")", "\xF0\x9F\x98\x80"},
      {R"("\uD83D\uDE00")", "\xF0\x9F\x98\x80"},
      {R"("\ud800\udc00\udbff\udfff")", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
      {R"("\ud83d")", "\xED\xA0\xBD"},
      {R"("\ude00")", "\xED\xB8\x80"},
      {R"("\ude00\ud83d")", "\xED\xB8\x80\xED\xA0\xBD"},
      {R"("\ud83d\ud83d\ude00")", "\xED\xA0\xBD\xF0\x9F\x98\x80"},
      {R"("\ud83d\n\ude00")", "\xED\xA0\xBD\n\xED\xB8\x80"},
      {R"("\ud83d\u0041")",
       "\xED\xA0\xBD"
       "A"},
      {R"("\uffff\ufffe\ufdd0")", "\xEF\xBF\xBF\xEF\xBF\xBE\xEF\xB7\x90"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(parse(c.text).as_string(), c.value) << c.text;
    Document document;
    EXPECT_EQ(document.parse(c.text).as_string(), c.value) << c.text;
  }
}

TEST(Text, LoneSurrogates) {
  const struct {
    std::string_view text;
    bool has;
    std::string_view replaced;
  } kCases[] = {
      {"", false, ""},
      {"abc", false, "abc"},
      {"\xED\x9F\xBF", false, "\xED\x9F\xBF"},
      {"\xED\xA0\x80", true, "\xEF\xBF\xBD"},
      {"a\xED\x9F\xBF\xED\xBF\xBFz", true, "a\xED\x9F\xBF\xEF\xBF\xBDz"},
      {"\xED\xA0\x80\xED\xB0\x80", true, "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"x\xED", false, "x\xED"},
      {"x\xED\xA0", false, "x\xED\xA0"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(has_lone_surrogate(c.text), c.has);
    EXPECT_EQ(replace_lone_surrogates(c.text), c.replaced);
  }
}

TEST(Strings, PlainAsciiIsItsOwnSpelling) {
  const auto is_plain = [](int byte) { return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\'; };
  EXPECT_TRUE(is_plain_ascii(""));
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 0x100; ++byte) {
        std::string text(size, 'x');
        text[place] = static_cast<char>(byte);
        ASSERT_EQ(is_plain_ascii(text), is_plain(byte)) << byte << " at " << place << " of " << size;
        text[(place + 1) % size] = ' ';  // the least that is plain, behind a byte that borrows from it
        ASSERT_EQ(is_plain_ascii(text), size == 1 || is_plain(byte)) << byte << " at " << place << " of " << size;
      }
    }
  }
}

TEST(Strings, RawLineSeparatorsAreFound) {
  for (const char* text : {"\xC2\x85", "aa\xE2\x80\xA8", "\xC2\xA0\xC2\x85", "\xE2\x80\x94\xE2\x80\xA9"}) {
    EXPECT_TRUE(has_line_separator(text)) << text;
  }
  for (const char* text : {"", "a", "\xC2\xA0", "\xE2\x80\x94", "\xE2\x80", "\xC2", "\\u2028"}) {
    EXPECT_FALSE(has_line_separator(text)) << text;
  }
}

}  // namespace
}  // namespace quipu::json
