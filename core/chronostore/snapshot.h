// chronostore/snapshot.h - snapshot.json: the state as of some event (docs/formats/wal.md, "Snapshot").
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "chronostore/record.h"
#include "os/file_system.h"
#include "os/paths.h"

namespace quipu::chronostore {

struct SnapshotHead {
  std::int64_t seq = 0;
  std::string last_hash_json = "\"\"";
};

// Reads a snapshot, giving each record to fn in order. Error(kInvalid) with the reason when it cannot be used; fn may have
// been called before. Memory: a window on the file, unless its layout is one that no writer of the format uses.
SnapshotHead read_snapshot(os::File& file, const std::function<void(RecordRef)>& fn);

// Writes a snapshot's text into a replacement; the caller commits it. progress is called now and then with the number of
// records written and cancels by answering false: Error(kCancelled).
void write_snapshot(os::Replacement& file, const SnapshotHead& head, std::string_view ts,
                    const std::vector<RecordRef>& records,
                    const std::function<bool(std::int64_t done, std::int64_t total)>& progress);

}  // namespace quipu::chronostore
