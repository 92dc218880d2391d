/* quipu/memory_values.h - the value types of quipu/memory.h, with their fields.
 *
 * Made by capi/values/generate.py from core/memory/values.toml: change it there.
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
#ifndef QUIPU_MEMORY_VALUES_H
#define QUIPU_MEMORY_VALUES_H

#include <quipu/base.h>
#include <quipu/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- MemorySession ------------------------------------------------------------------------------------------------- */

/** A stretch of an agent's work, which observations and prompts belong to. */
typedef struct quipu_memorysession quipu_memorysession;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_memorysession_copy(const quipu_memorysession *value, quipu_memorysession **out,
                                                quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memorysession_to_json(const quipu_memorysession *value, char **out, size_t *out_len,
                                                   quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_memorysession_from_json(const char *json, size_t json_len, quipu_memorysession **out,
                                                     quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_memorysession_field_json(const quipu_memorysession *value, const char *name,
                                                      size_t name_len, char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_memorysession_pack(const quipu_memorysession *value, uint8_t **out, size_t *out_len,
                                                quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_memorysession_unpack(const void *data, size_t len, quipu_memorysession **out,
                                                  quipu_error **err);
QUIPU_API void quipu_memorysession_free(quipu_memorysession *value); /* NULL is fine */

/** Chosen by the agent. */
QUIPU_API const char *quipu_memorysession_id(const quipu_memorysession *value, size_t *len);

/** Normalised name of the project. */
QUIPU_API const char *quipu_memorysession_project(const quipu_memorysession *value, size_t *len);

/** Where the work was done. */
QUIPU_API const char *quipu_memorysession_directory(const quipu_memorysession *value, size_t *len);

/** UTC, YYYY-MM-DD HH:MM:SS; imported rows keep their spelling. */
QUIPU_API const char *quipu_memorysession_started_at(const quipu_memorysession *value, size_t *len);

/** When it was ended; absent before. */
QUIPU_API const char *quipu_memorysession_ended_at(const quipu_memorysession *value, size_t *len);

/** What came of it; absent if it was not given. */
QUIPU_API const char *quipu_memorysession_summary(const quipu_memorysession *value, size_t *len);

/** JSON object: members of the imported row that are not known here. As JSON text. */
QUIPU_API const char *quipu_memorysession_extra(const quipu_memorysession *value, size_t *len);

/** It stands in for a session that rows refer to and that was never imported. */
QUIPU_API int quipu_memorysession_recovered(const quipu_memorysession *value);

/* ---- MemoryObservation --------------------------------------------------------------------------------------------- */

/** Something an agent wants to remember. */
typedef struct quipu_memoryobservation quipu_memoryobservation;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_memoryobservation_copy(const quipu_memoryobservation *value,
                                                    quipu_memoryobservation **out, quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryobservation_to_json(const quipu_memoryobservation *value, char **out,
                                                       size_t *out_len, quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_memoryobservation_from_json(const char *json, size_t json_len,
                                                         quipu_memoryobservation **out, quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_memoryobservation_field_json(const quipu_memoryobservation *value, const char *name,
                                                          size_t name_len, char **out, size_t *out_len,
                                                          quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryobservation_pack(const quipu_memoryobservation *value, uint8_t **out,
                                                    size_t *out_len, quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_memoryobservation_unpack(const void *data, size_t len, quipu_memoryobservation **out,
                                                      quipu_error **err);
QUIPU_API void quipu_memoryobservation_free(quipu_memoryobservation *value); /* NULL is fine */

/** A number that this store gave it: positive, unique, never given again. */
QUIPU_API int64_t quipu_memoryobservation_id(const quipu_memoryobservation *value);

/** Its identity, in every store. */
QUIPU_API const char *quipu_memoryobservation_sync_id(const quipu_memoryobservation *value, size_t *len);

/** The session it belongs to. */
QUIPU_API const char *quipu_memoryobservation_session_id(const quipu_memoryobservation *value, size_t *len);

/** Free text: decision, bugfix, architecture, discovery, pattern and so on. */
QUIPU_API const char *quipu_memoryobservation_type(const quipu_memoryobservation *value, size_t *len);

/** One line. */
QUIPU_API const char *quipu_memoryobservation_title(const quipu_memoryobservation *value, size_t *len);

/** The text itself. */
QUIPU_API const char *quipu_memoryobservation_content(const quipu_memoryobservation *value, size_t *len);

/** The tool it comes from; optional. */
QUIPU_API const char *quipu_memoryobservation_tool_name(const quipu_memoryobservation *value, size_t *len);

/** Normalised name of the project; optional. */
QUIPU_API const char *quipu_memoryobservation_project(const quipu_memoryobservation *value, size_t *len);

/** project or personal. Personal rows stay out of exported files unless asked for. */
QUIPU_API const char *quipu_memoryobservation_scope(const quipu_memoryobservation *value, size_t *len);

/** An observation of the same topic, project and scope takes the place of the one before; optional. */
QUIPU_API const char *quipu_memoryobservation_topic_key(const quipu_memoryobservation *value, size_t *len);

/** How often it was written anew, the first time counted. */
QUIPU_API int64_t quipu_memoryobservation_revision_count(const quipu_memoryobservation *value);

/** How often the same text was added within the window, the first time counted. */
QUIPU_API int64_t quipu_memoryobservation_duplicate_count(const quipu_memoryobservation *value);

/** When it was last added. */
QUIPU_API const char *quipu_memoryobservation_last_seen_at(const quipu_memoryobservation *value, size_t *len);

/** When it wants to be looked at again; optional. */
QUIPU_API const char *quipu_memoryobservation_review_after(const quipu_memoryobservation *value, size_t *len);

/** UTC, YYYY-MM-DD HH:MM:SS; imported rows keep their spelling. */
QUIPU_API const char *quipu_memoryobservation_created_at(const quipu_memoryobservation *value, size_t *len);

/** When it last changed. */
QUIPU_API const char *quipu_memoryobservation_updated_at(const quipu_memoryobservation *value, size_t *len);

/** When it was deleted softly; absent while it is live. */
QUIPU_API const char *quipu_memoryobservation_deleted_at(const quipu_memoryobservation *value, size_t *len);

/** JSON object: members of the imported row that are not known here. As JSON text. */
QUIPU_API const char *quipu_memoryobservation_extra(const quipu_memoryobservation *value, size_t *len);

/* ---- MemoryHit ----------------------------------------------------------------------------------------------------- */

/** An observation that a search found. */
typedef struct quipu_memoryhit quipu_memoryhit;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_memoryhit_copy(const quipu_memoryhit *value, quipu_memoryhit **out, quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryhit_to_json(const quipu_memoryhit *value, char **out, size_t *out_len,
                                               quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_memoryhit_from_json(const char *json, size_t json_len, quipu_memoryhit **out,
                                                 quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_memoryhit_field_json(const quipu_memoryhit *value, const char *name, size_t name_len,
                                                  char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryhit_pack(const quipu_memoryhit *value, uint8_t **out, size_t *out_len,
                                            quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_memoryhit_unpack(const void *data, size_t len, quipu_memoryhit **out, quipu_error **err);
QUIPU_API void quipu_memoryhit_free(quipu_memoryhit *value); /* NULL is fine */

/** A number that this store gave it: positive, unique, never given again. */
QUIPU_API int64_t quipu_memoryhit_id(const quipu_memoryhit *value);

/** Its identity, in every store. */
QUIPU_API const char *quipu_memoryhit_sync_id(const quipu_memoryhit *value, size_t *len);

/** The session it belongs to. */
QUIPU_API const char *quipu_memoryhit_session_id(const quipu_memoryhit *value, size_t *len);

/** Free text: decision, bugfix, architecture, discovery, pattern and so on. */
QUIPU_API const char *quipu_memoryhit_type(const quipu_memoryhit *value, size_t *len);

/** One line. */
QUIPU_API const char *quipu_memoryhit_title(const quipu_memoryhit *value, size_t *len);

/** The text itself. */
QUIPU_API const char *quipu_memoryhit_content(const quipu_memoryhit *value, size_t *len);

/** The tool it comes from; optional. */
QUIPU_API const char *quipu_memoryhit_tool_name(const quipu_memoryhit *value, size_t *len);

/** Normalised name of the project; optional. */
QUIPU_API const char *quipu_memoryhit_project(const quipu_memoryhit *value, size_t *len);

/** project or personal. Personal rows stay out of exported files unless asked for. */
QUIPU_API const char *quipu_memoryhit_scope(const quipu_memoryhit *value, size_t *len);

/** An observation of the same topic, project and scope takes the place of the one before; optional. */
QUIPU_API const char *quipu_memoryhit_topic_key(const quipu_memoryhit *value, size_t *len);

/** How often it was written anew, the first time counted. */
QUIPU_API int64_t quipu_memoryhit_revision_count(const quipu_memoryhit *value);

/** How often the same text was added within the window, the first time counted. */
QUIPU_API int64_t quipu_memoryhit_duplicate_count(const quipu_memoryhit *value);

/** When it was last added. */
QUIPU_API const char *quipu_memoryhit_last_seen_at(const quipu_memoryhit *value, size_t *len);

/** When it wants to be looked at again; optional. */
QUIPU_API const char *quipu_memoryhit_review_after(const quipu_memoryhit *value, size_t *len);

/** UTC, YYYY-MM-DD HH:MM:SS; imported rows keep their spelling. */
QUIPU_API const char *quipu_memoryhit_created_at(const quipu_memoryhit *value, size_t *len);

/** When it last changed. */
QUIPU_API const char *quipu_memoryhit_updated_at(const quipu_memoryhit *value, size_t *len);

/** When it was deleted softly; absent while it is live. */
QUIPU_API const char *quipu_memoryhit_deleted_at(const quipu_memoryhit *value, size_t *len);

/** JSON object: members of the imported row that are not known here. As JSON text. */
QUIPU_API const char *quipu_memoryhit_extra(const quipu_memoryhit *value, size_t *len);

/** The smaller, the better it fits: bm25, or -1000 for an exact topic_key. */
QUIPU_API double quipu_memoryhit_rank(const quipu_memoryhit *value);

/* ---- MemoryPrompt -------------------------------------------------------------------------------------------------- */

/** What a user said to an agent. */
typedef struct quipu_memoryprompt quipu_memoryprompt;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_memoryprompt_copy(const quipu_memoryprompt *value, quipu_memoryprompt **out,
                                               quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryprompt_to_json(const quipu_memoryprompt *value, char **out, size_t *out_len,
                                                  quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_memoryprompt_from_json(const char *json, size_t json_len, quipu_memoryprompt **out,
                                                    quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_memoryprompt_field_json(const quipu_memoryprompt *value, const char *name,
                                                     size_t name_len, char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryprompt_pack(const quipu_memoryprompt *value, uint8_t **out, size_t *out_len,
                                               quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_memoryprompt_unpack(const void *data, size_t len, quipu_memoryprompt **out,
                                                 quipu_error **err);
QUIPU_API void quipu_memoryprompt_free(quipu_memoryprompt *value); /* NULL is fine */

/** A number that this store gave it: positive, unique, never given again. */
QUIPU_API int64_t quipu_memoryprompt_id(const quipu_memoryprompt *value);

/** Its identity, in every store. */
QUIPU_API const char *quipu_memoryprompt_sync_id(const quipu_memoryprompt *value, size_t *len);

/** The session it belongs to. */
QUIPU_API const char *quipu_memoryprompt_session_id(const quipu_memoryprompt *value, size_t *len);

/** The text itself. */
QUIPU_API const char *quipu_memoryprompt_content(const quipu_memoryprompt *value, size_t *len);

/** Normalised name of the project; optional. */
QUIPU_API const char *quipu_memoryprompt_project(const quipu_memoryprompt *value, size_t *len);

/** UTC, YYYY-MM-DD HH:MM:SS; imported rows keep their spelling. */
QUIPU_API const char *quipu_memoryprompt_created_at(const quipu_memoryprompt *value, size_t *len);

/** JSON object: members of the imported row that are not known here. As JSON text. */
QUIPU_API const char *quipu_memoryprompt_extra(const quipu_memoryprompt *value, size_t *len);

/* ---- MemoryAddition ------------------------------------------------------------------------------------------------ */

/** What adding an observation or a prompt did. */
typedef struct quipu_memoryaddition quipu_memoryaddition;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_memoryaddition_copy(const quipu_memoryaddition *value, quipu_memoryaddition **out,
                                                 quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryaddition_to_json(const quipu_memoryaddition *value, char **out, size_t *out_len,
                                                    quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_memoryaddition_from_json(const char *json, size_t json_len, quipu_memoryaddition **out,
                                                      quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_memoryaddition_field_json(const quipu_memoryaddition *value, const char *name,
                                                       size_t name_len, char **out, size_t *out_len,
                                                       quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryaddition_pack(const quipu_memoryaddition *value, uint8_t **out, size_t *out_len,
                                                 quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_memoryaddition_unpack(const void *data, size_t len, quipu_memoryaddition **out,
                                                   quipu_error **err);
QUIPU_API void quipu_memoryaddition_free(quipu_memoryaddition *value); /* NULL is fine */

/** created: a new row; updated: the row of the same topic has the new text; duplicate: the same text was there within the
 *  window. */
QUIPU_API const char *quipu_memoryaddition_outcome(const quipu_memoryaddition *value, size_t *len);

/** The row that holds the text now. */
QUIPU_API const char *quipu_memoryaddition_sync_id(const quipu_memoryaddition *value, size_t *len);

/** Its number. */
QUIPU_API int64_t quipu_memoryaddition_id(const quipu_memoryaddition *value);

/** Its revision_count now. */
QUIPU_API int64_t quipu_memoryaddition_revision_count(const quipu_memoryaddition *value);

/** Its duplicate_count now. */
QUIPU_API int64_t quipu_memoryaddition_duplicate_count(const quipu_memoryaddition *value);

/** The content was longer than the store takes and was cut. */
QUIPU_API int quipu_memoryaddition_truncated(const quipu_memoryaddition *value);

/* ---- MemoryStats --------------------------------------------------------------------------------------------------- */

/** How much a memory store holds. */
typedef struct quipu_memorystats quipu_memorystats;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_memorystats_copy(const quipu_memorystats *value, quipu_memorystats **out,
                                              quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memorystats_to_json(const quipu_memorystats *value, char **out, size_t *out_len,
                                                 quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_memorystats_from_json(const char *json, size_t json_len, quipu_memorystats **out,
                                                   quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_memorystats_field_json(const quipu_memorystats *value, const char *name, size_t name_len,
                                                    char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_memorystats_pack(const quipu_memorystats *value, uint8_t **out, size_t *out_len,
                                              quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_memorystats_unpack(const void *data, size_t len, quipu_memorystats **out,
                                                quipu_error **err);
QUIPU_API void quipu_memorystats_free(quipu_memorystats *value); /* NULL is fine */

/** Sessions, those that stand in for missing ones too. */
QUIPU_API int64_t quipu_memorystats_sessions(const quipu_memorystats *value);

/** Live observations. */
QUIPU_API int64_t quipu_memorystats_observations(const quipu_memorystats *value);

/** Prompts. */
QUIPU_API int64_t quipu_memorystats_prompts(const quipu_memorystats *value);

/** Names of all projects, in byte order. */
QUIPU_API size_t quipu_memorystats_projects_count(const quipu_memorystats *value);
QUIPU_API const char *quipu_memorystats_projects_at(const quipu_memorystats *value, size_t index, size_t *len);

/* ---- MemoryMutation ------------------------------------------------------------------------------------------------ */

/** An entry of the journal of local changes, which cloud sync sends. */
typedef struct quipu_memorymutation quipu_memorymutation;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_memorymutation_copy(const quipu_memorymutation *value, quipu_memorymutation **out,
                                                 quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memorymutation_to_json(const quipu_memorymutation *value, char **out, size_t *out_len,
                                                    quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_memorymutation_from_json(const char *json, size_t json_len, quipu_memorymutation **out,
                                                      quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_memorymutation_field_json(const quipu_memorymutation *value, const char *name,
                                                       size_t name_len, char **out, size_t *out_len,
                                                       quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_memorymutation_pack(const quipu_memorymutation *value, uint8_t **out, size_t *out_len,
                                                 quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_memorymutation_unpack(const void *data, size_t len, quipu_memorymutation **out,
                                                   quipu_error **err);
QUIPU_API void quipu_memorymutation_free(quipu_memorymutation *value); /* NULL is fine */

/** Its number: that of the event in the log. */
QUIPU_API int64_t quipu_memorymutation_seq(const quipu_memorymutation *value);

/** Whom it is for. */
QUIPU_API const char *quipu_memorymutation_target_key(const quipu_memorymutation *value, size_t *len);

/** session, observation, prompt or relation. */
QUIPU_API const char *quipu_memorymutation_entity(const quipu_memorymutation *value, size_t *len);

/** id of the session, sync_id of the others. */
QUIPU_API const char *quipu_memorymutation_entity_key(const quipu_memorymutation *value, size_t *len);

/** upsert or delete. */
QUIPU_API const char *quipu_memorymutation_op(const quipu_memorymutation *value, size_t *len);

/** The row, or what names the deleted one: one JSON object. */
QUIPU_API const char *quipu_memorymutation_payload(const quipu_memorymutation *value, size_t *len);

/** local or remote. */
QUIPU_API const char *quipu_memorymutation_source(const quipu_memorymutation *value, size_t *len);

/** Normalised name of its project; may be empty. */
QUIPU_API const char *quipu_memorymutation_project(const quipu_memorymutation *value, size_t *len);

/** UTC, YYYY-MM-DD HH:MM:SS. */
QUIPU_API const char *quipu_memorymutation_occurred_at(const quipu_memorymutation *value, size_t *len);

/** When the server took it; absent before. */
QUIPU_API const char *quipu_memorymutation_acked_at(const quipu_memorymutation *value, size_t *len);

/* ---- MemoryPurge --------------------------------------------------------------------------------------------------- */

/** What a purge removed for good. */
typedef struct quipu_memorypurge quipu_memorypurge;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_memorypurge_copy(const quipu_memorypurge *value, quipu_memorypurge **out,
                                              quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memorypurge_to_json(const quipu_memorypurge *value, char **out, size_t *out_len,
                                                 quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_memorypurge_from_json(const char *json, size_t json_len, quipu_memorypurge **out,
                                                   quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_memorypurge_field_json(const quipu_memorypurge *value, const char *name, size_t name_len,
                                                    char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_memorypurge_pack(const quipu_memorypurge *value, uint8_t **out, size_t *out_len,
                                              quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_memorypurge_unpack(const void *data, size_t len, quipu_memorypurge **out,
                                                quipu_error **err);
QUIPU_API void quipu_memorypurge_free(quipu_memorypurge *value); /* NULL is fine */

/** Events that the log held and holds no more. */
QUIPU_API int64_t quipu_memorypurge_events(const quipu_memorypurge *value);

/** Rows deleted for good: nothing of their text is left in the log. */
QUIPU_API int64_t quipu_memorypurge_deleted(const quipu_memorypurge *value);

/* ---- MemoryImport -------------------------------------------------------------------------------------------------- */

/** What an import of another program's database brought. */
typedef struct quipu_memoryimport quipu_memoryimport;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_memoryimport_copy(const quipu_memoryimport *value, quipu_memoryimport **out,
                                               quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryimport_to_json(const quipu_memoryimport *value, char **out, size_t *out_len,
                                                  quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_memoryimport_from_json(const char *json, size_t json_len, quipu_memoryimport **out,
                                                    quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_memoryimport_field_json(const quipu_memoryimport *value, const char *name,
                                                     size_t name_len, char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryimport_pack(const quipu_memoryimport *value, uint8_t **out, size_t *out_len,
                                               quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_memoryimport_unpack(const void *data, size_t len, quipu_memoryimport **out,
                                                 quipu_error **err);
QUIPU_API void quipu_memoryimport_free(quipu_memoryimport *value); /* NULL is fine */

/** Sessions inserted. */
QUIPU_API int64_t quipu_memoryimport_sessions_imported(const quipu_memoryimport *value);

/** Sessions made for rows whose session is nowhere. */
QUIPU_API int64_t quipu_memoryimport_sessions_recovered(const quipu_memoryimport *value);

/** Observations inserted or changed. */
QUIPU_API int64_t quipu_memoryimport_observations_imported(const quipu_memoryimport *value);

/** Prompts inserted or changed. */
QUIPU_API int64_t quipu_memoryimport_prompts_imported(const quipu_memoryimport *value);

/** Rows left out because the store has a later version. */
QUIPU_API int64_t quipu_memoryimport_rows_stale(const quipu_memoryimport *value);

/** Rows removed or marked as deleted. */
QUIPU_API int64_t quipu_memoryimport_rows_deleted(const quipu_memoryimport *value);

/** Relations inserted or changed. */
QUIPU_API int64_t quipu_memoryimport_relations_imported(const quipu_memoryimport *value);

/** Projects enrolled for cloud sync. */
QUIPU_API int64_t quipu_memoryimport_projects_enrolled(const quipu_memoryimport *value);

/** Ids of chunks that count as imported from now on. */
QUIPU_API int64_t quipu_memoryimport_chunks_known(const quipu_memoryimport *value);

/* ---- MemoryProject ------------------------------------------------------------------------------------------------- */

/** A project that rows name, or that was enrolled for cloud sync. */
typedef struct quipu_memoryproject quipu_memoryproject;

/** A value of its own with the same fields. */
QUIPU_API quipu_status quipu_memoryproject_copy(const quipu_memoryproject *value, quipu_memoryproject **out,
                                                quipu_error **err);
/** The whole value as one JSON object, each field as it stands in the file. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryproject_to_json(const quipu_memoryproject *value, char **out, size_t *out_len,
                                                   quipu_error **err);
/** A value from one JSON object: missing fields get their default, unknown ones are dropped. QUIPU_E_INVALID with the
 *  offset if it does not parse. */
QUIPU_API quipu_status quipu_memoryproject_from_json(const char *json, size_t json_len, quipu_memoryproject **out,
                                                     quipu_error **err);
/** One field as the JSON value it is in the file, whatever its kind. QUIPU_E_NOT_FOUND for an unknown name. *out:
 *  quipu_free(). */
QUIPU_API quipu_status quipu_memoryproject_field_json(const quipu_memoryproject *value, const char *name,
                                                      size_t name_len, char **out, size_t *out_len, quipu_error **err);
/** The value in packed form (docs/formats/packed.md). *out: quipu_free(). */
QUIPU_API quipu_status quipu_memoryproject_pack(const quipu_memoryproject *value, uint8_t **out, size_t *out_len,
                                                quipu_error **err);
/** A value from its packed form. QUIPU_E_INVALID if it is none. */
QUIPU_API quipu_status quipu_memoryproject_unpack(const void *data, size_t len, quipu_memoryproject **out,
                                                  quipu_error **err);
QUIPU_API void quipu_memoryproject_free(quipu_memoryproject *value); /* NULL is fine */

/** Its normalised name. */
QUIPU_API const char *quipu_memoryproject_name(const quipu_memoryproject *value, size_t *len);

/** Whether its changes go to a cloud. */
QUIPU_API int quipu_memoryproject_enrolled(const quipu_memoryproject *value);

/** Since when: UTC, YYYY-MM-DD HH:MM:SS; empty if it is not. */
QUIPU_API const char *quipu_memoryproject_enrolled_at(const quipu_memoryproject *value, size_t *len);

#ifdef __cplusplus
}
#endif
#endif
