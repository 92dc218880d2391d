// What is written here, read by Python's own json and hashlib (python_check.py), and an event of Python's behind it.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "json/row.h"
#include "support/chronostore_support.h"

namespace quipu::test {
namespace {

using chronostore::RecordRef;
using chronostore::Store;

// What the script prints, as lines; a failed test if it finds fault.
std::vector<std::string> python_check(const TemporaryFolder& folder, const std::string& more = "") {
  const char* source = std::getenv("QUIPU_SOURCE_DIR");
  const std::string script = source != nullptr ? std::string(source) + "/tests/interop/python_check.py"
                                               : std::string(QUIPU_TEST_DATA_DIR) + "/../interop/python_check.py";
  const std::string output = folder / "output";
  const std::string command =
      "PYTHONUTF8=1 python3 '" + script + "' '" + folder.path() + "' " + more + " >'" + output + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  std::istringstream in(read_text(output));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Records whose texts try every rule of spelling.
std::vector<RecordRef> awkward_records() {
  std::vector<RecordRef> records;
  std::string controls;
  for (char c = 1; c < 0x20; ++c) controls += c;
  controls += std::string(1, '\0') + "\x7f\"\\/";
  records.push_back(record("controls", controls));
  records.push_back(record("separators \xC2\x85\xE2\x80\xA8\xE2\x80\xA9",
                           "a\xC2\x85"
                           "b\xE2\x80\xA8"
                           "c"));
  records.push_back(
      record("\xE6\x97\xA5\xE6\x9C\xAC", "\xF0\x9F\xA7\xB6 knots, e\xCC\x81, \xEF\xBF\xBF, \xEF\xBB\xBF"));
  records.push_back(record("numbers", "", R"({"i": [0, -0, 1, 123456789012345678901234567890], "d": [0.1, -0.0, 1e16,
      1e15, 123456789.123, 5e-324, 1.7976931348623157e308, 1E5, 1e-5, 0.0001, 1e22, 1e400, -1e400, NaN]})"));
  // Members in an order that UTF-16 would sort otherwise.
  records.push_back(
      record("keys", "",
             "{\"\xF0\x90\x80\x80\": 1, \"\xEF\xBF\xBF\": 2, \"b\": {\"z\": 1, \"a\": [{\"y\": {}, \"x\": []}]}, "
             "\"\": 0, \"\xC3\xA9\": 1, \"e\xCC\x81\": 2}"));
  records.push_back(record("deep", "", std::string(200, '[') + std::string(200, ']')));
  records.push_back(record_of_json(R"({"id": "odd types", "kind": null, "confidence": "high", "evidence": {"a": 1},
      "is_hypothesis": 0, "data": [true, false, null, 1.0, 1]})"));
  records.push_back(record("numbers", "replaced", R"({"x": 1})"));
  return records;
}

std::vector<std::string> with_separators_escaped(std::vector<std::string> texts) {
  for (std::string& text : texts) {
    std::string escaped;
    json::append_with_line_separators_escaped(text, escaped);
    text = escaped;
  }
  return texts;
}

TEST(Python, ReadsWhatIsWritten) {
  for (const bool compacted : {false, true}) {
    TemporaryFolder folder;
    TickingClock clock;
    chronostore::StoreOptions options = options_with(clock);
    options.recursion_depth = 2;
    const auto store = Store::open(folder.path(), options);
    for (const RecordRef& record : awkward_records()) store->upsert(record, nullptr);
    store->upsert_many(awkward_records());
    store->remove("deep", nullptr);
    store->remove("unknown \xE2\x80\xA8", nullptr);
    if (compacted) store->compact(nullptr);
    store->commit([](chronostore::Transaction& transaction) {
      transaction.upsert(record("c1"));
      transaction.remove("c1");
      transaction.upsert(record("c2"));
    });
    EXPECT_EQ(python_check(folder), with_separators_escaped(texts(store->query(every_record()))));
    EXPECT_TRUE(store->verify(true, nullptr).valid);
  }
}

TEST(Python, WritesBehindIt) {
  TemporaryFolder folder;
  TickingClock clock;
  const auto store = Store::open(folder.path(), options_with(clock));
  store->upsert_many(awkward_records());
  python_check(folder, "append");
  EXPECT_EQ(label_of(*store, "from-python"), "na\xC3\xAFve \xE2\x9C\x93");
  store->upsert(record("behind it"), nullptr);
  EXPECT_TRUE(store->verify(true, nullptr).valid);
  EXPECT_EQ(python_check(folder), with_separators_escaped(texts(store->query(every_record()))));
}

}  // namespace
}  // namespace quipu::test
