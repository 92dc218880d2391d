#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>

#include "os/file_system.h"
#include "os/paths.h"
#include "os_test_support.h"

namespace quipu::os {
namespace {

class NativeFileSystemTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  FileSystem& fs_ = native_file_system();
};

TEST_F(NativeFileSystemTest, AppendsReadsAndTruncates) {
  const std::string path = folder_ / "file";
  const auto file = fs_.open(path, OpenMode::kAppendCreate);
  file->append("hello ");
  file->append("");
  file->append("world");
  file->sync_data();
  EXPECT_EQ(11U, file->info().size);
  std::string buffer(5, '.');
  EXPECT_EQ(5U, file->read_at(6, buffer));
  EXPECT_EQ("world", buffer);
  buffer.assign(20, '.');
  EXPECT_EQ(4U, file->read_at(7, buffer));
  EXPECT_EQ("orld", buffer.substr(0, 4));
  EXPECT_EQ(0U, file->read_at(11, buffer));
  EXPECT_EQ(0U, file->read_at(1'000'000, buffer));
  file->truncate(5);
  file->append("!");
  EXPECT_EQ("hello!", read_file(fs_, path));
}

TEST_F(NativeFileSystemTest, AppendGoesToTheEndWhoeverWroteLast) {
  const std::string path = folder_ / "file";
  const auto a = fs_.open(path, OpenMode::kAppendCreate);
  const auto b = fs_.open(path, OpenMode::kAppend);
  a->append("1");
  b->append("2");
  a->append("3");
  EXPECT_EQ("123", read_file(fs_, path));
}

TEST_F(NativeFileSystemTest, OpenModes) {
  const std::string path = folder_ / "file";
  EXPECT_EQ(Code::kNotFound, error_of([&] { fs_.open(path, OpenMode::kRead); }).code());
  EXPECT_EQ(Code::kNotFound, error_of([&] { fs_.open(path, OpenMode::kAppend); }).code());
  EXPECT_FALSE(fs_.stat(path));
  fs_.open(path, OpenMode::kCreateNew)->append("one");
  EXPECT_EQ(Code::kExists, error_of([&] { fs_.open(path, OpenMode::kCreateNew); }).code());
  fs_.open(path, OpenMode::kAppendCreate)->append(" two");
  EXPECT_EQ("one two", read_file(fs_, path));
  const auto read_only = fs_.open(path, OpenMode::kRead);
  EXPECT_EQ(Code::kIo, error_of([&] { read_only->append("x"); }).code());
  EXPECT_EQ(Code::kIo, error_of([&] { read_only->truncate(0); }).code());
  fs_.open(path, OpenMode::kCreateOrEmpty);
  EXPECT_EQ("", read_file(fs_, path));
}

TEST_F(NativeFileSystemTest, NewFilesObeyTheUmask) {
  const mode_t before = ::umask(027);
  fs_.open(folder_ / "file", OpenMode::kAppendCreate);
  fs_.make_directory(folder_ / "folder");
  fs_.open_lock(folder_ / "lock");
  ::umask(before);
  const auto mode = [&](const char* name) {
    return static_cast<unsigned>(std::filesystem::status(folder_ / name).permissions());
  };
  EXPECT_EQ(0640U, mode("file"));
  EXPECT_EQ(0750U, mode("folder"));
  EXPECT_EQ(0640U, mode("lock"));
}

TEST_F(NativeFileSystemTest, NothingIsInheritedByOtherPrograms) {
  const auto file = fs_.open(folder_ / "file", OpenMode::kAppendCreate);
  const auto lock = fs_.open_lock(folder_ / "lock");
  int seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (!std::filesystem::read_symlink(entry.path(), gone).string().starts_with(folder_.path())) continue;
    EXPECT_NE(0, ::fcntl(std::stoi(entry.path().filename()), F_GETFD) & FD_CLOEXEC);
    ++seen;
  }
  EXPECT_EQ(2, seen);
}

TEST_F(NativeFileSystemTest, InfoTellsReplacementAndRemoval) {
  const std::string path = folder_ / "file";
  const auto file = fs_.open(path, OpenMode::kAppendCreate);
  const FileInfo before = file->info();
  EXPECT_EQ(1U, before.links);
  EXPECT_TRUE(before.is_regular);
  EXPECT_EQ(before.inode, fs_.stat(path)->inode);
  EXPECT_EQ(before.device, fs_.stat(path)->device);
  write_file(fs_, folder_ / "other", "other");
  fs_.rename(folder_ / "other", path);
  EXPECT_EQ(0U, file->info().links);
  EXPECT_NE(before.inode, fs_.stat(path)->inode);
  fs_.remove(path);
  EXPECT_FALSE(fs_.stat(path));
  EXPECT_FALSE(fs_.stat(path + "/below"));
}

TEST_F(NativeFileSystemTest, StatEntryDoesNotFollowLinks) {
  write_file(fs_, folder_ / "file", "12345");
  std::filesystem::create_symlink("file", folder_ / "link");
  std::filesystem::create_symlink("nowhere", folder_ / "dangling");
  std::filesystem::create_directory_symlink(folder_.path(), folder_ / "folder");
  EXPECT_EQ(fs_.stat(folder_ / "file")->inode, fs_.stat_entry(folder_ / "file")->inode);
  EXPECT_FALSE(fs_.stat_entry(folder_ / "file")->is_link);
  for (const char* name : {"link", "dangling", "folder"}) {
    const std::optional<FileInfo> entry = fs_.stat_entry(folder_ / name);
    ASSERT_TRUE(entry) << name;
    EXPECT_TRUE(entry->is_link && !entry->is_regular && !entry->is_directory) << name;
  }
  EXPECT_TRUE(fs_.stat(folder_ / "link")->is_regular);
  EXPECT_FALSE(fs_.stat(folder_ / "link")->is_link);
  EXPECT_EQ(5U, fs_.stat_entry(folder_ / "folder/file")->size);  // the last component alone is not followed
  EXPECT_FALSE(fs_.stat_entry(folder_ / "missing"));
  EXPECT_FALSE(fs_.stat_entry(folder_ / "file/below"));
}

TEST_F(NativeFileSystemTest, ReadNoFollowRefusesLinksAndDoesNotWait) {
  write_file(fs_, folder_ / "file", "12345");
  std::string buffer(9, '.');
  EXPECT_EQ(5U, fs_.open(folder_ / "file", OpenMode::kReadNoFollow)->read_at(0, buffer));
  EXPECT_EQ(Code::kNotFound, error_of([&] { fs_.open(folder_ / "missing", OpenMode::kReadNoFollow); }).code());
  for (const char* target : {"file", "nowhere"}) {
    const std::string link = folder_ / (std::string("link to ") + target);
    std::filesystem::create_symlink(target, link);
    const Error error = error_of([&] { fs_.open(link, OpenMode::kReadNoFollow); });
    EXPECT_EQ(Code::kIo, error.code());
    EXPECT_EQ(ELOOP, error.backend_code());
  }
  ASSERT_EQ(0, ::mkfifo((folder_ / "pipe").c_str(), 0600));
  EXPECT_FALSE(fs_.open(folder_ / "pipe", OpenMode::kReadNoFollow)->info().is_regular);
  EXPECT_TRUE(fs_.open(folder_.path(), OpenMode::kReadNoFollow)->info().is_directory);
}

TEST_F(NativeFileSystemTest, CreateOrEmptyDoesNotEmptyWhatALinkPointsTo) {
  write_file(fs_, folder_ / "precious", "12345");
  std::filesystem::create_symlink("precious", folder_ / "scratch");
  EXPECT_EQ(ELOOP, error_of([&] { fs_.open(folder_ / "scratch", OpenMode::kCreateOrEmpty); }).backend_code());
  EXPECT_EQ("12345", read_file(fs_, folder_ / "precious"));
}

TEST_F(NativeFileSystemTest, Directories) {
  const std::string path = folder_ / "folder";
  fs_.make_directory(path);
  EXPECT_TRUE(fs_.stat(path)->is_directory);
  EXPECT_EQ(Code::kExists, error_of([&] { fs_.make_directory(path); }).code());
  for (const char* name : {"b", "a", "\xc3\xa9", "Z", ".hidden"}) write_file(fs_, join(path, name), "");
  EXPECT_EQ((std::vector<std::string>{".hidden", "Z", "a", "b", "\xc3\xa9"}), fs_.list_directory(path));
  fs_.sync_directory(path);
  EXPECT_EQ(ENOTEMPTY, error_of([&] { fs_.remove(path); }).backend_code());
  for (const std::string& name : fs_.list_directory(path)) fs_.remove(join(path, name));
  fs_.remove(path);
  EXPECT_FALSE(fs_.stat(path));
  EXPECT_EQ(Code::kNotFound, error_of([&] { fs_.list_directory(path); }).code());
  EXPECT_EQ(Code::kNotFound, error_of([&] { fs_.sync_directory(path); }).code());
}

TEST_F(NativeFileSystemTest, ModificationTime) {
  const std::string path = folder_ / "file";
  write_file(fs_, path, "");
  for (const std::int64_t ns : {std::int64_t{1'700'000'000'123'456'789}, std::int64_t{0}, std::int64_t{-1}}) {
    fs_.set_modified(path, ns);
    EXPECT_EQ(ns, fs_.stat(path)->modified_ns);
  }
}

TEST_F(NativeFileSystemTest, ErrorsNameWhatWasTried) {
  const std::string path = folder_ / "missing";
  const Error error = error_of([&] { fs_.open(path, OpenMode::kRead); });
  EXPECT_EQ("cannot open \"" + path + "\": No such file or directory", error.message());
  EXPECT_EQ(path, error.path());
  EXPECT_EQ(ENOENT, error.backend_code());
  EXPECT_EQ("No such file or directory", error.backend_text());
  const Error renamed = error_of([&] { fs_.rename(path, path + "2"); });
  EXPECT_EQ("cannot rename \"" + path + "\" to \"" + path + "2\": No such file or directory", renamed.message());
}

TEST_F(NativeFileSystemTest, RefusedPaths) {
  write_file(fs_, folder_ / "file", "");
  const std::string nul = folder_ / std::string("a\0b", 3);
  const std::string component = folder_ / std::string(300, 'x');
  const std::string whole = folder_.path() + std::string(5000, '/') + "x";
  for (const std::string& path : {std::string(), nul, component, whole}) {
    const std::function<void()> calls[] = {
        [&] { fs_.open(path, OpenMode::kRead); },
        [&] { fs_.open(path, OpenMode::kAppendCreate); },
        [&] { fs_.stat(path); },
        [&] { fs_.rename(path, folder_ / "y"); },
        [&] { fs_.rename(folder_ / "file", path); },
        [&] { fs_.remove(path); },
        [&] { fs_.make_directory(path); },
        [&] { fs_.sync_directory(path); },
        [&] { fs_.list_directory(path); },
        [&] { fs_.set_modified(path, 0); },
        [&] { make_directories(fs_, path); },
    };
    int number = 0;
    for (const auto& call : calls) {
      EXPECT_EQ(Code::kInvalid, error_of(call).code()) << "call " << number++ << ", path of " << path.size();
    }
  }
  EXPECT_EQ(Code::kInvalid, error_of([&] { fs_.absolute(""); }).code());
  EXPECT_EQ(Code::kInvalid, error_of([&] { fs_.absolute(nul); }).code());
  EXPECT_EQ(std::string::npos, error_of([&] { fs_.stat(nul); }).message().find('\0'));
  EXPECT_EQ((std::vector<std::string>{"file"}), fs_.list_directory(folder_.path()));
}

TEST_F(NativeFileSystemTest, FileWhereAFolderShouldBe) {
  write_file(fs_, folder_ / "file", "");
  EXPECT_EQ(Code::kNotFound, error_of([&] { fs_.open(folder_ / "file/x", OpenMode::kAppendCreate); }).code());
  EXPECT_EQ(Code::kNotFound, error_of([&] { fs_.list_directory(folder_ / "file"); }).code());
  EXPECT_EQ(Code::kIo, error_of([&] { fs_.open(folder_.path(), OpenMode::kAppend); }).code());
  const auto directory = fs_.open(folder_.path(), OpenMode::kRead);
  std::string buffer(4, '.');
  EXPECT_EQ(EISDIR, error_of([&] { directory->read_at(0, buffer); }).backend_code());
}

TEST_F(NativeFileSystemTest, FullDisk) {
  const auto full = fs_.open("/dev/full", OpenMode::kAppend);
  const Error error = error_of([&] { full->append("x"); });
  EXPECT_EQ(Code::kFull, error.code());
  EXPECT_EQ(ENOSPC, error.backend_code());
  EXPECT_EQ("cannot append to \"/dev/full\": No space left on device", error.message());
}

// The kernel writes what still fits, and refuses the rest: a short write, then the failure.
TEST_F(NativeFileSystemTest, ShortWriteThenFull) {
  const std::string path = folder_ / "file";
  EXPECT_EQ(Code::kFull, code_in_child([&] {
              ::signal(SIGXFSZ, SIG_IGN);
              const rlimit limit{100, 100};
              ::setrlimit(RLIMIT_FSIZE, &limit);
              const auto file = fs_.open(path, OpenMode::kAppendCreate);
              file->append(std::string(60, 'a'));
              file->append(std::string(60, 'b'));
            }));
  EXPECT_EQ(std::string(60, 'a') + std::string(40, 'b'), read_file(fs_, path));
}

TEST_F(NativeFileSystemTest, NoPermission) {
  const std::string path = folder_ / "file";
  write_file(fs_, path, "x");
  ASSERT_EQ(0, ::chmod(path.c_str(), 0444));
  const std::string secret = folder_ / "secret";
  write_file(fs_, secret, "x");
  ASSERT_EQ(0, ::chmod(secret.c_str(), 0));
  ASSERT_EQ(0, ::chmod(folder_.path().c_str(), 0555));
  const auto as_nobody = [](const std::function<void()>& call) {
    return code_in_child([&] {
      if (::geteuid() == 0 && ::setuid(65534) != 0) throw Error(Code::kInternal, "setuid");
      call();
    });
  };
  EXPECT_EQ(Code::kOk, as_nobody([&] { fs_.open(path, OpenMode::kRead); }));
  EXPECT_EQ(Code::kIo, as_nobody([&] { fs_.open(secret, OpenMode::kRead); }));
  EXPECT_EQ(Code::kReadOnly, as_nobody([&] { fs_.open(path, OpenMode::kAppend); }));
  EXPECT_EQ(Code::kReadOnly, as_nobody([&] { fs_.open(folder_ / "new", OpenMode::kAppendCreate); }));
  EXPECT_EQ(Code::kReadOnly, as_nobody([&] { fs_.make_directory(folder_ / "new"); }));
  EXPECT_EQ(Code::kReadOnly, as_nobody([&] { fs_.rename(path, folder_ / "new"); }));
  EXPECT_EQ(Code::kReadOnly, as_nobody([&] { fs_.remove(path); }));
  EXPECT_EQ(Code::kReadOnly, as_nobody([&] { fs_.open_lock(folder_ / "lock"); }));
  EXPECT_EQ(Code::kReadOnly, as_nobody([&] { replace_file(fs_, path, path + ".tmp", "y"); }));
  ASSERT_EQ(0, ::chmod(folder_.path().c_str(), 0755));
  EXPECT_EQ("x", read_file(fs_, path));
}

TEST_F(NativeFileSystemTest, ReadOnlyMedium) {
  const std::string path = folder_ / "mount";
  fs_.make_directory(path);
  const auto on_read_only = [&](const std::function<void()>& call) {
    return code_in_child([&] {
      if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
          ::mount("none", path.c_str(), "tmpfs", 0, nullptr) != 0) {
        throw Error(Code::kUnsupported, "");
      }
      write_file(fs_, path + "/file", "x");
      if (::mount("none", path.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
        throw Error(Code::kUnsupported, "");
      }
      call();
    });
  };
  if (on_read_only([] {}) == Code::kUnsupported) GTEST_SKIP() << "this user may not mount anything";
  EXPECT_EQ(Code::kOk, on_read_only([&] { read_file(fs_, path + "/file"); }));
  EXPECT_EQ(Code::kReadOnly, on_read_only([&] { fs_.open(path + "/file", OpenMode::kAppend); }));
  EXPECT_EQ(Code::kReadOnly, on_read_only([&] { fs_.open(path + "/new", OpenMode::kAppendCreate); }));
  EXPECT_EQ(Code::kReadOnly, on_read_only([&] { fs_.open_lock(path + "/lock"); }));
  EXPECT_EQ(Code::kReadOnly, on_read_only([&] { fs_.open_lock(path + "/file"); }));
  EXPECT_EQ(Code::kReadOnly, on_read_only([&] { fs_.make_directory(path + "/folder"); }));
  EXPECT_EQ(Code::kReadOnly, on_read_only([&] { fs_.remove(path + "/file"); }));
  EXPECT_EQ(Code::kReadOnly, on_read_only([&] { fs_.set_modified(path + "/file", 0); }));
}

// A pipe that is slowly emptied: the write blocks, and a timer interrupts it all the time.
TEST_F(NativeFileSystemTest, InterruptedWritesGoOn) {
  const std::string path = folder_ / "pipe";
  ASSERT_EQ(0, ::mkfifo(path.c_str(), 0600));
  constexpr std::size_t kSize = std::size_t{1} << 20;
  std::atomic<std::size_t> received{0};
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &alarm, nullptr);  // the reader is not to be interrupted
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  std::thread empties([&] {
    std::string buffer(16 * 1024, '.');
    while (received < kSize) {
      std::this_thread::sleep_for(std::chrono::microseconds(500));
      const ssize_t n = ::read(reader, buffer.data(), buffer.size());
      if (n > 0) received += static_cast<std::size_t>(n);
    }
  });
  pthread_sigmask(SIG_UNBLOCK, &alarm, nullptr);
  struct sigaction action {};
  struct sigaction before {};
  static std::atomic<int> interruptions;
  action.sa_handler = [](int) { ++interruptions; };  // without SA_RESTART
  ::sigaction(SIGALRM, &action, &before);
  const itimerval often{{0, 200}, {0, 200}};
  ::setitimer(ITIMER_REAL, &often, nullptr);
  fs_.open(path, OpenMode::kAppend)->append(std::string(kSize, 'x'));
  const itimerval never{};
  ::setitimer(ITIMER_REAL, &never, nullptr);
  empties.join();
  ::sigaction(SIGALRM, &before, nullptr);
  ::close(reader);
  EXPECT_EQ(kSize, received);
  EXPECT_GT(interruptions, 0);
}

TEST_F(NativeFileSystemTest, Absolute) {
  namespace stdfs = std::filesystem;
  fs_.make_directory(folder_ / "real");
  fs_.make_directory(folder_ / "real/deep");
  stdfs::create_symlink(folder_ / "real", folder_ / "absolute_link");
  stdfs::create_symlink("real/deep", folder_ / "relative_link");
  stdfs::create_symlink("ring", folder_ / "ring");
  stdfs::create_symlink("nowhere", folder_ / "dangling");
  const struct {
    const char* path;
    const char* expected;
  } cases[] = {
      {"", ""},
      {"/real", "/real"},
      {"/real/", "/real"},
      {"//real//deep/.", "/real/deep"},
      {"/real/deep/..", "/real"},
      {"/absolute_link/deep", "/real/deep"},
      {"/relative_link", "/real/deep"},
      {"/relative_link/..", "/real"},
      {"/relative_link/new/file", "/real/deep/new/file"},
      {"/missing/a/../b", "/missing/b"},
      {"/missing/../relative_link/x", "/real/deep/x"},
      {"/dangling/x", "/nowhere/x"},
      {"/ring/x", "/ring/x"},
  };
  for (const auto& c : cases) EXPECT_EQ(folder_.path() + c.expected, fs_.absolute(folder_.path() + c.path)) << c.path;
  EXPECT_EQ("/", fs_.absolute("/"));
  EXPECT_EQ("/", fs_.absolute("/../.."));
  const stdfs::path before = stdfs::current_path();
  stdfs::current_path(folder_ / "relative_link");
  EXPECT_EQ(folder_ / "real/deep", fs_.absolute("."));
  EXPECT_EQ(folder_ / "real/x", fs_.absolute("../x"));
  stdfs::current_path(before);
  EXPECT_EQ(6U, fs_.list_directory(folder_.path()).size() + 1) << "absolute touches nothing";
}

}  // namespace
}  // namespace quipu::os
