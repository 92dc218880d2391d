// Memory that runs out by chance while threads write and read one store, and while another failure is being told: what was
// acknowledged is there, what was refused is not, no batch is seen in part, and the store goes on.
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "chronostore/store.h"
#include "crash/allocation_life.h"
#include "os/testing/fault_file_system.h"
#include "support/chronostore_support.h"
#include "support/effort.h"

namespace quipu::test {
namespace {

using os::testing::FaultAction;
using os::testing::FaultFileSystem;
using os::testing::Op;
using os::testing::OpKind;
using Clock = std::chrono::steady_clock;

int seconds() { return long_run() ? 60 : 4; }

// Threads that write records in pairs, one batch each, and threads that look for halves of them.
class Soak {
 public:
  explicit Soak(std::int32_t durability) {
    quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
    options.durability = durability;
    options.batch_ms = 2;
    store_ = open_store(folder_.path(), options);
  }

  void run() {
    const std::uint64_t seed = one_seed();
    SCOPED_TRACE("seed " + std::to_string(seed));
    // One in 400, in the calls of the library. The test's own work is done with the plan out of force.
    memory::plan_one_in(400, seed);
    const auto end = Clock::now() + std::chrono::seconds(seconds());
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([this, i, end] { write(i, end); });
    for (int i = 0; i < 2; ++i) threads.emplace_back([this, end] { look(end); });
    for (std::thread& thread : threads) thread.join();
    const std::uint64_t failed = memory::failed();
    memory::forget();
    expect_all();
    close_store(store_);
    store_.reset();
    std::printf("             %" PRIu64 " allocations failed, %d batches acknowledged, %d refused, %d looks\n", failed,
                static_cast<int>(acknowledged_.size()), static_cast<int>(refused_.size()), looks_.load());
    EXPECT_GT(failed, 0U);
    EXPECT_GT(acknowledged_.size(), 0U);
    EXPECT_GT(refused_.size(), 0U);
    EXPECT_GT(looks_, 0);
  }

 private:
  // OK or NO_MEMORY; anything else is a failure of the test.
  template <typename Call>
  bool made(const char* name, Call&& call) {
    quipu_error* error = nullptr;
    quipu_status status = QUIPU_OK;
    {
      const memory::Armed armed;
      status = call(&error);
    }
    if (status != QUIPU_OK) {
      EXPECT_EQ(status, QUIPU_E_NO_MEMORY) << name << ": " << quipu_error_message(error, nullptr);
      EXPECT_EQ(quipu_error_code(error), status) << name;
    }
    quipu_error_free(error);
    return status == QUIPU_OK;
  }

  void write(int writer, Clock::time_point end) {
    for (int i = 0; Clock::now() < end; ++i) {
      const std::string id = std::to_string(writer) + "-" + std::to_string(i);
      const auto left = make_record("left " + id, "left", "", R"({"a": {"b": 1}})");
      const auto right = make_record("right " + id, "right", "", "{}");
      const quipu_chronorecord* both[] = {left.get(), right.get()};
      bool written = false;
      if (i % 3 == 0) {
        written = made("commit", [&](quipu_error** err) {
          return quipu_chronostore_commit(
              store_.get(),
              [](void* user, quipu_chronotransaction* tx, quipu_error** failure) {
                auto** records = static_cast<const quipu_chronorecord**>(user);
                const quipu_status status = quipu_chronotransaction_upsert(tx, records[0], failure);
                return status != QUIPU_OK ? status : quipu_chronotransaction_upsert(tx, records[1], failure);
              },
              both, nullptr, err);
        });
      } else {
        written = made("upsert_many", [&](quipu_error** err) {
          return quipu_chronostore_upsert_many(store_.get(), both, 2, nullptr, err);
        });
      }
      const std::lock_guard lock(mutex_);
      (written ? acknowledged_ : refused_).push_back(id);
    }
  }

  // A batch is seen whole or not at all: as many left ones as right ones.
  void look(Clock::time_point end) {
    while (Clock::now() < end) {
      std::int64_t count = 0;
      if (made("record_count",
               [&](quipu_error** err) { return quipu_chronostore_record_count(store_.get(), &count, err); })) {
        EXPECT_EQ(count % 2, 0);
        ++looks_;
      }
      std::string id;
      {
        const std::lock_guard lock(mutex_);
        if (!acknowledged_.empty()) id = "right " + acknowledged_.back();
      }
      quipu_chronorecord* found = nullptr;
      if (!id.empty() && made("find", [&](quipu_error** err) {
            return quipu_chronostore_find(store_.get(), id.data(), id.size(), &found, err);
          })) {
        EXPECT_NE(found, nullptr) << id << " was acknowledged";
        quipu_chronorecord_free(found);
      }
    }
  }

  void expect_all() {
    const Store fresh = open_store(folder_.path());
    EXPECT_EQ(dump(fresh), dump(store_));
    std::multiset<std::string> found;
    const auto events = quipu_cpp::replay(fresh, 0);
    while (const auto event = quipu_cpp::next(events)) {
      found.insert(quipu_cpp::text_of(quipu_walevent_record_id, event.get()));
    }
    EXPECT_EQ(found.size(), 2 * acknowledged_.size());
    for (const std::string& id : acknowledged_) {
      EXPECT_EQ(found.count("left " + id), 1U) << id;
      EXPECT_EQ(found.count("right " + id), 1U) << id;
    }
    for (const std::string& id : refused_) EXPECT_EQ(found.count("left " + id), 0U) << id;
    const auto verified = quipu_cpp::verify_strictly(fresh);
    EXPECT_EQ(quipu_chronoverification_valid(verified.get()), 1)
        << quipu_chronoverification_message(verified.get(), nullptr);
  }

  Folder folder_;
  Store store_;
  std::mutex mutex_;
  std::vector<std::string> acknowledged_;
  std::vector<std::string> refused_;
  std::atomic<int> looks_{0};
};

TEST(AllocationSoak, ThreadsThatShareTheirWrites) { Soak(QUIPU_DURABILITY_FULL).run(); }

TEST(AllocationSoak, BatchedDurability) { Soak(QUIPU_DURABILITY_BATCHED).run(); }

// ---- a failure that cannot be told ------------------------------------------------------------------------------------

// An operation of a write fails, and memory runs out while that is put into words: the event is not there, and the handle
// goes on, unless it was the sync.
TEST(AllocationSoak, FailuresThatCannotBePutIntoWords) {
  std::uint64_t told_otherwise = 0;
  std::uint64_t points = 0;
  for (const OpKind kind : {OpKind::kAppend, OpKind::kSyncData}) {
    // os_error() takes at least five blocks. What comes behind them is the test double's own.
    for (std::uint64_t n = 1; n <= 5; ++n, ++points) {
      SCOPED_TRACE(std::string(os::testing::name_of(kind)) + " fails, and allocation " + std::to_string(n) +
                   " behind it");
      TemporaryFolder folder;
      FaultFileSystem fs(os::native_file_system());
      auto store = chronostore::Store::open(folder.path(), options_with(fs));
      store->upsert(record("before"), nullptr);
      const auto wanted = record("refused", std::string(300, 'x'));
      fs.plan({.action = FaultAction::kShortWrite, .kinds = {kind}, .failure = ENOSPC, .on_fault = [&](const Op&) {
                 memory::plan_nth(n);
               }});
      Code code = Code::kOk;
      try {
        const memory::Armed armed;
        store->upsert(wanted, nullptr);
      } catch (const Error& error) {
        code = error.code();
      } catch (const std::bad_alloc&) {
        code = Code::kNoMemory;
      }
      EXPECT_TRUE(memory::struck());
      memory::forget();
      fs.reset();
      if (code == Code::kNoMemory) ++told_otherwise;
      const Code plain = kind == OpKind::kAppend ? Code::kFull : Code::kPoisoned;
      EXPECT_TRUE(code == Code::kNoMemory || code == plain) << static_cast<int>(code);
      EXPECT_FALSE(store->find("refused"));
      if (kind == OpKind::kSyncData) {
        EXPECT_EQ(error_of([&] { store->upsert(record("after"), nullptr); }).code(), Code::kPoisoned);
        store = chronostore::Store::open(folder.path(), {});
      }
      EXPECT_FALSE(store->find("refused"));
      store->upsert(record("after"), nullptr);
      EXPECT_EQ(store->wal_seq(), 2);
      EXPECT_TRUE(store->verify(true, nullptr).valid);
      EXPECT_TRUE(set_aside(folder).empty()) << "bytes were left in the log";
    }
  }
  EXPECT_GT(told_otherwise, 0U);
  std::printf("             %" PRIu64 " points, %" PRIu64 " failures were told as NO_MEMORY\n", points, told_otherwise);
}

// ---- verifying with several threads -----------------------------------------------------------------------------------

TEST(AllocationSoak, VerifyOnSeveralThreads) {
  const Folder folder;
  {
    // Stretches of 4 MiB: each is one thread's.
    quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
    options.durability = QUIPU_DURABILITY_NONE;
    const Store store = open_store(folder.path(), options);
    const auto large = make_record("large", "", "", "{\"text\": \"" + std::string(1 << 20, 'x') + "\"}");
    for (int i = 0; i < 10; ++i) quipu_cpp::upsert(store, large);
    close_store(store);
  }
  const Store store = open_store(folder.path());
  const memory::AllThreads all;
  std::uint64_t failed = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t n = 1;; n += 1 + n / 20) {
    SCOPED_TRACE("allocation " + std::to_string(n));
    memory::plan_nth(n);
    quipu_error* error = nullptr;
    quipu_chronoverification* found = nullptr;
    const quipu_status status = quipu_chronostore_verify(store.get(), 0, nullptr, nullptr, &found, &error);
    const bool struck = memory::struck();
    memory::forget();
    // A line that simdjson has no memory for is read by the library's own parser: such a call succeeds.
    if (status == QUIPU_OK) {
      EXPECT_EQ(quipu_chronoverification_valid(found), 1);
      EXPECT_EQ(quipu_chronoverification_events(found), 10);
    } else {
      EXPECT_EQ(status, QUIPU_E_NO_MEMORY) << quipu_error_message(error, nullptr);
      EXPECT_TRUE(struck);
      EXPECT_EQ(found, nullptr);
      ++refused;
    }
    quipu_error_free(error);
    quipu_chronoverification_free(found);
    if (!struck || testing::Test::HasFailure()) break;
    ++failed;
  }
  EXPECT_GT(refused, 10U);
  std::printf("             %" PRIu64 " allocations failed, %" PRIu64 " calls answered NO_MEMORY\n", failed, refused);
}

}  // namespace
}  // namespace quipu::test

int main(int argc, char** argv) {
  // OpenSSL's own memory does not fail here: without it for the state of a new thread, OpenSSL itself may crash.
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
