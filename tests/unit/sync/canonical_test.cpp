// Canonical documents: the reference's own table, and what it does not hold.
#include "sync/canonical.h"

#include "crypto/sha256.h"
#include "json/go_json.h"
#include "sync/transport.h"
#include "sync_test_support.h"

namespace quipu::sync {
namespace {

// The texts of Go's own decoder are not ours.
std::string without_decoder(const std::string& message) {
  for (const char* const prefix : {"decode chunk data: ", "decode mutation payload: "}) {
    const std::size_t at = message.find(prefix);
    if (at != std::string::npos) return message.substr(0, at + std::string(prefix).size());
  }
  return message;
}

std::string with_mutation(const std::string& members) { return "{\"mutations\":[{" + members + "}]}"; }

std::string message_of(const std::string& document) {
  const Error error = error_of([&] { canonicalize_chunk(document, "p"); });
  EXPECT_EQ(Code::kInvalid, error.code());
  return error.message();
}

TEST(CanonicalTest, AsTheReference) {
  int cases = 0;
  const nlohmann::json table = fixture_json("vectors/canonical_chunks.json").at("cases");
  for (const nlohmann::json& c : table) {
    const std::string name = c.at("name");
    SCOPED_TRACE(name);
    ++cases;
    const std::string in = c.at("in");
    const std::string project = c.at("project");
    if (name == "relation not known to 1.14.0") {
      EXPECT_EQ("mutations[0]: relation payload sync_id is required", message_of(in));
    } else if (c.contains("error")) {
      const Error error = error_of([&] { canonicalize_chunk(in, project); });
      EXPECT_EQ(Code::kInvalid, error.code());
      EXPECT_EQ(without_decoder(c.at("error")), without_decoder(error.message()));
    } else {
      const std::string out = canonicalize_chunk(in, project);
      EXPECT_EQ(c.at("out"), out);
      EXPECT_EQ(c.at("id"), chunk_id_of(out));
      EXPECT_EQ(out, canonicalize_chunk(out, project));
    }
  }
  EXPECT_EQ(35, cases);
}

TEST(CanonicalTest, ProjectsOfSessionsThatMutationsName) {
  const auto session = [](const std::string& mutation) {
    const std::string out = canonicalize_chunk(
        "{\"sessions\":[{\"id\":\" a \",\"project\":\"other\"}],\"mutations\":[" + mutation + "]}", "p");
    return nlohmann::json::parse(out).at("sessions").at(0).at("project").get<std::string>();
  };
  EXPECT_EQ("other", session(""));
  EXPECT_EQ("p", session(R"({"entity":"session","op":"delete","payload":"{\"id\":\"a\"}"})"));
  EXPECT_EQ("p", session(R"({"entity":"prompt","op":"upsert",)"
                         R"("payload":"{\"sync_id\":\"k\",\"session_id\":\"a\",\"content\":\"c\"}"})"));
  EXPECT_EQ("other",
            session(R"({"entity":"prompt","op":"delete","payload":"{\"sync_id\":\"k\",\"session_id\":\"a\"}"})"));
  EXPECT_EQ("{\"mutations\":[],\"sessions\":[{\"id\":7,\"project\":\"p\"}]}",
            canonicalize_chunk("{\"sessions\":[{\"id\":7}],\"mutations\":null}", "p"));
}

TEST(CanonicalTest, MutationsAreReadAsGoReadsThem) {
  // Names in any case, of two the later by name; null is nothing; numbers as doubles.
  EXPECT_EQ(
      R"({"mutations":[{"acked_at":"t","entity":"session","entity_key":"a","occurred_at":"","op":"delete",)"
      R"("payload":"{\"id\":\"a\",\"project\":\"p\",\"deleted\":true,\"hard_delete\":true}","project":"p","seq":3,)"
      R"("source":"","target_key":""}]})",
      canonicalize_chunk(
          with_mutation(R"("entity":"session","ENTITY":"prompt","Op":" delete ","seq":3.0,"source":null,)"
                        R"("acked_at":"t","x":1,"payload":"{\"ID\":\"a\",\"deleted\":true,)"
                        R"(\"deleted_at\":\" \",\"hard_delete\":true,\"summary\":null}")"),
          "p"));
  EXPECT_EQ("mutations[0]: decode mutation: \"seq\" is not an integer of 64 bits",
            message_of(with_mutation("\"seq\":1.5")));
  EXPECT_EQ("mutations[0]: decode mutation: \"seq\" is not an integer of 64 bits",
            message_of(with_mutation("\"seq\":1e30")));
  EXPECT_EQ("mutations[0]: decode mutation: \"payload\" is not a string", message_of(with_mutation("\"payload\":{}")));
  const std::string session = R"("entity":"session","op":"upsert","payload":)";
  EXPECT_EQ("mutations[0]: payload is required", message_of(with_mutation(session + "\"  \"")));
  EXPECT_EQ("mutations[0]: decode mutation payload: it is not an object",
            message_of(with_mutation(session + "\"[]\"")));
  EXPECT_EQ("mutations[0]: session payload id is required", message_of(with_mutation(session + "\"null\"")));
  EXPECT_EQ("mutations[0]: decode mutation payload: \"id\" has another type",
            message_of(with_mutation(session + R"("{\"id\":1}")")));
  EXPECT_EQ("mutations[0]: unsupported mutation \"relation\"/\"delete\"",
            message_of(with_mutation(R"("entity":"relation","op":"delete","payload":"{}")")));
  EXPECT_EQ("mutations[0]: unsupported mutation \"a\\nb\"/\"\"", message_of(with_mutation(R"("entity":"a\nb")")));
}

TEST(CanonicalTest, CountersOfPayloadsAndConfidence) {
  const std::string out = canonicalize_chunk(
      with_mutation(
          R"("entity":"relation","op":"upsert","payload":"{\"sync_id\":\"r\",\"source_id\":\"a\",\"target_id\":\"b\",)"
          R"(\"relation\":\"x\",\"confidence\":0.5,\"judgment_status\":\"j\",\"marked_by_actor\":\" m \",)"
          R"(\"marked_by_kind\":\"k\",\"more\":1}")"),
      "p");
  EXPECT_EQ(R"({"sync_id":"r","source_id":"a","target_id":"b","relation":"x","confidence":0.5,"judgment_status":"j",)"
            R"("marked_by_actor":"m","marked_by_kind":"k","project":"p","created_at":"","updated_at":""})",
            nlohmann::json::parse(out).at("mutations").at(0).at("payload").get<std::string>());
  EXPECT_EQ(
      "mutations[0]: relation payload marked_by_kind is required for upsert",
      message_of(with_mutation(R"("entity":"relation","op":"upsert","payload":"{\"sync_id\":\"r\",\"source_id\":\"a\",)"
                               R"(\"target_id\":\"b\",\"relation\":\"x\",\"judgment_status\":\"j\",)"
                               R"(\"marked_by_actor\":\"m\"}")")));
}

TEST(CanonicalTest, RefusesWhatIsNoDocument) {
  for (const char* const text : {"", "null", "[]", "{", "{}x", "\xEF\xBB\xBF{}"}) {
    EXPECT_TRUE(message_of(text).starts_with("decode chunk data: ")) << text;
  }
  EXPECT_EQ("sessions[1] must be an object", message_of("{\"sessions\":[{},null]}"));
  const std::string deep(2000, '[');
  EXPECT_TRUE(message_of("{\"x\":" + deep).starts_with("decode chunk data: "));
  EXPECT_EQ("{\"x\":\"\\u0000\xEF\xBF\xBD\"}", canonicalize_chunk("{\"x\":\"\\u0000\xFF\"}", "p"));
}

TEST(CanonicalTest, LargeDocument) {
  std::string document = "{\"observations\":[";
  std::size_t rows = 0;
  while (document.size() < (std::size_t{8} << 20)) {
    if (rows++ > 0) document += ',';
    document += R"({"id":)" + std::to_string(rows) + R"(,"sync_id":"obs-1","session_id":"s","content":")" +
                std::string(400, 'x') + "\"}";
  }
  document += "]}";
  const std::string out = canonicalize_chunk(document, "p");
  EXPECT_EQ(document.size() + rows * std::string(R"("project":"p",)").size(), out.size());
  EXPECT_EQ(out, canonicalize_chunk(out, "p"));
}

TEST(CanonicalTest, IdsOfChunks) {
  EXPECT_EQ("e3b0c442", chunk_id_of(""));
  EXPECT_TRUE(is_chunk_id(chunk_id_of("x")));
}

}  // namespace
}  // namespace quipu::sync
