#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <memory>

#include "os/file_system.h"
#include "os/native_file_lock.h"
#include "os/native_info.h"
#include "os/os_error.h"

namespace quipu::os {
namespace {

constexpr mode_t kFileMode = 0666;
constexpr mode_t kDirectoryMode = 0777;
constexpr int kMostLinks = 40;  // as the kernel follows at most

template <typename Call>
auto repeat_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

std::optional<FileInfo> info_at(const std::string& path, int flags) {
  check_path("stat", path);
  struct stat st {};
  if (::fstatat(AT_FDCWD, path.c_str(), &st, flags) == 0) return info_of(st);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw os_error("stat", path, errno);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  // A failed close says nothing that a sync has not said; and the descriptor is gone in any case.
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void take(int fd) { fd_ = fd; }

 private:
  int fd_;
};

class NativeFile final : public File {
 public:
  explicit NativeFile(std::string path) : fd_(-1), path_(std::move(path)) {}
  void take(int fd) { fd_.take(fd); }

  std::size_t read_at(std::uint64_t offset, std::span<char> out) override {
    if (offset > static_cast<std::uint64_t>(LLONG_MAX) - out.size()) throw os_error("read", path_, EINVAL);
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = repeat_interrupted(
          [&] { return ::pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done)); });
      if (n < 0) throw os_error("read", path_, errno).at_offset(static_cast<std::int64_t>(offset + done));
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  void append(std::string_view data) override {
    while (!data.empty()) {
      const ssize_t n = repeat_interrupted([&] { return ::write(fd_.get(), data.data(), data.size()); });
      if (n < 0) throw os_error("append to", path_, errno);
      if (n == 0) throw os_error("append to", path_, EIO);
      data.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  void sync_data() override {
    if (repeat_interrupted([&] { return ::fdatasync(fd_.get()); }) < 0) throw os_error("sync", path_, errno);
  }

  void truncate(std::uint64_t size) override {
    const auto target = static_cast<off_t>(size);
    if (target < 0) throw os_error("truncate", path_, EFBIG);
    if (repeat_interrupted([&] { return ::ftruncate(fd_.get(), target); }) < 0) {
      throw os_error("truncate", path_, errno);
    }
  }

  FileInfo info() override {
    struct stat st {};
    if (::fstat(fd_.get(), &st) < 0) throw os_error("stat", path_, errno);
    return info_of(st);
  }

 private:
  Descriptor fd_;
  std::string path_;
};

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadNoFollow:
      return O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    case OpenMode::kAppend:
      return O_RDWR | O_APPEND;
    case OpenMode::kAppendCreate:
      return O_RDWR | O_APPEND | O_CREAT;
    case OpenMode::kCreateNew:
      return O_RDWR | O_APPEND | O_CREAT | O_EXCL;
    case OpenMode::kCreateOrEmpty:
      return O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_NOFOLLOW;
  }
  return O_RDONLY;
}

std::string current_directory(const std::string& path) {
  std::array<char, PATH_MAX> buffer;
  if (::getcwd(buffer.data(), buffer.size()) == nullptr) throw os_error("make absolute", path, errno);
  return buffer.data();
}

// Puts the components of path on top of the stack, the first one uppermost.
void push_components(std::vector<std::string>& stack, std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    const std::string_view last = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!last.empty() && last != ".") stack.emplace_back(last);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
  }
}

class NativeFileSystem final : public FileSystem {
 public:
  NativeFileSystem() = default;

  std::unique_ptr<File> open(const std::string& path, OpenMode mode) override {
    check_path("open", path);
    auto file = std::make_unique<NativeFile>(path);  // before there is a descriptor that could be lost
    const int fd =
        repeat_interrupted([&] { return ::open(path.c_str(), flags_of(mode) | O_CLOEXEC | O_NOCTTY, kFileMode); });
    if (fd < 0) {
      Error error = os_error("open", path, errno);
      // To be refused reading is not what kReadOnly says.
      const bool reads = mode == OpenMode::kRead || mode == OpenMode::kReadNoFollow;
      if (reads && error.code() == Code::kReadOnly) error.as(Code::kIo);
      throw error;
    }
    file->take(fd);
    return file;
  }

  std::optional<FileInfo> stat(const std::string& path) override { return info_at(path, 0); }
  std::optional<FileInfo> stat_entry(const std::string& path) override { return info_at(path, AT_SYMLINK_NOFOLLOW); }

  void rename(const std::string& from, const std::string& to) override {
    check_path("rename", from);
    check_path("rename to", to);
    if (::rename(from.c_str(), to.c_str()) < 0) {
      const int number = errno;
      throw os_error("rename \"" + from + "\" to", to, number).at_path(from);
    }
  }

  void remove(const std::string& path) override {
    check_path("remove", path);
    if (::unlink(path.c_str()) == 0) return;
    if (errno == EISDIR && ::rmdir(path.c_str()) == 0) return;
    throw os_error("remove", path, errno);
  }

  void make_directory(const std::string& path) override {
    check_path("make directory", path);
    if (::mkdir(path.c_str(), kDirectoryMode) < 0) throw os_error("make directory", path, errno);
  }

  void sync_directory(const std::string& path) override {
    check_path("sync directory", path);
    const int fd = repeat_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) throw os_error("sync directory", path, errno);
    const Descriptor directory(fd);
    // EINVAL: the file system has no such operation for directories; there is nothing more that could be done there.
    if (repeat_interrupted([&] { return ::fsync(directory.get()); }) < 0 && errno != EINVAL) {
      throw os_error("sync directory", path, errno);
    }
  }

  std::vector<std::string> list_directory(const std::string& path) override {
    check_path("list directory", path);
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), ::closedir);
    if (directory == nullptr) throw os_error("list directory", path, errno);
    std::vector<std::string> names;
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) throw os_error("list directory", path, errno);
    std::sort(names.begin(), names.end());
    return names;
  }

  void set_modified(const std::string& path, std::int64_t modified_ns) override {
    check_path("set the modification time of", path);
    std::int64_t seconds = modified_ns / kNanosecondsPerSecond;
    std::int64_t rest = modified_ns % kNanosecondsPerSecond;
    if (rest < 0) {
      rest += kNanosecondsPerSecond;
      --seconds;
    }
    struct timespec times[2] = {};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_sec = static_cast<time_t>(seconds);
    times[1].tv_nsec = static_cast<long>(rest);
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) < 0) {
      throw os_error("set the modification time of", path, errno);
    }
  }

  std::unique_ptr<FileLock> open_lock(const std::string& path) override { return open_native_lock(path); }

  // Component by component, as realpath does; but what cannot be looked at (missing, forbidden, a ring of links) is
  // taken as it stands, so that the path of something yet to be made has an absolute form too.
  std::string absolute(const std::string& path) override {
    check_path("make absolute", path);
    std::vector<std::string> pending;
    push_components(pending, path);
    if (path.front() != '/') push_components(pending, current_directory(path));
    std::string result;
    int links = 0;
    while (!pending.empty()) {
      const std::string component = std::move(pending.back());
      pending.pop_back();
      if (component == "..") {
        result.erase(result.empty() ? 0 : result.rfind('/'));
        continue;
      }
      const std::string next = result + "/" + component;
      std::array<char, PATH_MAX> target;
      const ssize_t n = links < kMostLinks ? ::readlink(next.c_str(), target.data(), target.size()) : -1;
      if (n <= 0) {
        result = next;
        continue;
      }
      ++links;
      if (target[0] == '/') result.clear();
      push_components(pending, std::string_view(target.data(), static_cast<std::size_t>(n)));
    }
    return result.empty() ? "/" : result;
  }
};

}  // namespace

FileSystem& native_file_system() {
  // Never destroyed: stores may still be open while static objects are torn down.
  static NativeFileSystem* const instance = new NativeFileSystem();
  return *instance;
}

}  // namespace quipu::os
