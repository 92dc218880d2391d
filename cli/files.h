// files.h - whole files, for the merge driver and .gitattributes.
#pragma once

#include <string>

namespace quipu_cli {

// Throws std::runtime_error with the path and the system's reason.
std::string read_file(const std::string& path);
bool file_exists(const std::string& path);
// As a whole or not at all: through a file beside it.
void replace_file(const std::string& path, const std::string& content);

}  // namespace quipu_cli
