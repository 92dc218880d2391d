#include "os/huge_allocator.h"

#include <sys/mman.h>

namespace quipu::os {

namespace {

constexpr std::size_t kHugePage = 2 << 20;
constexpr std::size_t kWorthIt = 2 * kHugePage;

}  // namespace

void* allocate_table(std::size_t bytes) {
  if (bytes < kWorthIt) return ::operator new(bytes);
  void* const memory = ::operator new(bytes, std::align_val_t(kHugePage));
#ifdef MADV_HUGEPAGE
  ::madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);  // a wish: what comes of it is all the same
#endif
  return memory;
}

void free_table(void* memory, std::size_t bytes) noexcept {
  if (bytes < kWorthIt) {
    ::operator delete(memory);
  } else {
    ::operator delete(memory, std::align_val_t(kHugePage));
  }
}

}  // namespace quipu::os
