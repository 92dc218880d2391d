// base/error.h - the one exception type of the core, and the codes it carries.
//
// The core throws quipu::Error for every failure a caller can see. The C API turns it into a quipu_status and a
// quipu_error. The numbers are those of quipu_status in capi/include/quipu/error.h and are frozen.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace quipu {

enum class Code : int {
  kOk = 0,
  kInvalid = 1,
  kNotFound = 2,
  kExists = 3,
  kConflict = 4,
  kBusy = 5,
  kIo = 6,
  kFull = 7,
  kCorrupt = 8,
  kBrokenChain = 9,
  kNotAStore = 10,
  kTooNew = 11,
  kReadOnly = 12,
  kClosed = 13,
  kPoisoned = 14,
  kMisuse = 15,
  kUnsupported = 16,
  kCancelled = 17,
  kTimeout = 18,
  kNoMemory = 19,
  kInternal = 20,
  kQuota = 21,
  kConstraint = 22,
  kUnauthenticated = 23,
  kForbidden = 24,
};

// Message style: one line, lower-case start, no full stop, values quoted: `cannot open "a/b": permission denied`.
class Error : public std::exception {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  Error& at_path(std::string path) {
    path_ = std::move(path);
    return *this;
  }
  Error& at_line(std::int64_t line) {
    line_ = line;
    return *this;
  }
  Error& at_offset(std::int64_t offset) {
    offset_ = offset;
    return *this;
  }
  Error& at_seq(std::int64_t seq) {
    seq_ = seq;
    return *this;
  }
  // The lower layer's own code and text: errno for files.
  Error& because(std::int64_t backend_code, std::string backend_text) {
    backend_code_ = backend_code;
    backend_text_ = std::move(backend_text);
    return *this;
  }
  // Puts what the upper layer was doing in front: "cannot append event: <message>".
  Error& while_doing(std::string_view what) {
    message_.insert(0, std::string(what) + ": ");
    return *this;
  }
  // Replaces the code, keeps everything else: used where a layer knows better what a failure means.
  Error& as(Code code) {
    code_ = code;
    return *this;
  }

  // For where the layer below knows better than the code says whether the same call may succeed later.
  Error& retryable_if(bool retryable) {
    retryable_ = retryable;
    return *this;
  }

  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& path() const { return path_; }
  std::int64_t line() const { return line_; }      // counted from 1; 0 = not given
  std::int64_t offset() const { return offset_; }  // bytes from the start of the file; -1 = not given
  std::int64_t seq() const { return seq_; }        // -1 = not given
  std::int64_t backend_code() const { return backend_code_; }
  const std::string& backend_text() const { return backend_text_; }
  bool retryable() const { return retryable_.value_or(code_ == Code::kBusy || code_ == Code::kTimeout); }

  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Code code_;
  std::string message_;
  std::string path_;
  std::int64_t line_ = 0;
  std::int64_t offset_ = -1;
  std::int64_t seq_ = -1;
  std::int64_t backend_code_ = 0;
  std::string backend_text_;
  std::optional<bool> retryable_;
};

}  // namespace quipu
