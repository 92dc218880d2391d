/* Text and JSON at their limits: NULs, every argument that must be UTF-8, very large values, depth, digits. */
#include "value_types.h"

static const char *label_of(quipu_chronostore *store, const char *id, size_t id_len, size_t *len) {
  quipu_chronorecord *record = NULL;
  char *copy = NULL;
  OK(quipu_chronostore_get(store, id, id_len, &record, err));
  if (record != NULL) {
    const char *label = quipu_chronorecord_label(record, len);
    copy = case_memory(*len + 1);
    memcpy(copy, label, *len);
  }
  quipu_chronorecord_free(record);
  return copy;
}

static void nul_and_emoji_everywhere(void) {
  static const char id[] = "i\0d \xf0\x9f\xa7\xb6";
  static const char label[] = "\0nul first\0\0 \xe2\x80\xa8 \xf0\x9f\x98\x80";
  static const size_t id_len = sizeof id - 1, label_len = sizeof label - 1;
  const char *folder = path_in(new_folder(), "caf\xc3\xa9 \xf0\x9f\x98\x80");
  quipu_chronostore *store = open_store(folder);
  quipu_chronorecord *record = NULL;
  quipu_chronocursor *cursor = NULL;
  quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
  char *path = NULL;
  size_t len = 0;
  int valid = 0;
  OK(quipu_chronorecord_create(&record, err));
  OK(quipu_chronorecord_set_id(record, id, id_len, err));
  OK(quipu_chronorecord_set_label(record, label, label_len, err));
  OK(quipu_chronorecord_set_kind(record, "k\0k", 3, err));
  OK(quipu_chronostore_upsert(store, record, NULL, err));
  quipu_chronorecord_free(record);
  close_and_free(store);

  store = open_store(folder);
  OK(quipu_chronostore_path(store, &path, &len, err));
  CHECK(len > strlen("caf\xc3\xa9 \xf0\x9f\x98\x80") && path[0] == '/' && strlen(path) == len);
  CHECK(strstr(path, "caf\xc3\xa9 \xf0\x9f\x98\x80") != NULL);
  quipu_free(path);
  CHECK_BYTES(label, label_len, label_of(store, id, id_len, &len), len);
  CHECK(!has_record(store, "i"));
  options.kind = "k\0k";
  options.kind_len = 3;
  OK(quipu_chronostore_query(store, &options, &cursor, err));
  OK(quipu_chronocursor_next(cursor, &record, err));
  CHECK(record != NULL);
  quipu_chronorecord_free(record);
  quipu_chronocursor_free(cursor);
  options.kind_len = 1;
  OK(quipu_chronostore_query(store, &options, &cursor, err));
  OK(quipu_chronocursor_next(cursor, &record, err));
  CHECK(record == NULL);
  quipu_chronocursor_free(cursor);
  OK(quipu_chronostore_delete(store, id, id_len, NULL, err));
  CHECK_INT(0, count_of(store));
  OK(quipu_chronostore_chain_valid(store, &valid, err));
  CHECK(valid);
  close_and_free(store);
}

/* Runs the call, which must refuse text that is bad from byte 2 on. */
#define REFUSES(call)                           \
  do {                                          \
    quipu_error *refusal = NULL;                \
    FAILS_WITH(QUIPU_E_INVALID, call, refusal); \
    CHECK_INT(2, quipu_error_offset(refusal));  \
    quipu_error_free(refusal);                  \
  } while (0)

static quipu_status try_all_in_commit(void *user, quipu_chronotransaction *tx, quipu_error **commit_err) {
  const char *bad = user;
  const size_t len = strlen(bad);
  quipu_chronorecord *record = NULL;
  quipu_chronocursor *cursor = NULL;
  quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
  uint8_t *data = NULL;
  (void)commit_err;
  REFUSES(quipu_chronotransaction_get(tx, bad, len, &record, err));
  REFUSES(quipu_chronotransaction_find(tx, bad, len, &record, err));
  REFUSES(quipu_chronotransaction_find_packed(tx, bad, len, &data, NULL, err));
  REFUSES(quipu_chronotransaction_delete(tx, bad, len, err));
  options.kind = bad;
  options.kind_len = len;
  REFUSES(quipu_chronotransaction_query(tx, &options, &cursor, err));
  return QUIPU_OK;
}

static void invalid_utf8_at_every_argument(void) {
  static const char *const bads[] = {"ab\xff", "ab\xc3",        "ab\xed\xa0\x80", "ab\xc0\x80", "ab\xf5\x80\x80\x80",
                                     "ab\x80", "ab\xf0\x9f\x98"};
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronorecord *record = make_record("id", "");
  size_t i, k;
  for (i = 0; i < sizeof bads / sizeof bads[0]; ++i) {
    const char *bad = bads[i];
    const size_t len = strlen(bad);
    quipu_chronostore *none = GARBAGE(quipu_chronostore);
    quipu_chronorecord *found = NULL;
    quipu_chronocursor *cursor = NULL;
    quipu_chronomigration *migration = NULL;
    quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
    char *text = NULL;
    uint8_t *data = NULL;
    void *value = NULL;
    char json[32];
    REFUSES(quipu_chronostore_open(bad, len, NULL, &none, err));
    CHECK(none == NULL);
    REFUSES(quipu_chronostore_get(store, bad, len, &found, err));
    REFUSES(quipu_chronostore_find(store, bad, len, &found, err));
    REFUSES(quipu_chronostore_find_packed(store, bad, len, &data, NULL, err));
    REFUSES(quipu_chronostore_delete(store, bad, len, NULL, err));
    REFUSES(quipu_chronostore_delete_packed(store, bad, len, NULL, NULL, err));
    REFUSES(quipu_chronostore_migrate_from_json(store, bad, len, NULL, NULL, &migration, err));
    options.kind = bad;
    options.kind_len = len;
    REFUSES(quipu_chronostore_query(store, &options, &cursor, err));
    options.kind = NULL;
    options.kind_len = 0;
    options.status = bad;
    options.status_len = len;
    REFUSES(quipu_chronostore_query(store, &options, &cursor, err));
    for (k = 0; k < CHRONORECORD->field_count; ++k) {
      const field_functions *field = &CHRONORECORD->fields[k];
      if (field->set_text != NULL) {
        REFUSES(field->set_text(record, bad, len, err));
      }
      if (field->add != NULL) {
        REFUSES(field->add(record, bad, len, err));
      }
    }
    REFUSES(CHRONORECORD->set_field_json(record, bad, len, "1", 1, err));
    REFUSES(CHRONORECORD->field_json(record, bad, len, &text, NULL, err));
    snprintf(json, sizeof json, "[\"%s\"]", bad + 2);
    REFUSES(CHRONORECORD->set_field_json(record, TEXT_ARG("data"), TEXT_ARG(json), err));
    snprintf(json, sizeof json, "{\"%s\": 1}", bad + 2);
    REFUSES(CHRONORECORD->from_json(TEXT_ARG(json), &value, err));
    {
      char *given = case_memory(len + 1);
      memcpy(given, bad, len);
      OK(quipu_chronostore_commit(store, try_all_in_commit, given, NULL, err));
    }
  }
  CHECK_INT(0, seq_of(store));
  quipu_chronorecord_free(record);
  close_and_free(store);
}

/* 64 MiB as label and as data, through the log and back. */
static void very_large_text(void) {
  const size_t size = (size_t)64 << 20;
  const char *folder = new_folder();
  quipu_chronostore *store = open_store(folder);
  quipu_chronorecord *record = make_record("large", "");
  char *text = malloc(size + 128);
  uint8_t *data = NULL;
  void *back = NULL;
  size_t len = 0;
  int valid = 0;
  memset(text, 'q', size + 128);
  memcpy(text, "{\"a\":\"\\n", 8); /* members, an escape, and text to the end */
  memcpy(text + size - 2, "\"}", 2);
  OK(quipu_chronorecord_set_label(record, text + 100, size, err));
  OK(quipu_chronorecord_set_data(record, text, size, err));
  OK(quipu_chronostore_upsert(store, record, NULL, err));
  quipu_chronorecord_free(record);
  close_and_free(store);

  store = open_store(folder);
  OK(quipu_chronostore_get(store, TEXT_ARG("large"), &record, err));
  quipu_chronorecord_label(record, &len);
  CHECK_INT(size, len);
  CHECK(memcmp(quipu_chronorecord_label(record, NULL), text + 100, 1000) == 0);
  quipu_chronorecord_data(record, &len);
  CHECK_INT(size + 1, len); /* a blank behind the colon */
  OK(quipu_chronostore_find_packed(store, TEXT_ARG("large"), &data, &len, err));
  OK(CHRONORECORD->unpack(data, len, &back, err));
  if (back != NULL) {
    CHECK(memcmp(quipu_chronorecord_label(back, &len), quipu_chronorecord_label(record, NULL), size) == 0);
    CHECK_INT(size, len);
  }
  CHRONORECORD->release(back);
  quipu_free(data);
  quipu_chronorecord_free(record);
  OK(quipu_chronostore_chain_valid(store, &valid, err));
  CHECK(valid);
  free(text);
  close_and_free(store);
}

static void lone_surrogates_are_not_written(void) {
  static const char *const jsons[] = {"{\"id\": \"x\", \"label\": \"\\ud800\"}",
                                      "{\"id\": \"x\", \"data\": {\"a\": [\"\\udc00\"]}}",
                                      "{\"id\": \"x\", \"data\": {\"\\udbff\": 1}}",
                                      "{\"id\": \"\\ud83d\"}",
                                      "{\"id\": \"x\", \"evidence\": [\"a\", \"\\udfff\"]}",
                                      "{\"id\": \"x\", \"kind\": \"\\udc00\\ud800\"}"};
  quipu_chronostore *store = open_store(new_folder());
  size_t i;
  for (i = 0; i < sizeof jsons / sizeof jsons[0]; ++i) {
    void *record = value_of(CHRONORECORD, jsons[i]);
    const quipu_chronorecord *records[1];
    quipu_walevent *event = GARBAGE(quipu_walevent);
    uint8_t *data = NULL;
    size_t len = 0;
    records[0] = record;
    FAILS(QUIPU_E_INVALID, quipu_chronostore_upsert(store, record, &event, err));
    CHECK(event == NULL);
    FAILS(QUIPU_E_INVALID, quipu_chronostore_upsert_many(store, records, 1, NULL, err));
    OK(CHRONORECORD->pack(record, &data, &len, err));
    FAILS(QUIPU_E_INVALID, quipu_chronostore_upsert_packed(store, data, len, NULL, NULL, err));
    quipu_free(data);
    CHRONORECORD->release(record);
  }
  CHECK_INT(0, seq_of(store));
  {
    /* A pair is a character. */
    void *record = value_of(CHRONORECORD, "{\"id\": \"x\", \"label\": \"\\ud83d\\ude00\"}");
    size_t len = 0;
    OK(quipu_chronostore_upsert(store, record, NULL, err));
    CHECK_TEXT("\xf0\x9f\x98\x80", label_of(store, "x", 1, &len), len);
    CHRONORECORD->release(record);
  }
  close_and_free(store);
}

static void unusual_numbers(void) {
  static const char *const confidences[] = {"NaN",  "Infinity", "-Infinity",
                                            "-0.0", "5e-324",   "1.7976931348623157e+308"};
  const char *folder = new_folder();
  size_t i;
  for (i = 0; i < sizeof confidences / sizeof confidences[0]; ++i) {
    quipu_chronostore *store = open_store(folder);
    char json[128];
    void *record;
    quipu_chronorecord *back = NULL;
    const char *got;
    int valid = 0;
    snprintf(json, sizeof json, "{\"id\": \"x\", \"confidence\": %s, \"data\": [%s]}", confidences[i], confidences[i]);
    record = value_of(CHRONORECORD, json);
    OK(quipu_chronostore_upsert(store, record, NULL, err));
    close_and_free(store);
    store = open_store(folder);
    OK(quipu_chronostore_get(store, "x", 1, &back, err));
    got = field_json_of(CHRONORECORD, back, "confidence");
    CHECK_TEXT(confidences[i], got, strlen(got));
    OK(quipu_chronostore_chain_valid(store, &valid, err));
    CHECK(valid);
    quipu_chronorecord_free(back);
    CHRONORECORD->release(record);
    close_and_free(store);
  }
}

static void extreme_depths_of_the_store(void) {
  static const int64_t depths[] = {INT64_MIN, -1, INT64_MAX};
  size_t i;
  for (i = 0; i < sizeof depths / sizeof depths[0]; ++i) {
    quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
    quipu_chronostore *store;
    quipu_chronorecord *record = make_record("x", "");
    quipu_walevent *event = NULL;
    options.recursion_depth = depths[i];
    store = open_store_with(new_folder(), &options);
    OK(quipu_chronorecord_set_recursion_depth(record, 5, err));
    OK(quipu_chronostore_upsert(store, record, &event, err));
    CHECK_INT(depths[i], quipu_walevent_recursion_depth(event));
    CHECK_INT(5, quipu_chronorecord_recursion_depth(record)); /* the caller's record is not changed */
    quipu_walevent_free(event);
    quipu_chronorecord_free(record);
    OK(quipu_chronostore_get(store, "x", 1, &record, err));
    CHECK_INT(depths[i], quipu_chronorecord_recursion_depth(record));
    quipu_chronorecord_free(record);
    close_and_free(store);
  }
}

static const char *nested(size_t depth, int objects) {
  const char *open = objects ? "{\"a\":" : "[";
  char *json = case_memory(depth * 6 + 2);
  char *to = json;
  size_t i;
  for (i = 0; i < depth; ++i) {
    to = stpcpy(to, open);
  }
  if (objects) {
    *to++ = '1';
  }
  memset(to, objects ? '}' : ']', depth);
  return json;
}

static void nesting(void) {
  quipu_chronostore *store = open_store(new_folder());
  int objects;
  for (objects = 0; objects < 2; ++objects) {
    static const size_t too_deep[] = {257, 300, 984, 985, 986, 5000, 100000};
    void *record = value_of(CHRONORECORD, "{\"id\": \"x\"}");
    char *whole = case_memory(1 << 20);
    void *made = NULL;
    size_t i;
    OK(field_named(CHRONORECORD, "data")->set_text(record, TEXT_ARG(nested(256, objects)), err));
    OK(CHRONORECORD->set_field_json(record, TEXT_ARG("kind"), TEXT_ARG(nested(256, objects)), err));
    snprintf(whole, 1 << 20, "{\"id\": \"y\", \"data\": %s}", nested(256, objects));
    OK(CHRONORECORD->from_json(TEXT_ARG(whole), &made, err));
    OK(quipu_chronostore_upsert(store, record, NULL, err));
    OK(quipu_chronostore_upsert(store, made, NULL, err));
    CHRONORECORD->release(made);
    for (i = 0; i < sizeof too_deep / sizeof too_deep[0]; ++i) {
      const char *json = nested(too_deep[i], objects);
      FAILS(QUIPU_E_INVALID, field_named(CHRONORECORD, "data")->set_text(record, TEXT_ARG(json), err));
      FAILS(QUIPU_E_INVALID, CHRONORECORD->set_field_json(record, TEXT_ARG("kind"), TEXT_ARG(json), err));
      snprintf(whole, 1 << 20, "{\"id\": \"y\", \"data\": %s}", json);
      FAILS(QUIPU_E_INVALID, CHRONORECORD->from_json(TEXT_ARG(whole), &made, err));
      CHECK(made == NULL);
    }
    CHRONORECORD->release(record);
  }
  CHECK(has_record(store, "y"));
  close_and_free(store);
}

static void long_integers(void) {
  static const char *const signs[] = {"", "-"};
  quipu_chronostore *store = open_store(new_folder());
  char *json = case_memory(8192);
  size_t i;
  for (i = 0; i < 2; ++i) {
    void *record = value_of(CHRONORECORD, "{\"id\": \"x\"}");
    quipu_chronorecord *back = NULL;
    strcpy(json, signs[i]);
    memset(json + i, '9', 4300);
    json[4300 + i] = '\0';
    OK(field_named(CHRONORECORD, "data")->set_text(record, TEXT_ARG(json), err));
    OK(quipu_chronostore_upsert(store, record, NULL, err));
    OK(quipu_chronostore_get(store, "x", 1, &back, err));
    {
      const char *got = field_json_of(CHRONORECORD, back, "data");
      CHECK_TEXT(json, got, strlen(got));
    }
    quipu_chronorecord_free(back);
    /* An integer that no double holds shows as infinity. */
    OK(CHRONORECORD->set_field_json(record, TEXT_ARG("confidence"), TEXT_ARG(json), err));
    CHECK(field_named(CHRONORECORD, "confidence")->real(record) == (i == 0 ? 1 : -1) * strtod("inf", NULL));
    json[4300 + i] = '9';
    json[4301 + i] = '\0';
    FAILS(QUIPU_E_INVALID, field_named(CHRONORECORD, "data")->set_text(record, TEXT_ARG(json), err));
    FAILS(QUIPU_E_INVALID, CHRONORECORD->set_field_json(record, TEXT_ARG("kind"), TEXT_ARG(json), err));
    CHRONORECORD->release(record);
  }
  close_and_free(store);
}

static void ids_that_are_none(void) {
  static const char *const jsons[] = {"{}", "{\"id\": \"\"}", "{\"id\": []}", "{\"id\": {\"a\": 1}}"};
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronorecord *good = make_record("good", "");
  size_t i;
  for (i = 0; i < sizeof jsons / sizeof jsons[0]; ++i) {
    void *record = value_of(CHRONORECORD, jsons[i]);
    const quipu_chronorecord *both[2];
    quipu_walevent *event = GARBAGE(quipu_walevent);
    int64_t seq = GARBAGE_NUMBER;
    both[0] = good;
    both[1] = record;
    FAILS(QUIPU_E_INVALID, quipu_chronostore_upsert(store, record, &event, err));
    CHECK(event == NULL);
    FAILS(QUIPU_E_INVALID, quipu_chronostore_upsert_many(store, both, 2, &seq, err));
    CHECK_INT(0, seq);
    CHRONORECORD->release(record);
  }
  FAILS(QUIPU_E_INVALID, quipu_chronostore_delete(store, "", 0, NULL, err));
  FAILS(QUIPU_E_INVALID, quipu_chronostore_delete(store, NULL, 0, NULL, err));
  CHECK(!has_record(store, ""));
  CHECK_INT(0, seq_of(store));
  quipu_chronorecord_free(good);
  close_and_free(store);
}

int main(void) {
  static const test_case cases[] = {
      {"nul_and_emoji_everywhere", nul_and_emoji_everywhere},
      {"invalid_utf8_at_every_argument", invalid_utf8_at_every_argument},
      {"very_large_text", very_large_text},
      {"lone_surrogates_are_not_written", lone_surrogates_are_not_written},
      {"unusual_numbers", unusual_numbers},
      {"extreme_depths_of_the_store", extreme_depths_of_the_store},
      {"nesting", nesting},
      {"long_integers", long_integers},
      {"ids_that_are_none", ids_that_are_none},
  };
  return RUN_CASES(cases);
}
