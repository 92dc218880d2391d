#include "sync/cloud_mutations.h"

#include <gtest/gtest.h>

#include "support/engram_cloud.h"

namespace quipu::sync {
namespace {

CloudMutation entry(const std::string& key, const std::string& payload = "{}") {
  return {"tide-gauge", "observation", key, "upsert", payload, 0, {}};
}

CloudOptions options_for(const test::EngramCloud& server) {
  CloudOptions options;
  options.base_url = server.url();
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

TEST(CloudMutations, ComeBackInOrderAndPages) {
  const test::EngramCloud server;
  const CloudServer used(options_for(server));
  EXPECT_TRUE(pull_mutations(used, 0).mutations.empty());
  const std::string payload = R"({"big":9007199254740993,"text":"a\"\u003cb\u003e","deep":[[null]]})";
  EXPECT_EQ((std::vector<std::int64_t>{1, 2}), push_mutations(used, {entry("a\"é", " " + payload + "\n"), entry("b")}));
  EXPECT_EQ((std::vector<std::int64_t>{3}), push_mutations(used, {entry("c", "\"text\"")}));

  MutationPage page = pull_mutations(used, 0, 2);
  ASSERT_EQ(2U, page.mutations.size());
  EXPECT_TRUE(page.has_more);
  EXPECT_EQ(2, page.latest_seq);
  EXPECT_EQ("tide-gauge", page.mutations[0].project);
  EXPECT_EQ("observation", page.mutations[0].entity);
  EXPECT_EQ("a\"é", page.mutations[0].entity_key);
  EXPECT_EQ("upsert", page.mutations[0].op);
  EXPECT_EQ(payload, page.mutations[0].payload);
  EXPECT_EQ(1, page.mutations[0].seq);
  EXPECT_EQ(20U, page.mutations[0].occurred_at.size());
  page = pull_mutations(used, page.latest_seq, 2);
  ASSERT_EQ(1U, page.mutations.size());
  EXPECT_EQ("\"text\"", page.mutations[0].payload);
  EXPECT_FALSE(page.has_more);
  EXPECT_EQ(3, page.latest_seq);
}

TEST(CloudMutations, RefuseWhatCannotBeSent) {
  test::EngramCloud server;
  const CloudServer used(options_for(server));
  EXPECT_EQ(Code::kInvalid, error_of([&] { push_mutations(used, {}); }).code());
  EXPECT_EQ(Code::kInvalid,
            error_of([&] { push_mutations(used, std::vector<CloudMutation>(101, entry("a"))); }).code());
  EXPECT_EQ(100U, push_mutations(used, std::vector<CloudMutation>(100, entry("a"))).size());
  for (const char* payload : {"", "{", R"({}},{"project":"other")", "1 2", "nothing"}) {
    EXPECT_EQ(Code::kInvalid, error_of([&] { push_mutations(used, {entry("a", payload)}); }).code()) << payload;
  }
  EXPECT_EQ(Code::kInvalid, error_of([&] { pull_mutations(used, 0, 0); }).code());
  EXPECT_EQ(Code::kInvalid, error_of([&] { pull_mutations(used, 0, 101); }).code());
  EXPECT_EQ(1U, server.log().size());
}

TEST(CloudMutations, ArePushedOnce) {
  test::EngramCloud server;
  const CloudServer used(options_for(server));
  server.rule(R"([{"on":"mutation_push","do":"lose_reply"},{"on":"mutation_pull","do":"lose_reply"}])");
  const Error lost = error_of([&] { push_mutations(used, {entry("a")}); });
  EXPECT_EQ(Code::kIo, lost.code());
  EXPECT_EQ(0U, lost.message().find("cloud: mutation push: ")) << lost.message();
  // A pull is repeated.
  EXPECT_EQ(1U, pull_mutations(used, 0).mutations.size());
  EXPECT_EQ(3U, server.log().size());
}

TEST(CloudMutations, TellOfAServerThatDoesNotKnowThem) {
  const test::EngramCloud server({"--no-mutations"});
  const CloudServer used(options_for(server));
  const CloudError push = error_of<CloudError>([&] { push_mutations(used, {entry("a")}); });
  EXPECT_EQ("server_unsupported", push.error_code());
  EXPECT_EQ(Code::kNotFound, push.code());
  EXPECT_EQ(0U, push.message().find("cloud: mutation push: status 404: ")) << push.message();
  EXPECT_EQ("server_unsupported", error_of<CloudError>([&] { pull_mutations(used, 0); }).error_code());
}

TEST(CloudMutations, AnswersThatCannotBeReadAreErrors) {
  test::EngramCloud server;
  const CloudServer used(options_for(server));
  for (const char* body :
       {"", "<html>", "[]", R"({\"mutations\":{}})", R"({\"mutations\":[1]})", R"({\"mutations\":[{\"seq\":1.5}]})",
        R"({\"mutations\":[{\"op\":1}]})", R"({\"has_more\":1})", R"({\"latest_seq\":99999999999999999999})"}) {
    server.behave();
    server.rule(R"({"on":"mutation_pull","do":"garbage","body":")" + std::string(body) + "\"}");
    const Error error = error_of([&] { pull_mutations(used, 0); });
    EXPECT_EQ(Code::kIo, error.code()) << body;
    EXPECT_EQ(0U, error.message().find("cloud: mutation pull: the answer cannot be read")) << error.message();
  }
  server.behave();
  server.rule(R"({"on":"mutation_pull","do":"garbage","body":"{\"mutations\":null}"})");
  EXPECT_TRUE(pull_mutations(used, 0).mutations.empty());
}

}  // namespace
}  // namespace quipu::sync
