// memory/journal.h - the local changes of a store, which a cloud wants to be told of: the events of its log that calls of the user
// made, each an entry with the event's number. After a compaction only the last state of each row is left to tell of.
//
// Nothing is written for it but what was acknowledged. Cost: each reading goes through the log; events before the first entry that
// is not acknowledged are passed over.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "memory/payload.h"
#include "memory/store.h"

namespace quipu::memory {

struct JournalFilter {
  std::int64_t after = 0;     // numbers above
  bool with_acked = false;    // else only those that are not acknowledged
  bool enrolled_only = true;  // of projects that are enrolled, or of none
};

// In the order of their numbers. acked_at is not known, and absent. payload: the row as it was then.
std::vector<Mutation> journal_list(MemoryStore& store, const JournalFilter& filter);

// Marks entries as taken by the cloud. Numbers that are no entries, or were marked before, change nothing.
void journal_ack(MemoryStore& store, const std::vector<std::int64_t>& numbers);

// The entries that were not acknowledged when it was made: for who acknowledges in parts what it listed once.
class PendingJournal {
 public:
  explicit PendingJournal(MemoryStore& store);

  // Of projects that are enrolled, or of none.
  std::vector<Mutation>& entries() { return entries_; }
  void ack(const std::vector<std::int64_t>& numbers);

 private:
  struct Number {
    std::int64_t seq;
    bool is_wanted;  // its project is enrolled, or it has none
  };

  MemoryStore& store_;
  std::vector<Mutation> entries_;
  std::vector<Number> numbers_;  // of all entries, rising
};

}  // namespace quipu::memory
