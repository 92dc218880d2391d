// memory/store.h - an agent's memories: sessions, observations and prompts as records of a ChronoStore folder, shared with other
// processes. Every rule that reads before it writes (topics, duplicates, numbers, versions) runs inside one commit.
//
// Threads: free. Locks, in the order in which they are taken: index_mutex_; those of a commit (chronostore/store.h); mutex_.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chronostore/store.h"
#include "memory/catalog.h"
#include "memory/filter.h"
#include "memory/row.h"
#include "memory/stored.h"

namespace quipu::memory {

struct MemoryOptions {
  chronostore::StoreOptions store;  // track_changes is set by open
  std::size_t max_content_bytes = 50000;
  std::int64_t dedupe_window_seconds = 15 * 60;  // negative: nothing is a duplicate
};

struct NewObservation {
  std::string_view session_id;
  std::string_view type;
  std::string_view title;
  std::string_view content;
  std::string_view tool_name;  // these four: empty is absent
  std::string_view project;
  std::string_view scope;
  std::string_view topic_key;
};

struct NewPrompt {
  std::string_view session_id;
  std::string_view content;
  std::string_view project;
};

// What is to be changed; the rest stays.
struct ObservationChanges {
  std::optional<std::string_view> type;
  std::optional<std::string_view> title;
  std::optional<std::string_view> content;
  std::optional<std::string_view> tool_name;  // these three: empty takes it away
  std::optional<std::string_view> project;
  std::optional<std::string_view> topic_key;
  std::optional<std::string_view> scope;
};

struct Addition {
  enum class Outcome { kCreated, kUpdated, kDuplicate } outcome = Outcome::kCreated;
  RowRef row;  // as it is now
  bool truncated = false;
};

// What writes call with their answer once it is known and before anything is written: what fails there, such as memory for it,
// keeps the write from happening. May be empty.
using RowReady = std::function<void(const RowRef&)>;
using AdditionReady = std::function<void(const Addition&)>;

// Error(kNotFound) that names the row.
[[noreturn]] void not_found(Entity entity, std::string_view key);

// Rows as of the making of the list. One thread at a time.
class RowCursor {
 public:
  RowCursor() = default;
  explicit RowCursor(std::vector<RecordRef> records) : records_(std::move(records)) {}
  RowRef next();  // empty at the end

 private:
  std::vector<RecordRef> records_;
  std::size_t at_ = 0;
  StoredReader reader_;
};

struct Stats {
  std::int64_t sessions = 0;
  std::int64_t observations = 0;
  std::int64_t prompts = 0;
  std::vector<std::string> projects;
};

struct Context {
  std::vector<RowRef> sessions;
  std::vector<RowRef> observations;
  std::vector<RowRef> prompts;
  std::string markdown;
};
struct ContextOptions {
  std::string project;
  std::string scope;
  std::int64_t sessions = 5;
  std::int64_t observations = 20;
  std::int64_t prompts = 10;
};

struct Purge {
  std::int64_t events = 0;
  std::int64_t deleted = 0;
};

struct SearchQuery {
  std::string text;
  RowFilter filter;  // limit 0: 10
};
struct SearchHit {
  RowRef row;
  double rank = 0;  // the smaller, the better
};
struct SearchResult {
  std::vector<SearchHit> hits;
};

class Ledgers;
class SearchIndex;
class Write;

class MemoryStore {
 public:
  static std::unique_ptr<MemoryStore> open(const std::string& path, const MemoryOptions& options);
  ~MemoryStore();
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;
  // No call may be running or come after it.
  void close();

  chronostore::Store& records() { return *store_; }
  const MemoryOptions& options() const { return options_; }
  std::string now() const;  // as rows spell it

  // ---- rows of all kinds
  RowRef find(Entity entity, std::string_view key);  // none if it is gone or was never there
  RowCursor list(Entity entity, const RowFilter& filter);

  // ---- sessions
  // There already: an empty project or directory is filled in, the rest stays. Answers the session as it is then.
  RowRef session_start(std::string_view id, std::string_view project, std::string_view directory,
                       const RowReady& ready = {});
  RowRef session_end(std::string_view id, std::string_view summary, const RowReady& ready = {});  // kNotFound
  RowRef session_find(std::string_view id);
  RowCursor session_list(const RowFilter& filter);  // by last activity, the latest first
  // kConstraint while observations refer to it, deleted ones too. Its prompts go along.
  void session_delete(std::string_view id);

  // ---- observations
  Addition observation_add(const NewObservation& observation, const AdditionReady& ready = {});
  RowRef observation_find(std::string_view sync_id);  // deleted ones too; none if it is gone or was never there
  RowRef observation_update(std::string_view sync_id, const ObservationChanges& changes, bool& truncated,
                            const RowReady& ready = {});
  void observation_delete(std::string_view sync_id, bool hard);  // kNotFound; a soft one twice does nothing
  RowCursor observation_list(const RowFilter& filter);           // newest first
  // Live rows of the session before and after it, by number, and itself.
  std::vector<RowRef> timeline(std::string_view sync_id, std::int64_t before, std::int64_t after);

  // ---- prompts
  Addition prompt_add(const NewPrompt& prompt, const AdditionReady& ready = {});
  RowRef prompt_find(std::string_view sync_id);
  void prompt_delete(std::string_view sync_id);
  RowCursor prompt_list(const RowFilter& filter);  // newest first

  Context context(const ContextOptions& options);
  Stats stats();
  // Rewrites the log without what was deleted or overwritten. Backups and what was set aside keep it.
  Purge purge(const chronostore::Progress& progress);

  SearchResult search(const SearchQuery& query);

  // ---- for the parts of memory and sync that stand on it

  // Calls fn with the catalog as of now, under the store's mutex: fn must not call the store.
  void with_catalog(const std::function<void(const Catalog&, const chronostore::Mark&)>& fn);
  // The same with the ledgers of the targets of sync.
  void with_ledgers(const std::function<void(const Catalog&, Ledgers&)>& fn);
  // Calls fn inside one commit. Answers the number of the last event, or of the last one before if fn wrote nothing.
  std::int64_t commit(const std::function<void(Write&)>& fn);

 private:
  MemoryStore(std::unique_ptr<chronostore::Store> store, const MemoryOptions& options);

  void catch_up();
  SearchIndex& index();
  void catch_up_index();
  std::vector<std::pair<RecordRef, double>> search_index(const SearchQuery& query, std::string_view match,
                                                         std::size_t limit);

  std::unique_ptr<chronostore::Store> store_;
  MemoryOptions options_;

  std::mutex mutex_;
  Catalog catalog_;
  std::unique_ptr<Ledgers> ledgers_;
  chronostore::Mark mark_;  // what the catalog is as of

  std::mutex index_mutex_;  // one search at a time; taken before mutex_
  std::unique_ptr<SearchIndex> index_;
};

// What a function of MemoryStore::commit works with. During it only, on its thread.
class Write {
 public:
  Write(chronostore::Transaction& transaction, const Catalog& catalog, std::string now)
      : transaction_(transaction), catalog_(catalog), now_(std::move(now)) {}

  chronostore::Transaction& records() { return transaction_; }
  // As of the beginning of the commit: without what was put since.
  const Catalog& catalog() const { return catalog_; }
  const std::string& now() const { return now_; }
  std::int64_t next_seq() const { return transaction_.next_seq(); }

  // A row as it is, with what was put since. False if the store never had it.
  struct Found {
    RowRef row;  // none if it is gone
    Gone gone;   // if it is gone
    Origin origin;
  };
  bool find(Entity entity, std::string_view key, Found& found);

  // seq of the origin is filled in.
  void put(Entity entity, const json::Row& row, Origin origin);
  void put_gone(Entity entity, std::string_view key, const Gone& gone, Origin origin);

  // A relation between two observations, kept as it came. payload: JSON in log spelling. orphaned: one of the two is gone. False
  // if the one that is there has a later time, or the same time and a text that is not smaller.
  bool put_relation(std::string_view key, std::string_view payload, MaybeInstant updated, bool orphaned, Origin origin);
  // Marks the relations of an observation that is gone. Cost: proportional to all relations.
  void orphan_relations(std::string_view observation);

 private:
  chronostore::Transaction& transaction_;
  const Catalog& catalog_;
  const std::string now_;
  StoredReader reader_;
  RowReader rows_;
};

}  // namespace quipu::memory
