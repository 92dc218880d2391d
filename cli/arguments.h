// arguments.h - the command line of one command: options with and without a value, and operands.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace quipu_cli {

// What was typed does not make sense; the program answers 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct OptionSpec {
  const char* name;  // --dir
  bool has_value;
};

class Arguments {
 public:
  // Throws UsageError for an option that is not in the list, is given twice, or lacks its value. `--` ends the options.
  Arguments(const std::vector<std::string>& words, const std::vector<OptionSpec>& specs);

  bool has(const std::string& name) const;
  std::string value(const std::string& name, const std::string& otherwise) const;
  const std::vector<std::string>& operands() const { return operands_; }
  void need_operands(std::size_t count) const;

 private:
  std::vector<std::pair<std::string, std::string>> options_;
  std::vector<std::string> operands_;
};

}  // namespace quipu_cli
