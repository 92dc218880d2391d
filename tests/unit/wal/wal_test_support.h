// unit/wal/wal_test_support.h - logs made line by line, in a file system in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "os/testing/memory_file_system.h"
#include "wal/event.h"

namespace quipu::wal {

// Lines of a sound log, numbered from 1.
class LogMaker {
 public:
  std::string line(std::string_view label, std::int64_t batch = kNoBatch) {
    const std::string record = "{\"id\": \"a\", \"label\": \"" + std::string(label) + "\"}";
    std::string out;
    writer_->write({"upsert", "\"a\"", record, record}, "2026-03-02T08:00:00Z", batch, out);
    return out;
  }
  void skip_to(std::int64_t seq) {
    const std::string last_hash_json = writer_->last_hash_json();
    writer_.emplace(seq - 1, last_hash_json, 0);
  }
  const LineWriter& writer() const { return *writer_; }

 private:
  std::optional<LineWriter> writer_{std::in_place, 0, "\"\"", 0};
};

inline std::unique_ptr<os::File> file_of(os::testing::MemoryFileSystem& fs, std::string_view content) {
  auto file = fs.open("/log", os::OpenMode::kCreateOrEmpty);
  file->append(content);
  return fs.open("/log", os::OpenMode::kRead);
}

}  // namespace quipu::wal
