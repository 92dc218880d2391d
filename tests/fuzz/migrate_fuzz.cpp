// Arbitrary bytes as the files that migrate_from_json reads: requirements.json up to the first unit separator (1F), which no
// JSON text holds raw, and testcases.json behind it.
#include <set>

#include "base/error.h"
#include "chronostore/record.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "os/paths.h"
#include "support/fuzz_support.h"

using namespace quipu;
using namespace quipu::fuzz;
using chronostore::ChronoRecordField;
using chronostore::Store;

namespace {

constexpr const char* kFolder = "/p/.specsmith";

struct Expected {
  std::int64_t items = 0;
  bool id_repeats = false;       // then a second import may write again
  std::vector<std::string> ids;  // JSON texts
};

bool is_id(const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::kBool:
      return value.as_bool();
    case json::Kind::kInteger:
      return value.as_integer().digits != "0";
    case json::Kind::kDouble:
      return value.as_double() != 0.0;
    case json::Kind::kString:
      return !value.as_string().empty();
    default:
      return false;
  }
}

void expect_items(std::string_view text, Expected& expected, std::set<std::string>& keys) {
  json::Value root;
  try {
    root = json::parse(text);
  } catch (const Error&) {
    return;
  }
  if (!root.is_array()) return;
  for (const json::Value& item : root.as_array()) {
    const json::Value* id = item.find("id");
    if (id == nullptr || !is_id(*id)) continue;
    std::string id_json;
    json::write(*id, json::Spelling::kLog, json::Surrogates::kEscape, id_json);
    ++expected.items;
    expected.id_repeats |= !keys.insert(chronostore::id_key(id_json)).second;
    expected.ids.push_back(id_json);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text(data, size);
  const std::size_t separator = std::min(input.find('\x1f'), input.size());
  const std::string_view requirements = input.substr(0, separator);
  const std::string_view testcases = input.substr(std::min(separator + 1, input.size()));

  os::testing::MemoryFileSystem fs;
  SteppingClock clock;
  put_file(fs, os::join(kFolder, "requirements.json"), requirements);
  put_file(fs, os::join(kFolder, "testcases.json"), testcases);
  const auto sources = files_below(fs, kFolder);
  const auto store = open_store(fs, clock, false);
  Expected expected;
  std::set<std::string> keys;
  expect_items(requirements, expected, keys);
  expect_items(testcases, expected, keys);

  chronostore::MigrateResult result;
  try {
    result = store->migrate_from_json(kFolder, nullptr);
  } catch (const Error& error) {
    // A lone surrogate or too many levels: nothing may have been written.
    FUZZ_REQUIRE(error.code() == Code::kInvalid, error.message());
    FUZZ_REQUIRE(store->wal_seq() == 0 && records_of(*store).empty(), "written in part");
    return 0;
  }
  const std::int64_t written = result.requirements + result.testcases;
  FUZZ_REQUIRE(written + result.skipped == expected.items, std::to_string(expected.items) + " items");
  FUZZ_REQUIRE(store->wal_seq() == written, std::to_string(store->wal_seq()));
  FUZZ_REQUIRE(files_below(fs, kFolder) == sources, "a source was changed");
  FUZZ_REQUIRE(records_of(*store).size() == keys.size(), joined(records_of(*store)));
  const chronostore::VerifyResult found = store->verify(true, nullptr);
  FUZZ_REQUIRE(found.valid, found.message);
  const auto reopened = open_store(fs, clock, false);
  FUZZ_REQUIRE(records_of(*reopened) == records_of(*store), "records read anew");
  for (const std::string& id_json : expected.ids) {
    if (!json::is_string(id_json)) continue;
    const chronostore::RecordRef record = reopened->find(json::string_value(id_json));
    FUZZ_REQUIRE(record && record->field(ChronoRecordField::id) == id_json, id_json);
  }
  const chronostore::MigrateResult again = reopened->migrate_from_json(kFolder, nullptr);
  FUZZ_REQUIRE(again.requirements + again.testcases + again.skipped == expected.items, "items of the second import");
  if (!expected.id_repeats) FUZZ_REQUIRE(again.skipped == expected.items, "the second import writes again");
  return 0;
}
