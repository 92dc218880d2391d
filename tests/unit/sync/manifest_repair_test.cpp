// Manifests that git damaged: the fixtures' leftovers, made ones, and hostile ones.
#include "sync/manifest_repair.h"

#include <algorithm>
#include <map>

#include "sync/transport.h"
#include "sync_test_support.h"

namespace quipu::sync {
namespace {

std::map<std::string, std::string> entries_of(const Manifest& manifest) {
  std::map<std::string, std::string> entries;
  for (const ChunkEntry& entry : manifest.chunks) {
    EXPECT_TRUE(entries.emplace(entry.id, entry_text(entry)).second) << "twice: " << entry.id;
  }
  return entries;
}

TEST(ManifestRepairTest, WhatGitLeaves) {
  int cases = 0;
  const nlohmann::json table = fixture_json("merge/expected.json").at("cases");
  for (const nlohmann::json& c : table) {
    const std::string folder = "merge/" + c.at("dir").get<std::string>() + "/";
    const auto merged = entries_of(parse_manifest(fixture_text(folder + "merged.json")).manifest);
    for (const char* left : {"git_conflict.txt", "git_union.txt"}) {
      SCOPED_TRACE(folder + left);
      const std::string text = fixture_text(folder + left);
      const ManifestReading reading = read_manifest(text);
      EXPECT_EQ(merged, entries_of(reading.manifest));
      std::vector<std::string> ids = ids_of(reading.manifest);
      std::sort(ids.begin(), ids.end());
      EXPECT_EQ(c.at("recovered_ids").get<std::vector<std::string>>(), ids);
      // The union of this case has no damage at all.
      const bool is_whole = c.at("dir") == "one_side_dropped_an_entry" && std::string(left) == "git_union.txt";
      EXPECT_EQ(!is_whole, reading.has("manifest_recovered"));
      std::string windows;
      for (const char ch : text) windows += ch == '\n' ? std::string("\r\n") : std::string(1, ch);
      EXPECT_EQ(merged, entries_of(read_manifest("\xEF\xBB\xBF" + windows).manifest));
      ++cases;
    }
  }
  EXPECT_GE(cases, 10);
}

std::string chunks(const std::string& list) { return "{\"version\":1,\"chunks\":[" + list + "]}"; }

std::vector<std::string> recovered(const std::string& list) {
  std::vector<std::string> entries;
  const ManifestReading reading = read_manifest(chunks(list));
  EXPECT_TRUE(reading.has("manifest_recovered"));
  for (const ChunkEntry& entry : reading.manifest.chunks) entries.push_back(entry_text(entry));
  return entries;
}

std::string entry(const std::string& id, const std::string& by, const std::string& at, int sessions, int memories,
                  int prompts, const std::string& more = "") {
  return "{\"id\":\"" + id + "\",\"created_by\":\"" + by + "\",\"created_at\":\"" + at +
         "\",\"sessions\":" + std::to_string(sessions) + ",\"memories\":" + std::to_string(memories) +
         ",\"prompts\":" + std::to_string(prompts) + more + "}";
}

TEST(ManifestRepairTest, RunsOfIds) {
  using Entries = std::vector<std::string>;
  // Three in one; what stands behind the last id belongs to all that lack it.
  EXPECT_EQ((Entries{entry("a", "x", "1", 5, 2, 3), entry("b", "y", "2", 1, 2, 3), entry("c", "z", "2", 1, 2, 3)}),
            recovered(R"({"id":"a","created_by":"x","created_at":"1","sessions":5,"id":"b","created_by":"y",)"
                      R"("id":"c","created_by":"z","created_at":"2","sessions":1,"memories":2,"prompts":3})"));
  // What stands before the first id belongs to it.
  EXPECT_EQ((Entries{entry("a", "x", "1", 0, 0, 0), entry("b", "y", "1", 0, 0, 0)}),
            recovered(R"({"created_by":"x","id":"a","id":"b","created_by":"y","created_at":"1"})"));
  // Members that are not known go the same way.
  EXPECT_EQ((Entries{entry("a", "", "", 0, 0, 0, R"(,"k":1,"l":3)"), entry("b", "", "", 0, 0, 0, R"(,"k":2,"l":3)")}),
            recovered(R"({"id":"a","k":1,"id":"b","k":2,"l":3})"));
  // The same id again is the same entry.
  EXPECT_EQ((Entries{entry("a", "x", "", 2, 0, 0)}), recovered(R"({"id":"a","created_by":"x","id":"a","sessions":2})"));
}

TEST(ManifestRepairTest, RepeatedCreation) {
  using Entries = std::vector<std::string>;
  const std::string early = "2026-03-04T08:30:00Z";
  const std::string late = "2026-03-04T08:00:00-01:00";
  const auto by = [](const char* name) { return std::string(",\"created_by\":\"") + name + "\""; };
  const auto at = [](const std::string& time) { return ",\"created_at\":\"" + time + "\""; };
  const std::string id = "{\"id\":\"a\"";
  const std::string rest = ",\"sessions\":1}";
  const std::string bo = entry("a", "bo", early, 1, 0, 0);
  EXPECT_EQ((Entries{bo}), recovered(id + by("ana") + at(late) + by("bo") + at(early) + rest));
  EXPECT_EQ((Entries{bo}), recovered(id + by("bo") + at(early) + by("ana") + at(late) + rest));
  EXPECT_EQ((Entries{bo}),
            recovered(id + by("bo") + at(late) + at(early) + rest));  // only the line of the time differed
  EXPECT_EQ((Entries{bo}), recovered(id + by("cid") + by("bo") + at(early) + rest));  // only the line of the name
  EXPECT_EQ((Entries{bo}), recovered(id + by("bo") + at("") + by("ana") + at("x") + by("bo") + at(early) + rest));
}

TEST(ManifestRepairTest, Commas) {
  using Entries = std::vector<std::string>;
  const Entries both{entry("a", "", "", 1, 0, 0), entry("b", "", "", 0, 0, 2)};
  EXPECT_EQ(both, recovered(R"({"id":"a" "sessions":1},{"id":"b","prompts":2})"));
  EXPECT_EQ(both, recovered(R"({"id":"a","sessions":1} {"id":"b","prompts":2})"));
  EXPECT_EQ(both, recovered(R"({"id":"a","sessions":1,},,{"id":"b","prompts":2},)"));
}

TEST(ManifestRepairTest, DoubledListsAndVersions) {
  const ManifestReading reading = read_manifest(
      R"({"version":2,"version":1,"chunks":[{"id":"a","sessions":1},{"id":"b"}],"chunks":[{"id":"a","sessions":1},{"id":"c"}]})");
  EXPECT_TRUE(reading.has("manifest_recovered"));
  EXPECT_EQ(2, reading.manifest.version);
  EXPECT_EQ((std::vector<std::string>{"a", "b", "c"}), ids_of(reading.manifest));
}

TEST(ManifestRepairTest, ConflictMarkers) {
  const std::string head = "{\"version\":1,\"chunks\":[\n";
  const auto conflict = [&](const std::string& text) { return head + text + "]}\n"; };
  const auto ids = [&](const std::string& text) { return ids_of(read_manifest(conflict(text)).manifest); };
  using Ids = std::vector<std::string>;
  EXPECT_EQ((Ids{"a", "b"}), ids("<<<<<<< ours\n{\"id\":\"a\"}\n=======\n{\"id\":\"b\"}\n>>>>>>> theirs\n"));
  EXPECT_EQ(
      (Ids{"a", "b"}),
      ids("<<<<<<<\n{\"id\":\"a\"}\n||||||| base\n<<<<<<<<< nested\nnonsense\n=======\n{\"id\":\"b\"}\n>>>>>>>\n"));
  EXPECT_EQ((Ids{"a", "b", "c", "d"}),
            ids("<<<<<<<\n{\"id\":\"a\"},\n=======\n{\"id\":\"b\"},\n>>>>>>>\n{\"id\":\"c\"}\n"
                "<<<<<<<\n=======\n,{\"id\":\"d\"}\n>>>>>>>\n"));
  // A side may be damaged in the other way too.
  EXPECT_EQ((Ids{"a", "b", "c"}), ids("<<<<<<<\n{\"id\":\"a\",\"id\":\"b\"}\n=======\n{\"id\":\"c\"}\n>>>>>>>\n"));
  for (const char* bad : {"<<<<<<<\n{\"id\":\"a\"}\n=======\n{\"id\":\"b\"}\n",                    // no end
                          "<<<<<<<\n{\"id\":\"a\"}\n>>>>>>>\n",                                    // no middle
                          "=======\n{\"id\":\"b\"}\n>>>>>>>\n",                                    // no beginning
                          "<<<<<<<\n<<<<<<<\n{\"id\":\"a\"}\n=======\n{\"id\":\"b\"}\n>>>>>>>\n",  // one in the other
                          "<<<<<<\n{\"id\":\"a\"}\n======\n{\"id\":\"b\"}\n>>>>>>\n",              // six
                          "<<<<<<<\n{\"id\":\"a\n=======\n{\"id\":\"b\"}\n>>>>>>>\n"}) {
    EXPECT_EQ("manifest_parse", manifest_fault_of([&] { read_manifest(conflict(bad)); })) << bad;
  }
}

TEST(ManifestRepairTest, OtherDamageIsNotGuessedAt) {
  const std::string whole = fixture_text("two_devs/engram/manifest.json");
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    ASSERT_EQ("manifest_parse", manifest_fault_of([&] { read_manifest(whole.substr(0, size)); })) << size;
  }
  for (const char* list : {R"({"id":"a","id":1})", R"({"id":"a","id":"b","sessions":1.5})", R"({"id":"a" "id":"b)",
                           R"({"id":"a","id":"b"]})", R"({"id":"a","id":"b","x":[1 2]})", R"({"id":"a","id":"\x"})",
                           R"({"id" "a"})", R"({"id":"a","id":"b"},7)", R"({"id":"a";"id":"b"})"}) {
    EXPECT_EQ("manifest_parse", manifest_fault_of([&] { read_manifest(chunks(list)); })) << list;
  }
  EXPECT_EQ("manifest_parse", manifest_fault_of([&] { read_manifest(chunks(R"({"id":"a","id":"b"})") + "x"); }));
  EXPECT_EQ("manifest_parse", manifest_fault_of([&] { read_manifest("[{} {}]"); }));
}

// Texts that would cost more than they are long.
TEST(ManifestRepairTest, HostileTexts) {
  const auto repeat = [](const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  std::string names;
  for (int i = 0; i < 20'000; ++i) names += ",\"n" + std::to_string(i) + "\":1";
  const std::string many_ids = repeat("\"id\":\"a\",\"id\":\"b\",", 10'000);
  // Each of many entries would get what stands behind the last one.
  EXPECT_EQ("manifest_parse",
            manifest_fault_of([&] { read_manifest(chunks("{" + many_ids + "\"x\":1" + names + "}")); }));
  EXPECT_EQ("manifest_parse", manifest_fault_of([&] {
              read_manifest(chunks("{" + repeat("\"created_at\":\"x\",", 20'000) + "\"created_by\":\"" +
                                   std::string(50'000, 'b') + "\"}"));
            }));
  // Long, but no more work than that.
  EXPECT_EQ(2U, read_manifest(chunks("{" + many_ids + "\"sessions\":1}")).manifest.chunks.size());
  EXPECT_EQ(1U, read_manifest(chunks(repeat("{\"id\":\"a\",\"u\":1},", 20'000) + "{\"id\":\"a\"" + names + "},"))
                    .manifest.chunks.size());
  EXPECT_EQ("manifest_parse", manifest_fault_of([&] { read_manifest(repeat("{\"chunks\":[", 50'000)); }));
  EXPECT_EQ("manifest_parse", manifest_fault_of([&] { read_manifest(repeat("[", 1'000'000)); }));
}

// ---- repair

class Chunks {
 public:
  void add(const std::string& id, std::int64_t count, std::optional<std::int64_t> newest, bool is_verified = true) {
    facts_[id] = {count, count + 1, count + 2, is_verified, newest};
  }
  void add_unreadable(const std::string& id) { unreadable_.push_back(id); }
  RepairChunks get() const {
    RepairChunks chunks;
    chunks.facts = [this](const std::string& id) -> std::optional<ChunkFacts> {
      EXPECT_TRUE(is_chunk_id(id)) << id;
      const auto found = facts_.find(id);
      return found == facts_.end() ? std::nullopt : std::optional(found->second);
    };
    chunks.ids = unreadable_;
    for (const auto& [id, facts] : facts_) chunks.ids.push_back(id);
    return chunks;
  }

 private:
  std::map<std::string, ChunkFacts> facts_;
  std::vector<std::string> unreadable_;
};

TEST(ManifestRepairTest, CountsComeFromTheDocuments) {
  Chunks chunks;
  chunks.add("c6913bd3", 1, 0);
  chunks.add("aaaa1111", 7, 0, false);
  const std::string folder = "merge/same_counts/";
  RepairReport report;
  const std::string text = repair_manifest(fixture_text(folder + "git_union.txt"), chunks.get(), {}, &report);
  const auto entries = entries_of(parse_manifest(text).manifest);
  EXPECT_EQ(3U, entries.size());
  EXPECT_NE(std::string::npos, entries.at("aaaa1111").find(R"("sessions":7,"memories":8,"prompts":9})"));
  EXPECT_TRUE(report.is_changed);
  EXPECT_FALSE(report.is_rebuilt);
  EXPECT_EQ((std::vector<std::string>{"manifest_recovered"}), report.issues);
  EXPECT_EQ(2U, report.recounted_ids.size());
  EXPECT_TRUE(report.added_ids.empty());
  // Once more changes nothing.
  RepairReport again;
  EXPECT_EQ(text, repair_manifest(text, chunks.get(), {}, &again));
  EXPECT_FALSE(again.is_changed);
  EXPECT_TRUE(again.issues.empty() && again.recounted_ids.empty());
}

TEST(ManifestRepairTest, IdsThatAreNoneAreNotAskedForAndStay) {
  Chunks chunks;
  const std::string text = fixture_text("damaged/traversal_ids/engram/manifest.json");
  EXPECT_EQ(text, repair_manifest(text, chunks.get(), {.add_unlisted = true}));
}

TEST(ManifestRepairTest, UnlistedChunksOnRequest) {
  Chunks chunks;
  chunks.add("bbbb2222", 3, 1'772'438'401);
  chunks.add("cccc3333", 3, 1'772'438'400);
  chunks.add("aaaa1111", 3, std::nullopt);
  chunks.add("dddd4444", 3, 5, false);
  chunks.add("eeee5555", 3, std::numeric_limits<std::int64_t>::max());
  chunks.add_unreadable("ffff6666");
  const std::string text =
      manifest_text(parse_manifest(R"({"version":1,"chunks":[{"id":"bbbb2222","x":1}]})").manifest);
  RepairReport report;
  EXPECT_EQ((std::vector<std::string>{"bbbb2222"}),
            ids_of(parse_manifest(repair_manifest(text, chunks.get(), {}, &report)).manifest));
  const Manifest added = parse_manifest(repair_manifest(text, chunks.get(), {.add_unlisted = true}, &report)).manifest;
  EXPECT_EQ((std::vector<std::string>{"bbbb2222", "aaaa1111", "cccc3333", "eeee5555"}), ids_of(added));
  EXPECT_EQ(entry("aaaa1111", "unknown", "1970-01-01T00:00:00Z", 3, 4, 5), entry_text(added.chunks.at(1)));
  EXPECT_EQ(entry("cccc3333", "unknown", "2026-03-02T08:00:00Z", 3, 4, 5), entry_text(added.chunks.at(2)));
  EXPECT_EQ("9999-12-31T23:59:59Z", added.chunks.at(3).created_at);
  EXPECT_EQ((std::vector<std::string>{"aaaa1111", "cccc3333", "eeee5555"}), report.added_ids);
  EXPECT_EQ((std::vector<std::string>{"ffff6666", "dddd4444"}), report.unverified_ids);
  EXPECT_FALSE(report.is_rebuilt);
}

TEST(ManifestRepairTest, CutEmptyOrAbsentOnlyOnRequest) {
  Chunks chunks;
  chunks.add("bbbb2222", 3, 1'772'438'401);
  const std::string cut = fixture_text("damaged/manifest_truncated/engram/manifest.json");
  for (const std::string& text : {cut, std::string(), std::string("[]")}) {
    EXPECT_EQ("manifest_parse", manifest_fault_of([&] { repair_manifest(text, chunks.get(), {}); }));
    RepairReport report;
    const std::string made = repair_manifest(text, chunks.get(), {.add_unlisted = true}, &report);
    EXPECT_EQ((std::vector<std::string>{"bbbb2222"}), ids_of(parse_manifest(made).manifest));
    EXPECT_TRUE(report.is_rebuilt && report.is_changed);
    EXPECT_EQ((std::vector<std::string>{"manifest_parse"}), report.issues);
  }
  RepairReport report;
  EXPECT_EQ(manifest_text(Manifest{}), repair_manifest(std::nullopt, chunks.get(), {}, &report));
  EXPECT_FALSE(report.is_rebuilt);
  const std::string made = repair_manifest(std::nullopt, chunks.get(), {.add_unlisted = true}, &report);
  EXPECT_EQ((std::vector<std::string>{"bbbb2222"}), report.added_ids);
  EXPECT_EQ(1, parse_manifest(made).manifest.version);
}

TEST(ManifestRepairTest, VersionsThatAreNotKnownAreLeftAlone) {
  const std::string text = fixture_text("damaged/manifest_version_99/engram/manifest.json");
  EXPECT_EQ(Code::kTooNew, error_of([&] { repair_manifest(text, Chunks().get(), {.add_unlisted = true}); }).code());
}

}  // namespace
}  // namespace quipu::sync
