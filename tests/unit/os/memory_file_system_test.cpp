#include "os/testing/memory_file_system.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include "os/paths.h"
#include "os_test_support.h"

namespace quipu::os::testing {
namespace {

// What all images after a power cut say about a file: its contents, "(missing)" among them.
std::set<std::string> outcomes(const MemoryFileSystem& fs, std::string_view path, std::size_t most = 500) {
  std::set<std::string> all;
  for (const Image& image : fs.images_after_power_cut({.most = most, .seed = 1})) {
    const std::string* content = image.find(path);
    all.insert(content == nullptr ? "(missing)" : *content);
  }
  return all;
}

std::set<std::string> disks(const MemoryFileSystem& fs, std::size_t most = 500) {
  std::set<std::string> all;
  for (const Image& image : fs.images_after_power_cut({.most = most, .seed = 1})) all.insert(image.describe());
  return all;
}

// The same steps on this and on the system's file system: same results, same errors.
TEST(MemoryFileSystemTest, BehavesAsTheNativeOne) {
  TemporaryFolder folder;
  MemoryFileSystem memory;
  make_directories(memory, folder.path());
  using Step = std::function<std::string(FileSystem&, const std::string&)>;
  const auto nothing = [](const std::function<void(FileSystem&, const std::string&)>& call) -> Step {
    return [call](FileSystem& fs, const std::string& at) {
      call(fs, at);
      return std::string("done");
    };
  };
  const auto opens = [&](const char* name, OpenMode mode) {
    return nothing([=](FileSystem& fs, const std::string& at) { fs.open(at + name, mode)->append(name); });
  };
  const auto renames = [&](const char* from, const char* to) {
    return nothing([=](FileSystem& fs, const std::string& at) { fs.rename(at + from, at + to); });
  };
  const auto removes = [&](const char* name) {
    return nothing([=](FileSystem& fs, const std::string& at) { fs.remove(at + name); });
  };
  const auto makes = [&](const char* name) {
    return nothing([=](FileSystem& fs, const std::string& at) { fs.make_directory(at + name); });
  };
  const auto reads = [](const char* name) -> Step {
    return [=](FileSystem& fs, const std::string& at) { return read_file(fs, at + name); };
  };
  const auto lists = [](const char* name) -> Step {
    return [=](FileSystem& fs, const std::string& at) {
      std::string all;
      for (const std::string& entry : fs.list_directory(at + name)) all += entry + " ";
      return all;
    };
  };
  const Step steps[] = {
      opens("/a", OpenMode::kRead),
      opens("/a", OpenMode::kReadNoFollow),
      opens("/a", OpenMode::kAppend),
      opens("/a", OpenMode::kAppendCreate),
      opens("/a", OpenMode::kCreateNew),
      opens("/b", OpenMode::kCreateNew),
      opens("/b", OpenMode::kCreateOrEmpty),
      opens("/a/x", OpenMode::kAppendCreate),
      opens("/no/x", OpenMode::kAppendCreate),
      opens("", OpenMode::kAppend),
      opens("/a", OpenMode::kAppend),
      opens("/a", OpenMode::kReadNoFollow),
      reads("/a"),
      reads("/b"),
      reads("/none"),
      reads(""),
      makes("/d"),
      makes("/d"),
      makes("/a"),
      makes("/no/d"),
      makes("/a/d"),
      opens("/d/x", OpenMode::kAppendCreate),
      removes("/d"),
      renames("/a", "/d"),
      renames("/d", "/a"),
      renames("/d", "/d/e"),
      renames("/none", "/a"),
      renames("/a", "/no/a"),
      renames("/a", "/a"),
      renames("/a", "/b"),
      renames("/b", "/d/b"),
      makes("/e"),
      renames("/d", "/e"),
      lists("/e"),
      lists(""),
      lists("/none"),
      lists("/e/b"),
      renames("/e", "/f"),
      reads("/f/b"),
      removes("/none"),
      removes("/f/b/x"),
      removes("/f/b"),
      removes("/f/x"),
      removes("/f"),
      lists(""),
      nothing([](FileSystem& fs, const std::string& at) { fs.sync_directory(at); }),
      nothing([](FileSystem& fs, const std::string& at) { fs.sync_directory(at + "/none"); }),
      nothing([](FileSystem& fs, const std::string& at) { fs.set_modified(at + "/none", 5); }),
      nothing([](FileSystem& fs, const std::string& at) { fs.open_lock(at + "/none/lock"); }),
      [](FileSystem& fs, const std::string& at) {
        const auto file = fs.open(at + "/t", OpenMode::kAppendCreate);
        file->append("0123456789");
        file->truncate(4);
        file->truncate(6);
        file->append("z");
        const std::uint64_t links = file->info().links;
        fs.remove(at + "/t");
        return std::to_string(file->info().size) + std::to_string(links) + std::to_string(file->info().links);
      },
      // A lock file that was removed is another one than what is put in its place.
      [](FileSystem& fs, const std::string& at) {
        const auto lock = fs.open_lock(at + "/l");
        std::string seen = std::to_string(static_cast<int>(lock->info().inode == fs.stat_entry(at + "/l")->inode));
        if (!lock->acquire(0)) return std::string("not got");
        fs.remove(at + "/l");
        seen += std::to_string(static_cast<int>(fs.stat_entry(at + "/l").has_value()));
        const auto next = fs.open_lock(at + "/l");
        seen += std::to_string(static_cast<int>(next->acquire(0)));
        seen += std::to_string(static_cast<int>(lock->info().inode == fs.stat_entry(at + "/l")->inode));
        return seen + std::to_string(lock->info().links);
      },
      [](FileSystem& fs, const std::string& at) {
        const std::optional<FileInfo> info = fs.stat_entry(at);
        return std::to_string(static_cast<int>(info->is_directory)) + std::to_string(static_cast<int>(info->is_link));
      },
      [](FileSystem& fs, const std::string& at) {
        write_file(fs, at + "/m", "");
        fs.set_modified(at + "/m", 77);
        return std::to_string(fs.stat(at + "/m")->modified_ns);
      },
  };
  int number = 0;
  for (const Step& step : steps) {
    const auto run = [&](FileSystem& fs) {
      try {
        return step(fs, folder.path());
      } catch (const Error& e) {
        return e.message() + " (" + std::to_string(e.backend_code()) + ")";
      }
    };
    EXPECT_EQ(run(native_file_system()), run(memory)) << "step " << number;
    ++number;
  }
}

TEST(MemoryFileSystemTest, SyncOfAFileDoesNotSyncItsEntry) {
  MemoryFileSystem fs;
  const auto file = fs.open("/f", OpenMode::kCreateNew);
  file->append("abc");
  file->sync_data();
  EXPECT_EQ((std::set<std::string>{"(missing)", "abc"}), outcomes(fs, "/f"));
  fs.sync_directory("/");
  EXPECT_EQ((std::set<std::string>{"abc"}), outcomes(fs, "/f"));
}

TEST(MemoryFileSystemTest, SyncOfADirectoryDoesNotSyncItsFiles) {
  MemoryFileSystem fs;
  fs.open("/f", OpenMode::kCreateNew)->append("abc");
  fs.sync_directory("/");
  const std::set<std::string> zeros = {std::string("\0\0\0", 3), std::string("a\0\0", 3), std::string("ab\0", 3)};
  std::set<std::string> expected = {"", "a", "ab", "abc"};
  expected.insert(zeros.begin(), zeros.end());
  EXPECT_EQ(expected, outcomes(fs, "/f"));
}

TEST(MemoryFileSystemTest, PrefixesTornWritesAndHoles) {
  MemoryFileSystem fs;
  write_file(fs, "/f", "0");
  fs.sync_all();
  const auto file = fs.open("/f", OpenMode::kAppend);
  file->append("A");
  file->append("B");
  file->append("C");
  const std::set<std::string> seen = outcomes(fs, "/f");
  for (const std::string& expected : {std::string("0"), std::string("0A"), std::string("0AB"), std::string("0ABC"),
                                      std::string("0\0BC", 4), std::string("0A\0C", 4), std::string("0AB\0", 4)}) {
    EXPECT_TRUE(seen.contains(expected)) << expected;
  }
  EXPECT_FALSE(seen.contains("0B"));
  EXPECT_FALSE(seen.contains("(missing)"));
}

TEST(MemoryFileSystemTest, LargeWriteMayMissASector) {
  MemoryFileSystem fs;
  write_file(fs, "/f", "");
  fs.sync_all();
  fs.open("/f", OpenMode::kAppend)->append(std::string(4096, 'x'));
  bool seen = false;
  for (const std::string& content : outcomes(fs, "/f")) {
    seen |= content.size() == 4096 && content.front() == 'x' && content.back() == 'x' &&
            content.find('\0') != std::string::npos;
  }
  EXPECT_TRUE(seen);
}

TEST(MemoryFileSystemTest, TruncationMayBeLost) {
  MemoryFileSystem fs;
  write_file(fs, "/f", "old content");
  fs.sync_all();
  const auto file = fs.open("/f", OpenMode::kCreateOrEmpty);
  EXPECT_EQ((std::set<std::string>{"old content", ""}), outcomes(fs, "/f"));
  file->append("n");
  EXPECT_TRUE(outcomes(fs, "/f").contains("old content"));
  file->sync_data();
  EXPECT_EQ((std::set<std::string>{"n"}), outcomes(fs, "/f"));
}

TEST(MemoryFileSystemTest, RenameIsDoneOrNot) {
  MemoryFileSystem fs;
  write_file(fs, "/old", "old");
  write_file(fs, "/new", "new");
  fs.sync_all();
  fs.rename("/new", "/old");
  EXPECT_EQ((std::set<std::string>{"/\n/new (node 1, 3 bytes): new\n/old (node 2, 3 bytes): old\n",
                                   "/\n/old (node 1, 3 bytes): new\n"}),
            disks(fs));
  fs.sync_directory("/");
  EXPECT_EQ((std::set<std::string>{"/\n/old (node 1, 3 bytes): new\n"}), disks(fs));
}

TEST(MemoryFileSystemTest, RenameWithoutSyncMayLeaveAnEmptyFile) {
  MemoryFileSystem fs;
  write_file(fs, "/f", "old");
  fs.sync_all();
  write_file(fs, "/tmp", "new");
  fs.rename("/tmp", "/f");
  fs.sync_directory("/");
  EXPECT_TRUE(outcomes(fs, "/f").contains(""));
  EXPECT_FALSE(outcomes(fs, "/f").contains("old"));
}

TEST(MemoryFileSystemTest, RenameBetweenDirectoriesNeedsBoth) {
  MemoryFileSystem fs;
  fs.make_directory("/a");
  fs.make_directory("/b");
  write_file(fs, "/a/f", "x");
  fs.sync_all();
  fs.rename("/a/f", "/b/f");
  EXPECT_EQ(4U, disks(fs).size()) << "in a, in b, in both as one node, in neither";
  for (const Image& image : fs.images_after_power_cut()) {
    MemoryFileSystem after(image);
    if (image.find("/a/f") != nullptr && image.find("/b/f") != nullptr) {
      EXPECT_EQ(2U, after.stat("/a/f")->links);
      EXPECT_EQ(after.stat("/a/f")->inode, after.stat("/b/f")->inode);
    }
  }
  fs.sync_directory("/b");
  EXPECT_EQ(2U, disks(fs).size());
  fs.sync_directory("/a");
  EXPECT_EQ(1U, disks(fs).size());
}

TEST(MemoryFileSystemTest, RemovalMayBeLost) {
  MemoryFileSystem fs;
  write_file(fs, "/f", "x");
  fs.sync_all();
  fs.remove("/f");
  EXPECT_EQ((std::set<std::string>{"(missing)", "x"}), outcomes(fs, "/f"));
  write_file(fs, "/f", "y");
  EXPECT_TRUE(outcomes(fs, "/f").contains("x"));
  fs.sync_all();
  EXPECT_EQ((std::set<std::string>{"y"}), outcomes(fs, "/f"));
}

TEST(MemoryFileSystemTest, ChangesOfADirectoryAreIndependent) {
  MemoryFileSystem fs;
  for (const char* path : {"/a", "/b", "/c"}) fs.open(path, OpenMode::kCreateNew);
  EXPECT_EQ(8U, disks(fs).size());
  make_directories(fs, "/d");
  fs.open("/d/x", OpenMode::kCreateNew);
  EXPECT_EQ(2U, disks(fs).size());
}

TEST(MemoryFileSystemTest, LostFolderTakesItsFilesAlong) {
  MemoryFileSystem fs;
  fs.make_directory("/d");
  write_file(fs, "/d/f", "x");
  fs.open("/d/f", OpenMode::kAppend)->sync_data();
  fs.sync_directory("/d");
  EXPECT_EQ((std::set<std::string>{"(missing)", "x"}), outcomes(fs, "/d/f"));
}

TEST(MemoryFileSystemTest, FailedSyncLosesForGood) {
  MemoryFileSystem fs;
  write_file(fs, "/f", "0");
  fs.sync_all();
  const auto file = fs.open("/f", OpenMode::kAppend);
  file->append("abc");
  fs.lose_unsynced("/f");
  EXPECT_EQ("0abc", read_file(fs, "/f"));
  file->append("d");
  file->sync_data();
  EXPECT_EQ((std::set<std::string>{std::string("0\0\0\0d", 5)}), outcomes(fs, "/f"));
}

TEST(MemoryFileSystemTest, ImagesAreBoundedAndTheSameEachTime) {
  const auto run = [](std::uint64_t seed) {
    MemoryFileSystem fs;
    for (int i = 0; i < 8; ++i) write_file(fs, "/f" + std::to_string(i), std::string(100, 'x'));
    std::vector<std::string> all;
    for (const Image& image : fs.images_after_power_cut({.most = 50, .seed = seed})) {
      all.push_back(image.choices + "\n" + image.describe());
    }
    return all;
  };
  const std::vector<std::string> first = run(1);
  EXPECT_EQ(50U, first.size());
  EXPECT_EQ(first, run(1));
  EXPECT_NE(first, run(2));
  EXPECT_EQ(50U, std::set<std::string>(first.begin(), first.end()).size());
}

TEST(MemoryFileSystemTest, FirstImagesAreNothingAndEverything) {
  MemoryFileSystem fs;
  for (int i = 0; i < 8; ++i) write_file(fs, "/f" + std::to_string(i), "content");
  const auto images = fs.images_after_power_cut({.most = 2, .seed = 9});
  ASSERT_EQ(2U, images.size());
  EXPECT_EQ("/\n", images[0].describe());
  MemoryFileSystem after(images[1]);
  EXPECT_EQ(8U, after.list_directory("/").size());
  EXPECT_EQ("content", read_file(after, "/f7"));
}

TEST(MemoryFileSystemTest, LoadedImageIsDurable) {
  MemoryFileSystem fs;
  make_directories(fs, "/a/b");
  write_file(fs, "/a/b/f", "x");
  fs.set_modified("/a/b/f", 12'345);
  fs.sync_all();
  const auto images = fs.images_after_power_cut();
  ASSERT_EQ(1U, images.size());
  EXPECT_EQ("everything was synced", images[0].choices);
  MemoryFileSystem after(images[0]);
  EXPECT_EQ(12'345, after.stat("/a/b/f")->modified_ns);
  EXPECT_EQ(1U, after.stat("/a/b/f")->links);
  EXPECT_EQ(disks(fs), disks(after));
  write_file(after, "/a/b/f", "y");
  EXPECT_EQ("x", read_file(fs, "/a/b/f"));
}

TEST(MemoryFileSystemTest, Locks) {
  MemoryFileSystem fs;
  const auto a = fs.open_lock("/lock");
  auto b = fs.open_lock("/lock");
  const auto other = fs.open_lock("/other");
  ASSERT_TRUE(a->acquire(0));
  EXPECT_TRUE(other->acquire(0));
  EXPECT_FALSE(b->acquire(0));
  EXPECT_FALSE(b->acquire(20));
  EXPECT_EQ(Code::kMisuse, error_of([&] { a->acquire(0); }).code());
  std::thread releases([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    a->release();
  });
  EXPECT_TRUE(b->acquire(60'000));
  releases.join();
  b.reset();
  EXPECT_TRUE(a->acquire(0));
}

TEST(MemoryFileSystemTest, ThreadsMayUseItAtOnce) {
  MemoryFileSystem fs;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const auto file = fs.open("/f", OpenMode::kAppendCreate);
      const auto lock = fs.open_lock("/lock");
      for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(lock->acquire(60'000));
        file->append("x");
        file->sync_data();
        lock->release();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(800U, fs.stat("/f")->size);
}

}  // namespace
}  // namespace quipu::os::testing
