#include "os/timed_lock.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>
#include <utility>

#include "base/thread.h"

namespace quipu::os {

namespace {

// How often it is looked whether the owner of a lock that is kept rests.
constexpr auto kLook = std::chrono::microseconds(500);

}  // namespace

LockFile::~LockFile() {
  if (fd >= 0) ::close(fd);
}

// What the thread shares with the owner.
struct TimedLock::Shared {
  Shared(std::shared_ptr<LockFile> lock_file, const LockKind& lock_kind)
      : file(std::move(lock_file)), kind(lock_kind) {}

  const std::shared_ptr<LockFile> file;
  const LockKind kind;
  std::mutex mutex;
  std::condition_variable to_thread;
  std::condition_variable to_owner;
  bool pending = false;  // the thread is asked to take the lock, or is blocked in that
  bool wanted = false;   // the owner waits for the outcome
  bool granted = false;  // the thread took the lock for the owner
  bool closing = false;
  int failure = 0;  // errno

  bool kept = false;
  bool resting = false;
  Clock::time_point kept_until;
  Clock::time_point rests_since;
  Clock::duration longest_rest{0};
};

TimedLock::TimedLock(std::shared_ptr<LockFile> file, const LockKind& kind)
    : shared_(std::make_shared<Shared>(std::move(file), kind)) {}

void TimedLock::run(const std::shared_ptr<Shared>& shared) {
  std::unique_lock guard(shared->mutex);
  for (;;) {
    shared->to_thread.wait(guard, [&] { return shared->closing || shared->pending || shared->kept; });
    if (shared->closing) return;
    if (shared->kept) {
      const auto now = Clock::now();
      if (now < shared->kept_until && !(shared->resting && now - shared->rests_since > shared->longest_rest)) {
        shared->to_thread.wait_until(guard, std::min(shared->kept_until, now + kLook));
        continue;
      }
      shared->kept = false;
      shared->kind.give_back(shared->file->fd);
      continue;
    }
    guard.unlock();
    const int failure = shared->kind.take(shared->file->fd);
    guard.lock();
    shared->pending = false;
    if (shared->wanted && !shared->closing) {
      shared->granted = failure == 0;
      shared->failure = failure;
      shared->to_owner.notify_one();
    } else if (failure == 0) {
      shared->kind.give_back(shared->file->fd);
    }
  }
}

int TimedLock::start() {
  if (has_thread_) return 0;
  try {
    start_thread([shared = shared_] { run(shared); }).detach();
  } catch (const std::system_error& e) {
    return e.code().value();
  } catch (...) {
    return ENOMEM;
  }
  has_thread_ = true;
  return 0;
}

void TimedLock::end(bool held) {
  const std::lock_guard guard(shared_->mutex);
  if (held || shared_->kept) shared_->kind.give_back(shared_->file->fd);
  shared_->kept = false;
  shared_->closing = true;
  shared_->to_thread.notify_one();
}

int TimedLock::try_take() {
  const std::lock_guard guard(shared_->mutex);
  if (shared_->pending) return EWOULDBLOCK;  // the wait that was given up will be taken over
  return shared_->kind.try_take(shared_->file->fd);
}

int TimedLock::take_until(Clock::time_point deadline) {
  std::unique_lock guard(shared_->mutex);
  if (!shared_->pending) {
    shared_->pending = true;
    shared_->to_thread.notify_one();
  }
  shared_->wanted = true;
  shared_->to_owner.wait_until(guard, deadline, [&] { return !shared_->pending; });
  shared_->wanted = false;
  const bool granted = std::exchange(shared_->granted, false);
  const int failure = std::exchange(shared_->failure, 0);
  return granted ? 0 : failure != 0 ? failure : ETIMEDOUT;
}

bool TimedLock::is_waiting() const {
  const std::lock_guard guard(shared_->mutex);
  return shared_->pending;
}

void TimedLock::give_back() {
  const std::lock_guard guard(shared_->mutex);
  shared_->kept = false;
  shared_->kind.give_back(shared_->file->fd);
}

void TimedLock::keep(Clock::time_point until, Clock::duration longest_rest) {
  const std::lock_guard guard(shared_->mutex);
  shared_->kept = true;
  shared_->resting = false;
  shared_->kept_until = until;
  shared_->longest_rest = longest_rest;
  shared_->to_thread.notify_one();
}

bool TimedLock::go_on() {
  const std::lock_guard guard(shared_->mutex);
  shared_->resting = false;
  return shared_->kept;
}

void TimedLock::rest(Clock::time_point now) {
  const std::lock_guard guard(shared_->mutex);
  shared_->resting = true;
  shared_->rests_since = now;
}

}  // namespace quipu::os
