#include "chronostore/commit_gate.h"

#include <algorithm>

#include "base/error.h"

namespace quipu::chronostore {

namespace {

// What one commit takes at most, so that a leader's own caller is not kept for ever.
constexpr std::size_t kMostRequests = 1024;
constexpr std::size_t kMostBytes = 8 << 20;

[[noreturn]] void busy(std::int64_t wait_ms) {
  throw Error(Code::kBusy, "another writer of this process was not done within " + std::to_string(wait_ms) + " ms");
}

std::size_t size_of(const CommitRequest& request) {
  std::size_t size = 0;
  for (const PreparedEvent& event : request.events) size += event.canonical.size();
  return size;
}

// An error of its own for each thread: they read and drop it at the same time. Where memory is out, that is the error.
std::exception_ptr copy_of(const Error& error) noexcept {
  try {
    return std::make_exception_ptr(Error(error));
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace

void CommitGate::submit(CommitRequest& request, std::int64_t wait_ms,
                        const std::function<void(const std::vector<CommitRequest*>&)>& commit_group) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(wait_ms);
  std::unique_lock lock(mutex_);
  waiting_.push_back(&request);
  while (!request.done) {
    if (!busy_) {
      try {
        lead(lock, commit_group);
      } catch (...) {  // no memory for the group: the lock is held, nobody was taken
        waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &request));
        throw;
      }
    } else if (request.taken) {
      changed_.wait(lock);  // its leader's own waits are bounded
    } else if (changed_.wait_until(lock, deadline) == std::cv_status::timeout && !request.taken && busy_) {
      waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &request));
      busy(wait_ms);
    }
  }
  if (request.failure) std::rethrow_exception(request.failure);
}

void CommitGate::lead(std::unique_lock<std::mutex>& lock,
                      const std::function<void(const std::vector<CommitRequest*>&)>& commit_group) {
  std::vector<CommitRequest*> group;
  std::size_t bytes = 0;
  group.reserve(std::min(waiting_.size(), kMostRequests));
  while (!waiting_.empty() && group.size() < kMostRequests && bytes < kMostBytes) {
    group.push_back(waiting_.front());
    waiting_.pop_front();
    group.back()->taken = true;
    bytes += size_of(*group.back());
  }
  busy_ = true;
  lock.unlock();
  try {
    commit_group(group);
  } catch (const Error& error) {
    for (CommitRequest* request : group) request->failure = copy_of(error);
  } catch (...) {
    for (CommitRequest* request : group) request->failure = std::current_exception();
  }
  lock.lock();
  busy_ = false;
  for (CommitRequest* request : group) request->done = true;
  changed_.notify_all();
}

CommitGate::Exclusive::Exclusive(CommitGate& gate, std::int64_t wait_ms) : gate_(gate) {
  std::unique_lock lock(gate_.mutex_);
  const auto deadline = Clock::now() + std::chrono::milliseconds(wait_ms);
  if (!gate_.changed_.wait_until(lock, deadline, [this] { return !gate_.busy_; })) busy(wait_ms);
  gate_.busy_ = true;
}

CommitGate::Exclusive::~Exclusive() {
  {
    const std::lock_guard lock(gate_.mutex_);
    gate_.busy_ = false;
  }
  gate_.changed_.notify_all();
}

}  // namespace quipu::chronostore
