#include "chronostore/snapshot.h"

#include <cmath>
#include <optional>

#include "base/error.h"
#include "json/node.h"
#include "json/python_json.h"

namespace quipu::chronostore {

namespace {

[[noreturn]] void unusable(const char* why) { throw Error(Code::kInvalid, why); }

std::int64_t seq_of(const json::Node& node) {
  if (node.kind() == json::Kind::kInteger) {
    if (const auto seq = node.as_int64()) return *seq;
    unusable("its seq is beyond 64 bits");
  }
  if (node.kind() == json::Kind::kDouble) {
    const double seq = node.as_double();
    if (std::isfinite(seq) && seq == std::trunc(seq) && std::fabs(seq) < 9.2e18) return static_cast<std::int64_t>(seq);
  }
  unusable("its seq is not an integer");
}

std::string last_hash_of(const json::Node& node) {
  std::string text = "\"\"";
  if (node.kind() == json::Kind::kString) {
    text.clear();
    json::write(node, json::Spelling::kLog, json::Surrogates::kEscape, text);
  }
  return text;
}

void take_record(const json::Node& node, json::RowBuilder& builder, const std::function<void(RecordRef)>& fn) {
  if (node.kind() != json::Kind::kObject) unusable("a record is not an object");
  RecordRef record = builder.from_node(node);
  std::string scratch;
  if (id_key_view(record->field(ChronoRecordField::id), scratch).empty()) unusable("the id of a record is not usable");
  fn(std::move(record));
}

SnapshotHead read_head(const json::Node& root, std::optional<json::Node>& records) {
  SnapshotHead head;
  if (root.kind() != json::Kind::kObject) unusable("it is not an object");
  root.for_each_member([&](std::string_view name, const json::Node& value) {
    if (name == "seq") head.seq = seq_of(value);
    if (name == "last_hash") head.last_hash_json = last_hash_of(value);
    if (name == "records") records = value;
  });
  return head;
}

// A snapshot in the spelling that the reference and write_snapshot use can be read record by record: the elements of
// `records` are the only lines that begin with exactly four spaces and a brace. Joined by the commas that are checked here,
// parts that parse each by itself make a whole that parses.
class LayoutReader {
 public:
  explicit LayoutReader(std::string_view text) : text_(text) {}

  // Nothing when the text has another layout; fn may have been called then.
  std::optional<SnapshotHead> read(const std::function<void(RecordRef)>& fn) {
    constexpr std::string_view kList = "  \"records\": [";
    const std::size_t list = text_.find(kList);
    if (list == std::string_view::npos || list < 2 || text_.substr(list - 2, 2) != ",\n") return std::nullopt;
    std::string head_text(text_.substr(0, list - 2));
    head_text += '}';
    std::optional<json::Node> none;
    const std::optional<json::Node> root = parse(head_text);
    if (!root) return std::nullopt;
    SnapshotHead head = read_head(*root, none);
    if (none) return std::nullopt;
    at_ = list + kList.size();
    if (text_.substr(at_) == "]\n}") return head;
    for (;;) {
      if (!skip("\n")) return std::nullopt;
      const std::size_t end = text_.find("\n    }", at_);
      if (end == std::string_view::npos || text_.substr(at_, 5) != "    {") return std::nullopt;
      const std::size_t behind = end + 6;
      const std::optional<json::Node> record = parse(text_.substr(at_, behind - at_));
      if (!record) return std::nullopt;
      take_record(*record, builder_, fn);
      at_ = behind;
      if (skip(",")) continue;
      return text_.substr(at_) == "\n  ]\n}" ? std::optional(head) : std::nullopt;
    }
  }

 private:
  bool skip(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }
  std::optional<json::Node> parse(std::string_view part) {
    try {
      return document_.parse(part);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  json::Document document_;
  json::RowBuilder builder_{chronorecord_fields()};
};

SnapshotHead read_any(std::string_view text, const std::function<void(RecordRef)>& fn) {
  json::Document document;
  std::optional<json::Node> root;
  try {
    root = document.parse(text);
  } catch (const Error& error) {
    throw Error(Code::kInvalid, error.message()).at_offset(error.offset());
  }
  std::optional<json::Node> records;
  SnapshotHead head = read_head(*root, records);
  json::RowBuilder builder(chronorecord_fields());
  if (!records) return head;
  switch (records->kind()) {
    case json::Kind::kArray:
      records->for_each_element([&](const json::Node& node) { take_record(node, builder, fn); });
      return head;
    // An empty text or object is an empty sequence to the reference; any element of another one is no object.
    case json::Kind::kString:
      if (!records->as_string().empty()) unusable("a record is not an object");
      return head;
    case json::Kind::kObject:
      records->for_each_member([](std::string_view, const json::Node&) { unusable("a record is not an object"); });
      return head;
    default:
      unusable("its records are not an array");
  }
}

}  // namespace

SnapshotHead read_snapshot(std::string_view text, const std::function<void(RecordRef)>& fn) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  // What was read before another layout showed does not count.
  std::vector<RecordRef> records;
  const auto head = LayoutReader(text).read([&records](RecordRef record) { records.push_back(std::move(record)); });
  if (!head) return read_any(text, fn);
  for (RecordRef& record : records) fn(std::move(record));
  return *head;
}

void write_snapshot(os::Replacement& file, const SnapshotHead& head, std::string_view ts,
                    const std::vector<RecordRef>& records,
                    const std::function<bool(std::int64_t done, std::int64_t total)>& progress) {
  const auto total = static_cast<std::int64_t>(records.size());
  constexpr std::int64_t kProgressStep = 4096;
  std::string text = "{\n  \"seq\": " + std::to_string(head.seq) + ",\n  \"last_hash\": " + head.last_hash_json +
                     ",\n  \"ts\": \"" + std::string(ts) + "\",\n  \"records\": [";
  std::int64_t done = 0;
  for (const RecordRef& record : records) {
    text += done == 0 ? "\n    " : ",\n    ";
    json::log_to_snapshot(record->text(), 2, text);
    file.append(text);
    text.clear();
    ++done;
    if (progress && (done % kProgressStep == 0 || done == total) && !progress(done, total)) {
      throw Error(Code::kCancelled, "the snapshot was cancelled");
    }
  }
  text += records.empty() ? "]\n}" : "\n  ]\n}";
  file.append(text);
}

}  // namespace quipu::chronostore
