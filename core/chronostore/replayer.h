// chronostore/replayer.h - turns the pieces of a log into changes of the state: which lines count, what they do, what is
// skipped and why (docs/formats/wal.md, "Opening"). Holds the counters that decide it; the state itself is elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chronostore/notice.h"
#include "chronostore/record.h"
#include "chronostore/state.h"
#include "wal/event.h"
#include "wal/exact_line.h"
#include "wal/tail.h"

namespace quipu::chronostore {

class Replayer {
 public:
  explicit Replayer(NoticeBoard& notices) : notices_(&notices) {}

  // Starts anew behind a snapshot (or with nothing: 0 and "").
  void start(std::int64_t seq, std::string last_hash_json);
  // Goes on with a log that took the place of the one read so far; the state stays.
  void start_new_log();

  // Reads one piece and puts the changes it settles into `changes`. Answers false for a last piece without terminator that
  // is no whole event yet; give it again when more is there.
  bool take(const wal::TailPiece& piece, std::vector<Change>& changes);

  // Events of our own, just written, in place of reading them back: how many, and the last of them.
  void took_own(std::int64_t count, std::int64_t seq, std::string_view hash_json);

  std::int64_t seq() const { return seq_; }
  const std::string& last_hash_json() const { return last_hash_json_; }

  // Of the present log:
  bool anchored() const { return anchored_; }      // the event with last_hash is in it, or there is none
  std::int64_t events() const { return events_; }  // what replay(0) would give
  bool has_damage() const { return damaged_; }     // lines that could not be used
  bool has_line() const { return first_seen_; }    // any piece that is a JSON object
  // Its last lines are a batch that is not complete, or hold what a power cut left of a write: zeros in place of a part.
  bool in_batch() const { return !pending_.empty(); }
  std::uint64_t batch_offset() const { return pending_.front().offset; }
  std::int64_t batch_line() const { return pending_.front().line; }
  // Forgets the lines of the batch that is not complete: they were cut off.
  void drop_batch() { clear_pending(); }

  // Look out for an event of our own while reading a log anew; found tells whether its hash was met.
  void watch_for(std::string hash_json) {
    watched_ = std::move(hash_json);
    watched_found_ = false;
  }
  bool watched_found() const { return watched_found_; }

 private:
  // What one line does, decided apart from whether its batch is complete.
  struct Line {
    std::optional<wal::Unreadable> unreadable;
    std::uint64_t offset = 0;
    std::int64_t line = 0;
    std::int64_t seq = 0;
    wal::SeqKind seq_kind = wal::SeqKind::kNumber;
    bool hidden = false;      // the reference cannot see it
    bool replayable = false;  // seq is a number of at least 0
    enum class Does { kNothing, kPut, kBury, kUnusable } does = Does::kNothing;
    RecordRef record;
    std::string key;
    std::string hash_json;
    std::int64_t batch = 0;
    bool in_batch = false;
    bool is_compact = false;
    bool links_to_nothing = false;  // prev_hash is ""

    void begin(const wal::TailPiece& piece);  // forgets everything but its memory
  };

  void read(const wal::TailPiece& piece, Line& line);
  void read_exact(const wal::ExactEvent& event, const wal::TailPiece& piece, Line& line);
  void read_any(const wal::EventView& event, const wal::TailPiece& piece, Line& line);
  void put_or_not(RecordRef record, Line& line);
  bool is_passed_over(const Line& line) const;
  bool goes_on_in_batch(const Line& line) const;
  void settle(Line& line, std::vector<Change>& changes);
  void settle_pending(std::vector<Change>& changes);
  void clear_pending() {
    pending_.clear();
    pending_lost_ = false;
  }
  void skipped(const char* code, const Line& line, std::string message);

  NoticeBoard* notices_;
  wal::ExactLineReader exact_reader_;
  wal::ExactEvent exact_event_;
  wal::LineReader reader_;
  wal::EventView event_;
  json::RowBuilder builder_{chronorecord_fields()};
  Line line_;              // the one just read
  bool is_exact_ = false;  // it is exact_event_, not event_

  std::int64_t seq_ = 0;
  std::int64_t visible_ = 0;  // seq as the reference sees it
  std::int64_t start_seq_ = 0;
  std::string last_hash_json_ = "\"\"";
  bool anchored_ = true;
  bool first_seen_ = false;
  bool damaged_ = false;
  std::int64_t events_ = 0;
  std::vector<Line> pending_;
  bool pending_lost_ = false;  // one of them is unreadable
  std::string watched_;
  bool watched_found_ = false;
};

}  // namespace quipu::chronostore
