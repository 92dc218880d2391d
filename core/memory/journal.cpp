#include "memory/journal.h"

#include <algorithm>
#include <functional>
#include <unordered_map>
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

// Asked with all but op and payload.
using Passes = std::function<bool(const Mutation&)>;

class Reader {
 public:
  explicit Reader(MemoryStore& store) : store_(store) {}

  // Entries after that number and outside of those ranges that pass; the payload is made for these alone. passes sees each once.
  std::vector<Mutation> read(std::int64_t after, const NumberRanges& without, const Passes& passes) {
    without_ = &without;
    passes_ = &passes;
    std::vector<Mutation> entries;
    const std::int64_t first_seq = first_seq_of_log();
    // What is settled from the beginning is passed over.
    if (!without.all().empty() && without.all().front().first <= 1) {
      after = std::max(after, without.all().front().second);
    }
    chronostore::EventCursor events = store_.records().replay(after + 1);
    while (const json::RowRef event = events.next()) {
      bool ok = false;
      const std::int64_t seq = json::int64_value(event->field(EventField::seq), ok);
      if (!ok || seq <= after || without.contains(seq)) continue;
      const std::string_view record = event->field(EventField::record);
      // Most events of a store with other records in it are not ours.
      if (record.find("\"memory_") == std::string_view::npos) continue;
      const RecordRef made = builder_.from_node(document_.parse(record));
      add(*made, seq, row_time(json::string_value(event->field(EventField::ts))), entries);
    }
    add_compacted(after, first_seq, entries);
    std::sort(entries.begin(), entries.end(), [](const Mutation& a, const Mutation& b) { return a.seq < b.seq; });
    return entries;
  }

 private:
  std::int64_t first_seq_of_log() {
    bool ok = false;
    const json::RowRef event = store_.records().replay(0).next();
    return event ? json::int64_value(event->field(EventField::seq), ok) : 0;
  }

  // What was written before the log began.
  void add_compacted(std::int64_t after, std::int64_t first_seq, std::vector<Mutation>& entries) {
    std::vector<std::pair<RecordRef, std::int64_t>> records;
    store_.with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
      for (Catalog::Number number = 0; number < catalog.size(); ++number) {
        const Entry& entry = catalog.at(number);
        const bool is_before = first_seq == 0 || entry.seq < first_seq;
        if (entry.via == Via::kLocal && is_before && entry.seq > after && !without_->contains(entry.seq)) {
          records.emplace_back(entry.record, entry.seq);
        }
      }
    });
    for (const auto& [record, seq] : records) add(*record, seq, "", entries);
  }

  void add(const json::Row& record, std::int64_t seq, std::string time, std::vector<Mutation>& entries) {
    StoredView view;
    if (!reader_.read(record, view) || view.via != Via::kLocal || view.seq != seq) return;
    const EntityTraits& traits = traits_of(view.entity);
    Mutation entry;
    entry.seq = seq;
    entry.entity = traits.name;
    entry.entity_key = view.key;
    entry.occurred_at = std::move(time);
    Gone gone;
    RowRef row;
    std::string session;
    if (view.row) {
      row = rows_.read(view.entity, *view.row);
      entry.project = text_of(*row, traits.project);
      if (traits.session != EntityTraits::kNone) session = text_of(*row, traits.session);
    } else {
      gone = StoredReader::gone_of(view);
      entry.project = gone.project;
      session = gone.session_id;
    }
    if (normalize_project(entry.project).empty() && !session.empty()) entry.project = project_of_session(session);
    entry.project = normalize_project(entry.project);
    if (!(*passes_)(entry)) return;

    const bool is_deleted = row && view.entity == Entity::kObservation && has(*row, MemoryObservationField::deleted_at);
    entry.op = row && !is_deleted ? "upsert" : "delete";
    if (!row) {
      entry.payload = delete_payload(view.entity, view.key, gone);
    } else {
      entry.payload = is_deleted ? delete_payload(*row) : upsert_payload(view.entity, *row);
    }
    if (entry.occurred_at.empty()) {
      const std::size_t when = traits.updated_at != EntityTraits::kNone ? traits.updated_at : traits.created_at;
      entry.occurred_at = row ? text_of(*row, when) : gone.deleted_at;
    }
    entries.push_back(std::move(entry));
  }

  // Also of one that is gone.
  const std::string& project_of_session(const std::string& id) {
    const auto [found, is_new] = sessions_.try_emplace(id);
    if (!is_new) return found->second;
    StoredView view;
    const RecordRef record = store_.records().find(record_id(Entity::kSession, id));
    if (record && sessions_reader_.read(*record, view)) {
      found->second = text_member(view.row ? *view.row : *view.gone, "project");
    }
    return found->second;
  }

  MemoryStore& store_;
  const NumberRanges* without_ = nullptr;
  const Passes* passes_ = nullptr;
  json::Document document_;
  json::RowBuilder builder_{chronostore::chronorecord_fields()};
  StoredReader reader_;
  StoredReader sessions_reader_;
  RowReader rows_;
  std::unordered_map<std::string, std::string> sessions_;  // id to project
};

std::unordered_set<std::string> enrolled_set(MemoryStore& store) {
  std::unordered_set<std::string> enrolled;
  for (std::string& project : enrolled_projects(store)) enrolled.insert(std::move(project));
  return enrolled;
}

// Reasons for which nothing is tried until somebody has seen to them.
bool is_held_up(const TargetState& state) {
  if (state.lifecycle != "degraded") return false;
  for (const std::string_view reason :
       {"blocked_unenrolled", "paused", "auth_required", "policy_forbidden", "cloud_config_error"}) {
    if (state.reason_code == reason) return true;
  }
  return false;
}

}  // namespace

std::vector<Mutation> journal_list(MemoryStore& store, const JournalFilter& filter) {
  const std::unordered_set<std::string> enrolled = enrolled_set(store);
  const NumberRanges acked = filter.with_acked ? NumberRanges() : target_state(store, kTarget).acked;
  return Reader(store).read(filter.after, acked, [&](const Mutation& entry) {
    return !filter.enrolled_only || entry.project.empty() || enrolled.contains(entry.project);
  });
}

void journal_ack(MemoryStore& store, const std::vector<std::int64_t>& numbers) {
  if (!numbers.empty()) PendingJournal(store).ack(numbers);
}

PendingJournal::PendingJournal(MemoryStore& store) : store_(store) {
  const std::unordered_set<std::string> enrolled = enrolled_set(store);
  entries_ = Reader(store).read(0, target_state(store, kTarget).acked, [&](const Mutation& entry) {
    const bool is_wanted = entry.project.empty() || enrolled.contains(entry.project);
    numbers_.push_back({entry.seq, is_wanted});
    return is_wanted;
  });
  std::sort(numbers_.begin(), numbers_.end(), [](const Number& a, const Number& b) { return a.seq < b.seq; });
}

void PendingJournal::ack(const std::vector<std::int64_t>& given) {
  const std::unordered_set<std::int64_t> meant(given.begin(), given.end());
  std::vector<std::int64_t> numbers;
  for (const Number& number : numbers_) {
    if (meant.contains(number.seq)) numbers.push_back(number.seq);
  }
  if (numbers.empty()) return;
  store_.commit([&](Write& write) {
    TargetState state = target_state(write, kTarget);
    for (const std::int64_t number : numbers) state.acked.add(number, number);
    // Ranges with no entry between them become one: numbers of other events need no acknowledging. Nor do those before the first
    // entry. Of what came after the reading nothing is known.
    NumberRanges settled;
    bool is_all = true;
    std::int64_t from = 1;
    auto range = state.acked.all().begin();
    const auto settle = [&](std::int64_t below) {
      std::int64_t last = 0;
      for (; range != state.acked.all().end() && range->first < below; ++range) last = range->second;
      if (last != 0) settled.add(from, last);
    };
    for (const Number& number : numbers_) {
      if (state.acked.contains(number.seq)) continue;
      is_all = is_all && !number.is_wanted;
      settle(number.seq);
      from = number.seq + 1;
    }
    settle(numbers_.back().seq + 1);
    for (; range != state.acked.all().end(); ++range) settled.add(range->first, range->second);
    state.acked = std::move(settled);
    state.last_acked_seq = std::max(state.last_acked_seq, numbers.back());
    if (!is_held_up(state)) state.lifecycle = is_all ? "healthy" : "pending";
    put_target_state(write, kTarget, std::move(state));
  });
}

}  // namespace quipu::memory
