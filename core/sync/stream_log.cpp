#include "sync/stream_log.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "os/paths.h"

namespace quipu::sync {

std::unique_ptr<os::File> StreamLog::open_file(os::OpenMode mode) const {
  try {
    return places_.fs.open(places_.log_of(head_.stream), mode);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    return nullptr;
  }
}

bool StreamLog::open(const StreamPart& part) {
  if (file_ != nullptr) return true;
  const std::string folder = places_.folder_of(head_.stream);
  const bool is_new = head_.bytes == 0;
  if (is_new) {
    make_synced(places_, folder);
    if (part.snapshot) {
      const std::string path = os::join(folder, "snapshot.json");
      os::replace_file(places_.fs, path, path + ".tmp", *part.snapshot);
    }
  }
  std::unique_ptr<os::File> file = open_file(is_new ? os::OpenMode::kAppendCreate : os::OpenMode::kAppend);
  if (file == nullptr) return false;
  const auto bytes = static_cast<std::uint64_t>(head_.bytes);
  const std::uint64_t size = file->info().size;
  if (size < bytes) return false;
  // Lines of somebody who died, or whose commit failed, before they were on record. They are written anew, not kept: a sync that
  // failed may have lost them, though they can still be read.
  if (size > bytes) file->truncate(bytes);
  if (is_new) places_.fs.sync_directory(folder);
  file_ = std::move(file);
  return true;
}

void StreamLog::append(const StreamPart& part, std::size_t from) {
  constexpr std::size_t kWrite = 1 << 20;
  std::string buffer;
  for (std::size_t i = from; i < part.size(); ++i) {
    buffer += part.line(i);
    buffer += '\n';
    if (buffer.size() < kWrite && i + 1 < part.size()) continue;
    is_dirty_ = true;
    file_->append(buffer);
    head_.bytes += static_cast<std::int64_t>(buffer.size());
    buffer.clear();
  }
  if (head_.first_seq == 0) head_.first_seq = part.first_seq;
  head_.last_seq = part.last_seq;
  head_.last_hash = part.last_hash;
}

void StreamLog::sync() {
  if (is_dirty_) file_->sync_data();
  is_dirty_ = false;
}

StreamLog::Comparison StreamLog::compare(const StreamPart& part) {
  Comparison result;
  if (part.first_seq == head_.last_seq + 1) {
    if (part.prev_hash != head_.last_hash) result.differs_at = head_.last_seq;
    return result;
  }
  const std::unique_ptr<os::File> log = open_file(os::OpenMode::kRead);
  std::int64_t seen = 0;
  CheckedLine line;
  const auto compare_line = [&](const wal::TailPiece& piece) {
    if (!checker_.check(piece.text, line, false).empty()) return false;
    seen = line.seq;
    if (line.seq + 1 < part.first_seq) return true;
    if (line.seq > part.last_seq) return false;
    const bool is_before = line.seq < part.first_seq;
    const auto at = static_cast<std::size_t>(is_before ? 0 : line.seq - part.first_seq);
    if (line.hash != (is_before ? std::string_view(part.prev_hash) : part.hash(at))) {
      result.differs_at = line.seq;
      return false;
    }
    if (!is_before) result.next = at + 1;
    return true;
  };
  if (log != nullptr) for_each_line(*log, 0, static_cast<std::uint64_t>(head_.bytes), compare_line);
  result.is_readable = result.differs_at != 0 || seen >= std::min(part.last_seq, head_.last_seq);
  return result;
}

}  // namespace quipu::sync
