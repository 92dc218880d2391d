/* memory_support.h - memory stores for the tests of quipu/memory.h: short ways to add rows and to look at them. */
#ifndef QUIPU_TESTS_CAPI_MEMORY_SUPPORT_H
#define QUIPU_TESTS_CAPI_MEMORY_SUPPORT_H

#include "support.h"

quipu_memorystore *open_memory(const char *folder);
quipu_memorystore *open_memory_with(const char *folder, const quipu_memorystore_options *options);
void close_memory(quipu_memorystore *store);

/* Fields of an observation of session "s"; the texts are borrowed. */
quipu_memoryobservation_fields observation_of(const char *title, const char *content);
#define SET_FIELD(fields, name, text) ((fields).name = (text), (fields).name##_len = strlen(text))

void start_session(quipu_memorystore *store, const char *id);
/* Adds it; checks the outcome; the sync_id is memory of the case. */
const char *add_observation(quipu_memorystore *store, const quipu_memoryobservation_fields *fields,
                            const char *outcome);
/* The same with title and content alone, in session "s", which is to be there. */
const char *remember_that(quipu_memorystore *store, const char *title, const char *content);
const char *add_prompt(quipu_memorystore *store, const char *session, const char *content, const char *project);
void change_content(quipu_memorystore *store, const char *sync_id, const char *content);
void delete_observation(quipu_memorystore *store, const char *sync_id, int hard);

/* One text field of a row; memory of the case. */
typedef const char *(*observation_text)(const quipu_memoryobservation *row, size_t *len);
const char *observation_field(quipu_memorystore *store, const char *sync_id, observation_text field);
#define CHECK_FIELD(want, store, sync_id, name)                                                 \
  do {                                                                                          \
    const char *field_seen = observation_field(store, sync_id, quipu_memoryobservation_##name); \
    check_text(want, strlen(want), field_seen, strlen(field_seen), #name, __FILE__, __LINE__);  \
  } while (0)

/* What a list, search or timeline gives, as "a,b,c": ids of sessions, titles of observations and hits, contents of prompts.
 * Consumes the cursor. Memory of the case. */
const char *sessions_of(quipu_memorysessioncursor *cursor);
const char *titles_of(quipu_memoryobservationcursor *cursor);
const char *contents_of(quipu_memorypromptcursor *cursor);
const char *hits_of(quipu_memoryhitcursor *cursor);
const char *list_sessions(quipu_memorystore *store, const quipu_memorylist_options *options);
const char *list_observations(quipu_memorystore *store, const quipu_memorylist_options *options);
const char *list_prompts(quipu_memorystore *store, const quipu_memorylist_options *options);
const char *search_for(quipu_memorystore *store, const char *query);
const char *search_with(quipu_memorystore *store, const char *query, const quipu_memorylist_options *options);
#define CHECK_LIST(want, got)                                                               \
  do {                                                                                      \
    const char *list_seen = (got);                                                          \
    check_text(want, strlen(want), list_seen, strlen(list_seen), #got, __FILE__, __LINE__); \
  } while (0)

#endif
