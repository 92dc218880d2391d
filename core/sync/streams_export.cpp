// Streams that are sent: what a target lacks of the logs in some folders.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/utf8.h"
#include "chronostore/snapshot.h"
#include "crypto/base64.h"
#include "json/go_json.h"
#include "json/row.h"
#include "os/paths.h"
#include "sync/stream_lines.h"
#include "sync/stream_records.h"
#include "sync/streams.h"

namespace quipu::sync {

namespace {

// A line above that stays where it is: no chunk should hold it.
constexpr std::size_t kMostLineBytes = std::size_t{64} << 20;

std::string seq_text(std::int64_t seq) { return std::to_string(seq); }

void append_member(std::string_view name, std::string_view text, std::string& out) {
  out.append(1, '"').append(name).append("\":");
  json::append_go_string(text, out);
}

// A line as it stands in the list.
void append_line(std::string_view line, std::string& out) {
  if (is_valid_utf8(line)) {
    json::append_go_string(line, out);
    return;
  }
  out += '{';
  append_member("b64", crypto::base64_encode(line), out);
  out += '}';
}

bool is_same_file(const os::FileInfo& a, const os::FileInfo& b) { return a.inode == b.inode && a.device == b.device; }

// The log of one folder: what of it may be sent, and how far it was.
class Source {
 public:
  Source(os::FileSystem& fs, std::string folder, const StreamExportOptions& options, std::vector<StreamIssue>& issues)
      : fs_(fs),
        folder_(std::move(folder)),
        directory_(os::join(folder_, ".chronomemory")),
        options_(options),
        issues_(issues) {}

  const std::string& folder() const { return folder_; }
  const std::string& stream() const { return stream_; }
  bool has_more() const { return next_seq_ <= last_seq_; }

  // Looks at the log as it is now. sent: what the target has of it, by stream; before: of this folder, the stream sent last.
  void look(const std::map<std::string, SentHead>& sent, const SentHead* before) {
    constexpr int kMostTries = 100;
    for (int tries = 1;; ++tries) {
      std::unique_ptr<os::File> log = open_log();
      if (log == nullptr || !read_first_line(*log)) return;
      const auto known = sent.find(stream_);
      if (known == sent.end() && begins_with_compaction_) read_snapshot();
      // The snapshot and the log belong together if the log is still the one that was opened.
      if (settle(log) || tries == kMostTries) break;
    }
    if (log_ == nullptr) return;
    if (const auto known = sent.find(stream_); known != sent.end()) {
      if (!go_on_behind(known->second)) return;
    } else if (begins_with_compaction_ && before != nullptr) {
      replaces_ = before->stream;
      if (replaced_hash_.empty() && before->last_seq == first_seq_ - 1) replaced_hash_ = before->last_hash;
    }
    find_end();
  }

  // Appends a part of at most about `room` bytes, but of one line at least. Only if there is more.
  void append_part(std::size_t room, OutgoingStreams& out) {
    OutgoingStreams::Part part;
    part.stream = stream_;
    part.folder = folder_;
    const std::int64_t first = next_seq_;
    const std::string prev_hash = last_hash_;
    std::string lines;
    CheckedLine line;
    for_each_line(*log_, next_begin_, end_, [&](const wal::TailPiece& piece) {
      if (part.last_seq == last_seq_) return false;
      if (const std::string wrong = checker_.check(piece.text, line, false); !wrong.empty()) {
        throw Error(Code::kConflict, "the log changes while it is read: " + wrong)
            .at_path(log_path())
            .at_offset(static_cast<std::int64_t>(piece.offset));
      }
      const std::size_t before = lines.size();
      if (before > 0) lines += ',';
      append_line(piece.text, lines);
      if (before > 0 && lines.size() > room) {
        lines.resize(before);
        return false;
      }
      part.begin = static_cast<std::int64_t>(piece.offset);
      part.end = static_cast<std::int64_t>(piece.end);
      part.last_seq = line.seq;
      part.last_hash = line.hash;
      ++out.lines;
      return true;
    });
    if (part.last_hash.empty()) throw Error(Code::kConflict, "the log changes while it is read").at_path(log_path());

    std::string& value = out.value;
    value += '{';
    append_member("kind", kStreamKind, value);
    const auto add = [&value](std::string_view name, std::string_view text) {
      value += ',';
      append_member(name, text, value);
    };
    add("stream", stream_);
    add("first_seq", seq_text(first));
    add("last_seq", seq_text(part.last_seq));
    add("prev_hash", prev_hash);
    add("last_hash", part.last_hash);
    if (first == first_seq_) {
      if (!replaces_.empty()) add("replaces", replaces_);
      if (!replaced_hash_.empty()) add("replaced_hash", replaced_hash_);
      if (snapshot_) add("snapshot", *snapshot_);
      snapshot_.reset();
    }
    value.append(",\"lines\":[").append(lines).append("]}");

    next_seq_ = part.last_seq + 1;
    next_begin_ = static_cast<std::uint64_t>(part.end);
    last_hash_ = part.last_hash;
    out.parts.push_back(std::move(part));
  }

 private:
  std::string log_path() const { return os::join(directory_, "events.wal"); }

  void report(std::string code, const std::string& detail) {
    issues_.push_back({std::move(code), json::string_json(folder_) + ": " + detail});
  }

  std::unique_ptr<os::File> open_log() {
    try {
      return fs_.open(log_path(), os::OpenMode::kRead);
    } catch (const Error& error) {
      if (error.code() != Code::kNotFound) throw;
      return nullptr;
    }
  }

  bool read_first_line(os::File& log) {
    stream_.clear();
    CheckedLine line;
    std::string wrong;
    for_each_line(log, 0, log.info().size, [&](const wal::TailPiece& piece) {
      wrong = checker_.check(piece.text, line);
      if (wrong.empty() && !line.prev_hash.empty()) wrong = "it links to a line that is not there";
      if (wrong.empty()) {
        stream_ = line.hash;
      } else if (!piece.terminated) {
        wrong.clear();  // the first write is under way
      }
      return false;
    });
    if (!wrong.empty()) report("stream_broken", "the first line of the log: " + wrong);
    if (stream_.empty()) return false;
    first_seq_ = line.seq;
    begins_with_compaction_ = line.is_compaction;
    return true;
  }

  void read_snapshot() {
    snapshot_.reset();
    replaced_hash_.clear();
    const std::string path = os::join(directory_, "snapshot.json");
    std::string why = "there is none";
    try {
      const std::unique_ptr<os::File> file = fs_.open(path, os::OpenMode::kRead);
      const chronostore::SnapshotHead head = chronostore::read_snapshot(*file, [](const auto&) {});
      std::string text = os::read_content(*file, options_.max_snapshot_bytes);
      if (head.seq < first_seq_ - 1) {
        why = "it is older than the log";
      } else if (text.size() > options_.max_snapshot_bytes) {
        why = "it is larger than " + std::to_string(options_.max_snapshot_bytes) + " bytes";
      } else {
        if (head.seq == first_seq_ - 1 && json::is_string(head.last_hash_json)) {
          replaced_hash_ = json::string_value(head.last_hash_json);
        }
        if (!is_stream_name(replaced_hash_)) replaced_hash_.clear();
        constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
        if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
        snapshot_ = std::move(text);
        return;
      }
    } catch (const Error& error) {
      if (error.code() != Code::kNotFound && error.code() != Code::kInvalid) throw;
      if (error.code() == Code::kInvalid) why = error.message();
    }
    report("stream_snapshot", "the records before event " + std::to_string(first_seq_) +
                                  " are in a snapshot that does not go along: " + why);
  }

  // Nobody writes while the size is taken. False if the log is not the one that was opened before.
  bool settle(std::unique_ptr<os::File>& opened) {
    std::unique_ptr<os::FileLock> lock;
    // A log whose writers take no lock has no such file, and none is made for it.
    if (const std::string path = os::join(directory_, "lock"); fs_.stat(path)) lock = open_lock(path);
    if (lock != nullptr && !lock->acquire(options_.lock_wait_ms)) {
      throw Error(Code::kBusy, "another process writes to the store in " + json::string_json(folder_)).at_path(folder_);
    }
    struct Release {
      os::FileLock* lock;
      ~Release() {
        if (lock != nullptr) lock->release();
      }
    } const release{lock.get()};
    const auto now = fs_.stat(log_path());
    const os::FileInfo info = opened->info();
    if (!now || !is_same_file(*now, info)) return false;
    // What others learn of must not be lost here: a store need not sync each event.
    opened->sync_data();
    end_ = info.size;
    log_ = std::move(opened);
    return true;
  }

  // A folder that must not be written has no writers.
  std::unique_ptr<os::FileLock> open_lock(const std::string& path) {
    try {
      return fs_.open_lock(path);
    } catch (const Error& error) {
      if (error.code() != Code::kReadOnly) throw;
      return nullptr;
    }
  }

  // Finds the line behind the last one that was sent. False if it is not there.
  bool go_on_behind(const SentHead& sent) {
    const auto begin = static_cast<std::uint64_t>(std::max<std::int64_t>(sent.begin, 0));
    if (sent.begin < sent.end && static_cast<std::uint64_t>(sent.end) <= end_ && find_line(sent, begin)) return true;
    if (find_line(sent, 0)) return true;
    if (differs_) {
      report("stream_fork", "event " + std::to_string(sent.last_seq) + " is not the one that was sent");
    } else {
      report("stream_behind", "event " + std::to_string(sent.last_seq) + " was sent, and is not in the log");
    }
    return false;
  }

  bool find_line(const SentHead& sent, std::uint64_t from) {
    bool found = false;
    differs_ = false;
    CheckedLine line;
    for_each_line(*log_, from, end_, [&](const wal::TailPiece& piece) {
      if (!checker_.check(piece.text, line, false).empty()) return false;
      if (line.seq < sent.last_seq) return true;
      differs_ = line.seq > sent.last_seq || line.hash != sent.last_hash;
      found = !differs_;
      if (found) {
        last_hash_ = line.hash;
        next_seq_ = line.seq + 1;
        next_begin_ = piece.end;
      }
      return false;
    });
    return found;
  }

  // The last line that may be sent: up to it all hold, and no batch is open behind it.
  void find_end() {
    if (next_seq_ == 0) next_seq_ = first_seq_;
    std::int64_t seq = next_seq_ == first_seq_ ? 0 : next_seq_ - 1;
    last_seq_ = next_seq_ - 1;
    std::string hash = last_hash_;
    CheckedLine line;
    for_each_line(*log_, next_begin_, end_, [&](const wal::TailPiece& piece) {
      std::string wrong = checker_.check(piece.text, line);
      if (!wrong.empty() && !piece.terminated) return false;  // torn, or a write that is under way
      if (wrong.empty()) wrong = why_not_behind(seq, hash, line);
      if (wrong.empty() && piece.text.size() > kMostLineBytes) wrong = "it is too large to be sent";
      if (!wrong.empty()) {
        report("stream_broken", "nothing behind event " + std::to_string(last_seq_) +
                                    " is sent, for the line at offset " + std::to_string(piece.offset) + ": " + wrong);
        return false;
      }
      seq = line.seq;
      hash = line.hash;
      if (line.batch == 0) last_seq_ = seq;
      return true;
    });
  }

  os::FileSystem& fs_;
  const std::string folder_;
  const std::string directory_;
  const StreamExportOptions& options_;
  std::vector<StreamIssue>& issues_;
  LineChecker checker_;

  std::unique_ptr<os::File> log_;
  std::uint64_t end_ = 0;  // of what is settled
  std::string stream_;
  std::int64_t first_seq_ = 0;
  bool begins_with_compaction_ = false;
  bool differs_ = false;
  std::optional<std::string> snapshot_;
  std::string replaces_;
  std::string replaced_hash_;

  std::int64_t next_seq_ = 0;  // to be sent
  std::uint64_t next_begin_ = 0;
  std::string last_hash_;  // of the event before that
  std::int64_t last_seq_ = -1;
};

}  // namespace

class StreamExporter::Work {
 public:
  Work(memory::MemoryStore& store, std::string target, const std::vector<std::string>& folders,
       const StreamExportOptions& options)
      : places_(store), target_(std::move(target)), options_(options) {
    for (const std::string& folder : folders) add(store, folder);
    for (const OtherRecord& other : all_others(store)) {
      if (std::find(other.targets.begin(), other.targets.end(), target_) == other.targets.end()) {
        others_.push_back(other.file);
      }
    }
    if (sources_.empty()) return;
    std::map<std::string, SentHead> sent;
    for (SentHead& head : all_sent(store, target_)) sent.emplace(head.stream, std::move(head));
    for (const std::unique_ptr<Source>& source : sources_) {
      const SentHead* before = nullptr;
      for (const auto& [stream, head] : sent) {
        if (head.folder == source->folder() && (before == nullptr || head.seq > before->seq)) before = &head;
      }
      source->look(sent, before);
    }
  }

  bool next(OutgoingStreams& out) {
    out = OutgoingStreams();
    out.value = "{\"format\":1,\"streams\":[";
    const std::size_t empty = out.value.size();
    while (!others_.empty() && out.value.size() < options_.max_bytes) append_other(out, empty);
    for (const std::unique_ptr<Source>& source : sources_) {
      if (out.value.size() >= options_.max_bytes) break;
      if (!source->has_more() || is_copy(*source)) continue;
      if (out.value.size() > empty) out.value += ',';
      source->append_part(options_.max_bytes - out.value.size(), out);
    }
    if (out.value.size() == empty) return false;
    out.value += "]}";
    return true;
  }

  const std::vector<StreamIssue>& issues() const { return issues_; }

 private:
  void add(memory::MemoryStore& store, const std::string& given) {
    if (given.empty()) throw Error(Code::kInvalid, "the path of the project folder is empty");
    std::string folder = places_.fs.absolute(given);
    const std::string directory = os::join(folder, ".chronomemory");
    const auto info = places_.fs.stat(directory);
    if (!info || !info->is_directory) {
      throw Error(Code::kNotFound, "there is no store in " + json::string_json(folder)).at_path(directory);
    }
    const auto own = places_.fs.stat(places_.store_folder);
    if (folder == store.records().path() || (own && is_same_file(*own, *info))) {
      throw Error(Code::kInvalid,
                  "the records of the memory store itself do not travel as a stream: " + json::string_json(folder))
          .at_path(folder);
    }
    const auto is_it = [&](const auto& source) { return source->folder() == folder; };
    if (std::any_of(sources_.begin(), sources_.end(), is_it)) return;
    sources_.push_back(std::make_unique<Source>(places_.fs, std::move(folder), options_, issues_));
  }

  // Another folder has the same stream: the one that is named first sends it.
  bool is_copy(const Source& source) const {
    for (const std::unique_ptr<Source>& other : sources_) {
      if (other.get() == &source) return false;
      if (other->stream() == source.stream()) return true;
    }
    return false;
  }

  void append_other(OutgoingStreams& out, std::size_t empty) {
    const std::string file = std::move(others_.back());
    others_.pop_back();
    const std::optional<std::string> text = read_kept(places_, file);
    if (!text) {
      issues_.push_back({"extra_unreadable", "what was kept is not there any more: " + places_.kept(file)});
      return;
    }
    if (out.value.size() > empty) out.value += ',';
    json::Document document;
    json::write_go(document.parse(*text), json::GoSpelling::kCompact, out.value);
    out.others.push_back(file);
  }

  StreamPlaces places_;
  const std::string target_;
  const StreamExportOptions options_;
  std::vector<StreamIssue> issues_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<std::string> others_;
};

StreamExporter::StreamExporter(memory::MemoryStore& store, std::string target, const std::vector<std::string>& folders,
                               const StreamExportOptions& options)
    : work_(std::make_unique<Work>(store, std::move(target), folders, options)) {}
StreamExporter::~StreamExporter() = default;
bool StreamExporter::next(OutgoingStreams& out) { return work_->next(out); }
const std::vector<StreamIssue>& StreamExporter::issues() const { return work_->issues(); }

void put_sent(memory::Write& write, std::string_view target, const OutgoingStreams& sent) {
  for (const OutgoingStreams::Part& part : sent.parts) {
    // Another process may have sent more meanwhile.
    const std::optional<SentHead> there = find_sent(write, target, part.stream);
    if (there && there->last_seq >= part.last_seq) continue;
    put_sent_head(write, target, {part.stream, part.folder, part.last_seq, part.last_hash, part.begin, part.end, 0});
  }
  for (const std::string& file : sent.others) {
    OtherRecord other = find_other(write, file).value_or(OtherRecord());
    other.file = file;
    add_once(other.targets, target);
    put_other(write, other);
  }
}

}  // namespace quipu::sync
