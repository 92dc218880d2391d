#include "memory/engram_import.h"

#include <array>
#include <map>
#include <set>

#include "base/unicode.h"
#include "memory/engram_database.h"
#include "memory/ledger.h"
#include "memory/names.h"
#include "memory/sync_state.h"
#include "os/os_error.h"

namespace quipu::memory {

namespace {

using Table = EngramDatabase::Table;

constexpr std::size_t kBatchBytes = std::size_t{8} << 20;
constexpr std::size_t kRowBytes = 256;  // what a row takes beside its texts, more or less
constexpr std::array<Table, 5> kRowTables{Table::kSessions, Table::kObservations, Table::kPrompts, Table::kRelations,
                                          Table::kTombstones};

std::string text_in(const json::Value& row, std::string_view name) {
  return std::string(text_member(json::Node(row), name));
}

std::string spelled(const json::Value& value) {
  std::string text;
  json::write(value, json::Spelling::kLog, json::Surrogates::kRefuse, text);
  return text;
}

class EngramImporter {
 public:
  EngramImporter(MemoryStore& store, const std::string& path, const chronostore::Progress& progress)
      : store_(store),
        path_(path),
        progress_(store.records().as_callback(progress)),
        database_(path, store.options().store.lock_wait_ms) {}

  EngramImport run() {
    for (const std::string& column : database_.unknown_columns()) note("column_unknown", column);
    for (const Table table : kRowTables) total_ += database_.count(table);
    missing_ = database_.missing_sessions();
    report();
    for (const Table table : kRowTables) import_table(table);
    enroll_projects();
    know_chunks();
    return std::move(result_);
  }

 private:
  void note(std::string_view code, std::string about) {
    if (result_.issues.size() < kMostEngramIssues) result_.issues.emplace_back(code, std::move(about));
  }

  void reject(std::string_view table, const json::Value& row, std::string_view why) {
    ++result_.rows_rejected;
    std::string about(table);
    const std::int64_t number = number_member(json::Node(row), "id");
    if (number != 0) about += " row " + std::to_string(number);
    note("schema", about.append(": ").append(why));
  }

  // No lock is held here.
  void report() {
    if (progress_ && !progress_(done_, total_)) {
      throw Error(Code::kCancelled, "the import of " + os::quoted(path_) + " was cancelled").at_path(path_);
    }
  }

  void import_table(Table table) {
    EngramDatabase::Cursor rows = database_.rows(table);
    Incoming incoming;
    std::size_t size = 0;
    std::int64_t count = 0;
    while (const json::Value* const row = rows.next()) {
      add(table, *row, incoming);
      size += rows.text_size() + kRowBytes;
      ++count;
      if (size < kBatchBytes) continue;
      merge(incoming, count);
      incoming = Incoming();
      size = 0;
      count = 0;
    }
    if (count > 0) merge(incoming, count);
  }

  void add(Table table, const json::Value& row, Incoming& incoming) {
    switch (table) {
      case Table::kSessions:
        return add_row(Entity::kSession, row, incoming.sessions);
      case Table::kObservations:
        return add_row(Entity::kObservation, row, incoming.observations);
      case Table::kPrompts:
        return add_row(Entity::kPrompt, row, incoming.prompts);
      case Table::kRelations:
        return add_relation(row, incoming);
      default:
        return add_tombstone(row, incoming);
    }
  }

  // What is no row is left out and told of: it must not keep the others out.
  void add_row(Entity entity, const json::Value& row, std::vector<RowRef>& rows) {
    try {
      rows.push_back(reader_.read_imported(entity, json::Node(row)));
    } catch (const RowFault& fault) {
      reject(traits_of(entity).list, row, fault.message());
    }
  }

  // The members in the order of a chunk: the project, which the table does not have, stands before the times.
  void add_relation(const json::Value& row, Incoming& incoming) {
    const std::string key(trim_white_space(text_in(row, "sync_id")));
    if (key.empty()) return reject("relations", row, "a relation has no sync_id");
    std::string project = database_.project_of_observation(text_in(row, "source_id"));
    if (project.empty()) project = database_.project_of_observation(text_in(row, "target_id"));
    json::Object payload;
    const auto put_project = [&] {
      if (json::Value(payload).find("project") == nullptr) payload.emplace_back("project", project);
    };
    for (const json::Member& member : row.as_object()) {
      if (member.first == "created_at" || member.first == "updated_at") put_project();
      payload.push_back(member);
    }
    put_project();
    IncomingMutation mutation;
    mutation.entity = "relation";
    mutation.entity_key = key;
    mutation.op = "upsert";
    mutation.payload = spelled(payload);
    mutation.project = std::move(project);
    mutation.occurred_at = text_in(row, "updated_at");
    incoming.mutations.push_back(std::move(mutation));
  }

  void add_tombstone(const json::Value& row, Incoming& incoming) {
    IncomingMutation mutation;
    mutation.entity = traits_of(Entity::kPrompt).name;
    mutation.entity_key = trim_white_space(text_in(row, "sync_id"));
    if (mutation.entity_key.empty()) return reject("tombstones", row, "a tombstone has no sync_id");
    mutation.op = "delete";
    mutation.payload = spelled(row);
    mutation.project = text_in(row, "project");
    mutation.occurred_at = text_in(row, "deleted_at");
    incoming.mutations.push_back(std::move(mutation));
  }

  void merge(Incoming& incoming, std::int64_t rows) {
    incoming.find_session = [this](const std::string& id) { return find_session(id); };
    Merged merged;
    store_.commit([&](Write& write) {
      merged = Merged();
      Merger(write, Via::kImport, "").merge(incoming, merged);
    });
    result_.counts.add(merged.counts);
    for (auto& [code, about] : merged.issues) note(code, std::move(about));
    done_ += rows;
    report();
  }

  RowRef find_session(const std::string& id) {
    if (const auto missing = missing_.find(id); missing != missing_.end()) {
      return stand_in_session(id, json::string_json(missing->second));
    }
    const auto session = database_.session(id);
    return session ? reader_.read_imported(Entity::kSession, json::Node(*session)) : RowRef();
  }

  void enroll_projects() {
    EngramDatabase::Cursor rows = database_.rows(Table::kProjects);
    while (const json::Value* const row = rows.next()) {
      const std::string project = normalize_project(text_in(*row, "project"));
      if (project.empty() || store_.records().find(internal_id("project", project))) continue;
      if (project_enroll(store_, project)) ++result_.projects_enrolled;
    }
  }

  static bool is_chunk_id(std::string_view id) {
    return id.size() >= 8 && id.size() <= 64 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  }

  void know_chunks() {
    std::map<std::string, std::set<std::string>> wanted;  // by target
    EngramDatabase::Cursor rows = database_.rows(Table::kChunks);
    while (const json::Value* const row = rows.next()) {
      const std::string id = text_in(*row, "chunk_id");
      if (!is_chunk_id(id)) {
        note("bad_chunk_id", id.substr(0, 64));
        continue;
      }
      const std::string target(trim_white_space(text_in(*row, "target_key")));
      wanted[target.empty() ? "local" : target].insert(id);
    }
    store_.with_ledgers([&](const Catalog&, Ledgers& ledgers) {
      for (auto& [target, ids] : wanted) {
        const Ledger& ledger = ledgers.of(target);
        std::erase_if(ids, [&](const std::string& id) { return ledger.is_imported(id); });
      }
    });
    store_.commit([&](Write& write) {
      for (const auto& [target, ids] : wanted) {
        for (const std::string& id : ids) {
          KnownChunk chunk;
          chunk.id = id;
          chunk.imported = true;
          write.records().upsert(chunk_record(target, chunk, "", {}, write.next_seq()));
          ++result_.chunks_known;
        }
      }
    });
  }

  MemoryStore& store_;
  const std::string path_;
  const chronostore::Progress progress_;
  EngramDatabase database_;
  RowReader reader_;  // one for all rows: those of equal content are told apart by their order in the whole database
  std::map<std::string, std::string> missing_;
  EngramImport result_;
  std::int64_t done_ = 0;
  std::int64_t total_ = 0;
};

}  // namespace

EngramImport import_engram(MemoryStore& store, const std::string& path, const chronostore::Progress& progress) {
  return EngramImporter(store, path, progress).run();
}

}  // namespace quipu::memory
