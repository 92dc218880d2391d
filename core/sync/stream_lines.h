// sync/stream_lines.h - inside core/sync: lines of logs as they travel: checked one by one, and read from the parts of a chunk.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/node.h"
#include "os/file_system.h"
#include "wal/event.h"
#include "wal/exact_line.h"
#include "wal/tail.h"

namespace quipu::sync {

// What a line that holds says of its place.
struct CheckedLine {
  std::int64_t seq = 0;
  std::string prev_hash;  // empty, or as hash
  std::string hash;       // 64 lower-case hex digits
  bool is_compaction = false;
  std::int64_t batch = 0;  // lines of its batch still to come
};

// Checks lines one after the other, reusing its memory. One thread at a time.
class LineChecker {
 public:
  // Empty if the text is one whole line, an event with a number, whose hash is the one that it says; else what is wrong.
  // with_hash false: it was checked before.
  std::string check(std::string_view text, CheckedLine& line, bool with_hash = true);

 private:
  std::string padded_;
  wal::ExactLineReader exact_reader_;
  wal::ExactEvent exact_event_;
  wal::LineReader reader_;
  wal::EventView event_;
  wal::LineHasher hasher_;
};

// Why `line` does not follow on an event (0 and "": is no beginning); empty if it does.
std::string why_not_behind(std::int64_t last_seq, std::string_view last_hash, const CheckedLine& line);

// Calls fn with each line of a log between two places, up to a last one that is not whole, until it answers false.
void for_each_line(os::File& log, std::uint64_t from, std::uint64_t limit,
                   const std::function<bool(const wal::TailPiece&)>& fn);

// ---- parts

// One part that holds: its lines follow on each other, each with its own hash.
class StreamPart {
 public:
  StreamPart() = default;
  StreamPart(const StreamPart&) = delete;
  StreamPart& operator=(const StreamPart&) = delete;

  std::string stream;
  std::int64_t first_seq = 0;
  std::int64_t last_seq = 0;
  std::string prev_hash;
  std::string last_hash;
  std::string replaces;
  std::optional<std::string_view> snapshot;
  bool begins_with_compaction = false;

  std::size_t size() const { return lines_.size(); }
  std::string_view line(std::size_t at) const { return lines_[at]; }
  std::string_view hash(std::size_t at) const {
    return std::string_view(hashes_).substr(at * kHashDigits, kHashDigits);
  }
  // The hash of the event before a line.
  std::string_view hash_before(std::size_t at) const { return at == 0 ? std::string_view(prev_hash) : hash(at - 1); }

 private:
  friend class PartReader;
  static constexpr std::size_t kHashDigits = 64;

  std::vector<std::string_view> lines_;
  std::string hashes_;               // one behind the other
  std::deque<std::string> decoded_;  // lines that came as bytes
};

enum class PartVerdict {
  kHolds,
  kOtherKind,   // of a kind that is not known here
  kUnreadable,  // of another shape
  kBroken,      // hashes, links or numbers do not hold; stream is set
};

// Reads parts one after the other. One thread at a time.
class PartReader {
 public:
  // The part holds views into the node. why: for kUnreadable and kBroken, what is wrong.
  PartVerdict read(const json::Node& node, StreamPart& part, std::string& why);

 private:
  bool read_head(const json::Node& node, StreamPart& part, std::string& why);
  bool read_lines(const json::Node& lines, StreamPart& part, std::string& why);
  std::string_view text_of_line(const json::Node& node, StreamPart& part, bool& is_line);
  bool check_snapshot(StreamPart& part, std::string& why);

  LineChecker checker_;
};

}  // namespace quipu::sync
