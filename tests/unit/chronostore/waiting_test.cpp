// What a handle does while it waits for the file lock: it follows what the holder has written, as far as that helps.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_support.h"

namespace quipu::chronostore {
namespace {

using namespace test;
using os::testing::FaultFileSystem;
using os::testing::MemoryFileSystem;
using os::testing::Op;
using os::testing::OpKind;

class FollowingWhileWaiting : public testing::TestWithParam<bool> {
 protected:
  FollowingWhileWaiting()
      : base_(GetParam() ? static_cast<os::FileSystem&>(os::native_file_system()) : memory_),
        fs_(base_),
        holder_(Store::open(root(), options_with(base_))),
        waiting_(Store::open(root(), options_with(fs_))) {
    waiting_->upsert(record("first"), nullptr);
  }

  std::string root() const { return GetParam() ? folder_.path() : "/p"; }

  // While one handle holds the file lock, the other one begins to write. Answers how often it reads the log before it has the
  // lock, which is held until that is so many times, and a little longer.
  int reads_while_held(int wanted, const std::function<void(int)>& on_read = nullptr) {
    std::atomic<bool> held{true};
    std::atomic<int> reads{0};
    std::thread other;
    holder_->commit([&](Transaction&) {
      fs_.set_hook([&](const Op& op) {
        if (!held || op.kind != OpKind::kRead || !op.path.ends_with("/events.wal")) return;
        const int count = ++reads;
        if (on_read) on_read(count);
      });
      other = std::thread([&] { waiting_->upsert(record("waited"), nullptr); });
      const auto began = std::chrono::steady_clock::now();
      while (reads < wanted && std::chrono::steady_clock::now() - began < std::chrono::seconds(10)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      held = false;
    });
    other.join();
    fs_.reset();
    return reads;
  }

  void expect_all_well(std::int64_t seq) {
    EXPECT_EQ(waiting_->wal_seq(), seq);
    EXPECT_EQ(texts(waiting_->query(every_record())), texts(holder_->query(every_record())));
    EXPECT_TRUE(holder_->find("waited"));
    EXPECT_TRUE(holder_->verify(true, nullptr).valid);
    EXPECT_TRUE(waiting_->notices().empty());
  }

  MemoryFileSystem memory_;
  TemporaryFolder folder_;
  os::FileSystem& base_;
  FaultFileSystem fs_;
  std::unique_ptr<Store> holder_;
  std::unique_ptr<Store> waiting_;
};

TEST_P(FollowingWhileWaiting, ReadsWhatOthersWrote) {
  for (int i = 0; i < 20; ++i) holder_->upsert(record("r" + std::to_string(i)), nullptr);
  // The end of what is known, what is behind it, and the new end.
  EXPECT_EQ(reads_while_held(3), 3);
  expect_all_well(22);
}

TEST_P(FollowingWhileWaiting, ReadsNothingWhereNothingIsNew) {
  EXPECT_EQ(reads_while_held(0), 0);
  expect_all_well(2);
}

TEST_P(FollowingWhileWaiting, FailureOfItFailsNothing) {
  for (int nth = 1; nth <= 3; ++nth) {
    holder_->upsert(record("r" + std::to_string(nth)), nullptr);
    EXPECT_EQ(reads_while_held(nth,
                               [&](int count) {
                                 if (count == nth) throw Error(Code::kIo, "a read that failed");
                               }),
              nth);
    expect_all_well(1 + 2 * nth);
  }
}

// It would take longer than the wait may last.
TEST_P(FollowingWhileWaiting, LeavesMuchForLater) {
  std::vector<RecordRef> many;
  for (int i = 0; i < 30; ++i) many.push_back(record("r" + std::to_string(i), std::string(200'000, 'x')));
  holder_->upsert_many(many);
  EXPECT_EQ(reads_while_held(1), 1);
  expect_all_well(32);
}

INSTANTIATE_TEST_SUITE_P(FileSystems, FollowingWhileWaiting, testing::Values(false, true),
                         [](const auto& given) { return given.param ? "Native" : "InMemory"; });

}  // namespace
}  // namespace quipu::chronostore
