// The transport against a server that keeps chunks as the original does, and misbehaves when it is told to.
#include "sync/cloud_transport.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "json/go_json.h"
#include "json/parser.h"
#include "support/engram_cloud.h"
#include "support/temporary_folder.h"

namespace quipu::sync {
namespace {

using std::chrono::milliseconds;

constexpr const char* kProject = "tide-gauge";
constexpr const char* kEntry =
    R"({"id":"x","created_by":"ana \"a\" é","created_at":"2026-04-23T03:17:29Z","sessions":1,"memories":0,"prompts":0})";

struct Chunk {
  std::string id;
  std::string document;
};

// In canonical form, with the id that the server computes; the last two share theirs.
const Chunk kFirst = {
    "195817b0",
    R"({"observations":[],"prompts":[],"sessions":[{"directory":"/d","id":"s-0","project":"tide-gauge"}]})"};
const std::string kSameId = "9fefc477";
const std::string kOne =
    R"({"observations":[],"prompts":[],"sessions":[{"directory":"/d","id":"s-23379","project":"tide-gauge"}]})";
const std::string kOther =
    R"({"observations":[],"prompts":[],"sessions":[{"directory":"/d","id":"s-99200","project":"tide-gauge"}]})";

CloudOptions options_for(const std::string& url, const std::string& token = "") {
  CloudOptions options;
  options.base_url = url;
  options.token = token;
  options.project = kProject;
  return options;
}

template <typename E = Error, typename Fn>
E error_of(Fn&& fn) {
  try {
    fn();
  } catch (const E& error) {
    return error;
  }
  throw std::logic_error("nothing was thrown");
}

std::string canonical(const std::string& text) {
  std::string made;
  json::write_go(json::parse(text), json::GoSpelling::kCanonical, made);
  return made;
}

TEST(CloudTransport, BringsBackWhatWasPushed) {
  const test::EngramCloud server({"--token", "secret"});
  CloudTransport transport(options_for(server.url() + "/", " secret\n"));
  EXPECT_EQ(R"({"version": 1, "chunks": []})", transport.read_manifest());
  EXPECT_EQ(std::nullopt, transport.read_chunk(kFirst.id));

  transport.write_chunk(kFirst.id, kFirst.document, kEntry);
  transport.write_manifest("does nothing");
  const std::optional<std::string> document = transport.read_chunk(kFirst.id);
  ASSERT_TRUE(document);
  EXPECT_NE(kFirst.document, *document);
  EXPECT_EQ(kFirst.document, canonical(*document));
  EXPECT_FALSE(transport.keeps_bytes());
  const json::Value manifest = json::parse(*transport.read_manifest());
  const json::Value& entry = manifest.find("chunks")->as_array().at(0);
  EXPECT_EQ(kFirst.id, entry.find("id")->as_string());
  EXPECT_EQ("ana \"a\" é", entry.find("created_by")->as_string());
  EXPECT_EQ("2026-04-23T03:17:29Z", entry.find("created_at")->as_string());
  // A second push is harmless.
  transport.write_chunk(kFirst.id, kFirst.document, kEntry);
  EXPECT_EQ(1U, json::parse(*transport.read_manifest()).find("chunks")->as_array().size());
}

TEST(CloudTransport, SendsWhatThePageSays) {
  test::EngramCloud server;
  CloudOptions options = options_for(server.url());
  options.project = "a b/ü&c";
  options.headers = {{"X-Team", "tide"}};
  CloudTransport transport(options);
  transport.read_manifest();
  EXPECT_EQ(std::nullopt, transport.read_chunk(kFirst.id));
  const json::Array log = server.log();
  EXPECT_EQ("/sync/pull?project=a%20b%2F%C3%BC%26c", log.at(0).find("target")->as_string());
  EXPECT_EQ("/sync/pull/" + kFirst.id + "?project=a%20b%2F%C3%BC%26c", log.at(1).find("target")->as_string());
  EXPECT_EQ("tide", log.at(0).find("headers")->find("X-Team")->as_string());
  EXPECT_EQ(nullptr, log.at(0).find("headers")->find("Authorization"));
}

TEST(CloudTransport, GoesOnWithAServerThatWasKilled) {
  const test::TemporaryFolder folder;
  test::EngramCloud server({"--state", folder.path()});
  CloudTransport transport(options_for(server.url()));
  server.rule(R"({"on":"push","do":"die_after"})");
  EXPECT_EQ(Code::kIo, error_of([&] { transport.write_chunk(kFirst.id, kFirst.document, kEntry); }).code());
  server.start_again();
  EXPECT_TRUE(transport.read_chunk(kFirst.id));
}

TEST(CloudTransport, RepeatsAPushWhoseAnswerWasLost) {
  test::EngramCloud server;
  CloudTransport transport(options_for(server.url()));
  server.rule(
      R"([{"on":"push","do":"lose_reply"},{"on":"chunk","do":"cut"},{"on":"manifest","do":"status","status":503}])");
  transport.write_chunk(kFirst.id, kFirst.document, kEntry);
  EXPECT_EQ(1U, json::parse(*transport.read_manifest()).find("chunks")->as_array().size());
  EXPECT_EQ(kFirst.document, canonical(*transport.read_chunk(kFirst.id)));
  EXPECT_EQ(6U, server.log().size());
}

struct Refusal {
  std::string rule;
  Code code;
  bool retryable;
  std::string message;
  std::string error_class;
  std::string error_code;
};

TEST(CloudTransport, SaysHowTheServerRefuses) {
  // What may pass would be tried again: after longer than there is time, so it is not.
  const auto answer = [](int status, const std::string& body) {
    return R"({"on":"any","times":1000,"do":"status","headers":{"Retry-After":"3600"},"status":)" +
           std::to_string(status) + R"(,"body":)" + body + "}";
  };
  const std::string json =
      R"("{\"error\":\"say\\n why\",\"error_class\":\"repairable\",\"error_code\":\"some_code\"}")";
  std::string many;
  for (int i = 0; i < 100000; ++i) many += "x";
  const Refusal refusals[] = {
      {answer(400, json), Code::kInvalid, false, "status 400: say why", "repairable", "some_code"},
      {answer(401, R"("unauthorized: no\r\n\u0000\u001b[31m")"), Code::kUnauthenticated, false,
       "status 401: unauthorized: no [31m", "", ""},
      {answer(403, json), Code::kForbidden, false, "status 403: say why", "repairable", "some_code"},
      {answer(409, json), Code::kConflict, false, "status 409: say why", "repairable", "some_code"},
      {answer(413, json), Code::kQuota, false, "status 413: say why", "repairable", "some_code"},
      {answer(500, R"("")"), Code::kIo, false, "status 500: (no message)", "", ""},
      {answer(418, R"("{\"error\":7}")"), Code::kIo, false, "status 418: {\"error\":7}", "", ""},
      {answer(204, R"("")"), Code::kIo, false, "status 204: (no message)", "", ""},
      {answer(422, "\"" + many + "\""), Code::kIo, false,
       "status 422: " + many.substr(0, http::kMaxErrorBytes).substr(0, 497) + "...", "", ""},
      {answer(408, R"("x")"), Code::kTimeout, true, "status 408: x", "", ""},
      {answer(429, R"("x")"), Code::kBusy, true, "status 429: x", "", ""},
      {answer(502, R"("x")"), Code::kIo, true, "status 502: x", "", ""},
      {answer(503, R"("x")"), Code::kBusy, true, "status 503: x", "", ""},
      {answer(504, R"("x")"), Code::kTimeout, true, "status 504: x", "", ""},
  };
  test::EngramCloud server;
  CloudTransport transport(options_for(server.url()));
  for (const Refusal& refusal : refusals) {
    server.behave();
    server.rule(refusal.rule);
    const int status = std::stoi(refusal.message.substr(7));
    const auto check = [&](const std::string& operation, const CloudError& error) {
      EXPECT_EQ("cloud: " + operation + ": " + refusal.message, error.message());
      EXPECT_EQ(refusal.code, error.code()) << error.message();
      EXPECT_EQ(refusal.retryable, error.retryable()) << error.message();
      EXPECT_EQ(status, error.status());
      EXPECT_EQ(status, error.backend_code());
      EXPECT_EQ(refusal.error_code, error.backend_text());
      EXPECT_EQ(refusal.error_code, error.error_code());
      EXPECT_EQ(refusal.error_class, error.error_class());
      EXPECT_EQ(status == 401, error.is_auth_failure());
      EXPECT_EQ(status == 403, error.is_policy_failure());
      EXPECT_EQ(refusal.error_class == "repairable", error.is_repairable());
    };
    check("fetch manifest", error_of<CloudError>([&] { transport.read_manifest(); }));
    check("pull chunk " + kFirst.id, error_of<CloudError>([&] { transport.read_chunk(kFirst.id); }));
    check("push chunk " + kFirst.id,
          error_of<CloudError>([&] { transport.write_chunk(kFirst.id, kFirst.document, kEntry); }));
  }
}

// As the server itself refuses.
TEST(CloudTransport, KnowsTheServersOwnRefusals) {
  test::EngramCloud server({"--token", "secret", "--allow", kProject, "--strict-id"});
  const auto push_error = [&](CloudOptions options, const std::string& id, const std::string& document) {
    CloudTransport transport(options);
    return error_of<CloudError>([&] { transport.write_chunk(id, document, kEntry); });
  };
  CloudOptions options = options_for(server.url(), "secret");

  EXPECT_TRUE(push_error(options_for(server.url(), "wrong"), kFirst.id, kFirst.document).is_auth_failure());
  EXPECT_TRUE(push_error(options_for(server.url()), kFirst.id, kFirst.document).is_auth_failure());

  CloudOptions elsewhere = options;
  elsewhere.project = "other";
  EXPECT_EQ("policy_forbidden", push_error(elsewhere, kFirst.id, kFirst.document).error_code());
  EXPECT_TRUE(error_of<CloudError>([&] { CloudTransport(elsewhere).read_manifest(); }).is_policy_failure());

  server.pause(kProject, true);
  const CloudError paused = push_error(options, kFirst.id, kFirst.document);
  EXPECT_EQ(409, paused.status());
  EXPECT_EQ("sync-paused", paused.error_code());
  EXPECT_EQ("policy", paused.error_class());
  server.pause(kProject, false);

  EXPECT_EQ("upgrade_repairable_payload_invalid", push_error(options, "00000000", kFirst.document).error_code());
  EXPECT_EQ("upgrade_repairable_payload_invalid", push_error(options, kFirst.id, "[]").error_code());
  EXPECT_EQ("upgrade_repairable_payload_invalid", push_error(options, kFirst.id, "no JSON").error_code());
  const std::string orphan =
      R"({"prompts":[{"content":"c","project":"tide-gauge","session_id":"nowhere","sync_id":"p"}]})";
  EXPECT_NE(std::string::npos,
            push_error(options_for(server.url(), "secret"), "1a2b3c4d", orphan).message().find("nowhere"));

  const std::string large = R"({"extra":")" + std::string(9 << 20, 'x') + "\"}";
  const CloudError too_large = push_error(options, kFirst.id, large);
  EXPECT_EQ(413, too_large.status());
  EXPECT_EQ(Code::kQuota, too_large.code());

  CloudTransport transport(options);
  transport.write_chunk(kSameId, kOne, kEntry);
  const CloudError conflict = push_error(options, kSameId, kOther);
  EXPECT_EQ(Code::kConflict, conflict.code());
  EXPECT_EQ("upgrade_repairable_chunk_conflict", conflict.error_code());
  EXPECT_TRUE(conflict.is_repairable());
}

TEST(CloudTransport, ChunkThatCannotBeUsedIsAFault) {
  test::EngramCloud server;
  CloudTransport transport(options_for(server.url()));
  server.rule(R"({"on":"chunk","do":"empty"})");
  const ChunkFault empty = error_of<ChunkFault>([&] { transport.read_chunk(kFirst.id); });
  EXPECT_EQ("cloud: empty chunk payload", empty.message());
  EXPECT_EQ("chunk_unreadable", empty.report_code());
  server.rule(R"({"on":"chunk","nth":1,"do":"oversize","bytes":268435457})");
  EXPECT_EQ("chunk_too_large", error_of<ChunkFault>([&] { transport.read_chunk(kFirst.id); }).report_code());
  server.rule(R"({"on":"manifest","do":"oversize","bytes":67108865})");
  EXPECT_EQ(Code::kQuota, error_of([&] { transport.read_manifest(); }).code());
  // What is no JSON is for the reader of documents and manifests to say.
  server.rule(R"([{"on":"chunk","do":"garbage"},{"on":"manifest","do":"garbage"}])");
  EXPECT_EQ("<html>", transport.read_chunk(kFirst.id));
  EXPECT_EQ("<html>", transport.read_manifest());
}

TEST(CloudTransport, FailureWithoutAnAnswerNamesTheOperation) {
  test::EngramCloud server;
  CloudOptions options = options_for(server.url());
  options.timeout = milliseconds(300);
  CloudTransport transport(options);
  server.rule(R"({"on":"any","times":1000,"do":"slow","ms":20000})");
  const Error slow = error_of([&] { transport.read_manifest(); });
  EXPECT_EQ(Code::kTimeout, slow.code());
  EXPECT_EQ(0U, slow.message().find("cloud: fetch manifest: GET \"")) << slow.message();
  server.kill();
  const Error gone = error_of([&] { transport.write_chunk(kFirst.id, kFirst.document, kEntry); });
  EXPECT_EQ(Code::kIo, gone.code());
  EXPECT_TRUE(gone.retryable());
  EXPECT_EQ(0U, gone.message().find("cloud: push chunk " + kFirst.id + ": POST \"")) << gone.message();
}

TEST(CloudTransport, RefusesOptionsThatCannotBeUsed) {
  const auto message = [](const CloudOptions& options) {
    const Error error = error_of([&] { CloudTransport{options}; });
    EXPECT_EQ(Code::kInvalid, error.code()) << error.message();
    return error.message();
  };
  EXPECT_EQ("cloud: remote url is required", message(options_for("")));
  EXPECT_EQ("cloud: remote url is required", message(options_for(" \n\t")));
  EXPECT_EQ("cloud: invalid remote url: scheme must be http or https", message(options_for("ftp://example.org")));
  EXPECT_EQ("cloud: invalid remote url: host is required", message(options_for("https://")));
  EXPECT_EQ("cloud: invalid remote url: query is not allowed", message(options_for("https://example.org/?a=b")));
  EXPECT_EQ("cloud: invalid remote url: fragment is not allowed", message(options_for("https://example.org/#a")));
  CloudOptions options = options_for("https://example.org");
  options.project = "";
  EXPECT_EQ("cloud: project is required", message(options));
  options = options_for("https://example.org");
  options.timeout = milliseconds(0);
  EXPECT_EQ("cloud: a timeout must be more than 0 ms", message(options));
  for (const char* name : {"Authorization", "content-type", "HOST", "Transfer-Encoding", "Content-Length", "Expect"}) {
    options = options_for("https://example.org");
    options.headers = {{name, "x"}};
    EXPECT_EQ(std::string("cloud: the header \"") + name + "\" is set by the client itself", message(options));
  }
  for (const http::Header& header :
       {http::Header{"X", "a\r\nY: b"}, http::Header{"X\n", "a"}, http::Header{"X", std::string("\0", 1)}}) {
    options = options_for("https://example.org");
    options.headers = {header};
    EXPECT_EQ(0U, message(options).find("cloud: the "));
  }
  for (const std::string& token : {std::string("a\r\nX: b"), std::string("a\0b", 3), std::string("a\x7F")}) {
    EXPECT_EQ("cloud: the value of header \"Authorization\" holds a control character",
              message(options_for("https://example.org", token)));
  }
}

TEST(CloudTransport, ShowsATokenToNobodyElse) {
  for (const char* url : {"http://example.org", "http://localhost.example.org", "http://127.1", "http://0.0.0.0:1"}) {
    const Error error = error_of([&] { CloudTransport{options_for(url, "secret")}; });
    EXPECT_EQ(Code::kInvalid, error.code()) << url;
    EXPECT_EQ(0U, error.message().find("cloud: a token requires https")) << error.message();
    EXPECT_EQ(std::string::npos, error.message().find("secret"));
    EXPECT_NO_THROW(CloudTransport{options_for(url, " \t\n")});
  }
  for (const char* url : {"https://example.org", "http://localhost:1", "http://127.0.0.1", "http://[::1]:1"}) {
    EXPECT_NO_THROW(CloudTransport{options_for(url, "secret")}) << url;
  }
  // Nor does a redirect carry it away.
  test::EngramCloud server;
  test::EngramCloud thief;
  server.rule(R"({"on":"any","times":9,"do":"redirect","to":")" + thief.url() + "/sync/pull?project=p\"}");
  CloudTransport transport(options_for(server.url(), "secret"));
  EXPECT_EQ(Code::kIo, error_of([&] { transport.read_manifest(); }).code());
  EXPECT_EQ(Code::kIo, error_of([&] { transport.write_chunk(kFirst.id, kFirst.document, kEntry); }).code());
  EXPECT_EQ("Bearer secret", server.log().at(0).find("headers")->find("Authorization")->as_string());
  EXPECT_TRUE(thief.log().empty());
}

TEST(CloudTransport, RefusesEntriesThatSayTooLittle) {
  CloudTransport transport(options_for("http://localhost:1"));
  for (const char* entry : {"", "[]", "{}", R"({"created_by":"a"})", R"({"created_by":1,"created_at":"x"})"}) {
    EXPECT_EQ(Code::kInvalid, error_of([&] { transport.write_chunk(kFirst.id, kFirst.document, entry); }).code())
        << entry;
  }
}

}  // namespace
}  // namespace quipu::sync
