#include "memory/search_index.h"

#include "base/unicode.h"
#include "memory/stored.h"
#include "sqlite/transaction.h"

namespace quipu::memory {

namespace {

// Changes whenever what is in the file changes its meaning.
constexpr std::int64_t kFormat = 1;
constexpr int kMostTries = 5;

bool is_same(const chronostore::Mark& a, const chronostore::Mark& b) {
  return a.seq == b.seq && a.hash_json == b.hash_json;
}

// What is not a database, or damaged, or a link to somewhere else, is made anew.
bool is_damage(Code code) {
  return code == Code::kCorrupt || code == Code::kNotAStore || code == Code::kInternal || code == Code::kConstraint ||
         code == Code::kInvalid || code == Code::kConflict;
}

// There is no place for the file.
bool has_no_place(Code code) { return code == Code::kReadOnly || code == Code::kFull || code == Code::kNotFound; }

}  // namespace

const char* const SearchIndex::kQuery = "SELECT rowid, bm25(texts) FROM texts WHERE texts MATCH ?1 ORDER BY 2, 1";

SearchIndex::SearchIndex(os::FileSystem* file_system, std::string path, std::int64_t lock_wait_ms)
    : file_system_(file_system), path_(std::move(path)), lock_wait_ms_(lock_wait_ms) {}

SearchIndex::~SearchIndex() = default;

std::string SearchIndex::match_of(std::string_view query) {
  std::string match;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty()) match.append(match.empty() ? "\"" : " \"").append(word).append("\"");
    word.clear();
  };
  for (std::size_t at = 0; at < query.size();) {
    const std::size_t begin = at;
    const char32_t character = next_character(query, at);
    if (is_white_space(character)) {
      end_word();
    } else if (character != U'"' && character != U'\0') {
      word.append(query.substr(begin, at - begin));
    }
  }
  end_word();
  return match;
}

void SearchIndex::open() {
  if (connection_) {
    if (path_.empty()) return;
    const auto file = file_system_->stat(path_);
    if (file && file->inode == inode_ && file->device == device_) return;
    close();  // deleted or replaced: the open file is nobody's any more
  }
  const sqlite::Options options{lock_wait_ms_, false};
  if (!path_.empty()) {
    try {
      connection_ = std::make_unique<sqlite::Connection>(path_, sqlite::Mode::kReadWriteCreate, options);
      // One file and no other while nothing is written. Durable enough: after a power loss it is whole, if not the latest.
      connection_->execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768");
      // A file that was put there meanwhile is not the open one: SQLite tells when it is written.
      const auto file = file_system_->stat(path_);
      inode_ = file ? file->inode : 0;
      device_ = file ? file->device : 0;
      return;
    } catch (const Error& error) {
      connection_.reset();
      if (error.code() != Code::kReadOnly && error.code() != Code::kFull) throw;
      path_.clear();  // from now on in memory
    }
  }
  connection_ = std::make_unique<sqlite::Connection>("", sqlite::Mode::kInMemory, options);
}

void SearchIndex::close() { connection_.reset(); }

void SearchIndex::discard() {
  if (!path_.empty()) {
    // Nobody is in the middle of a write then, whose journal would be taken for that of the next file.
    try {
      open();
      connection_->execute("BEGIN EXCLUSIVE");
    } catch (const Error& error) {
      if (error.code() == Code::kBusy) throw;
    }
  }
  for (const char* suffix : {"-journal", ""}) {
    if (!path_.empty() && file_system_->stat_entry(path_ + suffix)) file_system_->remove(path_ + suffix);
  }
  close();
}

bool SearchIndex::heal(const Error& error) {
  if (has_no_place(error.code())) {
    close();
    path_.clear();  // from now on in memory
  } else if (is_damage(error.code())) {
    try {
      discard();
    } catch (const Error& why) {
      if (why.code() == Code::kBusy) throw;
      close();
      path_.clear();
    }
  } else if (error.code() == Code::kIo) {
    close();  // it may have been replaced while it was open
  } else {
    return false;
  }
  return true;
}

std::optional<SearchIndex::State> SearchIndex::read_state() {
  sqlite::Statement exists(*connection_, "SELECT 1 FROM sqlite_schema WHERE name = 'state'");
  if (!exists.step()) return std::nullopt;
  exists.reset();
  sqlite::Statement read(*connection_, "SELECT format, seq, hash, log_end FROM state");
  if (!read.step()) return std::nullopt;
  State state;
  state.format = read.integer(0);
  state.mark = {read.integer(1), std::string(read.text(2)), static_cast<std::uint64_t>(read.integer(3))};
  return state;
}

void SearchIndex::make_tables() {
  connection_->execute(
      "DROP TABLE IF EXISTS state;"
      "DROP TABLE IF EXISTS texts;"
      "CREATE TABLE state (format INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, log_end INTEGER NOT "
      "NULL);"
      "CREATE VIRTUAL TABLE texts USING fts5(title, content, tokenize = 'unicode61')");
}

void SearchIndex::write(const IndexSource& source, bool is_new) {
  sqlite::Statement remove(*connection_, "DELETE FROM texts WHERE rowid = ?1");
  // Records that others changed may have the number of another row: the last one has it, as in the catalog.
  sqlite::Statement insert(*connection_, "INSERT OR REPLACE INTO texts (rowid, title, content) VALUES (?1, ?2, ?3)");
  StoredReader reader;
  StoredView view;
  for (const IndexedRow& row : source.rows) {
    if (!row.record || !reader.read(*row.record, view) || !view.row) {
      if (!is_new) remove.bind_int(1, row.id).run();
      continue;
    }
    insert.bind_int(1, row.id)
        .bind_text(2, text_member(*view.row, "title"))
        .bind_text(3, text_member(*view.row, "content"))
        .run();
  }
  connection_->execute("DELETE FROM state");
  sqlite::Statement state(*connection_, "INSERT INTO state (format, seq, hash, log_end) VALUES (?1, ?2, ?3, ?4)");
  state.bind_int(1, kFormat)
      .bind_int(2, source.mark.seq)
      .bind_text(3, source.mark.hash_json)
      .bind_int(4, static_cast<std::int64_t>(source.mark.offset))
      .run();
}

void SearchIndex::try_catch_up(const std::function<chronostore::Mark()>& now,
                               const std::function<IndexSource(std::int64_t seq)>& rows_since,
                               const std::function<bool(const chronostore::Mark&)>& has_passed) {
  open();
  const auto fits = [](const std::optional<State>& state) { return state && state->format == kFormat; };
  {
    const std::optional<State> state = read_state();
    if (fits(state) && is_same(state->mark, now())) return;
  }
  sqlite::Transaction transaction(*connection_, sqlite::Transaction::Kind::kImmediate);
  const std::optional<State> state = read_state();
  // Another process may be further on; what it has indexed is in our log by now.
  if (fits(state) && is_same(state->mark, now())) return;
  const bool goes_on = fits(state) && has_passed(state->mark);
  if (!goes_on) make_tables();
  write(rows_since(goes_on ? state->mark.seq : 0), !goes_on);
  transaction.commit();
}

void SearchIndex::catch_up(const std::function<chronostore::Mark()>& now,
                           const std::function<IndexSource(std::int64_t seq)>& rows_since,
                           const std::function<bool(const chronostore::Mark&)>& has_passed) {
  for (int tries = 1;; ++tries) {
    try {
      return try_catch_up(now, rows_since, has_passed);
    } catch (const Error& error) {
      if (tries == kMostTries || !heal(error)) throw;
    }
    // What cannot be made anew where it is, is made in memory.
    if (tries + 1 == kMostTries) path_.clear();
  }
}

void SearchIndex::for_each_match(std::string_view match, const std::function<bool(std::int64_t, double)>& fn) {
  sqlite::Statement query(*connection_, kQuery);
  query.bind_text(1, match);
  while (query.step()) {
    if (!fn(query.integer(0), query.real(1))) return;
  }
}

}  // namespace quipu::memory
