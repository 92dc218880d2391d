#include "value_handle.h"

#include <map>
#include <memory>
#include <mutex>

#include "chronostore/record.h"
#include "field_text.h"
#include "json/node.h"
#include "json/python_json.h"
#include "json/text.h"
#include "packed.h"

namespace quipu::capi {

using json::FieldKind;

const json::RowRef& ValueHandle::row() const {
  if (!own_.empty()) {
    const std::vector<std::string_view> fields(own_.begin(), own_.end());
    row_ = json::Row::make(table_, fields);
    own_.clear();
  }
  return row_;
}

void ValueHandle::set(std::size_t index, std::string json) {
  if (own_.empty()) {
    std::vector<std::string> own;
    own.reserve(table_.size());
    for (std::size_t i = 0; i < table_.size(); ++i) own.emplace_back(row_->field(i));
    own_ = std::move(own);
  }
  own_[index] = std::move(json);
  if (!decoded_.empty()) decoded_[index] = Decoded();
}

ValueHandle::Decoded& ValueHandle::decoded(std::size_t index) const {
  if (decoded_.empty()) decoded_.resize(table_.size());
  return decoded_[index];
}

const std::string& ValueHandle::text(std::size_t index) const {
  Decoded& cached = decoded(index);
  if (!cached.has_text) {
    const json::FieldDef& def = table_[index];
    cached.text = def.kind == FieldKind::kJson ? std::string(field(index)) : text_view(def, field(index));
    cached.has_text = true;
  }
  return cached.text;
}

const std::vector<std::string>& ValueHandle::texts(std::size_t index) const {
  Decoded& cached = decoded(index);
  if (!cached.has_texts) {
    cached.texts = texts_view(table_[index], field(index));
    cached.has_texts = true;
  }
  return cached.texts;
}

void ValueHandle::decode_all() const {
  for (std::size_t i = 0; i < table_.size(); ++i) {
    const FieldKind kind = table_[i].kind;
    if (kind == FieldKind::kText || kind == FieldKind::kId || kind == FieldKind::kJson) text(i);
    if (kind == FieldKind::kTexts) texts(i);
  }
}

const ValueHandle& default_value(const json::FieldTable& table) {
  static std::mutex mutex;
  static auto& values = *new std::map<const json::FieldTable*, std::unique_ptr<ValueHandle>>;  // never destroyed
  const std::lock_guard lock(mutex);
  std::unique_ptr<ValueHandle>& value = values[&table];
  if (!value) {
    std::vector<std::string_view> fields;
    for (std::size_t i = 0; i < table.size(); ++i) fields.push_back(table[i].default_json);
    value = std::make_unique<ValueHandle>(json::Row::make(table, fields));
    count_handle(-1);  // it is not the caller's
    value->decode_all();
  }
  return *value;
}

json::RowRef row_from_json(const json::FieldTable& table, std::string_view json) {
  json::Document document;
  const json::Node root = document.parse(json);
  if (root.kind() != json::Kind::kObject) throw Error(Code::kInvalid, "the JSON text is not an object");
  json::RowRef row = json::RowBuilder(table).from_node(root);
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (json::nesting_depth(row->field(i)) > chronostore::kMaxFieldDepth) {
      throw Error(Code::kInvalid, std::string(table[i].name) + ": nests deeper than " +
                                      std::to_string(chronostore::kMaxFieldDepth) + " levels");
    }
  }
  return row;
}

quipu_status value_to_json(const ValueHandle* value, char** out, std::size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return guarded_call(err, [&] {
    need_out(out);
    give_text(checked(value).row()->text(), out, out_len);
  });
}

namespace {

std::size_t index_of(const json::FieldTable& table, const char* name, std::size_t name_len) {
  const std::string_view wanted = text_in(name, name_len, "the field's name");
  const std::size_t index = table.index_of(wanted);
  if (index == json::FieldTable::kNone) {
    throw Error(Code::kNotFound, "there is no field \"" + std::string(wanted) + "\"");
  }
  return index;
}

template <typename Fn>
quipu_status change(ValueHandle* value, std::size_t index, quipu_error** err, Fn&& make_json) {
  return guarded_call(err, [&] {
    if (value == nullptr) misuse("a value is NULL");
    value->set(index, make_json(value->table()[index]));
  });
}

const ValueHandle& or_default(const ValueHandle* value, const json::FieldTable& table) {
  return value != nullptr ? *value : default_value(table);
}

std::string_view json_of(const ValueHandle* value, const json::FieldTable& table, std::size_t index) {
  return value != nullptr ? value->field(index) : table[index].default_json;
}

const char* borrow(const std::string& text, std::size_t* len) {
  if (len != nullptr) *len = text.size();
  return text.c_str();
}

// Getters have no error to give: when memory is out they answer an empty text, or 0.
template <typename Fn>
const char* borrow_text(std::size_t* len, Fn&& fn) noexcept {
  try {
    return borrow(fn(), len);
  } catch (...) {
    if (len != nullptr) *len = 0;
    return "";
  }
}

}  // namespace

quipu_status value_field_json(const ValueHandle* value, const char* name, std::size_t name_len, char** out,
                              std::size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return guarded_call(err, [&] {
    need_out(out);
    const ValueHandle& handle = checked(value);
    give_text(handle.field(index_of(handle.table(), name, name_len)), out, out_len);
  });
}

quipu_status value_set_field_json(ValueHandle* value, const char* name, std::size_t name_len, const char* json,
                                  std::size_t json_len, quipu_error** err) {
  return guarded_call(err, [&] {
    if (value == nullptr) misuse("a value is NULL");
    const std::size_t index = index_of(value->table(), name, name_len);
    std::string spelled;
    append_json_in(text_in(json, json_len, "the JSON text"), value->table()[index], spelled);
    value->set(index, std::move(spelled));
  });
}

quipu_status value_pack(const ValueHandle* value, std::uint8_t** out, std::size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return guarded_call(err, [&] {
    need_out(out);
    give_packed(*checked(value).row(), out, out_len);
  });
}

json::RowRef value_unpacked(const json::FieldTable& table, const void* data, std::size_t len) {
  return unpack(table, bytes_in(data, len));
}

const char* get_text(const ValueHandle* value, const json::FieldTable& table, std::size_t index, std::size_t* len) {
  return borrow_text(len, [&]() -> const std::string& { return or_default(value, table).text(index); });
}

std::int64_t get_int64(const ValueHandle* value, const json::FieldTable& table, std::size_t index) {
  return int64_view(table[index], json_of(value, table, index));
}

double get_double(const ValueHandle* value, const json::FieldTable& table, std::size_t index) {
  try {
    return double_view(table[index], json_of(value, table, index));
  } catch (...) {  // an integer beyond any double takes memory to look at
    return 0;
  }
}

int get_bool(const ValueHandle* value, const json::FieldTable& table, std::size_t index) {
  return bool_view(table[index], json_of(value, table, index)) ? 1 : 0;
}

std::size_t get_texts_count(const ValueHandle* value, const json::FieldTable& table, std::size_t index) {
  try {
    return or_default(value, table).texts(index).size();
  } catch (...) {
    return 0;
  }
}

const char* get_texts_at(const ValueHandle* value, const json::FieldTable& table, std::size_t index, std::size_t at,
                         std::size_t* len) {
  return borrow_text(len, [&]() -> const std::string& {
    static const std::string& none = *new std::string;
    const std::vector<std::string>& texts = or_default(value, table).texts(index);
    return at < texts.size() ? texts[at] : none;
  });
}

quipu_status set_text(ValueHandle* value, std::size_t index, const char* text, std::size_t len, quipu_error** err) {
  return change(value, index, err, [&](const json::FieldDef& field) {
    return json::string_json(text_in(text, len, std::string(field.name).c_str()));
  });
}

quipu_status set_json(ValueHandle* value, std::size_t index, const char* json, std::size_t len, quipu_error** err) {
  return change(value, index, err, [&](const json::FieldDef& field) {
    std::string spelled;
    append_json_in(text_in(json, len, std::string(field.name).c_str()), field, spelled);
    return spelled;
  });
}

quipu_status set_int64(ValueHandle* value, std::size_t index, std::int64_t number, quipu_error** err) {
  return change(value, index, err, [&](const json::FieldDef&) { return json::int64_json(number); });
}

quipu_status set_double(ValueHandle* value, std::size_t index, double number, quipu_error** err) {
  return change(value, index, err, [&](const json::FieldDef&) { return json::double_json(number); });
}

quipu_status set_bool(ValueHandle* value, std::size_t index, int truth, quipu_error** err) {
  return change(value, index, err, [&](const json::FieldDef&) { return std::string(truth != 0 ? "true" : "false"); });
}

quipu_status set_texts_add(ValueHandle* value, std::size_t index, const char* text, std::size_t len,
                           quipu_error** err) {
  return change(value, index, err, [&](const json::FieldDef& field) {
    std::vector<std::string> texts = texts_view(field, value->field(index));
    texts.emplace_back(text_in(text, len, std::string(field.name).c_str()));
    return json::texts_json(texts);
  });
}

quipu_status set_texts_clear(ValueHandle* value, std::size_t index, quipu_error** err) {
  return change(value, index, err, [](const json::FieldDef&) { return std::string("[]"); });
}

}  // namespace quipu::capi
