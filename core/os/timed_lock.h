// os/timed_lock.h - a lock on a file, of a kind that the system can wait for only without limit, waited for within one: a
// thread of its own is blocked in its place, and can be left alone there.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace quipu::os {

// A descriptor that outlives a lock while a thread of it is blocked.
struct LockFile {
  explicit LockFile(int descriptor) : fd(descriptor) {}
  ~LockFile();
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;

  int fd;
};

// The system's calls for one kind of lock. They answer errno, or 0.
struct LockKind {
  int (*take)(int fd);      // waits without limit
  int (*try_take)(int fd);  // EWOULDBLOCK: it is taken
  void (*give_back)(int fd);
};

// One thread at a time; it must know itself whether it has the lock. In a forked child it may only be destroyed.
class TimedLock {
 public:
  using Clock = std::chrono::steady_clock;

  TimedLock(std::shared_ptr<LockFile> file, const LockKind& kind);
  ~TimedLock() = default;  // without end(), the thread stays: it is not there in a forked child
  TimedLock(const TimedLock&) = delete;
  TimedLock& operator=(const TimedLock&) = delete;

  // Starts the thread, which the calls marked with (*) need. Does nothing if it is there. errno, or 0.
  int start();
  // Gives back the lock if it is held, and lets the thread end as soon as it is not blocked.
  void end(bool held);

  int try_take();
  // (*) ETIMEDOUT: the thread stays blocked. It gives the lock back when it gets it, unless that is waited for again by then.
  int take_until(Clock::time_point deadline);
  // The thread is blocked for a wait that was given up.
  bool is_waiting() const;
  void give_back();

  // (*) The lock, which is held, stays so until then, unless its owner rests for longer than that. The thread sees to it.
  void keep(Clock::time_point until, Clock::duration longest_rest);
  // Whether it is still held; then the owner rests no more.
  bool go_on();
  void rest(Clock::time_point now);

 private:
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
  bool has_thread_ = false;
};

}  // namespace quipu::os
