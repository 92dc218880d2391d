#include "wal/verifier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <vector>

#include "base/error.h"
#include "unit/wal/wal_test_support.h"

namespace quipu::wal {
namespace {

using os::testing::MemoryFileSystem;

Verification verify_lines(const std::vector<std::string>& lines, bool strict = false, unsigned threads = 1,
                          std::optional<std::int64_t> anchor = std::nullopt) {
  MemoryFileSystem fs;
  std::string text;
  for (const std::string& line : lines) text += line;
  VerifyOptions options;
  options.strict = strict;
  options.threads = threads;
  options.anchor_seq = anchor;
  return verify(*file_of(fs, text), text.size(), options);
}

std::vector<std::string> sound_lines(int count, std::size_t label_size = 3) {
  LogMaker maker;
  std::vector<std::string> lines;
  for (int i = 0; i < count; ++i) lines.push_back(maker.line(std::string(label_size, 'x')));
  return lines;
}

void change(std::string& line) { line[line.find("\"label\": \"") + 10] = 'y'; }

TEST(Verifier, SoundAndEmptyLogs) {
  EXPECT_EQ(verify_lines({}).problem, Problem::kNone);
  EXPECT_EQ(verify_lines({"\n", "  \r\n"}, true).problem, Problem::kNone);
  const auto found = verify_lines(sound_lines(5), true);
  EXPECT_EQ(found.problem, Problem::kNone);
  EXPECT_EQ(found.events, 5);
  EXPECT_EQ(found.last_seq, 5);
  EXPECT_EQ(found.last_hash.size(), 64U);
  EXPECT_EQ(found.first_op, "upsert");
}

TEST(Verifier, NamesTheFirstBreak) {
  const auto sound = sound_lines(6);
  struct Case {
    const char* name;
    std::function<void(std::vector<std::string>&)> edit;
    Problem problem;
    std::int64_t line;
  };
  const std::vector<Case> cases = {
      {"changed", [](auto& lines) { change(lines[2]); }, Problem::kHash, 3},
      {"changed at both ends", [](auto& lines) { change(lines[1]), change(lines[5]); }, Problem::kHash, 2},
      {"removed", [](auto& lines) { lines.erase(lines.begin() + 2); }, Problem::kPrevHash, 3},
      {"first removed", [](auto& lines) { lines.erase(lines.begin()); }, Problem::kPrevHash, 1},
      {"swapped", [](auto& lines) { std::swap(lines[2], lines[3]); }, Problem::kPrevHash, 3},
      {"repeated", [](auto& lines) { lines.insert(lines.begin() + 3, lines[2]); }, Problem::kPrevHash, 4},
      {"not JSON", [](auto& lines) { lines[4] = "{oops\n"; }, Problem::kBadJson, 5},
      {"not UTF-8", [](auto& lines) { lines[4] = "\xFF\n"; }, Problem::kNotUtf8, 5},
      {"no object", [](auto& lines) { lines[4] = "[]\n"; }, Problem::kNotAnObject, 5},
      {"surrogate", [](auto& lines) { lines[0] = "{\"record\": {\"a\": \"\\ud800\"}}\n"; }, Problem::kLoneSurrogate, 1},
      {"behind blank lines", [](auto& lines) { lines[1] = "\n\r\n" + lines[1], change(lines[2]); }, Problem::kHash, 5},
      {"zeros", [](auto& lines) { lines[5].pop_back(), lines[5] += std::string(5, '\0'); }, Problem::kBadJson, 6},
  };
  for (const Case& one : cases) {
    std::vector<std::string> lines = sound;
    one.edit(lines);
    const auto found = verify_lines(lines);
    EXPECT_EQ(problem_name(found.problem), std::string(problem_name(one.problem))) << one.name;
    EXPECT_EQ(found.line, one.line) << one.name;
    EXPECT_GE(found.offset, 0) << one.name;
  }
  EXPECT_EQ(verify_lines(std::vector<std::string>(sound.begin(), sound.end() - 2)).problem, Problem::kNone);
}

TEST(Verifier, StrictChecks) {
  auto torn = sound_lines(3);
  torn.push_back("{\"seq\": 4");
  EXPECT_EQ(verify_lines(torn, true).problem, Problem::kTornTail);
  EXPECT_EQ(verify_lines(torn, false).problem, Problem::kBadJson);

  LogMaker maker;
  std::vector<std::string> batch = {maker.line("a"), maker.line("b", 2), maker.line("c", 1)};
  EXPECT_EQ(verify_lines(batch, true).problem, Problem::kUnfinishedBatch);
  EXPECT_EQ(verify_lines(batch, false).problem, Problem::kNone);
  batch.push_back(maker.line("d"));
  EXPECT_EQ(verify_lines(batch, true).problem, Problem::kNone);

  maker.skip_to(9);
  batch.push_back(maker.line("e"));
  const auto found = verify_lines(batch, true);
  EXPECT_EQ(found.problem, Problem::kSequence);
  EXPECT_EQ(found.line, 5);
  EXPECT_EQ(found.expected, "5");
  EXPECT_EQ(found.found, "9");
  EXPECT_EQ(verify_lines(batch, false).problem, Problem::kNone);
}

// No event can be numbered behind it, be it the first.
TEST(Verifier, StrictChecksTheNumberOfTheFirstEvent) {
  const std::vector<std::string> log = {
      R"({"seq": 9223372073709551614, "tS": "t", "op": "compact", "record_id": "a", "record": {"id": "a"}, "prev_hash": "", "hash": "515e11812f901c89690f7f9916f6572016e73e95d91ecca6081838ab029eee11", "recursion_depth": 0})"
      "\n"};
  const auto found = verify_lines(log, true);
  EXPECT_EQ(found.problem, Problem::kSequence);
  EXPECT_EQ(found.line, 1);
  EXPECT_EQ(found.expected, "a number");
  EXPECT_EQ(verify_lines(log, false).problem, Problem::kNone);
}

TEST(Verifier, TellsTheHashOfTheEventAskedFor) {
  const auto lines = sound_lines(4);
  const auto two = verify_lines({lines[0], lines[1]});
  EXPECT_EQ(verify_lines(lines, true, 1, 2).anchor_hash, two.last_hash);
  EXPECT_FALSE(verify_lines(lines, true, 1, 7).anchor_hash);
}

// A log of several stretches, which are checked apart: what only the border shows is found all the same.
TEST(Verifier, BreaksAtTheBordersOfStretches) {
  constexpr std::size_t kStretch = 4 << 20;
  const auto sound = sound_lines(26, 400000);  // 10 MB: borders behind lines 11 and 22
  const std::size_t size = sound[0].size();
  ASSERT_GT(size * sound.size(), 2 * kStretch);
  for (const unsigned threads : {1U, 4U}) {
    const auto whole = verify_lines(sound, true, threads);
    EXPECT_EQ(whole.problem, Problem::kNone);
    EXPECT_EQ(whole.events, 26);
    EXPECT_EQ(whole.last_seq, 26);
    for (const std::size_t border : {kStretch / size, 2 * kStretch / size}) {
      for (std::size_t i = border - 1; i <= border + 2; ++i) {
        auto lines = sound;
        change(lines[i]);
        auto found = verify_lines(lines, false, threads);
        EXPECT_EQ(found.problem, Problem::kHash) << i;
        EXPECT_EQ(found.line, static_cast<std::int64_t>(i) + 1);
        EXPECT_EQ(found.events, static_cast<std::int64_t>(i));

        lines = sound;
        lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
        found = verify_lines(lines, false, threads);
        EXPECT_EQ(found.problem, Problem::kPrevHash) << i;
        EXPECT_EQ(found.line, static_cast<std::int64_t>(i) + 1);

        lines = sound;
        lines[i] = "{\"cut\n" + std::string(size - 6, ' ');
        found = verify_lines(lines, false, threads);
        EXPECT_EQ(found.problem, Problem::kBadJson) << i;
        EXPECT_EQ(found.line, static_cast<std::int64_t>(i) + 1);
      }
    }
  }
}

TEST(Verifier, HolesInTheNumbersAtTheBordersOfStretches) {
  for (int hole = 9; hole <= 14; ++hole) {
    LogMaker maker;
    std::vector<std::string> lines;
    for (int i = 1; i <= 26; ++i) {
      if (i == hole) maker.skip_to(i + 3);
      lines.push_back(maker.line(std::string(400000, 'x')));
    }
    EXPECT_EQ(verify_lines(lines, false, 2).problem, Problem::kNone);
    const auto found = verify_lines(lines, true, 2);
    EXPECT_EQ(found.problem, Problem::kSequence);
    EXPECT_EQ(found.line, hole);
    EXPECT_EQ(found.events, hole - 1) << hole;
  }
}

TEST(Verifier, ProgressEndsAtAllAndCancels) {
  MemoryFileSystem fs;
  std::string text;
  for (const std::string& line : sound_lines(26, 400000)) text += line;
  const auto file = file_of(fs, text);
  for (const unsigned threads : {1U, 3U}) {
    VerifyOptions options;
    options.threads = threads;
    std::int64_t last = 0;
    options.progress = [&](std::int64_t done, std::int64_t total) {
      EXPECT_GT(done, last);
      EXPECT_EQ(total, static_cast<std::int64_t>(text.size()));
      last = done;
      return true;
    };
    EXPECT_EQ(verify(*file, text.size(), options).problem, Problem::kNone);
    EXPECT_EQ(last, static_cast<std::int64_t>(text.size()));
    options.progress = [](std::int64_t, std::int64_t) { return false; };
    try {
      verify(*file, text.size(), options);
      ADD_FAILURE() << "not cancelled";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kCancelled);
    }
  }
}

TEST(Verifier, NothingFollowsOnTheLargestNumber) {
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  LogMaker maker;
  maker.skip_to(kLast);
  std::vector<std::string> lines = {maker.line("x")};
  EXPECT_EQ(verify_lines(lines, true).problem, Problem::kNone);
  EXPECT_EQ(verify_lines(lines, true).last_seq, kLast);
  EXPECT_THROW(maker.line("x"), Error);
  maker.skip_to(std::numeric_limits<std::int64_t>::min() + 1);
  lines.push_back(maker.line("x"));
  const Verification found = verify_lines(lines, true);
  EXPECT_EQ(found.problem, Problem::kSequence);
  EXPECT_EQ(found.expected, "no more events");
}

}  // namespace
}  // namespace quipu::wal
