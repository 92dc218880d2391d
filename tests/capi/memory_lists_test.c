/* What quipu/memory.h gives many of: lists, the timeline, the context, statistics, cursors; and the life of its handles. */
#include <sys/wait.h>
#include <unistd.h>

#include "memory_support.h"

/* Sessions s and t; five observations and two prompts. */
static quipu_memorystore *filled_store(const char *folder) {
  quipu_memorystore *store = open_memory(folder);
  quipu_memoryobservation_fields fields;
  int i;
  OK(quipu_memorystore_session_start(store, TEXT_ARG("s"), TEXT_ARG("red"), NULL, 0, NULL, err));
  OK(quipu_memorystore_session_start(store, TEXT_ARG("t"), TEXT_ARG("blue"), NULL, 0, NULL, err));
  for (i = 0; i < 5; ++i) {
    char title[8];
    snprintf(title, sizeof title, "O%d", i);
    fields = observation_of(title, "text");
    SET_FIELD(fields, session_id, i < 3 ? "s" : "t");
    SET_FIELD(fields, project, i == 1 ? "blue" : "red");
    SET_FIELD(fields, type, i == 2 ? "decision" : "pattern");
    SET_FIELD(fields, scope, i == 4 ? "personal" : "project");
    add_observation(store, &fields, "created");
  }
  add_prompt(store, "s", "P0", "red");
  add_prompt(store, "t", "P1", "");
  return store;
}

static void filters(void) {
  quipu_memorystore *store = filled_store(new_folder());
  quipu_memorylist_options options = QUIPU_MEMORYLIST_OPTIONS_INIT;
  quipu_memoryobservationcursor *cursor = GARBAGE(quipu_memoryobservationcursor);
  CHECK_LIST("O4,O3,O2,O1,O0", list_observations(store, NULL));
  CHECK_LIST("O4,O3,O2,O1,O0", list_observations(store, &options));
  options.limit = 2;
  CHECK_LIST("O4,O3", list_observations(store, &options));
  options.limit = INT64_MAX;
  CHECK_LIST("O4,O3,O2,O1,O0", list_observations(store, &options));
  options.limit = 0;
#define FILTERED(name, value, want)                       \
  do {                                                    \
    SET_FIELD(options, name, value);                      \
    CHECK_LIST(want, list_observations(store, &options)); \
    options.name = NULL;                                  \
    options.name##_len = 0;                               \
  } while (0)
  FILTERED(project, " BLUE", "O1");
  FILTERED(project, "green", "");
  FILTERED(session_id, "s", "O2,O1,O0");
  FILTERED(session_id, "S", "");
  FILTERED(type, "decision", "O2");
  FILTERED(type, "Decision", "");
  FILTERED(scope, "personal", "O4");
  FILTERED(scope, "project", "O3,O2,O1,O0");
  FILTERED(since, "2001-01-01 00:00:00", "O4,O3,O2,O1,O0");
  FILTERED(since, "2201-01-01T00:00:00Z", "");
  FILTERED(until, "2001-01-01 00:00:00", "");
  FILTERED(until, "2201-01-01T02:00:00+02:00", "O4,O3,O2,O1,O0");
  SET_FIELD(options, session_id, "s");
  FILTERED(project, "red", "O2,O0");
  options.session_id_len = 0;

#define WRONG(name, text, text_len, code)                                           \
  do {                                                                              \
    options.name = text;                                                            \
    options.name##_len = text_len;                                                  \
    FAILS(code, quipu_memorystore_observation_list(store, &options, &cursor, err)); \
    CHECK(cursor == NULL);                                                          \
    cursor = GARBAGE(quipu_memoryobservationcursor);                                \
    options.name = NULL;                                                            \
    options.name##_len = 0;                                                         \
  } while (0)
  WRONG(since, "yesterday", 9, QUIPU_E_INVALID);
  WRONG(until, "2026-13-01 00:00:00", 19, QUIPU_E_INVALID);
  WRONG(until, " ", 1, QUIPU_E_INVALID);
  WRONG(until, "2026-01-01", 10, QUIPU_E_INVALID);
  WRONG(since, "\xff", 1, QUIPU_E_INVALID);
  WRONG(project, "\xff", 1, QUIPU_E_INVALID);
  WRONG(session_id, "\xff", 1, QUIPU_E_INVALID);
  WRONG(type, "\xff", 1, QUIPU_E_INVALID);
  WRONG(scope, "\xff", 1, QUIPU_E_INVALID);
  WRONG(scope, NULL, 1, QUIPU_E_MISUSE);
  options.flags = 2;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_list(store, &options, &cursor, err));
  options.flags = 0;
  options.limit = -1;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_list(store, &options, &cursor, err));
  options.limit = 0;
  options.struct_size = sizeof options + 1;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_list(store, &options, &cursor, err));
  memset(&options, 0x5a, sizeof options);
  options.struct_size = offsetof(quipu_memorylist_options, limit);
  options.flags = 0;
  CHECK_LIST("O4,O3,O2,O1,O0", list_observations(store, &options));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_observation_list(store, NULL, NULL, err));
  close_memory(store);
}

static void sessions_come_by_activity(void) {
  quipu_memorystore *store = filled_store(new_folder());
  quipu_memorylist_options options = QUIPU_MEMORYLIST_OPTIONS_INIT;
  CHECK_LIST("t,s", list_sessions(store, NULL));
  SET_FIELD(options, project, "red");
  CHECK_LIST("s", list_sessions(store, &options));
  SET_FIELD(options, project, "");
  sleep_ms(1100); /* times have seconds */
  add_prompt(store, "s", "anew", "");
  CHECK_LIST("s,t", list_sessions(store, NULL));
  options.limit = 1;
  CHECK_LIST("s", list_sessions(store, &options));
  close_memory(store);
}

static const char *timeline_of(quipu_memorystore *store, const char *sync_id, int64_t before, int64_t after) {
  quipu_memoryobservationcursor *cursor = NULL;
  OK(quipu_memorystore_timeline(store, TEXT_ARG(sync_id), before, after, &cursor, err));
  return titles_of(cursor);
}

static void timeline(void) {
  quipu_memorystore *store = open_memory(new_folder());
  quipu_memoryobservationcursor *cursor = GARBAGE(quipu_memoryobservationcursor);
  const char *ids[14];
  int i;
  start_session(store, "s");
  for (i = 0; i < 14; ++i) {
    char title[8];
    snprintf(title, sizeof title, "%d", i);
    ids[i] = remember_that(store, title, title);
  }
  CHECK_LIST("2,3,4,5,6,7,8,9,10,11,12", timeline_of(store, ids[7], -1, -1));
  CHECK_LIST("7", timeline_of(store, ids[7], 0, 0));
  CHECK_LIST("6,7,8,9", timeline_of(store, ids[7], 1, 2));
  CHECK_LIST("0,1", timeline_of(store, ids[0], 5, 1));
  CHECK_LIST("12,13", timeline_of(store, ids[13], 1, INT64_MAX));
  CHECK_LIST("0,1,2,3,4,5,6,7,8,9,10,11,12,13", timeline_of(store, ids[7], INT64_MAX, INT64_MAX));
  delete_observation(store, ids[6], 0);
  delete_observation(store, ids[8], 1);
  CHECK_LIST("5,7,9", timeline_of(store, ids[7], 1, 1));
  CHECK_LIST("5,6,7", timeline_of(store, ids[6], 1, 1)); /* what is asked for is there, though deleted */
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_timeline(store, TEXT_ARG(ids[8]), 1, 1, &cursor, err));
  CHECK(cursor == NULL);
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_timeline(store, TEXT_ARG("x"), 1, 1, &cursor, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_timeline(store, TEXT_ARG(ids[7]), -2, 1, &cursor, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_timeline(store, TEXT_ARG(ids[7]), 1, -2, &cursor, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_timeline(store, TEXT_ARG(ids[7]), 1, 1, NULL, err));
  close_memory(store);
}

static const char *context_of(quipu_memorystore *store, const quipu_memorycontext_options *options,
                              const char *sessions, const char *observations, const char *prompts) {
  quipu_memorysessioncursor *session_rows = NULL;
  quipu_memoryobservationcursor *observation_rows = NULL;
  quipu_memorypromptcursor *prompt_rows = NULL;
  char *text = NULL, *copy;
  size_t len = 0;
  OK(quipu_memorystore_context(store, options, &session_rows, &observation_rows, &prompt_rows, &text, &len, err));
  CHECK_LIST(sessions, sessions_of(session_rows));
  CHECK_LIST(observations, titles_of(observation_rows));
  CHECK_LIST(prompts, contents_of(prompt_rows));
  CHECK_INT(strlen(text), len);
  copy = case_memory(len + 1);
  memcpy(copy, text, len);
  quipu_free(text);
  return copy;
}

static void context(void) {
  quipu_memorystore *store = filled_store(new_folder());
  quipu_memorycontext_options options = QUIPU_MEMORYCONTEXT_OPTIONS_INIT;
  char *text = GARBAGE(char);
  size_t len = GARBAGE_LEN;
  const char *made = context_of(store, NULL, "t,s", "O4,O3,O2,O1,O0", "P1,P0");
  CHECK(strstr(made, "## Recent sessions\n\n- **blue** (") == made);
  CHECK(strstr(made, "\n\n## Recent prompts\n\n- ") != NULL && strstr(made, ": P1\n") != NULL);
  CHECK(strstr(made, "\n\n## Recent observations\n\n- [pattern] **O4**: text\n") != NULL);
  SET_FIELD(options, project, "Red");
  context_of(store, &options, "s", "O4,O3,O2,O0", "P0");
  SET_FIELD(options, scope, "personal");
  context_of(store, &options, "s", "O4", "P0");
  options.sessions = -1;
  options.observations = -1;
  options.prompts = 1;
  made = context_of(store, &options, "", "", "P0");
  CHECK(strstr(made, "## Recent prompts\n\n- ") == made && strstr(made, "sessions") == NULL);
  options.prompts = -1;
  CHECK_LIST("", context_of(store, &options, "", "", ""));
  options.observations = 2;
  SET_FIELD(options, scope, "");
  context_of(store, &options, "", "O4,O3", "");
  OK(quipu_memorystore_context(store, NULL, NULL, NULL, NULL, NULL, NULL, err));
  options.sessions = -2;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_context(store, &options, NULL, NULL, NULL, &text, &len, err));
  CHECK(text == NULL && len == 0);
  options.sessions = 0;
  options.observations = -2;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_context(store, &options, NULL, NULL, NULL, &text, &len, err));
  options.observations = 0;
  options.prompts = -2;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_context(store, &options, NULL, NULL, NULL, &text, &len, err));
  options.prompts = 0;
  options.struct_size = 3;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_context(store, &options, NULL, NULL, NULL, &text, &len, err));
  {
    int i;
    for (i = 0; i < 30; ++i) {
      char name[8];
      snprintf(name, sizeof name, "%d", i);
      remember_that(store, name, name);
    }
    sleep_ms(1100); /* times have seconds */
    for (i = 0; i < 30; ++i) {
      char name[8];
      snprintf(name, sizeof name, "%d", i);
      start_session(store, name);
      add_prompt(store, name, name, "many");
    }
    options = (quipu_memorycontext_options)QUIPU_MEMORYCONTEXT_OPTIONS_INIT;
    context_of(store, &options, "29,28,27,26,25", "29,28,27,26,25,24,23,22,21,20,19,18,17,16,15,14,13,12,11,10",
               "29,28,27,26,25,24,23,22,21,20");
  }
  close_memory(store);
}

static void stats(void) {
  quipu_memorystore *store = filled_store(new_folder());
  quipu_memorystats *found = NULL;
  size_t len = 0;
  OK(quipu_memorystore_stats(store, &found, err));
  CHECK_INT(2, quipu_memorystats_sessions(found));
  CHECK_INT(5, quipu_memorystats_observations(found));
  CHECK_INT(2, quipu_memorystats_prompts(found));
  CHECK_INT(2, quipu_memorystats_projects_count(found));
  CHECK_TEXT("blue", quipu_memorystats_projects_at(found, 0, &len), len);
  CHECK_TEXT("red", quipu_memorystats_projects_at(found, 1, &len), len);
  quipu_memorystats_free(found);
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_stats(store, NULL, err));
  close_memory(store);
  store = open_memory(new_folder());
  OK(quipu_memorystore_stats(store, &found, err));
  CHECK_INT(0, quipu_memorystats_sessions(found));
  CHECK_INT(0, quipu_memorystats_projects_count(found));
  quipu_memorystats_free(found);
  CHECK_LIST("", list_sessions(store, NULL));
  CHECK_LIST("", search_for(store, "nothing"));
  close_memory(store);
}

/* ---- cursors */

static void cursors_show_what_was(void) {
  quipu_memorystore *store = filled_store(new_folder());
  quipu_memoryobservationcursor *rows = NULL;
  quipu_memoryhitcursor *hits = NULL;
  quipu_memoryobservation *row = NULL;
  OK(quipu_memorystore_observation_list(store, NULL, &rows, err));
  OK(quipu_memorystore_search(store, TEXT_ARG("text"), NULL, &hits, err));
  OK(quipu_memoryobservationcursor_next(rows, &row, err));
  delete_observation(store, quipu_memoryobservation_sync_id(row, NULL), 1);
  OK(quipu_memorystore_purge(store, NULL, NULL, NULL, err));
  CHECK_LIST("O3,O2,O1,O0", titles_of(rows));
  CHECK_LIST("O0,O1,O2,O3,O4", hits_of(hits));
  {
    size_t len = 0;
    CHECK_TEXT("O4", quipu_memoryobservation_title(row, &len), len);
  }
  quipu_memoryobservation_free(row);
  close_memory(store);
}

/* The number of values of each page. It is what comes after the byte of the version. */
static int values_in(const uint8_t *page) { return page[1] | page[2] << 8; }

#define CHECK_PAGES(cursor_type, cursor, first, second)                                    \
  do {                                                                                     \
    uint8_t *page = GARBAGE(uint8_t);                                                      \
    size_t len = GARBAGE_LEN;                                                              \
    FAILS(QUIPU_E_INVALID, quipu_##cursor_type##_next_page(cursor, -1, &page, &len, err)); \
    CHECK(page == NULL && len == 0);                                                       \
    OK(quipu_##cursor_type##_next_page(cursor, first, &page, &len, err));                  \
    CHECK(page != NULL && len > 8);                                                        \
    CHECK_INT(first, values_in(page));                                                     \
    quipu_free(page);                                                                      \
    OK(quipu_##cursor_type##_next_page(cursor, 0, &page, &len, err));                      \
    CHECK_INT(second, values_in(page));                                                    \
    quipu_free(page);                                                                      \
    OK(quipu_##cursor_type##_next_page(cursor, 0, &page, &len, err));                      \
    CHECK(page == NULL && len == 0);                                                       \
    FAILS(QUIPU_E_MISUSE, quipu_##cursor_type##_next_page(cursor, 0, NULL, &len, err));    \
    FAILS(QUIPU_E_MISUSE, quipu_##cursor_type##_next(cursor, NULL, err));                  \
    OK(quipu_##cursor_type##_close(cursor, err));                                          \
    OK(quipu_##cursor_type##_close(cursor, err));                                          \
    FAILS(QUIPU_E_CLOSED, quipu_##cursor_type##_next_page(cursor, 0, &page, &len, err));   \
    quipu_##cursor_type##_free(cursor);                                                    \
    quipu_##cursor_type##_free(NULL);                                                      \
  } while (0)

static void pages(void) {
  quipu_memorystore *store = filled_store(new_folder());
  quipu_memorysessioncursor *sessions = NULL;
  quipu_memoryobservationcursor *observations = NULL;
  quipu_memorypromptcursor *prompts = NULL;
  quipu_memoryhitcursor *hits = NULL;
  OK(quipu_memorystore_session_list(store, NULL, &sessions, err));
  OK(quipu_memorystore_observation_list(store, NULL, &observations, err));
  OK(quipu_memorystore_prompt_list(store, NULL, &prompts, err));
  OK(quipu_memorystore_search(store, TEXT_ARG("text"), NULL, &hits, err));
  CHECK_PAGES(memorysessioncursor, sessions, 1, 1);
  CHECK_PAGES(memoryobservationcursor, observations, 2, 3);
  CHECK_PAGES(memorypromptcursor, prompts, 1, 1);
  CHECK_PAGES(memoryhitcursor, hits, 4, 1);
  close_memory(store);
}

/* ---- handles */

/* Every call on a store answers that code; a NULL store answers MISUSE. */
static void call_all(quipu_memorystore *store, quipu_status want) {
  const quipu_memoryobservation_fields fields = observation_of("a", "b");
  quipu_memorysession *session = NULL;
  quipu_memoryobservation *observation = NULL;
  quipu_memoryprompt *prompt = NULL;
  quipu_memorysessioncursor *sessions = NULL;
  quipu_memoryobservationcursor *observations = NULL;
  quipu_memorypromptcursor *prompts = NULL;
  quipu_memoryhitcursor *hits = NULL;
  quipu_memorystats *found = NULL;
  char *text = NULL;
  size_t len = 0;
  FAILS_ONCE(want, quipu_memorystore_path(store, &text, &len, err));
  FAILS_ONCE(want, quipu_memorystore_session_start(store, TEXT_ARG("s"), NULL, 0, NULL, 0, NULL, err));
  FAILS_ONCE(want, quipu_memorystore_session_end(store, TEXT_ARG("s"), NULL, 0, NULL, err));
  FAILS_ONCE(want, quipu_memorystore_session_get(store, TEXT_ARG("s"), &session, err));
  FAILS_ONCE(want, quipu_memorystore_session_find(store, TEXT_ARG("s"), &session, err));
  FAILS_ONCE(want, quipu_memorystore_session_delete(store, TEXT_ARG("s"), err));
  FAILS_ONCE(want, quipu_memorystore_session_list(store, NULL, &sessions, err));
  FAILS_ONCE(want, quipu_memorystore_observation_add(store, &fields, NULL, err));
  FAILS_ONCE(want, quipu_memorystore_observation_update(store, TEXT_ARG("s"), &fields, NULL, NULL, err));
  FAILS_ONCE(want, quipu_memorystore_observation_get(store, TEXT_ARG("s"), &observation, err));
  FAILS_ONCE(want, quipu_memorystore_observation_find(store, TEXT_ARG("s"), &observation, err));
  FAILS_ONCE(want, quipu_memorystore_observation_delete(store, TEXT_ARG("s"), 0, err));
  FAILS_ONCE(want, quipu_memorystore_observation_list(store, NULL, &observations, err));
  FAILS_ONCE(want, quipu_memorystore_search(store, TEXT_ARG("s"), NULL, &hits, err));
  FAILS_ONCE(want, quipu_memorystore_timeline(store, TEXT_ARG("s"), 1, 1, &observations, err));
  FAILS_ONCE(want, quipu_memorystore_prompt_add(store, TEXT_ARG("s"), TEXT_ARG("x"), NULL, 0, NULL, err));
  FAILS_ONCE(want, quipu_memorystore_prompt_get(store, TEXT_ARG("s"), &prompt, err));
  FAILS_ONCE(want, quipu_memorystore_prompt_find(store, TEXT_ARG("s"), &prompt, err));
  FAILS_ONCE(want, quipu_memorystore_prompt_delete(store, TEXT_ARG("s"), err));
  FAILS_ONCE(want, quipu_memorystore_prompt_list(store, NULL, &prompts, err));
  FAILS_ONCE(want, quipu_memorystore_context(store, NULL, NULL, NULL, NULL, NULL, NULL, err));
  FAILS_ONCE(want, quipu_memorystore_stats(store, &found, err));
  FAILS_ONCE(want, quipu_memorystore_purge(store, NULL, NULL, NULL, err));
}
#define CALLS_ON_A_STORE 23

static void closed_and_freed(void) {
  quipu_memorystore *store = filled_store(new_folder());
  quipu_memorysessioncursor *sessions = NULL;
  quipu_memorysession *session = GARBAGE(quipu_memorysession);
  OK(quipu_memorystore_session_list(store, NULL, &sessions, err));
  OK(quipu_memorystore_close(store, err));
  OK(quipu_memorystore_close(store, err));
  call_all(store, QUIPU_E_CLOSED);
  FAILS(QUIPU_E_CLOSED, quipu_memorysessioncursor_next(sessions, &session, err));
  CHECK(session == NULL);
  quipu_memorysessioncursor_free(sessions);
  quipu_memorystore_free(store);
  call_all(store, QUIPU_E_MISUSE);
  FAILS_ONCE(QUIPU_E_MISUSE, quipu_memorystore_close(store, err));
  FAILS_ONCE(QUIPU_E_MISUSE, quipu_memorysessioncursor_next(sessions, &session, err));
  quipu_memorystore_free(store);
  expect_stale_calls(CALLS_ON_A_STORE + 3);
  quipu_memorystore_free(NULL);
  call_all(NULL, QUIPU_E_MISUSE);
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_close(NULL, err));
}

static void forked_children(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = filled_store(folder);
  quipu_memoryobservationcursor *rows = NULL;
  int status = 0;
  pid_t child;
  CHECK_LIST("O0,O1,O2,O3,O4", search_for(store, "text"));
  OK(quipu_memorystore_observation_list(store, NULL, &rows, err));
  child = fork();
  if (child == 0) {
    const int64_t before = failed_checks();
    quipu_memoryobservation *row = NULL;
    call_all(store, QUIPU_E_MISUSE);
    FAILS_ONCE(QUIPU_E_MISUSE, quipu_memorystore_close(store, err));
    FAILS_ONCE(QUIPU_E_MISUSE, quipu_memoryobservationcursor_next(rows, &row, err));
    quipu_memoryobservationcursor_free(rows);
    quipu_memorystore_free(store);
    store = open_memory(folder);
    CHECK_LIST("O0,O1,O2,O3,O4", search_for(store, "text"));
    remember_that(store, "child", "text");
    close_memory(store);
    _exit(failed_checks() == before ? 0 : 1);
  }
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CHECK_LIST("O4,O3,O2,O1,O0", titles_of(rows));
  CHECK_LIST("child,O4,O3,O2,O1,O0", list_observations(store, NULL));
  CHECK_LIST("O0,O1,O2,O3,O4,child", search_for(store, "text"));
  close_memory(store);
}

int main(void) {
  static const test_case cases[] = {
      {"filters", filters},
      {"sessions_come_by_activity", sessions_come_by_activity},
      {"timeline", timeline},
      {"context", context},
      {"stats", stats},
      {"cursors_show_what_was", cursors_show_what_was},
      {"pages", pages},
      {"closed_and_freed", closed_and_freed},
      {"forked_children", forked_children},
  };
  return RUN_CASES(cases);
}
