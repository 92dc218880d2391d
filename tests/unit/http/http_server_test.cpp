// The client and its module against a real server, which misbehaves when it is told to.
#include <gtest/gtest.h>
#include <pthread.h>
#include <stdlib.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "http/http_client.h"
#include "support/engram_cloud.h"
#include "support/temporary_folder.h"

namespace quipu::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class HttpServerTest : public testing::Test {
 protected:
  HttpRequest get(const std::string& path = "/health") const {
    HttpRequest request;
    request.url = server_.url() + path;
    request.repeatable = true;
    return request;
  }

  std::size_t requests() { return server_.log().size(); }

  template <typename Fn>
  static Error error_of(Fn&& fn) {
    try {
      fn();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error(Code::kOk, "");
  }

  test::EngramCloud server_;
  HttpClient client_{{}};
};

TEST_F(HttpServerTest, Answers) {
  const HttpResponse response = client_.perform(get());
  EXPECT_EQ(200, response.status);
  EXPECT_EQ("application/json", response.content_type);
  EXPECT_EQ(R"({"service": "engram-cloud", "status": "ok"})", response.body);
  EXPECT_EQ(404, client_.perform(get("/nothing")).status);
}

TEST_F(HttpServerTest, RepeatsAfterALostAnswer) {
  for (const char* what : {"drop", "drop_read", "lose_reply", "cut"}) {
    server_.behave();
    server_.rule(std::string(R"({"on":"health","times":2,"do":")") + what + "\"}");
    const std::size_t before = requests();
    EXPECT_EQ(200, client_.perform(get()).status) << what;
    EXPECT_EQ(before + 3, requests()) << what;
  }
}

TEST_F(HttpServerTest, SaysSoWhenTheConnectionIsLostForGood) {
  for (const char* what : {"drop", "drop_read", "lose_reply", "cut"}) {
    server_.behave();
    server_.rule(std::string(R"({"on":"any","times":1000,"do":")") + what + "\"}");
    HttpRequest request = get();
    request.repeatable = false;
    const std::size_t before = requests();
    const Error error = error_of([&] { client_.perform(request); });
    EXPECT_EQ(Code::kIo, error.code()) << what;
    EXPECT_TRUE(error.retryable()) << what;
    EXPECT_NE(0, error.backend_code()) << what;
    EXPECT_FALSE(error.backend_text().empty()) << what;
    EXPECT_EQ(before + 1, requests()) << what;
  }
}

// A connection that was kept and has gone: what must not be done twice is not silently sent again.
TEST_F(HttpServerTest, SendsOnceOnAConnectionOfItsOwn) {
  EXPECT_EQ(200, client_.perform(get()).status);
  server_.rule(R"({"on":"push","times":1000,"do":"drop_read"})");
  HttpRequest request = get("/sync/push");
  request.method = "POST";
  request.body = "{}";
  request.repeatable = false;
  const std::size_t before = requests();
  EXPECT_EQ(Code::kIo, error_of([&] { client_.perform(request); }).code());
  EXPECT_EQ(before + 1, requests());
}

TEST_F(HttpServerTest, RefusedConnectionIsAnError) {
  server_.kill();
  const Error error = error_of([&] { client_.perform(get()); });
  EXPECT_EQ(Code::kIo, error.code());
  EXPECT_TRUE(error.retryable());
  EXPECT_EQ(7, error.backend_code());  // CURLE_COULDNT_CONNECT
}

// As HTTP writes a time.
std::string http_date(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
}

TEST_F(HttpServerTest, ObeysRetryAfter) {
  for (const bool as_date : {false, true}) {
    const std::string value = as_date ? http_date(std::time(nullptr) + 3) : "2";
    server_.behave();
    server_.rule(R"({"on":"health","do":"status","status":429,"headers":{"Retry-After":")" + value + "\"}}");
    const auto began = steady_clock::now();
    EXPECT_EQ(200, client_.perform(get()).status);
    // A date is seen by a clock of whole seconds, on both sides. Without it the pause is a quarter of a second.
    EXPECT_GE(steady_clock::now() - began, milliseconds(900)) << value;
  }
}

TEST_F(HttpServerTest, SlowAnswerIsATimeout) {
  server_.rule(R"([{"on":"health","do":"slow","ms":20000},{"on":"manifest","do":"trickle","pieces":40,"ms":500}])");
  for (const char* path : {"/health", "/sync/pull?project=p"}) {
    HttpRequest request = get(path);
    request.timeout = milliseconds(700);
    const auto began = steady_clock::now();
    const Error error = error_of([&] { client_.perform(request); });
    EXPECT_EQ(Code::kTimeout, error.code()) << path;
    EXPECT_TRUE(error.retryable());
    EXPECT_GE(steady_clock::now() - began, milliseconds(600));
    EXPECT_LT(steady_clock::now() - began, seconds(10));
  }
}

TEST_F(HttpServerTest, AnswerInPiecesIsWhole) {
  server_.rule(R"({"on":"health","do":"trickle","pieces":8,"ms":10})");
  EXPECT_EQ(43U, client_.perform(get()).body.size());
}

TEST_F(HttpServerTest, WaitingCanBeCancelled) {
  server_.rule(R"({"on":"health","do":"slow","ms":20000})");
  const auto began = steady_clock::now();
  HttpClientOptions options;
  options.cancelled = [&] { return steady_clock::now() - began > milliseconds(300); };
  EXPECT_EQ(Code::kCancelled, error_of([&] { HttpClient(options).perform(get()); }).code());
  EXPECT_LT(steady_clock::now() - began, seconds(10));
}

TEST_F(HttpServerTest, HugeAnswersAreRefused) {
  HttpRequest request = get();
  request.max_answer_bytes = 1 << 20;
  for (const char* declared : {"true", "false"}) {
    server_.behave();
    server_.rule(std::string(R"({"on":"health","times":9,"do":"oversize","bytes":1048576,"declared":)") + declared +
                 "}");
    EXPECT_EQ(std::size_t{1} << 20, client_.perform(request).body.size());
    server_.behave();
    server_.rule(std::string(R"({"on":"health","times":9,"do":"oversize","bytes":1073741824,"declared":)") + declared +
                 "}");
    const auto began = steady_clock::now();
    EXPECT_THROW(client_.perform(request), AnswerTooLarge);
    EXPECT_LT(steady_clock::now() - began, seconds(10));
    server_.behave();
    server_.rule(
        std::string(R"({"on":"health","times":9,"do":"oversize","status":400,"bytes":1073741824,"declared":)") +
        declared + "}");
    EXPECT_EQ(kMaxErrorBytes, client_.perform(request).body.size());
  }
}

TEST_F(HttpServerTest, FollowsToTheSameOriginAlone) {
  server_.rule(R"({"on":"manifest","do":"redirect","to":"/health"})");
  EXPECT_EQ(R"({"service": "engram-cloud", "status": "ok"})", client_.perform(get("/sync/pull?project=p")).body);

  const test::EngramCloud other;
  const std::string port = std::to_string(server_.port());
  for (const std::string& target :
       {other.url() + "/health", "http://localhost:" + port + "/health", "https://127.0.0.1:" + port + "/health",
        std::string("//example.invalid/health"), std::string("file:///etc/passwd")}) {
    server_.behave();
    server_.rule(R"({"on":"manifest","do":"redirect","to":")" + target + "\"}");
    const Error error = error_of([&] { client_.perform(get("/sync/pull?project=p")); });
    EXPECT_NE(std::string::npos, error.message().find("redirect to")) << error.message();
  }
}

TEST_F(HttpServerTest, ProxiesAreForOtherMachines) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  EXPECT_EQ(200, client_.perform(get()).status);
  HttpRequest elsewhere = get();
  elsewhere.url = "http://quipu.invalid/";
  const Error error = error_of([&] { client_.perform(elsewhere); });
  EXPECT_EQ(7, error.backend_code()) << error.message();  // CURLE_COULDNT_CONNECT: the proxy was asked
  unsetenv("http_proxy");
}

TEST_F(HttpServerTest, WhatIsNoHttpIsAnError) {
  server_.rule(R"({"on":"health","times":9,"do":"no_http"})");
  const Error error = error_of([&] { client_.perform(get()); });
  EXPECT_EQ(Code::kIo, error.code());
  EXPECT_FALSE(error.retryable());
}

TEST_F(HttpServerTest, ServesManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::vector<int> right(8);
  for (std::size_t i = 0; i < right.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n) right[i] += client_.perform(get()).status == 200 ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::vector<int>(8, 20), right);
}

class HttpTlsTest : public testing::Test {
 protected:
  static HttpRequest get(const test::EngramCloud& server, const std::string& host = "localhost") {
    HttpRequest request;
    request.url = "https://" + host + ":" + std::to_string(server.port()) + "/health";
    return request;
  }
  HttpClient trusting() const {
    HttpClientOptions options;
    options.ca_file = folder_ / "ca.pem";
    return HttpClient(options);
  }
  static std::int64_t failure_of(const HttpClient& client, const HttpRequest& request) {
    try {
      client.perform(request);
    } catch (const Error& error) {
      EXPECT_FALSE(error.retryable()) << error.message();
      EXPECT_EQ(error.backend_code() == 77 ? Code::kInvalid : Code::kIo, error.code()) << error.message();
      return error.backend_code();
    }
    return 0;
  }

  test::TemporaryFolder folder_;
};

TEST_F(HttpTlsTest, TrustsTheCertificateItIsGiven) {
  const test::EngramCloud server({"--tls", folder_.path()});
  EXPECT_EQ(200, trusting().perform(get(server)).status);
  EXPECT_EQ(200, trusting().perform(get(server, "127.0.0.1")).status);
}

TEST_F(HttpTlsTest, TrustsNoOther) {
  const test::EngramCloud server({"--tls", folder_.path()});
  EXPECT_EQ(60, failure_of(HttpClient({}), get(server)));  // CURLE_PEER_FAILED_VERIFICATION
  const test::TemporaryFolder elsewhere;
  const test::EngramCloud stranger({"--tls", elsewhere.path()});
  EXPECT_EQ(60, failure_of(trusting(), get(stranger)));
  HttpClientOptions options;
  options.ca_file = folder_ / "missing.pem";
  EXPECT_EQ(77, failure_of(HttpClient(options), get(server)));  // CURLE_SSL_CACERT_BADFILE
}

TEST_F(HttpTlsTest, WantsTheCertificateOfThatHost) {
  const test::EngramCloud server({"--tls", folder_.path(), "--cert-host", "other.example"});
  EXPECT_EQ(60, failure_of(trusting(), get(server)));
}

TEST_F(HttpTlsTest, SpeaksNoTlsToAServerThatDoesNot) {
  const test::EngramCloud server;
  EXPECT_EQ(35, failure_of(HttpClient({}), get(server)));  // CURLE_SSL_CONNECT_ERROR
}

TEST_F(HttpTlsTest, ClosedConnectionIsAnError) {
  const test::EngramCloud server({"--tls", folder_.path(), "--rule", R"({"on":"push","times":1000,"do":"drop"})"});
  const HttpClient client = trusting();
  const std::string body(32 << 20, 'x');
  HttpRequest request = get(server);
  request.url.replace(request.url.find("/health"), 7, "/sync/push");
  request.method = "POST";
  request.headers = {{"Expect", ""}};  // so that it does not wait to be asked for the body
  request.body = body;
  EXPECT_THROW(client.perform(request), Error);
}

// What a TLS library that writes to a closed connection does to the thread.
TEST_F(HttpServerTest, BrokenPipeDoesNotEndTheProgram) {
  int asked = 0;
  HttpClientOptions options;
  options.cancelled = [&] {
    if (++asked == 2) raise(SIGPIPE);  // the first time is before the request
    return false;
  };
  EXPECT_EQ(200, HttpClient(options).perform(get()).status);
  EXPECT_GE(asked, 2);
  // One that was waiting before is left alone.
  sigset_t only;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&only);
  sigaddset(&only, SIGPIPE);
  ASSERT_EQ(0, pthread_sigmask(SIG_BLOCK, &only, &before));
  raise(SIGPIPE);
  EXPECT_EQ(200, client_.perform(get()).status);
  EXPECT_EQ(0, sigpending(&pending));
  EXPECT_EQ(1, sigismember(&pending, SIGPIPE));
  const timespec at_once{};
  EXPECT_EQ(SIGPIPE, sigtimedwait(&only, nullptr, &at_once));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace quipu::http
