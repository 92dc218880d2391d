// bench/competitor.h - what the works that append have in common: Quipu, the raw file and three databases behind one
// interface. A write is durable when the call returns, with all of them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include "bench/records.h"

namespace bench {

// One thread's way to a store.
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;
  virtual void put(const Prepared& record) = 0;
  virtual void put_many(std::span<const Prepared> records) = 0;  // all or nothing, one sync
};

class Competitor {
 public:
  explicit Competitor(std::string name) : name_(std::move(name)) {}
  Competitor(const Competitor&) = delete;
  Competitor& operator=(const Competitor&) = delete;
  virtual ~Competitor() = default;

  const std::string& name() const { return name_; }
  // Whether each round begins with an empty store; else one store is used in all rounds and grows.
  virtual bool fresh_each_round() const { return false; }

  // The folder is there and empty.
  virtual void open(const std::filesystem::path& folder) = 0;
  virtual std::unique_ptr<Session> session() = 0;
  // How many records (with Quipu: events) were ever put; looked up in the store.
  virtual std::int64_t count() = 0;
  virtual void close() = 0;

 private:
  std::string name_;
};

enum class Floor {
  kAppend,  // write and fdatasync
  kHashed,  // and SHA-256 of each line
  kShared,  // as a log that several processes append to needs: under a file lock, after a look whether the log moved
  kAhead    // over line feeds that were written ahead, so that most syncs have no change of the file's size to write
};
enum class SqliteWal {
  kWrapped,  // used before: commits overwrite the WAL in place, no file size changes
  kGrowing   // new in each round, no checkpoint: each commit makes the WAL longer
};
enum class SqliteIndex { kById, kNone };
enum class SqliteThreads { kConnectionEach, kMutex };

std::unique_ptr<Competitor> make_quipu();
std::unique_ptr<Competitor> make_raw_floor(Floor floor);
std::unique_ptr<Competitor> make_sqlite(std::string name, SqliteWal wal, SqliteIndex index, SqliteThreads threads);
// Null when the build goes without.
std::unique_ptr<Competitor> make_lmdb();
std::unique_ptr<Competitor> make_rocksdb();

// What the library of that name says of itself; "not built in" when the build goes without.
std::string sqlite_version();
std::string lmdb_version();
std::string rocksdb_version();

}  // namespace bench
