#include "support/chronostore_support.h"

#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "json/node.h"
#include "json/parser.h"
#include "json/row.h"

namespace quipu::test {

namespace stdfs = std::filesystem;
using chronostore::ChronoRecordField;

std::int64_t ListedClock::unix_seconds() {
  if (times_.empty()) {
    ADD_FAILURE() << "the clock was read more often than the steps say";
    return 0;
  }
  const std::int64_t time = times_.front();
  times_.pop_front();
  return time;
}

std::int64_t ListedClock::parse(std::string_view iso) {
  std::tm parts{};
  if (strptime(std::string(iso).c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) == nullptr) {
    throw std::runtime_error("no time: " + std::string(iso));
  }
  return timegm(&parts);
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write_text(const std::string& path, std::string_view content) {
  stdfs::create_directories(stdfs::path(path).parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

bool exists(const std::string& path) { return stdfs::exists(path); }

std::map<std::string, std::string> files_below(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : stdfs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name == "lock" || name == "snapshot.lock") continue;
    files[entry.path().lexically_relative(folder).string()] = read_text(entry.path().string());
  }
  return files;
}

std::map<std::string, std::string> set_aside(const TemporaryFolder& folder) {
  const std::string aside = folder / ".chronomemory/aside";
  return exists(aside) ? files_below(aside) : std::map<std::string, std::string>();
}

std::string fixture_path(const std::string& name) { return std::string(QUIPU_TEST_DATA_DIR) + "/chronostore/" + name; }

json::Value read_json(const std::string& path) {
  if (!exists(path)) throw std::runtime_error("no file " + path);
  return json::parse(read_text(path));
}

void copy_fixture(const std::string& name, const TemporaryFolder& folder, const std::string& part) {
  const std::string source = fixture_path(name) + "/" + part;
  // A folder without files is not kept by version control: the fixture of an empty project is such a one.
  if (exists(source)) stdfs::copy(source, folder.path(), stdfs::copy_options::recursive);
}

const json::Value& member(const json::Value& value, std::string_view name) {
  static const json::Value kNone;
  const json::Value* found = value.find(name);
  if (found == nullptr) ADD_FAILURE() << "no member " << name;
  return found == nullptr ? kNone : *found;
}

std::string text_of(const json::Value& value, std::string_view name) { return member(value, name).as_string(); }

std::int64_t int_of(const json::Value& value, std::string_view name) {
  return std::stoll(member(value, name).as_integer().digits);
}

bool is_null(const json::Value* value) { return value == nullptr || value->kind() == json::Kind::kNull; }

chronostore::RecordRef record_of_json(std::string_view json) {
  json::Document document;
  json::RowBuilder builder(chronostore::chronorecord_fields());
  return builder.from_node(document.parse(json));
}

chronostore::RecordRef record(std::string_view id, std::string_view label, std::string_view data_json) {
  return record_of_json("{\"id\": " + json::string_json(id) + ", \"label\": " + json::string_json(label) +
                        ", \"data\": " + std::string(data_json) + "}");
}

chronostore::StoreOptions options_with(os::FileSystem& fs, Clock* clock) {
  chronostore::StoreOptions options;
  options.file_system = &fs;
  options.clock = clock;
  return options;
}

chronostore::StoreOptions options_with(Clock& clock) {
  chronostore::StoreOptions options;
  options.clock = &clock;
  return options;
}

chronostore::Selection every_record() {
  chronostore::Selection selection;
  selection.threshold = std::numeric_limits<double>::quiet_NaN();
  return selection;
}

std::vector<std::string> texts(chronostore::RecordCursor cursor) {
  std::vector<std::string> out;
  while (const chronostore::RecordRef record = cursor.next()) out.emplace_back(record->text());
  return out;
}

std::vector<std::string> ids(chronostore::RecordCursor cursor) {
  std::vector<std::string> out;
  while (const chronostore::RecordRef record = cursor.next()) {
    const std::string_view id = record->field(ChronoRecordField::id);
    out.push_back(json::is_string(id) ? json::string_value(id) : "json:" + std::string(id));
  }
  return out;
}

std::vector<std::string> replayed(chronostore::Store& store, std::int64_t from_seq, std::size_t field) {
  std::vector<std::string> out;
  chronostore::EventCursor cursor = store.replay(from_seq);
  while (const json::RowRef event = cursor.next()) out.emplace_back(event->field(field));
  return out;
}

std::string label_of(chronostore::Store& store, std::string_view id) {
  const chronostore::RecordRef record = store.find(id);
  return record ? json::string_value(record->field(ChronoRecordField::label)) : "none";
}

bool has_notice(const chronostore::Store& store, std::string_view code) {
  for (const chronostore::Notice& notice : store.notices()) {
    if (notice.code == code) return true;
  }
  return false;
}

std::string notices_text(const chronostore::Store& store) {
  std::string out;
  for (const chronostore::Notice& notice : store.notices()) {
    out +=
        std::string(notice.code) + " " + notice.file + ":" + std::to_string(notice.line) + ": " + notice.message + "\n";
  }
  return out;
}

}  // namespace quipu::test
