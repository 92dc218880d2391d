// The C++ side of what quipu.i declares, the same for Java and C#: how text, packed values and errors cross, and how a
// status becomes a C++ exception that the language's %exception turns into its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

#include <quipu/quipu.h>

namespace qg {

// ---- what crosses -----------------------------------------------------------------------------------------------------

// UTF-8 text of the language, borrowed for the call.
struct StrIn {
  const char* p = nullptr;
  std::size_t n = 0;
};

// The same where the text may be missing: p == NULL then, and only then.
struct StrInOpt : StrIn {};

// Bytes of the language, borrowed for the call.
struct BytesIn {
  const void* p = nullptr;
  std::size_t n = 0;
};

// A buffer of the library on its way to the language: released here, unless the typemap took it with release().
template <class T>
struct OutBuffer {
  T* p = nullptr;
  std::size_t n = 0;

  OutBuffer() = default;
  OutBuffer(OutBuffer&& other) noexcept { swap(other); }
  OutBuffer& operator=(OutBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~OutBuffer() { quipu_free(p); }

  T* release() { return std::exchange(p, nullptr); }

 private:
  void swap(OutBuffer& other) noexcept {
    std::swap(p, other.p);
    std::swap(n, other.n);
  }
};

struct StrOut : OutBuffer<char> {};
struct BytesOut : OutBuffer<std::uint8_t> {};

inline StrOut copy(std::string_view text) {
  StrOut out;
  out.p = static_cast<char*>(quipu_alloc(text.size()));
  if (out.p == nullptr) {
    throw std::bad_alloc();
  }
  text.copy(out.p, text.size());
  out.n = text.size();
  return out;
}

// A function of the language as C sees it; the typemap fills in both. No function: both NULL.
struct Progress {
  quipu_progress_fn fn = nullptr;
  void* user = nullptr;
};
struct TransactionFn {
  quipu_chronotransaction_fn fn = nullptr;
  void* user = nullptr;
};

// The value types of all areas: name in C, name in the languages.
#define QG_VALUES(X)                        \
  X(chronorecord, ChronoRecord)             \
  X(walevent, WalEvent)                     \
  X(chrononotice, ChronoNotice)             \
  X(chronoverification, ChronoVerification) \
  X(chronomigration, ChronoMigration)       \
  X(memorysession, MemorySession)           \
  X(memoryobservation, MemoryObservation)   \
  X(memoryhit, MemoryHit)                   \
  X(memoryprompt, MemoryPrompt)             \
  X(memoryaddition, MemoryAddition)         \
  X(memorystats, MemoryStats)               \
  X(memorymutation, MemoryMutation)         \
  X(memorypurge, MemoryPurge)               \
  X(memoryimport, MemoryImport)             \
  X(memoryproject, MemoryProject)           \
  X(syncexport, SyncExport)                 \
  X(syncimport, SyncImport)                 \
  X(syncstatus, SyncStatus)                 \
  X(syncissue, SyncIssue)                   \
  X(syncdiagnosis, SyncDiagnosis)           \
  X(syncupgrade, SyncUpgrade)               \
  X(manifestmerge, ManifestMerge)

// The directions in which a value type crosses, each its own C++ type so that each can have its typemaps. All are packed
// (docs/formats/packed.md). In an OutOpt p == NULL means that there is none, in a PageOut that the end is reached.
#define QG_VALUE(C_TYPE, NAME)       \
  struct NAME##In : BytesIn {};      \
  struct NAME##PageIn : BytesIn {};  \
  struct NAME##Out : BytesOut {};    \
  struct NAME##OutOpt : BytesOut {}; \
  struct NAME##PageOut : BytesOut {};

QG_VALUES(QG_VALUE)

#undef QG_VALUE

// ---- errors -----------------------------------------------------------------------------------------------------------

// A failed call. `error` may be missing: when memory is out not even the error can be made.
class Error {
 public:
  Error(int status, quipu_error* error) : status_(status), error_(error) {}

  int code() const { return status_; }
  std::string_view message() const {
    const std::string_view text = view(quipu_error_message);
    return text.empty() ? quipu_status_name(status_) : text;
  }
  bool retryable() const { return quipu_error_retryable(error_.get()) != 0; }
  std::string_view path() const { return view(quipu_error_path); }
  std::int64_t line() const { return quipu_error_line(error_.get()); }
  std::int64_t offset() const { return quipu_error_offset(error_.get()); }
  std::int64_t seq() const { return quipu_error_seq(error_.get()); }
  std::int64_t backend_code() const { return quipu_error_backend_code(error_.get()); }
  std::string_view backend_message() const { return view(quipu_error_backend_message); }

 private:
  struct Free {
    void operator()(quipu_error* error) const { quipu_error_free(error); }
  };

  std::string_view view(const char* (*getter)(const quipu_error*, std::size_t*)) const {
    std::size_t length = 0;
    const char* text = getter(error_.get(), &length);
    return {text, text == nullptr ? 0 : length};
  }

  int status_;
  std::unique_ptr<quipu_error, Free> error_;
};

[[noreturn]] inline void fail(int status, std::string_view message) {
  throw Error(status, quipu_error_new(status, message.data(), message.size()));
}

template <class Call>
void check(Call&& call) {
  quipu_error* error = nullptr;
  const int status = call(&error);
  if (status != QUIPU_OK) {
    throw Error(status, error);
  }
}

// CALL(quipu_x_verb, arguments without err): throws qg::Error unless the answer is QUIPU_OK. A lambda and not a template
// that takes the function, because SWIG's own static functions overload the names of the C API.
#define CALL(function, ...) qg::check([&](quipu_error** err_) { return function(__VA_ARGS__, err_); })

// ---- values -----------------------------------------------------------------------------------------------------------

// A value handle that lives for the length of one call.
template <class Value, void (*release)(Value*)>
struct Handle {
  Value* value = nullptr;

  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { release(value); }
};

// For each value type its handle, as <NAME>Handle, and the handle's value in packed form. pack_opt: p == NULL if there is none.
#define QG_PACK(C_TYPE, NAME)                                         \
  using NAME##Handle = Handle<quipu_##C_TYPE, quipu_##C_TYPE##_free>; \
  inline NAME##Out pack(const NAME##Handle& handle) {                 \
    NAME##Out out;                                                    \
    CALL(quipu_##C_TYPE##_pack, handle.value, &out.p, &out.n);        \
    return out;                                                       \
  }                                                                   \
  inline NAME##OutOpt pack_opt(const NAME##Handle& handle) {          \
    NAME##OutOpt out;                                                 \
    if (handle.value != nullptr) {                                    \
      CALL(quipu_##C_TYPE##_pack, handle.value, &out.p, &out.n);      \
    }                                                                 \
    return out;                                                       \
  }

QG_VALUES(QG_PACK)

#undef QG_PACK

template <class Value, void (*release)(Value*)>
StrOut to_json(BytesIn packed, quipu_status (*unpack)(const void*, std::size_t, Value**, quipu_error**),
               quipu_status (*write)(const Value*, char**, std::size_t*, quipu_error**)) {
  Handle<Value, release> handle;
  StrOut out;
  CALL(unpack, packed.p, packed.n, &handle.value);
  CALL(write, handle.value, &out.p, &out.n);
  return out;
}

template <class Out, class Value, void (*release)(Value*)>
Out from_json(StrIn json, quipu_status (*parse)(const char*, std::size_t, Value**, quipu_error**),
              quipu_status (*pack)(const Value*, std::uint8_t**, std::size_t*, quipu_error**)) {
  Handle<Value, release> handle;
  Out out;
  CALL(parse, json.p, json.n, &handle.value);
  CALL(pack, handle.value, &out.p, &out.n);
  return out;
}

// ---- transactions -----------------------------------------------------------------------------------------------------

// The transactions whose function is running on this thread, innermost first. A proxy that outlives its function, or is
// handed to another thread, is refused by this list without a look at the memory it points to.
class RunningTransaction {
 public:
  explicit RunningTransaction(quipu_chronotransaction* tx) : tx_(tx), outer_(std::exchange(innermost_, this)) {}
  RunningTransaction(const RunningTransaction&) = delete;
  RunningTransaction& operator=(const RunningTransaction&) = delete;
  ~RunningTransaction() { innermost_ = outer_; }

  static void expect(const quipu_chronotransaction* tx) {
    for (const RunningTransaction* running = innermost_; running != nullptr; running = running->outer_) {
      if (running->tx_ == tx && tx != nullptr) {
        return;
      }
    }
    fail(QUIPU_E_MISUSE,
         "a transaction was used after its function had returned, or on another thread than its function runs on");
  }

 private:
  const quipu_chronotransaction* tx_;
  RunningTransaction* outer_;

  static inline thread_local RunningTransaction* innermost_ = nullptr;
};

// CALL for the methods of a transaction.
#define CALL_TX(function, tx, ...) (qg::RunningTransaction::expect(tx), CALL(function, tx __VA_OPT__(, ) __VA_ARGS__))

inline std::int64_t commit(quipu_chronostore* store, TransactionFn function) {
  const quipu_chronotransaction_fn run = [](void* user, quipu_chronotransaction* tx, quipu_error** err) {
    const RunningTransaction running(tx);
    const auto* inner = static_cast<const TransactionFn*>(user);
    return inner->fn(inner->user, tx, err);
  };
  std::int64_t seq = 0;
  CALL(quipu_chronostore_commit, store, run, &function, &seq);
  return seq;
}

// ---- options ----------------------------------------------------------------------------------------------------------

inline std::uint32_t open_flags(bool read_only, bool must_exist) {
  return (read_only ? QUIPU_CHRONOSTORE_READ_ONLY : 0u) | (must_exist ? QUIPU_CHRONOSTORE_MUST_EXIST : 0u);
}

inline quipu_chronostore* open(StrIn path, bool read_only, bool must_exist, quipu_durability durability,
                               std::int64_t recursion_depth, std::int64_t lock_wait_ms, std::int64_t batch_ms,
                               std::int64_t batch_bytes) {
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  options.flags = open_flags(read_only, must_exist);
  options.durability = durability;
  options.recursion_depth = recursion_depth;
  options.lock_wait_ms = lock_wait_ms;
  options.batch_ms = batch_ms;
  options.batch_bytes = batch_bytes;
  quipu_chronostore* store = nullptr;
  CALL(quipu_chronostore_open, path.p, path.n, &options, &store);
  return store;
}

inline quipu_chronoquery_options query_options(bool rag_filter, bool any_status, double min_confidence, StrIn kind,
                                               StrIn status) {
  quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
  options.flags = (rag_filter ? QUIPU_CHRONOQUERY_RAG_FILTER : 0u) | (any_status ? QUIPU_CHRONOQUERY_ANY_STATUS : 0u);
  options.min_confidence = min_confidence;
  options.kind = kind.p;
  options.kind_len = kind.n;
  options.status = status.p;
  options.status_len = status.n;
  return options;
}

}  // namespace qg
