#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

char garbage_target;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int64_t checks;
static int64_t failures;
static const char *skipped_because;
static int64_t stale_expected;

typedef struct memory {
  struct memory *next;
  char *folder; /* removed with it, if not NULL */
} memory;
static memory *memories;

/* ---- checks */

static void count_check(int holds) {
  pthread_mutex_lock(&mutex);
  ++checks;
  failures += !holds;
  pthread_mutex_unlock(&mutex);
}

int64_t failed_checks(void) { return failures; }

void check_that(int holds, const char *what, const char *file, int line) {
  count_check(holds);
  if (!holds) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  }
}

void check_int(int64_t want, int64_t got, const char *what, const char *file, int line) {
  count_check(want == got);
  if (want != got) {
    fprintf(stderr, "%s:%d: %s: %" PRId64 ", expected %" PRId64 "\n", file, line, what, got, want);
  }
}

void check_text(const char *want, size_t want_len, const char *got, size_t got_len, const char *what, const char *file,
                int line) {
  const int same = got != NULL && want_len == got_len && memcmp(want, got, want_len) == 0;
  count_check(same);
  if (!same) {
    fprintf(stderr, "%s:%d: %s: \"%.*s\" (%zu bytes), expected \"%.*s\" (%zu bytes)\n", file, line, what,
            (int)(got_len > 200 ? 200 : got_len), got == NULL ? "" : got, got_len,
            (int)(want_len > 200 ? 200 : want_len), want, want_len);
  }
}

static int is_good_message(const quipu_error *error) {
  size_t len = 0;
  const char *message = quipu_error_message(error, &len);
  return len > 0 && message[len] == '\0' && memchr(message, '\n', len) == NULL && message[len - 1] != '.';
}

void check_outcome(quipu_status want, quipu_status got, quipu_error *error, const char *what, const char *file,
                   int line) {
  const int good = want == got && (error != NULL) == (want != QUIPU_OK) &&
                   (error == NULL || (quipu_error_code(error) == want && is_good_message(error)));
  count_check(good);
  if (!good) {
    fprintf(stderr, "%s:%d: %s: %s, expected %s; error: %s: \"%s\"\n", file, line, what, quipu_status_name((int)got),
            quipu_status_name((int)want), error == NULL ? "none" : quipu_status_name((int)quipu_error_code(error)),
            quipu_error_message(error, NULL));
  }
  quipu_error_free(error);
}

/* ---- cases */

void skip_case(const char *why) { skipped_because = why; }
void expect_stale_calls(int64_t count) { stale_expected += count; }

static int remove_entry(const char *path, const struct stat *about, int flag, struct FTW *where) {
  (void)about;
  (void)flag;
  (void)where;
  return remove(path);
}

static void release_memories(void) {
  while (memories != NULL) {
    memory *first = memories;
    memories = first->next;
    if (first->folder != NULL) {
      nftw(first->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    }
    free(first);
  }
}

static void note(FILE *notes, const char *kind, const char *name, const char *why) {
  if (notes != NULL) {
    fprintf(notes, why == NULL ? "%s: %s\n" : "%s: %s: %s\n", kind, name, why);
  }
}

int run_cases(const test_case *cases, size_t count) {
  const char *only = getenv("QUIPU_CASE");
  const char *counts_path = getenv("QUIPU_COUNTS_FILE");
  char notes_text[16384] = "";
  FILE *notes = fmemopen(notes_text, sizeof notes_text - 1, "w");
  int passed = 0, failed = 0, skipped = 0;
  size_t i;

  setvbuf(stdout, NULL, _IOLBF, 0);
  for (i = 0; i < count; ++i) {
    const int64_t handles = quipu_debug_count(QUIPU_DEBUG_LIVE_HANDLES);
    const int64_t blocks = quipu_debug_count(QUIPU_DEBUG_LIVE_BLOCKS);
    const int64_t stale = quipu_debug_count(QUIPU_DEBUG_STALE_CALLS);
    const int64_t failures_before = failures;
    const int64_t began = now_ms();
    if (only != NULL && strcmp(only, cases[i].name) != 0) {
      continue;
    }
    skipped_because = NULL;
    stale_expected = 0;
    cases[i].run();
    CHECK_INT(handles, quipu_debug_count(QUIPU_DEBUG_LIVE_HANDLES));
    CHECK_INT(blocks, quipu_debug_count(QUIPU_DEBUG_LIVE_BLOCKS));
    CHECK_INT(stale + stale_expected, quipu_debug_count(QUIPU_DEBUG_STALE_CALLS));
    release_memories();
    if (failures != failures_before) {
      ++failed;
      note(notes, "fail", cases[i].name, NULL);
      printf("FAILED  %s\n", cases[i].name);
    } else if (skipped_because != NULL) {
      ++skipped;
      note(notes, "skip", cases[i].name, skipped_because);
      printf("SKIP: %s: %s\n", cases[i].name, skipped_because);
    } else {
      ++passed;
      printf("ok      %s (%" PRId64 " ms)\n", cases[i].name, now_ms() - began);
    }
  }
  if (notes != NULL) {
    fclose(notes);
  }
  if (counts_path != NULL) {
    FILE *counts = fopen(counts_path, "w");
    if (counts == NULL || fprintf(counts, "%d %d %d\n%s", passed, failed, skipped, notes_text) < 0 ||
        fclose(counts) != 0) {
      fprintf(stderr, "cannot write %s\n", counts_path);
      return 1;
    }
  }
  printf("%" PRId64 " checks in %d cases\n", checks, passed + failed);
  if (failed > 0) {
    return 1;
  }
  return passed == 0 && skipped > 0 ? 77 : 0;
}

/* ---- files */

static void die(const char *what, const char *path) {
  fprintf(stderr, "%s \"%s\": %s\n", what, path, strerror(errno));
  exit(1);
}

static memory *remember(size_t size) {
  memory *made = calloc(1, sizeof *made + size);
  if (made == NULL) {
    die("no memory for", "a test");
  }
  pthread_mutex_lock(&mutex);
  made->next = memories;
  memories = made;
  pthread_mutex_unlock(&mutex);
  return made;
}

void *case_memory(size_t size) { return remember(size) + 1; }

char *new_folder(void) {
  const char *parent = getenv("TMPDIR");
  char *path = case_memory(4096);
  snprintf(path, 4096, "%s/quipu-capi-XXXXXX", parent == NULL ? "/tmp" : parent);
  if (mkdtemp(path) == NULL) {
    die("cannot make", path);
  }
  remember(0)->folder = path;
  return path;
}

const char *path_in(const char *folder, const char *name) {
  const size_t size = strlen(folder) + strlen(name) + 2;
  char *path = case_memory(size);
  snprintf(path, size, "%s/%s", folder, name);
  return path;
}

int path_exists(const char *path) {
  struct stat about;
  return lstat(path, &about) == 0;
}

int64_t file_size(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 ? (int64_t)about.st_size : -1;
}

char *read_whole_file(const char *path, size_t *len) {
  const int64_t size = file_size(path);
  FILE *file = fopen(path, "rb");
  char *data;
  if (size < 0 || file == NULL) {
    die("cannot read", path);
  }
  data = case_memory((size_t)size + 1);
  if (fread(data, 1, (size_t)size, file) != (size_t)size) {
    die("cannot read", path);
  }
  fclose(file);
  if (len != NULL) {
    *len = (size_t)size;
  }
  return data;
}

void write_whole_file(const char *path, const void *data, size_t len) {
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(data, 1, len, file) != len || fclose(file) != 0) {
    die("cannot write", path);
  }
}

int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int64_t ms) {
  struct timespec left;
  left.tv_sec = (time_t)(ms / 1000);
  left.tv_nsec = (long)(ms % 1000) * 1000000;
  while (nanosleep(&left, &left) != 0) {
  }
}

/* ---- stores */

quipu_chronostore *open_store_with(const char *folder, const quipu_chronostore_options *options) {
  quipu_chronostore *store = NULL;
  OK(quipu_chronostore_open(TEXT_ARG(folder), options, &store, err));
  if (store == NULL) {
    exit(1);
  }
  return store;
}

quipu_chronostore *open_store(const char *folder) { return open_store_with(folder, NULL); }

void close_and_free(quipu_chronostore *store) {
  OK(quipu_chronostore_close(store, err));
  quipu_chronostore_free(store);
}

quipu_chronorecord *make_record(const char *id, const char *label) {
  quipu_chronorecord *record = NULL;
  OK(quipu_chronorecord_create(&record, err));
  OK(quipu_chronorecord_set_id(record, TEXT_ARG(id), err));
  OK(quipu_chronorecord_set_label(record, TEXT_ARG(label), err));
  return record;
}

void put(quipu_chronostore *store, const char *id, const char *label) {
  quipu_chronorecord *record = make_record(id, label);
  OK(quipu_chronostore_upsert(store, record, NULL, err));
  quipu_chronorecord_free(record);
}

int has_record(quipu_chronostore *store, const char *id) {
  quipu_chronorecord *record = NULL;
  int found;
  OK(quipu_chronostore_find(store, TEXT_ARG(id), &record, err));
  found = record != NULL;
  quipu_chronorecord_free(record);
  return found;
}

int64_t count_of(quipu_chronostore *store) {
  int64_t count = -1;
  OK(quipu_chronostore_record_count(store, &count, err));
  return count;
}

int64_t seq_of(quipu_chronostore *store) {
  int64_t seq = -1;
  OK(quipu_chronostore_wal_seq(store, &seq, err));
  return seq;
}
