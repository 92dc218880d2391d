// packed.h - the packed form of values (docs/formats/packed.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "json/row.h"

namespace quipu::capi {

void pack(const json::Row& row, std::string& out);  // appends
// Packs into fresh memory. out_len may be null.
void give_packed(const json::Row& row, std::uint8_t** out, std::size_t* out_len);
// Error(kInvalid) if the bytes are no value of that type.
json::RowRef unpack(const json::FieldTable& table, std::string_view bytes);

// Collects values into a page.
class PageWriter {
 public:
  PageWriter();
  void add(const json::Row& row);
  std::size_t count() const { return count_; }
  std::size_t size() const { return bytes_.size(); }
  const std::string& finish();  // the page; once

 private:
  std::string bytes_;
  std::size_t count_ = 0;
};

// Calls fn with the bytes of each value of a page. Error(kInvalid) if it is none.
void for_each_in_page(std::string_view page, const std::function<void(std::string_view)>& fn);

}  // namespace quipu::capi
