// Characters: lower case, white space, digits, and what is not UTF-8.
#include "base/unicode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/utf8.h"

namespace quipu {
namespace {

using namespace std::string_view_literals;

std::string utf8(char32_t character) {
  std::string text;
  append_utf8(character, text);
  return text;
}

TEST(Utf8, EveryCharacterThereAndBack) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    const std::string text = utf8(c);
    std::size_t at = 0;
    if (c >= 0xD800 && c <= 0xDFFF) {
      ASSERT_EQ(next_character(text, at), 0xFFFDu) << static_cast<unsigned>(c);
      ASSERT_EQ(at, 1u);
    } else {
      ASSERT_EQ(next_character(text, at), c);
      ASSERT_EQ(at, text.size());
      ASSERT_TRUE(is_valid_utf8(text));
    }
  }
}

TEST(Utf8, WhatIsNoCharacterIsReplacedByteByByte) {
  for (const std::string_view text : {"\x80"sv, "\xC0\x80"sv, "\xE0\x82\x85"sv, "\xE2\x80"sv, "\xED\xA0\x80"sv,
                                      "\xF0\x80\x80\xA0"sv, "\xF4\x90\x80\x80"sv, "\xFF\xFE"sv}) {
    std::size_t characters = 0;
    for (std::size_t at = 0; at < text.size(); ++characters) ASSERT_EQ(next_character(text, at), 0xFFFDu);
    EXPECT_EQ(characters, text.size());
  }
}

TEST(LowerCase, Characters) {
  const struct {
    char32_t upper, lower;
  } kCases[] = {
      {'A', 'a'},         {'Z', 'z'},         {'@', '@'},         {'[', '['},           {0xC0, 0xE0},
      {0xD6, 0xF6},       {0xD7, 0xD7},       {0xDE, 0xFE},       {0x130, 'i'},         {0x131, 0x131},
      {0x178, 0xFF},      {0x1E9E, 0xDF},     {0xDF, 0xDF},       {0x100, 0x101},       {0x101, 0x101},
      {0x12E, 0x12F},     {0x139, 0x13A},     {0x13A, 0x13A},     {0x1C4, 0x1C6},       {0x1C5, 0x1C6},
      {0x3A3, 0x3C3},     {0x3C2, 0x3C2},     {0x410, 0x430},     {0x42F, 0x44F},       {0x10A0, 0x2D00},
      {0x13A0, 0xAB70},   {0x1C90, 0x10D0},   {0x2126, 0x3C9},    {0x212A, 'k'},        {0x212B, 0xE5},
      {0x2C2F, 0x2C5F},   {0xA7C0, 0xA7C1},   {0xFF21, 0xFF41},   {0x10400, 0x10428},   {0x10570, 0x10597},
      {0x1E900, 0x1E922}, {0x1E921, 0x1E943}, {0x1E922, 0x1E922}, {0x10FFFF, 0x10FFFF}, {0, 0},
  };
  for (const auto& c : kCases) EXPECT_EQ(lower_case(c.upper), c.lower) << std::hex << static_cast<unsigned>(c.upper);
}

TEST(LowerCase, IsInLowerCaseAlready) {
  std::size_t changed = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    const char32_t lower = lower_case(c);
    ASSERT_EQ(lower_case(lower), lower) << std::hex << static_cast<unsigned>(c);
    changed += lower != c ? 1 : 0;
  }
  EXPECT_EQ(changed, 1433u);  // the lines of UnicodeData.txt that have a lower case
}

TEST(LowerCase, Texts) {
  EXPECT_EQ(lower_case(""sv), "");
  EXPECT_EQ(lower_case("Tide-GAUGE \0X"sv), "tide-gauge \0x"sv);
  EXPECT_EQ(lower_case("ÅNGSTRÖM İSTANBUL ẞ ΣΑΣ K"sv), "ångström istanbul ß σασ k");
  EXPECT_EQ(lower_case("\xF0\x90\x90\x80\xE2\x80\xA8"sv), "\xF0\x90\x90\xA8\xE2\x80\xA8");
  EXPECT_EQ(lower_case("A\xFFZ\xC3"sv), "a\xEF\xBF\xBDz\xEF\xBF\xBD");
}

TEST(LowerCase, ProjectNames) {
  std::ifstream in(QUIPU_TEST_DATA_DIR "/sync/vectors/normalize_project.json", std::ios::binary);
  const nlohmann::json vectors = nlohmann::json::parse(in);
  ASSERT_FALSE(vectors.at("cases").empty());
  for (const nlohmann::json& c : vectors.at("cases")) {
    const std::string text = c.at("in");
    std::string name(trim_white_space(lower_case(text)));
    for (const char dash : {'-', '_'}) {
      const auto again = [dash](char a, char b) { return a == dash && b == dash; };
      name.erase(std::unique(name.begin(), name.end(), again), name.end());
    }
    EXPECT_EQ(name, c.at("out").get<std::string>()) << text;
  }
}

TEST(WhiteSpace, WhichCharacters) {
  const std::vector<char32_t> expected = {0x09,   0x0A,   0x0B,   0x0C,   0x0D,   0x20,   0x85,   0xA0,   0x1680,
                                          0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008,
                                          0x2009, 0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
  std::vector<char32_t> found;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (is_white_space(c)) found.push_back(c);
    const std::string text = "x" + utf8(c) + "y" + utf8(c);
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const bool in_python = is_white_space(c) || (c >= 0x1C && c <= 0x1F);
    ASSERT_EQ(trim_white_space(utf8(c) + text) == "x" + utf8(c) + "y", is_white_space(c)) << static_cast<unsigned>(c);
    ASSERT_EQ(strip_white_space(utf8(c) + text) == "x" + utf8(c) + "y", in_python) << static_cast<unsigned>(c);
  }
  EXPECT_EQ(found, expected);
}

TEST(WhiteSpace, Trim) {
  EXPECT_EQ(trim_white_space(""), "");
  EXPECT_EQ(trim_white_space(" \t\xC2\xA0\xE3\x80\x80"), "");
  EXPECT_EQ(trim_white_space("\xE2\x80\xA8 a b\r\n\xC2\x85"), "a b");
  EXPECT_EQ(trim_white_space("\x1C a \x1F"), "\x1C a \x1F");
  EXPECT_EQ(strip_white_space("\x1C a \x1F"), "a");
  // Bytes that are not UTF-8 are no white space, whatever they would spell.
  for (const char* text : {"\xE0\x82\x85", "\x85", "\xA0", "\xC2", "\xE3\x80", "\xE3\x80\x80\x80"}) {
    const std::string_view trimmed = trim_white_space(text);
    EXPECT_EQ(trimmed, text == "\xE3\x80\x80\x80"sv ? "\x80"sv : std::string_view(text));
    EXPECT_EQ(strip_white_space(text), trimmed);
  }
}

TEST(WhiteSpace, Collapse) {
  EXPECT_EQ(collapse_white_space("", " "), "");
  EXPECT_EQ(collapse_white_space("  a\t\n b\xC2\xA0\xE3\x80\x80"
                                 "c ",
                                 " "),
            " a b c ");
  EXPECT_EQ(collapse_white_space("a b", "-"), "a-b");
  EXPECT_EQ(collapse_white_space("a \n b", ""), "ab");
  EXPECT_EQ(collapse_white_space("a\x1C\xFF b"sv, "-"), "a\x1C\xFF-b");
}

TEST(Digits, OfAllScripts) {
  EXPECT_EQ(decimal_digit('0' - 1), -1);
  EXPECT_EQ(decimal_digit('0'), 0);
  EXPECT_EQ(decimal_digit('9'), 9);
  EXPECT_EQ(decimal_digit(':'), -1);
  EXPECT_EQ(decimal_digit(0x0663), 3);
  EXPECT_EQ(decimal_digit(0x1FBF9), 9);
  EXPECT_EQ(decimal_digit(0x11F50), -1);  // Unicode 15
  int digits = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) digits += decimal_digit(c) >= 0 ? 1 : 0;
  EXPECT_EQ(digits, 660);
}

}  // namespace
}  // namespace quipu
