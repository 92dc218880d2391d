// The folders that the Python original wrote, opened and read: every value that expected.json gives, and not a byte changed.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "crypto/sha256.h"
#include "json/parser.h"
#include "json/row.h"
#include "support/chronostore_support.h"

namespace quipu::test {
namespace {

using chronostore::kRagThreshold;
using chronostore::RecordRef;
using chronostore::Selection;
using chronostore::Store;
using chronostore::WalEventField;
using json::Kind;
using json::Value;

std::vector<std::string> fixtures() {
  std::vector<std::string> names;
  const Value index = read_json(fixture_path("index.json"));
  for (const Value& entry : index.as_array()) names.push_back(text_of(entry, "fixture"));
  return names;
}

std::vector<std::string> texts_in(const Value& list) {
  std::vector<std::string> out;
  for (const Value& element : list.as_array()) out.push_back(element.as_string());
  return out;
}

std::vector<std::string> ids_in(const Value& list) {
  std::vector<std::string> out;
  for (const Value& element : list.as_array()) {
    out.push_back(element.is_string() ? element.as_string() : "json:" + text_of(element, "json"));
  }
  return out;
}

// The reference's values, with what the format page wants otherwise put over them.
class Expectation {
 public:
  // The entry must stay where it is.
  Expectation(const Value& entry, std::string name)
      : name_(std::move(name)), reference_(member(entry, "reference")), differs_(entry.find("recommended_differs")) {
    if (is_null(differs_)) differs_ = nullptr;
  }

  const Value* find(std::string_view name) const {
    const Value* own = differs_ == nullptr ? nullptr : differs_->find(name);
    return own != nullptr ? own : reference_.find(name);
  }
  bool differs() const { return differs_ != nullptr; }
  const Value& reference() const { return reference_; }

  // Where the reference cannot see all lines that count, the numbers of those that do.
  std::vector<std::string> replayed() const {
    if (name_ == "line_separators_raw") return {"1", "2", "3", "4", "5", "6"};
    if (name_ == "line_separators_then_reference_append") return {"1", "2", "2"};
    if (name_ == "bom") return {"1", "2", "3"};
    if (name_ == "not_utf8") return {"1", "2", "3", "4"};
    return texts_in(member(reference_, "replay_seq_json"));
  }

 private:
  std::string name_;
  const Value& reference_;
  const Value* differs_;
};

// 8.1, computed from the expected records alone.
std::vector<std::string> expected_query(const std::vector<std::string>& records, const std::string& kind,
                                        const std::string& status, double threshold) {
  std::vector<std::string> out;
  for (const std::string& text : records) {
    const Value record = json::parse(text);
    const auto is = [&](const char* field, const std::string& wanted) {
      const Value* value = record.find(field);
      return wanted.empty() || (value->is_string() && value->as_string() == wanted);
    };
    if (!is("status", status) || !is("kind", kind)) continue;
    const Value& confidence = *record.find("confidence");
    double number = 0;
    if (confidence.kind() == Kind::kBool) number = confidence.as_bool() ? 1 : 0;
    if (confidence.kind() == Kind::kDouble) number = confidence.as_double();
    if (confidence.kind() == Kind::kInteger) number = std::stod(confidence.as_integer().digits);
    if (number < threshold) continue;
    const Value& id = *record.find("id");
    if (id.is_string()) {
      out.push_back(id.as_string());
    } else {
      std::string spelled;
      json::write(id, json::Spelling::kLog, json::Surrogates::kEscape, spelled);
      out.push_back("json:" + spelled);
    }
  }
  return out;
}

std::string json_or_empty(const std::string& text) { return text.empty() ? std::string() : json::string_json(text); }

void check_query(Store& store, const std::string& key, const Value* reference,
                 const std::vector<std::string>& records) {
  std::string kind;
  std::string status = "active";
  double threshold = 0;
  if (key == "all") status.clear();
  if (key == "rag") threshold = kRagThreshold;
  if (key == "min_0_9") threshold = 0.9;
  if (key.starts_with("kind=")) {
    kind = key.substr(5);
    status.clear();
  }
  if (key.starts_with("status=")) status = key.substr(7);
  const auto found = ids(store.query({json_or_empty(kind), json_or_empty(status), threshold}));
  EXPECT_EQ(found, expected_query(records, kind, status, threshold)) << key;
  if (reference != nullptr && reference->is_array()) {
    EXPECT_EQ(found, ids_in(*reference)) << key << " against the reference";
  }
}

void check_records(Store& store, const Expectation& expected) {
  const std::vector<std::string> records = texts_in(*expected.find("records_json"));
  EXPECT_EQ(texts(store.query(every_record())), records);
  EXPECT_EQ(ids(store.query(every_record())), ids_in(*expected.find("ids")));
  EXPECT_EQ(store.active_count(), std::stoll(expected.find("record_count")->as_integer().digits));
  EXPECT_EQ(std::to_string(store.wal_seq()), expected.find("wal_seq_json")->as_string());
  EXPECT_EQ(store.last_hash_json(), expected.find("last_hash_json")->as_string());

  std::vector<std::string> exported;
  for (const std::string& text : records) {
    const Value record = json::parse(text);
    const Value& status = *record.find("status");
    if (status.is_string() && status.as_string() == "active") exported.push_back(text);
  }
  Selection active = every_record();
  active.status_json = "\"active\"";
  EXPECT_EQ(texts(store.query(active)), exported);
  if (!expected.differs()) {
    EXPECT_EQ(exported, texts_in(*expected.find("export_json")));
    for (const auto& [key, value] : member(expected.reference(), "query").as_object()) {
      check_query(store, key, &value, records);
    }
  } else {
    for (const char* key : {"active", "all", "rag", "min_0_9", "kind=fact", "status=active"}) {
      check_query(store, key, nullptr, records);
    }
  }
  // Every record is found by its id; a record whose id is no text by that value's JSON text.
  for (const std::string& id : ids(store.query(every_record()))) {
    const std::string wanted = id.starts_with("json:") ? id.substr(5) : id;
    EXPECT_TRUE(store.find(wanted)) << id;
  }
}

void check_replay(Store& store, const Expectation& expected) {
  const std::vector<std::string> seqs = expected.replayed();
  EXPECT_EQ(replayed(store, std::numeric_limits<std::int64_t>::min(), WalEventField::seq).size() >= seqs.size(), true);
  EXPECT_EQ(replayed(store, 0, WalEventField::seq), seqs);
  if (!expected.differs()) {
    EXPECT_EQ(static_cast<std::int64_t>(seqs.size()), int_of(expected.reference(), "replay_count"));
    EXPECT_EQ(static_cast<std::int64_t>(replayed(store, 3, WalEventField::seq).size()),
              int_of(expected.reference(), "replay_from_3_count"));
  }
}

std::string digest(const std::vector<std::string>& lines) {
  crypto::Sha256 sha;
  for (const std::string& line : lines) {
    sha.update(line);
    sha.update("\n");
  }
  return crypto::to_hex(sha.finish());
}

void check_large(Store& store, const Value& reference) {
  const std::vector<std::string> records = texts(store.query(every_record()));
  EXPECT_EQ(digest(records), text_of(reference, "records_json_sha256"));
  EXPECT_EQ(static_cast<std::int64_t>(records.size()), int_of(reference, "records_total"));
  Selection active = every_record();
  active.status_json = "\"active\"";
  EXPECT_EQ(digest(texts(store.query(active))), text_of(reference, "export_json_sha256"));
  EXPECT_EQ(store.active_count(), int_of(reference, "record_count"));
  EXPECT_EQ(std::to_string(store.wal_seq()), text_of(reference, "wal_seq_json"));
  EXPECT_EQ(store.last_hash_json(), text_of(reference, "last_hash_json"));
  const auto count = [](std::vector<std::string> list) { return static_cast<std::int64_t>(list.size()); };
  EXPECT_EQ(count(replayed(store, 0, WalEventField::seq)), int_of(reference, "replay_count"));
  EXPECT_EQ(count(replayed(store, 3, WalEventField::seq)), int_of(reference, "replay_from_3_count"));
  const std::vector<std::string> all = ids(store.query({"", "", 0}));
  EXPECT_EQ(std::vector<std::string>(all.begin(), all.begin() + 10), texts_in(member(reference, "first_10_ids")));
  EXPECT_EQ(std::vector<std::string>(all.end() - 10, all.end()), texts_in(member(reference, "last_10_ids")));
  const Value& counts = member(reference, "query_counts");
  const std::string kActive = "\"active\"";
  EXPECT_EQ(count(ids(store.query({"", kActive, 0}))), int_of(counts, "active"));
  EXPECT_EQ(count(all), int_of(counts, "all"));
  EXPECT_EQ(count(ids(store.query({"", kActive, kRagThreshold}))), int_of(counts, "rag"));
  EXPECT_EQ(count(ids(store.query({"", kActive, 0.9}))), int_of(counts, "min_0_9"));
  EXPECT_EQ(count(ids(store.query({"", "\"tombstone\"", 0}))), int_of(counts, "tombstone"));
}

void check_part(const std::string& name, const std::string& part, const Value& entry, bool read_only) {
  SCOPED_TRACE(part + (read_only ? ", read-only" : ""));
  TemporaryFolder folder;
  copy_fixture(name, folder, part);
  const auto before = files_below(folder.path());
  const Expectation expected(entry, name);
  {
    chronostore::StoreOptions options;
    options.read_only = read_only;
    if (read_only && !exists(folder / ".chronomemory")) {
      EXPECT_EQ(error_of([&] { Store::open(folder.path(), options); }).code(), Code::kNotFound);
      return;
    }
    const auto store = Store::open(folder.path(), options);
    EXPECT_EQ(store->verify(false, nullptr).valid, expected.find("chain_valid")->as_bool());
    if (name == "large") {
      check_large(*store, expected.reference());
    } else {
      check_replay(*store, expected);
      check_records(*store, expected);
    }
    EXPECT_EQ(store->verify(false, nullptr).valid, expected.find("chain_valid")->as_bool());
    store->close();
  }
  // Verifying a log with a torn tail takes the lock: the lock file alone may be new.
  EXPECT_EQ(files_below(folder.path()), before);
  if (read_only) EXPECT_FALSE(exists(folder / ".chronomemory/lock"));
}

class FixtureTest : public testing::TestWithParam<std::string> {};

TEST_P(FixtureTest, ReadsAsExpected) {
  const std::string& name = GetParam();
  const Value expected = read_json(fixture_path(name + "/expected.json"));
  for (const bool read_only : {false, true}) {
    if (name == "wider") {
      check_part(name, "project_before_invalidate", member(expected, "before_invalidate"), read_only);
      check_part(name, "project", member(expected, "after_invalidate"), read_only);
    } else if (name == "migrate") {
      for (const Value& run : member(expected, "runs").as_array()) {
        check_part(name, text_of(run, "project"), run, read_only);
      }
    } else {
      check_part(name, "project", expected, read_only);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(ChronoStore, FixtureTest, testing::ValuesIn(fixtures()),
                         [](const auto& given) { return given.param; });

TEST(Fixtures, AreAllThere) { EXPECT_EQ(fixtures().size(), 66U); }

}  // namespace
}  // namespace quipu::test
