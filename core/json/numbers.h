// json/numbers.h - inside core/json: numbers written into a buffer.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quipu::json {

inline constexpr std::size_t kMaxNumberSize = 32;  // room that each needs

// Each returns the end of what it wrote.
char* format_double(double value, char* out);     // as Python spells it
char* format_go_double(double value, char* out);  // as Go's encoding/json spells it; it must be finite
char* format_integer(std::int64_t value, char* out);
char* format_integer(std::uint64_t value, char* out);

}  // namespace quipu::json
