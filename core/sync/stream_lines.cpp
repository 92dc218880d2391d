#include "sync/stream_lines.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "base/error.h"
#include "crypto/base64.h"
#include "json/row.h"
#include "memory/stored.h"
#include "os/sliding_reader.h"
#include "sync/streams.h"
#include "wal/pieces.h"

namespace quipu::sync {

bool is_stream_name(std::string_view name) {
  constexpr std::size_t kDigits = 64;
  return name.size() == kDigits &&
         std::all_of(name.begin(), name.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// ---- one line

namespace {

// A line end in it would make two lines of it where it is stored.
bool is_one_line(std::string_view text) {
  wal::PieceCutter cutter(text);
  wal::Piece piece;
  return cutter.next(piece) && !piece.terminated && piece.text.size() == text.size() && !text.empty();
}

bool is_link(std::string_view hash) { return hash.empty() || is_stream_name(hash); }

// A JSON text that holds nothing to unescape where it is a hash.
std::string_view without_quotes(std::string_view json) {
  return json::is_string(json) ? json.substr(1, json.size() - 2) : std::string_view("?");
}

}  // namespace

std::string LineChecker::check(std::string_view text, CheckedLine& line, bool with_hash) {
  if (!is_one_line(text)) return "it is not one line";
  constexpr std::size_t kMostKept = 1 << 20;
  if (padded_.capacity() > kMostKept && text.size() < kMostKept) padded_ = std::string();
  padded_.assign(text);
  padded_.append(json::kPadding, ' ');
  const std::string_view piece(padded_.data(), text.size());

  std::string computed;
  if (exact_reader_.read(piece, exact_event_)) {
    line.seq = exact_event_.seq;
    line.prev_hash = without_quotes(exact_event_.prev_hash_json);
    line.hash = without_quotes(exact_event_.hash_json);
    line.is_compaction = exact_event_.op == "compact";
    line.batch = exact_event_.batch;
    if (with_hash) computed = exact_reader_.hash(exact_event_);
  } else {
    if (reader_.read(piece, event_)) return "it is no event";
    const bool is_number = event_.seq && event_.seq->kind() == json::Kind::kInteger;
    const std::optional<std::int64_t> seq = is_number ? event_.seq->as_int64() : std::nullopt;
    if (!seq) return "its number is none";
    line.seq = *seq;
    line.prev_hash = wal::field_text(event_.prev_hash, "").value_or("?");
    line.hash = wal::field_text(event_.hash, "").value_or("?");
    line.is_compaction = wal::field_text(event_.op, "upsert").value_or("") == "compact";
    line.batch = event_.batch;
    if (with_hash) computed = hasher_.hash(event_).value_or("");
  }
  if (line.seq < 1) return "its number is " + std::to_string(line.seq);
  if (!is_stream_name(line.hash) || !is_link(line.prev_hash)) return "it has no hash, or no link";
  if (with_hash && computed != line.hash) return "its hash does not fit its content";
  return {};
}

std::string why_not_behind(std::int64_t last_seq, std::string_view last_hash, const CheckedLine& line) {
  if (line.prev_hash != last_hash) return "it does not link to the line before it";
  if (last_seq != 0 && !wal::follows_on(last_seq, line.seq)) {
    return "it is numbered " + std::to_string(line.seq) + " behind " + std::to_string(last_seq);
  }
  return {};
}

void for_each_line(os::File& log, std::uint64_t from, std::uint64_t limit,
                   const std::function<bool(const wal::TailPiece&)>& fn) {
  // A stretch at a time, so that stopping is possible. A piece cut off by the end of a stretch is left for the next one, which is
  // larger if need be.
  constexpr std::uint64_t kStretch = 1 << 20;
  os::SlidingReader reader(log, from, limit);
  wal::Position position{from, 0, true};
  bool goes_on = true;
  for (std::uint64_t stretch = kStretch; goes_on && position.offset < limit;) {
    const std::uint64_t end = limit - position.offset > stretch ? position.offset + stretch : limit;
    const std::uint64_t before = position.offset;
    position = wal::read_pieces(reader, position, end, [&](const wal::TailPiece& piece) {
      if (!piece.terminated && end < limit) return false;
      goes_on = goes_on && fn(piece);
      return piece.terminated || goes_on;
    });
    if (position.offset > before) {
      stretch = kStretch;
    } else if (end == limit) {
      break;
    } else {
      stretch *= 2;
    }
  }
}

// ---- parts

namespace {

// Decimal digits of a positive number of 64 bits, as we write them.
bool read_seq(std::string_view text, std::int64_t& seq) {
  if (text.empty() || text.front() < '1' || text.front() > '9') return false;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seq);
  return failure == std::errc() && end == text.data() + text.size();
}

bool is_text(const json::Node& node) { return node.kind() == json::Kind::kString; }

}  // namespace

bool PartReader::read_head(const json::Node& node, StreamPart& part, std::string& why) {
  using memory::text_member;
  part.stream = text_member(node, "stream");
  part.prev_hash = text_member(node, "prev_hash");
  part.last_hash = text_member(node, "last_hash");
  part.replaces = text_member(node, "replaces");
  const auto prev = node.find("prev_hash");
  const auto replaces = node.find("replaces");
  if (!is_stream_name(part.stream)) {
    why = "a stream has no name";
  } else if (!read_seq(text_member(node, "first_seq"), part.first_seq) ||
             !read_seq(text_member(node, "last_seq"), part.last_seq) || part.last_seq < part.first_seq) {
    why = "the numbers of its events are none";
  } else if (!prev || !is_text(*prev) || !is_link(part.prev_hash) || !is_stream_name(part.last_hash)) {
    why = "the hashes around it are none";
  } else if (replaces && !is_stream_name(part.replaces)) {
    why = "what it replaces is no stream";
  }
  if (const auto snapshot = node.find("snapshot")) {
    if (is_text(*snapshot)) {
      part.snapshot = snapshot->as_string();
    } else {
      why = "its snapshot is no text";
    }
  }
  return why.empty();
}

std::string_view PartReader::text_of_line(const json::Node& node, StreamPart& part, bool& is_line) {
  is_line = true;
  if (is_text(node)) return node.as_string();
  if (node.kind() == json::Kind::kObject) {
    const auto bytes = node.find("b64");
    if (bytes && is_text(*bytes)) {
      try {
        return part.decoded_.emplace_back(crypto::base64_decode(bytes->as_string()));
      } catch (const Error& error) {
        if (error.code() != Code::kInvalid) throw;
      }
    }
  }
  is_line = false;
  return {};
}

bool PartReader::read_lines(const json::Node& lines, StreamPart& part, std::string& why) {
  CheckedLine line;
  std::int64_t last_seq = part.first_seq - 1;
  std::string last_hash = part.prev_hash;
  bool is_broken = false;
  bool has_shape = true;
  lines.for_each_element([&](const json::Node& node) {
    if (is_broken || !has_shape) return;
    const std::string_view text = text_of_line(node, part, has_shape);
    if (!has_shape) {
      why = "a line of it is neither text nor bytes";
      return;
    }
    std::string wrong;
    if (last_seq == part.last_seq) {
      wrong = "there are more lines than it says";
    } else if (wrong = checker_.check(text, line); wrong.empty()) {
      wrong = why_not_behind(last_seq, last_hash, line);
      if (wrong.empty() && line.seq != last_seq + 1) wrong = "it is numbered " + std::to_string(line.seq);
    }
    if (wrong.empty() && part.size() == 0) {
      part.begins_with_compaction = line.is_compaction && part.prev_hash.empty();
      if (part.prev_hash.empty() && line.hash != part.stream) wrong = "it is not the first of this stream";
    }
    if (!wrong.empty()) {
      is_broken = true;
      why = "event " + std::to_string(last_seq + (last_seq < part.last_seq ? 1 : 0)) + ": " + wrong;
      return;
    }
    part.lines_.push_back(text);
    part.hashes_ += line.hash;
    last_hash = line.hash;
    last_seq = line.seq;
  });
  if (!has_shape || is_broken) return has_shape;
  if (last_seq != part.last_seq || last_hash != part.last_hash) why = "it does not end where it says";
  return true;
}

// Where the chain begins behind a compaction, the snapshot has to be one of that compaction or of a later event.
bool PartReader::check_snapshot(StreamPart& part, std::string& why) {
  if (!part.begins_with_compaction) part.snapshot.reset();
  if (!part.snapshot) return true;
  try {
    json::Document document;
    const json::Node root = document.parse(*part.snapshot);
    const auto records = root.kind() == json::Kind::kObject ? root.find("records") : std::nullopt;
    if (records && records->kind() == json::Kind::kArray && memory::number_member(root, "seq") >= part.first_seq - 1) {
      return true;
    }
  } catch (const Error& error) {
    if (error.code() != Code::kInvalid) throw;
  }
  why = "its snapshot does not fit it";
  return false;
}

PartVerdict PartReader::read(const json::Node& node, StreamPart& part, std::string& why) {
  why.clear();
  if (node.kind() != json::Kind::kObject) {
    why = "a stream is no object";
    return PartVerdict::kUnreadable;
  }
  const auto kind = node.find("kind");
  if (!kind || !is_text(*kind)) {
    why = "a stream has no kind";
    return PartVerdict::kUnreadable;
  }
  if (kind->as_string() != kStreamKind) return PartVerdict::kOtherKind;
  if (!read_head(node, part, why)) return PartVerdict::kUnreadable;
  const auto lines = node.find("lines");
  if (!lines || lines->kind() != json::Kind::kArray) {
    why = "it has no lines";
    return PartVerdict::kUnreadable;
  }
  if (!read_lines(*lines, part, why)) return PartVerdict::kUnreadable;
  if (!why.empty() || !check_snapshot(part, why)) return PartVerdict::kBroken;
  return PartVerdict::kHolds;
}

}  // namespace quipu::sync
