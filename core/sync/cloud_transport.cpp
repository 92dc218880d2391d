#include "sync/cloud_transport.h"

#include <utility>

#include "json/go_json.h"
#include "json/parser.h"
#include "json/value.h"

namespace quipu::sync {

namespace {

const std::string& checked_project(const CloudOptions& options) {
  if (options.project.empty()) throw Error(Code::kInvalid, "cloud: project is required");
  return options.project;
}

void append_member(std::string_view name, std::string_view text, std::string& out) {
  json::append_go_string(name, out);
  out += ':';
  json::append_go_string(text, out);
}

std::string entry_text(const json::Value& entry, std::string_view name) {
  const json::Value* const member = entry.find(name);
  if (member == nullptr || !member->is_string()) {
    throw Error(Code::kInvalid, "the entry of a chunk has no text \"" + std::string(name) + "\"");
  }
  return member->as_string();
}

std::string query_of(const std::string& project) { return "?project=" + http::percent_encode(project); }

}  // namespace

CloudTransport::CloudTransport(const CloudOptions& options) : project_(checked_project(options)), server_(options) {}

std::optional<std::string> CloudTransport::read_manifest() {
  constexpr std::string_view kOperation = "fetch manifest";
  http::HttpResponse response = server_.get(kOperation, "/sync/pull" + query_of(project_), kMaxManifestBytes);
  if (response.status != 200) throw CloudError(kOperation, response);
  return std::move(response.body);
}

void CloudTransport::write_manifest(std::string_view text) { static_cast<void>(text); }

std::optional<std::string> CloudTransport::read_chunk(const std::string& id) {
  const std::string operation = "pull chunk " + id;
  http::HttpResponse response;
  try {
    response = server_.get(operation, "/sync/pull/" + http::percent_encode(id) + query_of(project_), kMaxDocumentBytes);
  } catch (const http::AnswerTooLarge& error) {
    throw ChunkFault("chunk_too_large", error.message());
  }
  if (response.status == 404) return std::nullopt;
  if (response.status != 200) throw CloudError(operation, response);
  if (response.body.empty()) throw ChunkFault("chunk_unreadable", "cloud: empty chunk payload");
  return std::move(response.body);
}

void CloudTransport::write_chunk(const std::string& id, std::string_view document, const std::string& entry_json) {
  const json::Value entry = json::parse(entry_json);
  std::string body = "{";
  append_member("chunk_id", id, body);
  body += ',';
  append_member("client_created_at", entry_text(entry, "created_at"), body);
  body += ',';
  append_member("created_by", entry_text(entry, "created_by"), body);
  body += ",\"data\":";
  body += document;
  body += ',';
  append_member("project", project_, body);
  body += '}';
  // The id is a hash of the content: a second push of the same chunk changes nothing.
  const std::string operation = "push chunk " + id;
  const http::HttpResponse response = server_.post(operation, "/sync/push", body, true);
  if (response.status != 200) throw CloudError(operation, response);
}

}  // namespace quipu::sync
