// support/chronostore_model.h - what a ChronoStore must show, told a second time and without the code of the core: the records in
// order of first insertion, the events since the last compaction, the last number. And the same seen in a real store.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "chronostore/store.h"
#include "support/plain_json.h"

namespace quipu::test {

// All that can be seen of a store. Two are equal if every record, every event and the number are.
struct Seen {
  std::vector<std::string> records;  // JSON texts
  std::vector<std::string> events;   // seq, op, record_id, record and depth of each event that the log holds
  std::int64_t seq = 0;

  bool operator==(const Seen&) const = default;
};

Seen seen_in(chronostore::Store& store);
// The first difference, for messages; empty if there is none.
std::string difference(const Seen& expected, const Seen& found);

// A record as JSON texts in log spelling, with the defaults of the format.
struct ModelRecord {
  std::string id = "\"\"";
  std::string kind = "\"fact\"";
  std::string status = "\"active\"";
  std::string label = "\"\"";
  std::string confidence = "0.7";
  std::string source_type = "\"observed\"";
  std::string evidence = "[]";
  std::string epistemic_boundary = "[]";
  std::string is_hypothesis = "false";
  std::string model_assumptions = "{}";
  std::string recursion_depth = "0";
  std::string data = "{}";

  std::string text() const;
  chronostore::RecordRef ref() const;  // for the real store
};

class Model {
 public:
  // The store's depth, which upserts stamp on the record and all events carry.
  void set_depth(std::int64_t depth) { depth_ = depth; }

  void upsert(ModelRecord record);
  void remove(std::string_view id);
  void compact();

  // kind and status: JSON texts, empty for any.
  std::vector<std::string> query(const std::string& kind, const std::string& status, double threshold) const;
  // As find(id) of the store; nullptr if there is none.
  const ModelRecord* find(std::string_view id) const;
  std::int64_t active_count() const;
  std::int64_t seq() const { return seq_; }
  std::size_t size() const { return order_.size(); }
  std::vector<std::string> events_from(std::int64_t from_seq) const;
  Seen seen() const;
  // For migrate: the record with that id, given as JSON.
  const ModelRecord* find_json(const std::string& id_json) const;

 private:
  struct Event {
    std::int64_t seq;
    std::string text;
  };
  void add_event(const char* op, const std::string& id, const std::string& record);

  std::map<std::string, ModelRecord> records_;  // by key
  std::vector<std::string> order_;              // keys
  std::vector<Event> events_;
  std::int64_t seq_ = 0;
  std::int64_t depth_ = 0;
};

}  // namespace quipu::test
