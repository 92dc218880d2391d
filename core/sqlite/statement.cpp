#include "sqlite/statement.h"

#include <new>
#include <utility>

#include "sqlite/handle.h"
#include "sqlite/sqlite_error.h"

namespace quipu::sqlite {
namespace {

// SQLite takes a null pointer for NULL, whatever the length; an empty view may have one.
const char* not_null(std::string_view value) { return value.data() == nullptr ? "" : value.data(); }

}  // namespace

Statement::Statement(Connection& connection, std::string_view sql) : handle_(connection.handle_) {
  const std::string text = checked_sql(sql, handle_->path);
  handle_->ready();
  const char* tail = nullptr;
  statement_ = handle_->prepare(text, text.data(), &tail, SQLITE_PREPARE_PERSISTENT);
  try {
    const char* more = nullptr;
    sqlite3_stmt* const second = *tail == '\0' ? nullptr : handle_->prepare(text, tail, &more, 0);
    const bool is_one = statement_ != nullptr && second == nullptr;
    sqlite3_finalize(second);
    if (!is_one)
      throw sqlite_error("prepare a statement of", handle_->path, Code::kMisuse, "the SQL is not one statement");
  } catch (...) {
    sqlite3_finalize(statement_);
    throw;
  }
}

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement::Statement(Statement&& other) noexcept
    : handle_(std::move(other.handle_)), statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  // The statement goes before the connection that it may be the last to hold.
  sqlite3_finalize(std::exchange(statement_, std::exchange(other.statement_, nullptr)));
  handle_ = std::move(other.handle_);
  return *this;
}

Statement& Statement::bound(int code) {
  if (code != SQLITE_OK) throw handle_->error("bind a value in a statement of", code);
  return *this;
}

Statement& Statement::bind_int(int parameter, std::int64_t value) {
  return bound(sqlite3_bind_int64(statement_, parameter, value));
}
Statement& Statement::bind_double(int parameter, double value) {
  return bound(sqlite3_bind_double(statement_, parameter, value));
}
Statement& Statement::bind_text(int parameter, std::string_view value) {
  return bound(
      sqlite3_bind_text64(statement_, parameter, not_null(value), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}
Statement& Statement::bind_blob(int parameter, std::string_view value) {
  return bound(sqlite3_bind_blob64(statement_, parameter, not_null(value), value.size(), SQLITE_TRANSIENT));
}
Statement& Statement::bind_null(int parameter) { return bound(sqlite3_bind_null(statement_, parameter)); }
void Statement::clear_bindings() noexcept { sqlite3_clear_bindings(statement_); }

bool Statement::step() {
  handle_->ready();
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  struct Reset {
    Statement& statement;
    ~Reset() { statement.reset(); }
  } const reset{*this};
  if (code != SQLITE_DONE) throw handle_->error("run a statement of", code);
  return false;
}

void Statement::run() {
  while (step()) {
  }
}

void Statement::reset() noexcept { sqlite3_reset(statement_); }  // it tells the error of the last step once more

void Statement::need_column(int column) const {
  if (column < 0 || column >= sqlite3_data_count(statement_)) {
    throw sqlite_error("read a column of a statement of", handle_->path, Code::kMisuse,
                       "there is no row, or no such column");
  }
}

int Statement::column_count() const { return sqlite3_column_count(statement_); }

Type Statement::type(int column) const {
  need_column(column);
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
      return Type::kInteger;
    case SQLITE_FLOAT:
      return Type::kDouble;
    case SQLITE_TEXT:
      return Type::kText;
    case SQLITE_BLOB:
      return Type::kBlob;
    default:
      return Type::kNull;
  }
}

std::int64_t Statement::integer(int column) const {
  need_column(column);
  return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
  need_column(column);
  return sqlite3_column_double(statement_, column);
}

std::string_view Statement::text(int column) const { return optional_text(column).value_or(std::string_view("")); }

std::optional<std::string_view> Statement::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  const unsigned char* const text = sqlite3_column_text(statement_, column);
  if (text == nullptr) throw std::bad_alloc();  // for the NUL behind it, or to convert it
  return std::string_view(reinterpret_cast<const char*>(text),
                          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::string_view Statement::blob(int column) const {
  need_column(column);
  const void* const bytes = sqlite3_column_blob(statement_, column);  // null for an empty one as well
  if (bytes == nullptr) {
    if (sqlite3_errcode(handle_->db) == SQLITE_NOMEM) throw std::bad_alloc();
    return "";
  }
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Statement::status(int op, bool reset) const { return sqlite3_stmt_status(statement_, op, reset ? 1 : 0); }

}  // namespace quipu::sqlite
