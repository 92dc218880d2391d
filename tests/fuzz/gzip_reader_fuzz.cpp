// Arbitrary bytes as a gzip file: what is read agrees with zlib fed one byte at a time, and limits hold. Then the same bytes as
// a document: it comes back, and damage to its file is a fault or changes nothing.
#include <zlib.h>

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "gzip/gzip.h"
#include "support/fuzz_support.h"

using namespace quipu;
using namespace quipu::fuzz;

namespace {

constexpr gzip::Limits kLimits{.max_input = 4096, .max_output = 1 << 20, .bomb_output = 100'000, .bomb_ratio = 100};

std::optional<std::string> try_decompress(std::string_view file, const gzip::Limits& limits, std::string* word) {
  try {
    std::string document = gzip::decompress(file, limits);
    FUZZ_REQUIRE(document.size() <= limits.max_output, std::to_string(document.size()));
    return document;
  } catch (const gzip::GzipError& error) {
    *word = gzip::word_of(error.fault());
    FUZZ_REQUIRE(error.offset() >= 0 && error.offset() <= static_cast<std::int64_t>(file.size()), *word);
    FUZZ_REQUIRE(is_valid_utf8(error.message()), error.message());
    return std::nullopt;
  }
}

// The document, or nothing if it is no gzip file, or one that is larger than both limits.
std::optional<std::string> read_plainly(std::string_view file) {
  std::string out;
  z_stream z{};
  FUZZ_REQUIRE(inflateInit2(&z, 31) == Z_OK, "inflateInit2");
  int code = file.empty() ? Z_DATA_ERROR : Z_STREAM_END;
  for (std::size_t at = 0; at < file.size() && out.size() <= kLimits.max_output; ++at) {
    if (code == Z_STREAM_END) inflateReset(&z);
    Bytef byte = static_cast<Bytef>(file[at]);
    z.next_in = &byte;
    z.avail_in = 1;
    do {
      Bytef piece[97];
      z.next_out = piece;
      z.avail_out = sizeof piece;
      code = inflate(&z, Z_NO_FLUSH);
      out.append(reinterpret_cast<const char*>(piece), sizeof piece - z.avail_out);
    } while (code == Z_OK && z.avail_out == 0);
    if (code == Z_BUF_ERROR) code = Z_OK;
    if (code != Z_OK && code != Z_STREAM_END) break;
  }
  inflateEnd(&z);
  if (code != Z_STREAM_END) return std::nullopt;
  return out;
}

void check_file(std::string_view file) {
  std::string word;
  const std::optional<std::string> document = try_decompress(file, kLimits, &word);
  if (word == "decompression_bomb" || word == "chunk_too_large") {
    FUZZ_REQUIRE(!try_decompress(file, {.max_output = kLimits.bomb_output}, &word), "more than the limit, and not");
    return;
  }
  FUZZ_REQUIRE(document == read_plainly(file), word);
  if (document && !document->empty()) {
    FUZZ_REQUIRE(!try_decompress(file, {.max_output = document->size() - 1}, &word), "a byte more than the limit");
    FUZZ_REQUIRE(word == "chunk_too_large", word);
  }
}

void check_document(std::string_view document) {
  const std::string file = gzip::compress(document);
  std::string word;
  FUZZ_REQUIRE(try_decompress(file, {}, &word) == document, word);
  std::uint64_t choice = fingerprint(document);
  for (int i = 0; i < 4; ++i, choice /= 7) {
    std::string damaged = file;
    damaged[choice % file.size()] ^= static_cast<char>(1 << choice % 8);
    const std::optional<std::string> read = try_decompress(damaged, {}, &word);
    FUZZ_REQUIRE(!read || *read == document, "damage at byte " + std::to_string(choice % file.size()) + " not seen");
    FUZZ_REQUIRE(!try_decompress(file.substr(0, choice % file.size()), {}, &word), "a file that was cut");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text(data, size);
  check_file(input);
  check_document(input);
  return 0;
}
