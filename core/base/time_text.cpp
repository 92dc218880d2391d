#include "base/time_text.h"

#include <chrono>
#include <cstddef>

#include "base/clock.h"
#include "base/unicode.h"

namespace quipu {
namespace {

enum class Rules { kRfc3339, kRow };

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Scanner {
 public:
  Scanner(std::string_view text, Rules rules) : text_(text), rules_(rules) {}

  MaybeInstant run() {
    if (!date() || !separator() || !clock()) return std::nullopt;
    const std::int32_t nanoseconds = fraction();
    std::int64_t east = 0;
    if (!offset(east) || at_ != text_.size()) return std::nullopt;
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(year_)),
                                          std::chrono::month(static_cast<unsigned>(month_)),
                                          std::chrono::day(static_cast<unsigned>(day_))};
    if (!day.ok()) return std::nullopt;
    const auto midnight = std::chrono::sys_seconds(std::chrono::sys_days(day)).time_since_epoch().count();
    return Instant{midnight + seconds_ - east, nanoseconds};
  }

 private:
  bool take(char wanted) {
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  bool digits(int count, std::int64_t& value) {
    value = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      if (at_ == text_.size() || !is_digit(text_[at_])) return false;
      value = value * 10 + (text_[at_] - '0');
    }
    return true;
  }

  bool date() { return digits(4, year_) && take('-') && digits(2, month_) && take('-') && digits(2, day_); }

  bool separator() { return take('T') || (rules_ == Rules::kRow && (take(' ') || take('t'))); }

  bool clock() {
    std::int64_t hour = 0;
    std::int64_t minute = 0;
    std::int64_t second = 0;
    const bool short_hour = at_ + 1 < text_.size() && text_[at_ + 1] == ':';
    if (!digits(short_hour ? 1 : 2, hour) || !take(':') || !digits(2, minute) || !take(':') || !digits(2, second))
      return false;
    seconds_ = (hour * 60 + minute) * 60 + second;
    return hour < 24 && minute < 60 && second < 60;
  }

  // Takes all digits, counts nine.
  std::int32_t fraction() {
    if (at_ + 1 >= text_.size() || (text_[at_] != '.' && text_[at_] != ',') || !is_digit(text_[at_ + 1])) return 0;
    ++at_;
    std::int32_t nanoseconds = 0;
    for (std::int32_t unit = 100'000'000; at_ < text_.size() && is_digit(text_[at_]); ++at_, unit /= 10) {
      nanoseconds += unit * (text_[at_] - '0');
    }
    return nanoseconds;
  }

  bool offset(std::int64_t& east) {
    if (take('Z') || (rules_ == Rules::kRow && (take('z') || at_ == text_.size()))) return true;
    const bool west = take('-');
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    if ((!west && !take('+')) || !digits(2, hours) || !take(':') || !digits(2, minutes)) return false;
    east = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
    return hours <= 24 && minutes <= 60;
  }

  const std::string_view text_;
  const Rules rules_;
  std::size_t at_ = 0;
  std::int64_t year_ = 0;
  std::int64_t month_ = 0;
  std::int64_t day_ = 0;
  std::int64_t seconds_ = 0;
};

}  // namespace

MaybeInstant parse_instant(std::string_view text) { return Scanner(trim_white_space(text), Rules::kRow).run(); }

MaybeInstant parse_rfc3339(std::string_view text) { return Scanner(text, Rules::kRfc3339).run(); }

std::string normalize_time(std::string_view text) {
  const MaybeInstant instant = parse_rfc3339(text);  // with white space around it, it is something else
  return instant ? sql_utc(instant->seconds) : std::string(trim_white_space(text));
}

}  // namespace quipu
