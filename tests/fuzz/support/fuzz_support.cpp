#include "support/fuzz_support.h"

#include <cstdio>
#include <cstdlib>
#include <limits>

#include "json/node.h"
#include "json/row.h"
#include "os/paths.h"

namespace quipu::fuzz {

using chronostore::Store;

void broken(const char* file, int line, const char* condition, const std::string& detail) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n%s\n", file, line, condition, detail.c_str());
  std::abort();
}

std::uint64_t fingerprint(std::string_view input) {
  std::uint64_t hash = 0xCBF29CE484222325u;
  for (const char c : input) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash ^ hash >> 29;
}

void put_file(os::FileSystem& fs, const std::string& path, std::string_view content) {
  os::make_directories(fs, os::parent(path));
  fs.open(path, os::OpenMode::kCreateOrEmpty)->append(content);
}

std::map<std::string, std::string> files_below(os::FileSystem& fs, const std::string& folder) {
  std::map<std::string, std::string> files;
  const auto info = fs.stat(folder);
  if (!info || !info->is_directory) return files;
  for (const std::string& name : fs.list_directory(folder)) {
    const std::string path = os::join(folder, name);
    if (fs.stat(path)->is_directory) {
      files.merge(files_below(fs, path));
    } else if (name != "lock" && name != "snapshot.lock") {
      files[path] = os::read_file(fs, path);
    }
  }
  return files;
}

std::vector<std::string> set_aside(os::FileSystem& fs, std::string_view name) {
  std::vector<std::string> contents;
  for (const auto& [path, content] : files_below(fs, kAside)) {
    if (path.ends_with("." + std::string(name))) contents.push_back(content);
  }
  return contents;
}

std::unique_ptr<Store> open_store(os::FileSystem& fs, Clock& clock, bool read_only) {
  chronostore::StoreOptions options;
  options.file_system = &fs;
  options.clock = &clock;
  options.read_only = read_only;
  return Store::open(kProject, options);
}

chronostore::RecordRef record_of_json(std::string_view json) {
  json::Document document;
  json::RowBuilder builder(chronostore::chronorecord_fields());
  return builder.from_node(document.parse(json));
}

std::vector<std::string> records_of(Store& store) {
  chronostore::Selection selection;
  selection.threshold = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::string> texts;
  chronostore::RecordCursor cursor = store.query(selection);
  while (const chronostore::RecordRef record = cursor.next()) texts.emplace_back(record->text());
  return texts;
}

std::vector<std::string> events_of(Store& store) {
  std::vector<std::string> texts;
  chronostore::EventCursor cursor = store.replay(std::numeric_limits<std::int64_t>::min());
  while (const json::RowRef event = cursor.next()) texts.emplace_back(event->text());
  return texts;
}

bool has_notice(const Store& store, std::string_view code) {
  for (const chronostore::Notice& notice : store.notices()) {
    if (notice.code == code) return true;
  }
  return false;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace quipu::fuzz
