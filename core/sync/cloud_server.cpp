#include "sync/cloud_server.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/unicode.h"
#include "http/server_text.h"
#include "json/parser.h"
#include "json/value.h"

namespace quipu::sync {

namespace {

Error invalid(const std::string& message) { return Error(Code::kInvalid, "cloud: " + message); }

Code code_of_status(int status) {
  switch (status) {
    case 400:
      return Code::kInvalid;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kForbidden;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kConflict;
    case 413:
      return Code::kQuota;
    case 408:
    case 504:
      return Code::kTimeout;
    case 429:
    case 503:
      return Code::kBusy;
    default:
      return Code::kIo;
  }
}

// The value of a text member, made fit for a message.
std::string text_member(const json::Value& object, std::string_view name) {
  const json::Value* const member = object.find(name);
  return member != nullptr && member->is_string() ? http::server_text(member->as_string()) : std::string();
}

http::Url base_url(const std::string& text) {
  if (strip_white_space(text).empty()) throw invalid("remote url is required");
  try {
    return http::parse_base_url(text);
  } catch (Error& error) {
    throw error.while_doing("cloud: invalid remote url");
  }
}

bool is_set_by_client(const std::string& name) {
  constexpr std::array<std::string_view, 9> kNames = {"authorization",     "connection", "content-length",
                                                      "content-type",      "expect",     "host",
                                                      "transfer-encoding", "te",         "upgrade"};
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::find(kNames.begin(), kNames.end(), lower) != kNames.end();
}

void add_header(std::vector<http::Header>& headers, http::Header header) {
  try {
    http::check_header(header);
  } catch (Error& error) {
    throw error.while_doing("cloud");
  }
  headers.push_back(std::move(header));
}

std::vector<http::Header> headers_of(const CloudOptions& options, const http::Url& url) {
  std::vector<http::Header> headers;
  const std::string_view token = strip_white_space(options.token);
  if (!token.empty()) {
    if (url.scheme != "https" && !url.is_loopback()) {
      throw invalid("a token requires https: \"" + url.origin() + "\" would show it to the network");
    }
    add_header(headers, {"Authorization", "Bearer " + std::string(token)});
  }
  for (const http::Header& header : options.headers) {
    if (is_set_by_client(header.name)) throw invalid("the header \"" + header.name + "\" is set by the client itself");
    add_header(headers, header);
  }
  return headers;
}

std::chrono::milliseconds checked(std::chrono::milliseconds time) {
  if (time.count() <= 0) throw invalid("a timeout must be more than 0 ms");
  return time;
}

http::HttpClientOptions client_options(const CloudOptions& options) {
  http::HttpClientOptions made;
  made.ca_file = options.ca_file;
  made.cancelled = options.cancelled;
  return made;
}

}  // namespace

struct CloudError::Said {
  std::string message;
  std::string error_class;
  std::string error_code;

  explicit Said(std::string_view body) {
    try {
      const json::Value value = json::parse(body, json::kMaxReadDepth, json::Dialect::kGo);
      message = text_member(value, "error");
      error_class = text_member(value, "error_class");
      error_code = text_member(value, "error_code");
    } catch (const Error&) {
      // No JSON: what is there is the message.
    }
    if (message.empty()) message = http::server_text(body);
    if (message.empty()) message = "(no message)";
  }
};

CloudError::CloudError(std::string_view operation, const http::HttpResponse& response)
    : CloudError(operation, response, Said(response.body)) {}

CloudError::CloudError(std::string_view operation, const http::HttpResponse& response, Said said)
    : Error(code_of_status(response.status),
            "cloud: " + std::string(operation) + ": status " + std::to_string(response.status) + ": " + said.message),
      status_(response.status),
      error_class_(std::move(said.error_class)),
      error_code_(std::move(said.error_code)) {
  because(status_, error_code_);
  if (status_ == 502) retryable_if(true);
}

CloudServer::CloudServer(const CloudOptions& options)
    : base_(base_url(options.base_url).text()),
      headers_(headers_of(options, base_url(options.base_url))),
      timeout_(checked(options.timeout)),
      push_timeout_(checked(options.push_timeout)),
      client_(client_options(options)) {}

http::HttpResponse CloudServer::get(std::string_view operation, const std::string& path_and_query,
                                    std::size_t max_bytes) const {
  http::HttpRequest request;
  request.url = base_ + path_and_query;
  request.headers = headers_;
  request.timeout = timeout_;
  request.max_answer_bytes = max_bytes;
  request.repeatable = true;
  return perform(operation, request);
}

http::HttpResponse CloudServer::post(std::string_view operation, const std::string& path, std::string_view body,
                                     bool repeatable) const {
  http::HttpRequest request;
  request.method = "POST";
  request.url = base_ + path;
  request.headers = headers_;
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = body;
  request.timeout = push_timeout_;
  request.repeatable = repeatable;
  return perform(operation, request);
}

http::HttpResponse CloudServer::perform(std::string_view operation, http::HttpRequest& request) const {
  try {
    return client_.perform(request);
  } catch (Error& error) {
    error.while_doing("cloud: " + std::string(operation));
    throw;
  }
}

}  // namespace quipu::sync
