#include "sync/transport.h"

#include <algorithm>

#include "crypto/sha256.h"

namespace quipu::sync {

namespace {

constexpr std::size_t kShortestId = 8;
constexpr std::size_t kLongestId = 64;

}  // namespace

bool is_chunk_id(std::string_view id) {
  if (id.size() < kShortestId || id.size() > kLongestId) return false;
  return std::all_of(id.begin(), id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string chunk_id_of(std::string_view document) {
  return crypto::to_hex(crypto::sha256(document)).substr(0, kShortestId);
}

}  // namespace quipu::sync
