#include "memory/row.h"

#include <algorithm>
#include <limits>

#include "base/unicode.h"
#include "json/go_json.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "memory/names.h"

namespace quipu::memory {

namespace {

using Session = MemorySessionField;
using Observation = MemoryObservationField;
using Prompt = MemoryPromptField;

constexpr std::size_t kNone = EntityTraits::kNone;

constexpr std::uint32_t bits(std::initializer_list<std::size_t> fields) {
  std::uint32_t set = 0;
  for (const std::size_t field : fields) set |= std::uint32_t{1} << field;
  return set;
}

const std::array<EntityTraits, kEntities.size()>& all_traits() {
  static const std::array<EntityTraits, kEntities.size()> kTraits{{
      {Entity::kSession, "session", "sessions", "memory_session", Session::extra, Session::id, kNone, kNone,
       Session::project, Session::started_at, kNone, kNone, bits({Session::ended_at, Session::summary}),
       &memorysession_fields()},
      {Entity::kObservation, "observation", "observations", "memory_observation", Observation::extra,
       Observation::sync_id, Observation::id, Observation::session_id, Observation::project, Observation::created_at,
       Observation::updated_at, Observation::revision_count,
       bits({Observation::tool_name, Observation::project, Observation::topic_key, Observation::last_seen_at,
             Observation::review_after, Observation::deleted_at}),
       &memoryobservation_fields()},
      {Entity::kPrompt, "prompt", "prompts", "memory_prompt", Prompt::extra, Prompt::sync_id, Prompt::id,
       Prompt::session_id, Prompt::project, Prompt::created_at, kNone, kNone, bits({Prompt::project}),
       &memoryprompt_fields()},
  }};
  return kTraits;
}

bool is_number(const EntityTraits& traits, std::size_t field) {
  return (*traits.fields)[field].kind == json::FieldKind::kInt64;
}

constexpr std::string_view kNothing = "{}";
constexpr std::string_view kEmptyText = "\"\"";

}  // namespace

const EntityTraits& traits_of(Entity entity) { return all_traits()[static_cast<std::size_t>(entity)]; }

std::optional<Entity> entity_of_name(std::string_view name) {
  for (const EntityTraits& traits : all_traits()) {
    if (traits.name == name) return traits.entity;
  }
  return std::nullopt;
}

std::string text_of(const json::Row& row, std::size_t field) {
  const std::string_view json = row.field(field);
  return json::is_string(json) ? json::string_value(json) : std::string();
}

std::int64_t number_of(const json::Row& row, std::size_t field) {
  bool ok = false;
  return json::int64_value(row.field(field), ok);
}

RowRef make_row(Entity entity, std::initializer_list<FieldJson> fields) {
  const EntityTraits& traits = traits_of(entity);
  std::vector<std::string_view> texts(traits.fields->size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    texts[i] = traits.is_optional(i) ? kAbsent : (*traits.fields)[i].default_json;
  }
  for (const FieldJson& field : fields) texts[field.field] = field.json;
  return json::Row::make(*traits.fields, texts);
}

RowRef with_fields(const json::Row& row, std::initializer_list<FieldJson> fields) {
  std::vector<std::string_view> texts(row.table().size());
  for (std::size_t i = 0; i < texts.size(); ++i) texts[i] = row.field(i);
  for (const FieldJson& field : fields) texts[field.field] = field.json;
  return json::Row::make(row.table(), texts);
}

// ---- reading

void RowReader::take(const EntityTraits& traits, const json::Node& object) {
  if (object.kind() != json::Kind::kObject) throw RowFault("a row of " + std::string(traits.list) + " is no object");
  nodes_.fill(std::nullopt);
  for (std::string& text : settled_) text.clear();
  unknown_.clear();
  const json::FieldTable& fields = *traits.fields;
  std::size_t next = 0;  // files hold the members in the table's order nearly always
  object.for_each_member([&](std::string_view name, const json::Node& value) {
    std::size_t field = next;
    while (field < traits.wire_fields && fields[field].name != name) ++field;
    if (field == traits.wire_fields) {
      field = 0;
      while (field < traits.wire_fields && !json::go_names_equal(name, fields[field].name)) ++field;
    }
    if (field == traits.wire_fields) {
      unknown_.insert_or_assign(std::string(name), value);
      return;
    }
    next = field + 1;
    if (value.kind() == json::Kind::kNull) {
      // After another spelling of the same name: what may be absent is, and what may not stays.
      if (traits.is_optional(field) && traits.entity != Entity::kPrompt) nodes_[field].reset();
      return;
    }
    const bool fits = is_number(traits, field) ? value.kind() == json::Kind::kInteger && value.as_int64().has_value()
                                               : value.kind() == json::Kind::kString;
    if (!fits) {
      throw RowFault("the member " + std::string(fields[field].name) + " of " + std::string(traits.name) + " is no " +
                     (is_number(traits, field) ? "integer of 64 bits" : "text"));
    }
    nodes_[field] = value;
  });
  if (traits.entity == Entity::kPrompt && text(Prompt::project).empty()) nodes_[Prompt::project].reset();
}

std::string_view RowReader::text(std::size_t field) const {
  return nodes_[field] ? nodes_[field]->as_string() : std::string_view();
}

RowRef RowReader::make(const EntityTraits& traits) {
  const json::FieldTable& fields = *traits.fields;
  std::size_t size = 0;
  for (std::size_t i = 0; i < traits.wire_fields; ++i) {
    constexpr std::size_t kAroundText = 24;
    size += kAroundText + (nodes_[i] && !is_number(traits, i) ? text(i).size() : 0);
  }
  json::RowText row(fields, size);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    std::string& out = row.next();
    if (i == traits.wire_fields && !unknown_.empty()) {
      for (const auto& [name, value] : unknown_) {
        out += &name == &unknown_.begin()->first ? "{" : ", ";
        json::write_string(name, json::Surrogates::kRefuse, out);
        out += ": ";
        json::write(value, json::Spelling::kLog, json::Surrogates::kRefuse, out);
      }
      out += '}';
    } else if (i >= traits.wire_fields) {
      out += fields[i].default_json;
    } else if (!settled_[i].empty()) {
      out += settled_[i];
    } else if (!nodes_[i]) {
      out += traits.is_optional(i) ? kAbsent : is_number(traits, i) ? "0" : kEmptyText;
    } else if (is_number(traits, i)) {
      json::write_integer(*nodes_[i]->as_int64(), out);
    } else {
      json::write_string(nodes_[i]->as_string(), json::Surrogates::kRefuse, out);
    }
  }
  return row.finish();
}

RowRef RowReader::read(Entity entity, const json::Node& object) {
  const EntityTraits& traits = traits_of(entity);
  take(traits, object);
  return make(traits);
}

bool RowReader::is_row(Entity entity, const json::Node& object) {
  try {
    take(traits_of(entity), object);
    return true;
  } catch (const RowFault&) {
    return false;
  }
}

RowRef RowReader::read_imported(Entity entity, const json::Node& object) {
  const EntityTraits& traits = traits_of(entity);
  take(traits, object);
  settle_imported(traits);
  return make(traits);
}

std::string RowReader::derive_sync_id(const EntityTraits& traits) {
  std::string hashed = "quipu-legacy-" + std::string(traits.name);
  const auto add = [&](std::size_t field) { hashed.append(1, '\0').append(text(field)); };
  if (traits.entity == Entity::kObservation) {
    for (const std::size_t field : {Observation::session_id, Observation::type, Observation::title,
                                    Observation::content, Observation::created_at}) {
      add(field);
    }
  } else {
    for (const std::size_t field : {Prompt::session_id, Prompt::content, Prompt::created_at}) add(field);
  }
  const int ordinal = derived_[crypto::to_hex(crypto::sha256(hashed))]++;
  if (ordinal > 0) hashed.append(1, '\0').append(std::to_string(ordinal));
  constexpr std::size_t kDigits = 16;
  return (traits.entity == Entity::kObservation ? "obs-" : "prompt-") +
         crypto::to_hex(crypto::sha256(hashed)).substr(0, kDigits);
}

void RowReader::settle_imported(const EntityTraits& traits) {
  if (traits.entity == Entity::kSession) {
    if (text(Session::id).empty()) throw RowFault("a session has no id");
    return;
  }
  if (text(traits.session).empty()) {
    throw RowFault((traits.entity == Entity::kObservation ? "an " : "a ") + std::string(traits.name) +
                   " has no session_id");
  }
  const auto settle = [&](std::size_t field, std::string_view value) { settled_[field] = json::string_json(value); };
  if (trim_white_space(text(traits.key)).empty()) settle(traits.key, derive_sync_id(traits));
  if (traits.entity != Entity::kObservation) return;
  if (text(Observation::scope).empty()) settle(Observation::scope, "project");
  for (const std::size_t counter : {Observation::revision_count, Observation::duplicate_count}) {
    if (!nodes_[counter] || *nodes_[counter]->as_int64() < 1) settled_[counter] = "1";
  }
  if (text(Observation::updated_at).empty()) settle(Observation::updated_at, text(Observation::created_at));
  if (nodes_[Observation::topic_key]) {
    const std::string_view given = text(Observation::topic_key);
    const std::string key = normalize_topic_key(given);
    if (key.empty()) {
      nodes_[Observation::topic_key].reset();
    } else if (key != given) {
      settle(Observation::topic_key, key);
    }
  }
}

// ---- spelling and comparing

namespace {

// Calls fn(name, json in log spelling) for each member the row has, in the order of a chunk.
template <typename Fn>
void for_each_wire_field(const EntityTraits& traits, const json::Row& row, Fn&& fn) {
  for (std::size_t i = 0; i < traits.wire_fields; ++i) {
    const std::string_view value = row.field(i);
    if (value != kAbsent) fn(i, value);
  }
}

void append_go(const EntityTraits& traits, const json::Row& row, bool with_id, std::string& out) {
  char before = '{';
  for_each_wire_field(traits, row, [&](std::size_t field, std::string_view value) {
    if (field == traits.id && !with_id) return;
    out += before;
    before = ',';
    out.append(1, '"').append((*traits.fields)[field].name).append("\":");
    if (json::is_string(value)) {
      json::append_go_of_log(value, out);
    } else {
      out += value;
    }
  });
  const std::string_view extra = row.field(traits.wire_fields);
  if (extra != kNothing) {
    const json::Value members = json::parse(extra);
    for (const json::Member& member : members.as_object()) {
      out += before;
      before = ',';
      json::append_go_string(member.first, out);
      out += ':';
      json::write_go(member.second, json::GoSpelling::kCompact, out);
    }
  }
  if (before == '{') out += '{';
  out += '}';
}

}  // namespace

void append_wire(Entity entity, const json::Row& row, std::string& out) {
  append_go(traits_of(entity), row, true, out);
}

void append_stored(Entity entity, const json::Row& row, std::string& out) {
  const EntityTraits& traits = traits_of(entity);
  bool first = true;
  for_each_wire_field(traits, row, [&](std::size_t field, std::string_view value) {
    out.append(first ? "{\"" : ", \"").append((*traits.fields)[field].name).append("\": ").append(value);
    first = false;
  });
  const std::string_view extra = row.field(traits.wire_fields);
  if (extra != kNothing) {
    out += first ? "{" : ", ";
    out += extra.substr(1, extra.size() - 2);
    first = false;
  }
  if (first) out += '{';
  out += '}';
}

std::string RowVersion::short_hex() const {
  constexpr std::size_t kDigits = 32;
  return crypto::to_hex(digest).substr(0, kDigits);
}

RowVersion Versioner::of(Entity entity, const json::Row& row) {
  const EntityTraits& traits = traits_of(entity);
  text_.clear();
  append_go(traits, row, false, text_);
  sha_.update(text_);
  RowVersion version;
  version.digest = sha_.finish();
  const std::size_t time =
      traits.updated_at != kNone && row.field(traits.updated_at) != kEmptyText ? traits.updated_at : traits.created_at;
  version.time = parse_instant(text_of(row, time));
  if (traits.revision_count != kNone) version.revision = number_of(row, traits.revision_count);
  return version;
}

}  // namespace quipu::memory
