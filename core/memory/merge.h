// memory/merge.h - rows and changes that come from elsewhere, brought together with what the store has. Whatever the order in
// which they come, every store ends with the same rows (docs/formats/sync.md, "Rows").
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "memory/row.h"
#include "memory/store.h"

namespace quipu::memory {

// Levels of arrays and objects that a document may have: what is kept of it must fit a record.
inline constexpr std::size_t kMaxDocumentDepth = 200;

// A change in a chunk's list of mutations.
struct IncomingMutation {
  std::string entity;
  std::string entity_key;
  std::string op;
  std::string payload;  // the text of one JSON object
  std::string project;
  std::string occurred_at;
  std::string text;  // the whole of it, JSON in log spelling
};

// What one chunk, or one part of another program's database, brings.
struct Incoming {
  std::vector<RowRef> sessions;
  std::vector<RowRef> observations;
  std::vector<RowRef> prompts;
  std::vector<IncomingMutation> mutations;
  std::vector<std::pair<std::string, std::string>>
      unknown;             // members of the document that nobody here knows; log spelling
  std::string created_at;  // of the chunk's entry
  // Where rows come in several parts, sessions first: gives the session that a row needs and that neither the store nor this part
  // has; one marked as recovered stands in for it. May be empty, and may give none: then one is made from the rows of this part.
  std::function<RowRef(const std::string& id)> find_session;
};

// The session that stands in for one that rows refer to and that is nowhere. project: JSON text.
RowRef stand_in_session(std::string_view id, std::string_view project);

struct MergeCounts {
  std::int64_t sessions_imported = 0;
  std::int64_t sessions_recovered = 0;
  std::int64_t observations_imported = 0;
  std::int64_t prompts_imported = 0;
  std::int64_t relations_imported = 0;
  std::int64_t rows_stale = 0;
  std::int64_t rows_deleted = 0;

  void add(const MergeCounts& other);
};

// What a chunk says of a row: the ledger holds these.
struct LedgerRow {
  std::string entity;
  std::string key;
  std::string version;  // RowVersion::short_hex, or that of a delete
};
std::string delete_version(std::string_view deleted_at);

struct Merged {
  MergeCounts counts;
  std::vector<LedgerRow> ledger;
  std::vector<std::pair<std::string, std::string>> issues;  // code, and the key it is about
};

// Brings things together inside one commit, one Incoming after the other.
class Merger {
 public:
  // target: where rows come from, for kPull.
  Merger(Write& write, Via via, std::string target);

  void merge(const Incoming& incoming, Merged& merged);

 private:
  struct Deletion {
    Entity entity;
    std::string key;
    std::string session_id;
    std::string project;
    std::string deleted_at;
    bool hard;
  };

  Origin origin() const;
  void merge_session(const RowRef& row);
  void insert_session(const RowRef& row, bool recovered);
  void ensure_session(const json::Row& row, Entity entity);
  void merge_row(Entity entity, const RowRef& row, const RowVersion& version);
  void put_row(Entity entity, const json::Row& row, std::int64_t id, Origin origin);
  void put_marked(const RowRef& row, const std::string& marked_at, std::int64_t id);
  void count(Entity entity, const std::string& key);
  RowRef row_of(Entity entity, const IncomingMutation& mutation, const json::Node& payload);
  void upsert(Entity entity, const IncomingMutation& mutation, const json::Node& payload);
  void settle_session(const std::string& id);
  void merge_relation(const json::Node& payload);
  void keep_unknown(std::string_view member, std::string_view json, std::string_view key);
  Deletion deletion_of(Entity entity, const IncomingMutation& mutation, const json::Node& payload) const;
  void remove_row(const Deletion& deletion);
  void remove_session(const Deletion& deletion);
  void bury(const Deletion& deletion, const Write::Found& found, bool is_known);
  bool remove_session_unless_needed(const std::string& id, const Write::Found& found, const std::string& deleted_at);
  std::vector<std::string> keys_in_session(Entity entity, const std::string& session, std::size_t most);

  Write& write_;
  const Via via_;
  const std::string target_;
  Versioner versioner_;
  RowReader rows_;
  json::Document document_{kMaxDocumentDepth, json::Dialect::kGo};

  // Of the Incoming at hand.
  const Incoming* incoming_ = nullptr;
  Merged* merged_ = nullptr;
  std::map<std::string, const RowRef*> sessions_;
  struct Listed {
    RowRef row;
    RowVersion version;
  };
  std::unordered_map<std::string, Listed> listed_;  // "<entity>:<key>" to what the chunk says of the row
  std::vector<std::string> touched_sessions_;       // rows came to them or left them
  std::unordered_set<std::string> counted_;         // "<entity>:<key>"
  // Of all so far: rows put in sessions, which the catalog does not know yet.
  std::map<std::string, std::vector<std::string>> put_observations_;
  std::map<std::string, std::vector<std::string>> put_prompts_;
};

}  // namespace quipu::memory
