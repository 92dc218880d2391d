/* support.h - checks, cases, counters and temporary folders for the tests of the C API.
 *
 * A program has a table of cases and calls run_cases(). Every case starts with the library's counters noted, and must leave
 * no handle and no block alive, and no stale call that it did not announce. */
#ifndef QUIPU_TESTS_CAPI_SUPPORT_H
#define QUIPU_TESTS_CAPI_SUPPORT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <inttypes.h>
#include <quipu/quipu.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct test_case {
  const char *name;
  void (*run)(void);
} test_case;

int run_cases(const test_case *cases, size_t count);
#define RUN_CASES(cases) run_cases(cases, sizeof(cases) / sizeof(cases)[0])

/* Ends the case as skipped; nothing of it may be open yet. */
#define SKIP(why)   \
  do {              \
    skip_case(why); \
    return;         \
  } while (0)
void skip_case(const char *why);

/* The case makes this many calls on freed handles. */
void expect_stale_calls(int64_t count);

/* ---- checks: all may be used from any thread, and go on after a failure */

void check_that(int holds, const char *what, const char *file, int line);
void check_int(int64_t want, int64_t got, const char *what, const char *file, int line);
void check_text(const char *want, size_t want_len, const char *got, size_t got_len, const char *what, const char *file,
                int line);
int64_t failed_checks(void);
/* Consumes the error; it must be there if want is not QUIPU_OK, fit the code, and have a one-line message. */
void check_outcome(quipu_status want, quipu_status got, quipu_error *error, const char *what, const char *file,
                   int line);

#define CHECK(condition) check_that((condition) != 0, #condition, __FILE__, __LINE__)
#define CHECK_INT(want, got) check_int((int64_t)(want), (int64_t)(got), #got, __FILE__, __LINE__)
/* got is evaluated before got_len, which it may set. */
#define CHECK_BYTES(want, want_len, got, got_len)                                                           \
  do {                                                                                                      \
    const void *got_first = (got);                                                                          \
    check_text((const char *)(want), want_len, (const char *)got_first, got_len, #got, __FILE__, __LINE__); \
  } while (0)
#define CHECK_TEXT(want, got, got_len) CHECK_BYTES(want, strlen(want), got, got_len)

/* call is an expression that uses &err. Checked once with the error wanted and, by FAILS, once with it not wanted. */
#define OK(call)                                                                 \
  do {                                                                           \
    quipu_error *error_made = NULL, **err = &error_made;                         \
    const quipu_status status_seen = (call);                                     \
    check_outcome(QUIPU_OK, status_seen, error_made, #call, __FILE__, __LINE__); \
  } while (0)
#define FAILS_ONCE(code, call)                                               \
  do {                                                                       \
    quipu_error *error_made = NULL, **err = &error_made;                     \
    const quipu_status status_seen = (call);                                 \
    check_outcome(code, status_seen, error_made, #call, __FILE__, __LINE__); \
  } while (0)
#define FAILS(code, call)                                          \
  do {                                                             \
    {                                                              \
      quipu_error **err = NULL;                                    \
      check_int(code, (int64_t)(call), #call, __FILE__, __LINE__); \
    }                                                              \
    FAILS_ONCE(code, call);                                        \
  } while (0)
/* The same, and hands the error to the caller. */
#define FAILS_WITH(code, call, error_out)                        \
  do {                                                           \
    quipu_error **err = &(error_out);                            \
    *err = NULL;                                                 \
    check_int(code, (int64_t)(call), #call, __FILE__, __LINE__); \
    CHECK(*err != NULL);                                         \
    CHECK_INT(code, quipu_error_code(*err));                     \
  } while (0)

/* Out parameters hold this before a call that fails; it must be gone afterwards. */
#define GARBAGE_LEN ((size_t)77)
#define GARBAGE_NUMBER INT64_C(77)
extern char garbage_target;
#define GARBAGE(type) ((type *)(void *)&garbage_target)

/* ---- files */

/* A new empty folder, removed after the case. Valid until then. */
char *new_folder(void);
/* "folder/name"; valid until the end of the case. */
const char *path_in(const char *folder, const char *name);
int path_exists(const char *path);
int64_t file_size(const char *path);
/* Memory of the case, with a NUL behind it. */
char *read_whole_file(const char *path, size_t *len);
void write_whole_file(const char *path, const void *data, size_t len);
void *case_memory(size_t size);

int64_t now_ms(void);
void sleep_ms(int64_t ms);

/* ---- stores */

quipu_chronostore *open_store(const char *folder);
quipu_chronostore *open_store_with(const char *folder, const quipu_chronostore_options *options);
void close_and_free(quipu_chronostore *store);
quipu_chronorecord *make_record(const char *id, const char *label);
void put(quipu_chronostore *store, const char *id, const char *label);
int has_record(quipu_chronostore *store, const char *id);
int64_t count_of(quipu_chronostore *store);
int64_t seq_of(quipu_chronostore *store);

#define TEXT_ARG(text) text, strlen(text)

#endif
