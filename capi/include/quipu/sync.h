/* quipu/sync.h - memories in a directory that git carries, or on a server: exported as chunks, imported from others.
 *
 * A directory `.engram` holds manifest.json and chunks/<id>.jsonl.gz, as Engram writes and reads them; docs/COMPAT.md says which
 * versions read what. Chunks never change, and the manifest only grows, so that clones can be merged (quipu_manifest_merge).
 *
 * Whatever is in such a directory came from others: nothing in it is followed, opened or believed beyond the limits of
 * docs/formats/sync.md; what cannot be used is reported and left out, and the rest is imported.
 *
 * Every call may answer, beyond what it names: QUIPU_E_CLOSED after close, of the memory store too; QUIPU_E_MISUSE for a NULL
 * handle, for a handle of the parent process, and for a call from inside a callback of the same handle, or of another syncer with
 * the same transport (the memory store may be used there, but not closed); QUIPU_E_NO_MEMORY; QUIPU_E_INVALID for text that is not
 * UTF-8; and the codes of the store's writes (quipu/chronostore.h).
 * Since 0.2 (experimental), all of this header.
 */
#ifndef QUIPU_SYNC_H
#define QUIPU_SYNC_H

#include <quipu/base.h>
#include <quipu/error.h>
#include <quipu/memory.h>
#include <quipu/sync_values.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct quipu_transport quipu_transport;             /* threads: one call at a time; others wait */
typedef struct quipu_syncer quipu_syncer;                   /* threads: one call at a time; others wait */
typedef struct quipu_syncissuecursor quipu_syncissuecursor; /* threads: confined */

/* ---- transports ---------------------------------------------------------------------------------------------------- */
/* Where the manifest and the chunks lie. */

typedef struct quipu_transport_dir_options {
    size_t struct_size; /* sizeof(quipu_transport_dir_options) */
    int64_t
        lock_wait_ms; /* longest wait for another writer of the manifest; 0: 10,000; -1: do not wait. QUIPU_E_BUSY after it */
} quipu_transport_dir_options;

#define QUIPU_TRANSPORT_DIR_OPTIONS_INIT \
    { sizeof(quipu_transport_dir_options), 0 }

/** The directory `path` itself (`<repository>/.engram`); made by the first export if it is missing. What is written is there as a whole
 *  or not at all, and durable. The path may hold links, what lies in the directory may not. options: NULL for the defaults. */
QUIPU_API quipu_status quipu_transport_open_dir(const char *path, size_t path_len, const quipu_transport_dir_options *options,
                                                quipu_transport **out, quipu_error **err);

typedef struct quipu_transport_http_options {
    size_t struct_size;  /* sizeof(quipu_transport_http_options) */
    const char *project; /* whose chunks; normalised. Not empty */
    size_t project_len;
    const char *token; /* sent as `Authorization: Bearer`; wants https, or a host of this machine. NULL or empty: none */
    size_t token_len;
    const char *headers; /* further header lines, `Name: value`, separated by LF. NULL or empty: none */
    size_t headers_len;
    const char *ca_file; /* PEM file of certificates to trust; NULL or empty: those of the system */
    size_t ca_file_len;
    int64_t timeout_ms;      /* of a call, repeats included; 0: 30,000 */
    int64_t push_timeout_ms; /* of a push; 0: 300,000 */
} quipu_transport_http_options;

#define QUIPU_TRANSPORT_HTTP_OPTIONS_INIT \
    { sizeof(quipu_transport_http_options), NULL, 0, NULL, 0, NULL, 0, NULL, 0, 0, 0 }

/** A server that speaks Engram's cloud protocol, at `url` (http or https; a path is kept and extended). Nothing is asked of it yet.
 *
 * Needs the module quipu-http.so, which stands on libcurl: QUIPU_E_UNSUPPORTED, naming the file, if it is missing.
 * QUIPU_E_INVALID for a URL or option that cannot be used.
 * What its calls answer: QUIPU_E_UNAUTHENTICATED (401), QUIPU_E_FORBIDDEN (403), QUIPU_E_CONFLICT (409), QUIPU_E_QUOTA (413),
 * QUIPU_E_INVALID (400), QUIPU_E_BUSY (429, 503), QUIPU_E_TIMEOUT, QUIPU_E_IO; the error's backend code is the status. Requests that may
 * reach a server twice are repeated after a lost connection and after 408, 429, 502, 503 and 504, within the time. */
QUIPU_API quipu_status quipu_transport_open_http(const char *url, size_t url_len, const quipu_transport_http_options *options,
                                                 quipu_transport **out, quipu_error **err);

/** A transport of the caller's. Each function answers a quipu_status; on failure it may set *err to an error made by
 *  quipu_error_new, which the library then owns. They are called on the thread that called the syncer, one at a time. Bytes they
 *  hand over are allocated by quipu_alloc, and are the library's from then on. The limits of docs/formats/sync.md hold for them too. */
typedef struct quipu_transport_vtbl {
    size_t struct_size; /* sizeof(quipu_transport_vtbl) */

    /** The manifest's text. QUIPU_E_NOT_FOUND, or QUIPU_OK with *out NULL, if there is none. */
    quipu_status (*read_manifest)(void *user, char **out, size_t *out_len, quipu_error **err);
    /** Puts this text in place of the manifest. */
    quipu_status (*write_manifest)(void *user, const char *text, size_t text_len, quipu_error **err);
    /** The document of a chunk, as it was written. QUIPU_E_NOT_FOUND, or QUIPU_OK with *out NULL, if there is no such chunk. id: eight to 64
     *  lower-case hex digits. */
    quipu_status (*read_chunk)(void *user, const char *id, size_t id_len, char **out, size_t *out_len, quipu_error **err);
    /** Keeps a document under an id. entry: its entry for the manifest, one JSON object. QUIPU_E_EXISTS if another document has that id: in
     *  file mode a longer one is tried then, of 16 and at last of 64 digits. */
    quipu_status (*write_chunk)(void *user, const char *id, size_t id_len, const char *document, size_t document_len,
                                const char *entry, size_t entry_len, quipu_error **err);

    /** Optional (NULL): keep other writers of the manifest out, from before it is read until after it is written. */
    quipu_status (*lock)(void *user, quipu_error **err);
    void (*unlock)(void *user);
    /** Optional (NULL): called once, when the transport is closed, or freed without that, and no call uses it any more. */
    void (*destroy)(void *user);
} quipu_transport_vtbl;

/** vtbl is copied. If this call fails, destroy is not called. QUIPU_E_INVALID if one of the first four functions is NULL, or only one of
 *  lock and unlock. */
QUIPU_API quipu_status quipu_transport_create(const quipu_transport_vtbl *vtbl, void *user, quipu_transport **out,
                                              quipu_error **err);

/** Later calls of syncers on it answer QUIPU_E_CLOSED. Waits for one in flight. */
QUIPU_API quipu_status quipu_transport_close(quipu_transport *transport, quipu_error **err);
QUIPU_API void quipu_transport_free(quipu_transport *transport); /* NULL is fine */

/* ---- the syncer ---------------------------------------------------------------------------------------------------- */

/** What to do with a document that does not hash to its id. */
typedef enum quipu_sync_id_policy {
    QUIPU_SYNC_ID_ENFORCE = 0, /* leave the chunk out. Of HTTP transports, which do not keep bytes, it is never left out */
    QUIPU_SYNC_ID_WARN = 1,    /* import and report it */
    QUIPU_SYNC_ID_OFF = 2      /* do not compare */
} quipu_sync_id_policy;

/** What created_at of new entries says. Engram before 1.15 takes for new only what was created after the latest of them. */
typedef enum quipu_sync_manifest_time {
    QUIPU_SYNC_TIME_AUTO = 0, /* KEEP_LATEST if the manifest lists chunks that are not from this store, else NOW */
    QUIPU_SYNC_TIME_NOW = 1,
    QUIPU_SYNC_TIME_KEEP_LATEST = 2 /* the latest time in the manifest once more */
} quipu_sync_manifest_time;

/* Flags of quipu_syncer_options. Unknown bits are QUIPU_E_INVALID. */
#define QUIPU_SYNCER_CLOUD 1u          /* cloud mode, for `project`: sends what the journal of local changes holds */
#define QUIPU_SYNCER_WITH_PERSONAL 2u  /* export rows of scope personal too */
#define QUIPU_SYNCER_WITH_UNLISTED 4u  /* import chunks that the manifest does not list */
#define QUIPU_SYNCER_SUPPRESS_EDITS 8u /* export no row anew that was exported before: for readers before Engram 1.15.1 */
#define QUIPU_SYNCER_STOP_AT_ERROR 16u /* the first chunk that cannot be used ends an import with QUIPU_E_CORRUPT */

typedef struct quipu_syncer_options {
    size_t struct_size;    /* sizeof(quipu_syncer_options) */
    uint32_t flags;        /* QUIPU_SYNCER_... */
    int32_t id_policy;     /* quipu_sync_id_policy */
    int32_t manifest_time; /* quipu_sync_manifest_time */
    const char *project;   /* cloud mode: the project; normalised */
    size_t project_len;
    const char
        *streams; /* project folders of ChronoStores whose records travel along, separated by LF; not the memory store's own */
    size_t streams_len;
} quipu_syncer_options;

#define QUIPU_SYNCER_OPTIONS_INIT \
    { sizeof(quipu_syncer_options), 0, 0, 0, NULL, 0, NULL, 0 }

/** A syncer of a memory store with a transport. Both stay the caller's, and may be closed and freed at any time: calls answer
 *  QUIPU_E_CLOSED then. options: NULL for file mode with the defaults. */
QUIPU_API quipu_status quipu_syncer_open(quipu_memorystore *store, quipu_transport *transport,
                                         const quipu_syncer_options *options, quipu_syncer **out, quipu_error **err);
/** Waits for calls in flight. The store and the transport stay open. */
QUIPU_API quipu_status quipu_syncer_close(quipu_syncer *syncer, quipu_error **err);
QUIPU_API void quipu_syncer_free(quipu_syncer *syncer); /* NULL is fine */

/** Sends what the other side lacks: in file mode the rows whose present state is in no listed chunk, and deletes of rows that are; in
 *  cloud mode what the journal holds of the project.
 *
 * created_by  Who exports; goes into the manifest. See quipu_sync_username().
 * project     Of that project alone; empty: all. Cloud mode: empty means the syncer's own.
 * progress    May be NULL; QUIPU_E_CANCELLED leaves what was done, and a repeat goes on.
 * out         What was sent; may be NULL.
 * out_issues  What was found in chunks of others; may be NULL.
 *
 * QUIPU_E_CORRUPT     the manifest is damaged: quipu_manifest_repair() first
 * QUIPU_E_TOO_NEW     the manifest is of a later version
 * QUIPU_E_CONSTRAINT  cloud mode: the project is not enrolled (quipu_memorystore_project_enroll)
 * Cost: with nothing to send, the manifest and one look at each chunk's size and time. */
QUIPU_API quipu_status quipu_syncer_export(quipu_syncer *syncer, const char *created_by, size_t created_by_len,
                                           const char *project, size_t project_len, quipu_progress_fn progress, void *user,
                                           quipu_syncexport **out, quipu_syncissuecursor **out_issues, quipu_error **err);

/** Imports what was not imported before, each chunk in one commit. Chunks that cannot be used are left out and reported. A repeat after
 *  any failure goes on. QUIPU_E_CORRUPT: the manifest cannot be read. progress, out, out_issues: as above. */
QUIPU_API quipu_status quipu_syncer_import(quipu_syncer *syncer, quipu_progress_fn progress, void *user, quipu_syncimport **out,
                                           quipu_syncissuecursor **out_issues, quipu_error **err);

/** How the store and the target stand to each other. Reads the chunks that are pending. out_issues: may be NULL. */
QUIPU_API quipu_status quipu_syncer_status(quipu_syncer *syncer, quipu_syncstatus **out, quipu_syncissuecursor **out_issues,
                                           quipu_error **err);

/** The name that an export goes by where the caller has none: the first that is not empty of the environment's USER and USERNAME, the
 *  name of the host, `unknown`. *out: quipu_free(). */
QUIPU_API quipu_status quipu_sync_username(char **out, size_t *out_len, quipu_error **err);

QUIPU_API quipu_status quipu_syncissuecursor_next(quipu_syncissuecursor *cursor, quipu_syncissue **out, quipu_error **err);
QUIPU_API quipu_status quipu_syncissuecursor_next_page(quipu_syncissuecursor *cursor, int64_t max_items, uint8_t **out,
                                                       size_t *out_len, quipu_error **err);
QUIPU_API quipu_status quipu_syncissuecursor_close(quipu_syncissuecursor *cursor, quipu_error **err);
QUIPU_API void quipu_syncissuecursor_free(quipu_syncissuecursor *cursor);

/* ---- the upgrade of a project to the cloud ------------------------------------------------------------------------- */

/** Whether a project can be taken to the cloud, from what the caller knows. QUIPU_E_INVALID for an empty project. */
QUIPU_API quipu_status quipu_sync_diagnose(const char *project, size_t project_len, int cloud_configured, int enrolled,
                                           int policy_denied, quipu_syncdiagnosis **out, quipu_error **err);

/** Enrols a project, pushes it, pulls it back and checks; each step is put on record, and a repeat after any failure goes on behind the
 *  last one that was done. transport: of that project's cloud. created_by: blank means `upgrade-bootstrap`. out may be NULL. */
QUIPU_API quipu_status quipu_sync_bootstrap(quipu_memorystore *store, quipu_transport *transport, const char *project,
                                            size_t project_len, const char *created_by, size_t created_by_len,
                                            quipu_syncupgrade **out, quipu_error **err);

/** What a rollback calls before and after it, with the normalised project: to stop and resume whatever syncs by itself. An answer other
 *  than QUIPU_OK, with *err if it was set, is handed on. */
typedef quipu_status (*quipu_sync_hook_fn)(void *user, const char *project, size_t project_len, quipu_error **err);

/** Takes back a bootstrap that was not finished: whether the project is enrolled becomes what it was before. stop and resume may be NULL.
 *  QUIPU_E_CONFLICT if there is none, or it was finished. out may be NULL. */
QUIPU_API quipu_status quipu_sync_rollback(quipu_memorystore *store, const char *project, size_t project_len,
                                           quipu_sync_hook_fn stop, quipu_sync_hook_fn resume, void *user,
                                           quipu_syncupgrade **out, quipu_error **err);

/* ---- manifests ----------------------------------------------------------------------------------------------------- */

/** Merges two versions of a manifest for git: entries are a set, nothing gets lost, and the result does not depend on which side is ours.
 *  Damaged texts are recovered if possible; QUIPU_E_CORRUPT if not. base: empty if there is none. */
QUIPU_API quipu_status quipu_manifest_merge(const char *base, size_t base_len, const char *ours, size_t ours_len,
                                            const char *theirs, size_t theirs_len, quipu_manifestmerge **out,
                                            quipu_error **err);

/* Flags of quipu_manifest_repair. Unknown bits are QUIPU_E_INVALID. */
#define QUIPU_MANIFEST_ADD_UNLISTED 1u /* add chunks that no entry names and that are what their id says */
#define QUIPU_MANIFEST_DRY_RUN 2u      /* only tell what would be done */

/** Puts a damaged manifest right, under the transport's lock: conflict markers, entries run into each other, counts that are not those
 *  of the documents. QUIPU_E_CORRUPT if nothing can be recovered (a cut or empty file: ADD_UNLISTED makes it anew from the chunks).
 *  out may be NULL. */
QUIPU_API quipu_status quipu_manifest_repair(quipu_transport *transport, uint32_t flags, quipu_manifestmerge **out,
                                             quipu_error **err);

/** One line for people: how many chunks, and by whom. *out: quipu_free(). QUIPU_E_CORRUPT for a text that is no manifest. */
QUIPU_API quipu_status quipu_manifest_summary(const char *text, size_t text_len, char **out, size_t *out_len,
                                              quipu_error **err);

#ifdef __cplusplus
}
#endif

#endif
