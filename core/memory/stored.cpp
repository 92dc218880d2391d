#include "memory/stored.h"

#include <array>

#include "json/python_json.h"

namespace quipu::memory {

namespace {

using Field = chronostore::ChronoRecordField;

constexpr std::string_view kIdPrefix = "memory:";
constexpr std::string_view kKindPrefix = "memory_";
constexpr std::array<std::string_view, 4> kViaNames{"local", "import", "pull", "cascade"};

std::size_t label_field(Entity entity) {
  switch (entity) {
    case Entity::kSession:
      return MemorySessionField::summary;
    case Entity::kObservation:
      return MemoryObservationField::title;
    default:
      return MemoryPromptField::count;
  }
}

std::size_t deleted_field(Entity entity) {
  return entity == Entity::kObservation ? static_cast<std::size_t>(MemoryObservationField::deleted_at)
                                        : EntityTraits::kNone;
}

}  // namespace

std::string_view name_of(Via via) { return kViaNames[static_cast<std::size_t>(via)]; }

std::string record_id(Entity entity, std::string_view key) {
  return std::string(kIdPrefix).append(traits_of(entity).name).append(1, ':').append(key);
}

std::string record_key(Entity entity, std::string_view key) { return json::string_json(record_id(entity, key)); }

std::string kind_json(Entity entity) { return json::string_json(traits_of(entity).kind); }

std::string internal_id(std::string_view what, std::string_view key) {
  return std::string(kIdPrefix).append(what).append(1, ':').append(key);
}

void append_origin(const Origin& origin, std::string& data) {
  data += ", \"seq\": ";
  json::write_integer(origin.seq, data);
  data += ", \"via\": \"";
  data += name_of(origin.via);
  data += '"';
  if (!origin.target.empty()) {
    data += ", \"target\": ";
    json::write_string(origin.target, json::Surrogates::kRefuse, data);
  }
  if (origin.recovered) data += ", \"recovered\": true";
  if (!origin.pending_delete.empty()) {
    data += ", \"pending_delete\": ";
    json::write_string(origin.pending_delete, json::Surrogates::kRefuse, data);
  }
  if (!origin.marked_at.empty()) {
    data += ", \"marked_at\": ";
    json::write_string(origin.marked_at, json::Surrogates::kRefuse, data);
  }
  if (origin.updated_before_delete) {
    data += ", \"updated_before_delete\": ";
    json::write_string(*origin.updated_before_delete, json::Surrogates::kRefuse, data);
  }
  data += '}';
}

RecordRef record_of(Entity entity, const json::Row& row, const Origin& origin) {
  const EntityTraits& traits = traits_of(entity);
  std::string data;
  constexpr std::size_t kAround = 96;
  data.reserve(row.text().size() + kAround);
  data += "{\"row\": ";
  append_stored(entity, row, data);
  append_origin(origin, data);
  const std::string id = record_key(entity, text_of(row, traits.key));
  const std::size_t label = label_field(entity);
  const bool has_label = label < row.table().size() && has(row, label);
  const std::size_t deleted = deleted_field(entity);
  const bool is_deleted = deleted != EntityTraits::kNone && has(row, deleted);
  return chronostore::make_record({{Field::id, id},
                                   {Field::kind, kind_json(entity)},
                                   {Field::status, is_deleted ? "\"deprecated\"" : "\"active\""},
                                   {Field::label, has_label ? row.field(label) : std::string_view("\"\"")},
                                   {Field::data, data}});
}

RecordRef record_of_gone(Entity entity, std::string_view key, const Gone& gone, const Origin& origin) {
  std::string data = "{\"gone\": {\"id\": ";
  json::write_integer(gone.id, data);
  const auto add = [&data](std::string_view name, std::string_view text) {
    data.append(", \"").append(name).append("\": ");
    json::write_string(text, json::Surrogates::kRefuse, data);
  };
  add("session_id", gone.session_id);
  add("project", gone.project);
  add("deleted_at", gone.deleted_at);
  if (!gone.marked_at.empty()) add("marked_at", gone.marked_at);
  data += gone.hard ? ", \"hard\": true}" : ", \"hard\": false}";
  append_origin(origin, data);
  const std::string id = record_key(entity, key);
  return chronostore::make_record(
      {{Field::id, id}, {Field::kind, kind_json(entity)}, {Field::status, "\"tombstone\""}, {Field::data, data}});
}

RecordRef internal_record(std::string_view what, std::string_view key, std::string_view data_json) {
  const std::string id = json::string_json(internal_id(what, key));
  const std::string kind = json::string_json(std::string(kKindPrefix).append(what));
  return chronostore::make_record(
      {{Field::id, id}, {Field::kind, kind}, {Field::confidence, "0.0"}, {Field::data, data_json}});
}

std::string_view text_member(const json::Node& object, std::string_view name) {
  const auto member = object.find(name);
  return member && member->kind() == json::Kind::kString ? member->as_string() : std::string_view();
}

std::int64_t number_member(const json::Node& object, std::string_view name) {
  const auto member = object.find(name);
  return member && member->kind() == json::Kind::kInteger ? member->as_int64().value_or(0) : 0;
}

bool StoredReader::read(const json::Row& record, StoredView& view) {
  view = StoredView();
  const std::string_view kind = record.field(Field::kind);
  const std::string_view quoted_prefix = "\"memory_";
  if (!kind.starts_with(quoted_prefix)) return false;
  const auto entity = entity_of_name(kind.substr(quoted_prefix.size(), kind.size() - quoted_prefix.size() - 1));
  if (!entity) return false;
  view.entity = *entity;

  const std::string_view id_json = record.field(Field::id);
  if (!json::is_string(id_json)) return false;
  id_ = json::string_value(id_json);
  const std::string prefix = record_id(*entity, "");
  if (!id_.starts_with(prefix)) return false;
  view.key = std::string_view(id_).substr(prefix.size());

  const json::Node data = document_.parse(record.field(Field::data));
  if (data.kind() != json::Kind::kObject) return false;
  data.for_each_member([&](std::string_view name, const json::Node& value) {
    const bool is_object = value.kind() == json::Kind::kObject;
    if (name == "row" && is_object) {
      view.row = value;
    } else if (name == "gone" && is_object) {
      view.gone = value;
    } else if (name == "seq" && value.kind() == json::Kind::kInteger) {
      view.seq = value.as_int64().value_or(0);
    } else if (name == "via" && value.kind() == json::Kind::kString) {
      for (std::size_t i = 0; i < kViaNames.size(); ++i) {
        if (value.as_string() == kViaNames[i]) view.via = static_cast<Via>(i);
      }
    } else if (name == "target" && value.kind() == json::Kind::kString) {
      view.target = value.as_string();
    } else if (name == "recovered") {
      view.recovered = value.kind() == json::Kind::kBool && value.as_bool();
    } else if (name == "pending_delete" && value.kind() == json::Kind::kString) {
      view.pending_delete = value.as_string();
    } else if (name == "marked_at" && value.kind() == json::Kind::kString) {
      view.marked_at = value.as_string();
    } else if (name == "updated_before_delete" && value.kind() == json::Kind::kString) {
      view.updated_before_delete = value.as_string();
    }
  });
  const bool is_tombstone = record.field(Field::status) == "\"tombstone\"";
  // Buried by somebody who knows only records: the row is gone all the same.
  if (is_tombstone && view.row) {
    view.gone = view.row;
    view.row.reset();
  }
  if (is_tombstone != view.gone.has_value() || view.seq <= 0) return false;
  return is_tombstone ||
         (view.row && rows_.is_row(*entity, *view.row) &&
          text_member(*view.row, (*traits_of(*entity).fields)[traits_of(*entity).key].name) == view.key);
}

RowRef StoredReader::read_row(const json::Row& record) {
  StoredView view;
  if (!read(record, view) || !view.row) return RowRef();
  RowRef row = rows_.read(view.entity, *view.row);
  if (view.recovered && view.entity == Entity::kSession) {
    row = with_fields(*row, {{MemorySessionField::recovered, "true"}});
  }
  return row;
}

Origin StoredReader::origin_of(const StoredView& view) {
  Origin origin;
  origin.seq = view.seq;
  origin.via = view.via;
  origin.target = view.target;
  origin.recovered = view.recovered;
  origin.pending_delete = view.pending_delete;
  origin.marked_at = view.marked_at;
  if (view.updated_before_delete) origin.updated_before_delete = std::string(*view.updated_before_delete);
  return origin;
}

Gone StoredReader::gone_of(const StoredView& view) {
  Gone gone;
  if (!view.gone) return gone;
  gone.id = number_member(*view.gone, "id");
  gone.session_id = text_member(*view.gone, "session_id");
  gone.project = text_member(*view.gone, "project");
  gone.deleted_at = text_member(*view.gone, "deleted_at");
  gone.marked_at = text_member(*view.gone, "marked_at");
  // Buried by somebody who knows only records, it is what it was: nothing older brings it back.
  for (const std::string_view time : {"ended_at", "updated_at", "created_at", "started_at"}) {
    if (gone.deleted_at.empty() && !view.gone->find("hard")) gone.deleted_at = text_member(*view.gone, time);
  }
  const auto hard = view.gone->find("hard");
  gone.hard = !hard || hard->kind() != json::Kind::kBool || hard->as_bool();
  return gone;
}

}  // namespace quipu::memory
