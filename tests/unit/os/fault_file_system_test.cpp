#include "os/testing/fault_file_system.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "os/paths.h"
#include "os/testing/memory_file_system.h"
#include "os_test_support.h"

namespace quipu::os::testing {
namespace {

class FaultFileSystemTest : public ::testing::Test {
 protected:
  // Every operation once.
  void work() {
    fs_.make_directory("/d");
    fs_.sync_directory("/");
    const auto lock = fs_.open_lock("/d/lock");
    EXPECT_TRUE(lock->acquire(0));
    const auto file = fs_.open("/d/f", OpenMode::kAppendCreate);
    file->append("0123456789");
    file->sync_data();
    file->info();
    std::string buffer(4, '.');
    file->read_at(2, buffer);
    file->truncate(5);
    fs_.stat("/d/f");
    fs_.rename("/d/f", "/d/g");
    fs_.set_modified("/d/g", 1);
    fs_.list_directory("/d");
    fs_.remove("/d/g");
    fs_.stat_entry("/d/g");
    lock->info();
    lock->release();
  }

  MemoryFileSystem memory_;
  FaultFileSystem fs_{memory_};
};

TEST_F(FaultFileSystemTest, CountsAndNamesOperations) {
  work();
  EXPECT_EQ((std::vector<std::string>{
                "#1 make directory \"/d\"",
                "#2 sync directory \"/\"",
                "#3 open lock \"/d/lock\"",
                "#4 lock \"/d/lock\"",
                "#5 open \"/d/f\" to append, or create",
                "#6 append \"/d/f\" 10 bytes",
                "#7 sync \"/d/f\"",
                "#8 look at \"/d/f\"",
                "#9 read \"/d/f\" 4 bytes at 2",
                "#10 truncate \"/d/f\" to 5 bytes",
                "#11 stat \"/d/f\"",
                "#12 rename \"/d/f\" to \"/d/g\"",
                "#13 set time of \"/d/g\"",
                "#14 list directory \"/d\"",
                "#15 remove \"/d/g\"",
                "#16 stat \"/d/g\" itself",
                "#17 look at \"/d/lock\"",
            }),
            fs_.log());
  EXPECT_EQ(17U, fs_.count());
  EXPECT_FALSE(fs_.struck());
}

TEST_F(FaultFileSystemTest, FailsTheNthOnce) {
  for (std::uint64_t n = 1; n <= 17; ++n) {
    MemoryFileSystem fresh;
    FaultFileSystem fs(fresh);
    fs.plan({.action = FaultAction::kFail, .nth = n, .kinds = {OpKind::kMakeDirectory}, .failure = ENOSPC});
    for (std::uint64_t i = 1; i <= 17; ++i) {
      const std::string path = "/" + std::to_string(i);
      if (i != n) {
        fs.make_directory(path);
        continue;
      }
      const Error error = error_of([&] { fs.make_directory(path); });
      EXPECT_EQ(Code::kFull, error.code());
      EXPECT_EQ("cannot make directory \"" + path + "\": No space left on device", error.message());
      EXPECT_EQ(path, error.path());
    }
    EXPECT_EQ("#" + std::to_string(n) + " make directory \"/" + std::to_string(n) + "\"", fs.struck_op());
    EXPECT_EQ(16U, fresh.list_directory("/").size());
  }
}

TEST_F(FaultFileSystemTest, FailsFromThereOn) {
  fs_.plan({.action = FaultAction::kFail, .nth = 2, .failure = EROFS, .from_there_on = true});
  fs_.make_directory("/a");
  EXPECT_EQ(Code::kReadOnly, error_of([&] { fs_.make_directory("/b"); }).code());
  EXPECT_EQ(Code::kReadOnly, error_of([&] { fs_.stat("/a"); }).code());
  fs_.reset();
  fs_.make_directory("/b");
}

TEST_F(FaultFileSystemTest, CountsOnlyTheKindsOfThePlan) {
  fs_.plan({.action = FaultAction::kFail, .nth = 2, .kinds = {OpKind::kSyncData, OpKind::kSyncDirectory}});
  EXPECT_THROW(work(), Error);
  EXPECT_EQ("#2 sync \"/d/f\"", fs_.struck_op());
}

TEST_F(FaultFileSystemTest, ShortWrite) {
  const struct {
    std::size_t short_by;
    const char* expected;
  } cases[] = {{1, "01234567"}, {5, "0123"}, {9, ""}, {100, ""}};
  for (const auto& c : cases) {
    fs_.reset();
    const auto file = fs_.open("/f", OpenMode::kCreateOrEmpty);
    fs_.plan(
        {.action = FaultAction::kShortWrite, .kinds = {OpKind::kAppend}, .failure = ENOSPC, .short_by = c.short_by});
    EXPECT_EQ(Code::kFull, error_of([&] { file->append("012345678"); }).code());
    EXPECT_EQ(c.expected, read_file(memory_, "/f"));
    file->append("!");
    EXPECT_EQ(std::string(c.expected) + "!", read_file(memory_, "/f"));
  }
}

TEST_F(FaultFileSystemTest, AfterAPowerCutNothingIsDoneAnyMore) {
  const auto lock = fs_.open_lock("/lock");
  const auto file = fs_.open("/f", OpenMode::kAppendCreate);
  EXPECT_TRUE(lock->acquire(0));
  fs_.plan({.action = FaultAction::kPowerCut, .nth = 2});
  file->append("done");
  try {
    file->append("not done");
    FAIL() << "no power cut";
  } catch (const PowerCut& cut) {
    EXPECT_EQ("#2 append \"/f\" 8 bytes", cut.op.text());
  }
  EXPECT_THROW(file->sync_data(), PowerCut);
  EXPECT_THROW(fs_.remove("/f"), PowerCut);
  lock->release();
  EXPECT_EQ("done", read_file(memory_, "/f"));
  EXPECT_TRUE(fs_.struck());
}

TEST_F(FaultFileSystemTest, PowerCutIsNoErrorAndUnwindsAReplacement) {
  write_file(memory_, "/f", "old");
  fs_.plan({.action = FaultAction::kPowerCut, .nth = 3});
  EXPECT_THROW(replace_file(fs_, "/f", "/tmp", "new"), PowerCut);
  EXPECT_EQ("old", read_file(memory_, "/f"));
  EXPECT_TRUE(memory_.stat("/tmp")) << "a dead process removes nothing";
}

TEST_F(FaultFileSystemTest, HookRunsBeforeEachOperation) {
  std::vector<std::string> seen;
  fs_.set_hook([&](const Op& op) {
    seen.push_back(op.text());
    if (op.kind == OpKind::kRename) throw std::string("from the hook");
  });
  EXPECT_THROW(work(), std::string);
  EXPECT_EQ(12U, seen.size());
  EXPECT_TRUE(memory_.stat("/d/f"));
  fs_.reset();
  fs_.rename("/d/f", "/d/g");
}

TEST_F(FaultFileSystemTest, FailedSyncMayLoseTheData) {
  fs_.plan({.action = FaultAction::kFail, .kinds = {OpKind::kSyncData}, .on_fault = [&](const Op& op) {
              memory_.lose_unsynced(op.path);
            }});
  const auto file = fs_.open("/f", OpenMode::kAppendCreate);
  fs_.sync_directory("/");
  file->append("abc");
  EXPECT_EQ(Code::kIo, error_of([&] { file->sync_data(); }).code());
  file->sync_data();
  for (const Image& image : memory_.images_after_power_cut()) EXPECT_EQ(std::string(3, '\0'), *image.find("/f"));
}

}  // namespace
}  // namespace quipu::os::testing
