#include "support/chronostore_model.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "support/chronostore_support.h"

namespace quipu::test {

using chronostore::RecordRef;
using chronostore::Store;
using chronostore::WalEventField;

namespace {

std::string event_text(std::int64_t seq, std::string_view op, std::string_view id, std::string_view record,
                       std::string_view depth) {
  std::string text = std::to_string(seq);
  for (const std::string_view part : {op, id, record, depth}) {
    text += ' ';
    text += part;
  }
  return text;
}

// What an id is found by. Numbers and booleans of one value are one key, as in the original; only the ids that the scripts
// use are known here.
std::string key_of(const std::string& id_json) {
  static const std::map<std::string, std::string> kSame = {{"true", "1"},  {"1.0", "1"},      {"false", "0"},
                                                           {"0.0", "0"},   {"-0.0", "0"},     {"7.0", "7"},
                                                           {"-3.0", "-3"}, {"1e+16", "1e+16"}};
  const auto same = kSame.find(id_json);
  return same == kSame.end() ? id_json : same->second;
}

double confidence_of(const ModelRecord& record) {
  const std::string& json = record.confidence;
  if (json == "true") return 1.0;
  if (json == "NaN") return std::nan("");
  if (json == "Infinity") return HUGE_VAL;
  if (json == "-Infinity") return -HUGE_VAL;
  const char first = json.empty() ? '"' : json.front();
  return first == '-' || (first >= '0' && first <= '9') ? std::strtod(json.c_str(), nullptr) : 0.0;
}

void describe(const std::string& what, const std::vector<std::string>& expected, const std::vector<std::string>& found,
              std::string& out) {
  if (expected == found) return;
  const auto shown = [](const std::vector<std::string>& list, std::size_t i) {
    return i < list.size() ? list[i].substr(0, 300) : std::string("nothing");
  };
  std::size_t i = 0;
  while (i < expected.size() && i < found.size() && expected[i] == found[i]) ++i;
  out += what + " " + std::to_string(i + 1) + " of " + std::to_string(expected.size()) + " expected and " +
         std::to_string(found.size()) + " found:\n  expected " + shown(expected, i) + "\n  found    " +
         shown(found, i) + "\n";
}

}  // namespace

Seen seen_in(Store& store) {
  Seen seen;
  chronostore::EventCursor events = store.replay(0);
  while (const json::RowRef event = events.next()) {
    seen.events.push_back(event_text(std::strtoll(std::string(event->field(WalEventField::seq)).c_str(), nullptr, 10),
                                     event->field(WalEventField::op), event->field(WalEventField::record_id),
                                     event->field(WalEventField::record),
                                     event->field(WalEventField::recursion_depth)));
  }
  seen.records = texts(store.query(every_record()));
  seen.seq = store.wal_seq();
  return seen;
}

std::string difference(const Seen& expected, const Seen& found) {
  std::string out;
  if (expected.seq != found.seq) {
    out += "seq: expected " + std::to_string(expected.seq) + ", found " + std::to_string(found.seq) + "\n";
  }
  describe("event", expected.events, found.events, out);
  describe("record", expected.records, found.records, out);
  return out;
}

std::string ModelRecord::text() const {
  return "{\"id\": " + id + ", \"kind\": " + kind + ", \"status\": " + status + ", \"label\": " + label +
         ", \"confidence\": " + confidence + ", \"source_type\": " + source_type + ", \"evidence\": " + evidence +
         ", \"epistemic_boundary\": " + epistemic_boundary + ", \"is_hypothesis\": " + is_hypothesis +
         ", \"model_assumptions\": " + model_assumptions + ", \"recursion_depth\": " + recursion_depth +
         ", \"data\": " + data + "}";
}

RecordRef ModelRecord::ref() const { return record_of_json(text()); }

void Model::add_event(const char* op, const std::string& id, const std::string& record) {
  ++seq_;
  events_.push_back({seq_, event_text(seq_, string_json(op), id, record, std::to_string(depth_))});
}

void Model::upsert(ModelRecord record) {
  record.recursion_depth = std::to_string(depth_);
  add_event("upsert", record.id, record.text());
  const std::string key = key_of(record.id);
  if (records_.count(key) == 0) order_.push_back(key);
  records_[key] = std::move(record);
}

void Model::remove(std::string_view id) {
  ModelRecord dead;
  dead.id = string_json(id);
  dead.status = "\"tombstone\"";
  add_event("delete", dead.id, dead.text());
  if (const auto found = records_.find(dead.id); found != records_.end()) found->second.status = "\"tombstone\"";
}

void Model::compact() {
  ModelRecord sentinel;
  sentinel.id = "\"__compact__\"";
  sentinel.label = "\"Compacted at seq=" + std::to_string(seq_) + "\"";
  events_.clear();
  add_event("compact", sentinel.id, sentinel.text());
}

std::vector<std::string> Model::query(const std::string& kind, const std::string& status, double threshold) const {
  std::vector<std::string> out;
  for (const std::string& key : order_) {
    const ModelRecord& record = records_.at(key);
    if (!kind.empty() && record.kind != kind) continue;
    if (!status.empty() && record.status != status) continue;
    if (confidence_of(record) < threshold) continue;
    out.push_back(record.text());
  }
  return out;
}

const ModelRecord* Model::find_json(const std::string& id_json) const {
  const auto found = records_.find(key_of(id_json));
  return found == records_.end() ? nullptr : &found->second;
}

const ModelRecord* Model::find(std::string_view id) const {
  if (const ModelRecord* record = find_json(string_json(id))) return record;
  return id.empty() || id.front() == '"' ? nullptr : find_json(std::string(id));
}

std::int64_t Model::active_count() const {
  std::int64_t count = 0;
  for (const auto& [key, record] : records_) count += record.status == "\"active\"" ? 1 : 0;
  return count;
}

std::vector<std::string> Model::events_from(std::int64_t from_seq) const {
  std::vector<std::string> out;
  for (const Event& event : events_) {
    if (event.seq >= from_seq) out.push_back(event.text);
  }
  return out;
}

Seen Model::seen() const {
  Seen seen;
  seen.records = query("", "", std::nan(""));
  for (const Event& event : events_) seen.events.push_back(event.text);
  seen.seq = seq_;
  return seen;
}

}  // namespace quipu::test
