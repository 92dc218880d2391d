/* Functions of the caller that the library calls: transactions and progress. */
#include "support.h"

#include <pthread.h>

/* Inside a callback: the store's reads work, its writes and its close do not. */
static void use_store_inside(quipu_chronostore *store, int64_t seq_wanted) {
  quipu_chronorecord *record = make_record("inside", "");
  const quipu_chronorecord *records[1];
  quipu_chronocursor *cursor = NULL;
  quipu_walcursor *events = NULL;
  quipu_chronoverification *found = NULL;
  quipu_chronomigration *migration = NULL;
  quipu_chronorecord *got = NULL;
  char *text = NULL;
  uint8_t *data = NULL;
  size_t len = 0;
  int64_t number = 0;
  int valid = 0;
  records[0] = record;
  CHECK_INT(seq_wanted, seq_of(store));
  CHECK(has_record(store, "before"));
  OK(quipu_chronostore_get(store, TEXT_ARG("before"), &got, err));
  quipu_chronorecord_free(got);
  OK(quipu_chronostore_query(store, NULL, &cursor, err));
  OK(quipu_chronocursor_next(cursor, &got, err));
  CHECK(got != NULL);
  quipu_chronorecord_free(got);
  quipu_chronocursor_free(cursor);
  OK(quipu_chronostore_replay(store, 0, &events, err));
  quipu_walcursor_free(events);
  OK(quipu_chronostore_refresh(store, err));
  OK(quipu_chronostore_chain_valid(store, &valid, err));
  CHECK(valid);
  OK(quipu_chronostore_verify(store, 0, NULL, NULL, &found, err));
  quipu_chronoverification_free(found);
  OK(quipu_chronorecord_pack(record, &data, &len, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_upsert(store, record, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_upsert_packed(store, data, len, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_upsert_many(store, records, 1, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_upsert_many_packed(store, "\1\0\0\0\0", 5, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_delete(store, TEXT_ARG("before"), NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_delete_packed(store, TEXT_ARG("before"), NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_compact(store, NULL, NULL, &number, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_backup(store, &text, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_migrate_from_json(store, "/", 1, NULL, NULL, &migration, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_close(store, err));
  quipu_chronostore_free(store); /* does nothing here */
  CHECK_INT(seq_wanted, seq_of(store));
  quipu_free(data);
  quipu_chronorecord_free(record);
}

typedef struct transaction {
  quipu_chronostore *store;
  quipu_chronotransaction *tx;
  quipu_chronocursor *cursor; /* made inside, used later */
  quipu_status result;
  quipu_error *error; /* handed to commit */
  int calls;
} transaction;

static void tx_put(quipu_chronotransaction *tx, const char *id, const char *label) {
  quipu_chronorecord *record = make_record(id, label);
  OK(quipu_chronotransaction_upsert(tx, record, err));
  quipu_chronorecord_free(record);
}

static int64_t tx_count(quipu_chronotransaction *tx) {
  int64_t count = -1;
  OK(quipu_chronotransaction_record_count(tx, &count, err));
  return count;
}

static void check_labels(quipu_chronocursor *cursor, const char *wanted) {
  char labels[256] = "";
  quipu_chronorecord *record = NULL;
  for (;;) {
    OK(quipu_chronocursor_next(cursor, &record, err));
    if (record == NULL) {
      break;
    }
    strcat(strcat(labels, quipu_chronorecord_label(record, NULL)), " ");
    quipu_chronorecord_free(record);
  }
  CHECK_TEXT(wanted, labels, strlen(labels));
}

static quipu_status do_everything(void *user, quipu_chronotransaction *tx, quipu_error **commit_err) {
  transaction *self = user;
  quipu_chronorecord *record = NULL;
  quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
  uint8_t *data = NULL;
  size_t len = 0;
  int64_t seq = 0;
  ++self->calls;
  CHECK(*commit_err == NULL);
  CHECK_INT(2, tx_count(tx));
  tx_put(tx, "new", "n");
  tx_put(tx, "before", "changed");
  CHECK_INT(3, tx_count(tx));
  OK(quipu_chronotransaction_get(tx, TEXT_ARG("before"), &record, err));
  CHECK_TEXT("changed", quipu_chronorecord_label(record, &len), len);
  quipu_chronorecord_free(record);
  OK(quipu_chronotransaction_delete(tx, TEXT_ARG("other"), err));
  CHECK_INT(2, tx_count(tx));
  OK(quipu_chronotransaction_find(tx, TEXT_ARG("other"), &record, err));
  CHECK_TEXT("tombstone", quipu_chronorecord_status(record, &len), len);
  quipu_chronorecord_free(record);
  OK(quipu_chronotransaction_find(tx, TEXT_ARG("missing"), &record, err));
  CHECK(record == NULL);
  FAILS(QUIPU_E_NOT_FOUND, quipu_chronotransaction_get(tx, TEXT_ARG("missing"), &record, err));
  OK(quipu_chronotransaction_find_packed(tx, TEXT_ARG("missing"), &data, &len, err));
  CHECK(data == NULL && len == 0);
  OK(quipu_chronotransaction_find_packed(tx, TEXT_ARG("new"), &data, &len, err));
  OK(quipu_chronotransaction_upsert_packed(tx, data, len, err));
  quipu_free(data);

  /* A write that fails may be handled inside. */
  OK(quipu_chronorecord_create(&record, err));
  FAILS(QUIPU_E_INVALID, quipu_chronotransaction_upsert(tx, record, err));
  quipu_chronorecord_free(record);
  FAILS(QUIPU_E_INVALID, quipu_chronotransaction_delete(tx, "", 0, err));
  FAILS(QUIPU_E_INVALID, quipu_chronotransaction_upsert_packed(tx, "\2", 1, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronotransaction_upsert(tx, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronotransaction_get(tx, "x", 1, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronotransaction_find(tx, "x", 1, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronotransaction_find_packed(tx, "x", 1, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronotransaction_query(tx, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronotransaction_record_count(tx, NULL, err));
  options.flags = 8;
  FAILS(QUIPU_E_INVALID, quipu_chronotransaction_query(tx, &options, &self->cursor, err));

  OK(quipu_chronotransaction_query(tx, NULL, &self->cursor, err));
  tx_put(tx, "last", "l");
  {
    quipu_chronocursor *cursor = NULL;
    OK(quipu_chronotransaction_query(tx, NULL, &cursor, err));
    check_labels(cursor, "changed n l ");
    quipu_chronocursor_free(cursor);
  }

  /* The store does not see any of it. */
  CHECK(!has_record(self->store, "new"));
  CHECK_INT(2, count_of(self->store));
  use_store_inside(self->store, 2);
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_commit(self->store, do_everything, user, &seq, err));
  return QUIPU_OK;
}

static void a_transaction(void) {
  quipu_chronostore *store = open_store(new_folder());
  transaction self = {store, NULL, NULL, QUIPU_OK, NULL, 0};
  quipu_chronorecord *record = NULL;
  size_t len = 0;
  int64_t seq = GARBAGE_NUMBER;
  int valid = 0;
  put(store, "before", "b");
  put(store, "other", "o");
  OK(quipu_chronostore_commit(store, do_everything, &self, &seq, err));
  CHECK_INT(1, self.calls);
  CHECK_INT(7, seq); /* new, before, other, new again, last */
  CHECK_INT(7, seq_of(store));
  CHECK_INT(3, count_of(store));
  CHECK(has_record(store, "last"));
  OK(quipu_chronostore_get(store, TEXT_ARG("before"), &record, err));
  CHECK_TEXT("changed", quipu_chronorecord_label(record, &len), len);
  quipu_chronorecord_free(record);
  /* Made inside before "last" was written, used after the end. */
  check_labels(self.cursor, "changed n ");
  OK(quipu_chronostore_chain_valid(store, &valid, err));
  CHECK(valid);
  OK(quipu_chronostore_close(store, err));
  FAILS(QUIPU_E_CLOSED, quipu_chronocursor_next(self.cursor, &record, err));
  quipu_chronocursor_free(self.cursor);
  quipu_chronostore_free(store);
}

static quipu_status write_and_end(void *user, quipu_chronotransaction *tx, quipu_error **commit_err) {
  transaction *self = user;
  ++self->calls;
  self->tx = tx;
  tx_put(tx, "dropped", "");
  *commit_err = self->error;
  return self->result;
}

static void dropped_transactions(void) {
  static const int codes[] = {QUIPU_E_CONFLICT, QUIPU_E_NOT_FOUND, QUIPU_E_CONSTRAINT, QUIPU_E_NO_MEMORY, 1000};
  quipu_chronostore *store = open_store(new_folder());
  transaction self = {store, NULL, NULL, QUIPU_OK, NULL, 0};
  size_t i;
  put(store, "before", "");
  for (i = 0; i < sizeof codes / sizeof codes[0]; ++i) {
    static const char message[] = "an error of the caller's own \xc3\xa9";
    quipu_error *error = NULL;
    int64_t seq = GARBAGE_NUMBER;
    size_t len = 0;
    self.result = (quipu_status)codes[i];
    /* with an error of its own: handed on as it is */
    self.error = quipu_error_new(codes[i], TEXT_ARG(message));
    CHECK_INT(codes[i], quipu_chronostore_commit(store, write_and_end, &self, &seq, &error));
    CHECK(error == self.error);
    CHECK_INT(codes[i], quipu_error_code(error));
    CHECK_TEXT(message, quipu_error_message(error, &len), len);
    quipu_error_free(error);
    CHECK_INT(0, seq);
    /* which nobody wants: freed */
    self.error = quipu_error_new(codes[i], TEXT_ARG(message));
    CHECK_INT(codes[i], quipu_chronostore_commit(store, write_and_end, &self, NULL, NULL));
    /* without one: made */
    self.error = NULL;
    FAILS_WITH(codes[i], quipu_chronostore_commit(store, write_and_end, &self, NULL, err), error);
    quipu_error_free(error);
  }
  /* an error with QUIPU_OK is none */
  CHECK(!has_record(store, "dropped"));
  CHECK_INT(1, seq_of(store));
  self.result = QUIPU_OK;
  self.error = quipu_error_new(QUIPU_E_INTERNAL, "x", 1);
  OK(quipu_chronostore_commit(store, write_and_end, &self, NULL, err));
  CHECK(has_record(store, "dropped"));
  put(store, "after", "");
  close_and_free(store);
}

static quipu_status write_nothing(void *user, quipu_chronotransaction *tx, quipu_error **err) {
  (void)user;
  (void)tx;
  (void)err;
  return QUIPU_OK;
}

static void a_transaction_that_writes_nothing(void) {
  quipu_chronostore *store = open_store(new_folder());
  int64_t seq = GARBAGE_NUMBER;
  OK(quipu_chronostore_commit(store, write_nothing, NULL, &seq, err));
  CHECK_INT(0, seq);
  put(store, "a", "");
  put(store, "b", "");
  OK(quipu_chronostore_commit(store, write_nothing, NULL, &seq, err));
  CHECK_INT(2, seq);
  OK(quipu_chronostore_commit(store, write_nothing, NULL, NULL, err));
  CHECK_INT(2, seq_of(store));
  close_and_free(store);
}

static quipu_status use_outer_handle(void *user, quipu_chronotransaction *tx, quipu_error **err) {
  transaction *self = user;
  int64_t count = GARBAGE_NUMBER;
  quipu_chronocursor *cursor = GARBAGE(quipu_chronocursor);
  (void)err;
  self->tx = tx;
  CHECK_INT(QUIPU_OK, quipu_chronotransaction_record_count(tx, &count, NULL));
  CHECK_INT(QUIPU_OK, quipu_chronotransaction_query(tx, NULL, &cursor, NULL));
  self->cursor = cursor;
  return QUIPU_OK;
}

/* Another store may be written from inside; each transaction is its own. */
static quipu_status write_other_store(void *user, quipu_chronotransaction *tx, quipu_error **commit_err) {
  transaction *other = user;
  (void)commit_err;
  tx_put(tx, "here", "");
  put(other->store, "there", "");
  OK(quipu_chronostore_commit(other->store, use_outer_handle, other, NULL, err));
  OK(quipu_chronostore_close(other->store, err));
  return QUIPU_OK;
}

static void two_stores(void) {
  quipu_chronostore *store = open_store(new_folder());
  transaction other = {open_store(new_folder()), NULL, NULL, QUIPU_OK, NULL, 0};
  OK(quipu_chronostore_commit(store, write_other_store, &other, NULL, err));
  CHECK(has_record(store, "here"));
  quipu_chronocursor_free(other.cursor);
  quipu_chronostore_free(other.store);
  close_and_free(store);
}

/* ---- writers that wait */

static void *write_meanwhile(void *given) {
  quipu_chronostore *store = given;
  quipu_chronorecord *record = make_record("meanwhile", "");
  quipu_error *error = NULL;
  int64_t seq = GARBAGE_NUMBER;
  FAILS_WITH(QUIPU_E_BUSY, quipu_chronostore_upsert(store, record, NULL, err), error);
  CHECK_INT(1, quipu_error_retryable(error));
  quipu_error_free(error);
  FAILS(QUIPU_E_BUSY, quipu_chronostore_commit(store, write_nothing, NULL, &seq, err));
  CHECK_INT(0, seq);
  quipu_chronorecord_free(record);
  return NULL;
}

static quipu_status let_others_try(void *user, quipu_chronotransaction *tx, quipu_error **commit_err) {
  quipu_chronostore *const *stores = user;
  pthread_t threads[2];
  int i;
  (void)commit_err;
  tx_put(tx, "first", "");
  for (i = 0; i < 2; ++i) {
    pthread_create(&threads[i], NULL, write_meanwhile, stores[i]);
  }
  for (i = 0; i < 2; ++i) {
    pthread_join(threads[i], NULL);
  }
  return QUIPU_OK;
}

/* By the same handle and by another one of the same folder. */
static void others_wait_for_a_transaction(void) {
  const char *folder = new_folder();
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  quipu_chronostore *stores[2];
  int i;
  options.lock_wait_ms = 50;
  for (i = 0; i < 2; ++i) {
    stores[i] = open_store_with(folder, &options);
  }
  OK(quipu_chronostore_commit(stores[0], let_others_try, stores, NULL, err));
  for (i = 0; i < 2; ++i) {
    CHECK(has_record(stores[i], "first") && !has_record(stores[i], "meanwhile"));
    close_and_free(stores[i]);
  }
}

/* ---- a close of another thread while a callback runs */

typedef struct meeting {
  quipu_chronostore *store;
  pthread_t closer;
  quipu_status closed;
} meeting;

static void *close_from_outside(void *given) {
  meeting *self = given;
  self->closed = quipu_chronostore_close(self->store, NULL);
  return NULL;
}

static quipu_status close_from_inside(void *user, quipu_chronotransaction *tx, quipu_error **commit_err) {
  meeting *self = user;
  int64_t seq = 0;
  const int64_t began = now_ms();
  (void)tx;
  (void)commit_err;
  pthread_create(&self->closer, NULL, close_from_outside, self);
  while (quipu_chronostore_wal_seq(self->store, &seq, NULL) == QUIPU_OK && now_ms() - began < 20000) {
    sleep_ms(1);
  }
  /* The other one waits for this call: to wait for it here would be for ever. */
  FAILS(QUIPU_E_CLOSED, quipu_chronostore_wal_seq(self->store, &seq, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_close(self->store, err));
  tx_put(tx, "written while closing", "");
  return QUIPU_OK;
}

static void close_while_a_callback_runs(void) {
  const char *folder = new_folder();
  meeting self;
  self.store = open_store(folder);
  OK(quipu_chronostore_commit(self.store, close_from_inside, &self, NULL, err));
  pthread_join(self.closer, NULL);
  CHECK_INT(QUIPU_OK, self.closed);
  OK(quipu_chronostore_close(self.store, err));
  quipu_chronostore_free(self.store);
  self.store = open_store(folder);
  CHECK(has_record(self.store, "written while closing"));
  close_and_free(self.store);
}

/* ---- progress */

typedef struct watch {
  quipu_chronostore *store;
  int64_t seq;
  int cancel_at; /* the call that cancels, counted from 1; 0: none */
  int uses_store;
  int calls;
  int64_t done;
  int64_t total;
  pthread_t thread;
} watch;

static int see_progress(void *user, int64_t done, int64_t total) {
  watch *self = user;
  ++self->calls;
  CHECK(done >= self->done);
  CHECK(total == -1 || done <= total);
  CHECK(pthread_equal(self->thread, pthread_self()));
  self->done = done;
  self->total = total;
  if (self->uses_store && self->calls == 1) {
    use_store_inside(self->store, self->seq);
  }
  return self->calls == self->cancel_at ? -7 : 0;
}

static watch new_watch(quipu_chronostore *store, int cancel_at, int uses_store) {
  watch made;
  memset(&made, 0, sizeof made);
  made.store = store;
  made.seq = seq_of(store);
  made.cancel_at = cancel_at;
  made.uses_store = uses_store;
  made.thread = pthread_self();
  return made;
}

/* A store of some thousand records, and a folder to import from. */
static quipu_chronostore *large_store(const char *folder) {
  enum { kCount = 5000 };
  quipu_chronostore *store = open_store(folder);
  quipu_chronorecord **records = case_memory(kCount * sizeof *records);
  FILE *requirements = fopen(path_in(folder, "requirements.json"), "w");
  int i;
  for (i = 0; i < kCount; ++i) {
    char id[16];
    snprintf(id, sizeof id, "r%d", i);
    records[i] = make_record(i == 0 ? "before" : id, "some label");
    fprintf(requirements, "%s{\"id\": \"R%d\", \"title\": \"t\"}", i == 0 ? "[" : ", ", i);
  }
  fprintf(requirements, "]");
  fclose(requirements);
  OK(quipu_chronostore_upsert_many(store, (const quipu_chronorecord *const *)records, kCount, NULL, err));
  for (i = 0; i < kCount; ++i) {
    quipu_chronorecord_free(records[i]);
  }
  return store;
}

static void progress_of_verify(void) {
  quipu_chronostore *store = large_store(new_folder());
  quipu_chronoverification *found = NULL;
  watch seen = new_watch(store, 0, 1);
  OK(quipu_chronostore_verify(store, QUIPU_CHRONOVERIFY_STRICT, see_progress, &seen, &found, err));
  CHECK(quipu_chronoverification_valid(found));
  CHECK(seen.calls > 0 && seen.done == seen.total && seen.total > 0);
  quipu_chronoverification_free(found);
  seen = new_watch(store, 1, 0);
  found = GARBAGE(quipu_chronoverification);
  FAILS_ONCE(QUIPU_E_CANCELLED, quipu_chronostore_verify(store, 0, see_progress, &seen, &found, err));
  CHECK(found == NULL && seen.calls == 1);
  put(store, "after", "");
  close_and_free(store);
}

static void progress_of_compact(void) {
  const char *folder = new_folder();
  quipu_chronostore *store = large_store(folder);
  const char *log = path_in(folder, ".chronomemory/events.wal");
  const int64_t seq = seq_of(store), size = file_size(log);
  int64_t events = GARBAGE_NUMBER;
  int at;
  watch seen = new_watch(store, 0, 0);
  for (at = 1; at <= 2; ++at) {
    seen = new_watch(store, at, 0);
    FAILS_ONCE(QUIPU_E_CANCELLED, quipu_chronostore_compact(store, see_progress, &seen, &events, err));
    CHECK_INT(at, seen.calls);
    CHECK_INT(0, events);
    CHECK_INT(seq, seq_of(store));
    CHECK_INT(size, file_size(log));
    CHECK(!path_exists(path_in(folder, ".chronomemory/snapshot.json.tmp")));
  }
  seen = new_watch(store, 0, 1);
  OK(quipu_chronostore_compact(store, see_progress, &seen, &events, err));
  CHECK_INT(5000, events);
  CHECK(seen.done == seen.total && seen.total == 5000);
  CHECK_INT(seq + 1, seq_of(store));
  put(store, "after", "");
  CHECK_INT(5001, count_of(store));
  close_and_free(store);
}

static void progress_of_migrate(void) {
  const char *folder = new_folder();
  quipu_chronostore *store = large_store(folder);
  quipu_chronomigration *migration = GARBAGE(quipu_chronomigration);
  watch seen = new_watch(store, 3, 0);
  const int64_t seq = seq_of(store);
  FAILS_ONCE(QUIPU_E_CANCELLED,
             quipu_chronostore_migrate_from_json(store, TEXT_ARG(folder), see_progress, &seen, &migration, err));
  CHECK(migration == NULL);
  CHECK_INT(3, seen.calls);
  CHECK_INT(seq, seq_of(store));
  seen = new_watch(store, 0, 1);
  OK(quipu_chronostore_migrate_from_json(store, TEXT_ARG(folder), see_progress, &seen, &migration, err));
  CHECK_INT(5000, quipu_chronomigration_requirements(migration));
  CHECK(seen.done == 5000 && seen.total == 5000);
  quipu_chronomigration_free(migration);
  CHECK_INT(seq + 5000, seq_of(store));
  put(store, "after", "");
  close_and_free(store);
}

static void progress_over_nothing(void) {
  const char *folder = new_folder();
  quipu_chronostore *store = open_store(folder);
  quipu_chronoverification *found = NULL;
  quipu_chronomigration *migration = NULL;
  watch seen = new_watch(store, 0, 0);
  OK(quipu_chronostore_verify(store, 0, see_progress, &seen, &found, err));
  CHECK_INT(0, seen.calls);
  quipu_chronoverification_free(found);
  OK(quipu_chronostore_migrate_from_json(store, TEXT_ARG(folder), see_progress, &seen, &migration, err));
  CHECK_INT(0, seen.calls);
  quipu_chronomigration_free(migration);
  OK(quipu_chronostore_compact(store, see_progress, &seen, NULL, err));
  CHECK_INT(0, seen.calls);
  close_and_free(store);
}

int main(void) {
  static const test_case cases[] = {
      {"a_transaction", a_transaction},
      {"dropped_transactions", dropped_transactions},
      {"a_transaction_that_writes_nothing", a_transaction_that_writes_nothing},
      {"two_stores", two_stores},
      {"others_wait_for_a_transaction", others_wait_for_a_transaction},
      {"close_while_a_callback_runs", close_while_a_callback_runs},
      {"progress_of_verify", progress_of_verify},
      {"progress_of_compact", progress_of_compact},
      {"progress_of_migrate", progress_of_migrate},
      {"progress_over_nothing", progress_over_nothing},
  };
  return RUN_CASES(cases);
}
