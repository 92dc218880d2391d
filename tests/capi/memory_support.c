#include "memory_support.h"

quipu_memorystore *open_memory_with(const char *folder, const quipu_memorystore_options *options) {
  quipu_memorystore *store = NULL;
  OK(quipu_memorystore_open(TEXT_ARG(folder), options, &store, err));
  if (store == NULL) {
    exit(1);
  }
  return store;
}

quipu_memorystore *open_memory(const char *folder) { return open_memory_with(folder, NULL); }

void close_memory(quipu_memorystore *store) {
  OK(quipu_memorystore_close(store, err));
  quipu_memorystore_free(store);
}

quipu_memoryobservation_fields observation_of(const char *title, const char *content) {
  quipu_memoryobservation_fields fields = QUIPU_MEMORYOBSERVATION_FIELDS_INIT;
  SET_FIELD(fields, session_id, "s");
  SET_FIELD(fields, type, "discovery");
  SET_FIELD(fields, title, title);
  SET_FIELD(fields, content, content);
  return fields;
}

void start_session(quipu_memorystore *store, const char *id) {
  OK(quipu_memorystore_session_start(store, TEXT_ARG(id), TEXT_ARG("quipu"), TEXT_ARG("/src"), NULL, err));
}

static const char *kept(const char *text, size_t len) {
  char *copy = case_memory(len + 1);
  memcpy(copy, text, len);
  return copy;
}

static const char *taken(quipu_memoryaddition *addition, const char *outcome) {
  size_t len = 0;
  const char *sync_id;
  CHECK_TEXT(outcome, quipu_memoryaddition_outcome(addition, &len), len);
  sync_id = quipu_memoryaddition_sync_id(addition, &len);
  sync_id = kept(sync_id, len);
  quipu_memoryaddition_free(addition);
  return sync_id;
}

const char *add_observation(quipu_memorystore *store, const quipu_memoryobservation_fields *fields,
                            const char *outcome) {
  quipu_memoryaddition *addition = NULL;
  OK(quipu_memorystore_observation_add(store, fields, &addition, err));
  return taken(addition, outcome);
}

const char *remember_that(quipu_memorystore *store, const char *title, const char *content) {
  const quipu_memoryobservation_fields fields = observation_of(title, content);
  return add_observation(store, &fields, "created");
}

const char *add_prompt(quipu_memorystore *store, const char *session, const char *content, const char *project) {
  quipu_memoryaddition *addition = NULL;
  OK(quipu_memorystore_prompt_add(store, TEXT_ARG(session), TEXT_ARG(content), TEXT_ARG(project), &addition, err));
  return taken(addition, "created");
}

void change_content(quipu_memorystore *store, const char *sync_id, const char *content) {
  quipu_memoryobservation_fields fields = QUIPU_MEMORYOBSERVATION_FIELDS_INIT;
  SET_FIELD(fields, content, content);
  OK(quipu_memorystore_observation_update(store, TEXT_ARG(sync_id), &fields, NULL, NULL, err));
}

void delete_observation(quipu_memorystore *store, const char *sync_id, int hard) {
  OK(quipu_memorystore_observation_delete(store, TEXT_ARG(sync_id), hard, err));
}

const char *observation_field(quipu_memorystore *store, const char *sync_id, observation_text field) {
  quipu_memoryobservation *row = NULL;
  size_t len = 0;
  const char *text;
  OK(quipu_memorystore_observation_get(store, TEXT_ARG(sync_id), &row, err));
  text = field(row, &len);
  text = kept(text, len);
  quipu_memoryobservation_free(row);
  return text;
}

/* ---- lists */

#define LIST_TEXT_SIZE 65536

#define JOINER(name, cursor_type, value_type, field)       \
  const char *name(quipu_##cursor_type *cursor) {          \
    char *all = case_memory(LIST_TEXT_SIZE);               \
    size_t used = 0;                                       \
    for (;;) {                                             \
      quipu_##value_type *value = NULL;                    \
      size_t len = 0;                                      \
      const char *text;                                    \
      OK(quipu_##cursor_type##_next(cursor, &value, err)); \
      if (value == NULL) {                                 \
        break;                                             \
      }                                                    \
      text = quipu_##value_type##_##field(value, &len);    \
      if (used + len + 2 < LIST_TEXT_SIZE) {               \
        if (used > 0) {                                    \
          all[used++] = ',';                               \
        }                                                  \
        memcpy(all + used, text, len);                     \
        used += len;                                       \
      }                                                    \
      quipu_##value_type##_free(value);                    \
    }                                                      \
    OK(quipu_##cursor_type##_close(cursor, err));          \
    quipu_##cursor_type##_free(cursor);                    \
    return all;                                            \
  }

JOINER(sessions_of, memorysessioncursor, memorysession, id)
JOINER(titles_of, memoryobservationcursor, memoryobservation, title)
JOINER(contents_of, memorypromptcursor, memoryprompt, content)
JOINER(hits_of, memoryhitcursor, memoryhit, title)

const char *list_sessions(quipu_memorystore *store, const quipu_memorylist_options *options) {
  quipu_memorysessioncursor *cursor = NULL;
  OK(quipu_memorystore_session_list(store, options, &cursor, err));
  return sessions_of(cursor);
}

const char *list_observations(quipu_memorystore *store, const quipu_memorylist_options *options) {
  quipu_memoryobservationcursor *cursor = NULL;
  OK(quipu_memorystore_observation_list(store, options, &cursor, err));
  return titles_of(cursor);
}

const char *list_prompts(quipu_memorystore *store, const quipu_memorylist_options *options) {
  quipu_memorypromptcursor *cursor = NULL;
  OK(quipu_memorystore_prompt_list(store, options, &cursor, err));
  return contents_of(cursor);
}

const char *search_with(quipu_memorystore *store, const char *query, const quipu_memorylist_options *options) {
  quipu_memoryhitcursor *cursor = NULL;
  OK(quipu_memorystore_search(store, TEXT_ARG(query), options, &cursor, err));
  return hits_of(cursor);
}

const char *search_for(quipu_memorystore *store, const char *query) { return search_with(store, query, NULL); }
