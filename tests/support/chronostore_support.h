// support/chronostore_support.h - what the tests of ChronoStore share: clocks, records, fixtures, views on a store.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "chronostore/store.h"
#include "json/value.h"
#include "os/file_system.h"
#include "support/errors.h"
#include "support/temporary_folder.h"

namespace quipu::test {

// Starts at 2026-03-02T08:00:00Z; each reading is one second later. Threads: free.
class TickingClock final : public Clock {
 public:
  static constexpr std::int64_t kFirst = 1772438400;
  std::int64_t unix_seconds() override { return next_.fetch_add(1); }
  void set(std::int64_t next) { next_ = next; }

 private:
  std::atomic<std::int64_t> next_{kFirst};
};

// Gives the times it was told, in order; fails the test when asked for more.
class ListedClock final : public Clock {
 public:
  std::int64_t unix_seconds() override;
  void add(std::string_view iso) { times_.push_back(parse(iso)); }
  bool empty() const { return times_.empty(); }
  static std::int64_t parse(std::string_view iso);  // 2026-03-02T08:00:00Z

 private:
  std::deque<std::int64_t> times_;
};

// Whole files; an absent one is empty text.
std::string read_text(const std::string& path);
void write_text(const std::string& path, std::string_view content);  // makes the folders above
bool exists(const std::string& path);
// Every file below the folder, by path relative to it. Lock files are left out.
std::map<std::string, std::string> files_below(const std::string& folder);
// Files in .chronomemory/aside, name to content.
std::map<std::string, std::string> set_aside(const TemporaryFolder& folder);

// tests/data/chronostore/<name>
std::string fixture_path(const std::string& name);
json::Value read_json(const std::string& path);
// Copies project/ of the fixture (or the given part of it) into the folder.
void copy_fixture(const std::string& name, const TemporaryFolder& folder, const std::string& part = "project");

// Fields of a value; a failed test and an empty value where there is none.
const json::Value& member(const json::Value& value, std::string_view name);
std::string text_of(const json::Value& value, std::string_view name);
std::int64_t int_of(const json::Value& value, std::string_view name);
bool is_null(const json::Value* value);

chronostore::RecordRef record_of_json(std::string_view json);
chronostore::RecordRef record(std::string_view id, std::string_view label = "", std::string_view data_json = "{}");

chronostore::StoreOptions options_with(os::FileSystem& fs, Clock* clock = nullptr);
chronostore::StoreOptions options_with(Clock& clock);

chronostore::Selection every_record();

// Texts of all records in the store's order, and of a query.
std::vector<std::string> texts(chronostore::RecordCursor cursor);
std::vector<std::string> ids(chronostore::RecordCursor cursor);  // texts as they are, others as JSON
std::vector<std::string> replayed(chronostore::Store& store, std::int64_t from_seq, std::size_t field);
std::string label_of(chronostore::Store& store, std::string_view id);  // "none" if there is no such record

bool has_notice(const chronostore::Store& store, std::string_view code);
std::string notices_text(const chronostore::Store& store);

}  // namespace quipu::test
