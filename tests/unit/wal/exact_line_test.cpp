// A line that is taken as it stands says what LineReader says of it, and has the hash that LineHasher gives.
#include "wal/exact_line.h"

#include <gtest/gtest.h>

#include <random>

#include "json/python_json.h"
#include "unit/wal/wal_test_support.h"
#include "wal/event.h"

namespace quipu::wal {
namespace {

std::string body(std::string_view line) { return std::string(line.substr(0, line.size() - 1)); }

class Both {
 public:
  // Whether the line was taken; the two readings are compared if it was.
  bool agree(const std::string& line) {
    const std::string padded = line + std::string(json::kPadding, '}');
    const std::string_view text = std::string_view(padded).substr(0, line.size());
    if (!exact_reader_.read(text, exact_)) return false;
    const std::optional<Unreadable> unreadable = reader_.read(text, event_);
    EXPECT_FALSE(unreadable) << line;
    if (unreadable) return true;
    std::int64_t seq = -1;
    EXPECT_EQ(coerce_seq(event_.seq, seq), SeqKind::kNumber);
    EXPECT_EQ(exact_.seq, seq);
    EXPECT_EQ(exact_.op, field_text(event_.op, "upsert"));
    EXPECT_EQ(exact_.ts_json, field_json(event_.ts, "\"\""));
    EXPECT_EQ(exact_.record_id_json, field_json(event_.record_id, "\"\""));
    EXPECT_EQ(exact_.prev_hash_json, field_json(event_.prev_hash, "\"\""));
    EXPECT_EQ(exact_.hash_json, field_json(event_.hash, "\"\""));
    EXPECT_EQ(exact_.recursion_depth_json, field_json(event_.recursion_depth, "0"));
    EXPECT_EQ(exact_.batch, event_.batch);
    EXPECT_EQ(exact_.in_batch, event_.in_batch);
    std::string record;
    json::write(*event_.record, json::Spelling::kLog, json::Surrogates::kEscape, record);
    EXPECT_EQ(exact_.record, record);
    EXPECT_EQ(exact_reader_.hash(exact_), hasher_.hash(event_));
    return true;
  }

 private:
  ExactLineReader exact_reader_;
  ExactEvent exact_;
  LineReader reader_;
  LineHasher hasher_;
  EventView event_;
};

TEST(ExactLine, WrittenLinesAreTaken) {
  LogMaker log;
  Both both;
  for (const char* const label : {"", "one", "\xC3\xA9t\xC3\xA9 \xF0\x9F\x98\x80", "quoted \\\"text\\\"\\n"}) {
    EXPECT_TRUE(both.agree(body(log.line(label)))) << label;
    EXPECT_TRUE(both.agree(body(log.line(label, 3)))) << label;
    EXPECT_TRUE(both.agree(body(log.line(label, 0)))) << label;
  }
  // Escaped in the line, raw when hashed: not a slice of itself.
  EXPECT_FALSE(both.agree(body(log.line("a\xE2\x80\xA8z"))));
}

TEST(ExactLine, MembersOfTheRecordMayStandInAnyOrder) {
  Both both;
  const auto with = [](const char* record) {
    return std::string(R"({"seq": 7, "ts": "t", "op": "note", "record_id": "r", "record": )") + record +
           R"(, "prev_hash": "p", "hash": "h", "recursion_depth": -2})";
  };
  EXPECT_TRUE(both.agree(with("{}")));
  EXPECT_TRUE(both.agree(with(R"({"z": {"y": 1, "x": {"b": 1, "a": 2}}, "a": [], "m": 0.25})")));
  EXPECT_TRUE(both.agree(with(R"({"a": 1, "b": 2})")));
  EXPECT_TRUE(both.agree(with(R"({"b": 1, "a": 2})")));
  EXPECT_FALSE(both.agree(with(R"({"b": 1, "a": 2, "b": 3})")));
  EXPECT_FALSE(both.agree(with(R"([])")));
  EXPECT_FALSE(both.agree(with(R"({"a":1})")));
  EXPECT_FALSE(both.agree(with("{}") + " "));
  EXPECT_FALSE(both.agree(with("{}") + "}"));
}

TEST(ExactLine, DamagedLinesAreTakenOnlyIfTheyAreStillEvents) {
  std::mt19937_64 random(11);
  LogMaker log;
  Both both;
  int taken = 0;
  constexpr std::string_view kBytes = "{}[]\",: \\0159.eE-u\n\xC3\xA9 tnbs";
  for (int round = 0; round < 20000; ++round) {
    std::string line = body(log.line("label " + std::to_string(round), round % 4 - 1));
    for (std::uint64_t changes = 1 + random() % 2; changes > 0; --changes) {
      const std::size_t at = random() % line.size();
      switch (random() % 3) {
        case 0:
          line[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          line.erase(at, 1 + random() % 3);
          break;
        default:
          line.insert(at, 1, kBytes[random() % kBytes.size()]);
      }
    }
    if (both.agree(line)) ++taken;
    if (testing::Test::HasFailure()) FAIL() << "round " << round << ": " << line;
  }
  EXPECT_GT(taken, 1000);
}

}  // namespace
}  // namespace quipu::wal
