// chronostore/notice.h - what a store tells about its files: damage it stepped over, and what it did about it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace quipu::chronostore {

struct Notice {
  const char* code;  // one word, see docs/ERRORS.md
  std::string file;
  std::int64_t line = 0;
  std::int64_t offset = -1;
  std::int64_t seq = -1;
  std::string message;
};

// Keeps the first kLimit and counts the rest. Threads: free.
class NoticeBoard {
 public:
  static constexpr std::size_t kLimit = 10000;

  void add(Notice notice);
  std::vector<Notice> all() const;  // with one more that counts what was dropped, if anything was

 private:
  mutable std::mutex mutex_;
  std::vector<Notice> notices_;
  std::size_t dropped_ = 0;
};

}  // namespace quipu::chronostore
