// modules/http/module.cpp - quipu-http.so: one HTTP exchange at a time, by libcurl. What it offers is described in
// core/http/http_module.h; it decides nothing by itself.
#include <curl/curl.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <vector>

#include "http/http_module.h"

namespace quipu::http {

namespace {

// A TLS library that writes to a connection which the server has closed may raise SIGPIPE, which would end the program:
// CURLOPT_NOSIGNAL leaves that to us. While an exchange runs the thread does not take it, and one that came is taken away.
class NoSigpipe {
 public:
  NoSigpipe() {
    sigemptyset(&only_);
    sigaddset(&only_, SIGPIPE);
    sigset_t pending;
    was_pending_ = sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
    blocked_ = !was_pending_ && pthread_sigmask(SIG_BLOCK, &only_, &before_) == 0;
  }
  ~NoSigpipe() {
    if (!blocked_) return;
    const timespec at_once{};
    while (sigtimedwait(&only_, nullptr, &at_once) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t only_;
  sigset_t before_;
  bool was_pending_ = false;
  bool blocked_ = false;
};

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

// Handles that are not in use; each keeps its connections.
class Client {
 public:
  Handle take() {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (idle_.empty()) return Handle(curl_easy_init());
    Handle handle = std::move(idle_.back());
    idle_.pop_back();
    return handle;
  }
  void give_back(Handle handle) {
    curl_easy_reset(handle.get());  // keeps the connections
    const std::lock_guard<std::mutex> guard(mutex_);
    if (idle_.size() < kMostIdle) idle_.push_back(std::move(handle));
  }

 private:
  static constexpr std::size_t kMostIdle = 8;
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

struct Exchange {
  CURL* handle;
  const ModuleRequest* request;
};

std::int32_t status_of(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<std::int32_t>(status);
}

std::size_t write_body(char* data, std::size_t one, std::size_t size, void* user) {
  static_cast<void>(one);  // always 1
  const auto* exchange = static_cast<const Exchange*>(user);
  curl_off_t length = -1;
  curl_easy_getinfo(exchange->handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  const ModuleRequest& request = *exchange->request;
  const bool go_on = request.on_body(request.user, status_of(exchange->handle), length, data, size) == 0;
  return go_on ? size : size + 1;
}

int progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto* exchange = static_cast<const Exchange*>(user);
  return exchange->request->on_progress(exchange->request->user) == 0 ? 0 : 1;
}

Failure failure_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return Failure::kNone;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Failure::kResolve;
    case CURLE_COULDNT_CONNECT:
      return Failure::kConnect;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return Failure::kLost;
    case CURLE_OPERATION_TIMEDOUT:
      return Failure::kTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Failure::kTls;
    case CURLE_WRITE_ERROR:
    case CURLE_ABORTED_BY_CALLBACK:
      return Failure::kAborted;
    case CURLE_OUT_OF_MEMORY:
      return Failure::kNoMemory;
    case CURLE_URL_MALFORMAT:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return Failure::kRequest;
    case CURLE_UNSUPPORTED_PROTOCOL:  // how libcurl calls an answer without a status line
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return Failure::kProtocol;
    default:
      return Failure::kOther;
  }
}

// The first option that is refused ends the setting.
class Options {
 public:
  explicit Options(CURL* handle) : handle_(handle) {}
  template <typename T>
  void set(CURLoption option, T value) {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(handle_, option, value);
  }
  CURLcode code() const { return code_; }

 private:
  CURL* handle_;
  CURLcode code_ = CURLE_OK;
};

CURLcode set_options(Exchange& exchange, curl_slist* headers, char* error_text) {
  const ModuleRequest& request = *exchange.request;
  Options options(exchange.handle);
  options.set(CURLOPT_ERRORBUFFER, error_text);
  options.set(CURLOPT_NOSIGNAL, 1L);
  options.set(CURLOPT_URL, request.url);
  options.set(CURLOPT_PROTOCOLS_STR, "http,https");
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  options.set(CURLOPT_SSL_VERIFYPEER, 1L);
  options.set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (request.ca_file != nullptr) {
    // That file alone: libcurl would go on to trust the system's folder beside it.
    options.set(CURLOPT_CAINFO, request.ca_file);
    options.set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  if (request.direct != 0) options.set(CURLOPT_PROXY, "");
  if (request.fresh != 0) options.set(CURLOPT_FRESH_CONNECT, 1L);
  options.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout_ms));
  options.set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
  options.set(CURLOPT_HTTPHEADER, headers);
  if (request.body != nullptr) {
    options.set(CURLOPT_POST, 1L);
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body_size));
    options.set(CURLOPT_POSTFIELDS, request.body);  // not copied
  }
  if (std::strcmp(request.method, "HEAD") == 0) {
    options.set(CURLOPT_NOBODY, 1L);
  } else if (std::strcmp(request.method, request.body == nullptr ? "GET" : "POST") != 0) {
    options.set(CURLOPT_CUSTOMREQUEST, request.method);
  }
  options.set(CURLOPT_WRITEFUNCTION, &write_body);
  options.set(CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
  options.set(CURLOPT_NOPROGRESS, 0L);
  options.set(CURLOPT_XFERINFOFUNCTION, &progress);
  options.set(CURLOPT_XFERINFODATA, static_cast<void*>(&exchange));
  return options.code();
}

void tell_head(const Exchange& exchange, std::int32_t status) {
  curl_off_t retry_after = 0;
  char* content_type = nullptr;
  char* redirect_url = nullptr;
  curl_easy_getinfo(exchange.handle, CURLINFO_RETRY_AFTER, &retry_after);
  curl_easy_getinfo(exchange.handle, CURLINFO_CONTENT_TYPE, &content_type);
  curl_easy_getinfo(exchange.handle, CURLINFO_REDIRECT_URL, &redirect_url);
  const ModuleRequest& request = *exchange.request;
  request.on_head(request.user, status, retry_after, content_type, redirect_url);
}

void fail(ModuleOutcome& outcome, CURLcode code, const char* text) {
  outcome.failure = failure_of(code);
  outcome.backend_code = static_cast<std::int32_t>(code);
  std::snprintf(outcome.backend_text, sizeof outcome.backend_text, "%s",
                text != nullptr && *text != '\0' ? text : curl_easy_strerror(code));
}

// Everything but the memory that libcurl itself asks for is bounded by the caller.
void exchange_on(Client& client, const ModuleRequest& request, ModuleOutcome& outcome) {
  const NoSigpipe guard;
  Handle handle = client.take();
  if (handle == nullptr) return fail(outcome, CURLE_OUT_OF_MEMORY, nullptr);
  List headers;
  for (const char* const* header = request.headers; *header != nullptr; ++header) {
    curl_slist* const longer = curl_slist_append(headers.get(), *header);
    if (longer == nullptr) return fail(outcome, CURLE_OUT_OF_MEMORY, nullptr);
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  char error_text[CURL_ERROR_SIZE] = "";
  Exchange exchange{handle.get(), &request};
  CURLcode code = set_options(exchange, headers.get(), error_text);
  if (code == CURLE_OK) {
    code = curl_easy_perform(handle.get());
    outcome.status = status_of(handle.get());
    if (outcome.status != 0) tell_head(exchange, outcome.status);
  }
  if (code != CURLE_OK) fail(outcome, code, error_text);
  client.give_back(std::move(handle));
}

bool initialised() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return done;
}

void* client_create() {
  if (!initialised()) return nullptr;
  return new (std::nothrow) Client;
}

void client_destroy(void* client) {
  const NoSigpipe guard;  // closing a TLS connection writes
  delete static_cast<Client*>(client);
}

void run_exchange(void* client, const ModuleRequest* request, ModuleOutcome* outcome) {
  *outcome = ModuleOutcome{};
  try {
    exchange_on(*static_cast<Client*>(client), *request, *outcome);
  } catch (...) {
    fail(*outcome, CURLE_OUT_OF_MEMORY, nullptr);
  }
}

const HttpModule table{kHttpModuleAbi, &client_create, &client_destroy, &run_exchange};

}  // namespace

}  // namespace quipu::http

extern "C" __attribute__((visibility("default"))) const void* quipu_module_table();
extern "C" const void* quipu_module_table() { return &quipu::http::table; }
