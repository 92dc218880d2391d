#include "gzip/gzip.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <vector>

#include "crypto/sha256.h"
#include "os/paths.h"
#include "support/effort.h"
#include "support/errors.h"

namespace quipu::gzip {
namespace {

namespace stdfs = std::filesystem;
using std::string_literals::operator""s;

constexpr std::size_t kMiB = std::size_t{1} << 20;
// Those of a chunk.
constexpr Limits kLimits{.max_input = 64 * kMiB, .max_output = 256 * kMiB};

std::string read_file(const std::string& path) { return os::read_file(os::native_file_system(), path); }

// The word of the fault, or empty and the document.
std::string try_decompress(std::string_view file, std::string* document = nullptr, const Limits& limits = kLimits) {
  try {
    std::string result = decompress(file, limits);
    if (document != nullptr) *document = std::move(result);
    return "";
  } catch (const GzipError& error) {
    EXPECT_EQ(error.code(), Code::kCorrupt);
    EXPECT_EQ(error.message().rfind("cannot decompress: ", 0), 0U) << error.message();
    EXPECT_GE(error.offset(), 0);
    EXPECT_LE(error.offset(), static_cast<std::int64_t>(file.size()));
    return std::string(word_of(error.fault()));
  }
}

std::string some_text(std::size_t size, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::string text;
  while (text.size() < size) text += "row " + std::to_string(random() % 1000) + ", ";
  text.resize(size);
  return text;
}

std::string noise(std::size_t size) {
  std::mt19937_64 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// A member made by zlib itself, with whatever is in the header.
std::string member_with(std::string_view document, gz_header* header, int level = 6) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  EXPECT_EQ(deflateSetHeader(&z, header), Z_OK);
  std::string out(deflateBound(&z, document.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(document.data()));
  z.avail_in = static_cast<uInt>(document.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

// ---- writing

TEST(Compress, WritesTheHeaderOfTheFormatAndComesBack) {
  const std::string header = "\x1f\x8b\x08\0\0\0\0\0\0\xff"s;
  for (const std::string& document :
       {""s, "x"s, "{\"sessions\":null}"s, "a\0b\0"s, some_text(1000000), noise(700000), std::string(3 * kMiB, 'a'),
        some_text(262144), some_text(262145), noise(4096), noise(4097)}) {
    const std::string file = compress(document);
    EXPECT_EQ(file.substr(0, 10), header);
    EXPECT_EQ(compress(document), file);
    std::string back;
    EXPECT_EQ(try_decompress(file, &back), "");
    EXPECT_TRUE(back == document) << document.size();
  }
}

TEST(Compress, IsLevelSixOfZlib) {
  gz_header header{};
  header.os = 255;
  for (const std::string& document : {""s, some_text(300000), noise(100000)}) {
    EXPECT_TRUE(compress(document) == member_with(document, &header)) << document.size();
  }
}

// ---- files that others wrote

TEST(Decompress, EveryChunkFileOfTheFixtures) {
  std::map<std::string, int> seen;
  const std::string root = std::string(QUIPU_TEST_DATA_DIR) + "/sync";
  for (const auto& entry : stdfs::recursive_directory_iterator(root)) {
    if (entry.path().filename() != "expected.json") continue;
    const nlohmann::json expected = nlohmann::json::parse(read_file(entry.path().string()));
    if (!expected.contains("chunk_files")) continue;
    for (const nlohmann::json& chunk : expected["chunk_files"]) {
      const stdfs::path path = entry.path().parent_path() / "engram" / "chunks" / chunk["file"].get<std::string>();
      const std::string file = read_file(path.string());
      EXPECT_EQ(crypto::to_hex(crypto::sha256(file)), chunk["file_sha256"].get<std::string>()) << path;
      std::string document;
      const std::string word = try_decompress(file, &document);
      EXPECT_EQ(word, chunk.value("unreadable", "")) << path;
      ++seen[word];
      if (!word.empty() || chunk.contains("unreadable")) continue;
      EXPECT_EQ(document.size(), chunk["json_bytes"].get<std::size_t>()) << path;
      EXPECT_EQ(crypto::to_hex(crypto::sha256(document)), chunk["json_sha256"].get<std::string>()) << path;
    }
  }
  const std::map<std::string, int> expected = {{"", 78},
                                               {"decompression_bomb", 1},
                                               {"empty_file", 1},
                                               {"gzip_checksum", 1},
                                               {"gzip_trailing_garbage", 1},
                                               {"gzip_truncated", 2},
                                               {"not_gzip", 1}};
  EXPECT_EQ(seen, expected);
}

TEST(Decompress, MembersOneBehindTheOther) {
  const std::string a = compress("first, ");
  const std::string empty = compress("");
  const std::string large = compress(some_text(600000));
  std::string back;
  EXPECT_EQ(try_decompress(empty, &back), "");
  EXPECT_EQ(back, "");
  EXPECT_EQ(try_decompress(a + empty + large + empty + a, &back), "");
  EXPECT_TRUE(back == "first, " + some_text(600000) + "first, ");
  // As a file of so many empty members is not many bytes of document, it must not be many bytes of work.
  std::string many;
  for (int i = 0; i < 200000; ++i) many += empty;
  EXPECT_EQ(try_decompress(many + a, &back), "");
  EXPECT_EQ(back, "first, ");
}

TEST(Decompress, AnyLegalHeader) {
  std::string name = "name.txt";
  std::string comment = "a comment";
  std::string extra = "extra bytes";
  gz_header header{};
  header.text = 1;
  header.time = 1234567;
  header.os = 3;
  header.name = reinterpret_cast<Bytef*>(name.data());
  header.comment = reinterpret_cast<Bytef*>(comment.data());
  header.extra = reinterpret_cast<Bytef*>(extra.data());
  header.extra_len = static_cast<uInt>(extra.size());
  header.hcrc = 1;
  const std::string file = member_with("the document", &header);
  std::string back;
  EXPECT_EQ(try_decompress(file, &back), "");
  EXPECT_EQ(back, "the document");
  for (std::size_t size = 1; size < file.size(); ++size) {
    EXPECT_EQ(try_decompress(file.substr(0, size)), "gzip_truncated") << size;
  }
  std::string other = file;
  other[4] ^= 1;  // the time, which the CRC of the header is of
  EXPECT_EQ(try_decompress(other), "gzip_checksum");
}

// ---- damage

TEST(Decompress, EveryTruncation) {
  for (const std::string& document : {""s, "x"s, some_text(400)}) {
    const std::string file = compress(document);
    EXPECT_EQ(try_decompress(""), "empty_file");
    for (std::size_t size = 1; size < file.size(); ++size) {
      EXPECT_EQ(try_decompress(file.substr(0, size)), "gzip_truncated") << size << " of " << file.size();
      EXPECT_EQ(try_decompress(file + file.substr(0, size)), "gzip_truncated") << size << " behind a member";
    }
  }
}

TEST(Decompress, EveryFlippedBitIsAFaultOrChangesNothing) {
  for (const std::string& document : {"x"s, some_text(400), noise(300)}) {
    const std::string file = compress(document);
    std::map<std::string, int> seen;
    for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
      std::string damaged = file;
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
      std::string back;
      const std::string word = try_decompress(damaged, &back);
      ++seen[word];
      if (word.empty()) EXPECT_EQ(back, document) << "bit " << bit;
      if (bit < 16) EXPECT_EQ(word, "not_gzip") << "bit " << bit;
      if (bit >= 8 * (file.size() - 8)) EXPECT_EQ(word, "gzip_checksum") << "bit " << bit;
    }
    // Time, XFL, OS and the flag "text" say nothing of the document, nor do the bits that fill the last byte of the stream.
    EXPECT_GE(seen[""], 8 * 6 + 1);
    EXPECT_LE(seen[""], 8 * 6 + 1 + 7);
    EXPECT_GT(seen["gzip_corrupt"], 0);
    EXPECT_GT(seen["gzip_truncated"], 0);
  }
}

TEST(Decompress, TellsFaultsApart) {
  const std::string file = compress("the document");
  const std::pair<std::string, const char*> cases[] = {
      {"\x1f", "gzip_truncated"},
      {"\x1f\x8b", "gzip_truncated"},
      {"\x1f\x8c" + file.substr(2), "not_gzip"},
      {"{}", "not_gzip"},
      {"\n" + file, "not_gzip"},
      {"\x1f\x8b\x07" + file.substr(3), "gzip_corrupt"},                // another method than deflate
      {"\x1f\x8b\x08\x80" + file.substr(4), "gzip_corrupt"},            // a reserved flag
      {file.substr(0, 10) + "\x07" + file.substr(11), "gzip_corrupt"},  // a block of no known type
      {file.substr(0, 10) + std::string(40, '\xff'), "gzip_corrupt"},   // likewise
      {file + "\n", "gzip_trailing_garbage"},
      {file + "\0"s, "gzip_trailing_garbage"},
      {file + "\x1f\x8c", "gzip_trailing_garbage"},
      {file + "\x1f\x8b\x08", "gzip_truncated"},
      {file + file.substr(0, file.size() - 1), "gzip_truncated"},
      {file + "\x1f\x8b\x07" + file.substr(3), "gzip_corrupt"},
      {file.substr(0, file.size() - 4) + "\xff\xff\xff\xff", "gzip_checksum"},  // a length that nothing is reserved for
  };
  for (const auto& [bytes, word] : cases) EXPECT_EQ(try_decompress(bytes), word) << testing::PrintToString(bytes);
}

TEST(Decompress, SaysWhereItStopped) {
  const std::string file = compress("the document");
  try {
    decompress(file + "garbage", kLimits);
    FAIL();
  } catch (const GzipError& error) {
    EXPECT_EQ(error.offset(), static_cast<std::int64_t>(file.size()));
    EXPECT_EQ(error.message(), "cannot decompress: something follows the last member");
  }
}

// ---- limits

TEST(Decompress, StopsBeyondTheLimits) {
  const std::string document = some_text(100000);
  const std::string file = compress(document);
  Limits limits{.max_input = file.size(), .max_output = document.size()};
  EXPECT_EQ(try_decompress(file, nullptr, limits), "");
  limits.max_output -= 1;
  EXPECT_EQ(try_decompress(file, nullptr, limits), "chunk_too_large");
  limits = {.max_input = file.size() - 1};
  EXPECT_EQ(try_decompress(file, nullptr, limits), "chunk_too_large");
  // The limit is on all members together.
  limits = {.max_output = 2 * document.size() - 1};
  EXPECT_EQ(try_decompress(file + file, nullptr, limits), "chunk_too_large");
  limits.max_output += 1;
  EXPECT_EQ(try_decompress(file + file, nullptr, limits), "");
  limits = {.max_output = 0};
  EXPECT_EQ(try_decompress(compress(""), nullptr, limits), "");
  EXPECT_EQ(try_decompress(compress("x"), nullptr, limits), "chunk_too_large");
}

TEST(Decompress, StopsAtABombBeforeItsEnd) {
  EXPECT_EQ(try_decompress(compress(std::string(16 * kMiB, 'a'))), "");
  EXPECT_EQ(try_decompress(compress(std::string(16 * kMiB + 1, 'a'))), "decompression_bomb");
  // It is seen at the very byte: nothing behind it is looked at.
  const std::string bomb = compress(std::string(40 * kMiB, 'a'));
  try {
    decompress(bomb, kLimits);
    FAIL();
  } catch (const GzipError& error) {
    EXPECT_EQ(error.fault(), Fault::kBomb);
    EXPECT_EQ(error.message(), "cannot decompress: " + std::to_string(error.offset()) + " bytes have become " +
                                   std::to_string(16 * kMiB + 1) + " already");
    EXPECT_LT(error.offset(), static_cast<std::int64_t>(bomb.size() / 2));
  }
  // Input used before counts: noise first, and as many bytes that shrink may follow.
  const std::string before = compress(noise(kMiB));
  EXPECT_EQ(try_decompress(before + bomb), "");
  EXPECT_EQ(try_decompress(bomb + before), "decompression_bomb");
}

TEST(Decompress, GoesOnAlongTheEdgeOfTheRatio) {
  // So many to one, where not one byte more is allowed than there is: the rest of each step is one byte long.
  const std::string document = std::string(kMiB, 'a') + some_text(kMiB);
  const std::string file = compress(document);
  for (std::size_t ratio = 1; ratio < 20; ++ratio) {
    std::string back;
    const std::string word = try_decompress(file, &back, {.bomb_output = kMiB, .bomb_ratio = ratio});
    EXPECT_EQ(word, document.size() > ratio * file.size() ? "decompression_bomb" : word);
    if (word.empty()) EXPECT_TRUE(back == document) << ratio;
  }
  EXPECT_EQ(try_decompress(file, nullptr, {.bomb_output = 0, .bomb_ratio = 1100}), "");
  EXPECT_EQ(try_decompress(file, nullptr, {.bomb_output = 2 * kMiB, .bomb_ratio = 0}), "");
  EXPECT_EQ(try_decompress(file, nullptr, {.bomb_output = 2 * kMiB - 1, .bomb_ratio = 0}), "decompression_bomb");
}

TEST(Decompress, TakesMemoryAsThereIsDocument) {
  EXPECT_LE(decompress(compress("a small document"), kLimits).capacity(), 32U);
  const std::string document = some_text(3 * kMiB + 17);
  const std::string file = compress(document);
  EXPECT_EQ(decompress(file, kLimits).capacity(), document.size() + 1);  // as the trailer told
  // Where the last trailer tells of a small part only.
  EXPECT_LE(decompress(file + compress("x"), kLimits).capacity(), 2 * document.size());
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which take address space as they like
TEST(Decompress, TakesNoMemoryForWhatAFileSaysOfItself) {
  std::string file = compress("a small document");
  file.replace(file.size() - 4, 4, "\xff\xff\xff\x0f");  // 256 MiB, less one byte
  EXPECT_EQ(test::code_in_child([&] {
              const rlimit little{128 * kMiB, 128 * kMiB};
              ::setrlimit(RLIMIT_AS, &little);
              decompress(file, kLimits);
            }),
            Code::kCorrupt);
}
#endif

TEST(Decompress, RandomBytesBehindAHeader) {
  std::mt19937_64 random(test::one_seed());
  for (int i = 0; i < 3000; ++i) {
    std::string file = compress("").substr(0, 10);
    for (std::size_t size = random() % 60; size > 0; --size) file += static_cast<char>(random());
    EXPECT_NE(try_decompress(file), "") << testing::PrintToString(file);
  }
}

}  // namespace
}  // namespace quipu::gzip
