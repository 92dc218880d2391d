#include "base/clock.h"

#include <chrono>
#include <cstdio>

#include "base/error.h"

namespace quipu {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t unix_seconds() override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::floor<std::chrono::seconds>(now).count();
  }
};

// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59Z: the spellings have four digits for the year.
constexpr std::int64_t kFirstSecond = -62167219200;
constexpr std::int64_t kLastSecond = 253402300799;
constexpr std::int64_t kTwoDays = std::int64_t{2} * 24 * 60 * 60;

// The pattern's first two arguments are the sign of the year and the year.
std::string format(std::int64_t unix_seconds, std::int64_t beyond, const char* pattern) {
  if (unix_seconds < kFirstSecond - beyond || unix_seconds > kLastSecond + beyond) {
    throw Error(Code::kInvalid, "time outside the years 0000 to 9999: " + std::to_string(unix_seconds));
  }
  const std::chrono::sys_seconds time{std::chrono::seconds{unix_seconds}};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  const int year = static_cast<int>(date.year());
  char text[64];
  const int length = std::snprintf(text, sizeof text, pattern, year < 0 ? "-" : "", year < 0 ? -year : year,
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                                   static_cast<int>(clock.seconds().count()));
  return {text, static_cast<std::size_t>(length)};
}

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

std::string iso_utc(std::int64_t unix_seconds) { return format(unix_seconds, 0, "%s%04d-%02u-%02uT%02d:%02d:%02dZ"); }

std::string compact_utc(std::int64_t unix_seconds) { return format(unix_seconds, 0, "%s%04d%02u%02uT%02d%02d%02d"); }

std::string sql_utc(std::int64_t unix_seconds) {
  return format(unix_seconds, kTwoDays, "%s%04d-%02u-%02u %02d:%02d:%02d");
}

}  // namespace quipu
