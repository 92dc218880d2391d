// The least that a durable append to a log costs: the same lines written to a file and synced, in some ways (competitor.h).
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "bench/competitor.h"
#include "bench/floors.h"

namespace bench {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

void write_durably(int file, std::string_view bytes) {
  if (::write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) fail("write");
  if (::fdatasync(file) != 0) fail("fdatasync");
}

// What several processes that append to one log cannot do without: a lock that the system takes back from the dead, and a
// look whether the log ends as this one left it.
class SharedLog {
 public:
  SharedLog(int file, int lock) : file_(file), lock_(lock), end_(end()) {}

  void write(std::string_view bytes) {
    if (::flock(lock_, LOCK_EX) != 0) fail("flock");
    if (end() != end_) throw std::runtime_error("the log has moved");
    write_durably(file_, bytes);
    end_.append(bytes.substr(bytes.size() - std::min(bytes.size(), kLook)));
    end_.erase(0, end_.size() - std::min(end_.size(), kLook));
    if (::flock(lock_, LOCK_UN) != 0) fail("flock");
  }

 private:
  static constexpr std::size_t kLook = 256;

  std::string end() const {
    struct stat info {};
    if (::fstat(file_, &info) != 0) fail("fstat");
    char bytes[kLook];
    const off_t from = std::max<off_t>(0, info.st_size - static_cast<off_t>(kLook));
    const ssize_t read = ::pread(file_, bytes, kLook, from);
    if (read < 0) fail("pread");
    return {bytes, static_cast<std::size_t>(read)};
  }

  int file_;
  int lock_;
  std::string end_;
};

// A file that is longer than what was written to it, opened without O_APPEND.
class RoomAhead {
 public:
  explicit RoomAhead(int file) : file_(file), room_(kRoom, '\n') {
    struct stat info {};
    if (::fstat(file, &info) != 0) fail("fstat");
    at_ = size_ = info.st_size;
  }

  void write(std::string_view bytes) {
    while (at_ + static_cast<off_t>(bytes.size()) > size_) {
      put(room_, size_);
      size_ += static_cast<off_t>(room_.size());
    }
    put(bytes, at_);
    if (::fdatasync(file_) != 0) fail("fdatasync");
    at_ += static_cast<off_t>(bytes.size());
  }

 private:
  static constexpr std::size_t kRoom = 64 << 10;

  void put(std::string_view bytes, off_t at) const {
    if (::pwrite(file_, bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size())) fail("pwrite");
  }

  int file_;
  std::string room_;
  off_t at_ = 0;
  off_t size_ = 0;
};

struct Files {
  int log = -1;
  int lock = -1;
};

class FloorSession final : public Session {
 public:
  FloorSession(const Files& files, std::atomic<std::int64_t>& count, Floor floor)
      : file_(files.log), count_(count), floor_(floor) {
    if (floor == Floor::kShared) shared_.emplace(files.log, files.lock);
    if (floor == Floor::kAhead) ahead_.emplace(files.log);
  }

  void put(const Prepared& record) override {
    if (floor_ == Floor::kHashed) hasher_.hash(record.line);
    write(record.line);
    ++count_;
  }

  void put_many(std::span<const Prepared> records) override {
    buffer_.clear();
    for (const Prepared& record : records) {
      if (floor_ == Floor::kHashed) hasher_.hash(record.line);
      buffer_ += record.line;
    }
    write(buffer_);
    count_ += static_cast<std::int64_t>(records.size());
  }

 private:
  void write(std::string_view bytes) {
    if (shared_) {
      shared_->write(bytes);
    } else if (ahead_) {
      ahead_->write(bytes);
    } else {
      write_durably(file_, bytes);
    }
  }

  int file_;
  std::atomic<std::int64_t>& count_;
  Floor floor_;
  std::optional<SharedLog> shared_;  // these two for one session only, which knows the end that it wrote
  std::optional<RoomAhead> ahead_;
  Sha256 hasher_;
  std::string buffer_;
};

std::string name_of(Floor floor) {
  switch (floor) {
    case Floor::kAppend:
      return "raw append";
    case Floor::kHashed:
      return "raw append + SHA-256";
    case Floor::kShared:
      return "raw append, lock and look";
    case Floor::kAhead:
      return "raw write over room made ahead";
  }
  return "";
}

class RawFloor final : public Competitor {
 public:
  explicit RawFloor(Floor floor) : Competitor(name_of(floor)), floor_(floor) {}
  ~RawFloor() override { close(); }

  void open(const std::filesystem::path& folder) override {
    const auto open_file = [](const std::filesystem::path& path, int flags) {
      const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | flags, 0600);
      if (file < 0) fail(path.c_str());
      return file;
    };
    files_.log = open_file(folder / "raw.log", floor_ == Floor::kAhead ? 0 : O_APPEND);
    if (floor_ == Floor::kShared) files_.lock = open_file(folder / "lock", 0);
  }
  std::unique_ptr<Session> session() override { return std::make_unique<FloorSession>(files_, count_, floor_); }
  std::int64_t count() override { return count_; }
  void close() override {
    for (int* const file : {&files_.log, &files_.lock}) {
      if (*file >= 0) ::close(*file);
      *file = -1;
    }
  }

 private:
  Floor floor_;
  Files files_;
  std::atomic<std::int64_t> count_{0};
};

}  // namespace

std::unique_ptr<Competitor> make_raw_floor(Floor floor) { return std::make_unique<RawFloor>(floor); }

}  // namespace bench
