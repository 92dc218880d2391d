// field_text.h - a field's JSON text seen as its kind, and text given by callers turned into a field's JSON text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/row.h"

namespace quipu::capi {

// The typed view: of the text if it is of the kind, else of the field's default. Valid UTF-8 always.
std::string text_view(const json::FieldDef& field, std::string_view json);  // kText, kId
std::int64_t int64_view(const json::FieldDef& field, std::string_view json);
double double_view(const json::FieldDef& field, std::string_view json);
bool bool_view(const json::FieldDef& field, std::string_view json);
std::vector<std::string> texts_view(const json::FieldDef& field, std::string_view json);

// Whether spelling the typed view again gives the very same JSON text.
bool is_exact(const json::FieldDef& field, std::string_view json);

// Parses JSON text of the caller's and appends it in log spelling. Error(kInvalid) naming the field.
void append_json_in(std::string_view json, const json::FieldDef& field, std::string& out);

}  // namespace quipu::capi
