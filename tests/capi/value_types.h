/* value_types.h - all value types and their fields, as tables of functions, so that a test can go through all of them.
 *
 * The lists here are checked against the library: a field that core/<area>/values.toml has and a list has not, or the
 * other way round, or elsewhere in the order, fails values_test. */
#ifndef QUIPU_TESTS_CAPI_VALUE_TYPES_H
#define QUIPU_TESTS_CAPI_VALUE_TYPES_H

#include "support.h"

typedef enum field_kind {
  FIELD_TEXT,
  FIELD_ID,
  FIELD_INT64,
  FIELD_DOUBLE,
  FIELD_BOOL,
  FIELD_JSON,
  FIELD_TEXTS
} field_kind;

/* value is of the type; what does not fit the kind is NULL, and the setters are NULL where the type has none. */
typedef struct field_functions {
  const char *name;
  field_kind kind;
  const char *default_json;

  const char *(*text)(const void *value, size_t *len); /* text, id, json */
  int64_t (*int64)(const void *value);
  double (*real)(const void *value);
  int (*truth)(const void *value);
  size_t (*count)(const void *value);
  const char *(*at)(const void *value, size_t index, size_t *len);

  quipu_status (*set_text)(void *value, const char *text, size_t len, quipu_error **err); /* text, id, json */
  quipu_status (*set_int64)(void *value, int64_t number, quipu_error **err);
  quipu_status (*set_real)(void *value, double number, quipu_error **err);
  quipu_status (*set_truth)(void *value, int truth, quipu_error **err);
  quipu_status (*add)(void *value, const char *text, size_t len, quipu_error **err);
  quipu_status (*clear)(void *value, quipu_error **err);
} field_functions;

typedef struct type_functions {
  const char *name;
  const field_functions *fields;
  size_t field_count;

  quipu_status (*copy)(const void *value, void **out, quipu_error **err);
  quipu_status (*to_json)(const void *value, char **out, size_t *out_len, quipu_error **err);
  quipu_status (*from_json)(const char *json, size_t json_len, void **out, quipu_error **err);
  quipu_status (*field_json)(const void *value, const char *name, size_t name_len, char **out, size_t *out_len,
                             quipu_error **err);
  quipu_status (*pack)(const void *value, uint8_t **out, size_t *out_len, quipu_error **err);
  quipu_status (*unpack)(const void *data, size_t len, void **out, quipu_error **err);
  void (*release)(void *value);

  quipu_status (*create)(void **out, quipu_error **err); /* only where the type is settable */
  quipu_status (*set_field_json)(void *value, const char *name, size_t name_len, const char *json, size_t json_len,
                                 quipu_error **err);
} type_functions;

extern const type_functions value_types[22];
#define VALUE_TYPE_COUNT (sizeof value_types / sizeof value_types[0])
#define CHRONORECORD (&value_types[0])
#define WALEVENT (&value_types[1])
#define CHRONOMIGRATION (&value_types[4])

const field_functions *field_named(const type_functions *type, const char *name);

/* A value made of JSON text; ends the program if that fails. */
void *value_of(const type_functions *type, const char *json);
/* Memory of the case. */
const char *json_of(const type_functions *type, const void *value);
const char *field_json_of(const type_functions *type, const void *value, const char *name);

#endif
