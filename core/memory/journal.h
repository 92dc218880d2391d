// memory/journal.h - the local changes of a store, which a cloud wants to be told of: the events of its log that calls of the user
// made, each an entry with the event's number. After a compaction only the last state of each row is left to tell of.
//
// Nothing is written for it but what was acknowledged. Cost: each call reads the log.
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

// Marks entries as taken by the cloud. Numbers that are no entries do no harm.
void journal_ack(MemoryStore& store, const std::vector<std::int64_t>& numbers);

}  // namespace quipu::memory
