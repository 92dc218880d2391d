// os/host.h - what the operating system tells of where the program runs.
#pragma once

#include <string>

namespace quipu::os {

// Empty if it is not set.
std::string environment_variable(const char* name);
// Empty if the system does not tell.
std::string host_name();

}  // namespace quipu::os
