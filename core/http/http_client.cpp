#include "http/http_client.h"

#include <algorithm>
#include <exception>
#include <random>
#include <thread>
#include <utility>

#include "http/server_text.h"
#include "http/url.h"
#include "os/shared_module.h"

namespace quipu::http {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr milliseconds kFirstPause{250};
constexpr milliseconds kLookAgain{100};  // how long a pause goes on before asking again whether it is cancelled

bool is_success(int status) { return status >= 200 && status <= 299; }

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool may_pass(int status) { return status == 408 || status == 429 || (status >= 502 && status <= 504); }

double random_part() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

// Without the query, which says nothing about where the trouble is.
std::string place(const HttpRequest& request, const std::string& url) {
  return request.method + " " + quoted(std::string_view(url).substr(0, url.find('?')));
}

Url usable_url(const std::string& text, std::string_view what) {
  try {
    return parse_url(text);
  } catch (Error& error) {
    throw error.while_doing("cannot use " + std::string(what) + " " + quoted(server_text(text)));
  }
}

milliseconds left_until(steady_clock::time_point end, steady_clock::time_point now) {
  return std::chrono::duration_cast<milliseconds>(end - now);
}

std::vector<std::string> header_lines(const HttpRequest& request) {
  std::vector<std::string> lines;
  bool names_agent = false;
  for (const Header& header : request.headers) {
    check_header(header);
    names_agent = names_agent || header.name == "User-Agent";
    // "Name:" alone would take a header away.
    lines.push_back(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  if (!names_agent) lines.emplace_back("User-Agent: quipu");
  return lines;
}

}  // namespace

void check_header(const Header& header) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto in_token = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kMarks.find(c) != kMarks.npos;
  };
  if (header.name.empty() || !std::all_of(header.name.begin(), header.name.end(), in_token)) {
    throw Error(Code::kInvalid, "the name of a header may hold letters, digits and " + std::string(kMarks) + " only");
  }
  for (const char c : header.value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) {
      throw Error(Code::kInvalid, "the value of header " + quoted(header.name) + " holds a control character");
    }
  }
}

// One exchange and what came of it. The module calls the three functions; none of them throws.
struct HttpClient::Attempt {
  ModuleOutcome outcome{};
  HttpResponse response;
  std::string url;
  std::string redirect_url;
  bool too_large = false;
  bool cut = false;  // the body of an error went on beyond what anybody wants to read
  std::exception_ptr thrown;

  std::size_t max_bytes = 0;
  const std::function<bool()>* cancelled = nullptr;

  // There is an answer to act on. What a status other than 2xx says holds, however its body ends.
  bool answered() const {
    return outcome.failure == Failure::kNone ||
           (outcome.status >= 300 &&
            (outcome.failure == Failure::kLost || outcome.failure == Failure::kTimeout || cut));
  }

  static std::int32_t on_body(void* user, std::int32_t status, std::int64_t length, const char* data,
                              std::size_t size) {
    auto& self = *static_cast<Attempt*>(user);
    try {
      std::string& body = self.response.body;
      const bool success = is_success(status);
      const std::size_t room = (success ? self.max_bytes : kMaxErrorBytes) - body.size();
      if (success && (size > room || length > static_cast<std::int64_t>(self.max_bytes))) {
        self.too_large = true;
        return 1;
      }
      self.cut = !success && size > room;
      body.append(data, std::min(size, room));
      return self.cut ? 1 : 0;
    } catch (...) {
      self.thrown = std::current_exception();
      return 1;
    }
  }

  static std::int32_t on_head(void* user, std::int32_t status, std::int64_t retry_after_s, const char* content_type,
                              const char* redirect_url) {
    auto& self = *static_cast<Attempt*>(user);
    try {
      self.response.status = status;
      self.response.retry_after = std::chrono::seconds(std::max<std::int64_t>(retry_after_s, 0));
      if (content_type != nullptr) self.response.content_type = content_type;
      if (redirect_url != nullptr) self.redirect_url = redirect_url;
    } catch (...) {
      self.thrown = std::current_exception();
    }
    return 0;
  }

  static std::int32_t on_progress(void* user) {
    auto& self = *static_cast<Attempt*>(user);
    try {
      return *self.cancelled != nullptr && (*self.cancelled)() ? 1 : 0;
    } catch (...) {
      self.thrown = std::current_exception();
      return 1;
    }
  }

  [[noreturn]] void fail(const HttpRequest& request) const {
    if (too_large) {
      throw AnswerTooLarge(Code::kQuota,
                           place(request, url) + ": the answer is larger than " + std::to_string(max_bytes) + " bytes");
    }
    Code code = Code::kIo;
    bool retryable = false;
    switch (outcome.failure) {
      case Failure::kTimeout:
        code = Code::kTimeout;
        retryable = true;
        break;
      case Failure::kResolve:
      case Failure::kConnect:
      case Failure::kLost:
        retryable = true;
        break;
      case Failure::kAborted:
        throw Error(Code::kCancelled, place(request, url) + ": cancelled");
      case Failure::kNoMemory:
        throw std::bad_alloc();
      case Failure::kRequest:
        code = Code::kInvalid;
        break;
      case Failure::kNone:
      case Failure::kTls:
      case Failure::kProtocol:
      case Failure::kOther:
        break;
    }
    std::string text = server_text(outcome.backend_text);
    throw Error(code, place(request, url) + ": " + text)
        .because(outcome.backend_code, std::move(text))
        .retryable_if(retryable);
  }
};

HttpClient::HttpClient(HttpClientOptions options, HttpSurroundings surroundings)
    : options_(std::move(options)), surroundings_(std::move(surroundings)) {
  if (options_.ca_file.find('\0') != std::string::npos) {
    throw Error(Code::kInvalid, "the path of the file of certificates holds a NUL");
  }
  if (surroundings_.module == nullptr) {
    surroundings_.module = static_cast<const HttpModule*>(os::module_table(kHttpModuleFile, kHttpModuleAbi));
  }
  if (!surroundings_.now) surroundings_.now = [] { return steady_clock::now(); };
  if (!surroundings_.sleep) surroundings_.sleep = [](milliseconds time) { std::this_thread::sleep_for(time); };
  if (!surroundings_.random) surroundings_.random = random_part;
  client_ = surroundings_.module->client_create();
  if (client_ == nullptr) throw std::bad_alloc();
}

HttpClient::~HttpClient() { surroundings_.module->client_destroy(client_); }

HttpClient::Attempt HttpClient::attempt(const HttpRequest& request, const std::string& url, milliseconds time) const {
  const std::vector<std::string> lines = header_lines(request);
  std::vector<const char*> headers;
  for (const std::string& line : lines) headers.push_back(line.c_str());
  headers.push_back(nullptr);

  Attempt made;
  made.url = url;
  made.max_bytes = request.max_answer_bytes;
  made.cancelled = &options_.cancelled;
  ModuleRequest asked{};
  asked.method = request.method.c_str();
  asked.url = url.c_str();
  asked.headers = headers.data();
  asked.body = request.body ? (request.body->empty() ? "" : request.body->data()) : nullptr;
  asked.body_size = request.body ? request.body->size() : 0;
  asked.connect_timeout_ms = std::max<std::int64_t>(options_.connect_timeout.count(), 1);
  asked.timeout_ms = time.count();
  asked.ca_file = options_.ca_file.empty() ? nullptr : options_.ca_file.c_str();
  // No proxy can reach this machine's own addresses, and a token must not leave it.
  asked.direct = parse_url(url).is_loopback() ? 1 : 0;
  asked.fresh = request.repeatable ? 0 : 1;
  asked.user = &made;
  asked.on_body = &Attempt::on_body;
  asked.on_head = &Attempt::on_head;
  asked.on_progress = &Attempt::on_progress;
  surroundings_.module->exchange(client_, &asked, &made.outcome);
  if (made.thrown != nullptr) std::rethrow_exception(made.thrown);
  return made;
}

HttpClient::Attempt HttpClient::attempt_and_follow(const HttpRequest& request, steady_clock::time_point end) const {
  std::string url = usable_url(request.url, "the URL").text();
  for (int redirects = 0;; ++redirects) {
    const milliseconds time = left_until(end, surroundings_.now());
    if (time.count() <= 0) throw Error(Code::kTimeout, place(request, url) + ": the time is over");
    Attempt made = attempt(request, url, time);
    if (!made.answered() || !is_redirect(made.response.status) || made.redirect_url.empty()) return made;

    const Url target = usable_url(made.redirect_url, "the redirect to");
    const auto refuse = [&](const char* why) {
      return Error(Code::kIo, place(request, url) + ": redirect to " +
                                  quoted(server_text(target.origin() + target.path)) + " refused: " + why);
    };
    if (request.method != "GET") throw refuse("only GET follows one");
    if (!target.same_origin(parse_url(url))) throw refuse("it leads to another scheme, host or port");
    if (redirects == options_.max_redirects) throw refuse("too many one after the other");
    url = target.text();
  }
}

void HttpClient::check_cancelled() const {
  if (options_.cancelled && options_.cancelled()) throw Error(Code::kCancelled, "the request was cancelled");
}

// False: there is no time for it, or there were enough.
bool HttpClient::pause_before_repeat(const Attempt& failed, int repeats, steady_clock::time_point end) const {
  if (repeats >= options_.max_repeats) return false;
  milliseconds pause = failed.response.retry_after;
  if (pause.count() == 0 || !failed.answered()) {
    const double full =
        static_cast<double>(kFirstPause.count()) * static_cast<double>(std::uint64_t{1} << std::min(repeats, 20));
    pause = milliseconds(static_cast<std::int64_t>(full * (0.5 + surroundings_.random() / 2)));
  }
  if (pause >= left_until(end, surroundings_.now())) return false;
  while (pause.count() > 0) {
    check_cancelled();
    const milliseconds part = std::min(pause, kLookAgain);
    surroundings_.sleep(part);
    pause -= part;
  }
  return true;
}

HttpResponse HttpClient::perform(const HttpRequest& request) const {
  const steady_clock::time_point end = surroundings_.now() + request.timeout;
  for (int repeats = 0;; ++repeats) {
    check_cancelled();
    Attempt made = attempt_and_follow(request, end);
    const bool worth_it = made.answered() ? may_pass(made.response.status) : made.outcome.failure == Failure::kLost;
    if (request.repeatable && worth_it && pause_before_repeat(made, repeats, end)) continue;
    if (!made.answered()) made.fail(request);
    return std::move(made.response);
  }
}

}  // namespace quipu::http
