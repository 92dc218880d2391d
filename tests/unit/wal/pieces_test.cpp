#include "wal/pieces.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace quipu::wal {
namespace {

std::vector<Piece> cut(std::string_view text) {
  PieceCutter cutter(text);
  std::vector<Piece> pieces;
  Piece piece;
  while (cutter.next(piece)) pieces.push_back(piece);
  return pieces;
}

TEST(Pieces, CutAtWhatCannotStandInJson) {
  for (const char separator : {'\n', '\r', '\v', '\f', '\x1c', '\x1d', '\x1e'}) {
    const std::string text = std::string("ab") + separator + "cd";
    const auto pieces = cut(text);
    ASSERT_EQ(pieces.size(), 2U) << static_cast<int>(separator);
    EXPECT_EQ(pieces[0].text, "ab");
    EXPECT_TRUE(pieces[0].terminated);
    EXPECT_EQ(pieces[0].end, 3U);
    EXPECT_EQ(pieces[1].text, "cd");
    EXPECT_FALSE(pieces[1].terminated);
    EXPECT_EQ(pieces[1].begin, 3U);
    EXPECT_EQ(pieces[0].line_ends, separator == '\n' || separator == '\r' ? 1 : 0);
  }
  // U+001F is blank and no separator; U+0085, U+2028, U+2029 are neither here.
  for (const char* text : {"a\x1f"
                           "b",
                           "a\xC2\x85"
                           "b",
                           "a\xE2\x80\xA8"
                           "b",
                           "a\xE2\x80\xA9"
                           "b",
                           "a\tb"}) {
    EXPECT_EQ(cut(text).size(), 1U) << text;
  }
}

TEST(Pieces, SeparatorAtEveryPlaceOfAWord) {
  for (std::size_t length = 1; length < 40; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string text(length, 'x');
      text[at] = '\v';
      const auto pieces = cut(text);
      ASSERT_FALSE(pieces.empty());
      EXPECT_EQ(pieces[0].end, at + 1) << length;
      EXPECT_EQ(pieces.size(), at + 1 == length ? 1U : 2U);
    }
  }
}

TEST(Pieces, CrLfIsOneLineEnd) {
  const auto pieces = cut("a\r\nb\rc\n\nd");
  std::int64_t line_ends = 0;
  std::vector<std::string> texts;
  for (const Piece& piece : pieces) {
    line_ends += piece.line_ends;
    if (!piece.text.empty()) texts.emplace_back(piece.text);
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(line_ends, 4);
}

TEST(Pieces, WhiteSpaceIsStripped) {
  const auto pieces = cut(" \t\xC2\xA0\xE3\x80\x80{}\xE2\x80\xA8 \x1f\n   \n");
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].text, "{}");
  EXPECT_EQ(pieces[1].text, "");
}

}  // namespace
}  // namespace quipu::wal
