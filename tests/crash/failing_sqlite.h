// crash/failing_sqlite.h - failing_allocator.h for SQLite's own allocations too. For one source of a program, as that is.
#pragma once

#include <gtest/gtest.h>
#include <malloc.h>
#include <sqlite3.h>

#include <cstdlib>
#include <functional>
#include <new>
#include <stdexcept>

#include "base/error.h"
#include "crash/failing_allocator.h"

namespace quipu::test {

// SQLite's own allocations fail by plan too; what it uses can be asked for.
inline void take_over_sqlite() {
  static const sqlite3_mem_methods methods = {
      [](int size) { return memory::detail::take(static_cast<std::size_t>(size)); },
      [](void* block) { std::free(block); },
      [](void* block, int size) {
        return memory::detail::fails_now() ? nullptr : std::realloc(block, static_cast<std::size_t>(size));
      },
      [](void* block) { return static_cast<int>(malloc_usable_size(block)); },
      [](int size) { return (size + 7) & ~7; },
      [](void*) { return SQLITE_OK; },
      [](void*) {},
      nullptr};
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK || sqlite3_initialize() != SQLITE_OK) {
    throw std::logic_error("SQLite is in use already");
  }
}

// True if memory ran out, and it was said so.
inline bool runs_out(const std::function<void()>& call) {
  try {
    const memory::Armed armed;
    call();
    return false;
  } catch (const Error& error) {
    memory::forget();
    EXPECT_EQ(error.code(), Code::kNoMemory) << error.message();
  } catch (const std::bad_alloc&) {
    memory::forget();
  }
  return true;
}

}  // namespace quipu::test
