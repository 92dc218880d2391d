// base/time_text.h - times as the rows and manifests of sync spell them. base/clock.h spells; this reads.
//
// Times are compared as instants, never as texts: "...00.5Z" sorts before "...00Z".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quipu {

// Since 1970, UTC. nanoseconds counts upwards, from 0 to 999,999,999, before 1970 too.
struct Instant {
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;
  auto operator<=>(const Instant&) const = default;
};

// What an optional Instant is good for: no value (an empty or unreadable time) is earlier than any value.
using MaybeInstant = std::optional<Instant>;

// The spellings of rows: YYYY-MM-DD, a space or T, HH:MM:SS, then a fraction and Z or an offset (+HH:MM), each of which may be
// absent: without an offset it is UTC. White space around is ignored. Every text that parse_rfc3339 reads is read, to the
// same instant.
MaybeInstant parse_instant(std::string_view text);

// RFC 3339 as Go's time.Parse reads it, to the letter: T and Z in upper case, an offset or Z is a must; the hour may have one
// digit, a comma may begin the fraction, of which nine digits count, and an offset may be up to 24:60.
MaybeInstant parse_rfc3339(std::string_view text);

// What the reference compares with its cutoff: RFC 3339 becomes UTC `YYYY-MM-DD HH:MM:SS` (the fraction is dropped), anything
// else only loses the white space around it.
std::string normalize_time(std::string_view text);

}  // namespace quipu
