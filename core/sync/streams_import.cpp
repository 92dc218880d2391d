// Streams that arrive. streams.h says what becomes of them and in which order.
#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "json/python_json.h"
#include "sync/stream_lines.h"
#include "sync/stream_log.h"
#include "sync/stream_records.h"
#include "sync/streams.h"

namespace quipu::sync {

namespace {

// Elements of the list in one chunk; ours hold one for each folder.
constexpr std::size_t kMostParts = 1024;
// Parts that may wait for one event.
constexpr std::size_t kMostAtOneEvent = 16;

std::string shown(std::string_view stream) { return "stream " + std::string(stream.substr(0, 8)); }

std::string events(const StreamPart& part) {
  return "events " + std::to_string(part.first_seq) + " to " + std::to_string(part.last_seq);
}

// Brings the parts of one stream, and those that wait for them, together with what is there. Inside one commit.
class StreamMerger {
 public:
  StreamMerger(memory::Write& write, const StreamPlaces& places, StreamHead head, std::vector<StreamIssue>& issues,
               std::vector<std::string>& unneeded)
      : write_(write),
        places_(places),
        head_(std::move(head)),
        log_(places, head_),
        issues_(issues),
        unneeded_(unneeded) {}

  // keep: writes the part to a file and answers its name.
  void take(const StreamPart& part, const StreamSource& source, const std::function<std::string()>& keep) {
    const std::string key = part_key(part.stream, part.prev_hash, part.last_hash);
    PartRecord record = find_part(write_, key).value_or(PartRecord());
    record.stream = part.stream;
    record.first_seq = part.first_seq;
    record.last_seq = part.last_seq;
    add_once(record.from, source.chunk, source.created_by);
    if (record.state != "applied" && record.state != "fork") {
      const Place place = place_of(part);
      if (record.state == "waiting" && (place.fits || place.is_fork)) stop_waiting(key, record);
      if (place.fits) {
        append(part, place.next, record);
      } else if (place.is_fork || record.state.empty()) {
        if (record.file.empty()) record.file = keep();
        record.state = place.is_fork ? "fork" : "waiting";
        if (!place.is_fork) wait_for(place.waits_for, key, record);
      }
    }
    if (record.state == "applied") {
      add_once(head_.created_by, source.created_by);
    } else if (head_.fork_seq != 0) {
      report("stream_fork",
             events(part) + " are kept: event " + std::to_string(head_.fork_seq) + " is there in two states");
    } else if (record.state == "waiting") {
      report("stream_gap", events(part) + " are kept until the ones before them arrive");
    }
    put_part(write_, key, record);
    settle();
  }

  void add_broken() { ++head_.broken; }

  // With what waits at the last event; chosen: the hash of the event to go on with, if there are several.
  void resume(std::string_view chosen) {
    head_.fork_seq = 0;
    chosen_ = chosen;
    if (head_.last_seq != 0) ready_.push_back(head_.last_hash);
    settle();
    if (!chosen_.empty()) throw Error(Code::kNotFound, "no part waits that begins with event \"" + chosen_ + "\"");
  }

  // When all parts were taken: afterwards the records may be written.
  void finish() {
    log_.sync();
    put_head(write_, head_);
  }

 private:
  struct Place {
    bool fits = false;
    std::size_t next = 0;  // the first line that is new
    bool is_fork = false;
    std::string waits_for;  // the hash of an event
  };

  Place place_of(const StreamPart& part) {
    Place place;
    place.waits_for = part.prev_hash;
    if (head_.last_seq == 0) {
      place.fits = part.prev_hash.empty();
    } else if (part.first_seq <= head_.last_seq + 1) {
      const StreamLog::Comparison found = log_.compare(part);
      place.next = found.next;
      place.waits_for = head_.last_hash;
      if (!found.is_readable) {
        report("stream_broken", "its log is not what was received: restore \"" + places_.log_of(head_.stream) + "\"");
      } else if (found.differs_at != 0) {
        place.is_fork = true;
        if (head_.fork_seq == 0) head_.fork_seq = found.differs_at;
      } else {
        // Beyond a fork nothing goes on before it is decided.
        place.fits = head_.fork_seq == 0 || place.next == part.size();
      }
    }
    if (place.fits && place.next < part.size() && !log_.open(part)) {
      report("stream_broken", "its log is not what was received: restore \"" + places_.log_of(head_.stream) + "\"");
      place.fits = false;
    }
    return place;
  }

  void append(const StreamPart& part, std::size_t from, PartRecord& record) {
    if (from < part.size()) {
      if (head_.last_seq == 0 && part.begins_with_compaction) begin_behind_snapshot(part);
      log_.append(part, from);
      if (head_.waiting > 0) {
        for (std::size_t i = from; i < part.size(); ++i) ready_.emplace_back(part.hash(i));
      }
    }
    record.state = "applied";
    if (!record.file.empty()) unneeded_.push_back(record.file);
    record.file.clear();
  }

  void begin_behind_snapshot(const StreamPart& part) {
    head_.has_snapshot = part.snapshot.has_value();
    head_.replaces = part.replaces;
    report("stream_snapshot",
           part.snapshot ? "the records before event " + std::to_string(part.first_seq) +
                               " come from a snapshot: no chain covers them"
                         : "the records before event " + std::to_string(part.first_seq) + " did not come along");
  }

  void wait_for(const std::string& hash, const std::string& key, PartRecord& record) {
    std::vector<std::string> keys = find_waiting(write_, head_.stream, hash);
    if (keys.size() >= kMostAtOneEvent) {
      report("stream_broken", "too many parts follow on one event");
      record.state = "broken";
      return;
    }
    keys.push_back(key);
    put_waiting(write_, head_.stream, hash, keys);
    record.waits_for = hash;
    ++head_.waiting;
  }

  void stop_waiting(const std::string& key, PartRecord& record) {
    std::vector<std::string> keys = find_waiting(write_, head_.stream, record.waits_for);
    const auto at = std::find(keys.begin(), keys.end(), key);
    if (at != keys.end()) {
      keys.erase(at);
      put_waiting(write_, head_.stream, record.waits_for, keys);
      --head_.waiting;
    }
    record.waits_for.clear();
  }

  // A part that was kept, read again.
  struct Kept {
    PartRecord record;
    json::Document document;
    StreamPart part;
  };
  std::unique_ptr<Kept> read_again(const std::string& key) {
    auto kept = std::make_unique<Kept>();
    kept->record = find_part(write_, key).value_or(PartRecord());
    const std::optional<std::string> text = read_kept(places_, kept->record.file);
    std::string why;
    if (text && PartReader().read(kept->document.parse(*text), kept->part, why) == PartVerdict::kHolds &&
        kept->part.stream == head_.stream) {
      return kept;
    }
    report("stream_broken", "a part that was kept is not there any more: \"" + places_.kept(kept->record.file) + "\"");
    return nullptr;
  }

  // Applies what waited for the events that have arrived, and so on.
  void settle() {
    while (!ready_.empty() && head_.waiting > 0 && head_.fork_seq == 0) {
      const std::string hash = std::move(ready_.front());
      ready_.pop_front();
      settle_at(hash);
    }
    // What could go on, but for a fork, waits at the last event until that is decided.
    for (const std::string& hash : ready_) {
      if (head_.waiting == 0) break;
      if (hash == head_.last_hash) continue;
      for (const std::string& key : find_waiting(write_, head_.stream, hash)) {
        PartRecord record = find_part(write_, key).value_or(PartRecord());
        stop_waiting(key, record);
        wait_for(head_.last_hash, key, record);
        put_part(write_, key, record);
      }
    }
    ready_.clear();
  }

  // One part after the other: each may be large.
  void settle_at(const std::string& hash) {
    const std::vector<std::string> keys = find_waiting(write_, head_.stream, hash);
    const std::int64_t next_seq = head_.last_seq + 1;
    const std::string chosen = hash == head_.last_hash ? std::exchange(chosen_, {}) : std::string();
    if (keys.size() > 1 && hash == head_.last_hash && chosen.empty() && go_on_in_two_ways(keys)) return;
    bool is_found = chosen.empty();
    for (const std::string& key : keys) {
      if (head_.fork_seq != 0) break;
      const std::unique_ptr<Kept> kept = read_again(key);
      if (kept == nullptr) continue;
      if (!chosen.empty() && hash_of_event(kept->part, next_seq) != chosen) {
        stop_waiting(key, kept->record);
        kept->record.state = "fork";
        put_part(write_, key, kept->record);
      } else {
        is_found = true;
        apply_kept(key, *kept);
      }
    }
    if (!is_found) chosen_ = chosen;
  }

  // Where parts go on from the last event in different ways, none does.
  bool go_on_in_two_ways(const std::vector<std::string>& keys) {
    std::string first;
    for (const std::string& key : keys) {
      const std::unique_ptr<Kept> kept = read_again(key);
      const std::string next = kept == nullptr ? std::string() : hash_of_event(kept->part, head_.last_seq + 1);
      if (first.empty()) first = next;
      if (next.empty() || next == first) continue;
      head_.fork_seq = head_.last_seq + 1;
      report("stream_fork", "event " + std::to_string(head_.fork_seq) + " is there in two states: neither is applied");
      return true;
    }
    return false;
  }

  // Empty if the part does not hold the event.
  static std::string hash_of_event(const StreamPart& part, std::int64_t seq) {
    if (seq < part.first_seq || seq > part.last_seq) return {};
    return std::string(part.hash(static_cast<std::size_t>(seq - part.first_seq)));
  }

  void apply_kept(const std::string& key, Kept& kept) {
    const StreamPart& part = kept.part;
    PartRecord& record = kept.record;
    const Place place = place_of(part);
    if (!place.fits && !place.is_fork) return;
    stop_waiting(key, record);
    if (place.is_fork) {
      record.state = "fork";
      report("stream_fork",
             events(part) + " are kept: event " + std::to_string(head_.fork_seq) + " is there in two states");
    } else {
      append(part, place.next, record);
      for (const auto& [chunk, created_by] : record.from) add_once(head_.created_by, created_by);
    }
    put_part(write_, key, record);
  }

  void report(std::string code, const std::string& detail) {
    issues_.push_back({std::move(code), shown(head_.stream) + ": " + detail});
  }

  memory::Write& write_;
  const StreamPlaces& places_;
  StreamHead head_;
  StreamLog log_;
  std::vector<StreamIssue>& issues_;
  std::vector<std::string>& unneeded_;
  std::deque<std::string> ready_;  // hashes of events that have arrived
  std::string chosen_;
};

StreamHead head_or_new(memory::Write& write, std::string_view stream) {
  StreamHead head = find_head(write, stream).value_or(StreamHead());
  head.stream = stream;
  return head;
}

std::string log_text(const json::Node& node) {
  std::string text;
  json::write(node, json::Spelling::kLog, json::Surrogates::kEscape, text);
  return text;
}

bool is_one(const std::optional<json::Node>& format) {
  if (!format) return false;
  if (format->kind() == json::Kind::kDouble) return format->as_double() == 1.0;
  return format->kind() == json::Kind::kInteger && format->as_int64() == 1;
}

void remove_kept(const StreamPlaces& places, const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    try {
      places.fs.remove(places.kept(file));
    } catch (const Error&) {
      // It is not needed any more: that it stays does no harm.
    }
  }
}

}  // namespace

// ---- one chunk

class StreamImport::Work {
 public:
  Work(memory::MemoryStore& store, const json::Node& value, StreamSource source)
      : places_(store), source_(std::move(source)), value_(value) {
    if (value.kind() != json::Kind::kObject) {
      unreadable_ = "it is no object";
    } else if (!is_one(value.find("format"))) {
      unreadable_ = "it has another format";
    } else if (const auto streams = value.find("streams"); !streams || streams->kind() != json::Kind::kArray) {
      unreadable_ = "it has no list of streams";
    } else {
      read(*streams);
    }
  }

  void apply(memory::Write& write) {
    issues_.clear();
    unneeded_.clear();
    std::map<std::string_view, std::vector<const Part*>> by_stream;
    std::size_t begun = 0;
    for (const Part& part : parts_) by_stream[part.part.stream].push_back(&part);
    for (const auto& [stream, parts] : by_stream) begun += find_head(write, stream) ? 0 : 1;
    if (begun > kMostNewStreams) {
      unreadable_ = "it begins " + std::to_string(begun) + " streams at once";
      parts_.clear();
      by_stream.clear();
    }
    if (!unreadable_.empty()) keep_unreadable(write);
    for (const json::Node& other : others_) keep_other(write, other);
    for (auto& [stream, parts] : by_stream) {
      std::stable_sort(parts.begin(), parts.end(),
                       [](const Part* a, const Part* b) { return a->part.first_seq < b->part.first_seq; });
      apply_stream(write, stream, parts);
    }
  }

  void finish() { remove_kept(places_, unneeded_); }

  const std::vector<StreamIssue>& issues() const { return issues_; }

 private:
  struct Part {
    explicit Part(const json::Node& its_node) : node(its_node) {}
    json::Node node;
    StreamPart part;
    std::string broken;  // why it does not hold
  };

  void read(const json::Node& streams) {
    std::size_t count = 0;
    streams.for_each_element([&count](const json::Node&) { ++count; });
    if (count > kMostParts) {
      unreadable_ = "it holds " + std::to_string(count) + " parts";
      return;
    }
    PartReader reader;
    streams.for_each_element([&](const json::Node& node) {
      Part& part = parts_.emplace_back(node);
      std::string why;
      const PartVerdict verdict = reader.read(node, part.part, why);
      if (verdict == PartVerdict::kOtherKind) others_.push_back(node);
      if (verdict == PartVerdict::kUnreadable) unreadable_ = why;
      if (verdict == PartVerdict::kBroken) part.broken = why;
      if (verdict == PartVerdict::kOtherKind || verdict == PartVerdict::kUnreadable) parts_.pop_back();
    });
  }

  // All of it, also what could be applied: it says what the rest belongs to.
  void keep_unreadable(memory::Write& write) {
    issues_.push_back({"extra_unreadable", unreadable_});
    keep(write, "unreadable", {}, log_text(value_));
  }

  void keep(memory::Write& write, const char* state, std::string_view stream, const std::string& text) {
    const std::string file = write_kept(places_, text);
    PartRecord record = find_part(write, kept_part_key(file)).value_or(PartRecord());
    record.state = state;
    record.stream = stream;
    record.file = file;
    add_once(record.from, source_.chunk, source_.created_by);
    put_part(write, kept_part_key(file), record);
  }

  void keep_other(memory::Write& write, const json::Node& node) {
    const std::string file = write_kept(places_, log_text(node));
    OtherRecord record = find_other(write, file).value_or(OtherRecord());
    record.file = file;
    add_once(record.targets, source_.target);
    add_once(record.from, source_.chunk, source_.created_by);
    put_other(write, record);
  }

  void apply_stream(memory::Write& write, std::string_view stream, const std::vector<const Part*>& parts) {
    const std::optional<SentHead> sent = find_sent(write, source_.target, stream);
    StreamMerger merger(write, places_, head_or_new(write, stream), issues_, unneeded_);
    bool is_touched = false;
    for (const Part* part : parts) {
      if (!part->broken.empty()) {
        issues_.push_back({"stream_broken", shown(stream) + ": " + part->broken});
        keep(write, "broken", stream, log_text(part->node));
        merger.add_broken();
      } else if (sent && part->part.last_seq <= sent->last_seq) {
        continue;  // a log of this machine: it came from here
      } else {
        merger.take(part->part, source_, [&] { return write_kept(places_, log_text(part->node)); });
      }
      is_touched = true;
    }
    if (is_touched) merger.finish();
  }

  StreamPlaces places_;
  StreamSource source_;
  json::Node value_;
  std::string unreadable_;  // why; empty: it is readable
  std::vector<json::Node> others_;
  std::deque<Part> parts_;  // which stay where they are
  std::vector<StreamIssue> issues_;
  std::vector<std::string> unneeded_;  // kept files
};

StreamImport::StreamImport(memory::MemoryStore& store, const json::Node& value, StreamSource source)
    : work_(std::make_unique<Work>(store, value, std::move(source))) {}
StreamImport::~StreamImport() = default;
void StreamImport::apply(memory::Write& write) { work_->apply(write); }
void StreamImport::finish() { work_->finish(); }
const std::vector<StreamIssue>& StreamImport::issues() const { return work_->issues(); }

// ---- what arrived

std::vector<ReceivedStream> received_streams(memory::MemoryStore& store) {
  const StreamPlaces places(store);
  std::vector<ReceivedStream> streams;
  for (StreamHead& head : all_heads(store)) {
    ReceivedStream& stream = streams.emplace_back();
    stream.path = places.root_of(head.stream);
    stream.stream = std::move(head.stream);
    stream.created_by = std::move(head.created_by);
    stream.first_seq = head.first_seq;
    stream.last_seq = head.last_seq;
    stream.last_hash = std::move(head.last_hash);
    stream.waiting = head.waiting;
    stream.broken = head.broken;
    stream.fork_seq = head.fork_seq;
    stream.has_snapshot = head.has_snapshot;
    stream.replaces = std::move(head.replaces);
  }
  return streams;
}

std::vector<StreamIssue> open_stream_issues(memory::MemoryStore& store) {
  std::vector<StreamIssue> issues;
  for (const StreamHead& head : all_heads(store)) {
    if (head.fork_seq != 0) {
      issues.push_back(
          {"stream_fork", shown(head.stream) + ": event " + std::to_string(head.fork_seq) + " is there in two states"});
    } else if (head.waiting > 0) {
      issues.push_back({"stream_gap", shown(head.stream) + ": " + std::to_string(head.waiting) +
                                          " parts wait for events behind " + std::to_string(head.last_seq)});
    }
  }
  return issues;
}

void resume_stream(memory::MemoryStore& store, std::string_view stream, std::string_view next_hash,
                   std::vector<StreamIssue>& issues) {
  const StreamPlaces places(store);
  std::vector<std::string> unneeded;
  store.commit([&](memory::Write& write) {
    issues.clear();
    unneeded.clear();
    std::optional<StreamHead> head = is_stream_name(stream) ? find_head(write, stream) : std::nullopt;
    if (!head) throw Error(Code::kNotFound, "there is no stream \"" + std::string(stream) + "\"");
    StreamMerger merger(write, places, *std::move(head), issues, unneeded);
    merger.resume(next_hash);
    merger.finish();
  });
  remove_kept(places, unneeded);
}

}  // namespace quipu::sync
