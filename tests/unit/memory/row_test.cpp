#include "memory/row.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "gzip/gzip.h"
#include "json/go_json.h"
#include "json/parser.h"
#include "memory/stored.h"
#include "support/memory_support.h"

namespace quipu::memory {
namespace {

using test::error_of;
using test::wire;
using Observation = MemoryObservationField;

class RowTest : public testing::Test {
 protected:
  RowRef read(Entity entity, std::string_view json) { return reader_.read(entity, document_.parse(json)); }
  RowRef imported(Entity entity, std::string_view json) { return reader_.read_imported(entity, document_.parse(json)); }
  // What stands in a record, and what is read from there.
  static RowRef stored(Entity entity, const json::Row& row) {
    Origin origin;
    origin.seq = 7;
    return StoredReader().read_row(*record_of(entity, row, origin));
  }
  RowVersion version(Entity entity, std::string_view json) { return Versioner().of(entity, *read(entity, json)); }

  RowReader reader_;
  json::Document document_{200, json::Dialect::kGo};
};

// The chunks of the fixtures that are JSON objects of rows, whoever wrote them.
TEST_F(RowTest, EveryRowOfTheFixturesIsSpelledAsItWas) {
  std::size_t rows = 0;
  std::size_t chunks = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(test::sync_fixture(""))) {
    const std::string path = file.path().string();
    if (!path.ends_with(".jsonl.gz") || path.find("/damaged/") != std::string::npos) continue;
    const std::string text = gzip::decompress(test::read_text(path), {});
    json::Document document(200, json::Dialect::kGo);
    const json::Node root = document.parse(text);
    ++chunks;
    // Canonical documents have the members of rows in another order.
    const bool is_canonical = text.starts_with("{\"mutations\":") || text.starts_with("{\"observations\":");
    for (const Entity entity : kEntities) {
      const auto list = root.find(traits_of(entity).list);
      if (!list || list->kind() != json::Kind::kArray) continue;
      list->for_each_element([&](const json::Node& object) {
        std::string before;
        json::write_go(object, is_canonical ? json::GoSpelling::kCanonical : json::GoSpelling::kCompact, before);
        const RowRef row = reader_.read(entity, object);
        const std::string bytes = wire(entity, *row);
        std::string after = bytes;
        if (is_canonical) {
          after.clear();
          json::write_go(json::parse(bytes), json::GoSpelling::kCanonical, after);
        }
        // Counters that a layout before 0.1.8 had not are made up, and a fork has its members elsewhere: all that was there is there.
        const bool is_old =
            path.find("/legacy_") != std::string::npos || path.find("/unknown_fields/") != std::string::npos;
        if (is_old) {
          const auto wanted = nlohmann::json::parse(before);
          const auto found = nlohmann::json::parse(after);
          for (const auto& [name, value] : wanted.items()) EXPECT_EQ(found.at(name), value) << path;
        } else {
          EXPECT_EQ(after, before) << path;
          if (!is_canonical && text.find("\\ufffd") == std::string::npos) {
            EXPECT_NE(text.find(bytes), std::string::npos) << path << ": " << bytes;
          }
        }
        EXPECT_EQ(stored(entity, *row)->text(), row->text()) << path;
        ++rows;
      });
    }
  }
  EXPECT_GT(chunks, 20U);
  EXPECT_GT(rows, 60U);
}

TEST_F(RowTest, UnknownMembersStandLastAndSorted) {
  const RowRef row = read(Entity::kPrompt, R"({"zeta":[1,2.50,{"b":1,"a":null}],"id":4,"content":"<c>","Ab":"x\u2028",
                                               "sync_id":"p","session_id":"s","created_at":"t","aa":-0})");
  const std::string spelled = R"({"id":4,"sync_id":"p","session_id":"s","content":"\u003cc\u003e","created_at":"t",)"
                              R"("Ab":"x\u2028","aa":-0,"zeta":[1,2.5,{"b":1,"a":null}]})";
  EXPECT_EQ(wire(Entity::kPrompt, *row), spelled);
  EXPECT_EQ(wire(Entity::kPrompt, *stored(Entity::kPrompt, *row)), spelled);
}

TEST_F(RowTest, NamesMatchInAnyCaseAndTheLastCounts) {
  const RowRef row = read(Entity::kObservation, R"({"TITLE":"a","title":"b","Type":"t","ID":1,"iD":2,"\u017fcope":"s",
                          "topic_\u212aey":"k","tool_name":"x","TOOL_NAME":null,"content":"c","CONTENT":null})");
  EXPECT_EQ(test::text(row, Observation::title), "b");
  EXPECT_EQ(test::text(row, Observation::type), "t");
  EXPECT_EQ(number_of(*row, Observation::id), 2);
  EXPECT_EQ(test::text(row, Observation::scope), "s");
  EXPECT_EQ(test::text(row, Observation::topic_key), "k");  // U+212A folds onto k
  EXPECT_FALSE(has(*row, Observation::tool_name));
  EXPECT_EQ(test::text(row, Observation::content), "c");
  EXPECT_EQ(row->field(Observation::extra), "{}");
}

TEST_F(RowTest, MissingMembersAndNullsAreEmptyOrAbsent) {
  for (const char* given : {"{}", R"({"id":null,"title":null,"tool_name":null,"revision_count":null})"}) {
    const RowRef row = read(Entity::kObservation, given);
    EXPECT_EQ(wire(Entity::kObservation, *row),
              R"({"id":0,"sync_id":"","session_id":"","type":"","title":"","content":"","scope":"",)"
              R"("revision_count":0,"duplicate_count":0,"created_at":"","updated_at":""})");
    EXPECT_EQ(wire(Entity::kObservation, *row), wire(Entity::kObservation, *read(Entity::kObservation, "{}")));
  }
  EXPECT_EQ(wire(Entity::kObservation, *read(Entity::kObservation, R"({"project":"","last_seen_at":""})")),
            R"({"id":0,"sync_id":"","session_id":"","type":"","title":"","content":"","project":"","scope":"",)"
            R"("revision_count":0,"duplicate_count":0,"last_seen_at":"","created_at":"","updated_at":""})");
  EXPECT_EQ(wire(Entity::kPrompt, *read(Entity::kPrompt, R"({"project":""})")),
            R"({"id":0,"sync_id":"","session_id":"","content":"","created_at":""})");
  EXPECT_EQ(wire(Entity::kSession, *read(Entity::kSession, R"({"summary":""})")),
            R"({"id":"","project":"","directory":"","started_at":"","summary":""})");
}

TEST_F(RowTest, WrongTypesAreRefused) {
  for (const char* given :
       {R"({"id":"1"})", R"({"id":1.0})", R"({"id":9223372036854775808})", R"({"title":1})", R"({"title":{}})",
        R"({"tool_name":false})", R"({"revision_count":1.5})", R"({"revision_count":true})", "[]", "null", "3"}) {
    const Error error = error_of([&] { read(Entity::kObservation, given); });
    EXPECT_EQ(error.code(), Code::kInvalid) << given;
  }
  EXPECT_EQ(number_of(*read(Entity::kObservation, R"({"id":9223372036854775807})"), Observation::id), INT64_MAX);
  EXPECT_EQ(number_of(*read(Entity::kObservation, R"({"id":-9223372036854775808})"), Observation::id), INT64_MIN);
}

TEST_F(RowTest, ImportedRowsHaveAScopeCountersAndTimes) {
  const RowRef row =
      imported(Entity::kObservation, R"({"sync_id":" obs-1 ","session_id":"s","created_at":"2026-01-02 03:04:05",
      "revision_count":-3,"topic_key":"  A  B ","project":"Not Normal","scope":"Team"})");
  EXPECT_EQ(wire(Entity::kObservation, *row),
            R"({"id":0,"sync_id":" obs-1 ","session_id":"s","type":"","title":"","content":"","project":"Not Normal",)"
            R"("scope":"Team","topic_key":"a-b","revision_count":1,"duplicate_count":1,)"
            R"("created_at":"2026-01-02 03:04:05","updated_at":"2026-01-02 03:04:05"})");
  EXPECT_EQ(test::text(imported(Entity::kObservation, R"({"session_id":"s"})"), Observation::scope), "project");
  EXPECT_FALSE(
      has(*imported(Entity::kObservation, R"({"session_id":"s","topic_key":" \u2003 "})"), Observation::topic_key));
  EXPECT_EQ(error_of([&] { imported(Entity::kObservation, R"({"sync_id":"x"})"); }).code(), Code::kInvalid);
  EXPECT_EQ(error_of([&] { imported(Entity::kPrompt, R"({"sync_id":"x","session_id":""})"); }).code(), Code::kInvalid);
  EXPECT_EQ(error_of([&] { imported(Entity::kSession, R"({"project":"x"})"); }).code(), Code::kInvalid);
}

TEST_F(RowTest, SyncIdsAreDerivedWhereThereAreNone) {
  const auto vectors = nlohmann::json::parse(test::read_text(test::sync_fixture("vectors/legacy_sync_ids.json")));
  std::size_t cases = 0;
  for (const auto& vector : vectors.at("cases")) {
    const bool is_prompt = vector.at("kind") == "prompt";
    const auto& fields = vector.at("fields");
    const std::vector<std::string> names =
        is_prompt ? std::vector<std::string>{"session_id", "content", "created_at"}
                  : std::vector<std::string>{"session_id", "type", "title", "content", "created_at"};
    nlohmann::json object;
    for (std::size_t i = 0; i < names.size(); ++i) object[names[i]] = fields[i];
    const Entity entity = is_prompt ? Entity::kPrompt : Entity::kObservation;
    reader_.begin_chunk();
    RowRef row;
    for (int i = 0; i <= vector.at("ordinal").get<int>(); ++i) row = imported(entity, object.dump());
    EXPECT_EQ(text_of(*row, traits_of(entity).key), vector.at("sync_id").get<std::string>());
    object["sync_id"] = " \t";
    reader_.begin_chunk();
    for (int i = 0; i <= vector.at("ordinal").get<int>(); ++i) row = imported(entity, object.dump());
    EXPECT_EQ(text_of(*row, traits_of(entity).key), vector.at("sync_id").get<std::string>());
    ++cases;
  }
  EXPECT_GE(cases, 4U);
}

TEST_F(RowTest, VersionsGoByTimeThenRevisionThenDigest) {
  const auto row = [](const std::string& members) {
    return R"({"sync_id":"o","session_id":"s","content":"c",)" + members + "}";
  };
  const auto of = [&](const std::string& members) { return version(Entity::kObservation, row(members)); };
  // The instants are compared, not the texts.
  EXPECT_LT(of(R"("updated_at":"2026-01-01T00:00:00Z")"), of(R"("updated_at":"2026-01-01 00:00:00.5")"));
  EXPECT_LT(of(R"("updated_at":"2026-01-01T01:00:00+02:00","revision_count":9)"),
            of(R"("updated_at":"2026-01-01 00:00:00")"));
  EXPECT_LT(of(R"("updated_at":"soon","revision_count":9)"), of(R"("updated_at":"1960-01-01 00:00:00")"));
  EXPECT_LT(of(R"("updated_at":"2026-01-01 00:00:00","revision_count":2)"),
            of(R"("updated_at":"2026-01-01 00:00:00","revision_count":10)"));
  const RowVersion a = of(R"("updated_at":"2026-01-01 00:00:00","title":"a")");
  const RowVersion b = of(R"("updated_at":"2026-01-01 00:00:00","title":"b")");
  EXPECT_EQ(a < b, a.digest < b.digest);
  EXPECT_NE(a, b);
  // Without updated_at it is created_at that counts.
  EXPECT_EQ(of(R"("created_at":"2026-01-01 00:00:00")").time, of(R"("updated_at":"2026-01-01 00:00:00")").time);
  // The number of the row is not part of it.
  EXPECT_EQ(of(R"("id":1)"), of(R"("id":2)"));
  EXPECT_EQ(of(R"("id":1,"updated_at":"x")").short_hex().size(), 32U);
  // Unknown members are.
  EXPECT_NE(of(R"("category":1)"), of(R"("category":2)"));
  EXPECT_EQ(of(R"("b":1,"a":2)"), of(R"("a":2,"b":1)"));
}

TEST_F(RowTest, TheDigestIsThatOfTheRowWithoutItsNumber) {
  const RowRef row = read(Entity::kPrompt, R"({"id":5,"sync_id":"p","session_id":"s","content":"c","created_at":"t"})");
  EXPECT_EQ(Versioner().of(Entity::kPrompt, *row).digest,
            crypto::sha256(R"({"sync_id":"p","session_id":"s","content":"c","created_at":"t"})"));
}

TEST(Stored, WhatOthersMadeOfARecordIsNoRow) {
  StoredReader reader;
  StoredView view;
  Origin origin;
  origin.seq = 3;
  const RowRef row = make_row(Entity::kPrompt, {{MemoryPromptField::sync_id, "\"p\""}, {MemoryPromptField::id, "3"}});
  const RecordRef record = record_of(Entity::kPrompt, *row, origin);
  ASSERT_TRUE(reader.read(*record, view));
  EXPECT_EQ(view.key, "p");
  EXPECT_EQ(view.seq, 3);
  using Field = chronostore::ChronoRecordField;
  for (const auto& [field, json] : std::initializer_list<std::pair<std::size_t, const char*>>{
           {Field::data, "{}"},
           {Field::data, "[]"},
           {Field::data, R"({"row": {"sync_id": "p"}})"},                          // no number
           {Field::data, R"({"row": {"sync_id": "q"}, "seq": 3})"},                // another key
           {Field::data, R"({"row": {"sync_id": "p", "content": 4}, "seq": 3})"},  // not a text
           {Field::data, R"({"row": {"sync_id": "p", "id": "4"}, "seq": 3})"},     // not a number
           {Field::data, R"({"row": 3, "seq": 3})"},
           {Field::data, R"({"gone": {"id": 3}, "seq": 3})"},  // and not a tombstone
           {Field::id, R"("memory:observation:p")"},
           {Field::id, "3"},
           {Field::kind, R"("memory_")"},
           {Field::kind, R"("memory")"},
           {Field::kind, "4"},
           {Field::kind, R"("requirement")"}}) {
    const RecordRef other = chronostore::with_field(record, field, json);
    EXPECT_FALSE(reader.read(*other, view)) << json;
    EXPECT_FALSE(reader.read_row(*other)) << json;
  }
  // Buried, it is gone: as of when it was.
  const RowRef dated = with_fields(*row, {{MemoryPromptField::created_at, "\"2026-01-01 00:00:00\""}});
  const RecordRef buried =
      chronostore::with_field(record_of(Entity::kPrompt, *dated, origin), Field::status, "\"tombstone\"");
  ASSERT_TRUE(reader.read(*buried, view));
  EXPECT_FALSE(view.row);
  EXPECT_EQ(StoredReader::gone_of(view).deleted_at, "2026-01-01 00:00:00");
  EXPECT_EQ(StoredReader::gone_of(view).id, 3);
}

TEST(Stored, ATombstoneHasNothingOfTheText) {
  Gone gone;
  gone.id = 4;
  gone.session_id = "s\"1";
  gone.deleted_at = "2026-01-01 00:00:00";
  gone.marked_at = "2026-02-01 00:00:00";
  Origin origin;
  origin.seq = 9;
  origin.via = Via::kPull;
  origin.target = "cloud:x";
  const RecordRef record = record_of_gone(Entity::kObservation, "o", gone, origin);
  StoredReader reader;
  StoredView view;
  ASSERT_TRUE(reader.read(*record, view));
  const Gone read = StoredReader::gone_of(view);
  EXPECT_EQ(std::tie(read.id, read.session_id, read.project, read.deleted_at, read.hard, read.marked_at),
            std::tie(gone.id, gone.session_id, gone.project, gone.deleted_at, gone.hard, gone.marked_at));
  EXPECT_EQ(view.target, "cloud:x");
  EXPECT_EQ(view.via, Via::kPull);
  EXPECT_EQ(record->field(chronostore::ChronoRecordField::label), "\"\"");
}

}  // namespace
}  // namespace quipu::memory
