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

// The shortest digits that read back as a value: 0.<digits> x 10^point.
struct Shortest {
  char scientific[kMaxNumberSize];
  std::size_t scientific_size;
  char text[kMaxNumberSize];
  std::size_t size;
  int point;

  std::string_view digits() const { return {text, size}; }
};

Shortest find_shortest(double value) {
  Shortest found;
  char* const begin = found.scientific;
  const char* const end = std::to_chars(begin, begin + kMaxNumberSize, value, std::chars_format::scientific).ptr;
  found.scientific_size = static_cast<std::size_t>(end - begin);
  const char* const e = static_cast<const char*>(std::memchr(begin, 'e', found.scientific_size));
  int exponent = 0;
  for (const char* digit = e + 2; digit < end; ++digit) exponent = exponent * 10 + (*digit - '0');
  found.point = (e[1] == '-' ? -exponent : exponent) + 1;
  found.text[0] = begin[0];
  found.size = 1;
  if (begin[1] == '.') {
    const auto more = static_cast<std::size_t>(e - begin - 2);
    std::memcpy(found.text + 1, begin + 2, more);
    found.size += more;
  }
  return found;
}

// Without an exponent; an integral value has no point.
char* put_plain(const Shortest& shortest, char* out) {
  const std::string_view all = shortest.digits();
  const int point = shortest.point;
  if (point <= 0) return put(all, put_zeros(-point, put("0.", out)));
  const auto whole = static_cast<std::size_t>(point);
  if (whole >= all.size()) return put_zeros(point - static_cast<int>(all.size()), put(all, out));
  return put(all.substr(whole), put(".", put(all.substr(0, whole), out)));
}

}  // namespace

// std::to_chars finds the shortest digits; Python's repr lays them out by rules of its own (wal.md, "Numbers").
char* format_double(double value, char* out) {
  if (std::isnan(value)) return put("NaN", out);
  if (std::signbit(value)) *out++ = '-';
  value = std::fabs(value);
  if (std::isinf(value)) return put("Infinity", out);
  if (value == 0) return put("0.0", out);

  const Shortest shortest = find_shortest(value);
  if (shortest.point <= -4 || shortest.point > 16) return put({shortest.scientific, shortest.scientific_size}, out);
  out = put_plain(shortest, out);
  return shortest.point >= static_cast<int>(shortest.size) ? put(".0", out) : out;
}

// Plain between 1e-6 and 1e21; the exponent of smaller and larger ones has no leading zero: 1e-7, 1.5e+300.
char* format_go_double(double value, char* out) {
  if (std::signbit(value)) *out++ = '-';
  value = std::fabs(value);
  if (value == 0) return put("0", out);
  const Shortest shortest = find_shortest(value);
  if (value >= 1e-6 && value < 1e21) return put_plain(shortest, out);
  std::string_view text(shortest.scientific, shortest.scientific_size);
  const std::size_t digit = text.find('e') + 2;
  out = put(text.substr(0, digit), out);
  return put(text.substr(text[digit] == '0' ? digit + 1 : digit), out);
}

char* format_integer(std::int64_t value, char* out) { return std::to_chars(out, out + kMaxNumberSize, value).ptr; }
char* format_integer(std::uint64_t value, char* out) { return std::to_chars(out, out + kMaxNumberSize, value).ptr; }

}  // namespace quipu::json
