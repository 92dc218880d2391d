// Whatever the order in which changes come, every store ends with the same rows; and what has come once changes nothing when it
// comes again.
//
// The changes are those that chunks may hold, with one restraint, as there is no way without it (docs/formats/sync.md, "Rows"):
// a session that is deleted here has either observations or prompts that are not later than the delete, and its row is the same
// wherever it is listed. Once it has gone, with its prompts, nothing is left of them that a later row could bring back.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "memory/merge.h"
#include "support/effort.h"
#include "support/memory_support.h"

namespace quipu::memory {
namespace {

using namespace test;
using Json = nlohmann::ordered_json;

class Author {
 public:
  explicit Author(std::uint64_t seed) : random_(seed) {}

  Incoming chunk() {
    Json document{{"sessions", Json::array()}, {"observations", Json::array()}, {"prompts", Json::array()}};
    Json mutations = Json::array();
    const int things = 1 + below(5);
    for (int i = 0; i < things; ++i) {
      switch (below(9)) {
        case 0:
        case 1:
        case 2:
          document["observations"].push_back(observation());
          break;
        case 3:
          document["prompts"].push_back(prompt());
          break;
        case 4:
          mutations.push_back(mutation("observation", "upsert", observation()));
          break;
        case 5: {
          Json gone{{"sync_id", "obs-" + std::to_string(below(5))}};
          if (below(2) == 0) gone["hard_delete"] = true;
          mutations.push_back(mutation("observation", "delete", gone));
          break;
        }
        case 6:
          mutations.push_back(mutation("prompt", "delete", Json{{"sync_id", "prompt-" + std::to_string(below(3))}}));
          break;
        case 7: {
          Json gone{{"id", below(2) == 0 ? "with-observations" : "with-prompts"}};
          // The prompts are of the 1st to the 9th.
          gone["deleted_at"] =
              gone["id"] == "with-prompts" ? "2026-01-2" + std::to_string(below(3)) + " 00:00:00" : time();
          mutations.push_back(mutation("session", "delete", gone));
          break;
        }
        case 8:
          mutations.push_back(mutation("relation", "upsert",
                                       Json{{"sync_id", "rel-" + std::to_string(below(2))},
                                            {"source_id", "obs-0"},
                                            {"target_id", "obs-1"},
                                            {"reason", below(3)},
                                            {"updated_at", time()}}));
          break;
      }
    }
    // As exporters do: a session stands beside the rows that refer to it, unless it is nowhere.
    std::vector<std::string> named;
    for (const char* list : {"observations", "prompts"}) {
      for (const Json& row : document[list]) named.push_back(row["session_id"]);
    }
    for (const Json& change : mutations) {
      const Json payload = Json::parse(change["payload"].get<std::string>());
      if (payload.contains("session_id")) named.push_back(payload["session_id"]);
    }
    if (below(3) == 0) named.push_back("plain");
    std::sort(named.begin(), named.end());
    named.erase(std::unique(named.begin(), named.end()), named.end());
    for (const std::string& id : named) {
      if (id == "lost" || (id == "late" && below(2) == 0)) continue;
      Json row{{"id", id}, {"project", "p"}, {"directory", "/d"}, {"started_at", "2026-01-01 00:00:00"}};
      if (id == "plain" && below(2) == 0) {
        row["ended_at"] = time();
        row["summary"] = std::to_string(1 + below(3));
      }
      document["sessions"].push_back(row);
    }
    if (!mutations.empty()) document["mutations"] = mutations;
    text_ = document.dump();
    return incoming_of(text_, "2026-02-01T00:00:00Z");
  }
  const std::string& text() const { return text_; }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::string time() { return "2026-01-0" + std::to_string(1 + below(9)) + " 00:00:00"; }
  std::string session() {
    constexpr const char* kSessions[] = {"plain", "plain", "lost", "late", "with-observations"};
    return kSessions[below(5)];
  }

  Json observation() {
    Json row{{"id", below(100)},
             {"sync_id", "obs-" + std::to_string(below(5))},
             {"session_id", session()},
             {"type", "t"},
             {"title", "x"},
             {"content", std::to_string(below(3))},
             {"project", "p"},
             {"scope", "project"},
             {"revision_count", 1 + below(2)},
             {"duplicate_count", 1},
             {"created_at", "2026-01-01 00:00:00"},
             {"updated_at", time()}};
    if (below(5) == 0) row["deleted_at"] = row["updated_at"];
    return row;
  }
  Json prompt() {
    const bool is_deletable = below(2) == 0;
    return {{"id", below(100)},
            {"sync_id", std::string(is_deletable ? "q-" : "prompt-") + std::to_string(below(3))},
            {"session_id", is_deletable ? "with-prompts" : "plain"},
            {"content", std::to_string(below(3))},
            {"project", "p"},
            {"created_at", time()}};
  }
  Json mutation(const std::string& entity, const std::string& op, const Json& payload) {
    return {{"seq", 1},
            {"entity", entity},
            {"entity_key", payload.contains("sync_id") ? payload["sync_id"] : payload["id"]},
            {"op", op},
            {"payload", payload.dump()},
            {"project", "p"},
            {"occurred_at", time()}};
  }

  std::mt19937_64 random_;
  std::string text_;
};

std::vector<std::string> everything(MemoryStore& store) {
  std::vector<std::string> all = rows_of(store);
  auto relations = store.records().query({"\"memory_relation\"", "", 0.0});
  while (const RecordRef record = relations.next()) {
    const auto data = nlohmann::json::parse(std::string(record->field(chronostore::ChronoRecordField::data)));
    all.push_back("relation " + data.at("relation").dump());
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(MergeOrder, DoesNotMatter) {
  const std::size_t count = seeds(60, 2000);
  std::size_t rows = 0;
  std::size_t stand_ins = 0;
  std::size_t deleted = 0;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + count; ++seed) {
    Author author(seed);
    std::mt19937_64 random(seed + 1000000);
    std::vector<Incoming> chunks;
    std::vector<std::string> texts;
    const std::size_t size = 2 + random() % 7;
    while (chunks.size() < size) {
      chunks.push_back(author.chunk());
      texts.push_back(author.text());
    }
    std::vector<std::size_t> order(size);
    for (std::size_t i = 0; i < size; ++i) order[i] = i;
    std::vector<std::string> wanted;
    std::vector<std::size_t> first_order;
    for (int round = 0; round < 5; ++round) {
      const TemporaryFolder folder(place_in_memory());
      const auto store = open_memory(folder);
      for (const std::size_t i : order) merge(*store, chunks[i]);
      const std::vector<std::string> found = everything(*store);
      const std::int64_t seq = store->records().wal_seq();
      std::vector<std::size_t> again = order;
      std::shuffle(again.begin(), again.end(), random);
      for (const std::size_t i : again) merge(*store, chunks[i]);
      EXPECT_EQ(store->records().wal_seq(), seq) << "seed " << seed << ": merged again, something was written";
      if (round == 0) {
        wanted = found;
        first_order = order;
        rows += wanted.size();
        for (const std::string& line : wanted) {
          stand_ins += line.starts_with("session stand-in") ? 1 : 0;
          deleted += line.find("deleted_at") != std::string::npos ? 1 : 0;
        }
      } else {
        EXPECT_EQ(found, wanted) << "seed " << seed;
      }
      if (testing::Test::HasFailure()) {
        for (const std::size_t i : first_order) std::printf("first: %s\n", texts[i].c_str());
        for (const std::size_t i : order) std::printf("now:   %s\n", texts[i].c_str());
        return;
      }
      std::shuffle(order.begin(), order.end(), random);
    }
  }
  std::printf("             %zu sets: %zu rows, %zu stand-ins, %zu deleted\n", count, rows, stand_ins, deleted);
  if (!given_seed()) {
    EXPECT_GT(stand_ins, 0U);
    EXPECT_GT(deleted, 0U);
  }
}

// All chunks of one fixture, in every order (or in many, where there are more than four).
class FixtureOrderTest : public testing::TestWithParam<const char*> {};

TEST_P(FixtureOrderTest, DoesNotMatter) {
  std::vector<Incoming> chunks;
  for (const FixtureChunk& chunk : fixture_chunks(GetParam())) {
    chunks.push_back(incoming_of(chunk.document, chunk.created_at));
  }
  ASSERT_GT(chunks.size(), 1U);
  std::vector<std::size_t> order(chunks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::vector<std::string> wanted;
  int orders = 0;
  do {
    const TemporaryFolder folder(place_in_memory());
    const auto store = open_memory(folder);
    for (const std::size_t i : order) merge(*store, chunks[i]);
    if (orders == 0) wanted = everything(*store);
    EXPECT_EQ(everything(*store), wanted) << "order " << orders;
    ++orders;
  } while (orders < 24 && std::next_permutation(order.begin(), order.end()));
  EXPECT_GT(orders, 1);
}

INSTANTIATE_TEST_SUITE_P(Merge, FixtureOrderTest,
                         testing::Values("basic", "two_devs", "orphan_session", "out_of_order", "reexport_same_sync_id",
                                         "soft_delete", "mutations"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace quipu::memory
