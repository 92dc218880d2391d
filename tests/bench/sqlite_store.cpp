// SQLite as a user would set it up for the same task: WAL mode, synchronous=FULL, prepared statements, an index by id.
#include <sqlite3.h>

#include <mutex>

#include "bench/competitor.h"

namespace bench {
namespace {

constexpr int kBusyMs = 60000;
// Enough commits for the WAL (1,000 pages until its checkpoint) to start over a few times.
constexpr int kWarmCommits = 2000;

class Database {
 public:
  explicit Database(const std::filesystem::path& path) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    expect(sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr), SQLITE_OK);
    sqlite3_busy_timeout(handle_, kBusyMs);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close_v2(handle_); }

  sqlite3* handle() const { return handle_; }

  void run(const char* sql) { expect(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr), SQLITE_OK); }

  void expect(int result, int expected) const {
    if (result != expected) throw std::runtime_error(std::string("SQLite: ") + sqlite3_errmsg(handle_));
  }

 private:
  sqlite3* handle_ = nullptr;
};

class Statement {
 public:
  Statement(const Database& database, const char* sql) : database_(database) {
    database.expect(sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr),
                    SQLITE_OK);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  void bind(int index, const std::string& text) {
    database_.expect(sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC),
                     SQLITE_OK);
  }
  void step() {
    const int result = sqlite3_step(statement_);
    sqlite3_reset(statement_);
    database_.expect(result, SQLITE_DONE);
  }
  std::int64_t number() {
    database_.expect(sqlite3_step(statement_), SQLITE_ROW);
    const std::int64_t value = sqlite3_column_int64(statement_, 0);
    sqlite3_reset(statement_);
    return value;
  }

 private:
  const Database& database_;
  sqlite3_stmt* statement_ = nullptr;
};

std::unique_ptr<Database> open_database(const std::filesystem::path& path, SqliteWal wal) {
  auto database = std::make_unique<Database>(path);
  database->run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
  if (wal == SqliteWal::kGrowing) database->run("PRAGMA wal_autocheckpoint=0");
  database->run("CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, id TEXT, body TEXT)");
  return database;
}

// A connection with its statements.
class Connection {
 public:
  Connection(const std::filesystem::path& path, SqliteWal wal)
      : database_(open_database(path, wal)),
        begin_(*database_, "BEGIN IMMEDIATE"),
        insert_(*database_, "INSERT INTO events (id, body) VALUES (?1, ?2)"),
        commit_(*database_, "COMMIT") {}

  void put(const Prepared& record) {
    insert_.bind(1, record.record.id);
    insert_.bind(2, record.record.json);
    insert_.step();
  }

  void put_many(std::span<const Prepared> records) {
    begin_.step();
    for (const Prepared& record : records) put(record);
    commit_.step();
  }

  Database& database() { return *database_; }

 private:
  std::unique_ptr<Database> database_;
  Statement begin_;
  Statement insert_;
  Statement commit_;
};

class OwnConnection final : public Session {
 public:
  OwnConnection(const std::filesystem::path& path, SqliteWal wal) : connection_(path, wal) {}
  void put(const Prepared& record) override { connection_.put(record); }
  void put_many(std::span<const Prepared> records) override { connection_.put_many(records); }

 private:
  Connection connection_;
};

class SharedConnection final : public Session {
 public:
  SharedConnection(Connection& connection, std::mutex& mutex) : connection_(connection), mutex_(mutex) {}
  void put(const Prepared& record) override {
    const std::lock_guard lock(mutex_);
    connection_.put(record);
  }
  void put_many(std::span<const Prepared> records) override {
    const std::lock_guard lock(mutex_);
    connection_.put_many(records);
  }

 private:
  Connection& connection_;
  std::mutex& mutex_;
};

class SqliteCompetitor final : public Competitor {
 public:
  SqliteCompetitor(std::string name, SqliteWal wal, SqliteIndex index, SqliteThreads threads)
      : Competitor(std::move(name)), wal_(wal), index_(index), threads_(threads) {}

  bool fresh_each_round() const override { return wal_ == SqliteWal::kGrowing; }

  void open(const std::filesystem::path& folder) override {
    path_ = folder / "events.db";
    // Stays open: when the last connection goes, the WAL goes too.
    connection_ = std::make_unique<Connection>(path_, wal_);
    Database& database = connection_->database();
    if (index_ == SqliteIndex::kById) database.run("CREATE INDEX events_id ON events (id)");
    if (wal_ == SqliteWal::kGrowing) return;
    database.run("PRAGMA synchronous=OFF");
    for (const Prepared& record : prepare(kWarmRecords, kWarmCommits)) connection_->put(record);
    database.run("PRAGMA synchronous=FULL");
    warm_ = kWarmCommits;
  }

  std::unique_ptr<Session> session() override {
    if (threads_ == SqliteThreads::kMutex) return std::make_unique<SharedConnection>(*connection_, mutex_);
    return std::make_unique<OwnConnection>(path_, wal_);
  }

  std::int64_t count() override {
    return Statement(connection_->database(), "SELECT count(*) FROM events").number() - warm_;
  }

  void close() override { connection_.reset(); }

 private:
  static constexpr std::uint64_t kWarmRecords = 1ULL << 40;

  SqliteWal wal_;
  SqliteIndex index_;
  SqliteThreads threads_;
  std::filesystem::path path_;
  std::int64_t warm_ = 0;
  std::mutex mutex_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<Competitor> make_sqlite(std::string name, SqliteWal wal, SqliteIndex index, SqliteThreads threads) {
  return std::make_unique<SqliteCompetitor>(std::move(name), wal, index, threads);
}

std::string sqlite_version() { return sqlite3_libversion(); }

}  // namespace bench
