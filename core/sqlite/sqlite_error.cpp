#include "sqlite/sqlite_error.h"

#include <sqlite3.h>

#include "os/os_error.h"

namespace quipu::sqlite {
namespace {

// What the operating system refused. SQLite has one code for a file that is missing and for one that may not be opened.
Code code_of_file(int system_error, Code unknown) {
  return system_error == 0 ? unknown : os::code_of_errno(system_error);
}

}  // namespace

Code code_of_sqlite(int code, int system_error) {
  switch (code) {  // where the extended code tells something else than the primary one
    case SQLITE_IOERR_NOMEM:
      return Code::kNoMemory;
    case SQLITE_CANTOPEN_SYMLINK:
      return Code::kInvalid;
    case SQLITE_READONLY_DBMOVED:  // the file was renamed or removed while it is open
      return Code::kIo;
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:  // a race for the locks of the WAL that was lost many times
      return Code::kBusy;
    case SQLITE_FULL:
      return Code::kFull;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Code::kReadOnly;
    case SQLITE_CANTOPEN:
      return code_of_file(system_error, Code::kIo);
    case SQLITE_IOERR:
      // SQLite has its own code for ENOSPC of a write, but not for a quota or a limit on the size of files.
      return code_of_file(system_error, Code::kIo) == Code::kFull ? Code::kFull : Code::kIo;
    case SQLITE_CORRUPT:
      return Code::kCorrupt;
    case SQLITE_NOTADB:
      return Code::kNotAStore;
    case SQLITE_NOMEM:
      return Code::kNoMemory;
    case SQLITE_CONSTRAINT:
      return Code::kConstraint;
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:  // a value that cannot be a rowid
      return Code::kInvalid;
    case SQLITE_INTERRUPT:
      return Code::kCancelled;
    case SQLITE_SCHEMA:  // changed by others, again and again
      return Code::kConflict;
    case SQLITE_ABORT:  // a read that was under way when its transaction was rolled back
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      return Code::kMisuse;
    case SQLITE_NOLFS:
      return Code::kUnsupported;
    default:
      return Code::kInternal;  // SQLITE_ERROR among them: SQL that is not right
  }
}

Error sqlite_error(std::string_view action, const std::string& path, int code, int system_error,
                   std::string_view text) {
  Error error = sqlite_error(action, path, code_of_sqlite(code, system_error), text);
  error.because(code, std::string(text));
  return error;
}

Error sqlite_error(std::string_view action, const std::string& path, Code code, std::string_view text) {
  std::string message = "cannot ";
  message.append(action) += ' ';
  message.append(path.empty() ? "the database in memory" : os::quoted(path)).append(": ").append(text);
  Error error(code, std::move(message));
  error.at_path(path);
  return error;
}

}  // namespace quipu::sqlite
