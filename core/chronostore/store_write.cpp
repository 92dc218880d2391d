// Writing, up to the append (store_append.cpp): events are checked and spelled by the thread that brings them; under the file
// lock the leader of a group makes the log ready, whatever a crash left of it.
#include <algorithm>
#include <array>
#include <ctime>

#include "chronostore/store_internal.h"
#include "json/python_json.h"
#include "json/text.h"
#include "os/paths.h"
#include "wal/event.h"

namespace quipu::chronostore {

namespace {

constexpr std::string_view kEmptyText = "\"\"";

void check_id(std::string_view id_json) {
  if (id_json == kEmptyText) throw Error(Code::kInvalid, "the id is empty");
  std::string scratch;
  if (id_key_view(id_json, scratch).empty()) throw Error(Code::kInvalid, "the id is an array or an object");
}

void check_depth(const json::Row& record) {
  for (std::size_t i = 0; i < ChronoRecordField::count; ++i) {
    const std::string_view field = record.field(i);
    // A level takes two bytes at least.
    if (field.size() > 2 * kMaxFieldDepth && json::nesting_depth(field) > kMaxFieldDepth) {
      throw Error(Code::kInvalid, "the field " + std::string(chronorecord_fields()[i].name) + " nests deeper than " +
                                      std::to_string(kMaxFieldDepth) + " levels");
    }
  }
}

void append_canonical(PreparedEvent& event, std::string& canonical) {
  event.canonical_begin = canonical.size();
  json::append_canonical(*event.record, canonical);
  event.canonical_size = canonical.size() - event.canonical_begin;
}

}  // namespace

PreparedEvent Store::prepare_upsert(const RecordRef& record, std::string& canonical) const {
  check_id(record->field(ChronoRecordField::id));
  check_depth(*record);
  PreparedEvent event;
  event.op = kUpsert;
  const std::string depth = json::int64_json(options_.recursion_depth);
  event.record = record->field(ChronoRecordField::recursion_depth) == depth
                     ? record
                     : with_field(record, ChronoRecordField::recursion_depth, depth);
  event.id_json = event.record->field(ChronoRecordField::id);
  append_canonical(event, canonical);
  return event;
}

PreparedEvent Store::prepare_delete(std::string_view id, std::string& canonical) const {
  PreparedEvent event;
  event.op = kDelete;
  const std::string id_json = json::string_json(id);
  check_id(id_json);
  event.record = make_record({{ChronoRecordField::id, id_json}, {ChronoRecordField::status, "\"tombstone\""}});
  event.id_json = event.record->field(ChronoRecordField::id);
  append_canonical(event, canonical);
  return event;
}

namespace {

EventReady into(json::RowRef* event) {
  if (event == nullptr) return nullptr;
  return [event](json::RowRef row) { *event = std::move(row); };
}

}  // namespace

void Store::upsert(const RecordRef& record, json::RowRef* event) { upsert(record, into(event)); }
void Store::remove(std::string_view id, json::RowRef* event) { remove(id, into(event)); }

void Store::upsert(const RecordRef& record, const EventReady& ready) {
  check_writable();
  CommitRequest request;
  request.events.push_back(prepare_upsert(record, request.canonical));
  request.events.front().ready = &ready;
  write(request);
  snapshot_if_due(true);
}

std::int64_t Store::upsert_many(const std::vector<RecordRef>& records) {
  check_writable();
  CommitRequest request;
  request.events.reserve(records.size());
  std::size_t size = 0;
  for (const RecordRef& record : records) size += record->text().size();
  request.canonical.reserve(size);   // canonical text is as long
  constexpr std::size_t kAhead = 3;  // most of many records are in no cache
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i + kAhead < records.size()) records[i + kAhead]->prefetch();
    request.events.push_back(prepare_upsert(records[i], request.canonical));
  }
  if (request.events.empty()) return 0;
  write(request);
  const std::int64_t first = request.events.front().seq;
  snapshot_if_due(true);
  return first;
}

void Store::remove(std::string_view id, const EventReady& ready) {
  check_writable();
  CommitRequest request;
  request.events.push_back(prepare_delete(id, request.canonical));
  request.events.front().ready = &ready;
  write(request);
}

std::int64_t Store::commit(const std::function<void(Transaction&)>& fn) {
  check_writable();
  bool upserts = false;
  std::int64_t last = 0;
  std::string last_hash_json;
  {
    const CommitGate::Exclusive gate(gate_, options_.lock_wait_ms);
    const FileLockGuard lock(*this);
    {
      const std::lock_guard log_lock(log_mutex_);
      prepare_log();
      last = replayer_->seq();
      last_hash_json = replayer_->last_hash_json();
    }
    Transaction transaction(*this);
    {
      const CallbackScope scope(*this);
      fn(transaction);
    }
    CommitRequest& request = transaction.request_;
    if (!request.events.empty()) {
      upserts = std::any_of(request.events.begin(), request.events.end(),
                            [](const PreparedEvent& event) { return event.op == std::string_view(kUpsert); });
      append_and_publish({&request}, &last_hash_json);
      last = request.events.back().seq;
    }
  }
  if (upserts) snapshot_if_due(true);
  return last;
}

void Store::write(CommitRequest& request) {
  gate_.submit(request, options_.lock_wait_ms,
               [this](const std::vector<CommitRequest*>& group) { commit_group(group); });
}

void Store::commit_group(const std::vector<CommitRequest*>& group) {
  if (poisoned_) check_writable();
  const FileLockGuard lock(*this);
  {
    const std::lock_guard log_lock(log_mutex_);
    prepare_log();
  }
  append_and_publish(group, nullptr);
}

// With the file lock and log_mutex_ held: after it the log is followed to its end, open for appending, ends behind a whole
// event, and holds the event that the next one links to.
void Store::prepare_log() {
  constexpr int kMostTries = 10;
  for (int tries = 1;; ++tries) {
    follow();
    // A log that was rewritten in place to the very same size shows only by its content.
    if (log_ != nullptr && !tail_unchanged(*log_)) load_anew();
    if (conflict_seq_) {
      const std::int64_t seq = *conflict_seq_;
      conflict_seq_.reset();
      throw Error(Code::kConflict, "nothing was written: event " + std::to_string(seq) +
                                       ", which was acknowledged, is no longer in the log; a writer that takes no lock "
                                       "overwrote it")
          .at_path(file(kLogName))
          .at_seq(seq);
    }
    if ((log_ != nullptr && appendable_) || open_for_append()) break;
    if (tries == kMostTries) {
      throw Error(Code::kConflict,
                  "nothing was written: the log is replaced again and again by a writer that takes no lock")
          .at_path(file(kLogName));
    }
  }
  wal::check_number_left(replayer_->seq());
  if (known_size_ > position_.offset || replayer_->in_batch()) set_tail_aside();
  if (!position_.after_line_end && position_.offset > 0) end_last_line();
  if (line_end_in_doubt_) settle_line_end();
  if (!replayer_->anchored()) re_anchor();
}

// Left behind by a rewrite of the log that did not end. Looked for once only: later it is more likely that of a writer which
// takes no lock and is at work just now.
void Store::remove_log_scratch() {
  const std::string scratch = file(kLogScratchName);
  try {
    if (fs().stat(scratch)) fs().remove(scratch);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;  // such a writer has just renamed it
  }
}

// False if the log is another file by now than the one that was followed.
bool Store::open_for_append() {
  if (!std::exchange(scratch_removed_, true)) remove_log_scratch();
  const bool is_new = log_ == nullptr;
  std::shared_ptr<os::File> log = fs().open(file(kLogName), os::OpenMode::kAppendCreate);
  // Whoever made these entries may have died before syncing them.
  fs().sync_directory(directory_);
  for (const std::string& above : {root_, os::parent(root_)}) {
    try {
      fs().sync_directory(above);
    } catch (const Error& error) {
      if (error.code() != Code::kReadOnly) throw;  // a folder that may not be read cannot be synced by us
    }
  }
  const os::FileInfo now = log->info();
  const os::FileInfo before = is_new ? now : log_->info();
  if (now.inode != before.inode || now.device != before.device) return false;
  {
    const std::unique_lock lock(state_mutex_);
    log_ = std::move(log);
    if (is_new) {
      known_size_ = 0;
      shown_size_ = 0;
    }
  }
  if (is_new) {
    position_ = {};
    replayer_->start_new_log();
    tail_.clear();
  }
  appendable_ = true;
  return true;
}

void Store::set_aside(std::string_view name, std::string_view content, const std::string& why) {
  const std::string folder = file(kAsideName);
  os::make_directories(fs(), folder);
  const std::string stamp = compact_utc(options_.clock->unix_seconds());
  for (int n = 1;; ++n) {
    const std::string aside = stamp + (n == 1 ? "" : "-" + std::to_string(n)) + "." + std::string(name);
    std::unique_ptr<os::File> out;
    try {
      out = fs().open(os::join(folder, aside), os::OpenMode::kCreateNew);
    } catch (const Error& error) {
      if (error.code() == Code::kExists) continue;
      throw;
    }
    out->append(content);
    out->sync_data();
    fs().sync_directory(folder);
    notices_.add({"set_aside", os::join(kAsideName, aside), 0, -1, -1, why});
    return;
  }
}

// The last bytes are no whole event, or a batch that is not complete: nobody was told that they are written. They are kept
// aside and cut off, so that the next event does not become part of them.
void Store::set_tail_aside() {
  const bool batch = replayer_->in_batch();
  const std::uint64_t begin = batch ? replayer_->batch_offset() : position_.offset;
  const std::string torn = read_part(*log_, begin, static_cast<std::size_t>(known_size_ - begin));
  notices_.add(
      {"torn_tail", kLogName, batch ? replayer_->batch_line() : position_.line + 1, static_cast<std::int64_t>(begin),
       -1,
       std::to_string(torn.size()) + " bytes at the end are " +
           (batch ? "a batch that is not complete, or an event of which a part was lost" : "not a whole event")});
  set_aside(kLogName, torn, "the end of the log, which was not a whole event or batch, was moved here");
  reload_ = true;  // should the cut fail half-way
  log_->truncate(begin);
  if (options_.durability != Durability::kNone) sync_or_poison(*log_);
  if (batch) {
    position_.offset = begin;
    position_.line = replayer_->batch_line() - 1;
    position_.after_line_end = true;
    replayer_->drop_batch();
  }
  {
    const std::unique_lock lock(state_mutex_);
    known_size_ = begin;
    shown_size_ = begin;
  }
  remember_tail();
  reload_ = false;
}

// The last event has no line end. It gets one by itself, synced: were it written with the next event, a power cut could leave
// zeros in place of both, and the last event would be one line with them.
void Store::end_last_line() {
  reload_ = true;
  try {
    log_->append("\n");
    if (options_.durability != Durability::kNone) sync_or_poison(*log_);
  } catch (...) {
    // Nobody must write behind a line end that can be read, but may never come to the disk.
    try {
      log_->truncate(position_.offset);
    } catch (const std::exception&) {
    }
    throw;
  }
  line_end_in_doubt_ = false;
  position_ = {position_.offset + 1, position_.line + 1, true};
  {
    const std::unique_lock lock(state_mutex_);
    known_size_ = position_.offset;
    shown_size_ = position_.offset;
  }
  remember_tail();
  reload_ = false;
}

// The writer that gave an acknowledged event its line end may have died before syncing it, or could neither sync it nor take
// it back: the same holds for whoever writes behind it.
void Store::settle_line_end() {
  if (position_.offset > 0 && options_.durability != Durability::kNone) sync_or_poison(*log_);
  line_end_in_doubt_ = false;
}

// The event that the next one must link to is not in the log: it ends before the snapshot, or it is empty. The log is begun
// anew behind the snapshot, as after a compaction, and the old one kept aside.
void Store::re_anchor() {
  if (known_size_ > 0) {
    set_aside(kLogName, os::read_file(fs(), file(kLogName)),
              "the log, which ended before the snapshot, was replaced by a new one and moved here");
  }
  notices_.add(
      {"reanchored", kLogName, 0, -1, replayer_->seq() + 1,
       "the log was begun anew behind the snapshot, which goes up to seq " + std::to_string(replayer_->seq())});
  start_log_with_sentinel();
}

// Puts a log of one `compact` event in place of the present one. The state stays.
void Store::start_log_with_sentinel() {
  const std::string label = json::string_json("Compacted at seq=" + std::to_string(replayer_->seq()));
  const RecordRef record = make_record({{ChronoRecordField::id, "\"__compact__\""}, {ChronoRecordField::label, label}});
  std::string canonical;
  json::append_canonical(*record, canonical);
  std::string line;
  wal::LineWriter writer(replayer_->seq(), std::string(kEmptyText), options_.recursion_depth);
  writer.write({"compact", "\"__compact__\"", record->text(), canonical}, iso_utc(options_.clock->unix_seconds()),
               wal::kNoBatch, line);

  reload_ = true;  // until what is on disk and what is known here agree again
  os::replace_file(fs(), file(kLogName), file(kLogScratchName), line);
  std::shared_ptr<os::File> log = fs().open(file(kLogName), os::OpenMode::kAppend);
  {
    const std::unique_lock lock(state_mutex_);
    log_ = std::move(log);
    known_size_ = line.size();
    shown_size_ = known_size_;
    seq_ = writer.seq();
    last_hash_json_ = writer.last_hash_json();
  }
  replayer_->start_new_log();
  replayer_->took_own(1, writer.seq(), writer.last_hash_json());
  position_ = {line.size(), 1, true};
  appendable_ = true;
  own_hash_json_ = writer.last_hash_json();
  own_seq_ = writer.seq();  // behind what may run out of memory: a seq without its hash would be a conflict
  remember_tail();
  reload_ = false;
}

}  // namespace quipu::chronostore
