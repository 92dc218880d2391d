// memory/engram_import.h - takes over what Engram's own database holds (engram_database.h), by the rules for rows that come from
// elsewhere (merge.h).
//
// Taken over: sessions, observations (softly deleted ones too), prompts and their tombstones, relations between observations, the
// projects enrolled for a cloud, and the ids of chunks that were imported or exported. A project that was enrolled here before and
// taken off again stays off.
//
// Not taken over: sync_state, cloud_upgrade_state and sync_mutations. They count in the numbers of Engram's journal, and tell of
// leases and of a configuration of that program; the journal of this store has numbers of its own, and enrolling a project makes
// entries for all of its rows. Deletes of observations for good stand in that journal alone and so are not taken over. Nor are
// indexes, hashes and embeddings: they follow from the rows.
//
// The same database may be imported again and again: equal content changes nothing and counts for nothing, and where the store
// has a later version of a row, that stays (rows_stale, each time). Rows without a sync_id get one that follows from their content;
// once Engram itself has given them others, they are other rows.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "memory/merge.h"
#include "memory/store.h"

namespace quipu::memory {

struct EngramImport {
  MergeCounts counts;
  std::int64_t projects_enrolled = 0;
  std::int64_t chunks_known = 0;
  std::int64_t rows_rejected = 0;  // rows that are none: no id, no session, no key
  // Code and what it is about: `schema` for a row that was rejected, `column_unknown` for a column that was not read,
  // `bad_chunk_id`. The first kMostEngramIssues of them.
  std::vector<std::pair<std::string, std::string>> issues;
};
inline constexpr std::size_t kMostEngramIssues = 1000;

// Errors: those of EngramDatabase and of MemoryStore::commit. Rows are merged in commits of about 8 MiB of text; progress
// (rows done, rows of all tables) is asked between them, and false ends the import with kCancelled. What was committed before an
// error or a crash stays, and the next import goes on from there.
EngramImport import_engram(MemoryStore& store, const std::string& path, const chronostore::Progress& progress);

}  // namespace quipu::memory
