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

std::string iso_utc(std::int64_t unix_seconds);      // 2026-03-02T08:00:01Z
std::string compact_utc(std::int64_t unix_seconds);  // 20260302T080001

}  // namespace quipu
