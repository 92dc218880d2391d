#include "crypto/random.h"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>

#include "base/error.h"

namespace quipu::crypto {

std::string random_hex(std::size_t bytes) {
  std::string hex;
  std::array<unsigned char, 32> block;
  while (hex.size() < 2 * bytes) {
    if (RAND_bytes(block.data(), static_cast<int>(block.size())) != 1) {
      ERR_clear_error();
      throw Error(Code::kInternal, "no random bytes are to be had");
    }
    for (const unsigned char byte : block) {
      hex += "0123456789abcdef"[byte >> 4];
      hex += "0123456789abcdef"[byte & 0x0F];
    }
  }
  hex.resize(2 * bytes);
  return hex;
}

}  // namespace quipu::crypto
