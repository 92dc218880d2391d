// memory/filter.h - which rows a list or a search shows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time_text.h"
#include "memory/catalog.h"

namespace quipu::memory {

// Which rows a list shows; what is empty does not matter.
struct RowFilter {
  std::string project;  // as it is in the row, or with its normalised form there: imported rows have any
  std::string session_id;
  std::string type;  // observations only, as the rest
  std::string scope;
  MaybeInstant since;  // created at or after
  MaybeInstant until;  // created before
  bool with_deleted = false;
  std::int64_t limit = 0;  // 0: all
};

// A filter with its names looked up once. The catalog and the filter must outlive it and not change.
class EntryFilter {
 public:
  EntryFilter(const Names& names, Entity entity, const RowFilter& filter);
  bool passes(const Entry& entry) const;

 private:
  const Entity entity_;
  const RowFilter& filter_;
  std::optional<std::uint32_t> project_;
  std::uint32_t normal_project_ = Names::kNone;
  std::optional<std::uint32_t> session_;
  std::optional<std::uint32_t> type_;
  std::optional<bool> personal_;
  bool nothing_ = false;  // it names something that no row has
};

}  // namespace quipu::memory
