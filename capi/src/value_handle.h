// value_handle.h - what is behind the opaque value types: one class for all, driven by their field tables. The functions with
// the public names are generated (capi/values/emit_c.py) and only call the templates here.
#pragma once

#include <quipu/base.h>
#include <quipu/error.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "boundary.h"
#include "json/row.h"

namespace quipu::capi {

class ValueHandle {
 public:
  explicit ValueHandle(json::RowRef row) : table_(row->table()), row_(std::move(row)) { count_handle(1); }
  ~ValueHandle() { count_handle(-1); }
  ValueHandle(const ValueHandle&) = delete;
  ValueHandle& operator=(const ValueHandle&) = delete;

  const json::FieldTable& table() const { return table_; }
  void prefetch_row() const { __builtin_prefetch(row_.get()); }
  const json::RowRef& row() const;  // as changed by the setters
  std::string_view field(std::size_t index) const { return own_.empty() ? row_->field(index) : own_[index]; }
  void set(std::size_t index, std::string json);

  // Views that borrow: kept until the field is changed.
  const std::string& text(std::size_t index) const;
  const std::vector<std::string>& texts(std::size_t index) const;
  void decode_all() const;  // afterwards the getters only read

 private:
  struct Decoded {
    bool has_text = false;
    bool has_texts = false;
    std::string text;
    std::vector<std::string> texts;
  };
  Decoded& decoded(std::size_t index) const;

  const json::FieldTable& table_;
  mutable json::RowRef row_;
  mutable std::vector<std::string> own_;  // JSON texts of all fields since a setter was called; empty: row_ has them
  mutable std::vector<Decoded> decoded_;
};

// The opaque types are only names for it.
template <typename T>
ValueHandle* handle_of(T* value) {
  return reinterpret_cast<ValueHandle*>(value);
}
template <typename T>
const ValueHandle* handle_of(const T* value) {
  return reinterpret_cast<const ValueHandle*>(value);
}
template <typename T>
const ValueHandle& checked(const T* value) {
  if (value == nullptr) misuse("a value is NULL");
  return *handle_of(value);
}
template <typename T>
void give_value(json::RowRef row, T** out) {
  *out = reinterpret_cast<T*>(new ValueHandle(std::move(row)));
}

// Calls write(ready) and hands on the value whose row ready(row) gets, if it is wanted. Its handle is made before anything is
// written: after that nothing may fail.
template <typename T, typename Write>
void with_value(T** out, Write&& write) {
  if (out == nullptr) return write(std::function<void(json::RowRef)>());
  std::unique_ptr<ValueHandle> made;
  write([&made](json::RowRef row) { made = std::make_unique<ValueHandle>(std::move(row)); });
  *out = reinterpret_cast<T*>(made.release());
}

// A value with every field at its default; shared, read only. What getters answer for NULL comes from it.
const ValueHandle& default_value(const json::FieldTable& table);
json::RowRef row_from_json(const json::FieldTable& table, std::string_view json);

// ---- what the generated functions call ----

template <typename T>
quipu_status value_create(const json::FieldTable& table, T** out, quipu_error** err) {
  clear_outs(out);
  return guarded_call(err, [&] {
    need_out(out);
    give_value(default_value(table).row(), out);
  });
}

template <typename T>
quipu_status value_copy(const T* value, T** out, quipu_error** err) {
  clear_outs(out);
  return guarded_call(err, [&] {
    need_out(out);
    give_value(checked(value).row(), out);
  });
}

template <typename T>
void value_free(T* value) {
  delete handle_of(value);
}

quipu_status value_to_json(const ValueHandle* value, char** out, std::size_t* out_len, quipu_error** err);
quipu_status value_field_json(const ValueHandle* value, const char* name, std::size_t name_len, char** out,
                              std::size_t* out_len, quipu_error** err);
quipu_status value_set_field_json(ValueHandle* value, const char* name, std::size_t name_len, const char* json,
                                  std::size_t json_len, quipu_error** err);
quipu_status value_pack(const ValueHandle* value, std::uint8_t** out, std::size_t* out_len, quipu_error** err);
json::RowRef value_unpacked(const json::FieldTable& table, const void* data, std::size_t len);

template <typename T>
quipu_status value_from_json(const json::FieldTable& table, const char* json, std::size_t json_len, T** out,
                             quipu_error** err) {
  clear_outs(out);
  return guarded_call(err, [&] {
    need_out(out);
    give_value(row_from_json(table, text_in(json, json_len, "the JSON text")), out);
  });
}

template <typename T>
quipu_status value_unpack(const json::FieldTable& table, const void* data, std::size_t len, T** out,
                          quipu_error** err) {
  clear_outs(out);
  return guarded_call(err, [&] {
    need_out(out);
    give_value(value_unpacked(table, data, len), out);
  });
}

// Getters: value may be null.
const char* get_text(const ValueHandle* value, const json::FieldTable& table, std::size_t index, std::size_t* len);
std::int64_t get_int64(const ValueHandle* value, const json::FieldTable& table, std::size_t index);
double get_double(const ValueHandle* value, const json::FieldTable& table, std::size_t index);
int get_bool(const ValueHandle* value, const json::FieldTable& table, std::size_t index);
std::size_t get_texts_count(const ValueHandle* value, const json::FieldTable& table, std::size_t index);
const char* get_texts_at(const ValueHandle* value, const json::FieldTable& table, std::size_t index, std::size_t at,
                         std::size_t* len);

quipu_status set_text(ValueHandle* value, std::size_t index, const char* text, std::size_t len, quipu_error** err);
quipu_status set_json(ValueHandle* value, std::size_t index, const char* json, std::size_t len, quipu_error** err);
quipu_status set_int64(ValueHandle* value, std::size_t index, std::int64_t number, quipu_error** err);
quipu_status set_double(ValueHandle* value, std::size_t index, double number, quipu_error** err);
quipu_status set_bool(ValueHandle* value, std::size_t index, int truth, quipu_error** err);
quipu_status set_texts_add(ValueHandle* value, std::size_t index, const char* text, std::size_t len, quipu_error** err);
quipu_status set_texts_clear(ValueHandle* value, std::size_t index, quipu_error** err);

}  // namespace quipu::capi
