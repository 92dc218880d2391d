#include "bench/floors.h"

#include <simdjson.h>

#include <cstring>
#include <stdexcept>

#include "bench/measure.h"

namespace bench {
namespace {

template <typename Function>
std::size_t each_line(std::string_view text, Function function) {
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const void* end = std::memchr(text.data() + at, '\n', text.size() - at);
    const std::size_t stop =
        end == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const char*>(end) - text.data());
    function(text.substr(at, stop - at));
    at = stop + 1;
  }
  return lines;
}

}  // namespace

Sha256::Sha256() : digest_type_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  if (digest_type_ == nullptr || context_ == nullptr) throw std::runtime_error("OpenSSL has no SHA-256");
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_);
  EVP_MD_free(digest_type_);
}

void Sha256::hash(std::string_view bytes) {
  if (EVP_DigestInit_ex2(context_, digest_type_, nullptr) != 1 ||
      EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context_, digest_.data(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
}

Pass hash_lines(std::string_view text) {
  Sha256 hasher;
  unsigned used = 0;
  const Stopwatch watch;
  const std::size_t lines = each_line(text, [&](std::string_view line) {
    hasher.hash(line);
    used += hasher.sample();
  });
  const double seconds = watch.seconds();
  keep(used);
  return {lines, seconds};
}

std::size_t padding() { return simdjson::SIMDJSON_PADDING; }

Pass parse_lines(std::string_view text) {
  simdjson::dom::parser parser;
  std::int64_t used = 0;
  const Stopwatch watch;
  const std::size_t lines = each_line(text, [&](std::string_view line) {
    const simdjson::dom::element event = parser.parse(line.data(), line.size(), false);
    used += event["seq"].get_int64().value();
  });
  const double seconds = watch.seconds();
  keep(used);
  return {lines, seconds};
}

}  // namespace bench
