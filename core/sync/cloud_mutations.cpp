#include "sync/cloud_mutations.h"

#include <charconv>
#include <utility>

#include "json/go_json.h"
#include "json/parser.h"
#include "json/value.h"
#include "sync/transport.h"

namespace quipu::sync {

namespace {

[[noreturn]] void unreadable(std::string_view operation, const std::string& why) {
  throw Error(Code::kIo, "cloud: " + std::string(operation) + ": the answer cannot be read: " + why);
}

// A server without these endpoints.
CloudError refusal(std::string_view operation, http::HttpResponse response) {
  if (response.status == 404) {
    response.body =
        R"({"error":"the server does not know mutations","error_class":"policy","error_code":"server_unsupported"})";
  }
  return CloudError(operation, response);
}

// The members of an answer; what has another type than it should makes the whole of it unreadable.
class Reader {
 public:
  Reader(std::string_view operation, const json::Value& object) : operation_(operation), object_(object) {
    if (!object.is_object()) unreadable(operation, "no object where one belongs");
  }

  const json::Array& array(std::string_view name) const {
    static const json::Array empty;
    const json::Value* const member = find(name);
    if (member == nullptr) return empty;
    if (!member->is_array()) wrong(name);
    return member->as_array();
  }
  std::string text(std::string_view name) const {
    const json::Value* const member = find(name);
    if (member == nullptr) return {};
    if (!member->is_string()) wrong(name);
    return member->as_string();
  }
  bool flag(std::string_view name) const {
    const json::Value* const member = find(name);
    if (member == nullptr) return false;
    if (member->kind() != json::Kind::kBool) wrong(name);
    return member->as_bool();
  }
  std::int64_t integer(std::string_view name) const {
    const json::Value* const member = find(name);
    return member == nullptr ? 0 : integer(*member, name);
  }
  std::int64_t integer(const json::Value& value, std::string_view name) const {
    if (value.kind() != json::Kind::kInteger) wrong(name);
    const std::string& digits = value.as_integer().digits;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || end != digits.data() + digits.size()) wrong(name);
    return number;
  }
  std::string compact(std::string_view name) const {
    const json::Value* const member = object_.find(name);
    std::string made;
    json::write_go(member == nullptr ? json::Value() : *member, json::GoSpelling::kCompact, made);
    return made;
  }

 private:
  const json::Value* find(std::string_view name) const {
    const json::Value* const member = object_.find(name);
    return member == nullptr || member->kind() == json::Kind::kNull ? nullptr : member;
  }
  [[noreturn]] void wrong(std::string_view name) const {
    unreadable(operation_, "\"" + std::string(name) + "\" has another type");
  }

  std::string_view operation_;
  const json::Value& object_;
};

json::Value parse_answer(std::string_view operation, const std::string& body) {
  try {
    return json::parse(body, json::kMaxReadDepth, json::Dialect::kGo);
  } catch (const Error& error) {
    unreadable(operation, error.message());
  }
}

void append_entry(const CloudMutation& entry, std::string& out) {
  const auto member = [&](std::string_view name, std::string_view text) {
    json::append_go_string(name, out);
    out += ':';
    json::append_go_string(text, out);
    out += ',';
  };
  out += '{';
  member("project", entry.project);
  member("entity", entry.entity);
  member("entity_key", entry.entity_key);
  member("op", entry.op);
  out += "\"payload\":";
  try {
    // Read and written anew, so that what is no JSON cannot become a part of the request.
    json::write_go(json::parse(entry.payload, json::kMaxReadDepth, json::Dialect::kGo), json::GoSpelling::kCompact,
                   out);
  } catch (Error& error) {
    throw error.as(Code::kInvalid).while_doing("the payload of \"" + entry.entity_key + "\" is no JSON");
  }
  out += '}';
}

}  // namespace

std::vector<std::int64_t> push_mutations(const CloudServer& server, const std::vector<CloudMutation>& entries) {
  constexpr std::string_view kOperation = "mutation push";
  if (entries.empty() || entries.size() > kMaxMutations) {
    throw Error(Code::kInvalid, "cloud: mutation push: 1 to 100 entries, not " + std::to_string(entries.size()));
  }
  std::string body = "{\"entries\":[";
  for (const CloudMutation& entry : entries) {
    if (body.back() != '[') body += ',';
    append_entry(entry, body);
  }
  body += "]}";
  http::HttpResponse response = server.post(kOperation, "/sync/mutations/push", body, false);
  if (response.status != 200) throw refusal(kOperation, std::move(response));
  const json::Value answer = parse_answer(kOperation, response.body);
  const Reader reader(kOperation, answer);
  std::vector<std::int64_t> seqs;
  for (const json::Value& seq : reader.array("accepted_seqs")) seqs.push_back(reader.integer(seq, "accepted_seqs"));
  return seqs;
}

MutationPage pull_mutations(const CloudServer& server, std::int64_t since_seq, std::size_t limit) {
  constexpr std::string_view kOperation = "mutation pull";
  if (limit < 1 || limit > kMaxMutations) {
    throw Error(Code::kInvalid, "cloud: mutation pull: a limit from 1 to 100, not " + std::to_string(limit));
  }
  const std::string query = "?since_seq=" + std::to_string(since_seq) + "&limit=" + std::to_string(limit);
  http::HttpResponse response = server.get(kOperation, "/sync/mutations/pull" + query, kMaxManifestBytes);
  if (response.status != 200) throw refusal(kOperation, std::move(response));
  const json::Value answer = parse_answer(kOperation, response.body);
  const Reader reader(kOperation, answer);
  MutationPage page;
  page.has_more = reader.flag("has_more");
  page.latest_seq = reader.integer("latest_seq");
  for (const json::Value& value : reader.array("mutations")) {
    const Reader one(kOperation, value);
    page.mutations.push_back({one.text("project"), one.text("entity"), one.text("entity_key"), one.text("op"),
                              one.compact("payload"), one.integer("seq"), one.text("occurred_at")});
  }
  return page;
}

}  // namespace quipu::sync
