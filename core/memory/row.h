// memory/row.h - the three kinds of rows: their members, how they are read, spelled and compared.
//
// A row is a json::Row of one of the types of values.toml: a field for each member that chunks of sync have, null where an
// optional member is absent, and `extra` for members that are not known here. Rows never change.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time_text.h"
#include "crypto/sha256.h"
#include "json/node.h"
#include "json/row.h"
#include "memory/value_fields.h"

namespace quipu::memory {

using RowRef = json::RowRef;

enum class Entity : std::uint8_t { kSession, kObservation, kPrompt };
inline constexpr std::array<Entity, 3> kEntities{Entity::kSession, Entity::kObservation, Entity::kPrompt};

// What is different between them.
struct EntityTraits {
  Entity entity;
  std::string_view name;    // in mutations: observation
  std::string_view list;    // in chunks: observations
  std::string_view kind;    // of the record: memory_observation
  std::size_t wire_fields;  // the fields before `extra`, which is the next one
  std::size_t key;          // the field that is the row's identity: id or sync_id
  std::size_t id;           // the field with the row's number, which differs from store to store; kNone for sessions
  std::size_t session;      // the field that names the session; kNone for sessions
  std::size_t project;
  std::size_t created_at;      // started_at of sessions
  std::size_t updated_at;      // kNone but for observations
  std::size_t revision_count;  // likewise
  std::uint32_t optional;      // a bit for each field that may be absent
  const json::FieldTable* fields;

  static constexpr std::size_t kNone = json::FieldTable::kNone;
  bool is_optional(std::size_t field) const { return (optional >> field & 1) != 0; }
};
const EntityTraits& traits_of(Entity entity);
// Nothing for a name that is none of the three.
std::optional<Entity> entity_of_name(std::string_view name);

// ---- fields of a row

inline constexpr std::string_view kAbsent = "null";

inline bool has(const json::Row& row, std::size_t field) { return row.field(field) != kAbsent; }
std::string text_of(const json::Row& row, std::size_t field);  // empty if it is absent
std::int64_t number_of(const json::Row& row, std::size_t field);

struct FieldJson {
  std::size_t field;
  std::string_view json;  // in log spelling; kAbsent takes an optional member away
};
// A new row with these fields and the defaults of the others / a copy with these fields changed.
RowRef make_row(Entity entity, std::initializer_list<FieldJson> fields);
RowRef with_fields(const json::Row& row, std::initializer_list<FieldJson> fields);

// ---- reading

// A row that is not one: a member of the wrong type, or no identity. Error(kInvalid).
class RowFault : public Error {
 public:
  explicit RowFault(std::string message) : Error(Code::kInvalid, std::move(message)) {}
};

// Reads rows from JSON objects, reusing its memory. One thread at a time.
class RowReader {
 public:
  // As it is in the object. Names match without regard to case, the last one wins; null counts as absent; absent members get
  // "" or 0, or stay absent if they are optional. A prompt's empty project is absent.
  RowRef read(Entity entity, const json::Node& object);

  // The same for a row that comes from elsewhere, with what section "Rows" of docs/formats/sync.md asks for: a scope, counters
  // of at least 1, updated_at, the form of topic_key, and a sync_id, derived from the row if it has none.
  RowRef read_imported(Entity entity, const json::Node& object);

  // Whether read would take it.
  bool is_row(Entity entity, const json::Node& object);
  // Before the first row of a chunk: rows of equal content and no sync_id are told apart by their order in it.
  void begin_chunk() { derived_.clear(); }

 private:
  void take(const EntityTraits& traits, const json::Node& object);
  void settle_imported(const EntityTraits& traits);
  std::string derive_sync_id(const EntityTraits& traits);
  std::string_view text(std::size_t field) const;
  RowRef make(const EntityTraits& traits);

  static constexpr std::size_t kMostFields = 24;
  std::array<std::optional<json::Node>, kMostFields> nodes_;
  std::array<std::string, kMostFields> settled_;  // JSON that takes the place of the node; empty: none
  std::map<std::string, json::Node> unknown_;
  std::map<std::string, int> derived_;
};

// ---- spelling and comparing

// The row as it stands in a chunk: members in order, absent ones left out, unknown ones last, sorted.
void append_wire(Entity entity, const json::Row& row, std::string& out);
// The row as it stands in a record's data: the same members in log spelling.
void append_stored(Entity entity, const json::Row& row, std::string& out);

// Which of two states of a row counts: the greater one, in every store, in whatever order they come.
struct RowVersion {
  MaybeInstant time;  // of updated_at, or of created_at
  std::int64_t revision = 0;
  crypto::Sha256Digest digest{};  // of the row as in a chunk without its number

  std::strong_ordering operator<=>(const RowVersion&) const = default;
  bool operator==(const RowVersion&) const = default;
  std::string short_hex() const;  // the first 32 digits of the digest: what the ledger holds
};
// Computes versions, reusing its memory. One thread at a time.
class Versioner {
 public:
  RowVersion of(Entity entity, const json::Row& row);

 private:
  crypto::Sha256 sha_;
  std::string text_;
};

}  // namespace quipu::memory
