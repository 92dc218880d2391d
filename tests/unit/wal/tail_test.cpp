#include "wal/tail.h"

#include <gtest/gtest.h>

#include <vector>

#include "unit/wal/wal_test_support.h"

namespace quipu::wal {
namespace {

using os::testing::MemoryFileSystem;

struct Taken {
  std::string text;
  std::int64_t line;
  bool terminated;
  bool operator==(const Taken&) const = default;
};

std::vector<Taken> read_all(os::File& file, Position& position, std::uint64_t limit, bool take_unterminated = true) {
  std::vector<Taken> taken;
  position = read_pieces(file, position, limit, [&](const TailPiece& piece) {
    if (!piece.terminated && !take_unterminated) return false;
    taken.push_back({std::string(piece.text), piece.line, piece.terminated});
    return true;
  });
  return taken;
}

TEST(Tail, GoesOnWhereItEnded) {
  MemoryFileSystem fs;
  const std::string text = "one\ntwo\r\n\n  \nthree";
  const auto file = file_of(fs, text);
  Position position;
  EXPECT_EQ(read_all(*file, position, text.size(), false), (std::vector<Taken>{{"one", 1, true}, {"two", 2, true}}));
  EXPECT_EQ(position.offset, text.size() - 5);
  EXPECT_TRUE(position.after_line_end);
  EXPECT_EQ(read_all(*file, position, text.size()), (std::vector<Taken>{{"three", 5, false}}));
  EXPECT_EQ(position.offset, text.size());
  EXPECT_FALSE(position.after_line_end);
  EXPECT_TRUE(read_all(*file, position, text.size()).empty());
}

TEST(Tail, EveryLimitGivesTheSameWholePieces) {
  MemoryFileSystem fs;
  const std::string text = "alpha\nbeta\r\ngamma\rdelta\n";
  const auto file = file_of(fs, text);
  for (std::size_t first = 0; first <= text.size(); ++first) {
    Position position;
    std::vector<Taken> taken = read_all(*file, position, first, false);
    for (const Taken& more : read_all(*file, position, text.size(), false)) taken.push_back(more);
    ASSERT_EQ(taken.size(), 4U) << first;
    EXPECT_EQ(taken[3].text, "delta");
  }
}

TEST(Tail, OneReaderForManyParts) {
  MemoryFileSystem fs;
  const std::string text = "one\ntwo\n" + std::string(600000, 'x') + "\nfour\nfive\n";
  const auto file = file_of(fs, text);
  os::SlidingReader reader(*file, 0, 0);
  const auto part = [&](std::uint64_t begin, std::uint64_t end) {
    std::string texts;
    const Position to = read_pieces(reader, {begin, 0, true}, end, [&](const TailPiece& piece) {
      texts += std::string(piece.text.substr(0, 5)) + " " + std::to_string(piece.offset) + " ";
      return true;
    });
    return texts + std::to_string(to.offset);
  };
  const std::uint64_t behind_long = text.size() - 10;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(part(behind_long, text.size()), "four 600009 five 600014 600019");
    EXPECT_EQ(part(0, 8), "one 0 two 4 8");
    EXPECT_EQ(part(4, behind_long), "two 4 xxxxx 8 600009");
  }
}

TEST(Tail, LongLinesAndManyChunks) {
  MemoryFileSystem fs;
  std::string text;
  for (int i = 0; i < 5; ++i) text += std::string(700000, static_cast<char>('a' + i)) + "\n";
  text += std::string(3000000, 'z') + "\nend\n";
  const auto file = file_of(fs, text);
  Position position;
  const auto taken = read_all(*file, position, text.size());
  ASSERT_EQ(taken.size(), 7U);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(taken[static_cast<std::size_t>(i)].text.size(), 700000U);
  EXPECT_EQ(taken[5].text.size(), 3000000U);
  EXPECT_EQ(taken[6].text, "end");
  EXPECT_EQ(taken[6].line, 7);
}

TEST(Tail, MarkIsLeftOutAtTheBeginningOnly) {
  MemoryFileSystem fs;
  const std::string text = "\xEF\xBB\xBF{}\n\xEF\xBB\xBF{}\n";
  const auto file = file_of(fs, text);
  Position position;
  const auto taken = read_all(*file, position, text.size());
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].text, "{}");
  EXPECT_EQ(taken[1].text, "\xEF\xBB\xBF{}");
}

TEST(Tail, ZerosBehindAnUnterminatedPieceAreNotOfIt) {
  MemoryFileSystem fs;
  for (const std::string& blank : {std::string(), std::string(" "), std::string("\t ")}) {
    const std::string text = "{}\n{\"a\": 1}" + blank + std::string(9, '\0') + blank;
    const auto file = file_of(fs, text);
    Position position;
    const auto taken = read_all(*file, position, text.size());
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[1].text.substr(0, 8), "{\"a\": 1}");
    EXPECT_EQ(position.offset, 11 + blank.size());
    EXPECT_FALSE(position.after_line_end);
    // They alone are a piece, which nobody takes.
    EXPECT_TRUE(read_all(*file, position, text.size(), false).empty());
    EXPECT_EQ(position.offset, 11 + blank.size());
  }
}

}  // namespace
}  // namespace quipu::wal
