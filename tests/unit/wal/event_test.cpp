#include "wal/event.h"

#include <gtest/gtest.h>

#include "unit/wal/wal_test_support.h"

namespace quipu::wal {
namespace {

// Reads one line; the texts stay while the object does.
struct Read {
  explicit Read(const std::string& text) : padded(text + std::string(json::kPadding, ' ')) {
    unreadable = reader.read(std::string_view(padded).substr(0, text.size()), event);
  }
  std::string padded;
  LineReader reader;
  EventView event;
  std::optional<Unreadable> unreadable;
};

SeqKind kind_of_seq(const std::string& json, std::int64_t& value) {
  Read read("{\"seq\": " + json + "}");
  EXPECT_FALSE(read.unreadable) << json;
  return coerce_seq(read.event.seq, value);
}

TEST(Event, FirstLineOfTheFormatPage) {
  LineWriter writer(0, "\"\"", 0);
  std::string line;
  const std::string record =
      R"({"id": "__compact__", "kind": "fact", "status": "active", "label": "Compacted at seq=0", "confidence": 0.7, )"
      R"("source_type": "observed", "evidence": [], "epistemic_boundary": [], "is_hypothesis": false, )"
      R"("model_assumptions": {}, "recursion_depth": 0, "data": {}})";
  const std::string canonical =
      R"({"confidence": 0.7, "data": {}, "epistemic_boundary": [], "evidence": [], "id": "__compact__", )"
      R"("is_hypothesis": false, "kind": "fact", "label": "Compacted at seq=0", "model_assumptions": {}, )"
      R"("recursion_depth": 0, "source_type": "observed", "status": "active"})";
  writer.write({"compact", "\"__compact__\"", record, canonical}, "2026-03-02T08:00:01Z", kNoBatch, line);
  EXPECT_EQ(line,
            R"({"seq": 1, "ts": "2026-03-02T08:00:01Z", "op": "compact", "record_id": "__compact__", "record": )" +
                record +
                R"(, "prev_hash": "", "hash": "31621d5597725c6d4c57d594240d5b36df47238b315ff56ba8f32fdc7610a03c", )"
                R"("recursion_depth": 0})" +
                "\n");
}

TEST(Event, WrittenLinesReadAndHashTheSame) {
  LogMaker maker;
  for (const std::int64_t batch : {kNoBatch, std::int64_t{7}, std::int64_t{0}}) {
    const std::string line = maker.line("x", batch);
    Read read(line.substr(0, line.size() - 1));
    ASSERT_FALSE(read.unreadable);
    EXPECT_EQ(read.event.in_batch, batch != kNoBatch);
    EXPECT_EQ(read.event.batch, batch == kNoBatch ? 0 : batch);
    EXPECT_EQ("\"" + LineHasher().hash(read.event).value_or("none") + "\"", maker.writer().last_hash_json());
    EXPECT_EQ(field_json(read.event.hash, ""), maker.writer().last_hash_json());
  }
  EXPECT_EQ(maker.writer().seq(), 3);
}

TEST(Event, WhatIsNoEvent) {
  EXPECT_EQ(Read("{\"seq\": 1").unreadable, Unreadable::kBadJson);
  EXPECT_EQ(Read("{} {}").unreadable, Unreadable::kBadJson);
  EXPECT_EQ(Read("{\"a\": \"\xFF\"}").unreadable, Unreadable::kNotUtf8);
  for (const char* text : {"1", "null", "[1]", "\"{}\""}) EXPECT_EQ(Read(text).unreadable, Unreadable::kNotAnObject);
}

TEST(Event, MissingFieldsAndRepeatedOnes) {
  Read empty("{}");
  ASSERT_FALSE(empty.unreadable);
  EXPECT_FALSE(empty.event.seq);
  EXPECT_EQ(field_text(empty.event.op, "upsert"), "upsert");
  std::int64_t seq = 9;
  EXPECT_EQ(coerce_seq(empty.event.seq, seq), SeqKind::kNumber);
  EXPECT_EQ(seq, 0);
  EXPECT_TRUE(LineHasher().hash(empty.event));
  Read twice(R"({"seq": 1, "op": "delete", "seq": 2})");
  coerce_seq(twice.event.seq, seq);
  EXPECT_EQ(seq, 2);
  // Odd values of the batch's key are none.
  for (const char* batch : {"-3", "true", "\"2\"", "1.0", "null"}) {
    Read odd(std::string("{\"batch\": ") + batch + "}");
    EXPECT_EQ(odd.event.batch, 0) << batch;
    EXPECT_FALSE(odd.event.in_batch) << batch;
  }
}

TEST(Event, SeqIsTakenAsPythonTakesIt) {
  const std::pair<const char*, std::int64_t> numbers[] = {{"5", 5},
                                                          {"-5", -5},
                                                          {"8.9", 8},
                                                          {"-8.9", -8},
                                                          {"1e3", 1000},
                                                          {"true", 1},
                                                          {"false", 0},
                                                          {"\"12\"", 12},
                                                          {"\" +1_0 \"", 10},
                                                          {"\"-7\"", -7},
                                                          {"\"007\"", 7},
                                                          {"\"\xD9\xA3\"", 3},
                                                          {"9223372036854775807", INT64_MAX},
                                                          {"\"-9223372036854775808\"", INT64_MIN},
                                                          {"-0", 0}};
  for (const auto& [json, expected] : numbers) {
    std::int64_t value = 99;
    EXPECT_EQ(kind_of_seq(json, value), SeqKind::kNumber) << json;
    EXPECT_EQ(value, expected) << json;
  }
  std::int64_t value = 0;
  for (const char* json : {"null", "NaN", "Infinity", "[1]", "{}", "\"\"", "\"1.0\"", "\"_1\"", "\"1__0\"", "\"1_\"",
                           "\"+\"", "\"- 1\"", "\"x\""}) {
    EXPECT_EQ(kind_of_seq(json, value), SeqKind::kUnusable) << json;
  }
  for (const char* json : {"9223372036854775808", "-9223372036854775809", "1e19", "\"9223372036854775808\""}) {
    EXPECT_EQ(kind_of_seq(json, value), SeqKind::kOutOfRange) << json;
  }
}

TEST(Event, SeqIsComparedAsANumber) {
  const auto at_least = [](const char* json, std::int64_t least) {
    Read read(std::string("{\"seq\": ") + json + "}");
    return seq_at_least(read.event.seq, least);
  };
  EXPECT_TRUE(at_least("3", 3));
  EXPECT_FALSE(at_least("2.9", 3));
  EXPECT_TRUE(at_least("3.1", 3));
  EXPECT_TRUE(at_least("true", 1));
  EXPECT_FALSE(at_least("true", 2));
  EXPECT_TRUE(at_least("Infinity", INT64_MAX));
  EXPECT_FALSE(at_least("-Infinity", INT64_MIN));
  EXPECT_TRUE(at_least("99999999999999999999", INT64_MAX));
  EXPECT_FALSE(at_least("-99999999999999999999", INT64_MIN));
  for (const char* json : {"\"5\"", "null", "NaN", "[]"}) EXPECT_FALSE(at_least(json, 0)) << json;
  EXPECT_TRUE(seq_at_least(std::nullopt, 0));
  EXPECT_FALSE(seq_at_least(std::nullopt, 1));
}

TEST(Event, LoneSurrogateCannotBeHashed) {
  Read read(R"({"record": {"a": "\ud83d"}})");
  ASSERT_FALSE(read.unreadable);
  EXPECT_FALSE(LineHasher().hash(read.event));
}

}  // namespace
}  // namespace quipu::wal
