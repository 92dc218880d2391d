// languages/cpp/agent_memory.h - the commands of the C++ agent that work on memories; agent.cpp says what they do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quipu_cpp {

struct MemoryCommand {
  const char* name;
  std::size_t arguments;  // behind DIR
  std::int64_t (*run)(const std::string& folder, const std::vector<std::string>& arguments);
};
// Nothing of that name: nullptr.
const MemoryCommand* find_memory_command(const std::string& name);

}  // namespace quipu_cpp
