// The C++ side of the C# package: structs that cross by value, the way an error gets to C#, and the mark of functions that
// C# calls without SWIG. The C# side of each is in bindings/csharp/Quipu/Runtime.
#pragma once

#include <cstdint>
#include <new>

#include "glue.hpp"

#define QUIPU_CSHARP_EXPORT extern "C" __attribute__((visibility("default")))

extern "C" {

// Text or bytes in either direction: NativeView in C#. Out of the library it owns a buffer of quipu_alloc.
struct qg_view {
  void* p;
  std::intptr_t n;
};

// A function of C# with its context: NativeCallback in C#.
struct qg_callback {
  void* fn;
  void* user;
};

// All that an error says: NativeError in C#, field by field. Borrowed for the call that hands it over.
struct qg_error {
  std::int64_t code;
  std::int64_t retryable;
  std::int64_t line;
  std::int64_t offset;
  std::int64_t seq;
  std::int64_t backend_code;
  qg_view message;
  qg_view path;
  qg_view backend_message;
};

// Makes the exception and leaves it where SWIG's wrapper in C# looks for it once the call is back.
typedef void (*qg_raise_fn)(const qg_error*);
}

namespace qg::csharp {

// Set once, by the static constructor of the class that holds all imported functions, before any of them is called.
inline qg_raise_fn raise_error = nullptr;

inline qg_view borrowed(std::string_view text) {
  return {const_cast<char*>(text.data()), static_cast<std::intptr_t>(text.size())};
}

template <class Buffer>
qg_view handed_over(Buffer& buffer) {
  const auto size = static_cast<std::intptr_t>(buffer.n);
  return {buffer.release(), size};
}

inline void raise(const Error& error) {
  const qg_error all{error.code(),
                     error.retryable() ? 1 : 0,
                     error.line(),
                     error.offset(),
                     error.seq(),
                     error.backend_code(),
                     borrowed(error.message()),
                     borrowed(error.path()),
                     borrowed(error.backend_message())};
  raise_error(&all);
}

inline void raise_no_memory() { raise(Error(QUIPU_E_NO_MEMORY, nullptr)); }

}  // namespace qg::csharp
