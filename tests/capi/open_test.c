/* Opening: paths, options, files that are no store, folders that cannot be used. */
#include "support.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "children.h"

static void check_refused(const char *path, size_t len, const quipu_chronostore_options *options, quipu_status code) {
  quipu_chronostore *store = GARBAGE(quipu_chronostore);
  FAILS(code, quipu_chronostore_open(path, len, options, &store, err));
  CHECK(store == NULL);
}

static void paths_that_are_none(void) {
  const char *folder = new_folder();
  char with_nul[4096];
  char *long_name = case_memory(400);
  char *long_path = case_memory(20000);
  size_t i;
  check_refused("", 0, NULL, QUIPU_E_INVALID);
  check_refused(NULL, 0, NULL, QUIPU_E_INVALID);
  snprintf(with_nul, sizeof with_nul, "%s/a?b", folder);
  with_nul[strlen(folder) + 2] = '\0';
  check_refused(with_nul, strlen(folder) + 4, NULL, QUIPU_E_INVALID);
  CHECK(!path_exists(path_in(folder, "a")));
  memset(long_name, 'n', 300);
  check_refused(TEXT_ARG(path_in(folder, long_name)), NULL, QUIPU_E_INVALID);
  strcpy(long_path, folder);
  for (i = 0; i < 100; ++i) {
    strcat(strncat(strcat(long_path, "/"), long_name, 100), "x");
  }
  check_refused(TEXT_ARG(long_path), NULL, QUIPU_E_INVALID);
}

static void files_where_folders_must_be(void) {
  const char *folder = new_folder();
  const char *file = path_in(folder, "file");
  write_whole_file(file, "some text", 9);
  check_refused(TEXT_ARG(file), NULL, QUIPU_E_EXISTS);
  check_refused(TEXT_ARG(path_in(file, "below/it")), NULL, QUIPU_E_EXISTS);
  CHECK_INT(0, mkdir(path_in(folder, "project"), 0777));
  write_whole_file(path_in(folder, "project/.chronomemory"), "x", 1);
  check_refused(TEXT_ARG(path_in(folder, "project")), NULL, QUIPU_E_EXISTS);
  CHECK_INT(9, file_size(file));
}

static void relative_paths_and_links(void) {
  const char *folder = new_folder();
  char before[4096];
  char *path = NULL;
  size_t len = 0;
  quipu_chronostore *store = NULL;
  CHECK(getcwd(before, sizeof before) != NULL);
  CHECK_INT(0, mkdir(path_in(folder, "real"), 0777));
  CHECK_INT(0, symlink("real", path_in(folder, "link")));
  CHECK_INT(0, chdir(folder));
  OK(quipu_chronostore_open(TEXT_ARG("./link/../link/new"), NULL, &store, err));
  CHECK_INT(0, chdir(before));
  put(store, "a", ""); /* the folder is the one meant at the opening */
  OK(quipu_chronostore_path(store, &path, &len, err));
  CHECK_TEXT(path_in(folder, "real/new"), path, len);
  quipu_free(path);
  close_and_free(store);
  CHECK(path_exists(path_in(folder, "real/new/.chronomemory/events.wal")));
}

static void creating(void) {
  const char *folder = path_in(new_folder(), "a/b/c");
  quipu_chronostore *store = open_store(folder);
  CHECK(path_exists(path_in(folder, ".chronomemory")));
  CHECK(!path_exists(path_in(folder, ".chronomemory/events.wal"))); /* no file before the first write */
  CHECK(!path_exists(path_in(folder, ".chronomemory/lock")));
  CHECK_INT(0, seq_of(store));
  CHECK_INT(0, count_of(store));
  put(store, "a", "");
  CHECK(path_exists(path_in(folder, ".chronomemory/events.wal")));
  close_and_free(store);
}

static void flags(void) {
  const char *folder = new_folder();
  const char *missing = path_in(folder, "missing");
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  quipu_chronostore *store;
  quipu_chronorecord *record = make_record("x", "");
  quipu_error *error = NULL;
  quipu_walevent *event = NULL;
  options.flags = QUIPU_CHRONOSTORE_MUST_EXIST;
  check_refused(TEXT_ARG(missing), &options, QUIPU_E_NOT_FOUND);
  check_refused(TEXT_ARG(folder), &options, QUIPU_E_NOT_FOUND); /* a folder without a store */
  options.flags = QUIPU_CHRONOSTORE_READ_ONLY;
  check_refused(TEXT_ARG(missing), &options, QUIPU_E_NOT_FOUND);
  options.flags = QUIPU_CHRONOSTORE_READ_ONLY | QUIPU_CHRONOSTORE_MUST_EXIST;
  check_refused(TEXT_ARG(missing), &options, QUIPU_E_NOT_FOUND);
  CHECK(!path_exists(missing));

  store = open_store(folder);
  put(store, "a", "");
  close_and_free(store);
  CHECK_INT(0, unlink(path_in(folder, ".chronomemory/lock")));
  options.flags = QUIPU_CHRONOSTORE_MUST_EXIST;
  store = open_store_with(folder, &options);
  CHECK(has_record(store, "a"));
  close_and_free(store);
  options.flags = QUIPU_CHRONOSTORE_READ_ONLY;
  store = open_store_with(folder, &options);
  CHECK(has_record(store, "a"));
  FAILS_WITH(QUIPU_E_READ_ONLY, quipu_chronostore_upsert(store, record, &event, err), error);
  CHECK(event == NULL);
  quipu_error_free(error);
  FAILS(QUIPU_E_READ_ONLY, quipu_chronostore_delete(store, "a", 1, NULL, err));
  FAILS(QUIPU_E_READ_ONLY, quipu_chronostore_upsert_many(store, NULL, 0, NULL, err));
  FAILS(QUIPU_E_READ_ONLY, quipu_chronostore_compact(store, NULL, NULL, NULL, err));
  {
    char *path = GARBAGE(char);
    quipu_chronomigration *migration = NULL;
    FAILS(QUIPU_E_READ_ONLY, quipu_chronostore_backup(store, &path, NULL, err));
    CHECK(path == NULL);
    FAILS(QUIPU_E_READ_ONLY, quipu_chronostore_migrate_from_json(store, "/", 1, NULL, NULL, &migration, err));
  }
  {
    quipu_chronoverification *found = NULL;
    OK(quipu_chronostore_verify(store, QUIPU_CHRONOVERIFY_STRICT, NULL, NULL, &found, err));
    CHECK(quipu_chronoverification_valid(found));
    quipu_chronoverification_free(found);
  }
  OK(quipu_chronostore_sync(store, err));
  close_and_free(store);
  CHECK(!path_exists(path_in(folder, ".chronomemory/lock"))); /* nothing at all was written */
  quipu_chronorecord_free(record);
}

static void sizes_of_the_options(void) {
  const char *folder = new_folder();
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  struct {
    quipu_chronostore_options known;
    int64_t later;
  } newer;
  quipu_chronostore *store;
  CHECK_INT(sizeof options, options.struct_size);
  memset(&newer, 0, sizeof newer);
  newer.known.struct_size = sizeof newer;
  check_refused(TEXT_ARG(folder), &newer.known, QUIPU_E_INVALID);
  options.struct_size = 0;
  check_refused(TEXT_ARG(folder), &options, QUIPU_E_INVALID);
  options.struct_size = sizeof(size_t) - 1;
  check_refused(TEXT_ARG(folder), &options, QUIPU_E_INVALID);
  options.struct_size = SIZE_MAX;
  check_refused(TEXT_ARG(folder), &options, QUIPU_E_INVALID);
  CHECK(!path_exists(path_in(folder, ".chronomemory")));

  /* Older callers: what they do not know of is not read. */
  memset(&options, 0xff, sizeof options);
  options.struct_size = sizeof(size_t);
  store = open_store_with(folder, &options);
  put(store, "a", "");
  close_and_free(store);
  options.flags = 0;
  options.durability = QUIPU_DURABILITY_NONE;
  options.recursion_depth = 3;
  options.struct_size = offsetof(quipu_chronostore_options, lock_wait_ms);
  store = open_store_with(folder, &options);
  put(store, "b", "");
  {
    quipu_chronorecord *record = NULL;
    OK(quipu_chronostore_get(store, "b", 1, &record, err));
    CHECK_INT(3, quipu_chronorecord_recursion_depth(record));
    quipu_chronorecord_free(record);
  }
  close_and_free(store);
}

static void options_that_are_refused(void) {
  const char *folder = new_folder();
  static const quipu_chronostore_options bad[] = {
      {sizeof(quipu_chronostore_options), 4, 0, 0, 0, 0, 0},
      {sizeof(quipu_chronostore_options), 0x80000000u, 0, 0, 0, 0, 0},
      {sizeof(quipu_chronostore_options), 0, 3, 0, 0, 0, 0},
      {sizeof(quipu_chronostore_options), 0, -1, 0, 0, 0, 0},
      {sizeof(quipu_chronostore_options), 0, 0, 0, -2, 0, 0},
      {sizeof(quipu_chronostore_options), 0, 0, 0, 0, -1, 0},
      {sizeof(quipu_chronostore_options), 0, 0, 0, 0, 0, -1},
  };
  size_t i;
  for (i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    check_refused(TEXT_ARG(folder), &bad[i], QUIPU_E_INVALID);
  }
  CHECK(!path_exists(path_in(folder, ".chronomemory")));
}

static void extreme_waits_and_batches(void) {
  static const quipu_chronostore_options extremes[] = {
      {sizeof(quipu_chronostore_options), 0, QUIPU_DURABILITY_BATCHED, 0, INT64_MAX, INT64_MAX, INT64_MAX},
      {sizeof(quipu_chronostore_options), 0, QUIPU_DURABILITY_BATCHED, 0, -1, 1, 1},
  };
  size_t i;
  for (i = 0; i < sizeof extremes / sizeof extremes[0]; ++i) {
    const char *folder = new_folder();
    quipu_chronostore *store = open_store_with(folder, &extremes[i]);
    put(store, "a", "");
    put(store, "b", "");
    CHECK_INT(2, count_of(store));
    close_and_free(store);
  }
}

static void logs_that_are_none(void) {
  static const struct {
    const char *content;
    size_t len;
  } files[] = {{"SQLite format 3\0\20\0\1\1\0@  \0\0\0\1", 27},
               {"\x7f"
                "ELF\2\1\1\0\0\0\0\0\0\0\0\0",
                16},
               {"PK\3\4\n\0\0\0", 8},
               {"\x89PNG\r\n\32\n", 8}};
  size_t i;
  for (i = 0; i < sizeof files / sizeof files[0]; ++i) {
    const char *folder = new_folder();
    const char *log;
    char *after;
    size_t len = 0;
    CHECK_INT(0, mkdir(path_in(folder, ".chronomemory"), 0777));
    log = path_in(folder, ".chronomemory/events.wal");
    write_whole_file(log, files[i].content, files[i].len);
    check_refused(TEXT_ARG(folder), NULL, QUIPU_E_NOT_A_STORE);
    after = read_whole_file(log, &len);
    CHECK_BYTES(files[i].content, files[i].len, after, len);
    CHECK(!path_exists(path_in(folder, ".chronomemory/lock")));
  }
}

static void the_log_is_a_folder(void) {
  const char *folder = new_folder();
  CHECK_INT(0, mkdir(path_in(folder, ".chronomemory"), 0777));
  CHECK_INT(0, mkdir(path_in(folder, ".chronomemory/events.wal"), 0777));
  {
    quipu_chronostore *store = GARBAGE(quipu_chronostore);
    quipu_error *error = NULL;
    const quipu_status status = quipu_chronostore_open(TEXT_ARG(folder), NULL, &store, &error);
    CHECK(status == QUIPU_E_NOT_A_STORE || status == QUIPU_E_EXISTS || status == QUIPU_E_IO);
    CHECK_INT(status, quipu_error_code(error));
    CHECK(store == NULL);
    quipu_error_free(error);
  }
}

/* ---- without the rights */

static int open_in_folder_of_another(void *given) {
  const char *folder = given;
  quipu_chronostore *store = NULL;
  quipu_chronorecord *record = make_record("b", "");
  quipu_error *error = NULL;
  check_refused(TEXT_ARG(path_in(folder, "new")), NULL, QUIPU_E_READ_ONLY);
  store = open_store(folder);
  CHECK(has_record(store, "a"));
  FAILS_WITH(QUIPU_E_READ_ONLY, quipu_chronostore_upsert(store, record, NULL, err), error);
  CHECK(quipu_error_backend_code(error) == EACCES || quipu_error_backend_code(error) == EROFS);
  CHECK(strlen(quipu_error_backend_message(error, NULL)) > 0);
  CHECK(strlen(quipu_error_path(error, NULL)) > 0);
  quipu_error_free(error);
  FAILS(QUIPU_E_READ_ONLY, quipu_chronostore_compact(store, NULL, NULL, NULL, err));
  CHECK_INT(1, seq_of(store));
  CHECK(has_record(store, "a"));
  close_and_free(store);
  quipu_chronorecord_free(record);
  return 0;
}

static int as_nobody(void *given) {
  if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
    return CHILD_CANNOT;
  }
  return open_in_folder_of_another(given);
}

static int open_unreadable_log(void *given) {
  const char *folder = given;
  quipu_chronostore *store = GARBAGE(quipu_chronostore);
  quipu_error *error = NULL;
  quipu_status status;
  if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
    return CHILD_CANNOT;
  }
  status = quipu_chronostore_open(TEXT_ARG(folder), NULL, &store, &error);
  CHECK(store == NULL);
  CHECK(status == QUIPU_E_IO || status == QUIPU_E_READ_ONLY);
  CHECK_INT(EACCES, quipu_error_backend_code(error));
  CHECK_INT(status, quipu_error_code(error));
  quipu_error_free(error);
  return 0;
}

static int on_read_only_mount(void *given) {
  return mount_at(given, 0) ? open_in_folder_of_another(given) : CHILD_CANNOT;
}

static char *folder_with_store(void) {
  char *folder = new_folder();
  quipu_chronostore *store = open_store(folder);
  put(store, "a", "");
  close_and_free(store);
  return folder;
}

static void a_folder_without_write_permission(void) {
  static const char *const names[] = {".chronomemory/events.wal", ".chronomemory/lock", ".chronomemory", "."};
  char *folder = folder_with_store();
  int answer;
  size_t i;
  for (i = 0; i < sizeof names / sizeof names[0]; ++i) {
    CHECK_INT(0, chmod(path_in(folder, names[i]), i < 2 ? 0444 : 0555));
  }
  answer = run_child(as_nobody, folder);
  CHECK_INT(0, chmod(path_in(folder, ".chronomemory"), 0777));
  CHECK_INT(0, chmod(folder, 0777));
  if (answer == CHILD_CANNOT) {
    SKIP("the user cannot be changed");
  }
}

static void a_log_that_cannot_be_read(void) {
  char *folder = folder_with_store();
  CHECK_INT(0, chmod(folder, 0755));
  CHECK_INT(0, chmod(path_in(folder, ".chronomemory/events.wal"), 0));
  if (run_child(open_unreadable_log, folder) == CHILD_CANNOT) {
    SKIP("the user cannot be changed");
  }
}

static void a_read_only_file_system(void) {
  if (run_child(on_read_only_mount, folder_with_store()) == CHILD_CANNOT) {
    SKIP("nothing can be mounted");
  }
}

int main(void) {
  static const test_case cases[] = {
      {"paths_that_are_none", paths_that_are_none},
      {"files_where_folders_must_be", files_where_folders_must_be},
      {"relative_paths_and_links", relative_paths_and_links},
      {"creating", creating},
      {"flags", flags},
      {"sizes_of_the_options", sizes_of_the_options},
      {"options_that_are_refused", options_that_are_refused},
      {"extreme_waits_and_batches", extreme_waits_and_batches},
      {"logs_that_are_none", logs_that_are_none},
      {"the_log_is_a_folder", the_log_is_a_folder},
      {"a_folder_without_write_permission", a_folder_without_write_permission},
      {"a_log_that_cannot_be_read", a_log_that_cannot_be_read},
      {"a_read_only_file_system", a_read_only_file_system},
  };
  return RUN_CASES(cases);
}
