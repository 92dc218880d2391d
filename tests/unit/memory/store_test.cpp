// What a memory store does for its user: the rules of local writes, lists, and what stays when others change its records.
#include "memory/store.h"

#include <gtest/gtest.h>

#include "support/memory_support.h"

namespace quipu::memory {
namespace {

using namespace test;
using Observation = MemoryObservationField;
using Session = MemorySessionField;
using Prompt = MemoryPromptField;
using Outcome = Addition::Outcome;

class MemoryStoreTest : public testing::Test {
 protected:
  MemoryStoreTest() { store_->session_start("s", "P--1", "/d"); }

  NewObservation observation(std::string_view title, std::string_view content, std::string_view topic = "") {
    NewObservation made;
    made.session_id = "s";
    made.type = "note";
    made.title = title;
    made.content = content;
    made.project = "p";
    made.topic_key = topic;
    return made;
  }
  std::string add(std::string_view title, std::string_view content = "c", std::string_view topic = "") {
    return text(store_->observation_add(observation(title, content, topic)).row, Observation::sync_id);
  }
  static Code code_of(const std::function<void()>& call) { return error_of(call).code(); }
  std::vector<std::string> titles(RowCursor cursor) {
    std::vector<std::string> found;
    while (const RowRef row = cursor.next()) found.push_back(text(row, Observation::title));
    return found;
  }

  TemporaryFolder folder_;
  StandingClock clock_;
  std::unique_ptr<MemoryStore> store_ = open_memory(folder_, &clock_);
  std::unique_ptr<MemoryStore> other_ = open_memory(folder_, &clock_);
};

using Titles = std::vector<std::string>;

TEST_F(MemoryStoreTest, SessionsAreFilledInAndEnded) {
  RowRef row = store_->session_find("s");
  EXPECT_EQ(wire(Entity::kSession, *row),
            R"({"id":"s","project":"p-1","directory":"/d","started_at":"2026-03-02 08:00:00"})");
  clock_.pass(60);
  row = other_->session_start("s", "other", "/other");
  EXPECT_EQ(text(row, Session::project), "p-1");
  const std::int64_t seq = store_->records().wal_seq();
  EXPECT_EQ(seq, 1) << "nothing to fill in, nothing is written";
  store_->session_start("t", "", "");
  row = other_->session_start("t", "x", "");
  EXPECT_EQ(text(row, Session::project), "x");
  EXPECT_EQ(text(store_->session_start("t", "y", "/y"), Session::directory), "/y");

  row = store_->session_end("s", " done <private>x</private> ");
  EXPECT_EQ(text(row, Session::ended_at), "2026-03-02 08:01:00");
  EXPECT_EQ(text(row, Session::summary), "done [REDACTED]");
  EXPECT_EQ(text(store_->session_end("s", ""), Session::summary), "done [REDACTED]");
  EXPECT_EQ(code_of([&] { store_->session_end("none", ""); }), Code::kNotFound);
  EXPECT_EQ(code_of([&] { store_->session_start("", "", ""); }), Code::kInvalid);
  EXPECT_FALSE(store_->session_find("none"));
}

TEST_F(MemoryStoreTest, SessionsAreListedByTheirLastActivity) {
  const auto ids = [&](MemoryStore& store) {
    std::vector<std::string> found;
    RowCursor cursor = store.session_list({});
    while (const RowRef row = cursor.next()) found.push_back(text(row, Session::id));
    return found;
  };
  store_->session_start("t", "p", "");
  store_->session_start("u", "p", "");
  EXPECT_EQ(ids(*other_), (Titles{"u", "t", "s"}));
  add("x");
  EXPECT_EQ(ids(*other_), (Titles{"s", "u", "t"})) << "in the same second";
  clock_.pass(1);
  NewPrompt prompt;
  prompt.session_id = "t";
  prompt.content = "c";
  store_->prompt_add(prompt);
  EXPECT_EQ(ids(*other_), (Titles{"t", "s", "u"}));
  EXPECT_EQ(ids(*open_memory(folder_, &clock_)), ids(*store_));
}

TEST_F(MemoryStoreTest, SessionsGoWithTheirPromptsUnlessObservationsReferToThem) {
  const std::string key = add("x");
  NewPrompt prompt;
  prompt.session_id = "s";
  prompt.content = "hello";
  prompt.project = "P";
  const std::string prompt_key = text(store_->prompt_add(prompt).row, Prompt::sync_id);
  store_->observation_delete(key, false);
  const Error error = error_of([&] { other_->session_delete("s"); });
  EXPECT_EQ(error.code(), Code::kConstraint);
  EXPECT_NE(error.message().find("session still has observations"), std::string::npos);
  EXPECT_TRUE(store_->prompt_find(prompt_key));
  store_->observation_delete(key, true);
  other_->session_delete("s");
  EXPECT_FALSE(store_->session_find("s"));
  EXPECT_FALSE(store_->prompt_find(prompt_key));
  EXPECT_EQ(code_of([&] { store_->session_delete("s"); }), Code::kNotFound);
  EXPECT_EQ(code_of([&] { add("x"); }), Code::kNotFound);
  EXPECT_EQ(store_->stats().sessions, 0);
  EXPECT_TRUE(store_->stats().projects.empty());
  store_->session_start("s", "new", "");
  EXPECT_EQ(text(other_->session_find("s"), Session::project), "new");
}

TEST_F(MemoryStoreTest, AnObservationHasItsNumberFromItsEvent) {
  clock_.pass(5);
  NewObservation given = observation(" A <private>b</private> ", " c ", " Some Topic ");
  given.tool_name = "edit";
  given.scope = "PERSONAL ";
  const Addition added = store_->observation_add(given);
  EXPECT_EQ(added.outcome, Outcome::kCreated);
  const std::string key = text(added.row, Observation::sync_id);
  EXPECT_EQ(
      wire(Entity::kObservation, *added.row),
      R"({"id":2,"sync_id":")" + key +
          R"(","session_id":"s","type":"note","title":"A [REDACTED]","content":"c","tool_name":"edit","project":"p",)"
          R"("scope":"personal","topic_key":"some-topic","revision_count":1,"duplicate_count":1,)"
          R"("last_seen_at":"2026-03-02 08:00:05","created_at":"2026-03-02 08:00:05","updated_at":"2026-03-02 08:00:05"})");
  EXPECT_EQ(key.size(), 20U);
  EXPECT_TRUE(key.starts_with("obs-"));
  EXPECT_EQ(other_->observation_find(key)->text(), added.row->text());
  EXPECT_NO_THROW(add("x", " <private></private")) << "unclosed, it is text";
}

TEST_F(MemoryStoreTest, EmptyContentIsRefusedAndLongContentIsCut) {
  EXPECT_EQ(code_of([&] { add("x", " \n\u2003"); }), Code::kInvalid);
  const Addition added = store_->observation_add(observation("x", std::string(49999, 'a') + "\u00e4"));
  EXPECT_TRUE(added.truncated);
  EXPECT_EQ(text(added.row, Observation::content), std::string(49999, 'a') + "... [truncated]");
  EXPECT_FALSE(store_->observation_add(observation("y", std::string(50000, 'a'))).truncated);
  bool truncated = false;
  ObservationChanges changes;
  const std::string large(std::size_t{64} << 20, 'b');
  changes.content = large;
  store_->observation_update(text(added.row, Observation::sync_id), changes, truncated);
  EXPECT_TRUE(truncated);
}

TEST_F(MemoryStoreTest, ATopicHasOneRow) {
  const Addition first = store_->observation_add(observation("one", "1", "a topic"));
  clock_.pass(10);
  NewObservation given = observation("two", "2", "A  Topic");
  given.type = "decision";
  store_->session_start("t", "p", "");
  given.session_id = "t";
  const Addition second = other_->observation_add(given);
  EXPECT_EQ(second.outcome, Outcome::kUpdated);
  for (const std::size_t same :
       {+Observation::id, +Observation::sync_id, +Observation::session_id, +Observation::created_at}) {
    EXPECT_EQ(second.row->field(same), first.row->field(same));
  }
  EXPECT_EQ(text(second.row, Observation::title), "two");
  EXPECT_EQ(text(second.row, Observation::content), "2");
  EXPECT_EQ(text(second.row, Observation::type), "decision");
  EXPECT_EQ(number_of(*second.row, Observation::revision_count), 2);
  EXPECT_EQ(text(second.row, Observation::updated_at), "2026-03-02 08:00:10");
  EXPECT_EQ(text(second.row, Observation::last_seen_at), "2026-03-02 08:00:10");
  // Another project or scope is another topic, and so is one whose row was deleted.
  given.project = "q";
  EXPECT_EQ(store_->observation_add(given).outcome, Outcome::kCreated);
  given.project = "p";
  given.scope = "personal";
  EXPECT_EQ(store_->observation_add(given).outcome, Outcome::kCreated);
  given.scope = "";
  store_->observation_delete(text(first.row, Observation::sync_id), false);
  EXPECT_EQ(store_->observation_add(given).outcome, Outcome::kCreated);
}

TEST_F(MemoryStoreTest, TheSameTextWithinTheWindowIsADuplicate) {
  const Addition first = store_->observation_add(observation("x", "Some  Text"));
  clock_.pass(15 * 60);
  Addition second = other_->observation_add(observation("x", "some\ntext "));
  EXPECT_EQ(second.outcome, Outcome::kDuplicate);
  EXPECT_EQ(text(second.row, Observation::sync_id), text(first.row, Observation::sync_id));
  EXPECT_EQ(number_of(*second.row, Observation::duplicate_count), 2);
  EXPECT_EQ(number_of(*second.row, Observation::revision_count), 1);
  EXPECT_EQ(text(second.row, Observation::content), "Some  Text");
  EXPECT_EQ(text(second.row, Observation::updated_at), "2026-03-02 08:15:00");
  EXPECT_EQ(text(second.row, Observation::created_at), "2026-03-02 08:00:00");
  // The window begins with the row, not with its last duplicate.
  clock_.pass(1);
  second = store_->observation_add(observation("x", "some text"));
  EXPECT_EQ(second.outcome, Outcome::kCreated);
  // What is different in anything else is none.
  for (const auto& change : std::initializer_list<std::function<void(NewObservation&)>>{
           [](NewObservation& o) { o.title = "y"; }, [](NewObservation& o) { o.type = "other"; },
           [](NewObservation& o) { o.project = ""; }, [](NewObservation& o) { o.scope = "personal"; },
           [](NewObservation& o) { o.content = "some other text"; }}) {
    NewObservation given = observation("x", "some text");
    change(given);
    EXPECT_EQ(store_->observation_add(given).outcome, Outcome::kCreated);
  }
  store_->observation_delete(text(second.row, Observation::sync_id), false);
  EXPECT_EQ(store_->observation_add(observation("x", "some text")).outcome, Outcome::kCreated);
}

TEST_F(MemoryStoreTest, SomeTypesWantToBeReviewed) {
  const auto review_of = [&](const char* type, const char* now) {
    clock_.pass(ListedClock::parse(now) - clock_.unix_seconds());
    NewObservation given = observation(now, "c");
    given.type = type;
    return text(store_->observation_add(given).row, Observation::review_after);
  };
  EXPECT_EQ(review_of("decision", "2026-03-02T08:00:00Z"), "2026-09-02 08:00:00");
  EXPECT_EQ(review_of("policy", "2026-03-03T08:00:00Z"), "2027-03-03 08:00:00");
  EXPECT_EQ(review_of("preference", "2026-11-30T23:59:59Z"), "2027-03-02 23:59:59");  // there is no 30th of February
  EXPECT_EQ(review_of("decision", "2026-08-31T00:00:00Z"), "2027-03-03 00:00:00");
  EXPECT_EQ(review_of("policy", "2024-02-29T00:00:00Z"), "2025-03-01 00:00:00");
  EXPECT_EQ(review_of("note", "2026-12-01T00:00:00Z"), "");
}

TEST_F(MemoryStoreTest, AnUpdateChangesWhatIsGiven) {
  const std::string key = add("x", "c", "topic");
  clock_.pass(7);
  bool truncated = true;
  ObservationChanges changes;
  changes.title = " y <private>z</private>";
  changes.project = " Q ";
  changes.scope = "personal";
  RowRef row = other_->observation_update(key, changes, truncated);
  EXPECT_FALSE(truncated);
  EXPECT_EQ(text(row, Observation::title), "y [REDACTED]");
  EXPECT_EQ(text(row, Observation::content), "c");
  EXPECT_EQ(text(row, Observation::project), "q");
  EXPECT_EQ(text(row, Observation::scope), "personal");
  EXPECT_EQ(number_of(*row, Observation::revision_count), 2);
  EXPECT_EQ(text(row, Observation::updated_at), "2026-03-02 08:00:07");
  EXPECT_EQ(text(row, Observation::created_at), "2026-03-02 08:00:00");
  EXPECT_EQ(store_->observation_find(key)->text(), row->text());
  changes = {};
  changes.topic_key = "";
  changes.project = "";
  row = store_->observation_update(key, changes, truncated);
  EXPECT_FALSE(has(*row, Observation::topic_key));
  EXPECT_FALSE(has(*row, Observation::project));
  EXPECT_EQ(code_of([&] { store_->observation_update(key, {}, truncated); }), Code::kInvalid);
  changes.content = "  ";
  EXPECT_EQ(code_of([&] { store_->observation_update(key, changes, truncated); }), Code::kInvalid);
  changes.content = "c";
  EXPECT_EQ(code_of([&] { store_->observation_update("none", changes, truncated); }), Code::kNotFound);
  store_->observation_delete(key, false);
  EXPECT_EQ(code_of([&] { store_->observation_update(key, changes, truncated); }), Code::kNotFound);
}

TEST_F(MemoryStoreTest, DeletesAreSoftOrHard) {
  const std::string key = add("x", "the text");
  clock_.pass(3);
  store_->observation_delete(key, false);
  RowRef row = other_->observation_find(key);
  EXPECT_EQ(text(row, Observation::deleted_at), "2026-03-02 08:00:03");
  EXPECT_EQ(text(row, Observation::updated_at), "2026-03-02 08:00:03");
  EXPECT_EQ(number_of(*row, Observation::revision_count), 1);
  const std::int64_t seq = store_->records().wal_seq();
  other_->observation_delete(key, false);
  EXPECT_EQ(store_->records().wal_seq(), seq);
  other_->observation_delete(key, true);
  EXPECT_FALSE(store_->observation_find(key));
  EXPECT_EQ(code_of([&] { store_->observation_delete(key, true); }), Code::kNotFound);
  EXPECT_EQ(code_of([&] { store_->observation_delete("none", false); }), Code::kNotFound);
  EXPECT_EQ(std::string(store_->records().find("memory:observation:" + key)->text()).find("the text"),
            std::string::npos);
}

TEST_F(MemoryStoreTest, PromptsAreAddedListedAndDeleted) {
  NewPrompt prompt;
  prompt.session_id = "s";
  prompt.content = "one <private>x</private>";
  prompt.project = "P";
  const Addition added = store_->prompt_add(prompt);
  const std::string key = text(added.row, Prompt::sync_id);
  EXPECT_EQ(wire(Entity::kPrompt, *added.row),
            R"({"id":2,"sync_id":")" + key +
                R"(","session_id":"s","content":"one [REDACTED]","project":"p","created_at":"2026-03-02 08:00:00"})");
  prompt.content = "one <private>x</private>";
  EXPECT_NE(text(other_->prompt_add(prompt).row, Prompt::sync_id), key);
  EXPECT_EQ(wires(Entity::kPrompt, store_->prompt_list({})).size(), 2U);
  other_->prompt_delete(key);
  EXPECT_FALSE(store_->prompt_find(key));
  EXPECT_EQ(code_of([&] { store_->prompt_delete(key); }), Code::kNotFound);
  prompt.session_id = "none";
  EXPECT_EQ(code_of([&] { store_->prompt_add(prompt); }), Code::kNotFound);
  prompt.session_id = "";
  EXPECT_EQ(code_of([&] { store_->prompt_add(prompt); }), Code::kInvalid);
}

TEST_F(MemoryStoreTest, ListsShowWhatPassesTheFilterNewestFirst) {
  add("a");
  add("b");
  clock_.pass(10);
  NewObservation given = observation("c", "c");
  given.project = "q";
  given.type = "decision";
  given.scope = "personal";
  store_->observation_add(given);
  const std::string gone = add("d");
  store_->observation_delete(gone, false);
  EXPECT_EQ(titles(other_->observation_list({})), (Titles{"c", "b", "a"}));
  RowFilter filter;
  filter.with_deleted = true;
  EXPECT_EQ(titles(other_->observation_list(filter)), (Titles{"d", "c", "b", "a"}));
  filter.limit = 2;
  EXPECT_EQ(titles(other_->observation_list(filter)), (Titles{"d", "c"}));
  filter = {};
  filter.project = " P ";
  EXPECT_EQ(titles(other_->observation_list(filter)), (Titles{"b", "a"}));
  filter.project = "nowhere";
  EXPECT_EQ(titles(other_->observation_list(filter)), Titles());
  filter = {};
  filter.scope = "personal";
  EXPECT_EQ(titles(other_->observation_list(filter)), Titles{"c"});
  filter = {};
  filter.type = "decision";
  EXPECT_EQ(titles(other_->observation_list(filter)), Titles{"c"});
  filter = {};
  filter.session_id = "t";
  EXPECT_EQ(titles(other_->observation_list(filter)), Titles());
  filter = {};
  filter.since = parse_instant("2026-03-02 08:00:10");
  EXPECT_EQ(titles(other_->observation_list(filter)), Titles{"c"});
  filter = {};
  filter.until = parse_instant("2026-03-02 08:00:10");
  EXPECT_EQ(titles(other_->observation_list(filter)), (Titles{"b", "a"}));
  filter.limit = -1;
  EXPECT_EQ(code_of([&] { other_->observation_list(filter); }), Code::kInvalid);
}

// Imported rows keep the project as it is.
TEST_F(MemoryStoreTest, AFilterFindsProjectsThatAreNotNormalised) {
  merge(*store_, incoming_of(R"({"observations":[{"sync_id":"o","session_id":"s","title":"i","project":"My--App"},
                                                  {"sync_id":"n","session_id":"s","title":"j","project":"my-app"}]})",
                             ""));
  RowFilter filter;
  filter.project = "My--App";
  EXPECT_EQ(titles(store_->observation_list(filter)), (Titles{"j", "i"}));
  filter.project = "my-app";
  EXPECT_EQ(titles(store_->observation_list(filter)), Titles{"j"});
}

TEST_F(MemoryStoreTest, ATimelineHasTheLiveRowsOfTheSessionAround) {
  std::vector<std::string> keys;
  for (const char* title : {"a", "b", "c", "d", "e"}) keys.push_back(add(title));
  store_->session_start("t", "p", "");
  NewObservation elsewhere = observation("elsewhere", "c");
  elsewhere.session_id = "t";
  store_->observation_add(elsewhere);
  store_->observation_delete(keys[1], false);
  const auto around = [&](std::size_t key, std::int64_t before, std::int64_t after) {
    Titles found;
    for (const RowRef& row : other_->timeline(keys[key], before, after)) found.push_back(text(row, Observation::title));
    return found;
  };
  EXPECT_EQ(around(2, 5, 5), (Titles{"a", "c", "d", "e"}));
  EXPECT_EQ(around(2, 1, 1), (Titles{"a", "c", "d"}));
  EXPECT_EQ(around(2, 0, 0), Titles{"c"});
  EXPECT_EQ(around(1, 1, 1), (Titles{"a", "b", "c"})) << "itself, though it is deleted";
  EXPECT_EQ(around(4, INT64_MAX, INT64_MAX), (Titles{"a", "c", "d", "e"}));
  EXPECT_EQ(code_of([&] { around(0, -1, 0); }), Code::kInvalid);
  store_->observation_delete(keys[0], true);
  EXPECT_EQ(code_of([&] { around(0, 1, 1); }), Code::kNotFound);
}

TEST_F(MemoryStoreTest, AContextIsTheRecentPast) {
  add("a", "line\none");
  clock_.pass(1);
  add("b", std::string(299, 'x') + "\u20ac");
  store_->session_end("s", "sum\nmary");
  NewPrompt prompt;
  prompt.session_id = "s";
  prompt.content = "do it";
  prompt.project = "p";
  store_->prompt_add(prompt);
  ContextOptions options;
  Context context = other_->context(options);
  EXPECT_EQ(context.markdown,
            "## Recent sessions\n\n- **p-1** (2026-03-02 08:00:00): sum mary\n\n"
            "## Recent prompts\n\n- 2026-03-02 08:00:01: do it\n\n"
            "## Recent observations\n\n- [note] **b**: " +
                std::string(299, 'x') + "...\n- [note] **a**: line one\n");
  options.project = "p";
  options.observations = 1;
  options.prompts = 0;
  context = other_->context(options);
  EXPECT_EQ(context.sessions.size(), 0U);
  EXPECT_EQ(context.prompts.size(), 0U);
  ASSERT_EQ(context.observations.size(), 1U);
  EXPECT_EQ(text(context.observations[0], Observation::title), "b");
  EXPECT_EQ(open_memory(TemporaryFolder())->context({}).markdown, "");
}

TEST_F(MemoryStoreTest, StatsCountWhatIsThere) {
  const std::string key = add("a");
  add("b");
  store_->observation_delete(key, false);
  const Stats stats = other_->stats();
  EXPECT_EQ(stats.sessions, 1);
  EXPECT_EQ(stats.observations, 1);
  EXPECT_EQ(stats.prompts, 0);
  EXPECT_EQ(stats.projects, (std::vector<std::string>{"p", "p-1"}));
}

TEST_F(MemoryStoreTest, CountersStopAtTheirEnd) {
  merge(*store_, incoming_of(R"({"observations":[{"sync_id":"o","session_id":"s","topic_key":"k","project":"p",
      "revision_count":9223372036854775807,"created_at":"2026-03-02 08:00:00"}]})",
                             ""));
  const Addition added = store_->observation_add(observation("x", "c", "k"));
  EXPECT_EQ(added.outcome, Outcome::kUpdated);
  EXPECT_EQ(number_of(*added.row, Observation::revision_count), INT64_MAX);
}

// Rows that say the same title, type, project and scope: an addition looks at those within the window only, be they imported or
// not, old or not.
TEST_F(MemoryStoreTest, AnAdditionLooksAtTheRowsOfItsWindowOnly) {
  nlohmann::json rows = nlohmann::json::array();
  for (int i = 0; i < 500; ++i) {
    rows.push_back({{"sync_id", "o" + std::to_string(i)},
                    {"session_id", "s"},
                    {"type", "note"},
                    {"title", "x"},
                    {"content", std::to_string(i)},
                    {"project", "p"},
                    {"created_at", "2026-01-01 00:00:00"}});
  }
  add("x", "first");
  merge(*store_, incoming_of(nlohmann::json{{"observations", rows}}.dump(), ""));
  add("x", "second");
  const MaybeInstant begin = parse_instant("2026-03-02 07:45:00");
  int looked = 0;
  store_->with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
    catalog.for_each_alike("x", "note", "p", false, [&](const Entry& entry) {
      ++looked;
      return !(entry.created < begin);
    });
  });
  EXPECT_EQ(looked, 3);
  EXPECT_EQ(store_->observation_add(observation("x", "first")).outcome, Outcome::kDuplicate)
      << "behind the imported ones";
}

// ---- records that others change

TEST_F(MemoryStoreTest, OthersMayBuryRecordsOrMakeSomethingElseOfThem) {
  const std::string a = add("a");
  const std::string b = add("b");
  const std::string c = add("c");
  const auto records = chronostore::Store::open(folder_.path(), {});
  using Field = chronostore::ChronoRecordField;
  records->remove("memory:observation:" + a, static_cast<json::RowRef*>(nullptr));
  const RecordRef before = records->find("memory:observation:" + b);
  records->upsert(chronostore::with_field(before, Field::data, R"({"row": {"title": 5}, "seq": 3})"), nullptr);
  for (MemoryStore* store : {store_.get(), other_.get(), open_memory(folder_).release()}) {
    EXPECT_FALSE(store->observation_find(a));
    EXPECT_FALSE(store->observation_find(b));
    EXPECT_EQ(titles(store->observation_list({})), Titles{"c"});
    EXPECT_EQ(store->stats().observations, 1);
    if (store != store_.get() && store != other_.get()) delete store;
  }
  // It is what it was again.
  records->upsert(before, nullptr);
  EXPECT_EQ(titles(store_->observation_list({})), (Titles{"c", "b"}));
}

TEST_F(MemoryStoreTest, ARefusedCommitLeavesTheCatalogAsItWas) {
  add("a");
  const std::string before = describe(*store_);
  const RowRef row = with_fields(*store_->observation_list({}).next(), {{Observation::title, "\"z\""}});
  const auto refused = [&](Write& write) {
    write.put(Entity::kObservation, *row, Origin());
    throw Error(Code::kCancelled, "no");
  };
  EXPECT_EQ(code_of([&] { store_->commit(refused); }), Code::kCancelled);
  EXPECT_EQ(describe(*store_), before);
}

}  // namespace
}  // namespace quipu::memory
