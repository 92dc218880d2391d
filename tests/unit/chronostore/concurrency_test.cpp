// Many threads and several handles on one folder, which are to each other as processes are.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include "json/row.h"
#include "os/paths.h"
#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_support.h"

namespace quipu::chronostore {
namespace {

using namespace test;
using os::testing::FaultAction;
using os::testing::FaultFileSystem;
using os::testing::MemoryFileSystem;
using os::testing::Op;
using os::testing::OpKind;

std::string id_of(int handle, int thread, int i) {
  return std::to_string(handle) + "-" + std::to_string(thread) + "-" + std::to_string(i);
}

TEST(Concurrency, ThreadsAndHandlesLoseNothing) {
  constexpr int kHandles = 2;
  constexpr int kThreads = 3;
  constexpr int kEvents = 60;
  TemporaryFolder folder;
  std::vector<std::unique_ptr<Store>> stores;
  for (int h = 0; h < kHandles; ++h) stores.push_back(Store::open(folder.path(), {}));
  std::atomic<int> writing{kHandles * kThreads};
  std::atomic<int> compactions{0};
  std::vector<std::thread> threads;
  for (int h = 0; h < kHandles; ++h) {
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, h, t] {
        for (int i = 0; i < kEvents; ++i) {
          if (i % 10 == 9) {
            stores[h]->upsert_many({record(id_of(h, t, i), "batch"), record(id_of(h, t, i) + "+", "batch")});
          } else {
            stores[h]->upsert(record(id_of(h, t, i)), nullptr);
          }
          // What was acknowledged is there at once, by every handle.
          EXPECT_TRUE(stores[(h + 1) % kHandles]->find(id_of(h, t, i)));
        }
        --writing;
      });
    }
  }
  threads.emplace_back([&] {
    while (writing > 0) {
      stores[1]->compact(nullptr);
      ++compactions;
      std::this_thread::sleep_for(std::chrono::milliseconds(15));
    }
  });
  threads.emplace_back([&] {
    while (writing > 0) {
      EXPECT_TRUE(stores[0]->verify(true, nullptr).valid) << stores[0]->verify(true, nullptr).message;
      // A batch is seen whole or not at all.
      std::set<std::string> seen;
      for (const std::string& id : ids(stores[0]->query(every_record()))) seen.insert(id);
      for (const std::string& id : seen) {
        if (id.back() == '+') EXPECT_TRUE(seen.count(id.substr(0, id.size() - 1)));
        if (id.back() == '9' && id.size() > 4) EXPECT_TRUE(seen.count(id + "+")) << id;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  for (std::thread& thread : threads) thread.join();
  const std::int64_t events = kHandles * kThreads * (kEvents + kEvents / 10);
  for (const auto& store : stores) {
    EXPECT_EQ(store->wal_seq(), events + compactions);
    EXPECT_EQ(store->active_count(), events);
    EXPECT_TRUE(store->verify(true, nullptr).valid);
    EXPECT_FALSE(has_notice(*store, "conflict")) << notices_text(*store);
    EXPECT_EQ(notices_text(*store), "");
  }
  EXPECT_GT(compactions, 1);
  EXPECT_EQ(Store::open(folder.path(), {})->active_count(), events);
}

TEST(Concurrency, CountersByCommitLoseNoStep) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 25;
  TemporaryFolder folder;
  const auto one = Store::open(folder.path(), {});
  const auto two = Store::open(folder.path(), {});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Store& store = t % 2 == 0 ? *one : *two;
      for (int i = 0; i < kTimes; ++i) {
        store.commit([](Transaction& transaction) {
          const RecordRef before = transaction.find("counter");
          const int count = before ? std::stoi(json::string_value(before->field(ChronoRecordField::label))) : 0;
          transaction.upsert(record("counter", std::to_string(count + 1)));
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(label_of(*one, "counter"), std::to_string(kThreads * kTimes));
  EXPECT_EQ(label_of(*two, "counter"), std::to_string(kThreads * kTimes));
}

// The sync is slow: threads that come meanwhile share the next one.
TEST(Concurrency, ThreadsShareWritesAndSyncs) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  const auto store = Store::open("/p", options_with(fs));
  store->upsert(record("first"), nullptr);
  fs.plan({.action = FaultAction::kNone, .kinds = {OpKind::kSyncData}});
  fs.set_hook([](const Op& op) {
    if (op.kind == OpKind::kSyncData) std::this_thread::sleep_for(std::chrono::milliseconds(3));
  });
  constexpr int kThreads = 8;
  constexpr int kEvents = 15;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEvents; ++i) {
        json::RowRef event;
        store->upsert(record(id_of(0, t, i)), &event);
        EXPECT_EQ(event->field(WalEventField::record_id), json::string_json(id_of(0, t, i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LT(fs.count(), kThreads * kEvents / 2U) << "syncs for " << kThreads * kEvents << " events";
  EXPECT_EQ(store->wal_seq(), kThreads * kEvents + 1);
  EXPECT_TRUE(store->verify(true, nullptr).valid);
  // All of it was synced.
  fs.reset();
  const MemoryFileSystem after(memory.images_after_power_cut().front());
  EXPECT_EQ(Store::open("/p", options_with(const_cast<MemoryFileSystem&>(after)))->active_count(),
            kThreads * kEvents + 1);
}

TEST(Concurrency, FailedSyncFailsAllWhoSharedIt) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  const auto store = Store::open("/p", options_with(fs));
  store->upsert(record("first"), nullptr);
  fs.plan({.action = FaultAction::kFail, .kinds = {OpKind::kSyncData}});
  fs.set_hook([](const Op& op) {
    if (op.kind == OpKind::kSyncData) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  std::atomic<int> poisoned{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      try {
        store->upsert(record(id_of(0, t, 0)), nullptr);
        ADD_FAILURE() << "acknowledged";
      } catch (const Error& error) {
        poisoned += error.code() == Code::kPoisoned ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(poisoned, 6);
  fs.reset();
  const auto again = Store::open("/p", options_with(fs));
  EXPECT_EQ(ids(again->query(every_record())), std::vector<std::string>{"first"});
}

TEST(Concurrency, CompactionByOneHandleIsFollowedByTheOther) {
  TemporaryFolder folder;
  const auto one = Store::open(folder.path(), {});
  const auto two = Store::open(folder.path(), {});
  one->upsert(record("a", "1"), nullptr);
  EXPECT_EQ(label_of(*two, "a"), "1");
  EventCursor events = two->replay(0);
  one->compact(nullptr);
  EXPECT_EQ(two->wal_seq(), 2);
  two->upsert(record("b", "2"), nullptr);
  // What two has not read yet is compacted away too.
  one->upsert(record("c", "3"), nullptr);
  one->remove("a", nullptr);
  one->compact(nullptr);
  one->upsert(record("d", "4"), nullptr);
  EXPECT_EQ(ids(two->query(every_record())), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(two->active_count(), 3);
  two->upsert(record("e"), nullptr);
  EXPECT_EQ(one->wal_seq(), two->wal_seq());
  EXPECT_EQ(one->last_hash_json(), two->last_hash_json());
  EXPECT_TRUE(one->verify(true, nullptr).valid);
  EXPECT_EQ(notices_text(*one) + notices_text(*two), "");
  // A cursor shows the log as of its creation.
  int count = 0;
  while (events.next()) ++count;
  EXPECT_EQ(count, 1);
}

// The snapshot was read, then another handle compacts, then the log is looked at: they do not belong together.
TEST(Concurrency, CompactionDuringAStrictVerifyIsNoDamage) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  const auto store = Store::open("/p", options_with(fs));
  const auto other = Store::open("/p", options_with(memory));
  other->upsert(record("a"), nullptr);
  other->compact(nullptr);
  other->upsert(record("b"), nullptr);
  store->refresh();
  int compactions = 0;
  bool snapshot_read = false;
  fs.set_hook([&](const Op& op) {
    if (op.path.ends_with("snapshot.json")) snapshot_read = true;
    if (!op.path.ends_with("events.wal") || !snapshot_read || compactions == 3) return;
    snapshot_read = false;
    ++compactions;
    other->upsert(record("c"), nullptr);
    other->compact(nullptr);
  });
  const VerifyResult found = store->verify(true, nullptr);
  EXPECT_TRUE(found.valid) << found.message;
  EXPECT_EQ(compactions, 3);
}

// The number of a file that is gone may be given to a later log: after some compactions it looks like the one before them.
TEST(Concurrency, LogsOfTheSameNumberDuringAStrictVerifyAreNoDamage) {
  TemporaryFolder folder;
  FaultFileSystem fs(os::native_file_system());
  const auto store = Store::open(folder.path(), options_with(fs));
  const auto other = Store::open(folder.path(), {});
  other->upsert(record("a"), nullptr);
  other->compact(nullptr);
  store->refresh();
  int reads = 0;
  fs.set_hook([&](const Op& op) {
    // Behind the look at the log, with the old snapshot open and about to be read.
    if (op.kind != OpKind::kInfo && op.kind != OpKind::kRead) return;
    if (!op.path.ends_with("snapshot.json") || ++reads != 2) return;
    const std::uint64_t number = os::native_file_system().stat(folder.log())->inode;
    for (int i = 0; i < 10; ++i) {
      other->upsert(record("b"), nullptr);
      other->compact(nullptr);
      store->refresh();                                                         // lets go of the file it had
      if (os::native_file_system().stat(folder.log())->inode == number) break;  // not every file system does so
    }
  });
  const VerifyResult found = store->verify(true, nullptr);
  EXPECT_TRUE(found.valid) << found.message;
  EXPECT_GE(reads, 2);
}

// ---- a writer that takes no lock ------------------------------------------------------------------------------------

// What the original does: reads the whole log, writes it anew with one more line, renames.
void append_like_the_original(const TemporaryFolder& folder, const std::string& old_log, const std::string& id) {
  TemporaryFolder other;
  write_text(other.log(), old_log);
  if (exists(folder.snapshot())) write_text(other.snapshot(), read_text(folder.snapshot()));
  Store::open(other.path(), {})->upsert(record(id, "by the original"), nullptr);
  write_text(folder / ".chronomemory/events.wal.tmp", read_text(other.log()));
  std::filesystem::rename(folder / ".chronomemory/events.wal.tmp", folder.log());
}

TEST(ForeignWriter, CopyWithMoreBehindItIsFollowed) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), {});
  store->upsert(record("a"), nullptr);
  for (int i = 0; i < 3; ++i) {
    append_like_the_original(folder, read_text(folder.log()), "p" + std::to_string(i));
    EXPECT_TRUE(store->find("p" + std::to_string(i)));
    store->upsert(record("b" + std::to_string(i)), nullptr);
  }
  EXPECT_EQ(store->wal_seq(), 7);
  EXPECT_TRUE(store->verify(true, nullptr).valid);
  EXPECT_TRUE(has_notice(*store, "log_replaced"));
  EXPECT_FALSE(has_notice(*store, "conflict"));
}

TEST(ForeignWriter, OverwrittenEventIsAConflictOnce) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), {});
  store->upsert(record("a"), nullptr);
  const std::string old_log = read_text(folder.log());
  store->upsert(record("lost"), nullptr);
  append_like_the_original(folder, old_log, "p");
  const std::string log = read_text(folder.log());
  const Error error = error_of([&] { store->upsert(record("b"), nullptr); });
  EXPECT_EQ(error.code(), Code::kConflict);
  EXPECT_EQ(error.seq(), 2);
  EXPECT_EQ(read_text(folder.log()), log) << "the write that tells of the conflict writes nothing";
  EXPECT_TRUE(has_notice(*store, "conflict"));
  store->upsert(record("b"), nullptr);
  EXPECT_EQ(ids(store->query(every_record())), (std::vector<std::string>{"a", "p", "b"}));
  EXPECT_EQ(store->wal_seq(), 3);
  EXPECT_TRUE(store->verify(true, nullptr).valid);
}

// The same by a commit, a batch, a deletion and a compaction, and after a read has seen it first.
TEST(ForeignWriter, EveryWriteTellsOfTheConflict) {
  const std::vector<std::function<void(Store&)>> writes = {
      [](Store& store) { store.commit([](Transaction&) { ADD_FAILURE() << "the function was called"; }); },
      [](Store& store) {
        store.upsert_many({record("x"), record("y")});
      },
      [](Store& store) { store.remove("a", nullptr); },
      [](Store& store) { store.compact(nullptr); },
  };
  for (const auto& write : writes) {
    TemporaryFolder folder;
    const auto store = Store::open(folder.path(), {});
    store->upsert(record("a"), nullptr);
    const std::string old_log = read_text(folder.log());
    store->upsert(record("lost"), nullptr);
    // In place and of the same size: nothing but the content tells.
    std::string log = read_text(folder.log());
    TemporaryFolder other;
    write_text(other.log(), old_log);
    Store::open(other.path(), {})->upsert(record("loot"), nullptr);
    log = read_text(other.log());
    write_text(folder.log(), log);
    EXPECT_EQ(error_of([&] { write(*store); }).code(), Code::kConflict);
    EXPECT_EQ(read_text(folder.log()), log);
    store->upsert(record("b"), nullptr);
    EXPECT_TRUE(store->find("loot"));
    EXPECT_FALSE(store->find("lost"));
  }
}

TEST(ForeignWriter, LogThatWasRemovedIsAConflict) {
  TemporaryFolder folder;
  const auto store = Store::open(folder.path(), {});
  store->upsert(record("a"), nullptr);
  std::filesystem::remove(folder.log());
  EXPECT_FALSE(store->find("a"));
  EXPECT_EQ(error_of([&] { store->upsert(record("b"), nullptr); }).code(), Code::kConflict);
  store->upsert(record("b"), nullptr);
  EXPECT_EQ(store->wal_seq(), 1);
}

// A writer's half line is seen; it takes that back, and another event is written, as long to the byte.
TEST(ForeignWriter, HalfLineThatBecameAnEventOfThatSizeIsNotCutOff) {
  for (const bool read_first : {false, true}) {
    TemporaryFolder folder;
    const auto store = Store::open(folder.path(), {});
    store->upsert(record("a"), nullptr);
    const std::string before = read_text(folder.log());
    Store::open(folder.path(), {})->upsert(record("b"), nullptr);
    const std::string after = read_text(folder.log());
    write_text(folder.log(), before + "{" + std::string(after.size() - before.size() - 1, 'x'));
    EXPECT_FALSE(store->find("b"));
    write_text(folder.log(), after);
    if (read_first) EXPECT_TRUE(store->find("b"));
    store->upsert(record("c"), nullptr);
    EXPECT_EQ(ids(store->query(every_record())), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_TRUE(set_aside(folder).empty());
  }
}

// ---- waiting ----------------------------------------------------------------------------------------------------------

TEST(Waiting, HeldLockIsBusyAfterTheTimeGiven) {
  TemporaryFolder folder;
  StoreOptions options;
  options.lock_wait_ms = 60;
  const auto store = Store::open(folder.path(), options);
  store->upsert(record("a"), nullptr);
  const auto lock = os::native_file_system().open_lock(folder / ".chronomemory/lock");
  ASSERT_TRUE(lock->acquire(1000));
  const std::string log = read_text(folder.log());
  for (const std::function<void()>& write : std::vector<std::function<void()>>{
           [&] { store->upsert(record("b"), nullptr); }, [&] { store->commit([](Transaction&) {}); },
           [&] { store->compact(nullptr); }, [&] { store->backup(); }}) {
    const auto began = std::chrono::steady_clock::now();
    const Error error = error_of(write);
    EXPECT_EQ(error.code(), Code::kBusy);
    EXPECT_TRUE(error.retryable());
    const auto took = std::chrono::steady_clock::now() - began;
    EXPECT_GE(took, std::chrono::milliseconds(50));
    EXPECT_LT(took, std::chrono::seconds(20));
  }
  EXPECT_TRUE(store->find("a"));  // readers take no lock
  EXPECT_EQ(read_text(folder.log()), log);
  lock->release();
  store->upsert(record("b"), nullptr);
}

TEST(Waiting, LongCommitKeepsOtherThreadsOutForTheTimeGiven) {
  TemporaryFolder folder;
  StoreOptions options;
  options.lock_wait_ms = 50;
  const auto store = Store::open(folder.path(), options);
  store->commit([&](Transaction& transaction) {
    transaction.upsert(record("slow"));
    std::thread other([&] {
      EXPECT_EQ(error_of([&] { store->upsert(record("b"), nullptr); }).code(), Code::kBusy);
      EXPECT_EQ(error_of([&] { store->commit([](Transaction&) {}); }).code(), Code::kBusy);
      EXPECT_FALSE(store->find("slow"));  // reading goes on, without what is not committed
    });
    other.join();
  });
  EXPECT_TRUE(store->find("slow"));
  store->upsert(record("b"), nullptr);
  EXPECT_EQ(store->wal_seq(), 2);
}

// A batch that is not complete is set aside by another handle, which then writes just as many bytes.
TEST(Concurrency, AsManyBytesInPlaceOfAnUnfinishedBatch) {
  TickingClock clock;
  MemoryFileSystem scratch;
  Store::open("/p", options_with(scratch, &clock))->upsert(record("a"), nullptr);
  const std::size_t size = os::read_file(scratch, "/p/.chronomemory/events.wal").size();

  const std::string begin = R"({"batch": 1, "x": ")";
  const std::string unfinished = begin + std::string(size - begin.size() - 3, 'x') + "\"}\n";
  MemoryFileSystem fs;
  os::make_directories(fs, "/p/.chronomemory");
  fs.open("/p/.chronomemory/events.wal", os::OpenMode::kCreateNew)->append(unfinished);
  const auto reader = Store::open("/p", options_with(fs));
  EXPECT_EQ(reader->wal_seq(), 0);
  Store::open("/p", options_with(fs, &clock))->upsert(record("a"), nullptr);
  ASSERT_EQ(fs.stat("/p/.chronomemory/events.wal")->size, size);
  EXPECT_TRUE(reader->find("a"));
  EXPECT_EQ(reader->wal_seq(), 1);
}

// Two batches lost in a power cut, of both of which a line is whole: the second is set aside. The event that is then written
// must not be taken for the end of the first.
TEST(Concurrency, EventBehindABatchWithLostLines) {
  MemoryFileSystem source;
  const auto lines = [&source] {
    std::vector<std::string> split;
    const std::string log = os::read_file(source, "/p/.chronomemory/events.wal");
    for (std::size_t at = 0; at < log.size(); at = log.find('\n', at) + 1) {
      split.push_back(log.substr(at, log.find('\n', at) + 1 - at));
    }
    return split;
  };
  const auto writer = Store::open("/p", options_with(source));
  writer->upsert(record("before"), nullptr);
  writer->upsert_many({record("a1"), record("a2")});
  writer->upsert_many({record("b1"), record("b2")});
  std::vector<std::string> left = lines();
  ASSERT_EQ(left.size(), 5u);
  std::fill(left[2].begin(), left[2].end() - 1, '\0');
  left[4].resize(20);

  MemoryFileSystem fs;
  os::make_directories(fs, "/p/.chronomemory");
  const auto log = fs.open("/p/.chronomemory/events.wal", os::OpenMode::kCreateNew);
  for (const std::string& line : left) log->append(line);
  const auto store = Store::open("/p", options_with(fs));
  store->upsert(record("after"), nullptr);
  const std::vector<std::string> shown = ids(store->query(every_record()));
  EXPECT_EQ(shown.back(), "after");
  EXPECT_EQ(ids(Store::open("/p", options_with(fs))->query(every_record())), shown);
  store->upsert(record("later"), nullptr);
  EXPECT_TRUE(Store::open("/p", options_with(fs))->find("after"));
}

// The same with the first line of the first batch readable behind lost ones: an event that tells of no batch is not its end,
// though its number and its link would fit.
TEST(Concurrency, EventBehindTheFirstLinesOfALostBatch) {
  MemoryFileSystem source;
  const auto writer = Store::open("/p", options_with(source));
  writer->upsert_many({record("a1"), record("a2"), record("a3")});
  std::string first = os::read_file(source, "/p/.chronomemory/events.wal");
  std::fill_n(first.begin(), first.find('\n'), '\0');
  first.resize(first.rfind('\n', first.size() - 2) + 1);  // a1 lost, a2, no a3

  MemoryFileSystem fs;
  os::make_directories(fs, "/p/.chronomemory");
  const auto log = fs.open("/p/.chronomemory/events.wal", os::OpenMode::kCreateNew);
  log->append(first);
  wal::LineWriter line(2, "\"h\"", 0);
  const RecordRef x = record("x");
  std::string canonical;
  json::append_canonical(*x, canonical);
  std::string text;
  line.write({"upsert", "\"x\"", x->text(), canonical}, "2026-03-02T08:00:01Z", wal::kNoBatch, text);
  log->append(text);
  EXPECT_TRUE(Store::open("/p", options_with(fs))->find("x"));
}

}  // namespace
}  // namespace quipu::chronostore
