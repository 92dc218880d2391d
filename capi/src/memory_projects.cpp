// Projects, the journal and imports of quipu/memory.h.

#include "memory/engram_import.h"
#include "memory/journal.h"
#include "memory/sync_state.h"
#include "memory/value_fields.h"
#include "memory_handles.h"
#include "options.h"
#include "row_maker.h"

using namespace quipu;
using namespace quipu::capi;
using namespace quipu::memory;

namespace {

json::RowRef row_of(const Mutation& mutation) {
  using F = MemoryMutationField;
  RowMaker row(memorymutation_fields());
  row.set(F::seq, mutation.seq);
  row.set(F::target_key, mutation.target_key);
  row.set(F::entity, mutation.entity);
  row.set(F::entity_key, mutation.entity_key);
  row.set(F::op, mutation.op);
  row.set(F::payload, mutation.payload);
  row.set(F::source, mutation.source);
  row.set(F::project, mutation.project);
  row.set(F::occurred_at, mutation.occurred_at);
  row.set(F::acked_at, mutation.acked_at);
  return row.make();
}

json::RowRef row_of(const EngramImport& result) {
  using F = MemoryImportField;
  RowMaker row(memoryimport_fields());
  row.set(F::sessions_imported, result.counts.sessions_imported);
  row.set(F::sessions_recovered, result.counts.sessions_recovered);
  row.set(F::observations_imported, result.counts.observations_imported);
  row.set(F::prompts_imported, result.counts.prompts_imported);
  row.set(F::rows_stale, result.counts.rows_stale);
  row.set(F::rows_deleted, result.counts.rows_deleted);
  row.set(F::relations_imported, result.counts.relations_imported);
  row.set(F::projects_enrolled, result.projects_enrolled);
  row.set(F::chunks_known, result.chunks_known);
  return row.make();
}

// A cursor over what is there already.
template <typename Cursor>
void give_made(const MemoryCall& call, std::vector<json::RowRef> rows, Cursor** out) {
  give_cursor(
      call.lifetime(),
      [kept = std::move(rows), at = std::size_t{0}]() mutable {
        return at == kept.size() ? json::RowRef() : std::move(kept[at++]);
      },
      out);
}

}  // namespace

extern "C" {

quipu_status quipu_memorystore_import_engram(quipu_memorystore* store, const char* path, size_t path_len,
                                             quipu_progress_fn progress, void* user, quipu_memoryimport** out,
                                             quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    const std::string file(text_in(path, path_len, "the path"));
    const EngramImport result = import_engram(*store->store, file, progress_in(*call.lifetime(), progress, user));
    if (out != nullptr) give_value(row_of(result), out);
  });
}

quipu_status quipu_memorystore_project_enroll(quipu_memorystore* store, const char* project, size_t project_len,
                                              int* out_changed, quipu_error** err) {
  clear_outs(out_changed);
  return on_store(store, err, [&](const MemoryCall&) {
    const bool changed = project_enroll(*store->store, text_in(project, project_len, "the project"));
    if (out_changed != nullptr) *out_changed = changed ? 1 : 0;
  });
}

quipu_status quipu_memorystore_project_unenroll(quipu_memorystore* store, const char* project, size_t project_len,
                                                int* out_changed, quipu_error** err) {
  clear_outs(out_changed);
  return on_store(store, err, [&](const MemoryCall&) {
    const bool changed = project_unenroll(*store->store, text_in(project, project_len, "the project"));
    if (out_changed != nullptr) *out_changed = changed ? 1 : 0;
  });
}

quipu_status quipu_memorystore_project_list(quipu_memorystore* store, quipu_memoryprojectcursor** out,
                                            quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    need_out(out);
    std::vector<json::RowRef> rows;
    for (const Project& project : project_list(*store->store)) {
      using F = MemoryProjectField;
      RowMaker row(memoryproject_fields());
      row.set(F::name, project.name);
      row.set(F::enrolled, project.enrolled);
      row.set(F::enrolled_at, project.enrolled_at);
      rows.push_back(row.make());
    }
    give_made(call, std::move(rows), out);
  });
}

quipu_status quipu_memorystore_journal_list(quipu_memorystore* store, int64_t after, uint32_t flags,
                                            quipu_memorymutationcursor** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    need_out(out);
    check_flags(flags, QUIPU_MEMORYJOURNAL_WITH_ACKED | QUIPU_MEMORYJOURNAL_WITH_UNENROLLED);
    JournalFilter filter;
    filter.after = after;
    filter.with_acked = (flags & QUIPU_MEMORYJOURNAL_WITH_ACKED) != 0;
    filter.enrolled_only = (flags & QUIPU_MEMORYJOURNAL_WITH_UNENROLLED) == 0;
    std::vector<json::RowRef> rows;
    for (const Mutation& mutation : journal_list(*store->store, filter)) rows.push_back(row_of(mutation));
    give_made(call, std::move(rows), out);
  });
}

quipu_status quipu_memorystore_journal_ack(quipu_memorystore* store, const int64_t* seqs, size_t count,
                                           quipu_error** err) {
  return on_store(store, err, [&](const MemoryCall&) {
    if (seqs == nullptr && count > 0) misuse("the numbers are NULL though their count is not 0");
    journal_ack(*store->store, std::vector<std::int64_t>(seqs, seqs + count));
  });
}

quipu_status quipu_memoryprojectcursor_next(quipu_memoryprojectcursor* cursor, quipu_memoryproject** out,
                                            quipu_error** err) {
  return cursor_next(cursor, out, err);
}
quipu_status quipu_memoryprojectcursor_next_page(quipu_memoryprojectcursor* cursor, int64_t max_items, uint8_t** out,
                                                 size_t* out_len, quipu_error** err) {
  return cursor_next_page(shell_of(cursor), max_items, out, out_len, err);
}
quipu_status quipu_memoryprojectcursor_close(quipu_memoryprojectcursor* cursor, quipu_error** err) {
  return cursor_close(shell_of(cursor), err);
}
void quipu_memoryprojectcursor_free(quipu_memoryprojectcursor* cursor) { cursor_free(shell_of(cursor)); }

quipu_status quipu_memorymutationcursor_next(quipu_memorymutationcursor* cursor, quipu_memorymutation** out,
                                             quipu_error** err) {
  return cursor_next(cursor, out, err);
}
quipu_status quipu_memorymutationcursor_next_page(quipu_memorymutationcursor* cursor, int64_t max_items, uint8_t** out,
                                                  size_t* out_len, quipu_error** err) {
  return cursor_next_page(shell_of(cursor), max_items, out, out_len, err);
}
quipu_status quipu_memorymutationcursor_close(quipu_memorymutationcursor* cursor, quipu_error** err) {
  return cursor_close(shell_of(cursor), err);
}
void quipu_memorymutationcursor_free(quipu_memorymutationcursor* cursor) { cursor_free(shell_of(cursor)); }

}  // extern "C"
