/* Every function of the store: what it does, what it refuses, and that out parameters are cleared when it fails. */
#include <sys/stat.h>

#include "support.h"

static void writing(void) {
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronorecord *record = make_record("a", "first");
  quipu_chronorecord *other = make_record("b", "second");
  const quipu_chronorecord *records[3];
  quipu_walevent *event = NULL;
  char *hash = NULL;
  uint8_t *data = NULL, *packed_event = NULL;
  size_t len = 0, event_len = 0;
  int64_t seq = 0;

  OK(quipu_chronostore_last_hash(store, &hash, &len, err));
  CHECK_TEXT("", hash, len);
  quipu_free(hash);

  OK(quipu_chronostore_upsert(store, record, &event, err));
  CHECK_INT(1, quipu_walevent_seq(event));
  CHECK_TEXT("upsert", quipu_walevent_op(event, &len), len);
  CHECK_TEXT("a", quipu_walevent_record_id(event, &len), len);
  CHECK_TEXT("", quipu_walevent_prev_hash(event, &len), len);
  quipu_walevent_ts(event, &len);
  CHECK_INT(20, len);
  OK(quipu_chronostore_last_hash(store, &hash, &len, err));
  CHECK_INT(64, len);
  CHECK_TEXT(hash, quipu_walevent_hash(event, &len), len);
  quipu_free(hash);
  quipu_walevent_free(event);

  records[0] = other;
  records[1] = record;
  records[2] = other;
  OK(quipu_chronostore_upsert_many(store, records, 3, &seq, err));
  CHECK_INT(2, seq);
  CHECK_INT(4, seq_of(store));
  CHECK_INT(2, count_of(store));
  seq = GARBAGE_NUMBER;
  OK(quipu_chronostore_upsert_many(store, NULL, 0, &seq, err));
  CHECK_INT(0, seq);
  OK(quipu_chronostore_upsert_many(store, records, 1, NULL, err));

  OK(quipu_chronorecord_pack(record, &data, &len, err));
  OK(quipu_chronostore_upsert_packed(store, data, len, NULL, NULL, err));
  OK(quipu_chronostore_upsert_packed(store, data, len, &packed_event, NULL, err));
  quipu_free(packed_event);
  quipu_free(data);

  OK(quipu_chronostore_delete(store, "a", 1, &event, err));
  CHECK_INT(8, quipu_walevent_seq(event));
  CHECK_TEXT("delete", quipu_walevent_op(event, &len), len);
  quipu_walevent_free(event);
  CHECK_INT(1, count_of(store));
  OK(quipu_chronostore_delete_packed(store, "a", 1, &packed_event, &event_len, err)); /* a tombstone already */
  OK(quipu_walevent_unpack(packed_event, event_len, &event, err));
  CHECK_INT(9, quipu_walevent_seq(event));
  quipu_walevent_free(event);
  quipu_free(packed_event);
  OK(quipu_chronostore_delete_packed(store, TEXT_ARG("never there"), NULL, NULL, err));
  CHECK_INT(10, seq_of(store));
  CHECK_INT(1, count_of(store));
  CHECK(!has_record(store, "never there"));
  quipu_chronorecord_free(record);
  OK(quipu_chronostore_get(store, "a", 1, &record, err));
  CHECK_TEXT("tombstone", quipu_chronorecord_status(record, &len), len);
  CHECK_TEXT("first", quipu_chronorecord_label(record, &len), len);
  quipu_chronorecord_free(record);
  quipu_chronorecord_free(other);
  close_and_free(store);
}

static void reading(void) {
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronorecord *record = GARBAGE(quipu_chronorecord);
  quipu_error *error = NULL;
  uint8_t *data = GARBAGE(uint8_t);
  size_t len = GARBAGE_LEN;
  put(store, "a", "first");
  FAILS_WITH(QUIPU_E_NOT_FOUND, quipu_chronostore_get(store, "x", 1, &record, err), error);
  CHECK(record == NULL);
  CHECK(strstr(quipu_error_message(error, NULL), "\"x\"") != NULL);
  CHECK_INT(0, quipu_error_retryable(error));
  quipu_error_free(error);
  /* A message is one line, whatever it quotes. */
  FAILS_WITH(QUIPU_E_NOT_FOUND, quipu_chronostore_get(store, "x\n\ty\0z", 6, &record, err), error);
  CHECK(strstr(quipu_error_message(error, NULL), "\"x??y?z\"") != NULL);
  quipu_error_free(error);
  record = GARBAGE(quipu_chronorecord);
  OK(quipu_chronostore_find(store, "x", 1, &record, err));
  CHECK(record == NULL);
  OK(quipu_chronostore_find_packed(store, "x", 1, &data, &len, err));
  CHECK(data == NULL && len == 0);
  OK(quipu_chronostore_find(store, NULL, 0, &record, err));
  CHECK(record == NULL);
  OK(quipu_chronostore_find_packed(store, "a", 1, &data, NULL, err));
  CHECK(data != NULL);
  quipu_free(data);
  OK(quipu_chronostore_refresh(store, err));
  OK(quipu_chronostore_sync(store, err));

  /* Values are snapshots. */
  OK(quipu_chronostore_get(store, "a", 1, &record, err));
  put(store, "a", "changed");
  close_and_free(store);
  CHECK_TEXT("first", quipu_chronorecord_label(record, &len), len);
  quipu_chronorecord_free(record);
}

static int64_t count_hits(quipu_chronostore *store, const quipu_chronoquery_options *options) {
  quipu_chronocursor *cursor = NULL;
  quipu_chronorecord *record = NULL;
  int64_t count = -1;
  OK(quipu_chronostore_query(store, options, &cursor, err));
  do {
    quipu_chronorecord_free(record);
    OK(quipu_chronocursor_next(cursor, &record, err));
    ++count;
  } while (record != NULL);
  OK(quipu_chronocursor_next(cursor, &record, err));
  CHECK(record == NULL);
  OK(quipu_chronocursor_close(cursor, err));
  quipu_chronocursor_free(cursor);
  return count;
}

static void querying(void) {
  static const char *const jsons[] = {"{\"id\": \"a\", \"confidence\": 0.7}",
                                      "{\"id\": \"b\", \"confidence\": 0.6, \"kind\": \"decision\"}",
                                      "{\"id\": \"c\", \"confidence\": 0.5, \"kind\": \"decision\"}",
                                      "{\"id\": \"d\", \"confidence\": true}",
                                      "{\"id\": \"e\", \"confidence\": \"0.9\"}",
                                      "{\"id\": \"f\", \"confidence\": -1}",
                                      "{\"id\": \"g\", \"status\": \"deprecated\", \"kind\": \"decision\"}",
                                      "{\"id\": \"h\", \"confidence\": NaN}"};
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
  quipu_chronocursor *cursor = NULL;
  quipu_chronorecord *record = NULL;
  size_t i;
  for (i = 0; i < sizeof jsons / sizeof jsons[0]; ++i) {
    OK(quipu_chronorecord_from_json(TEXT_ARG(jsons[i]), &record, err));
    OK(quipu_chronostore_upsert(store, record, NULL, err));
    quipu_chronorecord_free(record);
  }
  CHECK_INT(7, count_of(store));
  {
    const int64_t all = count_hits(store, NULL);
    CHECK_INT(all, count_hits(store, &options));
    CHECK(all == 5 || all == 6); /* -1 is less than 0; NaN is decided by the comparison */
  }
  options.min_confidence = 0.0 / strtod("0", NULL);
  CHECK_INT(7, count_hits(store, &options));
  options.min_confidence = 0.55;
  options.kind = "decision";
  options.kind_len = 8;
  CHECK_INT(1, count_hits(store, &options));
  options.min_confidence = 0;
  CHECK_INT(2, count_hits(store, &options));
  options.flags = QUIPU_CHRONOQUERY_RAG_FILTER;
  CHECK_INT(1, count_hits(store, &options));
  options.min_confidence = 0.65;
  CHECK_INT(0, count_hits(store, &options));
  options.min_confidence = 0;
  options.flags = QUIPU_CHRONOQUERY_ANY_STATUS;
  CHECK_INT(3, count_hits(store, &options));
  options.status = "active";
  options.status_len = 6;
  FAILS(QUIPU_E_INVALID, quipu_chronostore_query(store, &options, &cursor, err));
  CHECK(cursor == NULL);
  options.flags = 0;
  options.status = "deprecated";
  options.status_len = 10;
  CHECK_INT(1, count_hits(store, &options));
  options.flags = 4;
  cursor = GARBAGE(quipu_chronocursor);
  FAILS(QUIPU_E_INVALID, quipu_chronostore_query(store, &options, &cursor, err));
  CHECK(cursor == NULL);
  options.flags = 0;
  options.status = NULL;
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_query(store, &options, &cursor, err));
  options.status_len = 0;
  options.struct_size = 0;
  FAILS(QUIPU_E_INVALID, quipu_chronostore_query(store, &options, &cursor, err));
  options.struct_size = sizeof options + 1;
  FAILS(QUIPU_E_INVALID, quipu_chronostore_query(store, &options, &cursor, err));
  options.struct_size = offsetof(quipu_chronoquery_options, kind); /* an older caller: without kind and status */
  options.kind = GARBAGE(char);
  options.kind_len = 1;
  CHECK_INT(count_hits(store, NULL), count_hits(store, &options));
  close_and_free(store);
}

static void cursors_show_the_time_of_their_making(void) {
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronocursor *records = NULL;
  quipu_walcursor *events = NULL;
  quipu_chronorecord *record = NULL;
  quipu_walevent *event = NULL;
  size_t len = 0;
  int64_t expected = 0;
  put(store, "a", "1");
  put(store, "b", "2");
  OK(quipu_chronostore_export_records(store, &records, err));
  OK(quipu_chronostore_replay(store, 0, &events, err));
  put(store, "a", "changed");
  put(store, "c", "3");
  OK(quipu_chronostore_compact(store, NULL, NULL, NULL, err));
  OK(quipu_chronocursor_next(records, &record, err));
  CHECK_TEXT("1", quipu_chronorecord_label(record, &len), len);
  quipu_chronorecord_free(record);
  OK(quipu_chronocursor_next(records, &record, err));
  CHECK_TEXT("b", quipu_chronorecord_id(record, &len), len);
  quipu_chronorecord_free(record);
  OK(quipu_chronocursor_next(records, &record, err));
  CHECK(record == NULL);
  for (expected = 1; expected <= 2; ++expected) {
    OK(quipu_walcursor_next(events, &event, err));
    CHECK_INT(expected, quipu_walevent_seq(event));
    quipu_walevent_free(event);
  }
  OK(quipu_walcursor_next(events, &event, err));
  CHECK(event == NULL);
  quipu_walcursor_free(events);
  quipu_chronocursor_free(records);

  OK(quipu_chronostore_replay(store, 0, &events, err));
  OK(quipu_walcursor_next(events, &event, err));
  CHECK_TEXT("compact", quipu_walevent_op(event, &len), len);
  CHECK_INT(5, quipu_walevent_seq(event));
  quipu_walevent_free(event);
  quipu_walcursor_free(events);
  OK(quipu_chronostore_replay(store, 6, &events, err));
  {
    uint8_t *data = GARBAGE(uint8_t);
    OK(quipu_walcursor_next_page(events, 0, &data, &len, err));
    CHECK(data == NULL && len == 0);
  }
  quipu_walcursor_free(events);
  close_and_free(store);
}

static void damage_is_told(void) {
  const char *folder = new_folder();
  quipu_chronostore *store = open_store(folder);
  const char *log = path_in(folder, ".chronomemory/events.wal");
  quipu_chrononoticecursor *notices = NULL;
  quipu_chrononotice *notice = NULL;
  quipu_chronoverification *found = NULL;
  uint8_t *data = NULL;
  size_t len = 0, size = 0;
  char *content;
  int valid = -1;
  put(store, "a", "1");
  put(store, "b", "2");
  OK(quipu_chronostore_chain_valid(store, &valid, err));
  CHECK_INT(1, valid);
  OK(quipu_chronostore_verify(store, QUIPU_CHRONOVERIFY_STRICT, NULL, NULL, &found, err));
  CHECK(quipu_chronoverification_valid(found));
  CHECK_INT(2, quipu_chronoverification_events(found));
  CHECK_INT(2, quipu_chronoverification_last_seq(found));
  quipu_chronoverification_last_hash(found, &len);
  CHECK_INT(64, len);
  quipu_chronoverification_free(found);
  OK(quipu_chronostore_notices(store, &notices, err));
  OK(quipu_chrononoticecursor_next(notices, &notice, err));
  CHECK(notice == NULL);
  quipu_chrononoticecursor_free(notices);
  close_and_free(store);

  content = read_whole_file(log, &size);
  content[0] = 'X'; /* the first line is no JSON now */
  write_whole_file(log, content, size);
  store = open_store(folder);
  CHECK(!has_record(store, "a") && has_record(store, "b"));
  OK(quipu_chronostore_chain_valid(store, &valid, err));
  CHECK_INT(0, valid);
  OK(quipu_chronostore_verify(store, 0, NULL, NULL, &found, err));
  CHECK(!quipu_chronoverification_valid(found));
  CHECK_TEXT("bad_json", quipu_chronoverification_problem(found, &len), len);
  CHECK_INT(1, quipu_chronoverification_line(found));
  CHECK_INT(0, quipu_chronoverification_offset(found));
  CHECK_INT(0, quipu_chronoverification_events(found));
  CHECK_INT(2, quipu_chronoverification_lines(found));
  quipu_chronoverification_message(found, &len);
  CHECK(len > 0);
  quipu_chronoverification_free(found);
  OK(quipu_chronostore_notices(store, &notices, err));
  OK(quipu_chrononoticecursor_next(notices, &notice, err));
  CHECK_TEXT("bad_json", quipu_chrononotice_code(notice, &len), len);
  CHECK_TEXT("events.wal", quipu_chrononotice_file(notice, &len), len);
  CHECK_INT(1, quipu_chrononotice_line(notice));
  CHECK_INT(0, quipu_chrononotice_offset(notice));
  quipu_chrononotice_free(notice);
  quipu_chrononoticecursor_free(notices);
  OK(quipu_chronostore_notices(store, &notices, err));
  OK(quipu_chrononoticecursor_next_page(notices, 0, &data, &len, err));
  CHECK(data != NULL && len > 5);
  quipu_free(data);
  OK(quipu_chrononoticecursor_close(notices, err));
  FAILS(QUIPU_E_CLOSED, quipu_chrononoticecursor_next(notices, &notice, err));
  quipu_chrononoticecursor_free(notices);
  close_and_free(store);
}

static void maintenance(void) {
  const char *folder = new_folder();
  const char *requirements =
      "[{\"id\": \"R1\", \"title\": \"one\"}, {\"id\": \"R2\", \"title\": \"two\", \"status\": \"deprecated\"}, 5]";
  quipu_chronostore *store = open_store(folder);
  quipu_chronomigration *migration = NULL;
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  char *path = NULL, *second = NULL;
  size_t len = 0;
  int64_t events = -1;
  write_whole_file(path_in(folder, "requirements.json"), requirements, strlen(requirements));
  OK(quipu_chronostore_migrate_from_json(store, TEXT_ARG(folder), NULL, NULL, &migration, err));
  CHECK_INT(2, quipu_chronomigration_requirements(migration));
  CHECK_INT(0, quipu_chronomigration_testcases(migration));
  CHECK_INT(0, quipu_chronomigration_skipped(migration));
  quipu_chronomigration_free(migration);
  OK(quipu_chronostore_migrate_from_json(store, TEXT_ARG(folder), NULL, NULL, &migration, err));
  CHECK_INT(2, quipu_chronomigration_skipped(migration));
  quipu_chronomigration_free(migration);
  CHECK_INT(2, seq_of(store));
  CHECK_INT(1, count_of(store));
  FAILS(QUIPU_E_INVALID, quipu_chronostore_migrate_from_json(store, NULL, 0, NULL, NULL, &migration, err));
  CHECK(migration == NULL);
  OK(quipu_chronostore_migrate_from_json(store, TEXT_ARG(path_in(folder, "missing")), NULL, NULL, &migration, err));
  CHECK_INT(0, quipu_chronomigration_requirements(migration));
  quipu_chronomigration_free(migration);

  OK(quipu_chronostore_backup(store, &path, &len, err));
  CHECK_INT(len, strlen(path));
  CHECK(path[0] == '/' && strstr(path, "/.chronomemory/backup/20") != NULL);
  CHECK(path_exists(path_in(path, "events.wal")) && !path_exists(path_in(path, "lock")));
  OK(quipu_chronostore_backup(store, &second, NULL, err));
  CHECK(strcmp(path, second) != 0);

  OK(quipu_chronostore_compact(store, NULL, NULL, &events, err));
  CHECK_INT(2, events);
  CHECK_INT(3, seq_of(store));
  CHECK_INT(1, count_of(store));
  OK(quipu_chronostore_compact(store, NULL, NULL, NULL, err));
  {
    /* A copy opens where it is put. */
    const char *place = path_in(folder, "copy");
    quipu_chronostore *copy;
    CHECK_INT(0, mkdir(place, 0777));
    CHECK_INT(0, rename(second, path_in(place, ".chronomemory")));
    options.flags = QUIPU_CHRONOSTORE_READ_ONLY;
    copy = open_store_with(place, &options);
    CHECK_INT(2, seq_of(copy));
    close_and_free(copy);
  }
  quipu_free(path);
  quipu_free(second);
  close_and_free(store);
}

static void unknown_verify_flags(void) {
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronoverification *found = GARBAGE(quipu_chronoverification);
  FAILS(QUIPU_E_INVALID, quipu_chronostore_verify(store, 2, NULL, NULL, &found, err));
  CHECK(found == NULL);
  OK(quipu_chronostore_verify(store, 0, NULL, NULL, &found, err));
  CHECK(quipu_chronoverification_valid(found)); /* of a log that is not there */
  CHECK_INT(0, quipu_chronoverification_lines(found));
  quipu_chronoverification_free(found);
  close_and_free(store);
}

static quipu_status commit_nothing(void *user, quipu_chronotransaction *tx, quipu_error **err) {
  (void)user;
  (void)tx;
  (void)err;
  return QUIPU_OK;
}

/* Each call with `store`, which must be refused with `code`, and every out parameter cleared. */
static void check_refused_by_all(quipu_chronostore *store, quipu_status code) {
  quipu_chronorecord *record = make_record("x", "");
  const quipu_chronorecord *records[1];
  uint8_t *packed = NULL;
  size_t packed_len = 0;
  records[0] = record;
  OK(quipu_chronorecord_pack(record, &packed, &packed_len, err));

#define CLEARS(pointer_type, call)             \
  do {                                         \
    pointer_type *out = GARBAGE(pointer_type); \
    FAILS(code, call);                         \
    CHECK(out == NULL);                        \
  } while (0)
#define CLEARS_BYTES(pointer_type, call)       \
  do {                                         \
    pointer_type *out = GARBAGE(pointer_type); \
    size_t out_len = GARBAGE_LEN;              \
    FAILS(code, call);                         \
    CHECK(out == NULL && out_len == 0);        \
  } while (0)
#define CLEARS_NUMBER(number_type, call)           \
  do {                                             \
    number_type out = (number_type)GARBAGE_NUMBER; \
    FAILS(code, call);                             \
    CHECK_INT(0, out);                             \
  } while (0)

  CLEARS_BYTES(char, quipu_chronostore_path(store, &out, &out_len, err));
  FAILS(code, quipu_chronostore_refresh(store, err));
  FAILS(code, quipu_chronostore_sync(store, err));
  CLEARS(quipu_walevent, quipu_chronostore_upsert(store, record, &out, err));
  CLEARS_BYTES(uint8_t, quipu_chronostore_upsert_packed(store, packed, packed_len, &out, &out_len, err));
  CLEARS_NUMBER(int64_t, quipu_chronostore_upsert_many(store, records, 1, &out, err));
  CLEARS_NUMBER(int64_t, quipu_chronostore_upsert_many_packed(store, "\1\0\0\0\0", 5, &out, err));
  CLEARS(quipu_walevent, quipu_chronostore_delete(store, "x", 1, &out, err));
  CLEARS_BYTES(uint8_t, quipu_chronostore_delete_packed(store, "x", 1, &out, &out_len, err));
  CLEARS(quipu_chronorecord, quipu_chronostore_get(store, "x", 1, &out, err));
  CLEARS(quipu_chronorecord, quipu_chronostore_find(store, "x", 1, &out, err));
  CLEARS_BYTES(uint8_t, quipu_chronostore_find_packed(store, "x", 1, &out, &out_len, err));
  CLEARS(quipu_chronocursor, quipu_chronostore_query(store, NULL, &out, err));
  CLEARS(quipu_chronocursor, quipu_chronostore_export_records(store, &out, err));
  CLEARS_NUMBER(int64_t, quipu_chronostore_record_count(store, &out, err));
  CLEARS_NUMBER(int64_t, quipu_chronostore_wal_seq(store, &out, err));
  CLEARS_BYTES(char, quipu_chronostore_last_hash(store, &out, &out_len, err));
  CLEARS(quipu_walcursor, quipu_chronostore_replay(store, 0, &out, err));
  CLEARS(quipu_chrononoticecursor, quipu_chronostore_notices(store, &out, err));
  CLEARS_NUMBER(int64_t, quipu_chronostore_commit(store, commit_nothing, NULL, &out, err));
  CLEARS_NUMBER(int, quipu_chronostore_chain_valid(store, &out, err));
  CLEARS(quipu_chronoverification, quipu_chronostore_verify(store, 0, NULL, NULL, &out, err));
  CLEARS_NUMBER(int64_t, quipu_chronostore_compact(store, NULL, NULL, &out, err));
  CLEARS_BYTES(char, quipu_chronostore_backup(store, &out, &out_len, err));
  CLEARS(quipu_chronomigration, quipu_chronostore_migrate_from_json(store, "/", 1, NULL, NULL, &out, err));
  quipu_free(packed);
  quipu_chronorecord_free(record);
}

/* The same for a cursor of each kind; NULL cursors answer MISUSE. */
static void check_refused_by_cursors(quipu_chronocursor *records, quipu_walcursor *events,
                                     quipu_chrononoticecursor *notices, quipu_status code) {
  CLEARS(quipu_chronorecord, quipu_chronocursor_next(records, &out, err));
  CLEARS_BYTES(uint8_t, quipu_chronocursor_next_page(records, 0, &out, &out_len, err));
  CLEARS(quipu_walevent, quipu_walcursor_next(events, &out, err));
  CLEARS_BYTES(uint8_t, quipu_walcursor_next_page(events, 0, &out, &out_len, err));
  CLEARS(quipu_chrononotice, quipu_chrononoticecursor_next(notices, &out, err));
  CLEARS_BYTES(uint8_t, quipu_chrononoticecursor_next_page(notices, 0, &out, &out_len, err));
}

static void null_handles(void) {
  check_refused_by_all(NULL, QUIPU_E_MISUSE);
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_close(NULL, err));
  quipu_chronostore_free(NULL);
  check_refused_by_cursors(NULL, NULL, NULL, QUIPU_E_MISUSE);
  FAILS(QUIPU_E_MISUSE, quipu_chronocursor_close(NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_walcursor_close(NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chrononoticecursor_close(NULL, err));
  quipu_chronocursor_free(NULL);
  quipu_walcursor_free(NULL);
  quipu_chrononoticecursor_free(NULL);
}

static void null_transactions(void) {
  const quipu_status code = QUIPU_E_MISUSE;
  quipu_chronorecord *record = make_record("x", "");
  FAILS(code, quipu_chronotransaction_upsert(NULL, record, err));
  FAILS(code, quipu_chronotransaction_upsert_packed(NULL, "", 0, err));
  FAILS(code, quipu_chronotransaction_delete(NULL, "x", 1, err));
  CLEARS(quipu_chronorecord, quipu_chronotransaction_get(NULL, "x", 1, &out, err));
  CLEARS(quipu_chronorecord, quipu_chronotransaction_find(NULL, "x", 1, &out, err));
  CLEARS_BYTES(uint8_t, quipu_chronotransaction_find_packed(NULL, "x", 1, &out, &out_len, err));
  CLEARS(quipu_chronocursor, quipu_chronotransaction_query(NULL, NULL, &out, err));
  CLEARS_NUMBER(int64_t, quipu_chronotransaction_record_count(NULL, &out, err));
  quipu_chronorecord_free(record);
}

static void null_arguments(void) {
  const char *folder = new_folder();
  quipu_chronostore *store = open_store(folder);
  const quipu_chronorecord *records[1] = {NULL};
  quipu_chronocursor *cursor = NULL;
  quipu_chronorecord *record = NULL;
  quipu_chronostore *none = GARBAGE(quipu_chronostore);
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_open(TEXT_ARG(folder), NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_open(NULL, 3, NULL, &none, err));
  CHECK(none == NULL);
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_path(store, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_upsert(store, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_upsert_packed(store, NULL, 5, NULL, NULL, err));
  FAILS(QUIPU_E_INVALID, quipu_chronostore_upsert_packed(store, NULL, 0, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_upsert_many(store, NULL, 1, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_upsert_many(store, records, 1, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_upsert_many_packed(store, NULL, 5, NULL, err));
  FAILS(QUIPU_E_INVALID, quipu_chronostore_upsert_many_packed(store, NULL, 0, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_delete(store, NULL, 1, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_get(store, "x", 1, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_get(store, NULL, 1, &record, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_find(store, "x", 1, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_find_packed(store, "x", 1, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_query(store, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_export_records(store, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_record_count(store, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_wal_seq(store, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_last_hash(store, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_replay(store, 0, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_notices(store, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_commit(store, NULL, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_chain_valid(store, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_verify(store, 0, NULL, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_backup(store, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_migrate_from_json(store, "/", 1, NULL, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronostore_migrate_from_json(store, NULL, 1, NULL, NULL, NULL, err));
  OK(quipu_chronostore_query(store, NULL, &cursor, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronocursor_next(cursor, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_chronocursor_next_page(cursor, 0, NULL, NULL, err));
  quipu_chronocursor_free(cursor);
  CHECK_INT(0, seq_of(store));
  CHECK(!path_exists(path_in(folder, ".chronomemory/lock"))); /* nothing was written */
  close_and_free(store);
}

static void closed_stores(void) {
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronocursor *records = NULL;
  quipu_walcursor *events = NULL;
  quipu_chrononoticecursor *notices = NULL;
  put(store, "a", "");
  OK(quipu_chronostore_query(store, NULL, &records, err));
  OK(quipu_chronostore_replay(store, 0, &events, err));
  OK(quipu_chronostore_notices(store, &notices, err));
  OK(quipu_chronostore_close(store, err));
  check_refused_by_all(store, QUIPU_E_CLOSED);
  check_refused_by_cursors(records, events, notices, QUIPU_E_CLOSED);
  OK(quipu_chronostore_close(store, err));
  CHECK_INT(QUIPU_OK, quipu_chronostore_close(store, NULL));
  OK(quipu_chronocursor_close(records, err));
  OK(quipu_chronocursor_close(records, err));
  quipu_chronostore_free(store);
  check_refused_by_cursors(records, events, notices, QUIPU_E_CLOSED);
  quipu_chronocursor_free(records);
  quipu_walcursor_free(events);
  quipu_chrononoticecursor_free(notices);
}

int main(void) {
  static const test_case cases[] = {
      {"writing", writing},
      {"reading", reading},
      {"querying", querying},
      {"cursors_show_the_time_of_their_making", cursors_show_the_time_of_their_making},
      {"damage_is_told", damage_is_told},
      {"maintenance", maintenance},
      {"unknown_verify_flags", unknown_verify_flags},
      {"null_handles", null_handles},
      {"null_transactions", null_transactions},
      {"null_arguments", null_arguments},
      {"closed_stores", closed_stores},
  };
  return RUN_CASES(cases);
}
