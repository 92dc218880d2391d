// unit/sync/streams_test_support.h - what the tests of streams share: stores in memory, and the way of a value through a commit.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chronostore/store.h"
#include "json/go_json.h"
#include "json/parser.h"
#include "memory/store.h"
#include "os/paths.h"
#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_support.h"
#include "sync/streams.h"
#include "sync_test_support.h"

namespace quipu::sync {

using Values = std::vector<std::string>;

inline std::unique_ptr<memory::MemoryStore> open_memory(os::FileSystem& fs, Clock& clock,
                                                        const std::string& path = "/memory") {
  memory::MemoryOptions options;
  options.store.file_system = &fs;
  options.store.clock = &clock;
  return memory::MemoryStore::open(path, options);
}

// A disk with a memory store in /memory and ChronoStores beside it.
struct Place {
  os::testing::MemoryFileSystem fs;
  test::TickingClock clock;
  std::unique_ptr<memory::MemoryStore> memory = open_memory(fs, clock);

  std::unique_ptr<chronostore::Store> open(const std::string& path) {
    return chronostore::Store::open(path, test::options_with(fs, &clock));
  }
  // Writes so many records, named by their number, from `first` on.
  void write(const std::string& path, int first, int count, const std::string& label = "one of many") {
    const auto store = open(path);
    for (int i = first; i < first + count; ++i) store->upsert(test::record("r" + std::to_string(i), label), nullptr);
    store->close();
  }
  std::string text(const std::string& path) { return fs.stat(path) ? os::read_file(fs, path) : std::string(); }
  std::string log(const std::string& path) { return text(path + "/.chronomemory/events.wal"); }
  void replace(const std::string& path, const std::string& text) { os::replace_file(fs, path, path + ".test", text); }
};

inline std::string codes_of(const std::vector<StreamIssue>& issues) {
  std::string codes;
  for (const StreamIssue& issue : issues) {
    if (!codes.empty()) codes += ' ';
    codes += issue.code;
  }
  return codes;
}

// All that there is to send, as if each value had become a chunk.
inline Values send_all(memory::MemoryStore& store, const std::vector<std::string>& folders,
                       std::string* codes = nullptr, const StreamExportOptions& options = {},
                       const std::string& target = "local") {
  StreamExporter exporter(store, target, folders, options);
  Values values;
  OutgoingStreams out;
  while (exporter.next(out)) {
    values.push_back(out.value);
    store.commit([&](memory::Write& write) { put_sent(write, target, out); });
  }
  if (codes != nullptr) *codes = codes_of(exporter.issues());
  return values;
}

// Takes a value as an import does; answers the codes of its issues.
inline std::string receive(memory::MemoryStore& store, const std::string& value, const std::string& chunk = "aaaa1111",
                           const std::string& created_by = "ana", const std::string& target = "local") {
  json::Document document(200, json::Dialect::kGo);
  StreamImport import(store, document.parse(value), {target, chunk, created_by});
  store.commit([&](memory::Write& write) { import.apply(write); });
  import.finish();
  return codes_of(import.issues());
}

}  // namespace quipu::sync
