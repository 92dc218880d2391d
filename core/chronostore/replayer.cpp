#include "chronostore/replayer.h"

#include <algorithm>

#include "json/python_json.h"

namespace quipu::chronostore {

namespace {

constexpr const char* kLog = "events.wal";

const char* code_of(wal::Unreadable reason) {
  switch (reason) {
    case wal::Unreadable::kNotUtf8:
      return "not_utf8";
    case wal::Unreadable::kBadJson:
      return "bad_json";
    case wal::Unreadable::kNotAnObject:
      return "not_an_object";
  }
  return "bad_json";
}

const char* message_of(wal::Unreadable reason) {
  switch (reason) {
    case wal::Unreadable::kNotUtf8:
      return "line skipped: it is not UTF-8";
    case wal::Unreadable::kBadJson:
      return "line skipped: it is not JSON";
    case wal::Unreadable::kNotAnObject:
      return "line skipped: it is not a JSON object";
  }
  return "";
}

}  // namespace

void Replayer::start(std::int64_t seq, std::string last_hash_json) {
  seq_ = seq;
  visible_ = seq;
  last_hash_json_ = std::move(last_hash_json);
  start_new_log();
}

void Replayer::start_new_log() {
  start_seq_ = seq_;
  anchored_ = last_hash_json_ == "\"\"" && seq_ == 0;
  first_seen_ = false;
  damaged_ = false;
  events_ = 0;
  clear_pending();
}

void Replayer::took_own(std::int64_t count, std::int64_t seq, std::string_view hash_json) {
  seq_ = seq;
  visible_ = std::max(visible_, seq);
  last_hash_json_ = hash_json;
  anchored_ = true;
  first_seen_ = true;
  events_ += count;
}

void Replayer::skipped(const char* code, const Line& line, std::string message) {
  damaged_ = true;
  notices_->add({code, kLog, line.line, static_cast<std::int64_t>(line.offset),
                 line.seq_kind == wal::SeqKind::kNumber ? line.seq : -1, std::move(message)});
}

void Replayer::Line::begin(const wal::TailPiece& piece) {
  unreadable.reset();
  offset = piece.offset;
  line = piece.line;
  seq = 0;
  seq_kind = wal::SeqKind::kNumber;
  hidden = false;
  replayable = false;
  does = Does::kNothing;
  record = RecordRef();
  key.clear();
  hash_json.clear();
  batch = 0;
  in_batch = false;
  is_compact = false;
  links_to_nothing = false;
}

bool Replayer::take(const wal::TailPiece& piece, std::vector<Change>& changes) {
  Line& line = line_;
  read(piece, line);
  const std::optional<wal::Unreadable>& unreadable = line.unreadable;
  if (unreadable && !piece.terminated) return false;
  // No text holds a NUL: this is what a power cut leaves of a write of which a part reached the disk and another did not.
  // The lines of that write are one undecided whole, until it shows that another writer went on behind them.
  const bool part_lost = unreadable && piece.text.find('\0') != std::string_view::npos;
  if (!pending_.empty() && !(part_lost || (!unreadable && goes_on_in_batch(line)))) settle_pending(changes);
  if (part_lost || line.batch > 0 || pending_lost_) {
    pending_lost_ = pending_lost_ || unreadable;
    pending_.push_back(std::move(line));
    return true;
  }
  // The last line of a batch completes it; any other line stands alone.
  for (Line& earlier : pending_) settle(earlier, changes);
  clear_pending();
  settle(line, changes);
  return true;
}

// Whether the line just read, a readable one, belongs to the undecided ones before it.
bool Replayer::goes_on_in_batch(const Line& line) const {
  // Behind lost lines, only one that tells of a batch itself.
  if (!pending_.back().unreadable) {
    return pending_.back().batch == line.batch + 1 && (line.in_batch || !pending_lost_);
  }
  // Who links to an event before the lost lines has found them lost: the batch was over by then.
  const std::string prev_hash_json =
      is_exact_ ? std::string(exact_event_.prev_hash_json) : wal::field_json(event_.prev_hash, "\"\"");
  const auto is_linked = [&](const Line& l) { return !l.unreadable && l.hash_json == prev_hash_json; };
  if (prev_hash_json == last_hash_json_ || std::any_of(pending_.begin(), pending_.end(), is_linked)) return false;
  const auto last = std::find_if(pending_.rbegin(), pending_.rend(), [](const Line& l) { return !l.unreadable; });
  // How many lines became one where the line end between them was lost is not known. A line that tells of no batch is an
  // event of another write, which may have been acknowledged.
  return line.in_batch && (last == pending_.rend() || line.batch < last->batch);
}

// Another writer went on behind a batch that is not complete: its lines are ordinary events, as the reference takes them.
void Replayer::settle_pending(std::vector<Change>& changes) {
  if (pending_.empty()) return;
  const auto first = std::find_if(pending_.begin(), pending_.end(), [](const Line& l) { return !l.unreadable; });
  const bool lost_inside = std::any_of(first, pending_.end(), [](const Line& l) { return l.unreadable; });
  if (first != pending_.end() && (lost_inside || pending_.back().batch > 0)) {
    skipped("broken_batch", *first, "a batch of events was not completed, and another writer went on behind it");
  }
  for (Line& earlier : pending_) settle(earlier, changes);
  clear_pending();
}

void Replayer::read(const wal::TailPiece& piece, Line& line) {
  line.begin(piece);
  is_exact_ = exact_reader_.read(piece.text, exact_event_);
  if (is_exact_) return read_exact(exact_event_, piece, line);
  line.unreadable = reader_.read(piece.text, event_);
  if (line.unreadable) {
    line.seq_kind = wal::SeqKind::kUnusable;
  } else {
    read_any(event_, piece, line);
  }
}

// Whether settle will do nothing with the line, whatever it says: its record is not worth building.
bool Replayer::is_passed_over(const Line& line) const {
  return line.seq_kind == wal::SeqKind::kNumber && visible_ > 0 && line.seq <= visible_;
}

void Replayer::put_or_not(RecordRef record, Line& line) {
  line.does = Line::Does::kUnusable;
  std::string scratch;
  if (record && !id_key_view(record->field(ChronoRecordField::id), scratch).empty()) {
    line.record = std::move(record);
    line.does = Line::Does::kPut;
  }
}

void Replayer::read_exact(const wal::ExactEvent& event, const wal::TailPiece& piece, Line& line) {
  line.batch = event.batch;
  line.in_batch = event.in_batch;
  line.seq = event.seq;
  line.replayable = event.seq >= 0;
  line.hidden = !event.is_ascii && json::has_line_separator(piece.text);  // the reference cannot see such an event
  line.hash_json = event.hash_json;
  if (event.op == "upsert" || event.op == "migrate") {
    if (!is_passed_over(line)) put_or_not(builder_.from_exact(event.record, event.members), line);
  } else if (event.op == "delete") {
    line.key = id_key(event.record_id_json);
    line.does = line.key.empty() ? Line::Does::kUnusable : Line::Does::kBury;
  } else {
    line.is_compact = event.op == "compact";
    line.links_to_nothing = event.prev_hash_json == "\"\"";
  }
}

void Replayer::read_any(const wal::EventView& event, const wal::TailPiece& piece, Line& line) {
  line.batch = event.batch;
  line.in_batch = event.in_batch;
  line.seq_kind = wal::coerce_seq(event.seq, line.seq);
  line.replayable = wal::seq_at_least(event.seq, 0);
  line.hidden = json::has_line_separator(piece.text);
  line.hash_json = wal::field_json(event.hash, "\"\"");
  const std::string_view op = wal::field_text(event.op, "upsert").value_or("");
  if (op == "upsert" || op == "migrate") {
    if (is_passed_over(line)) return;
    RecordRef record;
    if (!event.record) {
      record = make_record({});
    } else if (event.record->kind() == json::Kind::kObject) {
      record = builder_.from_node(*event.record);
    }
    put_or_not(std::move(record), line);
  } else if (op == "delete") {
    line.key = id_key(wal::field_json(event.record_id, "\"\""));
    line.does = line.key.empty() ? Line::Does::kUnusable : Line::Does::kBury;
  } else {
    line.is_compact = op == "compact";
    line.links_to_nothing = wal::field_text(event.prev_hash, "").value_or("-").empty();
  }
}

void Replayer::settle(Line& line, std::vector<Change>& changes) {
  if (line.unreadable) return skipped(code_of(*line.unreadable), line, message_of(*line.unreadable));
  const bool first = !first_seen_;
  first_seen_ = true;
  if (line.replayable) ++events_;
  if (!watched_.empty() && line.hash_json == watched_) watched_found_ = true;
  // A snapshot whose seq is beyond the event of its hash does not go on from there: the log ends before it.
  if (line.hash_json == last_hash_json_ && line.seq == seq_) anchored_ = true;

  if (line.seq_kind == wal::SeqKind::kUnusable)
    return skipped("bad_seq", line, "line skipped: its seq is not a number");
  if (line.seq_kind == wal::SeqKind::kOutOfRange) {
    return skipped("seq_out_of_range", line, "line skipped: its seq is beyond 64 bits");
  }
  if (first && line.is_compact && line.links_to_nothing && line.seq > start_seq_ &&
      !wal::follows_on(start_seq_, line.seq)) {
    notices_->add({start_seq_ == 0 ? "history_lost" : "snapshot_stale", "snapshot.json", 0, -1, line.seq,
                   "the log was compacted at seq " + std::to_string(line.seq - 1) + ", but the snapshot " +
                       (start_seq_ == 0 ? std::string("is missing or unusable")
                                        : "holds only what came up to seq " + std::to_string(start_seq_)) +
                       ": events between are not known"});
  }
  if (visible_ > 0 && line.seq <= visible_) {
    // What the snapshot covers is meant to be passed over; what repeats or comes late is damage.
    if (line.seq > start_seq_) {
      skipped(line.seq == visible_ ? "duplicate_seq" : "late_seq", line,
              "event skipped: number " + std::to_string(line.seq) + " came already, the last was " +
                  std::to_string(visible_));
    }
    return;
  }
  if (line.does == Line::Does::kUnusable) {
    return skipped("bad_record", line, "event skipped: its record is not an object or its id not usable");
  }
  if (line.does == Line::Does::kPut) changes.push_back({std::move(line.record), {}});
  if (line.does == Line::Does::kBury) changes.push_back({RecordRef(), std::move(line.key)});
  seq_ = std::max(seq_, line.seq);
  if (!line.hidden) visible_ = std::max(visible_, line.seq);
  last_hash_json_.swap(line.hash_json);
  anchored_ = true;
}

}  // namespace quipu::chronostore
