#include "gzip/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

namespace quipu::gzip {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window; 16: gzip, not zlib
// Output grows by at most so much at once: what is filled with zeros is still in the cache when zlib writes over it.
constexpr std::size_t kStep = std::size_t{1} << 18;
constexpr std::size_t kFirst = 4096;
constexpr std::size_t kMostAtOnce = std::size_t{1} << 30;  // zlib counts in unsigned int
constexpr std::size_t kHeader = 10;
constexpr std::size_t kTrailer = 8;

// zlib's own would do; these fail where the tests let memory run out.
voidpf take(voidpf, uInt items, uInt size) { return std::malloc(std::size_t{items} * size); }
void give_back(voidpf, voidpf memory) { std::free(memory); }

// A z_stream, ended by the function that belongs to it.
class Stream {
 public:
  explicit Stream(int (*end)(z_streamp)) : end_(end) {
    z_.zalloc = take;
    z_.zfree = give_back;
  }
  ~Stream() { end_(&z_); }  // says no more than Z_STREAM_ERROR where nothing was begun
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  z_stream* operator->() { return &z_; }
  z_stream* get() { return &z_; }

 private:
  z_stream z_{};
  int (*end_)(z_streamp);
};

[[noreturn]] void fail(const char* what, int code) {
  if (code == Z_MEM_ERROR) throw std::bad_alloc();
  throw Error(Code::kInternal, std::string("cannot ") + what + ": zlib answers " + std::to_string(code));
}

// zlib's interface knows no const; it does not write there.
Bytef* as_bytes(std::string_view text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text.data())); }

// Hands the stream as much more input as fits; `rest` is what it has not been handed.
void feed(Stream& stream, std::string_view& rest) {
  if (stream->avail_in > 0 || rest.empty()) return;
  const std::size_t size = std::min(rest.size(), kMostAtOnce);
  stream->next_in = as_bytes(rest);
  stream->avail_in = static_cast<uInt>(size);
  rest.remove_prefix(size);
}

// What has come out so far. The string is longer than that: no byte is made room for twice, however small the pieces are.
class Output {
 public:
  void reserve(std::size_t size) { text_.reserve(size); }
  std::size_t size() const { return size_; }
  std::string take() {
    text_.resize(size_);
    return std::move(text_);
  }

  // Calls `turn` (deflate or inflate) with room for one byte at least and `most` at most.
  template <typename Turn>
  int fill(Stream& stream, std::size_t most, Turn turn) {
    if (size_ == text_.size()) grow(most);
    const std::size_t room = std::min(most, text_.size() - size_);
    stream->next_out = reinterpret_cast<Bytef*>(text_.data() + size_);
    stream->avail_out = static_cast<uInt>(room);
    const int code = turn();
    size_ += room - stream->avail_out;
    return code;
  }

 private:
  // Into memory that is there already, else by as much again; the string itself never asks for less than double.
  void grow(std::size_t most) {
    const std::size_t spare = text_.capacity() - size_;
    text_.resize(size_ + std::min({spare > 0 ? spare : std::max(size_, kFirst), kStep, most}));
  }

  std::string text_;
  std::size_t size_ = 0;
};

// ---- reading

bool begins_a_member(std::string_view file) {
  constexpr std::string_view kMagic = "\x1f\x8b";
  const std::size_t size = std::min(file.size(), kMagic.size());
  return size > 0 && file.substr(0, size) == kMagic.substr(0, size);
}

std::size_t times(std::size_t factor, std::size_t number) {
  return factor > 0 && number > SIZE_MAX / factor ? SIZE_MAX : factor * number;
}

// The length that the last trailer tells, as far as a file of that size may have it.
std::size_t expected_size(std::string_view file, const Limits& limits) {
  if (file.size() < kHeader + kTrailer) return 0;
  std::size_t told = 0;
  for (std::size_t i = 1; i <= 4; ++i) told = told << 8 | static_cast<unsigned char>(file[file.size() - i]);
  return std::min({told + 1, limits.max_output, times(limits.bomb_ratio, file.size())});
}

class Reader {
 public:
  Reader(std::string_view file, const Limits& limits) : file_(file), limits_(limits), rest_(file) {}

  std::string read() {
    if (file_.size() > limits_.max_input) {
      refuse(Fault::kTooLarge,
             std::to_string(file_.size()) + " bytes are more than " + std::to_string(limits_.max_input));
    }
    if (file_.empty()) refuse(Fault::kEmptyFile, "the file is empty");
    if (!begins_a_member(file_)) refuse(Fault::kNotGzip, "the file does not begin as gzip does");
    const int code = inflateInit2(stream_.get(), kGzipWindow);
    if (code != Z_OK) fail("decompress", code);
    out_.reserve(expected_size(file_, limits_));
    read_member();
    while (used() < file_.size()) {
      if (!begins_a_member(file_.substr(used()))) refuse(Fault::kTrailingGarbage, "something follows the last member");
      inflateReset(stream_.get());
      read_member();
    }
    return out_.take();
  }

 private:
  std::size_t used() { return file_.size() - rest_.size() - stream_->avail_in; }

  [[noreturn]] void refuse(Fault fault, const std::string& why) {
    GzipError error(fault, "cannot decompress: " + why);
    error.at_offset(static_cast<std::int64_t>(used()));
    throw error;
  }

  // How much may have come out by now.
  std::size_t allowed() { return std::max(limits_.bomb_output, times(limits_.bomb_ratio, used())); }

  void read_member() {
    for (;;) {
      feed(stream_, rest_);
      // What is allowed only grows while zlib works, so this much can be left to it; one byte more shows that there is more.
      const std::size_t left = std::min(allowed(), limits_.max_output) - out_.size();
      const int code =
          out_.fill(stream_, left == SIZE_MAX ? left : left + 1, [this] { return inflate(stream_.get(), Z_NO_FLUSH); });
      if (out_.size() > limits_.max_output) {
        refuse(Fault::kTooLarge, "the document has more than " + std::to_string(limits_.max_output) + " bytes");
      }
      if (out_.size() > allowed()) {
        refuse(Fault::kBomb, std::to_string(used()) + " bytes have become " + std::to_string(out_.size()) + " already");
      }
      if (code == Z_STREAM_END) return;
      if (code == Z_DATA_ERROR || code == Z_NEED_DICT) refuse_data();
      if (code != Z_OK && code != Z_BUF_ERROR) fail("decompress", code);
      if (stream_->avail_in == 0 && rest_.empty() && stream_->avail_out > 0) {
        refuse(Fault::kTruncated, "the file ends within a member");
      }
    }
  }

  // zlib tells its findings apart by their texts alone.
  [[noreturn]] void refuse_data() {
    const std::string_view why = stream_->msg != nullptr ? stream_->msg : "unknown fault";
    const bool checksum =
        why == "incorrect data check" || why == "incorrect length check" || why == "header crc mismatch";
    refuse(checksum ? Fault::kChecksum : Fault::kCorrupt, std::string(why));
  }

  std::string_view file_;
  const Limits& limits_;
  std::string_view rest_;
  Stream stream_{inflateEnd};
  Output out_;
};

}  // namespace

std::string_view word_of(Fault fault) {
  switch (fault) {
    case Fault::kEmptyFile:
      return "empty_file";
    case Fault::kNotGzip:
      return "not_gzip";
    case Fault::kTruncated:
      return "gzip_truncated";
    case Fault::kChecksum:
      return "gzip_checksum";
    case Fault::kTrailingGarbage:
      return "gzip_trailing_garbage";
    case Fault::kTooLarge:
      return "chunk_too_large";
    case Fault::kBomb:
      return "decompression_bomb";
    case Fault::kCorrupt:
      break;
  }
  return "gzip_corrupt";
}

std::string compress(std::string_view document) {
  Stream stream(deflateEnd);
  int code = deflateInit2(stream.get(), 6, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
  if (code != Z_OK) fail("compress", code);
  gz_header header{};
  header.os = 255;  // unknown; left alone, zlib writes the system it was built for
  code = deflateSetHeader(stream.get(), &header);
  if (code != Z_OK) fail("compress", code);
  Output out;
  while (code != Z_STREAM_END) {
    feed(stream, document);
    code = out.fill(stream, kStep, [&] { return deflate(stream.get(), document.empty() ? Z_FINISH : Z_NO_FLUSH); });
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) fail("compress", code);
  }
  return out.take();
}

std::string decompress(std::string_view file, const Limits& limits) { return Reader(file, limits).read(); }

}  // namespace quipu::gzip
