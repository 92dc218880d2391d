// Appending: the events of a group get their numbers and links, one write and one sync take them to the log, and only then
// does the state move. Under the gate and the file lock.
#include <algorithm>
#include <array>

#include "chronostore/store_internal.h"
#include "json/row.h"
#include "wal/event.h"

namespace quipu::chronostore {

namespace {

// What a line has around the record, apart from a long id: enough that the line needs no more room.
constexpr std::size_t kMostAroundRecord = 512;
constexpr std::size_t kMostKept = 1 << 20;

Change change_of(const PreparedEvent& event) {
  if (event.op == std::string_view(kDelete)) return {RecordRef(), id_key(event.id_json)};
  return {event.record, {}};
}

json::RowRef event_row_of(const PreparedEvent& event, std::string_view ts, std::string_view prev_hash_json,
                          std::string_view hash_json, std::int64_t recursion_depth) {
  const std::string seq = json::int64_json(event.seq);
  const std::string ts_json = json::string_json(ts);
  const std::string op = json::string_json(event.op);
  const std::string depth = json::int64_json(recursion_depth);
  std::array<std::string_view, WalEventField::count> fields;
  fields[WalEventField::seq] = seq;
  fields[WalEventField::ts] = ts_json;
  fields[WalEventField::op] = op;
  fields[WalEventField::record_id] = event.id_json;
  fields[WalEventField::record] = event.record->text();
  fields[WalEventField::prev_hash] = prev_hash_json;
  fields[WalEventField::hash] = hash_json;
  fields[WalEventField::recursion_depth] = depth;
  return json::Row::make(walevent_fields(), fields);
}

}  // namespace

// Numbers, links and appends the events of the group. The gate and the file lock are held, the log is prepared. expected: the
// last hash that the events were made for, or null if they do not depend on what is there.
void Store::append_and_publish(const std::vector<CommitRequest*>& group, const std::string* expected) {
  std::uint64_t begin = 0;
  std::shared_ptr<os::File> log;
  {
    const std::lock_guard log_lock(log_mutex_);
    log = log_;
    begin = known_size_;
    // With expected, the caller's function has run since the log was prepared.
    const bool moved = expected != nullptr &&
                       (*expected != replayer_->last_hash_json() || log == nullptr || log->info().size != begin);
    if (log == nullptr || moved || !appendable_) {
      throw Error(Code::kConflict, "nothing was written: a writer that takes no lock changed the log at this moment")
          .at_path(file(kLogName));
    }
    writer_.go_on_behind(replayer_->seq(), replayer_->last_hash_json());
    committing_.store(true);
  }
  const FlagReset commit_end(committing_);

  // One write is one batch, also if several threads brought it: a power cut may leave zeros in place of its first lines.
  std::int64_t left = 0;
  std::size_t size = 0;
  for (const CommitRequest* request : group) {
    left += static_cast<std::int64_t>(request->events.size());
    size += request->canonical.size() + request->events.size() * kMostAroundRecord;
  }
  const std::int64_t count = left;
  lines_.clear();
  lines_.reserve(size);
  changes_.clear();
  changes_.reserve(static_cast<std::size_t>(count));
  std::string prev_hash_json;
  for (CommitRequest* request : group) {
    for (PreparedEvent& event : request->events) {
      --left;
      const std::string& ts = timestamp();
      const bool is_wanted = event.ready != nullptr && *event.ready;
      if (is_wanted) prev_hash_json = writer_.last_hash_json();
      writer_.write({event.op, event.id_json, event.record->text(), request->canonical_of(event)}, ts,
                    count == 1 ? wal::kNoBatch : left, lines_);
      event.seq = writer_.seq();
      if (is_wanted)
        (*event.ready)(event_row_of(event, ts, prev_hash_json, writer_.last_hash_json(), options_.recursion_depth));
      changes_.push_back(change_of(event));
    }
  }

  try {
    log->append(lines_);
  } catch (Error& error) {
    cut_back(begin, false, error);
    throw error.while_doing("cannot append to the log");
  } catch (const std::bad_alloc&) {  // while the failure was put into words
    Error error(Code::kNoMemory, "memory is out");
    cut_back(begin, false, error);
    throw error;
  }
  try {
    if (options_.durability == Durability::kFull) sync_or_poison(*log);
    if (options_.durability == Durability::kBatched) after_append(lines_.size());
  } catch (Error& error) {
    cut_back(begin, true, error);
    throw;
  } catch (const std::bad_alloc&) {
    Error error(Code::kNoMemory, "memory is out");
    cut_back(begin, true, error);
    throw error;
  }

  publish(count, begin + lines_.size());
  // A large batch's memory is not kept for the small ones after it.
  if (lines_.capacity() > kMostKept) std::string().swap(lines_);
  if (changes_.capacity() * sizeof(Change) > kMostKept) std::vector<Change>().swap(changes_);
}

const std::string& Store::timestamp() {
  const std::int64_t seconds = options_.clock->unix_seconds();
  if (seconds != timestamp_seconds_ || timestamp_.empty()) {
    timestamp_ = iso_utc(seconds);
    timestamp_seconds_ = seconds;
  }
  return timestamp_;
}

// The events are in the log: whatever happens now, the commit has succeeded. Should memory run out here, everything is read
// anew before it is needed again.
void Store::publish(std::int64_t count, std::uint64_t end) {
  const std::lock_guard log_lock(log_mutex_);
  reload_ = true;
  try {
    {
      const std::unique_lock lock(state_mutex_);
      try {
        state_.apply(changes_);
        last_hash_json_ = writer_.last_hash_json();
      } catch (const std::bad_alloc&) {
        committing_.store(false);  // a part of it only: who reads now must see that the log is longer, and wait
        throw;
      }
      seq_ = writer_.seq();
      known_size_ = end;
      shown_size_ = end;
    }
    replayer_->took_own(count, writer_.seq(), writer_.last_hash_json());
    position_ = {end, position_.line + count, true};
    tail_.append(lines_, lines_.size() - std::min(lines_.size(), kTailBytes));
    if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
    own_hash_json_ = writer_.last_hash_json();
    own_seq_ = writer_.seq();
    reload_ = false;
  } catch (const std::bad_alloc&) {
    tell([&] {
      notices_.add({"reload", kLogName, 0, -1, writer_.seq(), "memory ran out: the state will be read anew"});
    });
  }
  const std::lock_guard snapshot_lock(snapshot_mutex_);
  since_snapshot_ += count;
}

// Takes the bytes of a failed commit out of the log again.
void Store::cut_back(std::uint64_t size, bool synced_before, Error& error) {
  try {
    log_->truncate(size);
    if (!synced_before && options_.durability != Durability::kNone) log_->sync_data();
  } catch (const std::exception& cut) {
    {
      const std::lock_guard log_lock(log_mutex_);
      reload_ = true;
    }
    error = Error(error.code(), error.message() + "; and the log could not be cut back (" + cut.what() +
                                    "), so the outcome is unknown until the store is opened again")
                .at_path(error.path())
                .because(error.backend_code(), error.backend_text());
  }
}

void Store::poison(Error error) {
  poisoned_ = true;
  throw error.as(Code::kPoisoned).while_doing("a sync of the log failed, the handle writes no more");
}

void Store::sync_or_poison(os::File& log) {
  try {
    log.sync_data();
  } catch (const Error& error) {
    poison(error);
  } catch (...) {  // memory ran out while the failure was put into words
    poisoned_ = true;
    throw;
  }
}

void Store::after_append(std::size_t bytes) {
  const auto sync_now = [this] {
    try {
      sync_log();
    } catch (...) {
      untold_failure_ = true;  // the handle is poisoned: the next write says so, or close
    }
  };
  bool at_once = unsynced_bytes_.fetch_add(bytes) + bytes >= static_cast<std::uint64_t>(options_.batch_bytes);
  if (!at_once) {
    try {
      sync_timer_.arm(options_.batch_ms, sync_now);
    } catch (const std::exception&) {
      at_once = true;  // no thread can be had
    }
  }
  if (at_once) sync_log();
}

void Store::sync() {
  if (options_.read_only) return;
  if (poisoned_) check_writable();
  refresh();  // others may have written before this handle saw a log, or to one that took its place
  sync_log();
}

// Makes durable what this handle wrote.
void Store::sync_log() {
  if (poisoned_) check_writable();
  std::shared_ptr<os::File> log;
  {
    const std::shared_lock lock(state_mutex_);
    log = log_;
  }
  unsynced_bytes_ = 0;
  if (log != nullptr) sync_or_poison(*log);
}

}  // namespace quipu::chronostore
