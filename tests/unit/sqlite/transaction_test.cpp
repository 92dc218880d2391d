#include "sqlite/transaction.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <optional>

#include "sqlite/statement.h"
#include "support/errors.h"
#include "support/temporary_folder.h"

namespace quipu::sqlite {
namespace {

using test::error_of;
using Kind = Transaction::Kind;

class TransactionTest : public testing::Test {
 protected:
  TransactionTest() { connection_.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)"); }

  static std::int64_t count(Connection& connection) {
    Statement query(connection, "SELECT count(*) FROM t");
    EXPECT_TRUE(query.step());
    return query.integer(0);
  }

  const test::TemporaryFolder folder_;
  Connection connection_{folder_ / "a.db", Mode::kReadWriteCreate};
  Connection other_{folder_ / "a.db", Mode::kReadWriteCreate, {.lock_wait_ms = 0}};
};

TEST_F(TransactionTest, CommitsOrLeavesNothing) {
  for (const Kind kind : {Kind::kDeferred, Kind::kImmediate}) {
    const std::int64_t before = count(other_);
    {
      Transaction transaction(connection_, kind);
      EXPECT_TRUE(connection_.in_transaction());
      connection_.execute("INSERT INTO t (v) VALUES (1); INSERT INTO t (v) VALUES (2)");
      EXPECT_EQ(count(connection_), before + 2);
    }
    EXPECT_FALSE(connection_.in_transaction());
    EXPECT_EQ(count(connection_), before);
    try {
      Transaction transaction(connection_, kind);
      connection_.execute("INSERT INTO t (v) VALUES (1)");
      throw 7;
    } catch (int) {
    }
    EXPECT_EQ(count(connection_), before);
    Transaction transaction(connection_, kind);
    connection_.execute("INSERT INTO t (v) VALUES (1); INSERT INTO t (v) VALUES (2)");
    EXPECT_EQ(count(other_), before);
    transaction.commit();
    EXPECT_FALSE(connection_.in_transaction());
    EXPECT_EQ(count(other_), before + 2);
    EXPECT_EQ(error_of([&] { transaction.commit(); }).code(), Code::kMisuse);
  }
}

TEST_F(TransactionTest, OneAtATime) {
  Transaction transaction(connection_, Kind::kDeferred);
  EXPECT_EQ(error_of([&] { Transaction(connection_, Kind::kImmediate); }).code(), Code::kMisuse);
  connection_.execute("INSERT INTO t (v) VALUES (1)");
  transaction.commit();
  EXPECT_EQ(count(other_), 1);
}

TEST_F(TransactionTest, DeferredLocksWhenItWrites) {
  Transaction deferred(connection_, Kind::kDeferred);
  {
    Transaction immediate(other_, Kind::kImmediate);
    immediate.commit();
  }
  connection_.execute("INSERT INTO t (v) VALUES (1)");
  EXPECT_EQ(error_of([&] { Transaction(other_, Kind::kImmediate); }).code(), Code::kBusy);
}

TEST_F(TransactionTest, ACommitThatIsBusyCanBeMadeAgain) {
  connection_.execute("INSERT INTO t (v) VALUES (1), (2)");
  std::optional<Statement> reads(std::in_place, other_, "SELECT * FROM t");
  ASSERT_TRUE(reads->step());
  Connection writer(folder_ / "a.db", Mode::kReadWrite, {.lock_wait_ms = 0});
  Transaction transaction(writer, Kind::kImmediate);
  writer.execute("INSERT INTO t (v) VALUES (3)");
  EXPECT_EQ(error_of([&] { transaction.commit(); }).code(), Code::kBusy);
  EXPECT_TRUE(writer.in_transaction());
  reads.reset();
  transaction.commit();
  EXPECT_EQ(count(other_), 3);
}

TEST_F(TransactionTest, NothingIsWrittenBehindARollbackOfSqliteItself) {
  {
    Transaction transaction(connection_, Kind::kImmediate);
    Statement insert(connection_, "INSERT INTO t (v) VALUES (?1)");
    insert.bind_text(1, "small").run();
    // OR ROLLBACK: as SQLite does of itself for some failures.
    EXPECT_EQ(error_of([&] { connection_.execute("INSERT OR ROLLBACK INTO t (id) VALUES (1)"); }).code(),
              Code::kConstraint);
    EXPECT_FALSE(connection_.in_transaction());
    EXPECT_EQ(error_of([&] { insert.run(); }).code(), Code::kMisuse);
    EXPECT_EQ(error_of([&] { connection_.execute("INSERT INTO t (v) VALUES (1)"); }).code(), Code::kMisuse);
    EXPECT_EQ(error_of([&] { transaction.commit(); }).code(), Code::kMisuse);
  }
  EXPECT_EQ(count(other_), 0);
  connection_.execute("INSERT INTO t (v) VALUES (1)");
  EXPECT_EQ(count(other_), 1);
}

TEST_F(TransactionTest, ReadsUnderWayEndWithARollbackThatChangesTheSchema) {
  connection_.execute("INSERT INTO t (v) VALUES (1), (2)");
  std::optional<Transaction> transaction(std::in_place, connection_, Kind::kImmediate);
  connection_.execute("CREATE TABLE u (v)");
  Statement query(connection_, "SELECT * FROM t");
  ASSERT_TRUE(query.step());
  transaction.reset();
  EXPECT_EQ(error_of([&] { query.step(); }).backend_code(), SQLITE_ABORT_ROLLBACK);
  EXPECT_TRUE(query.step());
}

TEST_F(TransactionTest, MayOutliveItsConnection) {
  std::optional<Connection> connection(std::in_place, folder_ / "a.db", Mode::kReadWrite);
  {
    Transaction transaction(*connection, Kind::kImmediate);
    connection->execute("INSERT INTO t (v) VALUES (1)");
    connection.reset();
    EXPECT_EQ(error_of([&] { Transaction(other_, Kind::kImmediate); }).code(), Code::kBusy);
  }
  EXPECT_EQ(count(other_), 0);
  Transaction(other_, Kind::kImmediate).commit();
}

}  // namespace
}  // namespace quipu::sqlite
