#include "store_handle.h"

namespace quipu::capi {

std::function<bool(std::int64_t, std::int64_t)> progress_in(const Lifetime& lifetime, quipu_progress_fn progress,
                                                            void* user) {
  if (progress == nullptr) return nullptr;
  return [&lifetime, progress, user](std::int64_t done, std::int64_t total) {
    const CallbackMark mark(lifetime);
    const std::uint64_t process = fork_generation();
    const bool go_on = progress(user, done, total) == 0;
    if (fork_generation() != process) misuse("the call was begun by the parent process");
    return go_on;
  };
}

}  // namespace quipu::capi
