#include "base/fork.h"

#include <pthread.h>

#include <atomic>

namespace quipu {

namespace {

std::atomic<std::uint64_t> generation{0};

[[maybe_unused]] const int handler = pthread_atfork(nullptr, nullptr, [] { generation.fetch_add(1); });

}  // namespace

std::uint64_t fork_generation() { return generation.load(std::memory_order_relaxed); }

}  // namespace quipu
