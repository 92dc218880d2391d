// os/testing/memory_nodes.h - what MemoryFileSystem consists of; shared by its two sources.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "os/testing/memory_file_system.h"

namespace quipu::os::testing {

struct MemoryNode;
using NodeRef = std::shared_ptr<MemoryNode>;
using Entries = std::map<std::string, NodeRef>;

// One unsynced operation on a file's content.
struct DataChange {
  bool is_append = true;
  std::string data;        // appended
  std::uint64_t size = 0;  // truncated or extended to
};

// One unsynced change of a directory.
struct EntryChange {
  std::string removed;  // a name, or empty
  std::string added;    // a name, or empty
  NodeRef node;         // what was added, or what was removed
};

struct MemoryNode {
  std::uint64_t inode = 0;
  std::uint64_t links = 0;
  std::int64_t modified_ns = 0;
  bool is_directory = false;

  std::string content;
  std::string synced_content;
  std::vector<DataChange> unsynced_data;

  Entries entries;
  Entries synced_entries;
  std::vector<EntryChange> unsynced_entries;

  bool locked = false;  // by some handle's lock
};

inline void apply_change(const DataChange& change, std::string& content) {
  if (change.is_append) {
    content += change.data;
  } else {
    content.resize(static_cast<std::size_t>(change.size));
  }
}

// The changes may be applied without the ones before them: a name is removed only if it still means the same node.
inline void apply_change(const EntryChange& change, Entries& entries) {
  if (!change.removed.empty()) {
    const auto it = entries.find(change.removed);
    if (it != entries.end() && it->second == change.node) entries.erase(it);
  }
  if (!change.added.empty()) entries[change.added] = change.node;
}

struct MemoryFileSystem::State {
  mutable std::mutex mutex;
  std::condition_variable unlocked;
  std::uint64_t next_inode = 1;
  std::int64_t ticks = 0;
  NodeRef root;  // after what make_node needs

  State() : root(make_node(true)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  NodeRef make_node(bool is_directory) {
    auto node = std::make_shared<MemoryNode>();
    node->inode = next_inode++;
    node->links = 1;
    node->modified_ns = ++ticks;
    node->is_directory = is_directory;
    return node;
  }
};

// See MemoryFileSystem::images_after_power_cut.
std::vector<Image> build_images(const NodeRef& root, const ImageOptions& options);

}  // namespace quipu::os::testing
