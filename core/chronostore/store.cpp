#include "chronostore/store.h"

#include <algorithm>

#include "chronostore/store_internal.h"
#include "json/python_json.h"
#include "os/paths.h"

namespace quipu::chronostore {

namespace {

// Stores whose callbacks run on this thread, innermost last.
thread_local std::vector<const Store*> callbacks_here;

}  // namespace

Store::CallbackScope::CallbackScope(const Store& store) { callbacks_here.push_back(&store); }
Store::CallbackScope::~CallbackScope() { callbacks_here.pop_back(); }

bool Store::in_callback() const {
  return std::find(callbacks_here.begin(), callbacks_here.end(), this) != callbacks_here.end();
}

Progress Store::as_callback(const Progress& progress) const {
  if (!progress) return nullptr;
  return [this, progress](std::int64_t done, std::int64_t total) {
    const CallbackScope scope(*this);
    return progress(done, total);
  };
}

Store::Store(std::string root, const StoreOptions& options)
    : root_(std::move(root)),
      directory_(os::join(root_, ".chronomemory")),
      options_(options),
      writer_(0, "\"\"", options.recursion_depth) {}

Store::~Store() = default;

std::string Store::file(std::string_view name) const { return os::join(directory_, name); }

std::unique_ptr<Store> Store::open(const std::string& path, const StoreOptions& given) {
  StoreOptions options = given;
  if (options.file_system == nullptr) options.file_system = &os::native_file_system();
  if (options.clock == nullptr) options.clock = &system_clock();
  os::FileSystem& fs = *options.file_system;
  if (path.empty()) throw Error(Code::kInvalid, "the path of the project folder is empty");

  std::unique_ptr<Store> store(new Store(fs.absolute(path), options));
  const auto info = fs.stat(store->directory_);
  if (info && !info->is_directory) {
    throw Error(Code::kExists, "cannot open store \"" + store->root_ + "\": .chronomemory is not a folder")
        .at_path(store->directory_);
  }
  if (!info) {
    if (options.must_exist || options.read_only) {
      throw Error(Code::kNotFound, "there is no store in \"" + store->root_ + "\"").at_path(store->directory_);
    }
    try {
      os::make_directories(fs, store->directory_);
    } catch (Error& error) {
      // Found missing while it is being made: a system folder in which nothing can be made.
      if (error.code() == Code::kNotFound) error.as(Code::kIo);
      throw error.while_doing("cannot create store \"" + store->root_ + "\"");
    }
  }
  const std::lock_guard lock(store->log_mutex_);
  store->load_anew();
  return store;
}

void Store::close() {
  std::exception_ptr failure;
  sync_timer_.stop();
  if (!options_.read_only && options_.durability == Durability::kBatched && !poisoned_) {
    try {
      sync();
    } catch (...) {
      failure = std::current_exception();
    }
  }
  if (!options_.read_only && !poisoned_) snapshot_if_due(false);
  if (untold_failure_) check_writable();
  if (failure) std::rethrow_exception(failure);
}

bool Store::is_current() const {
  if (log_ == nullptr) return committing_.load() || !fs().stat(file(kLogName));
  const os::FileInfo info = log_->info();
  bool same = info.size == known_size_ && shown_size_ == known_size_;
  if (same && info.links != 1) {
    // Removed, replaced, or a second name was given to it: only the path can tell.
    const auto at_path = fs().stat(file(kLogName));
    same = at_path && at_path->inode == info.inode && at_path->device == info.device;
  }
  // Asked last: a commit that began after the look has followed everything that came before it.
  return same || committing_.load();
}

void Store::refresh() {
  read([](const State&) { return 0; });
}

void Store::check_writable() const {
  if (in_callback()) throw Error(Code::kMisuse, "a store cannot be written from inside one of its own callbacks");
  if (options_.read_only) throw Error(Code::kReadOnly, "the store was opened read-only").at_path(root_);
  if (poisoned_) {
    untold_failure_ = false;
    throw Error(Code::kPoisoned, "an earlier sync failed: the store must be closed and opened again").at_path(root_);
  }
}

RecordRef Store::find(std::string_view id) {
  const std::string key = json::string_json(id);
  return read([&](const State& state) {
    RecordRef record = state.find(key);
    // A record whose id is no text is found under its JSON text.
    if (!record) {
      const std::string other = id_key_of_text(id);
      if (!other.empty()) record = state.find(other);
    }
    return record;
  });
}

RecordRef RecordCursor::next() {
  while (at_ < records_.size()) {
    const bool passes = selection_.passes_threshold(*records_[at_]);  // may run out of memory
    RecordRef record = std::move(records_[at_++]);
    if (passes) return record;
  }
  return RecordRef();
}

RecordCursor Store::query(const Selection& selection) {
  return read([&](const State& state) {
    std::vector<RecordRef> records;
    const std::vector<std::uint32_t> candidates = state.candidates(selection);
    records.reserve(candidates.size());
    for (const std::uint32_t ordinal : candidates) records.push_back(state.at(ordinal));
    return RecordCursor(std::move(records), selection);
  });
}

std::int64_t Store::active_count() {
  return read([](const State& state) { return static_cast<std::int64_t>(state.active_count()); });
}

std::int64_t Store::wal_seq() {
  return read([this](const State&) { return seq_; });
}

std::string Store::last_hash_json() {
  return read([this](const State&) { return last_hash_json_; });
}

ChangedRecords Store::take_changed() {
  ChangedRecords changed;
  const auto fill_mark = [&] { changed.mark = {seq_, last_hash_json_, shown_size_}; };
  const bool any = read([&](const State& state) {
    fill_mark();
    return state.has_changed();
  });
  if (!any) return changed;
  const std::unique_lock lock(state_mutex_);
  fill_mark();
  std::vector<std::uint32_t> places;
  changed.all = !state_.take_changed(places);
  try {
    if (changed.all) {
      changed.records = state_.in_order();
    } else {
      changed.records.reserve(places.size());
      for (const std::uint32_t place : places) changed.records.push_back(state_.at(place));
    }
  } catch (...) {
    state_.forget_changed();
    throw;
  }
  return changed;
}

void Store::forget_changed() {
  const std::unique_lock lock(state_mutex_);
  state_.forget_changed();
}

bool Store::has_passed(const Mark& mark) {
  if (mark.seq == 0) return true;
  const std::string line_part = "\"hash\": " + mark.hash_json;
  constexpr std::size_t kBehindHash = 256;
  std::shared_ptr<os::File> log;
  {
    const bool is_here = read([&](const State&) {
      log = log_;
      return seq_ == mark.seq && last_hash_json_ == mark.hash_json;
    });
    if (is_here) return true;
  }
  // The line of that event ends where it did, or a snapshot of that very event stands before the log.
  const std::size_t length = std::min<std::uint64_t>(mark.offset, line_part.size() + kBehindHash);
  if (log != nullptr && length > 0 &&
      read_part(*log, mark.offset - length, length).find(line_part) != std::string::npos) {
    return true;
  }
  return snapshot_is_of(mark.seq, mark.hash_json);
}

}  // namespace quipu::chronostore
