#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace quipu_cli {

namespace {

[[noreturn]] void fail(const char* action, const std::string& path) {
  throw std::runtime_error(std::string("cannot ") + action + " \"" + path + "\": " + std::strerror(errno));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

bool file_exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

std::string read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail("read", path);
  std::string content;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got == 0) return content;
    if (got > 0) {
      content.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      fail("read", path);
    }
  }
}

void replace_file(const std::string& path, const std::string& content) {
  struct stat before;
  const mode_t mode = ::stat(path.c_str(), &before) == 0 ? before.st_mode & 07777 : 0666;
  const std::string scratch = path + ".quipu-new";
  try {
    const Descriptor file(::open(scratch.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode));
    if (file.get() < 0) fail("write", scratch);
    for (std::size_t done = 0; done < content.size();) {
      const ssize_t wrote = ::write(file.get(), content.data() + done, content.size() - done);
      if (wrote >= 0) {
        done += static_cast<std::size_t>(wrote);
      } else if (errno != EINTR) {
        fail("write", scratch);
      }
    }
    if (::fsync(file.get()) != 0) fail("write", scratch);
    if (::rename(scratch.c_str(), path.c_str()) != 0) fail("replace", path);
  } catch (...) {
    ::unlink(scratch.c_str());
    throw;
  }
}

}  // namespace quipu_cli
