// bench/tasks.h - what the driver does in processes of its own (`--task NAME ARGUMENTS`): each begins with clean memory, and
// is bound to cores by itself. Answers go to stdout, one line of JSON each.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace bench {

// Throws for a name that is no task.
void run_task_here(const std::string& name, const std::string& arguments);

// task_sync.cpp; each answers what it measured.
nlohmann::json make_memories(const nlohmann::json& arguments);
nlohmann::json sync_export(const nlohmann::json& arguments);
nlohmann::json sync_import(const nlohmann::json& arguments);

}  // namespace bench
