#include "crypto/sha256.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace quipu::crypto {
namespace {

// FIPS 180-2, appendix B, and the empty text.
const struct {
  std::string text;
  const char* hex;
} kVectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {std::string(1000000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

TEST(Sha256, KnownVectors) {
  for (const auto& vector : kVectors) EXPECT_EQ(to_hex(sha256(vector.text)), vector.hex);
}

TEST(Sha256, PiecesGiveTheSameAndFinishStartsAgain) {
  Sha256 hash;
  for (int round = 0; round < 2; ++round) {
    for (const auto& vector : kVectors) {
      for (std::size_t at = 0; at < vector.text.size(); at += 61)
        hash.update(std::string_view(vector.text).substr(at, 61));
      EXPECT_EQ(to_hex(hash.finish()), vector.hex);
    }
  }
}

TEST(Sha256, AppendHexKeepsWhatIsThere) {
  std::string out = "sha256:";
  append_hex(sha256("abc"), out);
  EXPECT_EQ(out, std::string("sha256:") + kVectors[1].hex);
}

TEST(Sha256, ThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([t, &wrong] {
      for (int i = 0; i < 2000; ++i) wrong[t] += to_hex(sha256(kVectors[1 + i % 2].text)) != kVectors[1 + i % 2].hex;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : wrong) EXPECT_EQ(count, 0);
}

}  // namespace
}  // namespace quipu::crypto
