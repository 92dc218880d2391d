// row_maker.h - rows of the value types put together from what the core reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "json/row.h"

namespace quipu::capi {

// Gathers the JSON texts of the fields; a field that is not set keeps its default.
class RowMaker {
 public:
  explicit RowMaker(const json::FieldTable& table) : table_(table), texts_(table.size()) {
    for (std::size_t i = 0; i < table.size(); ++i) texts_[i] = table[i].default_json;
  }
  void set(std::size_t field, std::string_view text) {
    // Paths and words out of files: replaced where they are no text.
    try {
      texts_[field] = json::string_json(text);
    } catch (const Error&) {
      texts_[field] = "\"(not UTF-8)\"";
    }
  }
  void set(std::size_t field, std::int64_t number) { texts_[field] = json::int64_json(number); }
  void set(std::size_t field, bool truth) { texts_[field] = truth ? "true" : "false"; }
  void set_json(std::size_t field, std::string_view json) { texts_[field] = json; }  // in log spelling
  json::RowRef make() const {
    const std::vector<std::string_view> fields(texts_.begin(), texts_.end());
    return json::Row::make(table_, fields);
  }

 private:
  const json::FieldTable& table_;
  std::vector<std::string> texts_;
};

}  // namespace quipu::capi
