// support/chronostore_script.h - random lives of a store: a seed gives steps, and with each step what the model shows after it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "chronostore/store.h"
#include "os/file_system.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_model.h"

namespace quipu::test {

// Those who act in a script: handles on one store, as of so many processes, each opened when it is first needed.
class Actors {
 public:
  Actors(os::FileSystem& fs, Clock& clock, std::string project);

  chronostore::Store& handle(std::size_t which);
  void close(std::size_t which);
  void close_all();

  chronostore::StoreOptions options;           // for all handles
  std::vector<std::int64_t> depths = {0};      // recursion_depth of each handle, the last for those that follow
  std::string import_folder = "/import";       // see write_import_files
  std::map<std::string, std::size_t> backups;  // acknowledged: path, and the steps that were acknowledged before it
  std::size_t acknowledged = 0;                // steps

 private:
  std::string project_;
  std::vector<std::unique_ptr<chronostore::Store>> handles_;
};

struct ScriptStep {
  std::string name;
  std::function<void(Actors&)> run;  // a std::runtime_error tells what was not as in the model
};

// Runs steps from actors.acknowledged on and counts them there.
void run_steps(const std::vector<ScriptStep>& steps, Actors& actors);

// What the step "import" reads.
void write_import_files(os::FileSystem& fs, const std::string& folder);

class ScriptMaker {
 public:
  struct Limits {
    std::size_t handles = 2;
    bool long_texts = true;  // ids and data of thousands of bytes
    bool odd_values = true;  // ids, labels, confidences and more that are no texts or numbers
    std::vector<std::int64_t> depths = {0};
  };

  ScriptMaker(std::uint64_t seed, Model model, Limits limits);

  // A step; the model is what the store must be after it.
  ScriptStep next();
  const Model& model() const { return model_; }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  std::string some_id();  // text
  ModelRecord some_record();

 private:
  ScriptStep upsert(std::size_t who);
  ScriptStep upsert_many(std::size_t who, std::size_t count);
  ScriptStep remove(std::size_t who);
  ScriptStep commit(std::size_t who, bool fails);
  ScriptStep refused(std::size_t who);
  ScriptStep import(std::size_t who);
  template <typename T>
  const T& any(const std::vector<T>& of) {
    return of[below(of.size())];
  }

  std::mt19937_64 random_;
  Model model_;
  Limits limits_;
  std::uint64_t steps_ = 0;
};

}  // namespace quipu::test
