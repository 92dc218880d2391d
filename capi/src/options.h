// options.h - reading the option structs of the public headers.
#pragma once

#include <quipu/chronostore.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/error.h"
#include "chronostore/store.h"

namespace quipu::capi {

// The caller's options as far as it knows them; the rest is zero, which is the default of everything.
template <typename Options>
Options options_in(const Options* given) {
  Options options;
  std::memset(&options, 0, sizeof options);
  if (given == nullptr) return options;
  if (given->struct_size < sizeof(std::size_t) || given->struct_size > sizeof options) {
    throw Error(Code::kInvalid, "struct_size of the options is " + std::to_string(given->struct_size) +
                                    ", expected at most " + std::to_string(sizeof options));
  }
  std::memcpy(&options, given, given->struct_size);
  return options;
}

inline void check_flags(std::uint32_t flags, std::uint32_t known) {
  if ((flags & ~known) != 0) throw Error(Code::kInvalid, "unknown flags: " + std::to_string(flags & ~known));
}

chronostore::Durability durability_in(std::int32_t durability);

// What the options of all stores have in common.
template <typename Raw>
chronostore::StoreOptions common_store_options(const Raw& raw) {
  check_flags(raw.flags, QUIPU_CHRONOSTORE_READ_ONLY | QUIPU_CHRONOSTORE_MUST_EXIST);
  chronostore::StoreOptions options;
  options.read_only = (raw.flags & QUIPU_CHRONOSTORE_READ_ONLY) != 0;
  options.must_exist = (raw.flags & QUIPU_CHRONOSTORE_MUST_EXIST) != 0;
  options.durability = durability_in(raw.durability);
  if (raw.lock_wait_ms < -1 || raw.batch_ms < 0 || raw.batch_bytes < 0) {
    throw Error(Code::kInvalid, "lock_wait_ms, batch_ms and batch_bytes must not be negative (but lock_wait_ms -1)");
  }
  // A time is added to the clock's: for ever is a year.
  constexpr std::int64_t kLongestMs = std::int64_t{1000} * 60 * 60 * 24 * 365;
  if (raw.lock_wait_ms != 0) options.lock_wait_ms = raw.lock_wait_ms == -1 ? 0 : std::min(raw.lock_wait_ms, kLongestMs);
  if (raw.batch_ms != 0) options.batch_ms = std::min(raw.batch_ms, kLongestMs);
  if (raw.batch_bytes != 0) options.batch_bytes = raw.batch_bytes;
  return options;
}

}  // namespace quipu::capi
