// sqlite/handle.h - inside core/sqlite: what a connection, its statements and its transaction share.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

#include "base/error.h"

namespace quipu::sqlite {

struct Handle {
  Handle() = default;
  ~Handle();
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  // The database, for what neither reads nor writes it; kClosed after close.
  sqlite3* open_db() const;
  // For what does: a rollback that is due is made up for first. kMisuse where the transaction has been rolled back by SQLite
  // itself (disk full, no memory) and the Transaction is still there: what follows would be written outside of it.
  sqlite3* ready();

  // Of a call that answered `code`.
  Error error(std::string_view action, int code) const;

  // The first statement of the SQL; null where it has none but comments. `tail`: where the rest begins.
  sqlite3_stmt* prepare(const std::string& sql, const char* from, const char** tail, unsigned flags);
  // Runs a statement that gives no rows, or whose rows do not matter, and leaves it as new.
  void run(sqlite3_stmt* statement, std::string_view action);

  // So that ending a transaction needs no memory for that.
  void prepare_ends();
  // If it fails, and the transaction is still open, it stays due.
  void roll_back();
  void close();

  sqlite3* db = nullptr;
  std::string path;  // empty: in memory
  sqlite3_stmt* commit = nullptr;
  sqlite3_stmt* rollback = nullptr;
  bool has_transaction = false;  // there is a Transaction that is neither committed nor rolled back
  bool rollback_due = false;
};

// SQL as SQLite takes it: with a NUL behind it, and none in it; kInvalid else.
std::string checked_sql(std::string_view sql, const std::string& path);

}  // namespace quipu::sqlite
