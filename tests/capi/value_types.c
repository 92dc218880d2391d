#include "value_types.h"

/* C has no conversion between the pointer types of functions that may be called through: one small function for each. */

#define GETTER_TEXT(type, field)                                      \
  static const char *type##_##field(const void *value, size_t *len) { \
    return quipu_##type##_##field((const quipu_##type *)value, len);  \
  }
#define GETTER_ID GETTER_TEXT
#define GETTER_JSON GETTER_TEXT
#define GETTER_INT64(type, field) \
  static int64_t type##_##field(const void *value) { return quipu_##type##_##field((const quipu_##type *)value); }
#define GETTER_DOUBLE(type, field) \
  static double type##_##field(const void *value) { return quipu_##type##_##field((const quipu_##type *)value); }
#define GETTER_BOOL(type, field) \
  static int type##_##field(const void *value) { return quipu_##type##_##field((const quipu_##type *)value); }
#define GETTER_TEXTS(type, field)                                                        \
  static size_t type##_##field##_count(const void *value) {                              \
    return quipu_##type##_##field##_count((const quipu_##type *)value);                  \
  }                                                                                      \
  static const char *type##_##field##_at(const void *value, size_t index, size_t *len) { \
    return quipu_##type##_##field##_at((const quipu_##type *)value, index, len);         \
  }

#define SETTER_TEXT(type, field)                                                                         \
  static quipu_status type##_set_##field(void *value, const char *text, size_t len, quipu_error **err) { \
    return quipu_##type##_set_##field((quipu_##type *)value, text, len, err);                            \
  }
#define SETTER_ID SETTER_TEXT
#define SETTER_JSON SETTER_TEXT
#define SETTER_INT64(type, field)                                                          \
  static quipu_status type##_set_##field(void *value, int64_t number, quipu_error **err) { \
    return quipu_##type##_set_##field((quipu_##type *)value, number, err);                 \
  }
#define SETTER_DOUBLE(type, field)                                                        \
  static quipu_status type##_set_##field(void *value, double number, quipu_error **err) { \
    return quipu_##type##_set_##field((quipu_##type *)value, number, err);                \
  }
#define SETTER_BOOL(type, field)                                                      \
  static quipu_status type##_set_##field(void *value, int truth, quipu_error **err) { \
    return quipu_##type##_set_##field((quipu_##type *)value, truth, err);             \
  }
#define SETTER_TEXTS(type, field)                                                                          \
  static quipu_status type##_##field##_add(void *value, const char *text, size_t len, quipu_error **err) { \
    return quipu_##type##_##field##_add((quipu_##type *)value, text, len, err);                            \
  }                                                                                                        \
  static quipu_status type##_##field##_clear(void *value, quipu_error **err) {                             \
    return quipu_##type##_##field##_clear((quipu_##type *)value, err);                                     \
  }

#define TYPE(type)                                                                                                 \
  static quipu_status type##_copy(const void *value, void **out, quipu_error **err) {                              \
    quipu_##type *made = GARBAGE(quipu_##type);                                                                    \
    const quipu_status status = quipu_##type##_copy((const quipu_##type *)value, out == NULL ? NULL : &made, err); \
    if (out != NULL) *out = made;                                                                                  \
    return status;                                                                                                 \
  }                                                                                                                \
  static quipu_status type##_to_json(const void *value, char **out, size_t *out_len, quipu_error **err) {          \
    return quipu_##type##_to_json((const quipu_##type *)value, out, out_len, err);                                 \
  }                                                                                                                \
  static quipu_status type##_from_json(const char *json, size_t json_len, void **out, quipu_error **err) {         \
    quipu_##type *made = GARBAGE(quipu_##type);                                                                    \
    const quipu_status status = quipu_##type##_from_json(json, json_len, out == NULL ? NULL : &made, err);         \
    if (out != NULL) *out = made;                                                                                  \
    return status;                                                                                                 \
  }                                                                                                                \
  static quipu_status type##_field_json(const void *value, const char *name, size_t name_len, char **out,          \
                                        size_t *out_len, quipu_error **err) {                                      \
    return quipu_##type##_field_json((const quipu_##type *)value, name, name_len, out, out_len, err);              \
  }                                                                                                                \
  static quipu_status type##_pack(const void *value, uint8_t **out, size_t *out_len, quipu_error **err) {          \
    return quipu_##type##_pack((const quipu_##type *)value, out, out_len, err);                                    \
  }                                                                                                                \
  static quipu_status type##_unpack(const void *data, size_t len, void **out, quipu_error **err) {                 \
    quipu_##type *made = GARBAGE(quipu_##type);                                                                    \
    const quipu_status status = quipu_##type##_unpack(data, len, out == NULL ? NULL : &made, err);                 \
    if (out != NULL) *out = made;                                                                                  \
    return status;                                                                                                 \
  }                                                                                                                \
  static void type##_release(void *value) { quipu_##type##_free((quipu_##type *)value); }

#define SETTABLE_TYPE(type)                                                                                   \
  static quipu_status type##_create(void **out, quipu_error **err) {                                          \
    quipu_##type *made = GARBAGE(quipu_##type);                                                               \
    const quipu_status status = quipu_##type##_create(out == NULL ? NULL : &made, err);                       \
    if (out != NULL) *out = made;                                                                             \
    return status;                                                                                            \
  }                                                                                                           \
  static quipu_status type##_set_field_json(void *value, const char *name, size_t name_len, const char *json, \
                                            size_t json_len, quipu_error **err) {                             \
    return quipu_##type##_set_field_json((quipu_##type *)value, name, name_len, json, json_len, err);         \
  }

/* Rows of a field table. */
#define ROW_TEXT_(kind, type, field, json, setter) \
  {#field, kind, json, type##_##field, NULL, NULL, NULL, NULL, NULL, setter, NULL, NULL, NULL, NULL, NULL},
#define ROW_INT64_(type, field, json, setter) \
  {#field, FIELD_INT64, json, NULL, type##_##field, NULL, NULL, NULL, NULL, NULL, setter, NULL, NULL, NULL, NULL},
#define ROW_DOUBLE_(type, field, json, setter) \
  {#field, FIELD_DOUBLE, json, NULL, NULL, type##_##field, NULL, NULL, NULL, NULL, NULL, setter, NULL, NULL, NULL},
#define ROW_BOOL_(type, field, json, setter) \
  {#field, FIELD_BOOL, json, NULL, NULL, NULL, type##_##field, NULL, NULL, NULL, NULL, NULL, setter, NULL, NULL},
#define ROW_TEXTS_(type, field, json, adder, clearer)                                                 \
  {#field, FIELD_TEXTS, json, NULL, NULL,  NULL,   NULL, type##_##field##_count, type##_##field##_at, \
   NULL,   NULL,        NULL, NULL, adder, clearer},

#define ROW_TEXT(type, field, json) ROW_TEXT_(FIELD_TEXT, type, field, json, NULL)
#define ROW_ID(type, field, json) ROW_TEXT_(FIELD_ID, type, field, json, NULL)
#define ROW_JSON(type, field, json) ROW_TEXT_(FIELD_JSON, type, field, json, NULL)
#define ROW_INT64(type, field, json) ROW_INT64_(type, field, json, NULL)
#define ROW_DOUBLE(type, field, json) ROW_DOUBLE_(type, field, json, NULL)
#define ROW_BOOL(type, field, json) ROW_BOOL_(type, field, json, NULL)
#define ROW_TEXTS(type, field, json) ROW_TEXTS_(type, field, json, NULL, NULL)

#define SETTABLE_TEXT(type, field, json) ROW_TEXT_(FIELD_TEXT, type, field, json, type##_set_##field)
#define SETTABLE_ID(type, field, json) ROW_TEXT_(FIELD_ID, type, field, json, type##_set_##field)
#define SETTABLE_JSON(type, field, json) ROW_TEXT_(FIELD_JSON, type, field, json, type##_set_##field)
#define SETTABLE_INT64(type, field, json) ROW_INT64_(type, field, json, type##_set_##field)
#define SETTABLE_DOUBLE(type, field, json) ROW_DOUBLE_(type, field, json, type##_set_##field)
#define SETTABLE_BOOL(type, field, json) ROW_BOOL_(type, field, json, type##_set_##field)
#define SETTABLE_TEXTS(type, field, json) ROW_TEXTS_(type, field, json, type##_##field##_add, type##_##field##_clear)

#define DO_GETTER(kind, type, field, json) GETTER_##kind(type, field)
#define DO_SETTER(kind, type, field, json) SETTER_##kind(type, field)
#define DO_ROW(kind, type, field, json) ROW_##kind(type, field, json)
#define DO_SETTABLE(kind, type, field, json) SETTABLE_##kind(type, field, json)

/* ---- the fields, in the order of the description */

#define RECORD_FIELDS(F)                             \
  F(ID, chronorecord, id, "\"\"")                    \
  F(TEXT, chronorecord, kind, "\"fact\"")            \
  F(TEXT, chronorecord, status, "\"active\"")        \
  F(TEXT, chronorecord, label, "\"\"")               \
  F(DOUBLE, chronorecord, confidence, "0.7")         \
  F(TEXT, chronorecord, source_type, "\"observed\"") \
  F(TEXTS, chronorecord, evidence, "[]")             \
  F(TEXTS, chronorecord, epistemic_boundary, "[]")   \
  F(BOOL, chronorecord, is_hypothesis, "false")      \
  F(JSON, chronorecord, model_assumptions, "{}")     \
  F(INT64, chronorecord, recursion_depth, "0")       \
  F(JSON, chronorecord, data, "{}")

#define EVENT_FIELDS(F)                \
  F(INT64, walevent, seq, "0")         \
  F(TEXT, walevent, ts, "\"\"")        \
  F(TEXT, walevent, op, "\"upsert\"")  \
  F(ID, walevent, record_id, "\"\"")   \
  F(JSON, walevent, record, "{}")      \
  F(TEXT, walevent, prev_hash, "\"\"") \
  F(TEXT, walevent, hash, "\"\"")      \
  F(INT64, walevent, recursion_depth, "0")

#define NOTICE_FIELDS(F)               \
  F(TEXT, chrononotice, code, "\"\"")  \
  F(TEXT, chrononotice, file, "\"\"")  \
  F(INT64, chrononotice, line, "0")    \
  F(INT64, chrononotice, offset, "-1") \
  F(INT64, chrononotice, seq, "-1")    \
  F(TEXT, chrononotice, message, "\"\"")

#define VERIFICATION_FIELDS(F)                   \
  F(BOOL, chronoverification, valid, "false")    \
  F(INT64, chronoverification, events, "0")      \
  F(INT64, chronoverification, lines, "0")       \
  F(TEXT, chronoverification, problem, "\"\"")   \
  F(INT64, chronoverification, line, "0")        \
  F(INT64, chronoverification, offset, "-1")     \
  F(INT64, chronoverification, seq, "-1")        \
  F(TEXT, chronoverification, expected, "\"\"")  \
  F(TEXT, chronoverification, found, "\"\"")     \
  F(INT64, chronoverification, last_seq, "0")    \
  F(TEXT, chronoverification, last_hash, "\"\"") \
  F(TEXT, chronoverification, message, "\"\"")

#define MIGRATION_FIELDS(F)                    \
  F(INT64, chronomigration, requirements, "0") \
  F(INT64, chronomigration, testcases, "0")    \
  F(INT64, chronomigration, skipped, "0")

#define MEMORY_SESSION_FIELDS(F)             \
  F(TEXT, memorysession, id, "\"\"")         \
  F(TEXT, memorysession, project, "\"\"")    \
  F(TEXT, memorysession, directory, "\"\"")  \
  F(TEXT, memorysession, started_at, "\"\"") \
  F(TEXT, memorysession, ended_at, "\"\"")   \
  F(TEXT, memorysession, summary, "\"\"")    \
  F(JSON, memorysession, extra, "{}")        \
  F(BOOL, memorysession, recovered, "false")

#define MEMORY_OBSERVATION_FIELDS(F)                \
  F(INT64, memoryobservation, id, "0")              \
  F(TEXT, memoryobservation, sync_id, "\"\"")       \
  F(TEXT, memoryobservation, session_id, "\"\"")    \
  F(TEXT, memoryobservation, type, "\"\"")          \
  F(TEXT, memoryobservation, title, "\"\"")         \
  F(TEXT, memoryobservation, content, "\"\"")       \
  F(TEXT, memoryobservation, tool_name, "\"\"")     \
  F(TEXT, memoryobservation, project, "\"\"")       \
  F(TEXT, memoryobservation, scope, "\"project\"")  \
  F(TEXT, memoryobservation, topic_key, "\"\"")     \
  F(INT64, memoryobservation, revision_count, "1")  \
  F(INT64, memoryobservation, duplicate_count, "1") \
  F(TEXT, memoryobservation, last_seen_at, "\"\"")  \
  F(TEXT, memoryobservation, review_after, "\"\"")  \
  F(TEXT, memoryobservation, created_at, "\"\"")    \
  F(TEXT, memoryobservation, updated_at, "\"\"")    \
  F(TEXT, memoryobservation, deleted_at, "\"\"")    \
  F(JSON, memoryobservation, extra, "{}")

#define MEMORY_HIT_FIELDS(F)                \
  F(INT64, memoryhit, id, "0")              \
  F(TEXT, memoryhit, sync_id, "\"\"")       \
  F(TEXT, memoryhit, session_id, "\"\"")    \
  F(TEXT, memoryhit, type, "\"\"")          \
  F(TEXT, memoryhit, title, "\"\"")         \
  F(TEXT, memoryhit, content, "\"\"")       \
  F(TEXT, memoryhit, tool_name, "\"\"")     \
  F(TEXT, memoryhit, project, "\"\"")       \
  F(TEXT, memoryhit, scope, "\"project\"")  \
  F(TEXT, memoryhit, topic_key, "\"\"")     \
  F(INT64, memoryhit, revision_count, "1")  \
  F(INT64, memoryhit, duplicate_count, "1") \
  F(TEXT, memoryhit, last_seen_at, "\"\"")  \
  F(TEXT, memoryhit, review_after, "\"\"")  \
  F(TEXT, memoryhit, created_at, "\"\"")    \
  F(TEXT, memoryhit, updated_at, "\"\"")    \
  F(TEXT, memoryhit, deleted_at, "\"\"")    \
  F(JSON, memoryhit, extra, "{}")           \
  F(DOUBLE, memoryhit, rank, "0.0")

#define MEMORY_PROMPT_FIELDS(F)             \
  F(INT64, memoryprompt, id, "0")           \
  F(TEXT, memoryprompt, sync_id, "\"\"")    \
  F(TEXT, memoryprompt, session_id, "\"\"") \
  F(TEXT, memoryprompt, content, "\"\"")    \
  F(TEXT, memoryprompt, project, "\"\"")    \
  F(TEXT, memoryprompt, created_at, "\"\"") \
  F(JSON, memoryprompt, extra, "{}")

#define MEMORY_ADDITION_FIELDS(F)                 \
  F(TEXT, memoryaddition, outcome, "\"created\"") \
  F(TEXT, memoryaddition, sync_id, "\"\"")        \
  F(INT64, memoryaddition, id, "0")               \
  F(INT64, memoryaddition, revision_count, "1")   \
  F(INT64, memoryaddition, duplicate_count, "1")  \
  F(BOOL, memoryaddition, truncated, "false")

#define MEMORY_STATS_FIELDS(F)             \
  F(INT64, memorystats, sessions, "0")     \
  F(INT64, memorystats, observations, "0") \
  F(INT64, memorystats, prompts, "0")      \
  F(TEXTS, memorystats, projects, "[]")

#define MEMORY_MUTATION_FIELDS(F)                  \
  F(INT64, memorymutation, seq, "0")               \
  F(TEXT, memorymutation, target_key, "\"cloud\"") \
  F(TEXT, memorymutation, entity, "\"\"")          \
  F(TEXT, memorymutation, entity_key, "\"\"")      \
  F(TEXT, memorymutation, op, "\"upsert\"")        \
  F(TEXT, memorymutation, payload, "\"\"")         \
  F(TEXT, memorymutation, source, "\"local\"")     \
  F(TEXT, memorymutation, project, "\"\"")         \
  F(TEXT, memorymutation, occurred_at, "\"\"")     \
  F(TEXT, memorymutation, acked_at, "\"\"")

#define MEMORY_PURGE_FIELDS(F)       \
  F(INT64, memorypurge, events, "0") \
  F(INT64, memorypurge, deleted, "0")

#define MEMORY_IMPORT_FIELDS(F)                      \
  F(INT64, memoryimport, sessions_imported, "0")     \
  F(INT64, memoryimport, sessions_recovered, "0")    \
  F(INT64, memoryimport, observations_imported, "0") \
  F(INT64, memoryimport, prompts_imported, "0")      \
  F(INT64, memoryimport, rows_stale, "0")            \
  F(INT64, memoryimport, rows_deleted, "0")          \
  F(INT64, memoryimport, relations_imported, "0")    \
  F(INT64, memoryimport, projects_enrolled, "0")     \
  F(INT64, memoryimport, chunks_known, "0")

#define MEMORY_PROJECT_FIELDS(F)            \
  F(TEXT, memoryproject, name, "\"\"")      \
  F(BOOL, memoryproject, enrolled, "false") \
  F(TEXT, memoryproject, enrolled_at, "\"\"")

#define SYNC_EXPORT_FIELDS(F)                      \
  F(TEXT, syncexport, chunk_id, "\"\"")            \
  F(INT64, syncexport, sessions_exported, "0")     \
  F(INT64, syncexport, observations_exported, "0") \
  F(INT64, syncexport, prompts_exported, "0")      \
  F(INT64, syncexport, mutations_exported, "0")    \
  F(BOOL, syncexport, is_empty, "true")            \
  F(TEXTS, syncexport, chunk_ids, "[]")

#define SYNC_IMPORT_FIELDS(F)                      \
  F(INT64, syncimport, chunks_imported, "0")       \
  F(INT64, syncimport, chunks_skipped, "0")        \
  F(INT64, syncimport, sessions_imported, "0")     \
  F(INT64, syncimport, observations_imported, "0") \
  F(INT64, syncimport, prompts_imported, "0")      \
  F(INT64, syncimport, chunks_rejected, "0")       \
  F(INT64, syncimport, sessions_recovered, "0")    \
  F(INT64, syncimport, rows_stale, "0")            \
  F(INT64, syncimport, rows_deleted, "0")

#define SYNC_STATUS_FIELDS(F)       \
  F(INT64, syncstatus, local, "0")  \
  F(INT64, syncstatus, remote, "0") \
  F(INT64, syncstatus, pending, "0")

#define SYNC_ISSUE_FIELDS(F)         \
  F(TEXT, syncissue, id, "\"\"")     \
  F(TEXT, syncissue, code, "\"\"")   \
  F(TEXT, syncissue, actual, "\"\"") \
  F(INT64, syncissue, version, "0")  \
  F(TEXT, syncissue, detail, "\"\"")

#define SYNC_DIAGNOSIS_FIELDS(F)               \
  F(TEXT, syncdiagnosis, status, "\"\"")       \
  F(TEXT, syncdiagnosis, report_class, "\"\"") \
  F(TEXT, syncdiagnosis, code, "\"\"")         \
  F(TEXT, syncdiagnosis, message, "\"\"")

#define SYNC_UPGRADE_FIELDS(F)                     \
  F(TEXT, syncupgrade, project, "\"\"")            \
  F(TEXT, syncupgrade, stage, "\"planned\"")       \
  F(TEXT, syncupgrade, repair_class, "\"none\"")   \
  F(BOOL, syncupgrade, resumed, "false")           \
  F(BOOL, syncupgrade, no_op, "false")             \
  F(BOOL, syncupgrade, was_enrolled, "false")      \
  F(TEXT, syncupgrade, last_error_code, "\"\"")    \
  F(TEXT, syncupgrade, last_error_message, "\"\"") \
  F(TEXT, syncupgrade, updated_at, "\"\"")

#define MANIFEST_MERGE_FIELDS(F)               \
  F(TEXT, manifestmerge, text, "\"\"")         \
  F(BOOL, manifestmerge, changed, "false")     \
  F(BOOL, manifestmerge, recovered, "false")   \
  F(TEXTS, manifestmerge, kept_ids, "[]")      \
  F(TEXTS, manifestmerge, recounted_ids, "[]") \
  F(TEXTS, manifestmerge, added_ids, "[]")     \
  F(TEXTS, manifestmerge, unverified_ids, "[]")

TYPE(chronorecord)
SETTABLE_TYPE(chronorecord)
RECORD_FIELDS(DO_GETTER)
RECORD_FIELDS(DO_SETTER)
TYPE(walevent)
EVENT_FIELDS(DO_GETTER)
TYPE(chrononotice)
NOTICE_FIELDS(DO_GETTER)
TYPE(chronoverification)
VERIFICATION_FIELDS(DO_GETTER)
TYPE(chronomigration)
MIGRATION_FIELDS(DO_GETTER)
TYPE(memorysession)
MEMORY_SESSION_FIELDS(DO_GETTER)
TYPE(memoryobservation)
MEMORY_OBSERVATION_FIELDS(DO_GETTER)
TYPE(memoryhit)
MEMORY_HIT_FIELDS(DO_GETTER)
TYPE(memoryprompt)
MEMORY_PROMPT_FIELDS(DO_GETTER)
TYPE(memoryaddition)
MEMORY_ADDITION_FIELDS(DO_GETTER)
TYPE(memorystats)
MEMORY_STATS_FIELDS(DO_GETTER)
TYPE(memorymutation)
MEMORY_MUTATION_FIELDS(DO_GETTER)
TYPE(memorypurge)
MEMORY_PURGE_FIELDS(DO_GETTER)
TYPE(memoryimport)
MEMORY_IMPORT_FIELDS(DO_GETTER)
TYPE(memoryproject)
MEMORY_PROJECT_FIELDS(DO_GETTER)
TYPE(syncexport)
SYNC_EXPORT_FIELDS(DO_GETTER)
TYPE(syncimport)
SYNC_IMPORT_FIELDS(DO_GETTER)
TYPE(syncstatus)
SYNC_STATUS_FIELDS(DO_GETTER)
TYPE(syncissue)
SYNC_ISSUE_FIELDS(DO_GETTER)
TYPE(syncdiagnosis)
SYNC_DIAGNOSIS_FIELDS(DO_GETTER)
TYPE(syncupgrade)
SYNC_UPGRADE_FIELDS(DO_GETTER)
TYPE(manifestmerge)
MANIFEST_MERGE_FIELDS(DO_GETTER)

static const field_functions record_fields[] = {RECORD_FIELDS(DO_SETTABLE)};
static const field_functions event_fields[] = {EVENT_FIELDS(DO_ROW)};
static const field_functions notice_fields[] = {NOTICE_FIELDS(DO_ROW)};
static const field_functions verification_fields[] = {VERIFICATION_FIELDS(DO_ROW)};
static const field_functions migration_fields[] = {MIGRATION_FIELDS(DO_ROW)};
static const field_functions memory_session_fields[] = {MEMORY_SESSION_FIELDS(DO_ROW)};
static const field_functions memory_observation_fields[] = {MEMORY_OBSERVATION_FIELDS(DO_ROW)};
static const field_functions memory_hit_fields[] = {MEMORY_HIT_FIELDS(DO_ROW)};
static const field_functions memory_prompt_fields[] = {MEMORY_PROMPT_FIELDS(DO_ROW)};
static const field_functions memory_addition_fields[] = {MEMORY_ADDITION_FIELDS(DO_ROW)};
static const field_functions memory_stats_fields[] = {MEMORY_STATS_FIELDS(DO_ROW)};
static const field_functions memory_mutation_fields[] = {MEMORY_MUTATION_FIELDS(DO_ROW)};
static const field_functions memory_purge_fields[] = {MEMORY_PURGE_FIELDS(DO_ROW)};
static const field_functions memory_import_fields[] = {MEMORY_IMPORT_FIELDS(DO_ROW)};
static const field_functions memory_project_fields[] = {MEMORY_PROJECT_FIELDS(DO_ROW)};
static const field_functions sync_export_fields[] = {SYNC_EXPORT_FIELDS(DO_ROW)};
static const field_functions sync_import_fields[] = {SYNC_IMPORT_FIELDS(DO_ROW)};
static const field_functions sync_status_fields[] = {SYNC_STATUS_FIELDS(DO_ROW)};
static const field_functions sync_issue_fields[] = {SYNC_ISSUE_FIELDS(DO_ROW)};
static const field_functions sync_diagnosis_fields[] = {SYNC_DIAGNOSIS_FIELDS(DO_ROW)};
static const field_functions sync_upgrade_fields[] = {SYNC_UPGRADE_FIELDS(DO_ROW)};
static const field_functions manifest_merge_fields[] = {MANIFEST_MERGE_FIELDS(DO_ROW)};

#define COMMON(type, fields)                                                                               \
  "quipu_" #type, fields, sizeof fields / sizeof fields[0], type##_copy, type##_to_json, type##_from_json, \
      type##_field_json, type##_pack, type##_unpack, type##_release

const type_functions value_types[22] = {
    {COMMON(chronorecord, record_fields), chronorecord_create, chronorecord_set_field_json},
    {COMMON(walevent, event_fields), NULL, NULL},
    {COMMON(chrononotice, notice_fields), NULL, NULL},
    {COMMON(chronoverification, verification_fields), NULL, NULL},
    {COMMON(chronomigration, migration_fields), NULL, NULL},
    {COMMON(memorysession, memory_session_fields), NULL, NULL},
    {COMMON(memoryobservation, memory_observation_fields), NULL, NULL},
    {COMMON(memoryhit, memory_hit_fields), NULL, NULL},
    {COMMON(memoryprompt, memory_prompt_fields), NULL, NULL},
    {COMMON(memoryaddition, memory_addition_fields), NULL, NULL},
    {COMMON(memorystats, memory_stats_fields), NULL, NULL},
    {COMMON(memorymutation, memory_mutation_fields), NULL, NULL},
    {COMMON(memorypurge, memory_purge_fields), NULL, NULL},
    {COMMON(memoryimport, memory_import_fields), NULL, NULL},
    {COMMON(memoryproject, memory_project_fields), NULL, NULL},
    {COMMON(syncexport, sync_export_fields), NULL, NULL},
    {COMMON(syncimport, sync_import_fields), NULL, NULL},
    {COMMON(syncstatus, sync_status_fields), NULL, NULL},
    {COMMON(syncissue, sync_issue_fields), NULL, NULL},
    {COMMON(syncdiagnosis, sync_diagnosis_fields), NULL, NULL},
    {COMMON(syncupgrade, sync_upgrade_fields), NULL, NULL},
    {COMMON(manifestmerge, manifest_merge_fields), NULL, NULL},
};

const field_functions *field_named(const type_functions *type, const char *name) {
  size_t i;
  for (i = 0; i < type->field_count; ++i) {
    if (strcmp(type->fields[i].name, name) == 0) {
      return &type->fields[i];
    }
  }
  fprintf(stderr, "%s has no field %s\n", type->name, name);
  exit(1);
}

void *value_of(const type_functions *type, const char *json) {
  void *value = NULL;
  OK(type->from_json(TEXT_ARG(json), &value, err));
  if (value == NULL) {
    fprintf(stderr, "not made: %s\n", json);
    exit(1);
  }
  return value;
}

static const char *kept(char *text, size_t len) {
  char *copy = case_memory(len + 1);
  memcpy(copy, text, len);
  quipu_free(text);
  return copy;
}

const char *json_of(const type_functions *type, const void *value) {
  char *text = NULL;
  size_t len = 0;
  OK(type->to_json(value, &text, &len, err));
  return kept(text, len);
}

const char *field_json_of(const type_functions *type, const void *value, const char *name) {
  char *text = NULL;
  size_t len = 0;
  OK(type->field_json(value, TEXT_ARG(name), &text, &len, err));
  return kept(text, len);
}
