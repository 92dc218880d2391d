/* Searching of quipu/memory.h: which words find which rows, the index file and what may happen to it, purge. */
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory_support.h"

#define INDEX ".chronomemory/memory_index.sqlite3"

static void words_in_title_or_content(void) {
  quipu_memorystore *store = open_memory(new_folder());
  start_session(store, "s");
  remember_that(store, "Locks", "a writer waits for the kipu");
  remember_that(store, "Kipu knots", "they are counted");
  remember_that(store, "Caf\xc3\xa9", "na\xc3\xafve \xf0\x9f\xaa\xa2");
  CHECK_LIST("Locks", search_for(store, "writer"));
  CHECK_LIST("Kipu knots", search_for(store, "KNOTS"));
  CHECK_LIST("Locks", search_for(store, "locks writer")); /* one in the title, one in the content */
  CHECK_LIST("", search_for(store, "locks knots"));       /* all words, not any */
  CHECK_LIST("", search_for(store, "write"));             /* no prefix */
  CHECK_LIST("Caf\xc3\xa9", search_for(store, "cafe naive"));
  {
    const char *both = search_for(store, "kipu");
    CHECK(strlen(both) == strlen("Locks,Kipu knots") && strstr(both, "Locks") && strstr(both, "Kipu knots"));
  }
  close_memory(store);
}

static void queries_are_words_and_no_language(void) {
  static const char *const odd[] = {
      "wool OR", "wool*", "NEAR(wool)",       "title:wool", "^wool", "-wool",   "{title}: wool",
      "wool)",   "(wool", "wool AND NOT dye", "'wool'",     "%",     "wool;--", "\xf0\x9f\xaa\xa2"};
  quipu_memorystore *store = open_memory(new_folder());
  quipu_memoryhitcursor *cursor = NULL;
  size_t i;
  start_session(store, "s");
  remember_that(store, "Wool", "red dye");
  for (i = 0; i < sizeof odd / sizeof odd[0]; ++i) {
    search_for(store, odd[i]); /* whatever it finds, it is no error */
  }
  CHECK_LIST("Wool", search_for(store, "\"red dye\""));
  CHECK_LIST("Wool", search_for(store, "re\"d wool\"\""));
  CHECK_LIST("Wool", search_for(store, "wool*"));
  CHECK_LIST("", search_for(store, "wool OR cotton"));
  OK(quipu_memorystore_search(store, "wo\0ol", 5, NULL, &cursor, err));
  CHECK_LIST("Wool", hits_of(cursor));
  cursor = GARBAGE(quipu_memoryhitcursor);
  FAILS(QUIPU_E_INVALID, quipu_memorystore_search(store, "", 0, NULL, &cursor, err));
  CHECK(cursor == NULL);
  FAILS(QUIPU_E_INVALID, quipu_memorystore_search(store, NULL, 0, NULL, &cursor, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_search(store, TEXT_ARG(" \t\xe3\x80\x80\n"), NULL, &cursor, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_search(store, TEXT_ARG("\"\" \""), NULL, &cursor, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_search(store, "\0", 1, NULL, &cursor, err));
  FAILS(QUIPU_E_INVALID, quipu_memorystore_search(store, "\xff", 1, NULL, &cursor, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_search(store, NULL, 1, NULL, &cursor, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_search(store, TEXT_ARG("x"), NULL, NULL, err));
  close_memory(store);
}

static void topic_keys_come_first(void) {
  quipu_memorystore *store = open_memory(new_folder());
  quipu_memoryobservation_fields fields = observation_of("Chosen", "nothing of the query");
  quipu_memoryhitcursor *cursor = NULL;
  quipu_memoryhit *hit = NULL;
  start_session(store, "s");
  remember_that(store, "Talk", "about architecture/wal model and architecture/wal model again");
  SET_FIELD(fields, topic_key, "Architecture/WAL Model");
  add_observation(store, &fields, "created");
  OK(quipu_memorystore_search(store, TEXT_ARG(" architecture/wal  model "), NULL, &cursor, err));
  OK(quipu_memoryhitcursor_next(cursor, &hit, err));
  CHECK(quipu_memoryhit_rank(hit) == -1000.0);
  {
    size_t len = 0;
    CHECK_TEXT("Chosen", quipu_memoryhit_title(hit, &len), len);
    CHECK_TEXT("architecture/wal-model", quipu_memoryhit_topic_key(hit, &len), len);
    CHECK_TEXT("s", quipu_memoryhit_session_id(hit, &len), len);
    CHECK_INT(1, quipu_memoryhit_revision_count(hit));
  }
  quipu_memoryhit_free(hit);
  OK(quipu_memoryhitcursor_next(cursor, &hit, err));
  CHECK(quipu_memoryhit_rank(hit) < 0 && quipu_memoryhit_rank(hit) > -1000.0);
  quipu_memoryhit_free(hit);
  CHECK_LIST("", hits_of(cursor));
  CHECK_LIST("Chosen,Talk", search_for(store, "architecture/wal model"));
  CHECK_LIST("", search_for(store, "other/topic"));
  close_memory(store);
}

static void filters_and_limits(void) {
  quipu_memorystore *store = open_memory(new_folder());
  quipu_memorylist_options options = QUIPU_MEMORYLIST_OPTIONS_INIT;
  quipu_memoryobservation_fields fields;
  int i;
  start_session(store, "s");
  start_session(store, "t");
  fields = observation_of("A", "needle one");
  SET_FIELD(fields, project, "First");
  add_observation(store, &fields, "created");
  fields = observation_of("B", "needle two");
  SET_FIELD(fields, session_id, "t");
  SET_FIELD(fields, type, "decision");
  SET_FIELD(fields, scope, "personal");
  add_observation(store, &fields, "created");
  SET_FIELD(options, project, "first");
  CHECK_LIST("A", search_with(store, "needle", &options));
  SET_FIELD(options, project, "third");
  CHECK_LIST("", search_with(store, "needle", &options));
  SET_FIELD(options, project, "");
  SET_FIELD(options, session_id, "t");
  CHECK_LIST("B", search_with(store, "needle", &options));
  SET_FIELD(options, session_id, "");
  SET_FIELD(options, type, "decision");
  CHECK_LIST("B", search_with(store, "needle", &options));
  SET_FIELD(options, type, "");
  SET_FIELD(options, scope, "project");
  CHECK_LIST("A", search_with(store, "needle", &options));
  SET_FIELD(options, scope, "");
  SET_FIELD(options, until, "2001-01-01 00:00:00");
  CHECK_LIST("", search_with(store, "needle", &options));
  SET_FIELD(options, until, "");
  for (i = 0; i < 300; ++i) {
    char title[32];
    snprintf(title, sizeof title, "N%d", i);
    remember_that(store, title, i % 2 == 0 ? "hay straw" : "hay");
  }
  {
    const char *ten = search_for(store, "hay");
    int commas = 0;
    for (; *ten != '\0'; ++ten) commas += *ten == ',';
    CHECK_INT(9, commas);
  }
  options.limit = 3;
  CHECK_LIST("N0,N2,N4", search_with(store, "straw", &options)); /* alike: by number */
  options.limit = -1;
  {
    quipu_memoryhitcursor *cursor = GARBAGE(quipu_memoryhitcursor);
    FAILS(QUIPU_E_INVALID, quipu_memorystore_search(store, TEXT_ARG("hay"), &options, &cursor, err));
    CHECK(cursor == NULL);
  }
  options.limit = 1000;
  SET_FIELD(options, type, "decision"); /* it comes after more than one batch of others */
  CHECK_LIST("B", search_with(store, "needle", &options));
  close_memory(store);
}

static void changes_are_found_and_nothing_else(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = open_memory(folder), *other = open_memory(folder);
  quipu_memorylist_options deleted = QUIPU_MEMORYLIST_OPTIONS_INIT;
  const char *a, *b;
  start_session(store, "s");
  a = remember_that(store, "A", "alpaca");
  b = remember_that(store, "B", "alpaca llama");
  CHECK_LIST("B", search_for(other, "llama"));
  change_content(store, a, "vicuna");
  CHECK_LIST("A", search_for(other, "vicuna"));
  CHECK_LIST("B", search_for(other, "alpaca"));
  CHECK_LIST("B", search_for(store, "alpaca"));
  delete_observation(other, b, 0);
  deleted.flags = QUIPU_MEMORYLIST_WITH_DELETED;
  CHECK_LIST("", search_for(store, "alpaca"));
  CHECK_LIST("", search_with(store, "alpaca", &deleted));
  CHECK_LIST("", search_for(other, "alpaca"));
  delete_observation(other, a, 1);
  CHECK_LIST("", search_for(store, "vicuna"));
  remember_that(store, "C", "guanaco");
  CHECK_LIST("C", search_for(other, "guanaco"));
  close_memory(store);
  CHECK_LIST("C", search_for(other, "guanaco"));
  close_memory(other);
}

/* ---- the file */

static quipu_memorystore *indexed_store(const char *folder) {
  quipu_memorystore *store = open_memory(folder);
  start_session(store, "s");
  remember_that(store, "A", "alpaca");
  remember_that(store, "B", "llama");
  CHECK_LIST("A", search_for(store, "alpaca"));
  CHECK(path_exists(path_in(folder, INDEX)));
  return store;
}

static void check_all_found(quipu_memorystore *store) {
  CHECK_LIST("A", search_for(store, "alpaca"));
  CHECK_LIST("B", search_for(store, "llama"));
  CHECK_LIST("", search_for(store, "wolf"));
}

/* Puts a file in its place, as a new file or into the old one. */
static void replace(const char *path, const void *data, size_t len, int anew) {
  if (anew) {
    char *beside = case_memory(strlen(path) + 8);
    memcpy(beside, path, strlen(path));
    strcat(beside, ".new");
    write_whole_file(beside, data, len);
    CHECK_INT(0, rename(beside, path));
  } else {
    write_whole_file(path, data, len);
  }
}

static void an_index_that_is_gone_or_damaged(void) {
  int anew, how;
  for (anew = 0; anew < 2; ++anew) {
    for (how = 0; how < 6; ++how) {
      const char *folder = new_folder();
      const char *path = path_in(folder, INDEX);
      quipu_memorystore *store = indexed_store(folder);
      size_t len = 0;
      char *data = read_whole_file(path, &len);
      CHECK(len >= 8192);
      switch (how) {
        case 0:
          CHECK_INT(0, unlink(path));
          break;
        case 1:
          replace(path, "", 0, anew);
          break;
        case 2:
          replace(path, "this is no database, however long it may be read for one", 56, anew);
          break;
        case 3:
          replace(path, data, len / 2 / 4096 * 4096, anew);
          break;
        case 4:
          replace(path, data, len - 1000, anew);
          break;
        default:
          memset(data + 4096, 0x5a, len - 4096); /* all pages but the first */
          replace(path, data, len, anew);
          break;
      }
      check_all_found(store);
      close_memory(store);
      store = open_memory(folder);
      check_all_found(store);
      remember_that(store, "C", "guanaco");
      CHECK_LIST("C", search_for(store, "guanaco"));
      check_all_found(store);
      close_memory(store);
    }
  }
}

static void an_index_of_another_store_or_time(void) {
  int anew, open_meanwhile;
  for (anew = 0; anew < 2; ++anew) {
    for (open_meanwhile = 0; open_meanwhile < 2; ++open_meanwhile) {
      const char *folder = new_folder(), *elsewhere = new_folder();
      const char *path = path_in(folder, INDEX);
      quipu_memorystore *store = indexed_store(folder), *another = open_memory(elsewhere);
      size_t early_len = 0, other_len = 0;
      char *early = read_whole_file(path, &early_len), *other;
      start_session(another, "s");
      remember_that(another, "W", "wolf alpaca");
      remember_that(another, "X", "wolf");
      CHECK_LIST("W", search_for(another, "alpaca"));
      close_memory(another);
      other = read_whole_file(path_in(elsewhere, INDEX), &other_len);

      if (!open_meanwhile) close_memory(store);
      replace(path, other, other_len, anew);
      if (!open_meanwhile) store = open_memory(folder);
      check_all_found(store);

      remember_that(store, "C", "guanaco");
      CHECK_LIST("C", search_for(store, "guanaco"));
      if (!open_meanwhile) close_memory(store);
      replace(path, early, early_len, anew);
      if (!open_meanwhile) store = open_memory(folder);
      CHECK_LIST("C", search_for(store, "guanaco"));
      check_all_found(store);
      close_memory(store);
    }
  }
}

static void a_store_that_is_only_read_leaves_no_index(void) {
  const char *folder = new_folder();
  quipu_memorystore_options options = QUIPU_MEMORYSTORE_OPTIONS_INIT;
  quipu_memorystore *store = indexed_store(folder);
  close_memory(store);
  CHECK_INT(0, unlink(path_in(folder, INDEX)));
  options.flags = QUIPU_CHRONOSTORE_READ_ONLY;
  store = open_memory_with(folder, &options);
  check_all_found(store);
  CHECK(!path_exists(path_in(folder, INDEX)));
  FAILS(QUIPU_E_READ_ONLY, quipu_memorystore_purge(store, NULL, NULL, NULL, err));
  close_memory(store);
}

/* A process of its own that writes and searches while this one does. */
static void processes_search_together(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = open_memory(folder);
  int status = 0, i;
  pid_t child;
  start_session(store, "s");
  close_memory(store);
  child = fork();
  if (child == 0) {
    const int64_t before = failed_checks();
    store = open_memory(folder);
    for (i = 0; i < 40; ++i) {
      char title[16];
      snprintf(title, sizeof title, "child%d", i);
      remember_that(store, title, title);
      CHECK_LIST(title, search_for(store, title));
    }
    close_memory(store);
    _exit(failed_checks() == before ? 0 : 1);
  }
  store = open_memory(folder);
  for (i = 0; i < 40; ++i) {
    char title[16];
    snprintf(title, sizeof title, "parent%d", i);
    remember_that(store, title, title);
    CHECK_LIST(title, search_for(store, title));
  }
  CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  CHECK_LIST("child39", search_for(store, "child39"));
  CHECK_LIST("child0", search_for(store, "child0"));
  close_memory(store);
}

/* ---- purge */

/* How many files of the folder hold the text. */
static int files_with(const char *folder, const char *text) {
  const char *inner = path_in(folder, ".chronomemory");
  DIR *listing = opendir(inner);
  struct dirent *entry;
  int found = 0;
  CHECK(listing != NULL);
  while (listing != NULL && (entry = readdir(listing)) != NULL) {
    size_t len = 0, at;
    char *data;
    if (entry->d_name[0] == '.') {
      continue;
    }
    data = read_whole_file(path_in(inner, entry->d_name), &len);
    for (at = 0; at + strlen(text) <= len && memcmp(data + at, text, strlen(text)) != 0; ++at) {
    }
    found += at + strlen(text) <= len;
  }
  if (listing != NULL) {
    closedir(listing);
  }
  return found;
}

static void purge_takes_the_text_away(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = open_memory(folder), *other = open_memory(folder);
  quipu_memorypurge *purge = NULL;
  quipu_memorystats *stats = NULL;
  const char *secret, *changed, *prompt;
  start_session(store, "s");
  secret = remember_that(store, "Password", "swordfish");
  changed = remember_that(store, "Changed", "tunafish");
  prompt = add_prompt(store, "s", "goldfish", "");
  CHECK_LIST("Password", search_for(other, "swordfish"));
  CHECK_LIST("Changed", search_for(store, "tunafish"));
  change_content(store, changed, "carp");
  delete_observation(store, secret, 1);
  OK(quipu_memorystore_prompt_delete(store, TEXT_ARG(prompt), err));
  CHECK(files_with(folder, "swordfish") > 0 && files_with(folder, "tunafish") > 0);
  OK(quipu_memorystore_purge(store, NULL, NULL, &purge, err));
  CHECK_INT(2, quipu_memorypurge_deleted(purge));
  CHECK(quipu_memorypurge_events(purge) > 0);
  quipu_memorypurge_free(purge);
  CHECK_INT(0, files_with(folder, "swordfish"));
  CHECK_INT(0, files_with(folder, "tunafish"));
  CHECK_INT(0, files_with(folder, "goldfish"));
  CHECK_INT(0, files_with(folder, "Password"));
  CHECK(files_with(folder, "carp") > 0);
  CHECK_LIST("", search_for(other, "swordfish"));
  CHECK_LIST("Changed", search_for(other, "carp"));
  CHECK_LIST("Changed", search_for(store, "carp"));
  CHECK_INT(0, files_with(folder, "swordfish"));
  CHECK_INT(0, files_with(folder, "tunafish"));
  OK(quipu_memorystore_stats(other, &stats, err));
  CHECK_INT(1, quipu_memorystats_observations(stats));
  quipu_memorystats_free(stats);
  close_memory(other);
  close_memory(store);
  CHECK_INT(0, files_with(folder, "swordfish"));
}

typedef struct looking {
  quipu_memorystore *store;
  int calls;
} looking;

static int look_around(void *user, int64_t done, int64_t total) {
  looking *self = user;
  ++self->calls;
  CHECK(done <= total || total <= 0);
  CHECK_LIST("A", search_for(self->store, "alpaca"));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_session_start(self->store, TEXT_ARG("x"), NULL, 0, NULL, 0, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_purge(self->store, NULL, NULL, NULL, err));
  FAILS(QUIPU_E_MISUSE, quipu_memorystore_close(self->store, err));
  quipu_memorystore_free(self->store); /* does nothing */
  return 0;
}

static int give_up(void *user, int64_t done, int64_t total) {
  (void)user, (void)done, (void)total;
  return 1;
}

static void purge_calls_back(void) {
  const char *folder = new_folder();
  looking self = {indexed_store(folder), 0};
  quipu_memorypurge *purge = GARBAGE(quipu_memorypurge);
  FAILS(QUIPU_E_CANCELLED, quipu_memorystore_purge(self.store, give_up, NULL, &purge, err));
  CHECK(purge == NULL);
  check_all_found(self.store);
  OK(quipu_memorystore_purge(self.store, look_around, &self, NULL, err));
  CHECK(self.calls > 0);
  check_all_found(self.store);
  close_memory(self.store);
}

/* The file of the index goes away at any moment of a search. */
static void one_process_purges_and_another_searches(void) {
  const char *folder = new_folder();
  quipu_memorystore *store = indexed_store(folder);
  int status = 0, i;
  pid_t child;
  close_memory(store);
  child = fork();
  if (child == 0) {
    const int64_t before = failed_checks();
    store = open_memory(folder);
    for (i = 0; i < 60; ++i) {
      OK(quipu_memorystore_purge(store, NULL, NULL, NULL, err));
    }
    close_memory(store);
    _exit(failed_checks() == before ? 0 : 1);
  }
  store = open_memory(folder);
  for (i = 0; waitpid(child, &status, WNOHANG) == 0; ++i) {
    char title[16];
    snprintf(title, sizeof title, "n%d", i);
    remember_that(store, title, "guanaco");
    CHECK_LIST(title, search_for(store, title));
    check_all_found(store);
  }
  CHECK(i > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
  close_memory(store);
}

int main(void) {
  static const test_case cases[] = {
      {"words_in_title_or_content", words_in_title_or_content},
      {"queries_are_words_and_no_language", queries_are_words_and_no_language},
      {"topic_keys_come_first", topic_keys_come_first},
      {"filters_and_limits", filters_and_limits},
      {"changes_are_found_and_nothing_else", changes_are_found_and_nothing_else},
      {"an_index_that_is_gone_or_damaged", an_index_that_is_gone_or_damaged},
      {"an_index_of_another_store_or_time", an_index_of_another_store_or_time},
      {"a_store_that_is_only_read_leaves_no_index", a_store_that_is_only_read_leaves_no_index},
      {"processes_search_together", processes_search_together},
      {"purge_takes_the_text_away", purge_takes_the_text_away},
      {"purge_calls_back", purge_calls_back},
      {"one_process_purges_and_another_searches", one_process_purges_and_another_searches},
  };
  return RUN_CASES(cases);
}
