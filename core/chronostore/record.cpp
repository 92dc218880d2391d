#include "chronostore/record.h"

#include <array>
#include <cmath>

#include "base/error.h"
#include "json/parser.h"
#include "json/python_json.h"

namespace quipu::chronostore {

namespace {

using Fields = std::array<std::string_view, ChronoRecordField::count>;

}  // namespace

RecordRef make_record(std::initializer_list<FieldValue> fields) {
  Fields texts;
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = chronorecord_fields()[i].default_json;
  for (const FieldValue& value : fields) texts[value.field] = value.json;
  return json::Row::make(chronorecord_fields(), texts);
}

RecordRef with_field(const RecordRef& record, std::size_t field, std::string_view json) {
  Fields texts;
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = record->field(i);
  texts[field] = json;
  return json::Row::make(chronorecord_fields(), texts);
}

std::string_view id_key_view(std::string_view id_json, std::string& scratch) {
  if (json::is_string(id_json)) return id_json;
  scratch.clear();
  switch (id_json.empty() ? '[' : id_json.front()) {
    case '[':
    case '{':
      return scratch;
    case 't':
      scratch = "1";
      break;
    case 'f':
      scratch = "0";
      break;
    default: {
      // A double with an integer's value is the integer's key: both are exact in this range.
      bool ok = false;
      const double number = json::double_value(id_json, ok);
      constexpr double kExact = 9007199254740992.0;
      if (ok && std::isfinite(number) && number == std::trunc(number) && std::fabs(number) < kExact) {
        json::write_integer(static_cast<std::int64_t>(number), scratch);
      } else {
        scratch = id_json;
      }
    }
  }
  return scratch;
}

std::string id_key_of_text(std::string_view text) {
  constexpr std::size_t kLongest = 400;  // more digits than any double has
  if (text.empty() || text.size() > kLongest) return {};
  const bool word =
      text == "null" || text == "true" || text == "false" || text == "NaN" || text == "Infinity" || text == "-Infinity";
  if (!word && text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return {};
  try {
    json::Value value = json::parse(text);
    std::string spelled;
    json::write(value, json::Spelling::kLog, json::Surrogates::kEscape, spelled);
    return id_key(spelled);
  } catch (const Error&) {
    return {};
  }
}

std::string id_key(std::string_view id_json) {
  std::string scratch;
  return std::string(id_key_view(id_json, scratch));
}

double confidence_of(const json::Row& record) {
  const std::string_view json = record.field(ChronoRecordField::confidence);
  if (json == "true") return 1.0;
  bool ok = false;
  const double value = json::double_value(json, ok);
  return ok ? value : 0.0;
}

bool is_active(const json::Row& record) { return record.field(ChronoRecordField::status) == "\"active\""; }

}  // namespace quipu::chronostore
