// chronostore/commit_gate.h - one writer at a time in this process, and group commit: threads that come while a commit is
// under way are taken together by the next one, with one write and one sync.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "chronostore/record.h"

namespace quipu::chronostore {

// Gets the row of an event (WalEvent) once it is numbered and linked, just before it is written, on whichever thread writes
// it. What the caller needs of it is made there: when the event is written, nothing may fail any more. What it throws fails
// all events that are written together.
using EventReady = std::function<void(json::RowRef)>;

// An event that was checked and spelled, and waits for its number. The lower part is filled in by the commit.
struct PreparedEvent {
  const char* op = "upsert";
  std::string id_json;
  RecordRef record;       // what the line holds; for upsert also what the state gets
  std::string canonical;  // the record in canonical text
  const EventReady* ready = nullptr;

  std::int64_t seq = 0;
  std::string ts;
  std::string prev_hash_json;
  std::string hash_json;
};

// Events of one call: all or nothing, one batch if there are several.
struct CommitRequest {
  std::vector<PreparedEvent> events;

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

  std::mutex mutex_;
  std::condition_variable changed_;
  bool busy_ = false;
  std::deque<CommitRequest*> waiting_;
};

}  // namespace quipu::chronostore
