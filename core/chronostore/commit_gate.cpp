#include "chronostore/commit_gate.h"

#include <algorithm>

#include "base/error.h"

namespace quipu::chronostore {

namespace {

// What one commit takes at most, so that a leader's own caller is not kept for ever.
constexpr std::size_t kMostRequests = 1024;
constexpr std::size_t kMostBytes = 8 << 20;

// How long a leader waits for the threads that it may expect: a part of what a commit takes, as each of them would otherwise
// cost a commit of its own. Not at all where a commit takes hardly longer than waking a thread.
constexpr int kPatiencePart = 8;
constexpr auto kLeastPatience = std::chrono::microseconds(20);
constexpr auto kMostPatience = std::chrono::milliseconds(1);
constexpr int kMostInVain = 5;

[[noreturn]] void busy(std::int64_t wait_ms) {
  throw Error(Code::kBusy, "another writer of this process was not done within " + std::to_string(wait_ms) + " ms");
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
  if (expected_ != 0 && waiting_.size() >= expected_) arrived_.notify_one();
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

// With busy_ set: other requests join until all who may be expected are there, or the leader's patience is over.
void CommitGate::gather(std::unique_lock<std::mutex>& lock) {
  const std::size_t expected = last_group_ + left_waiting_;
  const Clock::duration patience = std::min<Clock::duration>(last_took_ / kPatiencePart, kMostPatience);
  if (waiting_.size() >= expected || patience < kLeastPatience) return;
  if (passes_ > 0) {
    --passes_;
    return;
  }
  expected_ = expected;
  const bool all_came = arrived_.wait_for(lock, patience, [&] { return waiting_.size() >= expected; });
  expected_ = 0;
  in_vain_ = all_came ? 0 : std::min(in_vain_ + 1, kMostInVain);
  passes_ = (1 << in_vain_) - 1;
}

std::vector<CommitRequest*> CommitGate::take_group() {
  std::vector<CommitRequest*> group;
  std::size_t bytes = 0;
  group.reserve(std::min(waiting_.size(), kMostRequests));
  while (!waiting_.empty() && group.size() < kMostRequests && bytes < kMostBytes) {
    group.push_back(waiting_.front());
    waiting_.pop_front();
    group.back()->taken = true;
    bytes += group.back()->canonical.size();
  }
  return group;
}

void CommitGate::lead(std::unique_lock<std::mutex>& lock,
                      const std::function<void(const std::vector<CommitRequest*>&)>& commit_group) {
  busy_ = true;
  std::vector<CommitRequest*> group;
  try {
    gather(lock);
    group = take_group();
  } catch (...) {
    busy_ = false;
    changed_.notify_all();
    throw;
  }
  lock.unlock();
  const auto began = Clock::now();
  try {
    commit_group(group);
  } catch (const Error& error) {
    for (CommitRequest* request : group) request->failure = copy_of(error);
  } catch (...) {
    for (CommitRequest* request : group) request->failure = std::current_exception();
  }
  lock.lock();
  busy_ = false;
  last_took_ = Clock::now() - began;
  last_group_ = group.size();
  left_waiting_ = waiting_.size();
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
