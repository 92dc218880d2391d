#include "memory/merge.h"

#include <algorithm>
#include <utility>

#include "base/unicode.h"
#include "json/parser.h"
#include "json/python_json.h"

namespace quipu::memory {

namespace {

using Session = MemorySessionField;
using Observation = MemoryObservationField;
using Prompt = MemoryPromptField;
using json::string_json;

constexpr std::string_view kRecoveredDirectory = "\"(recovered-missing-session)\"";
constexpr std::string_view kRecoveredStart = "\"1970-01-01 00:00:00\"";
constexpr std::string_view kEmptyText = "\"\"";

bool is_true(const json::Node& object, std::string_view name) {
  const auto member = object.find(name);
  return member && member->kind() == json::Kind::kBool && member->as_bool();
}

bool is_blank(const json::Row& row, std::size_t field) { return !has(row, field) || row.field(field) == kEmptyText; }

// The later of a session's two times.
MaybeInstant time_of_session(const json::Row& row) {
  return std::max(parse_instant(text_of(row, Session::started_at)), parse_instant(text_of(row, Session::ended_at)));
}

// A row as it was before a change from elsewhere deleted it softly.
RowRef unmarked(const Write::Found& found) {
  if (!found.origin.updated_before_delete) return found.row;
  return with_fields(*found.row, {{Observation::deleted_at, kAbsent},
                                  {Observation::updated_at, string_json(*found.origin.updated_before_delete)}});
}

std::string trimmed(std::string_view text) { return std::string(trim_white_space(text)); }

// Of two spellings of one time the greater text: whichever came first.
std::string later_of(const std::string& a, const std::string& b) {
  return std::pair(parse_instant(a), a) < std::pair(parse_instant(b), b) ? b : a;
}

std::string counted_key(Entity entity, std::string_view key) {
  return std::string(traits_of(entity).name).append(1, ':').append(key);
}

}  // namespace

void MergeCounts::add(const MergeCounts& other) {
  sessions_imported += other.sessions_imported;
  sessions_recovered += other.sessions_recovered;
  observations_imported += other.observations_imported;
  prompts_imported += other.prompts_imported;
  relations_imported += other.relations_imported;
  rows_stale += other.rows_stale;
  rows_deleted += other.rows_deleted;
}

std::string delete_version(std::string_view deleted_at) {
  std::string hashed = "deleted ";
  if (const MaybeInstant time = parse_instant(deleted_at)) {
    hashed += std::to_string(time->seconds) + '.' + std::to_string(time->nanoseconds);
  } else {
    hashed += deleted_at;
  }
  RowVersion version;
  version.digest = crypto::sha256(hashed);
  return version.short_hex();
}

RowRef stand_in_session(std::string_view id, std::string_view project) {
  return make_row(Entity::kSession, {{Session::id, string_json(id)},
                                     {Session::project, project},
                                     {Session::directory, kRecoveredDirectory},
                                     {Session::started_at, kRecoveredStart},
                                     {Session::recovered, "true"}});
}

Merger::Merger(Write& write, Via via, std::string target) : write_(write), via_(via), target_(std::move(target)) {}

Origin Merger::origin() const {
  Origin origin;
  origin.via = via_;
  if (via_ == Via::kPull) origin.target = target_;
  return origin;
}

void Merger::merge(const Incoming& incoming, Merged& merged) {
  incoming_ = &incoming;
  merged_ = &merged;
  counted_.clear();
  sessions_.clear();
  for (const RowRef& row : incoming.sessions) sessions_[text_of(*row, Session::id)] = &row;

  for (const RowRef& row : incoming.sessions) merge_session(row);
  listed_.clear();
  for (const Entity entity : {Entity::kObservation, Entity::kPrompt}) {
    for (const RowRef& row : entity == Entity::kObservation ? incoming.observations : incoming.prompts) {
      const std::string key = text_of(*row, traits_of(entity).key);
      const RowVersion version = versioner_.of(entity, *row);
      merged_->ledger.push_back({std::string(traits_of(entity).name), key, version.short_hex()});
      Listed& listed = listed_[counted_key(entity, key)];
      if (!listed.row || listed.version < version) listed = {row, version};
    }
  }

  // Sessions first, then what stands in them, relations after that, then what is deleted, sessions last.
  std::vector<const IncomingMutation*> relations;
  std::vector<const IncomingMutation*> rows;
  std::vector<Deletion> deletions;
  for (const IncomingMutation& mutation : incoming.mutations) {
    const auto entity = entity_of_name(mutation.entity);
    if (mutation.entity == "relation" && mutation.op == "upsert") {
      relations.push_back(&mutation);
      continue;
    }
    if (!entity || (mutation.op != "upsert" && mutation.op != "delete")) {
      keep_unknown("mutation", mutation.text, mutation.entity_key);
      continue;
    }
    const json::Node payload = document_.parse(mutation.payload);
    const bool deletes = mutation.op == "delete" || is_true(payload, "deleted") || is_true(payload, "hard_delete") ||
                         (*entity == Entity::kSession && !text_member(payload, "deleted_at").empty());
    if (deletes) {
      deletions.push_back(deletion_of(*entity, mutation, payload));
    } else if (*entity == Entity::kSession) {
      upsert(*entity, mutation, payload);
    } else {
      rows.push_back(&mutation);
    }
  }
  for (const IncomingMutation* mutation : rows) {
    upsert(*entity_of_name(mutation->entity), *mutation, document_.parse(mutation->payload));
  }
  for (const Entity entity : {Entity::kObservation, Entity::kPrompt}) {
    for (const RowRef& row : entity == Entity::kObservation ? incoming.observations : incoming.prompts) {
      const auto listed = listed_.find(counted_key(entity, text_of(*row, traits_of(entity).key)));
      if (listed == listed_.end()) continue;  // it came more than once
      merge_row(entity, listed->second.row, listed->second.version);
      listed_.erase(listed);
    }
  }
  for (const IncomingMutation* relation : relations) merge_relation(document_.parse(relation->payload));
  for (const Deletion& deletion : deletions) {
    if (deletion.entity != Entity::kSession) remove_row(deletion);
  }
  for (const Deletion& deletion : deletions) {
    if (deletion.entity == Entity::kSession) remove_session(deletion);
  }
  std::vector<std::string> touched = std::exchange(touched_sessions_, {});
  std::sort(touched.begin(), touched.end());
  touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
  for (const std::string& session : touched) settle_session(session);
  touched_sessions_.clear();  // of those that went themselves
  for (const auto& [member, json] : incoming.unknown) keep_unknown(member, json, member);
}

void Merger::count(Entity entity, const std::string& key) {
  if (!counted_.insert(counted_key(entity, key)).second) return;
  switch (entity) {
    case Entity::kSession:
      ++merged_->counts.sessions_imported;
      break;
    case Entity::kObservation:
      ++merged_->counts.observations_imported;
      break;
    case Entity::kPrompt:
      ++merged_->counts.prompts_imported;
      break;
  }
}

// ---- sessions

void Merger::insert_session(const RowRef& row, bool recovered) {
  Origin from = origin();
  from.recovered = recovered;
  Write::Found found;
  if (write_.find(Entity::kSession, text_of(*row, Session::id), found)) {
    // It comes back because rows need it: when they are gone, it goes again.
    from.pending_delete = found.row ? found.origin.pending_delete : found.gone.deleted_at;
    if (!recovered && time_of_session(*row) > parse_instant(from.pending_delete)) from.pending_delete.clear();
  }
  write_.put(Entity::kSession, *row, from);
  if (recovered) {
    ++merged_->counts.sessions_recovered;
  } else {
    count(Entity::kSession, text_of(*row, Session::id));
  }
}

void Merger::merge_session(const RowRef& row) {
  const std::string id = text_of(*row, Session::id);
  merged_->ledger.push_back({"session", id, versioner_.of(Entity::kSession, *row).short_hex()});
  Write::Found found;
  if (!write_.find(Entity::kSession, id, found)) return insert_session(row, false);
  if (!found.row) {
    if (found.gone.deleted_at.empty() || time_of_session(*row) > parse_instant(found.gone.deleted_at)) {
      return insert_session(row, false);
    }
    ++merged_->counts.rows_stale;
    return;
  }
  if (found.origin.recovered) return insert_session(row, false);

  // What is empty is filled in; of two ends the later one counts, with its summary, and of two at one time the one with the
  // greater summary.
  const json::Row& before = *found.row;
  const auto end_of = [](const json::Row& of) {
    return std::pair(parse_instant(text_of(of, Session::ended_at)), text_of(of, Session::summary));
  };
  const bool ends_later = !is_blank(*row, Session::ended_at) && end_of(*row) > end_of(before);
  const auto filled = [&](std::size_t field) {
    return is_blank(before, field) ? row->field(field) : before.field(field);
  };
  const auto of_the_later = [&](std::size_t field) {
    return ends_later && !is_blank(*row, field) ? row->field(field) : filled(field);
  };
  const std::size_t extra = traits_of(Entity::kSession).wire_fields;
  const RowRef settled =
      with_fields(before, {{Session::project, filled(Session::project)},
                           {Session::directory, filled(Session::directory)},
                           {Session::started_at, filled(Session::started_at)},
                           {Session::ended_at, of_the_later(Session::ended_at)},
                           {Session::summary, of_the_later(Session::summary)},
                           {extra, before.field(extra) == "{}" ? row->field(extra) : before.field(extra)}});
  if (settled->text() == before.text()) return;
  Origin from = origin();
  if (time_of_session(*settled) <= parse_instant(found.origin.pending_delete)) {
    from.pending_delete = found.origin.pending_delete;
  }
  write_.put(Entity::kSession, *settled, from);
}

// A session that a row which is kept refers to is there, whatever was said of it.
void Merger::ensure_session(const json::Row& row, Entity entity) {
  const std::string id = text_of(row, traits_of(entity).session);
  Write::Found found;
  if (write_.find(Entity::kSession, id, found) && found.row) return;
  if (const auto listed = sessions_.find(id); listed != sessions_.end()) return insert_session(*listed->second, false);
  if (incoming_->find_session) {
    if (const RowRef session = incoming_->find_session(id)) {
      return insert_session(session, session->field(Session::recovered) == "true");
    }
  }

  std::string buried_project;
  std::string_view project = kEmptyText;
  if (!found.gone.project.empty()) project = buried_project = string_json(found.gone.project);
  for (const Entity of : {Entity::kObservation, Entity::kPrompt}) {
    const EntityTraits& traits = traits_of(of);
    const std::string_view wanted = row.field(traits_of(entity).session);
    for (const RowRef& other : of == Entity::kObservation ? incoming_->observations : incoming_->prompts) {
      if (project == kEmptyText && other->field(traits.session) == wanted && !is_blank(*other, traits.project)) {
        project = other->field(traits.project);
      }
    }
  }
  if (project == kEmptyText && !is_blank(row, traits_of(entity).project)) {
    project = row.field(traits_of(entity).project);
  }
  insert_session(stand_in_session(id, project), true);
}

// ---- observations and prompts

void Merger::put_row(Entity entity, const json::Row& row, std::int64_t id, Origin origin) {
  const EntityTraits& traits = traits_of(entity);
  ensure_session(row, entity);
  const std::string number = json::int64_json(id > 0 ? id : write_.next_seq());
  write_.put(entity, *with_fields(row, {{traits.id, number}}), std::move(origin));
  auto& put = entity == Entity::kObservation ? put_observations_ : put_prompts_;
  put[text_of(row, traits.session)].push_back(text_of(row, traits.key));
  touched_sessions_.push_back(text_of(row, traits.session));
}

// A row that was deleted softly at that time: unless it says itself that it is, it gets the members that say so.
void Merger::put_marked(const RowRef& row, const std::string& marked_at, std::int64_t id) {
  Origin from = origin();
  from.marked_at = marked_at;
  if (has(*row, Observation::deleted_at)) return put_row(Entity::kObservation, *row, id, std::move(from));
  from.updated_before_delete = text_of(*row, Observation::updated_at);
  const std::string time = string_json(marked_at);
  put_row(Entity::kObservation, *with_fields(*row, {{Observation::deleted_at, time}, {Observation::updated_at, time}}),
          id, std::move(from));
}

void Merger::merge_row(Entity entity, const RowRef& row, const RowVersion& version) {
  const EntityTraits& traits = traits_of(entity);
  const std::string key = text_of(*row, traits.key);

  Write::Found found;
  if (!write_.find(entity, key, found)) {
    put_row(entity, *row, 0, origin());
    return count(entity, key);
  }
  const auto put = [&](const std::string& marked_at, std::int64_t id) {
    if (!marked_at.empty() && version.time <= parse_instant(marked_at)) {
      put_marked(row, marked_at, id);
    } else {
      put_row(entity, *row, id, origin());
    }
  };
  if (!found.row) {
    const bool removed = entity != Entity::kObservation || found.gone.hard;
    if (removed && version.time <= parse_instant(found.gone.deleted_at)) {
      ++merged_->counts.rows_stale;
      return;
    }
    put(removed ? found.gone.marked_at : found.gone.deleted_at, found.gone.id);
    return count(entity, key);
  }

  // What it was before it was marked is what counts: a later state that came late takes its place, and its mark.
  const RowRef before = unmarked(found);
  const RowVersion version_before = versioner_.of(entity, *before);
  if (version.digest == version_before.digest) return;
  if (version < version_before) {
    ++merged_->counts.rows_stale;
    return;
  }
  const bool was_deleted = entity == Entity::kObservation && has(*found.row, Observation::deleted_at);
  const bool deletes = entity == Entity::kObservation && has(*row, Observation::deleted_at) && !was_deleted;
  touched_sessions_.push_back(text_of(*found.row, traits.session));
  put(found.origin.marked_at, number_of(*found.row, traits.id));
  if (deletes) {
    ++merged_->counts.rows_deleted;
  } else {
    count(entity, key);
  }
}

// The row that an upsert holds.
RowRef Merger::row_of(Entity entity, const IncomingMutation& mutation, const json::Node& payload) {
  const EntityTraits& traits = traits_of(entity);
  const std::string_view key_name = (*traits.fields)[traits.key].name;
  if (trimmed(text_member(payload, key_name)).empty() && !trimmed(mutation.entity_key).empty()) {
    json::Value with_key = json::parse(mutation.payload, kMaxDocumentDepth, json::Dialect::kGo);
    std::erase_if(with_key.as_object(), [&](const json::Member& member) { return member.first == key_name; });
    with_key.as_object().emplace_back(key_name, mutation.entity_key);
    return rows_.read_imported(entity, json::Node(with_key));
  }
  return rows_.read_imported(entity, payload);
}

void Merger::upsert(Entity entity, const IncomingMutation& mutation, const json::Node& payload) {
  RowRef row = row_of(entity, mutation, payload);
  const EntityTraits& traits = traits_of(entity);
  // Marks of deletion that are off are no members of a row.
  if (row->field(traits.wire_fields) != "{}") {
    json::Value extra = json::parse(row->field(traits.wire_fields));
    std::erase_if(extra.as_object(), [](const json::Member& member) {
      return member.first == "deleted" || member.first == "hard_delete" || member.first == "deleted_at";
    });
    std::string text;
    json::write(extra, json::Spelling::kLog, json::Surrogates::kRefuse, text);
    row = with_fields(*row, {{traits.wire_fields, text}});
  }
  const std::string key = text_of(*row, traits.key);
  if (entity == Entity::kSession) return merge_session(row);
  const std::string occurred = string_json(mutation.occurred_at);
  if (is_blank(*row, traits.created_at)) row = with_fields(*row, {{traits.created_at, occurred}});
  if (entity == Entity::kObservation && is_blank(*row, traits.updated_at)) {
    row = with_fields(*row, {{traits.updated_at, row->field(traits.created_at)}});
  }
  const RowVersion version = versioner_.of(entity, *row);
  merged_->ledger.push_back({std::string(traits.name), key, version.short_hex()});
  const auto listed = listed_.find(counted_key(entity, key));
  if (listed == listed_.end()) return merge_row(entity, row, version);
  // The list has it too: that row stands unless this one is of a later time or revision. Settled here, not in the store, so
  // that the chunk says one thing of it.
  const RowVersion& other = listed->second.version;
  if (version.time > other.time || version.revision > other.revision) listed->second = {row, version};
}

// ---- deletes

Merger::Deletion Merger::deletion_of(Entity entity, const IncomingMutation& mutation, const json::Node& payload) const {
  Deletion deletion;
  deletion.entity = entity;
  deletion.key = trimmed(mutation.entity_key);
  if (deletion.key.empty()) {
    deletion.key = trimmed(text_member(payload, (*traits_of(entity).fields)[traits_of(entity).key].name));
  }
  deletion.session_id = entity == Entity::kSession ? deletion.key : std::string(text_member(payload, "session_id"));
  deletion.project = text_member(payload, "project");
  if (deletion.project.empty()) deletion.project = mutation.project;
  for (const std::string& time :
       {trimmed(text_member(payload, "deleted_at")), trimmed(mutation.occurred_at), trimmed(incoming_->created_at)}) {
    if (deletion.deleted_at.empty()) deletion.deleted_at = time;
  }
  deletion.hard = entity != Entity::kObservation || is_true(payload, "hard_delete");
  return deletion;
}

// Puts a tombstone in place, or brings the one that is there up to date.
void Merger::bury(const Deletion& deletion, const Write::Found& found, bool is_known) {
  Gone gone;
  gone.session_id = deletion.session_id;
  gone.project = deletion.project;
  gone.deleted_at = deletion.deleted_at;
  gone.hard = deletion.hard;
  const EntityTraits& traits = traits_of(deletion.entity);
  if (is_known && found.row) {
    if (traits.id != EntityTraits::kNone) {
      gone.id = number_of(*found.row, traits.id);
      gone.session_id = text_of(*found.row, traits.session);
      touched_sessions_.push_back(gone.session_id);
    }
    if (gone.project.empty()) gone.project = text_of(*found.row, traits.project);
    gone.marked_at = found.origin.marked_at;
  } else if (is_known) {
    gone.id = found.gone.id;
    if (!found.gone.session_id.empty()) gone.session_id = found.gone.session_id;
    if (!found.gone.project.empty()) gone.project = found.gone.project;
    // The latest removal, and the latest mark.
    const auto removed_at = [](bool hard, const std::string& time) { return hard ? time : std::string(); };
    const auto marked_at = [](bool hard, const std::string& time, const std::string& marked) {
      return hard ? marked : time;
    };
    const std::string mark = later_of(marked_at(gone.hard, gone.deleted_at, ""),
                                      marked_at(found.gone.hard, found.gone.deleted_at, found.gone.marked_at));
    gone.hard = gone.hard || found.gone.hard;
    gone.deleted_at = gone.hard ? later_of(removed_at(deletion.hard, deletion.deleted_at),
                                           removed_at(found.gone.hard, found.gone.deleted_at))
                                : mark;
    gone.marked_at = gone.hard ? mark : "";
  }
  if (gone.hard && parse_instant(gone.marked_at) <= parse_instant(gone.deleted_at)) gone.marked_at.clear();
  const bool is_news = !is_known || found.row || gone.hard != found.gone.hard ||
                       gone.deleted_at != found.gone.deleted_at || gone.marked_at != found.gone.marked_at;
  if (is_news) write_.put_gone(deletion.entity, deletion.key, gone, origin());
}

void Merger::remove_row(const Deletion& deletion) {
  if (deletion.key.empty()) return;
  const EntityTraits& traits = traits_of(deletion.entity);
  merged_->ledger.push_back({std::string(traits.name), deletion.key, delete_version(deletion.deleted_at)});
  Write::Found found;
  const bool is_known = write_.find(deletion.entity, deletion.key, found);
  if (!is_known || !found.row) {
    bury(deletion, found, is_known);
    return;
  }
  const MaybeInstant deleted = parse_instant(deletion.deleted_at);
  const RowRef before = deletion.entity == Entity::kObservation ? unmarked(found) : found.row;
  if (versioner_.of(deletion.entity, *before).time > deleted) {
    ++merged_->counts.rows_stale;
    return;
  }
  if (deletion.hard) {
    bury(deletion, found, true);
    if (deletion.entity == Entity::kObservation) write_.orphan_relations(deletion.key);
    ++merged_->counts.rows_deleted;
    return;
  }
  if (later_of(found.origin.marked_at, deletion.deleted_at) == found.origin.marked_at) return;
  const bool was_deleted = has(*found.row, Observation::deleted_at);
  put_marked(before, deletion.deleted_at, number_of(*before, Observation::id));
  if (!was_deleted) ++merged_->counts.rows_deleted;
}

// The keys of the rows in a session that are not gone, with what was put since; at most so many.
std::vector<std::string> Merger::keys_in_session(Entity entity, const std::string& session, std::size_t most) {
  std::vector<std::string> keys;
  const auto take = [&](const std::string& key) {
    Write::Found found;
    if (keys.size() < most && write_.find(entity, key, found) && found.row &&
        text_of(*found.row, traits_of(entity).session) == session) {
      keys.push_back(key);
    }
  };
  for (const Catalog::Number number : write_.catalog().rows_of(entity, session)) {
    if (keys.size() == most) return keys;
    take(write_.catalog().key_of(write_.catalog().at(number)));
  }
  const auto& put = entity == Entity::kObservation ? put_observations_ : put_prompts_;
  if (const auto found = put.find(session); found != put.end()) {
    for (const std::string& key : found->second) take(key);
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

void Merger::remove_session(const Deletion& deletion) {
  if (deletion.key.empty()) return;
  merged_->ledger.push_back({"session", deletion.key, delete_version(deletion.deleted_at)});
  Write::Found found;
  const bool is_known = write_.find(Entity::kSession, deletion.key, found);
  if (!is_known || !found.row) {
    bury(deletion, found, is_known);
    return;
  }
  const MaybeInstant deleted = parse_instant(deletion.deleted_at);
  if (!found.origin.recovered && time_of_session(*found.row) > deleted) {
    ++merged_->counts.rows_stale;
    return;
  }
  const std::string latest = later_of(found.origin.pending_delete, deletion.deleted_at);
  if (remove_session_unless_needed(deletion.key, found, latest)) return;
  if (!keys_in_session(Entity::kObservation, deletion.key, 1).empty()) {
    merged_->issues.emplace_back("session_has_observations", deletion.key);
  }
  // What prevents it may go later.
  if (latest == found.origin.pending_delete) return;
  Origin from = origin();
  from.recovered = found.origin.recovered;
  from.pending_delete = latest;
  write_.put(Entity::kSession, *found.row, from);
}

// With its prompts. False, and nothing is done: an observation refers to it, or a prompt that is later than the delete.
bool Merger::remove_session_unless_needed(const std::string& id, const Write::Found& found,
                                          const std::string& deleted_at) {
  if (!keys_in_session(Entity::kObservation, id, 1).empty()) return false;
  const std::vector<std::string> prompts = keys_in_session(Entity::kPrompt, id, SIZE_MAX);
  for (const std::string& key : prompts) {
    Write::Found prompt;
    write_.find(Entity::kPrompt, key, prompt);
    if (versioner_.of(Entity::kPrompt, *prompt.row).time > parse_instant(deleted_at)) return false;
  }
  Deletion deletion{Entity::kPrompt, "", id, text_of(*found.row, Session::project), deleted_at, true};
  for (const std::string& key : prompts) {
    Write::Found prompt;
    write_.find(Entity::kPrompt, key, prompt);
    deletion.key = key;
    bury(deletion, prompt, true);
    ++merged_->counts.rows_deleted;
  }
  deletion.entity = Entity::kSession;
  deletion.key = id;
  bury(deletion, found, true);
  if (!deleted_at.empty()) ++merged_->counts.rows_deleted;
  return true;
}

// Rows came to this session or left it: it goes if it was to be deleted, or stood in for another, and nothing needs it now.
void Merger::settle_session(const std::string& id) {
  Write::Found found;
  if (!write_.find(Entity::kSession, id, found) || !found.row) return;
  if (!found.origin.pending_delete.empty()) {
    remove_session_unless_needed(id, found, found.origin.pending_delete);
  } else if (found.origin.recovered && found.origin.via != Via::kLocal &&
             keys_in_session(Entity::kObservation, id, 1).empty() && keys_in_session(Entity::kPrompt, id, 1).empty()) {
    remove_session_unless_needed(id, found, "");
  }
}

// ---- relations and what nobody knows

void Merger::merge_relation(const json::Node& payload) {
  const std::string key = trimmed(text_member(payload, "sync_id"));
  if (key.empty()) {
    merged_->issues.emplace_back("unknown_entity", key);
    return;
  }
  std::string text;
  json::write(payload, json::Spelling::kLog, json::Surrogates::kRefuse, text);
  RowVersion version;
  version.digest = crypto::sha256(text);
  merged_->ledger.push_back({"relation", key, version.short_hex()});
  bool orphaned = false;
  for (const std::string_view end : {"source_id", "target_id"}) {
    Write::Found found;
    if (write_.find(Entity::kObservation, text_member(payload, end), found) && !found.row) orphaned = true;
  }
  if (write_.put_relation(key, text, parse_instant(text_member(payload, "updated_at")), orphaned, origin())) {
    ++merged_->counts.relations_imported;
  }
}

void Merger::keep_unknown(std::string_view member, std::string_view json, std::string_view key) {
  std::string data = "{";
  json::write_string(member, json::Surrogates::kRefuse, data);
  data.append(": ").append(json).append("}");
  const std::string name = crypto::to_hex(crypto::sha256(data));
  if (!write_.records().find(internal_id("unknown", name))) {
    write_.records().upsert(internal_record("unknown", name, data));
  }
  if (member == "mutation") merged_->issues.emplace_back("unknown_entity", std::string(key));
}

}  // namespace quipu::memory
