// sync/file_transport.h - a sync directory of the file system: manifest.json and chunks/<id>.jsonl.gz (docs/formats/sync.md).
//
// What lies there came with a repository, from others: nothing in the directory is followed if it is a link, nothing opened
// but regular files, nothing read beyond the limits of transport.h. The path of the directory itself may hold links.
//
// Whatever is written is there as a whole or not at all, also after a power cut; a chunk is durable before the manifest can
// name it. Reading makes nothing: no folder, no file, no lock.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "os/file_system.h"
#include "sync/transport.h"

namespace quipu::sync {

struct FileTransportOptions {
  std::int64_t lock_wait_ms = 10'000;
};

class FileTransport final : public Transport {
 public:
  // The path is made absolute here; the directory need not exist.
  FileTransport(os::FileSystem& fs, const std::string& directory, const FileTransportOptions& options = {});
  ~FileTransport() override;  // unlocks

  // Throws ManifestFault (kManifestParse) for a manifest that is no regular file, or too large; any other failure says
  // "read manifest".
  std::optional<std::string> read_manifest() override;
  // Failures say "write manifest".
  void write_manifest(std::string_view text) override;
  // The faults are those of gzip.h, chunk_not_regular, chunk_too_large and chunk_unreadable.
  std::optional<std::string> read_chunk(const std::string& id) override;
  // A chunk of that id with the same document, however compressed, is left as it is; with another one: kExists, chunks never
  // change. kInvalid for what read_chunk would refuse. Failures say "create chunks dir" or "write chunk".
  void write_chunk(const std::string& id, std::string_view document, const std::string& entry_json) override;

  // Between processes and handles: the file manifest.json.lock, there only as long as somebody has the lock or waits for it.
  // Makes the directory and chunks/ (failures say "create chunks dir"), and removes what writers that died left behind.
  // kBusy when the wait is over, kMisuse if it is held by this one already.
  void lock() override;
  void unlock() override;

  std::optional<ChunkStamp> stamp(const std::string& id) override;
  std::vector<std::string> list_chunks() override;
  bool keeps_bytes() const override { return true; }

  const std::string& directory() const { return directory_; }

 private:
  std::string chunk_path(const std::string& id) const;
  std::string scratch_path(const std::string& id) const;
  bool has_chunks_directory();
  std::string read_chunk_file(const std::string& id);
  void make_chunks_directory();
  bool take_lock(std::int64_t wait_ms);
  bool is_in_place(os::FileLock& lock);
  void remove_left_overs();
  void remove_left_over(const std::string& path);

  os::FileSystem& fs_;
  const std::string directory_;
  const std::string chunks_;
  const std::string manifest_;
  const std::string manifest_scratch_;
  const std::string lock_path_;
  const FileTransportOptions options_;
  std::unique_ptr<os::FileLock> lock_;  // while it is held
  std::uint64_t locked_in_ = 0;         // fork_generation() then
};

}  // namespace quipu::sync
