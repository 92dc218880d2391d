// handle.h - the shells behind store and cursor handles: what makes close, free, use after close and fork safe.
//
// A shell outlives the store in it: close() ends the store, free() the shell. Freed shells are kept for a while, so that a
// call on one is recognised instead of touching memory that is something else by now.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "base/fork.h"
#include "boundary.h"

namespace quipu::capi {

inline constexpr std::uint32_t kLiveMagic = 0x51555031;
inline constexpr std::uint32_t kDeadMagic = 0x44454144;

// Puts a freed shell where it stays readable until many others were freed after it. Needs no memory.
void quarantine(void* shell, void (*destroy)(void*)) noexcept;

// Whether the calls of a store may go on. Shared by the store's shell and its cursors.
class Lifetime {
 public:
  void enter(const char* closed = "the store was closed") {
    std::uint64_t seen = state_.load(std::memory_order_relaxed);
    do {
      if ((seen & kClosing) != 0) throw Error(Code::kClosed, closed);
    } while (!state_.compare_exchange_weak(seen, seen + kCall, std::memory_order_acquire, std::memory_order_relaxed));
  }
  // The last one out after close has begun lets it go on, and touches nothing here once the mutex is released: whoever
  // closes may release this at once.
  void leave() {
    if (state_.fetch_sub(kCall, std::memory_order_acq_rel) == (kCall | kClosing)) {
      const std::lock_guard lock(mutex_);
      drained_ = true;
      changed_.notify_all();
    }
  }

  // True for the one caller that is to close; it must call end_close(). Others wait until that is done.
  bool begin_close() {
    std::unique_lock lock(mutex_);
    const std::uint64_t before = state_.fetch_or(kClosing, std::memory_order_acq_rel);
    if ((before & kClosing) != 0) {
      changed_.wait(lock, [this] { return closed_; });
      return false;
    }
    if (before != 0) changed_.wait(lock, [this] { return drained_; });
    return true;
  }
  void end_close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  static constexpr std::uint64_t kClosing = 1;  // from then on nobody enters
  static constexpr std::uint64_t kCall = 2;     // one call in flight

  std::atomic<std::uint64_t> state_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool drained_ = false;  // the calls that were in flight when close began have left
  bool closed_ = false;
};

// Marks that this thread runs a caller's function on behalf of a store: closing it from there would wait for itself.
class CallbackMark {
 public:
  explicit CallbackMark(const Lifetime& store);
  ~CallbackMark();
  CallbackMark(const CallbackMark&) = delete;
  CallbackMark& operator=(const CallbackMark&) = delete;

  static bool is_set(const Lifetime& store);

 private:
  const Lifetime* const store_;
  const CallbackMark* const outer_;
};

// The first member of every shell.
struct ShellHead {
  std::atomic<std::uint32_t> magic{kLiveMagic};
  const std::uint64_t generation = fork_generation();

  bool is_of_parent() const { return generation != fork_generation(); }
  void check(const char* what) const {
    const std::uint32_t seen = magic.load(std::memory_order_relaxed);
    if (seen != kLiveMagic) {
      count_stale_call();
      misuse(what);
    }
    if (is_of_parent()) misuse("a handle of the parent process cannot be used in a forked child: open the store anew");
  }
};

// Marks a shell as freed and puts it away; false if it was freed before.
template <typename Shell>
bool retire(Shell* shell) {
  if (shell->head.magic.exchange(kDeadMagic) != kLiveMagic) {
    count_stale_call();
    return false;
  }
  count_handle(-1);
  return true;
}

}  // namespace quipu::capi
