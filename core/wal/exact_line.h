// wal/exact_line.h - a line as the writers of the format spell it, read as slices of itself: what opening and verifying meet
// in nearly every line. Any other line, be it an event or not, is left to LineReader (event.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "json/exact.h"

namespace quipu::wal {

// Views into the line. Each is JSON text in log spelling, which for these is canonical text too, apart from the record.
struct ExactEvent {
  std::int64_t seq = 0;
  std::string_view seq_json;
  std::string_view ts_json;
  std::string_view op;  // a text without its quotes; it holds no escapes
  std::string_view record_id_json;
  std::string_view line;
  std::string_view record;
  std::span<const json::ExactMember> members;  // of the record; their names differ
  std::string_view prev_hash_json;
  std::string_view hash_json;
  std::string_view recursion_depth_json;
  std::int64_t batch = 0;  // this and the next as in EventView
  bool in_batch = false;
  bool is_ascii = true;
};

// Reads lines one after the other, reusing its memory. One thread at a time.
class ExactLineReader {
 public:
  // piece: json::kPadding readable bytes stand behind it. False if it is not such a line; event holds anything then.
  bool read(std::string_view piece, ExactEvent& event);

  // The hash of the event read last, 64 lower-case hex digits; valid until the next call.
  std::string_view hash(const ExactEvent& event);

 private:
  json::ExactReader reader_;
  json::ExactObject record_;
  std::string canonical_;  // scratch, as long as it ever had to be
  std::string hex_;
};

}  // namespace quipu::wal
