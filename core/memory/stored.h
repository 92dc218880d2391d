// memory/stored.h - how rows, and what else a memory store keeps, lie in records of a ChronoStore (docs/formats/memory.md).
//
//   memory:session:<id>, memory:observation:<sync_id>, memory:prompt:<sync_id>
//       data: {"row": {...}, "seq": 12, "via": "local"}, or {"gone": {...}, ...} for what was removed
//   memory:<something else>:...   kept for sync: confidence 0, so that queries of others leave it out
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chronostore/record.h"
#include "json/node.h"
#include "memory/row.h"

namespace quipu::memory {

using chronostore::RecordRef;

// How a state of a row came into the store.
enum class Via : std::uint8_t {
  kLocal,    // a call of the user's: the journal has it
  kImport,   // files
  kPull,     // a server
  kCascade,  // it followed from another change
};
std::string_view name_of(Via via);

// What a record says beside the row itself.
struct Origin {
  std::int64_t seq = 0;  // of the event that wrote it
  Via via = Via::kLocal;
  std::string target;      // kPull: the target it was pulled from
  bool recovered = false;  // a session that stands in for a missing one
  // Of a session: it was to be deleted then, which rows that refer to it prevent. Empty: it was not.
  std::string pending_delete = {};
  // Of an observation that a change from elsewhere deleted softly: when, by the latest of such changes. Empty: none did.
  std::string marked_at = {};
  // And what its updated_at was. Nothing: it was not changed, as it said itself that it is deleted.
  std::optional<std::string> updated_before_delete = {};
};

// What is left of a row that was removed: enough to tell others, nothing of its text.
struct Gone {
  std::int64_t id = 0;  // the row's number; 0 if it had none
  std::string session_id;
  std::string project;
  std::string deleted_at;
  bool hard = true;  // of observations: removed, not only marked
  // Of observations that were removed: they were also marked as deleted, and later than that. Empty: they were not.
  std::string marked_at = {};
};

// ---- ids and kinds of records

std::string record_id(Entity entity, std::string_view key);
// The same as the JSON text that finds it in a store (Transaction::find_by_key).
std::string record_key(Entity entity, std::string_view key);
std::string kind_json(Entity entity);
// For records that are kept for sync: "memory:<what>:<key>", of kind "memory_<what>".
std::string internal_id(std::string_view what, std::string_view key);

// ---- records from rows

RecordRef record_of(Entity entity, const json::Row& row, const Origin& origin);
RecordRef record_of_gone(Entity entity, std::string_view key, const Gone& gone, const Origin& origin);
// Ends the data of a record that begins with something else: `, "seq": ..., "via": ...}`.
void append_origin(const Origin& origin, std::string& data);
// data_json: an object in log spelling.
RecordRef internal_record(std::string_view what, std::string_view key, std::string_view data_json);

// ---- rows from records

// What a record of a row says; views into the reader's memory, valid until it reads again.
struct StoredView {
  Entity entity = Entity::kSession;
  std::string_view key;
  std::optional<json::Node> row;  // none: it is gone
  std::optional<json::Node> gone;
  std::int64_t seq = 0;
  Via via = Via::kLocal;
  std::string_view target;
  bool recovered = false;
  std::string_view pending_delete;
  std::string_view marked_at;
  std::optional<std::string_view> updated_before_delete;
};

// Reads records, reusing its memory. One thread at a time.
class StoredReader {
 public:
  // False if the record is none of a row, or not as we write them: somebody else changed it. The view lives as long as the record
  // and until the next read.
  bool read(const json::Row& record, StoredView& view);
  // The row, or none if the record holds none.
  RowRef read_row(const json::Row& record);

  static Origin origin_of(const StoredView& view);
  static Gone gone_of(const StoredView& view);

 private:
  json::Document document_;
  RowReader rows_;
  std::string id_;
};

// The member as text or number; "" or 0 if it is not there or something else.
std::string_view text_member(const json::Node& object, std::string_view name);
std::int64_t number_member(const json::Node& object, std::string_view name);

}  // namespace quipu::memory
