// The power goes at every operation of a store's scripted life; whatever the disk then holds, every acknowledged event is there,
// no event or batch is there in part, the chain is valid after the next write, and all of that holds when the recovery loses
// power at every operation in its turn.
#include <gtest/gtest.h>

#include "support/chronostore_cuts.h"

namespace quipu::test {
namespace {

using chronostore::Store;
using os::testing::MemoryFileSystem;

class PowerCutTest : public testing::TestWithParam<Workload> {};

Script script_of(const Workload& workload) {
  Script script;
  script.name = workload.name;
  script.start = workload.start;
  for (const Step& step : workload.steps) {
    script.steps.push_back({step.name, [step](Actors& actors) {
                              if (step.name == "backup") {
                                const std::size_t before = actors.acknowledged;
                                actors.backups[actors.handle(0).backup()] = before;
                              } else {
                                step.run(actors.handle(0));
                              }
                            }});
  }
  MemoryFileSystem memory(script.start);
  TickingClock clock;
  Actors actors(memory, clock, kProject);
  script.moments.push_back(seen_in(actors.handle(0)));
  for (const ScriptStep& step : script.steps) {
    step.run(actors);
    script.moments.push_back(seen_in(actors.handle(0)));
  }
  // A log that is begun anew shows its first event before that of the write.
  const Seen& before = script.moments[0];
  const Seen& after = script.moments[1];
  if (after.seq == before.seq + 2 && after.events.size() == 2) {
    script.also.push_back({before.records, {after.events[0]}, before.seq + 1});
  }
  return script;
}

TEST_P(PowerCutTest, LosesNothingAcknowledgedAndLeavesNothingHalf) {
  const Script script = script_of(GetParam());
  for (std::size_t i = 0; i < script.moments.size(); ++i) EXPECT_EQ(script.moments[i].records, GetParam().records[i]);
  Tally tally;
  CutOptions options;
  options.images = long_run() ? 2000 : 400;
  options.per_recovery = long_run() ? 200 : 12;
  options.recovery_images = long_run() ? 200 : 60;
  const std::string wrong = cut_everywhere(script, options, tally);
  EXPECT_TRUE(wrong.empty()) << wrong;
  EXPECT_GT(tally.cuts, 10U);
  EXPECT_GT(tally.second_cuts, 10U);
  tally.print(script.name);
}

INSTANTIATE_TEST_SUITE_P(ChronoStore, PowerCutTest, testing::ValuesIn(workloads()),
                         [](const auto& given) { return given.param.name; });

}  // namespace
}  // namespace quipu::test
