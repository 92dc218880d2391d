#include "sync_support.h"

#include <assert.h>

/* ---- the transport */

remote *new_remote(void) {
  remote *self = case_memory(sizeof *self);
  memset(self, 0, sizeof *self);
  return self;
}

static char *case_copy(const char *bytes, size_t len) {
  char *copy = case_memory(len + 1);
  memcpy(copy, bytes, len);
  copy[len] = '\0';
  return copy;
}

static int is_slot_of(slot which, const remote *self) { return self->fails && self->fail_slot == which; }

static quipu_status begin(remote *self, slot which, quipu_error **err) {
  ++self->calls[which];
  if (self->inside != NULL) {
    self->inside(self);
  }
  if (!is_slot_of(which, self)) {
    return QUIPU_OK;
  }
  if (!self->fail_bare) {
    *err = quipu_error_new(self->fail_code, TEXT_ARG("the remote is on strike"));
  }
  return (quipu_status)self->fail_code;
}

static quipu_status give(const remote *self, const char *bytes, size_t len, char **out, size_t *out_len) {
  if (bytes == NULL) {
    return self->answers_null ? QUIPU_OK : QUIPU_E_NOT_FOUND;
  }
  *out = quipu_alloc(len + 1);
  if (*out == NULL) {
    return QUIPU_E_NO_MEMORY;
  }
  memcpy(*out, bytes, len);
  *out_len = len;
  return QUIPU_OK;
}

static quipu_status read_manifest(void *user, char **out, size_t *out_len, quipu_error **err) {
  remote *self = user;
  const quipu_status status = begin(self, READ_MANIFEST, err);
  /* What a function that fails left behind is the library's, too. */
  if (status != QUIPU_OK && !self->fail_bare) {
    give(self, "half", 4, out, out_len);
  }
  return status != QUIPU_OK ? status : give(self, self->manifest, self->manifest_len, out, out_len);
}

static quipu_status write_manifest(void *user, const char *text, size_t text_len, quipu_error **err) {
  remote *self = user;
  const quipu_status status = begin(self, WRITE_MANIFEST, err);
  if (status == QUIPU_OK && text_len > 0) {
    self->manifest = case_copy(text, text_len);
    self->manifest_len = text_len;
  }
  return status;
}

static kept_chunk *chunk_named(remote *self, const char *id, size_t id_len) {
  int i;
  for (i = 0; i < self->chunk_count; ++i) {
    if (strlen(self->chunks[i].id) == id_len && memcmp(self->chunks[i].id, id, id_len) == 0) {
      return &self->chunks[i];
    }
  }
  return NULL;
}

static quipu_status read_chunk(void *user, const char *id, size_t id_len, char **out, size_t *out_len,
                               quipu_error **err) {
  remote *self = user;
  const quipu_status status = begin(self, READ_CHUNK, err);
  const kept_chunk *chunk = chunk_named(self, id, id_len);
  if (status != QUIPU_OK) {
    return status;
  }
  return give(self, chunk == NULL ? NULL : chunk->document, chunk == NULL ? 0 : chunk->len, out, out_len);
}

static quipu_status write_chunk(void *user, const char *id, size_t id_len, const char *document, size_t document_len,
                                const char *entry, size_t entry_len, quipu_error **err) {
  remote *self = user;
  const quipu_status status = begin(self, WRITE_CHUNK, err);
  kept_chunk *chunk = chunk_named(self, id, id_len);
  CHECK(id_len >= 8 && id_len <= 64 && strspn(id, "0123456789abcdef") >= id_len);
  if (self->taken > 0) {
    --self->taken;
    return QUIPU_E_EXISTS;
  }
  CHECK(entry_len > 0 && entry[0] == '{' && entry[entry_len - 1] == '}');
  if (status != QUIPU_OK) {
    return status;
  }
  if (chunk == NULL) {
    assert(self->chunk_count < 64);
    chunk = &self->chunks[self->chunk_count++];
    memcpy(chunk->id, id, id_len);
    chunk->id[id_len] = '\0';
  } else {
    CHECK_BYTES(chunk->document, chunk->len, document, document_len);
  }
  chunk->document = case_copy(document, document_len);
  chunk->len = document_len;
  return QUIPU_OK;
}

static quipu_status lock(void *user, quipu_error **err) {
  remote *self = user;
  const quipu_status status = begin(self, LOCK, err);
  if (status == QUIPU_OK) {
    CHECK_INT(self->unlocks + 1, self->calls[LOCK]);
  } else {
    ++self->unlocks; /* never locked: the books stay even */
  }
  return status;
}

static void unlock(void *user) {
  remote *self = user;
  ++self->unlocks;
  if (self->inside != NULL) {
    self->inside(self);
  }
}

static void destroy(void *user) { ++((remote *)user)->destroyed; }

quipu_transport *transport_of(remote *self, int locks) {
  quipu_transport_vtbl functions;
  quipu_transport *made = NULL;
  memset(&functions, 0, sizeof functions);
  functions.struct_size = sizeof functions;
  functions.read_manifest = read_manifest;
  functions.write_manifest = write_manifest;
  functions.read_chunk = read_chunk;
  functions.write_chunk = write_chunk;
  functions.lock = locks ? lock : NULL;
  functions.unlock = locks ? unlock : NULL;
  functions.destroy = destroy;
  OK(quipu_transport_create(&functions, self, &made, err));
  memset(&functions, 0, sizeof functions); /* it was copied */
  return made;
}

void drop_transport(quipu_transport *transport) {
  OK(quipu_transport_close(transport, err));
  quipu_transport_free(transport);
}

void set_manifest(remote *self, const char *text) {
  self->manifest = case_copy(text, strlen(text));
  self->manifest_len = strlen(text);
}

/* ---- stores */

quipu_memorystore *new_memory(void) {
  quipu_memorystore_options options = QUIPU_MEMORYSTORE_OPTIONS_INIT;
  options.durability = QUIPU_DURABILITY_NONE;
  return open_memory_with(new_folder(), &options);
}

quipu_memorystore *filled_store(void) {
  quipu_memorystore *store = new_memory();
  start_session(store, "s");
  remember_that(store, "First", "one");
  remember_that(store, "Second", "two");
  add_prompt(store, "s", "what now?", "quipu");
  return store;
}

/* ---- syncers */

quipu_transport *open_dir(const char *path) {
  quipu_transport *made = NULL;
  OK(quipu_transport_open_dir(TEXT_ARG(path), NULL, &made, err));
  return made;
}

quipu_syncer *open_syncer_with(quipu_memorystore *store, quipu_transport *transport,
                               const quipu_syncer_options *options) {
  quipu_syncer *made = NULL;
  OK(quipu_syncer_open(store, transport, options, &made, err));
  return made;
}

quipu_syncer *open_syncer(quipu_memorystore *store, quipu_transport *transport) {
  return open_syncer_with(store, transport, NULL);
}

quipu_syncer *open_cloud(quipu_memorystore *store, quipu_transport *transport, const char *project) {
  quipu_syncer_options options = QUIPU_SYNCER_OPTIONS_INIT;
  options.flags = QUIPU_SYNCER_CLOUD;
  SET_FIELD(options, project, project);
  return open_syncer_with(store, transport, &options);
}

void drop_syncer(quipu_syncer *syncer) {
  OK(quipu_syncer_close(syncer, err));
  quipu_syncer_free(syncer);
}

#define TEXT_SIZE 16384

const char *exported(quipu_syncer *syncer) {
  quipu_syncexport *result = NULL;
  char *text = case_memory(256);
  OK(quipu_syncer_export(syncer, TEXT_ARG("ana"), NULL, 0, NULL, NULL, &result, NULL, err));
  if (result != NULL) {
    snprintf(text, 256, "%zu/%" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64, quipu_syncexport_chunk_ids_count(result),
             quipu_syncexport_sessions_exported(result), quipu_syncexport_observations_exported(result),
             quipu_syncexport_prompts_exported(result), quipu_syncexport_mutations_exported(result));
    CHECK_INT(quipu_syncexport_chunk_ids_count(result) == 0, quipu_syncexport_is_empty(result));
  }
  quipu_syncexport_free(result);
  return text;
}

const char *imported(quipu_syncer *syncer) {
  quipu_syncimport *result = NULL;
  char *text = case_memory(256);
  OK(quipu_syncer_import(syncer, NULL, NULL, &result, NULL, err));
  if (result != NULL) {
    snprintf(text, 256, "%" PRId64 "+%" PRId64 "+%" PRId64 "/%" PRId64 "/%" PRId64 "/%" PRId64,
             quipu_syncimport_chunks_imported(result), quipu_syncimport_chunks_skipped(result),
             quipu_syncimport_chunks_rejected(result), quipu_syncimport_sessions_imported(result),
             quipu_syncimport_observations_imported(result), quipu_syncimport_prompts_imported(result));
  }
  quipu_syncimport_free(result);
  return text;
}

const char *status_of(quipu_syncer *syncer) {
  quipu_syncstatus *result = NULL;
  char *text = case_memory(256);
  OK(quipu_syncer_status(syncer, &result, NULL, err));
  if (result != NULL) {
    snprintf(text, 256, "%" PRId64 "/%" PRId64 "/%" PRId64, quipu_syncstatus_local(result),
             quipu_syncstatus_remote(result), quipu_syncstatus_pending(result));
  }
  quipu_syncstatus_free(result);
  return text;
}

const char *issues_of(quipu_syncissuecursor *cursor) {
  char *text = case_memory(TEXT_SIZE);
  size_t used = 0;
  for (;;) {
    quipu_syncissue *issue = NULL;
    OK(quipu_syncissuecursor_next(cursor, &issue, err));
    if (issue == NULL) {
      break;
    }
    used += (size_t)snprintf(text + used, TEXT_SIZE - used, "%s%s:%s", used == 0 ? "" : ",",
                             quipu_syncissue_id(issue, NULL), quipu_syncissue_code(issue, NULL));
    quipu_syncissue_free(issue);
  }
  OK(quipu_syncissuecursor_close(cursor, err));
  quipu_syncissuecursor_free(cursor);
  return text;
}

const char *issues_of_import(quipu_syncer *syncer) {
  quipu_syncissuecursor *cursor = NULL;
  OK(quipu_syncer_import(syncer, NULL, NULL, NULL, &cursor, err));
  return issues_of(cursor);
}

const char *copy_of_fixture(const char *name) {
  const char *folder = new_folder();
  char command[8192];
  snprintf(command, sizeof command, "cp -R '%s/sync/%s/.' '%s'", QUIPU_TEST_DATA_DIR, name, folder);
  CHECK_INT(0, system(command));
  return folder;
}
