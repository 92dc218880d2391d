#include "crypto/base64.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "base/error.h"

namespace quipu::crypto {
namespace {

using std::string_literals::operator""s;

// The offset of the fault, -1 if there is none.
std::int64_t fault_of(std::string_view text) {
  try {
    base64_decode(text);
    return -1;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalid);
    return error.offset();
  }
}

TEST(Base64, KnownVectors) {
  // RFC 4648, section 10, and bytes that need the last two characters.
  const std::pair<std::string, const char*> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\0\0\0"s, "AAAA"},
      {"\0"s, "AA=="},
      {"\xff\xff\xff", "////"},
      {"\xfb\xef\xbe", "++++"},
  };
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Base64, AnyBytesComeBack) {
  std::mt19937_64 random(5);
  // Around the size of the pieces that are handed to OpenSSL as well.
  constexpr std::size_t kPiece = std::size_t{12} << 20;
  for (const std::size_t size : {1, 2, 3, 255, 256, 257, 65536, 3000001}) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_TRUE(base64_decode(base64_encode(bytes)) == bytes) << size;
  }
  for (const std::size_t size : {kPiece - 1, kPiece, kPiece + 1, kPiece / 4 * 3 + 1, 2 * kPiece + 2}) {
    std::string bytes(size, 'x');
    bytes[size / 2] = '\0';
    bytes.back() = '\xff';
    const std::string text = base64_encode(bytes);
    EXPECT_EQ(text.size(), (size + 2) / 3 * 4);
    EXPECT_EQ(text.find('\0'), std::string::npos);
    EXPECT_TRUE(base64_decode(text) == bytes) << size;
  }
}

TEST(Base64, RefusesEverythingElse) {
  const std::pair<std::string, std::int64_t> cases[] = {
      {"Z", 1},        {"Zg", 2},           {"Zg=", 3},       {"Zm8", 3},      {"====", 0},       {"Z===", 1},
      {"=", 1},        {"Zg==Zg==", 2},     {"Z=g=", 1},      {"Zg=a", 2},     {"Zm8=Zm8=", 3},   {" Zm9", 0},
      {"Zm9v\n", 5},   {"Zm9v\n\n\n\n", 4}, {"Zm9\n", 3},     {"\tZm9vYm", 7}, {"Zm\r\nZm9v", 2}, {"Zm-v", 2},
      {"Zm_v", 2},     {"Zm9\0"s, 3},       {"\0\0\0\0"s, 0}, {"Zm9\xff", 3},  {"Zm9v====", 4},   {"    ", 0},
      {"Zm9v    ", 4}, {"----", 0},         {"Zm9vZm.v", 6},
  };
  for (const auto& [text, offset] : cases) EXPECT_EQ(fault_of(text), offset) << testing::PrintToString(text);
}

TEST(Base64, OneTextForEachBytes) {
  // Of all texts for one and for two bytes, those are taken that are written.
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  int taken = 0;
  for (const char c : alphabet) {
    for (const std::string& text : {std::string("Z") + c + "==", std::string("Zm") + c + "="}) {
      if (fault_of(text) >= 0) continue;
      ++taken;
      EXPECT_EQ(base64_encode(base64_decode(text)), text);
    }
  }
  EXPECT_EQ(taken, 4 + 16);
}

TEST(Base64, EveryByteInEveryPlace) {
  for (std::size_t place = 0; place < 8; ++place) {
    int taken = 0;
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = "AAAAAAAA";
      text[place] = static_cast<char>(byte);
      if (fault_of(text) >= 0) continue;
      ++taken;
      EXPECT_EQ(base64_encode(base64_decode(text)), text);
    }
    EXPECT_EQ(taken, place == 7 ? 65 : 64) << place;  // a padding may stand at the end
  }
}

}  // namespace
}  // namespace quipu::crypto
