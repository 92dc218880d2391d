#include "bench/memories.h"

#include <array>
#include <cstdint>

namespace bench {

namespace {

constexpr std::size_t kContentBytes = 900;
constexpr std::size_t kPerSession = 100;
constexpr std::array<const char*, 24> kSyllables{"ta",  "ri",  "mo",   "ne", "sul", "ke", "vor", "li",
                                                 "pan", "de",  "ster", "hu", "gal", "fi", "bro", "che",
                                                 "wi",  "zan", "ul",   "or", "em",  "ix", "qua", "yo"};

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}
  std::size_t below(std::size_t limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>(state_ >> 33) % limit;
  }

 private:
  std::uint64_t state_;
};

void add_word(Random& random, std::string& text) {
  const std::size_t syllables = 1 + random.below(3);
  for (std::size_t i = 0; i < syllables; ++i) text += kSyllables[random.below(kSyllables.size())];
}

}  // namespace

Memory make_memory(std::size_t number) {
  Random random(number + 1);
  Memory memory;
  memory.session = "session-" + std::to_string(number / kPerSession);
  memory.title = "memory " + std::to_string(number);
  for (int i = 0; i < 4; ++i) add_word(random, memory.title += ' ');
  while (memory.content.size() < kContentBytes) {
    add_word(random, memory.content);
    memory.content += random.below(12) == 0 ? ".\n" : " ";
  }
  return memory;
}

}  // namespace bench
