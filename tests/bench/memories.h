// bench/memories.h - the memories that the work on sync is measured with: texts of words, about 1 KB each.
#pragma once

#include <cstddef>
#include <string>

namespace bench {

struct Memory {
  std::string session;
  std::string title;
  std::string content;
};

// Always the same for a number.
Memory make_memory(std::size_t number);

}  // namespace bench
