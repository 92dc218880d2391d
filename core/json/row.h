// json/row.h - a JSON object with a fixed list of fields, as one immutable block: its text in log spelling and the place
// of each field in it. Records, events and reports are rows; they are shared by reference count and never change.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/exact.h"
#include "json/node.h"
#include "json/python_json.h"

namespace quipu::json {

// What a field is meant to hold; a file may hold any JSON value in it.
enum class FieldKind {
  kText,
  kId,  // text; a value that is none shows as its JSON text
  kInt64,
  kDouble,
  kBool,
  kJson,
  kTexts,
};

struct FieldDef {
  std::string_view name;
  FieldKind kind;
  std::string_view default_json;  // in log spelling
};

class FieldTable {
 public:
  explicit FieldTable(std::initializer_list<FieldDef> fields);
  FieldTable(const FieldTable&) = delete;
  FieldTable& operator=(const FieldTable&) = delete;

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::size_t size() const { return fields_.size(); }
  const FieldDef& operator[](std::size_t index) const { return fields_[index]; }
  std::size_t index_of(std::string_view name) const;  // kNone if there is no such field
  // What stands in front of the field's value in the text: `{"id": ` or `, "kind": `.
  std::string_view prefix(std::size_t index) const { return prefixes_[index]; }
  // Indexes in the order of the names by code point, and the prefixes for that order: what canonical text needs.
  const std::vector<std::size_t>& sorted() const { return sorted_; }
  std::string_view sorted_prefix(std::size_t position) const { return sorted_prefixes_[position]; }

 private:
  std::vector<FieldDef> fields_;
  std::vector<std::string> prefixes_;
  std::vector<std::size_t> sorted_;
  std::vector<std::string> sorted_prefixes_;
};

class RowRef;

class Row {
 public:
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;

  // fields: one JSON text in log spelling for each field of the table, in its order. The table must live for ever.
  // Error(kInvalid) when the text would be 4 GiB or more.
  static RowRef make(const FieldTable& table, std::span<const std::string_view> fields);
  // From an object that holds the table's fields and no others, in its order, in log spelling. ends: where the fields'
  // values end in it.
  static RowRef copy(const FieldTable& table, std::string_view object, std::span<const std::size_t> ends);

  // One more reference to this row, which somebody holds.
  RowRef share() const;

  const FieldTable& table() const { return *table_; }
  // Asks for its memory ahead of its use: for as much as most records take, whatever this one does.
  void prefetch() const {
    constexpr std::uintptr_t kCacheLine = 64;
    const auto begin = reinterpret_cast<std::uintptr_t>(this);
    for (std::uintptr_t i = 0; i < 9; ++i) __builtin_prefetch(reinterpret_cast<const void*>(begin + i * kCacheLine));
  }
  std::string_view text() const { return {text_begin(), ends()[table_->size() - 1] + 1}; }
  // The field's JSON text.
  std::string_view field(std::size_t index) const {
    const std::size_t begin = (index == 0 ? 0 : ends()[index - 1]) + table_->prefix(index).size();
    return {text_begin() + begin, ends()[index] - begin};
  }

 private:
  friend class RowRef;
  explicit Row(const FieldTable& table) : references_(1), table_(&table) {}

  // Behind the object, in the same block: one end offset per field, then the text.
  std::uint32_t* ends() { return reinterpret_cast<std::uint32_t*>(this + 1); }
  const std::uint32_t* ends() const { return reinterpret_cast<const std::uint32_t*>(this + 1); }
  const char* text_begin() const { return reinterpret_cast<const char*>(ends() + table_->size()); }
  static Row* allocate(const FieldTable& table, std::size_t size);
  void release() const;

  mutable std::atomic<std::uint32_t> references_;
  const FieldTable* table_;
};

// A counted reference. May be empty.
class RowRef {
 public:
  RowRef() = default;
  RowRef(const RowRef& other) : row_(other.row_) {
    if (row_ != nullptr) row_->references_.fetch_add(1, std::memory_order_relaxed);
  }
  RowRef(RowRef&& other) noexcept : row_(std::exchange(other.row_, nullptr)) {}
  RowRef& operator=(RowRef other) noexcept {
    std::swap(row_, other.row_);
    return *this;
  }
  ~RowRef() {
    if (row_ != nullptr && row_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) row_->release();
  }

  explicit operator bool() const { return row_ != nullptr; }
  const Row& operator*() const { return *row_; }
  const Row* operator->() const { return row_; }
  const Row* get() const { return row_; }

 private:
  friend class Row;
  explicit RowRef(const Row* row) : row_(row) {}
  const Row* row_ = nullptr;
};

inline RowRef Row::share() const {
  references_.fetch_add(1, std::memory_order_relaxed);
  return RowRef(this);
}

// Puts one row together, value by value in the table's order.
class RowText {
 public:
  // size: of all values together, more or less.
  RowText(const FieldTable& table, std::size_t size);

  // Begins the next field; its value, in log spelling, is to be appended to the text that this answers.
  std::string& next() {
    end_value();
    return text_ += table_.prefix(begun_++);
  }
  // When all fields have been given.
  RowRef finish();

 private:
  void end_value() {
    if (begun_ > 0) ends_.push_back(text_.size());
  }

  const FieldTable& table_;
  std::string text_;
  std::vector<std::size_t> ends_;
  std::size_t begun_ = 0;
};

// Builds rows one after the other, reusing its memory. One thread at a time.
class RowBuilder {
 public:
  explicit RowBuilder(const FieldTable& table) : table_(table), nodes_(table.size()) {}

  // From an object: unknown members are dropped, missing ones get the field's default.
  RowRef from_node(const Node& object, Surrogates surrogates = Surrogates::kEscape);
  // The same from an object that an ExactReader has read, whose names differ.
  RowRef from_exact(std::string_view object, std::span<const ExactMember> members);

 private:
  const FieldTable& table_;
  std::vector<std::optional<Node>> nodes_;
  std::vector<std::size_t> ends_;
  std::string text_;
  std::vector<std::string_view> fields_;
};

// The same object in canonical text, members sorted at every depth: what is hashed. Error(kInvalid) for a lone surrogate.
void append_canonical(const Row& row, std::string& out);

// ---- fields as values --------------------------------------------------------------------------------------------
// A JSON text in log spelling seen as a field's kind; ok tells whether it is of that kind (then the view is exact up to
// spelling: 1 seen as a double is 1.0). Where it is not, the caller takes the field's default.

bool is_string(std::string_view json);
std::string string_value(std::string_view json);  // of a JSON string; lone surrogates become U+FFFD
bool string_has_lone_surrogate(std::string_view json);
std::int64_t int64_value(std::string_view json, bool& ok);
double double_value(std::string_view json, bool& ok);  // any number; infinity and NaN too
bool bool_value(std::string_view json, bool& ok);
std::vector<std::string> texts_value(std::string_view json, bool& ok);  // not ok unless every element is a text

std::string string_json(std::string_view text);  // text must be valid UTF-8
std::string int64_json(std::int64_t value);
std::string double_json(double value);
std::string texts_json(std::span<const std::string> texts);

}  // namespace quipu::json
