// sync/transport_lock.h - inside core/sync: the manifest of a transport, locked to the end of the scope.
#pragma once

#include "sync/transport.h"

namespace quipu::sync {

class TransportLock {
 public:
  explicit TransportLock(Transport& transport) : transport_(transport) { transport_.lock(); }
  ~TransportLock() { transport_.unlock(); }
  TransportLock(const TransportLock&) = delete;
  TransportLock& operator=(const TransportLock&) = delete;

 private:
  Transport& transport_;
};

}  // namespace quipu::sync
