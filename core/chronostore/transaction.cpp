#include <algorithm>
#include <shared_mutex>

#include "chronostore/store_internal.h"
#include "json/python_json.h"

namespace quipu::chronostore {

const Transaction::Overlaid* Transaction::overlaid(std::string_view key) const {
  const auto found = by_key_.find(std::string(key));
  return found == by_key_.end() ? nullptr : &changed_[found->second];
}

void Transaction::put(std::string key, RecordRef record) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    changed_[found->second].record = std::move(record);
    return;
  }
  std::uint32_t ordinal = State::kNone;
  {
    const std::shared_lock lock(store_.state_mutex_);
    ordinal = store_.state_.find_ordinal(key);
  }
  changed_.push_back({std::move(record), ordinal});
  try {
    by_key_.emplace(std::move(key), changed_.size() - 1);
  } catch (...) {
    changed_.pop_back();
    throw;
  }
}

// The event, and what it makes of the record with that key, or neither. record: none if there is nothing to show.
void Transaction::add(PreparedEvent event, std::string key, RecordRef record) {
  request_.events.push_back(std::move(event));
  try {
    if (record) put(std::move(key), std::move(record));
  } catch (...) {
    request_.events.pop_back();
    throw;
  }
}

void Transaction::upsert(const RecordRef& record) {
  PreparedEvent event = store_.prepare_upsert(record, request_.canonical);
  std::string key = id_key(event.id_json);
  RecordRef shown = event.record;
  add(std::move(event), std::move(key), std::move(shown));
}

void Transaction::remove(std::string_view id) {
  PreparedEvent event = store_.prepare_delete(id, request_.canonical);
  // By the key of the text alone, as the event will be taken: a record whose id is the number 7 is not that of "7".
  std::string key = id_key(event.id_json);
  RecordRef shown = find_by_key(key);
  if (shown) shown = with_field(shown, ChronoRecordField::status, "\"tombstone\"");
  add(std::move(event), std::move(key), std::move(shown));
}

std::int64_t Transaction::next_seq() const {
  const std::shared_lock lock(store_.state_mutex_);
  return store_.seq_ + static_cast<std::int64_t>(request_.events.size()) + 1;
}

RecordRef Transaction::find_by_key(std::string_view key) const {
  if (const Overlaid* own = overlaid(key)) return own->record;
  const std::shared_lock lock(store_.state_mutex_);
  return store_.state_.find(key);
}

RecordRef Transaction::find(std::string_view id) const {
  if (RecordRef record = find_by_key(json::string_json(id))) return record;
  const std::string other = id_key_of_text(id);  // a record whose id is no text
  return other.empty() ? RecordRef() : find_by_key(other);
}

RecordCursor Transaction::query(const Selection& selection) const {
  std::vector<const Overlaid*> known;  // changed records that have a place already, by that place
  for (const Overlaid& change : changed_) {
    if (change.ordinal != State::kNone) known.push_back(&change);
  }
  std::sort(known.begin(), known.end(), [](const auto* a, const auto* b) { return a->ordinal < b->ordinal; });

  std::vector<RecordRef> records;
  const auto take = [&](const RecordRef& record) {
    if (selection.matches(*record)) records.push_back(record);
  };
  {
    const std::shared_lock lock(store_.state_mutex_);
    auto next = known.begin();
    for (const std::uint32_t ordinal : store_.state_.candidates(selection)) {
      for (; next != known.end() && (*next)->ordinal < ordinal; ++next) take((*next)->record);
      if (next != known.end() && (*next)->ordinal == ordinal) {
        take((*next)->record);
        ++next;
      } else {
        records.push_back(store_.state_.at(ordinal));
      }
    }
    for (; next != known.end(); ++next) take((*next)->record);
  }
  for (const Overlaid& change : changed_) {
    if (change.ordinal == State::kNone) take(change.record);
  }
  return RecordCursor(std::move(records), selection);
}

std::int64_t Transaction::active_count() const {
  const std::shared_lock lock(store_.state_mutex_);
  auto count = static_cast<std::int64_t>(store_.state_.active_count());
  for (const Overlaid& change : changed_) {
    if (is_active(*change.record)) ++count;
    if (change.ordinal != State::kNone && is_active(*store_.state_.at(change.ordinal))) --count;
  }
  return count;
}

}  // namespace quipu::chronostore
