// memory/ledger.h - which states of rows a target of sync is known to have: what its chunks say, ours and others'. It tells what
// is still to be sent, without any look at times (docs/formats/sync.md, "Ledger").
//
// A target is a place that chunks go to and come from: `local` for a directory, `cloud:<project>` for a server. Each chunk that was
// read or written is a record, memory:chunk:<target>:<SHA-256 of its document>.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "memory/catalog.h"
#include "memory/merge.h"

namespace quipu::memory {

struct KnownChunk {
  std::string id;
  std::string full_hash;   // 64 hex digits; empty where only the id is known: it was taken over from elsewhere
  bool imported = false;   // else it was only looked at
  std::uint64_t size = 0;  // of the file, with its time: unchanged, it need not be read again
  std::int64_t modified_ns = 0;
  bool ours = false;  // this store wrote it
};

// The record of a chunk. entry_json: its entry in the manifest, in log spelling; empty if there is none.
RecordRef chunk_record(std::string_view target, const KnownChunk& chunk, std::string_view entry_json,
                       const std::vector<LedgerRow>& rows, std::int64_t seq);

// The same record with another size and time of the file.
RecordRef chunk_record_with_stamp(const RecordRef& record, std::uint64_t size, std::int64_t modified_ns,
                                  std::int64_t seq);

class Ledger {
 public:
  bool knows(std::string_view entity, std::string_view key, std::string_view version) const;
  bool knows_key(std::string_view entity, std::string_view key) const;  // in any state

  const KnownChunk* find(std::string_view full_hash) const;
  std::vector<const KnownChunk*> with_id(std::string_view id) const;
  bool is_imported(std::string_view id) const;
  std::int64_t imported_count() const { return imported_; }
  bool all_imported() const { return imported_ == static_cast<std::int64_t>(chunks_.size()); }
  bool is_ours(std::string_view id) const;

 private:
  friend class Ledgers;

  struct Key {
    std::uint64_t high;
    std::uint64_t low;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return key.high ^ key.low; }
  };
  static Key key_of(std::string_view entity, std::string_view key, std::string_view version);

  void take(const RecordRef& record);
  // An entry that the target lacks, in the state that the event of that number gave it.
  struct Lacking {
    Catalog::Number number;
    std::int64_t seq;
    Key state;
  };

  // Entries that the target may lack: settles which it does.
  void settle(const Catalog& catalog, Versioner& versioner);
  std::optional<Key> lacks(const Entry& entry, Versioner& versioner) const;

  std::unordered_set<Key, KeyHash> states_;
  std::unordered_set<std::uint64_t> keys_;
  std::map<std::string, KnownChunk, std::less<>> chunks_;     // by the rest of the record's id
  std::multimap<std::string, std::string, std::less<>> ids_;  // chunk id to key of chunks_
  std::int64_t imported_ = 0;

  bool is_settled_ = false;  // lacking_ is right but for unsettled_
  std::vector<Lacking> lacking_;
  std::vector<Catalog::Number> unsettled_;
  // Rows that are gone and that the target has never had, with the hash of their key: until it has.
  std::vector<std::pair<Catalog::Number, std::uint64_t>> never_had_;
};

// The ledgers of a store, kept up to date with it. One thread at a time.
class Ledgers {
 public:
  // After the catalog took it.
  void take(const chronostore::ChangedRecords& changed, const Catalog& catalog);

  const Ledger& of(std::string_view target);
  // Entries of rows, and of rows that are gone, in the order of the catalog, whose state the target lacks: a row that is gone only if
  // the target has it. Stand-ins are none. Cost: what changed since the last call; all rows the first time.
  std::vector<Catalog::Number> lacking(std::string_view target, const Catalog& catalog);

 private:
  Ledger& at(std::string_view target);

  std::map<std::string, Ledger, std::less<>> ledgers_;
  std::vector<RecordRef> unread_;  // records of chunks
  Versioner versioner_;
};

}  // namespace quipu::memory
