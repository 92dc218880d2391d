// http/http_client.h - requests to a server, with what every caller of one wants: one limit of time for all of it, repeats
// where a repeat is harmless, redirects that lead nowhere else, answers of bounded size. The work is done by a module
// (http_module.h), which is loaded when the first client is made.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/http_module.h"

namespace quipu::http {

struct Header {
  std::string name;
  std::string value;
};

// Throws kInvalid unless the name is a token of RFC 9110 and the value holds no CR, LF, NUL or other control character.
void check_header(const Header& header);

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<Header> headers;
  std::optional<std::string_view> body;
  // For everything: connecting, redirects, repeats and the pauses between them.
  std::chrono::milliseconds timeout{30000};
  std::size_t max_answer_bytes = std::size_t{1} << 20;
  // The request may reach the server twice: it is repeated after a lost connection or answer, and after 408, 429, 502, 503
  // and 504; after as long as Retry-After says, if there is that much time. Otherwise it is sent on a connection of its own,
  // once.
  bool repeatable = false;
};

struct HttpResponse {
  int status = 0;
  std::string content_type;
  std::chrono::seconds retry_after{0};  // 0: not said
  // Of 200 to 299 whole; of any other status the first kMaxErrorBytes at most.
  std::string body;
};

inline constexpr std::size_t kMaxErrorBytes = std::size_t{64} << 10;

// An answer with a status of 200 to 299 has a longer body than the request allows.
class AnswerTooLarge : public Error {
 public:
  using Error::Error;
};

struct HttpClientOptions {
  std::string ca_file;  // PEM; certificates are checked against these alone. Empty: against those the system trusts.
  std::chrono::milliseconds connect_timeout{10000};
  int max_redirects = 5;
  int max_repeats = 8;
  // Asked at least once a second, on the caller's thread: true ends the request with kCancelled.
  std::function<bool()> cancelled;
};

// What a client takes from outside; tests bring their own.
struct HttpSurroundings {
  const HttpModule* module = nullptr;  // null: quipu-http.so
  std::function<std::chrono::steady_clock::time_point()> now;
  std::function<void(std::chrono::milliseconds)> sleep;
  std::function<double()> random;  // from 0 to 1
};

// Used by any number of threads at once.
class HttpClient {
 public:
  // Throws kUnsupported if the module cannot be loaded (os/shared_module.h).
  explicit HttpClient(HttpClientOptions options, HttpSurroundings surroundings = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // The server's answer, whatever its status. GET follows redirects to the same scheme, host and port; any other redirect is
  // an error. Throws:
  //   kTimeout     the time was over before there was an answer
  //   kIo          no answer: backend_code() and backend_text() are libcurl's; retryable unless the cause is one that stays
  //   kInvalid     the URL, a header or the file of certificates cannot be used
  //   kCancelled   options.cancelled said so
  //   AnswerTooLarge
  HttpResponse perform(const HttpRequest& request) const;

 private:
  struct Attempt;

  Attempt attempt(const HttpRequest& request, const std::string& url, std::chrono::milliseconds time) const;
  Attempt attempt_and_follow(const HttpRequest& request, std::chrono::steady_clock::time_point end) const;
  bool pause_before_repeat(const Attempt& failed, int repeats, std::chrono::steady_clock::time_point end) const;
  void check_cancelled() const;

  HttpClientOptions options_;
  HttpSurroundings surroundings_;
  void* client_ = nullptr;
};

}  // namespace quipu::http
