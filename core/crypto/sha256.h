// crypto/sha256.h - SHA-256 over OpenSSL's libcrypto, the algorithm fetched once per process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace quipu::crypto {

using Sha256Digest = std::array<std::uint8_t, 32>;

// A running hash that can be used again after finish(). One thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view data);
  Sha256Digest finish();  // and starts again

 private:
  void* context_;
  bool started_ = false;  // the context takes data: not after finish, nor after a start that failed
};

Sha256Digest sha256(std::string_view data);
std::string to_hex(const Sha256Digest& digest);  // 64 lower-case digits
void append_hex(const Sha256Digest& digest, std::string& out);

}  // namespace quipu::crypto
