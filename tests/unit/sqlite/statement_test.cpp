#include "sqlite/statement.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <limits>

#include "sqlite/transaction.h"
#include "support/errors.h"
#include "support/temporary_folder.h"

namespace quipu::sqlite {
namespace {

using std::string_literals::operator""s;
using test::error_of;

class StatementTest : public testing::Test {
 protected:
  StatementTest() { connection_.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v)"); }

  Connection connection_{"", Mode::kInMemory};
};

TEST_F(StatementTest, ValuesComeBackWithTheirTypes) {
  Statement insert(connection_, "INSERT INTO t (id, v) VALUES (?1, ?2)");
  Statement query(connection_, "SELECT v, typeof(v) FROM t WHERE id = ?1");
  std::int64_t id = 0;
  const auto back = [&]() -> Statement& {
    insert.bind_int(1, ++id).run();
    insert.clear_bindings();
    query.reset();
    query.bind_int(1, id);
    EXPECT_TRUE(query.step());
    return query;
  };
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
                                   std::numeric_limits<std::int64_t>::max()}) {
    insert.bind_int(2, value);
    EXPECT_EQ(back().integer(0), value);
    EXPECT_EQ(query.type(0), Type::kInteger);
  }
  for (const double value : {0.5, -0.0, 1e300, std::numeric_limits<double>::infinity()}) {
    insert.bind_double(2, value);
    EXPECT_EQ(back().real(0), value);
    EXPECT_EQ(query.type(0), Type::kDouble);
  }
  for (const std::string& value : {""s, "a"s, "a\0b"s, "\0"s, "caf\xc3\xa9"s, std::string(100000, 'x') + "\0y"s}) {
    insert.bind_text(2, value);
    EXPECT_EQ(back().text(0), value);
    EXPECT_EQ(query.optional_text(0), value);
    EXPECT_EQ(query.type(0), Type::kText);
    EXPECT_FALSE(query.is_null(0));
  }
  for (const std::string& value : {""s, "\0\xff\0"s, std::string(100000, '\xee')}) {
    insert.bind_blob(2, value);
    EXPECT_EQ(back().blob(0), value);
    EXPECT_EQ(query.type(0), Type::kBlob);
    EXPECT_NE(query.blob(0).data(), nullptr);
  }
  // An empty view has no pointer, and is not NULL for that.
  insert.bind_text(2, {});
  EXPECT_EQ(back().type(0), Type::kText);
  insert.bind_blob(2, {});
  EXPECT_EQ(back().type(0), Type::kBlob);
  insert.bind_null(2);
  EXPECT_EQ(back().type(0), Type::kNull);
  EXPECT_TRUE(query.is_null(0));
  EXPECT_EQ(query.text(0), "");
  EXPECT_EQ(query.optional_text(0), std::nullopt);
  EXPECT_EQ(query.integer(0), 0);
  EXPECT_EQ(query.text(1), "null");
  EXPECT_EQ(back().type(0), Type::kNull) << "what is not bound is NULL";
}

TEST_F(StatementTest, ALargeTextComesBack) {
  std::string large(64 << 20, 'x');
  large[large.size() / 2] = '\0';
  large.back() = 'y';
  Statement(connection_, "INSERT INTO t (v) VALUES (?1)").bind_text(1, large).run();
  Statement query(connection_, "SELECT v FROM t");
  ASSERT_TRUE(query.step());
  EXPECT_TRUE(query.text(0) == large);
}

TEST_F(StatementTest, ValuesAreCopied) {
  Statement insert(connection_, "INSERT INTO t (v) VALUES (?1), (?2)");
  {
    std::string text = "a text that is gone before it is used";
    insert.bind_text(1, text).bind_blob(2, text);
    text.assign(text.size(), '#');
  }
  insert.run();
  Statement query(connection_, "SELECT v FROM t");
  while (query.step()) EXPECT_EQ(query.text(0), "a text that is gone before it is used");
}

TEST_F(StatementTest, StepsAndEndsAndBeginsAnew) {
  connection_.execute("INSERT INTO t (v) VALUES (1), (2), (3)");
  Statement query(connection_, "SELECT v FROM t WHERE v >= ?1 ORDER BY v");
  EXPECT_EQ(query.column_count(), 1);
  for (int round = 0; round < 2; ++round) {
    query.bind_int(1, 2);
    std::string seen;
    while (query.step()) seen += query.text(0);
    EXPECT_EQ(seen, "23");
    EXPECT_EQ(error_of([&] { query.text(0); }).code(), Code::kMisuse) << "there is no row behind the end";
  }
  EXPECT_EQ(error_of([&] { query.integer(0); }).code(), Code::kMisuse);
  EXPECT_TRUE(query.step());
  for (const int column : {-1, 1, 1000}) {
    EXPECT_EQ(error_of([&] { query.real(column); }).code(), Code::kMisuse);
    EXPECT_EQ(error_of([&] { query.blob(column); }).code(), Code::kMisuse);
  }
  EXPECT_EQ(error_of([&] { query.bind_int(1, 2); }).code(), Code::kMisuse) << "it is in the middle";
  query.reset();
  query.bind_int(1, 3);
  EXPECT_TRUE(query.step());
  EXPECT_EQ(query.integer(0), 3);
  for (const int parameter : {0, 2, -1}) {
    EXPECT_EQ(error_of([&] {
                query.reset();
                query.bind_int(parameter, 1);
              }).code(),
              Code::kMisuse);
  }
}

TEST_F(StatementTest, IsOneStatement) {
  for (const char* const sql : {"", " ", "-- nothing", ";", "SELECT 1; SELECT 2", "SELECT 1;;SELECT 2"}) {
    EXPECT_EQ(error_of([&] { Statement(connection_, sql); }).code(), Code::kMisuse) << sql;
  }
  EXPECT_EQ(error_of([&] { Statement(connection_, "SELECT 1\0"s); }).code(), Code::kInvalid);
  EXPECT_EQ(error_of([&] { Statement(connection_, "SELECT 1; SELEKT"); }).code(), Code::kInternal);
  for (const char* const sql : {"SELECT 1;", "SELECT 1; -- one", "/* one */ SELECT 1 ; ;\n"}) {
    EXPECT_TRUE(Statement(connection_, sql).step()) << sql;
  }
}

TEST_F(StatementTest, AfterAnErrorItCanBeUsedAgain) {
  Statement insert(connection_, "INSERT INTO t (id, v) VALUES (?1, ?2)");
  insert.bind_int(1, 1).run();
  EXPECT_EQ(error_of([&] { insert.run(); }).code(), Code::kConstraint);
  insert.bind_int(1, 2).run();
  EXPECT_EQ(connection_.changes(), 1);
  EXPECT_EQ(connection_.last_insert_rowid(), 2);
}

TEST_F(StatementTest, Moves) {
  Statement one(connection_, "SELECT 1");
  Statement other(connection_, "SELECT 2");
  EXPECT_TRUE(other.step());
  one = std::move(other);
  EXPECT_EQ(one.integer(0), 2);
  Statement third(std::move(one));
  EXPECT_EQ(third.integer(0), 2);
}

TEST_F(StatementTest, CountsItsSteps) {
  connection_.execute("INSERT INTO t (v) VALUES (1), (2), (3)");
  Statement scan(connection_, "SELECT * FROM t WHERE v = 3");
  scan.run();
  EXPECT_EQ(scan.status(SQLITE_STMTSTATUS_FULLSCAN_STEP, false), 2);
  EXPECT_EQ(scan.status(SQLITE_STMTSTATUS_FULLSCAN_STEP, true), 2);
  EXPECT_EQ(scan.status(SQLITE_STMTSTATUS_FULLSCAN_STEP, false), 0);
  Statement seek(connection_, "SELECT * FROM t WHERE id = 3");
  seek.run();
  EXPECT_EQ(seek.status(SQLITE_STMTSTATUS_FULLSCAN_STEP, false), 0);
  EXPECT_GT(seek.status(SQLITE_STMTSTATUS_VM_STEP, false), 0);
}

TEST(ScopedReset, LeavesNoLockAndNoValue) {
  const test::TemporaryFolder folder;
  Connection reader(folder / "a.db", Mode::kReadWriteCreate);
  reader.execute("CREATE TABLE t (v); INSERT INTO t VALUES (1), (2)");
  Connection writer(folder / "a.db", Mode::kReadWrite, {.lock_wait_ms = 0});
  Statement query(reader, "SELECT v, ?1 FROM t");
  {
    const ScopedReset reset(query);
    query.bind_text(1, "bound");
    ASSERT_TRUE(query.step());
    EXPECT_EQ(error_of([&] { writer.execute("INSERT INTO t VALUES (3)"); }).code(), Code::kBusy);
  }
  writer.execute("INSERT INTO t VALUES (3)");
  ASSERT_TRUE(query.step());
  EXPECT_TRUE(query.is_null(1));
}

}  // namespace
}  // namespace quipu::sqlite
