// RocksDB with its defaults and synced writes, the id as key. Threads share its group commit.
#include "bench/competitor.h"

#ifdef QUIPU_BENCH_ROCKSDB

#include <rocksdb/db.h>
#include <rocksdb/version.h>
#include <rocksdb/write_batch.h>

namespace bench {
namespace {

void expect(const rocksdb::Status& status) {
  if (!status.ok()) throw std::runtime_error("RocksDB: " + status.ToString());
}

class RocksdbSession final : public Session {
 public:
  explicit RocksdbSession(rocksdb::DB* database) : database_(database) { options_.sync = true; }

  void put(const Prepared& record) override { expect(database_->Put(options_, record.record.id, record.record.json)); }

  void put_many(std::span<const Prepared> records) override {
    rocksdb::WriteBatch batch;
    for (const Prepared& record : records) expect(batch.Put(record.record.id, record.record.json));
    expect(database_->Write(options_, &batch));
  }

 private:
  rocksdb::DB* database_;
  rocksdb::WriteOptions options_;
};

class RocksdbCompetitor final : public Competitor {
 public:
  RocksdbCompetitor() : Competitor("RocksDB") {}

  void open(const std::filesystem::path& folder) override {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* database = nullptr;
    expect(rocksdb::DB::Open(options, folder.string(), &database));
    database_.reset(database);
  }

  std::unique_ptr<Session> session() override { return std::make_unique<RocksdbSession>(database_.get()); }

  std::int64_t count() override {
    const std::unique_ptr<rocksdb::Iterator> at(database_->NewIterator(rocksdb::ReadOptions()));
    std::int64_t found = 0;
    for (at->SeekToFirst(); at->Valid(); at->Next()) ++found;
    expect(at->status());
    return found;
  }

  void close() override {
    if (database_ != nullptr) expect(database_->Close());
    database_.reset();
  }

 private:
  std::unique_ptr<rocksdb::DB> database_;
};

}  // namespace

std::unique_ptr<Competitor> make_rocksdb() { return std::make_unique<RocksdbCompetitor>(); }
std::string rocksdb_version() { return rocksdb::GetRocksVersionAsString(); }

}  // namespace bench

#else

namespace bench {

std::unique_ptr<Competitor> make_rocksdb() { return nullptr; }
std::string rocksdb_version() { return "not built in"; }

}  // namespace bench

#endif
