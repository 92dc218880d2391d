// os/os_error.h - how an errno becomes a quipu::Error; shared by all implementations of FileSystem.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace quipu::os {

Code code_of_errno(int number);

std::string errno_text(int number);

// A path as messages show it: in quotes, on one line.
std::string quoted(const std::string& path);

// action is what was attempted: os_error("open", path, ENOENT) says `cannot open "path": No such file or directory`.
Error os_error(std::string_view action, const std::string& path, int number);

// Throws kInvalid for a path that no system call may see: empty, or with a NUL inside.
void check_path(std::string_view action, const std::string& path);

}  // namespace quipu::os
