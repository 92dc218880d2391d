// bench/floors.h - what the parts of the work cost at least: hashing alone, parsing alone.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace bench {

// SHA-256 as fast as OpenSSL does it: the digest is fetched once.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();
  void hash(std::string_view bytes);
  // A byte of the last digest: what is computed is used.
  unsigned char sample() const { return digest_[0]; }

 private:
  EVP_MD* digest_type_;
  EVP_MD_CTX* context_;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest_{};
};

// How many lines, and seconds it took.
struct Pass {
  std::size_t lines = 0;
  double seconds = 0;
};

// Hashes each line of `text` by itself.
Pass hash_lines(std::string_view text);

// Parses each line of `text` with simdjson's DOM parser and reads one field. `text` is followed by `padding()` bytes.
Pass parse_lines(std::string_view text);
std::size_t padding();

}  // namespace bench
