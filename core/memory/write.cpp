// What a function of MemoryStore::commit works with.
#include <tuple>

#include "json/parser.h"
#include "json/python_json.h"
#include "memory/store.h"

namespace quipu::memory {

bool Write::find(Entity entity, std::string_view key, Found& found) {
  found = Found();
  const RecordRef record = transaction_.find_by_key(record_key(entity, key));
  StoredView view;
  if (!record || !reader_.read(*record, view)) return false;
  found.origin = StoredReader::origin_of(view);
  if (!view.row) {
    found.gone = StoredReader::gone_of(view);
    return true;
  }
  found.row = rows_.read(entity, *view.row);
  if (entity == Entity::kSession && found.origin.recovered)
    found.row = with_fields(*found.row, {{MemorySessionField::recovered, "true"}});
  return true;
}

void Write::put(Entity entity, const json::Row& row, Origin origin) {
  origin.seq = next_seq();
  transaction_.upsert(record_of(entity, row, origin));
}

void Write::put_gone(Entity entity, std::string_view key, const Gone& gone, Origin origin) {
  origin.seq = next_seq();
  transaction_.upsert(record_of_gone(entity, key, gone, origin));
}

bool Write::put_relation(std::string_view key, std::string_view payload, MaybeInstant updated, bool orphaned,
                         Origin origin) {
  if (const RecordRef before = transaction_.find(internal_id("relation", key))) {
    json::Document document;
    const json::Node data = document.parse(before->field(chronostore::ChronoRecordField::data));
    if (const auto relation = data.find("relation")) {
      std::string text;
      json::write(*relation, json::Spelling::kLog, json::Surrogates::kRefuse, text);
      // Of two of one time the greater text counts, whichever came first.
      const MaybeInstant updated_before = parse_instant(text_member(*relation, "updated_at"));
      if (std::tie(updated_before, text) >= std::tuple(updated, std::string(payload))) return false;
    }
  }
  origin.seq = next_seq();
  std::string data = "{\"relation\": ";
  data += payload;
  if (orphaned) data += ", \"orphaned\": true";
  append_origin(origin, data);
  transaction_.upsert(internal_record("relation", key, data));
  return true;
}

void Write::orphan_relations(std::string_view observation) {
  const chronostore::Selection relations{"\"memory_relation\"", "\"active\"", 0.0};
  chronostore::RecordCursor cursor = transaction_.query(relations);
  json::Document document;
  while (const RecordRef record = cursor.next()) {
    json::Value data = json::parse(record->field(chronostore::ChronoRecordField::data));
    const json::Value* const relation = data.find("relation");
    if (relation == nullptr || data.find("orphaned") != nullptr) continue;
    const auto is_meant = [&](std::string_view name) {
      const json::Value* const member = relation->find(name);
      return member != nullptr && member->is_string() && member->as_string() == observation;
    };
    if (!is_meant("source_id") && !is_meant("target_id")) continue;
    data.as_object().emplace_back("orphaned", true);
    std::string text;
    json::write(data, json::Spelling::kLog, json::Surrogates::kRefuse, text);
    transaction_.upsert(chronostore::with_field(record, chronostore::ChronoRecordField::data, text));
  }
}

}  // namespace quipu::memory
