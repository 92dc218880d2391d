// Opening, following the log, and what reads: finding, listing, the timeline. What writes is in store_write.cpp.
#include "memory/store.h"

#include "memory/ledger.h"
#include "memory/search_index.h"

#include <algorithm>

namespace quipu::memory {

void not_found(Entity entity, std::string_view key) {
  throw Error(Code::kNotFound, "there is no " + std::string(traits_of(entity).name) + " \"" + std::string(key) + "\"");
}

RowRef RowCursor::next() {
  while (at_ < records_.size()) {
    RowRef row = reader_.read_row(*records_[at_]);
    records_[at_++] = RecordRef();
    if (row) return row;
  }
  return RowRef();
}

MemoryStore::MemoryStore(std::unique_ptr<chronostore::Store> store, const MemoryOptions& options)
    : store_(std::move(store)), options_(options), ledgers_(std::make_unique<Ledgers>()) {}

MemoryStore::~MemoryStore() = default;

std::unique_ptr<MemoryStore> MemoryStore::open(const std::string& path, const MemoryOptions& given) {
  MemoryOptions options = given;
  if (options.store.clock == nullptr) options.store.clock = &system_clock();
  if (options.store.file_system == nullptr) options.store.file_system = &os::native_file_system();
  options.store.track_changes = true;
  auto store = chronostore::Store::open(path, options.store);
  return std::unique_ptr<MemoryStore>(new MemoryStore(std::move(store), options));
}

void MemoryStore::close() { store_->close(); }

std::string MemoryStore::now() const { return sql_utc(options_.store.clock->unix_seconds()); }

// With mutex_ held.
void MemoryStore::catch_up() {
  try {
    const chronostore::ChangedRecords changed = store_->take_changed();
    catalog_.take(changed);
    ledgers_->take(changed, catalog_);
    mark_ = changed.mark;
  } catch (...) {
    store_->forget_changed();
    throw;
  }
}

void MemoryStore::with_catalog(const std::function<void(const Catalog&, const chronostore::Mark&)>& fn) {
  const std::lock_guard lock(mutex_);
  catch_up();
  fn(catalog_, mark_);
}

void MemoryStore::with_ledgers(const std::function<void(const Catalog&, Ledgers&)>& fn) {
  const std::lock_guard lock(mutex_);
  catch_up();
  fn(catalog_, *ledgers_);
}

std::int64_t MemoryStore::commit(const std::function<void(Write&)>& fn) {
  return store_->commit([&](chronostore::Transaction& transaction) {
    const std::lock_guard lock(mutex_);
    catch_up();
    Write write(transaction, catalog_, now());
    fn(write);
  });
}

RowRef MemoryStore::find(Entity entity, std::string_view key) {
  const RecordRef record = store_->find(record_id(entity, key));
  return record ? StoredReader().read_row(*record) : RowRef();
}

RowRef MemoryStore::session_find(std::string_view id) { return find(Entity::kSession, id); }
RowRef MemoryStore::observation_find(std::string_view sync_id) { return find(Entity::kObservation, sync_id); }
RowRef MemoryStore::prompt_find(std::string_view sync_id) { return find(Entity::kPrompt, sync_id); }

RowCursor MemoryStore::session_list(const RowFilter& filter) { return list(Entity::kSession, filter); }
RowCursor MemoryStore::observation_list(const RowFilter& filter) { return list(Entity::kObservation, filter); }
RowCursor MemoryStore::prompt_list(const RowFilter& filter) { return list(Entity::kPrompt, filter); }

RowCursor MemoryStore::list(Entity entity, const RowFilter& filter) {
  if (filter.limit < 0) throw Error(Code::kInvalid, "the limit is negative");
  struct Place {
    MaybeInstant time;
    std::int64_t id;  // tells rows of one second apart
    Catalog::Number number;
  };
  std::vector<RecordRef> records;
  with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
    const EntryFilter wanted(catalog.names(), entity, filter);
    std::vector<Place> places;
    for (Catalog::Number number = 0; number < catalog.size(); ++number) {
      const Entry& entry = catalog.at(number);
      if (!wanted.passes(entry)) continue;
      if (entity == Entity::kSession) {
        const auto [time, seq] = catalog.last_activity(entry);
        places.push_back({time, seq, number});
      } else {
        places.push_back({entry.created, entry.id, number});
      }
    }
    const std::size_t count =
        filter.limit == 0 ? places.size() : std::min(places.size(), static_cast<std::size_t>(filter.limit));
    const auto middle = places.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(places.begin(), middle, places.end(),
                      [](const Place& a, const Place& b) { return std::pair(a.time, a.id) > std::pair(b.time, b.id); });
    records.reserve(count);
    for (auto place = places.begin(); place != middle; ++place) records.push_back(catalog.at(place->number).record);
  });
  return RowCursor(std::move(records));
}

std::vector<RowRef> MemoryStore::timeline(std::string_view sync_id, std::int64_t before, std::int64_t after) {
  if (before < 0 || after < 0) throw Error(Code::kInvalid, "a timeline of a negative number of rows");
  std::vector<RecordRef> records;
  with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
    const Catalog::Number number = catalog.find(Entity::kObservation, sync_id);
    if (number == Catalog::kNone || catalog.at(number).is_gone) not_found(Entity::kObservation, sync_id);
    const Entry& middle = catalog.at(number);
    std::vector<Catalog::Number> rows;
    if (middle.session != Names::kNone) {
      rows = catalog.rows_of(Entity::kObservation, catalog.names()[middle.session]);
    }
    std::erase_if(rows, [&](Catalog::Number row) { return row != number && !catalog.at(row).is_live(); });
    auto at = std::find(rows.begin(), rows.end(), number);
    if (at == rows.end()) at = rows.insert(at, number);
    const auto place = at - rows.begin();
    const auto begin = std::max<std::ptrdiff_t>(0, place - before);
    const auto end =
        after >= std::ssize(rows) - place ? std::ssize(rows) : place + static_cast<std::ptrdiff_t>(after) + 1;
    for (auto i = begin; i < end; ++i) records.push_back(catalog.at(rows[static_cast<std::size_t>(i)]).record);
  });
  std::vector<RowRef> found;
  RowCursor cursor(std::move(records));
  while (RowRef row = cursor.next()) found.push_back(std::move(row));
  return found;
}

Stats MemoryStore::stats() {
  Stats stats;
  with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
    const Catalog::Counts counts = catalog.counts();
    stats = {counts.sessions, counts.observations, counts.prompts, catalog.projects()};
  });
  return stats;
}

}  // namespace quipu::memory
