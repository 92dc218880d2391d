// Times: every spelling that rows and manifests may have, and what is none.
#include "base/time_text.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/clock.h"

namespace quipu {
namespace {

constexpr std::int64_t kSecond = 1772438401;  // 2026-03-02T08:00:01Z

TEST(TimeText, ReadsInstants) {
  const struct {
    const char* text;
    Instant instant;
    bool is_rfc3339;
  } kCases[] = {
      {"2026-03-02 08:00:01", {kSecond, 0}, false},
      {" \t2026-03-02 08:00:01\xC2\xA0", {kSecond, 0}, false},
      {"2026-03-02T08:00:01", {kSecond, 0}, false},
      {"2026-03-02t08:00:01z", {kSecond, 0}, false},
      {"2026-03-02 08:00:01Z", {kSecond, 0}, false},
      {"2026-03-02 08:00:01.25", {kSecond, 250'000'000}, false},
      {"2026-03-02 10:00:01.000000001+02:00", {kSecond, 1}, false},
      {"2026-03-02T08:00:01Z", {kSecond, 0}, true},
      {"2026-03-02T8:00:01Z", {kSecond, 0}, true},
      {"2026-03-02T08:00:01.5Z", {kSecond, 500'000'000}, true},
      {"2026-03-02T08:00:01,5Z", {kSecond, 500'000'000}, true},
      {"2026-03-02T08:00:01.123456789Z", {kSecond, 123'456'789}, true},
      {"2026-03-02T08:00:01.1234567899999999999999999Z", {kSecond, 123'456'789}, true},
      {"2026-03-02T08:00:01+00:00", {kSecond, 0}, true},
      {"2026-03-02T08:00:01-00:00", {kSecond, 0}, true},
      {"2026-03-01T22:30:01.75-09:30", {kSecond, 750'000'000}, true},
      {"2026-03-03T09:00:01+24:60", {kSecond, 0}, true},
      {"1970-01-01T00:00:00Z", {0, 0}, true},
      {"1969-12-31T23:59:59.25Z", {-1, 250'000'000}, true},
      {"0000-01-01T00:00:00+24:60", {-62167219200 - 90000, 0}, true},
      {"9999-12-31T23:59:59-24:60", {253402300799 + 90000, 0}, true},
      {"2024-02-29T00:00:00Z", {1709164800, 0}, true},
      {"2000-02-29T00:00:00Z", {951782400, 0}, true},
  };
  for (const auto& c : kCases) {
    const MaybeInstant instant = parse_instant(c.text);
    ASSERT_TRUE(instant) << c.text;
    EXPECT_EQ(instant->seconds, c.instant.seconds) << c.text;
    EXPECT_EQ(instant->nanoseconds, c.instant.nanoseconds) << c.text;
    EXPECT_EQ(parse_rfc3339(c.text), c.is_rfc3339 ? instant : std::nullopt) << c.text;
  }
}

TEST(TimeText, RefusesTheRest) {
  for (const char* text : {"",
                           " ",
                           "junk",
                           "2026",
                           "2026-03-02",
                           "2026-03-02 08:00",
                           "2026-03-02 08:00:0",
                           "2026-03-02  08:00:01",
                           "2026-3-2T08:00:01Z",
                           "26-03-02T08:00:01Z",
                           "02026-03-02T08:00:01Z",
                           "-026-03-02T08:00:01Z",
                           "2026/03/02T08:00:01Z",
                           "2026-00-02T08:00:01Z",
                           "2026-13-02T08:00:01Z",
                           "2026-03-00T08:00:01Z",
                           "2026-03-32T08:00:01Z",
                           "2026-02-29T08:00:01Z",
                           "2100-02-29T08:00:01Z",
                           "2026-03-02T24:00:00Z",
                           "2026-03-02T08:60:01Z",
                           "2026-03-02T08:00:60Z",
                           "2026-03-02T08:0:01Z",
                           "2026-03-02T:00:01Z",
                           "2026-03-02T08:00:01.Z",
                           "2026-03-02T08:00:01.",
                           "2026-03-02T08:00:01;5Z",
                           "2026-03-02T08:00:01.5.5Z",
                           "2026-03-02T08:00:01+0200",
                           "2026-03-02T08:00:01+02",
                           "2026-03-02T08:00:01+2:00",
                           "2026-03-02T08:00:01+25:00",
                           "2026-03-02T08:00:01+02:61",
                           "2026-03-02T08:00:01 +02:00",
                           "2026-03-02T08:00:01ZZ",
                           "2026-03-02T08:00:01Z+00:00",
                           "2026-03-02T08:00:01UTC",
                           "2026-03-02 08:00:01 +0000 UTC",
                           "2026-03-02T08:00:01\xE2\x88\x92"
                           "02:00",
                           "\xD9\xA2"
                           "026-03-02T08:00:01Z"}) {
    EXPECT_FALSE(parse_instant(text)) << text;
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
  EXPECT_FALSE(parse_instant(std::string_view("2026-03-02 08:00:01\0", 20)));
}

TEST(TimeText, EveryPrefixOfATimeIsReadOrRefused) {
  const std::string_view text = "2026-03-02T08:00:01.5+00:00";
  for (std::size_t size = 0; size < text.size(); ++size) {
    // Its own block: a sanitizer sees a step over the end.
    const std::string prefix(text.substr(0, size));
    EXPECT_EQ(parse_instant(prefix).has_value(), size == 19 || size == 21) << prefix;
    EXPECT_FALSE(parse_rfc3339(prefix)) << prefix;
  }
}

TEST(TimeText, OrderIsThatOfInstants) {
  // Each is earlier than the next one.
  const char* const kOrder[] = {"unreadable",
                                "0000-01-01 00:00:00",
                                "1969-12-31 23:59:59.9",
                                "1970-01-01 00:00:00",
                                "2026-01-01T01:00:00+02:00",
                                "2026-01-01T00:00:00Z",
                                "2026-01-01T00:00:00.000000001Z",
                                "2026-01-01T00:00:00.5Z",
                                "2026-01-01 00:00:01",
                                "9999-12-31T23:59:59-23:00"};
  for (std::size_t i = 0; i + 1 < std::size(kOrder); ++i) {
    EXPECT_LT(parse_instant(kOrder[i]), parse_instant(kOrder[i + 1])) << kOrder[i];
  }
  EXPECT_EQ(parse_instant("2026-01-01T02:00:00+02:00"), parse_instant("2026-01-01 00:00:00"));
  EXPECT_EQ(parse_instant(""), parse_instant("x"));
}

TEST(TimeText, SqlSpellingReadsBack) {
  for (std::int64_t seconds = -62167219200; seconds <= 253402300799; seconds += 86399 * 97) {
    ASSERT_EQ(parse_instant(sql_utc(seconds)), (Instant{seconds, 0})) << sql_utc(seconds);
    ASSERT_EQ(parse_rfc3339(iso_utc(seconds)), (Instant{seconds, 0})) << iso_utc(seconds);
  }
}

TEST(NormalizeTime, Vectors) {
  std::ifstream in(QUIPU_TEST_DATA_DIR "/sync/vectors/normalize_time.json", std::ios::binary);
  const nlohmann::json vectors = nlohmann::json::parse(in);
  ASSERT_EQ(vectors.at("cases").size(), 20u);
  for (const nlohmann::json& c : vectors.at("cases")) {
    EXPECT_EQ(normalize_time(c.at("in").get<std::string>()), c.at("out").get<std::string>()) << c;
  }
}

TEST(NormalizeTime, ReachesIntoTheYearsNextToTheRange) {
  EXPECT_EQ(normalize_time("0000-01-01T00:00:00+00:01"), "-0001-12-31 23:59:00");
  EXPECT_EQ(normalize_time("9999-12-31T23:59:59-24:60"), "10000-01-02 00:59:59");
}

}  // namespace
}  // namespace quipu
