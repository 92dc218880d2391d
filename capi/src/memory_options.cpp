// Option structs of quipu/memory.h.
#include <algorithm>
#include <limits>

#include "memory_handles.h"
#include "options.h"

using namespace quipu::memory;

namespace quipu::capi {

namespace {

// Nothing if the caller gave NULL.
std::optional<std::string_view> text_or_none(const char* text, std::size_t len, const char* what) {
  if (text == nullptr && len == 0) return std::nullopt;
  return text_in(text, len, what);
}

MaybeInstant time_in(const char* text, std::size_t len, const char* what) {
  const std::string_view given = text_in(text, len, what);
  if (given.empty()) return std::nullopt;
  const MaybeInstant time = parse_instant(given);
  if (!time) throw Error(Code::kInvalid, std::string(what) + " is no time: \"" + std::string(given) + "\"");
  return time;
}

// How many are wanted: 0 means `usual`, -1 none.
std::int64_t count_in(std::int64_t given, std::int64_t usual, const char* what) {
  if (given < -1) throw Error(Code::kInvalid, "the number of " + std::string(what) + " is below -1");
  return given == 0 ? usual : std::max<std::int64_t>(given, 0);
}

}  // namespace

MemoryOptions memory_options_in(const quipu_memorystore_options* given) {
  const quipu_memorystore_options raw = options_in(given);
  MemoryOptions options;
  options.store = common_store_options(raw);
  if (raw.max_content_bytes < 0) throw Error(Code::kInvalid, "max_content_bytes is negative");
  if (raw.max_content_bytes != 0) options.max_content_bytes = static_cast<std::size_t>(raw.max_content_bytes);
  if (raw.dedupe_window_s < -1) throw Error(Code::kInvalid, "dedupe_window_s is below -1");
  // It is added to times: for ever is a thousand years.
  constexpr std::int64_t kLongestS = std::int64_t{60} * 60 * 24 * 365 * 1000;
  if (raw.dedupe_window_s != 0) options.dedupe_window_seconds = std::min(raw.dedupe_window_s, kLongestS);
  return options;
}

RowFilter filter_in(const quipu_memorylist_options* given) {
  const quipu_memorylist_options raw = options_in(given);
  check_flags(raw.flags, QUIPU_MEMORYLIST_WITH_DELETED);
  RowFilter filter;
  filter.with_deleted = (raw.flags & QUIPU_MEMORYLIST_WITH_DELETED) != 0;
  filter.limit = raw.limit;
  filter.project = text_in(raw.project, raw.project_len, "the project");
  filter.session_id = text_in(raw.session_id, raw.session_id_len, "the session_id");
  filter.type = text_in(raw.type, raw.type_len, "the type");
  filter.scope = text_in(raw.scope, raw.scope_len, "the scope");
  filter.since = time_in(raw.since, raw.since_len, "since");
  filter.until = time_in(raw.until, raw.until_len, "until");
  return filter;
}

ContextOptions context_options_in(const quipu_memorycontext_options* given) {
  const quipu_memorycontext_options raw = options_in(given);
  ContextOptions options;
  options.project = text_in(raw.project, raw.project_len, "the project");
  options.scope = text_in(raw.scope, raw.scope_len, "the scope");
  options.sessions = count_in(raw.sessions, options.sessions, "sessions");
  options.observations = count_in(raw.observations, options.observations, "observations");
  options.prompts = count_in(raw.prompts, options.prompts, "prompts");
  return options;
}

NewObservation new_observation_in(const quipu_memoryobservation_fields* fields) {
  if (fields == nullptr) misuse("the observation is NULL");
  const quipu_memoryobservation_fields raw = options_in(fields);
  NewObservation observation;
  observation.session_id = text_in(raw.session_id, raw.session_id_len, "the session_id");
  observation.type = text_in(raw.type, raw.type_len, "the type");
  observation.title = text_in(raw.title, raw.title_len, "the title");
  observation.content = text_in(raw.content, raw.content_len, "the content");
  observation.tool_name = text_in(raw.tool_name, raw.tool_name_len, "the tool_name");
  observation.project = text_in(raw.project, raw.project_len, "the project");
  observation.scope = text_in(raw.scope, raw.scope_len, "the scope");
  observation.topic_key = text_in(raw.topic_key, raw.topic_key_len, "the topic_key");
  return observation;
}

ObservationChanges changes_in(const quipu_memoryobservation_fields* fields) {
  if (fields == nullptr) misuse("the changes are NULL");
  const quipu_memoryobservation_fields raw = options_in(fields);
  if (raw.session_id != nullptr || raw.session_id_len != 0) {
    throw Error(Code::kInvalid, "an observation cannot be moved to another session");
  }
  ObservationChanges changes;
  changes.type = text_or_none(raw.type, raw.type_len, "the type");
  changes.title = text_or_none(raw.title, raw.title_len, "the title");
  changes.content = text_or_none(raw.content, raw.content_len, "the content");
  changes.tool_name = text_or_none(raw.tool_name, raw.tool_name_len, "the tool_name");
  changes.project = text_or_none(raw.project, raw.project_len, "the project");
  changes.topic_key = text_or_none(raw.topic_key, raw.topic_key_len, "the topic_key");
  changes.scope = text_or_none(raw.scope, raw.scope_len, "the scope");
  return changes;
}

}  // namespace quipu::capi
