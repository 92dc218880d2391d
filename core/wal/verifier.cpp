#include "wal/verifier.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/thread.h"
#include "json/row.h"
#include "wal/event.h"
#include "wal/exact_line.h"
#include "wal/tail.h"

namespace quipu::wal {

const char* problem_name(Problem problem) {
  switch (problem) {
    case Problem::kNone:
      return "";
    case Problem::kNotUtf8:
      return "not_utf8";
    case Problem::kBadJson:
      return "bad_json";
    case Problem::kNotAnObject:
      return "not_an_object";
    case Problem::kLoneSurrogate:
      return "lone_surrogate";
    case Problem::kPrevHash:
      return "prev_hash";
    case Problem::kHash:
      return "hash";
    case Problem::kSequence:
      return "sequence";
    case Problem::kTornTail:
      return "torn_tail";
    case Problem::kUnfinishedBatch:
      return "unfinished_batch";
  }
  return "";
}

namespace {

constexpr std::uint64_t kStretch = 4 << 20;
constexpr std::uint64_t kWorthThreads = 1 << 20;

std::string text_or_json(std::string_view json) {
  return json::is_string(json) ? json::string_value(json) : std::string(json);
}

// One line that does not fit.
struct Break {
  Problem problem = Problem::kNone;
  std::int64_t line = 0;
  std::int64_t offset = -1;
  std::optional<std::int64_t> seq;
  std::string expected;
  std::string found;
};

// What checking one stretch of lines gives, apart from what only its neighbour before can tell.
struct Stretch {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::int64_t line_ends = 0;
  std::int64_t lines = 0;
  std::int64_t events = 0;  // that fit, before the break
  Break found;              // line counted within the stretch
  // The first line, for its link to the stretch before.
  bool has_first = false;
  Break first;  // place of the first line; problem is what it is apart from its link
  std::string first_prev_json;
  std::optional<std::int64_t> first_seq;
  std::string first_op;
  // The last line that fits.
  std::string last_hash_json = "\"\"";
  std::optional<std::int64_t> last_seq;
  std::int64_t last_batch = 0;
  std::optional<std::string> anchor_hash;
};

Problem problem_of(Unreadable reason) {
  switch (reason) {
    case Unreadable::kNotUtf8:
      return Problem::kNotUtf8;
    case Unreadable::kBadJson:
      return Problem::kBadJson;
    case Unreadable::kNotAnObject:
      return Problem::kNotAnObject;
  }
  return Problem::kBadJson;
}

class StretchChecker {
 public:
  StretchChecker(os::File& file, const VerifyOptions& options) : pieces_(file, 0, 0), options_(options) {}

  void check(Stretch& stretch) {
    const Position from{stretch.begin, 0, true};
    const Position to = read_pieces(pieces_, from, stretch.end, [&](const TailPiece& piece) {
      ++stretch.lines;
      if (stretch.found.problem == Problem::kNone) check_line(piece, stretch);
      return true;
    });
    stretch.line_ends = to.line;
    if (to.offset < stretch.end && stretch.found.problem == Problem::kNone) {
      // Zeros behind the last line.
      stretch.found.problem = options_.strict ? Problem::kTornTail : Problem::kBadJson;
      stretch.found.line = to.line + 1;
      stretch.found.offset = static_cast<std::int64_t>(to.offset);
    }
  }

 private:
  // What is compared of a line, however it was read.
  struct Line {
    std::optional<Unreadable> unreadable;
    std::optional<std::int64_t> seq;
    std::string_view op;
    std::string_view prev_hash_json;
    std::string_view hash_json;
    std::int64_t batch = 0;
    std::string respelled_prev_hash;
    std::string respelled_hash;
  };

  void read(const TailPiece& piece) {
    line_.seq.reset();
    is_exact_ = exact_reader_.read(piece.text, exact_event_);
    if (is_exact_) {
      line_.unreadable.reset();
      line_.seq = exact_event_.seq;
      line_.op = exact_event_.op;
      line_.prev_hash_json = exact_event_.prev_hash_json;
      line_.hash_json = exact_event_.hash_json;
      line_.batch = exact_event_.batch;
      return;
    }
    line_.unreadable = reader_.read(piece.text, event_);
    if (line_.unreadable) return;
    std::int64_t number = 0;
    if (coerce_seq(event_.seq, number) == SeqKind::kNumber) line_.seq = number;
    line_.op = field_text(event_.op, "upsert").value_or("");
    line_.respelled_prev_hash = field_json(event_.prev_hash, "\"\"");
    line_.respelled_hash = field_json(event_.hash, "\"\"");
    line_.prev_hash_json = line_.respelled_prev_hash;
    line_.hash_json = line_.respelled_hash;
    line_.batch = event_.batch;
  }

  void check_line(const TailPiece& piece, Stretch& stretch) {
    Break at;
    at.line = piece.line;
    at.offset = static_cast<std::int64_t>(piece.offset);
    read(piece);
    if (line_.unreadable) {
      at.problem = options_.strict && !piece.terminated ? Problem::kTornTail : problem_of(*line_.unreadable);
    } else {
      at.seq = line_.seq;
    }
    const bool first = !stretch.has_first;
    if (first) {
      stretch.has_first = true;
      stretch.first = at;
      if (!line_.unreadable) {
        stretch.first_prev_json = line_.prev_hash_json;
        stretch.first_seq = line_.seq;
        stretch.first_op = line_.op;
      }
    } else if (at.problem == Problem::kNone && line_.prev_hash_json != stretch.last_hash_json) {
      at.problem = Problem::kPrevHash;
      at.expected = text_or_json(stretch.last_hash_json);
      at.found = text_or_json(line_.prev_hash_json);
    }
    if (at.problem == Problem::kNone) check_hash(at);
    if (at.problem == Problem::kNone && options_.strict && !first && !follows(stretch.last_seq, line_.seq)) {
      mark_sequence(stretch.last_seq, at);
    }
    if (at.problem != Problem::kNone) {
      stretch.found = at;
      return;
    }
    ++stretch.events;
    stretch.last_hash_json = line_.hash_json;
    stretch.last_seq = line_.seq;
    stretch.last_batch = line_.batch;
    if (options_.anchor_seq && line_.seq == options_.anchor_seq) {
      stretch.anchor_hash = text_or_json(stretch.last_hash_json);
    }
  }

  void check_hash(Break& at) {
    std::optional<std::string> other;
    std::optional<std::string_view> hash;
    if (is_exact_) {
      hash = exact_reader_.hash(exact_event_);
      if (line_.hash_json.substr(1, line_.hash_json.size() - 2) == *hash) return;
    } else {
      other = hasher_.hash(event_);
      if (other) hash = *other;
    }
    const std::string found = text_or_json(line_.hash_json);
    if (!hash) {
      at.problem = Problem::kLoneSurrogate;
    } else if (!json::is_string(line_.hash_json) || *hash != found) {
      at.problem = Problem::kHash;
      at.expected = *hash;
      at.found = found;
    }
  }

 public:
  static bool follows(const std::optional<std::int64_t>& before, const std::optional<std::int64_t>& seq) {
    return seq && (!before || follows_on(*before, *seq));
  }
  static void mark_sequence(const std::optional<std::int64_t>& before, Break& at) {
    at.problem = Problem::kSequence;
    const bool is_last = before && *before == std::numeric_limits<std::int64_t>::max();
    at.expected = !before ? "a number" : is_last ? "no more events" : std::to_string(*before + 1);
    at.found = at.seq ? std::to_string(*at.seq) : "";
  }

 private:
  os::SlidingReader pieces_;
  const VerifyOptions& options_;
  ExactLineReader exact_reader_;
  ExactEvent exact_event_;
  LineReader reader_;
  LineHasher hasher_;
  EventView event_;
  Line line_;
  bool is_exact_ = false;
};

// Cuts behind line feeds. A log without any (CR alone) is one stretch.
std::vector<Stretch> cut(os::File& file, std::uint64_t limit) {
  std::vector<Stretch> stretches;
  std::uint64_t begin = 0;
  char buffer[4096];
  while (begin < limit) {
    std::uint64_t end = limit;
    for (std::uint64_t at = begin + kStretch; at < limit;) {
      const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(sizeof buffer, limit - at));
      const std::size_t got = file.read_at(at, {buffer, want});
      if (got == 0) break;
      const char* found = std::find(buffer, buffer + got, '\n');
      at += static_cast<std::uint64_t>(found - buffer);
      if (found != buffer + got) {
        end = at + 1;
        break;
      }
    }
    Stretch stretch;
    stretch.begin = begin;
    stretch.end = end;
    stretches.push_back(stretch);
    begin = end;
  }
  return stretches;
}

// Checks all stretches; progress is called on this thread.
void check_all(os::File& file, std::uint64_t limit, const VerifyOptions& options, std::vector<Stretch>& stretches) {
  const auto report = [&](std::uint64_t done) {
    if (options.progress && !options.progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(limit))) {
      throw Error(Code::kCancelled, "verification was cancelled");
    }
  };
  unsigned threads = options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  threads = static_cast<unsigned>(std::min<std::size_t>(threads, stretches.size()));
  if (threads <= 1 || limit < kWorthThreads) {
    StretchChecker checker(file, options);
    for (Stretch& stretch : stretches) {
      checker.check(stretch);
      report(stretch.end);
    }
    return;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::size_t next = 0;
  std::uint64_t done = 0;
  unsigned running = threads;
  bool stop = false;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      StretchChecker checker(file, options);
      for (;;) {
        std::unique_lock lock(mutex);
        if (stop || next == stretches.size()) break;
        Stretch& stretch = stretches[next++];
        lock.unlock();
        checker.check(stretch);
        lock.lock();
        done += stretch.end - stretch.begin;
        changed.notify_one();
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      stop = true;
      if (!failure) failure = std::current_exception();
    }
    const std::lock_guard lock(mutex);
    --running;
    changed.notify_one();
  };
  std::vector<std::thread> workers;
  workers.reserve(threads);  // a thread that is started must not be dropped
  try {
    for (unsigned i = 0; i < threads; ++i) workers.push_back(start_thread(work));
    std::uint64_t reported = 0;
    std::unique_lock lock(mutex);
    while (running > 0) {
      // After a failure there is nothing to report: only the end is waited for.
      changed.wait(lock, [&] { return running == 0 || (done > reported && !failure); });
      if (done > reported && !failure) {
        reported = done;
        lock.unlock();
        report(reported);  // without the mutex: it runs the caller's code
        lock.lock();
      }
    }
  } catch (...) {
    const std::lock_guard lock(mutex);
    stop = true;
    running -= threads - static_cast<unsigned>(workers.size());
    if (!failure) failure = std::current_exception();
  }
  for (std::thread& worker : workers) worker.join();
  if (failure) std::rethrow_exception(failure);
}

void take_break(const Break& at, std::int64_t line_base, Verification& result) {
  result.problem = at.problem;
  result.line = line_base + at.line;
  result.offset = at.offset;
  result.seq = at.seq;
  result.expected = at.expected;
  result.found = at.found;
}

}  // namespace

Verification verify(os::File& file, std::uint64_t limit, const VerifyOptions& options) {
  std::vector<Stretch> stretches = cut(file, limit);
  check_all(file, limit, options, stretches);

  Verification result;
  std::string last_hash_json = "\"\"";
  std::optional<std::int64_t> last_seq;
  std::int64_t line_base = 0;
  std::int64_t batch = 0;
  bool first_line = true;
  for (const Stretch& stretch : stretches) {
    result.lines += stretch.lines;
    if (result.problem == Problem::kNone && stretch.has_first) {
      // Only now is it known what the first line of a stretch must link to.
      Break first = stretch.first;
      if (first.problem == Problem::kNone && stretch.first_prev_json != last_hash_json) {
        first.problem = Problem::kPrevHash;
        first.expected = text_or_json(last_hash_json);
        first.found = text_or_json(stretch.first_prev_json);
      } else if (first.problem == Problem::kNone && options.strict && stretch.events > 0 &&
                 !StretchChecker::follows(last_seq, stretch.first_seq)) {
        StretchChecker::mark_sequence(last_seq, first);
      }
      if (first_line) {
        result.first_seq = stretch.first_seq;
        result.first_op = stretch.first_op;
        first_line = false;
      }
      if (first.problem != Problem::kNone) {
        take_break(first, line_base, result);
      } else {
        result.events += stretch.events;
        if (stretch.events > 0) {
          last_hash_json = stretch.last_hash_json;
          last_seq = stretch.last_seq;
          batch = stretch.last_batch;
        }
        if (stretch.anchor_hash) result.anchor_hash = stretch.anchor_hash;
        if (stretch.found.problem != Problem::kNone) take_break(stretch.found, line_base, result);
      }
    }
    line_base += stretch.line_ends;
  }
  result.last_hash = text_or_json(last_hash_json);
  result.last_seq = last_seq.value_or(0);
  if (options.strict && result.problem == Problem::kNone && batch > 0) {
    result.problem = Problem::kUnfinishedBatch;
    result.expected = std::to_string(batch) + " more lines";
    result.seq = last_seq;
  }
  return result;
}

}  // namespace quipu::wal
