// support/memory_support.h - what the tests of memory share: stores with a clock that stands, rows, documents of the fixtures,
// and how all that a store holds looks from outside.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "memory/merge.h"
#include "memory/store.h"
#include "support/chronostore_support.h"
#include "support/errors.h"
#include "support/temporary_folder.h"

namespace quipu::test {

// Stands still unless it is moved.
class StandingClock final : public Clock {
 public:
  std::int64_t unix_seconds() override { return now_; }
  void pass(std::int64_t seconds) { now_ += seconds; }

 private:
  std::atomic<std::int64_t> now_{TickingClock::kFirst};
};

inline quipu::memory::MemoryOptions memory_options(Clock* clock = nullptr) {
  quipu::memory::MemoryOptions options;
  options.store.clock = clock;
  options.store.durability = chronostore::Durability::kNone;
  return options;
}

inline std::unique_ptr<quipu::memory::MemoryStore> open_memory(const TemporaryFolder& folder, Clock* clock = nullptr) {
  return quipu::memory::MemoryStore::open(folder.path(), memory_options(clock));
}

// A folder of the fixtures of sync, and its chunks.
std::string sync_fixture(const std::string& name);
struct FixtureChunk {
  std::string id;
  std::string created_at;  // of its entry in the manifest
  std::string document;
};
// In the order of the manifest; those that cannot be read are left out.
std::vector<FixtureChunk> fixture_chunks(const std::string& name);
// What a document brings. The simplest reading there can be: for documents without faults.
quipu::memory::Incoming incoming_of(std::string_view document, std::string_view created_at);

quipu::memory::Merged merge(quipu::memory::MemoryStore& store, const quipu::memory::Incoming& incoming);

// The rows of a list as they stand in a chunk.
std::vector<std::string> wires(quipu::memory::Entity entity, quipu::memory::RowCursor cursor);
std::string wire(quipu::memory::Entity entity, const json::Row& row);
inline std::string text(const quipu::memory::RowRef& row, std::size_t field) {
  return quipu::memory::text_of(*row, field);
}

// All rows that are not gone, without the numbers that differ between stores, sorted: "<entity> <row>". marks: and with what the
// store keeps beside them.
std::vector<std::string> rows_of(quipu::memory::MemoryStore& store);

// Everything that is looked up in a catalog, as text; equal for equal records.
std::string describe(quipu::memory::MemoryStore& store);

}  // namespace quipu::test
