// Arbitrary bytes as snapshot.json, by itself and beside a log: it is used, or said to be unusable; the bytes stay, or are set
// aside when a new one is written.
#include "base/error.h"
#include "chronostore/snapshot.h"
#include "json/node.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "json/row.h"
#include "os/paths.h"
#include "support/fuzz_support.h"

using namespace quipu;
using namespace quipu::fuzz;
using chronostore::Store;
using os::testing::MemoryFileSystem;

namespace {

// Six events; the snapshots in the corpus are of stores with these.
const std::string& known_log() {
  static const std::string log = [] {
    MemoryFileSystem fs;
    SteppingClock clock;
    const auto store = open_store(fs, clock, false);
    for (const char* id : {"a", "b", "c", "a"}) {
      store->upsert(record_of_json(std::string(R"({"id": ")") + id + R"(", "data": {"n": [1, 2.5, "x"]}})"), nullptr);
    }
    store->remove("b", nullptr);
    store->upsert(record_of_json(R"({"id": "d", "kind": "decision", "confidence": 1})"), nullptr);
    return os::read_file(fs, kLog);
  }();
  return log;
}

constexpr std::int64_t kLastSeq = std::numeric_limits<std::int64_t>::max();

struct Content {
  std::vector<std::string> records;
  std::int64_t seq = 0;
  std::string last_hash_json;
};

std::optional<Content> content_of(std::string_view text) {
  MemoryFileSystem fs;
  const auto file = fs.open("/snapshot.json", os::OpenMode::kCreateNew);
  file->append(text);
  Content content;
  try {
    const chronostore::SnapshotHead head = chronostore::read_snapshot(
        *file, [&](chronostore::RecordRef record) { content.records.emplace_back(record->text()); });
    content.seq = head.seq;
    content.last_hash_json = head.last_hash_json;
  } catch (const Error& error) {
    FUZZ_REQUIRE(error.code() == Code::kInvalid, error.message());
    return std::nullopt;
  }
  return content;
}

// The same by way of a tree of the whole text. Of the records' nesting the reader of our own layout counts two levels less.
void check_content(std::string_view text, const std::optional<Content>& content) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  json::Value root;
  try {
    root = json::parse(text, json::kMaxReadDepth + 2);
  } catch (const Error& error) {
    FUZZ_REQUIRE(!content, "used though it does not parse: " + error.message());
    return;
  }
  if (!content) return;
  FUZZ_REQUIRE(root.is_object(), "used though it is no object");
  const json::Value* seq = root.find("seq");
  if (seq != nullptr && seq->kind() == json::Kind::kInteger) {
    FUZZ_REQUIRE(seq->as_integer().digits == std::to_string(content->seq), seq->as_integer().digits);
  }
  const json::Value* hash = root.find("last_hash");
  std::string hash_json = "\"\"";
  if (hash != nullptr && hash->is_string()) {
    hash_json.clear();
    json::write(*hash, json::Spelling::kLog, json::Surrogates::kEscape, hash_json);
  }
  FUZZ_REQUIRE(content->last_hash_json == hash_json, hash_json);
  const json::Value* records = root.find("records");
  std::vector<std::string> expected;
  if (records != nullptr && records->is_array()) {
    json::RowBuilder builder(chronostore::chronorecord_fields());
    for (const json::Value& record : records->as_array()) {
      FUZZ_REQUIRE(record.is_object(), "a record is no object");
      expected.emplace_back(builder.from_node(json::Node(record))->text());
    }
  }
  FUZZ_REQUIRE(content->records == expected, joined(content->records) + "-- expected:\n" + joined(expected));
}

void check_kept(os::FileSystem& fs, std::string_view snapshot, bool usable) {
  if (usable) return;
  const std::vector<std::string> aside = set_aside(fs, "snapshot.json");
  FUZZ_REQUIRE(aside.size() == 1 && aside.front() == snapshot, "the unusable snapshot was not set aside as it was");
}

void check_store(std::string_view snapshot, std::string_view log, bool usable) {
  MemoryFileSystem fs;
  SteppingClock clock;
  put_file(fs, kSnapshot, snapshot);
  if (!log.empty()) put_file(fs, kLog, log);
  const auto before = files_below(fs, kProject);

  const auto reader = open_store(fs, clock, true);
  const std::vector<std::string> records = records_of(*reader);
  FUZZ_REQUIRE(has_notice(*reader, "snapshot_unusable") == !usable, "what the notices say");
  FUZZ_REQUIRE(files_below(fs, kProject) == before, "opening read-only changed a file");
  const chronostore::VerifyResult found = reader->verify(true, nullptr);
  if (found.valid) FUZZ_REQUIRE(usable, "valid with an unusable snapshot");

  const auto store = open_store(fs, clock, false);
  FUZZ_REQUIRE(records_of(*store) == records, "opened twice, with different records");
  FUZZ_REQUIRE(files_below(fs, kProject) == before, "opening changed a file");

  try {
    store->upsert(record_of_json(R"({"id": "fuzz-id", "label": "new"})"), nullptr);
  } catch (const Error& error) {
    // Numbers are out.
    FUZZ_REQUIRE(error.code() == Code::kCorrupt && store->wal_seq() >= kLastSeq - 1, error.message());
    FUZZ_REQUIRE(records_of(*store) == records && os::read_file(fs, kSnapshot) == snapshot, "changed nevertheless");
    return;
  }
  FUZZ_REQUIRE(os::read_file(fs, kSnapshot) == snapshot, "a write changed the snapshot");
  const std::string log_now = os::read_file(fs, kLog);
  const std::vector<std::string> aside = set_aside(fs, "events.wal");
  FUZZ_REQUIRE(log_now.starts_with(log) || (aside.size() == 1 && aside.front() == log), "events are lost");
  const std::vector<std::string> written = records_of(*store);
  FUZZ_REQUIRE(store->find("fuzz-id"), "what was acknowledged is not found");
  // The log was whole, so it is now, whatever the snapshot said.
  FUZZ_REQUIRE(verify_plainly(log_now).valid, "the chain is not valid");
  FUZZ_REQUIRE(store->verify(false, nullptr).valid, "verify says otherwise");
  const auto reopened = open_store(fs, clock, false);
  FUZZ_REQUIRE(records_of(*reopened) == written, joined(written) + "-- read anew:\n" + joined(records_of(*reopened)));
  FUZZ_REQUIRE(records_of(*reader) == written, joined(written) + "-- followed:\n" + joined(records_of(*reader)));

  if (reopened->wal_seq() == kLastSeq) return;
  reopened->compact(nullptr);
  check_kept(fs, snapshot, usable);
  FUZZ_REQUIRE(records_of(*reopened) == written, "compaction changed the records");
  FUZZ_REQUIRE(records_of(*store) == written, "another handle does not follow the compaction");
  const chronostore::VerifyResult result = reopened->verify(true, nullptr);
  FUZZ_REQUIRE(result.valid, result.message);
  const auto last = open_store(fs, clock, true);
  FUZZ_REQUIRE(records_of(*last) == written, "the new snapshot does not bring the records back");
  FUZZ_REQUIRE(!has_notice(*last, "snapshot_unusable"), "what was written is unusable");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view snapshot = as_text(data, size);
  const std::optional<Content> content = content_of(snapshot);
  check_content(snapshot, content);
  check_store(snapshot, "", content.has_value());
  check_store(snapshot, known_log(), content.has_value());
  return 0;
}
