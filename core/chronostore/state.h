// chronostore/state.h - the records of a store in memory: by id, in order of first insertion, and by kind and status.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "chronostore/ordinal_set.h"
#include "chronostore/record.h"
#include "os/huge_allocator.h"

namespace quipu::chronostore {

// Which records a query wants. kind and status are JSON texts of strings; empty: any.
struct Selection {
  std::string kind_json;
  std::string status_json;
  double threshold = 0.0;  // NaN lets everything pass

  bool matches(const json::Row& record) const;           // all of it
  bool passes_threshold(const json::Row& record) const;  // a confidence of NaN passes
};

// One change: put a record, or bury the one with that key.
struct Change {
  RecordRef record;  // empty: bury
  std::string key;
};

// One thread writes or many read; the store sees to that.
class State {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  // The record with that key (record.h, id_key), or none; its place, or kNone.
  RecordRef find(std::string_view key) const;
  std::uint32_t find_ordinal(std::string_view key) const;
  const RecordRef& at(std::uint32_t ordinal) const { return records_[ordinal]; }
  std::size_t size() const { return records_.size(); }
  std::size_t active_count() const { return active_; }

  // Replaces the record of the same id or adds it at the end.
  void put(RecordRef record);
  // Sets the status of the record with that key to tombstone; nothing if there is none.
  void bury(std::string_view key);
  // The changes one after the other; empties them.
  void apply(std::vector<Change>& changes);

  // Places of the records of the selection's kind and status, rising; the threshold is left to the reader. Cost: in
  // proportion to what it gives.
  std::vector<std::uint32_t> candidates(const Selection& selection) const;

  const std::vector<RecordRef>& in_order() const { return records_; }

  // From now on, keep the places of the records that change.
  void track() { tracks_ = true; }
  bool has_changed() const { return all_changed_ || !changed_.empty(); }
  // Hands them over, in order of change, a place as often as it changed, and forgets them. False: any may have changed (the
  // first time, and after more changes than there are records).
  bool take_changed(std::vector<std::uint32_t>& places);
  void forget_changed() { all_changed_ = true; }  // any may have changed

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <typename T>
  using Map = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  struct Slot {
    const json::Row* record = nullptr;  // the one in records_: saves a look there
    std::uint32_t ordinal = kNone;
    std::uint32_t hash = 0;
  };
  using Slots = std::vector<Slot, os::HugeAllocator<Slot>>;

  void put(RecordRef record, std::uint32_t hash);
  std::size_t slot_of(std::string_view key, std::uint32_t hash) const;
  void grow();
  void note_change(std::uint32_t ordinal);
  void index(std::uint32_t ordinal);
  void unindex(std::uint32_t ordinal);

  std::vector<RecordRef> records_;
  Slots slots_;                  // open addressing, a power of two; nothing is ever removed
  Map<Map<OrdinalSet>> groups_;  // kind, then status
  std::size_t active_ = 0;
  bool tracks_ = false;
  bool all_changed_ = true;
  std::vector<std::uint32_t> changed_;
};

}  // namespace quipu::chronostore
