// crypto/random.h - unguessable bytes from OpenSSL's generator.
#pragma once

#include <cstddef>
#include <string>

namespace quipu::crypto {

// So many random bytes as lower-case hex digits. Error(kInternal) if the system has no randomness to give.
std::string random_hex(std::size_t bytes);

}  // namespace quipu::crypto
