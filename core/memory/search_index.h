// memory/search_index.h - full text search over titles and contents: SQLite's FTS5 in a file beside the log, derived from it and
// made anew whenever it does not fit (docs/formats/memory.md, "Search index").
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chronostore/store.h"
#include "os/file_system.h"
#include "sqlite/connection.h"
#include "sqlite/statement.h"

namespace quipu::memory {

// An observation as the index is to have it.
struct IndexedRow {
  std::int64_t id = 0;
  chronostore::RecordRef record;  // none: it is to be left out
};

// What an index is made from: the observations whose last event comes after `seq`, as of now.
struct IndexSource {
  chronostore::Mark mark;
  std::vector<IndexedRow> rows;
};

class SearchIndex {
 public:
  // path: empty for an index in memory. Nothing is opened yet.
  SearchIndex(os::FileSystem* file_system, std::string path, std::int64_t lock_wait_ms);
  ~SearchIndex();

  // Brings the index up to date. now: the mark of the store as of now; rows_since: see IndexSource; has_passed: whether a mark
  // is of this store's history.
  void catch_up(const std::function<chronostore::Mark()>& now,
                const std::function<IndexSource(std::int64_t seq)>& rows_since,
                const std::function<bool(const chronostore::Mark&)>& has_passed);

  // Calls fn(id, rank) for each row that has all words, the best first, until it answers false.
  void for_each_match(std::string_view match, const std::function<bool(std::int64_t, double)>& fn);

  // Throws the index away; the next catch_up makes a new one. kBusy while others write it.
  void discard();

  // After an error: whether the index was to blame, and was thrown away or is kept in memory from now on. catch_up does so by
  // itself.
  bool heal(const Error& error);

  // The words of a query as FTS5 wants them; empty if there are none.
  static std::string match_of(std::string_view query);
  // What for_each_match runs, with the match as its only parameter.
  static const char* const kQuery;

 private:
  struct State {
    std::int64_t format = 0;
    chronostore::Mark mark;
  };

  void open();
  void close();
  std::optional<State> read_state();
  void try_catch_up(const std::function<chronostore::Mark()>& now,
                    const std::function<IndexSource(std::int64_t seq)>& rows_since,
                    const std::function<bool(const chronostore::Mark&)>& has_passed);
  void make_tables();
  void write(const IndexSource& source, bool is_new);

  os::FileSystem* const file_system_;
  std::string path_;
  const std::int64_t lock_wait_ms_;
  std::unique_ptr<sqlite::Connection> connection_;
  std::uint64_t inode_ = 0;  // of the open file
  std::uint64_t device_ = 0;
};

}  // namespace quipu::memory
