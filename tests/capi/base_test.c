/* Version, codes, memory, counters, and the error object. */
#include "support.h"

static void version_is_the_headers(void) {
  char text[32];
  snprintf(text, sizeof text, "%d.%d.%d", QUIPU_VERSION_MAJOR, QUIPU_VERSION_MINOR, QUIPU_VERSION_PATCH);
  CHECK_TEXT(text, QUIPU_VERSION, strlen(QUIPU_VERSION));
  CHECK_TEXT(QUIPU_VERSION, quipu_version(), strlen(quipu_version()));
  CHECK_INT(QUIPU_ABI_VERSION, quipu_abi_version());
}

static void every_code_has_a_name(void) {
  /* The numbers are frozen: this list only grows. */
  static const struct {
    int number;
    int code;
    const char *name;
  } codes[] = {
      {0, QUIPU_OK, "OK"},
      {1, QUIPU_E_INVALID, "INVALID"},
      {2, QUIPU_E_NOT_FOUND, "NOT_FOUND"},
      {3, QUIPU_E_EXISTS, "EXISTS"},
      {4, QUIPU_E_CONFLICT, "CONFLICT"},
      {5, QUIPU_E_BUSY, "BUSY"},
      {6, QUIPU_E_IO, "IO"},
      {7, QUIPU_E_FULL, "FULL"},
      {8, QUIPU_E_CORRUPT, "CORRUPT"},
      {9, QUIPU_E_BROKEN_CHAIN, "BROKEN_CHAIN"},
      {10, QUIPU_E_NOT_A_STORE, "NOT_A_STORE"},
      {11, QUIPU_E_TOO_NEW, "TOO_NEW"},
      {12, QUIPU_E_READ_ONLY, "READ_ONLY"},
      {13, QUIPU_E_CLOSED, "CLOSED"},
      {14, QUIPU_E_POISONED, "POISONED"},
      {15, QUIPU_E_MISUSE, "MISUSE"},
      {16, QUIPU_E_UNSUPPORTED, "UNSUPPORTED"},
      {17, QUIPU_E_CANCELLED, "CANCELLED"},
      {18, QUIPU_E_TIMEOUT, "TIMEOUT"},
      {19, QUIPU_E_NO_MEMORY, "NO_MEMORY"},
      {20, QUIPU_E_INTERNAL, "INTERNAL"},
      {21, QUIPU_E_QUOTA, "QUOTA"},
      {22, QUIPU_E_CONSTRAINT, "CONSTRAINT"},
      {23, QUIPU_E_UNAUTHENTICATED, "UNAUTHENTICATED"},
      {24, QUIPU_E_FORBIDDEN, "FORBIDDEN"},
  };
  size_t i;
  for (i = 0; i < sizeof codes / sizeof codes[0]; ++i) {
    CHECK_INT(codes[i].number, codes[i].code);
    CHECK_TEXT(codes[i].name, quipu_status_name(codes[i].code), strlen(quipu_status_name(codes[i].code)));
  }
  CHECK_TEXT("UNKNOWN", quipu_status_name(-1), strlen(quipu_status_name(-1)));
  CHECK_TEXT("UNKNOWN", quipu_status_name((int)i), strlen(quipu_status_name((int)i)));
  CHECK_TEXT("UNKNOWN", quipu_status_name(100000), strlen(quipu_status_name(100000)));
}

static void memory_is_counted(void) {
  const int64_t before = quipu_debug_count(QUIPU_DEBUG_LIVE_BLOCKS);
  void *empty = quipu_alloc(0);
  char *block = quipu_alloc(1000);
  CHECK(empty != NULL && block != NULL && empty != (void *)block);
  memset(block, 1, 1000);
  CHECK_INT(before + 2, quipu_debug_count(QUIPU_DEBUG_LIVE_BLOCKS));
  quipu_free(empty);
  quipu_free(block);
  quipu_free(NULL);
  CHECK_INT(before, quipu_debug_count(QUIPU_DEBUG_LIVE_BLOCKS));
}

static void more_memory_than_there_is(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  SKIP("a sanitizer ends the program instead of answering NULL");
#else
  const int64_t before = quipu_debug_count(QUIPU_DEBUG_LIVE_BLOCKS);
  volatile size_t everything = PTRDIFF_MAX;
  CHECK(quipu_alloc(everything) == NULL);
  CHECK_INT(before, quipu_debug_count(QUIPU_DEBUG_LIVE_BLOCKS));
#endif
}

static void counters(void) {
  CHECK(quipu_debug_count(QUIPU_DEBUG_LIVE_HANDLES) >= 0);
  CHECK_INT(-1, quipu_debug_count(-1));
  CHECK_INT(-1, quipu_debug_count(3));
}

static void errors_of_null(void) {
  size_t len = GARBAGE_LEN;
  CHECK_INT(QUIPU_OK, quipu_error_code(NULL));
  CHECK_TEXT("", quipu_error_message(NULL, &len), len);
  CHECK_INT(0, quipu_error_retryable(NULL));
  len = GARBAGE_LEN;
  CHECK_TEXT("", quipu_error_path(NULL, &len), len);
  CHECK_INT(0, quipu_error_line(NULL));
  CHECK_INT(-1, quipu_error_offset(NULL));
  CHECK_INT(-1, quipu_error_seq(NULL));
  CHECK_INT(0, quipu_error_backend_code(NULL));
  len = GARBAGE_LEN;
  CHECK_TEXT("", quipu_error_backend_message(NULL, &len), len);
  CHECK(quipu_error_message(NULL, NULL) != NULL);
  quipu_error_free(NULL);
}

static void errors_of_the_caller(void) {
  size_t len = 0;
  quipu_error *error = quipu_error_new(QUIPU_E_CONSTRAINT, "a\0b", 3);
  CHECK_INT(QUIPU_E_CONSTRAINT, quipu_error_code(error));
  quipu_error_message(error, &len);
  CHECK_BYTES("a\0b", 3, quipu_error_message(error, NULL), len);
  CHECK_INT(0, quipu_error_retryable(error));
  CHECK_INT(0, quipu_error_line(error));
  CHECK_INT(-1, quipu_error_offset(error));
  CHECK_INT(-1, quipu_error_seq(error));
  CHECK_INT(0, quipu_error_backend_code(error));
  CHECK_TEXT("", quipu_error_path(error, NULL), 0);
  CHECK_TEXT("", quipu_error_backend_message(error, NULL), 0);
  quipu_error_free(error);

  error = quipu_error_new(QUIPU_E_BUSY, "x\xff\xfey\xc3", 5);
  CHECK_INT(1, quipu_error_retryable(error));
  quipu_error_message(error, &len);
  CHECK_TEXT("x\xef\xbf\xbd\xef\xbf\xbdy\xef\xbf\xbd", quipu_error_message(error, NULL), len);
  quipu_error_free(error);

  error = quipu_error_new(QUIPU_E_TIMEOUT, NULL, 0);
  CHECK_INT(1, quipu_error_retryable(error));
  CHECK_TEXT("", quipu_error_message(error, NULL), 0);
  quipu_error_free(error);

  error = quipu_error_new(QUIPU_OK, "no success can be an error", 26);
  CHECK(error != NULL && quipu_error_code(error) != QUIPU_OK);
  quipu_error_free(error);
}

static void err_is_left_alone_on_success(void) {
  quipu_error *error = GARBAGE(quipu_error);
  quipu_chronorecord *record = NULL;
  CHECK_INT(QUIPU_OK, quipu_chronorecord_create(&record, &error));
  CHECK(error == GARBAGE(quipu_error));
  quipu_chronorecord_free(record);
}

static void an_error_names_its_file(void) {
  const char *folder = new_folder();
  const char *file = path_in(folder, "file");
  quipu_chronostore *store = GARBAGE(quipu_chronostore);
  quipu_error *error = NULL;
  size_t len = 0;
  write_whole_file(file, "x", 1);
  FAILS_WITH(QUIPU_E_EXISTS, quipu_chronostore_open(TEXT_ARG(path_in(file, "below")), NULL, &store, err), error);
  CHECK(store == NULL);
  CHECK(strstr(quipu_error_message(error, NULL), file) != NULL);
  quipu_error_path(error, &len);
  CHECK(len > 0 && strncmp(quipu_error_path(error, NULL), file, strlen(file)) == 0);
  quipu_error_free(error);
}

int main(void) {
  static const test_case cases[] = {
      {"version_is_the_headers", version_is_the_headers},
      {"every_code_has_a_name", every_code_has_a_name},
      {"memory_is_counted", memory_is_counted},
      {"more_memory_than_there_is", more_memory_than_there_is},
      {"counters", counters},
      {"errors_of_null", errors_of_null},
      {"errors_of_the_caller", errors_of_the_caller},
      {"err_is_left_alone_on_success", err_is_left_alone_on_success},
      {"an_error_names_its_file", an_error_names_its_file},
  };
  return RUN_CASES(cases);
}
