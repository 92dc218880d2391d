#include "memory/payload.h"

#include "json/go_json.h"
#include "json/python_json.h"

namespace quipu::memory {

namespace {

using Session = MemorySessionField;
using Observation = MemoryObservationField;
using Prompt = MemoryPromptField;

// Members of an object, one after the other.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  void text(std::string_view name, std::string_view value) {
    begin(name);
    json::append_go_string(value, out_);
  }
  void text_if_any(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void number(std::string_view name, std::int64_t value) {
    begin(name);
    json::write_integer(value, out_);
  }
  void yes(std::string_view name) {
    begin(name);
    out_ += "true";
  }
  void end() { out_ += '}'; }

 private:
  void begin(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_.append(1, '"').append(name).append("\":");
  }
  std::string& out_;
};

void put_deleted_observation(std::string_view key, const Gone& gone, Members& members) {
  members.text("sync_id", key);
  members.text("session_id", gone.session_id);
  for (const std::string_view name : {"type", "title", "content"}) members.text(name, "");
  members.text_if_any("project", gone.project);
  members.text("scope", "");
  members.number("revision_count", 0);
  members.number("duplicate_count", 0);
  members.yes("deleted");
  members.text_if_any("deleted_at", gone.deleted_at);
  if (gone.hard) members.yes("hard_delete");
}

}  // namespace

std::string upsert_payload(Entity entity, const json::Row& row) {
  std::string out;
  Members members(out);
  const auto text = [&row](std::size_t field) { return text_of(row, field); };
  switch (entity) {
    case Entity::kSession:
      members.text("id", text(Session::id));
      members.text("project", text(Session::project));
      members.text("directory", text(Session::directory));
      members.text_if_any("started_at", text(Session::started_at));
      members.text_if_any("ended_at", text(Session::ended_at));
      members.text_if_any("summary", text(Session::summary));
      break;
    case Entity::kObservation:
      members.text("sync_id", text(Observation::sync_id));
      members.text("session_id", text(Observation::session_id));
      members.text("type", text(Observation::type));
      members.text("title", text(Observation::title));
      members.text("content", text(Observation::content));
      members.text_if_any("tool_name", text(Observation::tool_name));
      members.text_if_any("project", text(Observation::project));
      members.text("scope", text(Observation::scope));
      members.text_if_any("topic_key", text(Observation::topic_key));
      members.number("revision_count", number_of(row, Observation::revision_count));
      members.number("duplicate_count", number_of(row, Observation::duplicate_count));
      members.text_if_any("last_seen_at", text(Observation::last_seen_at));
      members.text_if_any("created_at", text(Observation::created_at));
      members.text_if_any("updated_at", text(Observation::updated_at));
      break;
    case Entity::kPrompt:
      members.text("sync_id", text(Prompt::sync_id));
      members.text("session_id", text(Prompt::session_id));
      members.text("content", text(Prompt::content));
      members.text_if_any("project", text(Prompt::project));
      members.text_if_any("created_at", text(Prompt::created_at));
      break;
  }
  members.end();
  return out;
}

std::string delete_payload(Entity entity, std::string_view key, const Gone& gone) {
  std::string out;
  Members members(out);
  switch (entity) {
    case Entity::kSession:
      members.text("id", key);
      members.text("project", gone.project);
      members.text_if_any("deleted_at", gone.deleted_at);
      break;
    case Entity::kObservation:
      put_deleted_observation(key, gone, members);
      break;
    case Entity::kPrompt:
      members.text("sync_id", key);
      members.text("session_id", gone.session_id);
      members.text("content", "");
      members.text_if_any("project", gone.project);
      members.yes("deleted");
      members.text_if_any("deleted_at", gone.deleted_at);
      members.yes("hard_delete");
      break;
  }
  members.end();
  return out;
}

std::string delete_payload(const json::Row& observation) {
  Gone gone;
  gone.session_id = text_of(observation, Observation::session_id);
  gone.project = text_of(observation, Observation::project);
  gone.deleted_at = text_of(observation, Observation::deleted_at);
  gone.hard = false;
  return delete_payload(Entity::kObservation, text_of(observation, Observation::sync_id), gone);
}

void append_mutation(const Mutation& mutation, std::string& out) {
  // Members looks at what stands before it: the mutation is spelled by itself.
  std::string text;
  Members members(text);
  members.number("seq", mutation.seq);
  members.text("target_key", mutation.target_key);
  members.text("entity", mutation.entity);
  members.text("entity_key", mutation.entity_key);
  members.text("op", mutation.op);
  members.text("payload", mutation.payload);
  members.text("source", mutation.source);
  members.text("project", mutation.project);
  members.text("occurred_at", mutation.occurred_at);
  members.text_if_any("acked_at", mutation.acked_at);
  members.end();
  out += text;
}

}  // namespace quipu::memory
