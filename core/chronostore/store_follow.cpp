// Following the log: what others appended is read and applied; a log that was replaced or rewritten is recognised.
#include <algorithm>
#include <array>
#include <span>

#include "chronostore/store_internal.h"
#include "os/paths.h"
#include "wal/event.h"

namespace quipu::chronostore {

namespace {

constexpr std::size_t kChangesAtOnce = 8192;

// What is followed while waiting for the file lock: not so much that the wait would take longer than was asked for. It is
// looked again while what came meanwhile takes longer to follow than a commit.
constexpr std::uint64_t kMostMeanwhile = 4 << 20;
constexpr std::uint64_t kLittleMeanwhile = 32 << 10;

bool same_file(const os::FileInfo& a, const os::FileInfo& b) { return a.inode == b.inode && a.device == b.device; }

std::uint64_t shown_end(const Replayer& replayer, const wal::Position& position) {
  return replayer.in_batch() ? replayer.batch_offset() : position.offset;
}

// No log at all: nothing in it is an event, and it does not even begin like one. Zeros at the front are what a power cut may
// leave of the first write, and then the text behind them may begin anywhere in a line.
bool is_foreign(os::File& log) {
  const std::string begin = read_part(log, 0, 65536);
  if (begin.starts_with('\0')) return false;
  const std::size_t first = begin.find_first_not_of(" \t\r\n\v\f\x1c\x1d\x1e\x1f");
  return first != std::string::npos && begin[first] != '{';
}

}  // namespace

void Store::follow() {
  if (reload_ || log_ == nullptr) {
    if (reload_ || fs().stat(file(kLogName))) load_anew();
    return;
  }
  const os::FileInfo info = log_->info();
  // Only a file that was removed, replaced or given a second name has another number of links than one.
  std::optional<os::FileInfo> at_path = info;
  if (info.links != 1) at_path = fs().stat(file(kLogName));
  if (at_path && same_file(*at_path, info)) {
    // Bytes that were no whole event may have been taken back and others written, just as many.
    if (info.size == known_size_ && shown_size_ == known_size_) return;
    if (info.size < position_.offset || !tail_unchanged(*log_)) return load_anew();
    return read_more(info.size);
  }
  if (!at_path) return load_anew();

  // Replaced. What the old file still got is read first; then the new one is either what a compaction left, or a copy with
  // more behind it (the Python original writes so), or something else.
  if (info.size > known_size_ && tail_unchanged(*log_)) read_more(info.size);
  std::shared_ptr<os::File> log;
  try {
    log = fs().open(file(kLogName), os::OpenMode::kRead);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    return load_anew();
  }
  if (adopt_compacted(log)) return;
  const os::FileInfo now = log->info();
  if (position_.offset > 0 && now.size >= position_.offset && tail_unchanged(*log)) {
    if (!std::exchange(foreign_writer_noted_, true)) {
      notices_.add({"log_replaced", kLogName, position_.line, static_cast<std::int64_t>(position_.offset),
                    replayer_->seq(), "the log was replaced by a copy: a writer that takes no lock is at work"});
    }
    const wal::Position position = position_;
    go_on_in(log, now.size);
    position_ = position;
    return read_more(now.size);
  }
  load_anew();
}

// While another process writes and this one's turn comes next: the more of the log is followed now, the less is left to do
// under the file lock. Only the ordinary case; whatever else there is to see, or fails here, shows under the lock too.
void Store::follow_meanwhile() {
  try {
    const std::unique_lock log_lock(log_mutex_, std::try_to_lock);
    if (!log_lock) return;
    for (std::uint64_t done = 0, grown = kLittleMeanwhile; grown >= kLittleMeanwhile; done += grown) {
      if (reload_ || log_ == nullptr) return;
      const os::FileInfo info = log_->info();
      if (info.links != 1 || info.size <= known_size_ || !tail_unchanged(*log_)) return;
      grown = info.size - known_size_;
      if (done + grown > kMostMeanwhile) return;
      read_more(info.size);
    }
  } catch (const std::exception&) {
  }
}

// A log begun anew by a compaction holds nothing that the state lacks, if the snapshot beside it is of the very event that
// was followed last.
bool Store::adopt_compacted(const std::shared_ptr<os::File>& log) {
  if (!snapshot_is_of(replayer_->seq(), replayer_->last_hash_json())) return false;
  bool begins_with_sentinel = false;
  bool first = true;
  wal::LineReader reader;
  wal::EventView event;
  wal::read_pieces(*log, {}, log->info().size, [&](const wal::TailPiece& piece) {
    if (!first) return true;
    first = false;
    std::int64_t seq = 0;
    begins_with_sentinel = !reader.read(piece.text, event) && wal::field_text(event.op, "upsert") == "compact" &&
                           wal::field_text(event.prev_hash, "") == "" &&
                           wal::coerce_seq(event.seq, seq) == wal::SeqKind::kNumber &&
                           wal::follows_on(replayer_->seq(), seq);
    return true;
  });
  if (!begins_with_sentinel) return false;
  const std::uint64_t size = log->info().size;
  replayer_->start_new_log();
  go_on_in(log, size);
  position_ = {};
  {
    const std::lock_guard lock(snapshot_mutex_);
    snapshot_seq_ = replayer_->seq();
  }
  read_more(size);
  return true;
}

void Store::go_on_in(std::shared_ptr<os::File> log, std::uint64_t size) {
  const std::unique_lock lock(state_mutex_);
  log_ = std::move(log);
  known_size_ = size;
  appendable_ = false;
}

bool Store::tail_unchanged(os::File& log) const {
  std::array<char, kTailBytes> found;
  const std::span<char> part(found.data(), tail_.size());
  return log.read_at(position_.offset - tail_.size(), part) == tail_.size() &&
         std::string_view(found.data(), tail_.size()) == tail_;
}

void Store::remember_tail() {
  const std::size_t length = static_cast<std::size_t>(std::min<std::uint64_t>(position_.offset, kTailBytes));
  tail_ = log_ == nullptr ? std::string() : read_part(*log_, position_.offset - length, length);
}

void Store::read_more(std::uint64_t limit) {
  reload_ = true;  // until everything has been taken and applied
  if (!position_.after_line_end && position_.offset > 0) line_end_in_doubt_ = true;
  std::vector<Change> changes;
  const auto publish = [&] {
    const std::unique_lock lock(state_mutex_);
    state_.apply(changes);
    seq_ = replayer_->seq();
    last_hash_json_ = replayer_->last_hash_json();
  };
  position_ = wal::read_pieces(*log_, position_, limit, [&](const wal::TailPiece& piece) {
    const bool taken = replayer_->take(piece, changes);
    if (changes.size() >= kChangesAtOnce) publish();
    return taken;
  });
  publish();
  {
    const std::unique_lock lock(state_mutex_);
    known_size_ = limit;
    shown_size_ = shown_end(*replayer_, position_);
  }
  remember_tail();
  reload_ = false;
}

void Store::load_anew() {
  reload_ = true;
  // The log is opened before the snapshot is read. Should a compaction come in between, then the snapshot holds what the old
  // log holds: together they are the store as of that moment. That the log was replaced shows with the next look.
  std::shared_ptr<os::File> log;
  try {
    log = fs().open(file(kLogName), os::OpenMode::kRead);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
  }
  State state;
  if (options_.track_changes) state.track();
  SnapshotHead head;
  bool has_snapshot = true;
  bool bad_snapshot = false;
  std::string reason;
  try {
    const auto snapshot = fs().open(file(kSnapshotName), os::OpenMode::kRead);
    head = read_snapshot(*snapshot, [&state](RecordRef record) { state.put(std::move(record)); });
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) {
      has_snapshot = false;
    } else if (error.code() == Code::kInvalid) {
      bad_snapshot = true;
      reason = error.message();
      state = State();
      if (options_.track_changes) state.track();
      head = SnapshotHead();
    } else {
      throw;
    }
  }
  auto replayer = std::make_unique<Replayer>(notices_);
  replayer->start(head.seq, head.last_hash_json);
  replayer->watch_for(own_hash_json_);
  wal::Position position;
  std::uint64_t size = 0;
  if (log != nullptr) {
    size = log->info().size;
    std::vector<Change> changes;
    position = wal::read_pieces(*log, {}, size, [&](const wal::TailPiece& piece) {
      const bool taken = replayer->take(piece, changes);
      if (changes.size() >= kChangesAtOnce) state.apply(changes);
      return taken;
    });
    state.apply(changes);
    if (!replayer->has_line() && !has_snapshot && is_foreign(*log)) {
      throw Error(Code::kNotAStore, "\"" + file(kLogName) + "\" is not a log: it does not begin with an event")
          .at_path(file(kLogName))
          .at_offset(0);
    }
  }
  if (bad_snapshot) {
    notices_.add({"snapshot_unusable", kSnapshotName, 0, -1, -1, "the snapshot was not used: " + reason});
  }
  const bool lost = own_seq_ > 0 && !replayer->watched_found() && !(has_snapshot && head.seq >= own_seq_);
  {
    const std::unique_lock lock(state_mutex_);
    state_ = std::move(state);
    seq_ = replayer->seq();
    last_hash_json_ = replayer->last_hash_json();
    log_ = std::move(log);
    known_size_ = size;
    shown_size_ = shown_end(*replayer, position);
  }
  replayer_ = std::move(replayer);
  position_ = position;
  line_end_in_doubt_ = true;
  appendable_ = false;
  bad_snapshot_ = bad_snapshot;
  ++generation_;
  remember_tail();
  {
    const std::lock_guard lock(snapshot_mutex_);
    snapshot_seq_ = head.seq;
  }
  if (shown_size_ < known_size_) {
    notices_.add({"unfinished_tail", kLogName, position_.line + 1, static_cast<std::int64_t>(shown_size_), -1,
                  std::to_string(known_size_ - shown_size_) +
                      " bytes at the end are no whole event or batch: a write under way, or what a crash left behind"});
  }
  if (lost) note_conflict();
  reload_ = false;
}

void Store::note_conflict() {
  conflict_seq_ = own_seq_;
  notices_.add({"conflict", kLogName, 0, -1, own_seq_,
                "event " + std::to_string(own_seq_) +
                    ", which was acknowledged, is no longer in the log: a writer that takes no lock overwrote it"});
  own_seq_ = 0;
  own_hash_json_.clear();
}

}  // namespace quipu::chronostore
