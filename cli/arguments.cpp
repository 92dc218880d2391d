#include "arguments.h"

#include <algorithm>

namespace quipu_cli {

Arguments::Arguments(const std::vector<std::string>& words, const std::vector<OptionSpec>& specs) {
  bool options_over = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (options_over || word.size() < 2 || word[0] != '-') {
      operands_.push_back(word);
      continue;
    }
    if (word == "--") {
      options_over = true;
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const auto spec =
        std::find_if(specs.begin(), specs.end(), [&](const OptionSpec& known) { return known.name == name; });
    if (spec == specs.end()) throw UsageError("there is no option " + name);
    if (has(name)) throw UsageError(name + " is given twice");
    std::string value;
    if (equals != std::string::npos) {
      if (!spec->has_value) throw UsageError(name + " takes no value");
      value = word.substr(equals + 1);
    } else if (spec->has_value) {
      if (++i == words.size()) throw UsageError(name + " wants a value");
      value = words[i];
    }
    options_.emplace_back(name, value);
  }
}

bool Arguments::has(const std::string& name) const {
  return std::any_of(options_.begin(), options_.end(), [&](const auto& option) { return option.first == name; });
}

std::string Arguments::value(const std::string& name, const std::string& otherwise) const {
  for (const auto& [known, value] : options_) {
    if (known == name) return value;
  }
  return otherwise;
}

void Arguments::need_operands(std::size_t count) const {
  if (operands_.size() < count) throw UsageError("a file is missing");
  if (operands_.size() > count) throw UsageError("\"" + operands_[count] + "\" is too much");
}

}  // namespace quipu_cli
