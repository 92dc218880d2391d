// Random scripts of operations on a store and on a model of it that shares no code with the core: after each step all that can be
// seen is the same, through each handle, through one that only reads, and through one that was opened just now.
// QUIPU_TEST_SEED=<n> runs the script that a failure names.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <iostream>

#include "support/chronostore_cuts.h"
#include "support/chronostore_script.h"
#include "support/chronostore_support.h"
#include "support/effort.h"

namespace quipu::test {
namespace {

using chronostore::RecordRef;
using chronostore::Selection;
using chronostore::Store;
using os::testing::MemoryFileSystem;

struct Counts {
  std::uint64_t scripts = 0;
  std::uint64_t steps = 0;
  std::uint64_t dumps = 0;
  std::uint64_t queries = 0;
  std::uint64_t openings = 0;
};

class ModelRun {
 public:
  ModelRun(os::FileSystem& fs, const std::string& folder, std::uint64_t seed, Counts& counts)
      : fs_(fs),
        folder_(folder),
        maker_(seed, Model(), {.handles = 3, .depths = {0, 2, 0}}),
        actors_(fs, clock_, folder),
        counts_(counts) {
    actors_.depths = {0, 2, 0};
    actors_.import_folder = folder + "/import";
    write_import_files(fs, actors_.import_folder);
  }

  // What is wrong after that many steps, or nothing.
  std::string run(std::size_t steps) {
    for (std::size_t i = 0; i < steps; ++i) {
      const ScriptStep step = maker_.next();
      told_.push_back(step.name);
      std::string wrong;
      try {
        step.run(actors_);
        ++actors_.acknowledged;
        ++counts_.steps;
        wrong = look(i + 1 == steps);
      } catch (const std::exception& error) {
        wrong = error.what();
      }
      if (wrong.empty()) continue;
      const std::size_t shown = std::min<std::size_t>(told_.size(), 20);
      wrong += "\nat step " + std::to_string(i + 1) + "; the last steps:\n";
      for (std::size_t k = told_.size() - shown; k < told_.size(); ++k) wrong += "  " + told_[k] + "\n";
      return wrong;
    }
    return {};
  }

 private:
  std::string look(bool last) {
    Store& store = actors_.handle(maker_.below(3));
    std::string wrong = same_dump(store);
    if (wrong.empty()) wrong = same_answers(store);
    if (wrong.empty() && (last || maker_.below(4) == 0)) wrong = same_dump(reader());
    if (wrong.empty() && (last || maker_.below(6) == 0)) {
      ++counts_.openings;
      const auto fresh = Store::open(folder_, options_with(fs_, &clock_));
      wrong = same_dump(*fresh);
      if (wrong.empty() && !fresh->verify(true, nullptr).valid) wrong = fresh->verify(true, nullptr).message;
      fresh->close();
      if (!wrong.empty()) wrong = "opened anew: " + wrong;
    }
    return wrong;
  }

  std::string same_dump(Store& store) {
    ++counts_.dumps;
    return difference(maker_.model().seen(), seen_in(store));
  }

  std::string same_answers(Store& store) {
    static const std::vector<std::string> kKinds = {"",     "\"fact\"", "\"edge\"", "\"requirement\"", "\"testcase\"",
                                                    "\"\"", "\"none\""};
    static const std::vector<std::string> kStatuses = {"", "\"active\"", "\"tombstone\"", "\"deprecated\"", "\"\""};
    static const std::vector<double> kThresholds = {0.0, 0.6, 0.7, 1.0, -1.0, std::nan("")};
    counts_.queries += 4;
    const Model& model = maker_.model();
    Selection selection;
    selection.kind_json = kKinds[maker_.below(kKinds.size())];
    selection.status_json = kStatuses[maker_.below(kStatuses.size())];
    selection.threshold = kThresholds[maker_.below(kThresholds.size())];
    if (texts(store.query(selection)) != model.query(selection.kind_json, selection.status_json, selection.threshold)) {
      return "query of kind " + selection.kind_json + ", status " + selection.status_json + ", threshold " +
             std::to_string(selection.threshold) + " gives other records";
    }
    const std::string id = maker_.some_id();
    const RecordRef found = store.find(id);
    const ModelRecord* expected = model.find(id);
    if ((found ? std::string(found->text()) : "none") != (expected == nullptr ? "none" : expected->text())) {
      return "find of " + id + " gives " + (found ? std::string(found->text()) : "none");
    }
    if (store.active_count() != model.active_count()) return "active_count is " + std::to_string(store.active_count());
    const auto from = static_cast<std::int64_t>(maker_.below(static_cast<std::size_t>(model.seq() + 3)));
    std::size_t listed = 0;
    chronostore::EventCursor cursor = store.replay(from);
    while (cursor.next()) ++listed;
    return listed == model.events_from(from).size()
               ? std::string()
               : "replay from " + std::to_string(from) + " gives " + std::to_string(listed) + " events";
  }

  Store& reader() {
    if (reader_ == nullptr || maker_.below(10) == 0) {
      chronostore::StoreOptions options = options_with(fs_, &clock_);
      options.read_only = true;
      reader_ = Store::open(folder_, options);
      ++counts_.openings;
    }
    return *reader_;
  }

  os::FileSystem& fs_;
  std::string folder_;
  TickingClock clock_;
  ScriptMaker maker_;
  Actors actors_;
  std::unique_ptr<Store> reader_;
  std::vector<std::string> told_;
  Counts& counts_;
};

void report(const char* name, const Counts& counts, std::uint64_t first) {
  std::cout << name << ": seeds " << first << " to " << first + counts.scripts - 1 << ", " << counts.scripts
            << " scripts, " << counts.steps << " steps, " << counts.dumps << " dumps, " << counts.queries
            << " other answers, " << counts.openings << " openings\n";
  testing::Test::RecordProperty("scripts", std::to_string(counts.scripts));
  testing::Test::RecordProperty("steps", std::to_string(counts.steps));
}

TEST(Model, AgreesWithTheStoreAfterEachStep) {
  Counts counts;
  const std::uint64_t first = first_seed();
  const std::size_t count = seeds(12, 600);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    MemoryFileSystem fs;
    ++counts.scripts;
    ModelRun run(fs, "/project", seed, counts);
    const std::string wrong = run.run(500);
    ASSERT_TRUE(wrong.empty()) << "seed " << seed << ": " << wrong;
  }
  report("model, in memory", counts, first);
}

TEST(Model, AgreesWithTheStoreOnDisk) {
  Counts counts;
  const std::uint64_t first = first_seed() + 1000;
  const std::size_t count = seeds(2, 40);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const TemporaryFolder folder;
    ++counts.scripts;
    ModelRun run(os::native_file_system(), folder.path(), seed, counts);
    const std::string wrong = run.run(150);
    ASSERT_TRUE(wrong.empty()) << "seed " << seed - 1000 << ": " << wrong;
  }
  report("model, on disk", counts, first);
}

}  // namespace
}  // namespace quipu::test
