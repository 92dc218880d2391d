#include <quipu/error.h>

#include <memory>

#include "boundary.h"

using namespace quipu::capi;

namespace {

const char* borrowed(const quipu_error* error, std::string quipu_error::*text, size_t* len) {
  if (error == nullptr) {
    if (len != nullptr) *len = 0;
    return "";
  }
  const std::string& value = error->*text;
  if (len != nullptr) *len = value.size();
  return value.c_str();
}

}  // namespace

extern "C" {

const char* quipu_status_name(int status) {
  switch (status) {
    case QUIPU_OK:
      return "OK";
    case QUIPU_E_INVALID:
      return "INVALID";
    case QUIPU_E_NOT_FOUND:
      return "NOT_FOUND";
    case QUIPU_E_EXISTS:
      return "EXISTS";
    case QUIPU_E_CONFLICT:
      return "CONFLICT";
    case QUIPU_E_BUSY:
      return "BUSY";
    case QUIPU_E_IO:
      return "IO";
    case QUIPU_E_FULL:
      return "FULL";
    case QUIPU_E_CORRUPT:
      return "CORRUPT";
    case QUIPU_E_BROKEN_CHAIN:
      return "BROKEN_CHAIN";
    case QUIPU_E_NOT_A_STORE:
      return "NOT_A_STORE";
    case QUIPU_E_TOO_NEW:
      return "TOO_NEW";
    case QUIPU_E_READ_ONLY:
      return "READ_ONLY";
    case QUIPU_E_CLOSED:
      return "CLOSED";
    case QUIPU_E_POISONED:
      return "POISONED";
    case QUIPU_E_MISUSE:
      return "MISUSE";
    case QUIPU_E_UNSUPPORTED:
      return "UNSUPPORTED";
    case QUIPU_E_CANCELLED:
      return "CANCELLED";
    case QUIPU_E_TIMEOUT:
      return "TIMEOUT";
    case QUIPU_E_NO_MEMORY:
      return "NO_MEMORY";
    case QUIPU_E_INTERNAL:
      return "INTERNAL";
    case QUIPU_E_QUOTA:
      return "QUOTA";
    case QUIPU_E_CONSTRAINT:
      return "CONSTRAINT";
    case QUIPU_E_UNAUTHENTICATED:
      return "UNAUTHENTICATED";
    case QUIPU_E_FORBIDDEN:
      return "FORBIDDEN";
    default:
      return "UNKNOWN";
  }
}

quipu_status quipu_error_code(const quipu_error* error) {
  return error == nullptr ? QUIPU_OK : static_cast<quipu_status>(error->code);
}
const char* quipu_error_message(const quipu_error* error, size_t* len) {
  return borrowed(error, &quipu_error::message, len);
}
int quipu_error_retryable(const quipu_error* error) { return error != nullptr && error->retryable ? 1 : 0; }
const char* quipu_error_path(const quipu_error* error, size_t* len) { return borrowed(error, &quipu_error::path, len); }
int64_t quipu_error_line(const quipu_error* error) { return error == nullptr ? 0 : error->line; }
int64_t quipu_error_offset(const quipu_error* error) { return error == nullptr ? -1 : error->offset; }
int64_t quipu_error_seq(const quipu_error* error) { return error == nullptr ? -1 : error->seq; }
int64_t quipu_error_backend_code(const quipu_error* error) { return error == nullptr ? 0 : error->backend_code; }
const char* quipu_error_backend_message(const quipu_error* error, size_t* len) {
  return borrowed(error, &quipu_error::backend_message, len);
}

quipu_error* quipu_error_new(int code, const char* message, size_t message_len) {
  try {
    auto made = std::make_unique<quipu_error>();
    made->code = code == QUIPU_OK ? QUIPU_E_INTERNAL : code;
    made->retryable = code == QUIPU_E_BUSY || code == QUIPU_E_TIMEOUT;
    if (message != nullptr) made->message = as_utf8({message, message_len});
    count_handle(1);
    return made.release();
  } catch (...) {
    return nullptr;
  }
}

void quipu_error_free(quipu_error* error) {
  if (error == nullptr || is_static_error(error)) return;
  count_handle(-1);
  delete error;
}

}  // extern "C"
