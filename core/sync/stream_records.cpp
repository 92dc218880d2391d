#include "sync/stream_records.h"

#include <algorithm>

#include "base/unicode.h"
#include "crypto/sha256.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "memory/stored.h"
#include "os/paths.h"
#include "sync/streams.h"

namespace quipu::sync {

namespace {

using memory::RecordRef;

constexpr std::string_view kStream = "stream";
constexpr std::string_view kPart = "stream_part";
constexpr std::string_view kWait = "stream_wait";
constexpr std::string_view kOther = "stream_other";
constexpr std::size_t kMostListed = 64;

// What a record holds, read once.
class Data {
 public:
  explicit Data(const RecordRef& record) : value_(json::parse(record->field(chronostore::ChronoRecordField::data))) {}
  std::string text(std::string_view name) const { return std::string(memory::text_member(json::Node(value_), name)); }
  std::int64_t number(std::string_view name) const { return memory::number_member(json::Node(value_), name); }
  bool truth(std::string_view name) const {
    const json::Value* const member = value_.find(name);
    return member != nullptr && member->kind() == json::Kind::kBool && member->as_bool();
  }
  std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> texts;
    const json::Value* const member = value_.find(name);
    if (member == nullptr || !member->is_array()) return texts;
    for (const json::Value& text : member->as_array()) {
      if (text.is_string()) texts.push_back(text.as_string());
    }
    return texts;
  }
  std::vector<std::pair<std::string, std::string>> from() const {
    std::vector<std::pair<std::string, std::string>> from;
    const json::Value* const member = value_.find("from");
    if (member == nullptr || !member->is_array()) return from;
    for (const json::Value& source : member->as_array()) {
      const json::Node node(source);
      from.emplace_back(memory::text_member(node, "chunk"), memory::text_member(node, "created_by"));
    }
    return from;
  }

 private:
  json::Value value_;
};

void put(memory::Write& write, std::string_view what, std::string_view key, json::Object data) {
  data.emplace_back("seq", write.next_seq());
  std::string text;
  json::write(json::Value(std::move(data)), json::Spelling::kLog, json::Surrogates::kRefuse, text);
  write.records().upsert(memory::internal_record(what, key, text));
}

json::Array list_of(const std::vector<std::string>& texts) { return json::Array(texts.begin(), texts.end()); }

json::Array list_of(const std::vector<std::pair<std::string, std::string>>& from) {
  json::Array list;
  for (const auto& [chunk, created_by] : from) {
    list.push_back(json::Object{{"chunk", chunk}, {"created_by", created_by}});
  }
  return list;
}

RecordRef find(memory::Write& write, std::string_view what, std::string_view key) {
  return write.records().find(memory::internal_id(what, key));
}

template <typename Fn>
void for_each_record(memory::MemoryStore& store, std::string_view what, Fn fn) {
  chronostore::RecordCursor cursor = store.records().query({"\"memory_" + std::string(what) + "\"", "\"active\"", 0.0});
  while (const RecordRef record = cursor.next()) fn(record);
}

// Text of others, as a record can hold it.
std::string as_utf8(std::string_view text) {
  std::string out;
  append_as_utf8(text, out);
  return out;
}

}  // namespace

void add_once(std::vector<std::string>& list, std::string_view text) {
  std::string clean = as_utf8(text);
  const auto at = std::lower_bound(list.begin(), list.end(), clean);
  if (list.size() >= kMostListed || (at != list.end() && *at == clean)) return;
  list.insert(at, std::move(clean));
}

void add_once(std::vector<std::pair<std::string, std::string>>& list, std::string_view chunk,
              std::string_view created_by) {
  std::pair<std::string, std::string> source(as_utf8(chunk), as_utf8(created_by));
  if (list.size() >= kMostListed || std::find(list.begin(), list.end(), source) != list.end()) return;
  list.push_back(std::move(source));
}

// ---- streams received

namespace {

std::string head_key(std::string_view stream) { return std::string("in:").append(stream); }

std::optional<StreamHead> head_of(const RecordRef& record) {
  if (!record) return std::nullopt;
  const Data data(record);
  StreamHead head;
  head.stream = data.text("stream");
  if (data.text("direction") != "in" || !is_stream_name(head.stream)) return std::nullopt;
  head.first_seq = data.number("first_seq");
  head.last_seq = data.number("last_seq");
  head.last_hash = data.text("last_hash");
  head.bytes = data.number("bytes");
  head.waiting = data.number("waiting");
  head.broken = data.number("broken");
  head.fork_seq = data.number("fork_seq");
  head.has_snapshot = data.truth("has_snapshot");
  head.replaces = data.text("replaces");
  head.created_by = data.texts("created_by");
  return head;
}

}  // namespace

std::optional<StreamHead> find_head(memory::Write& write, std::string_view stream) {
  return head_of(find(write, kStream, head_key(stream)));
}

void put_head(memory::Write& write, const StreamHead& head) {
  put(write, kStream, head_key(head.stream),
      {{"direction", "in"},
       {"stream", head.stream},
       {"first_seq", head.first_seq},
       {"last_seq", head.last_seq},
       {"last_hash", head.last_hash},
       {"bytes", head.bytes},
       {"waiting", head.waiting},
       {"broken", head.broken},
       {"fork_seq", head.fork_seq},
       {"has_snapshot", head.has_snapshot},
       {"replaces", head.replaces},
       {"created_by", list_of(head.created_by)}});
}

std::vector<StreamHead> all_heads(memory::MemoryStore& store) {
  std::vector<StreamHead> heads;
  for_each_record(store, kStream, [&](const RecordRef& record) {
    if (auto head = head_of(record)) heads.push_back(*std::move(head));
  });
  std::sort(heads.begin(), heads.end(), [](const auto& a, const auto& b) { return a.stream < b.stream; });
  return heads;
}

// ---- streams sent

namespace {

std::string sent_key(std::string_view target, std::string_view stream) {
  return std::string("out:").append(target).append(1, ':').append(stream);
}

std::optional<SentHead> sent_of(const RecordRef& record) {
  if (!record) return std::nullopt;
  const Data data(record);
  SentHead head;
  head.stream = data.text("stream");
  if (data.text("direction") != "out" || !is_stream_name(head.stream)) return std::nullopt;
  head.folder = data.text("folder");
  head.last_seq = data.number("last_seq");
  head.last_hash = data.text("last_hash");
  head.begin = data.number("begin");
  head.end = data.number("end");
  head.seq = data.number("seq");
  return head;
}

}  // namespace

std::optional<SentHead> find_sent(memory::Write& write, std::string_view target, std::string_view stream) {
  return sent_of(find(write, kStream, sent_key(target, stream)));
}

void put_sent_head(memory::Write& write, std::string_view target, const SentHead& head) {
  put(write, kStream, sent_key(target, head.stream),
      {{"direction", "out"},
       {"target", target},
       {"stream", head.stream},
       {"folder", as_utf8(head.folder)},
       {"last_seq", head.last_seq},
       {"last_hash", head.last_hash},
       {"begin", head.begin},
       {"end", head.end}});
}

std::vector<SentHead> all_sent(memory::MemoryStore& store, std::string_view target) {
  std::vector<SentHead> heads;
  for_each_record(store, kStream, [&](const RecordRef& record) {
    auto head = sent_of(record);
    if (head && Data(record).text("target") == target) heads.push_back(*std::move(head));
  });
  return heads;
}

// ---- parts

std::string part_key(std::string_view stream, std::string_view prev_hash, std::string_view last_hash) {
  std::string key(stream);
  key.append(1, ':').append(prev_hash.empty() ? "begin" : prev_hash).append(1, ':').append(last_hash);
  return key;
}

std::string kept_part_key(std::string_view file) { return std::string("kept:").append(file); }

std::optional<PartRecord> find_part(memory::Write& write, std::string_view key) {
  const RecordRef record = find(write, kPart, key);
  if (!record) return std::nullopt;
  const Data data(record);
  return PartRecord{
      data.text("state"),     data.text("stream"), data.number("first_seq"), data.number("last_seq"), data.text("file"),
      data.text("waits_for"), data.from()};
}

void put_part(memory::Write& write, const std::string& key, const PartRecord& part) {
  put(write, kPart, key,
      {{"state", part.state},
       {"stream", part.stream},
       {"first_seq", part.first_seq},
       {"last_seq", part.last_seq},
       {"file", part.file},
       {"waits_for", part.waits_for},
       {"from", list_of(part.from)}});
}

namespace {

std::string wait_key(std::string_view stream, std::string_view hash) {
  return std::string(stream).append(1, ':').append(hash);
}

}  // namespace

std::vector<std::string> find_waiting(memory::Write& write, std::string_view stream, std::string_view hash) {
  const RecordRef record = find(write, kWait, wait_key(stream, hash));
  return record ? Data(record).texts("parts") : std::vector<std::string>();
}

void put_waiting(memory::Write& write, std::string_view stream, std::string_view hash,
                 const std::vector<std::string>& keys) {
  put(write, kWait, wait_key(stream, hash), {{"parts", list_of(keys)}});
}

// ---- other kinds

namespace {

std::optional<OtherRecord> other_of(const RecordRef& record) {
  if (!record) return std::nullopt;
  const Data data(record);
  return OtherRecord{data.text("file"), data.texts("targets"), data.from()};
}

}  // namespace

std::optional<OtherRecord> find_other(memory::Write& write, std::string_view file) {
  return other_of(find(write, kOther, file));
}

void put_other(memory::Write& write, const OtherRecord& other) {
  put(write, kOther, other.file,
      {{"file", other.file}, {"targets", list_of(other.targets)}, {"from", list_of(other.from)}});
}

std::vector<OtherRecord> all_others(memory::MemoryStore& store) {
  std::vector<OtherRecord> others;
  for_each_record(store, kOther, [&](const RecordRef& record) { others.push_back(*other_of(record)); });
  std::sort(others.begin(), others.end(), [](const auto& a, const auto& b) { return a.file < b.file; });
  return others;
}

// ---- files

StreamPlaces::StreamPlaces(memory::MemoryStore& store)
    : fs(*store.options().store.file_system),
      store_folder(os::join(store.records().path(), ".chronomemory")),
      streams_folder(os::join(store_folder, "streams")),
      kept_folder(os::join(streams_folder, "kept")) {}

std::string StreamPlaces::root_of(std::string_view stream) const { return os::join(streams_folder, stream); }
std::string StreamPlaces::folder_of(std::string_view stream) const {
  return os::join(root_of(stream), ".chronomemory");
}
std::string StreamPlaces::log_of(std::string_view stream) const { return os::join(folder_of(stream), "events.wal"); }
std::string StreamPlaces::kept(std::string_view file) const {
  return os::join(kept_folder, std::string(file) + ".json");
}

void make_synced(const StreamPlaces& places, const std::string& folder) {
  os::make_directories(places.fs, folder);
  for (std::string at = folder; at != places.store_folder && at.size() > places.store_folder.size();
       at = os::parent(at)) {
    places.fs.sync_directory(os::parent(at));
  }
}

std::string write_kept(const StreamPlaces& places, std::string_view text) {
  std::string file = crypto::to_hex(crypto::sha256(text));
  make_synced(places, places.kept_folder);
  os::replace_file(places.fs, places.kept(file), os::join(places.kept_folder, file + ".tmp"), text);
  return file;
}

std::optional<std::string> read_kept(const StreamPlaces& places, std::string_view file) {
  if (!is_stream_name(file)) return std::nullopt;
  try {
    std::string text = os::read_file(places.fs, places.kept(file));
    if (crypto::to_hex(crypto::sha256(text)) == file) return text;
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
  }
  return std::nullopt;
}

}  // namespace quipu::sync
