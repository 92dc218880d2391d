// Every allocation of gzip, base64 and SQLite, each alone and in a second run with all that follow: the call says that memory
// is out or succeeds, nothing is lost of memory, and a database holds whole transactions.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cinttypes>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "crash/failing_sqlite.h"
#include "crypto/base64.h"
#include "gzip/gzip.h"
#include "sqlite/statement.h"
#include "sqlite/transaction.h"
#include "support/temporary_folder.h"

namespace quipu::test {
namespace {

// `check` is called after each, with whether memory ran out.
void fail_each(const char* name, const std::function<void()>& call, const std::function<void(bool)>& check) {
  call();  // what is made once and kept
  check(false);
  std::uint64_t refused = 0;
  std::uint64_t runs = 0;
  for (const bool stays_out : {false, true}) {
    for (std::uint64_t n = 1;; ++n) {
      const std::int64_t blocks = memory::live_blocks();
      const std::int64_t used = sqlite3_memory_used();
      (stays_out ? memory::plan_from : memory::plan_nth)(n);
      const bool out = runs_out(call);
      const bool struck = memory::struck();
      memory::forget();
      EXPECT_TRUE(struck || !out) << name << ", allocation " << n;
      EXPECT_EQ(memory::live_blocks(), blocks) << name << ", allocation " << n;
      EXPECT_EQ(sqlite3_memory_used(), used) << name << ", allocation " << n;
      check(out);
      if (testing::Test::HasFailure()) {
        std::printf("%s: allocation %" PRIu64 "%s\n", name, n, stays_out ? " and all that follow" : "");
        return;
      }
      ++runs;
      refused += out ? 1 : 0;
      if (!struck) break;
    }
  }
  std::printf("             %s: %" PRIu64 " runs, %" PRIu64 " refused\n", name, runs, refused);
  EXPECT_GT(refused, 0U) << name;
}

TEST(GroundAllocationFaults, Gzip) {
  std::string document;
  for (int i = 0; document.size() < 100000; ++i) document += "row " + std::to_string(i) + ", ";
  const std::string file = gzip::compress(document) + gzip::compress(document);
  std::string result;
  fail_each(
      "compress", [&] { result = gzip::compress(document); },
      [&](bool out) {
        if (!out) EXPECT_EQ(result.size() * 2, file.size());
        result = std::string();
      });
  fail_each(
      "decompress", [&] { result = gzip::decompress(file, {}); },
      [&](bool out) {
        if (!out) EXPECT_TRUE(result == document + document);
        result = std::string();
      });
}

TEST(GroundAllocationFaults, Base64) {
  const std::string bytes(1000, '\xa5');
  fail_each(
      "base64", [&] { EXPECT_EQ(crypto::base64_decode(crypto::base64_encode(bytes)), bytes); }, [](bool) {});
}

// ---- databases

using sqlite::Connection;
using sqlite::Mode;
using sqlite::Statement;
using sqlite::Transaction;

std::string one_value(Connection& connection, const char* sql) {
  Statement query(connection, sql);
  EXPECT_TRUE(query.step());
  return std::string(query.text(0));
}

// Three rows, and none of those in between.
void write(Connection& connection) {
  Statement insert(connection, "INSERT INTO t (v, kept) VALUES (?1, ?2)");
  const std::string large(20000, 'x');
  {
    Transaction transaction(connection, Transaction::Kind::kDeferred);
    connection.execute("CREATE TABLE u (v); DROP INDEX i");
    for (int i = 0; i < 3; ++i) insert.bind_text(1, large).bind_int(2, 0).run();
  }
  Transaction transaction(connection, Transaction::Kind::kImmediate);
  for (int i = 0; i < 3; ++i) insert.bind_blob(1, large).bind_int(2, 1).run();
  transaction.commit();
}

void read(Connection& connection) {
  Statement query(connection, "SELECT v, kept, CAST(v AS TEXT) || 'x' FROM t WHERE kept = ?1 ORDER BY id DESC LIMIT 9");
  query.bind_int(1, 1);
  while (query.step()) {
    EXPECT_EQ(query.blob(0).size(), 20000U);
    EXPECT_EQ(query.text(1), "1");
    EXPECT_EQ(query.text(2).size(), 20001U);
  }
}

class DatabaseAllocationFaults : public testing::TestWithParam<const char*> {
 protected:
  DatabaseAllocationFaults() {
    Connection connection(path_, Mode::kReadWriteCreate);
    connection.execute(std::string("PRAGMA journal_mode = ") + GetParam());
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v, kept INTEGER); CREATE INDEX i ON t (kept)");
  }

  // Whole transactions, and all of those that were acknowledged.
  void check(Connection& connection, bool out) {
    EXPECT_EQ(one_value(connection, "PRAGMA integrity_check"), "ok");
    const std::int64_t rows = std::stoll(one_value(connection, "SELECT count(*) FROM t"));
    EXPECT_EQ(one_value(connection, "SELECT count(*) FROM t WHERE kept = 0"), "0");
    EXPECT_EQ(one_value(connection, "SELECT count(*) FROM sqlite_schema"), "2");
    EXPECT_TRUE(rows == rows_ + 3 || (out && rows == rows_)) << rows << " rows, " << rows_ << " before";
    EXPECT_FALSE(connection.in_transaction());
    connection.execute("DELETE FROM t WHERE id > 3");
    rows_ = std::stoll(one_value(connection, "SELECT count(*) FROM t"));
  }

  const TemporaryFolder folder_{place_in_memory()};
  const std::string path_ = folder_ / "a.db";
  std::int64_t rows_ = 0;
};

TEST_P(DatabaseAllocationFaults, OfAConnectionFromOpenToClose) {
  fail_each(
      "open, write, read, close",
      [&] {
        Connection connection(path_, Mode::kReadWrite);
        write(connection);
        read(connection);
        connection.close();
      },
      [&](bool out) {
        Connection connection(path_, Mode::kReadWrite);
        check(connection, out);
      });
}

// The connection that was refused goes on.
TEST_P(DatabaseAllocationFaults, OfAConnectionThatGoesOn) {
  std::optional<Connection> connection;
  std::uint64_t refused = 0;
  for (const bool stays_out : {false, true}) {
    for (std::uint64_t n = 1;; ++n) {
      connection.emplace(path_, Mode::kReadWrite);
      read(*connection);
      (stays_out ? memory::plan_from : memory::plan_nth)(n);
      const bool out = runs_out([&] { write(*connection); });
      const bool struck = memory::struck();
      memory::forget();
      refused += out ? 1 : 0;
      check(*connection, out);
      write(*connection);
      check(*connection, false);
      connection->close();
      ASSERT_FALSE(HasFailure()) << "allocation " << n << (stays_out ? " and all that follow" : "");
      if (!struck) break;
    }
  }
  EXPECT_GT(refused, 0U);
}

INSTANTIATE_TEST_SUITE_P(Journal, DatabaseAllocationFaults, testing::Values("DELETE", "WAL"),
                         [](const auto& journal) { return journal.param; });

}  // namespace
}  // namespace quipu::test

int main(int argc, char** argv) {
  quipu::test::memory::take_over_openssl();
  quipu::test::take_over_sqlite();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
