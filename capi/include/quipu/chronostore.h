/* quipu/chronostore.h - records of agent memory in an append-only, hash-chained log.
 *
 * A store is the folder `<project>/.chronomemory`: events.wal holds one event per line, each tied to the one before it by
 * SHA-256; snapshot.json holds the state as of some event. The Python package chronomemory 0.1.1 reads and writes the same
 * files; docs/COMPAT.md says what happens when both are used.
 *
 * Any number of threads and processes, in any language, may write one store at the same time. Each write is one commit: it is
 * numbered, linked and appended under a lock between processes, and it is on disk when the call returns (see
 * QUIPU_DURABILITY_FULL). A read sees every commit that returned before the read began, whoever made it.
 *
 * Not for: network file systems (the lock and the sync are only as good as theirs).
 * Format: docs/formats/wal.md. What survives which event: docs/DURABILITY.md. Codes: docs/ERRORS.md.
 *
 * Every call below may answer, beyond what it names: QUIPU_E_CLOSED after close, QUIPU_E_MISUSE for a NULL handle, for a
 * handle inherited through fork(), and for a write from inside a callback of the same store, QUIPU_E_NO_MEMORY, and
 * QUIPU_E_INVALID for text that is not UTF-8. Reads may answer QUIPU_E_IO when the log cannot be read.
 */
#ifndef QUIPU_CHRONOSTORE_H
#define QUIPU_CHRONOSTORE_H

#include <quipu/base.h>
#include <quipu/chronostore_values.h>
#include <quipu/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct quipu_chronostore quipu_chronostore;               /* threads: free */
typedef struct quipu_chronotransaction quipu_chronotransaction;   /* confined to its callback */
typedef struct quipu_chronocursor quipu_chronocursor;             /* records; threads: confined */
typedef struct quipu_walcursor quipu_walcursor;                   /* events; threads: confined */
typedef struct quipu_chrononoticecursor quipu_chrononoticecursor; /* notices; threads: confined */

/* ---- opening and closing ------------------------------------------------------------------------------------------- */

/** When a write counts as done. Each mode names what it can lose. */
typedef enum quipu_durability {
    QUIPU_DURABILITY_FULL = 0,    /* synced before the call returns: survives power loss */
    QUIPU_DURABILITY_BATCHED = 1, /* written before, synced within batch_ms or batch_bytes: power loss may cost that much */
    QUIPU_DURABILITY_NONE = 2     /* written before, synced when the system pleases: survives the process, not power loss */
} quipu_durability;

/* Flags of quipu_chronostore_options. Unknown bits are QUIPU_E_INVALID. */
#define QUIPU_CHRONOSTORE_READ_ONLY 1u  /* write nothing at all, no lock file either; writes answer QUIPU_E_READ_ONLY */
#define QUIPU_CHRONOSTORE_MUST_EXIST 2u /* do not create the folder: QUIPU_E_NOT_FOUND if there is no store */

typedef struct quipu_chronostore_options {
    size_t struct_size;      /* sizeof(quipu_chronostore_options) */
    uint32_t flags;          /* QUIPU_CHRONOSTORE_... */
    int32_t durability;      /* quipu_durability */
    int64_t recursion_depth; /* stamped on every event and on every record upserted */
    int64_t lock_wait_ms;    /* longest wait for other writers, in this and in other processes; 0: 10,000; -1: do not wait */
    int64_t batch_ms;        /* QUIPU_DURABILITY_BATCHED: longest time unsynced; 0: 50 */
    int64_t batch_bytes;     /* QUIPU_DURABILITY_BATCHED: most bytes unsynced; 0: 1 MiB */
} quipu_chronostore_options;

#define QUIPU_CHRONOSTORE_OPTIONS_INIT \
    { sizeof(quipu_chronostore_options), 0, 0, 0, 0, 0, 0 }

/**
 * Opens the store of the project folder `path` and reads its snapshot and log.
 *
 * path     The project folder (the parent of .chronomemory), not empty, no NUL inside. Made absolute now, links resolved.
 * options  NULL means all defaults. Read during the call, not kept.
 * out      Receives the handle.
 *
 * Creates the folder and .chronomemory if they are missing, unless the flags say otherwise; no file is created before the
 * first write. Damage in the files does not stop the opening: what can be read is there, the rest is listed by
 * quipu_chronostore_notices(). Nothing is repaired.
 *
 * QUIPU_E_NOT_FOUND    nothing there, and MUST_EXIST or READ_ONLY given
 * QUIPU_E_NOT_A_STORE  events.wal is some other file; it was not touched
 * QUIPU_E_READ_ONLY    the folder is missing and cannot be created
 * QUIPU_E_EXISTS       something on the path is a file where a folder must be
 *
 * Cost: reads the snapshot and the whole log once.
 * Since 0.1 (experimental).
 */
QUIPU_API quipu_status quipu_chronostore_open(const char *path, size_t path_len, const quipu_chronostore_options *options,
                                              quipu_chronostore **out, quipu_error **err);

/**
 * Ends the work of the handle: waits for calls in flight, syncs what a batched store has not synced yet, writes a snapshot if
 * the store is small and 50 events or more came since the last one, and lets go of the files. A second close does nothing.
 *
 * QUIPU_E_MISUSE    from inside a callback of the same store; the store stays open
 * QUIPU_E_POISONED  a sync failed that no write has told of; the store is closed in any case
 * Since 0.1 (experimental).
 */
QUIPU_API quipu_status quipu_chronostore_close(quipu_chronostore *store, quipu_error **err);

/** Releases the handle; one that was not closed is let go of without a last sync or snapshot. Waits for calls in flight; from
 *  inside a callback of the same store it does nothing. NULL is fine. */
QUIPU_API void quipu_chronostore_free(quipu_chronostore *store);

/** The absolute path of the project folder. *out: quipu_free(). Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_path(quipu_chronostore *store, char **out, size_t *out_len, quipu_error **err);

/** Reads what other writers have committed. Every read does this by itself; a call of its own is useful to learn about a
 *  failing disk early, and to pay the cost at a chosen moment. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_refresh(quipu_chronostore *store, quipu_error **err);

/** Makes all that was written before durable now, by whichever handle, whatever the mode. QUIPU_E_POISONED if a sync fails.
 *  Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_sync(quipu_chronostore *store, quipu_error **err);

/* ---- writing ------------------------------------------------------------------------------------------------------- */
/*
 * What all writes have in common. On QUIPU_OK the event is in the log, linked, visible to every reader, and durable as the
 * mode says. On failure nothing was written, unless the message says that the outcome is unknown.
 *
 * QUIPU_E_INVALID    an id that is empty, text that is not UTF-8, a lone surrogate escape in JSON text, nesting beyond 256
 *                    levels below a field, an integer of more than 4,300 digits
 * QUIPU_E_BUSY       the lock was not free within lock_wait_ms
 * QUIPU_E_CONFLICT   a writer that takes no lock removed an event that this handle had acknowledged; seq names it. Nothing
 *                    was written; the handle now shows what the file holds, and the next write goes on from there
 * QUIPU_E_CORRUPT    the log holds an event of the largest number that 64 bits have: none is left for another
 * QUIPU_E_FULL, QUIPU_E_IO  the log was cut back to where the write began
 * QUIPU_E_POISONED   a sync failed, now or earlier: what is on disk is known only after opening again
 * QUIPU_E_READ_ONLY  opened so, or the files cannot be written
 *
 * Threads that write at the same moment share one write and one sync.
 * The events given back are values of the caller's (quipu_walevent_free); pass NULL for out_event if it is not wanted.
 */

/** Writes a record: new, or in place of the one with its id (which keeps its place in the order). The record on disk gets the
 *  store's recursion depth; the caller's record is not changed. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_upsert(quipu_chronostore *store, const quipu_chronorecord *record,
                                                quipu_walevent **out_event, quipu_error **err);

/** The same with the record in packed form (docs/formats/packed.md), and the event in packed form: for bindings. out and
 *  out_len may be NULL. *out: quipu_free(). Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_upsert_packed(quipu_chronostore *store, const void *data, size_t len, uint8_t **out,
                                                       size_t *out_len, quipu_error **err);

/** Writes `count` records with one sync, all or nothing: in a crash and for every reader too. In order; an id that comes twice
 *  is written twice. out_first_seq receives the number of the first event, the others follow without a gap; 0 when count is
 *  0. May be NULL. Memory: the whole batch. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_upsert_many(quipu_chronostore *store, const quipu_chronorecord *const *records,
                                                     size_t count, int64_t *out_first_seq, quipu_error **err);

/** The same with the records as a packed page. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_upsert_many_packed(quipu_chronostore *store, const void *data, size_t len,
                                                            int64_t *out_first_seq, quipu_error **err);

/** Marks the record with that id as a tombstone; all its other fields stay, and get still finds it. Always writes an event,
 *  also for an id that does not exist or is a tombstone already. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_delete(quipu_chronostore *store, const char *id, size_t id_len,
                                                quipu_walevent **out_event, quipu_error **err);

/** The same with the event in packed form. out and out_len may be NULL. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_delete_packed(quipu_chronostore *store, const char *id, size_t id_len, uint8_t **out,
                                                       size_t *out_len, quipu_error **err);

/* ---- reading ------------------------------------------------------------------------------------------------------- */
/* Records and events read are snapshots: they stay as they are, also after later writes and after close. */

/** The record with that id, whatever its status. QUIPU_E_NOT_FOUND if there is none. A record whose id is no text is found
 *  under its JSON text. Cost: constant. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_get(quipu_chronostore *store, const char *id, size_t id_len, quipu_chronorecord **out,
                                             quipu_error **err);

/** The same, with NULL and QUIPU_OK if there is none. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_find(quipu_chronostore *store, const char *id, size_t id_len, quipu_chronorecord **out,
                                              quipu_error **err);

/** As find, in packed form; *out is NULL if there is none. *out: quipu_free(). Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_find_packed(quipu_chronostore *store, const char *id, size_t id_len, uint8_t **out,
                                                     size_t *out_len, quipu_error **err);

/* Flags of quipu_chronoquery_options. Unknown bits are QUIPU_E_INVALID. */
#define QUIPU_CHRONOQUERY_RAG_FILTER 1u /* only confidence of at least 0.6 */
#define QUIPU_CHRONOQUERY_ANY_STATUS 2u /* every status; `status` must not be given then */

typedef struct quipu_chronoquery_options {
    size_t struct_size;    /* sizeof(quipu_chronoquery_options) */
    uint32_t flags;        /* QUIPU_CHRONOQUERY_... */
    double min_confidence; /* at least this; never less than 0. NaN lets everything pass */
    const char *kind;      /* exactly this kind; NULL or empty: every kind */
    size_t kind_len;
    const char *status; /* exactly this status; NULL or empty: active */
    size_t status_len;
} quipu_chronoquery_options;

#define QUIPU_CHRONOQUERY_OPTIONS_INIT \
    { sizeof(quipu_chronoquery_options), 0, 0.0, NULL, 0, NULL, 0 }

/**
 * The records that fit, in the order in which their ids were first written, as of now.
 *
 * options  NULL: all active records.
 * out      Receives a cursor.
 *
 * A confidence that is no number counts as 0.0, true as 1, false as 0.
 * Cost: proportional to the records of that kind and status, not to the store.
 * Since 0.1 (experimental).
 */
QUIPU_API quipu_status quipu_chronostore_query(quipu_chronostore *store, const quipu_chronoquery_options *options,
                                               quipu_chronocursor **out, quipu_error **err);

/** All records whose status is active, in order: what the original calls export_records. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_export_records(quipu_chronostore *store, quipu_chronocursor **out, quipu_error **err);

/** How many records have the status active. Cost: constant. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_record_count(quipu_chronostore *store, int64_t *out, quipu_error **err);

/** The number of the last event; 0 for a new store. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_wal_seq(quipu_chronostore *store, int64_t *out, quipu_error **err);

/** The hash that the next event will link to; empty for a new store. Kept elsewhere, it later shows whether the tail of the log
 *  was cut. *out: quipu_free(). Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_last_hash(quipu_chronostore *store, char **out, size_t *out_len, quipu_error **err);

/** The events of the log in file order whose seq is at least from_seq; lines that are no events and batches not complete are
 *  left out, events that the state ignored (repeated or late numbers) are not. Compaction removes events.
 *  Cost: reads the log from its start. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_replay(quipu_chronostore *store, int64_t from_seq, quipu_walcursor **out,
                                                quipu_error **err);

/** What the store found in its files, and what it did about it, since it was opened: skipped lines, unusable snapshots, broken
 *  batches, bytes set aside. At most 10,000 are kept, the oldest; the last one then tells how many more there were.
 *  Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_notices(quipu_chronostore *store, quipu_chrononoticecursor **out, quipu_error **err);

/* Cursors. Each shows the store as of its creation, whatever is written later, and answers QUIPU_E_CLOSED once the store was
 * closed. next gives NULL at the end, and again after it. next_page gives up to max_items values as one packed page
 * (docs/formats/packed.md), fewer when they come to more than about 1 MiB, and NULL at the end; max_items 0 means 1,000. *out of
 * next_page: quipu_free(). The values belong to the caller. Since 0.1 (experimental). */

QUIPU_API quipu_status quipu_chronocursor_next(quipu_chronocursor *cursor, quipu_chronorecord **out, quipu_error **err);
QUIPU_API quipu_status quipu_chronocursor_next_page(quipu_chronocursor *cursor, int64_t max_items, uint8_t **out,
                                                    size_t *out_len, quipu_error **err);
QUIPU_API quipu_status quipu_chronocursor_close(quipu_chronocursor *cursor, quipu_error **err);
QUIPU_API void quipu_chronocursor_free(quipu_chronocursor *cursor); /* NULL is fine */

QUIPU_API quipu_status quipu_walcursor_next(quipu_walcursor *cursor, quipu_walevent **out, quipu_error **err);
QUIPU_API quipu_status quipu_walcursor_next_page(quipu_walcursor *cursor, int64_t max_items, uint8_t **out, size_t *out_len,
                                                 quipu_error **err);
QUIPU_API quipu_status quipu_walcursor_close(quipu_walcursor *cursor, quipu_error **err);
QUIPU_API void quipu_walcursor_free(quipu_walcursor *cursor); /* NULL is fine */

QUIPU_API quipu_status quipu_chrononoticecursor_next(quipu_chrononoticecursor *cursor, quipu_chrononotice **out,
                                                     quipu_error **err);
QUIPU_API quipu_status quipu_chrononoticecursor_next_page(quipu_chrononoticecursor *cursor, int64_t max_items, uint8_t **out,
                                                          size_t *out_len, quipu_error **err);
QUIPU_API quipu_status quipu_chrononoticecursor_close(quipu_chrononoticecursor *cursor, quipu_error **err);
QUIPU_API void quipu_chrononoticecursor_free(quipu_chrononoticecursor *cursor); /* NULL is fine */

/* ---- transactions -------------------------------------------------------------------------------------------------- */

/**
 * What commit calls. Reads through `tx` see the latest state and the transaction's own writes; writes go through `tx` alone.
 * Reads of the store itself work and do not see the transaction's writes; its writes and close answer QUIPU_E_MISUSE.
 *
 * user  As given to commit.
 * tx    Valid until the function returns.
 * err   On failure the function may set *err to an error of its own (quipu_error_new); commit hands it on.
 *
 * Returns QUIPU_OK to commit what was written, anything else to drop it: commit then answers that code.
 */
typedef quipu_status (*quipu_chronotransaction_fn)(void *user, quipu_chronotransaction *tx, quipu_error **err);

/**
 * Runs fn while no other writer, in this or any other process, can write; then appends what it wrote as one batch, all or
 * nothing. For every change that depends on what is there.
 *
 * out_seq  Receives the number of the last event written, or of the last event there is if fn wrote none. May be NULL.
 *
 * fn runs once, on the calling thread, while other writers wait: keep it short.
 * Codes: those of all writes, and whatever fn returns. Since 0.1 (experimental).
 */
QUIPU_API quipu_status quipu_chronostore_commit(quipu_chronostore *store, quipu_chronotransaction_fn fn, void *user,
                                                int64_t *out_seq, quipu_error **err);

/* As the calls of the store with the same name; nothing is on disk before fn has returned. A write that fails (an empty id) may be
 * handled inside fn; the transaction goes on without it. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronotransaction_upsert(quipu_chronotransaction *tx, const quipu_chronorecord *record,
                                                      quipu_error **err);
QUIPU_API quipu_status quipu_chronotransaction_upsert_packed(quipu_chronotransaction *tx, const void *data, size_t len,
                                                             quipu_error **err);
QUIPU_API quipu_status quipu_chronotransaction_delete(quipu_chronotransaction *tx, const char *id, size_t id_len,
                                                      quipu_error **err);
QUIPU_API quipu_status quipu_chronotransaction_get(quipu_chronotransaction *tx, const char *id, size_t id_len,
                                                   quipu_chronorecord **out, quipu_error **err);
QUIPU_API quipu_status quipu_chronotransaction_find(quipu_chronotransaction *tx, const char *id, size_t id_len,
                                                    quipu_chronorecord **out, quipu_error **err);
QUIPU_API quipu_status quipu_chronotransaction_find_packed(quipu_chronotransaction *tx, const char *id, size_t id_len,
                                                           uint8_t **out, size_t *out_len, quipu_error **err);
/** The cursor stays usable after fn has returned. */
QUIPU_API quipu_status quipu_chronotransaction_query(quipu_chronotransaction *tx, const quipu_chronoquery_options *options,
                                                     quipu_chronocursor **out, quipu_error **err);
QUIPU_API quipu_status quipu_chronotransaction_record_count(quipu_chronotransaction *tx, int64_t *out, quipu_error **err);

/* ---- checking ------------------------------------------------------------------------------------------------------ */

/** 1 if every line of the log parses, links to the line before it and has the right hash; also for an empty or missing log.
 *  Looks at the log alone: lines cut off its end are not noticed (see verify). Cost: hashes the whole log, on all cores.
 *  Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_chain_valid(quipu_chronostore *store, int *out, quipu_error **err);

/* Flags of quipu_chronostore_verify. Unknown bits are QUIPU_E_INVALID. */
#define QUIPU_CHRONOVERIFY_STRICT 1u /* the snapshot serves as an anchor, and seq must rise by one */

/**
 * Checks the log and tells the first line that is broken and how.
 *
 * flags     0: what chain_valid checks. QUIPU_CHRONOVERIFY_STRICT: also that seq is contiguous, that no line or batch is
 *           unfinished, and that the log holds the event named by the snapshot (its seq and last_hash), or begins with the
 *           compaction that followed it: this notices a tail that was cut below the snapshot.
 * progress  May be NULL. Steps are bytes.
 * out       Receives the result. A broken chain is a result with QUIPU_OK.
 *
 * Bytes at the end that are no whole event may be a write under way: to tell, it takes the lock for a moment (QUIPU_E_BUSY), or,
 * read-only, waits until they stay as they are.
 *
 * QUIPU_E_CANCELLED  progress said so
 * Cost: as chain_valid. Writers are not held up; what they append meanwhile is not looked at.
 * Since 0.1 (experimental).
 */
QUIPU_API quipu_status quipu_chronostore_verify(quipu_chronostore *store, uint32_t flags, quipu_progress_fn progress,
                                                void *user, quipu_chronoverification **out, quipu_error **err);

/* ---- maintenance --------------------------------------------------------------------------------------------------- */

/**
 * Writes the state to the snapshot and starts the log anew with one `compact` event. All events before are gone for good, and
 * with them the proof of the history; the records, tombstones included, stay. backup() first if they may be wanted.
 *
 * progress    May be NULL. Steps are records. Called under the lock between processes: other writers wait.
 * out_events  Receives how many events replay(0) would have given before. May be NULL.
 *
 * All or nothing at every instant, power loss included. QUIPU_E_CANCELLED leaves everything as it was.
 * Cost: writes the whole snapshot. Since 0.1 (experimental).
 */
QUIPU_API quipu_status quipu_chronostore_compact(quipu_chronostore *store, quipu_progress_fn progress, void *user,
                                                 int64_t *out_events, quipu_error **err);

/** Copies the files of the store, as of one moment, to .chronomemory/backup/<UTC YYYYMMDDTHHMMSS>[-n]/ and gives that absolute
 *  path. Everything but `backup`, the lock and scratch files is copied, and synced. Open a copy by putting it at
 *  <folder>/.chronomemory. *out: quipu_free(). Other writers wait. Since 0.1 (experimental). */
QUIPU_API quipu_status quipu_chronostore_backup(quipu_chronostore *store, char **out, size_t *out_len, quipu_error **err);

/**
 * Imports requirements.json and testcases.json of the folder `dir`, each an array of objects with id, title, status, confidence:
 * one record per item, kind `requirement` or `testcase`, the item as data. Items already there with the same title and
 * status are skipped, so a second import writes nothing new. Files that are missing or not JSON are left out. One batch, all
 * or nothing.
 *
 * progress  May be NULL. Steps are items; cancelling writes nothing.
 * Codes: those of all writes. Since 0.1 (experimental).
 */
QUIPU_API quipu_status quipu_chronostore_migrate_from_json(quipu_chronostore *store, const char *dir, size_t dir_len,
                                                           quipu_progress_fn progress, void *user, quipu_chronomigration **out,
                                                           quipu_error **err);

#ifdef __cplusplus
}
#endif
#endif
