// sync/cloud_transport.h - chunks on a server, one project of them (docs/formats/sync.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sync/cloud_server.h"
#include "sync/transport.h"

namespace quipu::sync {

// The server makes the manifest itself, from what was pushed. It keeps documents parsed: one comes back with its members in
// another order and other spaces. A call that gets no answer to act on throws CloudError, or Error as http::HttpClient does.
class CloudTransport : public Transport {
 public:
  // Throws kInvalid for options that cannot be used, kUnsupported if the module for HTTP is missing.
  explicit CloudTransport(const CloudOptions& options);

  std::optional<std::string> read_manifest() override;
  void write_manifest(std::string_view text) override;  // nothing to do
  std::optional<std::string> read_chunk(const std::string& id) override;
  // The document must be canonical for the project, and the id its own. entry_json tells created_by and created_at.
  void write_chunk(const std::string& id, std::string_view document, const std::string& entry_json) override;
  bool makes_manifest() const override { return true; }

 private:
  std::string project_;
  CloudServer server_;
};

}  // namespace quipu::sync
