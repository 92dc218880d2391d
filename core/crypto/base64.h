// crypto/base64.h - base64 (RFC 4648, section 4) over OpenSSL: the standard alphabet, with padding, on one line.
#pragma once

#include <string>
#include <string_view>

namespace quipu::crypto {

std::string base64_encode(std::string_view bytes);

// Takes what base64_encode writes and nothing else: white space, a missing padding, another alphabet and bits that do not
// matter and are set throw kInvalid, with the offset where there is one.
std::string base64_decode(std::string_view text);

}  // namespace quipu::crypto
