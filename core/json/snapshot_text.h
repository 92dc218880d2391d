// json/snapshot_text.h - from snapshot spelling to log spelling, without parsing: the line breaks and indents between tokens
// go. Whether the result is right is for an ExactReader (exact.h) to say.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace quipu::json {

class SnapshotText {
 public:
  enum class Found { kValue, kCut, kOther };

  // Takes the value that stands at the beginning of `text`. kCut: it does not end within the text. kOther: it is laid out in
  // another way. kPadding bytes must be readable behind the text.
  Found read(std::string_view text);

  std::size_t size() const { return size_; }  // of the value in the text
  // In log spelling; kPadding readable bytes stand behind it. Valid until the next read.
  std::string_view log_text() const { return {out_.get(), out_size_}; }

 private:
  std::unique_ptr<char[]> out_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::size_t out_size_ = 0;
};

}  // namespace quipu::json
