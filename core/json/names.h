// json/names.h - inside core/json: questions about the member names of one object.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace quipu::json {

// Whether 16 bytes can be read from the start of any name, whatever its length. True for names that simdjson holds: its
// string buffer ends with SIMDJSON_PADDING spare bytes.
enum class Readable { kExactly, kPadded };

// The first eight bytes as a number that compares as the bytes do; shorter names are filled up with zeros.
template <Readable kReadable>
inline std::uint64_t name_prefix(std::string_view name) {
  std::uint64_t prefix = 0;
  if (name.size() >= 8) {
    std::memcpy(&prefix, name.data(), 8);
  } else if constexpr (kReadable == Readable::kPadded && std::endian::native == std::endian::little) {
    std::memcpy(&prefix, name.data(), 8);
    prefix &= (std::uint64_t{1} << (8 * name.size())) - 1;
  } else if (!name.empty()) {
    std::memcpy(&prefix, name.data(), name.size());
  }
  if constexpr (std::endian::native == std::endian::little) prefix = __builtin_bswap64(prefix);
  return prefix;
}

inline constexpr std::size_t kFewNames = 32;

// The same question for more than kFewNames names, of their hashes. May say true where no two names are equal.
bool hashes_may_repeat(std::span<const std::size_t> hashes);

// Whether two of the names may be equal; false is sure. name_at(i) gives the i-th of count names.
template <Readable kReadable, typename NameAt>
bool names_may_repeat(std::size_t count, NameAt name_at) {
  if (count > kFewNames) {
    std::vector<std::size_t> hashes(count);
    for (std::size_t i = 0; i < count; ++i) hashes[i] = std::hash<std::string_view>{}(name_at(i));
    return hashes_may_repeat(hashes);
  }
  std::array<std::uint64_t, 4> seen{};
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view name = name_at(i);
    const std::uint64_t hash = ((name_prefix<kReadable>(name) >> 3) + name.size()) * 0x9E3779B97F4A7C15u >> 56;
    std::uint64_t& word = seen[hash >> 6];
    const std::uint64_t bit = std::uint64_t{1} << (hash & 63);
    if ((word & bit) != 0) {
      for (std::size_t j = 0; j < i; ++j) {
        if (name_at(j) == name) return true;
      }
    }
    word |= bit;
  }
  return false;
}

inline constexpr std::size_t kNotFirst = static_cast<std::size_t>(-1);

// For each name: where the value stands that this place of the object gets (the last one of that name), or kNotFirst if
// the name stood earlier already.
std::vector<std::size_t> settle_repeated_names(std::span<const std::string_view> names);

}  // namespace quipu::json
