// memory_handles.h - the shells of quipu/memory.h, for the sources that implement it.
#pragma once

#include <quipu/memory.h>

#include "cursor_handle.h"
#include "memory/store.h"
#include "store_handle.h"
#include "value_handle.h"

struct quipu_memorystore : quipu::capi::StoreShell<quipu::memory::MemoryStore> {};

namespace quipu::capi {

using MemoryCall = StoreCallOn<quipu_memorystore>;

// ---- options, checked

memory::MemoryOptions memory_options_in(const quipu_memorystore_options* options);
memory::RowFilter filter_in(const quipu_memorylist_options* options);
memory::ContextOptions context_options_in(const quipu_memorycontext_options* options);
// Views into what the caller gave.
memory::NewObservation new_observation_in(const quipu_memoryobservation_fields* fields);
memory::ObservationChanges changes_in(const quipu_memoryobservation_fields* fields);

// ---- rows of what the core reports

json::RowRef row_of(const memory::SearchHit& hit);
json::RowRef row_of(const memory::Addition& addition);
json::RowRef row_of(const memory::Stats& stats);
json::RowRef row_of(const memory::Purge& purge);

}  // namespace quipu::capi
