/* The upgrade of a project to the cloud (quipu/sync.h), and what a cloud needs of the memory store (quipu/memory.h): projects and
 * the journal. */
#include "sync_support.h"

#include <unistd.h>

/* ---- diagnosis */

/* tests/data/sync/vectors/diagnose_upgrade.json, one case after the other. */
typedef struct vector {
  char project[64];
  int configured, enrolled, denied;
  char status[32], report_class[32], code[64], message[256], error[256];
} vector;

/* The value behind `"name":` after `from`, as text; empty if it is not before `end`. Escapes other than \" are not used there. */
static const char *member(const char *from, const char *end, const char *name, char *out, size_t size) {
  char key[64];
  const char *at;
  size_t used = 0;
  out[0] = '\0';
  snprintf(key, sizeof key, "\"%s\": ", name);
  at = strstr(from, key);
  if (at == NULL || at >= end) {
    return NULL;
  }
  at += strlen(key);
  if (*at != '"') {
    const size_t len = strcspn(at, ",\n }");
    snprintf(out, size, "%.*s", (int)len, at);
    return at;
  }
  for (++at; *at != '"' && used + 1 < size; ++at) {
    at += *at == '\\';
    out[used++] = *at;
  }
  out[used] = '\0';
  return at;
}

static int truth(const char *from, const char *end, const char *name) {
  char text[16];
  CHECK(member(from, end, name, text, sizeof text) != NULL);
  return strcmp(text, "true") == 0;
}

static void diagnoses(void) {
  const char *text = read_whole_file(path_in(QUIPU_TEST_DATA_DIR, "sync/vectors/diagnose_upgrade.json"), NULL);
  const char *at = strstr(text, "\"input\"");
  int cases = 0, errors = 0;
  size_t len = 0;
  while (at != NULL) {
    const char *next = strstr(at + 1, "\"input\"");
    const char *end = next == NULL ? at + strlen(at) : next;
    quipu_syncdiagnosis *found = GARBAGE(quipu_syncdiagnosis);
    vector one;
    member(at, end, "Project", one.project, sizeof one.project);
    one.configured = truth(at, end, "CloudConfigured");
    one.enrolled = truth(at, end, "ProjectEnrolled");
    one.denied = truth(at, end, "PolicyDenied");
    ++cases;
    if (member(at, end, "error", one.error, sizeof one.error) != NULL) {
      quipu_error *error = NULL;
      ++errors;
      FAILS_WITH(QUIPU_E_INVALID,
                 quipu_sync_diagnose(TEXT_ARG(one.project), one.configured, one.enrolled, one.denied, &found, err),
                 error);
      CHECK(found == NULL);
      CHECK_TEXT(one.error, quipu_error_message(error, &len), len);
      quipu_error_free(error);
    } else {
      member(at, end, "Status", one.status, sizeof one.status);
      member(at, end, "Class", one.report_class, sizeof one.report_class);
      member(at, end, "Code", one.code, sizeof one.code);
      member(at, end, "Message", one.message, sizeof one.message);
      CHECK(one.message[0] != '\0');
      /* Anything but 0 is yes. */
      OK(quipu_sync_diagnose(TEXT_ARG(one.project), one.configured * 2, one.enrolled * -1, one.denied * 256, &found,
                             err));
      CHECK_TEXT(one.status, quipu_syncdiagnosis_status(found, &len), len);
      CHECK_TEXT(one.report_class, quipu_syncdiagnosis_report_class(found, &len), len);
      CHECK_TEXT(one.code, quipu_syncdiagnosis_code(found, &len), len);
      CHECK_TEXT(one.message, quipu_syncdiagnosis_message(found, &len), len);
      quipu_syncdiagnosis_free(found);
    }
    at = next;
  }
  CHECK(cases > 8 && errors > 0 && errors < cases);
  {
    quipu_syncdiagnosis *found = GARBAGE(quipu_syncdiagnosis);
    FAILS(QUIPU_E_INVALID, quipu_sync_diagnose(NULL, 0, 1, 1, 0, &found, err));
    FAILS(QUIPU_E_INVALID, quipu_sync_diagnose("\xff", 1, 1, 1, 0, &found, err));
    FAILS(QUIPU_E_MISUSE, quipu_sync_diagnose(NULL, 1, 1, 1, 0, &found, err));
    FAILS(QUIPU_E_MISUSE, quipu_sync_diagnose("p", 1, 1, 1, 0, NULL, err));
    CHECK(found == NULL);
  }
}

/* ---- bootstrap and rollback */

static int is_enrolled(quipu_memorystore *store, const char *project) {
  quipu_memoryprojectcursor *cursor = NULL;
  int enrolled = -1;
  OK(quipu_memorystore_project_list(store, &cursor, err));
  for (;;) {
    quipu_memoryproject *row = NULL;
    OK(quipu_memoryprojectcursor_next(cursor, &row, err));
    if (row == NULL) {
      break;
    }
    if (strcmp(quipu_memoryproject_name(row, NULL), project) == 0) {
      enrolled = quipu_memoryproject_enrolled(row);
      CHECK((*quipu_memoryproject_enrolled_at(row, NULL) != '\0') == enrolled);
    }
    quipu_memoryproject_free(row);
  }
  quipu_memoryprojectcursor_free(cursor);
  return enrolled;
}

#define CHECK_UPGRADE(upgrade, want_stage, want_resumed, want_no_op)                      \
  do {                                                                                    \
    size_t stage_len = 0;                                                                 \
    CHECK_TEXT("quipu", quipu_syncupgrade_project(upgrade, &stage_len), stage_len);       \
    CHECK_TEXT(want_stage, quipu_syncupgrade_stage(upgrade, &stage_len), stage_len);      \
    CHECK_INT(want_resumed, quipu_syncupgrade_resumed(upgrade));                          \
    CHECK_INT(want_no_op, quipu_syncupgrade_no_op(upgrade));                              \
    CHECK_TEXT("", quipu_syncupgrade_last_error_code(upgrade, &stage_len), stage_len);    \
    CHECK_TEXT("", quipu_syncupgrade_last_error_message(upgrade, &stage_len), stage_len); \
  } while (0)

/* Fails at each function in turn; then goes on where it was. */
static void bootstrap_goes_on(void) {
  quipu_memorystore *store = filled_store();
  remote *self = new_remote();
  quipu_transport *transport = transport_of(self, 1);
  quipu_syncupgrade *upgrade = GARBAGE(quipu_syncupgrade);
  quipu_error *error = NULL;
  static const slot slots[] = {READ_MANIFEST, WRITE_CHUNK, WRITE_MANIFEST};
  size_t i, len = 0;
  FAILS(QUIPU_E_INVALID, quipu_sync_bootstrap(store, transport, "", 0, NULL, 0, &upgrade, err));
  FAILS(QUIPU_E_INVALID, quipu_sync_bootstrap(store, transport, "\xff", 1, NULL, 0, &upgrade, err));
  FAILS(QUIPU_E_INVALID, quipu_sync_bootstrap(store, transport, "p", 1, "\xff", 1, &upgrade, err));
  FAILS(QUIPU_E_MISUSE, quipu_sync_bootstrap(store, transport, "p", 1, NULL, 1, &upgrade, err));
  FAILS(QUIPU_E_MISUSE, quipu_sync_bootstrap(store, NULL, "p", 1, NULL, 0, &upgrade, err));
  FAILS(QUIPU_E_MISUSE, quipu_sync_bootstrap(NULL, transport, "p", 1, NULL, 0, &upgrade, err));
  CHECK(upgrade == NULL);
  for (i = 0; i < sizeof slots / sizeof slots[0]; ++i) {
    self->fails = 1;
    self->fail_slot = slots[i];
    self->fail_code = QUIPU_E_FORBIDDEN;
    upgrade = GARBAGE(quipu_syncupgrade);
    FAILS_WITH(QUIPU_E_FORBIDDEN,
               quipu_sync_bootstrap(store, transport, TEXT_ARG(" Quipu "), TEXT_ARG(" "), &upgrade, err), error);
    CHECK_TEXT("the remote is on strike", quipu_error_message(error, &len), len);
    quipu_error_free(error);
    CHECK(upgrade == NULL);
    CHECK_INT(1, is_enrolled(store, "quipu"));
    self->fails = 0;
  }
  OK(quipu_sync_bootstrap(store, transport, TEXT_ARG("quipu"), TEXT_ARG("ana"), &upgrade, err));
  CHECK_UPGRADE(upgrade, "bootstrap_verified", 1, 0);
  CHECK_TEXT("ready", quipu_syncupgrade_repair_class(upgrade, &len), len);
  CHECK_INT(0, quipu_syncupgrade_was_enrolled(upgrade));
  CHECK(quipu_syncupgrade_updated_at(upgrade, &len) != NULL && len == 19);
  quipu_syncupgrade_free(upgrade);
  CHECK_INT(1, self->chunk_count);
  OK(quipu_sync_bootstrap(store, transport, TEXT_ARG("quipu"), NULL, 0, &upgrade, err));
  CHECK_UPGRADE(upgrade, "bootstrap_verified", 1, 1);
  quipu_syncupgrade_free(upgrade);
  OK(quipu_sync_bootstrap(store, transport, TEXT_ARG("quipu"), NULL, 0, NULL, err));
  FAILS(QUIPU_E_CONFLICT, quipu_sync_rollback(store, TEXT_ARG("quipu"), NULL, NULL, NULL, NULL, err));
  drop_transport(transport);
  close_memory(store);
}

typedef struct hooks {
  quipu_memorystore *store;
  int calls;
  int fails_at; /* the call that fails, from 1; 0: none */
  int bare;
  int enrolled[4]; /* as each call found it */
} hooks;

static quipu_status hook(void *user, const char *project, size_t project_len, quipu_error **hook_err) {
  hooks *self = user;
  CHECK_TEXT("quipu", project, project_len);
  self->enrolled[self->calls++] = is_enrolled(self->store, "quipu");
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_close(self->store, err));
  if (self->calls != self->fails_at) {
    return QUIPU_OK;
  }
  if (!self->bare) {
    *hook_err = quipu_error_new(QUIPU_E_TIMEOUT, TEXT_ARG("it does not stop"));
  }
  return QUIPU_E_TIMEOUT;
}

/* A bootstrap that failed at its push, in a store whose project was or was not enrolled before. */
static quipu_memorystore *half_upgraded(int was_enrolled) {
  quipu_memorystore *store = filled_store();
  remote *self = new_remote();
  quipu_transport *transport = transport_of(self, 1);
  if (was_enrolled) {
    OK(quipu_memorystore_project_enroll(store, TEXT_ARG("quipu"), NULL, err));
  }
  self->fails = 1;
  self->fail_slot = WRITE_CHUNK;
  self->fail_code = QUIPU_E_IO;
  FAILS(QUIPU_E_IO, quipu_sync_bootstrap(store, transport, TEXT_ARG("quipu"), NULL, 0, NULL, err));
  drop_transport(transport);
  return store;
}

static void rollback_with_hooks(void) {
  int was_enrolled, fails_at, bare;
  for (was_enrolled = 0; was_enrolled < 2; ++was_enrolled) {
    for (fails_at = 0; fails_at < 3; ++fails_at) {
      for (bare = 0; bare < 2; ++bare) {
        quipu_memorystore *store = half_upgraded(was_enrolled);
        quipu_syncupgrade *upgrade = GARBAGE(quipu_syncupgrade);
        hooks self;
        memset(&self, 0, sizeof self);
        self.store = store;
        self.fails_at = fails_at;
        self.bare = bare;
        alarm(60);
        if (fails_at == 0) {
          OK(quipu_sync_rollback(store, TEXT_ARG("Quipu"), hook, hook, &self, &upgrade, err));
          CHECK_UPGRADE(upgrade, "rolled_back", 0, 0);
          CHECK_INT(was_enrolled, quipu_syncupgrade_was_enrolled(upgrade));
          quipu_syncupgrade_free(upgrade);
        } else {
          quipu_error *error = NULL;
          size_t len = 0;
          FAILS_WITH(QUIPU_E_TIMEOUT, quipu_sync_rollback(store, TEXT_ARG("Quipu"), hook, hook, &self, &upgrade, err),
                     error);
          if (!bare) {
            CHECK_TEXT("it does not stop", quipu_error_message(error, &len), len);
          }
          quipu_error_free(error);
          CHECK(upgrade == NULL);
        }
        alarm(0);
        CHECK_INT(fails_at == 1 ? 1 : 2, self.calls);
        CHECK_INT(1, self.enrolled[0]);
        if (fails_at == 1) {
          CHECK_INT(1, is_enrolled(store, "quipu")); /* it did not stop: nothing was done */
          OK(quipu_sync_rollback(store, TEXT_ARG("quipu"), NULL, NULL, NULL, NULL, err));
        } else {
          CHECK_INT(was_enrolled, self.enrolled[1]);
        }
        CHECK_INT(was_enrolled, is_enrolled(store, "quipu"));
        close_memory(store);
      }
    }
  }
}

static void rollbacks_that_cannot_be(void) {
  quipu_memorystore *store = filled_store();
  quipu_syncupgrade *upgrade = GARBAGE(quipu_syncupgrade);
  FAILS(QUIPU_E_CONFLICT, quipu_sync_rollback(store, TEXT_ARG("quipu"), NULL, NULL, NULL, &upgrade, err));
  FAILS(QUIPU_E_INVALID, quipu_sync_rollback(store, "", 0, NULL, NULL, NULL, &upgrade, err));
  FAILS(QUIPU_E_INVALID, quipu_sync_rollback(store, "\xff", 1, NULL, NULL, NULL, &upgrade, err));
  FAILS(QUIPU_E_MISUSE, quipu_sync_rollback(store, NULL, 1, NULL, NULL, NULL, &upgrade, err));
  FAILS(QUIPU_E_MISUSE, quipu_sync_rollback(NULL, "p", 1, NULL, NULL, NULL, &upgrade, err));
  CHECK(upgrade == NULL);
  OK(quipu_memorystore_close(store, err));
  FAILS(QUIPU_E_CLOSED, quipu_sync_rollback(store, "p", 1, NULL, NULL, NULL, &upgrade, err));
  quipu_memorystore_free(store);
}

/* ---- projects */

static const char *projects_of(quipu_memorystore *store) {
  quipu_memoryprojectcursor *cursor = NULL;
  char *text = case_memory(4096);
  size_t used = 0;
  OK(quipu_memorystore_project_list(store, &cursor, err));
  for (;;) {
    quipu_memoryproject *row = NULL;
    OK(quipu_memoryprojectcursor_next(cursor, &row, err));
    if (row == NULL) {
      break;
    }
    used += (size_t)snprintf(text + used, 4096 - used, "%s%s%s", used == 0 ? "" : ",",
                             quipu_memoryproject_name(row, NULL), quipu_memoryproject_enrolled(row) ? "+" : "-");
    quipu_memoryproject_free(row);
  }
  OK(quipu_memoryprojectcursor_close(cursor, err));
  quipu_memoryprojectcursor_free(cursor);
  return text;
}

static void projects(void) {
  quipu_memorystore *store = filled_store();
  quipu_memoryprojectcursor *cursor = GARBAGE(quipu_memoryprojectcursor);
  quipu_memoryproject *row = GARBAGE(quipu_memoryproject);
  uint8_t *page = NULL;
  size_t len = 0;
  int changed = 77;
  CHECK_LIST("quipu-", projects_of(store));
  OK(quipu_memorystore_project_unenroll(store, TEXT_ARG("quipu"), &changed, err));
  CHECK_INT(0, changed);
  OK(quipu_memorystore_project_enroll(store, TEXT_ARG(" Quipu"), &changed, err));
  CHECK_INT(1, changed);
  OK(quipu_memorystore_project_enroll(store, TEXT_ARG("quipu"), &changed, err));
  CHECK_INT(0, changed);
  OK(quipu_memorystore_project_enroll(store, TEXT_ARG("another"), NULL, err));
  CHECK_LIST("another+,quipu+", projects_of(store));
  OK(quipu_memorystore_project_unenroll(store, TEXT_ARG("QUIPU"), &changed, err));
  CHECK_INT(1, changed);
  OK(quipu_memorystore_project_unenroll(store, TEXT_ARG("quipu"), NULL, err));
  OK(quipu_memorystore_project_unenroll(store, TEXT_ARG("another"), NULL, err));
  CHECK_LIST("another-,quipu-", projects_of(store));
  changed = 77;
  FAILS(QUIPU_E_INVALID, quipu_memorystore_project_enroll(store, " ", 1, &changed, err));
  CHECK_INT(0, changed);
  FAILS(QUIPU_E_INVALID, quipu_memorystore_project_enroll(store, "\xff", 1, &changed, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_project_enroll(store, NULL, 1, &changed, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_project_enroll(NULL, "p", 1, &changed, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_project_unenroll(NULL, "p", 1, &changed, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_project_unenroll(store, "\xff", 1, &changed, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_project_list(NULL, &cursor, err));
  CHECK(cursor == NULL);
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_project_list(store, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_memoryprojectcursor_next(NULL, &row, err));
  CHECK(row == NULL);
  OK(quipu_memorystore_project_list(store, &cursor, err));
  OK(quipu_memoryprojectcursor_next_page(cursor, 1, &page, &len, err));
  CHECK(page != NULL && len > 0);
  quipu_free(page);
  OK(quipu_memoryprojectcursor_next(cursor, &row, err));
  CHECK_TEXT("quipu", quipu_memoryproject_name(row, &len), len);
  quipu_memoryproject_free(row);
  quipu_memoryprojectcursor_free(cursor);
  close_memory(store);
}

/* ---- the journal */

/* "entity op key,..." of the entries; the numbers go to seqs, and must rise. */
static const char *journal(quipu_memorystore *store, int64_t after, uint32_t flags, int64_t *seqs, size_t *count) {
  quipu_memorymutationcursor *cursor = NULL;
  char *text = case_memory(16384);
  size_t used = 0;
  int64_t last = after;
  *count = 0;
  OK(quipu_memorystore_journal_list(store, after, flags, &cursor, err));
  for (;;) {
    quipu_memorymutation *row = NULL;
    OK(quipu_memorymutationcursor_next(cursor, &row, err));
    if (row == NULL) {
      break;
    }
    CHECK(quipu_memorymutation_seq(row) > last);
    last = quipu_memorymutation_seq(row);
    CHECK(strcmp("cloud", quipu_memorymutation_target_key(row, NULL)) == 0);
    CHECK(strcmp("local", quipu_memorymutation_source(row, NULL)) == 0);
    CHECK_INT(19, strlen(quipu_memorymutation_occurred_at(row, NULL)));
    {
      const char *payload = quipu_memorymutation_payload(row, NULL);
      CHECK(payload[0] == '{' && strstr(payload, quipu_memorymutation_entity_key(row, NULL)) != NULL);
    }
    used += (size_t)snprintf(text + used, 16384 - used, "%s%s %s %s", used == 0 ? "" : ",",
                             quipu_memorymutation_entity(row, NULL), quipu_memorymutation_op(row, NULL),
                             quipu_memorymutation_project(row, NULL));
    if (*count < 16) {
      seqs[(*count)++] = last;
    }
    quipu_memorymutation_free(row);
  }
  OK(quipu_memorymutationcursor_close(cursor, err));
  quipu_memorymutationcursor_free(cursor);
  return text;
}

static void the_journal(void) {
  enum { ACKED = QUIPU_MEMORYJOURNAL_WITH_ACKED, ALL = QUIPU_MEMORYJOURNAL_WITH_UNENROLLED };
  quipu_memorystore *store = new_memory();
  quipu_memorymutationcursor *cursor = GARBAGE(quipu_memorymutationcursor);
  quipu_memorymutation *row = GARBAGE(quipu_memorymutation);
  int64_t seqs[16];
  size_t count = 0, len = 0;
  const char *first, *second;
  start_session(store, "s");
  first = remember_that(store, "First", "one");
  change_content(store, first, "uno");
  second = remember_that(store, "Second", "two");
  delete_observation(store, second, 0);
  CHECK_LIST("", journal(store, 0, 0, seqs, &count));
  CHECK_LIST(
      "session upsert quipu,observation upsert quipu,observation upsert quipu,observation upsert quipu,observation "
      "delete quipu",
      journal(store, 0, ALL, seqs, &count));
  OK(quipu_memorystore_project_enroll(store, TEXT_ARG("quipu"), NULL, err));
  CHECK_LIST(
      "session upsert quipu,observation upsert quipu,observation upsert quipu,observation upsert quipu,observation "
      "delete quipu",
      journal(store, 0, 0, seqs, &count));
  CHECK_INT(5, count);
  CHECK_LIST("observation delete quipu", journal(store, seqs[3], 0, seqs + 5, &len));

  /* The payloads are the rows as they were. */
  OK(quipu_memorystore_journal_list(store, seqs[0], 0, &cursor, err));
  OK(quipu_memorymutationcursor_next(cursor, &row, err));
  CHECK(strstr(quipu_memorymutation_payload(row, NULL), "\"one\"") != NULL);
  CHECK_TEXT(first, quipu_memorymutation_entity_key(row, &len), len);
  quipu_memorymutation_free(row);
  OK(quipu_memorymutationcursor_next(cursor, &row, err));
  CHECK(strstr(quipu_memorymutation_payload(row, NULL), "\"uno\"") != NULL);
  quipu_memorymutation_free(row);
  {
    uint8_t *page = NULL;
    OK(quipu_memorymutationcursor_next_page(cursor, 10, &page, &len, err));
    CHECK(page != NULL && len > 0);
    quipu_free(page);
    OK(quipu_memorymutationcursor_next_page(cursor, 10, &page, &len, err));
    CHECK(page == NULL && len == 0);
  }
  quipu_memorymutationcursor_free(cursor);

  /* Acknowledged ones go, also those that are none or come twice. */
  {
    const int64_t some[] = {seqs[1], seqs[1], 999999, -5, seqs[3]};
    OK(quipu_memorystore_journal_ack(store, some, 5, err));
  }
  CHECK_LIST("session upsert quipu,observation upsert quipu,observation delete quipu",
             journal(store, 0, 0, seqs + 5, &len));
  CHECK_LIST(
      "session upsert quipu,observation upsert quipu,observation upsert quipu,observation upsert quipu,observation "
      "delete quipu",
      journal(store, 0, ACKED, seqs + 5, &len));
  OK(quipu_memorystore_journal_ack(store, NULL, 0, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_journal_ack(store, NULL, 1, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_journal_ack(NULL, seqs, 1, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_journal_list(store, 0, 4u, &cursor, err));
  CHECK(cursor == NULL);
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_journal_list(NULL, 0, 0, &cursor, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_journal_list(store, 0, 0, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorymutationcursor_next(NULL, &row, err));

  /* After a purge the last state of each row is left: one entry per key, and nothing that was said is said again. */
  change_content(store, first, "eins");
  OK(quipu_memorystore_purge(store, NULL, NULL, NULL, err));
  CHECK_LIST("session upsert quipu,observation delete quipu,observation upsert quipu",
             journal(store, 0, 0, seqs + 5, &len));
  OK(quipu_memorystore_journal_ack(store, seqs + 5, len, err));
  CHECK_LIST("", journal(store, 0, 0, seqs, &count));
  remember_that(store, "Third", "three");
  CHECK_LIST("observation upsert quipu", journal(store, 0, 0, seqs, &count));
  close_memory(store);
}

/* ---- another program's memories */

static int make_database(const char *path) {
  char command[8192];
  snprintf(command, sizeof command,
           "command -v sqlite3 > /dev/null || exit 77; sqlite3 '%s' \""
           "CREATE TABLE sessions (id TEXT PRIMARY KEY, project TEXT NOT NULL, directory TEXT NOT NULL,"
           " started_at TEXT NOT NULL, ended_at TEXT, summary TEXT);"
           "CREATE TABLE observations (id INTEGER PRIMARY KEY, session_id TEXT NOT NULL, type TEXT NOT NULL,"
           " title TEXT NOT NULL, content TEXT NOT NULL, tool_name TEXT, project TEXT, created_at TEXT NOT NULL);"
           "CREATE TABLE user_prompts (id INTEGER PRIMARY KEY, session_id TEXT NOT NULL, content TEXT NOT NULL,"
           " project TEXT, created_at TEXT NOT NULL);"
           "INSERT INTO sessions VALUES ('e', 'tide', '/tide', '2026-01-01 10:00:00', NULL, NULL);"
           "INSERT INTO observations VALUES (1, 'e', 'bugfix', 'Old', 'text', NULL, 'tide', '2026-01-01 10:00:01');"
           "INSERT INTO user_prompts VALUES (1, 'e', 'why?', 'tide', '2026-01-01 10:00:02');\"",
           path);
  return system(command);
}

static int stop_at_once(void *user, int64_t done, int64_t total) {
  (void)done;
  (void)total;
  ++*(int *)user;
  return 1;
}

static void a_database_is_taken_over(void) {
  const char *folder = new_folder(), *path = path_in(folder, "engram.db");
  quipu_memorystore *store = new_memory();
  quipu_memoryimport *result = GARBAGE(quipu_memoryimport);
  int calls = 0;
  FAILS(QUIPU_E_NOT_FOUND, quipu_memorystore_import_engram(store, TEXT_ARG(path), NULL, NULL, &result, err));
  CHECK(result == NULL);
  CHECK(!path_exists(path));
  write_whole_file(path, "not a database at all", 21);
  FAILS(QUIPU_E_NOT_A_STORE, quipu_memorystore_import_engram(store, TEXT_ARG(path), NULL, NULL, &result, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_import_engram(store, "\xff", 1, NULL, NULL, &result, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_import_engram(store, NULL, 1, NULL, NULL, &result, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_import_engram(NULL, "x", 1, NULL, NULL, &result, err));
  unlink(path);
  switch (make_database(path)) {
    case 0:
      break;
    default:
      close_memory(store);
      SKIP("there is no program sqlite3");
  }
  result = GARBAGE(quipu_memoryimport);
  FAILS_ONCE(QUIPU_E_CANCELLED,
             quipu_memorystore_import_engram(store, TEXT_ARG(path), stop_at_once, &calls, &result, err));
  CHECK(result == NULL);
  CHECK_INT(1, calls);
  OK(quipu_memorystore_import_engram(store, TEXT_ARG(path), NULL, NULL, NULL, err));
  OK(quipu_memorystore_import_engram(store, TEXT_ARG(path), NULL, NULL, &result, err));
  CHECK_INT(0, quipu_memoryimport_sessions_imported(result));
  CHECK_INT(0, quipu_memoryimport_observations_imported(result));
  quipu_memoryimport_free(result);
  CHECK_LIST("Old", list_observations(store, NULL));
  CHECK_LIST("why?", list_prompts(store, NULL));
  close_memory(store);
  store = new_memory();
  OK(quipu_memorystore_import_engram(store, TEXT_ARG(path), NULL, NULL, &result, err));
  CHECK_INT(1, quipu_memoryimport_sessions_imported(result));
  CHECK_INT(1, quipu_memoryimport_observations_imported(result));
  CHECK_INT(1, quipu_memoryimport_prompts_imported(result));
  CHECK_INT(0, quipu_memoryimport_sessions_recovered(result));
  quipu_memoryimport_free(result);
  close_memory(store);
}

int main(void) {
  static const test_case cases[] = {
      {"diagnoses", diagnoses},
      {"bootstrap_goes_on", bootstrap_goes_on},
      {"rollback_with_hooks", rollback_with_hooks},
      {"rollbacks_that_cannot_be", rollbacks_that_cannot_be},
      {"projects", projects},
      {"the_journal", the_journal},
      {"a_database_is_taken_over", a_database_is_taken_over},
  };
  return RUN_CASES(cases);
}
