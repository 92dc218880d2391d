// Many threads and handles at once: the rules that read before they write hold as if each came alone.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "memory/store.h"
#include "support/memory_support.h"

namespace quipu::memory {
namespace {

using namespace test;
using Observation = MemoryObservationField;

// fn(handle, thread) on eight threads on one handle, and one on each of three others.
void at_once(const TemporaryFolder& folder, const std::function<void(MemoryStore&, int)>& fn) {
  std::vector<std::unique_ptr<MemoryStore>> stores;
  for (int i = 0; i < 4; ++i) stores.push_back(open_memory(folder));
  std::vector<std::thread> threads;
  for (int i = 0; i < 11; ++i) {
    MemoryStore& store = *stores[i < 8 ? 0 : static_cast<std::size_t>(i - 7)];
    threads.emplace_back([&fn, &store, i] {
      try {
        fn(store, i);
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

constexpr int kThreads = 11;
constexpr int kRounds = 10;

NewObservation observation(std::string_view title, std::string_view content, std::string_view topic) {
  NewObservation given;
  given.session_id = "s";
  given.type = "note";
  given.title = title;
  given.content = content;
  given.project = "p";
  given.topic_key = topic;
  return given;
}

TEST(MemoryConcurrency, ATopicHasOneRowAndARevisionForEachAddition) {
  TemporaryFolder folder;
  open_memory(folder)->session_start("s", "p", "");
  std::atomic<int> created = 0;
  at_once(folder, [&](MemoryStore& store, int thread) {
    for (int round = 0; round < kRounds; ++round) {
      const std::string content = std::to_string(thread) + "." + std::to_string(round);
      if (store.observation_add(observation("t", content, "topic")).outcome == Addition::Outcome::kCreated) ++created;
    }
  });
  EXPECT_EQ(created, 1);
  const auto store = open_memory(folder);
  RowCursor rows = store->observation_list({});
  EXPECT_EQ(number_of(*rows.next(), Observation::revision_count), kThreads * kRounds);
  EXPECT_FALSE(rows.next());
  EXPECT_TRUE(store->records().verify(true, nullptr).valid);
}

TEST(MemoryConcurrency, TheSameTextIsCountedEachTime) {
  TemporaryFolder folder;
  open_memory(folder)->session_start("s", "p", "");
  at_once(folder, [&](MemoryStore& store, int) {
    for (int round = 0; round < kRounds; ++round) store.observation_add(observation("t", "the same", ""));
  });
  RowCursor rows = open_memory(folder)->observation_list({});
  EXPECT_EQ(number_of(*rows.next(), Observation::duplicate_count), kThreads * kRounds);
  EXPECT_FALSE(rows.next());
}

TEST(MemoryConcurrency, NumbersAreUniqueAndSearchesSeeWhatWasAdded) {
  TemporaryFolder folder;
  open_memory(folder)->session_start("s", "p", "");
  at_once(folder, [&](MemoryStore& store, int thread) {
    for (int round = 0; round < kRounds; ++round) {
      const std::string word = "w" + std::to_string(thread) + "x" + std::to_string(round);
      store.observation_add(observation(word, word, ""));
      SearchQuery query;
      query.text = word;
      EXPECT_EQ(store.search(query).hits.size(), 1U) << word;
    }
  });
  const auto store = open_memory(folder);
  std::set<std::int64_t> numbers;
  RowCursor rows = store->observation_list({});
  while (const RowRef row = rows.next()) numbers.insert(number_of(*row, Observation::id));
  EXPECT_EQ(numbers.size(), static_cast<std::size_t>(kThreads * kRounds));
  EXPECT_EQ(*numbers.begin(), 2);
  EXPECT_EQ(*numbers.rbegin(), 1 + kThreads * kRounds);
}

}  // namespace
}  // namespace quipu::memory
