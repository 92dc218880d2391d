#include "sync/chunk_look.h"

#include "crypto/sha256.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "sync/canonical.h"
#include "sync/manifest_repair.h"

namespace quipu::sync {

namespace {

void reject(ChunkLook& look, const std::string& id, const std::string& code, const std::string& detail) {
  look.verdict = ChunkLook::Verdict::kRejected;
  look.document.clear();
  look.issues.push_back({shown_id(id), code, "", 0, detail});
}

void compare_with_id(ChunkLook& look, const Transport& transport, const std::string& id, IdPolicy policy,
                     std::string_view project) {
  look.full_hash = crypto::to_hex(crypto::sha256(look.document));
  if (look.full_hash.starts_with(id)) return;
  if (!transport.keeps_bytes()) {
    try {
      const std::string canonical = canonicalize_chunk(look.document, project);
      std::string hash = crypto::to_hex(crypto::sha256(canonical));
      if (hash.starts_with(id)) {
        look.full_hash = std::move(hash);
        return;
      }
    } catch (const Error& error) {
      if (error.code() != Code::kInvalid) throw;  // it cannot be made canonical: what is wrong shows when it is read
    }
  }
  if (policy == IdPolicy::kOff) return;
  const std::string actual = look.full_hash.substr(0, kChunkIdDigits);
  const std::string detail = "the document hashes to " + actual;
  if (policy == IdPolicy::kEnforce && transport.keeps_bytes()) reject(look, id, "id_mismatch", detail);
  if (look.issues.empty()) look.issues.push_back({shown_id(id), "id_mismatch", "", 0, detail});
  look.issues.back().actual = actual;
}

}  // namespace

ChunkLook look_at_chunk(Transport& transport, const std::string& id, IdPolicy policy, std::string_view project) {
  ChunkLook look;
  try {
    // Before it is read: should it change meanwhile, it will be read again.
    look.stamp = transport.stamp(id).value_or(ChunkStamp());
    std::optional<std::string> document = transport.read_chunk(id);
    if (!document) {
      look.issues.push_back({shown_id(id), "chunk_missing", "", 0, "the manifest lists it, and it is not there"});
      return look;
    }
    if (document->size() > kMaxDocumentBytes) {
      reject(look, id, "chunk_too_large", "the document has " + std::to_string(document->size()) + " bytes");
      return look;
    }
    look.document = std::move(*document);
    look.verdict = ChunkLook::Verdict::kUsable;
  } catch (const ChunkFault& fault) {
    reject(look, id, fault.report_code(), fault.message());
    return look;
  } catch (Error& error) {
    error.while_doing("read chunk " + shown_id(id));
    throw;
  }
  compare_with_id(look, transport, id, policy, project);
  return look;
}

std::string entry_json_of(const ChunkEntry& entry) {
  const json::Value value = json::parse(entry_text(entry), json::kMaxReadDepth, json::Dialect::kGo);
  std::string text;
  json::write(value, json::Spelling::kLog, json::Surrogates::kRefuse, text);
  return text;
}

Manifest read_manifest_of(Transport& transport, std::vector<SyncIssue>& issues) {
  std::optional<std::string> text;
  try {
    text = transport.read_manifest();
  } catch (Error& error) {
    constexpr std::string_view kDoing = "read manifest";
    if (!error.message().starts_with(kDoing)) error.while_doing(kDoing);
    throw;
  }
  if (!text) return Manifest();
  if (text->size() > kMaxManifestBytes) {
    throw ManifestFault(kManifestParse, "parse manifest: it has " + std::to_string(text->size()) + " bytes");
  }
  ManifestReading reading = read_manifest(*text);
  for (const std::string& code : reading.issues) {
    SyncIssue issue;
    issue.code = code;
    if (code == kManifestVersionUnknown) issue.version = reading.manifest.version;
    issues.push_back(std::move(issue));
  }
  return std::move(reading.manifest);
}

Manifest read_manifest_to_write(Transport& transport, std::vector<SyncIssue>& issues) {
  Manifest manifest = read_manifest_of(transport, issues);
  for (const SyncIssue& issue : issues) {
    if (issue.code == kManifestRecovered) {
      throw Error(Code::kCorrupt, "the manifest is damaged: repair it before exporting");
    }
    if (issue.code == kManifestVersionUnknown) {
      throw Error(Code::kTooNew, "the manifest is of version " + std::to_string(issue.version) +
                                     ", this library writes up to version " + std::to_string(kLastManifestVersion));
    }
  }
  return manifest;
}

}  // namespace quipu::sync
