// os/huge_allocator.h - memory for large tables that are read at random: in huge pages where the system gives them, so that
// a look costs no walk through the page tables. Small tables get ordinary memory.
#pragma once

#include <cstddef>
#include <new>

namespace quipu::os {

// Throws std::bad_alloc. Freed by free_table with the same size.
void* allocate_table(std::size_t bytes);
void free_table(void* memory, std::size_t bytes) noexcept;

// For containers.
template <typename T>
struct HugeAllocator {
  using value_type = T;
  HugeAllocator() = default;
  template <typename U>
  explicit HugeAllocator(const HugeAllocator<U>&) {}
  T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(allocate_table(count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t count) noexcept { free_table(memory, count * sizeof(T)); }
  bool operator==(const HugeAllocator&) const { return true; }
};

}  // namespace quipu::os
