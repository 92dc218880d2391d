// chronostore/record.h - one record: a row of the twelve fields that stand on disk, and what the store reads from it.
//
// A record keeps each field's JSON value as it was given: nothing is coerced. What the store decides by (id, kind, status,
// confidence) is read from that value by the rules of docs/formats/wal.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chronostore/value_fields.h"
#include "json/row.h"

namespace quipu::chronostore {

using RecordRef = json::RowRef;

inline constexpr double kRagThreshold = 0.6;
// Levels of arrays and objects that a field may have when it is written; reading accepts more (json::kMaxReadDepth).
inline constexpr std::size_t kMaxFieldDepth = 256;

// A record with the given fields (JSON texts in log spelling) in place of the defaults.
struct FieldValue {
  std::size_t field;
  std::string_view json;
};
RecordRef make_record(std::initializer_list<FieldValue> fields);
// A copy with one field changed.
RecordRef with_field(const RecordRef& record, std::size_t field, std::string_view json);

// What the index of ids is keyed by. Texts: their JSON text. Other values: the JSON text that all values share which the
// reference takes for one key (1, 1.0 and true). Empty for arrays and objects, which cannot be ids.
std::string id_key(std::string_view id_json);
// The same without a copy where the value is its own key, which texts are.
std::string_view id_key_view(std::string_view id_json, std::string& scratch);
// The key under which a record whose id is no text is found by that text (7 by "7"); empty if the text spells no such id.
std::string id_key_of_text(std::string_view text);

// Confidence as query compares it: numbers; booleans as 0 and 1; everything else 0.
double confidence_of(const json::Row& record);

bool is_active(const json::Row& record);

}  // namespace quipu::chronostore
