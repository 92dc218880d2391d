// The power goes at every operation of a store's scripted life; whatever the disk then holds, every acknowledged event is there,
// no event or batch is there in part, the chain is valid after the next write, and all of that holds when the recovery loses
// power at every operation in its turn.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "support/chronostore_cuts.h"
#include "support/effort.h"

namespace quipu::test {
namespace {

using chronostore::Store;
using os::testing::MemoryFileSystem;

// By name: a store that cannot live through a workload even once is a failed test, not a program that does not start.
constexpr const char* kNames[] = {
    "new_store",           "torn_tail",   "unfinished_batch", "no_final_newline", "snapshot_without_log",
    "log_behind_snapshot", "bad_snapshot"};

class PowerCutTest : public testing::TestWithParam<const char*> {};

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

ModelRecord told(const std::string& id, const std::string& label, const std::string& data = "{}") {
  ModelRecord record;
  record.id = string_json(id);
  record.label = string_json(label);
  record.data = data;
  return record;
}

// The same life without the core: what edited() in chronostore_workload.cpp leaves, and each of the steps there.
Model start_of(const std::string& workload) {
  Model model;
  if (workload == "new_store") return model;
  for (const char* id : {"P", "Q", "R"}) model.upsert(told(id, "early"));
  if (workload == "unfinished_batch") return model;
  for (const char* id : {"S1", "S2", "S3"}) model.upsert(told(id, "batch"));
  return model;
}

void live(Model& model, const std::string& step) {
  const std::string large = "{\"text\": \"" + std::string(300, 'x') + "\"}";
  if (step == "upsert A") {
    model.upsert(told("A", "first"));
  } else if (step == "upsert_many B") {
    for (const char* id : {"B1", "B2", "B3", "B4"}) model.upsert(told(id, "large", large));
  } else if (step == "delete B2") {
    model.remove("B2");
  } else if (step == "commit") {
    model.upsert(told("A", "changed"));
    model.remove("B3");
  } else if (step == "upsert_many with snapshot") {
    for (int i = 0; i < 45; ++i) model.upsert(told("M" + std::to_string(i % 7), std::to_string(i)));
  } else if (step == "upsert D") {
    model.upsert(told("D", "behind the snapshot"));
  } else if (step == "upsert C") {
    model.upsert(told("C", std::string(2000, 'y')));
  } else if (step == "compact") {
    model.compact();
  } else if (step == "upsert E") {
    model.upsert(told("E", "behind the sentinel"));
  } else if (step == "delete A") {
    model.remove("A");
  } else if (step == "upsert X") {
    model.upsert(told("X", "after the repair"));
  } else if (step == "upsert_many Y") {
    for (const char* id : {"Y1", "Y2"}) model.upsert(told(id, ""));
  } else {
    ASSERT_EQ(step, "backup") << "a step that the model does not know";
  }
}

// What the script was seen to do, with nothing failing, is what it must do.
void check_moments(const Script& script) {
  Model model = start_of(script.name);
  for (std::size_t i = 0; i < script.moments.size(); ++i) {
    if (i > 0) live(model, script.steps[i - 1].name);
    ASSERT_EQ(script.moments[i].records, model.seen().records) << "step " << i;
    // A log that is begun anew has one event more, and none of those before it.
    const std::int64_t more = script.also.empty() || i == 0 ? 0 : 1;
    ASSERT_EQ(script.moments[i].seq, model.seq() + more) << "step " << i;
    if (script.also.empty() && script.name != "snapshot_without_log" && script.name != "log_behind_snapshot") {
      ASSERT_EQ(script.moments[i].events, model.seen().events) << "step " << i;
    }
  }
}

TEST_P(PowerCutTest, LosesNothingAcknowledgedAndLeavesNothingHalf) {
  const std::vector<Workload> all = workloads();
  ASSERT_EQ(all.size(), std::size(kNames));
  const auto given = std::find_if(all.begin(), all.end(), [](const auto& one) { return one.name == GetParam(); });
  ASSERT_NE(given, all.end());
  const Script script = script_of(*given);
  ASSERT_NO_FATAL_FAILURE(check_moments(script));
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

INSTANTIATE_TEST_SUITE_P(ChronoStore, PowerCutTest, testing::ValuesIn(kNames),
                         [](const auto& given) { return std::string(given.param); });

}  // namespace
}  // namespace quipu::test
