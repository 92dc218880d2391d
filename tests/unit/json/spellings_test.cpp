// The three spellings: vectors of the original, then what they leave out.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "crypto/sha256.h"
#include "vectors.h"

namespace quipu::json {
namespace {

TEST(Spellings, VectorsOfTheOriginal) {
  const nlohmann::json vectors = read_vectors("canonical_vectors.json");
  ASSERT_EQ(vectors.size(), 266u);
  std::size_t indented_seen = 0;
  for (const auto& vector : vectors) {
    const std::string text = vector.at("value");
    SCOPED_TRACE(text.substr(0, 200));
    for (const auto& convert : {by_value, by_node}) {
      const std::string canonical = convert(text, Spelling::kCanonical, Surrogates::kRefuse);
      const std::string line = convert(text, Spelling::kLog, Surrogates::kRefuse);
      EXPECT_EQ(canonical, vector.at("canonical"));
      EXPECT_EQ(crypto::to_hex(crypto::sha256(canonical)), vector.at("sha256"));
      EXPECT_EQ(line, vector.at("line"));
      if (vector.at("indented").is_null()) continue;
      ++indented_seen;
      EXPECT_EQ(convert(text, Spelling::kSnapshot, Surrogates::kRefuse), vector.at("indented"));
      std::string from_line;
      log_to_snapshot(line, 0, from_line);
      EXPECT_EQ(from_line, vector.at("indented"));
    }
  }
  EXPECT_GT(indented_seen, 0u);
}

TEST(Spellings, WrittenTextReadsBackTheSame) {
  for (const auto& vector : read_vectors("canonical_vectors.json")) {
    const std::string line = vector.at("line");
    for (const Spelling spelling : {Spelling::kLog, Spelling::kCanonical, Spelling::kSnapshot}) {
      EXPECT_EQ(by_value(by_value(line, spelling), Spelling::kCanonical), vector.at("canonical"));
      EXPECT_EQ(by_node(by_node(line, spelling), Spelling::kCanonical), vector.at("canonical"));
    }
  }
}

struct Case {
  const char *text, *log, *canonical;
};

const Case kRepeated[] = {
    {R"({"a": 1, "b": 2, "a": 3})", R"({"a": 3, "b": 2})", R"({"a": 3, "b": 2})"},
    {R"({"b": 1, "a": 2, "b": {"x": 1, "x": 2}, "c": 4, "b": [5, {"y": 1, "y": 0}]})",
     R"({"b": [5, {"y": 0}], "a": 2, "c": 4})", R"({"a": 2, "b": [5, {"y": 0}], "c": 4})"},
    {R"({"": 1, "": 2})", R"({"": 2})", R"({"": 2})"},
    {R"({"\u0061": 1, "a": 2})", R"({"a": 2})", R"({"a": 2})"},
    {"{\"a\": 1, \"a\\u0000\": 2, \"a\": 3}", "{\"a\": 3, \"a\\u0000\": 2}", "{\"a\": 3, \"a\\u0000\": 2}"},
};

TEST(Spellings, OfRepeatedNamesTheLastValueStandsAtTheFirstPlace) {
  for (const Case& c : kRepeated) {
    for (const auto& convert : {by_value, by_node}) {
      EXPECT_EQ(convert(c.text, Spelling::kLog, Surrogates::kRefuse), c.log);
      EXPECT_EQ(convert(c.text, Spelling::kCanonical, Surrogates::kRefuse), c.canonical);
    }
  }
}

// Around the size where small objects are treated apart, and well beyond it.
TEST(Spellings, RepeatedNamesInObjectsOfEverySize) {
  for (const int count : {1, 2, 8, 31, 32, 33, 34, 100, 5000}) {
    std::string text = "{";
    std::string expected_log = "{";
    std::vector<std::string> sorted;
    for (int i = 0; i < count; ++i) {
      const std::string name = "\"MEM-" + std::to_string(i * 7919 % 100003) + '"';
      text += name + ": 0, ";
      const std::string member = name + ": " + (i % 3 == 0 ? "1" : "0");
      expected_log += (i == 0 ? "" : ", ") + member;
      sorted.push_back(member);
    }
    for (int i = 0; i < count; i += 3) text += "\"MEM-" + std::to_string(i * 7919 % 100003) + "\": 1, ";
    text.resize(text.size() - 2);
    text += '}';
    expected_log += '}';
    std::sort(sorted.begin(), sorted.end());
    std::string expected_canonical = "{";
    for (std::size_t i = 0; i < sorted.size(); ++i) expected_canonical += (i == 0 ? "" : ", ") + sorted[i];
    expected_canonical += '}';
    for (const auto& convert : {by_value, by_node}) {
      EXPECT_EQ(convert(text, Spelling::kLog, Surrogates::kRefuse), expected_log) << count;
      EXPECT_EQ(convert(text, Spelling::kCanonical, Surrogates::kRefuse), expected_canonical) << count;
    }
  }
}

TEST(Spellings, NamesAreSortedByCodePoint) {
  // U+FFFF comes before U+10000, though UTF-16 has them the other way round; a longer name comes after its beginning.
  const char* const text =
      "{\"\xF0\x90\x80\x80\": 1, \"\xEF\xBF\xBF\": 2, \"abcdefghi\": 3, \"abcdefgh\": 4, \"abcdefg\": 5, "
      "\"a\\u0000\": 6, \"a\": 7, \"\": 8, \"e\xCC\x81\": 9, \"\xC3\xA9\": 10, \"abcdefghj\": 11, \"B\": 12}";
  const char* const sorted =
      "{\"\": 8, \"B\": 12, \"a\": 7, \"a\\u0000\": 6, \"abcdefg\": 5, \"abcdefgh\": 4, \"abcdefghi\": 3, "
      "\"abcdefghj\": 11, \"e\xCC\x81\": 9, \"\xC3\xA9\": 10, \"\xEF\xBF\xBF\": 2, \"\xF0\x90\x80\x80\": 1}";
  EXPECT_EQ(by_value(text, Spelling::kCanonical), sorted);
  EXPECT_EQ(by_node(text, Spelling::kCanonical), sorted);
}

TEST(Spellings, SnapshotStartsAtTheGivenLevel) {
  const Value value = parse(R"({"a": [1, {}], "b": []})");
  const std::string expected = "{\n      \"a\": [\n        1,\n        {}\n      ],\n      \"b\": []\n    }";
  std::string out = "before ";
  write(value, Spelling::kSnapshot, Surrogates::kRefuse, out, 2);
  EXPECT_EQ(out, "before " + expected);
  out = "before ";
  log_to_snapshot(R"({"a": [1, {}], "b": []})", 2, out);
  EXPECT_EQ(out, "before " + expected);
}

TEST(Spellings, LargeTextsGrowTheOutput) {
  std::string text = "[";
  for (int i = 0; i < 50000; ++i)
    text += "{\"key\": \"value \\n " + std::to_string(i) + "\", \"list\": [1, 2.5, null]}, ";
  text += "\"" + std::string(300000, '\x7f') + "\"]";
  std::string out = "kept";
  Document document;
  write(document.parse(text), Spelling::kLog, Surrogates::kRefuse, out);
  EXPECT_EQ(out, "kept" + text);
}

TEST(Spellings, LoneSurrogates) {
  const nlohmann::json rejects = read_vectors("json_rejects.json");
  ASSERT_EQ(rejects.at("parses_but_cannot_be_hashed").size(), 5u);
  for (const auto& vector : rejects.at("parses_but_cannot_be_hashed")) {
    const std::string text = vector.at("text");
    for (const auto& convert : {by_value, by_node}) {
      for (const Spelling spelling : {Spelling::kLog, Spelling::kCanonical, Spelling::kSnapshot}) {
        try {
          convert(text, spelling, Surrogates::kRefuse);
          ADD_FAILURE() << text << " was written";
        } catch (const Error& error) {
          EXPECT_EQ(error.code(), Code::kInvalid);
        }
        const std::string kept = convert(text, spelling, Surrogates::kEscape);
        EXPECT_EQ(convert(kept, spelling, Surrogates::kEscape), kept);
      }
    }
  }
  EXPECT_EQ(by_node(R"(["\uD83D", "x\uDfffy", "\ud83d\ude00", "\ud83dA"])", Spelling::kLog, Surrogates::kEscape),
            "[\"\\ud83d\", \"x\\udfffy\", \"\xF0\x9F\x98\x80\", \"\\ud83dA\"]");
}

TEST(Spellings, WhatFailsLeavesTheOutputAlone) {
  std::string out = "kept";
  EXPECT_THROW(write(parse(R"({"a": "long enough to be written first", "b": "\ud800"})"), Spelling::kLog,
                     Surrogates::kRefuse, out),
               Error);
  EXPECT_EQ(out, "kept");
  EXPECT_THROW(write_string("\xED\xA0\x80", Surrogates::kRefuse, out), Error);
  EXPECT_EQ(out, "kept");
}

}  // namespace
}  // namespace quipu::json
