#include "os/native_file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/fork.h"
#include "os/os_error.h"

namespace quipu::os {
namespace {

using Clock = std::chrono::steady_clock;

// flock wakes all waiters when it is released, and whoever runs first gets it: mostly the process that has just released
// it and comes back at once. So a process that comes back within kGap, and whose slice is over, leaves the lock alone for
// kGap if others wait.
//
// That others wait shows in a sign: who waits in flock has a shared record lock on the first byte of the lock file, which
// flock does not see, and which goes with its process. It is a hint and no more. Where file systems mix the two kinds of
// lock up (NFS and its like), there are no signs: the attempt after the gap tells whether anybody waited, and the next
// slice is twice as long if nobody did.
constexpr auto kGap = std::chrono::microseconds(100);
constexpr auto kShortestSlice = std::chrono::milliseconds(4);
constexpr auto kLongestSlice = std::chrono::milliseconds(32);

constexpr std::int64_t kLongestWaitMs = std::int64_t{1000} * 60 * 60 * 24 * 365;

bool set_sign(int fd, short type) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_len = 1;
  return ::fcntl(fd, F_OFD_SETLK, &range) == 0;
}

bool sees_sign_of_others(int fd) {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_len = 1;
  return ::fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

// Whether the file system is known to keep flock and record locks apart.
bool has_signs(int fd) {
  struct statfs about {};
  if (::fstatfs(fd, &about) < 0) return false;
  switch (static_cast<std::uint32_t>(about.f_type)) {
    case 0xEF53:      // ext2, ext3, ext4
    case 0x58465342:  // XFS
    case 0x9123683E:  // Btrfs
    case 0xF2F52010:  // F2FS
    case 0x2FC12FC1:  // ZFS
    case 0x01021994:  // tmpfs
    case 0x794C7630:  // overlayfs
      return true;
    default:
      return false;
  }
}

// What the waiting thread shares with the lock. It outlives the lock while the thread is blocked in flock.
struct Waiting {
  explicit Waiting(int descriptor) : fd(descriptor), signs(has_signs(descriptor)) {}
  ~Waiting() {
    if (fd >= 0) ::close(fd);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  int fd;
  const bool signs;
  std::mutex mutex;
  std::condition_variable to_thread;
  std::condition_variable to_caller;
  bool pending = false;  // the thread is asked to take the lock, or is blocked in flock
  bool wanted = false;   // a caller waits for the outcome
  bool granted = false;  // the thread took the lock for the caller
  bool closing = false;
  int failure = 0;  // errno
};

int lock_blocking(int fd) {
  for (;;) {
    if (::flock(fd, LOCK_EX) == 0) return 0;
    if (errno != EINTR) return errno;
  }
}

void unlock(int fd) { ::flock(fd, LOCK_UN); }

void wait_for_locks(const std::shared_ptr<Waiting>& shared) {
  std::unique_lock guard(shared->mutex);
  for (;;) {
    shared->to_thread.wait(guard, [&] { return shared->closing || shared->pending; });
    if (shared->closing) return;
    guard.unlock();
    const bool sign = shared->signs && set_sign(shared->fd, F_RDLCK);
    const int failure = lock_blocking(shared->fd);
    if (sign) set_sign(shared->fd, F_UNLCK);
    guard.lock();
    shared->pending = false;
    if (shared->wanted && !shared->closing) {
      shared->granted = failure == 0;
      shared->failure = failure;
      shared->to_caller.notify_one();
    } else if (failure == 0) {
      unlock(shared->fd);
    }
  }
}

// A thread of the library takes no signal meant for the program: they are blocked before it exists.
void start_thread(const std::shared_ptr<Waiting>& shared, const std::string& path) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failure = 0;
  try {
    std::thread(wait_for_locks, shared).detach();
  } catch (const std::system_error& e) {
    failure = e.code().value();
  } catch (...) {
    failure = ENOMEM;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failure != 0) throw os_error("start a thread to lock", path, failure);
}

class NativeFileLock final : public FileLock {
 public:
  NativeFileLock(std::shared_ptr<Waiting> shared, std::string path)
      : shared_(std::move(shared)), path_(std::move(path)), process_(fork_generation()) {}

  ~NativeFileLock() override {
    if (process_ != fork_generation()) {
      // A forked child: the thread is not here, the mutex may be held by it for ever, and unlocking would release the
      // parent's lock. Closing the child's copy of the descriptor does not.
      ::close(shared_->fd);
      shared_->fd = -1;
      return;
    }
    const std::lock_guard guard(shared_->mutex);
    if (held_) unlock(shared_->fd);
    shared_->closing = true;
    shared_->to_thread.notify_one();
  }

  bool acquire(std::int64_t wait_ms) override {
    if (held_) throw Error(Code::kMisuse, "the lock is held already").at_path(path_);
    if (process_ != fork_generation()) throw Error(Code::kMisuse, "the lock belongs to another process").at_path(path_);
    const auto began = Clock::now();
    const auto deadline = began + std::chrono::milliseconds(std::clamp<std::int64_t>(wait_ms, 0, kLongestWaitMs));
    const bool gave_way = wait_ms > 0 && give_way(began);
    held_ = try_once() || wait_until(deadline, wait_ms > 0);
    if (gave_way && !contended_ && !shared_->signs) slice_ = std::min<Clock::duration>(slice_ * 2, kLongestSlice);
    if (contended_) slice_ = kShortestSlice;
    if (gave_way || contended_) slice_began_ = Clock::now();
    return held_;
  }

  void release() override {
    if (!held_) return;
    if (process_ == fork_generation()) unlock(shared_->fd);  // in a forked child it is the parent's
    held_ = false;
    released_ = Clock::now();
  }

 private:
  bool give_way(Clock::time_point now) {
    if (now - released_ >= kGap) {
      slice_began_ = now;  // it was free long enough for anybody who waited
      return false;
    }
    if (now - slice_began_ < slice_) return false;
    if (shared_->signs && !sees_sign_of_others(shared_->fd)) {
      slice_began_ = now;
      return false;
    }
    std::this_thread::sleep_for(kGap);
    return true;
  }

  bool try_once() {
    contended_ = true;
    const std::lock_guard guard(shared_->mutex);
    if (shared_->pending) return false;  // an earlier wait, given up, still stands: it will be taken over
    while (::flock(shared_->fd, LOCK_EX | LOCK_NB) < 0) {
      if (errno == EWOULDBLOCK) return false;
      if (errno != EINTR) throw os_error("lock", path_, errno);
    }
    contended_ = false;
    return true;
  }

  bool wait_until(Clock::time_point deadline, bool may_wait) {
    if (!may_wait) return false;
    if (!has_thread_) {
      start_thread(shared_, path_);
      has_thread_ = true;
    }
    std::unique_lock guard(shared_->mutex);
    if (!shared_->pending) {
      shared_->pending = true;
      shared_->to_thread.notify_one();
    }
    shared_->wanted = true;
    shared_->to_caller.wait_until(guard, deadline, [&] { return !shared_->pending; });
    shared_->wanted = false;
    const bool granted = std::exchange(shared_->granted, false);
    const int failure = std::exchange(shared_->failure, 0);
    if (failure != 0) throw os_error("lock", path_, failure);
    return granted;
  }

  std::shared_ptr<Waiting> shared_;
  std::string path_;
  std::uint64_t process_;  // fork_generation() of the one that made it
  bool held_ = false;
  bool has_thread_ = false;
  bool contended_ = false;  // the last acquire found the lock taken
  Clock::time_point slice_began_;
  Clock::time_point released_;
  Clock::duration slice_ = kShortestSlice;
};

}  // namespace

std::unique_ptr<FileLock> open_native_lock(const std::string& path) {
  check_path("open", path);
  int fd = -1;
  do {
    fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) throw os_error("open", path, errno);
  std::shared_ptr<Waiting> shared;
  try {
    shared = std::make_shared<Waiting>(fd);
  } catch (...) {
    ::close(fd);
    throw;
  }
  return std::make_unique<NativeFileLock>(std::move(shared), path);
}

}  // namespace quipu::os
