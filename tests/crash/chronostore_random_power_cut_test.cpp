// Random lives of a store, told by a model: two handles do what chance says, and the power goes at every operation. A disk that
// was left, chosen by chance, is where the next life begins. QUIPU_TEST_SEED=<n> runs the one that a failure names.
#include <gtest/gtest.h>

#include <iostream>
#include <optional>
#include <random>

#include "support/chronostore_cuts.h"
#include "support/effort.h"

namespace quipu::test {
namespace {

using os::testing::Image;
using os::testing::MemoryFileSystem;

constexpr std::size_t kLives = 4;  // behind each other
constexpr std::size_t kSteps = 9;  // in each

Image empty_disk() {
  MemoryFileSystem memory;
  write_import_files(memory, "/import");
  memory.sync_all();
  return memory.images_after_power_cut().front();
}

void live(std::uint64_t seed, Tally& tally) {
  std::mt19937_64 chance(seed);
  Model model;
  Image disk = empty_disk();
  for (std::size_t life = 0; life < kLives; ++life) {
    Script script;
    script.start = disk;
    script.moments.push_back(model.seen());
    std::vector<Model> models = {model};
    ScriptMaker maker(chance(), model, {.handles = 2, .long_texts = true});
    std::string told;
    for (std::size_t i = 0; i < kSteps; ++i) {
      script.steps.push_back(maker.next());
      script.moments.push_back(maker.model().seen());
      models.push_back(maker.model());
      told += "  " + script.steps.back().name + "\n";
    }
    CutOptions options;
    options.images = long_run() ? 100 : 30;
    options.per_recovery = long_run() ? 6 : 1;
    options.recovery_images = long_run() ? 40 : 16;
    options.seed = chance() % 1000000;
    // Each right disk takes the place of the one chosen before it with a chance of one in as many as there were.
    std::uint64_t seen = 0;
    Image chosen;
    std::size_t moment = 0;
    const std::string wrong = cut_everywhere(script, options, tally, nullptr, [&](const Image& image, std::size_t at) {
      if (chance() % ++seen != 0) return;
      chosen = image;
      moment = at;
    });
    ASSERT_TRUE(wrong.empty()) << wrong << "seed " << seed << ", life " << life + 1 << " of these steps:\n" << told;
    ASSERT_GT(seen, 0U);
    disk = chosen;
    model = models[moment];
  }
}

TEST(RandomPowerCut, EveryDiskHoldsAPrefixOfTheHistory) {
  Tally tally;
  const std::uint64_t first = first_seed();
  const std::size_t count = seeds(16, 200);
  for (std::uint64_t seed = first; seed < first + count && !testing::Test::HasFatalFailure(); ++seed) live(seed, tally);
  std::cout << "seeds " << first << " to " << first + count - 1 << "\n";
  tally.print("random");
  EXPECT_GT(tally.cuts, 100U);
}

}  // namespace
}  // namespace quipu::test
