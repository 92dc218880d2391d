// The power goes at every operation of a store's life; whatever the disk then holds, every acknowledged event is there, no
// event or batch is there in part, and the chain is valid after the next write.
#include <gtest/gtest.h>

#include <iostream>

#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_workload.h"

namespace quipu::test {
namespace {

using chronostore::Store;
using os::testing::FaultAction;
using os::testing::FaultFileSystem;
using os::testing::Image;
using os::testing::ImageOptions;
using os::testing::MemoryFileSystem;
using os::testing::OpKinds;
using os::testing::PowerCut;

class PowerCutTest : public testing::TestWithParam<Workload> {};

// Runs until the n-th operation; answers how many steps were acknowledged, or -1 if the life ended before.
int run_until(const Workload& workload, FaultFileSystem& fs, std::uint64_t nth) {
  fs.plan({.action = FaultAction::kPowerCut, .nth = nth, .kinds = OpKinds::writing()});
  int acknowledged = 0;
  TickingClock clock;
  std::unique_ptr<Store> store;
  try {
    store = Store::open(kProject, options_with(fs, &clock));
    for (const Step& step : workload.steps) {
      step.run(*store);
      ++acknowledged;
    }
    store->close();
  } catch (const PowerCut&) {
    return acknowledged;
  }
  return -1;
}

TEST_P(PowerCutTest, LosesNothingAcknowledgedAndLeavesNothingHalf) {
  const Workload& workload = GetParam();
  std::size_t images = 0;
  int failures = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    MemoryFileSystem memory(workload.start);
    FaultFileSystem fs(memory);
    const int acknowledged = run_until(workload, fs, nth);
    if (acknowledged < 0) {
      EXPECT_GT(nth, 10U);
      break;
    }
    const auto at = static_cast<std::size_t>(acknowledged);
    std::vector<const std::vector<std::string>*> allowed = {&workload.records[at]};
    if (at + 1 < workload.records.size()) allowed.push_back(&workload.records[at + 1]);
    for (const Image& image : memory.images_after_power_cut({.most = 300, .seed = nth})) {
      ++images;
      MemoryFileSystem after(image);
      const std::string wrong = check_after_failure(after, allowed);
      if (wrong.empty()) continue;
      ADD_FAILURE() << "power cut at " << fs.struck_op() << " in step " << at + 1 << " ("
                    << (at < workload.steps.size() ? workload.steps[at].name : "close") << "), disk: " << image.choices
                    << "\n"
                    << wrong;
      if (++failures == 5) return;
    }
  }
  RecordProperty("images", static_cast<int>(images));
  std::cout << workload.name << ": " << images << " disks\n";
}

INSTANTIATE_TEST_SUITE_P(ChronoStore, PowerCutTest, testing::ValuesIn(workloads()),
                         [](const auto& given) { return given.param.name; });

}  // namespace
}  // namespace quipu::test
