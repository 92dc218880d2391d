// gzip/gzip.h - gzip (RFC 1952) over zlib: whole files in memory, one member written, any number read.
//
// Writing: equal documents give equal bytes wherever the same zlib is; the ten bytes of the header are always the same
// (no flags, no time, XFL 0, OS 255).
//
// Reading: a file that others wrote, which may be damaged or hostile. What comes out has passed the checksum and the length
// of each member; nothing is given out of a file that ends in a fault. Memory grows with what is really there, whatever the
// file says of itself. When memory runs out, std::bad_alloc is thrown and nothing is left behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace quipu::gzip {

// One member, level 6.
std::string compress(std::string_view document);

struct Limits {
  std::size_t max_input = SIZE_MAX;   // bytes of the file
  std::size_t max_output = SIZE_MAX;  // bytes of the document
  // Reading stops at the byte by which the output exceeds both of these. Deflate reaches about 1030 to 1.
  std::size_t bomb_output = std::size_t{16} << 20;
  std::size_t bomb_ratio = 100;  // times the bytes of the file used so far
};

enum class Fault {
  kEmptyFile,        // no byte at all
  kNotGzip,          // does not begin with 1f 8b
  kTruncated,        // ends within a member, be it in its header or its trailer
  kChecksum,         // the CRC or the length in a trailer, or the CRC of a header, is not that of the data
  kTrailingGarbage,  // behind a whole member stands something that is not another one
  kCorrupt,          // not a deflate stream, or a header that RFC 1952 does not know
  kTooLarge,         // max_input or max_output
  kBomb,             // bomb_output and bomb_ratio
};

// empty_file, not_gzip, gzip_truncated, gzip_checksum, gzip_trailing_garbage, gzip_corrupt, chunk_too_large,
// decompression_bomb.
std::string_view word_of(Fault fault);

// Code kCorrupt. The offset is that of the byte of the file at which reading stopped; zlib may have looked a few bytes ahead.
class GzipError : public Error {
 public:
  GzipError(Fault fault, std::string message) : Error(Code::kCorrupt, std::move(message)), fault_(fault) {}
  Fault fault() const { return fault_; }

 private:
  Fault fault_;
};

// The document of a gzip file: that of all its members, one behind the other.
std::string decompress(std::string_view file, const Limits& limits);

}  // namespace quipu::gzip
