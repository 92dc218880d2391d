// base/clock.h - where timestamps come from; tests bring their own.
#pragma once

#include <cstdint>
#include <string>

namespace quipu {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t unix_seconds() = 0;  // UTC

 protected:
  Clock() = default;
  Clock(const Clock&) = default;
  Clock& operator=(const Clock&) = default;
};

Clock& system_clock();

// Years 0000 to 9999; Error(kInvalid) for others.
std::string iso_utc(std::int64_t unix_seconds);      // 2026-03-02T08:00:01Z
std::string compact_utc(std::int64_t unix_seconds);  // 20260302T080001
// 2026-03-02 08:00:01. Takes two days more at each end, which a time with an offset may reach: -0001-12-31, 10000-01-01.
std::string sql_utc(std::int64_t unix_seconds);

}  // namespace quipu
