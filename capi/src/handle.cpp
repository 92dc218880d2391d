#include "handle.h"

#include <array>

namespace quipu::capi {

namespace {

struct Shell {
  void* memory = nullptr;
  void (*destroy)(void*) = nullptr;
};

// Never destroyed, since finalizers run late: nothing in it has a destructor that does anything.
struct Ring {
  std::mutex mutex;
  std::array<Shell, 256> shells;
  std::size_t next = 0;
};
Ring ring;

thread_local const CallbackMark* innermost = nullptr;

}  // namespace

void quarantine(void* shell, void (*destroy)(void*)) noexcept {
  Shell oldest{shell, destroy};
  {
    const std::lock_guard lock(ring.mutex);
    std::swap(oldest, ring.shells[ring.next]);
    ring.next = (ring.next + 1) % ring.shells.size();
  }
  if (oldest.memory != nullptr) oldest.destroy(oldest.memory);
}

CallbackMark::CallbackMark(const Lifetime& store) : store_(&store), outer_(innermost) { innermost = this; }
CallbackMark::~CallbackMark() { innermost = outer_; }

bool CallbackMark::is_set(const Lifetime& store) {
  for (const CallbackMark* mark = innermost; mark != nullptr; mark = mark->outer_) {
    if (mark->store_ == &store) return true;
  }
  return false;
}

}  // namespace quipu::capi
