// commit(fn), callbacks and the durability options.
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "json/row.h"
#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_support.h"

namespace quipu::chronostore {
namespace {

using namespace test;
using os::testing::FaultAction;
using os::testing::FaultFileSystem;
using os::testing::MemoryFileSystem;
using os::testing::OpKind;

const Selection kActive{"", "\"active\"", 0};

TEST(Transaction, ReadsItsOwnWrites) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), {});
  store->upsert_many({record("a", "1"), record("b", "1"), record("c", "1")});
  const std::int64_t last = store->commit([&](Transaction& transaction) {
    transaction.upsert(record("b", "2"));
    transaction.upsert(record("d", "new"));
    transaction.remove("a");
    transaction.remove("unknown");
    EXPECT_EQ(ids(transaction.query(kActive)), (std::vector<std::string>{"b", "c", "d"}));
    EXPECT_EQ(ids(transaction.query(every_record())), (std::vector<std::string>{"a", "b", "c", "d"}));
    EXPECT_EQ(ids(transaction.query({"", "\"tombstone\"", 0})), std::vector<std::string>{"a"});
    EXPECT_EQ(transaction.active_count(), 3);
    EXPECT_EQ(transaction.find("b")->field(ChronoRecordField::label), "\"2\"");
    EXPECT_FALSE(transaction.find("unknown"));
    // The store itself shows nothing of it yet.
    EXPECT_EQ(label_of(*store, "b"), "1");
    EXPECT_EQ(store->active_count(), 3);
    EXPECT_FALSE(store->find("d"));
  });
  EXPECT_EQ(last, 7);
  EXPECT_EQ(ids(store->query(kActive)), (std::vector<std::string>{"b", "c", "d"}));
  EXPECT_EQ(replayed(*store, 4, WalEventField::op),
            (std::vector<std::string>{"\"upsert\"", "\"upsert\"", "\"delete\"", "\"delete\""}));
  EXPECT_TRUE(store->verify(true, nullptr).valid);
}

// What remove shows inside is what it does: the event names the text "7", and the number 7 is another id.
TEST(Transaction, RemoveOfATextLeavesTheNumber) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), {});
  store->upsert(record_of_json(R"({"id": 7, "label": "a number"})"), nullptr);
  store->commit([](Transaction& transaction) {
    transaction.remove("7");
    EXPECT_EQ(transaction.active_count(), 1);
    EXPECT_EQ(texts(transaction.query(every_record())).size(), 1U);
    EXPECT_EQ(transaction.find("7")->field(ChronoRecordField::status), "\"active\"");
  });
  EXPECT_EQ(store->active_count(), 1);
  EXPECT_EQ(store->find("7")->field(ChronoRecordField::status), "\"active\"");
}

TEST(Transaction, FunctionThatThrowsLeavesNothing) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), {});
  store->upsert(record("a", "1"), nullptr);
  const std::string log = read_text(folder.log());
  EXPECT_THROW(store->commit([](Transaction& transaction) {
    transaction.upsert(record("a", "2"));
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_EQ(error_of([&] {
              store->commit([](Transaction& transaction) {
                transaction.upsert(record("a", "2"));
                transaction.upsert(record("", "no id"));
              });
            }).code(),
            Code::kInvalid);
  EXPECT_EQ(read_text(folder.log()), log);
  EXPECT_EQ(label_of(*store, "a"), "1");
  EXPECT_EQ(store->commit([](Transaction&) {}), 1);
  EXPECT_EQ(read_text(folder.log()), log);
  store->upsert(record("a", "3"), nullptr);
  EXPECT_EQ(store->wal_seq(), 2);
}

TEST(Transaction, OneBadRecordRefusesTheWholeBatch) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), {});
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  EXPECT_EQ(error_of([&] { store->upsert_many({record("a"), record("")}); }).code(), Code::kInvalid);
  EXPECT_EQ(error_of([&] { store->upsert_many({record("a"), record("b", "", deep)}); }).code(), Code::kInvalid);
  EXPECT_EQ(error_of([&] { store->upsert(record_of_json(R"({"id": "x", "label": "\ud800"})"), nullptr); }).code(),
            Code::kInvalid);
  EXPECT_EQ(error_of([&] { store->upsert(record_of_json(R"({"id": [1]})"), nullptr); }).code(), Code::kInvalid);
  EXPECT_EQ(store->wal_seq(), 0);
  EXPECT_EQ(store->upsert_many({}), 0);
  EXPECT_FALSE(exists(folder.log()));
  EXPECT_EQ(store->upsert_many({record("a"), record("b")}), 1);
}

TEST(Callback, WritesFromInsideAreMisuseAndReadsWork) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), {});
  store->upsert(record("a"), nullptr);
  int calls = 0;
  const auto try_everything = [&] {
    ++calls;
    EXPECT_TRUE(store->in_callback());
    EXPECT_EQ(error_of([&] { store->upsert(record("x"), nullptr); }).code(), Code::kMisuse);
    EXPECT_EQ(error_of([&] { store->upsert_many({record("x")}); }).code(), Code::kMisuse);
    EXPECT_EQ(error_of([&] { store->remove("a", nullptr); }).code(), Code::kMisuse);
    EXPECT_EQ(error_of([&] { store->commit([](Transaction&) {}); }).code(), Code::kMisuse);
    EXPECT_EQ(error_of([&] { store->compact(nullptr); }).code(), Code::kMisuse);
    EXPECT_EQ(error_of([&] { store->backup(); }).code(), Code::kMisuse);
    EXPECT_EQ(error_of([&] { store->migrate_from_json("x", nullptr); }).code(), Code::kMisuse);
    EXPECT_TRUE(store->find("a"));
    EXPECT_EQ(store->wal_seq(), 1);
    EXPECT_EQ(replayed(*store, 0, WalEventField::seq).size(), 1U);
    EXPECT_TRUE(store->verify(false, nullptr).valid);
  };
  store->commit([&](Transaction&) { try_everything(); });
  store->verify(false, [&](std::int64_t, std::int64_t) {
    try_everything();
    return true;
  });
  // Another store may be written.
  TemporaryFolder other_folder;
  const auto other = Store::open(other_folder.path(), {});
  store->commit([&](Transaction&) { other->upsert(record("y"), nullptr); });
  EXPECT_EQ(store->compact([&](std::int64_t, std::int64_t) {
    try_everything();
    return true;
  }),
            1);
  EXPECT_EQ(calls, 3);
  EXPECT_FALSE(store->in_callback());
}

TEST(Callback, CancelledWorkChangesNothing) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), {});
  store->upsert_many({record("a"), record("b")});
  const auto before = files_below(folder.path());
  const auto no = [](std::int64_t, std::int64_t) { return false; };
  EXPECT_EQ(error_of([&] { store->verify(false, no); }).code(), Code::kCancelled);
  EXPECT_EQ(error_of([&] { store->compact(no); }).code(), Code::kCancelled);
  EXPECT_EQ(files_below(folder.path()), before);
  write_text(folder / "in/requirements.json", R"([{"id": "r", "title": "t"}])");
  EXPECT_EQ(error_of([&] { store->migrate_from_json(folder / "in", no); }).code(), Code::kCancelled);
  EXPECT_EQ(store->wal_seq(), 2);
  EXPECT_EQ(store->compact(nullptr), 2);
}

std::int64_t count_after_power_cut(const MemoryFileSystem& memory) {
  MemoryFileSystem after(memory.images_after_power_cut().front());
  StoreOptions options = options_with(after);
  return Store::open("/p", options)->active_count();
}

TEST(DurabilityOption, FullIsDurableOnReturn) {
  MemoryFileSystem memory;
  const auto store = Store::open("/p", options_with(memory));
  for (int i = 1; i <= 3; ++i) {
    store->upsert(record(std::to_string(i)), nullptr);
    EXPECT_EQ(count_after_power_cut(memory), i);
  }
}

TEST(DurabilityOption, BatchedIsDurableAfterItsTimeOrBytesOrSync) {
  MemoryFileSystem memory;
  StoreOptions options = options_with(memory);
  options.durability = Durability::kBatched;
  options.batch_ms = 60000;
  options.batch_bytes = 1500;
  const auto store = Store::open("/p", options);
  store->upsert(record("1"), nullptr);
  EXPECT_EQ(count_after_power_cut(memory), 0);
  store->sync();
  EXPECT_EQ(count_after_power_cut(memory), 1);
  for (int i = 2; i <= 5; ++i) store->upsert(record(std::to_string(i)), nullptr);
  EXPECT_GE(count_after_power_cut(memory), 4);
  store->close();
  EXPECT_EQ(count_after_power_cut(memory), 5);

  options.batch_ms = 20;
  const auto timed = Store::open("/p", options);
  timed->upsert(record("6"), nullptr);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (count_after_power_cut(memory) < 6 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(count_after_power_cut(memory), 6);
}

TEST(DurabilityOption, SyncTakesInWhatOthersWrote) {
  MemoryFileSystem memory;
  StoreOptions options = options_with(memory);
  options.durability = Durability::kNone;
  const auto looking = Store::open("/p", options);  // there is no log yet
  const auto writing = Store::open("/p", options);
  writing->upsert(record("1"), nullptr);
  EXPECT_EQ(count_after_power_cut(memory), 0);
  looking->sync();
  EXPECT_EQ(count_after_power_cut(memory), 1);
  writing->compact(nullptr);  // the log is another file from here on
  writing->upsert(record("2"), nullptr);
  looking->sync();
  EXPECT_EQ(count_after_power_cut(memory), 2);
}

TEST(DurabilityOption, FailedSyncOfTheTimerPoisons) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  StoreOptions options = options_with(fs);
  options.durability = Durability::kBatched;
  options.batch_ms = 5;
  const auto store = Store::open("/p", options);
  store->upsert(record("1"), nullptr);
  store->sync();
  fs.plan({.action = FaultAction::kFail, .kinds = {OpKind::kSyncData}, .from_there_on = true});
  store->upsert(record("2"), nullptr);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  Code code = Code::kOk;
  while (code == Code::kOk && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    try {
      store->upsert(record("3"), nullptr);
    } catch (const Error& error) {
      code = error.code();
    }
  }
  EXPECT_EQ(code, Code::kPoisoned);
  EXPECT_EQ(error_of([&] { store->sync(); }).code(), Code::kPoisoned);
  store->close();
}

TEST(DurabilityOption, FailedSyncOfAFullBatchLeavesTheEventOut) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  StoreOptions options = options_with(fs);
  options.durability = Durability::kBatched;
  options.batch_bytes = 1;
  const auto store = Store::open("/p", options);
  store->upsert(record("1"), nullptr);
  fs.plan({.action = FaultAction::kFail, .kinds = {OpKind::kSyncData}});
  EXPECT_EQ(error_of([&] { store->upsert(record("2"), nullptr); }).code(), Code::kPoisoned);
  fs.reset();
  EXPECT_FALSE(store->find("2"));
  EXPECT_EQ(Store::open("/p", options)->wal_seq(), 1);
}

TEST(DurabilityOption, CloseTellsOfAFailedSyncThatNoWriteToldOf) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  StoreOptions options = options_with(fs);
  options.durability = Durability::kBatched;
  options.batch_ms = 5;
  const auto store = Store::open("/p", options);
  store->upsert(record("1"), nullptr);
  store->sync();
  fs.plan({.action = FaultAction::kFail, .kinds = {OpKind::kSyncData}});
  store->upsert(record("2"), nullptr);
  while (fs.count() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(error_of([&] { store->close(); }).code(), Code::kPoisoned);
}

// A sync that failed once may succeed the next time although the data is gone: the handle must not go on as if it were there.
TEST(DurabilityOption, FailedSyncOfTheLogBeforeASnapshotPoisons) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  StoreOptions options = options_with(fs);
  options.durability = Durability::kNone;
  const auto store = Store::open("/p", options);
  // The fiftieth event brings a snapshot: its scratch file is synced first, then the log.
  fs.plan({.action = FaultAction::kFail, .nth = 2, .kinds = {OpKind::kSyncData}});
  for (int i = 0; i < 50; ++i) store->upsert(record(std::to_string(i)), nullptr);
  EXPECT_GE(fs.count(), 2U);
  EXPECT_EQ(error_of([&] { store->upsert(record("50"), nullptr); }).code(), Code::kPoisoned);
  EXPECT_FALSE(memory.stat("/p/.chronomemory/snapshot.json"));
}

TEST(DurabilityOption, NoneSyncsNothing) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  StoreOptions options = options_with(fs);
  options.durability = Durability::kNone;
  const auto store = Store::open("/p", options);
  store->upsert(record("1"), nullptr);
  fs.plan({.action = FaultAction::kNone, .kinds = {OpKind::kSyncData}});
  for (int i = 0; i < 10; ++i) store->upsert(record(std::to_string(i)), nullptr);
  EXPECT_EQ(fs.count(), 0U);
  store->sync();
  EXPECT_EQ(count_after_power_cut(memory), 10);
}

}  // namespace
}  // namespace quipu::chronostore
