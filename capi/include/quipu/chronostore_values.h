/* quipu/chronostore_values.h - the value types of quipu/chronostore.h, with their fields.
 *
 * Made by capi/values/generate.py from core/chronostore/values.toml: change it there.
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
#ifndef QUIPU_CHRONOSTORE_VALUES_H
#define QUIPU_CHRONOSTORE_VALUES_H

#include <quipu/base.h>
#include <quipu/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- ChronoRecord -------------------------------------------------------------------------------------------------- */

/** One belief or fact held by a store. Twelve fields, each kept as the JSON value it was given; the typed getters are
 *  views on them. */
typedef struct quipu_chronorecord quipu_chronorecord;

/** A value with every field at its default. */
QUIPU_API quipu_status quipu_chronorecord_create(quipu_chronorecord **out, quipu_error **err);
/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_chronorecord_copy(const quipu_chronorecord *value, quipu_chronorecord **out,
                                               quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_chronorecord_to_json(const quipu_chronorecord *value, char **out, size_t *out_len,
                                                  quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_chronorecord_from_json(const char *json, size_t json_len, quipu_chronorecord **out,
                                                    quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_chronorecord_field_json(const quipu_chronorecord *value, const char *name,
                                                     size_t name_len, char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_chronorecord_pack(const quipu_chronorecord *value, uint8_t **out, size_t *out_len,
                                               quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_chronorecord_unpack(const void *data, size_t len, quipu_chronorecord **out,
                                                 quipu_error **err);
QUIPU_API void quipu_chronorecord_free(quipu_chronorecord *value); /* NULL is fine */

/** Identity. Not empty when written; any other text is allowed. An id that is no text shows as its JSON text. */
QUIPU_API const char *quipu_chronorecord_id(const quipu_chronorecord *value, size_t *len);
QUIPU_API quipu_status quipu_chronorecord_set_id(quipu_chronorecord *value, const char *text, size_t text_len,
                                                 quipu_error **err);

/** Free text: fact, decision, requirement, edge and so on. */
QUIPU_API const char *quipu_chronorecord_kind(const quipu_chronorecord *value, size_t *len);
QUIPU_API quipu_status quipu_chronorecord_set_kind(quipu_chronorecord *value, const char *text, size_t text_len,
                                                   quipu_error **err);

/** active, deprecated or tombstone; hypothesis and invalidated are in use too. Not enforced. */
QUIPU_API const char *quipu_chronorecord_status(const quipu_chronorecord *value, size_t *len);
QUIPU_API quipu_status quipu_chronorecord_set_status(quipu_chronorecord *value, const char *text, size_t text_len,
                                                     quipu_error **err);

/** One line for humans. */
QUIPU_API const char *quipu_chronorecord_label(const quipu_chronorecord *value, size_t *len);
QUIPU_API quipu_status quipu_chronorecord_set_label(quipu_chronorecord *value, const char *text, size_t text_len,
                                                    quipu_error **err);

/** 0 to 1 by convention, not enforced. The RAG filter wants at least 0.6. */
QUIPU_API double quipu_chronorecord_confidence(const quipu_chronorecord *value);
QUIPU_API quipu_status quipu_chronorecord_set_confidence(quipu_chronorecord *value, double confidence,
                                                         quipu_error **err);

/** observed, inferred, hypothesis or synthetic. Not enforced. */
QUIPU_API const char *quipu_chronorecord_source_type(const quipu_chronorecord *value, size_t *len);
QUIPU_API quipu_status quipu_chronorecord_set_source_type(quipu_chronorecord *value, const char *text,
                                                          size_t text_len, quipu_error **err);

/** What the record rests on: ids, links, quotes. */
QUIPU_API size_t quipu_chronorecord_evidence_count(const quipu_chronorecord *value);
QUIPU_API const char *quipu_chronorecord_evidence_at(const quipu_chronorecord *value, size_t index, size_t *len);
QUIPU_API quipu_status quipu_chronorecord_evidence_add(quipu_chronorecord *value, const char *text, size_t text_len,
                                                       quipu_error **err);
QUIPU_API quipu_status quipu_chronorecord_evidence_clear(quipu_chronorecord *value, quipu_error **err);

/** Where the record is known to hold. */
QUIPU_API size_t quipu_chronorecord_epistemic_boundary_count(const quipu_chronorecord *value);
QUIPU_API const char *quipu_chronorecord_epistemic_boundary_at(const quipu_chronorecord *value, size_t index,
                                                               size_t *len);
QUIPU_API quipu_status quipu_chronorecord_epistemic_boundary_add(quipu_chronorecord *value, const char *text,
                                                                 size_t text_len, quipu_error **err);
QUIPU_API quipu_status quipu_chronorecord_epistemic_boundary_clear(quipu_chronorecord *value, quipu_error **err);

/** Whether the record is a guess. */
QUIPU_API int quipu_chronorecord_is_hypothesis(const quipu_chronorecord *value);
QUIPU_API quipu_status quipu_chronorecord_set_is_hypothesis(quipu_chronorecord *value, int is_hypothesis,
                                                            quipu_error **err);

/** JSON object: which model, which settings. As JSON text. */
QUIPU_API const char *quipu_chronorecord_model_assumptions(const quipu_chronorecord *value, size_t *len);
QUIPU_API quipu_status quipu_chronorecord_set_model_assumptions(quipu_chronorecord *value, const char *json,
                                                                size_t json_len, quipu_error **err);

/** Set by upsert to the store's depth; what the caller puts here is not used. */
QUIPU_API int64_t quipu_chronorecord_recursion_depth(const quipu_chronorecord *value);
QUIPU_API quipu_status quipu_chronorecord_set_recursion_depth(quipu_chronorecord *value, int64_t recursion_depth,
                                                              quipu_error **err);

/** JSON object: the payload. As JSON text. */
QUIPU_API const char *quipu_chronorecord_data(const quipu_chronorecord *value, size_t *len);
QUIPU_API quipu_status quipu_chronorecord_set_data(quipu_chronorecord *value, const char *json, size_t json_len,
                                                   quipu_error **err);

/** Sets one field to any JSON value, whatever its kind. */
QUIPU_API quipu_status quipu_chronorecord_set_field_json(quipu_chronorecord *value, const char *name, size_t name_len,
                                                         const char *json, size_t json_len, quipu_error **err);

/* ---- WalEvent ------------------------------------------------------------------------------------------------------ */

/** One entry of the log, as it stands in its line. */
typedef struct quipu_walevent quipu_walevent;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_walevent_copy(const quipu_walevent *value, quipu_walevent **out, quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_walevent_to_json(const quipu_walevent *value, char **out, size_t *out_len,
                                              quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_walevent_from_json(const char *json, size_t json_len, quipu_walevent **out,
                                                quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_walevent_field_json(const quipu_walevent *value, const char *name, size_t name_len,
                                                 char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_walevent_pack(const quipu_walevent *value, uint8_t **out, size_t *out_len,
                                           quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_walevent_unpack(const void *data, size_t len, quipu_walevent **out, quipu_error **err);
QUIPU_API void quipu_walevent_free(quipu_walevent *value); /* NULL is fine */

/** Number of the event, counted from 1. Upserts, deletes and compactions count. */
QUIPU_API int64_t quipu_walevent_seq(const quipu_walevent *value);

/** When it was written: UTC, whole seconds, YYYY-MM-DDTHH:MM:SSZ. */
QUIPU_API const char *quipu_walevent_ts(const quipu_walevent *value, size_t *len);

/** upsert, delete or compact; migrate is read as upsert. */
QUIPU_API const char *quipu_walevent_op(const quipu_walevent *value, size_t *len);

/** The id of the record it is about. An id that is no text shows as its JSON text. */
QUIPU_API const char *quipu_walevent_record_id(const quipu_walevent *value, size_t *len);

/** JSON object: the record as written, with fields that ChronoRecord does not know. As JSON text. */
QUIPU_API const char *quipu_walevent_record(const quipu_walevent *value, size_t *len);

/** The hash of the event before it; empty in the first line of a log. */
QUIPU_API const char *quipu_walevent_prev_hash(const quipu_walevent *value, size_t *len);

/** SHA-256 of the canonical text of all other fields, 64 lower-case hex digits. */
QUIPU_API const char *quipu_walevent_hash(const quipu_walevent *value, size_t *len);

/** The depth of the store that wrote it. */
QUIPU_API int64_t quipu_walevent_recursion_depth(const quipu_walevent *value);

/* ---- ChronoNotice -------------------------------------------------------------------------------------------------- */

/** Something a store found or did that its user should know: a line that was skipped and why, a snapshot that could not
 *  be used, bytes that were set aside. */
typedef struct quipu_chrononotice quipu_chrononotice;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_chrononotice_copy(const quipu_chrononotice *value, quipu_chrononotice **out,
                                               quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_chrononotice_to_json(const quipu_chrononotice *value, char **out, size_t *out_len,
                                                  quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_chrononotice_from_json(const char *json, size_t json_len, quipu_chrononotice **out,
                                                    quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_chrononotice_field_json(const quipu_chrononotice *value, const char *name,
                                                     size_t name_len, char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_chrononotice_pack(const quipu_chrononotice *value, uint8_t **out, size_t *out_len,
                                               quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_chrononotice_unpack(const void *data, size_t len, quipu_chrononotice **out,
                                                 quipu_error **err);
QUIPU_API void quipu_chrononotice_free(quipu_chrononotice *value); /* NULL is fine */

/** What it is, one word: see the table in docs/ERRORS.md (bad_json, duplicate_seq, torn_tail, snapshot_unusable ...). */
QUIPU_API const char *quipu_chrononotice_code(const quipu_chrononotice *value, size_t *len);

/** events.wal, snapshot.json, or the path of a file that was set aside, relative to .chronomemory. */
QUIPU_API const char *quipu_chrononotice_file(const quipu_chrononotice *value, size_t *len);

/** Line of the log, counted from 1; 0 where none is meant. */
QUIPU_API int64_t quipu_chrononotice_line(const quipu_chrononotice *value);

/** Byte offset in the file; -1 where none is meant. */
QUIPU_API int64_t quipu_chrononotice_offset(const quipu_chrononotice *value);

/** The event's number; -1 where none is known. */
QUIPU_API int64_t quipu_chrononotice_seq(const quipu_chrononotice *value);

/** One line for humans. */
QUIPU_API const char *quipu_chrononotice_message(const quipu_chrononotice *value, size_t *len);

/* ---- ChronoVerification -------------------------------------------------------------------------------------------- */

/** What verify found. A log with a broken chain is a result, not an error. */
typedef struct quipu_chronoverification quipu_chronoverification;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_chronoverification_copy(const quipu_chronoverification *value,
                                                     quipu_chronoverification **out, quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_chronoverification_to_json(const quipu_chronoverification *value, char **out,
                                                        size_t *out_len, quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_chronoverification_from_json(const char *json, size_t json_len,
                                                          quipu_chronoverification **out, quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_chronoverification_field_json(const quipu_chronoverification *value, const char *name,
                                                           size_t name_len, char **out, size_t *out_len,
                                                           quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_chronoverification_pack(const quipu_chronoverification *value, uint8_t **out,
                                                     size_t *out_len, quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_chronoverification_unpack(const void *data, size_t len, quipu_chronoverification **out,
                                                       quipu_error **err);
QUIPU_API void quipu_chronoverification_free(quipu_chronoverification *value); /* NULL is fine */

/** True if every line verifies and, in strict mode, the anchor is right too. */
QUIPU_API int quipu_chronoverification_valid(const quipu_chronoverification *value);

/** Lines that verified, up to the first broken one. */
QUIPU_API int64_t quipu_chronoverification_events(const quipu_chronoverification *value);

/** Lines of the log that are not blank. */
QUIPU_API int64_t quipu_chronoverification_lines(const quipu_chronoverification *value);

/** Kind of the first break, empty if there is none: not_utf8, bad_json, not_an_object, lone_surrogate, prev_hash, hash;
 *  in strict mode also sequence, torn_tail, unfinished_batch, missing_log, snapshot_ahead, snapshot_hash, snapshot_stale,
 *  snapshot_unusable, compacted_without_snapshot. */
QUIPU_API const char *quipu_chronoverification_problem(const quipu_chronoverification *value, size_t *len);

/** Line of the first break, counted from 1; 0 if none is meant. */
QUIPU_API int64_t quipu_chronoverification_line(const quipu_chronoverification *value);

/** Byte offset of that line; -1 if none is meant. */
QUIPU_API int64_t quipu_chronoverification_offset(const quipu_chronoverification *value);

/** The seq that line carries; -1 if none can be read. */
QUIPU_API int64_t quipu_chronoverification_seq(const quipu_chronoverification *value);

/** What should stand there: the hash of the line before, or the recomputed hash. */
QUIPU_API const char *quipu_chronoverification_expected(const quipu_chronoverification *value, size_t *len);

/** What stands there. */
QUIPU_API const char *quipu_chronoverification_found(const quipu_chronoverification *value, size_t *len);

/** seq of the last line that verified. Keep it with last_hash elsewhere to notice a cut tail later. */
QUIPU_API int64_t quipu_chronoverification_last_seq(const quipu_chronoverification *value);

/** hash of the last line that verified. */
QUIPU_API const char *quipu_chronoverification_last_hash(const quipu_chronoverification *value, size_t *len);

/** The finding in one line for humans. */
QUIPU_API const char *quipu_chronoverification_message(const quipu_chronoverification *value, size_t *len);

/* ---- ChronoMigration ----------------------------------------------------------------------------------------------- */

/** What migrate_from_json did. */
typedef struct quipu_chronomigration quipu_chronomigration;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_chronomigration_copy(const quipu_chronomigration *value, quipu_chronomigration **out,
                                                  quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_chronomigration_to_json(const quipu_chronomigration *value, char **out, size_t *out_len,
                                                     quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_chronomigration_from_json(const char *json, size_t json_len, quipu_chronomigration **out,
                                                       quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_chronomigration_field_json(const quipu_chronomigration *value, const char *name,
                                                        size_t name_len, char **out, size_t *out_len,
                                                        quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_chronomigration_pack(const quipu_chronomigration *value, uint8_t **out, size_t *out_len,
                                                  quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_chronomigration_unpack(const void *data, size_t len, quipu_chronomigration **out,
                                                    quipu_error **err);
QUIPU_API void quipu_chronomigration_free(quipu_chronomigration *value); /* NULL is fine */

/** Records written from requirements.json. */
QUIPU_API int64_t quipu_chronomigration_requirements(const quipu_chronomigration *value);

/** Records written from testcases.json. */
QUIPU_API int64_t quipu_chronomigration_testcases(const quipu_chronomigration *value);

/** Items that were in the store already with the same title and status. */
QUIPU_API int64_t quipu_chronomigration_skipped(const quipu_chronomigration *value);

#ifdef __cplusplus
}
#endif
#endif
