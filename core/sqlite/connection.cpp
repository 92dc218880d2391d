#include "sqlite/connection.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include "os/file_system.h"
#include "os/os_error.h"
#include "os/paths.h"
#include "sqlite/handle.h"
#include "sqlite/sqlite_error.h"

namespace quipu::sqlite {
namespace {

// No cache shared with other connections of the process: its locks are others, and nobody waits for them.
int flags_of(Mode mode, const Options& options) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  if (!options.follow_links) flags |= SQLITE_OPEN_NOFOLLOW;
  switch (mode) {
    case Mode::kReadOnly:
      return flags | SQLITE_OPEN_READONLY;
    case Mode::kReadWrite:
      return flags | SQLITE_OPEN_READWRITE;
    case Mode::kReadWriteCreate:
      return flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case Mode::kInMemory:
      break;
  }
  return flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
}

// SQLite takes "file:..." for a URI where it was built to (Debian's was), and names that begin with ':' for its own.
std::string name_of(const std::string& path, Mode mode) {
  if (mode == Mode::kInMemory) return ":memory:";
  return path.front() == '/' ? path : "./" + path;
}

// SQLite refuses paths, made absolute, that are longer than it has room for, without a code of their own.
bool is_too_long(const std::string& path) {
  const sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  return vfs != nullptr && os::native_file_system().absolute(path).size() >= static_cast<std::size_t>(vfs->mxPathname);
}

std::uint64_t size_of(const std::string& path) {
  const auto info = os::native_file_system().stat(path);
  return info ? info->size : 0;
}

bool has_folder(const std::string& path) {
  const auto info = os::native_file_system().stat(os::parent(path));
  return info && info->is_directory;
}

[[noreturn]] void fail_to_open(const Handle& handle, Mode mode, int code) {
  if (handle.db == nullptr) throw sqlite_error("open", handle.path, code, 0, sqlite3_errstr(code));
  Error error = handle.error("open", code);
  const int system_error = sqlite3_system_errno(handle.db);
  if ((code & 0xff) == SQLITE_CANTOPEN && code != SQLITE_CANTOPEN_SYMLINK) {
    if (system_error == ENOENT && mode == Mode::kReadWriteCreate && has_folder(handle.path)) {
      // It could not be made, and opening it for reading, which SQLite tries then, found nothing.
      error = sqlite_error("open", handle.path, code, system_error, "the file cannot be made").as(Code::kReadOnly);
    } else if (system_error != 0) {
      error = sqlite_error("open", handle.path, code, system_error, os::errno_text(system_error));
    } else if (is_too_long(handle.path)) {
      error = sqlite_error("open", handle.path, code, 0, "the path is longer than SQLite takes").as(Code::kInvalid);
    }
  }
  // As for any file: it is not that it may only be read.
  if (mode == Mode::kReadOnly && error.code() == Code::kReadOnly) error.as(Code::kIo);
  throw error;
}

}  // namespace

Connection::Connection(std::string path, Mode mode, const Options& options) : handle_(std::make_shared<Handle>()) {
  if (mode != Mode::kInMemory) {
    os::check_path("open", path);
  } else if (!path.empty()) {
    throw Error(Code::kInvalid, "cannot open " + os::quoted(path) + ": a database in memory has no path").at_path(path);
  }
  Handle& handle = *handle_;
  handle.path = std::move(path);
  errno = 0;
  const int code = sqlite3_open_v2(name_of(handle.path, mode).c_str(), &handle.db, flags_of(mode, options), nullptr);
  if (code != SQLITE_OK) fail_to_open(handle, mode, code);
  // SQLite falls back to reading where it may not write; that would show at the first write only.
  if (mode != Mode::kReadOnly && sqlite3_db_readonly(handle.db, "main") == 1) {
    throw sqlite_error("open", handle.path, Code::kReadOnly, "the file may only be read");
  }
  // SQLite takes a file of one byte for an empty one, whatever the byte, and would write over it.
  if (mode != Mode::kInMemory && size_of(handle.path) == 1) {
    throw sqlite_error("open", handle.path, SQLITE_NOTADB, 0, sqlite3_errstr(SQLITE_NOTADB));
  }
  sqlite3_busy_timeout(handle.db, static_cast<int>(std::clamp<std::int64_t>(options.lock_wait_ms, 0, INT_MAX)));
  // What others wrote into a file is data, not to be obeyed; and its own tables are not to be written over by SQL.
  sqlite3_db_config(handle.db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle.db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

void Connection::close() { handle_->close(); }

void Connection::execute(std::string_view script) {
  const std::string sql = checked_sql(script, handle_->path);
  struct Finalized {
    sqlite3_stmt* statement = nullptr;
    ~Finalized() { sqlite3_finalize(statement); }
  };
  for (const char* rest = sql.data(); *rest != '\0';) {
    Finalized one;
    handle_->ready();
    one.statement = handle_->prepare(sql, rest, &rest, 0);
    if (one.statement != nullptr) handle_->run(one.statement, "run a statement of");
  }
}

std::int64_t Connection::changes() const { return sqlite3_changes64(handle_->open_db()); }
std::int64_t Connection::last_insert_rowid() const { return sqlite3_last_insert_rowid(handle_->open_db()); }
bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_->open_db()) == 0; }
const std::string& Connection::path() const { return handle_->path; }
void Connection::interrupt() const { sqlite3_interrupt(handle_->open_db()); }

}  // namespace quipu::sqlite
