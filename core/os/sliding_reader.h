// os/sliding_reader.h - reads a part of a file from front to back, through a window that holds no more than its reader needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "os/file_system.h"

namespace quipu::os {

class SlidingReader {
 public:
  static constexpr std::size_t kPadding = 64;

  // Reads from the byte `offset` up to `limit`, or the end of the file if that comes first. chunk: bytes read at once.
  SlidingReader(File& file, std::uint64_t offset, std::uint64_t limit, std::size_t chunk = 256 << 10)
      : file_(file), next_(offset), limit_(limit), chunk_(chunk) {}

  // Starts again at another place of the file, with the memory it has.
  void restart(std::uint64_t offset, std::uint64_t limit) {
    next_ = offset;
    limit_ = limit;
    begin_ = end_ = 0;
  }

  // What was read and is not used up; kPadding zero bytes stand behind it. Valid until the next call of the others.
  std::string_view window() const { return {bytes_.get() + begin_, end_ - begin_}; }

  // Makes the window longer by a chunk. False if nothing comes behind the window then.
  bool read_more();
  // Takes bytes off the front of the window.
  void use(std::size_t count) { begin_ += count; }

 private:
  File& file_;
  std::uint64_t next_;  // the first byte behind the window
  std::uint64_t limit_;
  std::size_t chunk_;
  std::unique_ptr<char[]> bytes_;  // not a string, which would write zeros before each read
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace quipu::os
