// sync/transport.h - where a manifest and its chunks lie: a directory (file_transport.h), a server (cloud_transport.h), or
// what a user of the library wrote.
//
// Failures throw quipu::Error. A chunk that is there and cannot be used is a ChunkFault, which an import reports and goes on
// from; any other Error ends the call. Used by one thread at a time, the one that made the call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace quipu::sync {

// Limits of what is read (docs/formats/sync.md).
inline constexpr std::size_t kMaxManifestBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxChunkFileBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxDocumentBytes = std::size_t{256} << 20;

// A chunk that cannot be used, with the word an import reports for it: gzip_checksum, chunk_too_large, ...
class ChunkFault : public Error {
 public:
  ChunkFault(std::string report_code, std::string message)
      : Error(Code::kCorrupt, std::move(message)), report_code_(std::move(report_code)) {}
  const std::string& report_code() const { return report_code_; }

 private:
  std::string report_code_;
};

// What tells, without reading it, whether a stored chunk is still the one that was read.
struct ChunkStamp {
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const ChunkStamp&) const = default;
};

class Transport {
 public:
  virtual ~Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // The manifest's text as it is; empty if there is none.
  virtual std::optional<std::string> read_manifest() = 0;
  virtual void write_manifest(std::string_view text) = 0;
  // The document of a chunk, decompressed; empty if there is no such chunk. The id has passed is_chunk_id.
  virtual std::optional<std::string> read_chunk(const std::string& id) = 0;
  // entry_json: the chunk's entry in the manifest, one JSON object.
  virtual void write_chunk(const std::string& id, std::string_view document, const std::string& entry_json) = 0;

  // Keep other writers of the manifest out from before it is read until after it is written. What cannot be locked does nothing.
  virtual void lock() {}
  virtual void unlock() {}

  // ---- what only some can answer
  // Empty: unknown, or no such chunk.
  virtual std::optional<ChunkStamp> stamp(const std::string& id) {
    static_cast<void>(id);
    return std::nullopt;
  }
  // The ids of all chunks that are there, listed in the manifest or not, sorted.
  virtual std::vector<std::string> list_chunks() { return {}; }
  // Whether documents come back byte for byte as they were written, so that they must hash to their id.
  virtual bool keeps_bytes() const { return false; }
  // Whether the manifest is made at the other end, from the chunks that were written: write_manifest does nothing then.
  virtual bool makes_manifest() const { return false; }

 protected:
  Transport() = default;
};

// Eight to sixty-four lower-case hex digits. Nothing else is ever used as a part of a path or URL.
bool is_chunk_id(std::string_view id);

// The id that a document has in the cloud, and in files where it is not taken: the first eight digits of its SHA-256.
std::string chunk_id_of(std::string_view document);

}  // namespace quipu::sync
