// sync/streams.h - records of ChronoStores that travel in chunks, as the chained lines of their logs, under the member `quipu`
// (docs/formats/sync.md, "Streams").
//
// A stream is one log, from its first line on; the hash of that line is its name. A part of it is a run of lines that follow on
// each other. A log that a compaction began anew is a new stream: its first part says which one it replaces and brings the
// snapshot, whose records no chain covers.
//
// What arrives lies in the folder of the memory store, beside its log:
//
//   .chronomemory/streams/<stream>/       a project folder of its own, to be opened read-only as any ChronoStore
//   .chronomemory/streams/kept/<SHA-256>.json    parts that cannot be applied, or not yet
//
// and is told of by records of the kinds memory_stream (one per stream received, one per target and stream sent),
// memory_stream_part (each part: the chunks that brought it, and by whom), memory_stream_wait and memory_stream_other.
// Nothing of it is ever spliced into another log.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json/node.h"
#include "memory/store.h"

namespace quipu::sync {

// Reports on streams:
//   stream_gap         lines are missing before this part: it is kept, and applied when they arrive
//   stream_fork        one event in two states: both are kept, nothing beyond the fork is applied (resume_stream)
//   stream_broken      hashes or links do not hold: kept, not applied. When sending: the log holds such a line; what is before it goes
//   stream_snapshot    the stream begins with a compaction: its first records are not covered by the chain, or are missing
//   stream_behind      when sending: the log ends before what was sent already
//   extra_unreadable   another format, another shape, or too much at once: kept
struct StreamIssue {
  std::string code;
  std::string detail;
};

inline constexpr std::string_view kStreamKind = "chronomemory-wal";
// So many streams that this store has never seen may begin in one chunk.
inline constexpr std::size_t kMostNewStreams = 256;

// Sixty-four lower-case hex digits. Nothing else becomes a part of a path.
bool is_stream_name(std::string_view name);

// ---- receiving

// Where a chunk comes from.
struct StreamSource {
  std::string target;
  std::string chunk;       // its id
  std::string created_by;  // of its entry in the manifest
};

// What the member of one chunk brings. Use: make it, call apply inside the commit that puts the chunk on record, and finish when
// that commit has returned.
//
// Order of what reaches the disk: lines are appended to the logs of their streams, and these, their folders and all kept files
// synced, inside the commit, under its lock, before anything of the commit is written. So what the records say is there. When the
// process dies between the two, or the commit fails, the logs hold lines that no record knows: the next part of that stream cuts
// them off before it appends. Kept files of parts that were applied go in finish; one that stays does no harm.
class StreamImport {
 public:
  // Reads and checks, with every hash recomputed; writes nothing. value and what it is a view on must stay. Memory: a small
  // multiple of the value.
  StreamImport(memory::MemoryStore& store, const json::Node& value, StreamSource source);
  ~StreamImport();
  StreamImport(const StreamImport&) = delete;
  StreamImport& operator=(const StreamImport&) = delete;

  // May be called again in another commit if the first one failed.
  void apply(memory::Write& write);
  void finish();
  // Of the last apply.
  const std::vector<StreamIssue>& issues() const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

struct ReceivedStream {
  std::string stream;
  std::string path;                     // to open, read-only; there is nothing yet where last_seq is 0
  std::vector<std::string> created_by;  // of the parts that were applied, sorted; the first sixty-four
  std::int64_t first_seq = 0;           // of what was applied
  std::int64_t last_seq = 0;
  std::string last_hash;
  std::int64_t waiting = 0;   // parts kept until others arrive, or until the fork is decided
  std::int64_t broken = 0;    // parts that claim to be of this stream and do not hold
  std::int64_t fork_seq = 0;  // the first event that was met in two states; 0: none
  bool has_snapshot = false;  // it begins with records that the chain does not cover
  std::string replaces;       // the stream before a compaction; empty: none
};
// Sorted by name.
std::vector<ReceivedStream> received_streams(memory::MemoryStore& store);
// The gaps and forks there are.
std::vector<StreamIssue> open_stream_issues(memory::MemoryStore& store);

// The decision that a fork waits for: the lines that are applied stand, and parts that follow on them are applied from now on. The
// other branch stays kept. next_hash: of the event to go on with where several wait behind the last one; else empty. kNotFound if
// the stream is not known; issues gets what is met on the way.
void resume_stream(memory::MemoryStore& store, std::string_view stream, std::string_view next_hash,
                   std::vector<StreamIssue>& issues);

// ---- sending

struct StreamExportOptions {
  std::size_t max_bytes = std::size_t{4} << 20;  // of a value, more or less: a line, or a snapshot, is never split
  std::size_t max_snapshot_bytes = std::size_t{64} << 20;
  std::int64_t lock_wait_ms = 10000;  // for the writers of the folders
};

// What one chunk carries.
struct OutgoingStreams {
  std::string value;  // of the member, in Go's spelling
  struct Part {
    std::string stream;
    std::string folder;
    std::int64_t last_seq = 0;
    std::string last_hash;
    std::int64_t begin = 0;  // of its last line in the log
    std::int64_t end = 0;
  };
  std::vector<Part> parts;
  std::vector<std::string> others;  // names of what is passed on

  std::int64_t lines = 0;
};

// Collects what a target lacks of the logs in some folders, and what came from other targets and is of a kind not known here. Only
// whole batches of lines that are synced (it syncs the logs itself) and hold; a line that does not hold ends its stream, and is
// reported. Nothing is recorded: call put_sent in the commit of each chunk that was written, and drop the exporter if one was not.
class StreamExporter {
 public:
  // Error(kInvalid) for the folder of the memory store itself, kNotFound for one without a store.
  StreamExporter(memory::MemoryStore& store, std::string target, const std::vector<std::string>& folders,
                 const StreamExportOptions& options = {});
  ~StreamExporter();
  StreamExporter(const StreamExporter&) = delete;
  StreamExporter& operator=(const StreamExporter&) = delete;

  // False if there is nothing more to send. Memory: a small multiple of max_bytes, a line or a snapshot.
  bool next(OutgoingStreams& out);
  const std::vector<StreamIssue>& issues() const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

void put_sent(memory::Write& write, std::string_view target, const OutgoingStreams& sent);

}  // namespace quipu::sync
