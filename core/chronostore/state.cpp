#include "chronostore/state.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace quipu::chronostore {

namespace {

constexpr std::string_view kTombstone = "\"tombstone\"";
constexpr std::size_t kCacheLine = 64;

std::uint32_t hash_of(std::string_view key) {
  const std::size_t hash = std::hash<std::string_view>()(key);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

std::uint32_t hash_of_id(const json::Row& record) {
  std::string scratch;
  return hash_of(id_key_view(record.field(ChronoRecordField::id), scratch));
}

}  // namespace

bool Selection::passes_threshold(const json::Row& record) const { return !(confidence_of(record) < threshold); }

bool Selection::matches(const json::Row& record) const {
  return (kind_json.empty() || record.field(ChronoRecordField::kind) == kind_json) &&
         (status_json.empty() || record.field(ChronoRecordField::status) == status_json) && passes_threshold(record);
}

std::size_t State::slot_of(std::string_view key, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::string scratch;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.ordinal == kNone) return at;
    if (slot.hash == hash && id_key_view(slot.record->field(ChronoRecordField::id), scratch) == key) return at;
  }
}

RecordRef State::find(std::string_view key) const {
  if (slots_.empty()) return RecordRef();
  const Slot& slot = slots_[slot_of(key, hash_of(key))];
  return slot.record == nullptr ? RecordRef() : slot.record->share();
}

std::uint32_t State::find_ordinal(std::string_view key) const {
  if (slots_.empty()) return kNone;
  return slots_[slot_of(key, hash_of(key))].ordinal;
}

void State::grow() {
  Slots old(std::max<std::size_t>(16, slots_.size() * 2));
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.ordinal == kNone) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].ordinal != kNone) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

void State::put(RecordRef record) {
  const std::uint32_t hash = hash_of_id(*record);
  put(std::move(record), hash);
}

void State::note_change(std::uint32_t ordinal) {
  if (!tracks_ || all_changed_) return;
  if (changed_.size() > records_.size()) {
    all_changed_ = true;
    changed_ = {};
    return;
  }
  changed_.push_back(ordinal);
}

bool State::take_changed(std::vector<std::uint32_t>& places) {
  const bool known = !std::exchange(all_changed_, false);
  places.clear();
  places.swap(changed_);
  return known;
}

void State::put(RecordRef record, std::uint32_t hash) {
  if (slots_.empty() || records_.size() + 1 > slots_.size() - slots_.size() / 4) grow();
  std::string scratch;
  Slot& slot = slots_[slot_of(id_key_view(record->field(ChronoRecordField::id), scratch), hash)];
  // Noted before it is done: noted in vain does no harm.
  note_change(slot.ordinal != kNone ? slot.ordinal : static_cast<std::uint32_t>(records_.size()));
  if (slot.ordinal != kNone) {
    const json::Row& before = *slot.record;
    const bool same_group = before.field(ChronoRecordField::kind) == record->field(ChronoRecordField::kind) &&
                            before.field(ChronoRecordField::status) == record->field(ChronoRecordField::status);
    if (!same_group) unindex(slot.ordinal);
    records_[slot.ordinal] = std::move(record);
    slot.record = records_[slot.ordinal].get();
    if (!same_group) index(slot.ordinal);
    return;
  }
  if (records_.size() >= kNone) throw Error(Code::kQuota, "a store holds at most 4,294,967,295 records");
  records_.push_back(std::move(record));
  slot.record = records_.back().get();
  slot.ordinal = static_cast<std::uint32_t>(records_.size() - 1);
  slot.hash = hash;
  index(slot.ordinal);
}

void State::bury(std::string_view key) {
  const RecordRef record = find(key);
  if (record) put(with_field(record, ChronoRecordField::status, kTombstone));
}

// Of many changes, most touch memory that no cache holds. It is asked for some changes ahead, so that it is there in time:
// first the slot, then what the slot leads to.
void State::apply(std::vector<Change>& changes) {
  constexpr std::size_t kMostAhead = 8;
  std::array<std::uint32_t, 2 * kMostAhead> hashes;
  const auto hash_at = [&](std::size_t i) -> std::uint32_t& { return hashes[i % hashes.size()]; };
  const std::size_t count = changes.size();
  const std::size_t ahead = std::min(kMostAhead, count);
  for (std::size_t i = 0; i < count + 2 * ahead; ++i) {
    if (i >= 2 * ahead) {
      Change& change = changes[i - 2 * ahead];
      if (change.record) {
        put(std::move(change.record), hash_at(i - 2 * ahead));
      } else {
        bury(change.key);
      }
    }
    const std::size_t mask = slots_.size() - 1;
    if (i >= ahead && i - ahead < count && !slots_.empty()) {
      const Slot& slot = slots_[hash_at(i - ahead) & mask];
      if (slot.hash == hash_at(i - ahead) && slot.record != nullptr) {
        __builtin_prefetch(&records_[slot.ordinal]);
        __builtin_prefetch(slot.record);
        __builtin_prefetch(reinterpret_cast<const char*>(slot.record) + kCacheLine);
      }
    }
    if (i < count) {
      hash_at(i) = changes[i].record ? hash_of_id(*changes[i].record) : hash_of(changes[i].key);
      if (!slots_.empty()) __builtin_prefetch(&slots_[hash_at(i) & mask]);
    }
  }
  changes.clear();
}

void State::index(std::uint32_t ordinal) {
  const json::Row& record = *records_[ordinal];
  const std::string_view kind = record.field(ChronoRecordField::kind);
  const std::string_view status = record.field(ChronoRecordField::status);
  auto by_kind = groups_.find(kind);
  if (by_kind == groups_.end()) by_kind = groups_.try_emplace(std::string(kind)).first;
  auto by_status = by_kind->second.find(status);
  if (by_status == by_kind->second.end()) by_status = by_kind->second.try_emplace(std::string(status)).first;
  by_status->second.insert(ordinal);
  if (is_active(record)) ++active_;
}

void State::unindex(std::uint32_t ordinal) {
  const json::Row& record = *records_[ordinal];
  const auto by_kind = groups_.find(record.field(ChronoRecordField::kind));
  const auto by_status = by_kind->second.find(record.field(ChronoRecordField::status));
  by_status->second.erase(ordinal);
  if (by_status->second.size() == 0) by_kind->second.erase(by_status);
  if (by_kind->second.empty()) groups_.erase(by_kind);
  if (is_active(record)) --active_;
}

std::vector<std::uint32_t> State::candidates(const Selection& selection) const {
  std::vector<const OrdinalSet*> sets;
  const auto take_kind = [&](const Map<OrdinalSet>& statuses) {
    if (selection.status_json.empty()) {
      for (const auto& [status, set] : statuses) sets.push_back(&set);
    } else if (const auto found = statuses.find(selection.status_json); found != statuses.end()) {
      sets.push_back(&found->second);
    }
  };
  if (selection.kind_json.empty()) {
    for (const auto& [kind, statuses] : groups_) take_kind(statuses);
  } else if (const auto found = groups_.find(selection.kind_json); found != groups_.end()) {
    take_kind(found->second);
  }

  std::vector<std::uint32_t> ordinals;
  std::size_t total = 0;
  for (const OrdinalSet* set : sets) total += set->size();
  ordinals.reserve(total);
  for (const OrdinalSet* set : sets) {
    const auto middle = static_cast<std::ptrdiff_t>(ordinals.size());
    set->for_each([&](std::uint32_t ordinal) { ordinals.push_back(ordinal); });
    if (sets.size() <= 8) std::inplace_merge(ordinals.begin(), ordinals.begin() + middle, ordinals.end());
  }
  if (sets.size() > 8) std::sort(ordinals.begin(), ordinals.end());
  return ordinals;
}

}  // namespace quipu::chronostore
