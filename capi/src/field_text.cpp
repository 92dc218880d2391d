#include "field_text.h"

#include "base/error.h"
#include "chronostore/record.h"
#include "json/exact.h"
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

namespace {

// Appends the text as it stands if it is in log spelling: what this library has written is, and most of what others write
// while it is small. It nests no deeper than an ExactReader follows, far from the limit.
bool append_exact(std::string_view json, std::string& out) {
  const std::size_t begin = out.size();
  out.append(json).append(json::kPadding, '\0');
  const char* const at = out.data() + begin;
  const char* const end = at + json.size();
  json::ExactReader reader;
  bool sorted = true;
  const bool is_exact = reader.read_value(at, end, sorted) == end && reader.is_utf8({at, json.size()});
  out.resize(begin + (is_exact ? json.size() : 0));
  return is_exact;
}

void append_parsed(std::string_view json, std::string& out) {
  const auto append = [json, &out](json::Document& document) {
    json::write(document.parse(json), json::Spelling::kLog, json::Surrogates::kEscape, out);
  };
  // A document keeps many times the memory of the largest text it has read: large ones get their own.
  constexpr std::size_t kLarge = 1 << 16;
  if (json.size() < kLarge) {
    thread_local json::Document reused;
    append(reused);
  } else {
    json::Document document;
    append(document);
  }
}

}  // namespace

void append_json_in(std::string_view json, const FieldDef& field, std::string& out) {
  const std::size_t begin = out.size();
  if (append_exact(json, out)) return;
  try {
    append_parsed(json, out);
  } catch (Error& error) {
    throw error.while_doing(field.name);
  }
  if (json::nesting_depth(std::string_view(out).substr(begin)) > chronostore::kMaxFieldDepth) {
    throw Error(Code::kInvalid, std::string(field.name) + ": nests deeper than " +
                                    std::to_string(chronostore::kMaxFieldDepth) + " levels");
  }
}

}  // namespace quipu::capi
