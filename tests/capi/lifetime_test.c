/* The life of handles: close and free in every order, calls on freed handles, threads that meet a close, forked children. */
#include "support.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#define RUNS_TSAN 1
#else
#define RUNS_TSAN 0
#endif

static void free_without_close(void) {
  const char *folder = new_folder();
  quipu_chronostore *store = open_store(folder);
  put(store, "a", "");
  quipu_chronostore_free(store);
  store = open_store(folder);
  CHECK(has_record(store, "a"));
  quipu_chronostore_free(store);
}

static void cursors_outlive_their_store(void) {
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronocursor *used = NULL, *unused = NULL;
  quipu_walcursor *events = NULL;
  quipu_chronorecord *record = NULL;
  quipu_walevent *event = NULL;
  put(store, "a", "");
  put(store, "b", "");
  OK(quipu_chronostore_query(store, NULL, &used, err));
  OK(quipu_chronostore_query(store, NULL, &unused, err));
  OK(quipu_chronostore_replay(store, 0, &events, err));
  OK(quipu_chronocursor_next(used, &record, err));
  OK(quipu_walcursor_next(events, &event, err));
  quipu_chronostore_free(store);
  {
    quipu_chronorecord *none = GARBAGE(quipu_chronorecord);
    FAILS(QUIPU_E_CLOSED, quipu_chronocursor_next(used, &none, err));
    CHECK(none == NULL);
  }
  CHECK_INT(QUIPU_OK, quipu_chronocursor_close(used, NULL));
  quipu_chronocursor_free(used);
  quipu_chronocursor_free(unused);
  quipu_walcursor_free(events);
  {
    size_t len = 0;
    CHECK_TEXT("a", quipu_chronorecord_id(record, &len), len);
    CHECK_INT(1, quipu_walevent_seq(event));
  }
  quipu_chronorecord_free(record);
  quipu_walevent_free(event);
}

static void freed_handles_are_recognised(void) {
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronocursor *cursor = NULL;
  quipu_walcursor *events = NULL;
  quipu_chrononoticecursor *notices = NULL;
  quipu_chronorecord *record = GARBAGE(quipu_chronorecord);
  quipu_walevent *event = GARBAGE(quipu_walevent);
  quipu_chrononotice *notice = GARBAGE(quipu_chrononotice);
  int64_t number = GARBAGE_NUMBER;
  OK(quipu_chronostore_query(store, NULL, &cursor, err));
  OK(quipu_chronostore_replay(store, 0, &events, err));
  OK(quipu_chronostore_notices(store, &notices, err));
  quipu_chronocursor_free(cursor);
  quipu_walcursor_free(events);
  quipu_chrononoticecursor_free(notices);
  FAILS(QUIPU_E_MISUSE, quipu_chronocursor_next(cursor, &record, err));
  FAILS(QUIPU_E_MISUSE, quipu_walcursor_next(events, &event, err));
  FAILS(QUIPU_E_MISUSE, quipu_chrononoticecursor_next(notices, &notice, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronocursor_close(cursor, err));
  CHECK(record == NULL && event == NULL && notice == NULL);
  quipu_chronocursor_free(cursor);
  quipu_chronostore_free(store);
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_wal_seq(store, &number, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_close(store, err));
  CHECK_INT(0, number);
  quipu_chronostore_free(store);
  expect_stale_calls(2 * 4 + 1 + 2 * 2 + 1);
}

static void many_handles_come_and_go(void) {
  quipu_chronostore *store = open_store(new_folder());
  int i;
  for (i = 0; i < 1000; ++i) { /* more than are kept after free */
    quipu_chronocursor *cursor = NULL;
    OK(quipu_chronostore_query(store, NULL, &cursor, err));
    quipu_chronocursor_free(cursor);
  }
  close_and_free(store);
}

/* ---- threads */

typedef struct hammer {
  quipu_chronostore *store;
  pthread_barrier_t *start;
  int number;
  int64_t calls;
} hammer;

static void *hammer_until_closed(void *given) {
  hammer *self = given;
  char id[16];
  quipu_status status = QUIPU_OK;
  snprintf(id, sizeof id, "t%d", self->number);
  pthread_barrier_wait(self->start);
  while (status == QUIPU_OK) {
    quipu_error *error = NULL;
    quipu_chronorecord *record = NULL;
    quipu_chronocursor *cursor = NULL;
    int64_t number = 0;
    switch (self->number % 4) {
      case 0: {
        record = make_record(id, "label");
        status = quipu_chronostore_upsert(self->store, record, NULL, &error);
        break;
      }
      case 1:
        status = quipu_chronostore_find(self->store, TEXT_ARG("t0"), &record, &error);
        break;
      case 2:
        status = quipu_chronostore_query(self->store, NULL, &cursor, &error);
        if (status == QUIPU_OK) {
          status = quipu_chronocursor_next(cursor, &record, &error);
        }
        break;
      default:
        status = quipu_chronostore_wal_seq(self->store, &number, &error);
        break;
    }
    quipu_chronorecord_free(record);
    quipu_chronocursor_free(cursor);
    CHECK(status == QUIPU_OK || status == QUIPU_E_CLOSED);
    CHECK_INT(status, quipu_error_code(error));
    quipu_error_free(error);
    ++self->calls;
  }
  return NULL;
}

static void *close_it(void *given) {
  hammer *self = given;
  pthread_barrier_wait(self->start);
  OK(quipu_chronostore_close(self->store, err));
  {
    int64_t seq = 0;
    FAILS_ONCE(QUIPU_E_CLOSED, quipu_chronostore_wal_seq(self->store, &seq, err));
  }
  return NULL;
}

static void threads_meet_a_close(void) {
  enum { kThreads = 8, kRounds = 20 };
  const char *folder = new_folder();
  int round;
  for (round = 0; round < kRounds; ++round) {
    pthread_t threads[kThreads];
    hammer hammers[kThreads];
    pthread_barrier_t start;
    quipu_chronostore *store = open_store(folder);
    int i;
    pthread_barrier_init(&start, NULL, kThreads + 1);
    for (i = 0; i < kThreads; ++i) {
      hammers[i].store = store;
      hammers[i].start = &start;
      hammers[i].number = i;
      hammers[i].calls = 0;
      CHECK_INT(0, pthread_create(&threads[i], NULL, hammer_until_closed, &hammers[i]));
    }
    pthread_barrier_wait(&start);
    sleep_ms(round % 4 * 5);
    OK(quipu_chronostore_close(store, err));
    for (i = 0; i < kThreads; ++i) {
      pthread_join(threads[i], NULL);
      CHECK(hammers[i].calls > 0);
    }
    quipu_chronostore_free(store);
    pthread_barrier_destroy(&start);
  }
  {
    quipu_chronostore *store = open_store(folder);
    int valid = 0;
    OK(quipu_chronostore_chain_valid(store, &valid, err));
    CHECK(valid);
    close_and_free(store);
  }
}

static void closed_by_two_threads_at_once(void) {
  int round;
  const char *folder = new_folder();
  for (round = 0; round < 100; ++round) {
    pthread_t threads[3];
    hammer closers[3];
    pthread_barrier_t start;
    quipu_chronostore *store = open_store(folder);
    int i;
    pthread_barrier_init(&start, NULL, 3);
    for (i = 0; i < 3; ++i) {
      closers[i].store = store;
      closers[i].start = &start;
      pthread_create(&threads[i], NULL, close_it, &closers[i]);
    }
    for (i = 0; i < 3; ++i) {
      pthread_join(threads[i], NULL);
    }
    quipu_chronostore_free(store);
    pthread_barrier_destroy(&start);
  }
}

static void *fail_in_its_own_way(void *given) {
  hammer *self = given;
  int64_t i;
  pthread_barrier_wait(self->start);
  for (i = 0; i < 500; ++i) {
    quipu_error *error = NULL;
    quipu_chronorecord *record = NULL;
    quipu_chronoverification *found = NULL;
    quipu_status want = QUIPU_OK, got = QUIPU_OK;
    char id[32];
    snprintf(id, sizeof id, "missing-%d-%" PRId64, self->number, i);
    switch (self->number % 4) {
      case 0:
        want = QUIPU_E_NOT_FOUND;
        got = quipu_chronostore_get(self->store, TEXT_ARG(id), &record, &error);
        CHECK(strstr(quipu_error_message(error, NULL), id) != NULL);
        break;
      case 1:
        want = QUIPU_E_INVALID;
        got = quipu_chronostore_verify(self->store, 8, NULL, NULL, &found, &error);
        break;
      case 2:
        want = QUIPU_E_MISUSE;
        got = quipu_chronostore_get(self->store, NULL, 1, &record, &error);
        break;
      default:
        want = QUIPU_E_READ_ONLY;
        got = quipu_chronostore_delete(self->store, "x", 1, NULL, &error);
        break;
    }
    CHECK_INT(want, got);
    CHECK_INT(want, quipu_error_code(error));
    quipu_error_free(error);
  }
  return NULL;
}

static void errors_belong_to_their_caller(void) {
  const char *folder = new_folder();
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  quipu_chronostore *store = open_store(folder);
  pthread_t threads[8];
  hammer callers[8];
  pthread_barrier_t start;
  int i;
  close_and_free(store);
  options.flags = QUIPU_CHRONOSTORE_READ_ONLY;
  store = open_store_with(folder, &options);
  pthread_barrier_init(&start, NULL, 8);
  for (i = 0; i < 8; ++i) {
    callers[i].store = store;
    callers[i].start = &start;
    callers[i].number = i;
    pthread_create(&threads[i], NULL, fail_in_its_own_way, &callers[i]);
  }
  for (i = 0; i < 8; ++i) {
    pthread_join(threads[i], NULL);
  }
  pthread_barrier_destroy(&start);
  close_and_free(store);
}

static void *write_some(void *given) {
  hammer *self = given;
  int i;
  char id[32];
  pthread_barrier_wait(self->start);
  for (i = 0; i < 50; ++i) {
    snprintf(id, sizeof id, "%d-%d", self->number, i);
    put(self->store, id, "");
    CHECK(has_record(self->store, id));
  }
  return NULL;
}

static void threads_write_together(void) {
  const char *folder = new_folder();
  quipu_chronostore *store = open_store(folder);
  quipu_chronoverification *found = NULL;
  pthread_t threads[8];
  hammer writers[8];
  pthread_barrier_t start;
  int i;
  pthread_barrier_init(&start, NULL, 8);
  for (i = 0; i < 8; ++i) {
    writers[i].store = store;
    writers[i].start = &start;
    writers[i].number = i;
    pthread_create(&threads[i], NULL, write_some, &writers[i]);
  }
  for (i = 0; i < 8; ++i) {
    pthread_join(threads[i], NULL);
  }
  pthread_barrier_destroy(&start);
  CHECK_INT(400, count_of(store));
  CHECK_INT(400, seq_of(store));
  OK(quipu_chronostore_verify(store, QUIPU_CHRONOVERIFY_STRICT, NULL, NULL, &found, err));
  CHECK(quipu_chronoverification_valid(found));
  quipu_chronoverification_free(found);
  close_and_free(store);
}

/* ---- fork */

/* In the child; checks that fail there show in its exit code. */
static int failed_in_child;
static void expect_misuse(quipu_status status, quipu_error *error, int line) {
  if (status != QUIPU_E_MISUSE || quipu_error_code(error) != QUIPU_E_MISUSE) {
    fprintf(stderr, "%s:%d: %s in a forked child\n", __FILE__, line, quipu_status_name((int)status));
    failed_in_child = 1;
  }
  quipu_error_free(error);
}
#define MISUSE(call)                                       \
  do {                                                     \
    quipu_error *child_error = NULL, **err = &child_error; \
    const quipu_status child_status = (call);              \
    expect_misuse(child_status, child_error, __LINE__);    \
  } while (0)

static quipu_status commit_nothing(void *user, quipu_chronotransaction *tx, quipu_error **err) {
  (void)user;
  (void)tx;
  (void)err;
  return QUIPU_OK;
}

static void use_all_in_child(quipu_chronostore *store, quipu_chronocursor *cursor, quipu_walcursor *events,
                             quipu_chrononoticecursor *notices, const char *folder) {
  quipu_chronorecord *record = NULL;
  quipu_walevent *event = NULL;
  quipu_chrononotice *notice = NULL;
  quipu_chronocursor *made = NULL;
  quipu_walcursor *made_events = NULL;
  quipu_chrononoticecursor *made_notices = NULL;
  quipu_chronoverification *found = NULL;
  quipu_chronomigration *migration = NULL;
  quipu_chronostore *own = NULL;
  const quipu_chronorecord *records[1];
  char *text = NULL;
  uint8_t *data = NULL;
  size_t len = 0;
  int64_t number = 0;
  int valid = 0;
  if (quipu_chronorecord_create(&record, NULL) != QUIPU_OK ||
      quipu_chronorecord_set_id(record, "child", 5, NULL) != QUIPU_OK) { /* values are memory, and work */
    failed_in_child = 1;
  }
  records[0] = record;
  MISUSE(quipu_chronostore_path(store, &text, &len, err));
  MISUSE(quipu_chronostore_refresh(store, err));
  MISUSE(quipu_chronostore_sync(store, err));
  MISUSE(quipu_chronostore_upsert(store, record, &event, err));
  MISUSE(quipu_chronostore_upsert_packed(store, "", 0, &data, &len, err));
  MISUSE(quipu_chronostore_upsert_many(store, records, 1, &number, err));
  MISUSE(quipu_chronostore_upsert_many_packed(store, "", 0, &number, err));
  MISUSE(quipu_chronostore_delete(store, "a", 1, &event, err));
  MISUSE(quipu_chronostore_delete_packed(store, "a", 1, &data, &len, err));
  MISUSE(quipu_chronostore_get(store, "a", 1, &record, err));
  MISUSE(quipu_chronostore_find(store, "a", 1, &record, err));
  MISUSE(quipu_chronostore_find_packed(store, "a", 1, &data, &len, err));
  MISUSE(quipu_chronostore_query(store, NULL, &made, err));
  MISUSE(quipu_chronostore_export_records(store, &made, err));
  MISUSE(quipu_chronostore_record_count(store, &number, err));
  MISUSE(quipu_chronostore_wal_seq(store, &number, err));
  MISUSE(quipu_chronostore_last_hash(store, &text, &len, err));
  MISUSE(quipu_chronostore_replay(store, 0, &made_events, err));
  MISUSE(quipu_chronostore_notices(store, &made_notices, err));
  MISUSE(quipu_chronostore_commit(store, commit_nothing, NULL, NULL, err));
  MISUSE(quipu_chronostore_chain_valid(store, &valid, err));
  MISUSE(quipu_chronostore_verify(store, 0, NULL, NULL, &found, err));
  MISUSE(quipu_chronostore_compact(store, NULL, NULL, NULL, err));
  MISUSE(quipu_chronostore_backup(store, &text, &len, err));
  MISUSE(quipu_chronostore_migrate_from_json(store, "/", 1, NULL, NULL, &migration, err));
  MISUSE(quipu_chronocursor_next(cursor, &record, err));
  MISUSE(quipu_chronocursor_next_page(cursor, 0, &data, &len, err));
  MISUSE(quipu_chronocursor_close(cursor, err));
  MISUSE(quipu_walcursor_next(events, &event, err));
  MISUSE(quipu_chrononoticecursor_next(notices, &notice, err));
  MISUSE(quipu_chronostore_close(store, err));
  quipu_chronocursor_free(cursor);
  quipu_walcursor_free(events);
  quipu_chrononoticecursor_free(notices);
  quipu_chronostore_free(store);

  /* The store opened anew works. */
  if (quipu_chronostore_open(TEXT_ARG(folder), NULL, &own, NULL) != QUIPU_OK ||
      quipu_chronostore_delete(own, TEXT_ARG("by the child"), NULL, NULL) != QUIPU_OK ||
      quipu_chronostore_close(own, NULL) != QUIPU_OK) {
    fprintf(stderr, "the child cannot use the store of its own\n");
    failed_in_child = 1;
  }
  quipu_chronostore_free(own);
}

static void check_child(pid_t child) {
  int status = 0;
  CHECK(child > 0);
  CHECK_INT(child, waitpid(child, &status, 0));
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void forked_children(void) {
  const char *folder = new_folder();
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  quipu_chronostore *store;
  quipu_chronocursor *cursor = NULL;
  quipu_walcursor *events = NULL;
  quipu_chrononoticecursor *notices = NULL;
  quipu_chronorecord *record = NULL;
  pid_t child;
  options.durability = QUIPU_DURABILITY_BATCHED; /* with a thread of its own, which the child has not */
  store = open_store_with(folder, &options);
  put(store, "a", "");
  OK(quipu_chronostore_query(store, NULL, &cursor, err));
  OK(quipu_chronostore_replay(store, 0, &events, err));
  OK(quipu_chronostore_notices(store, &notices, err));
  child = fork();
  if (child == 0) {
    use_all_in_child(store, cursor, events, notices, folder);
    _exit(failed_in_child);
  }
  check_child(child);
  put(store, "b", "");
  CHECK_INT(3, seq_of(store));
  OK(quipu_chronocursor_next(cursor, &record, err));
  CHECK(record != NULL);
  quipu_chronorecord_free(record);
  quipu_chronocursor_free(cursor);
  quipu_walcursor_free(events);
  quipu_chrononoticecursor_free(notices);
  close_and_free(store);
}

typedef struct forking {
  const char *folder;
  pid_t child;
  quipu_status in_child;
} forking;

static quipu_status fork_and_return_from_both(void *user, quipu_chronotransaction *tx, quipu_error **err) {
  forking *self = user;
  quipu_chronorecord *record = NULL;
  quipu_status status;
  (void)err;
  status = quipu_chronorecord_create(&record, NULL);
  status = status != QUIPU_OK ? status : quipu_chronorecord_set_id(record, "tx", 2, NULL);
  status = status != QUIPU_OK ? status : quipu_chronotransaction_upsert(tx, record, NULL);
  self->child = fork();
  if (self->child == 0) {
    int64_t count = 0;
    self->in_child = quipu_chronotransaction_record_count(tx, &count, NULL);
  }
  quipu_chronorecord_free(record);
  return status;
}

/* A child that comes back from the transaction's function must neither write it nor let go of the parent's lock. */
static void forked_inside_a_transaction(void) {
  forking self = {new_folder(), -1, QUIPU_OK};
  quipu_chronostore *store = open_store(self.folder);
  quipu_error *error = NULL;
  int64_t seq = GARBAGE_NUMBER;
  const quipu_status status = quipu_chronostore_commit(store, fork_and_return_from_both, &self, &seq, &error);
  if (self.child == 0) {
    _exit(status == QUIPU_E_MISUSE && self.in_child == QUIPU_E_MISUSE && seq == 0 ? 0 : 1);
  }
  check_outcome(QUIPU_OK, status, error, "commit in the parent", __FILE__, __LINE__);
  CHECK_INT(1, seq);
  check_child(self.child);
  CHECK_INT(1, seq_of(store));
  put(store, "after", "");
  CHECK_INT(2, count_of(store));
  close_and_free(store);
}

static void *open_and_close_cursors(void *given) {
  hammer *self = given;
  int64_t seq = 0;
  while (seq < 1000000) {
    quipu_chronocursor *cursor = NULL;
    if (quipu_chronostore_query(self->store, NULL, &cursor, NULL) != QUIPU_OK) {
      break;
    }
    quipu_chronocursor_free(cursor);
    ++seq;
  }
  return NULL;
}

/* free in a child must not wait for a mutex that some other thread held at the moment of the fork. */
static void free_in_children_of_a_busy_process(void) {
  quipu_chronostore *store = open_store(new_folder());
  hammer self;
  pthread_t threads[2];
  int i;
  if (RUNS_TSAN) {
    close_and_free(store);
    SKIP("the thread sanitizer does not follow a fork of several threads");
  }
  self.store = store;
  for (i = 0; i < 2; ++i) {
    pthread_create(&threads[i], NULL, open_and_close_cursors, &self);
  }
  for (i = 0; i < 50; ++i) {
    quipu_chronocursor *cursor = NULL;
    pid_t child;
    OK(quipu_chronostore_query(store, NULL, &cursor, err));
    child = fork();
    if (child == 0) {
      alarm(20);
      quipu_chronocursor_free(cursor);
      quipu_chronostore_free(store);
      _exit(0);
    }
    check_child(child);
    quipu_chronocursor_free(cursor);
  }
  OK(quipu_chronostore_close(store, err));
  for (i = 0; i < 2; ++i) {
    pthread_join(threads[i], NULL);
  }
  quipu_chronostore_free(store);
}

int main(void) {
  static const test_case cases[] = {
      {"free_without_close", free_without_close},
      {"cursors_outlive_their_store", cursors_outlive_their_store},
      {"freed_handles_are_recognised", freed_handles_are_recognised},
      {"many_handles_come_and_go", many_handles_come_and_go},
      {"threads_meet_a_close", threads_meet_a_close},
      {"closed_by_two_threads_at_once", closed_by_two_threads_at_once},
      {"errors_belong_to_their_caller", errors_belong_to_their_caller},
      {"threads_write_together", threads_write_together},
      {"forked_children", forked_children},
      {"forked_inside_a_transaction", forked_inside_a_transaction},
      {"free_in_children_of_a_busy_process", free_in_children_of_a_busy_process},
  };
  return RUN_CASES(cases);
}
