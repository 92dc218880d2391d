// The transports of quipu/sync.h.
#include <cstring>

#include "memory/names.h"
#include "options.h"
#include "os/file_system.h"
#include "sync/cloud_transport.h"
#include "sync/file_transport.h"
#include "sync_handles.h"

using namespace quipu;
using namespace quipu::capi;

namespace quipu::capi {

Borrowed::Borrowed(const std::shared_ptr<Lifetime>& lifetime, const HandleWords& words) : lifetime_(lifetime) {
  lifetime_->enter(words.closed);
  mark_.emplace(*lifetime_);
}

Borrowed::~Borrowed() {
  mark_.reset();
  lifetime_->leave();
}

namespace {

const std::shared_ptr<Lifetime>& checked_lifetime(quipu_transport* transport) {
  if (transport == nullptr) misuse(kWordsOf<quipu_transport>.null);
  transport->head.check(kWordsOf<quipu_transport>.freed);
  return transport->lifetime;
}

// Before its mutex is waited for, which this thread may hold.
const std::shared_ptr<Lifetime>& not_in_use_here(const std::shared_ptr<Lifetime>& lifetime) {
  if (CallbackMark::is_set(*lifetime)) misuse("a transport cannot be used from inside one of its own functions");
  return lifetime;
}

// The caller's transport has another document of that id: for the core what it knows, for the caller what it gave.
class CallerHasIt : public Error, public CallerFailure {
 public:
  explicit CallerHasIt(const CallerFailure& failure)
      : Error(Code::kExists, "the transport has another document of that id"), CallerFailure(failure) {}
};

// A transport that the caller wrote. What its functions fail with comes out as it is.
class UserTransport final : public sync::Transport {
 public:
  UserTransport(const quipu_transport_vtbl& functions, void* user) : functions_(functions), user_(user) {}
  ~UserTransport() override {
    if (functions_.destroy != nullptr) functions_.destroy(user_);
  }

  std::optional<std::string> read_manifest() override {
    return read([this](char** out, std::size_t* out_len, quipu_error** err) {
      return functions_.read_manifest(user_, out, out_len, err);
    });
  }
  void write_manifest(std::string_view text) override {
    call([&](quipu_error** err) { return functions_.write_manifest(user_, text.data(), text.size(), err); });
  }
  std::optional<std::string> read_chunk(const std::string& id) override {
    return read([&](char** out, std::size_t* out_len, quipu_error** err) {
      return functions_.read_chunk(user_, id.data(), id.size(), out, out_len, err);
    });
  }
  void write_chunk(const std::string& id, std::string_view document, const std::string& entry_json) override {
    try {
      call([&](quipu_error** err) {
        return functions_.write_chunk(user_, id.data(), id.size(), document.data(), document.size(), entry_json.data(),
                                      entry_json.size(), err);
      });
    } catch (const CallerFailure& failure) {
      if (failure.code() == QUIPU_E_EXISTS) throw CallerHasIt(failure);
      throw;
    }
  }
  void lock() override {
    if (functions_.lock != nullptr) call([this](quipu_error** err) { return functions_.lock(user_, err); });
  }
  void unlock() override {
    if (functions_.unlock != nullptr) functions_.unlock(user_);
  }

 private:
  template <typename Fn>
  static void call(Fn&& fn) {
    quipu_error* failure = nullptr;
    const std::uint64_t process = fork_generation();
    const int status = fn(&failure);
    if (fork_generation() != process) misuse("the call was begun by the parent process");
    if (status != QUIPU_OK) throw CallerFailure(status, failure);
    quipu_error_free(failure);
  }

  template <typename Fn>
  static std::optional<std::string> read(Fn&& fn) {
    struct Given {
      char* bytes = nullptr;
      std::size_t size = 0;
      ~Given() { quipu_free(bytes); }
    } given;
    try {
      call([&](quipu_error** err) { return fn(&given.bytes, &given.size, err); });
    } catch (const CallerFailure& failure) {
      if (failure.code() != QUIPU_E_NOT_FOUND) throw;
      return std::nullopt;
    }
    if (given.bytes == nullptr) return std::nullopt;
    return std::string(given.bytes, given.size);
  }

  const quipu_transport_vtbl functions_;
  void* const user_;
};

template <typename Make>
quipu_status open_transport(quipu_transport** out, quipu_error** err, Make&& make) noexcept {
  clear_outs(out);
  return guarded_call(err, [&] {
    need_out(out);
    auto shell = std::make_unique<quipu_transport>();
    shell->store = std::make_unique<TransportCore>(make());
    count_handle(1);
    *out = shell.release();
  });
}

std::chrono::milliseconds time_in(std::int64_t given, std::chrono::milliseconds standard) {
  if (given < 0) throw Error(Code::kInvalid, "a timeout is negative");
  constexpr std::int64_t kLongestMs = std::int64_t{1000} * 60 * 60 * 24;
  return given == 0 ? standard : std::chrono::milliseconds(std::min(given, kLongestMs));
}

std::vector<http::Header> headers_in(std::string_view lines) {
  std::vector<http::Header> headers;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) {
      throw Error(Code::kInvalid, "a header has no name and value: \"" + std::string(line) + "\"");
    }
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  }
  return headers;
}

}  // namespace

BorrowedTransport::BorrowedTransport(quipu_transport* transport)
    : borrowed_(not_in_use_here(checked_lifetime(transport)), kWordsOf<quipu_transport>),
      core_(transport->store.get()),
      lock_(core_->mutex) {}

BorrowedTransport::BorrowedTransport(const std::shared_ptr<Lifetime>& lifetime, TransportCore* core)
    : borrowed_(not_in_use_here(lifetime), kWordsOf<quipu_transport>), core_(core), lock_(core->mutex) {}

}  // namespace quipu::capi

extern "C" {

quipu_status quipu_transport_open_dir(const char* path, size_t path_len, const quipu_transport_dir_options* options,
                                      quipu_transport** out, quipu_error** err) {
  return open_transport(out, err, [&] {
    const quipu_transport_dir_options raw = options_in(options);
    const std::string directory(text_in(path, path_len, "the path"));
    if (directory.empty()) throw Error(Code::kInvalid, "the path of the directory is empty");
    if (raw.lock_wait_ms < -1) throw Error(Code::kInvalid, "lock_wait_ms is negative");
    sync::FileTransportOptions settings;
    if (raw.lock_wait_ms != 0) settings.lock_wait_ms = std::max<std::int64_t>(raw.lock_wait_ms, 0);
    return std::make_unique<sync::FileTransport>(os::native_file_system(), directory, settings);
  });
}

quipu_status quipu_transport_open_http(const char* url, size_t url_len, const quipu_transport_http_options* options,
                                       quipu_transport** out, quipu_error** err) {
  return open_transport(out, err, [&] {
    const quipu_transport_http_options raw = options_in(options);
    sync::CloudOptions settings;
    settings.base_url = text_in(url, url_len, "the URL");
    settings.project = memory::normalize_project(text_in(raw.project, raw.project_len, "the project"));
    settings.token = text_in(raw.token, raw.token_len, "the token");
    settings.headers = headers_in(text_in(raw.headers, raw.headers_len, "the headers"));
    settings.ca_file = text_in(raw.ca_file, raw.ca_file_len, "ca_file");
    settings.timeout = time_in(raw.timeout_ms, settings.timeout);
    settings.push_timeout = time_in(raw.push_timeout_ms, settings.push_timeout);
    return std::make_unique<sync::CloudTransport>(settings);
  });
}

quipu_status quipu_transport_create(const quipu_transport_vtbl* vtbl, void* user, quipu_transport** out,
                                    quipu_error** err) {
  return open_transport(out, err, [&] {
    if (vtbl == nullptr) misuse("the table of functions is NULL");
    const quipu_transport_vtbl functions = options_in(vtbl);
    if (functions.read_manifest == nullptr || functions.write_manifest == nullptr || functions.read_chunk == nullptr ||
        functions.write_chunk == nullptr) {
      throw Error(Code::kInvalid, "a transport needs read_manifest, write_manifest, read_chunk and write_chunk");
    }
    if ((functions.lock == nullptr) != (functions.unlock == nullptr)) {
      throw Error(Code::kInvalid, "a transport needs both of lock and unlock, or none");
    }
    return std::make_unique<UserTransport>(functions, user);
  });
}

quipu_status quipu_transport_close(quipu_transport* transport, quipu_error** err) {
  return close_store(transport, err);
}

void quipu_transport_free(quipu_transport* transport) { free_store(transport); }

}  // extern "C"
