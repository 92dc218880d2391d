// chronostore/commit_gate.h - one writer at a time in this process, and group commit: threads that come while a commit is
// under way are taken together by the next one, with one write and one sync.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "chronostore/record.h"

namespace quipu::chronostore {

// Gets the row of an event (WalEvent) once it is numbered and linked, just before it is written, on whichever thread writes
// it. What the caller needs of it is made there: when the event is written, nothing may fail any more. What it throws fails
// all events that are written together.
using EventReady = std::function<void(json::RowRef)>;

inline constexpr const char* kUpsert = "upsert";
inline constexpr const char* kDelete = "delete";

// An event that was checked and spelled, and waits for its number.
struct PreparedEvent {
  const char* op = kUpsert;
  RecordRef record;                 // what the line holds; for upsert also what the state gets
  std::string_view id_json;         // in the record
  std::size_t canonical_begin = 0;  // the record in canonical text, in CommitRequest::canonical
  std::size_t canonical_size = 0;
  const EventReady* ready = nullptr;
  std::int64_t seq = 0;  // filled in by the commit
};

// Events of one call: all or nothing, one batch if there are several.
struct CommitRequest {
  std::vector<PreparedEvent> events;
  std::string canonical;  // of all events, in one piece: many small ones cost more than the spelling

  std::string_view canonical_of(const PreparedEvent& event) const {
    return std::string_view(canonical).substr(event.canonical_begin, event.canonical_size);
  }

  // Owned by the gate.
  bool taken = false;
  bool done = false;
  std::exception_ptr failure;
};

class CommitGate {
 public:
  using Clock = std::chrono::steady_clock;

  // Waits until the request is committed: by this thread, which then calls commit_group with all requests that wait, or by
  // another. Rethrows what the commit threw. Error(kBusy) when wait_ms is over before anyone took it.
  void submit(CommitRequest& request, std::int64_t wait_ms,
              const std::function<void(const std::vector<CommitRequest*>&)>& commit_group);

  // Keeps all other writers of this process out while it exists. Error(kBusy) when wait_ms is over.
  class Exclusive {
   public:
    Exclusive(CommitGate& gate, std::int64_t wait_ms);
    ~Exclusive();
    Exclusive(const Exclusive&) = delete;
    Exclusive& operator=(const Exclusive&) = delete;

   private:
    CommitGate& gate_;
  };

 private:
  void lead(std::unique_lock<std::mutex>& lock,
            const std::function<void(const std::vector<CommitRequest*>&)>& commit_group);
  void gather(std::unique_lock<std::mutex>& lock);
  std::vector<CommitRequest*> take_group();

  std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false;
  std::deque<CommitRequest*> waiting_;

  // What the next leader may expect: the threads of the last group come back at about the same time, and those that came
  // during its commit wait already.
  std::condition_variable arrived_;
  std::size_t expected_ = 0;  // requests that the leader waits for; 0: it does not wait
  std::size_t last_group_ = 0;
  std::size_t left_waiting_ = 0;
  Clock::duration last_took_{0};
  int in_vain_ = 0;  // how often it was waited for them for nothing, up to kMostInVain
  int passes_ = 0;   // so many commits more begin without waiting
};

}  // namespace quipu::chronostore
