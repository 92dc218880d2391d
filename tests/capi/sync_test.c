/* Sync with directories (quipu/sync.h): export, import, status, progress, issues, options; directories that are hostile; manifests. */
#include "sync_support.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- arguments */

static void arguments_are_checked(void) {
  const char *folder = new_folder();
  quipu_transport_dir_options dir = QUIPU_TRANSPORT_DIR_OPTIONS_INIT;
  quipu_syncer_options options = QUIPU_SYNCER_OPTIONS_INIT;
  quipu_transport *transport = GARBAGE(quipu_transport), *good = open_dir(path_in(folder, "sync"));
  quipu_memorystore *store = filled_store();
  quipu_syncer *syncer = GARBAGE(quipu_syncer);
  quipu_syncissuecursor *issues = GARBAGE(quipu_syncissuecursor);
  quipu_syncissue *issue = GARBAGE(quipu_syncissue);
  uint8_t *page = GARBAGE(uint8_t);
  size_t len = GARBAGE_LEN;
  FAILS(QUIPU_E_INVALID, quipu_transport_open_dir("", 0, NULL, &transport, err));
  FAILS(QUIPU_E_INVALID, quipu_transport_open_dir("\xff", 1, NULL, &transport, err));
  FAILS(QUIPU_E_MISUSE, quipu_transport_open_dir(NULL, 1, NULL, &transport, err));
  FAILS(QUIPU_E_MISUSE, quipu_transport_open_dir(TEXT_ARG(folder), NULL, NULL, err));
  dir.lock_wait_ms = -2;
  FAILS(QUIPU_E_INVALID, quipu_transport_open_dir(TEXT_ARG(folder), &dir, &transport, err));
  dir.lock_wait_ms = 0;
  dir.struct_size = sizeof dir + 1;
  FAILS(QUIPU_E_INVALID, quipu_transport_open_dir(TEXT_ARG(folder), &dir, &transport, err));
  dir.struct_size = 1;
  FAILS(QUIPU_E_INVALID, quipu_transport_open_dir(TEXT_ARG(folder), &dir, &transport, err));
  CHECK(transport == NULL);

#define REFUSED(member, value, standard)                                            \
  do {                                                                              \
    options.member = (value);                                                       \
    FAILS(QUIPU_E_INVALID, quipu_syncer_open(store, good, &options, &syncer, err)); \
    options.member = (standard);                                                    \
  } while (0)
  REFUSED(flags, 32u, 0);
  REFUSED(id_policy, 3, 0);
  REFUSED(id_policy, -1, 0);
  REFUSED(manifest_time, 3, 0);
  REFUSED(struct_size, sizeof options + 8, sizeof options);
  REFUSED(struct_size, 0, sizeof options);
  SET_FIELD(options, project, "\xff");
  FAILS(QUIPU_E_INVALID, quipu_syncer_open(store, good, &options, &syncer, err));
  options.project = NULL;
  FAILS(QUIPU_E_MISUSE, quipu_syncer_open(store, good, &options, &syncer, err));
  options.project_len = 0;
  SET_FIELD(options, streams, "a\xff");
  FAILS(QUIPU_E_INVALID, quipu_syncer_open(store, good, &options, &syncer, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_open(NULL, good, NULL, &syncer, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_open(store, NULL, NULL, &syncer, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_open(store, good, NULL, NULL, err));
  CHECK(syncer == NULL);

  /* Known to an older caller only in part. */
  memset(&options, 0x5a, sizeof options);
  options.struct_size = offsetof(quipu_syncer_options, id_policy);
  options.flags = 0;
  syncer = open_syncer_with(store, good, &options);
  FAILS(QUIPU_E_INVALID, quipu_syncer_export(syncer, "\xff", 1, NULL, 0, NULL, NULL, NULL, &issues, err));
  CHECK(issues == NULL);
  FAILS(QUIPU_E_MISUSE, quipu_syncer_export(syncer, NULL, 1, NULL, 0, NULL, NULL, NULL, NULL, err));
  FAILS(QUIPU_E_INVALID, quipu_syncer_export(syncer, "a", 1, "\xff", 1, NULL, NULL, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_export(syncer, "a", 1, NULL, 1, NULL, NULL, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_export(NULL, "a", 1, NULL, 0, NULL, NULL, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_import(NULL, NULL, NULL, NULL, &issues, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_status(NULL, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_status(syncer, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncer_close(NULL, err));
  quipu_syncer_free(NULL);
  FAILS(QUIPU_E_MISUSE, quipu_syncissuecursor_next(NULL, &issue, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncissuecursor_next_page(NULL, 1, &page, &len, err));
  FAILS(QUIPU_E_MISUSE, quipu_syncissuecursor_close(NULL, err));
  quipu_syncissuecursor_free(NULL);
  CHECK(issue == NULL && page == NULL && len == 0);
  CHECK(!path_exists(path_in(folder, "sync")));

  /* Nobody wants the answers. */
  OK(quipu_syncer_export(syncer, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL, err));
  OK(quipu_syncer_import(syncer, NULL, NULL, NULL, NULL, err));
  drop_syncer(syncer);
  drop_transport(good);
  close_memory(store);
}

static void the_name_of_the_user(void) {
  char *name = GARBAGE(char);
  size_t len = GARBAGE_LEN;
  setenv("USER", "ana", 1);
  OK(quipu_sync_username(&name, &len, err));
  CHECK_TEXT("ana", name, len);
  quipu_free(name);
  setenv("USER", "", 1);
  setenv("USERNAME", "b\xffo", 1);
  OK(quipu_sync_username(&name, NULL, err));
  CHECK_TEXT("b\xef\xbf\xbdo", name, strlen(name));
  quipu_free(name);
  unsetenv("USER");
  unsetenv("USERNAME");
  OK(quipu_sync_username(&name, &len, err));
  CHECK(len > 0 && name[len] == '\0');
  quipu_free(name);
  FAILS(QUIPU_E_MISUSE, quipu_sync_username(NULL, &len, err));
  CHECK_INT(0, len);
}

/* ---- two stores and a directory */

static void two_stores_and_a_directory(void) {
  const char *folder = path_in(new_folder(), ".engram");
  quipu_transport *transport = open_dir(folder);
  quipu_memorystore *ana = filled_store(), *bo = new_memory();
  quipu_syncer *of_ana = open_syncer(ana, transport), *of_bo = open_syncer(bo, transport);
  quipu_syncexport *sent = NULL;
  const char *second;
  size_t len = 0;
  CHECK_LIST("0+0+0/0/0/0", imported(of_bo));
  CHECK_LIST("0/0/0", status_of(of_bo));
  CHECK(!path_exists(folder)); /* reading makes nothing */
  OK(quipu_syncer_export(of_ana, TEXT_ARG("ana"), NULL, 0, NULL, NULL, &sent, NULL, err));
  CHECK_INT(0, quipu_syncexport_is_empty(sent));
  CHECK_INT(1, quipu_syncexport_chunk_ids_count(sent));
  {
    char name[128];
    const char *id = quipu_syncexport_chunk_id(sent, &len);
    CHECK_TEXT(id, quipu_syncexport_chunk_ids_at(sent, 0, &len), len);
    snprintf(name, sizeof name, "chunks/%s.jsonl.gz", id);
    CHECK(path_exists(path_in(folder, name)));
  }
  quipu_syncexport_free(sent);
  CHECK_LIST("0/1/1", status_of(of_bo));
  CHECK_LIST("1+0+0/1/2/1", imported(of_bo));
  CHECK_LIST("0+1+0/0/0/0", imported(of_bo));
  CHECK_LIST("0/0/0/0/0", exported(of_bo));
  CHECK_LIST("0/0/0/0/0", exported(of_ana));
  CHECK_LIST("1/1/0", status_of(of_bo));

  /* A project alone; another one; a change and a delete. */
  OK(quipu_syncer_export(of_ana, TEXT_ARG("ana"), TEXT_ARG("other"), NULL, NULL, &sent, NULL, err));
  CHECK_INT(1, quipu_syncexport_is_empty(sent));
  CHECK_TEXT("", quipu_syncexport_chunk_id(sent, &len), len);
  quipu_syncexport_free(sent);
  second = remember_that(ana, "Third", "three");
  CHECK_LIST("1/0/1/0/0", exported(of_ana));
  CHECK_LIST("1+1+0/0/1/0", imported(of_bo));
  delete_observation(bo, second, 1);
  CHECK_LIST("1/0/0/0/1", exported(of_bo));
  CHECK_LIST("1+2+0/0/0/0", imported(of_ana));
  CHECK_LIST("Second,First", list_observations(ana, NULL));

  /* What is personal stays, unless asked for. */
  {
    quipu_syncer_options options = QUIPU_SYNCER_OPTIONS_INIT;
    quipu_memoryobservation_fields fields = observation_of("Mine", "alone");
    quipu_syncer *of_all;
    SET_FIELD(fields, scope, "personal");
    add_observation(ana, &fields, "created");
    CHECK_LIST("0/0/0/0/0", exported(of_ana));
    options.flags = QUIPU_SYNCER_WITH_PERSONAL;
    of_all = open_syncer_with(ana, transport, &options);
    CHECK_LIST("1/0/1/0/0", exported(of_all));
    drop_syncer(of_all);
  }
  drop_syncer(of_ana);
  drop_syncer(of_bo);
  drop_transport(transport);
  close_memory(ana);
  close_memory(bo);
}

/* A lock that another one holds: the wait ends. */
static void the_lock_is_waited_for(void) {
  const char *folder = path_in(new_folder(), ".engram");
  quipu_transport_dir_options dir = QUIPU_TRANSPORT_DIR_OPTIONS_INIT;
  quipu_transport *transport = NULL;
  quipu_memorystore *ana = filled_store();
  quipu_syncer *of_ana;
  dir.lock_wait_ms = -1;
  OK(quipu_transport_open_dir(TEXT_ARG(folder), &dir, &transport, err));
  of_ana = open_syncer(ana, transport);
  CHECK_LIST("1/1/2/1/0", exported(of_ana));
  CHECK(!path_exists(path_in(folder, "manifest.json.lock")));
  {
    const int held = open(path_in(folder, "manifest.json.lock"), O_RDWR | O_CREAT, 0600);
    quipu_error *error = NULL;
    CHECK_INT(0, flock(held, LOCK_EX));
    remember_that(ana, "Third", "three");
    FAILS_WITH(QUIPU_E_BUSY, quipu_syncer_export(of_ana, TEXT_ARG("ana"), NULL, 0, NULL, NULL, NULL, NULL, err), error);
    CHECK(quipu_error_retryable(error));
    quipu_error_free(error);
    FAILS(QUIPU_E_BUSY, quipu_manifest_repair(transport, 0, NULL, err));
    OK(quipu_manifest_repair(transport, QUIPU_MANIFEST_DRY_RUN, NULL, err));
    close(held);
  }
  CHECK_LIST("1/0/1/0/0", exported(of_ana));
  drop_syncer(of_ana);
  drop_transport(transport);
  close_memory(ana);
}

/* ---- progress */

typedef struct watch {
  int calls;
  int cancel_at;
  int64_t done;
  int64_t total;
} watch;

static int see(void *user, int64_t done, int64_t total) {
  watch *self = user;
  ++self->calls;
  CHECK(done >= 0 && done <= total);
  self->done = done;
  self->total = total;
  return self->calls == self->cancel_at ? 3 : 0;
}

static void progress_and_cancel(void) {
  const char *folder = copy_of_fixture("basic");
  quipu_transport *transport = open_dir(path_in(folder, "engram"));
  quipu_memorystore *store = new_memory();
  quipu_syncer *syncer = open_syncer(store, transport);
  quipu_syncimport *taken = GARBAGE(quipu_syncimport);
  quipu_syncexport *sent = GARBAGE(quipu_syncexport);
  quipu_syncissuecursor *issues = GARBAGE(quipu_syncissuecursor);
  watch seen = {0, 2, 0, 0};
  FAILS_ONCE(QUIPU_E_CANCELLED, quipu_syncer_import(syncer, see, &seen, &taken, &issues, err));
  CHECK(taken == NULL && issues == NULL);
  CHECK_INT(2, seen.calls);
  CHECK_INT(2, seen.total);
  CHECK_LIST("1/2/1", status_of(syncer)); /* what was done stays */
  memset(&seen, 0, sizeof seen);
  OK(quipu_syncer_import(syncer, see, &seen, &taken, NULL, err));
  CHECK_INT(2, seen.calls);
  CHECK_INT(1, quipu_syncimport_chunks_imported(taken));
  CHECK_INT(1, quipu_syncimport_chunks_skipped(taken));
  quipu_syncimport_free(taken);

  start_session(store, "s");
  remember_that(store, "Third", "three");
  memset(&seen, 0, sizeof seen);
  seen.cancel_at = 3;
  FAILS_ONCE(QUIPU_E_CANCELLED, quipu_syncer_export(syncer, TEXT_ARG("ana"), NULL, 0, see, &seen, &sent, &issues, err));
  CHECK(sent == NULL && issues == NULL);
  CHECK_INT(3, seen.calls);
  CHECK_LIST("2/2/0", status_of(syncer));
  CHECK_LIST("1/1/1/0/0", exported(syncer));
  drop_syncer(syncer);
  drop_transport(transport);
  close_memory(store);
}

/* ---- what others put there */

typedef struct damaged {
  const char *name;
  const char *imported; /* NULL: QUIPU_E_CORRUPT */
  const char *issues;
  int exports; /* quipu_status of an export */
} damaged;

static const damaged damages[] = {
    {"damaged/bomb", "1+0+1/1/1/0", "6b6f6596:decompression_bomb", QUIPU_OK},
    {"damaged/deep_nesting", "1+0+1/1/1/0", "9427924b:json_depth", QUIPU_OK},
    {"damaged/missing_chunk", "1+1+0/1/1/0", "bc585cd3:chunk_missing", QUIPU_OK},
    {"damaged/wrong_hash", "1+0+1/1/1/0", "bc585cd3:id_mismatch", QUIPU_OK},
    {"damaged/manifest_version_99", "2+0+0/2/3/1", ":manifest_version_unknown", QUIPU_E_TOO_NEW},
    {"damaged/manifest_truncated", NULL, NULL, QUIPU_E_CORRUPT},
    {"damaged/manifest_empty_file", NULL, NULL, QUIPU_E_CORRUPT},
};

static void damaged_directories(void) {
  size_t i;
  for (i = 0; i < sizeof damages / sizeof damages[0]; ++i) {
    const damaged *one = &damages[i];
    const char *folder = copy_of_fixture(one->name);
    quipu_transport *transport = open_dir(path_in(folder, "engram"));
    quipu_memorystore *store = new_memory(), *other = new_memory();
    quipu_syncer *syncer = open_syncer(store, transport), *of_other = open_syncer(other, transport);
    quipu_syncstatus *found = GARBAGE(quipu_syncstatus);
    if (one->imported == NULL) {
      FAILS(QUIPU_E_CORRUPT, quipu_syncer_import(syncer, NULL, NULL, NULL, NULL, err));
      FAILS(QUIPU_E_CORRUPT, quipu_syncer_status(syncer, &found, NULL, err));
      CHECK(found == NULL);
    } else {
      CHECK_LIST(one->issues, issues_of_import(of_other));
      CHECK_LIST(one->imported, imported(syncer));
    }
    start_session(store, "s");
    if (one->exports == QUIPU_OK) {
      CHECK_LIST("1/1/0/0/0", exported(syncer));
    } else {
      FAILS((quipu_status)one->exports,
            quipu_syncer_export(syncer, TEXT_ARG("a"), NULL, 0, NULL, NULL, NULL, NULL, err));
    }
    drop_syncer(of_other);
    drop_syncer(syncer);
    drop_transport(transport);
    close_memory(other);
    close_memory(store);
  }
}

static void ids_that_lead_elsewhere(void) {
  const char *folder = copy_of_fixture("damaged/traversal_ids");
  quipu_transport *transport = open_dir(path_in(folder, "engram"));
  quipu_memorystore *store = new_memory();
  quipu_syncer *syncer = open_syncer(store, transport);
  quipu_syncissuecursor *issues = NULL, *pages = NULL;
  quipu_syncimport *taken = NULL;
  quipu_syncissue *issue = NULL;
  uint8_t *page = NULL;
  size_t len = 0;
  OK(quipu_syncer_import(syncer, NULL, NULL, &taken, &issues, err));
  CHECK_INT(1, quipu_syncimport_chunks_imported(taken));
  CHECK_INT(14, quipu_syncimport_chunks_rejected(taken));
  quipu_syncimport_free(taken);
  OK(quipu_syncissuecursor_next(issues, &issue, err));
  CHECK_TEXT("../../x", quipu_syncissue_id(issue, &len), len);
  CHECK_TEXT("bad_chunk_id", quipu_syncissue_code(issue, &len), len);
  CHECK_TEXT("", quipu_syncissue_actual(issue, &len), len);
  CHECK(*quipu_syncissue_detail(issue, &len) != '\0');
  CHECK_INT(0, quipu_syncissue_version(issue));
  quipu_syncissue_free(issue);
  OK(quipu_syncissuecursor_next_page(issues, 1000, &page, &len, err));
  CHECK(page != NULL && len > 0);
  quipu_free(page);
  OK(quipu_syncissuecursor_next_page(issues, 10, &page, &len, err));
  CHECK(page == NULL && len == 0);
  issue = GARBAGE(quipu_syncissue);
  OK(quipu_syncissuecursor_next(issues, &issue, err));
  CHECK(issue == NULL);
  OK(quipu_syncissuecursor_close(issues, err));
  FAILS(QUIPU_E_CLOSED, quipu_syncissuecursor_next(issues, &issue, err));
  quipu_syncissuecursor_free(issues);

  /* A second cursor is its own; one that is not read to its end does no harm. */
  {
    quipu_syncstatus *found = NULL;
    OK(quipu_syncer_status(syncer, &found, &pages, err));
    CHECK_INT(15, quipu_syncstatus_remote(found));
    CHECK_INT(14, quipu_syncstatus_pending(found));
    quipu_syncstatus_free(found);
  }
  OK(quipu_syncissuecursor_next(pages, &issue, err));
  quipu_syncissue_free(issue);
  quipu_syncissuecursor_free(pages);
  CHECK_LIST("s-harbor-2", list_sessions(store, NULL));
  drop_syncer(syncer);

  /* The first of them ends it. */
  {
    quipu_syncer_options options = QUIPU_SYNCER_OPTIONS_INIT;
    quipu_memorystore *strict = new_memory();
    options.flags = QUIPU_SYNCER_STOP_AT_ERROR;
    syncer = open_syncer_with(strict, transport, &options);
    FAILS(QUIPU_E_CORRUPT, quipu_syncer_import(syncer, NULL, NULL, NULL, NULL, err));
    drop_syncer(syncer);
    close_memory(strict);
  }
  drop_transport(transport);
  close_memory(store);
}

static void links_are_not_followed(void) {
  const char *folder = copy_of_fixture("basic"), *linked = path_in(new_folder(), "link");
  const char *chunk = path_in(folder, "engram/chunks/4d56ae5b.jsonl.gz");
  quipu_transport *transport;
  quipu_memorystore *store = new_memory();
  quipu_syncer *syncer;
  CHECK_INT(0, rename(chunk, path_in(folder, "elsewhere")));
  CHECK_INT(0, symlink(path_in(folder, "elsewhere"), chunk));
  CHECK_INT(0, symlink(path_in(folder, "engram"), linked));
  transport = open_dir(linked); /* the path itself may be one */
  syncer = open_syncer(store, transport);
  CHECK_LIST("4d56ae5b:chunk_not_regular", issues_of_import(syncer));
  CHECK_LIST("0+1+1/0/0/0", imported(syncer));
  unlink(chunk);
  mkfifo(chunk, 0600);
  alarm(60); /* a pipe that nobody writes */
  CHECK_LIST("4d56ae5b:chunk_not_regular", issues_of_import(syncer));
  alarm(0);
  {
    const char *manifest = path_in(folder, "engram/manifest.json");
    CHECK_INT(0, rename(manifest, path_in(folder, "manifest")));
    CHECK_INT(0, symlink(path_in(folder, "manifest"), manifest));
  }
  FAILS(QUIPU_E_CORRUPT, quipu_syncer_import(syncer, NULL, NULL, NULL, NULL, err));
  start_session(store, "s");
  FAILS(QUIPU_E_CORRUPT, quipu_syncer_export(syncer, TEXT_ARG("a"), NULL, 0, NULL, NULL, NULL, NULL, err));
  drop_syncer(syncer);
  drop_transport(transport);
  close_memory(store);
}

static void policies(void) {
  const char *folder = copy_of_fixture("damaged/wrong_hash"), *loose = copy_of_fixture("damaged/manifest_missing");
  quipu_syncer_options options = QUIPU_SYNCER_OPTIONS_INIT;
  quipu_transport *transport = open_dir(path_in(folder, "engram")), *without = open_dir(path_in(loose, "engram"));
  quipu_memorystore *warned = new_memory(), *off = new_memory(), *all = new_memory();
  quipu_syncer *syncer;
  options.id_policy = QUIPU_SYNC_ID_WARN;
  syncer = open_syncer_with(warned, transport, &options);
  CHECK_LIST("bc585cd3:id_mismatch", issues_of_import(syncer));
  CHECK_LIST("0+2+0/0/0/0", imported(syncer));
  drop_syncer(syncer);
  options.id_policy = QUIPU_SYNC_ID_OFF;
  syncer = open_syncer_with(off, transport, &options);
  CHECK_LIST("", issues_of_import(syncer));
  CHECK_LIST("0+2+0/0/0/0", imported(syncer));
  drop_syncer(syncer);
  options.id_policy = QUIPU_SYNC_ID_ENFORCE;
  syncer = open_syncer_with(all, without, &options);
  CHECK_LIST("4d56ae5b:chunk_not_in_manifest,bc585cd3:chunk_not_in_manifest", issues_of_import(syncer));
  CHECK_LIST("", list_sessions(all, NULL));
  drop_syncer(syncer);
  options.flags = QUIPU_SYNCER_WITH_UNLISTED;
  syncer = open_syncer_with(all, without, &options);
  CHECK_LIST("2+0+0/2/3/1", imported(syncer));
  drop_syncer(syncer);
  drop_transport(transport);
  drop_transport(without);
  close_memory(warned);
  close_memory(off);
  close_memory(all);
}

/* ---- manifests */

static const char *fixture_text(const char *name, size_t *len) {
  char path[4096];
  snprintf(path, sizeof path, "%s/sync/%s", QUIPU_TEST_DATA_DIR, name);
  return read_whole_file(path, len);
}

static void manifests_are_merged(void) {
  static const char *const cases[] = {"same_counts", "no_base", "both_added_same_chunk", "one_side_dropped_an_entry",
                                      "different_counts"};
  size_t i;
  for (i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    const char *texts[4];
    static const char *const files[4] = {"base", "ours", "theirs", "merged"};
    size_t lens[4], len = 0;
    int side, j;
    for (j = 0; j < 4; ++j) {
      char name[128];
      snprintf(name, sizeof name, "merge/%s/%s.json", cases[i], files[j]);
      texts[j] = fixture_text(name, &lens[j]);
    }
    for (side = 1; side <= 2; ++side) {
      quipu_manifestmerge *merge = NULL;
      OK(quipu_manifest_merge(texts[0], lens[0], texts[side], lens[side], texts[3 - side], lens[3 - side], &merge,
                              err));
      CHECK_BYTES(texts[3], lens[3], quipu_manifestmerge_text(merge, &len), len);
      CHECK_INT(0, quipu_manifestmerge_recovered(merge));
      CHECK_INT(strcmp(cases[i], "one_side_dropped_an_entry") == 0, quipu_manifestmerge_kept_ids_count(merge) > 0);
      quipu_manifestmerge_free(merge);
    }
  }
  {
    quipu_manifestmerge *merge = GARBAGE(quipu_manifestmerge);
    size_t len = 0, conflict_len;
    const char *conflict = fixture_text("merge/same_counts/git_conflict.txt", &conflict_len);
    FAILS(QUIPU_E_CORRUPT, quipu_manifest_merge("", 0, "", 0, "{}", 2, &merge, err));
    FAILS(QUIPU_E_CORRUPT, quipu_manifest_merge("", 0, "{}", 2, "\xff\x00[", 3, &merge, err));
    FAILS(QUIPU_E_CORRUPT, quipu_manifest_merge("nonsense", 8, "{}", 2, "{}", 2, &merge, err));
    FAILS(QUIPU_E_MISUSE, quipu_manifest_merge(NULL, 1, "{}", 2, "{}", 2, &merge, err));
    FAILS(QUIPU_E_MISUSE, quipu_manifest_merge("", 0, NULL, 1, "{}", 2, &merge, err));
    FAILS(QUIPU_E_MISUSE, quipu_manifest_merge("", 0, "{}", 2, "{}", 2, NULL, err));
    CHECK(merge == NULL);
    OK(quipu_manifest_merge(NULL, 0, conflict, conflict_len, conflict, conflict_len, &merge, err));
    CHECK_INT(1, quipu_manifestmerge_recovered(merge));
    CHECK(quipu_manifestmerge_text(merge, &len) != NULL && len > 0);
    quipu_manifestmerge_free(merge);
  }
}

static void manifests_are_summed_up(void) {
  size_t len = 0, manifest_len;
  const char *manifest = fixture_text("basic/engram/manifest.json", &manifest_len);
  char *line = GARBAGE(char);
  OK(quipu_manifest_summary(manifest, manifest_len, &line, &len, err));
  CHECK_TEXT("2 chunks, 3 memories, 2 sessions \xe2\x80\x94 contributors: ana (2 chunks)", line, len);
  quipu_free(line);
  OK(quipu_manifest_summary("{}", 2, &line, NULL, err));
  CHECK_TEXT("No chunks synced yet.", line, strlen(line));
  quipu_free(line);
  FAILS(QUIPU_E_CORRUPT, quipu_manifest_summary("", 0, &line, &len, err));
  FAILS(QUIPU_E_CORRUPT, quipu_manifest_summary("{\"version\":1", 12, &line, &len, err));
  FAILS(QUIPU_E_MISUSE, quipu_manifest_summary(NULL, 1, &line, &len, err));
  FAILS(QUIPU_E_MISUSE, quipu_manifest_summary("{}", 2, NULL, &len, err));
  CHECK(line == NULL && len == 0);
}

static void manifests_are_repaired(void) {
  const char *folder = copy_of_fixture("basic");
  const char *manifest = path_in(folder, "engram/manifest.json");
  quipu_transport *transport = open_dir(path_in(folder, "engram"));
  quipu_manifestmerge *repair = GARBAGE(quipu_manifestmerge);
  quipu_memorystore *store = new_memory();
  quipu_syncer *syncer = open_syncer(store, transport);
  size_t len = 0, text_len, conflict_len;
  const char *text = read_whole_file(manifest, &text_len);
  const char *conflict = fixture_text("merge/same_counts/git_conflict.txt", &conflict_len);
  FAILS(QUIPU_E_INVALID, quipu_manifest_repair(transport, 4u, &repair, err));
  CHECK(repair == NULL);
  FAILS(QUIPU_E_MISUSE, quipu_manifest_repair(NULL, 0, &repair, err));
  OK(quipu_manifest_repair(transport, 0, &repair, err));
  CHECK_INT(0, quipu_manifestmerge_changed(repair));
  CHECK_BYTES(text, text_len, quipu_manifestmerge_text(repair, &len), len);
  quipu_manifestmerge_free(repair);

  write_whole_file(manifest, "", 0);
  FAILS(QUIPU_E_CORRUPT, quipu_manifest_repair(transport, 0, &repair, err));
  FAILS(QUIPU_E_CORRUPT, quipu_syncer_export(syncer, TEXT_ARG("a"), NULL, 0, NULL, NULL, NULL, NULL, err));
  OK(quipu_manifest_repair(transport, QUIPU_MANIFEST_ADD_UNLISTED | QUIPU_MANIFEST_DRY_RUN, &repair, err));
  CHECK_INT(1, quipu_manifestmerge_changed(repair));
  CHECK_INT(1, quipu_manifestmerge_recovered(repair));
  CHECK_INT(2, quipu_manifestmerge_added_ids_count(repair));
  CHECK_INT(0, file_size(manifest));
  quipu_manifestmerge_free(repair);
  OK(quipu_manifest_repair(transport, QUIPU_MANIFEST_ADD_UNLISTED, NULL, err));
  CHECK(file_size(manifest) > 0);
  CHECK_LIST("2+0+0/2/3/1", imported(syncer));

  /* With the markers of a merge it is read, and not written before it was put right. */
  write_whole_file(manifest, conflict, conflict_len);
  start_session(store, "s");
  FAILS(QUIPU_E_CORRUPT, quipu_syncer_export(syncer, TEXT_ARG("a"), NULL, 0, NULL, NULL, NULL, NULL, err));
  OK(quipu_manifest_repair(transport, 0, &repair, err));
  CHECK_INT(1, quipu_manifestmerge_changed(repair));
  CHECK_INT(1, quipu_manifestmerge_recovered(repair));
  CHECK_INT(0, quipu_manifestmerge_added_ids_count(repair));
  quipu_manifestmerge_free(repair);
  CHECK_LIST("1/1/0/0/0", exported(syncer));
  drop_syncer(syncer);
  drop_transport(transport);
  close_memory(store);

  folder = copy_of_fixture("damaged/manifest_counts_lie");
  transport = open_dir(path_in(folder, "engram"));
  OK(quipu_manifest_repair(transport, 0, &repair, err));
  CHECK(quipu_manifestmerge_recounted_ids_count(repair) > 0);
  quipu_manifestmerge_free(repair);
  drop_transport(transport);
  folder = copy_of_fixture("damaged/manifest_version_99");
  transport = open_dir(path_in(folder, "engram"));
  FAILS(QUIPU_E_TOO_NEW, quipu_manifest_repair(transport, 0, NULL, err));
  drop_transport(transport);
}

int main(void) {
  static const test_case cases[] = {
      {"arguments_are_checked", arguments_are_checked},
      {"the_name_of_the_user", the_name_of_the_user},
      {"two_stores_and_a_directory", two_stores_and_a_directory},
      {"the_lock_is_waited_for", the_lock_is_waited_for},
      {"progress_and_cancel", progress_and_cancel},
      {"damaged_directories", damaged_directories},
      {"ids_that_lead_elsewhere", ids_that_lead_elsewhere},
      {"links_are_not_followed", links_are_not_followed},
      {"policies", policies},
      {"manifests_are_merged", manifests_are_merged},
      {"manifests_are_summed_up", manifests_are_summed_up},
      {"manifests_are_repaired", manifests_are_repaired},
  };
  return RUN_CASES(cases);
}
