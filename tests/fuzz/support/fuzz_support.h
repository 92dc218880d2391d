// fuzz/support/fuzz_support.h - what the fuzz targets share: a check that ends the program, stores in memory, and a second
// opinion on a log that has nothing of core/wal in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "chronostore/store.h"
#include "json/value.h"
#include "os/testing/memory_file_system.h"

namespace quipu::fuzz {

// Says what does not hold and aborts, which libFuzzer takes as a finding.
[[noreturn]] void broken(const char* file, int line, const char* condition, const std::string& detail);

#define FUZZ_REQUIRE(condition, detail)                                              \
  do {                                                                               \
    if (!(condition)) ::quipu::fuzz::broken(__FILE__, __LINE__, #condition, detail); \
  } while (false)

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A number that depends on all of the input: choices made by it are the same whenever the input is.
std::uint64_t fingerprint(std::string_view input);

// ---- stores in memory

inline constexpr const char* kProject = "/p";
inline constexpr const char* kLog = "/p/.chronomemory/events.wal";
inline constexpr const char* kSnapshot = "/p/.chronomemory/snapshot.json";
inline constexpr const char* kAside = "/p/.chronomemory/aside";

class SteppingClock final : public Clock {
 public:
  std::int64_t unix_seconds() override { return next_++; }

 private:
  std::int64_t next_ = 1772438400;  // 2026-03-02T08:00:00Z
};

void put_file(os::FileSystem& fs, const std::string& path, std::string_view content);
// Every file below the folder but locks, by full path.
std::map<std::string, std::string> files_below(os::FileSystem& fs, const std::string& folder);
// What was set aside of the file of that name, in the order of the stamps.
std::vector<std::string> set_aside(os::FileSystem& fs, std::string_view name);

std::unique_ptr<chronostore::Store> open_store(os::FileSystem& fs, Clock& clock, bool read_only);
chronostore::RecordRef record_of_json(std::string_view json);
// Texts of all records, in order, and of all events.
std::vector<std::string> records_of(chronostore::Store& store);
std::vector<std::string> events_of(chronostore::Store& store);
bool has_notice(const chronostore::Store& store, std::string_view code);

std::string joined(const std::vector<std::string>& lines);  // for messages

// ---- the second opinion

// The pieces of a log, cut one byte at a time, without white space at both ends; blank ones are there too.
struct PlainPiece {
  std::string_view text;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool terminated = false;
};
std::vector<PlainPiece> cut_plainly(std::string_view log);

// Canonical text, nothing where a lone surrogate is in it.
std::optional<std::string> plain_canonical(const json::Value& value);

// The hash that an event should have; nothing where it has none.
std::optional<std::string> plain_hash(const json::Value& event);

struct PlainVerdict {
  bool valid = false;            // every line parses, links and hashes
  bool breaks_sequence = false;  // in what is valid, an integer as seq does not follow on the integer before it
  std::size_t lines = 0;         // not blank
};
PlainVerdict verify_plainly(std::string_view log);

// The log with prev_hash and hash of each line set so that the chain is valid, as far as the lines have these fields as
// the store writes them: lets the mutator get past the hashes.
std::string relinked(std::string_view log);

}  // namespace quipu::fuzz
