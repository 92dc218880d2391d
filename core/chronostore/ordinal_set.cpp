#include "chronostore/ordinal_set.h"

#include <algorithm>

namespace quipu::chronostore {

std::vector<OrdinalSet::Run>::iterator OrdinalSet::find_run(std::uint32_t base) {
  // New records come last: the run wanted is nearly always the last one.
  if (runs_.empty() || runs_.back().base < base) return runs_.end();
  if (runs_.back().base == base) return runs_.end() - 1;
  return std::lower_bound(runs_.begin(), runs_.end(), base,
                          [](const Run& run, std::uint32_t b) { return run.base < b; });
}

void OrdinalSet::insert(std::uint32_t ordinal) {
  const std::uint32_t base = ordinal - ordinal % kStretch;
  const auto offset = static_cast<std::uint16_t>(ordinal - base);
  auto run = find_run(base);
  if (run == runs_.end() || run->base != base) run = runs_.insert(run, Run{base, {}});
  std::vector<std::uint16_t>& offsets = run->offsets;
  const auto place = offsets.empty() || offsets.back() < offset
                         ? offsets.end()
                         : std::lower_bound(offsets.begin(), offsets.end(), offset);
  if (place != offsets.end() && *place == offset) return;
  offsets.insert(place, offset);
  ++size_;
}

void OrdinalSet::erase(std::uint32_t ordinal) {
  const std::uint32_t base = ordinal - ordinal % kStretch;
  const auto offset = static_cast<std::uint16_t>(ordinal - base);
  const auto run = find_run(base);
  if (run == runs_.end() || run->base != base) return;
  const auto place = std::lower_bound(run->offsets.begin(), run->offsets.end(), offset);
  if (place == run->offsets.end() || *place != offset) return;
  run->offsets.erase(place);
  --size_;
  if (run->offsets.empty()) runs_.erase(run);
}

}  // namespace quipu::chronostore
