#include "chronostore/sync_timer.h"

#include "base/thread.h"

namespace quipu::chronostore {

void SyncTimer::arm(std::int64_t delay_ms, std::function<void()> fn) {
  const std::lock_guard lock(mutex_);
  if (due_ || stopping_) return;
  if (!thread_.joinable()) {
    fn_ = std::move(fn);
    thread_ = start_thread([this] { run(); });
  }
  due_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(delay_ms);
  changed_.notify_all();
}

void SyncTimer::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!due_) {
      changed_.wait(lock);
    } else if (std::chrono::steady_clock::now() < *due_) {
      changed_.wait_until(lock, *due_);
    } else {
      due_.reset();
      lock.unlock();
      fn_();
      lock.lock();
    }
  }
}

void SyncTimer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace quipu::chronostore
