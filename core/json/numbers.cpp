#include "json/numbers.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

namespace quipu::json {
namespace {

char* put(std::string_view text, char* out) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_zeros(int count, char* out) {
  std::memset(out, '0', static_cast<std::size_t>(count));
  return out + count;
}

}  // namespace

// std::to_chars finds the shortest digits; Python's repr lays them out by rules of its own (wal.md, "Numbers").
char* format_double(double value, char* out) {
  if (std::isnan(value)) return put("NaN", out);
  if (std::signbit(value)) *out++ = '-';
  value = std::fabs(value);
  if (std::isinf(value)) return put("Infinity", out);
  if (value == 0) return put("0.0", out);

  char shortest[kMaxNumberSize];
  const char* const end = std::to_chars(shortest, shortest + sizeof shortest, value, std::chars_format::scientific).ptr;
  const char* const e = static_cast<const char*>(std::memchr(shortest, 'e', static_cast<std::size_t>(end - shortest)));
  int exponent = 0;
  for (const char* digit = e + 2; digit < end; ++digit) exponent = exponent * 10 + (*digit - '0');
  if (e[1] == '-') exponent = -exponent;

  // value = 0.d1..dn x 10^point
  const int point = exponent + 1;
  if (point <= -4 || point > 16) return put({shortest, static_cast<std::size_t>(end - shortest)}, out);

  char digits[kMaxNumberSize];
  digits[0] = shortest[0];
  int count = 1;
  if (shortest[1] == '.') {
    std::memcpy(digits + 1, shortest + 2, static_cast<std::size_t>(e - shortest - 2));
    count += static_cast<int>(e - shortest - 2);
  }
  const std::string_view all(digits, static_cast<std::size_t>(count));
  if (point <= 0) return put(all, put_zeros(-point, put("0.", out)));
  if (point >= count) return put(".0", put_zeros(point - count, put(all, out)));
  const auto whole = static_cast<std::size_t>(point);
  return put(all.substr(whole), put(".", put(all.substr(0, whole), out)));
}

char* format_integer(std::int64_t value, char* out) { return std::to_chars(out, out + kMaxNumberSize, value).ptr; }
char* format_integer(std::uint64_t value, char* out) { return std::to_chars(out, out + kMaxNumberSize, value).ptr; }

}  // namespace quipu::json
