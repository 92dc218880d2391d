#include "os/testing/fault_file_system.h"

#include <algorithm>
#include <utility>

#include "os/os_error.h"

namespace quipu::os::testing {

namespace {

constexpr const char* kNames[] = {"open",           "read",           "append",      "sync",      "truncate",
                                  "look at",        "stat",           "rename",      "remove",    "make directory",
                                  "sync directory", "list directory", "set time of", "open lock", "lock"};

const char* purpose_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return "to read";
    case OpenMode::kReadNoFollow:
      return "to read, not following";
    case OpenMode::kAppend:
      return "to append";
    case OpenMode::kAppendCreate:
      return "to append, or create";
    case OpenMode::kCreateNew:
      return "to create";
    case OpenMode::kCreateOrEmpty:
      return "to create, or empty";
  }
  return "";
}

}  // namespace

const char* name_of(OpKind kind) { return kNames[static_cast<int>(kind)]; }

OpKinds OpKinds::all() {
  OpKinds kinds{};
  kinds.bits_ = ~std::uint32_t{0};
  return kinds;
}

OpKinds OpKinds::writing() {
  return {OpKind::kOpen,   OpKind::kAppend,        OpKind::kSyncData,      OpKind::kTruncate,    OpKind::kRename,
          OpKind::kRemove, OpKind::kMakeDirectory, OpKind::kSyncDirectory, OpKind::kSetModified, OpKind::kOpenLock};
}

std::string Op::text() const {
  std::string out = "#" + std::to_string(number) + " " + name_of(kind) + " \"" + path + "\"";
  if (!detail.empty()) out += " " + detail;
  return out;
}

struct FaultFileSystem::State {
  mutable std::mutex mutex;
  FaultPlan plan;
  std::function<void(const Op&)> hook;
  std::uint64_t count = 0;
  bool dead = false;
  std::string struck;
  std::vector<std::string> log;

  // Called before each operation. Returns whether it must be done short, and then fail; throws if it is to fail.
  bool before(OpKind kind, const std::string& path, std::string detail = {}) {
    Op op{kind, 0, path, std::move(detail)};
    FaultAction action = FaultAction::kNone;
    std::function<void(const Op&)> hook_now;
    std::function<void(const Op&)> on_fault;
    {
      const std::lock_guard guard(mutex);
      if (dead) throw PowerCut{op};
      hook_now = hook;
      if (plan.kinds.has(kind)) {
        op.number = ++count;
        log.push_back(op.text());
        if (count == plan.nth || (count > plan.nth && plan.from_there_on)) action = plan.action;
      }
      if (action != FaultAction::kNone) {
        if (struck.empty()) struck = op.text();
        on_fault = plan.on_fault;
        dead = action == FaultAction::kPowerCut;
      }
    }
    if (hook_now) hook_now(op);
    if (action == FaultAction::kNone) return false;
    if (on_fault) on_fault(op);
    if (action == FaultAction::kPowerCut) throw PowerCut{op};
    if (action == FaultAction::kShortWrite && kind == OpKind::kAppend) return true;
    throw failure(op);
  }

  Error failure(const Op& op) const { return os_error(quipu::os::testing::name_of(op.kind), op.path, plan.failure); }
};

namespace {

class FaultFile final : public File {
 public:
  FaultFile(std::unique_ptr<File> base, std::shared_ptr<FaultFileSystem::State> state, std::string path)
      : base_(std::move(base)), state_(std::move(state)), path_(std::move(path)) {}

  std::size_t read_at(std::uint64_t offset, std::span<char> out) override {
    state_->before(OpKind::kRead, path_, std::to_string(out.size()) + " bytes at " + std::to_string(offset));
    return base_->read_at(offset, out);
  }
  void append(std::string_view data) override {
    if (state_->before(OpKind::kAppend, path_, std::to_string(data.size()) + " bytes")) {
      base_->append(data.substr(0, data.size() - std::min(data.size(), state_->plan.short_by)));
      throw state_->failure({OpKind::kAppend, 0, path_, {}});
    }
    base_->append(data);
  }
  void sync_data() override {
    state_->before(OpKind::kSyncData, path_);
    base_->sync_data();
  }
  void truncate(std::uint64_t size) override {
    state_->before(OpKind::kTruncate, path_, "to " + std::to_string(size) + " bytes");
    base_->truncate(size);
  }
  FileInfo info() override {
    state_->before(OpKind::kInfo, path_);
    return base_->info();
  }

 private:
  std::unique_ptr<File> base_;
  std::shared_ptr<FaultFileSystem::State> state_;
  std::string path_;
};

class FaultLock final : public FileLock {
 public:
  FaultLock(std::unique_ptr<FileLock> base, std::shared_ptr<FaultFileSystem::State> state, std::string path)
      : base_(std::move(base)), state_(std::move(state)), path_(std::move(path)) {}

  bool acquire(std::int64_t wait_ms) override {
    state_->before(OpKind::kAcquire, path_);
    return base_->acquire(wait_ms);
  }
  void release() override { base_->release(); }
  FileInfo info() override {
    state_->before(OpKind::kInfo, path_);
    return base_->info();
  }
  void set_meanwhile(std::function<void()> work) override { base_->set_meanwhile(std::move(work)); }

 private:
  std::unique_ptr<FileLock> base_;
  std::shared_ptr<FaultFileSystem::State> state_;
  std::string path_;
};

}  // namespace

FaultFileSystem::FaultFileSystem(FileSystem& base) : base_(base), state_(std::make_shared<State>()) {}
FaultFileSystem::~FaultFileSystem() = default;

void FaultFileSystem::plan(FaultPlan plan) {
  const std::lock_guard guard(state_->mutex);
  state_->plan = std::move(plan);
  state_->count = 0;
  state_->dead = false;
  state_->struck.clear();
  state_->log.clear();
}

void FaultFileSystem::reset() {
  plan({});
  set_hook({});
}

void FaultFileSystem::set_hook(std::function<void(const Op&)> hook) {
  const std::lock_guard guard(state_->mutex);
  state_->hook = std::move(hook);
}

std::uint64_t FaultFileSystem::count() const {
  const std::lock_guard guard(state_->mutex);
  return state_->count;
}

bool FaultFileSystem::struck() const {
  const std::lock_guard guard(state_->mutex);
  return !state_->struck.empty();
}

std::string FaultFileSystem::struck_op() const {
  const std::lock_guard guard(state_->mutex);
  return state_->struck;
}

std::vector<std::string> FaultFileSystem::log() const {
  const std::lock_guard guard(state_->mutex);
  return state_->log;
}

std::unique_ptr<File> FaultFileSystem::open(const std::string& path, OpenMode mode) {
  state_->before(OpKind::kOpen, path, purpose_of(mode));
  return std::make_unique<FaultFile>(base_.open(path, mode), state_, path);
}

std::optional<FileInfo> FaultFileSystem::stat(const std::string& path) {
  state_->before(OpKind::kStat, path);
  return base_.stat(path);
}

std::optional<FileInfo> FaultFileSystem::stat_entry(const std::string& path) {
  state_->before(OpKind::kStat, path, "itself");
  return base_.stat_entry(path);
}

void FaultFileSystem::rename(const std::string& from, const std::string& to) {
  state_->before(OpKind::kRename, from, "to \"" + to + "\"");
  base_.rename(from, to);
}

void FaultFileSystem::remove(const std::string& path) {
  state_->before(OpKind::kRemove, path);
  base_.remove(path);
}

void FaultFileSystem::make_directory(const std::string& path) {
  state_->before(OpKind::kMakeDirectory, path);
  base_.make_directory(path);
}

void FaultFileSystem::sync_directory(const std::string& path) {
  state_->before(OpKind::kSyncDirectory, path);
  base_.sync_directory(path);
}

std::vector<std::string> FaultFileSystem::list_directory(const std::string& path) {
  state_->before(OpKind::kListDirectory, path);
  return base_.list_directory(path);
}

void FaultFileSystem::set_modified(const std::string& path, std::int64_t modified_ns) {
  state_->before(OpKind::kSetModified, path);
  base_.set_modified(path, modified_ns);
}

std::unique_ptr<FileLock> FaultFileSystem::open_lock(const std::string& path) {
  state_->before(OpKind::kOpenLock, path);
  return std::make_unique<FaultLock>(base_.open_lock(path), state_, path);
}

std::string FaultFileSystem::absolute(const std::string& path) { return base_.absolute(path); }

}  // namespace quipu::os::testing
