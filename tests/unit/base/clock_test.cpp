#include "base/clock.h"

#include <gtest/gtest.h>

#include <ctime>

#include "base/error.h"

namespace quipu {
namespace {

TEST(Clock, SpellsTimes) {
  const struct {
    std::int64_t seconds;
    const char *iso, *compact;
  } kCases[] = {
      {0, "1970-01-01T00:00:00Z", "19700101T000000"},
      {-1, "1969-12-31T23:59:59Z", "19691231T235959"},
      {1772438401, "2026-03-02T08:00:01Z", "20260302T080001"},
      {951782399, "2000-02-28T23:59:59Z", "20000228T235959"},
      {951782400, "2000-02-29T00:00:00Z", "20000229T000000"},
      {4107542400, "2100-03-01T00:00:00Z", "21000301T000000"},
      {2147483648, "2038-01-19T03:14:08Z", "20380119T031408"},
      {-62167219200, "0000-01-01T00:00:00Z", "00000101T000000"},
      {253402300799, "9999-12-31T23:59:59Z", "99991231T235959"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(iso_utc(c.seconds), c.iso);
    EXPECT_EQ(compact_utc(c.seconds), c.compact);
    std::string sql = c.iso;
    sql[10] = ' ';
    sql.pop_back();
    EXPECT_EQ(sql_utc(c.seconds), sql);
  }
}

TEST(Clock, RefusesYearsOfMoreThanFourDigits) {
  for (const std::int64_t seconds : {std::int64_t{253402300800}, std::int64_t{-62167219201}, INT64_MAX, INT64_MIN}) {
    EXPECT_THROW(iso_utc(seconds), Error) << seconds;
    EXPECT_THROW(compact_utc(seconds), Error) << seconds;
  }
  EXPECT_EQ(sql_utc(253402300800), "10000-01-01 00:00:00");
  EXPECT_EQ(sql_utc(-62167219201), "-0001-12-31 23:59:59");
  EXPECT_THROW(sql_utc(INT64_MAX), Error);
  EXPECT_THROW(sql_utc(INT64_MIN), Error);
}

TEST(Clock, SystemClockTellsTheTime) {
  const std::int64_t before = std::time(nullptr) - 1;
  const std::int64_t now = system_clock().unix_seconds();
  EXPECT_GE(now, before);
  EXPECT_LE(now, std::time(nullptr) + 1);
}

}  // namespace
}  // namespace quipu
