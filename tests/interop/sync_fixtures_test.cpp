// The sync directories of the original: what importing them must give, in the first and in the second import, and what must be
// reported. Not a byte of them changes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "memory/store.h"
#include "support/temporary_folder.h"
#include "sync/file_transport.h"
#include "sync/syncer.h"

namespace quipu::sync {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const fs::path kRoot = fs::path(QUIPU_TEST_DATA_DIR) / "sync";

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

json json_of(const fs::path& path) { return json::parse(content_of(path)); }

// Folders below the root that hold engram/ and expected.json, as names relative to it.
std::vector<std::string> fixtures() {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot)) {
    if (entry.path().filename() == "expected.json" && fs::is_directory(entry.path().parent_path() / "engram")) {
      names.push_back(fs::relative(entry.path().parent_path(), kRoot).string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

json counts_of(const ImportResult& result) {
  return {{"chunks_imported", result.chunks_imported},
          {"chunks_skipped", result.chunks_skipped},
          {"chunks_rejected", result.chunks_rejected},
          {"sessions_imported", result.counts.sessions_imported},
          {"sessions_recovered", result.counts.sessions_recovered},
          {"observations_imported", result.counts.observations_imported},
          {"prompts_imported", result.counts.prompts_imported},
          {"rows_stale", result.counts.rows_stale},
          {"rows_deleted", result.counts.rows_deleted}};
}

json issues_of(const std::vector<SyncIssue>& issues) {
  json out = json::array();
  for (const SyncIssue& issue : issues) {
    json one = {{"code", issue.code}};
    if (issue.code != "manifest_bom" && issue.code != "manifest_version_unknown") one["id"] = issue.id;
    if (!issue.actual.empty()) one["actual"] = issue.actual;
    if (issue.version != 0) one["version"] = issue.version;
    out.push_back(std::move(one));
  }
  return out;
}

json sorted(json list) {
  std::sort(list.begin(), list.end(), [](const json& a, const json& b) { return a.dump() < b.dump(); });
  return list;
}

// The rows without local numbers.
json rows_of(memory::MemoryStore& store) {
  memory::RowFilter all;
  all.with_deleted = true;
  json out;
  const auto add = [&](memory::Entity entity, memory::RowCursor cursor) {
    json list = json::array();
    while (const memory::RowRef row = cursor.next()) {
      std::string wire;
      memory::append_wire(entity, *row, wire);
      json one = json::parse(wire);
      if (entity != memory::Entity::kSession) one.erase("id");
      if (row->table().size() > memory::MemorySessionField::recovered && entity == memory::Entity::kSession &&
          row->field(memory::MemorySessionField::recovered) == "true") {
        one["recovered"] = true;
      }
      list.push_back(std::move(one));
    }
    out[std::string(memory::traits_of(entity).list)] = sorted(std::move(list));
  };
  add(memory::Entity::kSession, store.session_list(all));
  add(memory::Entity::kObservation, store.observation_list(all));
  add(memory::Entity::kPrompt, store.prompt_list(all));
  return out;
}

json relations_of(memory::MemoryStore& store) {
  json out = json::array();
  chronostore::RecordCursor cursor = store.records().query({"\"memory_relation\"", "\"active\"", 0.0});
  while (const memory::RecordRef record = cursor.next()) {
    out.push_back(json::parse(record->field(chronostore::ChronoRecordField::data))["relation"]);
  }
  return sorted(std::move(out));
}

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder).string()] = content_of(entry.path());
  }
  return files;
}

class SyncFixture : public testing::TestWithParam<std::string> {};

TEST_P(SyncFixture, GivesWhatIsRequired) {
  const fs::path folder = kRoot / GetParam();
  const json required = json_of(folder / "expected.json").at("required");
  const auto before = files_in(folder);
  test::TemporaryFolder root;
  const auto store = memory::MemoryStore::open(root.path(), {});
  FileTransport transport(os::native_file_system(), (folder / "engram").string());
  Syncer syncer(*store, transport, {});

  const auto import = [&](const json& expected) -> ImportResult {
    if (!expected.contains("error")) {
      ImportResult result = syncer.import_chunks();
      EXPECT_EQ(counts_of(result), expected);
      return result;
    }
    try {
      syncer.import_chunks();
      ADD_FAILURE() << "no error";
    } catch (const ManifestFault& fault) {
      EXPECT_EQ(fault.report_code(), expected.at("error").get<std::string>());
    }
    return {};
  };
  const ImportResult first = import(required.at("import1"));
  if (required.contains("issues")) {
    EXPECT_EQ(sorted(issues_of(first.issues)), sorted(required.at("issues")));
  }
  const json rows = rows_of(*store);
  import(required.at("import2"));
  EXPECT_EQ(rows_of(*store), rows) << "the second import changed something";

  const json& counts = required.at("rows");
  EXPECT_EQ(rows.at("sessions").size(), counts.at("sessions").get<std::size_t>());
  EXPECT_EQ(rows.at("observations").size(), counts.at("observations").get<std::size_t>());
  EXPECT_EQ(rows.at("prompts").size(), counts.at("prompts").get<std::size_t>());
  EXPECT_EQ(store->stats().observations, counts.at("observations_live").get<std::int64_t>());
  if (required.contains("row_values")) {
    const json& values = required.at("row_values");
    for (const char* list : {"sessions", "observations", "prompts"}) {
      EXPECT_EQ(rows.at(list), sorted(values.at(list))) << list;
    }
    if (values.contains("relations")) EXPECT_EQ(relations_of(*store), sorted(values.at("relations")));
  }
  EXPECT_EQ(files_in(folder), before) << "importing changed a file";
  EXPECT_TRUE(store->records().verify(true, nullptr).valid);

  // What was imported is not sent back.
  if (!required.at("import1").contains("error")) {
    const SyncStatus status = syncer.status();
    EXPECT_EQ(status.pending, status.remote - required.at("import1").at("chunks_imported").get<std::int64_t>() -
                                  static_cast<std::int64_t>(std::count_if(
                                      first.issues.begin(), first.issues.end(), [](const SyncIssue& issue) {
                                        return issue.code == "duplicate_manifest_entry";
                                      })));
  }
}

INSTANTIATE_TEST_SUITE_P(All, SyncFixture, testing::ValuesIn(fixtures()), [](const auto& fixture) {
  std::string name = fixture.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

TEST(SyncFixtures, AreAllThere) { EXPECT_GE(fixtures().size(), 46U); }

TEST(SyncFixtures, OfOneIdAndTwoDocumentsBothCount) {
  const json expected = json_of(kRoot / "id_collision" / "expected.json");
  test::TemporaryFolder root;
  const auto store = memory::MemoryStore::open(root.path(), {});
  FileTransport a(os::native_file_system(), (kRoot / "id_collision" / "a" / "engram").string());
  FileTransport b(os::native_file_system(), (kRoot / "id_collision" / "b" / "engram").string());
  EXPECT_EQ(counts_of(Syncer(*store, a, {}).import_chunks()), expected.at("required_after_a"));
  const ImportResult second = Syncer(*store, b, {}).import_chunks();
  EXPECT_EQ(counts_of(second), expected.at("required_after_b"));
  EXPECT_EQ(issues_of(second.issues), expected.at("issues_after_b"));
  EXPECT_EQ(rows_of(*store).at("observations").size(), expected.at("rows").at("observations").get<std::size_t>());
}

}  // namespace
}  // namespace quipu::sync
