// LMDB with its defaults (durable commits), one write transaction per append, the id as key.
#include "bench/competitor.h"

#ifdef QUIPU_BENCH_LMDB

#include <lmdb.h>

namespace bench {
namespace {

constexpr std::size_t kMapBytes = std::size_t{16} << 30;

void expect(int result) {
  if (result != MDB_SUCCESS) throw std::runtime_error(std::string("LMDB: ") + mdb_strerror(result));
}

class LmdbSession final : public Session {
 public:
  LmdbSession(MDB_env* environment, MDB_dbi table) : environment_(environment), table_(table) {}

  void put(const Prepared& record) override { put_many({&record, 1}); }

  void put_many(std::span<const Prepared> records) override {
    MDB_txn* transaction = nullptr;
    expect(mdb_txn_begin(environment_, nullptr, 0, &transaction));
    for (const Prepared& record : records) {
      MDB_val key = value(record.record.id);
      MDB_val body = value(record.record.json);
      expect(mdb_put(transaction, table_, &key, &body, 0));
    }
    expect(mdb_txn_commit(transaction));
  }

 private:
  static MDB_val value(const std::string& text) { return {text.size(), const_cast<char*>(text.data())}; }

  MDB_env* environment_;
  MDB_dbi table_;
};

class LmdbCompetitor final : public Competitor {
 public:
  LmdbCompetitor() : Competitor("LMDB") {}
  ~LmdbCompetitor() override { LmdbCompetitor::close(); }

  void open(const std::filesystem::path& folder) override {
    expect(mdb_env_create(&environment_));
    expect(mdb_env_set_mapsize(environment_, kMapBytes));
    expect(mdb_env_open(environment_, folder.c_str(), 0, 0600));
    MDB_txn* transaction = nullptr;
    expect(mdb_txn_begin(environment_, nullptr, 0, &transaction));
    expect(mdb_dbi_open(transaction, nullptr, 0, &table_));
    expect(mdb_txn_commit(transaction));
  }

  std::unique_ptr<Session> session() override { return std::make_unique<LmdbSession>(environment_, table_); }

  std::int64_t count() override {
    MDB_stat stat{};
    expect(mdb_env_stat(environment_, &stat));
    return static_cast<std::int64_t>(stat.ms_entries);
  }

  void close() override {
    if (environment_ != nullptr) mdb_env_close(environment_);
    environment_ = nullptr;
  }

 private:
  MDB_env* environment_ = nullptr;
  MDB_dbi table_ = 0;
};

}  // namespace

std::unique_ptr<Competitor> make_lmdb() { return std::make_unique<LmdbCompetitor>(); }
std::string lmdb_version() {
  int major = 0;
  int minor = 0;
  int patch = 0;
  mdb_version(&major, &minor, &patch);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace bench

#else

namespace bench {

std::unique_ptr<Competitor> make_lmdb() { return nullptr; }
std::string lmdb_version() { return "not built in"; }

}  // namespace bench

#endif
