#include "sync/repair.h"

#include <algorithm>

#include "crypto/sha256.h"
#include "sync/chunk.h"
#include "sync/transport_lock.h"

namespace quipu::sync {

namespace {

void take_later(std::optional<std::int64_t>& newest, const json::Row& row, std::size_t field) {
  const MaybeInstant time = parse_instant(memory::text_of(row, field));
  if (time) newest = newest ? std::max(*newest, time->seconds) : time->seconds;
}

std::optional<ChunkFacts> facts_of(Transport& transport, const std::string& id) {
  std::optional<std::string> document;
  ChunkDocument chunk;
  try {
    document = transport.read_chunk(id);
    if (!document) return std::nullopt;
    chunk = ChunkReader().read(*document);
  } catch (const ChunkFault&) {
    return std::nullopt;
  }
  ChunkFacts facts;
  facts.sessions = static_cast<std::int64_t>(chunk.rows.sessions.size());
  facts.memories = static_cast<std::int64_t>(chunk.rows.observations.size());
  facts.prompts = static_cast<std::int64_t>(chunk.rows.prompts.size());
  facts.is_verified = crypto::to_hex(crypto::sha256(*document)).starts_with(id);
  for (const memory::RowRef& row : chunk.rows.sessions) {
    take_later(facts.newest_seconds, *row, memory::MemorySessionField::started_at);
    take_later(facts.newest_seconds, *row, memory::MemorySessionField::ended_at);
  }
  for (const memory::RowRef& row : chunk.rows.observations) {
    take_later(facts.newest_seconds, *row, memory::MemoryObservationField::created_at);
    take_later(facts.newest_seconds, *row, memory::MemoryObservationField::updated_at);
  }
  for (const memory::RowRef& row : chunk.rows.prompts) {
    take_later(facts.newest_seconds, *row, memory::MemoryPromptField::created_at);
  }
  for (const memory::IncomingMutation& mutation : chunk.rows.mutations) {
    const MaybeInstant time = parse_instant(mutation.occurred_at);
    if (time) facts.newest_seconds = std::max(facts.newest_seconds.value_or(time->seconds), time->seconds);
  }
  return facts;
}

}  // namespace

std::string repair_at(Transport& transport, const RepairOptions& options, bool dry_run, RepairReport& report) {
  std::optional<TransportLock> lock;
  if (!dry_run) lock.emplace(transport);
  RepairChunks chunks;
  chunks.facts = [&transport](const std::string& id) { return facts_of(transport, id); };
  chunks.ids = transport.list_chunks();
  std::string text = repair_manifest(transport.read_manifest(), chunks, options, &report);
  if (!dry_run && report.is_changed) transport.write_manifest(text);
  return text;
}

}  // namespace quipu::sync
