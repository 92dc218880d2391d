#include "sync_test_support.h"

#include <algorithm>
#include <filesystem>

#include "os/paths.h"

namespace quipu::sync {

std::string fixture(const std::string& name) { return std::string(QUIPU_TEST_DATA_DIR) + "/sync/" + name; }

std::string fixture_text(const std::string& name) { return os::read_file(os::native_file_system(), fixture(name)); }

nlohmann::json fixture_json(const std::string& name) { return nlohmann::json::parse(fixture_text(name)); }

std::vector<std::string> fixture_cases() {
  std::vector<std::string> cases;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fixture(""))) {
    if (entry.path().filename() != "expected.json") continue;
    const std::string folder = std::filesystem::relative(entry.path().parent_path(), fixture("")).string();
    if (fixture_json(folder + "/expected.json").contains("manifest")) cases.push_back(folder);
  }
  std::sort(cases.begin(), cases.end());
  return cases;
}

Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return {Code::kOk, ""};
}

std::string manifest_fault_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const ManifestFault& fault) {
    EXPECT_EQ(Code::kCorrupt, fault.code());
    return fault.report_code();
  }
  ADD_FAILURE() << "no fault";
  return {};
}

std::vector<std::string> ids_of(const Manifest& manifest) {
  std::vector<std::string> ids;
  for (const ChunkEntry& entry : manifest.chunks) ids.push_back(entry.id);
  return ids;
}

Manifest random_manifest(std::mt19937_64& random) {
  const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
  const char* const names[] = {"ana", "bo", "Ana <ops>", ""};
  const char* const times[] = {"2026-03-02T08:00:10Z",
                               "2026-03-02T09:00:10+01:00",
                               "2026-03-04T08:30:00.5Z",
                               "2026-03-04T08:30:00Z",
                               "",
                               "yesterday"};
  const auto unknown = [&] {
    json::Object members;
    for (const char* name : {"alpha", "beta", "zeta"}) {
      if (pick(6) == 0) members.emplace_back(name, static_cast<std::int64_t>(pick(3)));
    }
    return members;
  };
  Manifest manifest;
  manifest.version = static_cast<std::int64_t>(1 + pick(2));
  manifest.is_null_list = pick(2) == 0;
  manifest.unknown = unknown();
  std::vector<std::string> ids;
  for (int i = 0; i < 8; ++i) ids.push_back("aaaa000" + std::to_string(i));
  std::shuffle(ids.begin(), ids.end(), random);
  ids.resize(pick(ids.size() + 1));
  for (const std::string& id : ids) {
    ChunkEntry& entry = manifest.chunks.emplace_back();
    entry.id = id;
    entry.created_by = names[pick(std::size(names))];
    entry.created_at = times[pick(std::size(times))];
    entry.sessions = static_cast<std::int64_t>(pick(3));
    entry.memories = static_cast<std::int64_t>(pick(3));
    entry.prompts = static_cast<std::int64_t>(pick(3));
    entry.unknown = unknown();
  }
  if (!manifest.chunks.empty()) manifest.is_null_list = false;
  return manifest;
}

}  // namespace quipu::sync
