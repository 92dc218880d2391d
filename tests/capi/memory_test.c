/* Sessions, observations and prompts of quipu/memory.h: adding, changing, deleting, listing; arguments that are wrong. */
#include "memory_support.h"

/* ---- opening */

static void options_are_checked(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = GARBAGE(quipu_memorystore);
  quipu_memorystore_options options = QUIPU_MEMORYSTORE_OPTIONS_INIT;
  char *path = NULL;
  size_t len = 0;
  options.struct_size = sizeof options + 8;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_open(TEXT_ARG(folder), &options, &store, err));
  CHECK(store == NULL);
  options.struct_size = 4;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_open(TEXT_ARG(folder), &options, &store, err));
  options.struct_size = sizeof options;
#define REFUSED(field, value)                                                                \
  do {                                                                                       \
    options.field = (value);                                                                 \
    FAILS(QUIPU_E_INVALID, quipu_memorystore_open(TEXT_ARG(folder), &options, &store, err)); \
    options.field = 0;                                                                       \
  } while (0)
  REFUSED(flags, 4u);
  REFUSED(durability, 3);
  REFUSED(lock_wait_ms, -2);
  REFUSED(batch_ms, -1);
  REFUSED(batch_bytes, -1);
  REFUSED(max_content_bytes, -1);
  REFUSED(dedupe_window_s, -2);
  FAILS(QUIPU_E_INVALID, quipu_memorystore_open("", 0, NULL, &store, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_open("\xff", 1, NULL, &store, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_open(NULL, 3, NULL, &store, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_open(TEXT_ARG(folder), NULL, NULL, err));
  options.flags = QUIPU_CHRONOSTORE_MUST_EXIST;
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_open(TEXT_ARG(path_in(folder, "none")), &options, &store, err));
  CHECK(!path_exists(path_in(folder, "none")));

  /* Known to an older caller only in part: the rest is zero. */
  memset(&options, 0x5a, sizeof options);
  options.struct_size = offsetof(quipu_memorystore_options, durability);
  options.flags = 0;
  store = open_memory_with(folder, &options);
  OK(quipu_memorystore_path(store, &path, &len, err));
  CHECK_TEXT(folder, path, len);
  quipu_free(path);
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_path(store, NULL, &len, err));
  CHECK_INT(0, len);
  start_session(store, "s");
  close_memory(store);
}

static void other_records_lie_beside(void) {
  const char *folder = new_folder();
  quipu_chronostore *records = open_store(folder);
  quipu_memorystore *store = open_memory(folder);
  put(records, "mine", "label");
  start_session(store, "s");
  CHECK(has_record(records, "mine"));
  CHECK(has_record(records, "memory:session:s"));
  CHECK_LIST("s", list_sessions(store, NULL));
  close_memory(store);
  close_and_free(records);
}

/* ---- sessions */

static void sessions(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = open_memory(folder), *other = open_memory(folder);
  quipu_memorysession *session = GARBAGE(quipu_memorysession);
  size_t len = 0;
  char started[64];
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_session_get(store, TEXT_ARG("s"), &session, err));
  CHECK(session == NULL);
  session = GARBAGE(quipu_memorysession);
  OK(quipu_memorystore_session_find(store, TEXT_ARG("s"), &session, err));
  CHECK(session == NULL);
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_session_end(store, TEXT_ARG("s"), NULL, 0, &session, err));
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_session_delete(store, TEXT_ARG("s"), err));
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_session_get(store, "", 0, &session, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_session_start(store, "", 0, NULL, 0, NULL, 0, &session, err));

  OK(quipu_memorystore_session_start(store, TEXT_ARG("s"), NULL, 0, TEXT_ARG("/a b"), &session, err));
  CHECK_TEXT("s", quipu_memorysession_id(session, &len), len);
  CHECK_TEXT("", quipu_memorysession_project(session, &len), len);
  CHECK_TEXT("/a b", quipu_memorysession_directory(session, &len), len);
  CHECK_TEXT("", quipu_memorysession_ended_at(session, &len), len);
  CHECK_TEXT("", quipu_memorysession_summary(session, &len), len);
  CHECK_TEXT("{}", quipu_memorysession_extra(session, &len), len);
  CHECK_INT(0, quipu_memorysession_recovered(session));
  snprintf(started, sizeof started, "%s", quipu_memorysession_started_at(session, &len));
  CHECK_INT(strlen("2026-01-02 03:04:05"), len);
  CHECK(started[4] == '-' && started[10] == ' ' && started[19] == '\0');
  quipu_memorysession_free(session);

  /* What it has stays, what is empty is filled in. */
  OK(quipu_memorystore_session_start(other, TEXT_ARG("s"), TEXT_ARG("  My--Proj__X "), TEXT_ARG("/c"), &session, err));
  CHECK_TEXT("my-proj_x", quipu_memorysession_project(session, &len), len);
  CHECK_TEXT("/a b", quipu_memorysession_directory(session, &len), len);
  CHECK_TEXT(started, quipu_memorysession_started_at(session, &len), len);
  quipu_memorysession_free(session);
  OK(quipu_memorystore_session_start(store, TEXT_ARG("s"), TEXT_ARG("other"), NULL, 0, &session, err));
  CHECK_TEXT("my-proj_x", quipu_memorysession_project(session, &len), len);
  quipu_memorysession_free(session);

  OK(quipu_memorystore_session_end(store, TEXT_ARG("s"), TEXT_ARG("did <private>it</private> all"), &session, err));
  CHECK_TEXT("did [REDACTED] all", quipu_memorysession_summary(session, &len), len);
  CHECK(quipu_memorysession_ended_at(session, &len) != NULL && len == 19);
  quipu_memorysession_free(session);
  OK(quipu_memorystore_session_end(store, TEXT_ARG("s"), NULL, 0, NULL, err));
  OK(quipu_memorystore_session_get(other, TEXT_ARG("s"), &session, err));
  CHECK_TEXT("did [REDACTED] all", quipu_memorysession_summary(session, &len), len);
  quipu_memorysession_free(session);

  start_session(store, "t");
  CHECK_LIST("t,s", list_sessions(other, NULL));
  {
    quipu_memoryobservation_fields fields = observation_of("x", "y");
    const char *gone = remember_that(store, "a", "b");
    FAILS(QUIPU_E_CONSTRAINT, quipu_memorystore_session_delete(other, TEXT_ARG("s"), err));
    delete_observation(store, gone, 0);
    FAILS(QUIPU_E_CONSTRAINT, quipu_memorystore_session_delete(store, TEXT_ARG("s"), err));
    delete_observation(store, gone, 1);
    add_prompt(store, "s", "hello", "");
    OK(quipu_memorystore_session_delete(store, TEXT_ARG("s"), err));
    CHECK_LIST("t", list_sessions(other, NULL));
    CHECK_LIST("", list_prompts(other, NULL));
    FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_session_delete(store, TEXT_ARG("s"), err));
    FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_observation_add(store, &fields, NULL, err));
  }
  /* The same id may begin anew. */
  OK(quipu_memorystore_session_start(store, TEXT_ARG("s"), NULL, 0, NULL, 0, &session, err));
  CHECK_TEXT("", quipu_memorysession_summary(session, &len), len);
  quipu_memorysession_free(session);
  close_memory(other);
  close_memory(store);
}

/* ---- observations */

static void adding(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = open_memory(folder), *other = open_memory(folder);
  quipu_memoryobservation_fields fields = QUIPU_MEMORYOBSERVATION_FIELDS_INIT;
  quipu_memoryaddition *addition = GARBAGE(quipu_memoryaddition);
  quipu_memoryobservation *row = NULL;
  size_t len = 0;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_add(store, &fields, &addition, err));
  CHECK(addition == NULL);
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_observation_add(store, NULL, &addition, err));
  fields = observation_of("Title", "");
  start_session(store, "s");
  FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_add(store, &fields, &addition, err));
  SET_FIELD(fields, content, " \n ");
  FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_add(store, &fields, &addition, err));
  SET_FIELD(fields, content, "text");
  SET_FIELD(fields, session_id, "nobody");
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_observation_add(store, &fields, &addition, err));
  SET_FIELD(fields, session_id, "s");
  fields.struct_size = sizeof fields + 1;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_add(store, &fields, &addition, err));
  fields.struct_size = sizeof fields;
#define NOT_TEXT(field)                                                                        \
  do {                                                                                         \
    const char *before = fields.field;                                                         \
    const size_t before_len = fields.field##_len;                                              \
    SET_FIELD(fields, field, "a\xffz");                                                        \
    FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_add(store, &fields, &addition, err)); \
    fields.field = NULL;                                                                       \
    FAILS(QUIPU_E_MISUSE, quipu_memorystore_observation_add(store, &fields, &addition, err));  \
    fields.field = before;                                                                     \
    fields.field##_len = before_len;                                                           \
  } while (0)
  NOT_TEXT(session_id);
  NOT_TEXT(type);
  NOT_TEXT(title);
  NOT_TEXT(content);
  NOT_TEXT(tool_name);
  NOT_TEXT(project);
  NOT_TEXT(scope);
  NOT_TEXT(topic_key);
  CHECK_LIST("", list_observations(store, NULL));

  SET_FIELD(fields, type, "decision");
  SET_FIELD(fields, title, "T\xc3\xa9 <PRIVATE>x</Private>");
  fields.content = "nul \0 and \xf0\x9f\xaa\xa2";
  fields.content_len = 14;
  SET_FIELD(fields, tool_name, "grep");
  SET_FIELD(fields, project, "Quipu");
  SET_FIELD(fields, scope, " Personal ");
  SET_FIELD(fields, topic_key, " A  Topic ");
  OK(quipu_memorystore_observation_add(store, &fields, &addition, err));
  CHECK_TEXT("created", quipu_memoryaddition_outcome(addition, &len), len);
  CHECK_INT(1, quipu_memoryaddition_revision_count(addition));
  CHECK_INT(1, quipu_memoryaddition_duplicate_count(addition));
  CHECK_INT(0, quipu_memoryaddition_truncated(addition));
  CHECK(quipu_memoryaddition_id(addition) > 0);
  CHECK(strncmp(quipu_memoryaddition_sync_id(addition, &len), "obs-", 4) == 0);
  {
    const char *id = quipu_memoryaddition_sync_id(addition, &len);
    OK(quipu_memorystore_observation_get(other, id, len, &row, err));
    CHECK_TEXT(id, quipu_memoryobservation_sync_id(row, &len), len);
  }
  CHECK_INT(quipu_memoryaddition_id(addition), quipu_memoryobservation_id(row));
  CHECK_TEXT("s", quipu_memoryobservation_session_id(row, &len), len);
  CHECK_TEXT("decision", quipu_memoryobservation_type(row, &len), len);
  CHECK_TEXT("T\xc3\xa9 [REDACTED]", quipu_memoryobservation_title(row, &len), len);
  CHECK_BYTES("nul \0 and \xf0\x9f\xaa\xa2", 14, quipu_memoryobservation_content(row, &len), len);
  CHECK_TEXT("grep", quipu_memoryobservation_tool_name(row, &len), len);
  CHECK_TEXT("quipu", quipu_memoryobservation_project(row, &len), len);
  CHECK_TEXT("personal", quipu_memoryobservation_scope(row, &len), len);
  CHECK_TEXT("a-topic", quipu_memoryobservation_topic_key(row, &len), len);
  CHECK(quipu_memoryobservation_review_after(row, &len) != NULL && len == 19);
  CHECK(quipu_memoryobservation_created_at(row, &len) != NULL && len == 19);
  CHECK_TEXT("", quipu_memoryobservation_deleted_at(row, &len), len);
  quipu_memoryobservation_free(row);
  quipu_memoryaddition_free(addition);
  OK(quipu_memorystore_observation_add(store, &fields, NULL, err)); /* the answer may be unwanted */
  close_memory(other);
  close_memory(store);
}

static void topics_take_the_place_of_what_was(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = open_memory(folder), *other = open_memory(folder);
  quipu_memoryobservation_fields fields = observation_of("First", "one");
  const char *first, *second;
  quipu_memoryobservation *row = NULL;
  start_session(store, "s");
  SET_FIELD(fields, project, "p");
  SET_FIELD(fields, topic_key, "topic");
  first = add_observation(store, &fields, "created");
  SET_FIELD(fields, title, "Second");
  SET_FIELD(fields, content, "two");
  SET_FIELD(fields, topic_key, " TOPIC ");
  second = add_observation(other, &fields, "updated");
  CHECK_LIST(first, second);
  OK(quipu_memorystore_observation_get(store, TEXT_ARG(first), &row, err));
  CHECK_INT(2, quipu_memoryobservation_revision_count(row));
  quipu_memoryobservation_free(row);
  CHECK_FIELD("two", store, first, content);
  SET_FIELD(fields, scope, "personal");
  CHECK(strcmp(first, add_observation(store, &fields, "created")) != 0);
  SET_FIELD(fields, scope, "project");
  SET_FIELD(fields, project, "q");
  add_observation(store, &fields, "created");
  CHECK_LIST("Second,Second,Second", list_observations(other, NULL));
  SET_FIELD(fields, project, "p");
  delete_observation(store, first, 0);
  SET_FIELD(fields, title, "Third");
  second = add_observation(store, &fields, "created");
  CHECK(strcmp(first, second) != 0);
  close_memory(other);
  close_memory(store);
}

static void duplicates_are_counted(void) {
  const char *folder = new_folder();
  quipu_memorystore_options options = QUIPU_MEMORYSTORE_OPTIONS_INIT;
  quipu_memorystore *store = open_memory(folder), *never;
  quipu_memoryobservation_fields fields = observation_of("Same", "the  same Text");
  quipu_memoryaddition *addition = NULL;
  const char *first;
  start_session(store, "s");
  start_session(store, "t");
  first = add_observation(store, &fields, "created");
  SET_FIELD(fields, content, " THE same\ttext");
  SET_FIELD(fields, session_id, "t");
  OK(quipu_memorystore_observation_add(store, &fields, &addition, err));
  CHECK_INT(2, quipu_memoryaddition_duplicate_count(addition));
  CHECK_INT(1, quipu_memoryaddition_revision_count(addition));
  quipu_memoryaddition_free(addition);
  CHECK_LIST(first, add_observation(store, &fields, "duplicate"));
  CHECK_FIELD("the  same Text", store, first, content);
  SET_FIELD(fields, type, "pattern");
  add_observation(store, &fields, "created");
  SET_FIELD(fields, type, "discovery");
  SET_FIELD(fields, title, "same");
  add_observation(store, &fields, "created");
  SET_FIELD(fields, title, "Same");
  options.dedupe_window_s = -1;
  never = open_memory_with(folder, &options);
  add_observation(never, &fields, "created");
  close_memory(never);
  options.dedupe_window_s = INT64_MAX;
  never = open_memory_with(folder, &options);
  add_observation(never, &fields, "duplicate");
  close_memory(never);
  close_memory(store);
}

static void contents_are_cut(void) {
  const char *folder = new_folder();
  quipu_memorystore_options options = QUIPU_MEMORYSTORE_OPTIONS_INIT;
  quipu_memorystore *store = open_memory(folder);
  quipu_memoryobservation_fields fields = observation_of("Large", "");
  quipu_memoryaddition *addition = NULL;
  quipu_memoryobservation *row = NULL;
  const size_t size = (size_t)64 << 20;
  const size_t tail = strlen("... [truncated]");
  char *large = malloc(size);
  size_t len = 0;
  int truncated = 77;
  const char *id;
  if (large == NULL) {
    exit(1);
  }
  memset(large, 'x', size);
  start_session(store, "s");
  fields.content = large;
  fields.content_len = size;
  OK(quipu_memorystore_observation_add(store, &fields, &addition, err));
  CHECK_INT(1, quipu_memoryaddition_truncated(addition));
  id = quipu_memoryaddition_sync_id(addition, &len);
  OK(quipu_memorystore_observation_get(store, id, len, &row, err));
  CHECK(quipu_memoryobservation_content(row, &len) != NULL && len == 50000 + tail);
  quipu_memoryobservation_free(row);
  quipu_memoryaddition_free(addition);
  id = remember_that(store, "Small", "little");
  fields = (quipu_memoryobservation_fields)QUIPU_MEMORYOBSERVATION_FIELDS_INIT;
  fields.content = large;
  fields.content_len = 50001;
  OK(quipu_memorystore_observation_update(store, TEXT_ARG(id), &fields, &truncated, &row, err));
  CHECK_INT(1, truncated);
  CHECK(quipu_memoryobservation_content(row, &len) != NULL && len == 50000 + tail);
  quipu_memoryobservation_free(row);
  fields.content_len = 50000;
  OK(quipu_memorystore_observation_update(store, TEXT_ARG(id), &fields, &truncated, NULL, err));
  CHECK_INT(0, truncated);
  OK(quipu_memorystore_prompt_add(store, TEXT_ARG("s"), large, size, NULL, 0, &addition, err));
  CHECK_INT(1, quipu_memoryaddition_truncated(addition));
  quipu_memoryaddition_free(addition);
  close_memory(store);

  options.max_content_bytes = 4;
  store = open_memory_with(folder, &options);
  id = remember_that(store, "Knot", "ab\xf0\x9f\xaa\xa2");
  CHECK_FIELD("ab... [truncated]", store, id, content);
  close_memory(store);
  options.max_content_bytes = (int64_t)size / 8;
  store = open_memory_with(folder, &options);
  fields = observation_of("Whole", "");
  fields.content = large;
  fields.content_len = size / 8;
  id = add_observation(store, &fields, "created");
  OK(quipu_memorystore_observation_get(store, TEXT_ARG(id), &row, err));
  CHECK(quipu_memoryobservation_content(row, &len) != NULL && len == size / 8);
  quipu_memoryobservation_free(row);
  close_memory(store);
  free(large);
}

static void updating(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = open_memory(folder), *other = open_memory(folder);
  quipu_memoryobservation_fields fields = observation_of("Old", "old"), changes = QUIPU_MEMORYOBSERVATION_FIELDS_INIT;
  quipu_memoryobservation *row = GARBAGE(quipu_memoryobservation);
  size_t len = 0;
  int truncated = 77;
  const char *id;
  start_session(store, "s");
  SET_FIELD(fields, project, "p");
  SET_FIELD(fields, tool_name, "tool");
  SET_FIELD(fields, topic_key, "topic");
  id = add_observation(store, &fields, "created");
  FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_update(store, TEXT_ARG(id), &changes, &truncated, &row, err));
  CHECK(row == NULL && truncated == 0);
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_observation_update(store, TEXT_ARG(id), NULL, NULL, NULL, err));
  SET_FIELD(changes, title, "New");
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_observation_update(store, TEXT_ARG("x"), &changes, NULL, NULL, err));
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_observation_update(store, "", 0, &changes, NULL, NULL, err));
  SET_FIELD(changes, session_id, "s");
  FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_update(store, TEXT_ARG(id), &changes, NULL, NULL, err));
  changes.session_id = NULL;
  changes.session_id_len = 0;
  OK(quipu_memorystore_observation_update(other, TEXT_ARG(id), &changes, NULL, &row, err));
  CHECK_TEXT("New", quipu_memoryobservation_title(row, &len), len);
  CHECK_TEXT("old", quipu_memoryobservation_content(row, &len), len);
  CHECK_TEXT("tool", quipu_memoryobservation_tool_name(row, &len), len);
  CHECK_INT(2, quipu_memoryobservation_revision_count(row));
  quipu_memoryobservation_free(row);
  SET_FIELD(changes, content, "");
  FAILS(QUIPU_E_INVALID, quipu_memorystore_observation_update(store, TEXT_ARG(id), &changes, NULL, NULL, err));
  SET_FIELD(changes, content, "a <private>b</private>");
  SET_FIELD(changes, type, "bugfix");
  SET_FIELD(changes, tool_name, "");
  SET_FIELD(changes, project, "");
  SET_FIELD(changes, scope, "personal");
  SET_FIELD(changes, topic_key, "");
  OK(quipu_memorystore_observation_update(store, TEXT_ARG(id), &changes, &truncated, NULL, err));
  CHECK_FIELD("a [REDACTED]", other, id, content);
  CHECK_FIELD("bugfix", other, id, type);
  CHECK_FIELD("", other, id, tool_name);
  CHECK_FIELD("", other, id, project);
  CHECK_FIELD("", other, id, topic_key);
  CHECK_FIELD("personal", other, id, scope);
  close_memory(other);
  close_memory(store);
}

static void deleting(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = open_memory(folder), *other = open_memory(folder);
  quipu_memoryobservation_fields changes = QUIPU_MEMORYOBSERVATION_FIELDS_INIT;
  quipu_memoryobservation *row = GARBAGE(quipu_memoryobservation);
  quipu_memorylist_options deleted = QUIPU_MEMORYLIST_OPTIONS_INIT;
  quipu_chronostore *records;
  int64_t seq;
  const char *id;
  start_session(store, "s");
  id = remember_that(store, "A", "a");
  delete_observation(other, id, 0);
  CHECK(strlen(observation_field(store, id, quipu_memoryobservation_deleted_at)) == 19);
  CHECK_LIST("", list_observations(store, NULL));
  deleted.flags = QUIPU_MEMORYLIST_WITH_DELETED;
  CHECK_LIST("A", list_observations(store, &deleted));
  SET_FIELD(changes, title, "B");
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_observation_update(store, TEXT_ARG(id), &changes, NULL, NULL, err));
  records = open_store(folder);
  seq = seq_of(records);
  delete_observation(store, id, 0); /* writes nothing */
  CHECK_INT(seq, seq_of(records));
  close_and_free(records);
  delete_observation(store, id, 7);
  OK(quipu_memorystore_observation_find(other, TEXT_ARG(id), &row, err));
  CHECK(row == NULL);
  row = GARBAGE(quipu_memoryobservation);
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_observation_get(other, TEXT_ARG(id), &row, err));
  CHECK(row == NULL);
  CHECK_LIST("", list_observations(other, &deleted));
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_observation_delete(store, TEXT_ARG(id), 1, err));
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_observation_delete(store, TEXT_ARG(id), 0, err));
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_observation_delete(store, "", 0, 0, err));
  close_memory(other);
  close_memory(store);
}

/* ---- prompts */

static void prompts(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = open_memory(folder), *other = open_memory(folder);
  quipu_memoryaddition *addition = GARBAGE(quipu_memoryaddition);
  quipu_memoryprompt *prompt = GARBAGE(quipu_memoryprompt);
  quipu_memorylist_options options = QUIPU_MEMORYLIST_OPTIONS_INIT;
  size_t len = 0;
  const char *first;
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_prompt_add(store, TEXT_ARG("s"), TEXT_ARG("x"), NULL, 0, &addition, err));
  CHECK(addition == NULL);
  start_session(store, "s");
  FAILS(QUIPU_E_INVALID, quipu_memorystore_prompt_add(store, TEXT_ARG("s"), "", 0, NULL, 0, &addition, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_prompt_add(store, "", 0, TEXT_ARG("x"), NULL, 0, &addition, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_prompt_add(store, TEXT_ARG("s"), "\xff", 1, NULL, 0, &addition, err));
  first = add_prompt(store, "s", "one <private>x</private>", "My  Project");
  OK(quipu_memorystore_prompt_get(other, TEXT_ARG(first), &prompt, err));
  CHECK_TEXT("one [REDACTED]", quipu_memoryprompt_content(prompt, &len), len);
  CHECK_TEXT("my  project", quipu_memoryprompt_project(prompt, &len), len);
  CHECK_TEXT("s", quipu_memoryprompt_session_id(prompt, &len), len);
  CHECK(strncmp(first, "prompt-", 7) == 0 && quipu_memoryprompt_id(prompt) > 0);
  quipu_memoryprompt_free(prompt);
  add_prompt(other, "s", "two", "");
  OK(quipu_memorystore_prompt_add(store, TEXT_ARG("s"), TEXT_ARG("three"), NULL, 0, NULL, err));
  CHECK_LIST("three,two,one [REDACTED]", list_prompts(store, NULL));
  SET_FIELD(options, project, "MY  project");
  CHECK_LIST("one [REDACTED]", list_prompts(store, &options));
  SET_FIELD(options, project, "");
  options.limit = 2;
  CHECK_LIST("three,two", list_prompts(store, &options));
  OK(quipu_memorystore_prompt_delete(store, TEXT_ARG(first), err));
  CHECK_LIST("three,two", list_prompts(other, NULL));
  OK(quipu_memorystore_prompt_find(other, TEXT_ARG(first), &prompt, err));
  CHECK(prompt == NULL);
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_prompt_get(other, TEXT_ARG(first), &prompt, err));
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_prompt_delete(other, TEXT_ARG(first), err));
  close_memory(other);
  close_memory(store);
}

int main(void) {
  static const test_case cases[] = {
      {"options_are_checked", options_are_checked},
      {"other_records_lie_beside", other_records_lie_beside},
      {"sessions", sessions},
      {"adding", adding},
      {"topics_take_the_place_of_what_was", topics_take_the_place_of_what_was},
      {"duplicates_are_counted", duplicates_are_counted},
      {"contents_are_cut", contents_are_cut},
      {"updating", updating},
      {"deleting", deleting},
      {"prompts", prompts},
  };
  return RUN_CASES(cases);
}
