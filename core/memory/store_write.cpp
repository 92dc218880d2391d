// What writes: each rule reads and writes inside one commit.
#include <array>
#include <chrono>
#include <limits>

#include "crypto/random.h"
#include "memory/names.h"
#include "memory/store.h"

namespace quipu::memory {

namespace {

using Session = MemorySessionField;
using Observation = MemoryObservationField;
using Prompt = MemoryPromptField;
using json::string_json;

const Origin kLocal{};

std::string optional_json(std::string_view text) { return text.empty() ? std::string(kAbsent) : string_json(text); }

std::string new_sync_id(std::string_view prefix) {
  constexpr std::size_t kBytes = 8;
  return std::string(prefix) + crypto::random_hex(kBytes);
}

// Imported counters may be any number.
std::string one_more(const json::Row& row, std::size_t counter) {
  const std::int64_t count = number_of(row, counter);
  return json::int64_json(count == std::numeric_limits<std::int64_t>::max() ? count : count + 1);
}

// The text as a row holds it. True if it was cut.
bool clean_content(std::string_view given, std::size_t most, std::string& content) {
  content = redact_private(given);
  if (content.empty()) throw Error(Code::kInvalid, "the content is empty");
  return truncate_content(content, most);
}

// Some types want to be looked at again after a while: months, or 0.
int review_months(std::string_view type) {
  constexpr std::array<std::pair<std::string_view, int>, 3> kMonths{
      {{"decision", 6}, {"policy", 12}, {"preference", 3}}};
  for (const auto& [name, months] : kMonths) {
    if (name == type) return months;
  }
  return 0;
}

// A day that its month does not have runs over into the next.
std::string months_later(const std::string& now, int months) {
  using namespace std::chrono;
  const std::int64_t seconds = parse_instant(now).value_or(Instant()).seconds;
  const sys_seconds time{std::chrono::seconds(seconds)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const sys_days first = sys_days((date.year() / date.month() + std::chrono::months(months)) / 1);
  const sys_seconds later = first + (date.day() - std::chrono::day(1)) + (time - day);
  return sql_utc(later.time_since_epoch().count());
}

void need_session(Write& write, std::string_view id) {
  if (id.empty()) throw Error(Code::kInvalid, "the session_id is empty");
  Write::Found session;
  if (!write.find(Entity::kSession, id, session) || !session.row) not_found(Entity::kSession, id);
}

Write::Found need(Write& write, Entity entity, std::string_view key) {
  Write::Found found;
  if (!write.find(entity, key, found) || !found.row) not_found(entity, key);
  return found;
}

}  // namespace

// ---- sessions

RowRef MemoryStore::session_start(std::string_view id, std::string_view project, std::string_view directory,
                                  const RowReady& ready) {
  if (id.empty()) throw Error(Code::kInvalid, "the id of the session is empty");
  const std::string project_json = string_json(normalize_project(project));
  const std::string directory_json = string_json(directory);
  RowRef row;
  commit([&](Write& write) {
    Write::Found found;
    const bool is_known = write.find(Entity::kSession, id, found) && found.row && !found.origin.recovered;
    if (!is_known) {
      row = make_row(Entity::kSession, {{Session::id, string_json(id)},
                                        {Session::project, project_json},
                                        {Session::directory, directory_json},
                                        {Session::started_at, string_json(write.now())}});
    } else {
      const auto or_given = [&](std::size_t field, const std::string& given) {
        return found.row->field(field) == "\"\"" ? std::string_view(given) : found.row->field(field);
      };
      row = with_fields(*found.row, {{Session::project, or_given(Session::project, project_json)},
                                     {Session::directory, or_given(Session::directory, directory_json)}});
    }
    if (ready) ready(row);
    if (is_known && row->text() == found.row->text()) return;
    write.put(Entity::kSession, *row, kLocal);
  });
  return row;
}

RowRef MemoryStore::session_end(std::string_view id, std::string_view summary, const RowReady& ready) {
  const std::string cleaned = redact_private(summary);
  RowRef row;
  commit([&](Write& write) {
    const Write::Found found = need(write, Entity::kSession, id);
    const std::string summary_json = string_json(cleaned);
    row = with_fields(*found.row, {{Session::ended_at, string_json(write.now())},
                                   {Session::summary, cleaned.empty() ? found.row->field(Session::summary)
                                                                      : std::string_view(summary_json)},
                                   {Session::recovered, found.origin.recovered ? "true" : "false"}});
    Origin origin = kLocal;
    origin.recovered = found.origin.recovered;
    if (ready) ready(row);
    write.put(Entity::kSession, *row, origin);
  });
  return row;
}

void MemoryStore::session_delete(std::string_view id) {
  commit([&](Write& write) {
    const Write::Found found = need(write, Entity::kSession, id);
    if (write.catalog().has_observations(id)) {
      throw Error(Code::kConstraint, "session still has observations: \"" + std::string(id) + "\"");
    }
    Gone gone;
    gone.session_id = id;
    gone.deleted_at = write.now();
    for (const Catalog::Number number : write.catalog().rows_of(Entity::kPrompt, id)) {
      const Entry& entry = write.catalog().at(number);
      gone.id = entry.id;
      gone.project = entry.project == Names::kNone ? std::string() : write.catalog().names()[entry.project];
      Origin origin;
      origin.via = Via::kCascade;
      write.put_gone(Entity::kPrompt, write.catalog().key_of(entry), gone, origin);
    }
    gone.id = 0;
    gone.project = text_of(*found.row, Session::project);
    write.put_gone(Entity::kSession, id, gone, kLocal);
  });
}

// ---- observations

namespace {

// An observation as it is to be: cleaned, and with what its rules look for.
struct Cleaned {
  std::string title;
  std::string content;
  std::string project;
  std::string topic;
  bool personal = false;
  bool truncated = false;
};

Cleaned clean(const NewObservation& given, std::size_t most) {
  Cleaned cleaned;
  cleaned.title = redact_private(given.title);
  cleaned.truncated = clean_content(given.content, most, cleaned.content);
  cleaned.project = normalize_project(given.project);
  cleaned.topic = normalize_topic_key(given.topic_key);
  cleaned.personal = normalize_scope(given.scope) == "personal";
  return cleaned;
}

RowRef find_duplicate(Write& write, const NewObservation& given, const Cleaned& cleaned, std::int64_t window) {
  if (window < 0) return RowRef();
  const std::int64_t now = parse_instant(write.now()).value_or(Instant()).seconds;
  std::optional<std::string> content;  // made when there is something to compare it with
  RowRef duplicate;
  StoredReader reader;
  write.catalog().for_each_alike(cleaned.title, given.type, cleaned.project, cleaned.personal, [&](const Entry& entry) {
    if (!entry.created || now - entry.created->seconds > window) return false;
    const RowRef row = reader.read_row(*entry.record);
    if (row && text_of(*row, Observation::title) == cleaned.title && text_of(*row, Observation::type) == given.type &&
        text_of(*row, Observation::project) == cleaned.project && entry.is_personal == cleaned.personal) {
      if (!content) content = normalize_content(cleaned.content);
      if (normalize_content(text_of(*row, Observation::content)) != *content) return true;
      duplicate = row;
      return false;
    }
    return true;
  });
  return duplicate;
}

}  // namespace

Addition MemoryStore::observation_add(const NewObservation& given, const AdditionReady& ready) {
  const Cleaned cleaned = clean(given, options_.max_content_bytes);
  Addition added;
  added.truncated = cleaned.truncated;
  commit([&](Write& write) {
    need_session(write, given.session_id);
    const std::string now = string_json(write.now());
    const std::string type = string_json(given.type);
    const std::string title = string_json(cleaned.title);
    const std::string content = string_json(cleaned.content);
    const std::string tool = optional_json(given.tool_name);
    const Catalog& catalog = write.catalog();

    const Catalog::Number same_topic =
        cleaned.topic.empty() ? Catalog::kNone : catalog.find_topic(cleaned.topic, cleaned.project, cleaned.personal);
    if (same_topic != Catalog::kNone) {
      const RowRef before = StoredReader().read_row(*catalog.at(same_topic).record);
      added.outcome = Addition::Outcome::kUpdated;
      added.row = with_fields(*before, {{Observation::type, type},
                                        {Observation::title, title},
                                        {Observation::content, content},
                                        {Observation::tool_name, tool},
                                        {Observation::revision_count, one_more(*before, Observation::revision_count)},
                                        {Observation::last_seen_at, now},
                                        {Observation::updated_at, now}});
    } else if (const RowRef before = find_duplicate(write, given, cleaned, options_.dedupe_window_seconds)) {
      added.outcome = Addition::Outcome::kDuplicate;
      added.row = with_fields(*before, {{Observation::duplicate_count, one_more(*before, Observation::duplicate_count)},
                                        {Observation::last_seen_at, now},
                                        {Observation::updated_at, now}});
    } else {
      const int months = review_months(given.type);
      added.outcome = Addition::Outcome::kCreated;
      added.row = make_row(Entity::kObservation,
                           {{Observation::id, json::int64_json(write.next_seq())},
                            {Observation::sync_id, string_json(new_sync_id("obs-"))},
                            {Observation::session_id, string_json(given.session_id)},
                            {Observation::type, type},
                            {Observation::title, title},
                            {Observation::content, content},
                            {Observation::tool_name, tool},
                            {Observation::project, optional_json(cleaned.project)},
                            {Observation::scope, cleaned.personal ? "\"personal\"" : "\"project\""},
                            {Observation::topic_key, optional_json(cleaned.topic)},
                            {Observation::last_seen_at, now},
                            {Observation::review_after,
                             months == 0 ? std::string(kAbsent) : string_json(months_later(write.now(), months))},
                            {Observation::created_at, now},
                            {Observation::updated_at, now}});
    }
    if (ready) ready(added);
    write.put(Entity::kObservation, *added.row, kLocal);
  });
  return added;
}

RowRef MemoryStore::observation_update(std::string_view sync_id, const ObservationChanges& changes, bool& truncated,
                                       const RowReady& ready) {
  truncated = false;
  if (!changes.type && !changes.title && !changes.content && !changes.tool_name && !changes.project &&
      !changes.topic_key && !changes.scope) {
    throw Error(Code::kInvalid, "nothing is given that is to be changed");
  }
  std::string content;
  if (changes.content) truncated = clean_content(*changes.content, options_.max_content_bytes, content);
  RowRef row;
  commit([&](Write& write) {
    row = need(write, Entity::kObservation, sync_id).row;
    if (has(*row, Observation::deleted_at)) not_found(Entity::kObservation, sync_id);
    const auto set = [&row](std::size_t field, const std::string& json) { row = with_fields(*row, {{field, json}}); };
    if (changes.type) set(Observation::type, string_json(*changes.type));
    if (changes.title) set(Observation::title, string_json(redact_private(*changes.title)));
    if (changes.content) set(Observation::content, string_json(content));
    if (changes.tool_name) set(Observation::tool_name, optional_json(*changes.tool_name));
    if (changes.project) set(Observation::project, optional_json(normalize_project(*changes.project)));
    if (changes.topic_key) set(Observation::topic_key, optional_json(normalize_topic_key(*changes.topic_key)));
    if (changes.scope) set(Observation::scope, string_json(normalize_scope(*changes.scope)));
    set(Observation::revision_count, one_more(*row, Observation::revision_count));
    set(Observation::updated_at, string_json(write.now()));
    if (ready) ready(row);
    write.put(Entity::kObservation, *row, kLocal);
  });
  return row;
}

void MemoryStore::observation_delete(std::string_view sync_id, bool hard) {
  commit([&](Write& write) {
    const RowRef row = need(write, Entity::kObservation, sync_id).row;
    if (!hard) {
      if (has(*row, Observation::deleted_at)) return;
      const std::string now = string_json(write.now());
      write.put(Entity::kObservation,
                *with_fields(*row, {{Observation::deleted_at, now}, {Observation::updated_at, now}}), kLocal);
      return;
    }
    Gone gone;
    gone.id = number_of(*row, Observation::id);
    gone.session_id = text_of(*row, Observation::session_id);
    gone.project = text_of(*row, Observation::project);
    gone.deleted_at = write.now();
    write.put_gone(Entity::kObservation, sync_id, gone, kLocal);
    write.orphan_relations(sync_id);
  });
}

// ---- prompts

Addition MemoryStore::prompt_add(const NewPrompt& given, const AdditionReady& ready) {
  Addition added;
  std::string content;
  added.truncated = clean_content(given.content, options_.max_content_bytes, content);
  commit([&](Write& write) {
    need_session(write, given.session_id);
    added.row = make_row(Entity::kPrompt, {{Prompt::id, json::int64_json(write.next_seq())},
                                           {Prompt::sync_id, string_json(new_sync_id("prompt-"))},
                                           {Prompt::session_id, string_json(given.session_id)},
                                           {Prompt::content, string_json(content)},
                                           {Prompt::project, optional_json(normalize_project(given.project))},
                                           {Prompt::created_at, string_json(write.now())}});
    if (ready) ready(added);
    write.put(Entity::kPrompt, *added.row, kLocal);
  });
  return added;
}

void MemoryStore::prompt_delete(std::string_view sync_id) {
  commit([&](Write& write) {
    const RowRef row = need(write, Entity::kPrompt, sync_id).row;
    Gone gone;
    gone.id = number_of(*row, Prompt::id);
    gone.session_id = text_of(*row, Prompt::session_id);
    gone.project = text_of(*row, Prompt::project);
    gone.deleted_at = write.now();
    write.put_gone(Entity::kPrompt, sync_id, gone, kLocal);
  });
}

}  // namespace quipu::memory
