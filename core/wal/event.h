// wal/event.h - one event: how a line is read, what of it is hashed, and how a line is written.
//
// An event is tied to the one before it by the field prev_hash; its own hash is over the canonical text of all its fields
// but `hash`. The log knows nothing of records: `record` is any JSON object here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "json/node.h"

namespace quipu::wal {

// Why a piece is no event.
enum class Unreadable { kNotUtf8, kBadJson, kNotAnObject };

// The fields of a line, as they are; empty where the line leaves one out. Views into the reader's document.
struct EventView {
  std::optional<json::Node> seq;
  std::optional<json::Node> ts;
  std::optional<json::Node> op;
  std::optional<json::Node> record_id;
  std::optional<json::Node> record;
  std::optional<json::Node> prev_hash;
  std::optional<json::Node> hash;
  std::optional<json::Node> recursion_depth;
  std::int64_t batch = 0;  // lines of the batch still to come; 0 outside of batches and in the last line of one
  bool in_batch = false;   // the line tells of a batch
};

// Reads lines one after the other, reusing its memory. One thread at a time.
class LineReader {
 public:
  // Fills event and answers nothing, or the reason why the piece is none. The views are valid until the next call.
  std::optional<Unreadable> read(std::string_view piece, EventView& event);

 private:
  // A document keeps the memory of the largest text it has read: after a large line it is made anew.
  std::unique_ptr<json::Document> document_;
  bool large_ = false;
};

// A field as JSON text, members sorted, the default where it is missing. Lone surrogates keep their escape.
std::string field_json(const std::optional<json::Node>& field, std::string_view default_json);

// The text behind a field that is a string; nothing otherwise. fallback where the field is missing.
std::optional<std::string_view> field_text(const std::optional<json::Node>& field, std::string_view fallback);

// seq as the reference takes it: integers; floats cut off; booleans 0 and 1; text that Python's int() accepts.
enum class SeqKind { kNumber, kUnusable, kOutOfRange };
SeqKind coerce_seq(const std::optional<json::Node>& seq, std::int64_t& value);

// seq compared as a number, without coercion: true if it is a number, boolean or infinity of at least `least`.
bool seq_at_least(const std::optional<json::Node>& seq, std::int64_t least);

// Whether an event of number seq follows on the one of number before.
inline bool follows_on(std::int64_t before, std::int64_t seq) { return seq > before && seq - 1 == before; }
// Error(kCorrupt) where 64 bits have no number left for an event behind that one.
void check_number_left(std::int64_t last_seq);

// Recomputes the hash of lines. One thread at a time.
class LineHasher {
 public:
  // 64 lower-case hex digits; nothing if the event holds a lone surrogate and so cannot be hashed.
  std::optional<std::string> hash(const EventView& event);

 private:
  std::string canonical_;
};

// What a new event says; all texts are JSON in log spelling.
struct NewEvent {
  std::string_view op;  // a text without quotes: upsert, delete, compact
  std::string_view record_id_json;
  std::string_view record_json;       // raw line separators; they are escaped in the line
  std::string_view record_canonical;  // the same object in canonical text
};

inline constexpr std::int64_t kNoBatch = -1;

// Numbers, links and hashes new events, and spells their lines.
class LineWriter {
 public:
  LineWriter(std::int64_t last_seq, std::string last_hash_json, std::int64_t recursion_depth)
      : seq_(last_seq), last_hash_json_(std::move(last_hash_json)), depth_(recursion_depth) {}

  // Goes on behind another event.
  void go_on_behind(std::int64_t last_seq, std::string_view last_hash_json) {
    seq_ = last_seq;
    last_hash_json_ = last_hash_json;
  }

  // Appends the line of the next event to out. batch: lines of the same batch still to come, or kNoBatch.
  void write(const NewEvent& event, std::string_view ts, std::int64_t batch, std::string& out);

  std::int64_t seq() const { return seq_; }
  const std::string& last_hash_json() const { return last_hash_json_; }

 private:
  std::int64_t seq_;
  std::string last_hash_json_;
  std::int64_t depth_;
  std::string hash_json_;  // of the event that is being written
  std::string hashed_;
};

}  // namespace quipu::wal
