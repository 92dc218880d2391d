// Searching: the index gives candidates in order, the catalog tells which of them are still there and pass the filter.
#include <algorithm>

#include "base/unicode.h"
#include "memory/names.h"
#include "memory/search_index.h"
#include "memory/store.h"
#include "os/paths.h"

namespace quipu::memory {

namespace {

constexpr std::string_view kIndexName = "memory_index.sqlite3";
constexpr std::int64_t kDefaultHits = 10;
constexpr double kTopicRank = -1000.0;

}  // namespace

// With index_mutex_ held.
SearchIndex& MemoryStore::index() {
  if (!index_) {
    // SQLite knows the system's files alone; and who may only read leaves no file.
    const bool in_memory = options_.store.read_only || options_.store.file_system != &os::native_file_system();
    const std::string path = in_memory ? "" : os::join(os::join(store_->path(), ".chronomemory"), kIndexName);
    index_ = std::make_unique<SearchIndex>(options_.store.file_system, path, options_.store.lock_wait_ms);
  }
  return *index_;
}

void MemoryStore::catch_up_index() {
  const auto now = [this] {
    chronostore::Mark mark;
    with_catalog([&](const Catalog&, const chronostore::Mark& at) { mark = at; });
    return mark;
  };
  const auto rows_since = [this](std::int64_t seq) {
    IndexSource source;
    with_catalog([&](const Catalog& catalog, const chronostore::Mark& at) {
      source.mark = at;
      for (Catalog::Number number = 0; number < catalog.size(); ++number) {
        const Entry& entry = catalog.at(number);
        if (entry.entity != Entity::kObservation || entry.seq <= seq || entry.id == 0) continue;
        source.rows.push_back({entry.id, entry.is_live() ? entry.record : RecordRef()});
      }
    });
    return source;
  };
  index().catch_up(now, rows_since, [this](const chronostore::Mark& mark) { return store_->has_passed(mark); });
}

SearchResult MemoryStore::search(const SearchQuery& query) {
  if (query.filter.limit < 0) throw Error(Code::kInvalid, "the limit is negative");
  const std::string match = SearchIndex::match_of(query.text);
  if (match.empty()) throw Error(Code::kInvalid, "the query has no words");
  const auto limit = static_cast<std::size_t>(query.filter.limit == 0 ? kDefaultHits : query.filter.limit);

  std::vector<std::pair<RecordRef, double>> found;
  const std::lock_guard lock(index_mutex_);
  constexpr int kMostTries = 3;
  for (int tries = 1;; ++tries) {
    try {
      found = search_index(query, match, limit);
      break;
    } catch (const Error& error) {  // damage may show as late as here
      if (tries == kMostTries || !index().heal(error)) throw;
    }
  }

  SearchResult result;
  StoredReader reader;
  for (const auto& [record, rank] : found) {
    if (RowRef row = reader.read_row(*record)) result.hits.push_back({std::move(row), rank});
  }
  return result;
}

// With index_mutex_ held.
std::vector<std::pair<RecordRef, double>> MemoryStore::search_index(const SearchQuery& query, std::string_view match,
                                                                    std::size_t limit) {
  std::vector<std::pair<RecordRef, double>> found;
  std::vector<std::int64_t> topics;
  catch_up_index();
  if (query.text.find('/') != std::string::npos) {
    with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
      const EntryFilter wanted(catalog.names(), Entity::kObservation, query.filter);
      for (const Catalog::Number number : catalog.with_topic(normalize_topic_key(query.text))) {
        const Entry& entry = catalog.at(number);
        if (found.size() == limit || !wanted.passes(entry)) continue;
        found.emplace_back(entry.record, kTopicRank);
        topics.push_back(entry.id);
      }
    });
  }
  // The index is not read with the catalog in hand: others may want to write meanwhile.
  constexpr std::size_t kBatch = 256;
  std::vector<std::pair<std::int64_t, double>> batch;
  const auto settle_batch = [&] {
    with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
      const EntryFilter wanted(catalog.names(), Entity::kObservation, query.filter);
      for (const auto& [id, rank] : batch) {
        const Catalog::Number number = catalog.find_id(Entity::kObservation, id);
        if (found.size() == limit || number == Catalog::kNone || !catalog.at(number).is_live() ||
            !wanted.passes(catalog.at(number)) || std::find(topics.begin(), topics.end(), id) != topics.end()) {
          continue;
        }
        found.emplace_back(catalog.at(number).record, rank);
      }
    });
    batch.clear();
  };
  if (found.size() < limit) {
    index_->for_each_match(match, [&](std::int64_t id, double rank) {
      batch.emplace_back(id, rank);
      if (batch.size() == std::max(limit, kBatch)) settle_batch();
      return found.size() < limit;
    });
    settle_batch();
  }
  return found;
}

Purge MemoryStore::purge(const chronostore::Progress& progress) {
  Purge purge;
  with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
    for (Catalog::Number number = 0; number < catalog.size(); ++number) {
      const Entry& entry = catalog.at(number);
      if (entry.is_gone && entry.entity != Entity::kSession) ++purge.deleted;
    }
  });
  purge.events = store_->compact(progress);
  const std::lock_guard lock(index_mutex_);
  index().discard();
  return purge;
}

}  // namespace quipu::memory
