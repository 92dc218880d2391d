// Part of go.i: the calls of quipu/memory.h that take options, a callback or numbers, with what the options hold as parameters.

// What every list has; an empty text does not matter.
%define QUIPU_GO_LIST
uint32_t flags, int64_t limit, const char *project, size_t project_len, const char *session_id, size_t session_id_len,
const char *type, size_t type_len, const char *scope, size_t scope_len, const char *since, size_t since_len,
const char *until, size_t until_len
%enddef

%define QUIPU_GO_LIST_OPTIONS
{sizeof(quipu_memorylist_options), flags, limit, project, project_len, session_id, session_id_len, type, type_len,
 scope, scope_len, since, since_len, until, until_len}
%enddef

// What an observation has, but for its session.
%define QUIPU_GO_OBSERVATION
const char *type, size_t type_len, const char *title, size_t title_len, const char *content, size_t content_len,
const char *tool_name, size_t tool_name_len, const char *project, size_t project_len, const char *scope,
size_t scope_len, const char *topic_key, size_t topic_key_len
%enddef

%{
// Whether a text is meant at all: the pointer of Go's empty text may be NULL, which means that it is not given.
static const char *quipu_go_given(uint32_t given, uint32_t bit, const char *text) {
  if ((given & bit) == 0) return NULL;
  return text == NULL ? "" : text;
}
%}

%inline {
static quipu_status quipu_go_memorystore_open(const char *path, size_t path_len, uint32_t flags, int32_t durability,
                                              int64_t lock_wait_ms, int64_t batch_ms, int64_t batch_bytes,
                                              int64_t max_content_bytes, int64_t dedupe_window_s,
                                              quipu_memorystore **out, quipu_error **err) {
  quipu_memorystore_options options = QUIPU_MEMORYSTORE_OPTIONS_INIT;
  options.flags = flags;
  options.durability = durability;
  options.lock_wait_ms = lock_wait_ms;
  options.batch_ms = batch_ms;
  options.batch_bytes = batch_bytes;
  options.max_content_bytes = max_content_bytes;
  options.dedupe_window_s = dedupe_window_s;
  return quipu_memorystore_open(path, path_len, &options, out, err);
}

static quipu_status quipu_go_memorystore_session_list(quipu_memorystore *store, QUIPU_GO_LIST,
                                                      quipu_memorysessioncursor **out, quipu_error **err) {
  quipu_memorylist_options options = QUIPU_GO_LIST_OPTIONS;
  return quipu_memorystore_session_list(store, &options, out, err);
}

static quipu_status quipu_go_memorystore_observation_list(quipu_memorystore *store, QUIPU_GO_LIST,
                                                          quipu_memoryobservationcursor **out, quipu_error **err) {
  quipu_memorylist_options options = QUIPU_GO_LIST_OPTIONS;
  return quipu_memorystore_observation_list(store, &options, out, err);
}

static quipu_status quipu_go_memorystore_prompt_list(quipu_memorystore *store, QUIPU_GO_LIST,
                                                     quipu_memorypromptcursor **out, quipu_error **err) {
  quipu_memorylist_options options = QUIPU_GO_LIST_OPTIONS;
  return quipu_memorystore_prompt_list(store, &options, out, err);
}

static quipu_status quipu_go_memorystore_search(quipu_memorystore *store, const char *query, size_t query_len,
                                                QUIPU_GO_LIST, quipu_memoryhitcursor **out, quipu_error **err) {
  quipu_memorylist_options options = QUIPU_GO_LIST_OPTIONS;
  return quipu_memorystore_search(store, query, query_len, &options, out, err);
}

static quipu_status quipu_go_memorystore_observation_add(quipu_memorystore *store, const char *session_id,
                                                         size_t session_id_len, QUIPU_GO_OBSERVATION,
                                                         quipu_memoryaddition **out, quipu_error **err) {
  quipu_memoryobservation_fields fields = {sizeof fields, session_id, session_id_len, type, type_len, title, title_len,
                                           content, content_len, tool_name, tool_name_len, project, project_len, scope,
                                           scope_len, topic_key, topic_key_len};
  return quipu_memorystore_observation_add(store, &fields, out, err);
}

// Bits of `given`: the fields in the order of the parameters, the first is 1.
static quipu_status quipu_go_memorystore_observation_update(quipu_memorystore *store, const char *sync_id,
                                                            size_t sync_id_len, uint32_t given, QUIPU_GO_OBSERVATION,
                                                            int *out_truncated, quipu_memoryobservation **out,
                                                            quipu_error **err) {
  quipu_memoryobservation_fields fields = {sizeof fields,
                                           NULL, 0,
                                           quipu_go_given(given, 1, type), type_len,
                                           quipu_go_given(given, 2, title), title_len,
                                           quipu_go_given(given, 4, content), content_len,
                                           quipu_go_given(given, 8, tool_name), tool_name_len,
                                           quipu_go_given(given, 16, project), project_len,
                                           quipu_go_given(given, 32, scope), scope_len,
                                           quipu_go_given(given, 64, topic_key), topic_key_len};
  return quipu_memorystore_observation_update(store, sync_id, sync_id_len, &fields, out_truncated, out, err);
}

static quipu_status quipu_go_memorystore_context(quipu_memorystore *store, const char *project, size_t project_len,
                                                 const char *scope, size_t scope_len, int64_t sessions,
                                                 int64_t observations, int64_t prompts,
                                                 quipu_memorysessioncursor **out_sessions,
                                                 quipu_memoryobservationcursor **out_observations,
                                                 quipu_memorypromptcursor **out_prompts, char **out, size_t *out_len,
                                                 quipu_error **err) {
  quipu_memorycontext_options options = {sizeof options, project,  project_len,  scope,
                                         scope_len,      sessions, observations, prompts};
  return quipu_memorystore_context(store, &options, out_sessions, out_observations, out_prompts, out, out_len, err);
}

static quipu_status quipu_go_memorystore_purge(quipu_memorystore *store, uintptr_t call, quipu_memorypurge **out,
                                               quipu_error **err) {
  return quipu_memorystore_purge(store, call == 0 ? NULL : quipu_go_progress, (void *)call, out, err);
}

static quipu_status quipu_go_memorystore_import_engram(quipu_memorystore *store, const char *path, size_t path_len,
                                                       uintptr_t call, quipu_memoryimport **out, quipu_error **err) {
  return quipu_memorystore_import_engram(store, path, path_len, call == 0 ? NULL : quipu_go_progress, (void *)call, out,
                                         err);
}
// To SWIG an int64_t is a long long, which C does not take for one behind a pointer.
static quipu_status quipu_go_memorystore_journal_ack(quipu_memorystore *store, const void *seqs, size_t count,
                                                     quipu_error **err) {
  return quipu_memorystore_journal_ack(store, (const int64_t *)seqs, count, err);
}
}
