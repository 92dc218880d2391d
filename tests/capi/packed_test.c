/* The packed form (docs/formats/packed.md): round trips, what is refused, pages. */
#include "value_types.h"

typedef struct bytes {
  uint8_t *data;
  size_t len;
} bytes;

static bytes pack(const type_functions *type, const void *value) {
  bytes made = {NULL, 0};
  OK(type->pack(value, &made.data, &made.len, err));
  return made;
}

static void put_number(bytes *to, uint64_t number, int size) {
  for (; size > 0; --size, number >>= 8) {
    to->data[to->len++] = (uint8_t)number;
  }
}

static void put_field(bytes *to, int tag, const void *payload, size_t len) {
  put_number(to, (uint64_t)tag, 1);
  put_number(to, len, 4);
  memcpy(to->data + to->len, payload, len);
  to->len += len;
}

static bytes new_value(int version, int fields) {
  bytes made;
  made.data = case_memory(4096);
  made.len = 0;
  put_number(&made, (uint64_t)version, 1);
  put_number(&made, (uint64_t)fields, 2);
  return made;
}

static const char full_record[] =
    "{\"id\": \"r-1\", \"kind\": \"decision\", \"status\": \"deprecated\", \"label\": \"\xc3\xa9\\u0000 "
    "\xf0\x9f\x98\x80\", "
    "\"confidence\": 0.25, \"source_type\": \"inferred\", \"evidence\": [\"a\", \"\", \"b\\u0000\"], "
    "\"epistemic_boundary\": [\"x\"], \"is_hypothesis\": true, \"model_assumptions\": {\"m\": [1, 2.5, null]}, "
    "\"recursion_depth\": -9223372036854775808, \"data\": {\"deep\": [[[]]], \"big\": 123456789012345678901234567890}}";
/* Nothing in it is of its field's kind, or has its spelling. */
static const char odd_record[] =
    "{\"id\": 7, \"kind\": null, \"status\": [\"active\"], \"label\": \"\\ud800\", \"confidence\": 1, "
    "\"source_type\": {\"a\": 1}, \"evidence\": [\"x\", 1], \"epistemic_boundary\": [\"\\udfff\"], \"is_hypothesis\": "
    "1, "
    "\"model_assumptions\": null, \"recursion_depth\": 1.5, \"data\": \"text\"}";

static void check_round_trip(const type_functions *type, const char *json) {
  void *value = value_of(type, json);
  void *back = NULL;
  bytes first = pack(type, value);
  bytes second;
  const char *want = json_of(type, value);
  const char *got;
  OK(type->unpack(first.data, first.len, &back, err));
  got = json_of(type, back);
  CHECK_TEXT(want, got, strlen(got));
  second = pack(type, back);
  CHECK_BYTES(first.data, first.len, second.data, second.len);
  quipu_free(first.data);
  quipu_free(second.data);
  type->release(value);
  type->release(back);
}

static void round_trips(void) {
  size_t t;
  check_round_trip(CHRONORECORD, full_record);
  check_round_trip(CHRONORECORD, odd_record);
  check_round_trip(CHRONORECORD, "{\"confidence\": NaN}");
  check_round_trip(CHRONORECORD, "{\"confidence\": -Infinity, \"recursion_depth\": 9223372036854775807}");
  check_round_trip(CHRONORECORD, "{\"confidence\": -0.0, \"recursion_depth\": 9223372036854775808}");
  check_round_trip(CHRONORECORD, "{\"confidence\": 1e22, \"recursion_depth\": -0, \"label\": true}");
  check_round_trip(CHRONORECORD, "{\"confidence\": 5e-324}");
  check_round_trip(CHRONORECORD, "{\"evidence\": [\"a, b\", \"\", \"[]\", \"\\\"\"], \"epistemic_boundary\": [\"\"]}");
  check_round_trip(CHRONORECORD, "{\"evidence\": [[\"x\"]], \"epistemic_boundary\": [\"x\", [\"y\"]]}");
  check_round_trip(CHRONORECORD, "{\"evidence\": [{\"a\": \"b\"}], \"epistemic_boundary\": [\"x\", \"y\", null]}");
  for (t = 0; t < VALUE_TYPE_COUNT; ++t) {
    check_round_trip(&value_types[t], "{}");
  }
  check_round_trip(WALEVENT,
                   "{\"seq\": 3, \"record\": {\"id\": \"x\", \"unknown\": [1]}, \"record_id\": 3, \"hash\": null}");
}

static void the_example_of_the_format(void) {
  static const uint8_t want[] = {1, 3, 0, 2, 8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 8, 0, 0, 0,
                                 0, 0, 0, 0, 0, 0, 0, 0, 2, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
  void *value = value_of(CHRONOMIGRATION, "{\"requirements\": 2, \"skipped\": 1}");
  bytes packed = pack(CHRONOMIGRATION, value);
  CHECK_BYTES(want, sizeof want, packed.data, packed.len);
  quipu_free(packed.data);
  CHRONOMIGRATION->release(value);
}

/* Field 4 of a record, confidence, as the integer 1: raw, with the view 1.0. */
static void an_odd_field_is_raw(void) {
  static const uint8_t want[] = {7, 14, 0, 0, 0, 3, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, '1'};
  void *value = value_of(CHRONORECORD, "{\"confidence\": 1}");
  bytes packed = pack(CHRONORECORD, value);
  size_t at;
  for (at = 0; at + sizeof want <= packed.len && memcmp(packed.data + at, want, sizeof want) != 0; ++at) {
  }
  CHECK(at + sizeof want <= packed.len);
  quipu_free(packed.data);
  CHRONORECORD->release(value);
}

static void check_unpacks_to(const bytes *packed, const char *name, const char *json) {
  void *value = NULL;
  OK(CHRONORECORD->unpack(packed->data, packed->len, &value, err));
  if (value != NULL) {
    const char *got = field_json_of(CHRONORECORD, value, name);
    CHECK_TEXT(json, got, strlen(got));
  }
  CHRONORECORD->release(value);
}

/* JSON text comes back in log spelling, however it was given. */
static void json_in_any_spelling(void) {
  static const struct {
    const char *given;
    const char *kept;
  } texts[] = {
      {"{}", "{}"},
      {" [ ] ", "[]"},
      {"{\"b\": 1, \"a\": [0.5, \"\xc3\xa9\", null]}", "{\"b\": 1, \"a\": [0.5, \"\xc3\xa9\", null]}"},
      {"{\"b\":1,\"a\":[0.50,\"\\u00e9\",null]}", "{\"b\": 1, \"a\": [0.5, \"\xc3\xa9\", null]}"},
      {"{\"a\": 1, \"b\": 2, \"a\": 3}", "{\"a\": 3, \"b\": 2}"},
      {"{\"\\u0061\": 1}", "{\"a\": 1}"},
      {"\"\\/\"", "\"/\""},
      {"1e400", "Infinity"},
      {"\"\\uD800\"", "\"\\ud800\""},
  };
  static const char *const bad[] = {"",   "{",  "{\"a\": 1", "{}}", "{} {}", "\"\xff\"", "[\"\xed\xa0\x80\"]",
                                    "01", "tru"};
  size_t i;
  for (i = 0; i < sizeof texts / sizeof *texts; ++i) {
    int k;
    bytes value = new_value(1, 12);
    for (k = 0; k < 11; ++k) {
      put_field(&value, 0, "", 0);
    }
    put_field(&value, 5, texts[i].given, strlen(texts[i].given));
    check_unpacks_to(&value, "data", texts[i].kept);
  }
  for (i = 0; i < sizeof bad / sizeof *bad; ++i) {
    int k;
    void *made = NULL;
    bytes value = new_value(1, 12);
    for (k = 0; k < 11; ++k) {
      put_field(&value, 0, "", 0);
    }
    put_field(&value, 5, bad[i], strlen(bad[i]));
    FAILS(QUIPU_E_INVALID, CHRONORECORD->unpack(value.data, value.len, &made, err));
  }
}

static void check_refused(const bytes *packed) {
  void *value = NULL;
  FAILS(QUIPU_E_INVALID, CHRONORECORD->unpack(packed->data, packed->len, &value, err));
  CHECK(value == NULL);
}

/* Of tag 7 the JSON text counts, the view is only skipped; it is accepted for every field. */
static void raw_fields(void) {
  size_t i;
  for (i = 0; i < CHRONORECORD->field_count; ++i) {
    size_t k;
    bytes raw = {case_memory(64), 0};
    bytes value = new_value(1, (int)i + 1);
    for (k = 0; k < i; ++k) {
      put_field(&value, 0, "", 0);
    }
    put_field(&raw, 2, "12345678", 8);
    memcpy(raw.data + raw.len, " {\"a\" :[1 ]}", 12);
    put_field(&value, 7, raw.data, raw.len + 12);
    check_unpacks_to(&value, CHRONORECORD->fields[i].name, "{\"a\": [1]}");
  }
}

static void raw_fields_that_are_refused(void) {
  static const struct {
    const char *payload;
    size_t len;
  } bad[] = {{"", 0},
             {"\1", 1},
             {"\1\0\0\0", 4},
             {"\1\0\0\0\0", 5}, /* no JSON text */
             {"\1\1\0\0\0", 5}, /* the view is longer than the payload */
             {"\1\xff\xff\xff\xff"
              "1",
              6}, /* much longer */
             {"\1\0\0\0\0nope", 9},
             {"\1\0\0\0\0\"\xff\"", 8},
             {"\1\0\0\0\0"
              "1 2",
              8}};
  size_t i;
  for (i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
    bytes value = new_value(1, 1);
    put_field(&value, 7, bad[i].payload, bad[i].len);
    check_refused(&value);
  }
}

static void every_tag_in_every_field(void) {
  static const struct {
    const char *payload;
    size_t len;
  } payloads[9] = {{"", 0},   {"text", 4}, {"\1\0\0\0\0\0\0\0", 8},  {"\0\0\0\0\0\0\xe0\x3f", 8},
                   {"\1", 1}, {"[1]", 3},  {"\1\0\0\0x\0\0\0\0", 9}, {"\1\1\0\0\0x\"y\"", 9},
                   {"\1", 1}};
  static const int fitting[] = {1, 1, 2, 3, 4, 5, 6}; /* by field_kind */
  static const char *const spelled[9] = {NULL, "\"text\"", "1", "0.5", "true", "[1]", "[\"x\", \"\"]", "\"y\"", NULL};
  size_t i, k;
  int tag;
  for (i = 0; i < CHRONORECORD->field_count; ++i) {
    const field_functions *field = &CHRONORECORD->fields[i];
    for (tag = 0; tag < 9; ++tag) {
      bytes value = new_value(1, (int)i + 1);
      for (k = 0; k < i; ++k) {
        put_field(&value, 0, "", 0);
      }
      put_field(&value, tag, payloads[tag].payload, payloads[tag].len);
      if (tag == 0 || tag == 7 || tag == fitting[field->kind]) {
        check_unpacks_to(&value, field->name, tag == 0 ? field->default_json : spelled[tag]);
      } else {
        check_refused(&value);
      }
    }
  }
}

static void values_that_are_refused(void) {
  bytes value = new_value(2, 0);
  check_refused(&value); /* version */
  value = new_value(1, 0);
  put_number(&value, 0, 1);
  check_refused(&value); /* a byte left over */
  value = new_value(1, 1);
  put_field(&value, 1, "a\xff", 2);
  check_refused(&value);
  value = new_value(1, 1);
  put_field(&value, 1, "\xed\xa0\x80", 3);
  check_refused(&value); /* a surrogate is no UTF-8 */
  value = new_value(1, 1);
  put_field(&value, 0, "x", 1);
  check_refused(&value); /* absent, but there */
  value = new_value(1, 0);
  value.len = 0;
  check_refused(&value);
}

static void older_and_newer_sides(void) {
  bytes value = new_value(1, 0);
  int i;
  check_unpacks_to(&value, "kind", "\"fact\"");
  value = new_value(1, 2);
  put_field(&value, 1, "only the id", 11);
  put_field(&value, 1, "k", 1);
  check_unpacks_to(&value, "kind", "\"k\"");
  check_unpacks_to(&value, "data", "{}");
  value = new_value(1, 14);
  for (i = 0; i < 12; ++i) {
    put_field(&value, 0, "", 0);
  }
  put_field(&value, 9, "a tag of later days", 19);
  put_field(&value, 1, "x", 1);
  check_unpacks_to(&value, "id", "\"\"");
}

static void unpack_damaged(const uint8_t *data, size_t len, int may_succeed) {
  const type_functions *type = CHRONORECORD;
  void *value = NULL;
  const quipu_status status = type->unpack(data, len, &value, NULL);
  if (status == QUIPU_OK) {
    CHECK(may_succeed && value != NULL);
    if (value != NULL) {
      json_of(type, value); /* it must be a usable value */
    }
  } else {
    CHECK(status == QUIPU_E_INVALID && value == NULL);
  }
  type->release(value);
}

/* Cut at every length, and every byte changed: refused or read as something, never more. */
static void damage(void) {
  static const char *const jsons[] = {full_record, odd_record};
  size_t j, i, mask;
  for (j = 0; j < sizeof jsons / sizeof jsons[0]; ++j) {
    void *value = value_of(CHRONORECORD, jsons[j]);
    bytes packed = pack(CHRONORECORD, value);
    for (i = 0; i < packed.len; ++i) {
      uint8_t *cut = malloc(i == 0 ? 1 : i); /* a block of its own, so that a sanitizer sees a read beyond its end */
      memcpy(cut, packed.data, i);
      unpack_damaged(cut, i, 0);
      free(cut);
    }
    for (i = 0; i < packed.len; ++i) {
      for (mask = 1; mask < 256; mask = mask == 128 ? 255 : mask * 2) {
        packed.data[i] ^= (uint8_t)mask;
        unpack_damaged(packed.data, packed.len, 1);
        packed.data[i] ^= (uint8_t)mask;
        if (mask == 255) {
          break;
        }
      }
    }
    quipu_free(packed.data);
    CHRONORECORD->release(value);
  }
}

/* ---- in a store */

static bytes page_of(int version, int count) {
  bytes made;
  made.data = case_memory(1 << 16);
  made.len = 0;
  put_number(&made, (uint64_t)version, 1);
  put_number(&made, (uint64_t)count, 4);
  return made;
}

static void add_to_page(bytes *page, const char *json) {
  void *value = value_of(CHRONORECORD, json);
  bytes packed = pack(CHRONORECORD, value);
  put_number(page, packed.len, 4);
  memcpy(page->data + page->len, packed.data, packed.len);
  page->len += packed.len;
  quipu_free(packed.data);
  CHRONORECORD->release(value);
}

static void odd_values_are_written_back(void) {
  quipu_chronostore *store = open_store(new_folder());
  bytes page = page_of(1, 1);
  uint8_t *data = NULL, *event = NULL;
  size_t len = 0, event_len = 0;
  void *first = NULL, *second = NULL;
  int64_t seq = 0;
  /* What cannot be written is a lone surrogate; everything else odd can. */
  add_to_page(&page,
              "{\"id\": 7, \"kind\": null, \"status\": [\"active\"], \"label\": 3, \"confidence\": 1, \"evidence\": "
              "[\"x\", 1], "
              "\"is_hypothesis\": 1, \"model_assumptions\": null, \"data\": \"text\"}");
  OK(quipu_chronostore_upsert_many_packed(store, page.data, page.len, &seq, err));
  CHECK_INT(1, seq);
  OK(quipu_chronostore_find_packed(store, "7", 1, &data, &len, err));
  CHECK(data != NULL);
  OK(quipu_chronostore_upsert_packed(store, data, len, &event, &event_len, err));
  OK(CHRONORECORD->unpack(data, len, &first, err));
  quipu_free(data);
  OK(quipu_chronostore_find_packed(store, "7", 1, &data, &len, err));
  OK(CHRONORECORD->unpack(data, len, &second, err));
  if (first != NULL && second != NULL) {
    const char *want = json_of(CHRONORECORD, first);
    CHECK_TEXT(want, json_of(CHRONORECORD, second), strlen(want));
    CHECK(strstr(want, "\"id\": 7, \"kind\": null, \"status\": [\"active\"], \"label\": 3, \"confidence\": 1,") !=
          NULL);
  }
  CHRONORECORD->release(first);
  CHRONORECORD->release(second);
  OK(WALEVENT->unpack(event, event_len, &first, err));
  if (first != NULL) {
    CHECK_INT(2, field_named(WALEVENT, "seq")->int64(first));
    CHECK_TEXT("upsert", field_named(WALEVENT, "op")->text(first, &len), len);
    CHECK_TEXT("7", field_named(WALEVENT, "record_id")->text(first, &len), len);
  }
  WALEVENT->release(first);
  quipu_free(event);
  quipu_free(data);
  close_and_free(store);
}

static void damaged_pages_write_nothing(void) {
  quipu_chronostore *store = open_store(new_folder());
  bytes page = page_of(1, 2);
  int64_t seq = GARBAGE_NUMBER;
  size_t i;
  add_to_page(&page, "{\"id\": \"a\"}");
  add_to_page(&page, "{\"id\": \"b\"}");
  for (i = 0; i < page.len; ++i) {
    seq = GARBAGE_NUMBER;
    FAILS(QUIPU_E_INVALID, quipu_chronostore_upsert_many_packed(store, page.data, i, &seq, err));
    CHECK_INT(0, seq);
  }
  page.data[page.len++] = 0;
  FAILS(QUIPU_E_INVALID, quipu_chronostore_upsert_many_packed(store, page.data, page.len, &seq, err));
  page.len--;
  page.data[0] = 2;
  FAILS(QUIPU_E_INVALID, quipu_chronostore_upsert_many_packed(store, page.data, page.len, &seq, err));
  page.data[0] = 1;
  CHECK_INT(0, seq_of(store));
  OK(quipu_chronostore_upsert_many_packed(store, page.data, page.len, &seq, err));
  CHECK_INT(1, seq);
  CHECK_INT(2, count_of(store));
  page = page_of(1, 0);
  OK(quipu_chronostore_upsert_many_packed(store, page.data, page.len, &seq, err));
  CHECK_INT(0, seq);
  CHECK_INT(2, seq_of(store));
  close_and_free(store);
}

/* Walks a page; gives the number of its values. */
static int64_t count_page(const uint8_t *data, size_t len) {
  uint32_t count, i, size;
  size_t at = 5;
  CHECK(len >= 5 && data[0] == 1);
  memcpy(&count, data + 1, sizeof count);
  for (i = 0; i < count; ++i) {
    void *value = NULL;
    memcpy(&size, data + at, sizeof size);
    OK(CHRONORECORD->unpack(data + at + 4, size, &value, err));
    CHRONORECORD->release(value);
    at += 4 + size;
  }
  CHECK_INT(len, at);
  return count;
}

static void pages_of_a_cursor(void) {
  static const int64_t sizes[][3] = {{0, 1000, 1005}, {7, 7, 1005}, {INT64_MAX, 1005, 1005}};
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronorecord *records[1005];
  const quipu_chronorecord *given[1005];
  size_t i;
  uint8_t *data = NULL;
  size_t len = 0;
  char id[16];
  for (i = 0; i < 1005; ++i) {
    snprintf(id, sizeof id, "r%zu", i);
    given[i] = records[i] = make_record(id, "label");
  }
  OK(quipu_chronostore_upsert_many(store, given, 1005, NULL, err));
  for (i = 0; i < 1005; ++i) {
    quipu_chronorecord_free(records[i]);
  }
  for (i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
    quipu_chronocursor *cursor = NULL;
    int64_t total = 0, count = 0;
    OK(quipu_chronostore_query(store, NULL, &cursor, err));
    FAILS(QUIPU_E_INVALID, quipu_chronocursor_next_page(cursor, -1, &data, &len, err));
    for (;;) {
      data = GARBAGE(uint8_t);
      len = GARBAGE_LEN;
      OK(quipu_chronocursor_next_page(cursor, sizes[i][0], &data, &len, err));
      if (data == NULL) {
        break;
      }
      count = count_page(data, len);
      CHECK(count == sizes[i][1] || total + count == sizes[i][2]);
      total += count;
      quipu_free(data);
    }
    CHECK_INT(0, len);
    CHECK_INT(sizes[i][2], total);
    OK(quipu_chronocursor_next_page(cursor, 1, &data, &len, err));
    CHECK(data == NULL);
    quipu_chronocursor_free(cursor);
  }
  close_and_free(store);
}

static void large_values_make_short_pages(void) {
  quipu_chronostore *store = open_store(new_folder());
  quipu_chronocursor *cursor = NULL;
  char *label = case_memory(300001);
  uint8_t *data = NULL;
  size_t len = 0;
  int64_t pages = 0, total = 0;
  char id[2] = "a";
  memset(label, 'x', 300000);
  for (; id[0] < 'k'; ++id[0]) {
    put(store, id, label);
  }
  OK(quipu_chronostore_export_records(store, &cursor, err));
  for (;; ++pages) {
    OK(quipu_chronocursor_next_page(cursor, 0, &data, &len, err));
    if (data == NULL) {
      break;
    }
    CHECK(len < (3u << 20) / 2);
    total += count_page(data, len);
    quipu_free(data);
  }
  CHECK_INT(10, total);
  CHECK_INT(3, pages);
  quipu_chronocursor_free(cursor);
  close_and_free(store);
}

int main(void) {
  static const test_case cases[] = {
      {"round_trips", round_trips},
      {"the_example_of_the_format", the_example_of_the_format},
      {"an_odd_field_is_raw", an_odd_field_is_raw},
      {"json_in_any_spelling", json_in_any_spelling},
      {"raw_fields", raw_fields},
      {"raw_fields_that_are_refused", raw_fields_that_are_refused},
      {"every_tag_in_every_field", every_tag_in_every_field},
      {"values_that_are_refused", values_that_are_refused},
      {"older_and_newer_sides", older_and_newer_sides},
      {"damage", damage},
      {"odd_values_are_written_back", odd_values_are_written_back},
      {"damaged_pages_write_nothing", damaged_pages_write_nothing},
      {"pages_of_a_cursor", pages_of_a_cursor},
      {"large_values_make_short_pages", large_values_make_short_pages},
  };
  return RUN_CASES(cases);
}
