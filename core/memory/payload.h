// memory/payload.h - rows and deletes as the payloads of mutations have them: one JSON object as text (docs/formats/sync.md,
// "Mutations").
#pragma once

#include <string>
#include <string_view>

#include "memory/row.h"
#include "memory/stored.h"

namespace quipu::memory {

std::string upsert_payload(Entity entity, const json::Row& row);
std::string delete_payload(Entity entity, std::string_view key, const Gone& gone);
// Of an observation that was deleted softly.
std::string delete_payload(const json::Row& observation);

// A mutation as it stands in a chunk's list. payload: as made here.
struct Mutation {
  std::int64_t seq = 0;
  std::string target_key = "cloud";
  std::string entity;
  std::string entity_key;
  std::string op = "upsert";
  std::string payload;
  std::string source = "local";
  std::string project;
  std::string occurred_at;
  std::string acked_at;  // empty: absent
};
void append_mutation(const Mutation& mutation, std::string& out);

}  // namespace quipu::memory
