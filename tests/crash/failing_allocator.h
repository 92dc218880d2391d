// crash/failing_allocator.h - memory that runs out where a test says so: operator new, the malloc of the library's own code
// and that of OpenSSL fail at the n-th allocation, from there on, or by chance.
//
//   memory::plan_nth(7);
//   { const memory::Armed armed; ... the seventh allocation in here, on this thread, fails ... }
//   memory::struck()
//
// It replaces operator new of the whole program (and of the shared libraries it uses): to be included by one source of a
// program only, which is linked with -Wl,--wrap=malloc.
#pragma once

#include <openssl/crypto.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <utility>

extern "C" {
void* __real_malloc(std::size_t size);  // NOLINT: the linker's name
void* __wrap_malloc(std::size_t size);  // NOLINT

// What OpenSSL keeps for a thread is lost when it has no memory to note that it must be freed: its own affair.
const char* __lsan_default_suppressions();  // NOLINT: the sanitizer's name
}

namespace quipu::test::memory {

enum class Mode { kNever, kOnce, kFromThereOn, kByChance };

namespace detail {

inline std::atomic<Mode> mode{Mode::kNever};
inline std::atomic<std::uint64_t> nth{0};  // by chance: one in so many
inline std::atomic<std::uint64_t> seed{0};
inline std::atomic<std::uint64_t> seen{0};
inline std::atomic<std::uint64_t> failed{0};
inline std::atomic<std::int64_t> live{0};
inline std::atomic<bool> all_threads{false};
inline thread_local int armed = 0;

inline bool fails_now() noexcept {
  const Mode now = mode.load(std::memory_order_relaxed);
  if (now == Mode::kNever || (armed == 0 && !all_threads.load(std::memory_order_relaxed))) return false;
  const std::uint64_t number = seen.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::uint64_t n = nth.load(std::memory_order_relaxed);
  bool fails = now == Mode::kOnce ? number == n : number >= n;
  if (now == Mode::kByChance) {
    std::uint64_t mixed = (number + seed.load(std::memory_order_relaxed)) * 0x9E3779B97F4A7C15u;
    mixed ^= mixed >> 29;
    fails = mixed % n == 0;
  }
  if (fails) failed.fetch_add(1, std::memory_order_relaxed);
  return fails;
}

inline void* take(std::size_t size) noexcept { return fails_now() ? nullptr : __real_malloc(size == 0 ? 1 : size); }

inline void* take_counted(std::size_t size, std::size_t alignment) noexcept {
  void* memory = nullptr;
  if (!fails_now()) {
    memory = alignment == 0 ? __real_malloc(size == 0 ? 1 : size)
                            : std::aligned_alloc(alignment, (size + alignment) / alignment * alignment);
  }
  if (memory != nullptr) live.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

inline void* take_or_throw(std::size_t size, std::size_t alignment = 0) {
  void* memory = take_counted(size, alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

inline void give_back(void* memory) noexcept {
  if (memory == nullptr) return;
  live.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}

inline void plan(Mode new_mode, std::uint64_t n) {
  mode = Mode::kNever;
  nth = n;
  seen = 0;
  failed = 0;
  mode = new_mode;
}

}  // namespace detail

// Allocations are counted from 1, those of armed threads alone (or of all, see AllThreads).
inline void plan_nth(std::uint64_t n) { detail::plan(Mode::kOnce, n); }
inline void plan_from(std::uint64_t n) { detail::plan(Mode::kFromThereOn, n); }
inline void plan_one_in(std::uint64_t n, std::uint64_t seed) {
  detail::seed = seed;
  detail::plan(Mode::kByChance, n);
}
inline void forget() { detail::mode = Mode::kNever; }

inline bool struck() { return detail::failed > 0; }
inline std::uint64_t failed() { return detail::failed; }
inline std::uint64_t seen() { return detail::seen; }
inline std::int64_t live_blocks() { return detail::live; }  // by operator new and not deleted

// Lets the plan hold for this thread.
class Armed {
 public:
  Armed() { ++detail::armed; }
  ~Armed() { --detail::armed; }
  Armed(const Armed&) = delete;
  Armed& operator=(const Armed&) = delete;
};

// What is done by the test itself inside a call for which the plan holds.
class Spared {
 public:
  Spared() : armed_(std::exchange(detail::armed, 0)) {}
  ~Spared() { detail::armed = armed_; }
  Spared(const Spared&) = delete;
  Spared& operator=(const Spared&) = delete;

 private:
  int armed_;
};

// Lets the plan hold for every thread.
class AllThreads {
 public:
  AllThreads() { detail::all_threads = true; }
  ~AllThreads() { detail::all_threads = false; }
  AllThreads(const AllThreads&) = delete;
  AllThreads& operator=(const AllThreads&) = delete;
};

// Before OpenSSL takes any memory: from then on its own fails by plan too. OpenSSL never recovers from a failure while it
// starts up, so a test warms it up first.
inline void take_over_openssl() {
  const int taken = CRYPTO_set_mem_functions([](std::size_t size, const char*, int) { return detail::take(size); },
                                             [](void* memory, std::size_t size, const char*, int) {
                                               return detail::fails_now() ? nullptr : std::realloc(memory, size);
                                             },
                                             [](void* memory, const char*, int) { std::free(memory); });
  if (taken != 1) throw std::logic_error("OpenSSL has taken memory already");
}

}  // namespace quipu::test::memory

const char* __lsan_default_suppressions() { return "leak:libcrypto\n"; }

void* __wrap_malloc(std::size_t size) { return quipu::test::memory::detail::take(size); }

void* operator new(std::size_t size) { return quipu::test::memory::detail::take_or_throw(size); }
void* operator new[](std::size_t size) { return quipu::test::memory::detail::take_or_throw(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return quipu::test::memory::detail::take_counted(size, 0);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return quipu::test::memory::detail::take_counted(size, 0);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return quipu::test::memory::detail::take_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return quipu::test::memory::detail::take_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return quipu::test::memory::detail::take_counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return quipu::test::memory::detail::take_counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { quipu::test::memory::detail::give_back(memory); }
void operator delete[](void* memory) noexcept { quipu::test::memory::detail::give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { quipu::test::memory::detail::give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { quipu::test::memory::detail::give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { quipu::test::memory::detail::give_back(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { quipu::test::memory::detail::give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  quipu::test::memory::detail::give_back(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  quipu::test::memory::detail::give_back(memory);
}
