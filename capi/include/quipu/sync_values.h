/* quipu/sync_values.h - the value types of quipu/sync.h, with their fields.
 *
 * Made by capi/values/generate.py from core/sync/values.toml: change it there.
 *
 * A value belongs to the caller and is released with its _free. It is a snapshot: later writes to the store, and closing
 * it, do not change it. One thread at a time.
 *
 * Getters accept NULL (then: the field's default). Text and JSON text they hand out are borrowed, end in a NUL that is not
 * counted, and stay valid until the value is changed or freed; len may be NULL. A field that holds a JSON value of another
 * kind in the file (a number as label) shows its default through the getter, and itself through _field_json; it is
 * written back as it was unless a setter changes it. Where a text holds a lone surrogate the getter shows U+FFFD. An index
 * past the end of a list of texts gives an empty text.
 *
 * Setters copy what they are given. QUIPU_E_INVALID for text that is not UTF-8, JSON that does not parse or nests deeper than 256
 * levels; the value is unchanged then. Since 0.1 (experimental), all of them.
 */
#ifndef QUIPU_SYNC_VALUES_H
#define QUIPU_SYNC_VALUES_H

#include <quipu/base.h>
#include <quipu/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- SyncExport ---------------------------------------------------------------------------------------------------- */

/** What an export sent. */
typedef struct quipu_syncexport quipu_syncexport;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_syncexport_copy(const quipu_syncexport *value, quipu_syncexport **out, quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncexport_to_json(const quipu_syncexport *value, char **out, size_t *out_len,
                                                quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_syncexport_from_json(const char *json, size_t json_len, quipu_syncexport **out,
                                                  quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_syncexport_field_json(const quipu_syncexport *value, const char *name, size_t name_len,
                                                   char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncexport_pack(const quipu_syncexport *value, uint8_t **out, size_t *out_len,
                                             quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_syncexport_unpack(const void *data, size_t len, quipu_syncexport **out,
                                               quipu_error **err);
QUIPU_API void quipu_syncexport_free(quipu_syncexport *value); /* NULL is fine */

/** The first chunk it made; empty if there was nothing to send. */
QUIPU_API const char *quipu_syncexport_chunk_id(const quipu_syncexport *value, size_t *len);

/** Rows of sessions in its chunks. */
QUIPU_API int64_t quipu_syncexport_sessions_exported(const quipu_syncexport *value);

/** Rows of observations in them. */
QUIPU_API int64_t quipu_syncexport_observations_exported(const quipu_syncexport *value);

/** Rows of prompts in them. */
QUIPU_API int64_t quipu_syncexport_prompts_exported(const quipu_syncexport *value);

/** Changes in them that are no rows: deletes, and in cloud mode the entries of the journal. */
QUIPU_API int64_t quipu_syncexport_mutations_exported(const quipu_syncexport *value);

/** There was nothing to send. */
QUIPU_API int quipu_syncexport_is_empty(const quipu_syncexport *value);

/** All chunks it made, in order. */
QUIPU_API size_t quipu_syncexport_chunk_ids_count(const quipu_syncexport *value);
QUIPU_API const char *quipu_syncexport_chunk_ids_at(const quipu_syncexport *value, size_t index, size_t *len);

/* ---- SyncImport ---------------------------------------------------------------------------------------------------- */

/** What an import brought. */
typedef struct quipu_syncimport quipu_syncimport;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_syncimport_copy(const quipu_syncimport *value, quipu_syncimport **out, quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncimport_to_json(const quipu_syncimport *value, char **out, size_t *out_len,
                                                quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_syncimport_from_json(const char *json, size_t json_len, quipu_syncimport **out,
                                                  quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_syncimport_field_json(const quipu_syncimport *value, const char *name, size_t name_len,
                                                   char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncimport_pack(const quipu_syncimport *value, uint8_t **out, size_t *out_len,
                                             quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_syncimport_unpack(const void *data, size_t len, quipu_syncimport **out,
                                               quipu_error **err);
QUIPU_API void quipu_syncimport_free(quipu_syncimport *value); /* NULL is fine */

/** Chunks that were applied. */
QUIPU_API int64_t quipu_syncimport_chunks_imported(const quipu_syncimport *value);

/** Chunks that had been imported before, are listed twice, or are not there. */
QUIPU_API int64_t quipu_syncimport_chunks_skipped(const quipu_syncimport *value);

/** Sessions inserted. */
QUIPU_API int64_t quipu_syncimport_sessions_imported(const quipu_syncimport *value);

/** Observations inserted or changed. */
QUIPU_API int64_t quipu_syncimport_observations_imported(const quipu_syncimport *value);

/** Prompts inserted or changed. */
QUIPU_API int64_t quipu_syncimport_prompts_imported(const quipu_syncimport *value);

/** Chunks that cannot be used; the issues say why. */
QUIPU_API int64_t quipu_syncimport_chunks_rejected(const quipu_syncimport *value);

/** Sessions made for rows whose session is nowhere. */
QUIPU_API int64_t quipu_syncimport_sessions_recovered(const quipu_syncimport *value);

/** Rows left out because the store has a later version. */
QUIPU_API int64_t quipu_syncimport_rows_stale(const quipu_syncimport *value);

/** Rows removed or marked as deleted. */
QUIPU_API int64_t quipu_syncimport_rows_deleted(const quipu_syncimport *value);

/* ---- SyncStatus ---------------------------------------------------------------------------------------------------- */

/** How a store and a target of sync stand to each other. */
typedef struct quipu_syncstatus quipu_syncstatus;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_syncstatus_copy(const quipu_syncstatus *value, quipu_syncstatus **out, quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncstatus_to_json(const quipu_syncstatus *value, char **out, size_t *out_len,
                                                quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_syncstatus_from_json(const char *json, size_t json_len, quipu_syncstatus **out,
                                                  quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_syncstatus_field_json(const quipu_syncstatus *value, const char *name, size_t name_len,
                                                   char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncstatus_pack(const quipu_syncstatus *value, uint8_t **out, size_t *out_len,
                                             quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_syncstatus_unpack(const void *data, size_t len, quipu_syncstatus **out,
                                               quipu_error **err);
QUIPU_API void quipu_syncstatus_free(quipu_syncstatus *value); /* NULL is fine */

/** Chunks on record as imported or exported, also those that are no longer listed. */
QUIPU_API int64_t quipu_syncstatus_local(const quipu_syncstatus *value);

/** Entries of the manifest. */
QUIPU_API int64_t quipu_syncstatus_remote(const quipu_syncstatus *value);

/** Entries whose chunk was not imported. */
QUIPU_API int64_t quipu_syncstatus_pending(const quipu_syncstatus *value);

/* ---- SyncIssue ----------------------------------------------------------------------------------------------------- */

/** Something that was found in a manifest or chunk. */
typedef struct quipu_syncissue quipu_syncissue;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_syncissue_copy(const quipu_syncissue *value, quipu_syncissue **out, quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncissue_to_json(const quipu_syncissue *value, char **out, size_t *out_len,
                                               quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_syncissue_from_json(const char *json, size_t json_len, quipu_syncissue **out,
                                                 quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_syncissue_field_json(const quipu_syncissue *value, const char *name, size_t name_len,
                                                  char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncissue_pack(const quipu_syncissue *value, uint8_t **out, size_t *out_len,
                                            quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_syncissue_unpack(const void *data, size_t len, quipu_syncissue **out, quipu_error **err);
QUIPU_API void quipu_syncissue_free(quipu_syncissue *value); /* NULL is fine */

/** The chunk; one of more than 64 characters is shortened. Empty where the manifest is meant. */
QUIPU_API const char *quipu_syncissue_id(const quipu_syncissue *value, size_t *len);

/** What it is, one word: see docs/formats/sync.md (chunk_missing, id_mismatch, gzip_truncated, manifest_recovered ...). */
QUIPU_API const char *quipu_syncissue_code(const quipu_syncissue *value, size_t *len);

/** id_mismatch: the first digits of the hash that the document has. */
QUIPU_API const char *quipu_syncissue_actual(const quipu_syncissue *value, size_t *len);

/** manifest_version_unknown: that version. */
QUIPU_API int64_t quipu_syncissue_version(const quipu_syncissue *value);

/** One line for humans. */
QUIPU_API const char *quipu_syncissue_detail(const quipu_syncissue *value, size_t *len);

/* ---- SyncDiagnosis ------------------------------------------------------------------------------------------------- */

/** Whether a project can be taken to the cloud. */
typedef struct quipu_syncdiagnosis quipu_syncdiagnosis;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_syncdiagnosis_copy(const quipu_syncdiagnosis *value, quipu_syncdiagnosis **out,
                                                quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncdiagnosis_to_json(const quipu_syncdiagnosis *value, char **out, size_t *out_len,
                                                   quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_syncdiagnosis_from_json(const char *json, size_t json_len, quipu_syncdiagnosis **out,
                                                     quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_syncdiagnosis_field_json(const quipu_syncdiagnosis *value, const char *name,
                                                      size_t name_len, char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncdiagnosis_pack(const quipu_syncdiagnosis *value, uint8_t **out, size_t *out_len,
                                                quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_syncdiagnosis_unpack(const void *data, size_t len, quipu_syncdiagnosis **out,
                                                  quipu_error **err);
QUIPU_API void quipu_syncdiagnosis_free(quipu_syncdiagnosis *value); /* NULL is fine */

/** ready or blocked. */
QUIPU_API const char *quipu_syncdiagnosis_status(const quipu_syncdiagnosis *value, size_t *len);

/** ready, repairable, blocked or policy. */
QUIPU_API const char *quipu_syncdiagnosis_report_class(const quipu_syncdiagnosis *value, size_t *len);

/** Why: upgrade_ready, upgrade_repairable_unenrolled, cloud_config_error, policy_forbidden. */
QUIPU_API const char *quipu_syncdiagnosis_code(const quipu_syncdiagnosis *value, size_t *len);

/** One line for humans. */
QUIPU_API const char *quipu_syncdiagnosis_message(const quipu_syncdiagnosis *value, size_t *len);

/* ---- SyncUpgrade --------------------------------------------------------------------------------------------------- */

/** How far the upgrade of a project to the cloud has come. */
typedef struct quipu_syncupgrade quipu_syncupgrade;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_syncupgrade_copy(const quipu_syncupgrade *value, quipu_syncupgrade **out,
                                              quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncupgrade_to_json(const quipu_syncupgrade *value, char **out, size_t *out_len,
                                                 quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_syncupgrade_from_json(const char *json, size_t json_len, quipu_syncupgrade **out,
                                                   quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_syncupgrade_field_json(const quipu_syncupgrade *value, const char *name, size_t name_len,
                                                    char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_syncupgrade_pack(const quipu_syncupgrade *value, uint8_t **out, size_t *out_len,
                                              quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_syncupgrade_unpack(const void *data, size_t len, quipu_syncupgrade **out,
                                                quipu_error **err);
QUIPU_API void quipu_syncupgrade_free(quipu_syncupgrade *value); /* NULL is fine */

/** Normalised name of the project. */
QUIPU_API const char *quipu_syncupgrade_project(const quipu_syncupgrade *value, size_t *len);

/** planned, doctor_ready, doctor_blocked, repair_applied, bootstrap_enrolled, bootstrap_pushed, bootstrap_verified or
 *  rolled_back. */
QUIPU_API const char *quipu_syncupgrade_stage(const quipu_syncupgrade *value, size_t *len);

/** none, ready, repairable, blocked or policy. */
QUIPU_API const char *quipu_syncupgrade_repair_class(const quipu_syncupgrade *value, size_t *len);

/** Bootstrap: it went on behind an earlier one. */
QUIPU_API int quipu_syncupgrade_resumed(const quipu_syncupgrade *value);

/** Bootstrap: all was done before. */
QUIPU_API int quipu_syncupgrade_no_op(const quipu_syncupgrade *value);

/** Whether the project was enrolled before the upgrade; a rollback brings that back. */
QUIPU_API int quipu_syncupgrade_was_enrolled(const quipu_syncupgrade *value);

/** Of the step that failed last. */
QUIPU_API const char *quipu_syncupgrade_last_error_code(const quipu_syncupgrade *value, size_t *len);

/** One line for humans. */
QUIPU_API const char *quipu_syncupgrade_last_error_message(const quipu_syncupgrade *value, size_t *len);

/** UTC, YYYY-MM-DD HH:MM:SS. */
QUIPU_API const char *quipu_syncupgrade_updated_at(const quipu_syncupgrade *value, size_t *len);

/* ---- ManifestMerge ------------------------------------------------------------------------------------------------- */

/** What a merge or a repair of a manifest did. */
typedef struct quipu_manifestmerge quipu_manifestmerge;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_manifestmerge_copy(const quipu_manifestmerge *value, quipu_manifestmerge **out,
                                                quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_manifestmerge_to_json(const quipu_manifestmerge *value, char **out, size_t *out_len,
                                                   quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_manifestmerge_from_json(const char *json, size_t json_len, quipu_manifestmerge **out,
                                                     quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_manifestmerge_field_json(const quipu_manifestmerge *value, const char *name,
                                                      size_t name_len, char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_manifestmerge_pack(const quipu_manifestmerge *value, uint8_t **out, size_t *out_len,
                                                quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_manifestmerge_unpack(const void *data, size_t len, quipu_manifestmerge **out,
                                                  quipu_error **err);
QUIPU_API void quipu_manifestmerge_free(quipu_manifestmerge *value); /* NULL is fine */

/** The manifest. */
QUIPU_API const char *quipu_manifestmerge_text(const quipu_manifestmerge *value, size_t *len);

/** Repair: it is another text than before. */
QUIPU_API int quipu_manifestmerge_changed(const quipu_manifestmerge *value);

/** A text was damaged and was recovered. */
QUIPU_API int quipu_manifestmerge_recovered(const quipu_manifestmerge *value);

/** Merge: entries of the base that a side had dropped; they were kept. */
QUIPU_API size_t quipu_manifestmerge_kept_ids_count(const quipu_manifestmerge *value);
QUIPU_API const char *quipu_manifestmerge_kept_ids_at(const quipu_manifestmerge *value, size_t index, size_t *len);

/** Repair: entries whose counts were taken from their document. */
QUIPU_API size_t quipu_manifestmerge_recounted_ids_count(const quipu_manifestmerge *value);
QUIPU_API const char *quipu_manifestmerge_recounted_ids_at(const quipu_manifestmerge *value, size_t index,
                                                           size_t *len);

/** Repair: chunks that no entry named. */
QUIPU_API size_t quipu_manifestmerge_added_ids_count(const quipu_manifestmerge *value);
QUIPU_API const char *quipu_manifestmerge_added_ids_at(const quipu_manifestmerge *value, size_t index, size_t *len);

/** Repair: chunks that no entry names and that were not added, as their document is not what the id says. */
QUIPU_API size_t quipu_manifestmerge_unverified_ids_count(const quipu_manifestmerge *value);
QUIPU_API const char *quipu_manifestmerge_unverified_ids_at(const quipu_manifestmerge *value, size_t index,
                                                            size_t *len);

#ifdef __cplusplus
}
#endif
#endif
