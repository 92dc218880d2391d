// sync/cloud_mutations.h - single changes, pushed to a server and pulled from it: for a replicator that does not wait for chunks
// (docs/formats/sync.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sync/cloud_server.h"

namespace quipu::sync {

// Entries per call, each way.
inline constexpr std::size_t kMaxMutations = 100;

struct CloudMutation {
  std::string project;
  std::string entity;
  std::string entity_key;
  std::string op;
  std::string payload;  // JSON text
  // Of what was pulled:
  std::int64_t seq = 0;
  std::string occurred_at;
};

struct MutationPage {
  std::vector<CloudMutation> mutations;
  bool has_more = false;
  std::int64_t latest_seq = 0;
};

// Both throw CloudError when the server refuses (404: it has no such endpoint, error_code() is `server_unsupported`), Error(kIo)
// for an answer that cannot be read, and what HttpClient throws.

// One to kMaxMutations entries, else kInvalid, as for a payload that is no JSON. The numbers the server gave them. Sent once:
// after a lost answer it is unknown whether the server has them.
std::vector<std::int64_t> push_mutations(const CloudServer& server, const std::vector<CloudMutation>& entries);

// Those after that number, in order; limit from 1 to kMaxMutations, else kInvalid.
MutationPage pull_mutations(const CloudServer& server, std::int64_t since_seq, std::size_t limit = kMaxMutations);

}  // namespace quipu::sync
