// chronostore/store_internal.h - shared by the sources of Store alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <string>
#include <utility>

#include "base/error.h"
#include "chronostore/store.h"

namespace quipu::chronostore {

inline constexpr const char* kLogName = "events.wal";
inline constexpr const char* kLogScratchName = "events.wal.tmp";
inline constexpr const char* kSnapshotName = "snapshot.json";
inline constexpr const char* kSnapshotScratchName = "snapshot.json.tmp";
inline constexpr const char* kLockName = "lock";
inline constexpr const char* kSnapshotLockName = "snapshot.lock";
inline constexpr const char* kAsideName = "aside";
inline constexpr const char* kBackupName = "backup";
// How much of the log's end is remembered to see whether it is still there.
inline constexpr std::size_t kTailBytes = 256;

// The lock between processes, held for one commit.
class Store::FileLockGuard {
 public:
  explicit FileLockGuard(Store& store) : lock_(store.file_lock_.get()) {
    if (lock_ == nullptr) {
      store.file_lock_ = store.fs().open_lock(store.file(kLockName));
      lock_ = store.file_lock_.get();
      lock_->set_meanwhile([&store] { store.follow_meanwhile(); });
    }
    if (!lock_->acquire(store.options_.lock_wait_ms)) {
      throw Error(Code::kBusy, "the store's lock was not free within " + std::to_string(store.options_.lock_wait_ms) +
                                   " ms: another process is writing")
          .at_path(store.file(kLockName));
    }
  }
  ~FileLockGuard() { lock_->release(); }
  FileLockGuard(const FileLockGuard&) = delete;
  FileLockGuard& operator=(const FileLockGuard&) = delete;

 private:
  os::FileLock* lock_;
};

// Releases a lock that was acquired.
class LockRelease {
 public:
  explicit LockRelease(os::FileLock& lock) : lock_(lock) {}
  ~LockRelease() { lock_.release(); }
  LockRelease(const LockRelease&) = delete;
  LockRelease& operator=(const LockRelease&) = delete;

 private:
  os::FileLock& lock_;
};

// Adds a notice of something that does not fail the call, so far as memory allows.
template <typename Fn>
void tell(Fn&& fn) noexcept {
  try {
    fn();
  } catch (const std::bad_alloc&) {
  }
}

// Sets a flag back at the end of the scope.
class FlagReset {
 public:
  explicit FlagReset(std::atomic<bool>& flag) : flag_(flag) {}
  ~FlagReset() { flag_.store(false); }
  FlagReset(const FlagReset&) = delete;
  FlagReset& operator=(const FlagReset&) = delete;

 private:
  std::atomic<bool>& flag_;
};

// Up to `length` bytes of a file from `offset` on.
inline std::string read_part(os::File& file, std::uint64_t offset, std::size_t length) {
  std::string part(length, '\0');
  part.resize(file.read_at(offset, part));
  return part;
}

// Marks that this thread runs a caller's function on behalf of the store.
class Store::CallbackScope {
 public:
  explicit CallbackScope(const Store& store);
  ~CallbackScope();
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;
};

// Calls fn(state) with the state locked for reading, as of now: every commit that returned before this call is in it.
template <typename Fn>
auto Store::read(Fn&& fn) {
  {
    const std::shared_lock lock(state_mutex_);
    if (is_current()) return fn(static_cast<const State&>(state_));
  }
  {
    const std::lock_guard lock(log_mutex_);
    if (!committing_.load()) follow();
  }
  const std::shared_lock lock(state_mutex_);
  return fn(static_cast<const State&>(state_));
}

// Progress for the layers below, with the mark that makes writes from inside answer MISUSE.
template <typename Scope>
Progress guarded(const Store& store, const Progress& progress) {
  if (!progress) return nullptr;
  return [&store, &progress](std::int64_t done, std::int64_t total) {
    const Scope scope(store);
    return progress(done, total);
  };
}

}  // namespace quipu::chronostore
