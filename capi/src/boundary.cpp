#include "boundary.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/utf8.h"

namespace quipu::capi {

namespace {

std::atomic<std::int64_t> live_handles{0};
std::atomic<std::int64_t> live_blocks{0};
std::atomic<std::int64_t> stale_calls{0};

// For when there is no memory left to make an error of; never freed.
quipu_error* out_of_memory_error() {
  static quipu_error* const error = [] {
    auto* made = new quipu_error;
    made->code = QUIPU_E_NO_MEMORY;
    made->message = "memory is out";
    return made;
  }();
  return error;
}
[[maybe_unused]] quipu_error* const made_at_load = out_of_memory_error();

// A message is one line, whatever stands in the values that it quotes.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return text;
}

quipu_error* make_error(const Error& from) {
  auto made = std::make_unique<quipu_error>();
  made->code = static_cast<int>(from.code());
  made->message = one_line(as_utf8(from.message()));
  made->retryable = from.retryable();
  made->path = as_utf8(from.path());
  made->line = from.line();
  made->offset = from.offset();
  made->seq = from.seq();
  made->backend_code = from.backend_code();
  made->backend_message = as_utf8(from.backend_text());
  count_handle(1);
  return made.release();
}

quipu_status no_memory(quipu_error** err) {
  if (err != nullptr) *err = out_of_memory_error();
  return QUIPU_E_NO_MEMORY;
}

// make gives the Error to report; making it may itself run out of memory.
template <typename Make>
quipu_status report(quipu_error** err, Make&& make) noexcept {
  try {
    const Error& error = make();
    if (err != nullptr) *err = make_error(error);
    return static_cast<quipu_status>(error.code());
  } catch (...) {
    return no_memory(err);
  }
}

}  // namespace

void count_handle(int change) { live_handles.fetch_add(change, std::memory_order_relaxed); }
void count_stale_call() { stale_calls.fetch_add(1, std::memory_order_relaxed); }

struct CallerFailure::Held {
  explicit Held(quipu_error* taken) : error(taken) {}
  ~Held() { quipu_error_free(error); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  quipu_error* error;
};

CallerFailure::CallerFailure(int code, quipu_error* error) : code_(code) {
  try {
    held_ = std::make_shared<Held>(error);
  } catch (...) {
    quipu_error_free(error);
    throw;
  }
}

quipu_error* CallerFailure::release() const { return std::exchange(held_->error, nullptr); }

quipu_status report_exception(quipu_error** err) noexcept {
  try {
    throw;
  } catch (const CallerFailure& failure) {
    quipu_error* const error = failure.release();
    if (error == nullptr) {
      return report(err, [&] {
        return Error(static_cast<Code>(failure.code()),
                     "the caller's function failed with code " + std::to_string(failure.code()));
      });
    }
    if (err != nullptr) {
      *err = error;
    } else {
      quipu_error_free(error);
    }
    return static_cast<quipu_status>(failure.code());
  } catch (const Error& error) {
    return report(err, [&]() -> const Error& { return error; });
  } catch (const std::bad_alloc&) {
    return no_memory(err);
  } catch (const std::length_error&) {  // larger than any memory
    return no_memory(err);
  } catch (const std::system_error& error) {  // a thread could not be started
    return report(err,
                  [&] { return Error(Code::kIo, error.what()).because(error.code().value(), error.code().message()); });
  } catch (const std::exception& error) {
    return report(err, [&] { return Error(Code::kInternal, std::string("unexpected failure: ") + error.what()); });
  } catch (...) {
    return report(err, [] { return Error(Code::kInternal, "unexpected failure of unknown kind"); });
  }
}

bool is_static_error(const quipu_error* error) { return error == out_of_memory_error(); }

void misuse(const char* what) { throw Error(Code::kMisuse, what); }

std::string as_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t bad = first_invalid_utf8(text);
    if (bad == kAllValid) return out.append(text);
    out.append(text.substr(0, bad)).append("\xEF\xBF\xBD");
    text.remove_prefix(bad + 1);
  }
  return out;
}

std::string_view bytes_in(const void* data, std::size_t len) {
  if (data == nullptr && len > 0) misuse("a pointer is NULL though its length is not 0");
  return len == 0 ? std::string_view("") : std::string_view(static_cast<const char*>(data), len);
}

std::string_view text_in(const char* text, std::size_t len, const char* what) {
  const std::string_view view = bytes_in(text, len);
  const std::size_t bad = first_invalid_utf8(view);
  if (bad != kAllValid) {
    throw Error(Code::kInvalid, std::string(what) + " is not UTF-8 at byte " + std::to_string(bad))
        .at_offset(static_cast<std::int64_t>(bad));
  }
  return view;
}

namespace {

char* copy_out(std::string_view from, std::size_t extra) {
  auto* memory = static_cast<char*>(quipu_alloc(from.size() + extra));
  if (memory == nullptr) throw std::bad_alloc();
  std::memcpy(memory, from.data(), from.size());
  return memory;
}

}  // namespace

void give_text(std::string_view text, char** out, std::size_t* len) {
  char* memory = copy_out(text, 1);
  memory[text.size()] = '\0';
  *out = memory;
  if (len != nullptr) *len = text.size();
}

void give_bytes(std::string_view bytes, std::uint8_t** out, std::size_t* len) {
  *out = reinterpret_cast<std::uint8_t*>(copy_out(bytes, 0));
  if (len != nullptr) *len = bytes.size();
}

}  // namespace quipu::capi

using namespace quipu::capi;

extern "C" {

void* quipu_alloc(size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory != nullptr) live_blocks.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

void quipu_free(void* memory) {
  if (memory == nullptr) return;
  live_blocks.fetch_sub(1, std::memory_order_relaxed);
  std::free(memory);
}

int64_t quipu_debug_count(int counter) {
  switch (counter) {
    case QUIPU_DEBUG_LIVE_HANDLES:
      return live_handles.load();
    case QUIPU_DEBUG_LIVE_BLOCKS:
      return live_blocks.load();
    case QUIPU_DEBUG_STALE_CALLS:
      return stale_calls.load();
    default:
      return -1;
  }
}

}  // extern "C"
