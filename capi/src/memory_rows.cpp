// What the core of memory reports, as rows of the value types.
#include "memory/value_fields.h"
#include "memory_handles.h"
#include "row_maker.h"

using namespace quipu::memory;

namespace quipu::capi {

namespace {

std::string_view name_of(Addition::Outcome outcome) {
  switch (outcome) {
    case Addition::Outcome::kCreated:
      return "created";
    case Addition::Outcome::kUpdated:
      return "updated";
    case Addition::Outcome::kDuplicate:
      return "duplicate";
  }
  return "";
}

}  // namespace

json::RowRef row_of(const SearchHit& hit) {
  // A hit has the fields of an observation, in their order, and then its own.
  static_assert(std::size_t{MemoryHitField::rank} == std::size_t{MemoryObservationField::count});
  json::RowText row(memoryhit_fields(), hit.row->text().size());
  for (std::size_t i = 0; i < MemoryObservationField::count; ++i) row.next() += hit.row->field(i);
  row.next() += json::double_json(hit.rank);
  return row.finish();
}

json::RowRef row_of(const Addition& addition) {
  using F = MemoryAdditionField;
  const bool is_observation = &addition.row->table() == &memoryobservation_fields();
  const EntityTraits& traits = traits_of(is_observation ? Entity::kObservation : Entity::kPrompt);
  RowMaker row(memoryaddition_fields());
  row.set(F::outcome, name_of(addition.outcome));
  row.set_json(F::sync_id, addition.row->field(traits.key));
  row.set_json(F::id, addition.row->field(traits.id));
  if (is_observation) {
    row.set_json(F::revision_count, addition.row->field(MemoryObservationField::revision_count));
    row.set_json(F::duplicate_count, addition.row->field(MemoryObservationField::duplicate_count));
  }
  row.set(F::truncated, addition.truncated);
  return row.make();
}

json::RowRef row_of(const Stats& stats) {
  using F = MemoryStatsField;
  RowMaker row(memorystats_fields());
  row.set(F::sessions, stats.sessions);
  row.set(F::observations, stats.observations);
  row.set(F::prompts, stats.prompts);
  row.set_json(F::projects, json::texts_json(stats.projects));
  return row.make();
}

json::RowRef row_of(const Purge& purge) {
  using F = MemoryPurgeField;
  RowMaker row(memorypurge_fields());
  row.set(F::events, purge.events);
  row.set(F::deleted, purge.deleted);
  return row.make();
}

}  // namespace quipu::capi
