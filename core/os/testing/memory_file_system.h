// os/testing/memory_file_system.h - for tests: a file system in memory that knows what a power cut may leave of it.
//
// What is synced and what is not is kept apart: of a file, the synced content and the operations since (append,
// truncate); of a directory, the synced entries and the changes since. sync_data makes a file's content durable, but not
// its entry; sync_directory makes the entries of that one directory durable, but no file's content. So a file that was
// synced but whose directory was not may be missing, and one that was renamed but not synced may be empty, as POSIX has
// it. A rename within one directory happens or does not; one between directories is an entry added there and one removed
// here, each durable with its own directory. Modification times are not subject to loss.
//
// Paths are absolute, or taken from "/". There are no symbolic links. Locks hold between handles of one process. The
// time in modified_ns is a counter. All calls may come from any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "os/file_system.h"

namespace quipu::os::testing {

// What a disk may hold after a power cut.
struct Image {
  struct Node {
    bool is_directory = false;
    std::string content;
    std::int64_t modified_ns = 0;
    std::map<std::string, std::size_t> entries;  // of a directory: name, index in nodes
  };
  std::vector<Node> nodes;  // the first is "/"; a file with two names is one node
  std::string choices;      // how it came to be, for messages: `/a/log: 2 of 3 operations; /a/: entry "b" missing`

  // Content of a file, or nullptr.
  const std::string* find(std::string_view path) const;
  // All paths with content, one per line: equal text, equal disk.
  std::string describe() const;
};

struct ImageOptions {
  std::size_t most = 64;   // images at most; the first two are always nothing unsynced and everything
  std::uint64_t seed = 1;  // of the choices among those left
};

class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();
  explicit MemoryFileSystem(const Image& image);  // all of it durable
  ~MemoryFileSystem() override;

  std::unique_ptr<File> open(const std::string& path, OpenMode mode) override;
  std::optional<FileInfo> stat(const std::string& path) override;
  std::optional<FileInfo> stat_entry(const std::string& path) override;
  void rename(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  void make_directory(const std::string& path) override;
  void sync_directory(const std::string& path) override;
  std::vector<std::string> list_directory(const std::string& path) override;
  void set_modified(const std::string& path, std::int64_t modified_ns) override;
  std::unique_ptr<FileLock> open_lock(const std::string& path) override;
  std::string absolute(const std::string& path) override;

  // The images that a power cut at this moment may leave: different from each other, the same ones for the same history
  // and options. For each file with unsynced operations: none of them, the first k, the next one cut at some byte, with
  // the size or with zeros in place of the data, and later data without earlier data (zeros there). For each directory:
  // any of the unsynced changes without the others. First one thing at a time, then mixed.
  std::vector<Image> images_after_power_cut(const ImageOptions& options = {}) const;

  // Makes everything durable.
  void sync_all();

  // What a failed sync may do on Linux: the file's unsynced data still reads well, but no later sync will write it.
  void lose_unsynced(const std::string& path);

  struct State;  // memory_nodes.h

 private:
  std::shared_ptr<State> state_;
};

}  // namespace quipu::os::testing
