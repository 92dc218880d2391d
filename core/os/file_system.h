// os/file_system.h - every file operation of the core goes through this interface.
//
// Two implementations: the operating system's (native_file_system) and the ones for tests (memory_file_system.h keeps
// unsynced data apart and can build the images a power cut may leave; fault_file_system.h fails the n-th operation).
// Nothing outside core/os calls the operating system for files.
//
// Failures throw quipu::Error with the path, errno and its text. Codes: kNotFound (ENOENT, ENOTDIR), kExists (EEXIST),
// kFull (ENOSPC, EDQUOT, EFBIG), kReadOnly (EROFS, EACCES, EPERM; but kIo where a file may not be read), kInvalid (a path
// with a NUL, or too long),
// kIo (everything else). Interrupted calls (EINTR) are repeated inside.
//
// Threads: a FileSystem is free; a File may be used by several threads at once as far as the operating system allows
// (positional reads, appends, stat). Paths are UTF-8 text; they are handed to the system as they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quipu::os {

struct FileInfo {
  std::uint64_t size = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t links = 0;
  std::int64_t modified_ns = 0;  // since 1970, UTC
  bool is_regular = false;
  bool is_directory = false;
  bool is_link = false;  // a symbolic link: only stat_entry meets one
};

class File {
 public:
  virtual ~File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // Reads up to out.size() bytes at offset; returns how many; less only at the end of the file.
  virtual std::size_t read_at(std::uint64_t offset, std::span<char> out) = 0;
  // Appends with one write call in the ordinary case. On failure some prefix of the data may be in the file: the
  // caller cuts it off (truncate).
  virtual void append(std::string_view data) = 0;
  // Makes the data and the size durable (fdatasync).
  virtual void sync_data() = 0;
  virtual void truncate(std::uint64_t size) = 0;
  virtual FileInfo info() = 0;

 protected:
  File() = default;
};

enum class OpenMode {
  kRead,          // must exist
  kReadNoFollow,  // as kRead, for what others put there: a symbolic link as the last component is refused (kIo, ELOOP), and
                  // a pipe or device opens without a wait. info() tells what it is: read only what is regular.
  kAppend,        // read and append, must exist
  kAppendCreate,   // read and append, created if missing (mode 0666 less the umask)
  kCreateNew,      // write anew; kExists if it is there
  kCreateOrEmpty,  // write anew; emptied if it is there; a symbolic link is refused (kIo, ELOOP)
};

// An advisory, exclusive, whole-file lock between processes and between handles of one process (flock).
class FileLock {
 public:
  virtual ~FileLock() = default;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  // Waits at most wait_ms milliseconds (0: one try). Returns false when the time is over. One thread at a time; not
  // recursive. The wait is fair: a blocking wait in the kernel, not polling.
  virtual bool acquire(std::int64_t wait_ms) = 0;
  // Releases; never fails, never blocks. Only after a successful acquire.
  virtual void release() = 0;
  // Of the file that is locked, or would be: after acquire, compare it with stat_entry of the path if others may remove it.
  virtual FileInfo info() = 0;
  // What acquire may do, on the calling thread, when the lock is taken and will be free soon: work that need not be done with
  // the lock held then. It leaves the lock alone, and deals with its failures itself.
  virtual void set_meanwhile(std::function<void()> work) { meanwhile_ = std::move(work); }

 protected:
  FileLock() = default;

  std::function<void()> meanwhile_;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  FileSystem(const FileSystem&) = delete;
  FileSystem& operator=(const FileSystem&) = delete;

  virtual std::unique_ptr<File> open(const std::string& path, OpenMode mode) = 0;
  // Follows symbolic links; empty when nothing is there (ENOENT, ENOTDIR).
  virtual std::optional<FileInfo> stat(const std::string& path) = 0;
  // The same of the last component itself: a symbolic link there is not followed.
  virtual std::optional<FileInfo> stat_entry(const std::string& path) = 0;
  virtual void rename(const std::string& from, const std::string& to) = 0;
  // A file, or an empty directory.
  virtual void remove(const std::string& path) = 0;
  // Makes one directory; kExists if there is something of that name.
  virtual void make_directory(const std::string& path) = 0;
  // Makes the entries of a directory durable (fsync of the directory).
  virtual void sync_directory(const std::string& path) = 0;
  // Names in the directory, sorted by bytes, without "." and "..".
  virtual std::vector<std::string> list_directory(const std::string& path) = 0;
  // Sets the modification time.
  virtual void set_modified(const std::string& path, std::int64_t modified_ns) = 0;
  // Opens (and creates, if missing) the lock file. It stays there, unless its owner removes it while it has the lock.
  virtual std::unique_ptr<FileLock> open_lock(const std::string& path) = 0;
  // Absolute path, symbolic links resolved as far as the path exists, "." and ".." removed. Touches nothing.
  virtual std::string absolute(const std::string& path) = 0;

 protected:
  FileSystem() = default;
};

FileSystem& native_file_system();

}  // namespace quipu::os
