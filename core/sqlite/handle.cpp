#include "sqlite/handle.h"

#include <cerrno>
#include <climits>
#include <utility>

#include "os/os_error.h"
#include "sqlite/sqlite_error.h"

namespace quipu::sqlite {
namespace {

// SQLite itself asks for errno when it is done, and so after what it did to clean up: of a write that failed, only the file
// that was written still knows.
int system_error_of(sqlite3* db, int code) {
  if ((code & 0xff) == SQLITE_IOERR) {
    for (const int which : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
      sqlite3_file* file = nullptr;
      int number = 0;
      if (sqlite3_file_control(db, "main", which, &file) == SQLITE_OK && file != nullptr && file->pMethods != nullptr &&
          file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number) == SQLITE_OK &&
          os::code_of_errno(number) == Code::kFull) {
        return number;
      }
    }
  }
  return sqlite3_system_errno(db);
}

}  // namespace

Handle::~Handle() {
  sqlite3_finalize(commit);
  sqlite3_finalize(rollback);
  sqlite3_close_v2(db);
}

sqlite3* Handle::open_db() const {
  if (db == nullptr) throw sqlite_error("use", path, Code::kClosed, "it is closed");
  return db;
}

sqlite3* Handle::ready() {
  open_db();
  if (rollback_due) roll_back();
  if (has_transaction && sqlite3_get_autocommit(db) != 0) {
    throw sqlite_error("go on in the transaction on", path, Code::kMisuse, "it was rolled back, or ended, before");
  }
  errno = 0;  // SQLite tells the last one, be it old or new
  return db;
}

Error Handle::error(std::string_view action, int code) const {
  return sqlite_error(action, path, code, system_error_of(db, code), sqlite3_errmsg(db));
}

sqlite3_stmt* Handle::prepare(const std::string& sql, const char* from, const char** tail, unsigned flags) {
  sqlite3_stmt* statement = nullptr;
  const auto size = static_cast<int>(sql.data() + sql.size() + 1 - from);  // with the NUL: it is not copied then
  const int code = sqlite3_prepare_v3(open_db(), from, size, flags, &statement, tail);
  if (code != SQLITE_OK) throw error("prepare a statement of", code);
  return statement;
}

void Handle::run(sqlite3_stmt* statement, std::string_view action) {
  struct Reset {
    sqlite3_stmt* statement;
    ~Reset() { sqlite3_reset(statement); }
  } const reset{statement};
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) throw error(action, code);
}

void Handle::prepare_ends() {
  const char* tail = nullptr;
  if (commit == nullptr) {
    const std::string sql = "COMMIT";
    commit = prepare(sql, sql.data(), &tail, SQLITE_PREPARE_PERSISTENT);
  }
  if (rollback == nullptr) {
    const std::string sql = "ROLLBACK";
    rollback = prepare(sql, sql.data(), &tail, SQLITE_PREPARE_PERSISTENT);
  }
}

void Handle::roll_back() {
  rollback_due = true;
  if (sqlite3_get_autocommit(db) == 0) {
    errno = 0;
    const int code = sqlite3_step(rollback);
    sqlite3_reset(rollback);
    // Where it said that it failed and yet ended the transaction, what is on disk is put right when it is read next.
    if (sqlite3_get_autocommit(db) == 0) throw error("roll back the transaction on", code);
  }
  rollback_due = false;
}

void Handle::close() {
  if (db == nullptr) return;
  for (sqlite3_stmt* each = nullptr; (each = sqlite3_next_stmt(db, each)) != nullptr;) {
    if (each != commit && each != rollback) throw sqlite_error("close", path, Code::kMisuse, "a statement is in use");
  }
  if (has_transaction) throw sqlite_error("close", path, Code::kMisuse, "a transaction is open");
  sqlite3_finalize(std::exchange(commit, nullptr));
  sqlite3_finalize(std::exchange(rollback, nullptr));
  const int code = sqlite3_close(db);
  if (code != SQLITE_OK) throw error("close", code);
  db = nullptr;
}

std::string checked_sql(std::string_view sql, const std::string& path) {
  if (sql.find('\0') != std::string_view::npos) {
    throw sqlite_error("prepare a statement of", path, Code::kInvalid, "the SQL holds a NUL");
  }
  if (sql.size() >= INT_MAX) {
    throw sqlite_error("prepare a statement of", path, Code::kInvalid, "the SQL is too long");
  }
  return std::string(sql);
}

}  // namespace quipu::sqlite
