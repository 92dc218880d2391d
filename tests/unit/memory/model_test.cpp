// Random calls through two handles: what each handle keeps in memory beside the records is what a new one makes of them.
#include <gtest/gtest.h>

#include <random>

#include "memory/store.h"
#include "support/effort.h"
#include "support/memory_support.h"

namespace quipu::memory {
namespace {

using namespace test;

class Player {
 public:
  Player(std::uint64_t seed, const TemporaryFolder& folder)
      : random_(seed), stores_{open_memory(folder, &clock_), open_memory(folder, &clock_)} {}

  MemoryStore& store() { return *stores_[below(2)]; }

  void step() {
    if (below(4) == 0) clock_.pass(below(600));
    MemoryStore& on = store();
    try {
      act(on);
    } catch (const Error& error) {
      // What is not there, or is still needed, is refused.
      EXPECT_TRUE(error.code() == Code::kNotFound || error.code() == Code::kConstraint) << error.message();
      ++refused;
    }
  }

  std::size_t refused = 0;

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  std::string session() { return "s" + std::to_string(below(4)); }
  std::string a_key(Entity entity) {
    std::vector<std::string> keys;
    stores_[0]->with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
      for (Catalog::Number i = 0; i < catalog.size(); ++i) {
        if (catalog.at(i).entity == entity) keys.push_back(Catalog::key_of(catalog.at(i)));
      }
    });
    return keys.empty() ? "none" : keys[below(keys.size())];
  }

  void act(MemoryStore& on) {
    const std::string session_id = session();
    switch (below(12)) {
      case 0:
        on.session_start(session_id, below(2) == 0 ? "p" : "", "/d");
        break;
      case 1:
        on.session_end(session_id, "done");
        break;
      case 2:
        on.session_delete(session_id);
        break;
      case 3:
      case 4:
      case 5: {
        const std::string title = "t" + std::to_string(below(3));
        const std::string content = "c" + std::to_string(below(3));
        NewObservation given;
        given.session_id = session_id;
        given.type = below(2) == 0 ? "note" : "decision";
        given.title = title;
        given.content = content;
        given.project = below(2) == 0 ? "p" : "q";
        given.scope = below(4) == 0 ? "personal" : "";
        given.topic_key = below(3) == 0 ? "topic" : "";
        on.observation_add(given);
        break;
      }
      case 6: {
        ObservationChanges changes;
        const std::string text = std::to_string(below(3));
        if (below(2) == 0) changes.title = text;
        if (below(2) == 0) changes.project = text;
        if (below(2) == 0) changes.topic_key = "topic";
        changes.content = text;
        bool truncated = false;
        on.observation_update(a_key(Entity::kObservation), changes, truncated);
        break;
      }
      case 7:
        on.observation_delete(a_key(Entity::kObservation), below(2) == 0);
        break;
      case 8: {
        NewPrompt given;
        given.session_id = session_id;
        given.content = "c";
        given.project = "p";
        on.prompt_add(given);
        break;
      }
      case 9:
        on.prompt_delete(a_key(Entity::kPrompt));
        break;
      case 10: {  // rows from elsewhere, in any order of time
        const std::string day = std::to_string(1 + below(9));
        merge(on, incoming_of(R"({"observations":[{"sync_id":"i)" + std::to_string(below(4)) + R"(","session_id":")" +
                                  session_id + R"(","type":"note","title":"t0","content":"c0","topic_key":"topic",)" +
                                  R"("project":"p","created_at":"2026-03-0)" + day + R"( 00:00:00"}]})",
                              ""));
        break;
      }
      case 11:
        if (below(8) == 0) {
          on.purge(nullptr);
        } else if (below(2) == 0) {
          on.records().remove("memory:observation:" + a_key(Entity::kObservation), static_cast<json::RowRef*>(nullptr));
        } else {
          on.context({});
        }
        break;
    }
  }

  std::mt19937_64 random_;
  StandingClock clock_;
  std::unique_ptr<MemoryStore> stores_[2];
};

TEST(MemoryModel, EachHandleKnowsWhatANewOneMakesOfTheRecords) {
  const std::size_t count = seeds(8, 300);
  std::size_t refused = 0;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + count; ++seed) {
    const TemporaryFolder folder(place_in_memory());
    Player player(seed, folder);
    for (int step = 0; step < 200; ++step) {
      player.step();
      if (step % 20 != 19) continue;
      const std::string wanted = describe(*open_memory(folder));
      // Not more can be asked of a handle that has not looked: both look now.
      ASSERT_EQ(describe(player.store()), wanted) << "seed " << seed << ", step " << step;
      ASSERT_EQ(describe(player.store()), wanted) << "seed " << seed << ", step " << step;
    }
    refused += player.refused;
    ASSERT_TRUE(open_memory(folder)->records().verify(true, nullptr).valid) << "seed " << seed;
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
  std::printf("             %zu lives, %zu calls refused\n", count, refused);
}

}  // namespace
}  // namespace quipu::memory
