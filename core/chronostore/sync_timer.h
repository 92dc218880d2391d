// chronostore/sync_timer.h - the timer of batched durability: a thread of its own that runs a function a set time after it
// was armed. The thread starts when it is armed for the first time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace quipu::chronostore {

class SyncTimer {
 public:
  ~SyncTimer() { stop(); }

  // Runs fn in delay_ms from now, unless it is armed already. fn must not throw. The fn of the first call is kept.
  void arm(std::int64_t delay_ms, std::function<void()> fn);
  // Ends the thread; fn is not running any more on return.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::chrono::steady_clock::time_point> due_;
  std::function<void()> fn_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace quipu::chronostore
