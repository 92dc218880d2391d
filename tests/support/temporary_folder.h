// support/temporary_folder.h - a project folder for one test.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <system_error>

namespace quipu::test {

// A fresh folder of the real file system, removed with all it holds; kept, and named, when the test has failed, also by an
// exception.
class TemporaryFolder {
 public:
  TemporaryFolder() : TemporaryFolder(std::filesystem::temp_directory_path()) {}
  explicit TemporaryFolder(const std::filesystem::path& place) {
    std::string name = (place / "quipu-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
    path_ = std::filesystem::canonical(name).string();
  }
  ~TemporaryFolder() {
    if (testing::Test::HasFailure() || std::uncaught_exceptions() > 0) {
      std::printf("The folder of the test is kept: %s\n", path_.c_str());
      return;
    }
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  // Of the store in it.
  std::string log() const { return *this / ".chronomemory/events.wal"; }
  std::string snapshot() const { return *this / ".chronomemory/snapshot.json"; }

 private:
  std::string path_;
};

// Where much is synced and nothing has to last: in memory, if there is such a place.
inline std::filesystem::path place_in_memory() {
  return access("/dev/shm", W_OK) == 0 ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
}

}  // namespace quipu::test
