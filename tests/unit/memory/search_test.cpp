// Searching, and the index that it rests on: derived from the log, it may be missing, damaged, old, ahead or locked.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <thread>

#include "memory/search_index.h"
#include "memory/store.h"
#include "sqlite/transaction.h"
#include "support/effort.h"
#include "support/memory_support.h"

namespace quipu::memory {
namespace {

using namespace test;
using Observation = MemoryObservationField;
using Titles = std::vector<std::string>;

class SearchTest : public testing::Test {
 protected:
  SearchTest() { store_->session_start("s", "p", "/d"); }

  std::string add(std::string_view title, std::string_view content, std::string_view topic = "") {
    NewObservation given;
    given.session_id = "s";
    given.type = "note";
    given.title = title;
    given.content = content;
    given.project = "p";
    given.topic_key = topic;
    return text(store_->observation_add(given).row, Observation::sync_id);
  }
  static Titles search(MemoryStore& store, const std::string& text, const RowFilter& filter = {}) {
    SearchQuery query{text, filter};
    Titles titles;
    for (const SearchHit& hit : store.search(query).hits) titles.push_back(test::text(hit.row, Observation::title));
    return titles;
  }
  Titles search(const std::string& text, const RowFilter& filter = {}) { return search(*store_, text, filter); }

  TemporaryFolder folder_;
  StandingClock clock_;
  std::unique_ptr<MemoryStore> store_ = open_memory(folder_, &clock_);
  const std::string index_ = folder_ / ".chronomemory/memory_index.sqlite3";
};

TEST(SearchWords, AreQuotedAndAllMustOccur) {
  EXPECT_EQ(SearchIndex::match_of(""), "");
  EXPECT_EQ(SearchIndex::match_of(" \t\u2003\n "), "");
  EXPECT_EQ(SearchIndex::match_of("a  b"), "\"a\" \"b\"");
  EXPECT_EQ(SearchIndex::match_of("\"a b\" \"\""), "\"a\" \"b\"");
  EXPECT_EQ(SearchIndex::match_of("a\u3000NEAR(b) -c*"), "\"a\" \"NEAR(b)\" \"-c*\"");
  EXPECT_EQ(SearchIndex::match_of(std::string("a\0b \0", 5)), "\"ab\"");
}

TEST_F(SearchTest, ShowsTheBestFirstAndThenTheOlder) {
  add("one", "apple");
  add("two", "apple apple apple");
  add("three", "apple and very many other words that make this row fit less well than those which say nothing else");
  add("four", "pear");
  add("one again", "nothing here, apple");
  add("same", "banana");
  add("same too", "banana x");
  Titles hits = search("apple");
  ASSERT_EQ(hits.size(), 4U);
  EXPECT_EQ(hits.front(), "two");
  EXPECT_EQ(hits.back(), "three");
  EXPECT_EQ(search("APPLE many"), Titles{"three"});
  EXPECT_EQ(search("apple pear"), Titles());
  EXPECT_EQ(search("four"), Titles{"four"}) << "in the title";
  // Ties: by number.
  for (int i = 0; i < 5; ++i) add("tie " + std::to_string(i), "melon number");
  EXPECT_EQ(search("melon"), (Titles{"tie 0", "tie 1", "tie 2", "tie 3", "tie 4"}));
  const SearchResult result = store_->search({"apple", {}});
  for (std::size_t i = 1; i < result.hits.size(); ++i) EXPECT_LE(result.hits[i - 1].rank, result.hits[i].rank);
}

TEST_F(SearchTest, TakesAnyTextForWords) {
  add("ops", "a AND b OR c NOT d NEAR e");
  add("marks", "x:y (z) ^w -v *u \"t\" {s} + a.b");
  for (const char* text : {"AND",
                           "OR",
                           "NOT",
                           "NEAR",
                           "\"",
                           "*",
                           "-",
                           "^",
                           ":",
                           "(",
                           ")",
                           "a AND",
                           "AND b",
                           "title:a",
                           "content : a",
                           "a*",
                           "^a",
                           "-a",
                           "NEAR(a b)",
                           "NEAR(a b, 2)",
                           "(a",
                           "a)",
                           "{title content}: a",
                           "a + b",
                           "\"a",
                           "a\" OR \"b",
                           "''",
                           "'",
                           ";",
                           "--",
                           "/*",
                           "\\",
                           "%",
                           "?1",
                           "\u00e9\u0301",
                           "\U0001F600",
                           "a.b",
                           ".",
                           "\x01"}) {
    const std::string query(text);
    if (SearchIndex::match_of(query).empty()) {
      EXPECT_EQ(error_of([&] { search(query); }).code(), Code::kInvalid) << text;
    } else {
      EXPECT_NO_THROW(search(query)) << text;
    }
  }
  EXPECT_EQ(search("a AND b"), Titles{"ops"});
  EXPECT_EQ(search("a OR nothing"), Titles());
  EXPECT_EQ(search("x:y"), Titles{"marks"});
  EXPECT_EQ(search("\"t\" ^w"), Titles{"marks"});
  EXPECT_EQ(search("a *").size(), 2U) << "a mark alone is no word";
  EXPECT_EQ(error_of([&] { search(" \" \" "); }).code(), Code::kInvalid);
  RowFilter negative;
  negative.limit = -1;
  EXPECT_EQ(error_of([&] { search("a", negative); }).code(), Code::kInvalid);
}

TEST_F(SearchTest, ShowsWhatPassesTheFilter) {
  for (int i = 0; i < 600; ++i) add("a" + std::to_string(i), "word");
  clock_.pass(60);
  NewObservation given;
  given.session_id = "s";
  given.type = "decision";
  given.title = "needle";
  given.content = "word and much that makes it the last of all, as it is longer than the others";
  given.project = "q";
  given.scope = "personal";
  store_->observation_add(given);
  EXPECT_EQ(search("word").size(), 10U);
  RowFilter filter;
  filter.limit = 700;
  EXPECT_EQ(search("word", filter).size(), 601U);
  for (const auto& narrow : std::initializer_list<std::function<void(RowFilter&)>>{
           [](RowFilter& f) { f.project = "Q"; }, [](RowFilter& f) { f.scope = "personal"; },
           [](RowFilter& f) { f.type = "decision"; },
           [](RowFilter& f) { f.since = parse_instant("2026-03-02 08:01:00"); }}) {
    filter = {};
    narrow(filter);
    EXPECT_EQ(search("word", filter), Titles{"needle"});
    filter.limit = 1;
    EXPECT_EQ(search("word", filter), Titles{"needle"});
  }
  filter = {};
  filter.limit = 700;
  filter.until = parse_instant("2026-03-02 08:01:00");
  EXPECT_EQ(search("word", filter).size(), 600U);
}

TEST_F(SearchTest, ATopicThatIsNamedComesFirst) {
  add("text", "about auth/model and auth/model");
  add("topic", "something else", "Auth/Model");
  const SearchResult result = store_->search({" AUTH/model ", {}});
  ASSERT_EQ(result.hits.size(), 2U);
  EXPECT_EQ(text(result.hits[0].row, Observation::title), "topic");
  EXPECT_EQ(result.hits[0].rank, -1000.0);
  EXPECT_EQ(text(result.hits[1].row, Observation::title), "text");
  RowFilter filter;
  filter.project = "q";
  EXPECT_EQ(search("auth/model", filter), Titles());
  filter = {};
  filter.limit = 1;
  EXPECT_EQ(search("auth/model", filter), Titles{"topic"});
  add("both", "auth/model itself", "auth/both");
  EXPECT_EQ(search("auth/both"), Titles{"both"}) << "once";
}

TEST_F(SearchTest, SeesWhatChanged) {
  const auto other = open_memory(folder_, &clock_);
  const std::string key = add("a", "first");
  EXPECT_EQ(search(*other, "first"), Titles{"a"});
  EXPECT_EQ(search("first"), Titles{"a"});
  ObservationChanges changes;
  changes.content = "second";
  bool truncated = false;
  other->observation_update(key, changes, truncated);
  EXPECT_EQ(search("first"), Titles());
  EXPECT_EQ(search("second"), Titles{"a"});
  store_->observation_delete(key, false);
  EXPECT_EQ(search(*other, "second"), Titles());
  const std::string next = add("b", "second");
  EXPECT_EQ(search(*other, "second"), Titles{"b"});
  other->observation_delete(next, true);
  EXPECT_EQ(search("second"), Titles());
}

// Another handle has searched, and with that indexed, what this one has not yet looked at.
TEST_F(SearchTest, UsesAnIndexThatIsAhead) {
  add("a", "word");
  EXPECT_EQ(search("word"), Titles{"a"});
  const auto other = open_memory(folder_, &clock_);
  NewObservation given;
  given.session_id = "s";
  given.title = "b";
  given.content = "word";
  other->observation_add(given);
  EXPECT_EQ(search(*other, "word").size(), 2U);
  const auto before = std::filesystem::last_write_time(index_);
  EXPECT_EQ(search("word").size(), 2U);
  EXPECT_EQ(std::filesystem::last_write_time(index_), before) << "nothing was left to index";
}

TEST_F(SearchTest, RecordsThatOthersChangeAreFoundByTheirNewText) {
  const std::string key = add("a", "before");
  EXPECT_EQ(search("before"), Titles{"a"});
  const auto records = chronostore::Store::open(folder_.path(), {});
  using Field = chronostore::ChronoRecordField;
  const RecordRef record = records->find("memory:observation:" + key);
  std::string data(record->field(Field::data));
  data.replace(data.find("before"), 6, "afterwards");
  records->upsert(chronostore::with_field(record, Field::data, data), nullptr);
  EXPECT_EQ(search("afterwards"), Titles{"a"});
  EXPECT_EQ(search("before"), Titles());
  // Two rows of one number: the store goes on.
  add("b", "more");
  const RecordRef twin = records->find("memory:observation:" + key);
  data = twin->field(Field::data);
  data.replace(data.find("\"id\": 2"), 7, "\"id\": 4");
  records->upsert(chronostore::with_field(twin, Field::data, data), nullptr);
  EXPECT_NO_THROW(search("afterwards"));
  std::filesystem::remove(index_);
  EXPECT_NO_THROW(search("afterwards"));
}

TEST_F(SearchTest, IsAnsweredByTheFullTextTable) {
  add("a", "word");
  search("word");
  sqlite::Connection connection(index_, sqlite::Mode::kReadOnly);
  sqlite::Statement plan(connection, std::string("EXPLAIN QUERY PLAN ") + SearchIndex::kQuery);
  plan.bind_text(1, "\"word\"");
  std::string steps;
  while (plan.step()) steps.append(plan.text(3)).append("; ");
  EXPECT_NE(steps.find("VIRTUAL TABLE INDEX"), std::string::npos) << steps;
  EXPECT_EQ(steps.find("SCAN texts;"), std::string::npos) << steps;
}

// ---- an index that does not fit

class IndexTest : public SearchTest {
 protected:
  // Enough for some pages.
  IndexTest() {
    for (int i = 0; i < 40; ++i) {
      std::string content = "common number" + std::to_string(i);
      for (int word = 0; word < 60; ++word) content += " w" + std::to_string(i * 60 + word);
      add("t" + std::to_string(i), content);
    }
    EXPECT_EQ(search("common number7 w440"), Titles{"t7"});
  }
  // A new handle and the one that has the index open both find what there is.
  void expect_found(const std::string& what) {
    EXPECT_EQ(search(*open_memory(folder_, &clock_), "common number7 w440"), Titles{"t7"}) << what;
    EXPECT_EQ(search("common number39"), Titles{"t39"}) << what;
    RowFilter all;
    all.limit = 100;
    EXPECT_EQ(search("common", all).size(), 40U) << what;
  }
};

TEST_F(IndexTest, IsMadeAnewWhenItIsGone) {
  std::filesystem::remove(index_);
  expect_found("removed");
  EXPECT_TRUE(exists(index_));
  write_text(index_, "");
  expect_found("emptied");
  write_text(index_,
             "this is no database at all, but it is longer than the header of one would be, 100 bytes or more, "
             "so that it is looked at");
  expect_found("another file");
  std::filesystem::remove(index_);
  std::filesystem::create_directory(index_);
  expect_found("a folder");
  std::filesystem::remove(index_);
  TemporaryFolder elsewhere;
  const std::string foreign = elsewhere / "foreign.db";
  {
    sqlite::Connection connection(foreign, sqlite::Mode::kReadWriteCreate);
    connection.execute("CREATE TABLE mine (v); INSERT INTO mine VALUES (1)");
  }
  const std::string bytes = read_text(foreign);
  std::filesystem::create_symlink(foreign, index_);
  expect_found("a link");
  EXPECT_EQ(read_text(foreign), bytes) << "what the link leads to is not ours";
}

TEST_F(IndexTest, IsMadeAnewWhenItIsCut) {
  const std::string whole = read_text(index_);
  ASSERT_GT(whole.size(), 8U * 4096);
  for (std::size_t size = 0; size < whole.size(); size += 4096) {
    write_text(index_, std::string_view(whole).substr(0, size));
    expect_found("cut at " + std::to_string(size));
    if (HasFailure()) return;
  }
  write_text(index_, std::string_view(whole).substr(0, whole.size() - 1));
  expect_found("cut by one byte");
}

// What is damaged and shows it is made anew. A page may hold other text without showing it: then a search may find less or other
// rows, but never fails and never shows a row that is not there.
TEST_F(IndexTest, NeverFailsForDamage) {
  const std::string whole = read_text(index_);
  const std::size_t count = seeds(60, 3000);
  for (std::uint64_t seed = first_seed(); seed < first_seed() + count; ++seed) {
    std::mt19937_64 random(seed);
    std::string damaged = whole;
    const std::size_t begin = random() % damaged.size();
    const std::size_t size = std::min<std::size_t>(1 + random() % 5000, damaged.size() - begin);
    for (std::size_t i = begin; i < begin + size; ++i) damaged[i] = static_cast<char>(random());
    write_text(index_, damaged);
    const auto store = open_memory(folder_, &clock_);
    EXPECT_NO_THROW({
      for (const std::string& title : search(*store, "common")) EXPECT_TRUE(title.starts_with("t")) << title;
      search(*store, "common number7 w440");
    }) << "seed "
       << seed;
    NewObservation given;
    given.session_id = "s";
    given.title = "u";
    given.content = "fresh" + std::to_string(seed);
    const std::string key = text(store->observation_add(given).row, Observation::sync_id);
    EXPECT_NO_THROW(search(*store, "fresh" + std::to_string(seed))) << "seed " << seed;
    store->observation_delete(key, true);
    if (HasFailure()) return;
  }
}

TEST_F(IndexTest, GoesOnFromAnEarlierCopy) {
  const std::string earlier = read_text(index_);
  const std::string key = add("later", "common evening");
  search("evening");
  write_text(index_, earlier);
  EXPECT_EQ(search(*open_memory(folder_, &clock_), "evening"), Titles{"later"});
  write_text(index_, earlier);
  EXPECT_EQ(search("evening"), Titles{"later"});
  store_->observation_delete(key, true);
  expect_found("an earlier copy");
}

TEST_F(IndexTest, OfAnotherStoreOrFormatIsMadeAnew) {
  TemporaryFolder other_folder;
  {
    const auto other = open_memory(other_folder, &clock_);
    other->session_start("s", "p", "");
    NewObservation given;
    given.session_id = "s";
    given.title = "foreign";
    given.content = "common number7 w440";
    for (int i = 0; i < 60; ++i) {
      const std::string title = "foreign " + std::to_string(i);
      given.title = title;
      other->observation_add(given);
    }
    search(*other, "common");
  }
  write_text(index_, read_text(other_folder / ".chronomemory/memory_index.sqlite3"));
  expect_found("another store's");
  for (const char* change : {"UPDATE state SET format = 2", "UPDATE state SET format = 0", "UPDATE state SET seq = 5",
                             "UPDATE state SET hash = 'x'", "UPDATE state SET log_end = -1, hash = 'x'",
                             "UPDATE state SET seq = 1000000, hash = '\"x\"', log_end = 1 << 62", "DELETE FROM state",
                             "DROP TABLE state", "DROP TABLE state; CREATE TABLE state (x)", "DROP TABLE texts",
                             "DROP TABLE texts; CREATE TABLE texts (x)", "UPDATE state SET seq = 'many'"}) {
    {
      sqlite::Connection connection(index_, sqlite::Mode::kReadWrite);
      connection.execute(change);
    }
    expect_found(change);
    if (HasFailure()) return;
  }
}

TEST_F(IndexTest, IsInMemoryWhereNothingMayBeWritten) {
  const auto files = files_below(folder_.path());
  MemoryOptions options = memory_options(&clock_);
  options.store.read_only = true;
  const auto reader = MemoryStore::open(folder_.path(), options);
  EXPECT_EQ(search(*reader, "number7"), Titles{"t7"});
  EXPECT_EQ(files_below(folder_.path()), files);
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  namespace stdfs = std::filesystem;
  stdfs::remove(index_);
  stdfs::permissions(folder_ / ".chronomemory", stdfs::perms::owner_read | stdfs::perms::owner_exec);
  const auto store = open_memory(folder_, &clock_);
  EXPECT_EQ(search(*store, "number7"), Titles{"t7"});
  stdfs::permissions(folder_ / ".chronomemory", stdfs::perms::owner_all);
  EXPECT_FALSE(exists(index_));
}

TEST_F(IndexTest, SaysThatItIsBusyWithinTheWait) {
  add("new", "something to index");
  MemoryOptions options = memory_options(&clock_);
  options.store.lock_wait_ms = 100;
  const auto store = MemoryStore::open(folder_.path(), options);
  sqlite::Connection holder(index_, sqlite::Mode::kReadWrite);
  {
    sqlite::Transaction transaction(holder, sqlite::Transaction::Kind::kImmediate);
    holder.execute("CREATE TABLE held (v)");
    EXPECT_EQ(error_of([&] { search(*store, "something"); }).code(), Code::kBusy);
    EXPECT_NO_THROW(add("meanwhile", "writes do not touch the index"));
  }
  EXPECT_EQ(search(*store, "something"), Titles{"new"});
  holder.execute("BEGIN EXCLUSIVE");
  EXPECT_EQ(error_of([&] { search(*store, "something"); }).code(), Code::kBusy);
  EXPECT_EQ(error_of([&] { store->purge(nullptr); }).code(), Code::kBusy);
  holder.execute("ROLLBACK");
  EXPECT_EQ(search(*store, "something"), Titles{"new"});
}

TEST_F(IndexTest, APurgeLeavesNothingOfWhatWasDeleted) {
  const std::string key = add("heading", "xylophone content");
  const std::string kept = add("kept", "xylophone before");
  bool truncated = false;
  ObservationChanges changes;
  changes.content = "zither";
  store_->observation_update(kept, changes, truncated);
  EXPECT_EQ(search("xylophone"), Titles{"heading"});
  const auto other = open_memory(folder_, &clock_);
  EXPECT_EQ(search(*other, "xylophone"), Titles{"heading"});
  store_->observation_delete(key, true);
  const Purge purge = store_->purge(nullptr);
  EXPECT_EQ(purge.deleted, 1);
  EXPECT_GT(purge.events, 40);
  for (const auto& [name, content] : files_below(folder_.path())) {
    EXPECT_EQ(content.find("xylophone"), std::string::npos) << name;
    EXPECT_EQ(content.find("heading"), std::string::npos) << name;
  }
  for (MemoryStore* store : {other.get(), store_.get()}) {
    EXPECT_EQ(search(*store, "xylophone"), Titles());
    EXPECT_EQ(search(*store, "zither"), Titles{"kept"});
  }
  for (const auto& [name, content] : files_below(folder_.path())) {
    EXPECT_EQ(content.find("xylophone"), std::string::npos) << name;
  }
  expect_found("purged");
}

// A power cut may take events that the index has seen, and others may take their numbers.
TEST_F(IndexTest, ForgetsEventsThatTheLogHasLost) {
  const std::string log = read_text(folder_.log());
  add("lost", "common unicorn");
  search("unicorn");
  store_.reset();
  write_text(folder_.log(), log);
  std::filesystem::remove(folder_.snapshot());
  store_ = open_memory(folder_, &clock_);
  add("other", "common griffin");
  EXPECT_EQ(search("unicorn"), Titles());
  EXPECT_EQ(search("griffin"), Titles{"other"});
}

}  // namespace
}  // namespace quipu::memory
