#include "memory/merge.h"

#include <algorithm>

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

std::string trimmed(std::string_view text) { return std::string(trim_white_space(text)); }

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

  std::unordered_set<std::string> listed;
  for (const RowRef& row : incoming.sessions) merge_session(row);
  for (const Entity entity : {Entity::kObservation, Entity::kPrompt}) {
    for (const RowRef& row : entity == Entity::kObservation ? incoming.observations : incoming.prompts) {
      listed.insert(counted_key(entity, text_of(*row, traits_of(entity).key)));
      merge_row(entity, row, false);
    }
  }

  // Sessions first, then what stands in them, relations after that, then what is deleted, sessions last.
  std::vector<const IncomingMutation*> relations;
  std::vector<Deletion> deletions;
  for (const bool sessions : {true, false}) {
    for (const IncomingMutation& mutation : incoming.mutations) {
      const auto entity = entity_of_name(mutation.entity);
      const bool is_relation = mutation.entity == "relation" && mutation.op == "upsert";
      if (!is_relation && (!entity || (mutation.op != "upsert" && mutation.op != "delete"))) {
        if (sessions) keep_unknown("mutation", mutation.text, mutation.entity_key);
        continue;
      }
      if (is_relation) {
        if (sessions) relations.push_back(&mutation);
        continue;
      }
      if ((*entity == Entity::kSession) != sessions) continue;
      const json::Node payload = document_.parse(mutation.payload);
      const bool deletes = mutation.op == "delete" || is_true(payload, "deleted") || is_true(payload, "hard_delete") ||
                           (*entity == Entity::kSession && !text_member(payload, "deleted_at").empty());
      if (deletes) {
        deletions.push_back(deletion_of(*entity, mutation, payload));
      } else {
        upsert(*entity, mutation, payload);
      }
    }
  }
  for (const IncomingMutation* relation : relations) merge_relation(document_.parse(relation->payload));
  for (const Deletion& deletion : deletions) {
    if (deletion.entity != Entity::kSession) remove_row(deletion);
  }
  for (const Deletion& deletion : deletions) {
    if (deletion.entity == Entity::kSession) remove_session(deletion);
  }
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
    if (time_of_session(*row) > parse_instant(found.gone.deleted_at)) return insert_session(row, false);
    ++merged_->counts.rows_stale;
    return;
  }
  if (found.origin.recovered) return insert_session(row, false);

  // What is empty is filled in; of two ends the later one counts, with its summary.
  const json::Row& before = *found.row;
  const MaybeInstant ended_before = parse_instant(text_of(before, Session::ended_at));
  const MaybeInstant ended = parse_instant(text_of(*row, Session::ended_at));
  const bool ends_later =
      !is_blank(*row, Session::ended_at) && !is_blank(before, Session::ended_at) && ended > ended_before;
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
  if (settled->text() != before.text()) write_.put(Entity::kSession, *settled, origin());
}

// A session that a row which is kept refers to is there, whatever was said of it.
void Merger::ensure_session(const json::Row& row, Entity entity) {
  const std::string id = text_of(row, traits_of(entity).session);
  Write::Found found;
  if (write_.find(Entity::kSession, id, found) && found.row) return;
  if (const auto listed = sessions_.find(id); listed != sessions_.end()) return insert_session(*listed->second, false);

  std::string_view project = kEmptyText;
  for (const Entity of : {Entity::kObservation, Entity::kPrompt}) {
    const EntityTraits& traits = traits_of(of);
    const std::string_view wanted = row.field(traits_of(entity).session);
    for (const RowRef& other : of == Entity::kObservation ? incoming_->observations : incoming_->prompts) {
      if (project == kEmptyText && other->field(traits.session) == wanted && !is_blank(*other, traits.project)) {
        project = other->field(traits.project);
      }
    }
  }
  if (project == kEmptyText && !is_blank(row, traits_of(entity).project))
    project = row.field(traits_of(entity).project);
  insert_session(make_row(Entity::kSession, {{Session::id, string_json(id)},
                                             {Session::project, project},
                                             {Session::directory, kRecoveredDirectory},
                                             {Session::started_at, kRecoveredStart}}),
                 true);
}

// ---- observations and prompts

void Merger::put_row(Entity entity, const json::Row& row, std::int64_t id) {
  const EntityTraits& traits = traits_of(entity);
  ensure_session(row, entity);
  const std::string number = json::int64_json(id > 0 ? id : write_.next_seq());
  write_.put(entity, *with_fields(row, {{traits.id, number}}), origin());
  auto& put = entity == Entity::kObservation ? put_observations_ : put_prompts_;
  put[text_of(row, traits.session)].push_back(text_of(row, traits.key));
}

// in_list: the chunk has the row in a list too, which stands unless this one is of a later time or revision.
void Merger::merge_row(Entity entity, RowRef row, bool in_list) {
  const EntityTraits& traits = traits_of(entity);
  const std::string key = text_of(*row, traits.key);
  const RowVersion version = versioner_.of(entity, *row);
  merged_->ledger.push_back({std::string(traits.name), key, version.short_hex()});

  Write::Found found;
  if (!write_.find(entity, key, found)) {
    put_row(entity, *row, 0);
    return count(entity, key);
  }
  if (!found.row) {
    const bool is_later = version.time > parse_instant(found.gone.deleted_at);
    if (!is_later && (entity != Entity::kObservation || found.gone.hard)) {
      ++merged_->counts.rows_stale;
      return;
    }
    if (!is_later) {  // its soft delete came before it
      const std::string deleted_at = string_json(found.gone.deleted_at);
      row = with_fields(*row, {{Observation::deleted_at, deleted_at}, {Observation::updated_at, deleted_at}});
    }
    put_row(entity, *row, found.gone.id);
    return count(entity, key);
  }

  const RowVersion before = versioner_.of(entity, *found.row);
  if (version.digest == before.digest) return;
  const bool is_later = in_list ? version.time > before.time || version.revision > before.revision : version > before;
  if (!is_later) {
    if (!in_list) ++merged_->counts.rows_stale;
    return;
  }
  const bool deletes =
      entity == Entity::kObservation && has(*row, Observation::deleted_at) && !has(*found.row, Observation::deleted_at);
  put_row(entity, *row, number_of(*found.row, traits.id));
  if (deletes) {
    ++merged_->counts.rows_deleted;
  } else {
    count(entity, key);
  }
}

void Merger::upsert(Entity entity, const IncomingMutation& mutation, const json::Node& payload) {
  RowRef row = rows_.read_imported(entity, payload);
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
  if (entity == Entity::kSession) {
    if (sessions_.contains(key)) return;
    return merge_session(row);
  }
  const std::string occurred = string_json(mutation.occurred_at);
  if (is_blank(*row, traits.created_at)) row = with_fields(*row, {{traits.created_at, occurred}});
  if (entity == Entity::kObservation && is_blank(*row, traits.updated_at)) {
    row = with_fields(*row, {{traits.updated_at, row->field(traits.created_at)}});
  }
  const auto& list = entity == Entity::kObservation ? incoming_->observations : incoming_->prompts;
  const bool in_list = std::any_of(list.begin(), list.end(), [&](const RowRef& listed) {
    return listed->field(traits.key) == row->field(traits.key);
  });
  merge_row(entity, row, in_list);
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

// Puts a tombstone in place. False if there is one that says as much.
bool Merger::bury(const Deletion& deletion, const Write::Found& found, bool is_known) {
  Gone gone;
  gone.session_id = deletion.session_id;
  gone.project = deletion.project;
  gone.deleted_at = deletion.deleted_at;
  gone.hard = deletion.hard;
  const EntityTraits& traits = traits_of(deletion.entity);
  if (is_known && found.row) {
    if (traits.id != EntityTraits::kNone) gone.id = number_of(*found.row, traits.id);
    if (gone.project.empty()) gone.project = text_of(*found.row, traits.project);
    if (gone.session_id.empty()) gone.session_id = text_of(*found.row, traits.session);
  } else if (is_known) {
    gone.id = found.gone.id;
    const bool is_later = parse_instant(gone.deleted_at) > parse_instant(found.gone.deleted_at);
    if (!is_later && (found.gone.hard || !gone.hard)) return false;
    gone.hard = gone.hard || found.gone.hard;
    if (!is_later) gone.deleted_at = found.gone.deleted_at;
  }
  write_.put_gone(deletion.entity, deletion.key, gone, origin());
  return true;
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
  if (versioner_.of(deletion.entity, *found.row).time > deleted) {
    ++merged_->counts.rows_stale;
    return;
  }
  if (deletion.hard) {
    bury(deletion, found, true);
    if (deletion.entity == Entity::kObservation) write_.orphan_relations(deletion.key);
    ++merged_->counts.rows_deleted;
    return;
  }
  if (has(*found.row, Observation::deleted_at)) return;
  const std::string deleted_at = string_json(deletion.deleted_at);
  write_.put(Entity::kObservation,
             *with_fields(*found.row, {{Observation::deleted_at, deleted_at}, {Observation::updated_at, deleted_at}}),
             origin());
  ++merged_->counts.rows_deleted;
}

// The keys of the rows in a session that are not gone, with what was put since.
std::vector<std::string> Merger::keys_in_session(Entity entity, const std::string& session) {
  std::vector<std::string> keys;
  for (const Catalog::Number number : write_.catalog().rows_of(entity, session)) {
    keys.push_back(write_.catalog().key_of(write_.catalog().at(number)));
  }
  const auto& put = entity == Entity::kObservation ? put_observations_ : put_prompts_;
  if (const auto found = put.find(session); found != put.end()) {
    keys.insert(keys.end(), found->second.begin(), found->second.end());
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  std::erase_if(keys, [&](const std::string& key) {
    Write::Found found;
    return !write_.find(entity, key, found) || !found.row || text_of(*found.row, traits_of(entity).session) != session;
  });
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
  if (!found.origin.recovered && time_of_session(*found.row) > parse_instant(deletion.deleted_at)) {
    ++merged_->counts.rows_stale;
    return;
  }
  if (!keys_in_session(Entity::kObservation, deletion.key).empty()) {
    merged_->issues.emplace_back("session_has_observations", deletion.key);
    return;
  }
  for (const std::string& key : keys_in_session(Entity::kPrompt, deletion.key)) {
    Write::Found prompt;
    write_.find(Entity::kPrompt, key, prompt);
    Deletion of_prompt = deletion;
    of_prompt.entity = Entity::kPrompt;
    of_prompt.key = key;
    bury(of_prompt, prompt, true);
    ++merged_->counts.rows_deleted;
  }
  bury(deletion, found, true);
  ++merged_->counts.rows_deleted;
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
  if (write_.put_relation(key, text, parse_instant(text_member(payload, "updated_at")), origin())) {
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
