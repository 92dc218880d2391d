#include "os/paths.h"

#include <gtest/gtest.h>

#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "os_test_support.h"

namespace quipu::os {
namespace {

using testing::FaultAction;
using testing::FaultFileSystem;
using testing::MemoryFileSystem;
using testing::OpKind;

TEST(PathsTest, Join) {
  EXPECT_EQ("a/b", join("a", "b"));
  EXPECT_EQ("/b", join("/", "b"));
  EXPECT_EQ("a/b", join("a/", "b"));
  EXPECT_EQ("b", join("", "b"));
}

TEST(PathsTest, ParentAndName) {
  const struct {
    const char* path;
    const char* parent;
    const char* name;
  } cases[] = {
      {"/a/b", "/a", "b"},  {"/a", "/", "a"}, {"a", ".", "a"},   {"a/b", "a", "b"}, {"/a/b/", "/a", "b"},
      {"/a//b", "/a", "b"}, {"/", "/", ""},   {"//a", "/", "a"}, {".", ".", "."},   {"a/", ".", "a"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.parent, parent(c.path)) << c.path;
    EXPECT_EQ(c.name, file_name(c.path)) << c.path;
  }
}

TEST(PathsTest, MakeDirectoriesSyncsEachNewEntry) {
  MemoryFileSystem memory;
  make_directories(memory, "/a/b/c/");
  make_directories(memory, "/a/b/c");
  EXPECT_TRUE(memory.stat("/a/b/c")->is_directory);
  const auto images = memory.images_after_power_cut();
  ASSERT_EQ(1U, images.size());
  EXPECT_EQ("/\n/a/\n/a/b/\n/a/b/c/\n", images[0].describe());
  write_file(memory, "/a/file", "");
  EXPECT_EQ(Code::kExists, error_of([&] { make_directories(memory, "/a/file"); }).code());
  EXPECT_EQ(Code::kExists, error_of([&] { make_directories(memory, "/a/file/below"); }).code());
}

TEST(PathsTest, MakeDirectoriesWhenAnotherProcessIsFaster) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  fs.set_hook([&](const testing::Op& op) {
    if (op.kind == OpKind::kMakeDirectory) memory.make_directory(op.path);
  });
  make_directories(fs, "/a/b");
  EXPECT_EQ("/\n/a/\n/a/b/\n", memory.images_after_power_cut()[0].describe()) << "synced all the same";
  fs.set_hook([&](const testing::Op& op) {
    if (op.kind == OpKind::kMakeDirectory) write_file(memory, op.path, "in the way");
  });
  EXPECT_EQ(Code::kExists, error_of([&] { make_directories(fs, "/a/c"); }).code());
}

TEST(PathsTest, MakeDirectoriesLeavesNoneWhoseEntryIsNotDurable) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  fs.plan({.action = testing::FaultAction::kFail, .kinds = {OpKind::kSyncDirectory}, .failure = EACCES});
  EXPECT_EQ(Code::kReadOnly, error_of([&] { make_directories(fs, "/a"); }).code());
  EXPECT_FALSE(memory.stat("/a"));
}

TEST(PathsTest, MakeDirectoriesOnDisk) {
  TemporaryFolder folder;
  make_directories(native_file_system(), folder / "x/y/z");
  EXPECT_TRUE(native_file_system().stat(folder / "x/y/z")->is_directory);
}

TEST(PathsTest, ReadFile) {
  MemoryFileSystem memory;
  EXPECT_EQ(Code::kNotFound, error_of([&] { read_file(memory, "/f"); }).code());
  for (const std::size_t size : {0U, 1U, 70'000U, 1'000'000U}) {
    const std::string content(size, 'x');
    write_file(memory, "/f", content);
    EXPECT_EQ(content, read_file(memory, "/f")) << size;
  }
  EXPECT_FALSE(read_file(native_file_system(), "/proc/self/status").empty()) << "a file whose size says nothing";
}

TEST(PathsTest, ReadFileThatGrowsMeanwhile) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  write_file(memory, "/f", "start ");
  bool grown = false;
  fs.set_hook([&](const testing::Op& op) {
    if (op.kind != OpKind::kRead || std::exchange(grown, true)) return;
    memory.open("/f", OpenMode::kAppend)->append(std::string(600'000, 'y'));
  });
  EXPECT_EQ("start " + std::string(600'000, 'y'), read_file(fs, "/f"));
}

TEST(ReplacementTest, ReplacesAndCounts) {
  TemporaryFolder folder;
  FileSystem& fs = native_file_system();
  const std::string path = folder / "file";
  write_file(fs, path, "old");
  write_file(fs, folder / "scratch", "left over from before");
  std::string expected;
  {
    Replacement replacement(fs, path, folder / "scratch");
    for (const std::size_t size : {1U, 262'144U, 5U, 262'143U, 300'000U, 262'138U, 0U, 7U}) {
      const std::string piece(size, static_cast<char>('a' + expected.size() % 26));
      replacement.append(piece);
      expected += piece;
      EXPECT_EQ(expected.size(), replacement.size());
      EXPECT_EQ("old", read_file(fs, path));
    }
    replacement.sync();
    replacement.append("end");
    replacement.commit();
    EXPECT_THROW(replacement.append(std::string(300'000, 'x')), Error);
    EXPECT_THROW(replacement.commit(), Error);
  }
  EXPECT_EQ(expected + "end", read_file(fs, path));
  EXPECT_EQ((std::vector<std::string>{"file"}), fs.list_directory(folder.path()));
}

TEST(ReplacementTest, WithoutCommitNothingHappened) {
  MemoryFileSystem memory;
  write_file(memory, "/file", "old");
  {
    Replacement replacement(memory, "/file", "/scratch");
    replacement.append("new");
    replacement.sync();
  }
  EXPECT_EQ("old", read_file(memory, "/file"));
  EXPECT_FALSE(memory.stat("/scratch"));
}

TEST(ReplacementTest, NoCommitAfterAFailure) {
  for (const OpKind kind : {OpKind::kAppend, OpKind::kSyncData}) {
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    write_file(memory, "/file", "old");
    fs.plan({.action = FaultAction::kShortWrite, .nth = 1, .kinds = {kind}});
    Replacement replacement(fs, "/file", "/scratch");
    replacement.append("new");
    EXPECT_THROW(replacement.sync(), Error);
    EXPECT_EQ(Code::kMisuse, error_of([&] { replacement.commit(); }).code());
    EXPECT_EQ("old", read_file(memory, "/file"));
  }
}

// Fails once, or from there on, at every operation: the file is old or new, and the error tells.
TEST(ReplacementTest, AllOrNothingAtEveryFailure) {
  const std::string content(400'000, 'n');
  for (const FaultAction action : {FaultAction::kFail, FaultAction::kShortWrite}) {
    for (const bool from_there_on : {false, true}) {
      std::uint64_t n = 1;
      for (bool struck = true; struck; ++n) {
        MemoryFileSystem memory;
        FaultFileSystem fs(memory);
        write_file(memory, "/file", "old");
        fs.plan({.action = action, .nth = n, .failure = ENOSPC, .from_there_on = from_there_on});
        bool failed = false;
        try {
          replace_file(fs, "/file", "/scratch", content);
        } catch (const Error& e) {
          failed = true;
          EXPECT_EQ(Code::kFull, e.code()) << fs.struck_op();
        }
        struck = fs.struck();
        EXPECT_EQ(struck, failed) << fs.struck_op();
        const std::string now = read_file(memory, "/file");
        const bool renamed = !struck || fs.struck_op().find("sync directory") != std::string::npos;
        EXPECT_EQ(renamed ? content : "old", now) << fs.struck_op();
        EXPECT_EQ(from_there_on && !renamed && n > 1, memory.stat("/scratch").has_value()) << fs.struck_op();
      }
      EXPECT_EQ(6U, n - 1) << "open, append, sync, rename, sync directory, and one run without failure";
    }
  }
}

TEST(CopyFileTest, CopiesContentAndTime) {
  TemporaryFolder folder;
  FileSystem& fs = native_file_system();
  for (const std::size_t size : {0U, 5U, 262'144U, 700'001U}) {
    const std::string from = folder / ("from" + std::to_string(size));
    const std::string to = folder / ("to" + std::to_string(size));
    write_file(fs, from, std::string(size, 'c'));
    fs.set_modified(from, 1'600'000'000'000'000'001);
    copy_file(fs, from, to);
    EXPECT_EQ(std::string(size, 'c'), read_file(fs, to));
    EXPECT_EQ(1'600'000'000'000'000'001, fs.stat(to)->modified_ns);
    EXPECT_EQ(Code::kExists, error_of([&] { copy_file(fs, from, to); }).code());
    EXPECT_EQ(std::string(size, 'c'), read_file(fs, to)) << "what was there is not removed";
  }
  EXPECT_EQ(Code::kNotFound, error_of([&] { copy_file(fs, folder / "no", folder / "x"); }).code());
  EXPECT_FALSE(fs.stat(folder / "x"));
}

TEST(CopyFileTest, LeavesNoHalfCopy) {
  for (std::uint64_t n = 1;; ++n) {
    MemoryFileSystem memory;
    FaultFileSystem fs(memory);
    write_file(memory, "/from", std::string(600'000, 'c'));
    fs.plan({.action = FaultAction::kShortWrite, .nth = n});
    try {
      copy_file(fs, "/from", "/to");
    } catch (const Error&) {
      EXPECT_FALSE(memory.stat("/to")) << fs.struck_op();
      continue;
    }
    EXPECT_FALSE(fs.struck());
    EXPECT_EQ(std::string(600'000, 'c'), read_file(memory, "/to"));
    break;
  }
}

}  // namespace
}  // namespace quipu::os
