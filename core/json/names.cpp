#include "json/names.h"

#include <algorithm>
#include <numeric>

namespace quipu::json {

bool hashes_may_repeat(std::span<const std::size_t> hashes) {
  // Names chosen to collide must not make this quadratic: after that many steps the answer is "may be".
  constexpr std::size_t kMaxSteps = 64;
  std::vector<std::size_t> table(std::bit_ceil(2 * hashes.size()), 0);
  const std::size_t mask = table.size() - 1;
  for (std::size_t hash : hashes) {
    if (hash == 0) hash = 1;  // 0 marks a free place
    std::size_t place = hash & mask;
    for (std::size_t steps = 0; table[place] != 0; place = (place + 1) & mask) {
      if (table[place] == hash || ++steps == kMaxSteps) return true;
    }
    table[place] = hash;
  }
  return false;
}

std::vector<std::size_t> settle_repeated_names(std::span<const std::string_view> names) {
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int difference = names[a].compare(names[b]);
    return difference != 0 ? difference < 0 : a < b;
  });

  std::vector<std::size_t> source(names.size(), kNotFirst);
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && names[order[last + 1]] == names[order[first]]) ++last;
    source[order[first]] = order[last];
    first = last + 1;
  }
  return source;
}

}  // namespace quipu::json
