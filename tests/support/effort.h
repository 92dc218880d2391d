// support/effort.h - how hard the tests try, and by which chance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string_view>

namespace quipu::test {

// ./dev test --long
inline bool long_run() {
  const char* value = std::getenv("QUIPU_TEST_LONG");
  return value != nullptr && *value != '\0' && std::string_view(value) != "0";
}

// QUIPU_TEST_SEED: the one that a failure named.
inline std::optional<std::uint64_t> given_seed() {
  const char* value = std::getenv("QUIPU_TEST_SEED");
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::strtoull(value, nullptr, 10);
}

// For tests that go through seeds: where they begin, and how many they take. A given one is the only one.
inline std::uint64_t first_seed() { return given_seed().value_or(1); }
inline std::size_t seeds(std::size_t short_form, std::size_t long_form) {
  if (given_seed()) return 1;
  return long_run() ? long_form : short_form;
}

// For tests that take one seed: the short form is the same each time, the long form is another each time.
inline std::uint64_t one_seed() {
  if (const auto given = given_seed()) return *given;
  return long_run() ? std::random_device()() : 1;
}

}  // namespace quipu::test
