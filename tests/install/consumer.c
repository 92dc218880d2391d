/* A program in C that finds the installed library through pkg-config: writes a record and reads it back.
 * Usage: consumer FOLDER VERSION */
#include <inttypes.h>
#include <quipu/quipu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(quipu_status status, quipu_error *error, const char *what) {
  if (status != QUIPU_OK) {
    fprintf(stderr, "%s: %s: %s\n", what, quipu_status_name((int)status), quipu_error_message(error, NULL));
    exit(1);
  }
}

int main(int argc, char **argv) {
  static const char id[] = "consumer-c";
  static const char label[] = "written by a program in C";
  quipu_chronostore *store = NULL;
  quipu_chronorecord *record = NULL;
  quipu_error *error = NULL;
  const char *text;
  size_t len = 0;
  int64_t count = 0;

  if (argc != 3 || strcmp(quipu_version(), argv[2]) != 0 || strcmp(QUIPU_VERSION, argv[2]) != 0) {
    fprintf(stderr, "library %s, header %s\n", quipu_version(), QUIPU_VERSION);
    return 1;
  }
  check(quipu_chronostore_open(argv[1], strlen(argv[1]), NULL, &store, &error), error, "open");
  check(quipu_chronorecord_create(&record, &error), error, "create");
  check(quipu_chronorecord_set_id(record, id, strlen(id), &error), error, "set_id");
  check(quipu_chronorecord_set_label(record, label, strlen(label), &error), error, "set_label");
  check(quipu_chronostore_upsert(store, record, NULL, &error), error, "upsert");
  quipu_chronorecord_free(record);

  check(quipu_chronostore_get(store, id, strlen(id), &record, &error), error, "get");
  text = quipu_chronorecord_label(record, &len);
  if (len != strlen(label) || memcmp(text, label, len) != 0) {
    fprintf(stderr, "the label came back as \"%.*s\"\n", (int)len, text);
    return 1;
  }
  quipu_chronorecord_free(record);
  check(quipu_chronostore_record_count(store, &count, &error), error, "record_count");
  check(quipu_chronostore_close(store, &error), error, "close");
  quipu_chronostore_free(store);
  printf("%" PRId64 " record\n", count);
  return count == 1 ? 0 : 1;
}
