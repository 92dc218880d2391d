// The main of this test program. Run by Helper, it is another process that uses a lock:
//
//   --hold PATH                   takes the lock, says "held", keeps it until a line comes in, says "released"
//   --count PATH COUNTER TIMES    adds 1 to the number in the file COUNTER, TIMES times, each time under the lock
//   --compete PATH MS HOLD_US     takes and releases the lock for MS milliseconds; says "<times> <longest wait in ms>"
//   --keep PATH stop|rest         takes and releases the lock until others wait for their turn while it has it; says "kept",
//                                 releases it, and is stopped at once, or waits for a line; begins anew; ends if that does
//                                 not come to pass within 20 s
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "os/file_system.h"
#include "os/paths.h"
#include "os_test_support.h"

namespace {

using Clock = std::chrono::steady_clock;
using quipu::os::FileLock;
using quipu::os::FileSystem;

constexpr std::int64_t kLong = 60'000;

int hold(FileSystem& fs, char** argument) {
  const auto lock = fs.open_lock(argument[0]);
  if (!lock->acquire(kLong)) return 1;
  std::cout << "held" << std::endl;
  std::string line;
  std::getline(std::cin, line);
  lock->release();
  std::cout << "released" << std::endl;
  return 0;
}

int count(FileSystem& fs, char** argument) {
  const auto lock = fs.open_lock(argument[0]);
  for (int left = std::stoi(argument[2]); left > 0; --left) {
    if (!lock->acquire(kLong)) return 1;
    const int value = std::stoi(quipu::os::read_file(fs, argument[1]));
    fs.open(argument[1], quipu::os::OpenMode::kCreateOrEmpty)->append(std::to_string(value + 1));
    lock->release();
  }
  return 0;
}

int compete(FileSystem& fs, char** argument) {
  const auto lock = fs.open_lock(argument[0]);
  const auto end = Clock::now() + std::chrono::milliseconds(std::stoi(argument[1]));
  const auto held = std::chrono::microseconds(std::stoi(argument[2]));
  long times = 0;
  Clock::duration longest{};
  for (auto before = Clock::now(); before < end; before = Clock::now()) {
    if (!lock->acquire(kLong)) return 1;
    const auto now = Clock::now();
    longest = std::max(longest, now - before);
    while (Clock::now() < now + held) {
    }
    lock->release();
    ++times;
  }
  std::cout << times << ' ' << std::chrono::duration_cast<std::chrono::milliseconds>(longest).count() << std::endl;
  return 0;
}

int keep(FileSystem& fs, char** argument) {
  const auto lock = fs.open_lock(argument[0]);
  const bool stops = std::string(argument[1]) == "stop";
  for (auto began = Clock::now(); Clock::now() - began < std::chrono::seconds(20);) {
    if (!lock->acquire(kLong)) return 1;
    const bool kept = quipu::os::blocked_locks(argument[0]).turns > 0;
    if (kept) std::cout << "kept" << std::endl;
    lock->release();
    if (!kept) continue;
    if (stops) raise(SIGSTOP);
    std::string line;
    if (!stops && !std::getline(std::cin, line)) return 0;
    began = Clock::now();
  }
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  FileSystem& fs = quipu::os::native_file_system();
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "--hold" && argc == 3) return hold(fs, argv + 2);
  if (what == "--count" && argc == 5) return count(fs, argv + 2);
  if (what == "--compete" && argc == 5) return compete(fs, argv + 2);
  if (what == "--keep" && argc == 4) return keep(fs, argv + 2);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
