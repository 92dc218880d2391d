/* quipu/memory.h - what an agent remembers: sessions, observations and prompts, shared by processes and languages.
 *
 * A memory store lies in the folder of a ChronoStore (quipu/chronostore.h) as records of kinds that begin with `memory_`: each
 * change is an event of its log, chained and durable as that store's options say. Other records may lie beside them. Rules that
 * read before they write (topics, duplicates, numbers) run inside one commit, so that they hold among processes too.
 *
 * Texts: names of projects are normalised (lower case, white space trimmed, runs of '-' and of '_' made one); what stands between
 * <private> and </private> in titles, contents and summaries becomes [REDACTED]; contents longer than max_content_bytes are cut
 * at a character. Times are UTC, `YYYY-MM-DD HH:MM:SS`.
 *
 * Format: docs/formats/memory.md. Codes: docs/ERRORS.md. Every call may answer, beyond what it names, what is said of every
 * call in quipu/chronostore.h; calls that write answer the codes of its writes.
 */
#ifndef QUIPU_MEMORY_H
#define QUIPU_MEMORY_H

#include <quipu/base.h>
#include <quipu/chronostore.h>
#include <quipu/error.h>
#include <quipu/memory_values.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct quipu_memorystore quipu_memorystore;                 /* threads: free */
typedef struct quipu_memorysessioncursor quipu_memorysessioncursor; /* threads: confined, as all cursors */
typedef struct quipu_memoryobservationcursor quipu_memoryobservationcursor;
typedef struct quipu_memorypromptcursor quipu_memorypromptcursor;
typedef struct quipu_memoryhitcursor quipu_memoryhitcursor;
typedef struct quipu_memoryprojectcursor quipu_memoryprojectcursor;
typedef struct quipu_memorymutationcursor quipu_memorymutationcursor;

/* ---- opening and closing ------------------------------------------------------------------------------------------- */

typedef struct quipu_memorystore_options {
    size_t struct_size;        /* sizeof(quipu_memorystore_options) */
    uint32_t flags;            /* QUIPU_CHRONOSTORE_READ_ONLY, QUIPU_CHRONOSTORE_MUST_EXIST */
    int32_t durability;        /* quipu_durability */
    int64_t lock_wait_ms;      /* as in quipu_chronostore_options; also for the search index */
    int64_t batch_ms;          /* likewise */
    int64_t batch_bytes;       /* likewise */
    int64_t max_content_bytes; /* longer contents of local rows are cut; 0: 50,000 */
    int64_t dedupe_window_s;   /* how long the same text counts as a duplicate; 0: 900; -1: never */
} quipu_memorystore_options;

#define QUIPU_MEMORYSTORE_OPTIONS_INIT \
    { sizeof(quipu_memorystore_options), 0, 0, 0, 0, 0, 0, 0 }

/** Opens the memories in the project folder `path`; what quipu_chronostore_open says of path, options and codes holds here.
 *  Cost: reads the snapshot and the log once. Since 0.2 (experimental), as all of this header. */
QUIPU_API quipu_status quipu_memorystore_open(const char *path, size_t path_len, const quipu_memorystore_options *options,
                                              quipu_memorystore **out, quipu_error **err);
/** As quipu_chronostore_close. */
QUIPU_API quipu_status quipu_memorystore_close(quipu_memorystore *store, quipu_error **err);
/** As quipu_chronostore_free. */
QUIPU_API void quipu_memorystore_free(quipu_memorystore *store);
/** The absolute path of the project folder. *out: quipu_free(). */
QUIPU_API quipu_status quipu_memorystore_path(quipu_memorystore *store, char **out, size_t *out_len, quipu_error **err);

/* ---- sessions ------------------------------------------------------------------------------------------------------ */

/** Starts a session. One of that id that is there already keeps what it has; an empty project or directory of it is filled in.
 *
 * id         Not empty; chosen by the caller.
 * project    May be empty.
 * directory  May be empty.
 * out        Receives the session as it is then; NULL if it is not wanted. */
QUIPU_API quipu_status quipu_memorystore_session_start(quipu_memorystore *store, const char *id, size_t id_len,
                                                       const char *project, size_t project_len, const char *directory,
                                                       size_t directory_len, quipu_memorysession **out, quipu_error **err);
/** Ends a session now; an empty summary leaves the one it has. QUIPU_E_NOT_FOUND. out may be NULL. */
QUIPU_API quipu_status quipu_memorystore_session_end(quipu_memorystore *store, const char *id, size_t id_len,
                                                     const char *summary, size_t summary_len, quipu_memorysession **out,
                                                     quipu_error **err);
/** QUIPU_E_NOT_FOUND if there is none. Cost: constant. */
QUIPU_API quipu_status quipu_memorystore_session_get(quipu_memorystore *store, const char *id, size_t id_len,
                                                     quipu_memorysession **out, quipu_error **err);
/** The same with NULL and QUIPU_OK if there is none. */
QUIPU_API quipu_status quipu_memorystore_session_find(quipu_memorystore *store, const char *id, size_t id_len,
                                                      quipu_memorysession **out, quipu_error **err);
/** Deletes a session with its prompts, for good. QUIPU_E_CONSTRAINT while observations refer to it, those that were deleted softly
 *  too. QUIPU_E_NOT_FOUND. */
QUIPU_API quipu_status quipu_memorystore_session_delete(quipu_memorystore *store, const char *id, size_t id_len,
                                                        quipu_error **err);

/* Flags of quipu_memorylist_options. Unknown bits are QUIPU_E_INVALID. */
#define QUIPU_MEMORYLIST_WITH_DELETED 1u /* observations that were deleted softly, too */

/** Which rows a list or a search gives; a text that is NULL or empty does not matter. */
typedef struct quipu_memorylist_options {
    size_t struct_size;  /* sizeof(quipu_memorylist_options) */
    uint32_t flags;      /* QUIPU_MEMORYLIST_... */
    int64_t limit;       /* at most so many; 0: all, of a search 10 */
    const char *project; /* of that project */
    size_t project_len;
    const char *session_id; /* of that session */
    size_t session_id_len;
    const char *type; /* of observations: of exactly that type */
    size_t type_len;
    const char *scope; /* of observations: project or personal */
    size_t scope_len;
    const char *since; /* created (sessions: started) at that time or later; QUIPU_E_INVALID if it is no time */
    size_t since_len;
    const char *until; /* created before that time */
    size_t until_len;
} quipu_memorylist_options;

#define QUIPU_MEMORYLIST_OPTIONS_INIT \
    { sizeof(quipu_memorylist_options), 0, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0 }

/** Sessions by their last activity, the latest first. Cost of a list: a look at what is known in memory of each row, and what it
 *  gives. options: NULL for all. */
QUIPU_API quipu_status quipu_memorystore_session_list(quipu_memorystore *store, const quipu_memorylist_options *options,
                                                      quipu_memorysessioncursor **out, quipu_error **err);

/* ---- observations -------------------------------------------------------------------------------------------------- */

/** An observation that is to be added, or, in quipu_memorystore_observation_update, what of it is to be changed. */
typedef struct quipu_memoryobservation_fields {
    size_t struct_size;     /* sizeof(quipu_memoryobservation_fields) */
    const char *session_id; /* add: must be there (QUIPU_E_NOT_FOUND). update: must be NULL */
    size_t session_id_len;
    const char *type; /* free text. update, here and below: NULL leaves the field as it is */
    size_t type_len;
    const char *title;
    size_t title_len;
    const char *content; /* not empty (QUIPU_E_INVALID) */
    size_t content_len;
    const char *tool_name; /* optional, as project and topic_key: empty means none */
    size_t tool_name_len;
    const char *project;
    size_t project_len;
    const char *scope; /* personal, or project, which anything else means too */
    size_t scope_len;
    const char *topic_key; /* trimmed, in lower case, white space runs made '-', at most 120 bytes */
    size_t topic_key_len;
} quipu_memoryobservation_fields;

#define QUIPU_MEMORYOBSERVATION_FIELDS_INIT \
    { sizeof(quipu_memoryobservation_fields), NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0 }

/** Adds an observation, or, if a live one has the same topic_key, project and scope, gives that one the new type, title, content
 *  and tool (outcome `updated`), or, if the same text was added with the same title, type, project and scope within the window,
 *  counts it (outcome `duplicate`). out may be NULL. */
QUIPU_API quipu_status quipu_memorystore_observation_add(quipu_memorystore *store,
                                                         const quipu_memoryobservation_fields *observation,
                                                         quipu_memoryaddition **out, quipu_error **err);
/** Changes an observation and counts the revision. QUIPU_E_NOT_FOUND, also if it was deleted softly. QUIPU_E_INVALID if nothing is to
 *  be changed. out_truncated (may be NULL): 1 if the content was cut. out may be NULL. */
QUIPU_API quipu_status quipu_memorystore_observation_update(quipu_memorystore *store, const char *sync_id, size_t sync_id_len,
                                                            const quipu_memoryobservation_fields *changes, int *out_truncated,
                                                            quipu_memoryobservation **out, quipu_error **err);
/** Softly deleted ones too (deleted_at tells). QUIPU_E_NOT_FOUND if there is none. Cost: constant. */
QUIPU_API quipu_status quipu_memorystore_observation_get(quipu_memorystore *store, const char *sync_id, size_t sync_id_len,
                                                         quipu_memoryobservation **out, quipu_error **err);
/** The same with NULL and QUIPU_OK if there is none. */
QUIPU_API quipu_status quipu_memorystore_observation_find(quipu_memorystore *store, const char *sync_id, size_t sync_id_len,
                                                          quipu_memoryobservation **out, quipu_error **err);
/** hard 0: marks it as deleted; lists and searches leave it out; a second time does nothing. hard 1: removes it; its old text stays in
 *  the log until quipu_memorystore_purge, and in backups. QUIPU_E_NOT_FOUND. */
QUIPU_API quipu_status quipu_memorystore_observation_delete(quipu_memorystore *store, const char *sync_id, size_t sync_id_len,
                                                            int hard, quipu_error **err);
/** Observations, the newest first. */
QUIPU_API quipu_status quipu_memorystore_observation_list(quipu_memorystore *store, const quipu_memorylist_options *options,
                                                          quipu_memoryobservationcursor **out, quipu_error **err);

/** Live observations whose title and content hold all words of the query, the best first (FTS5's bm25). Words are what stands between
 *  white space; a query with a `/` finds exact topic keys first. QUIPU_E_INVALID for a query without a word.
 *
 * The index is a file beside the log, memory_index.sqlite3, brought up to date by searches and made anew if it is missing, damaged or
 * of another store; it holds nothing that the log does not hold. Where it cannot be written it is in memory.
 * QUIPU_E_BUSY: another process was bringing it up to date for longer than lock_wait_ms.
 * Cost: a search after changes indexes them, the first one everything. One search of a handle runs at a time. */
QUIPU_API quipu_status quipu_memorystore_search(quipu_memorystore *store, const char *query, size_t query_len,
                                                const quipu_memorylist_options *options, quipu_memoryhitcursor **out,
                                                quipu_error **err);

/** An observation with the live ones of its session before and after it, in the order of their numbers. before, after: how many at most;
 *  -1: 5. QUIPU_E_NOT_FOUND. */
QUIPU_API quipu_status quipu_memorystore_timeline(quipu_memorystore *store, const char *sync_id, size_t sync_id_len,
                                                  int64_t before, int64_t after, quipu_memoryobservationcursor **out,
                                                  quipu_error **err);

/* ---- prompts ------------------------------------------------------------------------------------------------------- */

/** Adds a prompt to a session. project may be empty. out may be NULL. */
QUIPU_API quipu_status quipu_memorystore_prompt_add(quipu_memorystore *store, const char *session_id, size_t session_id_len,
                                                    const char *content, size_t content_len, const char *project,
                                                    size_t project_len, quipu_memoryaddition **out, quipu_error **err);
/** QUIPU_E_NOT_FOUND if there is none. */
QUIPU_API quipu_status quipu_memorystore_prompt_get(quipu_memorystore *store, const char *sync_id, size_t sync_id_len,
                                                    quipu_memoryprompt **out, quipu_error **err);
/** The same with NULL and QUIPU_OK if there is none. */
QUIPU_API quipu_status quipu_memorystore_prompt_find(quipu_memorystore *store, const char *sync_id, size_t sync_id_len,
                                                     quipu_memoryprompt **out, quipu_error **err);
/** Removes a prompt for good, as a hard delete of an observation. QUIPU_E_NOT_FOUND. */
QUIPU_API quipu_status quipu_memorystore_prompt_delete(quipu_memorystore *store, const char *sync_id, size_t sync_id_len,
                                                       quipu_error **err);
/** Prompts, the newest first. */
QUIPU_API quipu_status quipu_memorystore_prompt_list(quipu_memorystore *store, const quipu_memorylist_options *options,
                                                     quipu_memorypromptcursor **out, quipu_error **err);

/* ---- all of it ----------------------------------------------------------------------------------------------------- */

typedef struct quipu_memorycontext_options {
    size_t struct_size;  /* sizeof(quipu_memorycontext_options) */
    const char *project; /* NULL or empty: all projects */
    size_t project_len;
    const char *scope; /* of the observations; NULL or empty: both */
    size_t scope_len;
    int64_t sessions;     /* how many at most; 0: 5; -1: none */
    int64_t observations; /* 0: 20; -1: none */
    int64_t prompts;      /* 0: 10; -1: none */
} quipu_memorycontext_options;

#define QUIPU_MEMORYCONTEXT_OPTIONS_INIT \
    { sizeof(quipu_memorycontext_options), NULL, 0, NULL, 0, 0, 0, 0 }

/** The recent past: sessions by last activity, observations and prompts, the newest first, as values and as Markdown for an agent's
 *  prompt (*out: quipu_free()). Each of the four may be NULL if it is not wanted. */
QUIPU_API quipu_status quipu_memorystore_context(quipu_memorystore *store, const quipu_memorycontext_options *options,
                                                 quipu_memorysessioncursor **out_sessions,
                                                 quipu_memoryobservationcursor **out_observations,
                                                 quipu_memorypromptcursor **out_prompts, char **out, size_t *out_len,
                                                 quipu_error **err);

/** How much there is. Cost: proportional to the number of projects. */
QUIPU_API quipu_status quipu_memorystore_stats(quipu_memorystore *store, quipu_memorystats **out, quipu_error **err);

/** Rewrites the log without what was deleted and overwritten (quipu_chronostore_compact) and begins a new search index: nothing
 *  of a deleted text is in them then. Backups, and what was set aside after damage, are left as they are.
 *  progress, user, QUIPU_E_CANCELLED: as there. out may be NULL. */
QUIPU_API quipu_status quipu_memorystore_purge(quipu_memorystore *store, quipu_progress_fn progress, void *user,
                                               quipu_memorypurge **out, quipu_error **err);

/* ---- other programs' memories -------------------------------------------------------------------------------------- */

/** Imports the database of Engram (engram.db, any version), which is opened for reading only and left as it is. Repeatable: what was
 *  imported before is not counted again. What is deleted there, relations, enrolments and the ids of imported chunks come along.
 *  progress, user, QUIPU_E_CANCELLED: what was imported stays; a repeat goes on. out may be NULL.
 *  QUIPU_E_NOT_FOUND, QUIPU_E_NOT_A_STORE (no database, or none of Engram's), QUIPU_E_CORRUPT. */
QUIPU_API quipu_status quipu_memorystore_import_engram(quipu_memorystore *store, const char *path, size_t path_len,
                                                       quipu_progress_fn progress, void *user, quipu_memoryimport **out,
                                                       quipu_error **err);

/* ---- for cloud sync ------------------------------------------------------------------------------------------------ */

/** Enrols a project for cloud sync (quipu/sync.h): its rows that the journal does not tell of get an entry. Idempotent.
 *  QUIPU_E_INVALID for an empty name. out_changed (may be NULL): 0 if it was enrolled already. */
QUIPU_API quipu_status quipu_memorystore_project_enroll(quipu_memorystore *store, const char *project, size_t project_len,
                                                        int *out_changed, quipu_error **err);
/** out_changed (may be NULL): 0 if it was not enrolled. */
QUIPU_API quipu_status quipu_memorystore_project_unenroll(quipu_memorystore *store, const char *project, size_t project_len,
                                                          int *out_changed, quipu_error **err);
/** All projects that rows name or that were ever enrolled, in byte order of their names. */
QUIPU_API quipu_status quipu_memorystore_project_list(quipu_memorystore *store, quipu_memoryprojectcursor **out,
                                                      quipu_error **err);

/* Flags of quipu_memorystore_journal_list. Unknown bits are QUIPU_E_INVALID. */
#define QUIPU_MEMORYJOURNAL_WITH_ACKED 1u      /* entries that were acknowledged, too */
#define QUIPU_MEMORYJOURNAL_WITH_UNENROLLED 2u /* entries of projects that are not enrolled, too */

/** The local changes that a cloud was not told of, in order: the events of the log that calls of the user made. After a purge only the last
 *  state of each row is left. For programs that bring mutations to a server by themselves; quipu_syncer_export does it in chunks.
 *  after: entries with greater numbers only. Cost: reads the log. */
QUIPU_API quipu_status quipu_memorystore_journal_list(quipu_memorystore *store, int64_t after, uint32_t flags,
                                                      quipu_memorymutationcursor **out, quipu_error **err);
/** Acknowledges entries by their numbers; numbers that are none do no harm. */
QUIPU_API quipu_status quipu_memorystore_journal_ack(quipu_memorystore *store, const int64_t *seqs, size_t count,
                                                     quipu_error **err);

/* ---- cursors ------------------------------------------------------------------------------------------------------- */
/* As those of quipu/chronostore.h: next gives NULL at the end, next_page a packed page of up to max_items values and NULL at the end
 * (docs/formats/packed.md). They show the rows as of their making. */

QUIPU_API quipu_status quipu_memorysessioncursor_next(quipu_memorysessioncursor *cursor, quipu_memorysession **out,
                                                      quipu_error **err);
QUIPU_API quipu_status quipu_memorysessioncursor_next_page(quipu_memorysessioncursor *cursor, int64_t max_items, uint8_t **out,
                                                           size_t *out_len, quipu_error **err);
QUIPU_API quipu_status quipu_memorysessioncursor_close(quipu_memorysessioncursor *cursor, quipu_error **err);
QUIPU_API void quipu_memorysessioncursor_free(quipu_memorysessioncursor *cursor);

QUIPU_API quipu_status quipu_memoryobservationcursor_next(quipu_memoryobservationcursor *cursor, quipu_memoryobservation **out,
                                                          quipu_error **err);
QUIPU_API quipu_status quipu_memoryobservationcursor_next_page(quipu_memoryobservationcursor *cursor, int64_t max_items,
                                                               uint8_t **out, size_t *out_len, quipu_error **err);
QUIPU_API quipu_status quipu_memoryobservationcursor_close(quipu_memoryobservationcursor *cursor, quipu_error **err);
QUIPU_API void quipu_memoryobservationcursor_free(quipu_memoryobservationcursor *cursor);

QUIPU_API quipu_status quipu_memorypromptcursor_next(quipu_memorypromptcursor *cursor, quipu_memoryprompt **out,
                                                     quipu_error **err);
QUIPU_API quipu_status quipu_memorypromptcursor_next_page(quipu_memorypromptcursor *cursor, int64_t max_items, uint8_t **out,
                                                          size_t *out_len, quipu_error **err);
QUIPU_API quipu_status quipu_memorypromptcursor_close(quipu_memorypromptcursor *cursor, quipu_error **err);
QUIPU_API void quipu_memorypromptcursor_free(quipu_memorypromptcursor *cursor);

QUIPU_API quipu_status quipu_memoryhitcursor_next(quipu_memoryhitcursor *cursor, quipu_memoryhit **out, quipu_error **err);
QUIPU_API quipu_status quipu_memoryhitcursor_next_page(quipu_memoryhitcursor *cursor, int64_t max_items, uint8_t **out,
                                                       size_t *out_len, quipu_error **err);
QUIPU_API quipu_status quipu_memoryhitcursor_close(quipu_memoryhitcursor *cursor, quipu_error **err);
QUIPU_API void quipu_memoryhitcursor_free(quipu_memoryhitcursor *cursor);

QUIPU_API quipu_status quipu_memoryprojectcursor_next(quipu_memoryprojectcursor *cursor, quipu_memoryproject **out,
                                                      quipu_error **err);
QUIPU_API quipu_status quipu_memoryprojectcursor_next_page(quipu_memoryprojectcursor *cursor, int64_t max_items, uint8_t **out,
                                                           size_t *out_len, quipu_error **err);
QUIPU_API quipu_status quipu_memoryprojectcursor_close(quipu_memoryprojectcursor *cursor, quipu_error **err);
QUIPU_API void quipu_memoryprojectcursor_free(quipu_memoryprojectcursor *cursor); /* NULL is fine */

QUIPU_API quipu_status quipu_memorymutationcursor_next(quipu_memorymutationcursor *cursor, quipu_memorymutation **out,
                                                       quipu_error **err);
QUIPU_API quipu_status quipu_memorymutationcursor_next_page(quipu_memorymutationcursor *cursor, int64_t max_items,
                                                            uint8_t **out, size_t *out_len, quipu_error **err);
QUIPU_API quipu_status quipu_memorymutationcursor_close(quipu_memorymutationcursor *cursor, quipu_error **err);
QUIPU_API void quipu_memorymutationcursor_free(quipu_memorymutationcursor *cursor); /* NULL is fine */

#ifdef __cplusplus
}
#endif

#endif
