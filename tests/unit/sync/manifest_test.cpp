// The manifest as the reference reads and writes it: its own tables, and the manifests of all fixtures.
#include "sync/manifest.h"

#include <algorithm>
#include <limits>

#include "sync/manifest_repair.h"
#include "sync/transport.h"
#include "sync_test_support.h"

namespace quipu::sync {
namespace {

Manifest manifest_of(const nlohmann::json& json) {
  Manifest manifest;
  manifest.version = json.at("version").get<std::int64_t>();
  manifest.is_null_list = json.at("chunks").is_null();
  if (manifest.is_null_list) return manifest;
  for (const nlohmann::json& chunk : json.at("chunks")) {
    manifest.chunks.push_back({chunk.at("id"),
                               chunk.at("created_by"),
                               chunk.at("created_at"),
                               chunk.at("sessions").get<std::int64_t>(),
                               chunk.at("memories").get<std::int64_t>(),
                               chunk.at("prompts").get<std::int64_t>(),
                               {}});
  }
  return manifest;
}

TEST(ManifestTest, ReadsOddTextsAsTheReference) {
  int cases = 0;
  const nlohmann::json table = fixture_json("vectors/manifest_read.json").at("cases");
  for (const nlohmann::json& c : table) {
    const std::string text = c.at("bytes");
    SCOPED_TRACE(text);
    ++cases;
    if (c.value("error", false)) {
      EXPECT_EQ("manifest_parse", manifest_fault_of([&] { read_manifest(text); }));
      continue;
    }
    const ManifestReading reading = parse_manifest(text);
    const nlohmann::json& decoded = c.at("decoded");
    EXPECT_EQ(manifest_text(manifest_of(decoded)), manifest_text(reading.manifest));
    EXPECT_EQ(decoded.at("version").get<std::int64_t>() > 2, reading.has("manifest_version_unknown"));
  }
  EXPECT_GE(cases, 12);
}

TEST(ManifestTest, SummaryAsTheReference) {
  int cases = 0;
  const nlohmann::json table = fixture_json("vectors/manifest_summary.json").at("cases");
  for (const nlohmann::json& c : table) {
    EXPECT_EQ(c.at("summary"), manifest_summary(manifest_of(c.at("manifest"))));
    ++cases;
  }
  EXPECT_GE(cases, 3);
  Manifest huge;
  for (int i = 0; i < 2; ++i) huge.chunks.push_back({"a", "", "", std::numeric_limits<std::int64_t>::max(), 0, 0, {}});
  EXPECT_EQ("2 chunks, 0 memories, -2 sessions \xE2\x80\x94 contributors:  (2 chunks)", manifest_summary(huge));
}

TEST(ManifestTest, LatestCreatedAtByRawText) {
  const nlohmann::json table = fixture_json("vectors/cutoff.json").at("latest");
  for (const nlohmann::json& c : table) {
    Manifest manifest;
    for (const nlohmann::json& time : c.at("created_at")) manifest.chunks.push_back({"a", "", time, 0, 0, 0, {}});
    EXPECT_EQ(c.at("latest"), latest_created_at(manifest)) << c;
  }
}

// Every manifest of the fixtures: what it holds, what is reported of it, and that it is written as it was read.
TEST(ManifestTest, Fixtures) {
  int cases = 0;
  for (const std::string& name : fixture_cases()) {
    SCOPED_TRACE(name);
    const nlohmann::json expected = fixture_json(name + "/expected.json");
    if (name == "damaged/manifest_missing") {
      EXPECT_EQ(expected.at("manifest").at("summary"), manifest_summary(Manifest{}));
      continue;
    }
    ++cases;
    const std::string text = fixture_text(name + "/engram/manifest.json");
    const ManifestReading reading = parse_manifest(text);
    EXPECT_EQ(expected.at("manifest").at("version").get<std::int64_t>(), reading.manifest.version);
    EXPECT_EQ(expected.at("manifest").at("entries").get<std::size_t>(), reading.manifest.chunks.size());
    EXPECT_EQ(expected.at("manifest").at("summary"), manifest_summary(reading.manifest));
    std::vector<std::string> issues;
    for (const nlohmann::json& issue : expected.at("required").at("issues")) {
      const std::string code = issue.at("code");
      if (!issue.contains("id") && code.starts_with("manifest_")) issues.push_back(code);
    }
    EXPECT_EQ(issues, reading.issues);
    std::string plain = text;
    if (plain.starts_with("\xEF\xBB\xBF")) plain.erase(0, 3);
    std::erase(plain, '\r');
    if (plain.ends_with('\n')) plain.pop_back();
    if (name == "damaged/manifest_extra_fields") {  // its members that are not known stand elsewhere
      EXPECT_EQ("note", reading.manifest.unknown.at(0).first);
      EXPECT_EQ("sha256", reading.manifest.chunks.at(0).unknown.at(0).first);
      continue;
    }
    EXPECT_EQ(plain, manifest_text(reading.manifest));
  }
  EXPECT_GE(cases, 40);
  for (const char* name : {"damaged/manifest_truncated", "damaged/manifest_empty_file"}) {
    EXPECT_EQ("manifest_parse",
              manifest_fault_of([&] { read_manifest(fixture_text(std::string(name) + "/engram/manifest.json")); }));
  }
}

TEST(ManifestTest, EmptyLists) {
  const nlohmann::json encodings = fixture_json("vectors/encodings.json");
  Manifest manifest;
  EXPECT_EQ(encodings.at("manifest_null_chunks"), manifest_text(manifest));
  EXPECT_EQ(encodings.at("manifest_null_chunks"), manifest_text(parse_manifest(manifest_text(manifest)).manifest));
  manifest.is_null_list = false;
  EXPECT_EQ(encodings.at("manifest_no_chunks"), manifest_text(manifest));
  EXPECT_EQ(encodings.at("manifest_no_chunks"), manifest_text(parse_manifest(manifest_text(manifest)).manifest));
}

TEST(ManifestTest, UnknownMembersAreKeptSortedBehindTheKnownOnes) {
  const ManifestReading reading = parse_manifest(
      R"({"zeta":[1,{"b":1,"a":-0.5}],"chunks":[{"x":null,"id":"k","Zebra":"<&>","prompts":2,"alpha":18446744073709551616}],)"
      R"("alpha":{},"beta":[],"version":2})");
  EXPECT_EQ(R"({
  "version": 2,
  "chunks": [
    {
      "id": "k",
      "created_by": "",
      "created_at": "",
      "sessions": 0,
      "memories": 0,
      "prompts": 2,
      "Zebra": "\u003c\u0026\u003e",
      "alpha": 18446744073709551616,
      "x": null
    }
  ],
  "alpha": {},
  "beta": [],
  "zeta": [
    1,
    {
      "b": 1,
      "a": -0.5
    }
  ]
})",
            manifest_text(reading.manifest));
  EXPECT_EQ(R"({"id":"k","created_by":"","created_at":"","sessions":0,"memories":0,"prompts":2,)"
            R"("Zebra":"\u003c\u0026\u003e","alpha":18446744073709551616,"x":null})",
            entry_text(reading.manifest.chunks.at(0)));
  EXPECT_TRUE(reading.issues.empty());
}

TEST(ManifestTest, GoDecodingRules) {
  const auto first = [](const std::string& members) {
    return parse_manifest("{\"chunks\":[{" + members + "}]}").manifest.chunks.at(0);
  };
  EXPECT_EQ("k", first(R"("ID":"k")").id);
  EXPECT_EQ(3, first("\"\xC5\xBF"
                     R"(es\u0073ions":3)")
                   .sessions);  // Go folds U+017F to s
  EXPECT_EQ(0, first(R"("sessions":-0)").sessions);
  EXPECT_EQ(0, first(R"("sessions":null)").sessions);
  EXPECT_EQ(std::numeric_limits<std::int64_t>::min(), first(R"("prompts":-9223372036854775808)").prompts);
  EXPECT_EQ("\xEF\xBF\xBD", first(R"("id":"\ud83c")").id);
  EXPECT_EQ("a\xEF\xBF\xBD", first("\"id\":\"a\xFF\"").id);
  EXPECT_EQ(std::string("a\0b", 3), first(R"("id":"a\u0000b")").id);
  for (const char* bad :
       {R"("id":1)", R"("created_by":[])", R"("created_at":{})", R"("sessions":"1")", R"("memories":1.0)",
        R"("prompts":1e2)", R"("prompts":9223372036854775808)", R"("sessions":true)", R"("id":NaN)", R"("id":"a)",
        R"("x":[1,])", "\"id\":\"a\nb\"", R"("x":01)"}) {
    EXPECT_EQ("manifest_parse", manifest_fault_of([&] { first(bad); })) << bad;
  }
  for (const char* bad :
       {"", " ", "7", "\"x\"", "{\"chunks\":[7]}", "{\"chunks\":[[]]}", "nul", "{} {}", "{\"chunks\":[}"}) {
    EXPECT_EQ("manifest_parse", manifest_fault_of([&] { read_manifest(bad); })) << bad;
  }
  // null leaves what is there; the last of several members counts, in whatever spelling.
  EXPECT_EQ(2, parse_manifest(R"({"version":1,"VERSION":2,"version":null})").manifest.version);
  EXPECT_EQ(1, parse_manifest(R"({"version":2,"VERSION":3,"version":1})").manifest.version);
  EXPECT_EQ("manifest_parse", manifest_fault_of([&] { parse_manifest(std::string(5000, '[')); }));
}

TEST(ManifestTest, DoubledMembersOfAnEntryAreDamageThatCanBeRecovered) {
  for (const char* members : {R"("id":"a","id":"b")", R"("id":"a","ID":"a")", R"("sessions":1,"sessions":1)",
                              R"("x":1,"x":2)", R"("i\u0064":"a","id":null)"}) {
    const std::string text = std::string("{\"chunks\":[{") + members + "}]}";
    EXPECT_EQ("manifest_recovered", manifest_fault_of([&] { parse_manifest(text); })) << text;
    EXPECT_TRUE(read_manifest(text).has("manifest_recovered")) << text;
  }
  EXPECT_EQ("manifest_recovered", manifest_fault_of([&] { parse_manifest(R"({"chunks":[{"id":"a"}],"Chunks":[]})"); }));
  EXPECT_TRUE(parse_manifest(R"({"chunks":[{"x":1,"X":2}],"y":1,"y":2})").issues.empty());
}

TEST(ManifestTest, ByteOrderMarkAndVersions) {
  const ManifestReading reading = parse_manifest("\xEF\xBB\xBF{\"version\":3}");
  EXPECT_EQ((std::vector<std::string>{"manifest_bom", "manifest_version_unknown"}), reading.issues);
  EXPECT_TRUE(parse_manifest("{\"version\":2}").issues.empty());
  EXPECT_TRUE(parse_manifest("{\"version\":-1}").issues.empty());
  EXPECT_EQ("manifest_parse", manifest_fault_of([] { parse_manifest("\xEF\xBB\xBF\xEF\xBB\xBF{}"); }));
}

TEST(ManifestTest, LargerThanTheLimit) {
  std::string text = "{}";
  text.resize(kMaxManifestBytes, ' ');
  EXPECT_EQ(0, parse_manifest(text).manifest.version);
  text += ' ';
  EXPECT_EQ("manifest_parse", manifest_fault_of([&] { read_manifest(text); }));
}

TEST(ManifestTest, WhatIsWrittenReadsBackEqual) {
  std::mt19937_64 random(20260302);
  for (int i = 0; i < 500; ++i) {
    const std::string text = manifest_text(random_manifest(random));
    EXPECT_EQ(text, manifest_text(parse_manifest(text).manifest));
  }
}

TEST(TransportTest, ChunkIds) {
  for (const std::string& good :
       {std::string("00000000"), std::string("a97a0cc7"), std::string("0123456789abcdef"), std::string(64, 'f')}) {
    EXPECT_TRUE(is_chunk_id(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("a97a0cc"), std::string("A97A0CC7"), std::string("a97a0ccg"), std::string(65, 'f'),
        std::string("../../x"), std::string("a97a0cc7/x"), std::string("a97a0cc7\n"), std::string("a97a0cc7\0", 9),
        std::string(" a97a0cc"),
        std::string("\xef\xbc\x90"
                    "0000000")}) {
    EXPECT_FALSE(is_chunk_id(bad)) << bad;
  }
  std::size_t good = 0;
  std::size_t bad = 0;
  const ManifestReading reading = parse_manifest(fixture_text("damaged/traversal_ids/engram/manifest.json"));
  for (const ChunkEntry& entry : reading.manifest.chunks) {
    (is_chunk_id(entry.id) ? good : bad) += 1;
  }
  EXPECT_EQ(1U, good);
  EXPECT_EQ(14U, bad);
}

}  // namespace
}  // namespace quipu::sync
