#include "crypto/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/error.h"

namespace quipu::crypto {
namespace {

// OpenSSL counts in int. A multiple of 3 and of 4: pieces end where groups end.
constexpr std::size_t kPiece = std::size_t{12} << 20;

constexpr std::array<bool, 256> kIsInAlphabet = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

const unsigned char* as_bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* as_bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

[[noreturn]] void refuse(std::size_t offset, const char* why) {
  throw Error(Code::kInvalid, std::string("the text is not base64: ") + why)
      .at_offset(static_cast<std::int64_t>(offset));
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends each piece with a NUL
  std::size_t size = 0;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const std::string_view piece = bytes.substr(at, kPiece);
    size += static_cast<std::size_t>(
        EVP_EncodeBlock(as_bytes(text.data() + size), as_bytes(piece), static_cast<int>(piece.size())));
  }
  text.resize(size);
  return text;
}

// EVP_DecodeBlock passes over white space at both ends, and takes padding anywhere for zeros; hence the looks before and after.
std::string base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) refuse(text.size(), "its length is not a multiple of 4");
  const std::size_t padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
  if (padding > 2) refuse(text.size() - padding, "there is too much padding");
  for (std::size_t at = 0; at < text.size() - padding; ++at) {
    if (!kIsInAlphabet[static_cast<unsigned char>(text[at])]) refuse(at, "a character is not one of its alphabet");
  }

  std::string bytes(text.size() / 4 * 3, '\0');
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size(); at += kPiece) {
    const std::string_view piece = text.substr(at, kPiece);
    const int count = EVP_DecodeBlock(as_bytes(bytes.data() + size), as_bytes(piece), static_cast<int>(piece.size()));
    if (count < 0) throw Error(Code::kInternal, "cannot decode base64: OpenSSL refuses a text that is");
    size += static_cast<std::size_t>(count);
  }
  // The bits that stand for no byte have become the bytes that padding stands for.
  if (bytes.find_first_not_of('\0', bytes.size() - padding) != std::string::npos) {
    refuse(text.size() - padding - 1, "bits that stand for nothing are set");
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace quipu::crypto
