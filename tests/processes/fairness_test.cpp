// Processes that append to one store without a pause: each gets its share.
#include <numeric>

#include "processes/workers.h"

namespace {

using namespace processes;
using namespace quipu_cpp;

constexpr int kProcesses = 4;

// Appends for some seconds from the start sign on; prints how many records, and the longest wait for one in milliseconds.
void appender(const Arguments& arguments) {
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  options.durability = std::stoi(arguments[3]);
  const Store store = open_store(arguments[0], options);
  say("ready");
  while (access(arguments[4].c_str(), F_OK) != 0) std::this_thread::sleep_for(milliseconds(1));
  const double seconds = std::stod(arguments[2]);
  const auto begin = Clock::now();
  double longest = 0;
  int count = 0;
  for (double before = 0; before < seconds; ++count) {
    upsert(store, make_record(arguments[1] + "-" + std::to_string(count % 100), "note", "", "{}"));
    const double now = seconds_since(begin);
    longest = std::max(longest, now - before);
    before = now;
  }
  say("%d %.1f", count, longest * 1000);
  close_store(store);
}

// Processes that append for so many seconds, all from the same moment on.
void start_appenders(const Folder& folder, quipu_durability durability, int seconds,
                     std::vector<ProcessPtr>& processes) {
  for (int i = 0; i < kProcesses; ++i) {
    processes.push_back(start_worker("appender", {folder.path(), "p" + std::to_string(i), std::to_string(seconds),
                                                  std::to_string(durability), folder.stop_sign()}));
  }
  for (const ProcessPtr& process : processes) ASSERT_TRUE(process->wait_for_lines(1));
  folder.stop();  // here: the sign to start
}

// How many each has appended, and the longest wait of all, once they have ended.
void wait_for_counts(const std::vector<ProcessPtr>& processes, std::vector<int>& counts, double* longest = nullptr) {
  for (const ProcessPtr& process : processes) {
    ASSERT_EQ(process->wait(), 0);
    int count = 0;
    double longest_ms = 0;
    ASSERT_EQ(std::sscanf(process->lines().at(1).c_str(), "%d %lf", &count, &longest_ms), 2);
    std::printf("  %6d appends, longest wait %.1f ms\n", count, longest_ms);
    counts.push_back(count);
    if (longest != nullptr) *longest = std::max(*longest, longest_ms);
  }
}

void expect_fair_shares(quipu_durability durability) {
  const Folder folder;
  std::vector<ProcessPtr> processes;
  ASSERT_NO_FATAL_FAILURE(start_appenders(folder, durability, 3, processes));
  std::vector<int> counts;
  ASSERT_NO_FATAL_FAILURE(wait_for_counts(processes, counts));
  const int total = std::accumulate(counts.begin(), counts.end(), 0);
  std::printf("  %6d in all\n", total);
  // Half an equal share is what is wanted; a quarter is asked for, since the machine may be busy with other things.
  for (const int count : counts) EXPECT_GE(count, total / kProcesses / 4);
  EXPECT_EQ(wal_seq(open_store(folder.path())), total);
  EXPECT_EQ(broken(folder.path()), "");
}

TEST(Fairness, EachProcessGetsItsShareOfDurableAppends) { expect_fair_shares(QUIPU_DURABILITY_FULL); }

// Processes that are stopped, each for a moment, wherever they are: while they write, wait, or wait for their turn to wait.
TEST(Fairness, StoppedProcessesHoldUpOthersOnlyWhileTheyWrite) {
  const Folder folder;
  const auto seed = static_cast<unsigned>(quipu::test::one_seed());
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<ProcessPtr> processes;
  ASSERT_NO_FATAL_FAILURE(start_appenders(folder, QUIPU_DURABILITY_FULL, 6, processes));
  for (const auto begin = Clock::now(); seconds_since(begin) < 2.5;) {
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
    const ProcessPtr& process = processes[random() % kProcesses];
    process->kill(SIGSTOP);
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 300 * 1000));
    process->kill(SIGCONT);
  }
  std::vector<int> counts;
  double longest_ms = 0;
  ASSERT_NO_FATAL_FAILURE(wait_for_counts(processes, counts, &longest_ms));
  // A stop takes 300 ms at most, there is one at a time, and nobody waits for a turn longer than 250 ms. Were that wait not
  // bounded, the turn of one that does not give it back would cost the others five seconds.
  EXPECT_LT(longest_ms, 3000);
  const int total = std::accumulate(counts.begin(), counts.end(), 0);
  EXPECT_EQ(wal_seq(open_store(folder.path())), total);
  EXPECT_EQ(broken(folder.path()), "");
}

TEST(Fairness, EachProcessGetsItsShareOfUnsyncedAppends) { expect_fair_shares(QUIPU_DURABILITY_NONE); }

}  // namespace

int main(int argc, char** argv) { return processes::run(argc, argv, {{"appender", appender}}); }
