#include "handle.h"

#include <array>

namespace quipu::capi {

void quarantine(std::shared_ptr<void> shell) {
  constexpr std::size_t kKept = 256;
  struct Ring {
    std::mutex mutex;
    std::array<std::shared_ptr<void>, kKept> shells;
    std::size_t next = 0;
  };
  static Ring& ring = *new Ring;  // never destroyed: finalizers run late
  std::shared_ptr<void> oldest;   // released outside of the mutex
  const std::lock_guard lock(ring.mutex);
  oldest = std::exchange(ring.shells[ring.next], std::move(shell));
  ring.next = (ring.next + 1) % kKept;
}

}  // namespace quipu::capi
