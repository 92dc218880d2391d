// process.h - running git.
#pragma once

#include <string>
#include <vector>

namespace quipu_cli {

struct Outcome {
  int status = 0;      // what it exited with; 128 + n for signal n
  std::string output;  // what it printed
};

// Runs a program found on PATH, without a shell; its messages go where ours go. Throws std::runtime_error if it cannot be started.
Outcome run(const std::vector<std::string>& words);

}  // namespace quipu_cli
