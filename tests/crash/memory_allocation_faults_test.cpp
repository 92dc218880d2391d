// Every allocation of what a memory store does, SQLite's among them, each alone and in a second run with all that follow: the call
// says that memory is out or succeeds, a refused one has written nothing, and the handle goes on with a catalog that is right.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <functional>
#include <string>

#include "crash/failing_sqlite.h"
#include "support/memory_support.h"

namespace quipu::test {
namespace {

using quipu::memory::Incoming;
using quipu::memory::MemoryStore;
using quipu::memory::NewObservation;

NewObservation observation(std::string_view content) {
  NewObservation given;
  given.session_id = "s";
  given.type = "decision";
  given.title = "title";
  given.content = content;
  given.project = "p";
  given.topic_key = content.starts_with("topic") ? "topic" : "";
  return given;
}

// Each run has a store of its own, with some rows, that has searched.
class MemoryAllocationFaults : public testing::Test {
 protected:
  void fail_each(const char* name, const std::function<void(MemoryStore&)>& call) {
    std::uint64_t refused = 0;
    std::uint64_t runs = 0;
    for (const bool stays_out : {false, true}) {
      bool struck = true;
      for (std::uint64_t n = 1; struck; n += 1 + n / 64) {
        const TemporaryFolder folder(place_in_memory());
        const auto store = open_memory(folder, &clock_);
        store->session_start("s", "p", "");
        for (const char* content : {"one", "two", "topic"}) store->observation_add(observation(content));
        store->search({"one", {}});
        store->observation_add(observation("not yet indexed"));
        const std::string before = describe(*store);
        (stays_out ? memory::plan_from : memory::plan_nth)(n);
        const bool out = runs_out([&] { call(*store); });
        struck = memory::struck();
        memory::forget();
        EXPECT_TRUE(struck || !out);
        if (out) EXPECT_EQ(describe(*store), before) << "a refused call has done something";
        EXPECT_EQ(describe(*store), describe(*open_memory(folder, &clock_)));
        if (out) call(*store);
        EXPECT_EQ(describe(*store), describe(*open_memory(folder, &clock_)));
        EXPECT_EQ(store->search({"title", {}}).hits.size(), static_cast<std::size_t>(store->stats().observations));
        ++runs;
        refused += out ? 1 : 0;
        if (HasFailure()) {
          std::printf("%s: allocation %" PRIu64 "%s\n", name, n, stays_out ? " and all that follow" : "");
          return;
        }
      }
    }
    std::printf("             %s: %" PRIu64 " runs, %" PRIu64 " refused\n", name, runs, refused);
    EXPECT_GT(refused, 0U) << name;
  }

  StandingClock clock_;
};

TEST_F(MemoryAllocationFaults, OfAnAddition) {
  fail_each("a new row", [](MemoryStore& store) { store.observation_add(observation("three")); });
}

TEST_F(MemoryAllocationFaults, OfAnAdditionToATopic) {
  fail_each("a topic", [](MemoryStore& store) { store.observation_add(observation("topic again")); });
}

TEST_F(MemoryAllocationFaults, OfASearch) {
  fail_each("search", [](MemoryStore& store) { store.search({"title indexed", {}}); });
}

TEST_F(MemoryAllocationFaults, OfAMerge) {
  const Incoming incoming = incoming_of(
      R"({"sessions":[{"id":"s","ended_at":"2026-01-01 00:00:00"}],"observations":[
          {"sync_id":"o","session_id":"lost","title":"title","content":"c","created_at":"2026-01-01 00:00:00"}],
          "mutations":[{"entity":"observation","op":"delete","entity_key":"gone","payload":"{\"hard_delete\":true}",
          "occurred_at":"2026-01-01 00:00:00"}]})",
      "");
  fail_each("merge", [&](MemoryStore& store) { merge(store, incoming); });
}

}  // namespace
}  // namespace quipu::test

int main(int argc, char** argv) {
  quipu::test::memory::take_over_openssl();
  quipu::test::take_over_sqlite();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
