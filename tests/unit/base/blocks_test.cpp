// What is asked of sixteen bytes at once gets the same answer on every processor.
#include "base/blocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <string_view>

namespace quipu {
namespace {

std::string random_block(std::mt19937_64& random) {
  static constexpr std::string_view kBytes("\x00\x1F\x20\"\\\n\r a~\x7F\x80\xC3\xFF", 14);
  std::string block(kBlock, '\0');
  for (char& c : block) c = random() % 4 == 0 ? static_cast<char>(random()) : kBytes[random() % kBytes.size()];
  return block;
}

TEST(Blocks, EveryByteIsWhatItIs) {
  for (int value = 0; value < 256; ++value) {
    const std::string block = std::string(kBlock - 1, 'a') + static_cast<char>(value);
    const bool control = value < 0x20;
    const unsigned last = 1u << (kBlock - 1);
    for (const BlockBits bits : {look(block.data()), plain::look(block.data())}) {
      EXPECT_EQ(bits.special, control || value == '"' || value == '\\' ? last : 0) << value;
      EXPECT_EQ(bits.high, value >= 0x80 ? last : 0) << value;
    }
    EXPECT_EQ(control_characters(block.data()), control ? last : 0) << value;
    EXPECT_EQ(plain::control_characters(block.data()), control ? last : 0) << value;
  }
}

TEST(Blocks, AgreeWithPlainCode) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 10000; ++round) {
    const std::string block = random_block(random);
    EXPECT_EQ(look(block.data()).special, plain::look(block.data()).special);
    EXPECT_EQ(look(block.data()).high, plain::look(block.data()).high);
    EXPECT_EQ(control_characters(block.data()), plain::control_characters(block.data()));
    std::string four(4 * kBlock, 'a');
    four[random() % four.size()] = block.front();
    EXPECT_EQ(four_without_control(four.data()), plain::four_without_control(four.data())) << four;
  }
}

TEST(Blocks, AreComparedToTheSizeOnly) {
  std::mt19937_64 random(4);
  for (std::size_t size = 0; size <= 5 * kBlock; ++size) {
    std::string a;
    for (int i = 0; i < 6; ++i) a += random_block(random);
    for (std::size_t at = 0; at < a.size(); ++at) {
      std::string b = a;
      b[at] = static_cast<char>(b[at] ^ (1 << random() % 8));
      EXPECT_EQ(blocks_equal(a.data(), b.data(), size), at >= size) << size << " " << at;
      if (size > kBlock) continue;
      EXPECT_EQ(block_equal(a.data(), b.data(), size), at >= size) << size << " " << at;
      EXPECT_EQ(plain::block_equal(a.data(), b.data(), size), at >= size) << size << " " << at;
    }
    std::string copy(a.size() + 2 * kBlock, '\0');
    EXPECT_EQ(copy_blocks(a.data(), size, copy.data()), copy.data() + size);
    EXPECT_EQ(copy.substr(0, size), a.substr(0, size));
  }
}

TEST(Blocks, CopyShortTouchesNothingElse) {
  std::string from;
  for (int i = 0; i < 700; ++i) from += static_cast<char>('a' + i % 26);
  for (std::size_t size = 0; size <= 600; ++size) {
    const auto exact = std::make_unique<char[]>(size);  // what is read behind it, a sanitizer sees
    std::copy_n(from.data(), size, exact.get());
    std::string to(700, '.');
    ASSERT_EQ(copy_short(exact.get(), size, to.data() + 1), to.data() + 1 + size);
    ASSERT_EQ(to, "." + from.substr(0, size) + std::string(699 - size, '.')) << size;
  }
}

TEST(Blocks, HexDigits) {
  std::uint8_t bytes[kBlock];
  for (int first = 0; first < 256; first += static_cast<int>(kBlock)) {
    std::string expected;
    for (std::size_t i = 0; i < kBlock; ++i) {
      bytes[i] = static_cast<std::uint8_t>(first + static_cast<int>(i));
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", bytes[i]);
      expected += digits;
    }
    std::string text(2 * kBlock, '?');
    spell_hex(bytes, text.data());
    EXPECT_EQ(text, expected);
    text.assign(2 * kBlock, '?');
    plain::spell_hex(bytes, text.data());
    EXPECT_EQ(text, expected);
  }
}

}  // namespace
}  // namespace quipu
