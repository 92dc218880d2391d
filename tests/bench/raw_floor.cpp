// The least that a durable append to a log costs: the same lines to a file in append mode, `write` and `fdatasync`.
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

#include "bench/competitor.h"
#include "bench/floors.h"

namespace bench {
namespace {

void write_durably(int file, std::string_view bytes) {
  const ssize_t written = ::write(file, bytes.data(), bytes.size());
  if (written != static_cast<ssize_t>(bytes.size())) throw std::system_error(errno, std::generic_category(), "write");
  if (::fdatasync(file) != 0) throw std::system_error(errno, std::generic_category(), "fdatasync");
}

class FloorSession final : public Session {
 public:
  FloorSession(int file, std::atomic<std::int64_t>& count, bool hashed) : file_(file), count_(count), hashed_(hashed) {}

  void put(const Prepared& record) override {
    if (hashed_) hasher_.hash(record.line);
    write_durably(file_, record.line);
    ++count_;
  }

  void put_many(std::span<const Prepared> records) override {
    buffer_.clear();
    for (const Prepared& record : records) {
      if (hashed_) hasher_.hash(record.line);
      buffer_ += record.line;
    }
    write_durably(file_, buffer_);
    count_ += static_cast<std::int64_t>(records.size());
  }

 private:
  int file_;
  std::atomic<std::int64_t>& count_;
  bool hashed_;
  Sha256 hasher_;
  std::string buffer_;
};

class RawFloor final : public Competitor {
 public:
  explicit RawFloor(bool hashed) : Competitor(hashed ? "raw append + SHA-256" : "raw append"), hashed_(hashed) {}
  ~RawFloor() override {
    if (file_ >= 0) ::close(file_);
  }

  void open(const std::filesystem::path& folder) override {
    const std::string path = (folder / "raw.log").string();
    file_ = ::open(path.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (file_ < 0) throw std::system_error(errno, std::generic_category(), path);
  }
  std::unique_ptr<Session> session() override { return std::make_unique<FloorSession>(file_, count_, hashed_); }
  std::int64_t count() override { return count_; }
  void close() override {
    ::close(file_);
    file_ = -1;
  }

 private:
  bool hashed_;
  int file_ = -1;
  std::atomic<std::int64_t> count_{0};
};

}  // namespace

std::unique_ptr<Competitor> make_raw_floor(Hashing hashing) {
  return std::make_unique<RawFloor>(hashing == Hashing::kSha256);
}

}  // namespace bench
