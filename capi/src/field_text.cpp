#include "field_text.h"

#include "base/error.h"
#include "chronostore/record.h"
#include "json/node.h"
#include "json/python_json.h"
#include "json/text.h"

namespace quipu::capi {

using json::FieldDef;
using json::FieldKind;

std::string text_view(const FieldDef& field, std::string_view json) {
  if (json::is_string(json)) return json::string_value(json);
  return field.kind == FieldKind::kId ? std::string(json) : json::string_value(field.default_json);
}

std::int64_t int64_view(const FieldDef& field, std::string_view json) {
  bool ok = false;
  const std::int64_t value = json::int64_value(json, ok);
  return ok ? value : json::int64_value(field.default_json, ok);
}

double double_view(const FieldDef& field, std::string_view json) {
  bool ok = false;
  const double value = json::double_value(json, ok);
  return ok ? value : json::double_value(field.default_json, ok);
}

bool bool_view(const FieldDef& field, std::string_view json) {
  bool ok = false;
  const bool value = json::bool_value(json, ok);
  return ok ? value : json::bool_value(field.default_json, ok);
}

std::vector<std::string> texts_view(const FieldDef& field, std::string_view json) {
  bool ok = false;
  std::vector<std::string> value = json::texts_value(json, ok);
  return ok ? value : json::texts_value(field.default_json, ok);
}

bool is_exact(const FieldDef& field, std::string_view json) {
  bool ok = false;
  switch (field.kind) {
    case FieldKind::kText:
    case FieldKind::kId:
      return json::is_string(json) && !json::string_has_lone_surrogate(json);
    case FieldKind::kInt64:
      json::int64_value(json, ok);
      return ok;
    case FieldKind::kDouble:
      // An integer is spelled without any of these.
      json::double_value(json, ok);
      return ok && json.find_first_of(".eNI") != std::string_view::npos;
    case FieldKind::kBool:
      json::bool_value(json, ok);
      return ok;
    case FieldKind::kJson:
      return true;
    case FieldKind::kTexts:
      json::texts_value(json, ok);
      return ok && !json::string_has_lone_surrogate(json);
  }
  return false;
}

void append_json_in(std::string_view json, const FieldDef& field, std::string& out) {
  const std::size_t begin = out.size();
  try {
    json::Document document;
    json::write(document.parse(json), json::Spelling::kLog, json::Surrogates::kEscape, out);
  } catch (Error& error) {
    throw error.while_doing(field.name);
  }
  if (json::nesting_depth(std::string_view(out).substr(begin)) > chronostore::kMaxFieldDepth) {
    throw Error(Code::kInvalid, std::string(field.name) + ": nests deeper than " +
                                    std::to_string(chronostore::kMaxFieldDepth) + " levels");
  }
}

}  // namespace quipu::capi
