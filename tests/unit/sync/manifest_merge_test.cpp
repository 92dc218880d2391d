// The merge driver's rules: the results of the fixtures to the byte, and what must hold for any three manifests.
#include "sync/manifest_merge.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/time_text.h"
#include "sync/manifest_repair.h"
#include "sync_test_support.h"

namespace quipu::sync {
namespace {

TEST(ManifestMergeTest, Fixtures) {
  int cases = 0;
  const nlohmann::json table = fixture_json("merge/expected.json").at("cases");
  for (const nlohmann::json& c : table) {
    const std::string folder = "merge/" + c.at("dir").get<std::string>() + "/";
    SCOPED_TRACE(folder);
    const std::string base = fixture_text(folder + "base.json");
    const std::string ours = fixture_text(folder + "ours.json");
    const std::string theirs = fixture_text(folder + "theirs.json");
    const std::string merged = fixture_text(folder + "merged.json");
    EXPECT_EQ(merged, merge_manifest_texts(base, ours, theirs));
    MergeReport report;
    EXPECT_EQ(merged, merge_manifest_texts(base, theirs, ours, &report));
    EXPECT_EQ(c.at("dir") == "one_side_dropped_an_entry", !report.kept_ids.empty());
    EXPECT_FALSE(report.recovered);
    EXPECT_EQ(c.at("merged_ids").get<std::vector<std::string>>(), ids_of(parse_manifest(merged).manifest));
    ++cases;
  }
  EXPECT_GE(cases, 5);
}

// A repository in which the driver was missing once: what git left there is merged all the same.
TEST(ManifestMergeTest, DamagedSidesAreRecovered) {
  const std::string folder = "merge/different_counts/";
  for (const char* left : {"git_conflict.txt", "git_union.txt"}) {
    MergeReport report;
    EXPECT_EQ(fixture_text(folder + "merged.json"),
              merge_manifest_texts(fixture_text(folder + "base.json"), fixture_text(folder + left),
                                   fixture_text(folder + "ours.json"), &report));
    EXPECT_TRUE(report.recovered);
  }
}

TEST(ManifestMergeTest, TextsThatCannotBeRead) {
  const std::string good = R"({"version":1,"chunks":null})";
  const struct {
    const char* base;
    const char* ours;
    const char* theirs;
    const char* names;
  } cases[] = {{"{", "{}", "{}", "base: "}, {"{}", "", "{}", "ours: "}, {"", "{}", "{\"chunks\":[", "theirs: "}};
  for (const auto& c : cases) {
    const Error error = error_of([&] { merge_manifest_texts(c.base, c.ours, c.theirs); });
    EXPECT_EQ(Code::kCorrupt, error.code());
    EXPECT_TRUE(error.message().starts_with(c.names)) << error.message();
  }
  // Without a common ancestor git shows an empty file.
  EXPECT_EQ(manifest_text(parse_manifest(good).manifest), merge_manifest_texts("", good, good));
}

TEST(ManifestMergeTest, OfOneIdTheEarlierEntryThenTheSmallerName) {
  const auto entry = [](const char* by, const char* at, std::int64_t count = 0) {
    return ChunkEntry{"aaaa1111", by, at, count, count, count, {}};
  };
  const struct {
    ChunkEntry winner;
    ChunkEntry loser;
  } cases[] = {
      {entry("bo", "2026-03-04T08:00:00Z"), entry("ana", "2026-03-04T08:00:01Z")},
      {entry("bo", "2026-03-04T09:00:00+02:00"), entry("ana", "2026-03-04T08:00:00Z")},  // instants, not texts
      {entry("bo", "2026-03-04T08:00:00Z"), entry("ana", "2026-03-04T08:00:00.000001Z")},
      {entry("Ana", "2026-03-04T08:00:00Z"), entry("ana", "2026-03-04T10:00:00+02:00")},
      {entry("bo", "2026-03-04T08:00:00Z"), entry("ana", "")},
      {entry("bo", "2026-03-04T08:00:00Z"), entry("ana", "soon")},
      {entry("bo", "2026-03-04T08:00:00Z", 2), entry("bo", "2026-03-04T08:00:00Z", 1)},
  };
  for (const auto& c : cases) {
    Manifest a;
    Manifest b;
    a.chunks = {c.winner};
    b.chunks = {c.loser};
    SCOPED_TRACE(manifest_text(b));
    EXPECT_EQ(manifest_text(a), manifest_text(merge_manifests({}, a, b)));
    EXPECT_EQ(manifest_text(a), manifest_text(merge_manifests({}, b, a)));
    EXPECT_EQ(manifest_text(a), manifest_text(merge_manifests(b, b, a)));
  }
}

TEST(ManifestMergeTest, UnknownMembersAndVersions) {
  const std::string merged =
      merge_manifest_texts(R"({"version":1,"chunks":[{"id":"aaaa1111","old":1,"both":1}],"gone":true})",
                           R"({"version":1,"chunks":[{"id":"aaaa1111","x":9,"o":1,"both":2}],"z":"a"})",
                           R"({"version":2,"chunks":[{"id":"aaaa1111","x":10,"t":[1, 2],"both":2}],"z":"b","a":null})");
  EXPECT_EQ(merge_manifest_texts("", merged, merged), merged);
  EXPECT_EQ(R"({"id":"aaaa1111","created_by":"","created_at":"","sessions":0,"memories":0,"prompts":0,)"
            R"("both":2,"o":1,"old":1,"t":[1,2],"x":9})",
            entry_text(parse_manifest(merged).manifest.chunks.at(0)));
  EXPECT_TRUE(merged.ends_with("\n  \"a\": null,\n  \"gone\": true,\n  \"z\": \"b\"\n}")) << merged;
  EXPECT_TRUE(merged.starts_with("{\n  \"version\": 2,")) << merged;
}

TEST(ManifestMergeTest, AnIdTwiceOnOneSideIsOneEntry) {
  const Manifest twice = parse_manifest(fixture_text("damaged/duplicate_entries/engram/manifest.json")).manifest;
  ASSERT_EQ(3U, twice.chunks.size());
  EXPECT_EQ((std::vector<std::string>{"bc585cd3", "4d56ae5b"}), ids_of(merge_manifests({}, twice, twice)));
  EXPECT_EQ((std::vector<std::string>{"bc585cd3", "4d56ae5b"}), ids_of(merge_manifests(twice, twice, {})));
}

std::set<std::string> unknown_names(const std::vector<const Manifest*>& manifests) {
  std::set<std::string> names;
  for (const Manifest* manifest : manifests) {
    for (const auto& [name, value] : manifest->unknown) names.insert("/" + name);
    for (const ChunkEntry& entry : manifest->chunks) {
      names.insert(entry.id);
      for (const auto& [name, value] : entry.unknown) names.insert(entry.id + "/" + name);
    }
  }
  return names;
}

TEST(ManifestMergeTest, AnyThreeManifests) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    std::mt19937_64 random(seed);
    const Manifest base = random_manifest(random);
    const Manifest ours = random_manifest(random);
    const Manifest theirs = random_manifest(random);
    SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + manifest_text(base) + manifest_text(ours) +
                 manifest_text(theirs));
    MergeReport report;
    const Manifest merged = merge_manifests(base, ours, theirs, &report);
    const std::string text = manifest_text(merged);
    MergeReport other;
    ASSERT_EQ(text, manifest_text(merge_manifests(base, theirs, ours, &other)));
    ASSERT_EQ(report.kept_ids, other.kept_ids);
    ASSERT_EQ(text, manifest_text(merge_manifests(base, merged, merged)));
    ASSERT_EQ(text, manifest_text(merge_manifests(merged, merged, merged)));
    ASSERT_EQ(text, manifest_text(merge_manifests(base, merged, ours)));
    // Nothing lost, nothing made up.
    ASSERT_EQ(unknown_names({&base, &ours, &theirs}), unknown_names({&merged}));
    // The base in front, in its order; the others by instant, then id.
    const std::vector<std::string> ids = ids_of(merged);
    const std::vector<std::string> of_base = ids_of(base);
    ASSERT_TRUE(ids.size() >= of_base.size() && std::equal(of_base.begin(), of_base.end(), ids.begin()));
    const auto begin = merged.chunks.begin() + static_cast<std::ptrdiff_t>(of_base.size());
    ASSERT_TRUE(std::is_sorted(begin, merged.chunks.end(), [](const ChunkEntry& a, const ChunkEntry& b) {
      return std::pair(parse_instant(a.created_at), a.id) < std::pair(parse_instant(b.created_at), b.id);
    }));
    // Each entry is one of those that were given, but for members that are not known.
    for (const ChunkEntry& entry : merged.chunks) {
      const auto same = [&](ChunkEntry given) {
        given.unknown = entry.unknown;
        return entry_text(given) == entry_text(entry);
      };
      ASSERT_TRUE(std::any_of(base.chunks.begin(), base.chunks.end(), same) ||
                  std::any_of(ours.chunks.begin(), ours.chunks.end(), same) ||
                  std::any_of(theirs.chunks.begin(), theirs.chunks.end(), same));
    }
    // Dropped by one side at least, and of the base.
    for (const std::string& id : of_base) {
      const auto has = [&](const Manifest& side) {
        const std::vector<std::string> all = ids_of(side);
        return std::count(all.begin(), all.end(), id) == 1;
      };
      ASSERT_EQ(!has(ours) || !has(theirs), std::count(report.kept_ids.begin(), report.kept_ids.end(), id) == 1);
    }
  }
}

}  // namespace
}  // namespace quipu::sync
