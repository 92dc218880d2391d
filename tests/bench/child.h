// bench/child.h - programs that the driver starts: itself with a task, or the program of another language. Each answers
// with one line of JSON per question.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace bench {

class Child {
 public:
  explicit Child(const std::vector<std::string>& command);
  // The driver itself with one of the tasks of tasks.h.
  static Child task(const std::string& name, const nlohmann::json& arguments);

  Child(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child& operator=(Child&&) = delete;
  // Ends it if it still runs.
  ~Child();

  void send(const std::string& line);
  nlohmann::json receive();
  // Closes its input and waits; throws unless it ended with 0.
  void finish();

 private:
  std::string name_;
  pid_t pid_ = -1;
  int input_ = -1;
  FILE* output_ = nullptr;
};

// One question, one answer.
nlohmann::json run_task(const std::string& name, const nlohmann::json& arguments);

}  // namespace bench
