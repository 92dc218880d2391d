// The C++ side of what memory.i declares: the option structs of quipu/memory.h from the arguments that Java and C# hand over.
#pragma once

#include "glue.hpp"

namespace qg {

inline quipu_memorystore* memory_open(StrIn path, bool read_only, bool must_exist, quipu_durability durability,
                                      std::int64_t lock_wait_ms, std::int64_t batch_ms, std::int64_t batch_bytes,
                                      std::int64_t max_content_bytes, std::int64_t dedupe_window_s) {
  quipu_memorystore_options options = QUIPU_MEMORYSTORE_OPTIONS_INIT;
  options.flags = open_flags(read_only, must_exist);
  options.durability = durability;
  options.lock_wait_ms = lock_wait_ms;
  options.batch_ms = batch_ms;
  options.batch_bytes = batch_bytes;
  options.max_content_bytes = max_content_bytes;
  options.dedupe_window_s = dedupe_window_s;
  quipu_memorystore* store = nullptr;
  CALL(quipu_memorystore_open, path.p, path.n, &options, &store);
  return store;
}

inline quipu_memorylist_options memory_list_options(bool with_deleted, std::int64_t limit, StrIn project,
                                                    StrIn session_id, StrIn type, StrIn scope, StrIn since,
                                                    StrIn until) {
  quipu_memorylist_options options = QUIPU_MEMORYLIST_OPTIONS_INIT;
  options.flags = with_deleted ? QUIPU_MEMORYLIST_WITH_DELETED : 0u;
  options.limit = limit;
  options.project = project.p;
  options.project_len = project.n;
  options.session_id = session_id.p;
  options.session_id_len = session_id.n;
  options.type = type.p;
  options.type_len = type.n;
  options.scope = scope.p;
  options.scope_len = scope.n;
  options.since = since.p;
  options.since_len = since.n;
  options.until = until.p;
  options.until_len = until.n;
  return options;
}

inline quipu_memoryobservation_fields memory_fields(StrInOpt session_id, StrInOpt type, StrInOpt title,
                                                    StrInOpt content, StrInOpt tool_name, StrInOpt project,
                                                    StrInOpt scope, StrInOpt topic_key) {
  quipu_memoryobservation_fields fields = QUIPU_MEMORYOBSERVATION_FIELDS_INIT;
  fields.session_id = session_id.p;
  fields.session_id_len = session_id.n;
  fields.type = type.p;
  fields.type_len = type.n;
  fields.title = title.p;
  fields.title_len = title.n;
  fields.content = content.p;
  fields.content_len = content.n;
  fields.tool_name = tool_name.p;
  fields.tool_name_len = tool_name.n;
  fields.project = project.p;
  fields.project_len = project.n;
  fields.scope = scope.p;
  fields.scope_len = scope.n;
  fields.topic_key = topic_key.p;
  fields.topic_key_len = topic_key.n;
  return fields;
}

inline quipu_memorycontext_options memory_context_options(StrIn project, StrIn scope, std::int64_t sessions,
                                                          std::int64_t observations, std::int64_t prompts) {
  quipu_memorycontext_options options = QUIPU_MEMORYCONTEXT_OPTIONS_INIT;
  options.project = project.p;
  options.project_len = project.n;
  options.scope = scope.p;
  options.scope_len = scope.n;
  options.sessions = sessions;
  options.observations = observations;
  options.prompts = prompts;
  return options;
}

}  // namespace qg
