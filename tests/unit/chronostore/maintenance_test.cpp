// Snapshots that cannot be written.
#include <gtest/gtest.h>

#include <cerrno>

#include "os/os_error.h"
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

class FailedSnapshot : public testing::Test {
 protected:
  FailedSnapshot() : fs_(memory_) {
    fs_.set_hook([this](const Op& op) {
      if (!op.path.ends_with("snapshot.json.tmp")) return;
      if (op.kind == OpKind::kOpen) ++tries_;
      if (full_ && op.kind == OpKind::kAppend) throw os::os_error("append to", op.path, ENOSPC);
    });
    store_ = Store::open("/p", options_with(fs_));
  }

  void upsert(int count) {
    for (int i = 0; i < count; ++i) store_->upsert(record("r" + std::to_string(written_++ % records_)), nullptr);
  }

  MemoryFileSystem memory_;
  FaultFileSystem fs_;
  std::unique_ptr<Store> store_;
  bool full_ = true;
  int tries_ = 0;
  int records_ = 10;
  int written_ = 0;
};

TEST_F(FailedSnapshot, IsTriedAgainAfterAsManyEvents) {
  upsert(50);
  EXPECT_EQ(tries_, 1);
  upsert(49);
  EXPECT_EQ(tries_, 1) << "each upsert writes the whole snapshot again";
  upsert(1);
  EXPECT_EQ(tries_, 2);
  EXPECT_TRUE(has_notice(*store_, "snapshot_failed"));
  full_ = false;
  upsert(50);
  EXPECT_EQ(tries_, 3);
  EXPECT_TRUE(memory_.stat("/p/.chronomemory/snapshot.json"));
  EXPECT_FALSE(memory_.stat("/p/.chronomemory/snapshot.json.tmp"));
}

TEST_F(FailedSnapshot, OfALargeStoreIsTriedAgainAfterAsManyEvents) {
  records_ = 300;
  full_ = false;
  upsert(300);
  const int before = tries_;
  full_ = true;
  int first = 0;
  for (; tries_ == before; ++first) upsert(1);
  int second = 0;
  for (; tries_ == before + 1; ++second) upsert(1);
  EXPECT_EQ(second, 4 * 300);
  full_ = false;
  upsert(4 * 300);
  EXPECT_EQ(tries_, before + 3);
  EXPECT_EQ(Store::open("/p", options_with(memory_))->active_count(), 300);
}

}  // namespace
}  // namespace quipu::chronostore
