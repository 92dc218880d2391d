#include "sync/file_transport.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/fork.h"
#include "gzip/gzip.h"
#include "os/paths.h"
#include "sync/manifest.h"

namespace quipu::sync {

namespace {

using os::FileInfo;
using os::OpenMode;
using SteadyClock = std::chrono::steady_clock;

constexpr std::string_view kChunkSuffix = ".jsonl.gz";
constexpr std::string_view kScratchSuffix = ".tmp";

constexpr const char* kNotRegular = "chunk_not_regular";
constexpr const char* kTooLarge = "chunk_too_large";
constexpr const char* kUnreadable = "chunk_unreadable";

// Runs the call; what it throws says what was being done.
template <typename Call>
auto doing(std::string_view what, Call call) {
  try {
    return call();
  } catch (Error& error) {
    error.while_doing(what);
    throw;
  }
}

std::string quoted(const std::string& path) { return "\"" + path + "\""; }

std::string kind_of(const FileInfo& info) {
  if (info.is_link) return "a symbolic link";
  if (info.is_directory) return "a directory";
  return info.is_regular ? "a file" : "no regular file";
}

// Something stands where only a file of ours may stand.
Error is_in_the_way(const std::string& path, const FileInfo& info) {
  return Error(Code::kNotAStore, quoted(path) + " is " + kind_of(info)).at_path(path);
}

void check_id(const std::string& id) {
  if (!is_chunk_id(id)) throw Error(Code::kInvalid, "\"" + id + "\" is not a chunk id");
}

gzip::Limits chunk_limits() {
  gzip::Limits limits;
  limits.max_input = kMaxChunkFileBytes;
  limits.max_output = kMaxDocumentBytes;
  return limits;
}

// A failure of the file system while a chunk is read is a fault of that chunk.
ChunkFault fault_of(const Error& error) {
  ChunkFault fault(kUnreadable, error.message());
  fault.at_path(error.path()).because(error.backend_code(), error.backend_text());
  return fault;
}

ChunkFault fault_at(const char* word, const std::string& path, const std::string& text) {
  ChunkFault fault(word, quoted(path) + " " + text);
  fault.at_path(path);
  return fault;
}

std::string too_large(std::size_t most) { return "has more than " + std::to_string(most) + " bytes"; }

}  // namespace

FileTransport::FileTransport(os::FileSystem& fs, const std::string& directory, const FileTransportOptions& options)
    : fs_(fs),
      directory_(fs.absolute(directory)),
      chunks_(os::join(directory_, "chunks")),
      manifest_(os::join(directory_, "manifest.json")),
      manifest_scratch_(os::join(directory_, ".manifest.json.tmp")),
      lock_path_(os::join(directory_, "manifest.json.lock")),
      options_(options) {}

FileTransport::~FileTransport() {
  try {
    FileTransport::unlock();
  } catch (...) {  // the lock goes with its descriptor
  }
}

// ---- the manifest

std::optional<std::string> FileTransport::read_manifest() {
  return doing("read manifest", [&]() -> std::optional<std::string> {
    const auto fail = [&](const std::string& text) {
      ManifestFault fault(kManifestParse, quoted(manifest_) + " " + text);
      fault.at_path(manifest_);
      throw fault;
    };
    const auto check = [&](const FileInfo& info) {
      if (!info.is_regular) fail("is " + kind_of(info));
      if (info.size > kMaxManifestBytes) fail(too_large(kMaxManifestBytes));
    };
    // Looked at first, so that what is no file is not even opened; and again when it is open.
    const std::optional<FileInfo> info = fs_.stat_entry(manifest_);
    if (info) check(*info);
    std::unique_ptr<os::File> file;
    try {
      file = fs_.open(manifest_, OpenMode::kReadNoFollow);
    } catch (const Error& error) {
      // A file in place of the directory is not an empty directory.
      if (error.code() == Code::kNotFound && error.backend_code() != ENOTDIR) return std::nullopt;
      throw;
    }
    check(file->info());
    std::string text = os::read_content(*file, kMaxManifestBytes);
    if (text.size() > kMaxManifestBytes) fail(too_large(kMaxManifestBytes));
    return text;
  });
}

void FileTransport::write_manifest(std::string_view text) {
  doing("write manifest", [&] {
    if (text.size() > kMaxManifestBytes) throw Error(Code::kInvalid, "it " + too_large(kMaxManifestBytes));
    const std::optional<FileInfo> info = fs_.stat_entry(manifest_);
    if (info && !info->is_regular) throw is_in_the_way(manifest_, *info);
    os::make_directories(fs_, directory_);
    remove_left_over(manifest_scratch_);
    os::replace_file(fs_, manifest_, manifest_scratch_, text);
  });
}

// ---- chunks

std::string FileTransport::chunk_path(const std::string& id) const {
  return os::join(chunks_, id + std::string(kChunkSuffix));
}

std::string FileTransport::scratch_path(const std::string& id) const {
  return os::join(chunks_, "." + id + std::string(kScratchSuffix));
}

// Throws ChunkFault if something else is in its place.
bool FileTransport::has_chunks_directory() {
  const std::optional<FileInfo> info = fs_.stat_entry(chunks_);
  if (info && !info->is_directory) throw fault_at(kNotRegular, chunks_, "is " + kind_of(*info));
  return info.has_value();
}

// Throws kNotFound if it is not there.
std::string FileTransport::read_chunk_file(const std::string& id) {
  const std::string path = chunk_path(id);
  const auto check = [&](const FileInfo& info) {
    if (!info.is_regular) throw fault_at(kNotRegular, path, "is " + kind_of(info));
    if (info.size > kMaxChunkFileBytes) throw fault_at(kTooLarge, path, too_large(kMaxChunkFileBytes));
  };
  const std::optional<FileInfo> info = fs_.stat_entry(path);
  if (info) check(*info);
  const std::unique_ptr<os::File> file = fs_.open(path, OpenMode::kReadNoFollow);
  check(file->info());
  std::string content = os::read_content(*file, kMaxChunkFileBytes);
  if (content.size() > kMaxChunkFileBytes) throw fault_at(kTooLarge, path, too_large(kMaxChunkFileBytes));
  return content;
}

std::optional<std::string> FileTransport::read_chunk(const std::string& id) {
  check_id(id);
  std::string file;
  try {
    if (!has_chunks_directory()) return std::nullopt;
    file = read_chunk_file(id);
  } catch (const ChunkFault&) {
    throw;
  } catch (const Error& error) {
    if (error.code() == Code::kNotFound) return std::nullopt;
    throw fault_of(error);
  }
  try {
    return gzip::decompress(file, chunk_limits());
  } catch (const gzip::GzipError& error) {
    ChunkFault fault(std::string(gzip::word_of(error.fault())), quoted(chunk_path(id)) + ": " + error.message());
    fault.at_path(chunk_path(id)).at_offset(error.offset());
    throw fault;
  }
}

void FileTransport::make_chunks_directory() {
  doing("create chunks dir", [&] {
    os::make_directories(fs_, directory_);
    const std::optional<FileInfo> info = fs_.stat_entry(chunks_);
    if (info && !info->is_directory) throw is_in_the_way(chunks_, *info);
    os::make_directories(fs_, chunks_);
  });
}

void FileTransport::write_chunk(const std::string& id, std::string_view document, const std::string& /*entry_json*/) {
  check_id(id);
  make_chunks_directory();
  doing("write chunk", [&] {
    const std::string path = chunk_path(id);
    if (fs_.stat_entry(path)) {
      std::optional<std::string> there;
      try {
        there = read_chunk(id);
      } catch (const ChunkFault& fault) {
        throw Error(Code::kExists, "a chunk " + id + " that cannot be read is there: " + fault.message()).at_path(path);
      }
      if (there) {
        if (*there != document) {
          throw Error(Code::kExists, "a chunk " + id + " with another document is there").at_path(path);
        }
        // Whoever wrote it may have died, or not have waited, before it was durable.
        fs_.open(path, OpenMode::kReadNoFollow)->sync_data();
        fs_.sync_directory(chunks_);
        return;
      }
    }
    const std::string file = gzip::compress(document);
    const gzip::Limits limits = chunk_limits();
    if (file.size() > limits.max_input || document.size() > limits.max_output) {
      throw Error(Code::kInvalid, "chunk " + id + " is too large: " + std::to_string(document.size()) + " bytes");
    }
    if (document.size() > limits.bomb_output && document.size() / limits.bomb_ratio > file.size()) {
      throw Error(Code::kInvalid, "chunk " + id + " would be refused as a decompression bomb: " +
                                      std::to_string(document.size()) + " bytes in " + std::to_string(file.size()));
    }
    remove_left_over(scratch_path(id));
    os::replace_file(fs_, path, scratch_path(id), file);
  });
}

std::optional<ChunkStamp> FileTransport::stamp(const std::string& id) {
  check_id(id);
  try {
    if (!has_chunks_directory()) return std::nullopt;
    const std::optional<FileInfo> info = fs_.stat_entry(chunk_path(id));
    if (!info || !info->is_regular) return std::nullopt;
    return ChunkStamp{info->size, info->modified_ns};
  } catch (const Error&) {  // to read it will tell
    return std::nullopt;
  }
}

std::vector<std::string> FileTransport::list_chunks() {
  std::vector<std::string> ids;
  const std::optional<FileInfo> chunks = fs_.stat_entry(chunks_);
  if (!chunks || !chunks->is_directory) return ids;
  for (const std::string& name : fs_.list_directory(chunks_)) {
    if (!name.ends_with(kChunkSuffix)) continue;
    std::string id = name.substr(0, name.size() - kChunkSuffix.size());
    if (!is_chunk_id(id)) continue;
    const std::optional<FileInfo> info = fs_.stat_entry(os::join(chunks_, name));
    if (info && info->is_regular) ids.push_back(std::move(id));
  }
  // By name they are sorted as ids with the suffix are: "ab.jsonl.gz" stands before "ab0.jsonl.gz", as "ab" before "ab0".
  return ids;
}

// ---- the lock

void FileTransport::lock() {
  if (lock_ != nullptr) throw Error(Code::kMisuse, "the directory is locked already").at_path(directory_);
  make_chunks_directory();
  const auto deadline =
      SteadyClock::now() + std::chrono::milliseconds(std::max<std::int64_t>(options_.lock_wait_ms, 0));
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
    if (!take_lock(std::max<std::int64_t>(left, 0))) {
      throw Error(Code::kBusy, "cannot lock " + quoted(directory_) + ": another writer has had the lock for " +
                                   std::to_string(options_.lock_wait_ms) + " ms")
          .at_path(lock_path_);
    }
    // Another one may have removed the file between our opening it and our locking it: then a third may have locked the next.
    if (lock_ != nullptr) break;
  }
  try {
    remove_left_overs();
  } catch (const Error&) {  // whoever needs the name will fail, and say so
  } catch (...) {
    lock_.reset();
    throw;
  }
}

// False when the time is over. Afterwards lock_ is set, or the file that was locked is not the one that counts any more.
bool FileTransport::take_lock(std::int64_t wait_ms) {
  const std::optional<FileInfo> there = fs_.stat_entry(lock_path_);
  if (there && !there->is_regular) throw is_in_the_way(lock_path_, *there);
  lock_ = fs_.open_lock(lock_path_);
  try {
    const bool got = lock_->acquire(wait_ms);
    if (!got || !is_in_place(*lock_)) lock_.reset();
    locked_in_ = fork_generation();
    return got;
  } catch (...) {
    lock_.reset();
    throw;
  }
}

// Whether the path still names the file that is locked.
bool FileTransport::is_in_place(os::FileLock& lock) {
  const std::optional<FileInfo> there = fs_.stat_entry(lock_path_);
  const FileInfo own = lock.info();
  return there && there->inode == own.inode && there->device == own.device;
}

void FileTransport::unlock() {
  const std::unique_ptr<os::FileLock> lock = std::exchange(lock_, nullptr);
  if (lock == nullptr || locked_in_ != fork_generation()) return;  // in a forked child it is the parent's
  try {
    // Somebody may have taken it away by hand; then another one may stand there, which is not ours to remove.
    if (is_in_place(*lock)) fs_.remove(lock_path_);
  } catch (const Error&) {  // a lock file that stays is used by the next one
  }
  lock->release();
}

void FileTransport::remove_left_overs() {
  remove_left_over(manifest_scratch_);
  for (const std::string& name : fs_.list_directory(chunks_)) {
    if (name.starts_with('.') && name.ends_with(kScratchSuffix)) remove_left_over(os::join(chunks_, name));
  }
}

// Whatever it is, but for a directory: no writer leaves one.
void FileTransport::remove_left_over(const std::string& path) {
  const std::optional<FileInfo> info = fs_.stat_entry(path);
  if (!info || info->is_directory) return;
  try {
    fs_.remove(path);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
  }
}

}  // namespace quipu::sync
