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

#include "boundary.h"

namespace quipu::capi {

inline constexpr std::uint32_t kLiveMagic = 0x51555031;
inline constexpr std::uint32_t kDeadMagic = 0x44454144;

// Puts a freed shell where it stays readable until many others were freed after it.
void quarantine(std::shared_ptr<void> shell);

// Whether the calls of a store may go on. Shared by the store's shell and its cursors.
class Lifetime {
 public:
  void enter() {
    in_flight_.fetch_add(1);
    if (closing_.load()) {
      leave();
      throw Error(Code::kClosed, "the store was closed");
    }
  }
  void leave() {
    if (in_flight_.fetch_sub(1) == 1 && closing_.load()) {
      const std::lock_guard lock(mutex_);
      changed_.notify_all();
    }
  }
  bool is_closing() const { return closing_.load(); }

  // True for the one caller that is to close; it must call end_close(). Others wait until that is done.
  bool begin_close() {
    std::unique_lock lock(mutex_);
    if (closing_.exchange(true)) {
      changed_.wait(lock, [this] { return closed_; });
      return false;
    }
    changed_.wait(lock, [this] { return in_flight_.load() == 0; });
    return true;
  }
  void end_close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  std::atomic<std::int64_t> in_flight_{0};
  std::atomic<bool> closing_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
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
