#include "memory/engram_database.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "base/unicode.h"
#include "base/utf8.h"
#include "os/os_error.h"

namespace quipu::memory {

namespace {

using As = EngramColumn::As;
using Table = EngramDatabase::Table;
using Names = std::vector<std::string_view>;

// What is asked of a table.
struct TableTraits {
  Table table;
  std::string_view name;
  std::vector<EngramColumn> columns;  // those that are read, in the order of the members
  Names needed;                       // those that every version has
  Names others;                       // those that are known, and mean nothing outside of Engram's database
  std::string_view order;             // what the rows are sorted by
  bool is_needed;                     // else the table may be missing
  bool travels;                       // its rows are rows of chunks: a column that is not known is worth a word
};

// The members of a row; `kept`: those of versions of Engram that chunks here keep as unknown ones.
std::vector<EngramColumn> columns_of(Entity entity, const Names& kept) {
  const EntityTraits& traits = traits_of(entity);
  std::vector<EngramColumn> columns;
  for (std::size_t i = 0; i < traits.wire_fields; ++i) {
    const json::FieldDef& field = (*traits.fields)[i];
    columns.push_back({field.name, field.kind == json::FieldKind::kInt64 ? As::kNumber : As::kText});
  }
  for (const std::string_view name : kept) columns.push_back({name, As::kAny});
  return columns;
}

const TableTraits& traits_of_table(Table table) {
  static const std::vector<TableTraits> kTables{
      {Table::kSessions,
       "sessions",
       columns_of(Entity::kSession, {"ownership_mode"}),
       {"id", "project", "directory", "started_at"},
       {},
       "",
       true,
       true},
      {Table::kObservations,
       "observations",
       columns_of(Entity::kObservation, {"category"}),
       {"id", "session_id", "type", "title", "content", "created_at"},
       {"normalized_hash", "expires_at", "embedding", "embedding_model", "embedding_created_at"},
       "id",
       true,
       true},
      {Table::kPrompts,
       "user_prompts",
       columns_of(Entity::kPrompt, {}),
       {"id", "session_id", "content", "created_at"},
       {},
       "id",
       false,
       true},
      {Table::kRelations,
       "memory_relations",
       {{"sync_id"},
        {"source_id"},
        {"target_id"},
        {"relation"},
        {"reason", As::kMeaning},
        {"evidence", As::kMeaning},
        {"confidence", As::kMeasure},
        {"judgment_status"},
        {"marked_by_actor", As::kMeaning},
        {"marked_by_kind", As::kMeaning},
        {"marked_by_model", As::kMeaning},
        {"session_id", As::kMeaning},
        {"created_at"},
        {"updated_at"}},
       {"sync_id"},
       {"id", "superseded_at", "superseded_by_relation_id"},
       "",
       false,
       true},
      {Table::kTombstones,
       "prompt_tombstones",
       {{"sync_id"}, {"session_id"}, {"project"}, {"deleted_at"}},
       {"sync_id"},
       {},
       "",
       false,
       false},
      {Table::kProjects, "sync_enrolled_projects", {{"project"}}, {"project"}, {}, "", false, false},
      {Table::kChunks, "sync_chunks", {{"target_key"}, {"chunk_id"}}, {"chunk_id"}, {}, "", false, false},
  };
  return kTables[static_cast<std::size_t>(table)];
}

// Names of columns are ASCII here, and SQLite's names know no case there.
bool names_equal(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool holds(std::span<const std::string_view> names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view each) { return names_equal(each, name); });
}

std::string as_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string valid;
  append_as_utf8(text, valid);
  return valid;
}

// A whole number as Go writes it, without a fraction.
json::Value number_value(double number) {
  constexpr double kExact = 9007199254740992.0;
  if (std::trunc(number) == number && std::abs(number) <= kExact) return static_cast<std::int64_t>(number);
  return number;
}

// SQLite could not make what it needs beside the database, or needs to repair it: nobody who only reads can help.
Error explained(Error error) {
  if (error.code() != Code::kReadOnly) return error;
  Error better(Code::kReadOnly,
               error.message() +
                   ": SQLite needs files beside the database that it may not make, or the database was "
                   "left in the middle of a write; open it with Engram, or import a copy of it");
  better.at_path(error.path()).because(error.backend_code(), error.backend_text());
  return better;
}

}  // namespace

// ---- opening

EngramDatabase::EngramDatabase(const std::string& path, std::int64_t lock_wait_ms)
    : connection_(path, sqlite::Mode::kReadOnly, {.lock_wait_ms = lock_wait_ms}) {
  try {
    view_.emplace(connection_, sqlite::Transaction::Kind::kDeferred);
    for (std::size_t i = 0; i < kTables; ++i) look_at(static_cast<Table>(i));
  } catch (const Error& error) {
    throw explained(error);
  }
}

void EngramDatabase::refuse(const std::string& why) const {
  throw Error(Code::kNotAStore,
              "cannot import " + os::quoted(connection_.path()) + ": it is no database of Engram: " + why)
      .at_path(connection_.path());
}

bool EngramDatabase::Found::has(std::string_view column) const {
  return std::any_of(columns.begin(), columns.end(), [&](const EngramColumn& each) { return each.name == column; });
}

void EngramDatabase::look_at(Table table) {
  const TableTraits& traits = traits_of_table(table);
  const std::string name(traits.name);
  // A view, or a table of an extension, has no page of its own: what it gives is computed, by whoever made the file.
  sqlite::Statement exists(
      connection_,
      "SELECT 1 FROM main.sqlite_master WHERE type = 'table' AND rootpage > 0 AND name = ?1 COLLATE NOCASE");
  if (!exists.bind_text(1, name).step()) {
    if (traits.is_needed) refuse("it has no table \"" + name + "\"");
    return;
  }
  Found& found = found_[static_cast<std::size_t>(table)];
  found.exists = true;
  std::vector<std::string> there;
  sqlite::Statement columns(connection_, "SELECT name FROM pragma_table_info(?1, 'main')");
  for (columns.bind_text(1, name); columns.step();) there.emplace_back(columns.text(0));

  const std::vector<std::string_view> names(there.begin(), there.end());
  for (const std::string_view needed : traits.needed) {
    if (!holds(names, needed)) refuse("its table \"" + name + "\" has no column \"" + std::string(needed) + "\"");
  }
  for (const EngramColumn& column : traits.columns) {
    if (holds(names, column.name)) found.columns.push_back(column);
  }
  if (!traits.travels) return;
  for (const std::string& column : there) {
    const bool is_read = std::any_of(traits.columns.begin(), traits.columns.end(),
                                     [&](const EngramColumn& each) { return names_equal(each.name, column); });
    if (!is_read && !holds(traits.others, column)) unknown_columns_.push_back(name + '.' + as_utf8(column));
  }
}

std::string EngramDatabase::select(Table table) const {
  const TableTraits& traits = traits_of_table(table);
  std::string sql = "SELECT ";
  for (const EngramColumn& column : found(table).columns) {
    if (&column != &found(table).columns.front()) sql += ", ";
    sql.append(1, '"').append(column.name).append(1, '"');
  }
  return sql.append(" FROM main.\"").append(traits.name).append(1, '"');
}

// ---- reading

std::int64_t EngramDatabase::count(Table table) {
  if (!found(table).exists) return 0;
  sqlite::Statement query(connection_, "SELECT count(*) FROM main.\"" + std::string(traits_of_table(table).name) + '"');
  query.step();
  return query.integer(0);
}

EngramDatabase::Cursor EngramDatabase::rows(Table table) {
  if (!found(table).exists) return {sqlite::Statement(connection_, "SELECT 1 WHERE 0"), {}};
  std::string sql = select(table);
  if (const std::string_view order = traits_of_table(table).order; !order.empty())
    sql.append(" ORDER BY ").append(order);
  return {sqlite::Statement(connection_, sql), found(table).columns};
}

const json::Value* EngramDatabase::Cursor::next() {
  text_size_ = 0;
  if (!statement_.step()) return nullptr;
  json::Object members;
  members.reserve(columns_.size());
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (auto member = value(static_cast<int>(i))) members.emplace_back(columns_[i].name, std::move(*member));
  }
  row_ = std::move(members);
  return &row_;
}

std::string EngramDatabase::Cursor::text(int column) {
  std::string text = as_utf8(statement_.text(column));
  text_size_ += text.size();
  return text;
}

std::optional<json::Value> EngramDatabase::Cursor::value(int column) {
  const sqlite::Type type = statement_.type(column);
  if (type == sqlite::Type::kNull) return std::nullopt;
  switch (columns_[static_cast<std::size_t>(column)].as) {
    case As::kNumber:
      return json::Value(statement_.integer(column));
    case As::kMeasure: {
      const double number = statement_.real(column);
      if (number == 0 || !std::isfinite(number)) return std::nullopt;
      return number_value(number);
    }
    case As::kMeaning:
      if (std::string meaning = text(column); !meaning.empty()) return json::Value(std::move(meaning));
      return std::nullopt;
    case As::kAny:
      if (type == sqlite::Type::kInteger) return json::Value(statement_.integer(column));
      if (type == sqlite::Type::kDouble && std::isfinite(statement_.real(column)))
        return number_value(statement_.real(column));
      [[fallthrough]];
    case As::kText:
      break;
  }
  return json::Value(text(column));
}

std::optional<json::Value> EngramDatabase::session(std::string_view id) {
  sqlite::Statement query(connection_, select(Table::kSessions) + " WHERE id = ?1");
  query.bind_text(1, id);
  Cursor cursor(std::move(query), found(Table::kSessions).columns);
  std::optional<json::Value> session;
  if (const json::Value* const row = cursor.next()) session = *row;
  return session;
}

std::map<std::string, std::string> EngramDatabase::missing_sessions() {
  std::map<std::string, std::string> missing;
  for (const Table table : {Table::kObservations, Table::kPrompts}) {
    if (!found(table).exists) continue;
    const std::string project = found(table).has("project") ? "project" : "NULL";
    sqlite::Statement query(connection_, "SELECT session_id, " + project + " FROM main.\"" +
                                             std::string(traits_of_table(table).name) +
                                             "\" AS rows WHERE NOT EXISTS (SELECT 1 FROM main.sessions WHERE "
                                             "sessions.id = rows.session_id) ORDER BY rows.id");
    while (query.step()) {
      std::string& known = missing[as_utf8(query.text(0))];
      if (known.empty()) known = as_utf8(query.text(1));
    }
  }
  return missing;
}

std::string EngramDatabase::project_of_observation(std::string_view sync_id) {
  if (sync_id.empty() || !found(Table::kObservations).has("sync_id")) return "";
  if (!find_project_) {
    const std::string own = found(Table::kObservations).has("project") ? "nullif(o.project, '')" : "NULL";
    find_project_.emplace(connection_, "SELECT coalesce(" + own +
                                           ", (SELECT project FROM main.sessions WHERE id = o.session_id)) "
                                           "FROM main.observations AS o WHERE o.sync_id = ?1 LIMIT 1");
  }
  const sqlite::ScopedReset reset(*find_project_);
  find_project_->bind_text(1, sync_id);
  return find_project_->step() ? as_utf8(find_project_->text(0)) : std::string();
}

}  // namespace quipu::memory
