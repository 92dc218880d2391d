// support/chronostore_workload.h - a scripted life of one store, for the tests that let it fail or lose power at every step.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "chronostore/store.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_support.h"

namespace quipu::test {

inline constexpr const char* kProject = "/project";
inline constexpr const char* kProjectLog = "/project/.chronomemory/events.wal";
inline constexpr const char* kProjectSnapshot = "/project/.chronomemory/snapshot.json";

struct Step {
  std::string name;
  std::function<void(chronostore::Store&)> run;
};

// What the store is at first, what is done with it, and what its records are before the first step and after each.
struct Workload {
  std::string name;
  os::testing::Image start;
  std::vector<Step> steps;
  std::vector<std::vector<std::string>> records;
};

inline std::ostream& operator<<(std::ostream& out, const Workload& workload) { return out << workload.name; }

// The whole life of a new store, and the repairs: a torn tail, an unfinished batch, a missing line end, a log that ends
// before the snapshot, a snapshot that cannot be used.
std::vector<Workload> workloads();

// All records of the store, in order.
std::vector<std::string> records_of(chronostore::Store& store);

// Opens, reads, writes one more event and verifies a store that may have lost power: its records must be one of `allowed`
// before the write and the chain valid after it. Answers what is wrong, or nothing.
std::string check_after_failure(os::FileSystem& fs, const std::vector<const std::vector<std::string>*>& allowed);

}  // namespace quipu::test
