// bench/tasks.h - what the driver does in processes of its own (`--task NAME ARGUMENTS`): each begins with clean memory, and
// is bound to cores by itself. Answers go to stdout, one line of JSON each.
#pragma once

#include <string>

namespace bench {

// Throws for a name that is no task.
void run_task_here(const std::string& name, const std::string& arguments);

}  // namespace bench
