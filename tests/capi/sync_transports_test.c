/* Transports of quipu/sync.h written by the caller: what they fail with comes out, a repeat goes on, and what is called from inside
 * them is refused rather than waited for. Also the transports on a server, as far as no server is needed. */
#include "sync_support.h"

#include <pthread.h>
#include <unistd.h>

/* ---- making them */

static void tables_are_checked(void) {
  quipu_transport_vtbl functions;
  quipu_transport *transport = GARBAGE(quipu_transport);
  remote *self = new_remote();
  quipu_transport *good = transport_of(self, 1);
  memset(&functions, 0, sizeof functions);
  functions.struct_size = sizeof functions;
  FAILS(QUIPU_E_INVALID, quipu_transport_create(&functions, self, &transport, err));
  CHECK(transport == NULL);
  FAILS(QUIPU_E_MISUSE, quipu_transport_create(NULL, self, &transport, err));
  functions.struct_size = sizeof functions + 8;
  FAILS(QUIPU_E_INVALID, quipu_transport_create(&functions, self, &transport, err));
  functions.struct_size = 0;
  FAILS(QUIPU_E_INVALID, quipu_transport_create(&functions, self, &transport, err));
  FAILS(QUIPU_E_MISUSE, quipu_transport_close(NULL, err));
  quipu_transport_free(NULL);
  drop_transport(good);
  CHECK_INT(1, self->destroyed);
}

/* Without the functions that may be left out; and known to an older caller only as far as write_chunk. */
static quipu_status no_manifest(void *user, char **out, size_t *out_len, quipu_error **err) {
  (void)user, (void)out, (void)out_len, (void)err;
  return QUIPU_OK;
}
static quipu_status no_chunk(void *user, const char *id, size_t id_len, char **out, size_t *out_len,
                             quipu_error **err) {
  (void)user, (void)id, (void)id_len, (void)out, (void)out_len, (void)err;
  return QUIPU_OK;
}
static quipu_status drop_manifest(void *user, const char *text, size_t text_len, quipu_error **err) {
  (void)user, (void)text, (void)text_len, (void)err;
  return QUIPU_OK;
}
static quipu_status drop_chunk(void *user, const char *id, size_t id_len, const char *document, size_t document_len,
                               const char *entry, size_t entry_len, quipu_error **err) {
  (void)user, (void)id, (void)id_len, (void)document, (void)document_len, (void)entry, (void)entry_len, (void)err;
  return QUIPU_OK;
}
static quipu_status lock_nothing(void *user, quipu_error **err) {
  (void)user, (void)err;
  return QUIPU_OK;
}

static void functions_may_be_left_out(void) {
  quipu_transport_vtbl functions;
  quipu_transport *transport = NULL;
  quipu_memorystore *store = filled_store();
  quipu_syncer *syncer;
  memset(&functions, 0x5a, sizeof functions);
  functions.struct_size = offsetof(quipu_transport_vtbl, lock);
  functions.read_manifest = no_manifest;
  functions.write_manifest = drop_manifest;
  functions.read_chunk = no_chunk;
  functions.write_chunk = drop_chunk;
  OK(quipu_transport_create(&functions, NULL, &transport, err));
  syncer = open_syncer(store, transport);
  CHECK_LIST("0+0+0/0/0/0", imported(syncer));
  CHECK_LIST("1/1/2/1/0", exported(syncer));
  drop_syncer(syncer);
  drop_transport(transport);

  functions.struct_size = sizeof functions;
  functions.destroy = NULL;
#define WITHOUT(member)                                                           \
  do {                                                                            \
    quipu_transport_vtbl less = functions;                                        \
    less.lock = NULL;                                                             \
    less.unlock = NULL;                                                           \
    less.member = NULL;                                                           \
    FAILS(QUIPU_E_INVALID, quipu_transport_create(&less, NULL, &transport, err)); \
  } while (0)
  WITHOUT(read_manifest);
  WITHOUT(write_manifest);
  WITHOUT(read_chunk);
  WITHOUT(write_chunk);
  /* Of lock and unlock both or none. */
  functions.lock = lock_nothing;
  functions.unlock = NULL;
  FAILS(QUIPU_E_INVALID, quipu_transport_create(&functions, NULL, &transport, err));
  functions.lock = NULL;
  FAILS(QUIPU_E_MISUSE, quipu_transport_create(&functions, NULL, NULL, err));
  OK(quipu_transport_create(&functions, NULL, &transport, err));
  quipu_transport_free(transport);
  close_memory(store);
}

/* ---- a whole sync */

static void sync_through(int locks, int answers_null) {
  remote *self = new_remote();
  quipu_transport *transport = transport_of(self, locks);
  quipu_memorystore *ana = filled_store(), *bo = new_memory();
  quipu_syncer *of_ana = open_syncer(ana, transport), *of_bo = open_syncer(bo, transport);
  self->answers_null = answers_null;
  CHECK_LIST("0/0/0", status_of(of_bo));
  CHECK_LIST("0+0+0/0/0/0", imported(of_bo));
  CHECK_LIST("0/0/0/0/0", exported(of_bo));
  CHECK(self->manifest == NULL);

  CHECK_LIST("1/1/2/1/0", exported(of_ana));
  CHECK_LIST("1/1/0", status_of(of_ana));
  CHECK_LIST("0/1/1", status_of(of_bo));
  CHECK_LIST("1+0+0/1/2/1", imported(of_bo));
  CHECK_LIST("1/1/0", status_of(of_bo));
  CHECK_LIST("Second,First", list_observations(bo, NULL));
  CHECK_LIST("what now?", list_prompts(bo, NULL));

  /* Once more, everywhere: nothing moves. */
  {
    const int writes = self->calls[WRITE_MANIFEST] + self->calls[WRITE_CHUNK];
    CHECK_LIST("0/0/0/0/0", exported(of_ana));
    CHECK_LIST("0+1+0/0/0/0", imported(of_ana));
    CHECK_LIST("0/0/0/0/0", exported(of_bo));
    CHECK_LIST("0+1+0/0/0/0", imported(of_bo));
    CHECK_INT(writes, self->calls[WRITE_MANIFEST] + self->calls[WRITE_CHUNK]);
  }
  /* And back. */
  remember_that(bo, "Third", "three");
  CHECK_LIST("1/0/1/0/0", exported(of_bo));
  CHECK_LIST("1+1+0/0/1/0", imported(of_ana));
  CHECK_LIST("Third,Second,First", list_observations(ana, NULL));
  CHECK_INT(2, self->chunk_count);
  CHECK_INT(locks ? self->calls[LOCK] : 0, self->unlocks);
  CHECK(locks == (self->calls[LOCK] > 0));

  /* What is listed and not there. */
  self->chunk_count = 1;
  {
    quipu_memorystore *late = new_memory();
    quipu_syncer *of_late = open_syncer(late, transport);
    char want[128];
    snprintf(want, sizeof want, "%s:chunk_missing", self->chunks[1].id);
    CHECK_LIST(want, issues_of_import(of_late));
    CHECK_LIST("Second,First", list_observations(late, NULL));
    drop_syncer(of_late);
    close_memory(late);
  }
  drop_syncer(of_ana);
  drop_syncer(of_bo);
  CHECK_INT(0, self->destroyed);
  drop_transport(transport);
  CHECK_INT(1, self->destroyed);
  close_memory(ana);
  close_memory(bo);
}

static void a_whole_sync(void) {
  sync_through(1, 0);
  sync_through(0, 1);
}

/* ---- failures */

static void check_failure(quipu_status status, quipu_error *error, int code, int bare) {
  size_t len = 0;
  CHECK_INT(code, status);
  CHECK(error != NULL);
  CHECK_INT(code, quipu_error_code(error));
  if (!bare) {
    CHECK_TEXT("the remote is on strike", quipu_error_message(error, &len), len);
  }
  quipu_error_free(error);
}

/* Every function fails, in an export and in an import; then a repeat goes on, and all is there once. */
static void every_function_may_fail(void) {
  static const int codes[] = {QUIPU_E_IO,      QUIPU_E_FORBIDDEN, QUIPU_E_EXISTS,    QUIPU_E_CLOSED,
                              QUIPU_E_CORRUPT, QUIPU_E_INTERNAL,  QUIPU_E_NO_MEMORY, QUIPU_E_CANCELLED};
  size_t i;
  for (i = 0; i < sizeof codes / sizeof codes[0] * SLOT_COUNT; ++i) {
    const int code = codes[i / SLOT_COUNT], bare = (int)(i % 2);
    const slot at = (slot)(i % SLOT_COUNT);
    remote *self = new_remote();
    quipu_transport *transport = transport_of(self, 1);
    quipu_memorystore *ana = filled_store(), *bo = new_memory();
    quipu_syncer *of_ana = open_syncer(ana, transport), *of_bo = open_syncer(bo, transport);
    quipu_syncexport *sent = GARBAGE(quipu_syncexport);
    quipu_syncimport *taken = GARBAGE(quipu_syncimport);
    quipu_syncissuecursor *issues = GARBAGE(quipu_syncissuecursor);
    quipu_error *error = NULL;
    quipu_status status;
    self->fail_slot = at;
    self->fail_code = code;
    self->fail_bare = bare;
    if (at != READ_CHUNK) {
      self->fails = 1;
      status = quipu_syncer_export(of_ana, TEXT_ARG("ana"), NULL, 0, NULL, NULL, &sent, &issues, &error);
      check_failure(status, error, code, bare);
      CHECK(sent == NULL && issues == NULL);
      CHECK_INT(code, quipu_syncer_export(of_ana, TEXT_ARG("ana"), NULL, 0, NULL, NULL, NULL, NULL, NULL));
      self->fails = 0;
      CHECK_INT(self->calls[LOCK], self->unlocks);
      CHECK(self->manifest == NULL);
    }
    CHECK_LIST("1/1/2/1/0", exported(of_ana));
    CHECK_INT(1, self->chunk_count);
    if (at == READ_CHUNK || at == READ_MANIFEST) {
      quipu_syncstatus *found = GARBAGE(quipu_syncstatus);
      self->fails = 1;
      error = NULL;
      issues = GARBAGE(quipu_syncissuecursor);
      status = quipu_syncer_import(of_bo, NULL, NULL, &taken, &issues, &error);
      check_failure(status, error, code, bare);
      CHECK(taken == NULL && issues == NULL);
      error = NULL;
      status = quipu_syncer_status(of_bo, &found, NULL, &error);
      check_failure(status, error, code, bare);
      CHECK(found == NULL);
      self->fails = 0;
    }
    CHECK_LIST("1+0+0/1/2/1", imported(of_bo));
    CHECK_LIST("Second,First", list_observations(bo, NULL));
    CHECK_LIST("0/0/0/0/0", exported(of_ana));
    CHECK_LIST("0/0/0/0/0", exported(of_bo));
    drop_syncer(of_ana);
    drop_syncer(of_bo);
    drop_transport(transport);
    CHECK_INT(1, self->destroyed);
    close_memory(ana);
    close_memory(bo);
  }
}

/* The id belongs to another document: longer ones are tried. */
static void ids_that_are_taken(void) {
  static const size_t digits[] = {8, 16, 64};
  int taken;
  for (taken = 0; taken <= 3; ++taken) {
    remote *self = new_remote();
    quipu_transport *transport = transport_of(self, 1);
    quipu_memorystore *ana = filled_store(), *bo = new_memory();
    quipu_syncer *of_ana = open_syncer(ana, transport), *of_bo = open_syncer(bo, transport);
    self->taken = taken;
    if (taken == 3) {
      FAILS_ONCE(QUIPU_E_EXISTS, quipu_syncer_export(of_ana, TEXT_ARG("a"), NULL, 0, NULL, NULL, NULL, NULL, err));
    }
    CHECK_LIST("1/1/2/1/0", exported(of_ana));
    CHECK_INT(digits[taken % 3], strlen(self->chunks[0].id));
    CHECK_INT(taken + 1, self->calls[WRITE_CHUNK]);
    CHECK_LIST("1+0+0/1/2/1", imported(of_bo));
    CHECK_LIST("0/0/0/0/0", exported(of_ana));
    drop_syncer(of_ana);
    drop_syncer(of_bo);
    drop_transport(transport);
    close_memory(ana);
    close_memory(bo);
  }
}

/* What functions that fail are to the cloud mode: put on record, and taken up again. */
static void functions_fail_in_cloud_mode(void) {
  slot at;
  for (at = READ_MANIFEST; at <= WRITE_CHUNK; ++at) {
    remote *self = new_remote();
    quipu_transport *transport = transport_of(self, 1);
    quipu_memorystore *ana = filled_store();
    quipu_syncer *of_ana = open_cloud(ana, transport, "quipu");
    quipu_error *error = NULL;
    quipu_status status;
    FAILS(QUIPU_E_CONSTRAINT, quipu_syncer_export(of_ana, TEXT_ARG("ana"), NULL, 0, NULL, NULL, NULL, NULL, err));
    FAILS(QUIPU_E_CONSTRAINT, quipu_syncer_import(of_ana, NULL, NULL, NULL, NULL, err));
    OK(quipu_memorystore_project_enroll(ana, TEXT_ARG("quipu"), NULL, err));
    self->fails = 1;
    self->fail_slot = at;
    self->fail_code = QUIPU_E_UNAUTHENTICATED;
    if (at != READ_CHUNK) {
      status = quipu_syncer_export(of_ana, TEXT_ARG("ana"), NULL, 0, NULL, NULL, NULL, NULL, &error);
      check_failure(status, error, QUIPU_E_UNAUTHENTICATED, 0);
    }
    self->fails = 0;
    CHECK_LIST("1/1/2/1/4", exported(of_ana));
    CHECK_LIST("0/0/0/0/0", exported(of_ana));
    CHECK_INT(1, self->chunk_count);
    CHECK_INT(8, strlen(self->chunks[0].id));
    drop_syncer(of_ana);
    drop_transport(transport);
    close_memory(ana);
  }
}

/* ---- from inside */

typedef struct inner {
  quipu_memorystore *store;
  quipu_transport *transport;
  quipu_syncer *syncer;
  quipu_syncer *other; /* of the same transport */
  int looked;
} inner;

static void misuse_all(remote *self) {
  inner *user = self->inside_user;
  quipu_syncexport *sent = GARBAGE(quipu_syncexport);
  quipu_syncimport *taken = GARBAGE(quipu_syncimport);
  quipu_syncstatus *found = GARBAGE(quipu_syncstatus);
  quipu_manifestmerge *merge = GARBAGE(quipu_manifestmerge);
  quipu_memorystats *stats = NULL;
  quipu_syncer *both[2];
  int i;
  both[0] = user->syncer;
  both[1] = user->other;
  ++user->looked;
  for (i = 0; i < 2; ++i) {
    FAILS(QUIPU_E_MISUSE, quipu_syncer_export(both[i], TEXT_ARG("x"), NULL, 0, NULL, NULL, &sent, NULL, err));
    FAILS(QUIPU_E_MISUSE, quipu_syncer_import(both[i], NULL, NULL, &taken, NULL, err));
    FAILS(QUIPU_E_MISUSE, quipu_syncer_status(both[i], &found, NULL, err));
  }
  CHECK(sent == NULL && taken == NULL && found == NULL);
  FAILS(QUIPU_E_MISUSE, quipu_syncer_close(user->syncer, err));
  FAILS(QUIPU_E_MISUSE, quipu_transport_close(user->transport, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_close(user->store, err));
  FAILS(QUIPU_E_MISUSE, quipu_manifest_repair(user->transport, 0, &merge, err));
  FAILS(QUIPU_E_MISUSE, quipu_sync_bootstrap(user->store, user->transport, TEXT_ARG("quipu"), NULL, 0, NULL, err));
  CHECK(merge == NULL);
  /* Nothing happens. */
  quipu_syncer_free(user->syncer);
  quipu_transport_free(user->transport);
  quipu_memorystore_free(user->store);
  /* The store itself may be used. */
  OK(quipu_memorystore_stats(user->store, &stats, err));
  quipu_memorystats_free(stats);
}

static int misuse_in_progress(void *user, int64_t done, int64_t total) {
  (void)done;
  (void)total;
  misuse_all(user);
  return 0;
}

static void calls_from_inside_are_refused(void) {
  remote *self = new_remote();
  inner user;
  quipu_memorystore *bo = new_memory();
  quipu_syncer *of_bo;
  memset(&user, 0, sizeof user);
  user.store = filled_store();
  user.transport = transport_of(self, 1);
  user.syncer = open_syncer(user.store, user.transport);
  of_bo = user.other = open_syncer(bo, user.transport);
  alarm(100); /* what waits for itself waits for ever */
  self->inside_user = &user;
  self->inside = misuse_all;
  CHECK_LIST("1/1/2/1/0", exported(user.syncer));
  CHECK_LIST("0+1+0/0/0/0", imported(user.syncer));
  CHECK_LIST("1/1/0", status_of(user.syncer));
  CHECK(user.looked > 5);
  self->inside = NULL;
  user.looked = 0;
  remember_that(user.store, "Third", "three");
  OK(quipu_syncer_export(user.syncer, TEXT_ARG("ana"), NULL, 0, misuse_in_progress, self, NULL, NULL, err));
  OK(quipu_syncer_import(user.syncer, misuse_in_progress, self, NULL, NULL, err));
  CHECK(user.looked > 1);
  alarm(0);
  CHECK_LIST("2+0+0/1/3/1", imported(of_bo));
  drop_syncer(of_bo);
  drop_syncer(user.syncer);
  drop_transport(user.transport);
  CHECK_INT(1, self->destroyed);
  close_memory(bo);
  close_memory(user.store);
}

/* Another thread waits for the transport in a call of the other syncer while this one, inside it, uses that syncer. */
static void *import_other(void *given) {
  inner *user = given;
  OK(quipu_syncer_import(user->other, NULL, NULL, NULL, NULL, err));
  return NULL;
}

static pthread_t other_thread;

static void misuse_while_other_waits(remote *self) {
  inner *user = self->inside_user;
  if (user->looked++ > 0) {
    return;
  }
  pthread_create(&other_thread, NULL, import_other, user);
  sleep_ms(200);
  FAILS(QUIPU_E_MISUSE, quipu_syncer_import(user->other, NULL, NULL, NULL, NULL, err));
}

static void who_waits_for_the_transport_is_not_waited_for(void) {
  remote *self = new_remote();
  inner user;
  quipu_memorystore *bo = new_memory();
  memset(&user, 0, sizeof user);
  user.store = filled_store();
  user.transport = transport_of(self, 1);
  user.syncer = open_syncer(user.store, user.transport);
  user.other = open_syncer(bo, user.transport);
  alarm(100);
  self->inside_user = &user;
  self->inside = misuse_while_other_waits;
  CHECK_LIST("1/1/2/1/0", exported(user.syncer));
  pthread_join(other_thread, NULL);
  alarm(0);
  drop_syncer(user.other);
  drop_syncer(user.syncer);
  drop_transport(user.transport);
  close_memory(bo);
  close_memory(user.store);
}

/* ---- ends */

static void close_and_free_in_any_order(void) {
  int order;
  for (order = 0; order < 6; ++order) {
    remote *self = new_remote();
    quipu_transport *transport = transport_of(self, 1);
    quipu_memorystore *store = filled_store();
    quipu_syncer *syncer = open_syncer(store, transport);
    quipu_syncexport *sent = GARBAGE(quipu_syncexport);
    quipu_syncissuecursor *issues = NULL;
    OK(quipu_syncer_import(syncer, NULL, NULL, NULL, &issues, err));
    switch (order) {
      case 0:
        OK(quipu_transport_close(transport, err));
        break;
      case 1:
        quipu_transport_free(transport);
        transport = NULL;
        break;
      case 2:
        OK(quipu_memorystore_close(store, err));
        break;
      case 3:
        quipu_memorystore_free(store);
        store = NULL;
        break;
      case 4:
        OK(quipu_syncer_close(syncer, err));
        OK(quipu_syncer_close(syncer, err));
        break;
      default:
        quipu_transport_free(transport);
        quipu_memorystore_free(store);
        transport = NULL;
        store = NULL;
        break;
    }
    CHECK_INT(order < 2 || order > 4, self->destroyed);
    {
      static const char *const says[6] = {"the transport was closed", "the transport was closed",
                                          "the store was closed",     "the store was closed",
                                          "the syncer was closed",    "the store was closed"};
      quipu_error *error = NULL;
      size_t len = 0;
      FAILS_WITH(QUIPU_E_CLOSED, quipu_syncer_import(syncer, NULL, NULL, NULL, NULL, err), error);
      CHECK_TEXT(says[order], quipu_error_message(error, &len), len);
      quipu_error_free(error);
    }
    FAILS(QUIPU_E_CLOSED, quipu_syncer_export(syncer, TEXT_ARG("a"), NULL, 0, NULL, NULL, &sent, NULL, err));
    FAILS(QUIPU_E_CLOSED, quipu_syncer_import(syncer, NULL, NULL, NULL, NULL, err));
    {
      quipu_syncstatus *found = GARBAGE(quipu_syncstatus);
      FAILS(QUIPU_E_CLOSED, quipu_syncer_status(syncer, &found, NULL, err));
      CHECK(sent == NULL && found == NULL);
    }
    if (order == 4) {
      quipu_syncissue *issue = GARBAGE(quipu_syncissue);
      FAILS(QUIPU_E_CLOSED, quipu_syncissuecursor_next(issues, &issue, err));
      CHECK(issue == NULL);
    }
    quipu_syncissuecursor_free(issues);
    if (transport != NULL && order == 0) {
      quipu_syncer *none = GARBAGE(quipu_syncer);
      FAILS(QUIPU_E_CLOSED, quipu_syncer_open(store, transport, NULL, &none, err));
      FAILS(QUIPU_E_CLOSED, quipu_manifest_repair(transport, 0, NULL, err));
      FAILS(QUIPU_E_CLOSED, quipu_sync_bootstrap(store, transport, TEXT_ARG("p"), NULL, 0, NULL, err));
      CHECK(none == NULL);
    }
    drop_syncer(syncer);
    quipu_transport_free(transport);
    quipu_memorystore_free(store);
    CHECK_INT(1, self->destroyed);
  }
}

static void freed_handles_are_recognised(void) {
  remote *self = new_remote();
  quipu_transport *transport = transport_of(self, 1);
  quipu_memorystore *store = new_memory();
  quipu_syncer *syncer = open_syncer(store, transport), *none = GARBAGE(quipu_syncer);
  quipu_syncissuecursor *issues = NULL;
  OK(quipu_syncer_import(syncer, NULL, NULL, NULL, &issues, err));
  quipu_syncissuecursor_free(issues);
  quipu_syncissuecursor_free(issues);
  quipu_syncer_free(syncer);
  quipu_transport_free(transport);
  FAILS(QUIPU_E_MISUSE, quipu_syncer_import(syncer, NULL, NULL, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_close(syncer, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_open(store, transport, NULL, &none, err));
  FAILS(QUIPU_E_MISUSE, quipu_transport_close(transport, err));
  FAILS(QUIPU_E_MISUSE, quipu_manifest_repair(transport, 0, NULL, err));
  CHECK(none == NULL);
  quipu_syncer_free(syncer);
  quipu_transport_free(transport);
  expect_stale_calls(1 + 5 * 2 + 2);
  CHECK_INT(1, self->destroyed);
  close_memory(store);
}

/* ---- threads */

typedef struct worker {
  quipu_syncer *syncer;
  quipu_memorystore *store;
  int number;
} worker;

static void *work(void *given) {
  worker *self = given;
  int i;
  for (i = 0; i < 8; ++i) {
    char title[32];
    snprintf(title, sizeof title, "%d.%d", self->number, i);
    remember_that(self->store, title, title);
    OK(quipu_syncer_export(self->syncer, TEXT_ARG("ana"), NULL, 0, NULL, NULL, NULL, NULL, err));
    OK(quipu_syncer_import(self->syncer, NULL, NULL, NULL, NULL, err));
    status_of(self->syncer);
  }
  return NULL;
}

static void two_threads_on_one_syncer(void) {
  remote *self = new_remote();
  quipu_transport *transport = transport_of(self, 1);
  quipu_memorystore *store = new_memory(), *bo = new_memory();
  quipu_syncer *syncer = open_syncer(store, transport), *of_bo = open_syncer(bo, transport);
  quipu_memorystats *stats = NULL;
  worker workers[2];
  pthread_t threads[2];
  int i;
  start_session(store, "s");
  for (i = 0; i < 2; ++i) {
    workers[i].syncer = syncer;
    workers[i].store = store;
    workers[i].number = i;
    pthread_create(&threads[i], NULL, work, &workers[i]);
  }
  for (i = 0; i < 2; ++i) {
    pthread_join(threads[i], NULL);
  }
  CHECK_LIST("0/0/0/0/0", exported(syncer));
  imported(of_bo);
  OK(quipu_memorystore_stats(bo, &stats, err));
  CHECK_INT(16, quipu_memorystats_observations(stats));
  quipu_memorystats_free(stats);
  CHECK_INT(self->calls[LOCK], self->unlocks);
  drop_syncer(of_bo);
  drop_syncer(syncer);
  drop_transport(transport);
  close_memory(bo);
  close_memory(store);
}

/* ---- servers */

#define BAD_SERVER(code, address)                                                         \
  do {                                                                                    \
    FAILS(code, quipu_transport_open_http(TEXT_ARG(address), &options, &transport, err)); \
    CHECK(transport == NULL);                                                             \
    transport = GARBAGE(quipu_transport);                                                 \
  } while (0)

static void options_of_servers_are_checked(void) {
  quipu_transport_http_options options = QUIPU_TRANSPORT_HTTP_OPTIONS_INIT;
  quipu_transport *transport = GARBAGE(quipu_transport);
  const char *url = "http://127.0.0.1:9";
  BAD_SERVER(QUIPU_E_INVALID, url); /* no project */
  SET_FIELD(options, project, "  ");
  BAD_SERVER(QUIPU_E_INVALID, url);
  SET_FIELD(options, project, "Quipu");
  options.timeout_ms = -1;
  BAD_SERVER(QUIPU_E_INVALID, url);
  options.timeout_ms = 0;
  options.push_timeout_ms = -1;
  BAD_SERVER(QUIPU_E_INVALID, url);
  options.push_timeout_ms = 0;
  SET_FIELD(options, headers, "no colon");
  BAD_SERVER(QUIPU_E_INVALID, url);
  SET_FIELD(options, headers, ": no name");
  BAD_SERVER(QUIPU_E_INVALID, url);
  options.headers = NULL;
  BAD_SERVER(QUIPU_E_MISUSE, url);
  options.headers_len = 0;
  SET_FIELD(options, token, "\xff");
  BAD_SERVER(QUIPU_E_INVALID, url);
  SET_FIELD(options, token, "");
  options.struct_size = sizeof options + 1;
  BAD_SERVER(QUIPU_E_INVALID, url);
  options.struct_size = sizeof options;
  FAILS(QUIPU_E_INVALID, quipu_transport_open_http("\xff", 1, &options, &transport, err));
  FAILS(QUIPU_E_MISUSE, quipu_transport_open_http(NULL, 3, &options, &transport, err));
  FAILS(QUIPU_E_MISUSE, quipu_transport_open_http(TEXT_ARG(url), &options, NULL, err));
  CHECK(transport == NULL);
}

/* The module is not what it should be; then it is, and nobody listens at the address. */
static void servers_need_a_module(void) {
  quipu_transport_http_options options = QUIPU_TRANSPORT_HTTP_OPTIONS_INIT;
  quipu_transport *transport = GARBAGE(quipu_transport);
  quipu_memorystore *store;
  quipu_syncer *syncer;
  quipu_error *error = NULL;
  const char *url = "http://127.0.0.1:9", *folder = new_folder();
  const char *given = getenv("QUIPU_MODULE_PATH");
  char *before = given == NULL ? NULL : strcpy(case_memory(strlen(given) + 1), given);
  SET_FIELD(options, project, "Quipu");
  options.timeout_ms = 2000;
  write_whole_file(path_in(folder, "quipu-http.so"), "no module", 9);
  setenv("QUIPU_MODULE_PATH", folder, 1);
  FAILS_WITH(QUIPU_E_UNSUPPORTED, quipu_transport_open_http(TEXT_ARG(url), &options, &transport, err), error);
  CHECK(transport == NULL);
  CHECK(strstr(quipu_error_message(error, NULL), "quipu-http.so") != NULL);
  quipu_error_free(error);
  unsetenv("QUIPU_MODULE_PATH");
  if (before != NULL) {
    setenv("QUIPU_MODULE_PATH", before, 1);
  }
  if (quipu_transport_open_http(TEXT_ARG(url), &options, &transport, NULL) == QUIPU_E_UNSUPPORTED) {
    SKIP("quipu-http.so was not built");
  }
  store = new_memory();
  syncer = open_cloud(store, transport, "quipu");
  OK(quipu_memorystore_project_enroll(store, TEXT_ARG("quipu"), NULL, err));
  FAILS(QUIPU_E_IO, quipu_syncer_import(syncer, NULL, NULL, NULL, NULL, err));
  drop_syncer(syncer);
  drop_transport(transport);
  close_memory(store);
  BAD_SERVER(QUIPU_E_INVALID, "");
  BAD_SERVER(QUIPU_E_INVALID, "ftp://127.0.0.1");
  BAD_SERVER(QUIPU_E_INVALID, "http://");
  SET_FIELD(options, token, "secret");
  BAD_SERVER(QUIPU_E_INVALID, "http://example.org");
  SET_FIELD(options, headers, "X-One: 1\n\nX-Two: 2\n");
  OK(quipu_transport_open_http(TEXT_ARG(url), &options, &transport, err));
  drop_transport(transport);
}

int main(void) {
  static const test_case cases[] = {
      {"tables_are_checked", tables_are_checked},
      {"functions_may_be_left_out", functions_may_be_left_out},
      {"a_whole_sync", a_whole_sync},
      {"every_function_may_fail", every_function_may_fail},
      {"ids_that_are_taken", ids_that_are_taken},
      {"functions_fail_in_cloud_mode", functions_fail_in_cloud_mode},
      {"calls_from_inside_are_refused", calls_from_inside_are_refused},
      {"who_waits_for_the_transport_is_not_waited_for", who_waits_for_the_transport_is_not_waited_for},
      {"close_and_free_in_any_order", close_and_free_in_any_order},
      {"freed_handles_are_recognised", freed_handles_are_recognised},
      {"two_threads_on_one_syncer", two_threads_on_one_syncer},
      {"servers_need_a_module", servers_need_a_module},
      {"options_of_servers_are_checked", options_of_servers_are_checked},
  };
  return RUN_CASES(cases);
}
