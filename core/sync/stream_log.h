// sync/stream_log.h - inside core/sync: the log of one stream that was received, as far as it is on record, and what is appended
// to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "os/file_system.h"
#include "sync/stream_lines.h"
#include "sync/stream_records.h"

namespace quipu::sync {

class StreamLog {
 public:
  // Both must stay; the head moves with what is appended.
  StreamLog(const StreamPlaces& places, StreamHead& head) : places_(places), head_(head) {}

  // Makes the log ready for a part: one that begins the stream brings the folder and the snapshot. What is not on record is cut
  // off. False if the log is not what is on record.
  bool open(const StreamPart& part);
  // The lines of a part from one on, after open.
  void append(const StreamPart& part, std::size_t from);
  void sync();

  // How a part compares with the lines that are there. It begins at the event behind the last one, or before that.
  struct Comparison {
    std::int64_t differs_at = 0;  // the first event in two states; 0: none
    std::size_t next = 0;         // the part's first line that is not there
    bool is_readable = true;      // false: the log is not what is on record
  };
  // Cost: what is in the log, unless the part begins behind it.
  Comparison compare(const StreamPart& part);

 private:
  std::unique_ptr<os::File> open_file(os::OpenMode mode) const;  // none if it is not there

  const StreamPlaces& places_;
  StreamHead& head_;
  std::unique_ptr<os::File> file_;
  bool is_dirty_ = false;
  LineChecker checker_;
};

}  // namespace quipu::sync
