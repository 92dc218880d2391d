// The rules for rows that come from elsewhere, on the fixtures and case by case. That their order does not matter:
// merge_order_test.cpp.
#include "memory/merge.h"

#include <gtest/gtest.h>

#include <set>

#include "support/memory_support.h"

namespace quipu::memory {
namespace {

using namespace test;

// As an importer goes through a directory: what refers to sessions that are nowhere comes last.
MergeCounts import_all(MemoryStore& store, const std::vector<FixtureChunk>& chunks, std::set<std::string>& issues) {
  MergeCounts counts;
  std::vector<Incoming> waiting;
  for (const FixtureChunk& chunk : chunks) waiting.push_back(incoming_of(chunk.document, chunk.created_at));
  const auto is_complete = [&](const Incoming& incoming) {
    std::set<std::string> own;
    for (const RowRef& row : incoming.sessions) own.insert(text_of(*row, MemorySessionField::id));
    const auto has = [&](const std::string& id) { return own.contains(id) || store.session_find(id); };
    for (const RowRef& row : incoming.observations) {
      if (!has(text_of(*row, MemoryObservationField::session_id))) return false;
    }
    for (const RowRef& row : incoming.prompts) {
      if (!has(text_of(*row, MemoryPromptField::session_id))) return false;
    }
    return true;
  };
  for (bool forced = false; !waiting.empty();) {
    bool moved = false;
    for (std::size_t i = 0; i < waiting.size();) {
      if (!forced && !is_complete(waiting[i])) {
        ++i;
        continue;
      }
      const Merged merged = merge(store, waiting[i]);
      counts.add(merged.counts);
      for (const auto& issue : merged.issues) issues.insert(issue.first);
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(i));
      moved = true;
    }
    forced = !moved;
  }
  return counts;
}

class FixtureTest : public testing::TestWithParam<const char*> {};

TEST_P(FixtureTest, GivesTheRowsAndCountsThatAreExpected) {
  const auto required = nlohmann::json::parse(read_text(sync_fixture(GetParam()) + "/expected.json")).at("required");
  TemporaryFolder folder;
  const auto store = open_memory(folder);
  std::set<std::string> issues;
  const std::vector<FixtureChunk> chunks = fixture_chunks(GetParam());
  const MergeCounts counts = import_all(*store, chunks, issues);
  const auto& wanted = required.at("import1");
  EXPECT_EQ(counts.sessions_imported, wanted.at("sessions_imported"));
  EXPECT_EQ(counts.sessions_recovered, wanted.at("sessions_recovered"));
  EXPECT_EQ(counts.observations_imported, wanted.at("observations_imported"));
  EXPECT_EQ(counts.prompts_imported, wanted.at("prompts_imported"));
  EXPECT_EQ(counts.rows_stale, wanted.at("rows_stale"));
  EXPECT_EQ(counts.rows_deleted, wanted.at("rows_deleted"));

  std::multiset<std::string> found;
  for (const std::string& line : rows_of(*store)) {
    auto row = nlohmann::json::parse(line.substr(line.find('{')));
    if (!line.starts_with("session")) row.erase("id");
    if (line.starts_with("session stand-in")) row["recovered"] = true;
    found.insert(line.substr(0, line.find(' ')) + row.dump());
  }
  std::multiset<std::string> expected;
  for (const Entity entity : kEntities) {
    for (auto row : required.at("row_values").at(traits_of(entity).list)) {
      if (row.contains("recovered") && row["recovered"] == false) row.erase("recovered");
      expected.insert(std::string(traits_of(entity).name) + row.dump());
    }
  }
  EXPECT_EQ(found, expected);

  const std::int64_t seq = store->records().wal_seq();
  for (const FixtureChunk& chunk : chunks) merge(*store, incoming_of(chunk.document, chunk.created_at));
  EXPECT_EQ(store->records().wal_seq(), seq) << "merged once more";
}

INSTANTIATE_TEST_SUITE_P(Merge, FixtureTest,
                         testing::Values("basic", "escapes", "two_devs", "legacy_v1_7", "legacy_v0_1", "orphan_session",
                                         "out_of_order", "reexport_same_sync_id", "soft_delete", "mutations",
                                         "later_local", "unknown_fields", "extra_key", "long_id"),
                         [](const auto& tested) { return std::string(tested.param); });

// ---- case by case

class MergeTest : public testing::Test {
 protected:
  Merged take(const std::string& document) { return merge(*store_, incoming_of(document, "2026-03-01T00:00:00Z")); }
  static std::string lists(const std::string& sessions, const std::string& observations,
                           const std::string& prompts = "", const std::string& mutations = "") {
    return R"({"sessions":[)" + sessions + R"(],"observations":[)" + observations + R"(],"prompts":[)" + prompts +
           R"(],"mutations":[)" + mutations + "]}";
  }
  static std::string session(const std::string& id, const std::string& more = "") {
    return R"({"id":")" + id + R"(","project":"p","directory":"/d","started_at":"2026-01-01 00:00:00")" + more + "}";
  }
  static std::string observation(const std::string& key, const std::string& session, const std::string& day,
                                 const std::string& more = "") {
    return R"({"id":99,"sync_id":")" + key + R"(","session_id":")" + session +
           R"(","type":"t","title":"x","content":"c","scope":"project","created_at":"2026-01-01 00:00:00","updated_at":"2026-01-)" +
           day + R"( 00:00:00")" + more + "}";
  }
  static std::string mutation(const std::string& entity, const std::string& op, const std::string& key,
                              const std::string& payload, const std::string& day = "01") {
    return nlohmann::json{{"seq", 1},
                          {"entity", entity},
                          {"entity_key", key},
                          {"op", op},
                          {"payload", payload},
                          {"project", "p"},
                          {"occurred_at", "2026-01-" + day + " 00:00:00"}}
        .dump();
  }
  std::string content(const std::string& key) {
    const RowRef row = store_->observation_find(key);
    return row ? text(row, MemoryObservationField::content) : "gone";
  }

  TemporaryFolder folder_;
  std::unique_ptr<MemoryStore> store_ = open_memory(folder_);
};

TEST_F(MergeTest, RowsGetNumbersOfThisStoreAndKeepThem) {
  take(lists(session("s"), observation("o", "s", "02")));
  const std::int64_t id = number_of(*store_->observation_find("o"), MemoryObservationField::id);
  EXPECT_EQ(id, 2);
  take(lists(session("s"), observation("o", "s", "03", R"(,"revision_count":2)")));
  EXPECT_EQ(number_of(*store_->observation_find("o"), MemoryObservationField::id), id);
  EXPECT_EQ(number_of(*store_->observation_find("o"), MemoryObservationField::revision_count), 2);
  // Also after it was removed and came back.
  take(lists("", "", "", mutation("observation", "delete", "o", R"({"sync_id":"o","hard_delete":true})", "04")));
  EXPECT_FALSE(store_->observation_find("o"));
  take(lists("", observation("o", "s", "05")));
  EXPECT_EQ(number_of(*store_->observation_find("o"), MemoryObservationField::id), id);
}

TEST_F(MergeTest, TheRowOfTheListStandsUnlessTheMutationIsLater) {
  const auto upsert = [&](const std::string& day, const std::string& revision) {
    return mutation("observation", "upsert", "o",
                    R"({"sync_id":"o","session_id":"s","type":"t","title":"x","content":"mutated","scope":"project",)"
                    R"("revision_count":)" +
                        revision + R"(,"created_at":"2026-01-01 00:00:00","updated_at":"2026-01-)" + day +
                        R"( 00:00:00"})");
  };
  Merged merged =
      take(lists(session("s"), observation("o", "s", "05", R"(,"revision_count":2)"), "", upsert("05", "2")));
  EXPECT_EQ(content("o"), "c");
  EXPECT_EQ(merged.counts.observations_imported, 1);
  EXPECT_EQ(merged.ledger.size(), 3U);
  merged = take(lists(session("s"), observation("o", "s", "06", R"(,"revision_count":2)"), "", upsert("04", "3")));
  EXPECT_EQ(content("o"), "c") << "what the chunk says of it, the mutation, is older than the row";
  merged = take(lists(session("s"), observation("o", "s", "06", R"(,"revision_count":2)"), "", upsert("07", "1")));
  EXPECT_EQ(content("o"), "mutated");
  EXPECT_EQ(merged.counts.observations_imported, 1);
  // A row of a later day than both stays, whatever the revisions say.
  take(lists(session("s"), observation("o", "s", "09")));
  const std::int64_t seq = store_->records().wal_seq();
  take(lists(session("s"), observation("o", "s", "06", R"(,"revision_count":2)"), "", upsert("08", "9")));
  EXPECT_EQ(store_->records().wal_seq(), seq);
}

TEST_F(MergeTest, AMutationWithoutAKeyInItsPayloadHasItsOwn) {
  take(lists(session("s"), "", "", mutation("observation", "upsert", "obs-x", R"({"session_id":"s","content":"c"})")));
  EXPECT_EQ(content("obs-x"), "c");
}

TEST_F(MergeTest, AnUpsertSaysItsTimesByWhenItOccurred) {
  take(lists(session("s"), "", "",
             mutation("observation", "upsert", "o",
                      R"({"sync_id":"o","session_id":"s","content":"c","deleted":false,"hard_delete":false})", "07")));
  const RowRef row = store_->observation_find("o");
  EXPECT_EQ(text(row, MemoryObservationField::created_at), "2026-01-07 00:00:00");
  EXPECT_EQ(text(row, MemoryObservationField::updated_at), "2026-01-07 00:00:00");
  EXPECT_EQ(row->field(MemoryObservationField::extra), "{}");
}

TEST_F(MergeTest, ADeleteThatIsNotLaterThanTheRowIsStale) {
  take(lists(session("s"), observation("o", "s", "05")));
  const auto remove = [&](const std::string& day, bool hard) {
    return take(lists("", "", "",
                      mutation("observation", "delete", "o",
                               std::string(R"({"sync_id":"o","hard_delete":)") + (hard ? "true}" : "false}"), day)));
  };
  EXPECT_EQ(remove("04", true).counts.rows_stale, 1);
  EXPECT_EQ(content("o"), "c");
  EXPECT_EQ(remove("05", false).counts.rows_deleted, 1);
  EXPECT_EQ(text(store_->observation_find("o"), MemoryObservationField::deleted_at), "2026-01-05 00:00:00");
  EXPECT_EQ(remove("06", false).counts.rows_deleted, 0);
  EXPECT_EQ(text(store_->observation_find("o"), MemoryObservationField::deleted_at), "2026-01-06 00:00:00");
  EXPECT_EQ(remove("05", true).counts.rows_deleted, 1);
  EXPECT_EQ(content("o"), "gone");
  // The mark of the 6th outlasts the removal of the 5th.
  take(lists("", observation("o", "s", "06")));
  EXPECT_EQ(text(store_->observation_find("o"), MemoryObservationField::deleted_at), "2026-01-06 00:00:00");
}

TEST_F(MergeTest, TheTimeOfADeleteIsThePayloadsOrTheMutationsOrTheChunks) {
  const auto time_of_delete = [&](const std::string& key, const std::string& payload, const std::string& occurred) {
    auto change = nlohmann::json::parse(mutation("prompt", "delete", key, payload));
    change["occurred_at"] = occurred;
    take(lists("", "", "", change.dump()));
    std::string time;
    store_->commit([&](Write& write) {
      Write::Found found;
      EXPECT_TRUE(write.find(Entity::kPrompt, key, found));
      time = found.gone.deleted_at;
    });
    return time;
  };
  EXPECT_EQ(time_of_delete("a", R"({"deleted_at":"2026-01-03 00:00:00"})", "2026-01-02 00:00:00"),
            "2026-01-03 00:00:00");
  EXPECT_EQ(time_of_delete("b", "{}", "2026-01-02 00:00:00"), "2026-01-02 00:00:00");
  EXPECT_EQ(time_of_delete("c", "{}", ""), "2026-03-01T00:00:00Z");
}

TEST_F(MergeTest, ASessionGoesWhenNoObservationRefersToIt) {
  take(lists(session("s"), observation("o", "s", "05"),
             R"({"sync_id":"q","session_id":"s","content":"c","created_at":"2026-01-02 00:00:00"})"));
  Merged merged = take(lists("", "", "", mutation("session", "delete", "s", R"({"id":"s"})", "06")));
  ASSERT_EQ(merged.issues.size(), 1U);
  EXPECT_EQ(merged.issues[0], std::pair(std::string("session_has_observations"), std::string("s")));
  EXPECT_TRUE(store_->session_find("s"));
  // The observation goes, and with it what was held up by it.
  merged =
      take(lists("", "", "", mutation("observation", "delete", "o", R"({"sync_id":"o","hard_delete":true})", "06")));
  EXPECT_EQ(merged.counts.rows_deleted, 3);
  EXPECT_FALSE(store_->session_find("s"));
  EXPECT_FALSE(store_->prompt_find("q"));
}

TEST_F(MergeTest, APromptLaterThanTheDeleteKeepsItsSession) {
  take(lists(session("s"), "", R"({"sync_id":"q","session_id":"s","content":"c","created_at":"2026-01-08 00:00:00"})"));
  take(lists("", "", "", mutation("session", "delete", "s", R"({"id":"s"})", "06")));
  EXPECT_TRUE(store_->session_find("s"));
  EXPECT_TRUE(store_->prompt_find("q"));
  take(lists("", "", "", mutation("session", "delete", "s", R"({"id":"s"})", "08")));
  EXPECT_FALSE(store_->session_find("s"));
  EXPECT_FALSE(store_->prompt_find("q"));
}

TEST_F(MergeTest, AStandInGoesWithTheLastRowThatNeedsIt) {
  take(lists("", observation("o", "lost", "05", R"(,"project":"q")")));
  RowRef lost = store_->session_find("lost");
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->field(MemorySessionField::recovered), "true");
  EXPECT_EQ(text(lost, MemorySessionField::project), "q");
  EXPECT_EQ(text(lost, MemorySessionField::directory), "(recovered-missing-session)");
  take(lists(session("real"), observation("o", "real", "06")));
  EXPECT_FALSE(store_->session_find("lost"));
  // The real one may come at any time.
  take(lists(session("lost"), ""));
  EXPECT_EQ(store_->session_find("lost")->field(MemorySessionField::recovered), "false");
}

TEST_F(MergeTest, ARealSessionTakesThePlaceOfItsStandIn) {
  take(lists("", observation("o", "s", "05")));
  const Merged merged = take(lists(session("s"), ""));
  EXPECT_EQ(merged.counts.sessions_imported, 1);
  EXPECT_EQ(text(store_->session_find("s"), MemorySessionField::directory), "/d");
  EXPECT_EQ(store_->session_find("s")->field(MemorySessionField::recovered), "false");
}

TEST_F(MergeTest, SessionsAreFilledInAndTheLaterEndCounts) {
  take(lists(R"({"id":"s","project":"","directory":"","started_at":"2026-01-01 00:00:00"})", ""));
  take(lists(session("s", R"(,"ended_at":"2026-01-02 00:00:00","summary":"a")"), ""));
  EXPECT_EQ(text(store_->session_find("s"), MemorySessionField::project), "p");
  EXPECT_EQ(text(store_->session_find("s"), MemorySessionField::summary), "a");
  take(lists(R"({"id":"s","project":"other","directory":"/e","ended_at":"2026-01-03 00:00:00","summary":"b"})", ""));
  EXPECT_EQ(text(store_->session_find("s"), MemorySessionField::project), "p");
  EXPECT_EQ(text(store_->session_find("s"), MemorySessionField::ended_at), "2026-01-03 00:00:00");
  EXPECT_EQ(text(store_->session_find("s"), MemorySessionField::summary), "b");
  const std::int64_t seq = store_->records().wal_seq();
  take(lists(session("s", R"(,"ended_at":"2026-01-02 00:00:00","summary":"a")"), ""));
  EXPECT_EQ(store_->records().wal_seq(), seq);
}

TEST_F(MergeTest, RelationsOfARemovedObservationAreOrphaned) {
  const auto relation = [&](const std::string& day, const std::string& reason) {
    return mutation("relation", "upsert", "r",
                    R"({"sync_id":"r","source_id":"o","target_id":"x","relation":"related","reason":")" + reason +
                        R"(","updated_at":"2026-01-)" + day + R"( 00:00:00"})");
  };
  const auto data = [&] {
    return std::string(store_->records().find("memory:relation:r")->field(chronostore::ChronoRecordField::data));
  };
  Merged merged = take(lists(session("s"), observation("o", "s", "02"), "", relation("02", "b")));
  EXPECT_EQ(merged.counts.relations_imported, 1);
  EXPECT_EQ(take(lists("", "", "", relation("01", "z"))).counts.relations_imported, 0);
  EXPECT_EQ(take(lists("", "", "", relation("02", "a"))).counts.relations_imported, 0);
  EXPECT_EQ(take(lists("", "", "", relation("02", "c"))).counts.relations_imported, 1);
  EXPECT_EQ(data().find("orphaned"), std::string::npos);
  store_->observation_delete("o", true);
  EXPECT_NE(data().find("\"orphaned\": true"), std::string::npos);
  EXPECT_EQ(take(lists("", "", "", relation("03", "d"))).counts.relations_imported, 1);
  EXPECT_NE(data().find("\"orphaned\": true"), std::string::npos);
}

TEST_F(MergeTest, WhatNobodyKnowsIsKeptOnce) {
  const std::string odd = mutation("embedding", "upsert", "e", "{}");
  Merged merged = take(lists("", "", "", odd));
  ASSERT_EQ(merged.issues.size(), 1U);
  EXPECT_EQ(merged.issues[0].first, "unknown_entity");
  merge(*store_, incoming_of(R"({"future":{"b":1,"a":[2.0]}})", ""));
  const std::int64_t seq = store_->records().wal_seq();
  EXPECT_EQ(seq, 2);
  take(lists("", "", "", odd));
  merge(*store_, incoming_of(R"({"future":{"b":1,"a":[2.0]}})", ""));
  EXPECT_EQ(store_->records().wal_seq(), seq);
  EXPECT_TRUE(store_->records().query({"\"memory_unknown\"", "", 0.0}).next());
}

// A row that was buried by somebody who knows only records does not come back by itself.
TEST_F(MergeTest, WhatOthersBuriedStaysBuried) {
  const std::string document = lists(session("s"), observation("o", "s", "05"));
  take(document);
  store_->records().remove("memory:observation:o", static_cast<json::RowRef*>(nullptr));
  EXPECT_FALSE(store_->observation_find("o"));
  EXPECT_EQ(take(document).counts.rows_stale, 1);
  EXPECT_FALSE(store_->observation_find("o"));
  take(lists("", observation("o", "s", "06")));
  EXPECT_TRUE(store_->observation_find("o"));
}

}  // namespace
}  // namespace quipu::memory
