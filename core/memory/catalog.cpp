#include "memory/catalog.h"

#include <algorithm>
#include <tuple>

#include "json/row.h"
#include "memory/names.h"

namespace quipu::memory {

namespace {

using Field = chronostore::ChronoRecordField;

std::uint64_t mix(std::uint64_t hash, std::string_view text) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15u;
  return (hash ^ std::hash<std::string_view>()(text)) * kOdd + text.size() + 1;
}

template <typename Map, typename Key>
void erase_pair(Map& map, const Key& key, std::uint32_t number) {
  const auto [begin, end] = map.equal_range(key);
  for (auto at = begin; at != end; ++at) {
    if (at->second == number) {
      map.erase(at);
      return;
    }
  }
}

// Into, and out of, a list that is in the order of `before`, a strict order of all numbers.
template <typename Before>
void insert(std::vector<std::uint32_t>& list, std::uint32_t number, Before&& before) {
  list.insert(std::lower_bound(list.begin(), list.end(), number, before), number);
}

template <typename Before>
void erase(std::vector<std::uint32_t>& list, std::uint32_t number, Before&& before) {
  const auto found = std::lower_bound(list.begin(), list.end(), number, before);
  if (found != list.end() && *found == number) list.erase(found);
}

}  // namespace

// ---- names

std::uint32_t Names::put(std::string_view name) {
  if (const auto found = numbers_.find(name); found != numbers_.end()) return found->second;
  const std::string& kept = names_.emplace_back(name);
  try {
    const auto number = static_cast<std::uint32_t>(names_.size() - 1);
    numbers_.emplace(kept, number);
    return number;
  } catch (...) {
    names_.pop_back();
    throw;
  }
}

std::uint32_t Names::find(std::string_view name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? kNone : found->second;
}

// ---- following the store

void Catalog::take(const chronostore::ChangedRecords& changed) {
  if (changed.all) *this = Catalog();
  // A record that changed and tells an earlier number was changed by somebody who does not know what it holds.
  for (const RecordRef& record : changed.records) take(record, changed.all ? 0 : changed.mark.seq);
  seq_ = changed.mark.seq;
}

void Catalog::take(const RecordRef& record, std::int64_t now) {
  StoredView view;
  const bool is_row = reader_->read(*record, view);
  const std::string_view id = record->field(Field::id);
  const auto known = by_record_.find(id);
  if (!is_row && known == by_record_.end()) return;

  Number number = kNone;
  if (known != by_record_.end()) {
    number = known->second;
    unlink(number);
    // The key is a view into the record that goes now.
    auto node = by_record_.extract(known);
    node.key() = id;
    by_record_.insert(std::move(node));
  } else {
    number = static_cast<Number>(entries_.size());
    entries_.emplace_back();
    topic_hashes_.push_back(0);
    alike_hashes_.push_back(0);
    by_record_.emplace(id, number);
  }
  Entry& entry = entries_[number];
  entry.record = record;
  if (!is_row) {  // it was a row, and somebody made something else of it
    entry.is_gone = true;
    entry.seq = std::max(entry.seq, now);
    return;
  }
  fill(view, entry);
  if (entry.seq <= seq_) entry.seq = std::max(entry.seq, now);
  link(number, view);
}

void Catalog::fill(const StoredView& view, Entry& entry) {
  const EntityTraits& traits = traits_of(view.entity);
  entry.entity = view.entity;
  entry.seq = view.seq;
  entry.via = view.via;
  entry.is_gone = !view.row.has_value();
  entry.is_recovered = view.recovered;
  const json::Node& row = view.row ? *view.row : *view.gone;
  const auto text = [&](std::size_t field) {
    return field == EntityTraits::kNone ? std::string_view() : text_member(row, (*traits.fields)[field].name);
  };
  const auto name = [this](std::string_view given) { return given.empty() ? Names::kNone : names_.put(given); };
  if (view.entity == Entity::kSession) {
    entry.session = names_.put(view.key);
  } else {
    // What is left of a row keeps its number.
    entry.id = number_member(row, "id");
    entry.session = name(text(traits.session));
  }
  entry.project = name(text(traits.project));
  entry.created = parse_instant(text(traits.created_at));
  entry.updated = parse_instant(text(traits.updated_at));
  entry.is_deleted = false;
  if (view.entity == Entity::kObservation) {
    entry.type = name(text(MemoryObservationField::type));
    entry.is_deleted = !text(MemoryObservationField::deleted_at).empty();
    entry.is_personal = text(MemoryObservationField::scope) == "personal";
  }
}

namespace {

std::uint64_t topic_hash(std::string_view topic) { return mix(0, topic) | 1; }

}  // namespace

std::uint64_t Catalog::alike_hash(std::string_view title, std::string_view type, std::string_view project,
                                  bool personal) {
  return mix(mix(mix(personal ? 3 : 4, title), type), project) | 1;
}

void Catalog::count(const Entry& entry, int by) {
  if (entry.is_gone) return;
  switch (entry.entity) {
    case Entity::kSession:
      counts_.sessions += by;
      break;
    case Entity::kObservation:
      if (!entry.is_deleted) counts_.observations += by;
      break;
    case Entity::kPrompt:
      counts_.prompts += by;
      break;
  }
  if (entry.project != Names::kNone) projects_[entry.project] += by;
}

bool Catalog::is_before(Number a, Number b) const {
  return std::pair(entries_[a].id, a) < std::pair(entries_[b].id, b);
}

bool Catalog::is_older(Number a, Number b) const {
  return std::tuple(entries_[a].created, entries_[a].id, a) < std::tuple(entries_[b].created, entries_[b].id, b);
}

void Catalog::link(Number number, const StoredView& view) {
  const Entry& entry = entries_[number];
  count(entry, 1);
  if (entry.entity == Entity::kSession) return;
  (entry.entity == Entity::kObservation ? observations_by_id_ : prompts_by_id_)[entry.id] = number;
  if (entry.is_gone) return;
  if (entry.session != Names::kNone) {
    SessionRows& rows = by_session_[entry.session];
    std::vector<Number>& list = entry.entity == Entity::kObservation ? rows.observations : rows.prompts;
    insert(list, number, [this](Number a, Number b) { return is_before(a, b); });
  }
  if (entry.entity != Entity::kObservation || entry.is_deleted) return;
  const std::string_view project = entry.project == Names::kNone ? std::string_view() : names_[entry.project];
  const auto text = [&](std::size_t field) { return text_member(*view.row, memoryobservation_fields()[field].name); };
  if (const std::string_view topic = text(MemoryObservationField::topic_key); !topic.empty()) {
    topic_hashes_[number] = topic_hash(topic);
    by_topic_.emplace(topic_hashes_[number], number);
  }
  alike_hashes_[number] =
      alike_hash(text(MemoryObservationField::title), text(MemoryObservationField::type), project, entry.is_personal);
  insert(by_likeness_[alike_hashes_[number]], number, [this](Number a, Number b) { return is_older(a, b); });
}

void Catalog::unlink(Number number) {
  const Entry& entry = entries_[number];
  count(entry, -1);
  if (entry.entity == Entity::kSession) return;
  auto& by_id = entry.entity == Entity::kObservation ? observations_by_id_ : prompts_by_id_;
  if (const auto found = by_id.find(entry.id); found != by_id.end() && found->second == number) by_id.erase(found);
  if (entry.session != Names::kNone && !entry.is_gone) {
    SessionRows& rows = by_session_[entry.session];
    std::vector<Number>& list = entry.entity == Entity::kObservation ? rows.observations : rows.prompts;
    erase(list, number, [this](Number a, Number b) { return is_before(a, b); });
  }
  if (topic_hashes_[number] != 0) erase_pair(by_topic_, std::exchange(topic_hashes_[number], 0), number);
  if (alike_hashes_[number] != 0) {
    const auto found = by_likeness_.find(std::exchange(alike_hashes_[number], 0));
    erase(found->second, number, [this](Number a, Number b) { return is_older(a, b); });
    if (found->second.empty()) by_likeness_.erase(found);
  }
}

// ---- looking up

Catalog::Number Catalog::find(Entity entity, std::string_view key) const {
  const auto found = by_record_.find(record_key(entity, key));
  return found == by_record_.end() ? kNone : found->second;
}

Catalog::Number Catalog::number_of(const json::Row& record) const {
  const auto found = by_record_.find(record.field(Field::id));
  return found == by_record_.end() ? kNone : found->second;
}

std::string Catalog::key_of(const Entry& entry) {
  return json::string_value(entry.record->field(Field::id)).substr(record_id(entry.entity, "").size());
}

Catalog::Number Catalog::find_id(Entity entity, std::int64_t id) const {
  const auto& by_id = entity == Entity::kObservation ? observations_by_id_ : prompts_by_id_;
  const auto found = by_id.find(id);
  return found == by_id.end() ? kNone : found->second;
}

Catalog::Number Catalog::session_of(const Entry& entry) const {
  return entry.session == Names::kNone ? kNone : find(Entity::kSession, names_[entry.session]);
}

std::vector<Catalog::Number> Catalog::with_topic(std::string_view topic) const {
  std::vector<Number> found;
  StoredReader reader;
  StoredView view;
  const auto [begin, end] = by_topic_.equal_range(topic_hash(topic));
  for (auto at = begin; at != end; ++at) {
    const bool is_row = reader.read(*entries_[at->second].record, view) && view.row;
    if (is_row && text_member(*view.row, "topic_key") == topic) found.push_back(at->second);
  }
  std::sort(found.begin(), found.end(), [this](Number a, Number b) { return entries_[a].id < entries_[b].id; });
  return found;
}

Catalog::Number Catalog::find_topic(std::string_view topic, std::string_view project, bool personal) const {
  Number best = kNone;
  for (const Number number : with_topic(topic)) {
    const Entry& entry = entries_[number];
    const std::string_view of = entry.project == Names::kNone ? std::string_view() : names_[entry.project];
    if (of != project || entry.is_personal != personal) continue;
    // Imports may bring several: the one that changed last is meant.
    if (best == kNone || !(entry.updated < entries_[best].updated)) best = number;
  }
  return best;
}

void Catalog::for_each_alike(std::string_view title, std::string_view type, std::string_view project, bool personal,
                             const std::function<bool(const Entry&)>& fn) const {
  const auto found = by_likeness_.find(alike_hash(title, type, project, personal));
  if (found == by_likeness_.end()) return;
  for (auto at = found->second.rbegin(); at != found->second.rend(); ++at) {
    if (!fn(entries_[*at])) return;
  }
}

std::vector<Catalog::Number> Catalog::rows_of(Entity entity, std::string_view session) const {
  const auto found = by_session_.find(names_.find(session));
  if (found == by_session_.end()) return {};
  return entity == Entity::kObservation ? found->second.observations : found->second.prompts;
}

bool Catalog::has_observations(std::string_view session) const {
  const auto found = by_session_.find(names_.find(session));
  return found != by_session_.end() && !found->second.observations.empty();
}

std::pair<MaybeInstant, std::int64_t> Catalog::last_activity(const Entry& session) const {
  std::pair<MaybeInstant, std::int64_t> last(session.created, session.seq);
  if (const auto found = by_session_.find(session.session); found != by_session_.end()) {
    for (const auto* rows : {&found->second.observations, &found->second.prompts}) {
      for (const Number number : *rows) last = std::max(last, {entries_[number].created, entries_[number].id});
    }
  }
  return last;
}

std::vector<std::string> Catalog::projects() const {
  std::vector<std::string> names;
  for (const auto& [name, count] : projects_) {
    if (count > 0) names.push_back(names_[name]);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool ProjectFilter::is_it(std::uint32_t name) {
  if (name == Names::kNone) return false;
  const auto [found, is_new] = names_.try_emplace(name, false);
  if (is_new) found->second = normalize_project(catalog_.names()[name]) == project_;
  return found->second;
}

bool ProjectFilter::operator()(const Entry& entry) {
  if (entry.project != Names::kNone || entry.entity == Entity::kSession) return is_it(entry.project);
  const Catalog::Number session = catalog_.session_of(entry);
  return session != Catalog::kNone && is_it(catalog_.at(session).project);
}

}  // namespace quipu::memory
