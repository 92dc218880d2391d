// sqlite/sqlite_error.h - how a result code of SQLite becomes a quipu::Error.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace quipu::sqlite {

// code: an extended result code. system_error: the errno that SQLite met, of use where it could not open a file, or read or
// write one; 0 where it is not known.
Code code_of_sqlite(int code, int system_error);

// `cannot <action> "<path>": <text>`, with the result code and text of SQLite as those of the lower layer. An empty path stands
// for a database in memory.
Error sqlite_error(std::string_view action, const std::string& path, int code, int system_error, std::string_view text);

// The same without SQLite's doing.
Error sqlite_error(std::string_view action, const std::string& path, Code code, std::string_view text);

}  // namespace quipu::sqlite
