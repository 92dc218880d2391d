#include "sync/chunk.h"

#include <array>

#include "json/go_json.h"
#include "json/python_json.h"
#include "sync/transport.h"

namespace quipu::sync {

namespace {

using memory::Entity;

constexpr std::string_view kMutations = "mutations";
constexpr std::array<std::string_view, 4> kLists{"sessions", "observations", "prompts", kMutations};

[[noreturn]] void schema_fault(std::string message) { throw ChunkFault("schema", std::move(message)); }

std::string log_text(const json::Node& node) {
  std::string text;
  json::write(node, json::Spelling::kLog, json::Surrogates::kRefuse, text);
  return text;
}

// A member that must be a text, or absent or null.
std::string text_of(const json::Node& object, std::string_view name) {
  const auto member = object.find(name);
  if (!member || member->kind() == json::Kind::kNull) return {};
  if (member->kind() != json::Kind::kString) {
    schema_fault("the member " + std::string(name) + " of a mutation is no text");
  }
  return std::string(member->as_string());
}

// A payload may have been encoded twice: a text whose content is the text of the object.
std::string payload_text(const std::string& payload) {
  if (payload.find_first_not_of(" \t\r\n") == std::string::npos) return "{}";
  json::Document document(memory::kMaxDocumentDepth, json::Dialect::kGo);
  try {
    json::Node value = document.parse(payload);
    json::Document inner(memory::kMaxDocumentDepth, json::Dialect::kGo);
    if (value.kind() == json::Kind::kString) value = inner.parse(value.as_string());
    if (value.kind() != json::Kind::kObject) schema_fault("the payload of a mutation is no object");
    return log_text(value);
  } catch (const ChunkFault&) {
    throw;
  } catch (const Error& error) {
    schema_fault("the payload of a mutation does not parse: " + error.message());
  }
}

}  // namespace

void ChunkReader::read_rows(Entity entity, const json::Node& list, std::vector<memory::RowRef>& rows) {
  if (list.kind() == json::Kind::kNull) return;
  if (list.kind() != json::Kind::kArray) {
    schema_fault(std::string(memory::traits_of(entity).list) + " is no array");
  }
  list.for_each_element([&](const json::Node& row) {
    // null stands for a row without members, which is none.
    rows.push_back(rows_.read_imported(entity, row));
  });
}

void ChunkReader::read_mutations(const json::Node& list, std::vector<memory::IncomingMutation>& mutations) {
  if (list.kind() == json::Kind::kNull) return;
  if (list.kind() != json::Kind::kArray) schema_fault("mutations is no array");
  list.for_each_element([&](const json::Node& object) {
    if (object.kind() != json::Kind::kObject) schema_fault("a mutation is no object");
    memory::IncomingMutation mutation;
    mutation.entity = text_of(object, "entity");
    mutation.entity_key = text_of(object, "entity_key");
    mutation.op = text_of(object, "op");
    mutation.project = text_of(object, "project");
    mutation.occurred_at = text_of(object, "occurred_at");
    mutation.text = log_text(object);
    // What nobody here knows is kept as it is, whatever its payload.
    const bool is_known = memory::entity_of_name(mutation.entity) || mutation.entity == "relation";
    if (is_known) mutation.payload = payload_text(text_of(object, "payload"));
    mutations.push_back(std::move(mutation));
  });
}

ChunkDocument ChunkReader::read(std::string_view document) {
  ChunkDocument chunk;
  rows_.begin_chunk();
  try {
    const json::Node root = document_.parse(document);
    if (root.kind() != json::Kind::kObject) schema_fault("the document is no object");
    root.for_each_member([&](std::string_view name, const json::Node& value) {
      for (const memory::Entity entity : memory::kEntities) {
        if (name != memory::traits_of(entity).list) continue;
        auto& rows = entity == Entity::kSession       ? chunk.rows.sessions
                     : entity == Entity::kObservation ? chunk.rows.observations
                                                      : chunk.rows.prompts;
        return read_rows(entity, value, rows);
      }
      if (name == kMutations) return read_mutations(value, chunk.rows.mutations);
      if (name == kStreamsMember) {
        chunk.streams = log_text(value);
        return;
      }
      for (const std::string_view list : kLists) {
        if (json::go_names_equal(name, list)) {
          schema_fault("the member \"" + std::string(name) + "\" is " + std::string(list) + " but for case");
        }
      }
      chunk.rows.unknown.emplace_back(name, log_text(value));
    });
  } catch (const ChunkFault&) {
    throw;
  } catch (const memory::RowFault& fault) {
    schema_fault(fault.message());
  } catch (const json::TooDeep& error) {
    throw ChunkFault("json_depth", error.message());
  } catch (const Error& error) {
    if (error.code() != Code::kInvalid) throw;
    throw ChunkFault("json_syntax", error.message());
  }
  return chunk;
}

// ---- writing

namespace {

void add_element(std::string_view element, std::string& list) {
  list += list.empty() ? '[' : ',';
  list += element;
}

constexpr std::size_t kMutationsList = 3;

}  // namespace

void ChunkWriter::add(Entity entity, std::string_view wire) {
  add_element(wire, lists_[static_cast<std::size_t>(entity)]);
}

void ChunkWriter::add_mutation(std::string_view mutation) { add_element(mutation, lists_[kMutationsList]); }

void ChunkWriter::add_member(std::string_view name, std::string_view json) {
  members_ += ',';
  json::append_go_string(name, members_);
  members_ += ':';
  members_ += json;
}

bool ChunkWriter::is_empty() const {
  for (const std::string& list : lists_) {
    if (!list.empty()) return false;
  }
  return members_.empty();
}

std::size_t ChunkWriter::size() const {
  std::size_t size = members_.size();
  for (const std::string& list : lists_) {
    constexpr std::size_t kAround = 20;
    size += list.size() + kAround;
  }
  return size;
}

std::string ChunkWriter::finish() const {
  std::string document;
  document.reserve(size());
  for (std::size_t i = 0; i < kLists.size(); ++i) {
    if (i == kMutationsList && lists_[i].empty()) continue;
    document.append(i == 0 ? "{\"" : ",\"").append(kLists[i]).append("\":");
    if (lists_[i].empty()) {
      document += "null";
    } else {
      document.append(lists_[i]).append("]");
    }
  }
  document.append(members_).append("}");
  return document;
}

}  // namespace quipu::sync
