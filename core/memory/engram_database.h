// memory/engram_database.h - Engram's own database (docs/formats/sync.md, "Engram's database"), read and never written: what its
// tables hold, whichever version of Engram made them, as the JSON objects that a chunk would have.
//
// Columns are taken by their names. Values that are no texts are converted as SQLite does; what is not UTF-8 becomes U+FFFD, one
// per byte; NULL is a member that is absent.
//
// All is read in one transaction: as the database was when it was opened, whatever others write meanwhile. Engram may have
// it open. SQLite needs the files -wal and -shm beside a database in WAL mode, also for reading: where they are missing it makes
// them, empty, and may leave them behind; Engram takes them away when it closes the database. Where they cannot be made,
// kReadOnly: then a copy of the database in another folder can be read.
//
// One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"
#include "memory/row.h"
#include "sqlite/connection.h"
#include "sqlite/statement.h"
#include "sqlite/transaction.h"

namespace quipu::memory {

// A column that is read, and the member that its value becomes.
struct EngramColumn {
  enum class As {
    kText,
    kNumber,
    kMeaning,  // text that is left out where it is empty
    kMeasure,  // a number that is left out where it is 0
    kAny,      // as it is stored
  };
  std::string_view name;
  As as = As::kText;
};

class EngramDatabase {
 public:
  enum class Table { kSessions, kObservations, kPrompts, kRelations, kTombstones, kProjects, kChunks };

  // kNotFound: no such file. kNotAStore: no SQLite database, or none of Engram's; the message names what is missing. kCorrupt: it is
  // damaged, which may show only when the damaged place is read. kBusy: others had a lock on it for longer than lock_wait_ms.
  EngramDatabase(const std::string& path, std::int64_t lock_wait_ms);

  std::int64_t count(Table table);
  // Columns of rows that are neither known as members of a chunk's row nor as Engram's own business: "observations.mood".
  const std::vector<std::string>& unknown_columns() const { return unknown_columns_; }

  // The rows of a table, one after the other; observations and prompts in the order of their numbers.
  class Cursor {
   public:
    // A row, until the next call; none at the end.
    const json::Value* next();
    std::size_t text_size() const { return text_size_; }  // of the texts of that row

   private:
    friend class EngramDatabase;
    Cursor(sqlite::Statement statement, std::vector<EngramColumn> columns)
        : statement_(std::move(statement)), columns_(std::move(columns)) {}
    std::optional<json::Value> value(int column);
    std::string text(int column);

    sqlite::Statement statement_;
    std::vector<EngramColumn> columns_;
    json::Value row_;
    std::size_t text_size_ = 0;
  };
  Cursor rows(Table table);

  // The session of that id, if there is one.
  std::optional<json::Value> session(std::string_view id);
  // The sessions that rows refer to and that are not there, with the project of the first row that names one.
  std::map<std::string, std::string> missing_sessions();
  // The project of an observation: its own, or that of its session.
  std::string project_of_observation(std::string_view sync_id);

 private:
  struct Found {
    bool exists = false;
    std::vector<EngramColumn> columns;  // those that are read and are there
    bool has(std::string_view column) const;
  };

  void look_at(Table table);
  std::string select(Table table) const;
  const Found& found(Table table) const { return found_[static_cast<std::size_t>(table)]; }
  [[noreturn]] void refuse(const std::string& why) const;

  static constexpr std::size_t kTables = 7;
  sqlite::Connection connection_;
  std::optional<sqlite::Transaction> view_;
  std::array<Found, kTables> found_;
  std::vector<std::string> unknown_columns_;
  std::optional<sqlite::Statement> find_project_;
};

}  // namespace quipu::memory
