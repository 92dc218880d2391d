#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace quipu {
namespace {

using namespace std::string_view_literals;

TEST(Utf8, AcceptsEveryScalarValue) {
  std::string all;
  for (unsigned code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    const auto put = [&](unsigned byte) { all.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
    } else {
      put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)),
          put(0x80 | (code & 0x3F));
    }
  }
  EXPECT_EQ(first_invalid_utf8(all), kAllValid);
  // The second pass, which looks for the place, agrees on all that stands before the fault.
  EXPECT_EQ(first_invalid_utf8(all + "\xFF"), all.size());
}

TEST(Utf8, NamesTheFirstByteOfTheFirstFault) {
  const struct {
    std::string_view name, text;
    std::size_t offset;
  } kCases[] = {
      {"nothing", "", kAllValid},
      {"NUL", "\0"sv, kAllValid},
      {"last of all", "\xF4\x8F\xBF\xBF", kAllValid},
      {"continuation alone", "ab\x80", 2},
      {"lead alone", "a\xC3", 1},
      {"lead before ASCII", "\xC3(", 0},
      {"overlong of two", "\xC0\xAF", 0},
      {"overlong of two, highest", "\xC1\xBF", 0},
      {"overlong of three", "x\xE0\x9F\xBF", 1},
      {"overlong of four", "\xF0\x8F\xBF\xBF", 0},
      {"first surrogate", "\xED\xA0\x80", 0},
      {"last surrogate", "\xED\xBF\xBF", 0},
      {"just below the surrogates", "\xED\x9F\xBF", kAllValid},
      {"above U+10FFFF", "\xF4\x90\x80\x80", 0},
      {"five bytes", "\xF8\x88\x80\x80\x80", 0},
      {"cut in the third byte", "ok \xF0\x9F\x98", 3},
      {"bad third byte", "ok \xF0\x9F(\x80", 3},
      {"bad fourth byte", "ok \xF0\x9F\x98(", 3},
      {"FE", "\xFE", 0},
      {"behind a good character", "\xC3\xA9\xC3", 2},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(first_invalid_utf8(c.text), c.offset) << c.name;
    EXPECT_EQ(is_valid_utf8(c.text), c.offset == kAllValid) << c.name;
  }
}

TEST(Utf8, FindsAFaultAnywhereInALongText) {
  for (std::size_t size = 1; size < 200; ++size) {
    std::string text(size, 'x');
    EXPECT_EQ(first_invalid_utf8(text), kAllValid);
    text[size / 2] = '\xFF';
    EXPECT_EQ(first_invalid_utf8(text), size / 2) << size;
  }
}

}  // namespace
}  // namespace quipu
