// handles.h - handles of the C API that free themselves, and its errors as exceptions.
#pragma once

#include <quipu/quipu.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace quipu_cli {

// A call of the library failed; the program answers 1.
class LibraryError : public std::runtime_error {
 public:
  LibraryError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  int code() const { return code_; }

 private:
  int code_;
};

// Calls fn(err) and throws what it failed with.
template <typename Fn>
void call(Fn&& fn) {
  quipu_error* error = nullptr;
  const quipu_status status = fn(&error);
  if (status == QUIPU_OK) return;
  std::size_t length = 0;
  const char* const text = quipu_error_message(error, &length);
  const std::string message(text, length);
  quipu_error_free(error);
  throw LibraryError(status, message);
}

template <typename T, void (*kFree)(T*)>
struct Freed {
  void operator()(T* handle) const { kFree(handle); }
};
template <typename T, void (*kFree)(T*)>
using Handle = std::unique_ptr<T, Freed<T, kFree>>;

using Store = Handle<quipu_memorystore, quipu_memorystore_free>;
using Transport = Handle<quipu_transport, quipu_transport_free>;
using Syncer = Handle<quipu_syncer, quipu_syncer_free>;
using Issues = Handle<quipu_syncissuecursor, quipu_syncissuecursor_free>;

// A handle made by fn(out, err).
template <typename Made, typename Fn>
Made make(Fn&& fn) {
  typename Made::pointer handle = nullptr;
  call([&](quipu_error** err) { return fn(&handle, err); });
  return Made(handle);
}

// The text that fn(out, out_len, err) gives.
template <typename Fn>
std::string text_from(Fn&& fn) {
  char* text = nullptr;
  std::size_t length = 0;
  call([&](quipu_error** err) { return fn(&text, &length, err); });
  std::string copy(text, length);
  quipu_free(text);
  return copy;
}

// A borrowed text of a value.
template <typename Getter, typename Value>
std::string get(Getter getter, const Value& value) {
  std::size_t length = 0;
  const char* const text = getter(value.get(), &length);
  return std::string(text, length);
}

}  // namespace quipu_cli
