#include "os/native_file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "base/fork.h"
#include "os/native_info.h"
#include "os/os_error.h"
#include "os/timed_lock.h"

namespace quipu::os {
namespace {

using Clock = std::chrono::steady_clock;

// flock wakes those who wait for it at each release, and whoever runs first gets it: mostly the process that has just released
// it and comes back at once. So a process that comes back within kGap leaves the lock alone now and then if others wait.
//
// That others wait shows in a sign: who waits in flock has a shared record lock on the first byte of the lock file, which
// flock does not see, and which goes with its process.
//
// Still, all who wait would be woken by each commit of another, mostly in vain; and a process that writes on and on would lose
// the lock, now to one and now to another of them, when it has hardly begun. So they stand in a queue: they wait for their
// turn, an exclusive record lock on the second byte, and only the one whose turn it is waits in flock. It does so when it has
// done what can be done beforehand; the process before it goes on until then. A process that comes back at once keeps its turn
// while it has the lock, for a slice of time: nobody waits in flock then.
//
// Signs and turns are hints and no more; what excludes is flock alone. A process that was stopped while it has the turn holds
// up others for kLongestTurn, once: then they wait in flock as if there were no turns, until that process goes on or is gone.
//
// Where file systems mix the two kinds of lock up (NFS and its like), there are neither. A process that comes back at once
// leaves the lock alone for kGap after each slice; the attempt after that tells whether anybody waited, and the next slice is
// twice as long if nobody did.
constexpr auto kGap = std::chrono::microseconds(100);
constexpr auto kLook = std::chrono::microseconds(200);  // how often it is looked for signs
constexpr auto kShortestSlice = std::chrono::milliseconds(4);
constexpr auto kLongestSlice = std::chrono::milliseconds(32);
constexpr auto kLongestTurn = std::chrono::milliseconds(250);
// A process keeps its turn if it mostly came back at once: each time counts one up to kMostQuick, each other time halves that.
// It does not keep it beyond as many times in a row as it came back before it last did not.
constexpr int kQuickEnough = 4;
constexpr int kMostQuick = 8;

constexpr std::int64_t kLongestWaitMs = std::int64_t{1000} * 60 * 60 * 24 * 365;

constexpr off_t kSign = 0;
constexpr off_t kTurn = 1;

int record_lock(int fd, int command, short type, off_t byte) {
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  while (::fcntl(fd, command, &range) < 0) {
    if (errno != EINTR) return errno == EACCES ? EAGAIN : errno;
  }
  return 0;
}

bool sees_sign_of_others(int fd) {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = kSign;
  range.l_len = 1;
  return ::fcntl(fd, F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
}

int take_flock(int fd, int operation) {
  while (::flock(fd, operation) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

constexpr LockKind kFlock{
    [](int fd) { return take_flock(fd, LOCK_EX); },
    [](int fd) { return take_flock(fd, LOCK_EX | LOCK_NB); },
    [](int fd) { ::flock(fd, LOCK_UN); },
};

constexpr LockKind kFlockWithSign{
    [](int fd) {
      const bool sign = record_lock(fd, F_OFD_SETLK, F_RDLCK, kSign) == 0;
      const int failure = take_flock(fd, LOCK_EX);
      if (sign) record_lock(fd, F_OFD_SETLK, F_UNLCK, kSign);
      return failure;
    },
    kFlock.try_take,
    kFlock.give_back,
};

constexpr LockKind kTurnLock{
    [](int fd) { return record_lock(fd, F_OFD_SETLKW, F_WRLCK, kTurn); },
    [](int fd) { return record_lock(fd, F_OFD_SETLK, F_WRLCK, kTurn); },
    [](int fd) { record_lock(fd, F_OFD_SETLK, F_UNLCK, kTurn); },
};

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

class NativeFileLock final : public FileLock {
 public:
  NativeFileLock(std::shared_ptr<LockFile> file, std::string path)
      : file_(std::move(file)),
        path_(std::move(path)),
        process_(fork_generation()),
        signs_(has_signs(file_->fd)),
        lock_(file_, signs_ ? kFlockWithSign : kFlock),
        turn_(file_, kTurnLock) {}

  ~NativeFileLock() override {
    if (process_ != fork_generation()) {
      // A forked child: the threads are not here, a mutex may be held by one for ever, and unlocking would release the
      // parent's lock. Closing the child's copy of the descriptor does not.
      ::close(file_->fd);
      file_->fd = -1;
      return;
    }
    lock_.end(held_);
    turn_.end(false);
  }

  bool acquire(std::int64_t wait_ms) override {
    if (held_) throw Error(Code::kMisuse, "the lock is held already").at_path(path_);
    if (process_ != fork_generation()) throw Error(Code::kMisuse, "the lock belongs to another process").at_path(path_);
    const auto began = Clock::now();
    const auto deadline = began + std::chrono::milliseconds(std::clamp<std::int64_t>(wait_ms, 0, kLongestWaitMs));
    came_back_ = began - released_ < kGap;
    held_ = signs_ ? acquire_in_turn(began, deadline) : acquire_alone(began, deadline);
    return held_;
  }

  void release() override {
    if (!held_) return;
    held_ = false;
    if (process_ != fork_generation()) return;  // in a forked child it is the parent's
    lock_.give_back();
    released_ = Clock::now();
    if (keeps_turn_) turn_.rest(released_);
  }

  FileInfo info() override {
    struct stat st {};
    if (::fstat(file_->fd, &st) < 0) throw os_error("stat", path_, errno);
    return info_of(st);
  }

 private:
  bool acquire_in_turn(Clock::time_point began, Clock::time_point deadline) {
    const bool may_wait = deadline > began;
    if (came_back_) {
      quick_ = std::min(quick_ + 1, kMostQuick);
      ++row_;
    } else {
      quick_ /= 2;
      last_row_ = std::exchange(row_, 1);
    }
    if (keeps_turn_) keeps_turn_ = turn_.go_on();
    if (keeps_turn_) {
      const bool got = try_once() || (may_wait && wait_until(deadline));
      if (row_ == last_row_) {
        turn_.give_back();
        keeps_turn_ = false;
      }
      return got;
    }
    if (!came_back_) next_look_ = began + kLook;  // it was free long enough for anybody who waited
    if (may_wait && began >= next_look_) {
      next_look_ = began + kLook;
      if (sees_sign_of_others(file_->fd)) return wait_for_turn(began, deadline, true);
    }
    return try_once() || (may_wait && wait_for_turn(began, deadline, false));
  }

  // First the turn, then the lock. gives_way: it is to be left alone for kGap at least.
  bool wait_for_turn(Clock::time_point began, Clock::time_point deadline, bool gives_way) {
    bool has_turn = false;
    if (turn_.start() == 0 && !turn_.is_waiting()) {
      const Clock::duration patience = std::min<Clock::duration>(kLongestTurn, (deadline - began) / 2);
      has_turn = turn_.try_take() == 0 || turn_.take_until(began + patience) == 0;
    }
    bool got = false;
    try {
      if (gives_way && Clock::now() - began < kGap) std::this_thread::sleep_for(kGap);
      if (meanwhile_) meanwhile_();
      got = try_once() || wait_until(deadline);
    } catch (...) {
      if (has_turn) turn_.give_back();
      throw;
    }
    next_look_ = Clock::now() + (has_turn ? Clock::duration(kLook) : kShortestSlice);
    keeps_turn_ = has_turn && got && quick_ >= kQuickEnough && row_ != last_row_;
    if (keeps_turn_) {
      turn_.keep(Clock::now() + kShortestSlice, kGap);
    } else if (has_turn) {
      turn_.give_back();
    }
    return got;
  }

  bool acquire_alone(Clock::time_point began, Clock::time_point deadline) {
    const bool may_wait = deadline > began;
    bool gave_way = false;
    if (!came_back_) {
      slice_began_ = began;
    } else if (may_wait && began - slice_began_ >= slice_) {
      std::this_thread::sleep_for(kGap);
      gave_way = true;
    }
    const bool at_once = try_once();
    bool got = at_once;
    if (!at_once && may_wait) {
      if (meanwhile_) meanwhile_();
      got = wait_until(deadline);
    }
    if (gave_way && at_once) slice_ = std::min<Clock::duration>(slice_ * 2, kLongestSlice);
    if (!at_once) slice_ = kShortestSlice;
    if (gave_way || !at_once) slice_began_ = Clock::now();
    return got;
  }

  bool try_once() {
    const int failure = lock_.try_take();
    if (failure != 0 && failure != EWOULDBLOCK) throw os_error("lock", path_, failure);
    return failure == 0;
  }

  bool wait_until(Clock::time_point deadline) {
    const int no_thread = lock_.start();
    if (no_thread != 0) throw os_error("start a thread to lock", path_, no_thread);
    const int failure = lock_.take_until(deadline);
    if (failure != 0 && failure != ETIMEDOUT) throw os_error("lock", path_, failure);
    return failure == 0;
  }

  std::shared_ptr<LockFile> file_;
  std::string path_;
  std::uint64_t process_;  // fork_generation() of the one that made it
  const bool signs_;
  TimedLock lock_;
  TimedLock turn_;
  bool held_ = false;
  Clock::time_point released_;
  bool came_back_ = false;  // the last acquire came at once after the release before it

  // With signs:
  bool keeps_turn_ = false;  // and has not seen yet that its slice is over
  int quick_ = 0;
  std::int64_t row_ = 0;
  std::int64_t last_row_ = 0;
  Clock::time_point next_look_;

  // Without:
  Clock::time_point slice_began_;
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
  std::shared_ptr<LockFile> file;
  try {
    file = std::make_shared<LockFile>(fd);
  } catch (...) {
    ::close(fd);
    throw;
  }
  return std::make_unique<NativeFileLock>(std::move(file), path);
}

}  // namespace quipu::os
