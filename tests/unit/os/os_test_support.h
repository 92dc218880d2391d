// What the tests of core/os share: expected errors, other processes.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "os/file_system.h"
#include "support/errors.h"
#include "support/temporary_folder.h"

namespace quipu::os {

using test::code_in_child;
using test::error_of;
using test::TemporaryFolder;

void write_file(FileSystem& fs, const std::string& path, std::string_view content);

// How many wait for flock on the file, and for a record lock on it, as /proc/locks lists them.
struct BlockedLocks {
  int flocks = 0;
  int turns = 0;
};
BlockedLocks blocked_locks(const std::string& path);

// This test program run again as another process; os_test_main.cpp lists what it can do then.
class Helper {
 public:
  explicit Helper(std::vector<std::string> arguments);
  ~Helper();
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

  std::string read_line();
  void write_line(const std::string& line) const;
  void send(int signal) const;
  void stop() const;  // SIGSTOP; returns when no thread of it runs any more
  void wait_until_stopped() const;
  int wait();  // exit code, or minus the signal that ended it
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
};

}  // namespace quipu::os
