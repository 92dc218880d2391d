// os/testing/fault_file_system.h - for tests: a file system that fails where it is told to, in front of any other.
//
//   FaultFileSystem fs(memory);
//   fs.plan({.action = FaultAction::kFail, .nth = 7, .failure = ENOSPC});
//   ... the seventh operation from here on throws kFull; without a plan, operations are counted and passed on.
//
// Operations are counted from 1, from the last call of plan or reset. Not counted, and never failed: absolute,
// FileLock::release, and closing.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "os/file_system.h"

namespace quipu::os::testing {

enum class OpKind {
  kOpen,
  kRead,
  kAppend,
  kSyncData,
  kTruncate,
  kInfo,
  kStat,
  kRename,
  kRemove,
  kMakeDirectory,
  kSyncDirectory,
  kListDirectory,
  kSetModified,
  kOpenLock,
  kAcquire,
};

const char* name_of(OpKind kind);

// A set of kinds.
class OpKinds {
 public:
  OpKinds(std::initializer_list<OpKind> kinds) {
    for (const OpKind kind : kinds) bits_ |= bit(kind);
  }
  bool has(OpKind kind) const { return (bits_ & bit(kind)) != 0; }

  static OpKinds all();
  static OpKinds writing();  // what changes something, or makes a change durable; opening among it

 private:
  static std::uint32_t bit(OpKind kind) { return std::uint32_t{1} << static_cast<int>(kind); }
  std::uint32_t bits_ = 0;
};

struct Op {
  OpKind kind = OpKind::kOpen;
  std::uint64_t number = 0;  // among the operations of the plan's kinds
  std::string path;
  std::string detail;  // `append "/a/log" 120 bytes`: the part after the path

  std::string text() const;  // `#7 append "/a/log" 120 bytes`
};

// Thrown where the plan says so, and by every later operation: the process is dead, what runs now is only its unwinding.
// Not a quipu::Error, nor any std::exception, so that no handler takes it for a failure it knows.
struct PowerCut {
  Op op;
};

enum class FaultAction {
  kNone,
  kFail,        // nothing is done, the failure is reported
  kShortWrite,  // a prefix is appended, then the failure is reported; other operations: as kFail
  kPowerCut,    // the operation is not done
};

struct FaultPlan {
  FaultAction action = FaultAction::kNone;
  std::uint64_t nth = 1;
  OpKinds kinds = OpKinds::all();                // counted and failed; others pass
  int failure = EIO;                             // errno
  bool from_there_on = false;                    // every later operation of the kinds fails too
  std::size_t short_by = 1;                      // kShortWrite: bytes that are left out, as far as there are any
  std::function<void(const Op&)> on_fault = {};  // called when it strikes: let MemoryFileSystem::lose_unsynced here
};

class FaultFileSystem final : public FileSystem {
 public:
  explicit FaultFileSystem(FileSystem& base);
  ~FaultFileSystem() override;

  void plan(FaultPlan plan);  // counting starts anew
  void reset();               // no plan, no hook, counting starts anew
  // Called before each operation of any kind, outside all locks; may throw.
  void set_hook(std::function<void(const Op&)> hook);

  std::uint64_t count() const;           // operations of the plan's kinds so far
  bool struck() const;                   // the plan's operation was reached
  std::string struck_op() const;         // its text, or empty
  std::vector<std::string> log() const;  // texts of all operations of the plan's kinds so far

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

  struct State;

 private:
  FileSystem& base_;
  std::shared_ptr<State> state_;
};

}  // namespace quipu::os::testing
