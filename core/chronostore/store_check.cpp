// Reading the log itself: replay and verification.
#include <algorithm>
#include <array>
#include <chrono>
#include <shared_mutex>
#include <thread>

#include "chronostore/store_internal.h"
#include "json/python_json.h"
#include "wal/event.h"

namespace quipu::chronostore {

EventCursor Store::replay(std::int64_t from_seq) {
  return read([&](const State&) {
    // Up to what the state shows: lines of a batch that is not complete are not there yet.
    return EventCursor(log_, shown_size_, from_seq);
  });
}

json::RowRef EventCursor::next() {
  while (at_ == rows_.size()) {
    if (file_ == nullptr || position_.offset >= limit_) return json::RowRef();
    fill();
  }
  return std::move(rows_[at_++]);
}

void EventCursor::fill() {
  std::vector<json::RowRef> rows;  // given out when the place behind them is known
  wal::LineReader reader;
  wal::EventView event;
  const auto take = [&](std::string_view piece) {
    if (reader.read(piece, event) || !wal::seq_at_least(event.seq, from_seq_)) return;
    const auto json_of = [](const std::optional<json::Node>& node, std::size_t field) {
      std::string json;
      if (node) {
        json::write(*node, json::Spelling::kLog, json::Surrogates::kEscape, json);
      } else {
        json = walevent_fields()[field].default_json;
      }
      return json;
    };
    const std::array<std::string, WalEventField::count> texts = {
        json_of(event.seq, WalEventField::seq),       json_of(event.ts, WalEventField::ts),
        json_of(event.op, WalEventField::op),         json_of(event.record_id, WalEventField::record_id),
        json_of(event.record, WalEventField::record), json_of(event.prev_hash, WalEventField::prev_hash),
        json_of(event.hash, WalEventField::hash),     json_of(event.recursion_depth, WalEventField::recursion_depth),
    };
    const std::array<std::string_view, WalEventField::count> fields = {texts[0], texts[1], texts[2], texts[3],
                                                                       texts[4], texts[5], texts[6], texts[7]};
    rows.push_back(json::Row::make(walevent_fields(), fields));
  };
  // A stretch at a time. A piece cut off by the end of the stretch is left for the next one, which is larger if need be.
  constexpr std::uint64_t kStretch = 256 << 10;
  for (std::uint64_t stretch = kStretch;; stretch *= 2) {
    const std::uint64_t end = std::min(limit_, position_.offset + stretch);
    const std::uint64_t before = position_.offset;
    position_ = wal::read_pieces(*file_, position_, end, [&](const wal::TailPiece& piece) {
      if (!piece.terminated && end < limit_) return false;
      take(piece.text);
      return true;
    });
    if (position_.offset > before || end == limit_) break;
  }
  rows_ = std::move(rows);
  at_ = 0;
  // The file got shorter than it was: what was cut off had not been acknowledged.
  if (rows_.empty() && position_.offset < limit_ && file_->info().size < limit_) limit_ = position_.offset;
}

// The log, and how much of it is not a write that is just under way: bytes behind the last whole event may be one. Under the
// file lock nobody writes.
std::uint64_t Store::settled_limit(std::shared_ptr<os::File>& log) {
  std::uint64_t limit = 0;
  const bool settled = read([&](const State&) {
    log = log_;
    limit = shown_size_;
    return log_ == nullptr || shown_size_ == known_size_ || committing_.load();
  });
  if (settled) return limit;
  if (!options_.read_only && !poisoned_ && !in_callback()) {
    const CommitGate::Exclusive gate(gate_, options_.lock_wait_ms);
    const FileLockGuard lock(*this);
    refresh();
    const std::shared_lock state_lock(state_mutex_);
    log = log_;
    return known_size_;
  }
  // Without the lock: bytes that stay as they are for a while are no write under way.
  constexpr auto kPatience = std::chrono::milliseconds(200);
  std::uint64_t size = 0;
  for (std::uint64_t before = ~std::uint64_t{0}; size != before;) {
    before = size;
    std::this_thread::sleep_for(kPatience);
    refresh();
    const std::shared_lock lock(state_mutex_);
    log = log_;
    size = known_size_;
    if (shown_size_ == known_size_) break;
  }
  return size;
}

namespace {

constexpr int kMostTries = 100;

bool is_same_file(os::File* one, os::File* other) {
  if (one == nullptr || other == nullptr) return one == other;
  const os::FileInfo a = one->info();
  const os::FileInfo b = other->info();
  return a.inode == b.inode && a.device == b.device;
}

std::unique_ptr<os::File> open_if_there(os::FileSystem& fs, const std::string& path) {
  try {
    return fs.open(path, os::OpenMode::kRead);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    return nullptr;
  }
}

}  // namespace

VerifyResult Store::verify(bool strict, const Progress& progress) {
  std::shared_ptr<os::File> log;
  std::optional<SnapshotHead> snapshot;
  VerifyResult result;
  std::uint64_t limit = 0;
  for (int tries = 1;; ++tries) {
    // Snapshot and log must belong together: no compaction may come between reading the one and opening the other. The log
    // is held open meanwhile: the number of a file that is gone may be that of a later one.
    std::unique_ptr<os::File> before;
    if (strict) {
      before = open_if_there(fs(), file(kLogName));
      result.problem.clear();
      try {
        snapshot = snapshot_head_on_disk();
      } catch (const Error& error) {
        if (error.code() != Code::kInvalid) throw;
        result.problem = "snapshot_unusable";
        result.found = error.message();
      }
    }
    limit = settled_limit(log);
    if (!strict || tries == kMostTries || is_same_file(before.get(), log.get())) break;
  }
  wal::VerifyOptions options;
  options.strict = strict;
  options.progress = guarded<CallbackScope>(*this, progress);
  if (snapshot) options.anchor_seq = snapshot->seq;
  wal::Verification found;
  if (log != nullptr) found = wal::verify(*log, limit, options);

  result.events = found.events;
  result.lines = found.lines;
  result.last_seq = found.last_seq;
  result.last_hash = found.last_hash;
  if (found.problem != wal::Problem::kNone) {
    result.problem = wal::problem_name(found.problem);
    result.line = found.line;
    result.offset = found.offset;
    result.seq = found.seq.value_or(-1);
    result.expected = found.expected;
    result.found = found.found;
  } else if (strict && result.problem.empty()) {
    check_anchor(snapshot, found, result);
  }
  result.valid = result.problem.empty();
  result.message = message_of(result);
  return result;
}

// The log by itself is whole. Does it hold, or follow on, the event that the snapshot names?
void Store::check_anchor(const std::optional<SnapshotHead>& snapshot, const wal::Verification& found,
                         VerifyResult& result) {
  const bool compacted = found.first_op == "compact" && found.first_seq.value_or(0) > 1;
  if (!snapshot) {
    if (compacted) {
      result.problem = "compacted_without_snapshot";
      result.line = 1;
      result.seq = *found.first_seq;
    }
    return;
  }
  const std::string hash =
      json::is_string(snapshot->last_hash_json) ? json::string_value(snapshot->last_hash_json) : "";
  if (snapshot->seq <= 0) return;
  if (found.lines == 0) {
    result.problem = "missing_log";
    result.expected = hash;
  } else if (snapshot->seq > found.last_seq) {
    result.problem = "snapshot_ahead";
    result.expected = "seq " + std::to_string(snapshot->seq);
    result.found = "seq " + std::to_string(found.last_seq);
  } else if (found.anchor_hash && *found.anchor_hash != hash) {
    result.problem = "snapshot_hash";
    result.seq = snapshot->seq;
    result.expected = hash;
    result.found = *found.anchor_hash;
  } else if (!found.anchor_hash && found.first_seq.value_or(0) != snapshot->seq + 1) {
    result.problem = "snapshot_stale";
    result.seq = found.first_seq.value_or(-1);
    result.expected = "seq " + std::to_string(snapshot->seq + 1);
    result.found = "seq " + std::to_string(found.first_seq.value_or(0));
  }
}

std::string Store::message_of(const VerifyResult& result) {
  if (result.problem.empty()) {
    return "the chain is valid: " + std::to_string(result.events) + " events, the last is " +
           std::to_string(result.last_seq);
  }
  const std::string place =
      result.line > 0 ? "line " + std::to_string(result.line) + " of events.wal" : std::string("events.wal");
  const std::string& p = result.problem;
  if (p == "not_utf8") return place + " is not UTF-8";
  if (p == "bad_json") return place + " is not JSON";
  if (p == "not_an_object") return place + " is not a JSON object";
  if (p == "lone_surrogate") return place + " holds a lone surrogate and cannot be hashed";
  if (p == "prev_hash") return place + " does not link to the line before it: a line was removed, added or moved";
  if (p == "hash") return place + " was changed: its hash does not fit its content";
  if (p == "sequence") return place + " is numbered \"" + result.found + "\", expected \"" + result.expected + "\"";
  if (p == "torn_tail") return place + " is not a whole event";
  if (p == "unfinished_batch") return "the last batch of events is not complete";
  if (p == "missing_log") return "the log is missing or empty, but there is a snapshot";
  if (p == "snapshot_ahead")
    return "the log ends at " + result.found + ", the snapshot was written at " + result.expected;
  if (p == "snapshot_hash")
    return "event " + std::to_string(result.seq) + " is not the one that the snapshot was written at";
  if (p == "snapshot_stale") return "the log begins at " + result.found + ", but the snapshot ends before it";
  if (p == "compacted_without_snapshot") return "the log was compacted, but there is no snapshot";
  if (p == "snapshot_unusable") return "the snapshot cannot be used: " + result.found;
  return p;
}

}  // namespace quipu::chronostore
