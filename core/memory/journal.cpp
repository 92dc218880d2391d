#include "memory/journal.h"

#include <algorithm>
#include <unordered_set>

#include "json/row.h"
#include "memory/names.h"
#include "memory/sync_state.h"

namespace quipu::memory {

namespace {

using Field = chronostore::ChronoRecordField;
using EventField = chronostore::WalEventField;

constexpr std::string_view kTarget = "cloud";

// A time of an event as rows spell it.
std::string row_time(std::string time) {
  if (!time.empty() && time.back() == 'Z') time.pop_back();
  if (const std::size_t at = time.find('T'); at != std::string::npos) time[at] = ' ';
  return time;
}

class Reader {
 public:
  explicit Reader(MemoryStore& store) : store_(store) {}

  std::vector<Mutation> all() {
    std::vector<Mutation> entries;
    std::int64_t first_seq = 0;
    chronostore::EventCursor events = store_.records().replay(0);
    while (const json::RowRef event = events.next()) {
      bool ok = false;
      const std::int64_t seq = json::int64_value(event->field(EventField::seq), ok);
      if (first_seq == 0) first_seq = seq;
      const std::string_view record = event->field(EventField::record);
      // Most events of a store with other records in it are not ours.
      if (record.find("\"memory_") == std::string_view::npos) continue;
      const RecordRef made = builder_.from_node(document_.parse(record));
      add(*made, seq, row_time(json::string_value(event->field(EventField::ts))), entries);
    }
    add_compacted(first_seq, entries);
    std::sort(entries.begin(), entries.end(), [](const Mutation& a, const Mutation& b) { return a.seq < b.seq; });
    return entries;
  }

 private:
  // What was written before the log began.
  void add_compacted(std::int64_t first_seq, std::vector<Mutation>& entries) {
    std::vector<std::pair<RecordRef, std::int64_t>> records;
    store_.with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
      for (Catalog::Number number = 0; number < catalog.size(); ++number) {
        const Entry& entry = catalog.at(number);
        const bool is_before = first_seq == 0 || entry.seq < first_seq;
        if (entry.via == Via::kLocal && is_before) records.emplace_back(entry.record, entry.seq);
      }
    });
    for (const auto& [record, seq] : records) add(*record, seq, "", entries);
  }

  void add(const json::Row& record, std::int64_t seq, std::string time, std::vector<Mutation>& entries) {
    StoredView view;
    if (!reader_.read(record, view) || view.via != Via::kLocal || view.seq != seq) return;
    Mutation entry;
    entry.seq = seq;
    entry.entity = traits_of(view.entity).name;
    entry.entity_key = view.key;
    entry.occurred_at = std::move(time);
    std::string session;
    if (!view.row) {
      const Gone gone = StoredReader::gone_of(view);
      entry.op = "delete";
      entry.payload = delete_payload(view.entity, view.key, gone);
      entry.project = gone.project;
      session = gone.session_id;
      if (entry.occurred_at.empty()) entry.occurred_at = gone.deleted_at;
    } else {
      const EntityTraits& traits = traits_of(view.entity);
      const RowRef row = rows_.read(view.entity, *view.row);
      const bool is_deleted = view.entity == Entity::kObservation && has(*row, MemoryObservationField::deleted_at);
      entry.op = is_deleted ? "delete" : "upsert";
      entry.payload = is_deleted ? delete_payload(*row) : upsert_payload(view.entity, *row);
      entry.project = text_of(*row, traits.project);
      if (traits.session != EntityTraits::kNone) session = text_of(*row, traits.session);
      if (entry.occurred_at.empty()) {
        entry.occurred_at =
            text_of(*row, traits.updated_at != EntityTraits::kNone ? traits.updated_at : traits.created_at);
      }
    }
    if (entry.project.empty() && !session.empty()) {
      if (const RowRef of = store_.session_find(session)) entry.project = text_of(*of, MemorySessionField::project);
    }
    entry.project = normalize_project(entry.project);
    entries.push_back(std::move(entry));
  }

  MemoryStore& store_;
  json::Document document_;
  json::RowBuilder builder_{chronostore::chronorecord_fields()};
  StoredReader reader_;
  RowReader rows_;
};

}  // namespace

std::vector<Mutation> journal_list(MemoryStore& store, const JournalFilter& filter) {
  std::vector<Mutation> entries = Reader(store).all();
  const TargetState state = target_state(store, kTarget);
  std::unordered_set<std::string> enrolled;
  for (std::string& project : enrolled_projects(store)) enrolled.insert(std::move(project));
  std::erase_if(entries, [&](const Mutation& entry) {
    if (entry.seq <= filter.after) return true;
    if (!filter.with_acked && state.acked.contains(entry.seq)) return true;
    return filter.enrolled_only && !entry.project.empty() && !enrolled.contains(entry.project);
  });
  return entries;
}

void journal_ack(MemoryStore& store, const std::vector<std::int64_t>& numbers) {
  if (numbers.empty()) return;
  const std::vector<Mutation> entries = Reader(store).all();
  store.commit([&](Write& write) {
    TargetState state = target_state(write, kTarget);
    for (const std::int64_t number : numbers) state.acked.add(number, number);
    // Ranges with no entry between them become one: numbers of other events need no acknowledging.
    std::int64_t from = 0;
    NumberRanges settled = state.acked;
    bool all_acked = true;
    for (const Mutation& entry : entries) {
      if (!state.acked.contains(entry.seq)) {
        all_acked = false;
        from = 0;
        continue;
      }
      if (from != 0) settled.add(from, entry.seq);
      from = entry.seq;
    }
    state.acked = settled;
    state.last_acked_seq = std::max(state.last_acked_seq, *std::max_element(numbers.begin(), numbers.end()));
    if (state.lifecycle != "degraded" || state.reason_code.empty()) state.lifecycle = all_acked ? "healthy" : "pending";
    put_target_state(write, kTarget, std::move(state));
  });
}

}  // namespace quipu::memory
