// The client's decisions, on a module that plays a script and a clock that stands still but for pauses.
#include "http/http_client.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <deque>
#include <map>
#include <stdexcept>

namespace quipu::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Reply {
  int status = 200;
  std::string body = {};
  Failure failure = Failure::kNone;
  std::int64_t retry_after_s = 0;
  std::string redirect_url = {};
  milliseconds takes{0};
  std::int64_t length = -1;
};

struct Seen {
  std::string method;
  std::string url;
  std::vector<std::string> headers;
  std::string body;
  std::int64_t timeout_ms = 0;
  bool direct = false;
  bool fresh = false;
};

struct Stage {
  std::deque<Reply> replies;
  std::vector<Seen> seen;
  std::vector<milliseconds> pauses;
  std::chrono::steady_clock::time_point now;
  double random = 1;
};

// A module's functions have no user of their own.
Stage* stage = nullptr;

void exchange(void* client, const ModuleRequest* request, ModuleOutcome* outcome) {
  EXPECT_EQ(stage, client);
  *outcome = ModuleOutcome{};
  Seen seen{request->method,
            request->url,
            {},
            request->body == nullptr ? "" : std::string(request->body, request->body_size),
            request->timeout_ms,
            request->direct != 0,
            request->fresh != 0};
  for (const char* const* header = request->headers; *header != nullptr; ++header) seen.headers.emplace_back(*header);
  stage->seen.push_back(seen);
  ASSERT_FALSE(stage->replies.empty()) << "a request too many: " << seen.url;
  const Reply reply = stage->replies.front();
  stage->replies.pop_front();
  stage->now += reply.takes;
  bool aborted = request->on_progress(request->user) != 0;
  for (std::size_t at = 0; !aborted && at < reply.body.size(); at += 1000) {
    const std::string piece = reply.body.substr(at, 1000);
    aborted = request->on_body(request->user, reply.status, reply.length, piece.data(), piece.size()) != 0;
  }
  outcome->failure = aborted ? Failure::kAborted : reply.failure;
  outcome->status = reply.status;
  outcome->backend_code = static_cast<std::int32_t>(outcome->failure) * 10;
  std::snprintf(outcome->backend_text, sizeof outcome->backend_text, "the library's\ntext");
  if (reply.status == 0) return;
  const char* redirect = reply.redirect_url.empty() ? nullptr : reply.redirect_url.c_str();
  request->on_head(request->user, reply.status, reply.retry_after_s, "text/x", redirect);
}

const HttpModule fake{kHttpModuleAbi, [] { return static_cast<void*>(stage); }, [](void*) {}, &exchange};

class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() { stage = &stage_; }
  ~HttpClientTest() override { stage = nullptr; }

  HttpClient client(HttpClientOptions options = {}) {
    HttpSurroundings around;
    around.module = &fake;
    around.now = [this] { return stage_.now; };
    around.sleep = [this](milliseconds time) {
      stage_.now += time;
      slept_ += time;
    };
    around.random = [this] { return stage_.random; };
    return HttpClient(std::move(options), std::move(around));
  }

  static HttpRequest get(const std::string& url = "http://example.org/a?b=c") {
    HttpRequest request;
    request.url = url;
    request.repeatable = true;
    return request;
  }

  static HttpRequest post(bool repeatable) {
    HttpRequest request = get();
    request.method = "POST";
    request.body = "{}";
    request.repeatable = repeatable;
    return request;
  }

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

  Stage stage_;
  milliseconds slept_{0};
};

TEST_F(HttpClientTest, GivesWhatTheServerAnswered) {
  stage_.replies = {{.status = 200, .body = "hello", .retry_after_s = 3}};
  const HttpResponse response = client().perform(get());
  EXPECT_EQ(200, response.status);
  EXPECT_EQ("hello", response.body);
  EXPECT_EQ("text/x", response.content_type);
  EXPECT_EQ(seconds(3), response.retry_after);
  EXPECT_EQ("http://example.org/a?b=c", stage_.seen.at(0).url);
  EXPECT_EQ(std::vector<std::string>{"User-Agent: quipu"}, stage_.seen[0].headers);
}

TEST_F(HttpClientTest, SendsHeadersAndBody) {
  stage_.replies = {{}};
  HttpRequest request = post(true);
  request.headers = {{"A", "b c"}, {"Empty", ""}, {"User-Agent", "me"}};
  const std::string body("x\0y", 3);
  request.body = body;
  client().perform(request);
  EXPECT_EQ((std::vector<std::string>{"A: b c", "Empty;", "User-Agent: me"}), stage_.seen.at(0).headers);
  EXPECT_EQ(body, stage_.seen[0].body);
  EXPECT_EQ("POST", stage_.seen[0].method);
}

TEST_F(HttpClientTest, RepeatsWhatMayPass) {
  for (const int status : {408, 429, 502, 503, 504}) {
    stage_.seen.clear();
    stage_.replies = {{.status = status}, {.status = status}, {.status = 200}};
    EXPECT_EQ(200, client().perform(get()).status) << status;
    EXPECT_EQ(3U, stage_.seen.size()) << status;
  }
  stage_.seen.clear();
  stage_.replies = {{.status = 0, .failure = Failure::kLost},
                    {.status = 200, .body = "ha", .failure = Failure::kLost},
                    {.body = "all"}};
  EXPECT_EQ("all", client().perform(post(true)).body);
  EXPECT_EQ(3U, stage_.seen.size());
}

TEST_F(HttpClientTest, RepeatsNothingElse) {
  for (const int status : {200, 204, 304, 400, 401, 403, 404, 409, 413, 418, 500, 501, 505, 599}) {
    stage_.seen.clear();
    stage_.replies = {{.status = status}};
    EXPECT_EQ(status, client().perform(get()).status);
    EXPECT_EQ(1U, stage_.seen.size()) << status;
  }
  for (const Failure failure : {Failure::kResolve, Failure::kConnect, Failure::kTimeout, Failure::kTls,
                                Failure::kNoMemory, Failure::kRequest, Failure::kProtocol, Failure::kOther}) {
    stage_.seen.clear();
    stage_.replies = {{.status = 0, .failure = failure}};
    EXPECT_ANY_THROW(client().perform(get()));
    EXPECT_EQ(1U, stage_.seen.size()) << static_cast<int>(failure);
  }
  EXPECT_EQ(0, slept_.count());
}

TEST_F(HttpClientTest, SendsOnceWhatMustNotBeDoneTwice) {
  stage_.replies = {{.status = 503}};
  EXPECT_EQ(503, client().perform(post(false)).status);
  EXPECT_TRUE(stage_.seen.at(0).fresh);
  stage_.replies = {{.status = 0, .failure = Failure::kLost}};
  EXPECT_EQ(Code::kIo, error_of([&] { client().perform(post(false)); }).code());
  EXPECT_EQ(2U, stage_.seen.size());

  stage_.replies = {{}};
  client().perform(post(true));
  EXPECT_FALSE(stage_.seen.at(2).fresh);
}

TEST_F(HttpClientTest, WaitsAsLongAsTheServerSays) {
  stage_.replies = {{.status = 429, .retry_after_s = 7}, {.status = 503, .retry_after_s = 2}, {}};
  EXPECT_EQ(200, client().perform(get()).status);
  EXPECT_EQ(seconds(9), slept_);
}

TEST_F(HttpClientTest, DoesNotWaitLongerThanThereIsTime) {
  stage_.replies = {{.status = 429, .body = "later", .retry_after_s = 31}};
  const HttpResponse response = client().perform(get());
  EXPECT_EQ(429, response.status);
  EXPECT_EQ("later", response.body);
  EXPECT_EQ(seconds(31), response.retry_after);
  EXPECT_EQ(0, slept_.count());
}

TEST_F(HttpClientTest, PausesLongerEachTime) {
  for (const double random : {1.0, 0.0}) {
    stage_.random = random;
    slept_ = milliseconds(0);
    stage_.replies = {{.status = 503}, {.status = 503}, {.status = 503}, {}};
    client().perform(get());
    EXPECT_EQ(milliseconds(random == 1 ? 250 + 500 + 1000 : 125 + 250 + 500), slept_);
  }
}

TEST_F(HttpClientTest, GivesUpWithWhatItWasToldLast) {
  stage_.replies.assign(100, {.status = 502, .takes = milliseconds(10)});
  HttpClientOptions options;
  options.max_repeats = 3;
  EXPECT_EQ(502, client(options).perform(get()).status);
  EXPECT_EQ(4U, stage_.seen.size());

  stage_.seen.clear();
  stage_.replies.assign(100, {.status = 0, .failure = Failure::kLost});
  const auto began = stage_.now;
  EXPECT_EQ(Code::kIo, error_of([&] { client().perform(get()); }).code());
  EXPECT_LT(stage_.now - began, seconds(30));
  EXPECT_GT(stage_.seen.size(), 5U);
}

TEST_F(HttpClientTest, SharesOneTimeAmongAllAttempts) {
  stage_.replies = {{.status = 503, .takes = seconds(10)},
                    {.status = 302, .redirect_url = "http://example.org/b", .takes = seconds(4)},
                    {.status = 200}};
  client().perform(get());
  EXPECT_EQ(30000, stage_.seen.at(0).timeout_ms);
  EXPECT_EQ(19750, stage_.seen.at(1).timeout_ms);
  EXPECT_EQ(15750, stage_.seen.at(2).timeout_ms);

  stage_.replies = {{.status = 302, .redirect_url = "http://example.org/b", .takes = seconds(30)}};
  const Error error = error_of([&] { client().perform(get()); });
  EXPECT_EQ(Code::kTimeout, error.code());
  EXPECT_TRUE(error.retryable());
}

TEST_F(HttpClientTest, FollowsRedirectsToTheSameOrigin) {
  for (const int status : {301, 302, 303, 307, 308}) {
    stage_.seen.clear();
    stage_.replies = {{.status = status, .body = "moved", .redirect_url = "http://EXAMPLE.org:80/b"}, {.body = "here"}};
    HttpRequest request = get();
    request.headers = {{"Authorization", "Bearer t"}};
    EXPECT_EQ("here", client().perform(request).body);
    EXPECT_EQ("http://example.org/b", stage_.seen.at(1).url);
    EXPECT_EQ("Authorization: Bearer t", stage_.seen.at(1).headers.at(0));
  }
}

TEST_F(HttpClientTest, RefusesRedirectsElsewhere) {
  for (const char* target :
       {"http://example.com/b", "https://example.org/b", "http://example.org:8080/b", "http://evil@example.org/b",
        "ftp://example.org/b", "http://example.org\\@evil.example/"}) {
    stage_.seen.clear();
    stage_.replies = {{.status = 302, .redirect_url = target}};
    const Error error = error_of([&] { client().perform(get()); });
    EXPECT_TRUE(error.code() == Code::kIo || error.code() == Code::kInvalid) << target;
    EXPECT_NE(std::string::npos, error.message().find("redirect to")) << error.message();
    EXPECT_FALSE(error.retryable());
    EXPECT_EQ(1U, stage_.seen.size()) << target;
  }
}

TEST_F(HttpClientTest, FollowsForGetAloneAndNotForEver) {
  stage_.replies = {{.status = 307, .redirect_url = "http://example.org/b"}};
  EXPECT_EQ("POST \"http://example.org/a\": redirect to \"http://example.org/b\" refused: only GET follows one",
            error_of([&] { client().perform(post(true)); }).message());
  stage_.seen.clear();
  stage_.replies.assign(100, {.status = 302, .redirect_url = "http://example.org/a?b=c"});
  EXPECT_EQ(Code::kIo, error_of([&] { client().perform(get()); }).code());
  EXPECT_EQ(6U, stage_.seen.size());
  // A redirect that leads nowhere is the answer.
  stage_.replies = {{.status = 302}};
  EXPECT_EQ(302, client().perform(get()).status);
}

TEST_F(HttpClientTest, SendsToThisMachinePastProxies) {
  const HttpClient used = client();
  for (const auto& [url, direct] : std::map<std::string, bool>{{"http://localhost:1/a", true},
                                                               {"http://127.0.0.1/a", true},
                                                               {"https://[::1]/a", true},
                                                               {"http://example.org/", false}}) {
    stage_.seen.clear();
    stage_.replies = {{}};
    used.perform(get(url));
    EXPECT_EQ(direct, stage_.seen.at(0).direct) << url;
  }
}

TEST_F(HttpClientTest, SaysWhyThereIsNoAnswer) {
  struct Expected {
    Failure failure;
    Code code;
    bool retryable;
  };
  HttpRequest request = get();
  request.repeatable = false;
  for (const Expected& expected :
       {Expected{Failure::kResolve, Code::kIo, true}, Expected{Failure::kConnect, Code::kIo, true},
        Expected{Failure::kLost, Code::kIo, true}, Expected{Failure::kTimeout, Code::kTimeout, true},
        Expected{Failure::kTls, Code::kIo, false}, Expected{Failure::kRequest, Code::kInvalid, false},
        Expected{Failure::kProtocol, Code::kIo, false}, Expected{Failure::kOther, Code::kIo, false}}) {
    stage_.replies = {{.status = 0, .failure = expected.failure}};
    const Error error = error_of([&] { client().perform(request); });
    EXPECT_EQ(expected.code, error.code());
    EXPECT_EQ(expected.retryable, error.retryable());
    EXPECT_EQ(static_cast<std::int64_t>(expected.failure) * 10, error.backend_code());
    EXPECT_EQ("the library's text", error.backend_text());
    EXPECT_EQ("GET \"http://example.org/a\": the library's text", error.message());
  }
  stage_.replies = {{.status = 0, .failure = Failure::kNoMemory}};
  EXPECT_THROW(client().perform(request), std::bad_alloc);
}

TEST_F(HttpClientTest, RefusesAnswersThatAreTooLarge) {
  HttpRequest request = get();
  request.max_answer_bytes = 2500;
  stage_.replies = {{.body = std::string(2500, 'x')}};
  EXPECT_EQ(2500U, client().perform(request).body.size());
  stage_.replies = {{.body = std::string(2501, 'x')}};
  EXPECT_THROW(client().perform(request), AnswerTooLarge);
  // What it says of itself is enough.
  stage_.replies = {{.body = "x", .length = 2501}};
  EXPECT_THROW(client().perform(request), AnswerTooLarge);
  stage_.replies = {{.body = std::string(2501, 'x')}};
  const Error error = error_of([&] { client().perform(request); });
  EXPECT_EQ(Code::kQuota, error.code());
  EXPECT_FALSE(error.retryable());
}

TEST_F(HttpClientTest, ReadsTheBeginningOfWhatAnErrorSays) {
  HttpRequest request = get();
  request.max_answer_bytes = 10;
  stage_.replies = {{.status = 401, .body = std::string(kMaxErrorBytes + 5000, 'x'), .length = std::int64_t{1} << 40}};
  const HttpResponse response = client().perform(request);
  EXPECT_EQ(401, response.status);
  EXPECT_EQ(kMaxErrorBytes, response.body.size());
}

TEST_F(HttpClientTest, BelievesAnErrorWhoseBodyBreaksOff) {
  for (const Failure failure : {Failure::kLost, Failure::kTimeout}) {
    stage_.seen.clear();
    stage_.replies = {{.status = 500, .body = "half", .failure = failure}};
    const HttpResponse response = client().perform(get());
    EXPECT_EQ(500, response.status);
    EXPECT_EQ("half", response.body);
    EXPECT_EQ(1U, stage_.seen.size());
  }
}

TEST_F(HttpClientTest, StopsWhenItIsCancelled) {
  bool cancelled = false;
  HttpClientOptions options;
  options.cancelled = [&] { return cancelled; };
  // While the request runs.
  cancelled = true;
  EXPECT_EQ(Code::kCancelled, error_of([&] { client(options).perform(get()); }).code());
  EXPECT_TRUE(stage_.seen.empty());
  int asked = 0;
  options.cancelled = [&] { return ++asked > 1; };
  stage_.replies = {{.body = "x"}};
  EXPECT_EQ(Code::kCancelled, error_of([&] { client(options).perform(get()); }).code());
  // In a pause.
  asked = 0;
  options.cancelled = [&] { return ++asked > 4; };
  stage_.replies = {{.status = 429, .retry_after_s = 20}};
  EXPECT_EQ(Code::kCancelled, error_of([&] { client(options).perform(get()); }).code());
  EXPECT_LT(slept_, seconds(1));
  // What the function throws comes out.
  asked = 0;
  options.cancelled = [&]() -> bool { return ++asked > 1 ? throw std::runtime_error("mine") : false; };
  stage_.replies = {{.body = "x"}};
  EXPECT_THROW(client(options).perform(get()), std::runtime_error);
}

TEST_F(HttpClientTest, RefusesHeadersThatWouldBecomeSeveral) {
  HttpRequest request = get();
  for (const Header& header :
       {Header{"A", "b\r\nC: d"}, Header{"A", "b\n"}, Header{"A", std::string("b\0", 2)}, Header{"A\r\nB", "c"},
        Header{"A:", "b"}, Header{"A B", "c"}, Header{"", "b"}, Header{"\xC3\xA9", "b"}, Header{"A", "\x7F"}}) {
    request.headers = {header};
    EXPECT_EQ(Code::kInvalid, error_of([&] { client().perform(request); }).code());
  }
  EXPECT_TRUE(stage_.seen.empty());
  request.headers = {{"X-!#$%&'*+-.^_`|~9", "\xC3\xA9\t x"}};
  stage_.replies = {{}};
  EXPECT_EQ(200, client().perform(request).status);
}

TEST_F(HttpClientTest, RefusesUrlsThatAreNone) {
  for (const char* url : {"", "example.org", "file:///etc/passwd", "http://", "http://a b/", "http://h/#x"}) {
    const Error error = error_of([&] { client().perform(get(url)); });
    EXPECT_EQ(Code::kInvalid, error.code()) << url;
  }
  EXPECT_TRUE(stage_.seen.empty());
}

}  // namespace
}  // namespace quipu::http
