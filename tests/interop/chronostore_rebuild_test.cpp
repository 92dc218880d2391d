// The steps that the Python original took, taken again with its clock: the very same bytes.
#include <gtest/gtest.h>

#include "json/parser.h"
#include "json/row.h"
#include "support/chronostore_support.h"

namespace quipu::test {
namespace {

using chronostore::RecordRef;
using chronostore::Store;
using chronostore::WalEventField;
using json::Value;

std::vector<std::string> rebuilt_fixtures() {
  std::vector<std::string> names;
  const Value index = read_json(fixture_path("index.json"));
  for (const Value& entry : index.as_array()) {
    const std::string name = text_of(entry, "fixture");
    const Value expected = read_json(fixture_path(name + "/expected.json"));
    const Value* rebuild = expected.find("steps_rebuild_the_files");
    if (!is_null(rebuild) && rebuild->as_bool()) names.push_back(name);
  }
  return names;
}

void take_step(const Value& step, const TemporaryFolder& folder, ListedClock& clock, std::unique_ptr<Store>& store) {
  for (const Value& time : member(step, "clock").as_array()) clock.add(time.as_string());
  const std::string what = text_of(step, "do");
  json::RowRef event;
  if (what == "open") {
    chronostore::StoreOptions options = options_with(clock);
    options.recursion_depth = int_of(step, "recursion_depth");
    store = Store::open(folder.path(), options);
  } else if (what == "upsert") {
    store->upsert(record_of_json(text_of(step, "record_json")), &event);
  } else if (what == "delete") {
    store->remove(text_of(step, "id"), &event);
  } else if (what == "compact") {
    EXPECT_EQ(store->compact(nullptr), int_of(step, "log_events_before"));
    EXPECT_EQ(store->wal_seq(), int_of(step, "seq"));
  } else if (what == "close") {
    store->close();
    store.reset();
  } else {
    FAIL() << "unknown step " << what;
  }
  if (event) {
    EXPECT_EQ(event->field(WalEventField::seq), std::to_string(int_of(step, "seq")));
    EXPECT_EQ(event->field(WalEventField::hash), json::string_json(text_of(step, "hash")));
  }
}

class RebuildTest : public testing::TestWithParam<std::string> {};

TEST_P(RebuildTest, GivesTheSameBytes) {
  TemporaryFolder folder;
  ListedClock clock;
  std::unique_ptr<Store> store;
  const Value script = read_json(fixture_path(GetParam() + "/steps.json"));
  for (const Value& step : member(script, "steps").as_array()) {
    take_step(step, folder, clock, store);
    EXPECT_TRUE(clock.empty()) << "the clock was read less often than the steps say";
    if (HasFailure()) return;
  }
  store.reset();
  const std::string original = fixture_path(GetParam() + "/project/.chronomemory");
  EXPECT_EQ(read_text(folder.log()), read_text(original + "/events.wal"));
  EXPECT_EQ(read_text(folder.snapshot()), read_text(original + "/snapshot.json"));
  auto files = files_below(folder / ".chronomemory");
  EXPECT_EQ(files.size(), files_below(original).size());
}

INSTANTIATE_TEST_SUITE_P(ChronoStore, RebuildTest, testing::ValuesIn(rebuilt_fixtures()),
                         [](const auto& given) { return given.param; });

TEST(Rebuild, CoversTheFixturesMeantForIt) { EXPECT_GE(rebuilt_fixtures().size(), 15U); }

// The long log keeps no steps: they are read off its lines. Its store outgrows the original's cadence of snapshots, so only
// the log is compared.
TEST(Rebuild, LargeLog) {
  TemporaryFolder original;
  copy_fixture("large", original);
  chronostore::StoreOptions read_only;
  read_only.read_only = true;
  const auto source = Store::open(original.path(), read_only);
  TemporaryFolder folder;
  ListedClock clock;
  std::unique_ptr<Store> store;
  std::string depth;
  chronostore::EventCursor events = source->replay(0);
  TickingClock snapshot_clock;
  while (const json::RowRef event = events.next()) {
    if (event->field(WalEventField::recursion_depth) != depth) {
      depth = event->field(WalEventField::recursion_depth);
      store.reset();
    }
    if (store == nullptr) {
      chronostore::StoreOptions options = options_with(clock);
      options.recursion_depth = std::stoll(depth);
      store = Store::open(folder.path(), options);
    }
    const std::string ts = json::string_value(event->field(WalEventField::ts));
    clock.add(ts);
    clock.add(ts);  // for a snapshot, which may or may not be due
    if (event->field(WalEventField::op) == "\"upsert\"") {
      store->upsert(record_of_json(event->field(WalEventField::record)), nullptr);
    } else {
      store->remove(json::string_value(event->field(WalEventField::record_id)), nullptr);
    }
    while (!clock.empty()) clock.unix_seconds();
  }
  EXPECT_EQ(read_text(folder.log()), read_text(original.log()));
  EXPECT_EQ(texts(store->query(every_record())), texts(source->query(every_record())));
}

// The import: the same events and hashes. Ours is one batch, so its lines carry the batch's key, which no hash covers.
TEST(Rebuild, MigrateRuns) {
  TemporaryFolder folder;
  copy_fixture("migrate", folder, "before");
  const Value expected = read_json(fixture_path("migrate/expected.json"));
  ListedClock clock;
  int number = 0;
  for (const Value& run : member(expected, "runs").as_array()) {
    SCOPED_TRACE(text_of(run, "run"));
    const auto store = Store::open(folder.path(), options_with(clock));
    if (++number == 3) {
      const Value& between = member(expected, "between_runs_2_and_3");
      for (const Value& time : member(between, "clock").as_array()) clock.add(time.as_string());
      for (const Value& id : member(between, "deleted").as_array()) store->remove(id.as_string(), nullptr);
      const std::string changed = read_text(fixture_path("migrate/after_changes/.specsmith/requirements.json"));
      write_text(folder / ".specsmith/requirements.json", changed);
    }
    for (const Value& time : member(run, "clock").as_array()) clock.add(time.as_string());
    const chronostore::MigrateResult result = store->migrate_from_json(folder / ".specsmith", nullptr);
    const Value& counts = member(run, "counts");
    EXPECT_EQ(result.requirements, int_of(counts, "requirements"));
    EXPECT_EQ(result.testcases, int_of(counts, "testcases"));
    EXPECT_EQ(result.skipped, int_of(counts, "skipped"));
    EXPECT_TRUE(clock.empty());
    EXPECT_EQ(store->last_hash_json(), text_of(member(run, "reference"), "last_hash_json"));
    std::string log = read_text(folder.log());
    for (std::size_t at = log.find(", \"batch\": "); at != std::string::npos; at = log.find(", \"batch\": ", at)) {
      log.erase(at, log.find('}', at) - at);
    }
    EXPECT_EQ(log, read_text(fixture_path("migrate/" + text_of(run, "project") + "/.chronomemory/events.wal")));
  }
  EXPECT_EQ(number, 3);
}

// Odd input files. Where the original stops half-way, the import takes what it can: a status that is no text counts as
// active, a confidence that is no number as 0.7.
TEST(Rebuild, MigrateEdgeCases) {
  const Value cases = read_json(fixture_path("migrate/edge_cases.json"));
  for (const Value& entry : cases.as_array()) {
    SCOPED_TRACE(text_of(entry, "case") + ": " + text_of(entry, "requirements_json"));
    TemporaryFolder folder;
    TickingClock clock;
    write_text(folder / ".specsmith/requirements.json", text_of(entry, "requirements_json"));
    const auto store = Store::open(folder.path(), options_with(clock));
    const chronostore::MigrateResult result = store->migrate_from_json(folder / ".specsmith", nullptr);
    const std::vector<std::string> records = texts(store->query(every_record()));
    const Value& outcome = member(entry, "outcome");
    if (outcome.find("raises") == nullptr) {
      EXPECT_EQ(result.requirements, int_of(outcome, "requirements"));
      EXPECT_EQ(result.skipped, int_of(outcome, "skipped"));
      EXPECT_EQ(store->wal_seq(), int_of(entry, "wal_seq"));
      std::vector<std::string> expected;
      for (const Value& record : member(entry, "records_json").as_array()) expected.push_back(record.as_string());
      EXPECT_EQ(records, expected);
      continue;
    }
    // What the original wrote before it stopped, and something of the rest.
    std::size_t at = 0;
    for (const Value& record : member(entry, "records_json").as_array()) {
      ASSERT_LT(at, records.size());
      EXPECT_EQ(records[at++], record.as_string());
    }
    const Value source = json::parse(text_of(entry, "requirements_json"));
    std::size_t usable = 0;
    if (source.is_array()) {
      for (const Value& item : source.as_array()) {
        const Value* id = item.find("id");
        if (id != nullptr && id->kind() != json::Kind::kArray && id->kind() != json::Kind::kObject) ++usable;
      }
    }
    EXPECT_EQ(records.size(), usable);
    for (std::size_t i = at; i < records.size(); ++i) {
      const Value record = json::parse(records[i]);
      EXPECT_EQ(text_of(record, "status"), "active");
      EXPECT_EQ(text_of(record, "kind"), "requirement");
    }
    EXPECT_TRUE(store->verify(true, nullptr).valid);
  }
}

}  // namespace
}  // namespace quipu::test
