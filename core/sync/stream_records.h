// sync/stream_records.h - inside core/sync: what a memory store has on record of streams, and the files it keeps for them.
//
//   memory:stream:in:<stream>                       StreamHead: a stream as far as it arrived
//   memory:stream:out:<target>:<stream>             SentHead: how far a target has a stream of a local log
//   memory:stream_part:<stream>:<hash>:<hash>       PartRecord: between which events it lies, or
//   memory:stream_part:kept:<SHA-256>               the same of what has no such place
//   memory:stream_wait:<stream>:<hash>              the parts that wait for that event
//   memory:stream_other:<SHA-256>                   OtherRecord: a part of a kind that is not known here
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memory/store.h"
#include "os/file_system.h"

namespace quipu::sync {

struct StreamHead {
  std::string stream;
  std::int64_t first_seq = 0;
  std::int64_t last_seq = 0;
  std::string last_hash;
  std::int64_t bytes = 0;  // of its log: all lines up to the last one
  std::int64_t waiting = 0;
  std::int64_t broken = 0;
  std::int64_t fork_seq = 0;
  bool has_snapshot = false;
  std::string replaces;
  std::vector<std::string> created_by;
};
std::optional<StreamHead> find_head(memory::Write& write, std::string_view stream);
void put_head(memory::Write& write, const StreamHead& head);
std::vector<StreamHead> all_heads(memory::MemoryStore& store);

struct SentHead {
  std::string stream;
  std::string folder;
  std::int64_t last_seq = 0;
  std::string last_hash;
  std::int64_t begin = 0;  // of its last line in the log
  std::int64_t end = 0;
  std::int64_t seq = 0;  // of the event that recorded it
};
std::optional<SentHead> find_sent(memory::Write& write, std::string_view target, std::string_view stream);
void put_sent_head(memory::Write& write, std::string_view target, const SentHead& head);
std::vector<SentHead> all_sent(memory::MemoryStore& store, std::string_view target);

struct PartRecord {
  std::string state;  // applied, waiting, fork, broken, unreadable
  std::string stream;
  std::int64_t first_seq = 0;
  std::int64_t last_seq = 0;
  std::string file;                                       // the name of what is kept of it; empty: nothing
  std::string waits_for;                                  // the hash of an event
  std::vector<std::pair<std::string, std::string>> from;  // chunk and created_by, the first sixty-four
};
std::string part_key(std::string_view stream, std::string_view prev_hash, std::string_view last_hash);
std::string kept_part_key(std::string_view file);
std::optional<PartRecord> find_part(memory::Write& write, std::string_view key);
void put_part(memory::Write& write, const std::string& key, const PartRecord& part);

// The keys of the parts that wait for an event.
std::vector<std::string> find_waiting(memory::Write& write, std::string_view stream, std::string_view hash);
void put_waiting(memory::Write& write, std::string_view stream, std::string_view hash,
                 const std::vector<std::string>& keys);

struct OtherRecord {
  std::string file;
  std::vector<std::string> targets;  // that have it
  std::vector<std::pair<std::string, std::string>> from;
};
std::optional<OtherRecord> find_other(memory::Write& write, std::string_view file);
void put_other(memory::Write& write, const OtherRecord& other);
std::vector<OtherRecord> all_others(memory::MemoryStore& store);

// Adds a text to a list that holds none twice; not beyond a number that a record can bear.
void add_once(std::vector<std::string>& list, std::string_view text);
void add_once(std::vector<std::pair<std::string, std::string>>& list, std::string_view chunk,
              std::string_view created_by);

// ---- files

// Where things lie in the folder of a memory store.
struct StreamPlaces {
  explicit StreamPlaces(memory::MemoryStore& store);

  std::string root_of(std::string_view stream) const;    // the project folder
  std::string folder_of(std::string_view stream) const;  // .chronomemory in it
  std::string log_of(std::string_view stream) const;
  std::string kept(std::string_view file) const;

  os::FileSystem& fs;
  std::string store_folder;    // .chronomemory of the store
  std::string streams_folder;  // streams in it
  std::string kept_folder;
};

// Writes a kept file, synced with its folder; answers its name, the SHA-256 of the text.
std::string write_kept(const StreamPlaces& places, std::string_view text);
// Empty if it is not there, or not what was written.
std::optional<std::string> read_kept(const StreamPlaces& places, std::string_view file);

// Makes a folder with those above it, down from the folder of the store, and syncs each in the one above: also one that was there,
// which may have been made by somebody who died before it was synced.
void make_synced(const StreamPlaces& places, const std::string& folder);

}  // namespace quipu::sync
