// Snapshots, compaction and backup.
#include <algorithm>
#include <charconv>
#include <shared_mutex>

#include "chronostore/store_internal.h"
#include "os/paths.h"

namespace quipu::chronostore {

namespace {

// The reference's cadence, kept while a store is small.
constexpr std::int64_t kReferenceCadence = 50;
constexpr std::size_t kSmallStore = 200;
// Beyond it: as many events behind the snapshot for each record. A snapshot rewrites all records, so this bounds what is
// written for an event in the long run to a quarter of a record.
constexpr std::int64_t kTailPerRecord = 4;

// Of a backup that is not whole yet.
constexpr const char* kPartialSuffix = ".partial";

}  // namespace

bool Store::snapshot_due(bool by_upsert) {
  std::size_t records = 0;
  std::int64_t seq = 0;
  {
    const std::shared_lock lock(state_mutex_);
    records = state_.size();
    seq = seq_;
  }
  const std::lock_guard lock(snapshot_mutex_);
  if (records <= kSmallStore) return since_snapshot_ >= kReferenceCadence;
  // Closing is no reason to write a large snapshot: the next opening reads the tail as fast.
  return by_upsert &&
         seq - std::max<std::int64_t>(snapshot_seq_, 0) >= kTailPerRecord * static_cast<std::int64_t>(records);
}

void Store::snapshot_if_due(bool by_upsert) {
  if (!snapshot_due(by_upsert) || snapshot_running_.exchange(true)) return;
  const FlagReset running(snapshot_running_);
  try {
    write_snapshot_now();
  } catch (const std::exception& error) {
    // The events are in the log: only the next opening takes longer. But a failed sync of the log is final.
    if (poisoned_) untold_failure_ = true;
    tell([&] {
      notices_.add(
          {"snapshot_failed", kSnapshotName, 0, -1, -1, std::string("no snapshot was written: ") + error.what()});
    });
    // Not at each event from here on, but after as many again.
    const std::shared_lock state_lock(state_mutex_);
    const std::lock_guard counters(snapshot_mutex_);
    since_snapshot_ = 0;
    snapshot_seq_ = seq_;
  }
}

void Store::write_snapshot_now() {
  // One writer of the scratch file at a time, in all processes; who comes second leaves it to the first.
  const std::unique_ptr<os::FileLock> lock = fs().open_lock(file(kSnapshotLockName));
  if (!lock->acquire(0)) return;
  const LockRelease release(*lock);

  SnapshotHead head;
  std::vector<RecordRef> records;
  std::uint64_t generation = 0;
  std::shared_ptr<os::File> log;
  {
    const std::lock_guard log_lock(log_mutex_);
    const std::shared_lock state_lock(state_mutex_);
    head = {seq_, last_hash_json_};
    records = state_.in_order();
    generation = generation_;
    log = log_;
  }
  os::Replacement snapshot(fs(), file(kSnapshotName), file(kSnapshotScratchName));
  write_snapshot(snapshot, head, iso_utc(options_.clock->unix_seconds()), records, nullptr);
  snapshot.sync();
  // The log must not be less durable than the snapshot that stands for a part of it; other handles may sync less than this.
  if (log != nullptr) sync_or_poison(*log);

  const CommitGate::Exclusive gate(gate_, options_.lock_wait_ms);
  const FileLockGuard file_lock(*this);
  const std::lock_guard log_lock(log_mutex_);
  follow();
  if (generation_ == generation) {
    const std::optional<std::int64_t> on_disk = snapshot_seq_on_disk();
    if (!on_disk || *on_disk < head.seq) {
      set_bad_snapshot_aside();
      snapshot.commit();
    } else {
      head.seq = *on_disk;
    }
    const std::lock_guard counters(snapshot_mutex_);
    since_snapshot_ = 0;
    snapshot_seq_ = std::max(snapshot_seq_, head.seq);
  }
}

std::optional<SnapshotHead> Store::snapshot_head_on_disk() {
  try {
    return read_snapshot(*fs().open(file(kSnapshotName), os::OpenMode::kRead), [](const RecordRef&) {});
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) return std::nullopt;
    throw;
  }
}

// Whether the snapshot on disk says that it is of that event, so far as its first lines tell.
bool Store::snapshot_is_of(std::int64_t seq, const std::string& last_hash_json) {
  const std::string head = "{\n  \"seq\": " + std::to_string(seq) + ",\n  \"last_hash\": " + last_hash_json + ",\n";
  try {
    const auto snapshot = fs().open(file(kSnapshotName), os::OpenMode::kRead);
    return read_part(*snapshot, 0, head.size()) == head;
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) return false;
    throw;
  }
}

// The seq that the snapshot's text begins with; nothing if there is none or it begins otherwise.
std::optional<std::int64_t> Store::snapshot_seq_on_disk() {
  if (bad_snapshot_) return std::nullopt;
  constexpr std::string_view kBegin = "{\n  \"seq\": ";
  std::string text;
  try {
    text = read_part(*fs().open(file(kSnapshotName), os::OpenMode::kRead), 0, 64);
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) return std::nullopt;
    throw;
  }
  std::int64_t seq = 0;
  if (!text.starts_with(kBegin)) return std::nullopt;
  const auto [end, failed] = std::from_chars(text.data() + kBegin.size(), text.data() + text.size(), seq);
  if (failed != std::errc() || end == text.data() + text.size() || *end != ',') return std::nullopt;
  return seq;
}

void Store::set_bad_snapshot_aside() {
  if (!bad_snapshot_) return;
  set_aside(kSnapshotName, os::read_file(fs(), file(kSnapshotName)),
            "the snapshot, which could not be used, was moved here before a new one was written");
  bad_snapshot_ = false;
}

std::int64_t Store::compact(const Progress& progress) {
  check_writable();
  const std::unique_ptr<os::FileLock> snapshot_lock = fs().open_lock(file(kSnapshotLockName));
  if (!snapshot_lock->acquire(options_.lock_wait_ms)) {
    throw Error(Code::kBusy, "another process is writing a snapshot").at_path(file(kSnapshotLockName));
  }
  const LockRelease release(*snapshot_lock);
  const CommitGate::Exclusive gate(gate_, options_.lock_wait_ms);
  const FileLockGuard file_lock(*this);

  SnapshotHead head;
  std::vector<RecordRef> records;
  std::int64_t events = 0;
  {
    const std::lock_guard log_lock(log_mutex_);
    prepare_log();
    events = replayer_->events();
    const std::shared_lock state_lock(state_mutex_);
    head = {seq_, last_hash_json_};
    records = state_.in_order();
  }
  os::Replacement snapshot(fs(), file(kSnapshotName), file(kSnapshotScratchName));
  write_snapshot(snapshot, head, iso_utc(options_.clock->unix_seconds()), records,
                 guarded<CallbackScope>(*this, progress));
  snapshot.sync();

  const std::lock_guard log_lock(log_mutex_);
  // As for any snapshot; in the modes that sync later, and behind handles of such.
  if (log_ != nullptr) sync_or_poison(*log_);
  follow();
  if (replayer_->seq() != head.seq || replayer_->last_hash_json() != head.last_hash_json) {
    throw Error(Code::kConflict, "nothing was compacted: a writer that takes no lock changed the log meanwhile")
        .at_path(file(kLogName));
  }
  if (replayer_->has_damage()) {
    set_aside(kLogName, os::read_file(fs(), file(kLogName)),
              "the log, which holds lines that could not be used, was copied here before it was compacted");
  }
  set_bad_snapshot_aside();
  snapshot.commit();
  committing_.store(true);
  const FlagReset commit_end(committing_);
  start_log_with_sentinel();
  const std::lock_guard counters(snapshot_mutex_);
  since_snapshot_ = 0;
  snapshot_seq_ = head.seq;
  return events;
}

namespace {

bool is_left_out(const std::string& name) {
  return name == kBackupName || name == kLockName || name == kSnapshotLockName || name == kLogScratchName ||
         name == kSnapshotScratchName;
}

void copy_tree(os::FileSystem& fs, const std::string& from, const std::string& to) {
  for (const std::string& name : fs.list_directory(from)) {
    if (is_left_out(name)) continue;
    const std::string source = os::join(from, name);
    const auto info = fs.stat(source);
    if (!info) continue;  // a link to nothing, or gone meanwhile
    if (info->is_directory) {
      fs.make_directory(os::join(to, name));
      copy_tree(fs, source, os::join(to, name));
    } else if (info->is_regular) {
      os::copy_file(fs, source, os::join(to, name));
    }
  }
  fs.sync_directory(to);
}

// As far as it can be: what stays does not carry the name of a backup.
void remove_tree(os::FileSystem& fs, const std::string& path) {
  try {
    for (const std::string& name : fs.list_directory(path)) {
      const std::string entry = os::join(path, name);
      const auto info = fs.stat(entry);
      if (info && info->is_directory) {
        remove_tree(fs, entry);
      } else {
        fs.remove(entry);
      }
    }
    fs.remove(path);
  } catch (const Error&) {
  } catch (const std::bad_alloc&) {
  }
}

}  // namespace

// The copy is made under a name of its own, and gets that of a backup when it is whole.
std::string Store::backup() {
  check_writable();
  const CommitGate::Exclusive gate(gate_, options_.lock_wait_ms);
  const FileLockGuard file_lock(*this);
  const std::string folder = file(kBackupName);
  os::make_directories(fs(), folder);
  const std::string stamp = compact_utc(options_.clock->unix_seconds());
  std::string target = os::join(folder, stamp);
  for (int n = 2; fs().stat(target); ++n) target = os::join(folder, stamp + "-" + std::to_string(n));
  const std::string scratch = target + kPartialSuffix;
  remove_tree(fs(), scratch);
  fs().make_directory(scratch);
  try {
    copy_tree(fs(), directory_, scratch);
    fs().rename(scratch, target);
  } catch (...) {
    remove_tree(fs(), scratch);
    throw;
  }
  fs().sync_directory(folder);
  return target;
}

}  // namespace quipu::chronostore
