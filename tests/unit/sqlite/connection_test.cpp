#include "sqlite/connection.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "os/paths.h"
#include "sqlite/statement.h"
#include "sqlite/transaction.h"
#include "support/errors.h"
#include "support/temporary_folder.h"

namespace quipu::sqlite {
namespace {

namespace stdfs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::string_literals::operator""s;
using test::code_in_child;
using test::error_of;
using test::TemporaryFolder;

constexpr const char* kTable = "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)";

std::int64_t count(Connection& connection, const std::string& table = "t") {
  Statement query(connection, "SELECT count(*) FROM " + table);
  const ScopedReset reset(query);
  EXPECT_TRUE(query.step());
  return query.integer(0);
}

// A database with so many rows of a thousand bytes.
void make_database(const std::string& path, int rows, const std::string& before = "") {
  Connection connection(path, Mode::kReadWriteCreate);
  connection.execute(before);
  connection.execute(kTable);
  Transaction transaction(connection, Transaction::Kind::kImmediate);
  Statement insert(connection, "INSERT INTO t (text) VALUES (?1)");
  for (int i = 0; i < rows; ++i) insert.bind_text(1, std::string(1000, 'x')).run();
  transaction.commit();
}

void expect_sqlite_error(const Error& error, Code code, const std::string& path, std::int64_t backend_code) {
  EXPECT_EQ(error.code(), code) << error.message();
  EXPECT_EQ(error.path(), path) << error.message();
  EXPECT_EQ(error.backend_code(), backend_code) << error.message();
  EXPECT_FALSE(error.backend_text().empty());
  EXPECT_EQ(error.message().rfind("cannot ", 0), 0U) << error.message();
  EXPECT_NE(error.message().find(error.backend_text()), std::string::npos) << error.message();
}

// ---- opening

TEST(Open, ModesSayWhatMayBeMissing) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.db";
  for (const Mode mode : {Mode::kReadOnly, Mode::kReadWrite}) {
    const Error error = error_of([&] { Connection(path, mode); });
    expect_sqlite_error(error, Code::kNotFound, path, SQLITE_CANTOPEN);
    EXPECT_EQ(error.message(), "cannot open \"" + path + "\": No such file or directory");
    EXPECT_FALSE(stdfs::exists(path));
  }
  EXPECT_EQ(error_of([&] { Connection(folder / "no/a.db", Mode::kReadWriteCreate); }).code(), Code::kNotFound);
  Connection(path, Mode::kReadWriteCreate).execute(kTable);
  Connection(path, Mode::kReadWrite).execute("INSERT INTO t (text) VALUES ('one')");
  Connection reader(path, Mode::kReadOnly);
  EXPECT_EQ(count(reader), 1);
  expect_sqlite_error(error_of([&] { reader.execute("INSERT INTO t (text) VALUES ('two')"); }), Code::kReadOnly, path,
                      SQLITE_READONLY);
  EXPECT_EQ(count(reader), 1);
}

TEST(Open, ADatabaseInMemoryHasNoPath) {
  Connection one("", Mode::kInMemory);
  Connection other("", Mode::kInMemory);
  one.execute(kTable);
  EXPECT_EQ(count(one), 0);
  const Error error = error_of([&] { count(other); });
  EXPECT_EQ(error.code(), Code::kInternal);
  EXPECT_EQ(error.message(), "cannot prepare a statement of the database in memory: no such table: t");
  EXPECT_EQ(error.path(), "");
  EXPECT_EQ(error_of([] { Connection("a.db", Mode::kInMemory); }).code(), Code::kInvalid);
}

TEST(Open, APathIsThatOfAFileWhateverItLooksLike) {
  const TemporaryFolder folder;
  for (const std::string& path : {""s, "a\0b"s}) {
    EXPECT_EQ(error_of([&] { Connection(path, Mode::kReadWriteCreate); }).code(), Code::kInvalid);
  }
  EXPECT_EQ(error_of([&] { Connection(folder / "a.db\0.txt"s, Mode::kReadWriteCreate); }).code(), Code::kInvalid);
  const stdfs::path before = stdfs::current_path();
  stdfs::current_path(folder.path());
  const char* const names[] = {"file:a.db",        "file:b.db?mode=memory", ":memory:",       ":c",
                               "d.db?mode=memory", "file:///tmp/e.db",      "caf\xc3\xa9 db", "%41.db"};
  stdfs::create_directories("file:/tmp");
  for (const std::string name : names) {
    Connection connection(name, Mode::kReadWriteCreate);
    connection.execute(kTable);
    connection.close();
    EXPECT_TRUE(stdfs::is_regular_file(name)) << name;
    Connection again(folder / name, Mode::kReadOnly);
    EXPECT_EQ(count(again), 0) << name;
  }
  stdfs::current_path(before);
}

TEST(Open, PathsThatAreTooLong) {
  const TemporaryFolder folder;
  const std::string path = folder / std::string(200, 'a') + "/" + std::string(200, 'b') + "/" + std::string(200, 'c');
  stdfs::create_directories(path);
  const Error error = error_of([&] { Connection(path + "/a.db", Mode::kReadWriteCreate); });
  EXPECT_EQ(error.code(), Code::kInvalid) << error.message();
  EXPECT_EQ(error_of([&] { Connection(folder / std::string(300, 'a'), Mode::kReadWriteCreate); }).code(),
            Code::kInvalid);
}

TEST(Open, FollowsLinksUnlessToldNotTo) {
  const TemporaryFolder folder;
  stdfs::create_directory(folder / "real");
  make_database(folder / "real/a.db", 1);
  stdfs::create_symlink(folder / "real/a.db", folder / "link.db");
  stdfs::create_symlink(folder / "real", folder / "link");
  const Options options{.follow_links = false};
  for (const Mode mode : {Mode::kReadOnly, Mode::kReadWrite, Mode::kReadWriteCreate}) {
    for (const std::string& path : {folder / "link.db", folder / "link/a.db"}) {
      Connection followed(path, mode);
      EXPECT_EQ(count(followed), 1);
      expect_sqlite_error(error_of([&] { Connection(path, mode, options); }), Code::kInvalid, path,
                          SQLITE_CANTOPEN_SYMLINK);
    }
    Connection connection(folder / "real/a.db", mode, options);
    EXPECT_EQ(count(connection), 1);
  }
}

TEST(Open, AFolderIsNoDatabase) {
  const TemporaryFolder folder;
  EXPECT_EQ(error_of([&] { Connection(folder.path(), Mode::kReadWriteCreate); }).code(), Code::kIo);
  EXPECT_EQ(error_of([&] {
              Connection connection(folder.path(), Mode::kReadOnly);
              count(connection);
            }).code(),
            Code::kIo);
}

// ---- what is in the file

TEST(Content, AFileThatIsNoDatabase) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.db";
  for (const std::string& content :
       {std::string(5000, 'x'), "{\"version\": 1}"s, "SQLite format 3"s, "\0"s, "x"s, "xy"s}) {
    std::ofstream(path, std::ios::binary) << content;
    for (const Mode mode : {Mode::kReadOnly, Mode::kReadWrite, Mode::kReadWriteCreate}) {
      for (const char* const sql : {"SELECT * FROM sqlite_schema", kTable, "PRAGMA journal_mode = WAL", "VACUUM"}) {
        const Error error = error_of([&] { Connection(path, mode).execute(sql); });
        expect_sqlite_error(error, Code::kNotAStore, path, SQLITE_NOTADB);
      }
    }
    EXPECT_EQ(os::read_file(os::native_file_system(), path), content);
  }
  std::ofstream(path, std::ios::trunc).flush();
  Connection empty(path, Mode::kReadOnly);
  EXPECT_EQ(count(empty, "sqlite_schema"), 0);
}

TEST(Content, ADamagedDatabase) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.db";
  make_database(path, 100);
  const std::string whole = os::read_file(os::native_file_system(), path);
  ASSERT_GT(whole.size(), 20U * 4096);
  const auto read_all = [&] {
    Connection connection(path, Mode::kReadOnly);
    Statement query(connection, "SELECT text FROM t");
    query.run();
  };
  read_all();
  std::string damaged = whole;
  damaged.replace(8 * 4096, 4096, 4096, '\xff');
  std::ofstream(path, std::ios::binary) << damaged;
  expect_sqlite_error(error_of(read_all), Code::kCorrupt, path, SQLITE_CORRUPT);
  // Cut in the middle.
  std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, 10 * 4096 + 100);
  const Error cut = error_of(read_all);
  EXPECT_EQ(cut.code(), Code::kCorrupt) << cut.message();
}

TEST(Content, TheSchemaOfAForeignFileIsNotTrusted) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.db";
  make_database(path, 1, "CREATE VIEW tame AS SELECT upper('a')");
  Connection connection(path, Mode::kReadWrite);
  EXPECT_EQ(count(connection, "tame"), 1);
  EXPECT_EQ(count(connection, "pragma_trusted_schema WHERE trusted_schema <> 0"), 0);
  EXPECT_EQ(count(connection, "pragma_trusted_schema"), 1);
  connection.execute("PRAGMA writable_schema = ON");
  const Error error = error_of([&] { connection.execute("UPDATE sqlite_schema SET sql = 'x'"); });
  EXPECT_EQ(error.backend_text(), "table sqlite_master may not be modified");
}

// ---- places that cannot be written, in a process of a user who is not root

class Unwritable : public testing::Test {
 protected:
  void SetUp() override {
    make_database(path_, 1);
    ::chmod(folder_.path().c_str(), 0755);
  }
  void TearDown() override { ::chmod(folder_.path().c_str(), 0755); }

  Code code_as_nobody(const std::function<void()>& call) {
    return code_in_child([&] {
      if (::geteuid() == 0 && ::setuid(65534) != 0) throw Error(Code::kInternal, "root cannot become another");
      call();
    });
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_ / "a.db";
};

TEST_F(Unwritable, AFileThatMayOnlyBeRead) {
  ::chmod(path_.c_str(), 0444);
  EXPECT_EQ(code_as_nobody([&] {
              Connection connection(path_, Mode::kReadOnly);
              if (count(connection) != 1) throw Error(Code::kInternal, "count");
            }),
            Code::kOk);
  EXPECT_EQ(code_as_nobody([&] { Connection(path_, Mode::kReadWrite); }), Code::kReadOnly);
  EXPECT_EQ(code_as_nobody([&] { Connection(path_, Mode::kReadWriteCreate); }), Code::kReadOnly);
}

TEST_F(Unwritable, AFolderThatMayOnlyBeRead) {
  ::chmod(path_.c_str(), 0666);
  ::chmod(folder_.path().c_str(), 0555);
  // The journal cannot be made.
  EXPECT_EQ(code_as_nobody([&] {
              Connection connection(path_, Mode::kReadWrite);
              if (count(connection) != 1) throw Error(Code::kInternal, "count");
              connection.execute("INSERT INTO t (text) VALUES ('two')");
            }),
            Code::kReadOnly);
  EXPECT_EQ(code_as_nobody([&] { Connection(folder_ / "b.db", Mode::kReadWriteCreate); }), Code::kReadOnly);
}

TEST_F(Unwritable, AFileThatMayNotBeRead) {
  ::chmod(path_.c_str(), 0000);
  EXPECT_EQ(code_as_nobody([&] { Connection(path_, Mode::kReadOnly); }), Code::kIo);
}

// ---- no room

TEST(Full, PagesThatTheDatabaseMayNotTake) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.db";
  make_database(path, 1);
  Connection connection(path, Mode::kReadWrite);
  connection.execute("PRAGMA max_page_count = 10");
  Statement insert(connection, "INSERT INTO t (text) VALUES (?1)");
  expect_sqlite_error(error_of([&] {
                        Transaction transaction(connection, Transaction::Kind::kImmediate);
                        for (int i = 0; i < 1000; ++i) insert.bind_text(1, std::string(1000, 'x')).run();
                        transaction.commit();
                      }),
                      Code::kFull, path, SQLITE_FULL);
  EXPECT_EQ(count(connection), 1);
  connection.execute("PRAGMA max_page_count = 10000");
  insert.bind_text(1, "later").run();
  EXPECT_EQ(count(connection), 2);
}

TEST(Full, SizeThatAFileMayNotHave) {
  for (const char* const journal : {"PRAGMA journal_mode = DELETE", "PRAGMA journal_mode = WAL"}) {
    const TemporaryFolder folder;
    const std::string path = folder / "a.db";
    make_database(path, 1, journal);
    EXPECT_EQ(code_in_child([&] {
                ::signal(SIGXFSZ, SIG_IGN);
                rlimit limit{};
                ::getrlimit(RLIMIT_FSIZE, &limit);
                limit.rlim_cur = 200000;
                ::setrlimit(RLIMIT_FSIZE, &limit);
                Connection connection(path, Mode::kReadWrite);
                Transaction transaction(connection, Transaction::Kind::kImmediate);
                Statement insert(connection, "INSERT INTO t (text) VALUES (?1)");
                for (int i = 0; i < 1000; ++i) insert.bind_text(1, std::string(1000, 'x')).run();
                transaction.commit();
              }),
              Code::kFull)
        << journal;
    Connection connection(path, Mode::kReadWrite);
    EXPECT_EQ(count(connection), 1) << journal;
    connection.execute("INSERT INTO t (text) VALUES ('later')");
    EXPECT_EQ(count(connection), 2) << journal;
  }
}

// ---- locks

TEST(Lock, AWaitIsBounded) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.db";
  for (const char* const journal : {"PRAGMA journal_mode = DELETE", "PRAGMA journal_mode = WAL"}) {
    stdfs::remove(path);
    make_database(path, 1, journal);
    Connection one(path, Mode::kReadWrite);
    Transaction held(one, Transaction::Kind::kImmediate);
    one.execute("INSERT INTO t (text) VALUES ('one')");
    for (const std::int64_t wait : {-5, 0, 300}) {
      Connection other(path, Mode::kReadWrite, {.lock_wait_ms = wait});
      const auto before = steady_clock::now();
      const Error error = error_of([&] { Transaction(other, Transaction::Kind::kImmediate); });
      const auto took = steady_clock::now() - before;
      expect_sqlite_error(error, Code::kBusy, path, SQLITE_BUSY);
      EXPECT_TRUE(error.retryable());
      EXPECT_GE(took, milliseconds(wait * 8 / 10)) << wait;
      EXPECT_LT(took, milliseconds(wait + 3000)) << wait;
      EXPECT_FALSE(other.in_transaction());
      EXPECT_EQ(count(other), 1);  // reading goes on
    }
    held.commit();
  }
}

TEST(Lock, AWaitEndsWhenTheLockIsFree) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.db";
  make_database(path, 0);
  constexpr int kEach = 60;
  const auto write = [&] {
    Connection connection(path, Mode::kReadWrite, {.lock_wait_ms = 60'000});
    connection.execute("PRAGMA synchronous = OFF");
    Statement insert(connection, "INSERT INTO t (text) VALUES ('x')");
    for (int i = 0; i < kEach; ++i) {
      Transaction transaction(connection, Transaction::Kind::kImmediate);
      insert.run();
      transaction.commit();
    }
  };
  std::thread other(write);
  write();
  other.join();
  Connection connection(path, Mode::kReadOnly);
  EXPECT_EQ(count(connection), 2 * kEach);
}

TEST(Lock, WhatWouldBeADeadlockIsBusyAtOnce) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.db";
  make_database(path, 1, "PRAGMA journal_mode = WAL");
  Connection one(path, Mode::kReadWrite, {.lock_wait_ms = 60'000});
  Connection other(path, Mode::kReadWrite, {.lock_wait_ms = 60'000});
  Transaction reader(one, Transaction::Kind::kDeferred);
  EXPECT_EQ(count(one), 1);
  other.execute("INSERT INTO t (text) VALUES ('other')");
  const auto before = steady_clock::now();
  expect_sqlite_error(error_of([&] { one.execute("INSERT INTO t (text) VALUES ('one')"); }), Code::kBusy, path,
                      SQLITE_BUSY_SNAPSHOT);
  EXPECT_LT(steady_clock::now() - before, milliseconds(10'000));
  EXPECT_EQ(count(one), 1);  // the transaction goes on reading
}

// ---- the connection itself

TEST(Connection, CloseIsRefusedWhileItIsInUse) {
  const TemporaryFolder folder;
  Connection connection(folder / "a.db", Mode::kReadWriteCreate);
  connection.execute(kTable);
  {
    Statement statement(connection, "SELECT 1");
    EXPECT_EQ(error_of([&] { connection.close(); }).code(), Code::kMisuse);
    EXPECT_TRUE(statement.step());
  }
  {
    Transaction transaction(connection, Transaction::Kind::kImmediate);
    EXPECT_EQ(error_of([&] { connection.close(); }).code(), Code::kMisuse);
  }
  connection.close();
  connection.close();
  EXPECT_EQ(error_of([&] { connection.execute("SELECT 1"); }).code(), Code::kClosed);
  EXPECT_EQ(error_of([&] { Statement(connection, "SELECT 1"); }).code(), Code::kClosed);
  EXPECT_EQ(error_of([&] { Transaction(connection, Transaction::Kind::kDeferred); }).code(), Code::kClosed);
  EXPECT_EQ(error_of([&] { static_cast<void>(connection.changes()); }).code(), Code::kClosed);
  Connection again(folder / "a.db", Mode::kReadWrite, {.lock_wait_ms = 0});
  again.execute("INSERT INTO t (text) VALUES ('x')");
}

TEST(Connection, WhatOutlivesItKeepsTheDatabase) {
  std::optional<Connection> connection(std::in_place, "", Mode::kInMemory);
  connection->execute(kTable);
  Statement insert(*connection, "INSERT INTO t (text) VALUES ('x') RETURNING id");
  connection.reset();
  EXPECT_TRUE(insert.step());
  EXPECT_EQ(insert.integer(0), 1);
}

TEST(Connection, RunsScripts) {
  Connection connection("", Mode::kInMemory);
  connection.execute("");
  connection.execute(" ; -- nothing\n /* at all */ ;");
  connection.execute(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT); -- the table\n"
      "INSERT INTO t (text) VALUES ('a;b'), ('two'); SELECT * FROM t; INSERT INTO t VALUES (9, '')\n;\n");
  EXPECT_EQ(count(connection), 3);
  EXPECT_EQ(connection.changes(), 1);
  EXPECT_EQ(connection.last_insert_rowid(), 9);
  connection.execute("UPDATE t SET text = 'z' WHERE id < 5");
  EXPECT_EQ(connection.changes(), 2);
  // Those before the one that fails stay done.
  const Error error =
      error_of([&] { connection.execute("DELETE FROM t WHERE id = 9; DELETE FROM nowhere; DELETE FROM t"); });
  EXPECT_EQ(error.code(), Code::kInternal);
  EXPECT_EQ(error.backend_code(), SQLITE_ERROR);
  EXPECT_EQ(count(connection), 2);
  EXPECT_EQ(error_of([&] { connection.execute("DELETE FROM t\0 WHERE id = 9"s); }).code(), Code::kInvalid);
  EXPECT_EQ(count(connection), 2);
}

TEST(Connection, InterruptEndsWhatRuns) {
  Connection connection("", Mode::kInMemory);
  std::atomic<bool> over{false};
  std::thread other([&] {
    while (!over) {
      connection.interrupt();
      std::this_thread::sleep_for(milliseconds(1));
    }
  });
  const Error error = error_of([&] {
    connection.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n");
  });
  over = true;
  other.join();
  expect_sqlite_error(error, Code::kCancelled, "", SQLITE_INTERRUPT);
  connection.execute(kTable);
}

TEST(Connection, EveryKindOfConstraint) {
  Connection connection("", Mode::kInMemory);
  connection.execute(
      "PRAGMA foreign_keys = ON; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE, b INT CHECK (b > 0),"
      "c TEXT NOT NULL DEFAULT '', d INT REFERENCES t (id)); INSERT INTO t (a) VALUES ('x')");
  const std::pair<const char*, int> cases[] = {
      {"INSERT INTO t (id) VALUES (1)", SQLITE_CONSTRAINT_PRIMARYKEY},
      {"INSERT INTO t (a) VALUES ('x')", SQLITE_CONSTRAINT_UNIQUE},
      {"INSERT INTO t (b) VALUES (0)", SQLITE_CONSTRAINT_CHECK},
      {"INSERT INTO t (c) VALUES (NULL)", SQLITE_CONSTRAINT_NOTNULL},
      {"INSERT INTO t (d) VALUES (7)", SQLITE_CONSTRAINT_FOREIGNKEY},
  };
  for (const auto& [sql, code] : cases) {
    expect_sqlite_error(error_of([&, sql = sql] { connection.execute(sql); }), Code::kConstraint, "", code);
  }
  EXPECT_EQ(error_of([&] { connection.execute("INSERT INTO t (id) VALUES ('x')"); }).code(), Code::kInvalid);
  EXPECT_EQ(error_of([&] { connection.execute("SELEKT"); }).code(), Code::kInternal);
  EXPECT_EQ(error_of([&] { connection.execute("SELECT zeroblob(2000000000)"); }).code(), Code::kInvalid);
}

}  // namespace
}  // namespace quipu::sqlite
