// http/http_module.h - what the module quipu-http.so and the core say to each other: plain structures and functions, so that
// the two may be compiled apart. A change here raises kHttpModuleAbi.
//
// The module does one exchange at a time and decides nothing: it follows no redirect and repeats nothing (http_client.h does).
#pragma once

#include <cstddef>
#include <cstdint>

namespace quipu::http {

inline constexpr std::uint32_t kHttpModuleAbi = 1;
inline constexpr const char* kHttpModuleFile = "quipu-http.so";

// Why there is no answer.
enum class Failure : std::int32_t {
  kNone = 0,
  kResolve = 1,  // the host's name is unknown
  kConnect = 2,  // nothing listens there
  kLost = 3,     // the connection or the answer broke off
  kTimeout = 4,  // took longer than the request allows
  kTls = 5,      // certificate or handshake
  kAborted = 6,  // a function of the request said so
  kNoMemory = 7,
  kRequest = 8,   // the request itself cannot be sent: its URL, the file of certificates
  kProtocol = 9,  // what came back is not HTTP
  kOther = 10,
};

struct ModuleRequest {
  const char* method;
  const char* url;
  const char* const* headers;  // "Name: value", ended by a null pointer
  const char* body;            // null: none
  std::size_t body_size;
  std::int64_t connect_timeout_ms;
  std::int64_t timeout_ms;  // for all of it
  const char* ca_file;      // null: what the system trusts
  std::int32_t direct;      // 1: past any proxy that the environment names
  // 1: on a connection of its own. On one that was used before, a request whose answer never began is silently sent again:
  // not for what must not be done twice.
  std::int32_t fresh;

  // Called on the caller's thread while the exchange runs; they throw nothing. Anything but 0 ends it with kAborted.
  void* user;
  // A piece of the answer's body. length: what the answer says its body has, -1 if it does not.
  std::int32_t (*on_body)(void* user, std::int32_t status, std::int64_t length, const char* data, std::size_t size);
  // Once, when the exchange is over, if the head of an answer had come. Any text may be null; retry_after_s: 0 if not given.
  std::int32_t (*on_head)(void* user, std::int32_t status, std::int64_t retry_after_s, const char* content_type,
                          const char* redirect_url);
  // Now and then, at least once a second.
  std::int32_t (*on_progress)(void* user);
};

struct ModuleOutcome {
  Failure failure;
  std::int32_t status;        // 0: no answer
  std::int32_t backend_code;  // the number of the library below, 0 if all went well
  char backend_text[256];     // its text
};

struct HttpModule {
  std::uint32_t abi;  // kHttpModuleAbi
  // A client keeps connections for the next exchange. Null: out of memory. Destroyed when no exchange runs.
  void* (*client_create)();
  void (*client_destroy)(void* client);
  // Any number of threads at once.
  void (*exchange)(void* client, const ModuleRequest* request, ModuleOutcome* outcome);
};

}  // namespace quipu::http
