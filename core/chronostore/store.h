// chronostore/store.h - one open store: a folder shared with other processes, read and written by any number of threads.
//
// How it stays right (docs/DURABILITY.md has the promises):
//  - The log is the truth. The state in memory is what the log (behind a snapshot) says up to a known place; before every
//    read and every write the store looks whether the log has moved since, and follows it.
//  - A write is made by one thread at a time, the leader: it holds the gate (commit_gate.h) in this process and the file
//    lock against others, follows the log, appends the lines of all threads that wait, syncs, and only then lets the state,
//    seq and last hash move.
//
// Locks, in the order in which they are taken: snapshot.lock (a file), the gate, lock (a file), log_mutex_, state_mutex_. No
// mutex is held while a caller's function runs or a commit is synced.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/shared_mutex.h"
#include "chronostore/commit_gate.h"
#include "chronostore/notice.h"
#include "chronostore/record.h"
#include "chronostore/replayer.h"
#include "chronostore/snapshot.h"
#include "chronostore/state.h"
#include "chronostore/sync_timer.h"
#include "os/file_system.h"
#include "wal/event.h"
#include "wal/tail.h"
#include "wal/verifier.h"

namespace quipu::chronostore {

enum class Durability { kFull, kBatched, kNone };

struct StoreOptions {
  bool read_only = false;
  bool must_exist = false;
  Durability durability = Durability::kFull;
  std::int64_t recursion_depth = 0;
  std::int64_t lock_wait_ms = 10000;  // 0: one try
  std::int64_t batch_ms = 50;
  std::int64_t batch_bytes = 1 << 20;
  bool track_changes = false;             // for take_changed
  os::FileSystem* file_system = nullptr;  // the native one
  Clock* clock = nullptr;                 // the system's
};

// A place in the history of a store, by which it can be known again later, in another process too.
struct Mark {
  std::int64_t seq = 0;
  std::string hash_json;     // of the event of that number
  std::uint64_t offset = 0;  // its end in the log
};

// What has changed in a store since it was asked last.
struct ChangedRecords {
  bool all = false;  // the records are all there are; else those that changed, the later the further behind
  std::vector<RecordRef> records;  // as they are now; one that changed twice may stand here twice
  Mark mark;                       // as of then
};

// Reports steps; answers false to cancel.
using Progress = std::function<bool(std::int64_t done, std::int64_t total)>;

// Records of a query, as of its making. One thread at a time.
class RecordCursor {
 public:
  RecordCursor(std::vector<RecordRef> records, Selection selection)
      : records_(std::move(records)), selection_(std::move(selection)) {}
  RecordRef next();  // empty at the end

 private:
  std::vector<RecordRef> records_;
  Selection selection_;
  std::size_t at_ = 0;
};

// Events of the log, as of its making. One thread at a time.
class EventCursor {
 public:
  EventCursor(std::shared_ptr<os::File> file, std::uint64_t limit, std::int64_t from_seq)
      : file_(std::move(file)), limit_(limit), from_seq_(from_seq) {}
  json::RowRef next();  // a row of WalEvent; empty at the end

 private:
  void fill();

  std::shared_ptr<os::File> file_;  // none: there is no log
  std::uint64_t limit_;
  std::int64_t from_seq_;
  wal::Position position_;
  std::vector<json::RowRef> rows_;
  std::size_t at_ = 0;
};

// What verify found; ChronoVerification in values.toml explains the fields.
struct VerifyResult {
  bool valid = false;
  std::int64_t events = 0;
  std::int64_t lines = 0;
  std::string problem;
  std::int64_t line = 0;
  std::int64_t offset = -1;
  std::int64_t seq = -1;
  std::string expected;
  std::string found;
  std::int64_t last_seq = 0;
  std::string last_hash;
  std::string message;
};

struct MigrateResult {
  std::int64_t requirements = 0;
  std::int64_t testcases = 0;
  std::int64_t skipped = 0;
};

class Transaction;

class Store {
 public:
  static std::unique_ptr<Store> open(const std::string& path, const StoreOptions& options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Ends the work: syncs, writes a snapshot if one is due. No call may be running or come after it.
  void close();

  const std::string& path() const { return root_; }
  void refresh();
  void sync();

  // Writes. ready: see commit_gate.h; event: receives the row of the event written (WalEvent), if not null.
  void upsert(const RecordRef& record, const EventReady& ready);
  void upsert(const RecordRef& record, json::RowRef* event);
  std::int64_t upsert_many(const std::vector<RecordRef>& records);  // first seq; 0 for none
  void remove(std::string_view id, const EventReady& ready);
  void remove(std::string_view id, json::RowRef* event);
  std::int64_t commit(const std::function<void(Transaction&)>& fn);

  RecordRef find(std::string_view id);  // empty if there is none
  RecordCursor query(const Selection& selection);
  std::int64_t active_count();
  std::int64_t wal_seq();
  std::string last_hash_json();
  EventCursor replay(std::int64_t from_seq);
  std::vector<Notice> notices() const { return notices_.all(); }

  // For the one who keeps an index of the records beside the store (StoreOptions::track_changes). Costs what has changed.
  ChangedRecords take_changed();
  void forget_changed();  // the next take_changed gives all records
  // Whether the history up to that mark is a part of this store's history. False may mean that it cannot be told any more.
  bool has_passed(const Mark& mark);

  VerifyResult verify(bool strict, const Progress& progress);

  std::int64_t compact(const Progress& progress);
  std::string backup();
  // ready: called with the result before anything is written; as EventReady.
  MigrateResult migrate_from_json(const std::string& directory, const Progress& progress,
                                  const std::function<void(const MigrateResult&)>& ready = nullptr);

  // The same progress function, called so that writes from inside it answer MISUSE: for long calls that are made of several of
  // this store's. Empty if it is. The store must outlive it.
  Progress as_callback(const Progress& progress) const;

  // True on a thread that runs a callback of this store.
  bool in_callback() const;

 private:
  friend class Transaction;
  class FileLockGuard;
  class CallbackScope;

  Store(std::string root, const StoreOptions& options);

  // store.cpp
  template <typename Fn>
  auto read(Fn&& fn);
  bool is_current() const;
  void check_writable() const;
  std::string file(std::string_view name) const;
  os::FileSystem& fs() const { return *options_.file_system; }

  // store_follow.cpp: the log moved; all with log_mutex_ held
  void follow();
  void follow_meanwhile();  // without log_mutex_
  void load_anew();
  void read_more(std::uint64_t limit);
  bool tail_unchanged(os::File& log) const;
  bool adopt_compacted(const std::shared_ptr<os::File>& log);
  void go_on_in(std::shared_ptr<os::File> log, std::uint64_t offset);
  void note_conflict();
  void remember_tail();

  // store_write.cpp
  // canonical: where the canonical text is appended (CommitRequest).
  PreparedEvent prepare_upsert(const RecordRef& record, std::string& canonical) const;
  PreparedEvent prepare_delete(std::string_view id, std::string& canonical) const;
  void write(CommitRequest& request);
  void commit_group(const std::vector<CommitRequest*>& group);
  void prepare_log();
  void remove_log_scratch();
  bool open_for_append();
  void set_tail_aside();
  void end_last_line();
  void settle_line_end();
  void set_aside(std::string_view name, std::string_view content, const std::string& why);
  void re_anchor();
  void start_log_with_sentinel();

  // store_append.cpp
  void append_and_publish(const std::vector<CommitRequest*>& group, const std::string* expected);
  const std::string& timestamp();
  void publish(std::int64_t count, std::uint64_t end);
  void cut_back(std::uint64_t size, bool synced_before, Error& error);
  [[noreturn]] void poison(Error error);
  void sync_or_poison(os::File& log);
  void after_append(std::size_t bytes);
  void sync_log();

  // store_maintenance.cpp
  bool snapshot_due(bool by_upsert);
  void snapshot_if_due(bool by_upsert);
  void write_snapshot_now();
  std::optional<SnapshotHead> snapshot_head_on_disk();
  bool snapshot_is_of(std::int64_t seq, const std::string& last_hash_json);
  std::optional<std::int64_t> snapshot_seq_on_disk();
  void set_bad_snapshot_aside();

  // store_check.cpp
  std::uint64_t settled_limit(std::shared_ptr<os::File>& log);
  static void check_anchor(const std::optional<SnapshotHead>& snapshot, const wal::Verification& found,
                           VerifyResult& result);
  static std::string message_of(const VerifyResult& result);

  const std::string root_;       // the project folder, absolute
  const std::string directory_;  // .chronomemory in it
  StoreOptions options_;
  NoticeBoard notices_;

  CommitGate gate_;
  std::unique_ptr<os::FileLock> file_lock_;  // made by the first write; used by the gate's holder
  std::atomic<bool> poisoned_{false};
  mutable std::atomic<bool> untold_failure_{false};  // the timer's sync failed, and no call has said so yet
  std::atomic<std::uint64_t> unsynced_bytes_{0};     // batched durability

  // What a commit works with; kept for the next one, as fresh memory would cost it a part of its time.
  wal::LineWriter writer_;
  std::string lines_;
  std::vector<Change> changes_;
  std::string timestamp_;
  std::int64_t timestamp_seconds_ = -1;

  // The log as far as it was followed.
  std::mutex log_mutex_;
  std::unique_ptr<Replayer> replayer_;
  wal::Position position_;   // behind the last piece taken
  std::string tail_;         // the bytes before position_, to see whether they are still there
  bool appendable_ = false;  // log_ is open for appending, its entry is synced
  bool scratch_removed_ = false;
  bool line_end_in_doubt_ = false;  // the last event may have got its line end by another writer, not synced
  bool reload_ = false;             // a failure in between: read everything anew
  bool bad_snapshot_ = false;       // the snapshot on disk could not be used
  std::int64_t own_seq_ = 0;        // the last event that this handle acknowledged
  std::string own_hash_json_;
  std::optional<std::int64_t> conflict_seq_;  // it is gone: the next write says so
  bool foreign_writer_noted_ = false;
  std::uint64_t generation_ = 0;  // how often everything was read anew

  // What readers see. Changed with log_mutex_ held as well.
  mutable SharedMutex state_mutex_;
  State state_;
  std::int64_t seq_ = 0;
  std::string last_hash_json_ = "\"\"";
  std::shared_ptr<os::File> log_;  // none while there is no log
  std::uint64_t known_size_ = 0;   // size of the log when it was last followed to its end
  std::uint64_t shown_size_ = 0;   // how much of that the state shows: up to a torn tail or open batch

  // Set while the leader, holding the file lock, appends or replaces the log: what is new in it then is its own work.
  std::atomic<bool> committing_{false};

  std::mutex snapshot_mutex_;        // guards the two counters
  std::int64_t since_snapshot_ = 0;  // events of this handle
  std::int64_t snapshot_seq_ = 0;    // of the last snapshot, or where the last one failed
  std::atomic<bool> snapshot_running_{false};

  SyncTimer sync_timer_;
};

// What fn of commit() works with: the latest state and its own writes over it. One thread at a time, during fn only.
class Transaction {
 public:
  void upsert(const RecordRef& record);
  void remove(std::string_view id);
  // The number that the event of the next write will get.
  std::int64_t next_seq() const;
  RecordRef find(std::string_view id) const;
  RecordRef find_by_key(std::string_view key) const;  // record.h, id_key
  RecordCursor query(const Selection& selection) const;
  std::int64_t active_count() const;

 private:
  friend class Store;
  explicit Transaction(Store& store) : store_(store) {}

  struct Overlaid {
    RecordRef record;
    std::uint32_t ordinal;  // its place in the store, or kNone for a new one
  };
  const Overlaid* overlaid(std::string_view key) const;
  void put(std::string key, RecordRef record);
  void add(PreparedEvent event, std::string key, RecordRef record);

  Store& store_;
  CommitRequest request_;
  std::vector<Overlaid> changed_;  // in order of first change
  std::unordered_map<std::string, std::size_t> by_key_;
};

}  // namespace quipu::chronostore
