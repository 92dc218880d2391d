// The memory store of quipu/memory.h. Cursors, options and the rows of reports have files of their own.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "memory_handles.h"

using namespace quipu;
using namespace quipu::capi;
using namespace quipu::memory;

namespace {

template <typename Value>
quipu_status find_row(quipu_memorystore* store, Entity entity, const char* key, size_t key_len, bool must_exist,
                      Value** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    need_out(out);
    const std::string_view wanted = text_in(key, key_len, "the id");
    RowRef row = call->find(entity, wanted);
    if (row) return give_value(std::move(row), out);
    if (must_exist) not_found(entity, wanted);
  });
}

template <typename Cursor>
quipu_status list_rows(quipu_memorystore* store, Entity entity, const quipu_memorylist_options* options, Cursor** out,
                       quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    need_out(out);
    const std::shared_ptr<RowCursor> rows(new RowCursor(call->list(entity, filter_in(options))));
    give_cursor(
        call.lifetime(), [rows] { return rows->next(); }, out);
  });
}

template <typename Write>
void with_addition(quipu_memoryaddition** out, Write&& write) {
  if (out == nullptr) return write(AdditionReady());
  with_value(out, [&](const RowReady& ready) { write([&ready](const Addition& added) { ready(row_of(added)); }); });
}

// A cursor over rows that are there already; make(item) gives the row of each.
template <typename Item, typename Make, typename Cursor>
void give_items(const MemoryCall& call, std::vector<Item> items, Make make, Cursor** out) {
  auto kept = std::make_shared<std::vector<Item>>(std::move(items));
  std::size_t at = 0;
  give_cursor(
      call.lifetime(),
      [kept, at, make]() mutable {
        if (at == kept->size()) return json::RowRef();
        json::RowRef row = make((*kept)[at]);
        (*kept)[at++] = Item();
        return row;
      },
      out);
}
template <typename Cursor>
void give_rows(const MemoryCall& call, std::vector<RowRef> rows, Cursor** out) {
  give_items(
      call, std::move(rows), [](const RowRef& row) { return row; }, out);
}

// What was handed out already goes back when the rest fails.
template <typename Cursor>
void take_back(Cursor** out) {
  if (out == nullptr || *out == nullptr) return;
  cursor_free(shell_of(*out));
  *out = nullptr;
}

constexpr std::int64_t kTimelineRows = 5;

std::int64_t timeline_rows(std::int64_t given) { return given == -1 ? kTimelineRows : given; }

}  // namespace

extern "C" {

// ---- opening and closing

quipu_status quipu_memorystore_open(const char* path, size_t path_len, const quipu_memorystore_options* options,
                                    quipu_memorystore** out, quipu_error** err) {
  return open_store(path, path_len, out, err,
                    [&](const std::string& folder) { return MemoryStore::open(folder, memory_options_in(options)); });
}

quipu_status quipu_memorystore_close(quipu_memorystore* store, quipu_error** err) { return close_store(store, err); }

void quipu_memorystore_free(quipu_memorystore* store) { free_store(store); }

quipu_status quipu_memorystore_path(quipu_memorystore* store, char** out, size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return on_store(store, err, [&](const MemoryCall& call) {
    need_out(out);
    give_text(call->records().path(), out, out_len);
  });
}

// ---- sessions

quipu_status quipu_memorystore_session_start(quipu_memorystore* store, const char* id, size_t id_len,
                                             const char* project, size_t project_len, const char* directory,
                                             size_t directory_len, quipu_memorysession** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    const std::string_view session = text_in(id, id_len, "the id");
    const std::string_view of_project = text_in(project, project_len, "the project");
    const std::string_view in_directory = text_in(directory, directory_len, "the directory");
    with_value(out, [&](const RowReady& ready) { call->session_start(session, of_project, in_directory, ready); });
  });
}

quipu_status quipu_memorystore_session_end(quipu_memorystore* store, const char* id, size_t id_len, const char* summary,
                                           size_t summary_len, quipu_memorysession** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    const std::string_view session = text_in(id, id_len, "the id");
    const std::string_view text = text_in(summary, summary_len, "the summary");
    with_value(out, [&](const RowReady& ready) { call->session_end(session, text, ready); });
  });
}

quipu_status quipu_memorystore_session_get(quipu_memorystore* store, const char* id, size_t id_len,
                                           quipu_memorysession** out, quipu_error** err) {
  return find_row(store, Entity::kSession, id, id_len, true, out, err);
}

quipu_status quipu_memorystore_session_find(quipu_memorystore* store, const char* id, size_t id_len,
                                            quipu_memorysession** out, quipu_error** err) {
  return find_row(store, Entity::kSession, id, id_len, false, out, err);
}

quipu_status quipu_memorystore_session_delete(quipu_memorystore* store, const char* id, size_t id_len,
                                              quipu_error** err) {
  return on_store(store, err, [&](const MemoryCall& call) { call->session_delete(text_in(id, id_len, "the id")); });
}

quipu_status quipu_memorystore_session_list(quipu_memorystore* store, const quipu_memorylist_options* options,
                                            quipu_memorysessioncursor** out, quipu_error** err) {
  return list_rows(store, Entity::kSession, options, out, err);
}

// ---- observations

quipu_status quipu_memorystore_observation_add(quipu_memorystore* store,
                                               const quipu_memoryobservation_fields* observation,
                                               quipu_memoryaddition** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    const NewObservation added = new_observation_in(observation);
    with_addition(out, [&](const AdditionReady& ready) { call->observation_add(added, ready); });
  });
}

quipu_status quipu_memorystore_observation_update(quipu_memorystore* store, const char* sync_id, size_t sync_id_len,
                                                  const quipu_memoryobservation_fields* changes, int* out_truncated,
                                                  quipu_memoryobservation** out, quipu_error** err) {
  clear_outs(out_truncated, out);
  return on_store(store, err, [&](const MemoryCall& call) {
    const std::string_view wanted = text_in(sync_id, sync_id_len, "the sync_id");
    const ObservationChanges changed = changes_in(changes);
    bool truncated = false;
    with_value(out, [&](const RowReady& ready) { call->observation_update(wanted, changed, truncated, ready); });
    if (out_truncated != nullptr) *out_truncated = truncated ? 1 : 0;
  });
}

quipu_status quipu_memorystore_observation_get(quipu_memorystore* store, const char* sync_id, size_t sync_id_len,
                                               quipu_memoryobservation** out, quipu_error** err) {
  return find_row(store, Entity::kObservation, sync_id, sync_id_len, true, out, err);
}

quipu_status quipu_memorystore_observation_find(quipu_memorystore* store, const char* sync_id, size_t sync_id_len,
                                                quipu_memoryobservation** out, quipu_error** err) {
  return find_row(store, Entity::kObservation, sync_id, sync_id_len, false, out, err);
}

quipu_status quipu_memorystore_observation_delete(quipu_memorystore* store, const char* sync_id, size_t sync_id_len,
                                                  int hard, quipu_error** err) {
  return on_store(store, err, [&](const MemoryCall& call) {
    call->observation_delete(text_in(sync_id, sync_id_len, "the sync_id"), hard != 0);
  });
}

quipu_status quipu_memorystore_observation_list(quipu_memorystore* store, const quipu_memorylist_options* options,
                                                quipu_memoryobservationcursor** out, quipu_error** err) {
  return list_rows(store, Entity::kObservation, options, out, err);
}

quipu_status quipu_memorystore_search(quipu_memorystore* store, const char* query, size_t query_len,
                                      const quipu_memorylist_options* options, quipu_memoryhitcursor** out,
                                      quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    need_out(out);
    SearchQuery search;
    search.text = text_in(query, query_len, "the query");
    search.filter = filter_in(options);
    give_items(
        call, call->search(search).hits, [](const SearchHit& hit) { return row_of(hit); }, out);
  });
}

quipu_status quipu_memorystore_timeline(quipu_memorystore* store, const char* sync_id, size_t sync_id_len,
                                        int64_t before, int64_t after, quipu_memoryobservationcursor** out,
                                        quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    need_out(out);
    const std::string_view wanted = text_in(sync_id, sync_id_len, "the sync_id");
    give_rows(call, call->timeline(wanted, timeline_rows(before), timeline_rows(after)), out);
  });
}

// ---- prompts

quipu_status quipu_memorystore_prompt_add(quipu_memorystore* store, const char* session_id, size_t session_id_len,
                                          const char* content, size_t content_len, const char* project,
                                          size_t project_len, quipu_memoryaddition** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    const NewPrompt added{text_in(session_id, session_id_len, "the session_id"),
                          text_in(content, content_len, "the content"), text_in(project, project_len, "the project")};
    with_addition(out, [&](const AdditionReady& ready) { call->prompt_add(added, ready); });
  });
}

quipu_status quipu_memorystore_prompt_get(quipu_memorystore* store, const char* sync_id, size_t sync_id_len,
                                          quipu_memoryprompt** out, quipu_error** err) {
  return find_row(store, Entity::kPrompt, sync_id, sync_id_len, true, out, err);
}

quipu_status quipu_memorystore_prompt_find(quipu_memorystore* store, const char* sync_id, size_t sync_id_len,
                                           quipu_memoryprompt** out, quipu_error** err) {
  return find_row(store, Entity::kPrompt, sync_id, sync_id_len, false, out, err);
}

quipu_status quipu_memorystore_prompt_delete(quipu_memorystore* store, const char* sync_id, size_t sync_id_len,
                                             quipu_error** err) {
  return on_store(store, err,
                  [&](const MemoryCall& call) { call->prompt_delete(text_in(sync_id, sync_id_len, "the sync_id")); });
}

quipu_status quipu_memorystore_prompt_list(quipu_memorystore* store, const quipu_memorylist_options* options,
                                           quipu_memorypromptcursor** out, quipu_error** err) {
  return list_rows(store, Entity::kPrompt, options, out, err);
}

// ---- all of it

quipu_status quipu_memorystore_context(quipu_memorystore* store, const quipu_memorycontext_options* options,
                                       quipu_memorysessioncursor** out_sessions,
                                       quipu_memoryobservationcursor** out_observations,
                                       quipu_memorypromptcursor** out_prompts, char** out, size_t* out_len,
                                       quipu_error** err) {
  clear_outs(out_sessions, out_observations, out_prompts, out, out_len);
  return on_store(store, err, [&](const MemoryCall& call) {
    Context context = call->context(context_options_in(options));
    try {
      if (out_sessions != nullptr) give_rows(call, std::move(context.sessions), out_sessions);
      if (out_observations != nullptr) give_rows(call, std::move(context.observations), out_observations);
      if (out_prompts != nullptr) give_rows(call, std::move(context.prompts), out_prompts);
      if (out != nullptr) give_text(context.markdown, out, out_len);
    } catch (...) {
      take_back(out_sessions);
      take_back(out_observations);
      take_back(out_prompts);
      throw;
    }
  });
}

quipu_status quipu_memorystore_stats(quipu_memorystore* store, quipu_memorystats** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    need_out(out);
    give_value(row_of(call->stats()), out);
  });
}

quipu_status quipu_memorystore_purge(quipu_memorystore* store, quipu_progress_fn progress, void* user,
                                     quipu_memorypurge** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    const Purge purge = call->purge(progress_in(*call.lifetime(), progress, user));
    if (out != nullptr) give_value(row_of(purge), out);
  });
}

}  // extern "C"
