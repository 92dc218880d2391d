// base/fork.h - tells a forked child from its parent at the price of a load.
#pragma once

#include <cstdint>

namespace quipu {

// Rises in every child made by fork(): what the parent opened is recognised by it.
std::uint64_t fork_generation();

}  // namespace quipu
