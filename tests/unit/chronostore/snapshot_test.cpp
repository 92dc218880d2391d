#include "chronostore/snapshot.h"

#include <gtest/gtest.h>

#include "chronostore/commit_gate.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_support.h"

namespace quipu::chronostore {
namespace {

using test::error_of;
using test::record;

std::string written(const SnapshotHead& head, const std::vector<RecordRef>& records) {
  os::testing::MemoryFileSystem fs;
  os::Replacement file(fs, "/snapshot.json", "/snapshot.json.tmp");
  write_snapshot(file, head, "2026-03-02T08:00:00Z", records, nullptr);
  file.commit();
  return os::read_file(fs, "/snapshot.json");
}

std::vector<std::string> read_back(std::string_view text, SnapshotHead* head = nullptr) {
  os::testing::MemoryFileSystem fs;
  fs.open("/snapshot.json", os::OpenMode::kCreateNew)->append(text);
  std::vector<std::string> texts;
  const SnapshotHead found = read_snapshot(*fs.open("/snapshot.json", os::OpenMode::kRead),
                                           [&](RecordRef record) { texts.emplace_back(record->text()); });
  if (head != nullptr) *head = found;
  return texts;
}

TEST(Snapshot, EmptyOneOfTheFormatPage) {
  EXPECT_EQ(written({}, {}),
            "{\n  \"seq\": 0,\n  \"last_hash\": \"\",\n  \"ts\": \"2026-03-02T08:00:00Z\",\n  \"records\": []\n}");
}

TEST(Snapshot, ReadsWhatItWrote) {
  const std::vector<RecordRef> records = {
      record("a", "line\nend \xE2\x80\xA8"), record("b", "", R"({"records": [{"id": "x"}], "n": [1, 1.0, [], {}]})"),
      record("    }", "\n    },\n    {"), record("c", "", "[[[[1, 2], {\"k\": {}}]]]")};
  const std::string text = written({7, "\"ab\""}, records);
  SnapshotHead head;
  const auto texts = read_back(text, &head);
  EXPECT_EQ(head.seq, 7);
  EXPECT_EQ(head.last_hash_json, "\"ab\"");
  ASSERT_EQ(texts.size(), records.size());
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(texts[i], records[i]->text());
  // Cut anywhere, it is unusable, and never half used in silence.
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(error_of([&] { read_back(std::string_view(text).substr(0, size)); }).code(), Code::kInvalid) << size;
  }
  EXPECT_EQ(error_of([&] { read_back(text + "x"); }).code(), Code::kInvalid);
}

// Longer than what is read at once, in all and each.
TEST(Snapshot, LargeOnes) {
  std::vector<RecordRef> records;
  for (int i = 0; i < 3000; ++i) {
    records.push_back(record("r" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'x')));
  }
  records.push_back(record("long", std::string(3 << 20, 'y') + "\\n\\u0001"));
  records.push_back(record("last", "", "[{\"k\": [1, 2]}, {}]"));
  const std::string text = written({9, "\"h\""}, records);
  const auto texts = read_back(text);
  ASSERT_EQ(texts.size(), records.size());
  for (std::size_t i = 0; i < texts.size(); ++i) ASSERT_EQ(texts[i], records[i]->text());
  for (const std::size_t less : {1U, 2U, 7U, 100U}) {
    EXPECT_EQ(error_of([&] { read_back(std::string_view(text).substr(0, text.size() - less)); }).code(),
              Code::kInvalid);
  }
}

TEST(Snapshot, OtherLayoutsAndOddValues) {
  EXPECT_EQ(read_back("{}").size(), 0U);
  EXPECT_EQ(read_back(R"({"records":[{"id":"a"}],"seq":3})").size(), 1U);
  EXPECT_EQ(read_back("\xEF\xBB\xBF{\"seq\": 1}").size(), 0U);
  EXPECT_EQ(read_back(R"({"records": ""})").size(), 0U);
  EXPECT_EQ(read_back(R"({"records": {}})").size(), 0U);
  SnapshotHead head;
  read_back(R"({"seq": 5.0, "last_hash": 3})", &head);
  EXPECT_EQ(head.seq, 5);
  EXPECT_EQ(head.last_hash_json, "\"\"");
  for (const char* text :
       {"", "[]", "5", R"({"seq": "5"})", R"({"seq": null})", R"({"seq": 5.5})", R"({"seq": true})",
        R"({"seq": 99999999999999999999})", R"({"seq": NaN})", R"({"records": 5})", R"({"records": null})",
        R"({"records": "x"})", R"({"records": {"a": 1}})", R"({"records": [1]})", R"({"records": [{"id": [1]}]})",
        R"({"records": [{"id": "a"}, null]})", "{\"seq\": \"\xFF\"}"}) {
    EXPECT_EQ(error_of([&] { read_back(text); }).code(), Code::kInvalid) << text;
  }
}

// A text that looks like the usual layout and is not.
TEST(Snapshot, LayoutThatOnlyLooksUsual) {
  const std::string usual = written({1, "\"h\""}, {record("a"), record("b")});
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = usual;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  EXPECT_EQ(read_back(changed("\n  ]\n}", "\n  ],\n  \"more\": 1\n}")).size(), 2U);
  EXPECT_EQ(read_back(changed("\n  ]\n}", "\n  ]\n}\n")).size(), 2U);
  EXPECT_EQ(read_back(changed("\"id\": \"a\"", "\"id\":  \"c\"")).size(), 2U);
  EXPECT_EQ(read_back(changed("\"id\": \"a\",\n", "\"id\"\n: \"c\",\n")).size(), 2U);
  EXPECT_EQ(error_of([&] { read_back(changed("\"recursion_depth\": 0", "\"recursion_depth\": 1\n0")); }).code(),
            Code::kInvalid);
  // Named twice: the last ones count.
  EXPECT_EQ(read_back(changed("\n  ]\n}", "\n  ],\n  \"records\": []\n}")).size(), 0U);
}

TEST(CommitGate, ExclusiveKeepsOthersOutForTheTimeGiven) {
  CommitGate gate;
  CommitRequest request;
  int commits = 0;
  const auto commit = [&](const std::vector<CommitRequest*>& group) { commits += static_cast<int>(group.size()); };
  {
    const CommitGate::Exclusive held(gate, 0);
    EXPECT_EQ(error_of([&] { const CommitGate::Exclusive again(gate, 20); }).code(), Code::kBusy);
    EXPECT_EQ(error_of([&] { gate.submit(request, 20, commit); }).code(), Code::kBusy);
  }
  EXPECT_EQ(commits, 0);
  gate.submit(request, 0, commit);
  EXPECT_EQ(commits, 1);
  CommitRequest failing;
  const auto fail = [](const std::vector<CommitRequest*>&) { throw Error(Code::kFull, "full"); };
  EXPECT_EQ(error_of([&] { gate.submit(failing, 0, fail); }).code(), Code::kFull);
  CommitRequest next;
  gate.submit(next, 0, commit);
  EXPECT_EQ(commits, 2);
}

}  // namespace
}  // namespace quipu::chronostore
