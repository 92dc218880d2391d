#include "chronostore/snapshot.h"

#include <cmath>
#include <optional>

#include "base/error.h"
#include "json/exact.h"
#include "json/node.h"
#include "json/python_json.h"
#include "json/snapshot_text.h"
#include "os/sliding_reader.h"

namespace quipu::chronostore {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

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

void give_record(RecordRef record, const std::function<void(RecordRef)>& fn) {
  std::string scratch;
  if (id_key_view(record->field(ChronoRecordField::id), scratch).empty()) unusable("the id of a record is not usable");
  fn(std::move(record));
}

void take_record(const json::Node& node, json::RowBuilder& builder, const std::function<void(RecordRef)>& fn) {
  if (node.kind() != json::Kind::kObject) unusable("a record is not an object");
  give_record(builder.from_node(node), fn);
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

// A snapshot as the reference and write_snapshot lay it out can be read record by record: behind the head come values that
// are separated by the commas and line breaks that are checked here, up to the end of the list, which is the end of the file.
// Parts that are JSON each by itself make a whole that is.
class LayoutReader {
 public:
  explicit LayoutReader(os::File& file) : reader_(file, 0, file.info().size) {}

  // Nothing when the file has another layout; fn may have been called then.
  std::optional<SnapshotHead> read(const std::function<void(RecordRef)>& fn) {
    more_ = reader_.read_more();
    if (reader_.window().starts_with(kByteOrderMark)) reader_.use(kByteOrderMark.size());
    const std::optional<SnapshotHead> head = read_to_list();
    if (!head) return std::nullopt;
    if (window_of(3) == "]\n}" && !more_) return head;
    for (;;) {
      if (!skip("\n    ")) return std::nullopt;
      if (!read_record(fn)) return std::nullopt;
      if (skip(",")) continue;
      return window_of(7) == "\n  ]\n}" && !more_ ? head : std::nullopt;
    }
  }

 private:
  std::optional<SnapshotHead> read_to_list() {
    constexpr std::string_view kList = "  \"records\": [";
    const std::string_view text = reader_.window();
    const std::size_t list = text.find(kList);
    if (list == std::string_view::npos || list < 2 || text.substr(list - 2, 2) != ",\n") return std::nullopt;
    std::string head_text(text.substr(0, list - 2));
    head_text += '}';
    std::optional<json::Node> none;
    const std::optional<json::Node> root = parse(head_text);
    if (!root) return std::nullopt;
    const SnapshotHead head = read_head(*root, none);
    if (none) return std::nullopt;
    reader_.use(list + kList.size());
    return head;
  }

  bool read_record(const std::function<void(RecordRef)>& fn) {
    using Found = json::SnapshotText::Found;
    Found found = text_.read(reader_.window());
    while (found == Found::kCut && more_) {
      // The record is looked at from its beginning again: not for each chunk of a long one.
      for (const std::size_t before = reader_.window().size(); more_ && reader_.window().size() < 2 * before;) {
        more_ = reader_.read_more();
      }
      found = text_.read(reader_.window());
    }
    if (found != Found::kValue) return false;
    const std::string_view text = text_.log_text();
    exact_.start();
    const bool is_exact =
        exact_.read_object(text.data(), text.data() + text.size(), object_) == &*text.end() && exact_.is_utf8(text);
    if (is_exact) {
      give_record(builder_.from_exact(text, object_.members()), fn);
    } else {
      const std::optional<json::Node> record = parse(reader_.window().substr(0, text_.size()));
      if (!record) return false;
      take_record(*record, builder_, fn);
    }
    reader_.use(text_.size());
    return true;
  }

  // The window, with more read if it is not longer than `size`.
  std::string_view window_of(std::size_t size) {
    while (reader_.window().size() <= size && more_) more_ = reader_.read_more();
    return reader_.window();
  }
  bool skip(std::string_view expected) {
    if (!window_of(expected.size()).starts_with(expected)) return false;
    reader_.use(expected.size());
    return true;
  }
  std::optional<json::Node> parse(std::string_view part) {
    try {
      return document_.parse(part);
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  os::SlidingReader reader_;
  bool more_ = true;  // the file goes on behind the window
  json::SnapshotText text_;
  json::ExactReader exact_;
  json::ExactObject object_;
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

SnapshotHead read_snapshot(os::File& file, const std::function<void(RecordRef)>& fn) {
  // What was read before another layout showed does not count.
  std::vector<RecordRef> records;
  const auto head = LayoutReader(file).read([&records](RecordRef record) { records.push_back(std::move(record)); });
  if (!head) {
    records.clear();
    std::string text(static_cast<std::size_t>(file.info().size), '\0');
    text.resize(file.read_at(0, text));
    const bool marked = text.starts_with(kByteOrderMark);
    return read_any(std::string_view(text).substr(marked ? kByteOrderMark.size() : 0), fn);
  }
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
