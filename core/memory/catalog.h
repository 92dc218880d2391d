// memory/catalog.h - what a memory store looks rows up by, in memory: sessions with their rows, topics, numbers, times. Made from
// the records of the store beside it and kept up to date with what changes there.
//
// One thread at a time; whoever owns it sees to that.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time_text.h"
#include "chronostore/store.h"
#include "memory/stored.h"

namespace quipu::memory {

// Texts that come often, each once.
class Names {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  std::uint32_t put(std::string_view name);
  std::uint32_t find(std::string_view name) const;  // kNone if it was never put
  const std::string& operator[](std::uint32_t number) const { return names_[number]; }

 private:
  std::deque<std::string> names_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;  // views into names_
};

// What is known of a row without reading it.
struct Entry {
  RecordRef record;
  std::int64_t id = 0;   // the row's number; 0 for sessions
  std::int64_t seq = 0;  // of the event that wrote it last, or of a later one if others changed the record
  MaybeInstant created;  // of a session: started
  MaybeInstant updated;  // of observations
  std::uint32_t session = Names::kNone;  // name of the session it belongs to, or of itself
  std::uint32_t project = Names::kNone;  // none: absent or empty
  std::uint32_t type = Names::kNone;     // of observations
  Entity entity = Entity::kSession;
  bool is_gone = false;
  bool is_deleted = false;  // softly
  bool is_personal = false;
  bool is_recovered = false;  // a session that stands in for another
  Via via = Via::kLocal;

  bool is_live() const { return !is_gone && !is_deleted; }
};

class Catalog {
 public:
  using Number = std::uint32_t;  // place of an entry; stays the same
  static constexpr Number kNone = 0xFFFFFFFF;

  // After it the catalog is as of changed.mark. If it throws, the next one must be given all records.
  void take(const chronostore::ChangedRecords& changed);

  const Entry& at(Number number) const { return entries_[number]; }
  std::size_t size() const { return entries_.size(); }
  const Names& names() const { return names_; }

  Number find(Entity entity, std::string_view key) const;
  Number find_id(Entity entity, std::int64_t id) const;
  Number number_of(const json::Row& record) const;  // of the record's row
  Number session_of(const Entry& entry) const;
  static std::string key_of(const Entry& entry);  // id of a session, sync_id of the others

  // Live observations of that topic, by number.
  std::vector<Number> with_topic(std::string_view topic) const;
  // The one of that topic, project and scope.
  Number find_topic(std::string_view topic, std::string_view project, bool personal) const;
  // Calls fn for live observations that may have that title, type, project and scope, the one created last first, of those the
  // one with the highest number; fn answers whether it goes on.
  void for_each_alike(std::string_view title, std::string_view type, std::string_view project, bool personal,
                      const std::function<bool(const Entry&)>& fn) const;

  // Entries of rows of that session, in the order of their numbers.
  std::vector<Number> rows_of(Entity entity, std::string_view session) const;
  bool has_observations(std::string_view session) const;  // deleted ones too
  // When something last began in a session, and the number that tells it from others of that time.
  std::pair<MaybeInstant, std::int64_t> last_activity(const Entry& session) const;

  struct Counts {
    std::int64_t sessions = 0;
    std::int64_t observations = 0;  // live
    std::int64_t prompts = 0;
  };
  Counts counts() const { return counts_; }
  std::vector<std::string> projects() const;  // of rows that are not gone, sorted

 private:
  struct SessionRows {
    std::vector<Number> observations;
    std::vector<Number> prompts;
  };

  void take(const RecordRef& record, std::int64_t now);
  void fill(const StoredView& view, Entry& entry);
  void link(Number number, const StoredView& view);
  void unlink(Number number);
  void count(const Entry& entry, int by);
  bool is_before(Number a, Number b) const;
  bool is_older(Number a, Number b) const;

  static std::uint64_t alike_hash(std::string_view title, std::string_view type, std::string_view project,
                                  bool personal);

  std::vector<Entry> entries_;
  std::vector<std::uint64_t> topic_hashes_;  // of each entry; 0: it is not linked
  std::vector<std::uint64_t> alike_hashes_;
  Names names_;
  std::unordered_map<std::string_view, Number> by_record_;  // by the record's id, as it stands in the entry's record
  std::unordered_map<std::int64_t, Number> observations_by_id_;
  std::unordered_map<std::int64_t, Number> prompts_by_id_;
  std::unordered_map<std::uint32_t, SessionRows> by_session_;
  std::unordered_multimap<std::uint64_t, Number> by_topic_;
  std::unordered_map<std::uint64_t, std::vector<Number>> by_likeness_;  // lists in the order of is_older
  std::unordered_map<std::uint32_t, std::int64_t> projects_;            // how many rows name it
  Counts counts_;
  std::int64_t seq_ = 0;  // what it is as of
  std::unique_ptr<StoredReader> reader_ = std::make_unique<StoredReader>();
};

// Tells which rows are of a project: by the name they have, or, where they have none, by that of their session. Names are compared
// in normal form. For as long as the catalog does not change.
class ProjectFilter {
 public:
  // project: in normal form.
  ProjectFilter(const Catalog& catalog, std::string project) : catalog_(catalog), project_(std::move(project)) {}
  bool operator()(const Entry& entry);

 private:
  bool is_it(std::uint32_t name);

  const Catalog& catalog_;
  const std::string project_;
  std::unordered_map<std::uint32_t, bool> names_;
};

}  // namespace quipu::memory
