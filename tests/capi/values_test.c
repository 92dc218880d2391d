/* Getters and setters of all value types, and their JSON. */
#include <math.h>

#include "value_types.h"

/* The JSON object of a value whose fields have these texts, in log spelling. */
static const char *object_of(const type_functions *type, const char *changed, const char *changed_json) {
  char *json = case_memory(4096);
  size_t i;
  strcat(json, "{");
  for (i = 0; i < type->field_count; ++i) {
    const field_functions *field = &type->fields[i];
    const int is_changed = changed != NULL && strcmp(field->name, changed) == 0;
    strcat(strcat(strcat(json, i == 0 ? "\"" : ", \""), field->name), "\": ");
    strcat(json, is_changed ? changed_json : field->default_json);
  }
  return strcat(json, "}");
}

static void check_json(const type_functions *type, const void *value, const char *want) {
  const char *json = json_of(type, value);
  CHECK_TEXT(want, json, strlen(json));
}

static void check_field_json(const type_functions *type, const void *value, const char *name, const char *want) {
  const char *json = field_json_of(type, value, name);
  CHECK_TEXT(want, json, strlen(json));
}

/* The typed view of a field that holds its default. value may be NULL. */
static void check_default(const field_functions *field, const void *value) {
  size_t len = GARBAGE_LEN;
  switch (field->kind) {
    case FIELD_TEXT:
    case FIELD_ID: {
      const char *text = field->text(value, &len);
      CHECK_INT(strlen(field->default_json) - 2, len);
      CHECK_BYTES(field->default_json + 1, len, text, strlen(text));
      CHECK(field->text(value, NULL) != NULL);
      break;
    }
    case FIELD_JSON:
      CHECK_TEXT(field->default_json, field->text(value, &len), len);
      break;
    case FIELD_INT64:
      CHECK_INT(atoi(field->default_json), field->int64(value));
      break;
    case FIELD_DOUBLE:
      CHECK(field->real(value) == atof(field->default_json));
      break;
    case FIELD_BOOL:
      CHECK_INT(strcmp(field->default_json, "true") == 0, field->truth(value));
      break;
    case FIELD_TEXTS:
      CHECK_INT(0, field->count(value));
      CHECK_TEXT("", field->at(value, 0, &len), len);
      CHECK_TEXT("", field->at(value, SIZE_MAX, NULL), 0);
      break;
  }
}

static void defaults_and_the_list_of_fields(void) {
  size_t t, i;
  for (t = 0; t < VALUE_TYPE_COUNT; ++t) {
    const type_functions *type = &value_types[t];
    void *value = value_of(type, "{}");
    check_json(type, value, object_of(type, NULL, NULL));
    for (i = 0; i < type->field_count; ++i) {
      check_default(&type->fields[i], value);
      check_default(&type->fields[i], NULL);
      check_field_json(type, value, type->fields[i].name, type->fields[i].default_json);
    }
    type->release(value);
    if (type->create != NULL) {
      OK(type->create(&value, err));
      check_json(type, value, object_of(type, NULL, NULL));
      type->release(value);
    }
  }
}

static void null_values(void) {
  size_t t;
  for (t = 0; t < VALUE_TYPE_COUNT; ++t) {
    const type_functions *type = &value_types[t];
    void *value = value_of(type, "{}");
    void *made = NULL;
    char *text = GARBAGE(char);
    uint8_t *bytes = GARBAGE(uint8_t);
    size_t len = GARBAGE_LEN;
    type->release(NULL);
    FAILS(QUIPU_E_MISUSE, type->copy(NULL, &made, err));
    CHECK(made == NULL);
    FAILS(QUIPU_E_MISUSE, type->copy(value, NULL, err));
    FAILS(QUIPU_E_MISUSE, type->to_json(NULL, &text, &len, err));
    CHECK(text == NULL && len == 0);
    FAILS(QUIPU_E_MISUSE, type->to_json(value, NULL, &len, err));
    OK(type->to_json(value, &text, NULL, err));
    CHECK_INT(strlen(object_of(type, NULL, NULL)), strlen(text));
    quipu_free(text);
    FAILS(QUIPU_E_MISUSE, type->from_json("{}", 2, NULL, err));
    FAILS(QUIPU_E_MISUSE, type->from_json(NULL, 2, &made, err));
    CHECK(made == NULL);
    FAILS(QUIPU_E_INVALID, type->from_json(NULL, 0, &made, err));
    CHECK(made == NULL);
    text = GARBAGE(char);
    len = GARBAGE_LEN;
    FAILS(QUIPU_E_MISUSE, type->field_json(NULL, TEXT_ARG(type->fields[0].name), &text, &len, err));
    CHECK(text == NULL && len == 0);
    FAILS(QUIPU_E_MISUSE, type->field_json(value, TEXT_ARG(type->fields[0].name), NULL, &len, err));
    FAILS(QUIPU_E_MISUSE, type->field_json(value, NULL, 1, &text, &len, err));
    text = GARBAGE(char);
    len = GARBAGE_LEN;
    FAILS(QUIPU_E_NOT_FOUND, type->field_json(value, TEXT_ARG("no_such_field"), &text, &len, err));
    CHECK(text == NULL && len == 0);
    FAILS(QUIPU_E_NOT_FOUND, type->field_json(value, NULL, 0, &text, &len, err));
    FAILS(QUIPU_E_INVALID, type->field_json(value, "\xff", 1, &text, &len, err));
    len = GARBAGE_LEN;
    FAILS(QUIPU_E_MISUSE, type->pack(NULL, &bytes, &len, err));
    CHECK(bytes == NULL && len == 0);
    FAILS(QUIPU_E_MISUSE, type->pack(value, NULL, &len, err));
    FAILS(QUIPU_E_MISUSE, type->unpack(NULL, 1, &made, err));
    CHECK(made == NULL);
    FAILS(QUIPU_E_MISUSE, type->unpack("", 0, NULL, err));
    if (type->create != NULL) {
      FAILS(QUIPU_E_MISUSE, type->create(NULL, err));
      FAILS(QUIPU_E_MISUSE, type->set_field_json(NULL, TEXT_ARG(type->fields[0].name), "1", 1, err));
      FAILS(QUIPU_E_MISUSE, type->set_field_json(value, NULL, 1, "1", 1, err));
      FAILS(QUIPU_E_MISUSE, type->set_field_json(value, TEXT_ARG(type->fields[0].name), NULL, 1, err));
      FAILS(QUIPU_E_NOT_FOUND, type->set_field_json(value, TEXT_ARG("no_such_field"), "1", 1, err));
    }
    type->release(value);
  }
}

static void setters_of_null(void) {
  size_t i;
  void *value = value_of(CHRONORECORD, "{}");
  for (i = 0; i < CHRONORECORD->field_count; ++i) {
    const field_functions *field = &CHRONORECORD->fields[i];
    if (field->set_text != NULL) {
      FAILS(QUIPU_E_MISUSE, field->set_text(NULL, "1", 1, err));
      FAILS(QUIPU_E_MISUSE, field->set_text(value, NULL, 1, err));
    }
    if (field->set_int64 != NULL) {
      FAILS(QUIPU_E_MISUSE, field->set_int64(NULL, 1, err));
    }
    if (field->set_real != NULL) {
      FAILS(QUIPU_E_MISUSE, field->set_real(NULL, 1, err));
    }
    if (field->set_truth != NULL) {
      FAILS(QUIPU_E_MISUSE, field->set_truth(NULL, 1, err));
    }
    if (field->add != NULL) {
      FAILS(QUIPU_E_MISUSE, field->add(NULL, "1", 1, err));
      FAILS(QUIPU_E_MISUSE, field->add(value, NULL, 1, err));
      FAILS(QUIPU_E_MISUSE, field->clear(NULL, err));
    }
  }
  check_json(CHRONORECORD, value, object_of(CHRONORECORD, NULL, NULL));
  CHRONORECORD->release(value);
}

static void set_and_check_text(void *value, const field_functions *field, const char *text, size_t text_len,
                               const char *json) {
  size_t len = GARBAGE_LEN;
  const char *got;
  OK(field->set_text(value, text, text_len, err));
  got = field->text(value, &len);
  CHECK_BYTES(text, text_len, got, len);
  CHECK(got[len] == '\0');
  check_json(CHRONORECORD, value, object_of(CHRONORECORD, field->name, json));
}

static void every_setter(void) {
  size_t i, k;
  for (i = 0; i < CHRONORECORD->field_count; ++i) {
    const field_functions *field = &CHRONORECORD->fields[i];
    void *value = value_of(CHRONORECORD, "{}");
    size_t len = GARBAGE_LEN;
    switch (field->kind) {
      case FIELD_TEXT:
      case FIELD_ID:
        set_and_check_text(value, field, TEXT_ARG("a \"b\" \\ \n\x7f"), "\"a \\\"b\\\" \\\\ \\n\x7f\"");
        set_and_check_text(value, field, "a\0b", 3, "\"a\\u0000b\"");
        set_and_check_text(value, field, TEXT_ARG("\xf0\x9f\x98\x80\xc3\xa9"), "\"\xf0\x9f\x98\x80\xc3\xa9\"");
        set_and_check_text(value, field, "", 0, "\"\"");
        OK(field->set_text(value, NULL, 0, err));
        CHECK_TEXT("", field->text(value, &len), len);
        break;
      case FIELD_JSON:
        set_and_check_text(value, field, TEXT_ARG("{\"b\": 1, \"a\": [true, null, 1.5]}"),
                           "{\"b\": 1, \"a\": [true, null, 1.5]}");
        set_and_check_text(value, field, TEXT_ARG("7"), "7");
        OK(field->set_text(value, TEXT_ARG(" [1,2 , {\"x\" :\"\\u00e9\"}] "), err));
        CHECK_TEXT("[1, 2, {\"x\": \"\xc3\xa9\"}]", field->text(value, &len), len);
        break;
      case FIELD_INT64: {
        static const int64_t numbers[] = {0, -1, 1, INT64_MAX, INT64_MIN};
        for (k = 0; k < sizeof numbers / sizeof numbers[0]; ++k) {
          char json[32];
          OK(field->set_int64(value, numbers[k], err));
          CHECK_INT(numbers[k], field->int64(value));
          snprintf(json, sizeof json, "%" PRId64, numbers[k]);
          check_field_json(CHRONORECORD, value, field->name, json);
        }
        break;
      }
      case FIELD_DOUBLE: {
        static const struct {
          double number;
          const char *json;
        } numbers[] = {{0.5, "0.5"},
                       {1, "1.0"},
                       {-0.0, "-0.0"},
                       {1e300, "1e+300"},
                       {5e-324, "5e-324"},
                       {INFINITY, "Infinity"},
                       {-INFINITY, "-Infinity"},
                       {0.1, "0.1"}};
        for (k = 0; k < sizeof numbers / sizeof numbers[0]; ++k) {
          OK(field->set_real(value, numbers[k].number, err));
          CHECK(field->real(value) == numbers[k].number);
          check_field_json(CHRONORECORD, value, field->name, numbers[k].json);
        }
        OK(field->set_real(value, NAN, err));
        CHECK(field->real(value) != field->real(value));
        check_field_json(CHRONORECORD, value, field->name, "NaN");
        break;
      }
      case FIELD_BOOL:
        OK(field->set_truth(value, 5, err));
        CHECK_INT(1, field->truth(value));
        check_field_json(CHRONORECORD, value, field->name, "true");
        OK(field->set_truth(value, 0, err));
        CHECK_INT(0, field->truth(value));
        check_field_json(CHRONORECORD, value, field->name, "false");
        break;
      case FIELD_TEXTS:
        OK(field->add(value, TEXT_ARG("one"), err));
        OK(field->add(value, "t\0o", 3, err));
        OK(field->add(value, NULL, 0, err));
        CHECK_INT(3, field->count(value));
        CHECK_TEXT("one", field->at(value, 0, &len), len);
        CHECK_BYTES("t\0o", 3, field->at(value, 1, &len), len);
        CHECK_TEXT("", field->at(value, 2, &len), len);
        CHECK_TEXT("", field->at(value, 3, &len), len);
        check_field_json(CHRONORECORD, value, field->name, "[\"one\", \"t\\u0000o\", \"\"]");
        OK(field->clear(value, err));
        CHECK_INT(0, field->count(value));
        check_json(CHRONORECORD, value, object_of(CHRONORECORD, NULL, NULL));
        break;
    }
    CHRONORECORD->release(value);
  }
}

/* Every field of every type with a JSON value of every kind: kept, shown as the kind's default where it does not fit. */
static void values_of_other_kinds(void) {
  static const char *const texts[] = {"null",        "true",          "false",   "7",          "-1.5",
                                      "\"text\"",    "[1, 2]",        "[]",      "{\"a\": 1}", "[\"x\", 1]",
                                      "\"\\ud800\"", "[\"\\udc00\"]", "[\"x\"]", "NaN",        "18446744073709551616"};
  size_t t, i, k;
  for (t = 0; t < VALUE_TYPE_COUNT; ++t) {
    const type_functions *type = &value_types[t];
    for (i = 0; i < type->field_count; ++i) {
      const field_functions *field = &type->fields[i];
      for (k = 0; k < sizeof texts / sizeof texts[0]; ++k) {
        const char *json = texts[k];
        char object[256];
        void *value;
        size_t len = GARBAGE_LEN;
        snprintf(object, sizeof object, "{\"unknown\": 1, \"%s\": %s}", field->name, json);
        value = value_of(type, object);
        check_json(type, value, object_of(type, field->name, json));
        check_field_json(type, value, field->name, json);
        switch (field->kind) {
          case FIELD_TEXT:
            if (json[0] != '"') {
              check_default(field, value);
            } else {
              CHECK_TEXT(json[1] == '\\' ? "\xef\xbf\xbd" : "text", field->text(value, &len), len);
            }
            break;
          case FIELD_ID:
            if (json[0] != '"') {
              CHECK_TEXT(json, field->text(value, &len), len);
            } else {
              CHECK_TEXT(json[1] == '\\' ? "\xef\xbf\xbd" : "text", field->text(value, &len), len);
            }
            break;
          case FIELD_JSON:
            CHECK_TEXT(json, field->text(value, &len), len);
            break;
          case FIELD_INT64:
            if (strcmp(json, "7") == 0) {
              CHECK_INT(7, field->int64(value));
            } else {
              check_default(field, value);
            }
            break;
          case FIELD_DOUBLE:
            if (strcmp(json, "7") == 0 || strcmp(json, "-1.5") == 0 || strlen(json) == 20) {
              CHECK(field->real(value) == atof(json));
            } else if (strcmp(json, "NaN") == 0) {
              CHECK(field->real(value) != field->real(value));
            } else {
              check_default(field, value);
            }
            break;
          case FIELD_BOOL:
            if (strcmp(json, "true") == 0) {
              CHECK_INT(1, field->truth(value));
            } else if (strcmp(json, "false") != 0) {
              check_default(field, value);
            }
            break;
          case FIELD_TEXTS:
            if (strcmp(json, "[\"x\"]") == 0) {
              CHECK_INT(1, field->count(value));
              CHECK_TEXT("x", field->at(value, 0, &len), len);
            } else if (strcmp(json, "[\"\\udc00\"]") == 0) {
              CHECK_INT(1, field->count(value));
              CHECK_TEXT("\xef\xbf\xbd", field->at(value, 0, &len), len);
            } else {
              check_default(field, value);
            }
            break;
        }
        if (type->set_field_json != NULL) {
          void *other = value_of(type, "{}");
          OK(type->set_field_json(other, TEXT_ARG(field->name), TEXT_ARG(json), err));
          check_json(type, other, object_of(type, field->name, json));
          type->release(other);
        }
        type->release(value);
      }
    }
  }
}

static void a_setter_replaces_what_was_odd(void) {
  void *value = value_of(CHRONORECORD, "{\"label\": 5, \"evidence\": [1], \"confidence\": 1, \"id\": 7}");
  OK(field_named(CHRONORECORD, "label")->set_text(value, TEXT_ARG("x"), err));
  OK(field_named(CHRONORECORD, "evidence")->add(value, TEXT_ARG("y"), err));
  check_field_json(CHRONORECORD, value, "label", "\"x\"");
  check_field_json(CHRONORECORD, value, "evidence", "[\"y\"]");
  check_field_json(CHRONORECORD, value, "confidence", "1");
  check_field_json(CHRONORECORD, value, "id", "7");
  CHRONORECORD->release(value);
}

static void a_failed_setter_changes_nothing(void) {
  static const char before[] = "{\"label\": \"l\", \"data\": {\"a\": 1}, \"evidence\": [\"e\"]}";
  void *value = value_of(CHRONORECORD, before);
  const char *json = json_of(CHRONORECORD, value);
  quipu_error *error = NULL;
  FAILS(QUIPU_E_INVALID, field_named(CHRONORECORD, "label")->set_text(value, "ab\xff", 3, err));
  FAILS(QUIPU_E_INVALID, field_named(CHRONORECORD, "evidence")->add(value, "\xc0\x80", 2, err));
  FAILS(QUIPU_E_INVALID, field_named(CHRONORECORD, "data")->set_text(value, TEXT_ARG("{\"a\": }"), err));
  FAILS(QUIPU_E_INVALID, field_named(CHRONORECORD, "data")->set_text(value, NULL, 0, err));
  FAILS(QUIPU_E_INVALID, CHRONORECORD->set_field_json(value, TEXT_ARG("kind"), TEXT_ARG("nope"), err));
  FAILS(QUIPU_E_INVALID, CHRONORECORD->set_field_json(value, TEXT_ARG("kind"), NULL, 0, err));
  FAILS_WITH(QUIPU_E_INVALID, CHRONORECORD->set_field_json(value, TEXT_ARG("kind"), "[1, \"\xff\"]", 7, err), error);
  CHECK_INT(5, quipu_error_offset(error));
  quipu_error_free(error);
  check_json(CHRONORECORD, value, json);
  CHRONORECORD->release(value);
}

static void from_json_that_is_none(void) {
  static const struct {
    const char *json;
    int64_t offset;
  } bad[] = {{"", 0},
             {"{", 1},
             {"{}x", 2},
             {"{\"id\": 01}", 8},
             {"{\"id\" 1}", 6},
             {"{\"a\": \"", -2},
             {"{,}", 1},
             {"[1, 2", -2},
             {"nul", -2},
             {"{\"a\": 1,}", -2},
             {"[]", -1},
             {"\"{}\"", -1},
             {"7", -1},
             {"null", -1},
             {"\xef\xbb\xbf{}", -2}};
  size_t t, i;
  for (t = 0; t < VALUE_TYPE_COUNT; ++t) {
    for (i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
      quipu_error *error = NULL;
      void *made = NULL;
      FAILS_WITH(QUIPU_E_INVALID, value_types[t].from_json(TEXT_ARG(bad[i].json), &made, err), error);
      CHECK(made == NULL);
      if (bad[i].offset == -2) {
        CHECK(quipu_error_offset(error) >= 0 && quipu_error_offset(error) <= (int64_t)strlen(bad[i].json));
      } else {
        check_int(bad[i].offset, quipu_error_offset(error), bad[i].json, __FILE__, __LINE__);
      }
      quipu_error_free(error);
    }
  }
}

static void from_json_takes_the_last_of_equal_names(void) {
  void *value = value_of(CHRONORECORD, " {\"label\": \"a\", \"id\": \"x\", \"label\": \"b\"} ");
  check_field_json(CHRONORECORD, value, "label", "\"b\"");
  CHRONORECORD->release(value);
}

static void copies_are_independent(void) {
  size_t t;
  void *value = value_of(CHRONORECORD, "{\"label\": \"first\", \"evidence\": [\"e\"]}");
  void *copy = NULL;
  void *third = NULL;
  const char *before = json_of(CHRONORECORD, value);
  OK(CHRONORECORD->copy(value, &copy, err));
  OK(field_named(CHRONORECORD, "label")->set_text(copy, TEXT_ARG("second"), err));
  OK(CHRONORECORD->copy(copy, &third, err));
  OK(field_named(CHRONORECORD, "evidence")->add(copy, TEXT_ARG("more"), err));
  check_json(CHRONORECORD, value, before);
  CHRONORECORD->release(value);
  check_field_json(CHRONORECORD, copy, "label", "\"second\"");
  check_field_json(CHRONORECORD, copy, "evidence", "[\"e\", \"more\"]");
  check_field_json(CHRONORECORD, third, "label", "\"second\"");
  check_field_json(CHRONORECORD, third, "evidence", "[\"e\"]");
  CHRONORECORD->release(copy);
  CHRONORECORD->release(third);

  for (t = 0; t < VALUE_TYPE_COUNT; ++t) {
    value = value_of(&value_types[t], "{}");
    OK(value_types[t].copy(value, &copy, err));
    value_types[t].release(value);
    check_json(&value_types[t], copy, object_of(&value_types[t], NULL, NULL));
    value_types[t].release(copy);
  }
}

/* Text handed out stays valid while other fields are changed, and while the value is written as JSON. */
static void borrowed_text_stays(void) {
  void *value =
      value_of(CHRONORECORD, "{\"label\": \"the label\", \"evidence\": [\"one\", \"two\"], \"data\": {\"a\": 1}}");
  const char *label = field_named(CHRONORECORD, "label")->text(value, NULL);
  const char *data = field_named(CHRONORECORD, "data")->text(value, NULL);
  const char *two = field_named(CHRONORECORD, "evidence")->at(value, 1, NULL);
  void *copy = NULL;
  int i;
  for (i = 0; i < 10; ++i) {
    OK(field_named(CHRONORECORD, "kind")->set_text(value, TEXT_ARG("some other kind of record"), err));
    field_named(CHRONORECORD, "kind")->text(value, NULL);
    json_of(CHRONORECORD, value);
    OK(CHRONORECORD->copy(value, &copy, err));
    CHRONORECORD->release(copy);
  }
  CHECK_TEXT("the label", label, strlen(label));
  CHECK_TEXT("{\"a\": 1}", data, strlen(data));
  CHECK_TEXT("two", two, strlen(two));
  CHRONORECORD->release(value);
}

int main(void) {
  static const test_case cases[] = {
      {"defaults_and_the_list_of_fields", defaults_and_the_list_of_fields},
      {"null_values", null_values},
      {"setters_of_null", setters_of_null},
      {"every_setter", every_setter},
      {"values_of_other_kinds", values_of_other_kinds},
      {"a_setter_replaces_what_was_odd", a_setter_replaces_what_was_odd},
      {"a_failed_setter_changes_nothing", a_failed_setter_changes_nothing},
      {"from_json_that_is_none", from_json_that_is_none},
      {"from_json_takes_the_last_of_equal_names", from_json_takes_the_last_of_equal_names},
      {"copies_are_independent", copies_are_independent},
      {"borrowed_text_stays", borrowed_text_stays},
  };
  return RUN_CASES(cases);
}
