// The queue of those who wait for a native lock: one of them at a time, whose turn it is, waits in flock. It must stay a matter
// of speed, whatever becomes of a process that has the turn.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "os/native_file_lock.h"
#include "os_test_support.h"

namespace quipu::os {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::int64_t kLong = 30'000;
constexpr off_t kSignByte = 0;
constexpr off_t kTurnByte = 1;

std::int64_t ms_since(Clock::time_point began) {
  return std::chrono::duration_cast<milliseconds>(Clock::now() - began).count();
}

bool comes_true(const std::function<bool()>& condition) {
  for (const auto began = Clock::now(); ms_since(began) < 10'000;) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return false;
}

class NativeLockTurns : public testing::Test {
 protected:
  void SetUp() override {
    struct statfs about {};
    ASSERT_EQ(0, ::fstatfs(probe_, &about));
    const std::set<std::uint32_t> with_turns{0xEF53, 0x58465342, 0x9123683E, 0x01021994, 0x794C7630};
    if (!with_turns.contains(static_cast<std::uint32_t>(about.f_type)) || ::access("/proc/locks", R_OK) != 0) {
      GTEST_SKIP() << "no turns on the file system of the temporary folder, or no /proc/locks to see them in";
    }
  }
  void TearDown() override { ::close(probe_); }

  std::unique_ptr<FileLock> open() const { return open_native_lock(path_); }
  BlockedLocks blocked() const { return blocked_locks(path_); }

  // Whether anybody but the probe has a record lock on that byte.
  bool is_locked(off_t byte) const {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_start = byte;
    range.l_len = 1;
    EXPECT_EQ(0, ::fcntl(probe_, F_OFD_GETLK, &range));
    return range.l_type != F_UNLCK;
  }

  // The probe takes the turn, or gives it back: as a process would that is stopped at a bad moment.
  bool lock_turn(short type) const {
    struct flock range {};
    range.l_type = type;
    range.l_start = kTurnByte;
    range.l_len = 1;
    return ::fcntl(probe_, F_OFD_SETLK, &range) == 0;
  }

  bool is_free() const {
    if (::flock(probe_, LOCK_EX | LOCK_NB) != 0) return false;
    ::flock(probe_, LOCK_UN);
    return true;
  }

  // Takes the lock while somebody else has it for a moment; answers how many milliseconds that took.
  std::int64_t contend(FileLock& held, FileLock& lock) {
    EXPECT_TRUE(held.acquire(kLong));
    std::thread releases([&] {
      std::this_thread::sleep_for(milliseconds(2));
      held.release();
    });
    const auto began = Clock::now();
    EXPECT_TRUE(lock.acquire(kLong));
    const std::int64_t took = ms_since(began);
    lock.release();
    releases.join();
    return took;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "lock";
  int probe_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
};

// A queue stands only as long as nobody in it loses patience: on a busy machine it may take several attempts to see one whole.
TEST_F(NativeLockTurns, OneWaitsInFlockAndTheOthersForTheirTurn) {
  constexpr int kWaiting = 4;
  constexpr int kAttempts = 50;
  const std::vector<int> in_order{0, 1, 2, 3};
  const auto lock = open();
  bool seen = false;
  for (int attempt = 0; attempt < kAttempts && !seen; ++attempt) {
    std::mutex mutex;
    std::vector<int> order;
    std::vector<std::thread> threads;
    bool queues = true;
    ASSERT_TRUE(lock->acquire(kLong));
    for (int i = 0; i < kWaiting; ++i) {
      threads.emplace_back([&, i] {
        const auto waiting = open();
        EXPECT_TRUE(waiting->acquire(kLong));
        {
          const std::lock_guard guard(mutex);
          order.push_back(i);
        }
        waiting->release();
      });
      for (const auto began = Clock::now(); queues; std::this_thread::yield()) {
        const BlockedLocks now = blocked();
        if (now.flocks == 1 && now.turns == i) break;
        queues = ms_since(began) < 200;
      }
    }
    EXPECT_TRUE(is_locked(kSignByte) || !queues);
    lock->release();
    for (std::thread& thread : threads) thread.join();
    seen = queues && order == in_order;
  }
  EXPECT_TRUE(seen);
  EXPECT_TRUE(comes_true([&] { return !is_locked(kTurnByte) && !is_locked(kSignByte); }));
}

TEST_F(NativeLockTurns, KilledProcessGivesUpItsTurn) {
  const auto lock = open();
  ASSERT_TRUE(lock->acquire(0));
  Helper first({"--hold", path_});
  ASSERT_TRUE(comes_true([&] { return blocked().flocks == 1; }));
  Helper second({"--hold", path_});
  ASSERT_TRUE(comes_true([&] { return blocked().turns == 1; }));
  first.send(SIGKILL);
  EXPECT_EQ(-SIGKILL, first.wait());
  EXPECT_TRUE(comes_true([&] { return blocked().flocks == 1 && blocked().turns == 0; }));
  lock->release();
  EXPECT_EQ("held", second.read_line());
}

TEST_F(NativeLockTurns, StoppedProcessHoldsUpOthersOnce) {
  const auto lock = open();
  ASSERT_TRUE(lock->acquire(0));
  Helper other({"--hold", path_});
  ASSERT_TRUE(comes_true([&] { return blocked().flocks == 1; }));
  other.stop();
  lock->release();
  ASSERT_TRUE(is_locked(kTurnByte));
  const auto a = open();
  const auto b = open();
  const auto began = Clock::now();
  for (int round = 0; round < 100; ++round) {
    contend(*a, *b);
    contend(*b, *a);
  }
  EXPECT_LT(ms_since(began), 100 * 100) << "it is waited for the turn again and again";
  EXPECT_TRUE(is_locked(kTurnByte));
  other.send(SIGCONT);
  EXPECT_EQ("held", other.read_line());
  other.write_line("go");
  EXPECT_EQ("released", other.read_line());
  EXPECT_TRUE(comes_true([&] { return !is_locked(kTurnByte); })) << "waits that were given up keep no turn";
  contend(*a, *b);
}

// Takes and releases the lock without a pause, so that another process can keep its turn.
class Competitor {
 public:
  explicit Competitor(std::unique_ptr<FileLock> lock)
      : thread_([this, lock = std::move(lock)] {
          while (!enough_) {
            EXPECT_TRUE(lock->acquire(kLong));
            lock->release();
            ++times_;
          }
        }) {}
  ~Competitor() {
    enough_ = true;
    thread_.join();
  }
  int times() const { return times_; }

 private:
  std::atomic<bool> enough_{false};
  std::atomic<int> times_{0};
  std::thread thread_;
};

// Stopped between two of its acquires, with its turn kept for the next one: the lock itself is free.
TEST_F(NativeLockTurns, ProcessStoppedWhileItKeepsItsTurnHoldsUpOthersOnce) {
  Helper other({"--keep", path_, "stop"});
  {
    Competitor competitor(open());
    bool kept = false;
    for (const auto began = Clock::now(); !kept && ms_since(began) < 10'000;) {
      ASSERT_EQ("kept", other.read_line());
      other.wait_until_stopped();
      kept = blocked().turns == 1 && is_free();  // not, if its time was over just then
      if (!kept) other.send(SIGCONT);
    }
    EXPECT_TRUE(kept);
    const int before = competitor.times();
    EXPECT_TRUE(comes_true([&] { return competitor.times() > before + 10; }));
  }
  EXPECT_TRUE(is_locked(kTurnByte));
  const auto a = open();
  const auto b = open();
  const auto began = Clock::now();
  for (int round = 0; round < 100; ++round) contend(*a, *b);
  EXPECT_LT(ms_since(began), 100 * 100) << "it is waited for the turn again and again";
  other.send(SIGKILL);
  EXPECT_EQ(-SIGKILL, other.wait());
  EXPECT_TRUE(comes_true([&] { return !is_locked(kTurnByte); }));
}

TEST_F(NativeLockTurns, TurnIsNotKeptByWhoDoesNotComeBack) {
  Helper other({"--keep", path_, "rest"});
  for (int round = 0; round < 3; ++round) {
    {
      Competitor competitor(open());
      ASSERT_EQ("kept", other.read_line());
      const int before = competitor.times();
      EXPECT_TRUE(comes_true([&] { return competitor.times() > before + 10; }));
    }
    EXPECT_TRUE(comes_true([&] { return !is_locked(kTurnByte); }));
    other.write_line("go");
  }
}

TEST_F(NativeLockTurns, WaitsEndInTimeWhereTheTurnNeverComes) {
  ASSERT_TRUE(lock_turn(F_WRLCK));
  const auto a = open();
  const auto b = open();
  ASSERT_TRUE(a->acquire(kLong));
  for (const int wait_ms : {0, 1, 50, 300}) {
    const auto began = Clock::now();
    EXPECT_FALSE(b->acquire(wait_ms));
    EXPECT_GE(ms_since(began), wait_ms);
    EXPECT_LT(ms_since(began), wait_ms + 5'000);
  }
  a->release();
  const auto c = open();
  EXPECT_LT(contend(*a, *c), 10'000);
  // With little time too, half of it is for the lock itself.
  const auto d = open();
  ASSERT_TRUE(a->acquire(kLong));
  std::thread releases([&] {
    std::this_thread::sleep_for(milliseconds(5));
    a->release();
  });
  EXPECT_TRUE(d->acquire(2'000));
  releases.join();
}

TEST_F(NativeLockTurns, ForkedChildKeepsNoTurnFromAnybody) {
  const auto a = open();
  const auto b = open();
  ASSERT_TRUE(a->acquire(kLong));
  std::thread waits([&] {
    EXPECT_TRUE(b->acquire(kLong));
    b->release();
  });
  EXPECT_TRUE(comes_true([&] { return blocked().flocks == 1; }));
  const pid_t child = ::fork();  // with a copy of the descriptor by which b has its turn
  if (child == 0) {
    ::alarm(60);
    ::pause();
    ::_exit(0);
  }
  a->release();
  waits.join();
  EXPECT_TRUE(comes_true([&] { return !is_locked(kTurnByte) && !is_locked(kSignByte); }));
  ::kill(child, SIGKILL);
  int status = 0;
  EXPECT_EQ(child, ::waitpid(child, &status, 0));
}

TEST_F(NativeLockTurns, WorkIsDoneBeforeTheWait) {
  const auto a = open();
  const auto b = open();
  std::atomic<int> done{0};
  b->set_meanwhile([&] { ++done; });
  ASSERT_TRUE(b->acquire(kLong));
  b->release();
  EXPECT_EQ(0, done);
  ASSERT_TRUE(a->acquire(kLong));
  EXPECT_FALSE(b->acquire(0));
  EXPECT_EQ(0, done);
  std::thread waits([&] { EXPECT_TRUE(b->acquire(kLong)); });
  EXPECT_TRUE(comes_true([&] { return done == 1; }));
  EXPECT_TRUE(comes_true([&] { return blocked().flocks == 1; }));
  a->release();
  waits.join();
  EXPECT_EQ(1, done);
  b->release();
}

// What goes wrong in it does not cost others their turn.
TEST_F(NativeLockTurns, WorkThatFailsGivesTheTurnBack) {
  const auto a = open();
  const auto b = open();
  b->set_meanwhile([] { throw Error(Code::kIo, "work that failed"); });
  ASSERT_TRUE(a->acquire(kLong));
  EXPECT_EQ(Code::kIo, error_of([&] { b->acquire(kLong); }).code());
  EXPECT_FALSE(is_locked(kTurnByte));
  a->release();
}

}  // namespace
}  // namespace quipu::os
