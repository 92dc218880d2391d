// sqlite/connection.h - one connection to one SQLite database.
//
// A connection, its statements and its transaction are used by one thread at a time; only interrupt may come from another.
// Nothing else in the process may open the file by itself: closing it would take away the locks that SQLite holds on it.
//
// Failures throw quipu::Error with the path, SQLite's extended result code and its text:
//
//   kBusy        another connection had the lock for longer than lock_wait_ms, or going on would be a deadlock
//   kFull        no room on the disk, in the quota, or in what the database may take
//   kReadOnly    the file or its folder may not be written, or the connection is for reading only
//   kNotFound    no such file, or no such folder
//   kNotAStore   the file is not an SQLite database
//   kCorrupt     it is one, and damaged
//   kIo          any other failure of a file
//   kConstraint  UNIQUE, NOT NULL, CHECK, a foreign key
//   kInvalid     a value or text that is too long, a path or SQL with a NUL, a link where none is followed
//   kNoMemory    (or std::bad_alloc); kCancelled: interrupt; kConflict: the schema changed under way; kClosed
//   kMisuse      a defect of the caller; kInternal: SQL that is not right
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace quipu::sqlite {

struct Handle;

enum class Mode {
  kReadOnly,         // must exist; a database in WAL mode needs its -wal and -shm, or a folder where they can be made
  kReadWrite,        // must exist, and may be written
  kReadWriteCreate,  // made if missing, with mode 0644 less the umask; its folder must exist
  kInMemory,         // a new one, for this connection alone; the path is empty
};

struct Options {
  // How long each wait for a lock may take; 0: one try.
  std::int64_t lock_wait_ms = 10'000;
  // False: no part of the path may be a symbolic link.
  bool follow_links = true;
};

class Connection {
 public:
  // The path is UTF-8 and always that of a file, also where it begins with "file:" or ":". The file is opened, not yet read:
  // whether it is a database shows with the first statement. An empty file is a database without tables. What a file
  // has in its schema (triggers, views) may call harmless functions only.
  explicit Connection(std::string path, Mode mode, const Options& options = {});
  ~Connection();  // as close; while a statement is left, the file stays open until it is gone
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;

  // May be called again. kMisuse while there are statements or a transaction. Calls after it throw kClosed.
  void close();

  // Runs statements, one after the other, and drops their rows. Each is on its own unless there is a transaction: those
  // before one that fails stay done.
  void execute(std::string_view script);

  std::int64_t changes() const;  // rows that the last INSERT, UPDATE or DELETE touched
  std::int64_t last_insert_rowid() const;
  bool in_transaction() const;
  const std::string& path() const;  // empty: in memory

  // Ends the statement that runs, which throws kCancelled; one that writes takes its whole transaction with it. From any
  // thread, while the connection is open.
  void interrupt() const;

 private:
  friend class Statement;
  friend class Transaction;

  std::shared_ptr<Handle> handle_;
};

}  // namespace quipu::sqlite
