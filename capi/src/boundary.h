// boundary.h - what stands between the C functions and the core: every exception becomes a status and an error object, and
// results go into memory that quipu_free() releases.
#pragma once

#include <quipu/base.h>
#include <quipu/error.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct quipu_error {
  int code = 0;
  std::string message;
  bool retryable = false;
  std::string path;
  std::int64_t line = 0;
  std::int64_t offset = -1;
  std::int64_t seq = -1;
  std::int64_t backend_code = 0;
  std::string backend_message;
};

namespace quipu::capi {

// Thrown through the core when a function of the caller failed: its code and error are handed on as they are.
class CallerFailure {
 public:
  // error: taken over; may be null.
  CallerFailure(int code, quipu_error* error);
  int code() const { return code_; }
  quipu_error* release() const;  // once; null if there is none

 private:
  struct Held;
  int code_;
  std::shared_ptr<Held> held_;  // freed with the last copy, should nobody report it
};

// Counters of quipu_debug_count().
void count_handle(int change);
void count_stale_call();

// True for the error that stands for "memory is out", which is not freed.
bool is_static_error(const quipu_error* error);

// The status of the exception being handled; *err receives its error, if err is not null. Call in a catch block.
quipu_status report_exception(quipu_error** err) noexcept;

// The shape of every function that can fail.
template <typename Fn>
quipu_status guarded_call(quipu_error** err, Fn&& fn) noexcept {
  try {
    fn();
    return QUIPU_OK;
  } catch (...) {
    return report_exception(err);
  }
}

[[noreturn]] void misuse(const char* what);

// Sets out parameters to NULL or 0, before anything can fail. Each may be null.
template <typename... T>
void clear_outs(T*... outs) {
  const auto clear = [](auto* out) {
    if (out != nullptr) *out = {};
  };
  (clear(outs), ...);
}

// An out parameter that must be there.
template <typename T>
void need_out(const T* out) {
  if (out == nullptr) misuse("an out parameter is NULL");
}

// Bytes that are not UTF-8 become U+FFFD: a message must be text, wherever it comes from.
std::string as_utf8(std::string_view text);

// (pointer, length) as a view; UTF-8 is checked. (NULL, 0) is the empty text.
std::string_view text_in(const char* text, std::size_t len, const char* what);
std::string_view bytes_in(const void* data, std::size_t len);

// Copies into fresh memory. len may be null.
void give_text(std::string_view text, char** out, std::size_t* len);
void give_bytes(std::string_view bytes, std::uint8_t** out, std::size_t* len);

}  // namespace quipu::capi
