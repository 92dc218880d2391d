// Writing behind damage of every kind: what is sound stays as it is, what was set aside is kept, and the report says why.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>

#include "json/parser.h"
#include "json/row.h"
#include "support/chronostore_support.h"

namespace quipu::test {
namespace {

using chronostore::Store;
using chronostore::WalEventField;
using json::Value;

std::vector<std::string> fixtures() {
  std::vector<std::string> names;
  const Value index = read_json(fixture_path("index.json"));
  for (const Value& entry : index.as_array()) names.push_back(text_of(entry, "fixture"));
  return names;
}

// The next write cures these, by what 12.3 and 12.4 say.
const std::set<std::string>& cured_by_a_write() {
  static const std::set<std::string> kNames = {"truncated_tail", "log_behind_snapshot", "snapshot_ahead",
                                               "compact_interrupted", "snapshot_only"};
  return kNames;
}

class WriteTest : public testing::TestWithParam<std::string> {};

TEST_P(WriteTest, KeepsAllAndLinksTheNextEvent) {
  const std::string& name = GetParam();
  TemporaryFolder folder;
  copy_fixture(name, folder, name == "migrate" ? "after" : "project");
  TickingClock clock;
  std::vector<std::string> records;
  std::int64_t seq = 0;
  bool valid_before = false;
  const std::string log_before = read_text(folder.log());
  {
    const auto store = Store::open(folder.path(), options_with(clock));
    records = texts(store->query(every_record()));
    seq = store->wal_seq();
    valid_before = store->verify(false, nullptr).valid;
    json::RowRef event;
    store->upsert(record("written-after", "one more"), &event);
    const bool re_anchored = has_notice(*store, "reanchored");
    EXPECT_EQ(event->field(WalEventField::seq), std::to_string(seq + (re_anchored ? 2 : 1))) << notices_text(*store);
    records.emplace_back(store->find("written-after")->text());
    EXPECT_EQ(texts(store->query(every_record())), records);
    store->close();
  }
  const std::string log = read_text(folder.log());
  EXPECT_EQ(log.back(), '\n');
  std::string kept;
  for (const auto& [file, content] : set_aside(folder)) kept += content;
  // Not a byte of the log is gone: it stands in the log, or what was cut off stands aside.
  EXPECT_TRUE(log.starts_with(log_before) || kept == log_before ||
              (log_before.ends_with(kept) && log.starts_with(log_before.substr(0, log_before.size() - kept.size()))))
      << "set aside: " << kept.size() << " bytes of " << log_before.size();
  const auto again = Store::open(folder.path(), options_with(clock));
  EXPECT_EQ(texts(again->query(every_record())), records);
  const bool valid_after = valid_before || cured_by_a_write().count(name) > 0;
  const chronostore::VerifyResult found = again->verify(false, nullptr);
  EXPECT_EQ(found.valid, valid_after) << found.message;
  // The original splits at nothing but what is a line end here too: no line of ours holds those three characters raw.
  const std::string added = log.starts_with(log_before) ? log.substr(log_before.size()) : log;
  EXPECT_EQ(added.find("\xE2\x80\xA8"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(ChronoStore, WriteTest, testing::ValuesIn(fixtures()),
                         [](const auto& given) { return given.param; });

struct Reported {
  const char* fixture;
  const char* notice;
  bool when_written;  // or already when read
};

std::ostream& operator<<(std::ostream& out, const Reported& r) { return out << r.fixture << " " << r.notice; }

class ReportTest : public testing::TestWithParam<Reported> {};

TEST_P(ReportTest, SaysWhatAndWhere) {
  TemporaryFolder folder;
  copy_fixture(GetParam().fixture, folder);
  TickingClock clock;
  const auto store = Store::open(folder.path(), options_with(clock));
  if (GetParam().when_written) store->upsert(record("x"), nullptr);
  EXPECT_TRUE(has_notice(*store, GetParam().notice)) << notices_text(*store);
  for (const chronostore::Notice& notice : store->notices()) {
    EXPECT_FALSE(notice.message.empty());
    if (notice.file == "events.wal" && std::string(notice.code) != "reanchored")
      EXPECT_GT(notice.line, 0) << notice.code;
  }
}

INSTANTIATE_TEST_SUITE_P(
    ChronoStore, ReportTest,
    testing::Values(Reported{"corrupt_line", "bad_json", false}, Reported{"corrupt_line", "not_an_object", false},
                    Reported{"not_utf8", "not_utf8", false}, Reported{"binary_prefix", "bad_json", false},
                    Reported{"duplicate_seq", "duplicate_seq", false}, Reported{"reordered", "late_seq", false},
                    Reported{"two_writers", "duplicate_seq", false}, Reported{"odd_seq", "bad_seq", false},
                    Reported{"snapshot_torn", "snapshot_unusable", false},
                    Reported{"snapshot_empty_file", "snapshot_unusable", false},
                    Reported{"snapshot_bad_record", "snapshot_unusable", false},
                    Reported{"snapshot_seq_text", "snapshot_unusable", false},
                    Reported{"stale_snapshot_after_compact", "snapshot_stale", false},
                    Reported{"truncated_tail", "torn_tail", true}, Reported{"truncated_tail", "set_aside", true},
                    Reported{"log_behind_snapshot", "reanchored", true},
                    Reported{"log_behind_snapshot", "set_aside", true}, Reported{"snapshot_only", "reanchored", true},
                    Reported{"compact_interrupted", "reanchored", true},
                    Reported{"snapshot_ahead", "reanchored", true}),
    [](const auto& given) { return std::string(given.param.fixture) + "_" + given.param.notice; });

TEST(Damage, SoundFixturesReportNothing) {
  for (const char* name :
       {"basic", "unicode", "numbers", "compacted_then_more", "snapshot_and_tail", "crlf", "deletes"}) {
    TemporaryFolder folder;
    copy_fixture(name, folder);
    const auto store = Store::open(folder.path(), {});
    EXPECT_TRUE(store->notices().empty()) << name << ": " << notices_text(*store);
  }
}

TEST(Damage, TornTailIsKeptAsideAsItWas) {
  TemporaryFolder folder;
  copy_fixture("truncated_tail", folder);
  const std::string log = read_text(folder.log());
  const std::string torn = log.substr(log.rfind('\n') + 1);
  ASSERT_FALSE(torn.empty());
  TickingClock clock;
  const auto store = Store::open(folder.path(), options_with(clock));
  EXPECT_FALSE(store->verify(false, nullptr).valid);
  EXPECT_EQ(store->verify(true, nullptr).problem, "torn_tail");
  store->upsert(record("next"), nullptr);
  const auto aside = set_aside(folder);
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(aside.begin()->second, torn);
  EXPECT_TRUE(aside.begin()->first.ends_with(".events.wal")) << aside.begin()->first;
  EXPECT_TRUE(store->verify(true, nullptr).valid);
}

TEST(Damage, MissingLineEndIsAdded) {
  TemporaryFolder folder;
  copy_fixture("no_final_newline", folder);
  const std::string before = read_text(folder.log());
  TickingClock clock;
  const auto store = Store::open(folder.path(), options_with(clock));
  store->upsert(record("next"), nullptr);
  EXPECT_TRUE(read_text(folder.log()).starts_with(before + "\n{"));
  EXPECT_TRUE(store->verify(true, nullptr).valid);
  EXPECT_TRUE(set_aside(folder).empty());
}

TEST(Damage, UnusableSnapshotIsKeptBeforeANewOneIsWritten) {
  TemporaryFolder folder;
  copy_fixture("snapshot_torn", folder);
  const std::string bad = read_text(folder.snapshot());
  TickingClock clock;
  const auto store = Store::open(folder.path(), options_with(clock));
  store->compact(nullptr);
  const auto aside = set_aside(folder);
  const bool kept = std::any_of(aside.begin(), aside.end(), [&](const auto& file) { return file.second == bad; });
  EXPECT_TRUE(kept);
  EXPECT_NE(read_text(folder.snapshot()), bad);
  EXPECT_TRUE(store->verify(true, nullptr).valid);
}

TEST(Damage, LinesThatCouldNotBeUsedAreKeptBeforeACompaction) {
  TemporaryFolder folder;
  copy_fixture("corrupt_line", folder);
  const std::string before = read_text(folder.log());
  TickingClock clock;
  const auto store = Store::open(folder.path(), options_with(clock));
  store->compact(nullptr);
  const auto aside = set_aside(folder);
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_EQ(aside.begin()->second, before);
}

TEST(Damage, FileThatIsNoLogIsRefusedAndNotTouched) {
  for (const char* content : {"ESDB_WAL\x01\x02", "SQLite format 3", "\n\n  PK\x03\x04", "[1, 2]\n[3]\n"}) {
    TemporaryFolder folder;
    write_text(folder.log(), content);
    const Error error = error_of([&] { Store::open(folder.path(), {}); });
    EXPECT_EQ(error.code(), Code::kNotAStore) << content;
    EXPECT_EQ(error.path(), folder.log());
    EXPECT_EQ(files_below(folder.path()).size(), 1U);
    EXPECT_EQ(read_text(folder.log()), content);
  }
  // Begins like a log, or is what a power cut leaves of one, or has a snapshot beside it.
  for (const std::string& content : {std::string("{broken\n"), std::string(64, '\0'), std::string("\r\n \t\n")}) {
    TemporaryFolder folder;
    write_text(folder.log(), content);
    TickingClock clock;
    const auto store = Store::open(folder.path(), options_with(clock));
    EXPECT_EQ(store->wal_seq(), 0);
    store->upsert(record("a"), nullptr);
    EXPECT_EQ(label_of(*Store::open(folder.path(), {}), "a"), "");
  }
}

TEST(Damage, BehindTheLargestNumberNothingIsWritten) {
  const std::string log = "{\"seq\": 9223372036854775807, \"record\": {\"id\": \"a\"}}\n{torn";
  TemporaryFolder folder;
  write_text(folder.log(), log);
  const auto store = Store::open(folder.path(), {});
  EXPECT_EQ(store->wal_seq(), 9223372036854775807);
  EXPECT_EQ(error_of([&] { store->upsert(record("b"), nullptr); }).code(), Code::kCorrupt);
  EXPECT_EQ(error_of([&] { store->remove("a", nullptr); }).seq(), 9223372036854775807);
  EXPECT_EQ(error_of([&] { store->compact(nullptr); }).code(), Code::kCorrupt);
  EXPECT_EQ(read_text(folder.log()), log);
  EXPECT_TRUE(set_aside(folder).empty());
  EXPECT_FALSE(exists(folder.snapshot()));

  // One is left: a batch of two does not fit.
  write_text(folder.log(), "{\"seq\": 9223372036854775806, \"record\": {\"id\": \"a\"}}\n");
  EXPECT_EQ(error_of([&] { store->upsert_many({record("b"), record("c")}); }).code(), Code::kCorrupt);
  EXPECT_FALSE(store->find("b"));
  store->upsert(record("b"), nullptr);
  EXPECT_EQ(store->wal_seq(), 9223372036854775807);
  EXPECT_TRUE(Store::open(folder.path(), {})->find("b"));
}

TEST(Damage, StaleScratchFileIsGoneAfterTheNextWrite) {
  TemporaryFolder folder;
  copy_fixture("basic", folder);
  const std::string scratch = folder / ".chronomemory/events.wal.tmp";
  write_text(scratch, "{\"seq\"");
  TickingClock clock;
  const auto store = Store::open(folder.path(), options_with(clock));
  EXPECT_TRUE(exists(scratch));
  store->upsert(record("next"), nullptr);
  EXPECT_FALSE(exists(scratch));
}

TEST(Damage, LineSeparatorsAreEscapedInTheLineOnly) {
  TemporaryFolder folder;
  TickingClock clock;
  const std::string text =
      "a\xC2\x85"
      "b\xE2\x80\xA8"
      "c\xE2\x80\xA9"
      "d";
  {
    const auto store = Store::open(folder.path(), options_with(clock));
    store->upsert(record(text, text, "{" + json::string_json(text) + ": 1}"), nullptr);
    store->remove(text, nullptr);
    store->compact(nullptr);
    store->upsert(record(text, "again"), nullptr);
    EXPECT_TRUE(store->verify(true, nullptr).valid);
  }
  const std::string log = read_text(folder.log());
  EXPECT_EQ(log.find("\xC2\x85"), std::string::npos);
  EXPECT_NE(log.find("a\\u0085b\\u2028c\\u2029d"), std::string::npos);
  EXPECT_NE(read_text(folder.snapshot()).find(text), std::string::npos);
  EXPECT_EQ(label_of(*Store::open(folder.path(), {}), text), "again");
}

TEST(Damage, ReadOnlyWritesNothing) {
  for (const char* name : {"basic", "truncated_tail", "snapshot_torn", "log_behind_snapshot", "no_final_newline"}) {
    TemporaryFolder folder;
    copy_fixture(name, folder);
    const auto before = files_below(folder.path());
    chronostore::StoreOptions options;
    options.read_only = true;
    const auto store = Store::open(folder.path(), options);
    store->verify(true, nullptr);
    texts(store->query(every_record()));
    EXPECT_EQ(error_of([&] { store->upsert(record("x"), nullptr); }).code(), Code::kReadOnly);
    EXPECT_EQ(error_of([&] { store->remove("x", nullptr); }).code(), Code::kReadOnly);
    EXPECT_EQ(error_of([&] { store->compact(nullptr); }).code(), Code::kReadOnly);
    EXPECT_EQ(error_of([&] { store->backup(); }).code(), Code::kReadOnly);
    store->close();
    EXPECT_EQ(files_below(folder.path()), before);
    EXPECT_FALSE(exists(folder / ".chronomemory/lock"));
    EXPECT_FALSE(exists(folder / ".chronomemory/snapshot.lock"));
  }
}

// ---- batches (4.4) ----------------------------------------------------------------------------------------------

// Five events, the last three of them a batch; the log cut in its middle.
struct HalfBatch {
  TemporaryFolder folder;
  TickingClock clock;
  std::string whole;
  std::string half;

  explicit HalfBatch(std::size_t lines_left) {
    const auto store = Store::open(folder.path(), options_with(clock));
    store->upsert(record("A"), nullptr);
    store->upsert(record("B"), nullptr);
    store->upsert_many({record("C1"), record("C2"), record("C3")});
    whole = read_text(folder.log());
    std::size_t end = 0;
    for (std::size_t i = 0; i < 2 + lines_left; ++i) end = whole.find('\n', end) + 1;
    half = whole.substr(0, end);
    write_text(folder.log(), half);
  }
};

TEST(Batch, LinesCountDown) {
  const HalfBatch given(3);
  EXPECT_NE(given.whole.find("\"seq\": 3"), std::string::npos);
  std::vector<bool> has;
  std::size_t at = 0;
  for (int line = 1; line <= 5; ++line) {
    const std::size_t end = given.whole.find('\n', at);
    const std::string text = given.whole.substr(at, end - at);
    if (line == 3) EXPECT_TRUE(text.ends_with(", \"batch\": 2}")) << text;
    if (line == 4) EXPECT_TRUE(text.ends_with(", \"batch\": 1}")) << text;
    if (line == 5) EXPECT_TRUE(text.ends_with(", \"batch\": 0}")) << text;
    if (line < 3) EXPECT_EQ(text.find("\"batch\""), std::string::npos) << text;
    at = end + 1;
  }
}

TEST(Batch, ReaderInTheMiddleSeesNothingOfItUntilItIsWhole) {
  for (const std::size_t lines : {1U, 2U}) {
    HalfBatch given(lines);
    chronostore::StoreOptions read_only;
    read_only.read_only = true;
    const auto reader = Store::open(given.folder.path(), read_only);
    EXPECT_EQ(reader->wal_seq(), 2);
    EXPECT_FALSE(reader->find("C1"));
    EXPECT_EQ(replayed(*reader, 0, WalEventField::seq).size(), 2U);
    EXPECT_EQ(reader->verify(true, nullptr).problem, "unfinished_batch");
    // Half a line more, then the rest: as a writer's bytes come in.
    write_text(given.folder.log(), given.whole.substr(0, given.half.size() + 20));
    EXPECT_FALSE(reader->find("C1"));
    write_text(given.folder.log(), given.whole);
    EXPECT_EQ(ids(reader->query(every_record())), (std::vector<std::string>{"A", "B", "C1", "C2", "C3"}));
    EXPECT_EQ(replayed(*reader, 0, WalEventField::seq).size(), 5U);
    EXPECT_TRUE(reader->verify(true, nullptr).valid);
  }
}

TEST(Batch, UnfinishedOneIsSetAsideByTheNextWrite) {
  HalfBatch given(2);
  const auto store = Store::open(given.folder.path(), options_with(given.clock));
  json::RowRef event;
  store->upsert(record("D"), &event);
  EXPECT_EQ(event->field(WalEventField::seq), "3");
  const auto aside = set_aside(given.folder);
  ASSERT_EQ(aside.size(), 1U);
  EXPECT_TRUE(given.half.ends_with(aside.begin()->second));
  EXPECT_EQ(ids(store->query(every_record())), (std::vector<std::string>{"A", "B", "D"}));
  EXPECT_TRUE(store->verify(true, nullptr).valid);
  EXPECT_TRUE(has_notice(*store, "torn_tail"));
}

// Were only its last line missing, the foreign event would stand for that: both link to the line before.
TEST(Batch, WriterThatWentOnBehindMakesItOrdinary) {
  HalfBatch given(1);
  // What the original appends: linked to the last line that it saw, which is of the batch.
  TemporaryFolder other;
  std::string line;
  {
    std::string plain = given.half;
    for (std::size_t at = plain.find(", \"batch\""); at != std::string::npos; at = plain.find(", \"batch\"")) {
      plain.erase(at, plain.find('}', at) - at);
    }
    write_text(other.log(), plain);
    const auto store = Store::open(other.path(), options_with(given.clock));
    store->upsert(record("P", "from the original"), nullptr);
    line = read_text(other.log()).substr(plain.size());
  }
  write_text(given.folder.log(), given.half + line);
  const auto store = Store::open(given.folder.path(), options_with(given.clock));
  EXPECT_EQ(ids(store->query(every_record())), (std::vector<std::string>{"A", "B", "C1", "P"}));
  EXPECT_TRUE(has_notice(*store, "broken_batch"));
  EXPECT_TRUE(store->verify(false, nullptr).valid);
  store->upsert(record("Q"), nullptr);
  EXPECT_TRUE(store->verify(true, nullptr).valid);
}

// ---- zeros: a part of one write is on the disk, another is not -------------------------------------------------------

TEST(Zeros, InsideABatchMakeAllOfItUnfinished) {
  for (const std::size_t lost : {2U, 3U, 4U}) {  // line, from 0; the batch is 2, 3, 4
    HalfBatch given(3);
    std::string log = given.whole;
    std::size_t at = 0;
    for (std::size_t i = 0; i < lost; ++i) at = log.find('\n', at) + 1;
    std::fill_n(log.begin() + static_cast<std::ptrdiff_t>(at) + 30, 100, '\0');
    write_text(given.folder.log(), log);
    const auto store = Store::open(given.folder.path(), options_with(given.clock));
    EXPECT_EQ(ids(store->query(every_record())), (std::vector<std::string>{"A", "B"})) << lost;
    EXPECT_FALSE(store->verify(false, nullptr).valid);
    store->upsert(record("D"), nullptr);
    EXPECT_TRUE(store->verify(true, nullptr).valid) << lost;
    EXPECT_EQ(ids(store->query(every_record())), (std::vector<std::string>{"A", "B", "D"}));
    EXPECT_EQ(set_aside(given.folder).size(), 1U);
  }
}

// Of a batch or a shared write, only the last line came through whole: it is not taken for an event of its own.
TEST(Zeros, InAllLinesOfABatchButTheLast) {
  TemporaryFolder folder;
  TickingClock clock;
  {
    const auto store = Store::open(folder.path(), options_with(clock));
    store->upsert(record("A"), nullptr);
    store->upsert_many({record("B1"), record("B2")});
  }
  std::string log = read_text(folder.log());
  std::fill_n(log.begin() + static_cast<std::ptrdiff_t>(log.find('\n') + 30), 100, '\0');
  write_text(folder.log(), log);
  const auto store = Store::open(folder.path(), options_with(clock));
  EXPECT_EQ(ids(store->query(every_record())), std::vector<std::string>{"A"});
  store->upsert(record("C"), nullptr);
  EXPECT_EQ(store->wal_seq(), 2);
  EXPECT_TRUE(store->verify(true, nullptr).valid);
  EXPECT_EQ(set_aside(folder).size(), 1U);
}

TEST(Zeros, InALineWithOthersBehindItAreOneBadLine) {
  HalfBatch given(3);
  std::string log = given.whole;
  std::fill_n(log.begin() + 30, 100, '\0');
  write_text(given.folder.log(), log);
  const auto store = Store::open(given.folder.path(), options_with(given.clock));
  EXPECT_EQ(ids(store->query(every_record())), (std::vector<std::string>{"B", "C1", "C2", "C3"}));
  EXPECT_TRUE(has_notice(*store, "bad_json"));
  EXPECT_FALSE(has_notice(*store, "broken_batch"));
}

// The first write of all lost its first sector: what is behind the zeros begins in the middle of a line.
TEST(Zeros, AtTheFrontOfTheLogDoNotMakeItAnotherFile) {
  TemporaryFolder folder;
  TickingClock clock;
  Store::open(folder.path(), options_with(clock))->upsert(record("A", std::string(600, 'x')), nullptr);
  const std::string log = std::string(512, '\0') + read_text(folder.log()).substr(512);
  write_text(folder.log(), log);
  const auto store = Store::open(folder.path(), options_with(clock));
  EXPECT_EQ(store->wal_seq(), 0);
  store->upsert(record("B"), nullptr);
  EXPECT_TRUE(store->verify(true, nullptr).valid);
  EXPECT_EQ(ids(store->query(every_record())), std::vector<std::string>{"B"});
  ASSERT_EQ(set_aside(folder).size(), 1U);
  EXPECT_EQ(set_aside(folder).begin()->second, log);
}

TEST(Zeros, BehindALastEventWithoutLineEndDoNotHideIt) {
  HalfBatch given(3);
  write_text(given.folder.log(), given.whole.substr(0, given.whole.size() - 1) + std::string(40, '\0'));
  const auto store = Store::open(given.folder.path(), options_with(given.clock));
  EXPECT_TRUE(store->find("C3"));
  EXPECT_FALSE(store->verify(false, nullptr).valid);
  store->upsert(record("D"), nullptr);
  EXPECT_TRUE(store->verify(true, nullptr).valid);
  EXPECT_EQ(store->wal_seq(), 6);
}

}  // namespace
}  // namespace quipu::test
