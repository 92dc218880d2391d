// MemoryStore, of quipu/memory.h: included by quipu.i, which tells how these files work. The C++ side is glue_memory.hpp.

QUIPU_CURSOR_CLASS(quipu_memorysessioncursor, MemorySessionCursor, MemorySession)
QUIPU_CURSOR_CLASS(quipu_memoryobservationcursor, MemoryObservationCursor, MemoryObservation)
QUIPU_CURSOR_CLASS(quipu_memorypromptcursor, MemoryPromptCursor, MemoryPrompt)
QUIPU_CURSOR_CLASS(quipu_memoryhitcursor, MemoryHitCursor, MemoryHit)

// The three that context gives at once.
QUIPU_HANDLE_OUT_TYPEMAPS(quipu_memorysessioncursor)
QUIPU_HANDLE_OUT_TYPEMAPS(quipu_memoryobservationcursor)
QUIPU_HANDLE_OUT_TYPEMAPS(quipu_memorypromptcursor)
// Whether a content was cut: 1 or 0. (No bool: C# would hand over four bytes for it.)
%apply long long *OUTPUT { int64_t *truncated };

// How Java and C# hand over quipu_memorylist_options, and quipu_memoryobservation_fields.
%define QG_LIST_PARAMETERS
bool with_deleted, int64_t limit, qg::StrIn project, qg::StrIn session_id, qg::StrIn type, qg::StrIn scope, qg::StrIn since, qg::StrIn until
%enddef
%define QG_LIST_OPTIONS
qg::memory_list_options(with_deleted, limit, project, session_id, type, scope, since, until)
%enddef
%define QG_FIELD_PARAMETERS
qg::StrInOpt session_id, qg::StrInOpt type, qg::StrInOpt title, qg::StrInOpt content, qg::StrInOpt tool_name, qg::StrInOpt project, qg::StrInOpt scope, qg::StrInOpt topic_key
%enddef
%define QG_FIELDS
qg::memory_fields(session_id, type, title, content, tool_name, project, scope, topic_key)
%enddef

%rename(MemoryStore) quipu_memorystore;
QUIPU_HANDLE_TYPEMAPS(quipu_memorystore)
struct quipu_memorystore {};

%newobject quipu_memorystore::open_native;
%newobject quipu_memorystore::session_list_native;
%newobject quipu_memorystore::observation_list_native;
%newobject quipu_memorystore::search_native;
%newobject quipu_memorystore::timeline_native;
%newobject quipu_memorystore::prompt_list_native;

// The parameters of public methods are spelled as in Java and C#.
%extend quipu_memorystore {
  ~quipu_memorystore() { quipu_memorystore_free($self); }
  static quipu_memorystore *open_native(qg::StrIn path, bool read_only, bool must_exist, quipu_durability durability,
                                        int64_t lock_wait_ms, int64_t batch_ms, int64_t batch_bytes, int64_t max_content_bytes,
                                        int64_t dedupe_window_s) {
    return qg::memory_open(path, read_only, must_exist, durability, lock_wait_ms, batch_ms, batch_bytes, max_content_bytes,
                           dedupe_window_s);
  }
  void close() { CALL(quipu_memorystore_close, $self); }
  qg::StrOut path() { qg::StrOut o; CALL(quipu_memorystore_path, $self, &o.p, &o.n); return o; }

  qg::MemorySessionOut session_start_native(qg::StrIn id, qg::StrIn project, qg::StrIn directory) {
    qg::MemorySessionHandle s;
    CALL(quipu_memorystore_session_start, $self, id.p, id.n, project.p, project.n, directory.p, directory.n, &s.value);
    return qg::pack(s);
  }
  qg::MemorySessionOut session_end_native(qg::StrIn id, qg::StrIn summary) {
    qg::MemorySessionHandle s;
    CALL(quipu_memorystore_session_end, $self, id.p, id.n, summary.p, summary.n, &s.value);
    return qg::pack(s);
  }
  qg::MemorySessionOut session_get(qg::StrIn id) {
    qg::MemorySessionHandle s; CALL(quipu_memorystore_session_get, $self, id.p, id.n, &s.value); return qg::pack(s);
  }
  qg::MemorySessionOutOpt session_find(qg::StrIn id) {
    qg::MemorySessionHandle s; CALL(quipu_memorystore_session_find, $self, id.p, id.n, &s.value); return qg::pack_opt(s);
  }
  void session_delete(qg::StrIn id) { CALL(quipu_memorystore_session_delete, $self, id.p, id.n); }
  quipu_memorysessioncursor *session_list_native(QG_LIST_PARAMETERS) {
    const auto options = QG_LIST_OPTIONS;
    quipu_memorysessioncursor *c = nullptr; CALL(quipu_memorystore_session_list, $self, &options, &c); return c;
  }

  qg::MemoryAdditionOut observation_add_native(QG_FIELD_PARAMETERS) {
    const auto fields = QG_FIELDS;
    qg::MemoryAdditionHandle a; CALL(quipu_memorystore_observation_add, $self, &fields, &a.value); return qg::pack(a);
  }
  qg::MemoryObservationOut observation_update_native(qg::StrIn sync_id, QG_FIELD_PARAMETERS, int64_t *truncated) {
    const auto fields = QG_FIELDS;
    int cut = 0;
    qg::MemoryObservationHandle o;
    CALL(quipu_memorystore_observation_update, $self, sync_id.p, sync_id.n, &fields, &cut, &o.value);
    *truncated = cut;
    return qg::pack(o);
  }
  qg::MemoryObservationOut observation_get(qg::StrIn syncId) {
    qg::MemoryObservationHandle o;
    CALL(quipu_memorystore_observation_get, $self, syncId.p, syncId.n, &o.value);
    return qg::pack(o);
  }
  qg::MemoryObservationOutOpt observation_find(qg::StrIn syncId) {
    qg::MemoryObservationHandle o;
    CALL(quipu_memorystore_observation_find, $self, syncId.p, syncId.n, &o.value);
    return qg::pack_opt(o);
  }
  void observation_delete_native(qg::StrIn sync_id, bool hard) {
    CALL(quipu_memorystore_observation_delete, $self, sync_id.p, sync_id.n, hard ? 1 : 0);
  }
  quipu_memoryobservationcursor *observation_list_native(QG_LIST_PARAMETERS) {
    const auto options = QG_LIST_OPTIONS;
    quipu_memoryobservationcursor *c = nullptr; CALL(quipu_memorystore_observation_list, $self, &options, &c); return c;
  }
  quipu_memoryhitcursor *search_native(qg::StrIn query, QG_LIST_PARAMETERS) {
    const auto options = QG_LIST_OPTIONS;
    quipu_memoryhitcursor *c = nullptr; CALL(quipu_memorystore_search, $self, query.p, query.n, &options, &c); return c;
  }
  quipu_memoryobservationcursor *timeline_native(qg::StrIn sync_id, int64_t before, int64_t after) {
    quipu_memoryobservationcursor *c = nullptr;
    CALL(quipu_memorystore_timeline, $self, sync_id.p, sync_id.n, before, after, &c);
    return c;
  }

  qg::MemoryAdditionOut prompt_add_native(qg::StrIn session_id, qg::StrIn content, qg::StrIn project) {
    qg::MemoryAdditionHandle a;
    CALL(quipu_memorystore_prompt_add, $self, session_id.p, session_id.n, content.p, content.n, project.p, project.n, &a.value);
    return qg::pack(a);
  }
  qg::MemoryPromptOut prompt_get(qg::StrIn syncId) {
    qg::MemoryPromptHandle p; CALL(quipu_memorystore_prompt_get, $self, syncId.p, syncId.n, &p.value); return qg::pack(p);
  }
  qg::MemoryPromptOutOpt prompt_find(qg::StrIn syncId) {
    qg::MemoryPromptHandle p;
    CALL(quipu_memorystore_prompt_find, $self, syncId.p, syncId.n, &p.value);
    return qg::pack_opt(p);
  }
  void prompt_delete(qg::StrIn syncId) { CALL(quipu_memorystore_prompt_delete, $self, syncId.p, syncId.n); }
  quipu_memorypromptcursor *prompt_list_native(QG_LIST_PARAMETERS) {
    const auto options = QG_LIST_OPTIONS;
    quipu_memorypromptcursor *c = nullptr; CALL(quipu_memorystore_prompt_list, $self, &options, &c); return c;
  }

  // Gives the Markdown text, and the three lists in the out parameters.
  qg::StrOut context_native(qg::StrIn project, qg::StrIn scope, int64_t max_sessions, int64_t max_observations,
                            int64_t max_prompts, quipu_memorysessioncursor **sessions,
                            quipu_memoryobservationcursor **observations, quipu_memorypromptcursor **prompts) {
    const auto options = qg::memory_context_options(project, scope, max_sessions, max_observations, max_prompts);
    qg::StrOut o;
    CALL(quipu_memorystore_context, $self, &options, sessions, observations, prompts, &o.p, &o.n);
    return o;
  }
  qg::MemoryStatsOut stats() { qg::MemoryStatsHandle s; CALL(quipu_memorystore_stats, $self, &s.value); return qg::pack(s); }
  qg::MemoryPurgeOut purge_native(qg::Progress progress) {
    qg::MemoryPurgeHandle p; CALL(quipu_memorystore_purge, $self, progress.fn, progress.user, &p.value); return qg::pack(p);
  }
}
