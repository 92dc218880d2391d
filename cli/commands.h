// commands.h - what `quipu sync ...` does; each command answers the program's exit code.
#pragma once

#include <string>
#include <vector>

namespace quipu_cli {

int sync_export(const std::vector<std::string>& words);
int sync_import(const std::vector<std::string>& words);
int sync_status(const std::vector<std::string>& words);
int sync_repair(const std::vector<std::string>& words);
int merge_manifest(const std::vector<std::string>& words);
int install_merge_driver(const std::vector<std::string>& words);

}  // namespace quipu_cli
