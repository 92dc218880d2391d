#include "sqlite/transaction.h"

#include "sqlite/handle.h"
#include "sqlite/sqlite_error.h"

namespace quipu::sqlite {

Transaction::Transaction(Connection& connection, Kind kind) : handle_(connection.handle_) {
  sqlite3* const db = handle_->ready();
  if (sqlite3_get_autocommit(db) == 0) {
    throw sqlite_error("begin a transaction on", handle_->path, Code::kMisuse, "one is open already");
  }
  handle_->prepare_ends();
  connection.execute(kind == Kind::kImmediate ? "BEGIN IMMEDIATE" : "BEGIN DEFERRED");
  handle_->has_transaction = true;
}

Transaction::~Transaction() {
  if (over_) return;
  handle_->has_transaction = false;
  try {
    handle_->roll_back();
  } catch (...) {  // NOLINT(bugprone-empty-catch): it stays due
  }
}

void Transaction::commit() {
  if (over_) throw sqlite_error("commit to", handle_->path, Code::kMisuse, "the transaction is over");
  handle_->ready();
  handle_->run(handle_->commit, "commit to");
  over_ = true;
  handle_->has_transaction = false;
}

}  // namespace quipu::sqlite
