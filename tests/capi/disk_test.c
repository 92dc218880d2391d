/* What the disk and other processes do to a store: no space, a lock that is held, durability, snapshots. */
#include "support.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "children.h"

/* ---- no space */

static quipu_chronorecord *large_record(const char *id, size_t size) {
  char *label = case_memory(size + 1);
  memset(label, 'x', size);
  return make_record(id, label);
}

/* Writes until there is no space; then a small one, after `make_space`, goes through again. */
static void fill_up(const char *folder, void (*make_space)(const char *folder)) {
  const char *log = path_in(folder, ".chronomemory/events.wal");
  quipu_chronostore *store = open_store(folder);
  quipu_chronorecord *record = large_record("large", 100000);
  quipu_error *error = NULL;
  quipu_chronoverification *found = NULL;
  quipu_status status = QUIPU_OK;
  int64_t size = 0, seq = 0;
  int i;
  for (i = 0; i < 100 && status == QUIPU_OK; ++i) {
    size = file_size(log);
    seq = seq_of(store);
    status = quipu_chronostore_upsert(store, record, NULL, &error);
  }
  CHECK_INT(QUIPU_E_FULL, status);
  CHECK_INT(QUIPU_E_FULL, quipu_error_code(error));
  CHECK_INT(0, quipu_error_retryable(error));
  CHECK(quipu_error_backend_code(error) != 0 && strlen(quipu_error_backend_message(error, NULL)) > 0);
  CHECK(strcmp(quipu_error_path(error, NULL), log) == 0);
  CHECK(strstr(quipu_error_message(error, NULL), "unknown") == NULL);
  quipu_error_free(error);
  CHECK(seq > 0);
  CHECK_INT(size, file_size(log)); /* cut back to where the write began */
  CHECK_INT(seq, seq_of(store));
  CHECK(has_record(store, "large"));
  FAILS(QUIPU_E_FULL, quipu_chronostore_upsert(store, record, NULL, err));
  CHECK_INT(size, file_size(log));
  make_space(folder);
  OK(quipu_chronostore_upsert(store, record, NULL, err));
  CHECK_INT(seq + 1, seq_of(store));
  OK(quipu_chronostore_verify(store, QUIPU_CHRONOVERIFY_STRICT, NULL, NULL, &found, err));
  CHECK(quipu_chronoverification_valid(found));
  quipu_chronoverification_free(found);
  quipu_chronorecord_free(record);
  close_and_free(store);
}

static void lift_limit(const char *folder) {
  struct rlimit limit;
  (void)folder;
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = limit.rlim_max;
  CHECK_INT(0, setrlimit(RLIMIT_FSIZE, &limit));
}

static int fill_up_to_limit(void *given) {
  struct rlimit limit;
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = 250000;
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
    return CHILD_CANNOT;
  }
  fill_up(given, lift_limit);
  return 0;
}

static void the_limit_of_file_sizes(void) {
  if (run_child(fill_up_to_limit, new_folder()) == CHILD_CANNOT) {
    SKIP("the limit cannot be set");
  }
}

static void remove_ballast(const char *folder) { CHECK_INT(0, unlink(path_in(folder, "ballast"))); }

static int fill_up_small_disk(void *given) {
  char *ballast = case_memory(600000);
  if (!mount_at(given, 1 << 20)) {
    return CHILD_CANNOT;
  }
  write_whole_file(path_in(given, "ballast"), ballast, 600000);
  fill_up(given, remove_ballast);
  return 0;
}

static void a_full_disk(void) {
  if (run_child(fill_up_small_disk, new_folder()) == CHILD_CANNOT) {
    SKIP("nothing can be mounted");
  }
}

/* ---- no memory */

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static int64_t pages_in_use(void) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL && fscanf(file, "%ld", &pages) == 1);
  fclose(file);
  return pages;
}

static int run_out_of_memory(void *given) {
  const char *folder = given;
  const size_t size = (size_t)48 << 20;
  quipu_chronostore *store = open_store(folder);
  const char *text = memset(case_memory(size + 1), 'y', size);
  quipu_chronorecord *large = large_record("large", size);
  quipu_chronorecord *small = make_record("small", "as it was");
  quipu_chronorecord *copy = NULL;
  char *json = GARBAGE(char);
  uint8_t *data = GARBAGE(uint8_t);
  quipu_error *first = NULL, *second = NULL;
  size_t len = GARBAGE_LEN;
  struct rlimit before, limit;
  put(store, "a", "");
  OK(quipu_chronorecord_to_json(large, &json, &len, err)); /* in one block from here on */
  quipu_free(json);
  json = GARBAGE(char);
  getrlimit(RLIMIT_AS, &before);
  limit = before;
  limit.rlim_cur = (rlim_t)(pages_in_use() * sysconf(_SC_PAGESIZE)) + ((rlim_t)16 << 20);
  CHECK_INT(0, setrlimit(RLIMIT_AS, &limit));

  FAILS(QUIPU_E_NO_MEMORY, quipu_chronorecord_to_json(large, &json, &len, err));
  CHECK(json == NULL && len == 0);
  FAILS(QUIPU_E_NO_MEMORY, quipu_chronorecord_pack(large, &data, &len, err));
  CHECK(data == NULL);
  FAILS(QUIPU_E_NO_MEMORY, quipu_chronorecord_set_label(small, text, size, err));
  FAILS(QUIPU_E_NO_MEMORY, quipu_chronostore_upsert(store, large, NULL, err));
  CHECK_INT(QUIPU_E_NO_MEMORY, quipu_chronostore_upsert(store, large, NULL, &first));
  CHECK_INT(QUIPU_E_NO_MEMORY, quipu_chronostore_upsert(store, large, NULL, &second));
  CHECK_INT(QUIPU_E_NO_MEMORY, quipu_error_code(first));
  quipu_error_free(first);
  CHECK_INT(QUIPU_E_NO_MEMORY, quipu_error_code(second)); /* each may be freed, whatever it is made of */
  quipu_error_free(second);
  OK(quipu_chronorecord_copy(large, &copy, err)); /* shares the text */
  quipu_chronorecord_free(copy);
  CHECK(quipu_alloc(size * 2) == NULL);

  CHECK_INT(0, setrlimit(RLIMIT_AS, &before));
  CHECK_INT(1, seq_of(store));
  CHECK_TEXT("as it was", quipu_chronorecord_label(small, &len), len);
  OK(quipu_chronostore_upsert(store, large, NULL, err));
  CHECK_INT(2, seq_of(store));
  quipu_chronorecord_free(large);
  quipu_chronorecord_free(small);
  close_and_free(store);
  return 0;
}
#endif

static void memory_is_out(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  SKIP("a sanitizer ends the program when memory is out");
#else
  run_child(run_out_of_memory, new_folder());
#endif
}

/* ---- a lock that is held */

static void check_busy(quipu_chronostore *store, int64_t least_ms, int64_t most_ms) {
  quipu_chronorecord *record = make_record("b", "");
  quipu_error *error = NULL;
  quipu_walevent *event = GARBAGE(quipu_walevent);
  const int64_t began = now_ms();
  quipu_status status = quipu_chronostore_upsert(store, record, &event, &error);
  const int64_t took = now_ms() - began;
  CHECK_INT(QUIPU_E_BUSY, status);
  CHECK(event == NULL);
  CHECK_INT(QUIPU_E_BUSY, quipu_error_code(error));
  CHECK_INT(1, quipu_error_retryable(error));
  CHECK(took >= least_ms && took <= most_ms);
  quipu_error_free(error);
  quipu_chronorecord_free(record);
}

static void a_held_lock(void) {
  static const struct {
    int64_t wait_ms;
    int64_t least_ms;
    int64_t most_ms;
  } waits[] = {{-1, 0, 2000}, {300, 290, 5000}};
  const char *folder = new_folder();
  size_t i;
  {
    quipu_chronostore *store = open_store(folder);
    put(store, "a", "");
    close_and_free(store);
  }
  for (i = 0; i < sizeof waits / sizeof waits[0]; ++i) {
    quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
    quipu_chronostore *store;
    int64_t began, seq = 0;
    const pid_t holder = start_lock_holder(folder);
    options.lock_wait_ms = waits[i].wait_ms;
    store = open_store_with(folder, &options);
    check_busy(store, waits[i].least_ms, waits[i].most_ms);
    CHECK_INT(0, kill(holder, SIGSTOP));
    check_busy(store, waits[i].least_ms, waits[i].most_ms);
    /* Readers take no lock. */
    began = now_ms();
    CHECK(has_record(store, "a") && !has_record(store, "b"));
    CHECK(now_ms() - began < 2000);
    FAILS(QUIPU_E_BUSY, quipu_chronostore_compact(store, NULL, NULL, &seq, err));
    FAILS(QUIPU_E_BUSY, quipu_chronostore_delete(store, "a", 1, NULL, err));
    end_lock_holder(holder);
    seq = seq_of(store);
    put(store, "after", "");
    CHECK_INT(seq + 1, seq_of(store));
    close_and_free(store);
  }
}

static void *end_holder_later(void *given) {
  sleep_ms(300);
  end_lock_holder(*(const pid_t *)given);
  return NULL;
}

static void a_wait_without_end(void) {
  const char *folder = new_folder();
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  quipu_chronostore *store;
  pthread_t thread;
  pid_t holder;
  const int64_t began = now_ms();
  options.lock_wait_ms = INT64_MAX;
  store = open_store_with(folder, &options);
  holder = start_lock_holder(folder);
  pthread_create(&thread, NULL, end_holder_later, &holder);
  put(store, "a", "");
  CHECK(now_ms() - began >= 290);
  pthread_join(thread, NULL);
  close_and_free(store);
}

/* ---- durability */

static void every_mode_writes_at_once(void) {
  static const int modes[] = {QUIPU_DURABILITY_FULL, QUIPU_DURABILITY_BATCHED, QUIPU_DURABILITY_NONE};
  size_t i;
  for (i = 0; i < sizeof modes / sizeof modes[0]; ++i) {
    const char *folder = new_folder();
    quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
    quipu_chronostore *store, *other;
    int k;
    options.durability = modes[i];
    options.batch_ms = 5;
    options.batch_bytes = 4000;
    store = open_store_with(folder, &options);
    other = open_store(folder);
    for (k = 0; k < 60; ++k) {
      char id[16];
      snprintf(id, sizeof id, "r%d", k);
      put(store, id, "some text, so that the limit of bytes is reached from time to time");
      CHECK(has_record(other, id)); /* another handle sees it when the call has returned */
      if (k % 20 == 10) {
        sleep_ms(10); /* the timer's turn */
        OK(quipu_chronostore_sync(store, err));
      }
    }
    put(other, "by the other", "");
    CHECK(has_record(store, "by the other"));
    CHECK_INT(61, seq_of(store));
    close_and_free(other);
    close_and_free(store);
    store = open_store(folder);
    CHECK_INT(61, count_of(store));
    close_and_free(store);
  }
}

static void a_batched_store_is_closed_before_its_time(void) {
  const char *folder = new_folder();
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  quipu_chronostore *store;
  int64_t began;
  options.durability = QUIPU_DURABILITY_BATCHED;
  options.batch_ms = 60000;
  store = open_store_with(folder, &options);
  put(store, "a", "");
  began = now_ms();
  close_and_free(store);
  CHECK(now_ms() - began < 20000); /* it does not wait for its timer */
  store = open_store_with(folder, &options);
  put(store, "b", "");
  quipu_chronostore_free(store); /* nor here */
  CHECK(now_ms() - began < 40000);
  store = open_store(folder);
  CHECK_INT(2, count_of(store));
  close_and_free(store);
}

/* ---- snapshots */

static void a_snapshot_at_fifty_events(void) {
  const char *folder = new_folder();
  const char *snapshot = path_in(folder, ".chronomemory/snapshot.json");
  quipu_chronostore *store = open_store(folder);
  int i;
  for (i = 1; i <= 50; ++i) {
    char id[16];
    CHECK(!path_exists(snapshot));
    snprintf(id, sizeof id, "r%d", i);
    put(store, id, "");
  }
  CHECK(path_exists(snapshot));
  CHECK(strstr(read_whole_file(snapshot, NULL), "\"seq\": 50") != NULL);
  close_and_free(store);
}

static void a_snapshot_at_close(void) {
  const char *folder = new_folder();
  const char *snapshot = path_in(folder, ".chronomemory/snapshot.json");
  quipu_chronostore *store = open_store(folder);
  int i;
  for (i = 0; i < 49; ++i) {
    OK(quipu_chronostore_delete(store, TEXT_ARG("gone"), NULL, err));
  }
  quipu_chronostore_free(store); /* without close: none */
  CHECK(!path_exists(snapshot));
  store = open_store(folder);
  for (i = 0; i < 49; ++i) {
    OK(quipu_chronostore_delete(store, TEXT_ARG("gone"), NULL, err));
  }
  close_and_free(store); /* too few */
  CHECK(!path_exists(snapshot));
  store = open_store(folder);
  for (i = 0; i < 50; ++i) {
    OK(quipu_chronostore_delete(store, TEXT_ARG("gone"), NULL, err));
  }
  CHECK(!path_exists(snapshot)); /* deletes do not write one */
  close_and_free(store);
  CHECK(path_exists(snapshot));
  store = open_store(folder);
  CHECK_INT(148, seq_of(store));
  close_and_free(store);
}

/* ---- a writer that takes no lock */

static void an_acknowledged_event_is_taken_away(void) {
  const char *folder = new_folder();
  const char *log = path_in(folder, ".chronomemory/events.wal");
  quipu_chronostore *store = open_store(folder);
  quipu_chronorecord *record = make_record("c", "");
  quipu_error *error = NULL;
  char *content;
  size_t len = 0;
  int64_t size;
  put(store, "a", "");
  content = read_whole_file(log, &len);
  put(store, "b", "");
  write_whole_file(log, content, len);
  size = file_size(log);
  FAILS_ONCE(QUIPU_E_CONFLICT, quipu_chronostore_upsert(store, record, NULL, err));
  CHECK_INT(size, file_size(log));
  CHECK(has_record(store, "a") && !has_record(store, "b"));
  OK(quipu_chronostore_upsert(store, record, NULL, err));
  CHECK_INT(2, seq_of(store));
  write_whole_file(log, content, len);
  CHECK_INT(QUIPU_E_CONFLICT, quipu_chronostore_delete(store, "a", 1, NULL, &error));
  CHECK_INT(2, quipu_error_seq(error));
  CHECK(strcmp(quipu_error_path(error, NULL), log) == 0);
  quipu_error_free(error);
  quipu_chronorecord_free(record);
  close_and_free(store);
}

int main(int argc, char **argv) {
  static const test_case cases[] = {
      {"the_limit_of_file_sizes", the_limit_of_file_sizes},
      {"a_full_disk", a_full_disk},
      {"memory_is_out", memory_is_out},
      {"a_held_lock", a_held_lock},
      {"a_wait_without_end", a_wait_without_end},
      {"every_mode_writes_at_once", every_mode_writes_at_once},
      {"a_batched_store_is_closed_before_its_time", a_batched_store_is_closed_before_its_time},
      {"a_snapshot_at_fifty_events", a_snapshot_at_fifty_events},
      {"a_snapshot_at_close", a_snapshot_at_close},
      {"an_acknowledged_event_is_taken_away", an_acknowledged_event_is_taken_away},
  };
  be_lock_holder_if_asked(argc, argv);
  return RUN_CASES(cases);
}
