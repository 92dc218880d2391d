// chronostore/ordinal_set.h - a set of places in the store's order, sorted, at about two bytes a member.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace quipu::chronostore {

// Sorted runs of 16-bit offsets, one run for each stretch of kStretch ordinals that has a member. Adding or removing costs
// at most moving one run (16 KiB), however many members there are.
class OrdinalSet {
 public:
  void insert(std::uint32_t ordinal);
  void erase(std::uint32_t ordinal);
  std::size_t size() const { return size_; }

  // Calls fn(ordinal) in rising order.
  template <typename Fn>
  void for_each(Fn&& fn) const {
    for (const Run& run : runs_) {
      for (const std::uint16_t offset : run.offsets) fn(run.base + offset);
    }
  }

 private:
  static constexpr std::uint32_t kStretch = 8192;
  struct Run {
    std::uint32_t base;
    std::vector<std::uint16_t> offsets;
  };
  std::vector<Run>::iterator find_run(std::uint32_t base);

  std::vector<Run> runs_;
  std::size_t size_ = 0;
};

}  // namespace quipu::chronostore
