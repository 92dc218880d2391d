#include "crypto/sha256.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/blocks.h"
#include "base/error.h"

namespace quipu::crypto {
namespace {

[[noreturn]] void fail(const char* what) { throw Error(Code::kInternal, std::string("SHA-256 failed: ") + what); }
[[noreturn]] void out_of_memory() { throw Error(Code::kNoMemory, "SHA-256 failed: out of memory"); }

// Should it fail for want of memory, the next call tries again.
const EVP_MD* fetch() {
  const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  if (fetched != nullptr) return fetched;
  bool no_memory = ERR_peek_error() == 0;  // not even for OpenSSL's own error
  while (const unsigned long error = ERR_get_error()) {
    no_memory = no_memory || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
  }
  if (no_memory) out_of_memory();
  fail("the algorithm is not available");
}

// Fetching costs more than hashing a log line; the algorithm is never freed, as it must outlive every thread.
const EVP_MD* algorithm() {
  static const EVP_MD* const fetched = fetch();
  return fetched;
}

EVP_MD_CTX* as_context(void* context) { return static_cast<EVP_MD_CTX*>(context); }

void start(void* context) {
  // Nothing else can be missing.
  if (EVP_DigestInit_ex2(as_context(context), algorithm(), nullptr) != 1) out_of_memory();
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr) out_of_memory();
}

Sha256::~Sha256() { EVP_MD_CTX_free(as_context(context_)); }

void Sha256::update(std::string_view data) {
  if (!started_) {
    start(context_);
    started_ = true;
  }
  if (EVP_DigestUpdate(as_context(context_), data.data(), data.size()) != 1) fail("cannot add data");
}

Sha256Digest Sha256::finish() {
  update({});  // starts, should nothing have been added
  started_ = false;
  Sha256Digest digest;
  if (EVP_DigestFinal_ex(as_context(context_), digest.data(), nullptr) != 1) fail("cannot finish");
  return digest;
}

Sha256Digest sha256(std::string_view data) {
  thread_local Sha256 hash;
  hash.update(data);
  return hash.finish();
}

void append_hex(const Sha256Digest& digest, std::string& out) {
  static_assert(sizeof(Sha256Digest) == 2 * kBlock);
  char text[2 * sizeof(Sha256Digest)];
  spell_hex(digest.data(), text);
  spell_hex(digest.data() + kBlock, text + 2 * kBlock);
  out.append(text, sizeof text);
}

std::string to_hex(const Sha256Digest& digest) {
  std::string out;
  append_hex(digest, out);
  return out;
}

}  // namespace quipu::crypto
