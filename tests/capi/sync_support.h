/* sync_support.h - stores, directories and a server in memory for the tests of quipu/sync.h. */
#ifndef QUIPU_TESTS_CAPI_SYNC_SUPPORT_H
#define QUIPU_TESTS_CAPI_SYNC_SUPPORT_H

#include "memory_support.h"

/* ---- a transport in memory, made of functions of this program */

typedef enum slot { READ_MANIFEST, WRITE_MANIFEST, READ_CHUNK, WRITE_CHUNK, LOCK, SLOT_COUNT } slot;

typedef struct kept_chunk {
  char id[65];
  char *document;
  size_t len;
} kept_chunk;

typedef struct remote {
  char *manifest; /* NULL: none */
  size_t manifest_len;
  kept_chunk chunks[64];
  int chunk_count;

  int calls[SLOT_COUNT];
  int unlocks;
  int destroyed;

  int fails; /* the slot below answers fail_code */
  slot fail_slot;
  int fail_code;
  int fail_bare;    /* without an error object */
  int taken;        /* so many calls of write_chunk answer QUIPU_E_EXISTS */
  int answers_null; /* what is not there: QUIPU_OK and NULL instead of QUIPU_E_NOT_FOUND */

  void (*inside)(struct remote *self); /* called in every slot, if not NULL */
  void *inside_user;
} remote;

remote *new_remote(void); /* memory of the case */
/* Without lock and unlock if locks is 0. */
quipu_transport *transport_of(remote *self, int locks);
void drop_transport(quipu_transport *transport); /* closes and frees */
void set_manifest(remote *self, const char *text);

/* ---- stores */

/* A store in a folder of its own, which does not wait for the disk. */
quipu_memorystore *new_memory(void);
/* With session "s", observations "First" and "Second" and a prompt, all of project "quipu" by their session. */
quipu_memorystore *filled_store(void);

/* ---- syncers */

quipu_transport *open_dir(const char *path);
quipu_syncer *open_syncer(quipu_memorystore *store, quipu_transport *transport);
quipu_syncer *open_syncer_with(quipu_memorystore *store, quipu_transport *transport,
                               const quipu_syncer_options *options);
/* For `project`, in cloud mode. */
quipu_syncer *open_cloud(quipu_memorystore *store, quipu_transport *transport, const char *project);
void drop_syncer(quipu_syncer *syncer);

/* What an export or import moved, as "chunks/sessions/observations/prompts/mutations" and
 * "imported+skipped+rejected/sessions/observations/prompts". Memory of the case. */
const char *exported(quipu_syncer *syncer);
const char *imported(quipu_syncer *syncer);
/* "local/remote/pending". */
const char *status_of(quipu_syncer *syncer);
/* "id:code,id:code"; consumes the cursor. Memory of the case. */
const char *issues_of(quipu_syncissuecursor *cursor);
const char *issues_of_import(quipu_syncer *syncer);

/* A copy of tests/data/sync/<name>, which may be written to. */
const char *copy_of_fixture(const char *name);

#endif
