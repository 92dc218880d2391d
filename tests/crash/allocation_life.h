// crash/allocation_life.h - stores in folders of their own, and the calls made on them through the C API while memory runs
// out. For programs with failing_allocator.h.
#pragma once

#include <dirent.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "crash/failing_allocator.h"
#include "languages/cpp/handles.h"
#include "support/temporary_folder.h"

namespace quipu::test {

namespace stdfs = std::filesystem;
using quipu_cpp::close_store;
using quipu_cpp::make_record;
using quipu_cpp::open_store;
using quipu_cpp::Store;

// ---- places ---------------------------------------------------------------------------------------------------------

// Thousands of stores are made, each synced.
class Folder : public TemporaryFolder {
 public:
  Folder() : TemporaryFolder(place_in_memory()) {}
};

inline std::int64_t open_descriptors() {
  std::int64_t count = 0;
  DIR* directory = opendir("/proc/self/fd");
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

inline std::string read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_whole(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

// All records, as JSON, in the store's order.
inline std::vector<std::string> dump(const Store& store) {
  std::vector<std::string> lines;
  const auto cursor = quipu_cpp::query(store, "");
  while (const auto record = quipu_cpp::next(cursor)) {
    char* json = nullptr;
    quipu_cpp::check([&](quipu_error** err) { return quipu_chronorecord_to_json(record.get(), &json, nullptr, err); });
    lines.emplace_back(json);
    quipu_free(json);
  }
  return lines;
}

// What a freed shell leaves in the library's quarantine is the same after this, whatever was there before.
inline void settle_quarantine() {
  static const Folder folder;
  static const Store store = open_store(folder.path());
  for (int i = 0; i < 256; ++i) quipu_cpp::query(store, "");
}

// ---- one life ---------------------------------------------------------------------------------------------------------

inline constexpr std::int64_t kUnknown = -1;

// A store in a folder of its own, and the calls made on it while memory runs out.
class Life {
 public:
  explicit Life(const stdfs::path& start) {
    stdfs::copy(start, folder_.path(), stdfs::copy_options::recursive | stdfs::copy_options::overwrite_existing);
  }

  const std::string& path() const { return folder_.path(); }
  std::string log() const { return folder_.log(); }
  const Store& store() const { return store_; }
  std::uint64_t refused() const { return refused_; }

  void open(std::int32_t durability = QUIPU_DURABILITY_FULL) {
    quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
    options.durability = durability;
    options.batch_ms = 1;
    store_ = open_store(path(), options);
    seq_ = quipu_cpp::wal_seq(store_);
  }

  Store take() { return std::move(store_); }

  // For a store that was opened by an attempt.
  void adopt(quipu_chronostore* store) {
    store_.reset(store);
    seq_ = quipu_cpp::wal_seq(store_);
  }

  // So many events were written without an attempt.
  void count(std::int64_t events) { seq_ += events; }

  // Makes the call with the plan in force. If it is refused it is made again, with memory. events: what it adds to the log.
  // half_done: the call may have done its work although it says that it failed.
  template <typename Call>
  void attempt(const char* name, std::int64_t events, Call&& call, bool half_done = false) {
    quipu_error* error = nullptr;
    quipu_status status = QUIPU_OK;
    {
      const memory::Armed armed;
      status = call(&error);
    }
    if (status != QUIPU_OK) {
      memory::forget();
      ++refused_;
      EXPECT_EQ(status, QUIPU_E_NO_MEMORY) << name << ": " << quipu_error_message(error, nullptr);
      ASSERT_NE(error, nullptr) << name;
      EXPECT_EQ(quipu_error_code(error), status) << name;
      EXPECT_STRNE(quipu_error_message(error, nullptr), "") << name;
      quipu_error_free(error);
      error = nullptr;
      if (store_ && !half_done) expect_seq(name);
      if (half_done) seq_ = quipu_cpp::wal_seq(store_);
      status = call(&error);
      EXPECT_EQ(status, QUIPU_OK) << name << ", again: " << quipu_error_message(error, nullptr);
      quipu_error_free(error);
    } else {
      EXPECT_EQ(error, nullptr) << name;
    }
    seq_ = events == kUnknown ? quipu_cpp::wal_seq(store_) : seq_ + events;
    if (store_ && memory::struck()) expect_seq(name);
  }

  // To the end: everyone sees the same, the chain is valid.
  void finish() {
    memory::forget();
    if (!store_) return;
    expect_seq("at the end");
    {
      const Store fresh = open_store(path());
      EXPECT_EQ(dump(store_), dump(fresh));
      const auto found = quipu_cpp::verify_strictly(fresh);
      EXPECT_EQ(quipu_chronoverification_valid(found.get()), 1)
          << quipu_chronoverification_message(found.get(), nullptr);
      EXPECT_EQ(quipu_chronoverification_last_seq(found.get()), seq_);
    }
    close_store(store_);
    store_.reset();
  }

 private:
  // The open store and a fresh one agree on how many events there are.
  void expect_seq(const char* name) {
    EXPECT_EQ(quipu_cpp::wal_seq(store_), seq_) << name << ", the open store";
    EXPECT_EQ(quipu_cpp::wal_seq(open_store(path())), seq_) << name << ", a fresh store";
  }

  Folder folder_;
  Store store_;
  std::int64_t seq_ = 0;
  std::uint64_t refused_ = 0;
};

// ---- what there is at first -------------------------------------------------------------------------------------------

inline void upsert_some(const Store& store, int first, int count) {
  for (int i = first; i < first + count; ++i) {
    quipu_cpp::upsert(store, make_record("r" + std::to_string(i % 20), i % 2 == 0 ? "even" : "odd", "as it was",
                                         R"({"i": )" + std::to_string(i) + R"(, "big": 123456789012345678901234})"));
  }
}

// A log with a batch and a deletion in it; with `many`, a snapshot too and a tail behind it.
inline void make_start(const Folder& folder, bool many) {
  const Store store = open_store(folder.path());
  upsert_some(store, 0, many ? 55 : 6);
  const auto one = make_record("b1", "batch", "", R"({"x": [1, {"y": NaN}]})");
  const auto two = make_record("b2", "batch", "", "{}");
  const quipu_chronorecord* both[] = {one.get(), two.get()};
  quipu_cpp::check(
      [&](quipu_error** err) { return quipu_chronostore_upsert_many(store.get(), both, 2, nullptr, err); });
  quipu_cpp::check([&](quipu_error** err) { return quipu_chronostore_delete(store.get(), "r1", 2, nullptr, err); });
  close_store(store);
}

struct Starts {
  Folder empty;
  Folder log;
  Folder snapshot;
  Folder torn;
  Folder no_line_end;
  Folder behind_snapshot;
  Folder import;  // what is migrated
  Starts() {
    make_start(log, false);
    make_start(snapshot, true);
    make_start(torn, true);
    write_whole(torn.log(), read_whole(torn.log()) + "{\"seq\": 999, \"ts\"");
    make_start(no_line_end, false);
    std::string text = read_whole(no_line_end.log());
    text.pop_back();
    write_whole(no_line_end.log(), text);
    make_start(behind_snapshot, true);
    const std::string log_text = read_whole(behind_snapshot.log());
    write_whole(behind_snapshot.log(), log_text.substr(0, log_text.find('\n') + 1));
    write_whole(import.path() + "/requirements.json",
                R"([{"id": "REQ-1", "title": "one"}, {"id": "REQ-2", "title": "two", "confidence": "0.5"}])");
    write_whole(import.path() + "/testcases.json", R"([{"id": "TC-1", "status": "draft"}, {"id": 7}, 3])");
  }
};

inline Starts& starts() {
  static Starts made;
  return made;
}

}  // namespace quipu::test
