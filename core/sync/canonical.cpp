#include "sync/canonical.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/unicode.h"
#include "json/go_json.h"
#include "json/node.h"
#include "json/parser.h"
#include "json/row.h"
#include "json/value.h"

namespace quipu::sync {

namespace {

using json::Array;
using json::Kind;
using json::Object;
using json::Value;

enum class Type : std::uint8_t { kText, kInteger, kNumber, kBool };
enum class Written : std::uint8_t { kAlways, kIfAny };  // kIfAny: not if it is empty, 0 or false

// A member of the object that a payload spells. The first one of each entity is its key.
struct PayloadMember {
  std::string_view name;
  Type type = Type::kText;
  Written written = Written::kAlways;
  bool required = false;    // of an upsert; the key is always
  bool of_upserts = false;  // a delete drops it
};

using M = PayloadMember;
constexpr std::array kSessionMembers{
    M{.name = "id", .required = true},
    M{.name = "project"},
    M{.name = "directory", .written = Written::kIfAny, .required = true, .of_upserts = true},
    M{.name = "started_at", .written = Written::kIfAny, .of_upserts = true},
    M{.name = "ended_at", .written = Written::kIfAny, .of_upserts = true},
    M{.name = "summary", .written = Written::kIfAny, .of_upserts = true},
    M{.name = "deleted", .type = Type::kBool, .written = Written::kIfAny},
    M{.name = "deleted_at", .written = Written::kIfAny},
    M{.name = "hard_delete", .type = Type::kBool, .written = Written::kIfAny},
};
constexpr std::array kObservationMembers{
    M{.name = "sync_id", .required = true},
    M{.name = "session_id", .required = true},
    M{.name = "type", .required = true},
    M{.name = "title", .required = true},
    M{.name = "content", .required = true},
    M{.name = "tool_name", .written = Written::kIfAny},
    M{.name = "project", .written = Written::kIfAny},
    M{.name = "scope", .required = true},
    M{.name = "topic_key", .written = Written::kIfAny},
    M{.name = "revision_count", .type = Type::kInteger, .written = Written::kIfAny},
    M{.name = "duplicate_count", .type = Type::kInteger, .written = Written::kIfAny},
    M{.name = "last_seen_at", .written = Written::kIfAny},
    M{.name = "created_at", .written = Written::kIfAny},
    M{.name = "updated_at", .written = Written::kIfAny},
    M{.name = "deleted", .type = Type::kBool, .written = Written::kIfAny},
    M{.name = "deleted_at", .written = Written::kIfAny},
    M{.name = "hard_delete", .type = Type::kBool, .written = Written::kIfAny},
};
constexpr std::array kPromptMembers{
    M{.name = "sync_id", .required = true},
    M{.name = "session_id", .required = true},
    M{.name = "content", .required = true},
    M{.name = "project", .written = Written::kIfAny},
    M{.name = "created_at", .written = Written::kIfAny},
    M{.name = "deleted", .type = Type::kBool, .written = Written::kIfAny},
    M{.name = "deleted_at", .written = Written::kIfAny},
    M{.name = "hard_delete", .type = Type::kBool, .written = Written::kIfAny},
};
constexpr std::array kRelationMembers{
    M{.name = "sync_id", .required = true},
    M{.name = "source_id", .required = true},
    M{.name = "target_id", .required = true},
    M{.name = "relation", .required = true},
    M{.name = "reason", .written = Written::kIfAny},
    M{.name = "evidence", .written = Written::kIfAny},
    M{.name = "confidence", .type = Type::kNumber, .written = Written::kIfAny},
    M{.name = "judgment_status", .required = true},
    M{.name = "marked_by_actor", .written = Written::kIfAny, .required = true},
    M{.name = "marked_by_kind", .written = Written::kIfAny, .required = true},
    M{.name = "marked_by_model", .written = Written::kIfAny},
    M{.name = "session_id", .written = Written::kIfAny},
    M{.name = "project"},
    M{.name = "created_at"},
    M{.name = "updated_at"},
};

struct EntityRules {
  std::string_view name;
  std::span<const PayloadMember> members;
  bool can_delete;
};
const std::array<EntityRules, 4> kEntities{{{"session", kSessionMembers, true},
                                            {"observation", kObservationMembers, true},
                                            {"prompt", kPromptMembers, true},
                                            {"relation", kRelationMembers, false}}};

// A mutation's own members; what else it holds is dropped.
constexpr std::array<std::string_view, 9> kMutationTexts{"target_key", "entity",  "entity_key",  "op",      "payload",
                                                         "source",     "project", "occurred_at", "acked_at"};

[[noreturn]] void fail(std::string message) { throw Error(Code::kInvalid, std::move(message)); }

Value parse(std::string_view text) { return json::parse(text, json::kMaxReadDepth, json::Dialect::kGo); }

void set_member(Object& object, std::string_view name, Value value) {
  for (auto& [its_name, its_value] : object) {
    if (its_name != name) continue;
    its_value = std::move(value);
    return;
  }
  object.emplace_back(name, std::move(value));
}

// The text of a member without white space around it; empty if it is something else.
std::string_view trimmed_text(const Value& object, std::string_view name) {
  const Value* const member = object.find(name);
  return member != nullptr && member->is_string() ? trim_white_space(member->as_string()) : std::string_view();
}

std::optional<double> as_double(const Value& value) {
  if (value.kind() == Kind::kDouble) return value.as_double();
  if (value.kind() != Kind::kInteger) return std::nullopt;
  const std::string& digits = value.as_integer().digits;
  double number = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

// ---- one payload

// The members of a payload that its entity knows, in the order of its table; null: not there.
class Payload {
 public:
  Payload(const EntityRules& rules, const Value& object) : rules_(rules), values_(rules.members.size()) {
    if (object.kind() == Kind::kNull) return;
    if (!object.is_object()) fail("decode mutation payload: it is not an object");
    for (const auto& [name, value] : object.as_object()) take(name, value);
  }

  std::string_view key() const { return text(0); }

  std::string_view text(std::string_view name) const {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (rules_.members[i].name == name) return text(i);
    }
    return {};
  }

  void settle(bool is_delete, std::string_view project) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const PayloadMember& member = rules_.members[i];
      if (member.required && (i == 0 || !is_delete)) {
        const std::string trimmed(trim_white_space(text(i)));
        if (trimmed.empty()) {
          fail(std::string(rules_.name) + " payload " + std::string(member.name) + " is required" +
               (i == 0 ? "" : " for upsert"));
        }
        values_[i] = trimmed;
      }
      if (is_delete && member.of_upserts) values_[i] = nullptr;
      if (member.name == "project") values_[i] = project;
      const bool is_end_of_session = is_delete && &rules_ == kEntities.data() && member.name == "deleted_at";
      if (is_end_of_session) values_[i] = std::string(trim_white_space(text(i)));
    }
  }

  std::string spelled() const {
    Object object;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const PayloadMember& member = rules_.members[i];
      if (!is_zero(values_[i])) {
        object.emplace_back(member.name, values_[i]);
      } else if (member.written == Written::kAlways) {
        object.emplace_back(member.name, "");
      }
    }
    std::string out;
    json::write_go(Value(std::move(object)), json::GoSpelling::kCompact, out);
    return out;
  }

 private:
  std::string_view text(std::size_t at) const {
    return values_[at].is_string() ? std::string_view(values_[at].as_string()) : std::string_view();
  }

  void take(std::string_view name, const Value& value) {
    if (value.kind() == Kind::kNull) return;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const PayloadMember& member = rules_.members[i];
      if (!json::go_names_equal(name, member.name)) continue;
      if (!fits(member.type, value))
        fail("decode mutation payload: \"" + std::string(member.name) + "\" has another type");
      values_[i] = value;
    }
  }

  static bool fits(Type type, const Value& value) {
    switch (type) {
      case Type::kText:
        return value.is_string();
      case Type::kInteger:
        return value.kind() == Kind::kInteger && json::Node(value).as_int64();
      case Type::kNumber:
        return as_double(value).has_value();
      case Type::kBool:
        return value.kind() == Kind::kBool;
    }
    return false;
  }

  static bool is_zero(const Value& value) {
    switch (value.kind()) {
      case Kind::kString:
        return value.as_string().empty();
      case Kind::kBool:
        return !value.as_bool();
      case Kind::kInteger:
      case Kind::kDouble:
        return as_double(value) == 0.0;
      default:
        return true;
    }
  }

  const EntityRules& rules_;
  std::vector<Value> values_;
};

// ---- one mutation

struct Mutation {
  std::int64_t seq = 0;
  std::array<std::optional<std::string>, kMutationTexts.size()> texts;

  std::string& text(std::string_view name) {
    for (std::size_t i = 0; i < kMutationTexts.size(); ++i) {
      if (kMutationTexts[i] == name) return texts[i] ? *texts[i] : texts[i].emplace();
    }
    throw Error(Code::kInternal, "a mutation has no member \"" + std::string(name) + "\"");
  }
};

// Its numbers passed through a double: 1.0 is 1.
std::int64_t whole_number(const Value& value) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  const std::optional<double> number = as_double(value);
  if (!number || std::trunc(*number) != *number || *number >= kTwoTo63 || *number < -kTwoTo63) {
    fail("decode mutation: \"seq\" is not an integer of 64 bits");
  }
  return static_cast<std::int64_t>(*number);
}

Mutation read_mutation(Object& members) {
  Mutation mutation;
  // By name, as the reference reads them: of two that differ in case the later one counts.
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [name, value] : members) {
    if (value.kind() == Kind::kNull) continue;
    if (json::go_names_equal(name, "seq")) mutation.seq = whole_number(value);
    for (std::size_t i = 0; i < kMutationTexts.size(); ++i) {
      if (!json::go_names_equal(name, kMutationTexts[i])) continue;
      if (!value.is_string()) fail("decode mutation: \"" + std::string(kMutationTexts[i]) + "\" is not a string");
      mutation.texts[i] = value.as_string();
    }
  }
  return mutation;
}

const EntityRules& rules_of(const std::string& entity, const std::string& op) {
  for (const EntityRules& rules : kEntities) {
    if (rules.name == entity && (op == "upsert" || (op == "delete" && rules.can_delete))) return rules;
  }
  fail("unsupported mutation " + json::string_json(entity) + "/" + json::string_json(op));
}

Value payload_value(std::string_view text) {
  if (text.empty()) fail("payload is required");
  Value value;
  try {
    value = parse(text);
    if (value.is_string()) {  // encoded twice
      const std::string inner = value.as_string();
      value = parse(inner);
    }
  } catch (Error& error) {
    throw error.while_doing("decode mutation payload");
  }
  return value;
}

// What is told to the sessions of a chunk: which of them the project owns.
using SessionIds = std::unordered_set<std::string>;

Value canonical_mutation(Object& members, std::string_view project, SessionIds& owned) {
  Mutation mutation = read_mutation(members);
  for (const std::string_view name : {"entity", "entity_key", "op", "payload"}) {
    std::string& text = mutation.text(name);
    text = std::string(trim_white_space(text));
  }
  const EntityRules& rules = rules_of(mutation.text("entity"), mutation.text("op"));
  const bool is_delete = mutation.text("op") == "delete";
  Payload payload(rules, payload_value(mutation.text("payload")));
  payload.settle(is_delete, project);

  std::string& key = mutation.text("entity_key");
  if (key.empty()) key = payload.key();
  if (key != payload.key()) {
    fail("entity_key " + json::string_json(key) + " does not match payload key " +
         json::string_json(std::string(payload.key())));
  }
  mutation.text("payload") = payload.spelled();
  mutation.text("project") = project;
  if (&rules == kEntities.data()) {
    owned.insert(key);
  } else if (rules.can_delete && !is_delete) {
    owned.emplace(trim_white_space(payload.text("session_id")));
  }

  Object out{{"seq", mutation.seq}};
  for (std::size_t i = 0; i < kMutationTexts.size(); ++i) {
    if (mutation.texts[i]) {
      out.emplace_back(kMutationTexts[i], std::move(*mutation.texts[i]));
    } else if (kMutationTexts[i] != "acked_at") {
      out.emplace_back(kMutationTexts[i], "");
    }
  }
  return out;
}

// ---- the document

// The elements of a list of objects; nothing if there is no such list. null becomes an empty one.
Array* list_of(Object& document, std::string_view name) {
  for (auto& [its_name, value] : document) {
    if (its_name != name) continue;
    if (value.kind() == Kind::kNull) value = Array();
    if (!value.is_array()) fail(std::string(name) + " must be an array");
    Array& rows = value.as_array();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!rows[i].is_object()) fail(std::string(name) + "[" + std::to_string(i) + "] must be an object");
    }
    return &rows;
  }
  return nullptr;
}

}  // namespace

std::string canonicalize_chunk(std::string_view text, std::string_view project) {
  Value document;
  try {
    document = parse(text);
    if (!document.is_object()) fail("the document is not an object");
  } catch (Error& error) {
    throw error.while_doing("decode chunk data");
  }
  Object& members = document.as_object();

  SessionIds owned;
  Array* const sessions = list_of(members, "sessions");
  for (const std::string_view name : {"observations", "prompts"}) {
    Array* const rows = list_of(members, name);
    if (rows == nullptr) continue;
    for (Value& row : *rows) {
      set_member(row.as_object(), "project", project);
      owned.emplace(trimmed_text(row, "session_id"));
    }
  }
  Array* const mutations = list_of(members, "mutations");
  for (std::size_t i = 0; mutations != nullptr && i < mutations->size(); ++i) {
    try {
      (*mutations)[i] = canonical_mutation((*mutations)[i].as_object(), project, owned);
    } catch (Error& error) {
      if (error.code() == Code::kInvalid) error.while_doing("mutations[" + std::to_string(i) + "]");
      throw;
    }
  }
  for (std::size_t i = 0; sessions != nullptr && i < sessions->size(); ++i) {
    Value& session = (*sessions)[i];
    const std::string id(trimmed_text(session, "id"));
    if (mutations == nullptr || id.empty() || owned.contains(id)) set_member(session.as_object(), "project", project);
  }

  std::string out;
  out.reserve(text.size() + text.size() / 8);
  json::write_go(document, json::GoSpelling::kCanonical, out);
  return out;
}

}  // namespace quipu::sync
