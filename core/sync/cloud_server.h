// sync/cloud_server.h - a server that keeps chunks and mutations: where it is, how it is asked, and how it refuses
// (docs/formats/sync.md). What is asked of it stands in cloud_transport.h and cloud_mutations.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/http_client.h"
#include "http/url.h"

namespace quipu::sync {

struct CloudOptions {
  std::string base_url;  // http or https; a path is kept and extended
  // Sent with each request. Wants https, or a host of this machine. White space around it does not count; empty: none.
  std::string token;
  std::vector<http::Header> headers;         // further ones; not those that the client sets itself
  std::string project;                       // normalised by the caller
  std::string ca_file;                       // PEM; empty: what the system trusts
  std::chrono::milliseconds timeout{30000};  // of one call, repeats included
  std::chrono::milliseconds push_timeout{300000};
  std::function<bool()> cancelled;  // asked at least once a second: true ends the call with kCancelled
};

// The server answered with a status other than 200. Message: `cloud: <operation>: status <n>: <what the server said>`;
// backend_code() is the status, backend_text() the error code.
//
// code(): 400 kInvalid, 401 kUnauthenticated, 403 kForbidden, 404 kNotFound, 408 and 504 kTimeout, 409 kConflict, 413 kQuota,
// 429 and 503 kBusy, any other kIo. Retryable: those of kTimeout and kBusy, and 502.
class CloudError : public Error {
 public:
  CloudError(std::string_view operation, const http::HttpResponse& response);

  int status() const { return status_; }
  // As the server's JSON has them; empty if it sent none.
  const std::string& error_class() const { return error_class_; }
  const std::string& error_code() const { return error_code_; }

  bool is_auth_failure() const { return status_ == 401; }
  bool is_policy_failure() const { return status_ == 403; }
  bool is_repairable() const { return error_class_ == "repairable"; }

 private:
  struct Said;
  CloudError(std::string_view operation, const http::HttpResponse& response, Said said);

  int status_;
  std::string error_class_;
  std::string error_code_;
};

// Used by any number of threads at once.
class CloudServer {
 public:
  // Throws kInvalid for options that cannot be used, kUnsupported if the module for HTTP is missing.
  explicit CloudServer(const CloudOptions& options);

  // path_and_query is put behind the base URL. Any answer comes back, whatever its status; without one Error as HttpClient
  // throws it, with `cloud: <operation>: ` in front. get is repeated where a repeat may help.
  http::HttpResponse get(std::string_view operation, const std::string& path_and_query, std::size_t max_bytes) const;
  // A body of JSON. repeatable: it may reach the server twice.
  http::HttpResponse post(std::string_view operation, const std::string& path, std::string_view body,
                          bool repeatable) const;

 private:
  http::HttpResponse perform(std::string_view operation, http::HttpRequest& request) const;

  std::string base_;
  std::vector<http::Header> headers_;
  std::chrono::milliseconds timeout_;
  std::chrono::milliseconds push_timeout_;
  http::HttpClient client_;
};

}  // namespace quipu::sync
