// sqlite/statement.h - a prepared statement: bind, step, read columns.
//
//   Statement insert(connection, "INSERT INTO notes (id, text) VALUES (?1, ?2)");
//   insert.bind_int(1, 7).bind_text(2, text).run();
//
//   Statement query(connection, "SELECT text FROM notes WHERE id = ?1");
//   const ScopedReset reset(query);
//   query.bind_int(1, 7);
//   while (query.step()) use(query.text(0));
//
// A statement that is stepped and neither at its end nor reset keeps its transaction open, and with it a lock on the file:
// hence ScopedReset wherever one may be left before its end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "sqlite/connection.h"

struct sqlite3_stmt;

namespace quipu::sqlite {

enum class Type { kInteger, kDouble, kText, kBlob, kNull };

class Statement {
 public:
  // Exactly one statement; it is prepared to be used many times.
  Statement(Connection& connection, std::string_view sql);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;

  // Parameters count from 1 and keep their values until they are bound anew; what is not bound is NULL. Values are copied. No
  // binding between a step and the end or reset (kMisuse). Text is UTF-8; a NUL in it is kept, though functions of SQL may
  // take it for the end.
  Statement& bind_int(int parameter, std::int64_t value);
  Statement& bind_double(int parameter, double value);
  Statement& bind_text(int parameter, std::string_view value);
  Statement& bind_blob(int parameter, std::string_view value);
  Statement& bind_null(int parameter);
  void clear_bindings() noexcept;

  // True: there is a row. False: the end, and the statement is reset. After an error it is reset too.
  bool step();
  // Steps to the end.
  void run();
  void reset() noexcept;

  // Columns count from 0; kMisuse where there is no row or no such column. Values are converted as SQLite does: 0 for a text
  // that is no number. NULL is 0 and empty.
  int column_count() const;
  Type type(int column) const;
  bool is_null(int column) const { return type(column) == Type::kNull; }
  std::int64_t integer(int column) const;
  double real(int column) const;
  // Valid until the next step, reset, or reading of this column as another type.
  std::string_view text(int column) const;
  std::string_view blob(int column) const;
  std::optional<std::string_view> optional_text(int column) const;  // nothing: NULL

  // A counter of sqlite3_stmt_status, SQLITE_STMTSTATUS_...; reset: and set it to 0.
  std::int64_t status(int op, bool reset) const;

 private:
  void need_column(int column) const;
  Statement& bound(int code);

  std::shared_ptr<Handle> handle_;
  sqlite3_stmt* statement_ = nullptr;
};

// Leaves a statement as new, without values: they may be large, and are not for the next use.
class ScopedReset {
 public:
  explicit ScopedReset(Statement& statement) : statement_(statement) {}
  ~ScopedReset() {
    statement_.reset();
    statement_.clear_bindings();
  }
  ScopedReset(const ScopedReset&) = delete;
  ScopedReset& operator=(const ScopedReset&) = delete;

 private:
  Statement& statement_;
};

}  // namespace quipu::sqlite
