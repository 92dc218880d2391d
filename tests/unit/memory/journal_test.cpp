// The journal: entries as documents of the original have them, and which of them are still to be told of.
#include "memory/journal.h"

#include <gtest/gtest.h>

#include "memory/sync_state.h"
#include "support/memory_support.h"

namespace quipu::memory {
namespace {

std::vector<std::int64_t> numbers_of(MemoryStore& store, const JournalFilter& filter = {}) {
  std::vector<std::int64_t> numbers;
  for (const Mutation& entry : journal_list(store, filter)) numbers.push_back(entry.seq);
  return numbers;
}

TEST(Journal, EntriesAreSpelledAsTheOriginalDoes) {
  const test::TemporaryFolder folder;
  test::StandingClock clock;
  const auto store = test::open_memory(folder, &clock);
  project_enroll(*store, "tide-gauge");
  std::size_t count = 0;
  std::int64_t after = 0;
  for (const char* name : {"1", "2", "3"}) {
    const std::string text = test::read_text(test::sync_fixture(std::string("mutations/raw/") + name + ".json"));
    const Incoming rows = test::incoming_of(text, "");
    const nlohmann::json document = nlohmann::json::parse(text);
    for (const auto& mutation : document.at("mutations")) {
      const Entity entity = *entity_of_name(mutation.at("entity").get<std::string>());
      const std::string key = mutation.at("entity_key");
      const std::string wanted = mutation.at("payload");
      const nlohmann::json payload = nlohmann::json::parse(wanted);
      store->commit([&](Write& write) {
        if (mutation.at("op") == "delete") {
          Gone gone;
          gone.session_id = payload.value("session_id", key);
          gone.project = payload.at("project");
          gone.deleted_at = payload.at("deleted_at");
          return write.put_gone(entity, key, gone, {});
        }
        for (const auto* list : {&rows.sessions, &rows.observations, &rows.prompts}) {
          for (const RowRef& row : *list) {
            const bool is_it = &row->table() == &make_row(entity, {})->table();
            if (is_it && text_of(*row, traits_of(entity).key) == key) return write.put(entity, *row, {});
          }
        }
        FAIL() << "no row " << key;
      });
      const std::vector<Mutation> made = journal_list(*store, {after});
      ASSERT_EQ(1U, made.size()) << key;
      EXPECT_EQ(wanted, made[0].payload);
      EXPECT_EQ(mutation.at("entity"), made[0].entity);
      EXPECT_EQ(key, made[0].entity_key);
      EXPECT_EQ(mutation.at("op"), made[0].op);
      EXPECT_EQ(mutation.at("project"), made[0].project);
      EXPECT_EQ(mutation.at("source"), made[0].source);
      EXPECT_EQ(mutation.at("target_key"), made[0].target_key);
      after = made[0].seq;
      ++count;
    }
  }
  EXPECT_EQ(10U, count);
  EXPECT_EQ(10U, numbers_of(*store).size());
}

TEST(Journal, TellsOfEnrolledProjectsAndOfNone) {
  const test::TemporaryFolder folder;
  test::StandingClock clock;
  const auto store = test::open_memory(folder, &clock);
  store->session_start("p", "p", "/d");
  store->session_start("q", "q", "/d");
  store->session_start("none", "", "/d");
  store->observation_add({"p", "note", "t", "c", "", "", "", ""}, {});
  const auto keys = [&](bool enrolled_only) {
    std::string text;
    JournalFilter filter;
    filter.enrolled_only = enrolled_only;
    for (const Mutation& entry : journal_list(*store, filter)) text += entry.entity[0] + entry.project + " ";
    return text;
  };
  EXPECT_EQ("s ", keys(true));
  EXPECT_EQ("sp sq s op ", keys(false));
  project_enroll(*store, "p");
  EXPECT_EQ("sp s op ", keys(true));
  project_enroll(*store, "p");  // once is enough
  EXPECT_EQ("sp s op ", keys(true));
}

TEST(Journal, AcknowledgesEntriesAndNothingElse) {
  const test::TemporaryFolder folder;
  test::StandingClock clock;
  const auto store = test::open_memory(folder, &clock);
  project_enroll(*store, "p");
  const auto start = [&](const std::string& project) {
    static int number = 0;
    store->session_start("s" + std::to_string(++number), project, "/d");
  };
  for (const char* project : {"p", "p", "q", "p"}) start(project);
  const std::vector<std::int64_t> entries = numbers_of(*store);
  ASSERT_EQ(3U, entries.size());
  // Numbers that are no entries, or not yet, stay what they are.
  journal_ack(*store, {-3, 0, entries[2] + 3, std::int64_t{1} << 40, entries[1]});
  EXPECT_EQ((std::vector<std::int64_t>{entries[0], entries[2]}), numbers_of(*store));
  EXPECT_EQ(entries[1], target_state(*store, "cloud").last_acked_seq);
  EXPECT_EQ("pending", target_state(*store, "cloud").lifecycle);
  for (int i = 0; i < 5; ++i) start("p");
  EXPECT_EQ(7U, numbers_of(*store).size());

  // A part that was listed once; meanwhile others add, and acknowledge theirs.
  PendingJournal mine(*store);
  start("q");
  start("p");
  journal_ack(*store, {numbers_of(*store).back()});
  std::vector<std::int64_t> listed;
  for (const Mutation& entry : mine.entries()) listed.push_back(entry.seq);
  EXPECT_EQ(7U, listed.size());
  mine.ack({listed[0]});
  mine.ack({listed.begin() + 1, listed.end()});
  EXPECT_TRUE(numbers_of(*store).empty());
  EXPECT_EQ("healthy", target_state(*store, "cloud").lifecycle);
  project_enroll(*store, "q");
  EXPECT_EQ(2U, numbers_of(*store).size());  // nobody has told of these
  journal_ack(*store, numbers_of(*store));
  EXPECT_EQ(1U, target_state(*store, "cloud").acked.all().size());
  EXPECT_EQ(1, target_state(*store, "cloud").acked.all().front().first);
  start("p");
  EXPECT_EQ(1U, numbers_of(*store).size());
  JournalFilter all;
  all.with_acked = true;
  EXPECT_EQ(12U, numbers_of(*store, all).size());
}

TEST(Journal, AfterACompactionOneEntryOfEachRowIsLeft) {
  const test::TemporaryFolder folder;
  test::StandingClock clock;
  const auto store = test::open_memory(folder, &clock);
  project_enroll(*store, "p");
  store->session_start("s", "p", "/d");
  const Addition added = store->observation_add({"s", "note", "t", "first", "", "p", "", ""});
  const std::string key = test::text(added.row, MemoryObservationField::sync_id);
  journal_ack(*store, {numbers_of(*store)[0]});
  ObservationChanges changes;
  bool truncated = false;
  changes.content = "second";
  store->observation_update(key, changes, truncated);
  const std::string gone = test::text(store->prompt_add({"s", "x", "p"}).row, MemoryPromptField::sync_id);
  store->prompt_delete(gone);
  const std::vector<std::int64_t> before = numbers_of(*store);
  ASSERT_EQ(4U, before.size());
  store->purge(nullptr);
  const std::vector<Mutation> left = journal_list(*store, {});
  ASSERT_EQ(2U, left.size());
  EXPECT_EQ(before[1], left[0].seq);
  EXPECT_NE(std::string::npos, left[0].payload.find("second"));
  EXPECT_EQ(before[3], left[1].seq);
  EXPECT_EQ("delete", left[1].op);
  store->session_end("s", "end");
  EXPECT_EQ(3U, numbers_of(*store).size());
  journal_ack(*store, numbers_of(*store));
  EXPECT_TRUE(numbers_of(*store).empty());
}

}  // namespace
}  // namespace quipu::memory
