#include "chronostore/state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "chronostore/ordinal_set.h"
#include "support/chronostore_support.h"

namespace quipu::chronostore {
namespace {

using test::record_of_json;

TEST(OrdinalSet, BehavesAsASet) {
  std::mt19937 random(7);
  OrdinalSet set;
  std::set<std::uint32_t> expected;
  for (int i = 0; i < 20000; ++i) {
    // Near the borders of runs, and far apart.
    const std::uint32_t ordinal =
        random() % 3 == 0 ? 8192 * (random() % 5) + random() % 3 - (random() % 2) * 1 : random() % 50000;
    if (ordinal > 100000) continue;
    if (random() % 2 == 0) {
      set.insert(ordinal);
      expected.insert(ordinal);
    } else {
      set.erase(ordinal);
      expected.erase(ordinal);
    }
    ASSERT_EQ(set.size(), expected.size());
  }
  std::vector<std::uint32_t> found;
  set.for_each([&](std::uint32_t ordinal) { found.push_back(ordinal); });
  EXPECT_EQ(found, std::vector<std::uint32_t>(expected.begin(), expected.end()));
}

RecordRef with(const std::string& id, const std::string& kind, const std::string& status,
               const std::string& confidence) {
  return record_of_json("{\"id\": " + id + ", \"kind\": " + kind + ", \"status\": " + status +
                        ", \"confidence\": " + confidence + "}");
}

TEST(State, KeepsTheOrderOfFirstInsertion) {
  State state;
  for (const char* id : {"\"c\"", "\"a\"", "\"b\""}) state.put(with(id, "\"fact\"", "\"active\"", "1"));
  state.put(with("\"a\"", "\"risk\"", "\"active\"", "1"));
  state.bury("\"c\"");
  state.bury("\"unknown\"");
  state.put(with("\"c\"", "\"fact\"", "\"active\"", "0.5"));
  ASSERT_EQ(state.size(), 3U);
  EXPECT_EQ(state.at(0)->field(ChronoRecordField::id), "\"c\"");
  EXPECT_EQ(state.at(1)->field(ChronoRecordField::kind), "\"risk\"");
  EXPECT_EQ(state.active_count(), 3U);
  EXPECT_EQ(state.find_ordinal("\"b\""), 2U);
  EXPECT_EQ(state.find_ordinal("\"B\""), State::kNone);
}

TEST(State, IdsThatPythonTakesForOneKey) {
  State state;
  for (const char* id : {"1", "1.0", "true", "1e0", "\"1\"", "null", "false", "-0.0", "0", "9007199254740993"}) {
    state.put(with(id, "\"fact\"", "\"active\"", "1"));
  }
  EXPECT_EQ(state.size(), 5U);                                  // 1, "1", null, 0, 9007199254740993
  EXPECT_EQ(state.at(0)->field(ChronoRecordField::id), "1.0");  // the last one written, as a double is spelled
  EXPECT_EQ(state.find_ordinal(id_key("1.0")), 0U);
  EXPECT_EQ(state.find_ordinal(id_key_of_text("true")), 0U);
  EXPECT_EQ(state.find_ordinal(id_key_of_text("7")), State::kNone);
  EXPECT_TRUE(id_key("[1]").empty());
  EXPECT_TRUE(id_key("{}").empty());
  EXPECT_TRUE(id_key_of_text("[1]").empty());
  EXPECT_TRUE(id_key_of_text("").empty());
}

// Against a list that is searched through.
TEST(State, QueriesGiveWhatASearchGives) {
  const std::vector<std::string> kinds = {"\"fact\"", "\"risk\"", "\"edge\"", "null"};
  const std::vector<std::string> statuses = {"\"active\"", "\"tombstone\"", "\"deprecated\"", "\"Active\""};
  const std::vector<std::string> confidences = {"0.6", "0.5999999999999999", "1",        "true", "false", "-1",
                                                "NaN", "Infinity",           "\"high\"", "null", "0.0",   "-0.0"};
  std::mt19937 random(11);
  State state;
  std::vector<RecordRef> list;
  std::map<std::string, std::size_t> place;
  const auto put = [&](RecordRef record) {
    const std::string id(record->field(ChronoRecordField::id));
    const auto [at, is_new] = place.emplace(id, list.size());
    if (is_new) {
      list.push_back(record);
    } else {
      list[at->second] = record;
    }
    state.put(std::move(record));
  };
  for (int i = 0; i < 4000; ++i) {
    const std::string id = "\"" + std::to_string(random() % 900) + "\"";
    put(with(id, kinds[random() % 4], statuses[random() % 4], confidences[random() % confidences.size()]));
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const std::string& kind : {std::string(), kinds[0], kinds[2], std::string("\"none\"")}) {
    for (const std::string& status : {std::string(), statuses[0], statuses[1]}) {
      for (const double threshold : {0.0, 0.6, 1.0, nan}) {
        const Selection selection{kind, status, threshold};
        std::vector<std::string> expected;
        for (const RecordRef& record : list) {
          if (selection.matches(*record)) expected.emplace_back(record->field(ChronoRecordField::id));
        }
        std::vector<std::string> found;
        for (const std::uint32_t ordinal : state.candidates(selection)) {
          if (selection.passes_threshold(*state.at(ordinal))) {
            found.emplace_back(state.at(ordinal)->field(ChronoRecordField::id));
          }
        }
        EXPECT_EQ(found, expected) << kind << status << threshold;
      }
    }
  }
  const auto active = std::count_if(list.begin(), list.end(), [](const RecordRef& r) { return is_active(*r); });
  EXPECT_EQ(state.active_count(), static_cast<std::size_t>(active));
}

TEST(Selection, Threshold) {
  const auto passes = [](const char* confidence, double threshold) {
    return Selection{"", "", threshold}.matches(*with("\"a\"", "\"f\"", "\"s\"", confidence));
  };
  EXPECT_TRUE(passes("0.6", 0.6));
  EXPECT_FALSE(passes("0.5999999999999999", 0.6));
  EXPECT_TRUE(passes("1", 0.9));
  EXPECT_TRUE(passes("true", 1.0));
  EXPECT_FALSE(passes("false", 0.1));
  EXPECT_TRUE(passes("NaN", 99));
  EXPECT_TRUE(passes("-5", std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(passes("-0.1", 0));
  EXPECT_TRUE(passes("\"0.9\"", 0));
  EXPECT_FALSE(passes("\"0.9\"", 0.6));
}

}  // namespace
}  // namespace quipu::chronostore
