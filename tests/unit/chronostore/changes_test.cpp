// take_changed and has_passed: what an index beside the store stands on.
#include <gtest/gtest.h>

#include "json/row.h"
#include "support/chronostore_support.h"

namespace quipu::chronostore {
namespace {

using namespace test;

StoreOptions tracking() {
  StoreOptions options;
  options.track_changes = true;
  return options;
}

std::vector<std::string> ids_of(const ChangedRecords& changed) {
  std::vector<std::string> ids;
  for (const RecordRef& record : changed.records) {
    ids.push_back(json::string_value(record->field(ChronoRecordField::id)));
  }
  return ids;
}

TEST(Changes, AreAllAtFirstAndThenWhatChanged) {
  TemporaryFolder folder;
  const auto other = Store::open(folder.path(), {});
  other->upsert_many({record("a", "1"), record("b", "1")});
  const auto store = Store::open(folder.path(), tracking());

  ChangedRecords changed = store->take_changed();
  EXPECT_TRUE(changed.all);
  EXPECT_EQ(ids_of(changed), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(changed.mark.seq, 2);

  changed = store->take_changed();
  EXPECT_FALSE(changed.all);
  EXPECT_TRUE(changed.records.empty());
  EXPECT_EQ(changed.mark.seq, 2);

  store->upsert(record("c", "1"), nullptr);
  other->upsert(record("a", "2"), nullptr);
  other->remove("b", static_cast<json::RowRef*>(nullptr));
  changed = store->take_changed();
  EXPECT_FALSE(changed.all);
  EXPECT_EQ(ids_of(changed), (std::vector<std::string>{"c", "a", "b"}));
  EXPECT_EQ(changed.records[1]->field(ChronoRecordField::label), "\"2\"");
  EXPECT_EQ(changed.records[2]->field(ChronoRecordField::status), "\"tombstone\"");
  EXPECT_EQ(changed.mark.seq, 5);
  EXPECT_EQ(changed.mark.hash_json, store->last_hash_json());
}

TEST(Changes, BeyondTheNumberOfRecordsAreAll) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), tracking());
  store->upsert(record("a", "1"), nullptr);
  EXPECT_TRUE(store->take_changed().all);
  for (int i = 0; i < 10; ++i) store->upsert(record("a", std::to_string(i)), nullptr);
  const ChangedRecords changed = store->take_changed();
  EXPECT_TRUE(changed.all);
  EXPECT_EQ(ids_of(changed), std::vector<std::string>{"a"});
}

TEST(Changes, AreSeenInsideATransaction) {
  TemporaryFolder folder;
  const auto other = Store::open(folder.path(), {});
  const auto store = Store::open(folder.path(), tracking());
  store->take_changed();
  other->upsert(record("a", "1"), nullptr);
  store->commit([&](Transaction& transaction) {
    EXPECT_EQ(ids_of(store->take_changed()), std::vector<std::string>{"a"});
    EXPECT_EQ(transaction.next_seq(), 2);
    transaction.upsert(record("b", "1"));
    EXPECT_EQ(transaction.next_seq(), 3);
  });
  EXPECT_EQ(store->wal_seq(), 2);
  EXPECT_EQ(ids_of(store->take_changed()), std::vector<std::string>{"b"});
}

TEST(Changes, MarkIsKnownLater) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), tracking());
  EXPECT_TRUE(store->has_passed(store->take_changed().mark)) << "the beginning";
  store->upsert(record("a", "1"), nullptr);
  const Mark first = store->take_changed().mark;
  EXPECT_TRUE(store->has_passed(first));
  // A long event behind it, and one whose text holds the very words.
  store->upsert(record("b", "\"hash\": " + first.hash_json), nullptr);
  store->upsert(record("c", std::string(1 << 20, 'x')), nullptr);
  EXPECT_TRUE(store->has_passed(first));
  const auto again = Store::open(folder.path(), {});
  EXPECT_TRUE(again->has_passed(first));

  Mark wrong = first;
  wrong.hash_json[5] = wrong.hash_json[5] == '0' ? '1' : '0';
  EXPECT_FALSE(again->has_passed(wrong));
  wrong = first;
  wrong.offset += 1000;
  EXPECT_FALSE(again->has_passed(wrong));
  wrong.offset = std::uint64_t{1} << 40;
  EXPECT_FALSE(again->has_passed(wrong));

  TemporaryFolder elsewhere;
  const auto stranger = Store::open(elsewhere.path(), {});
  EXPECT_FALSE(stranger->has_passed(first)) << "there is no log";
  stranger->upsert(record("a", "another"), nullptr);
  stranger->upsert(record("b", "another"), nullptr);
  EXPECT_FALSE(stranger->has_passed(first));
}

TEST(Changes, MarkOfACompactionIsKnownAndOneBeforeItIsNot) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), tracking());
  store->upsert(record("a", "1"), nullptr);
  const Mark first = store->take_changed().mark;
  store->upsert(record("b", "1"), nullptr);
  const Mark last = store->take_changed().mark;
  store->compact(nullptr);
  store->upsert(record("c", "1"), nullptr);
  EXPECT_TRUE(store->has_passed(last));
  EXPECT_FALSE(store->has_passed(first));
}

}  // namespace
}  // namespace quipu::chronostore
