#include "os/testing/memory_file_system.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "os/os_error.h"
#include "os/testing/memory_nodes.h"

namespace quipu::os::testing {
namespace {

std::vector<std::string> components_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else if (!part.empty() && part != ".") {
      parts.emplace_back(part);
    }
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  return parts;
}

std::string normalised(std::string_view path) {
  std::string out;
  for (const std::string& part : components_of(path)) out += "/" + part;
  return out.empty() ? "/" : out;
}

struct Found {
  NodeRef node;  // or nullptr, and then why
  int failure = 0;
};

Found find_node(const NodeRef& root, const std::vector<std::string>& parts) {
  NodeRef node = root;
  for (const std::string& part : parts) {
    if (!node->is_directory) return {nullptr, ENOTDIR};
    const auto it = node->entries.find(part);
    if (it == node->entries.end()) return {nullptr, ENOENT};
    node = it->second;
  }
  return {node, 0};
}

struct Place {
  NodeRef directory;
  std::string name;
  NodeRef node;  // what is there, or nullptr
};

Place find_place(const NodeRef& root, std::string_view action, const std::string& path) {
  check_path(action, path);
  std::vector<std::string> parts = components_of(path);
  if (parts.empty()) throw os_error(action, path, EBUSY);  // nothing may be done to "/" itself
  Place place;
  place.name = std::move(parts.back());
  parts.pop_back();
  const Found above = find_node(root, parts);
  if (above.node == nullptr) throw os_error(action, path, above.failure);
  if (!above.node->is_directory) throw os_error(action, path, ENOTDIR);
  place.directory = above.node;
  const auto it = place.directory->entries.find(place.name);
  if (it != place.directory->entries.end()) place.node = it->second;
  return place;
}

NodeRef need_node(const NodeRef& root, std::string_view action, const std::string& path) {
  check_path(action, path);
  const Found found = find_node(root, components_of(path));
  if (found.node == nullptr) throw os_error(action, path, found.failure);
  return found.node;
}

void change_entries(MemoryNode& directory, EntryChange change, std::int64_t now) {
  apply_change(change, directory.entries);
  directory.unsynced_entries.push_back(std::move(change));
  directory.modified_ns = now;
}

void change_data(MemoryNode& file, DataChange change, std::int64_t now) {
  apply_change(change, file.content);
  file.unsynced_data.push_back(std::move(change));
  file.modified_ns = now;
}

void sync_content(MemoryNode& file) {
  for (const DataChange& change : file.unsynced_data) apply_change(change, file.synced_content);
  file.unsynced_data.clear();
}

void sync_entries(MemoryNode& directory) {
  directory.synced_entries = directory.entries;
  directory.unsynced_entries.clear();
}

void sync_tree(MemoryNode& node) {
  sync_content(node);
  sync_entries(node);
  for (const auto& [name, child] : node.entries) sync_tree(*child);
}

FileInfo info_of(const MemoryNode& node) {
  FileInfo info;
  info.size = node.content.size();
  info.device = 1;
  info.inode = node.inode;
  info.links = node.links;
  info.modified_ns = node.modified_ns;
  info.is_regular = !node.is_directory;
  info.is_directory = node.is_directory;
  return info;
}

}  // namespace

class MemoryFile final : public File {
 public:
  using State = MemoryFileSystem::State;

  MemoryFile(std::shared_ptr<State> state, NodeRef node, std::string path, bool writable)
      : state_(std::move(state)), node_(std::move(node)), path_(std::move(path)), writable_(writable) {}

  std::size_t read_at(std::uint64_t offset, std::span<char> out) override {
    const std::lock_guard guard(state_->mutex);
    if (node_->is_directory) throw os_error("read", path_, EISDIR);
    if (offset >= node_->content.size()) return 0;
    return node_->content.copy(out.data(), out.size(), static_cast<std::size_t>(offset));
  }

  void append(std::string_view data) override {
    const std::lock_guard guard(state_->mutex);
    if (!writable_) throw os_error("append to", path_, EBADF);
    if (data.empty()) return;
    change_data(*node_, {true, std::string(data), 0}, ++state_->ticks);
  }

  void sync_data() override {
    const std::lock_guard guard(state_->mutex);
    sync_content(*node_);
  }

  void truncate(std::uint64_t size) override {
    const std::lock_guard guard(state_->mutex);
    if (!writable_) throw os_error("truncate", path_, EINVAL);
    if (size == node_->content.size()) return;
    change_data(*node_, {false, "", size}, ++state_->ticks);
  }

  FileInfo info() override {
    const std::lock_guard guard(state_->mutex);
    return info_of(*node_);
  }

 private:
  std::shared_ptr<State> state_;
  NodeRef node_;
  std::string path_;
  bool writable_;
};

class MemoryLock final : public FileLock {
 public:
  using State = MemoryFileSystem::State;

  MemoryLock(std::shared_ptr<State> state, NodeRef node, std::string path)
      : state_(std::move(state)), node_(std::move(node)), path_(std::move(path)) {}
  ~MemoryLock() override {
    if (held_) MemoryLock::release();
  }

  bool acquire(std::int64_t wait_ms) override {
    std::unique_lock guard(state_->mutex);
    if (held_) throw Error(Code::kMisuse, "the lock is held already").at_path(path_);
    const auto longest = std::chrono::milliseconds(std::clamp<std::int64_t>(wait_ms, 0, 1'000'000'000));
    const auto deadline = std::chrono::steady_clock::now() + longest;
    if (meanwhile_ && wait_ms > 0 && node_->locked) {
      guard.unlock();
      meanwhile_();
      guard.lock();
    }
    if (!state_->unlocked.wait_until(guard, deadline, [&] { return !node_->locked; })) return false;
    node_->locked = true;
    held_ = true;
    return true;
  }

  void release() override {
    const std::lock_guard guard(state_->mutex);
    node_->locked = false;
    held_ = false;
    state_->unlocked.notify_all();
  }

  FileInfo info() override {
    const std::lock_guard guard(state_->mutex);
    return info_of(*node_);
  }

 private:
  std::shared_ptr<State> state_;
  NodeRef node_;
  std::string path_;
  bool held_ = false;
};

MemoryFileSystem::MemoryFileSystem() : state_(std::make_shared<State>()) {}

MemoryFileSystem::MemoryFileSystem(const Image& image) : MemoryFileSystem() {
  std::vector<NodeRef> nodes;
  for (const Image::Node& from : image.nodes) {
    const NodeRef node = nodes.empty() ? state_->root : state_->make_node(from.is_directory);
    node->content = from.content;
    node->modified_ns = from.modified_ns;
    node->links = nodes.empty() ? 1 : 0;
    state_->ticks = std::max(state_->ticks, from.modified_ns);
    nodes.push_back(node);
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const auto& [name, index] : image.nodes[i].entries) {
      nodes[i]->entries[name] = nodes[index];
      ++nodes[index]->links;
    }
    nodes[i]->synced_content = nodes[i]->content;
    nodes[i]->synced_entries = nodes[i]->entries;
  }
}

MemoryFileSystem::~MemoryFileSystem() = default;

std::unique_ptr<File> MemoryFileSystem::open(const std::string& path, OpenMode mode) {
  const std::lock_guard guard(state_->mutex);
  if (mode == OpenMode::kRead || mode == OpenMode::kReadNoFollow) {
    return std::make_unique<MemoryFile>(state_, need_node(state_->root, "open", path), path, false);
  }
  Place place = find_place(state_->root, "open", path);
  if (place.node != nullptr) {
    if (mode == OpenMode::kCreateNew) throw os_error("open", path, EEXIST);
    if (place.node->is_directory) throw os_error("open", path, EISDIR);
    if (mode == OpenMode::kCreateOrEmpty && !place.node->content.empty()) {
      change_data(*place.node, {false, "", 0}, ++state_->ticks);
    }
  } else {
    if (mode == OpenMode::kAppend) throw os_error("open", path, ENOENT);
    place.node = state_->make_node(false);
    change_entries(*place.directory, {"", place.name, place.node}, ++state_->ticks);
  }
  return std::make_unique<MemoryFile>(state_, place.node, path, true);
}

std::optional<FileInfo> MemoryFileSystem::stat(const std::string& path) {
  const std::lock_guard guard(state_->mutex);
  check_path("stat", path);
  const Found found = find_node(state_->root, components_of(path));
  if (found.node == nullptr) return std::nullopt;
  return info_of(*found.node);
}

// There are no links to be followed.
std::optional<FileInfo> MemoryFileSystem::stat_entry(const std::string& path) { return stat(path); }

void MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard guard(state_->mutex);
  const std::string action = "rename \"" + from + "\" to";
  const Place source = find_place(state_->root, "rename", from);
  if (source.node == nullptr) throw os_error(action, to, ENOENT).at_path(from);
  const Place target = find_place(state_->root, action, to);
  if (target.node == source.node) return;
  if (normalised(to).starts_with(normalised(from) + "/")) throw os_error(action, to, EINVAL);
  if (target.node != nullptr) {
    if (target.node->is_directory && !source.node->is_directory) throw os_error(action, to, EISDIR);
    if (!target.node->is_directory && source.node->is_directory) throw os_error(action, to, ENOTDIR);
    if (!target.node->entries.empty()) throw os_error(action, to, ENOTEMPTY);
    --target.node->links;
  }
  const std::int64_t now = ++state_->ticks;
  if (source.directory == target.directory) {
    change_entries(*source.directory, {source.name, target.name, source.node}, now);
  } else {
    change_entries(*target.directory, {"", target.name, source.node}, now);
    change_entries(*source.directory, {source.name, "", source.node}, now);
  }
}

void MemoryFileSystem::remove(const std::string& path) {
  const std::lock_guard guard(state_->mutex);
  const Place place = find_place(state_->root, "remove", path);
  if (place.node == nullptr) throw os_error("remove", path, ENOENT);
  if (!place.node->entries.empty()) throw os_error("remove", path, ENOTEMPTY);
  --place.node->links;
  change_entries(*place.directory, {place.name, "", place.node}, ++state_->ticks);
}

void MemoryFileSystem::make_directory(const std::string& path) {
  const std::lock_guard guard(state_->mutex);
  if (normalised(path) == "/") throw os_error("make directory", path, EEXIST);
  const Place place = find_place(state_->root, "make directory", path);
  if (place.node != nullptr) throw os_error("make directory", path, EEXIST);
  change_entries(*place.directory, {"", place.name, state_->make_node(true)}, ++state_->ticks);
}

void MemoryFileSystem::sync_directory(const std::string& path) {
  const std::lock_guard guard(state_->mutex);
  const NodeRef node = need_node(state_->root, "sync directory", path);
  if (!node->is_directory) throw os_error("sync directory", path, ENOTDIR);
  sync_entries(*node);
}

std::vector<std::string> MemoryFileSystem::list_directory(const std::string& path) {
  const std::lock_guard guard(state_->mutex);
  const NodeRef node = need_node(state_->root, "list directory", path);
  if (!node->is_directory) throw os_error("list directory", path, ENOTDIR);
  std::vector<std::string> names;
  for (const auto& [name, child] : node->entries) names.push_back(name);
  return names;
}

void MemoryFileSystem::set_modified(const std::string& path, std::int64_t modified_ns) {
  const std::lock_guard guard(state_->mutex);
  need_node(state_->root, "set the modification time of", path)->modified_ns = modified_ns;
}

std::unique_ptr<FileLock> MemoryFileSystem::open_lock(const std::string& path) {
  open(path, OpenMode::kAppendCreate);
  const std::lock_guard guard(state_->mutex);
  return std::make_unique<MemoryLock>(state_, need_node(state_->root, "open", path), path);
}

std::string MemoryFileSystem::absolute(const std::string& path) {
  check_path("make absolute", path);
  return normalised(path);
}

std::vector<Image> MemoryFileSystem::images_after_power_cut(const ImageOptions& options) const {
  const std::lock_guard guard(state_->mutex);
  return build_images(state_->root, options);
}

void MemoryFileSystem::sync_all() {
  const std::lock_guard guard(state_->mutex);
  sync_tree(*state_->root);
}

void MemoryFileSystem::lose_unsynced(const std::string& path) {
  const std::lock_guard guard(state_->mutex);
  for (DataChange& change : need_node(state_->root, "open", path)->unsynced_data) {
    change.data.assign(change.data.size(), '\0');
  }
}

}  // namespace quipu::os::testing
