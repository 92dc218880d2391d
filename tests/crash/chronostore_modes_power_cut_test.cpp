// Power cuts where more than one commit is unsynced: the durability modes that sync later, with the weaker promise that
// docs/DURABILITY.md states for each, and threads of one and of two handles whose commits share writes.
// QUIPU_TEST_SEED=<n> runs the one that a failure names.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

#include "os/paths.h"
#include "support/chronostore_cuts.h"
#include "support/effort.h"

namespace quipu::test {
namespace {

using chronostore::Durability;
using chronostore::RecordRef;
using chronostore::Store;
using chronostore::WalEventField;
using os::testing::FaultAction;
using os::testing::FaultFileSystem;
using os::testing::Image;
using os::testing::MemoryFileSystem;
using os::testing::Op;
using os::testing::OpKind;
using os::testing::OpKinds;
using os::testing::PowerCut;

// ---- later syncs -----------------------------------------------------------------------------------------------------

struct Mode {
  const char* name;
  Durability durability;
  std::int64_t batch_bytes;
  std::size_t handles;
};

class ModeTest : public testing::TestWithParam<Mode> {};

// What a later commit of the same unsynced stretch may leave of the earlier ones: not all of them, but no event that was not
// written, none out of order, and a word about it.
std::string check_damaged(const Image& image, const Seen& synced, const Seen& all) {
  MemoryFileSystem memory(image);
  TickingClock clock;
  try {
    Seen seen;
    {
      const auto store = Store::open(kProject, options_with(memory, &clock));
      seen = seen_in(*store);
      // What is left of a line need not be UTF-8.
      const bool told = has_notice(*store, "bad_json") || has_notice(*store, "not_utf8") ||
                        has_notice(*store, "broken_batch") || has_notice(*store, "unfinished_tail");
      if (!told) return "a damaged log was opened without a notice";
      store->upsert(record("later"), nullptr);
      const Seen after = seen_in(*store);
      if (after.seq != seen.seq + 1) return "the next event took number " + std::to_string(after.seq);
      store->close();
      seen = after;
    }
    if (seen_in(*Store::open(kProject, options_with(memory, &clock))) != seen)
      return "opened again, it shows other things";
    seen.events.pop_back();
    if (seen.events.size() < synced.events.size() ||
        !std::equal(synced.events.begin(), synced.events.end(), seen.events.begin())) {
      return "an event that was synced is not there:\n" + difference(synced, seen);
    }
    auto from = all.events.begin();
    for (const std::string& event : seen.events) {
      from = std::find(from, all.events.end(), event);
      if (from == all.events.end()) return "an event that was not written is there: " + event.substr(0, 200);
      ++from;
    }
  } catch (const Error& error) {
    return "error: " + error.message();
  }
  return {};
}

// The moment up to which nothing may be lost, as of `acknowledged` steps.
class Floor {
 public:
  Floor(const Mode& mode, const std::vector<ScriptStep>& steps) : mode_(mode), steps_(steps) {}

  void acknowledged(MemoryFileSystem& memory, std::size_t count) {
    const std::string& name = steps_[count - 1].name;
    const auto is = [&name](std::string_view what) { return name.ends_with(what); };
    // What another handle wrote is synced with the file.
    if (is(" sync") || is(" compact") || (mode_.durability == Durability::kBatched && is(" reopen"))) moment_ = count;
    if (is(" compact")) sizes_.clear();
    const auto info = memory.stat(kProjectLog);
    sizes_.emplace_back(count, info ? info->size : 0);
    if (mode_.durability != Durability::kBatched || mode_.handles != 1) return;
    // Less than batch_bytes can be unsynced once a commit is acknowledged.
    for (const auto& [moment, size] : sizes_) {
      if (size + static_cast<std::uint64_t>(mode_.batch_bytes) <= sizes_.back().second)
        moment_ = std::max(moment_, moment);
    }
  }
  std::size_t moment() const { return moment_; }

 private:
  const Mode& mode_;
  const std::vector<ScriptStep>& steps_;
  std::size_t moment_ = 0;
  std::vector<std::pair<std::size_t, std::uint64_t>> sizes_;
};

TEST_P(ModeTest, LosesTheUnsyncedEndAndNothingElse) {
  const Mode& mode = GetParam();
  Tally tally;
  std::uint64_t lost = 0;
  std::uint64_t damaged = 0;
  const std::uint64_t first = first_seed();
  const std::size_t count = seeds(5, 100);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    ++tally.lives;
    MemoryFileSystem empty;
    write_import_files(empty, "/import");
    empty.sync_all();
    const Image start = empty.images_after_power_cut().front();
    ScriptMaker maker(seed * 7919, Model(), {.handles = mode.handles});
    std::vector<ScriptStep> steps;
    std::vector<Seen> moments = {maker.model().seen()};
    std::string told;
    for (int i = 0; i < 12; ++i) {
      steps.push_back(maker.next());
      moments.push_back(maker.model().seen());
      told += "  " + steps.back().name + "\n";
    }
    CutOptions options;
    options.images = long_run() ? 150 : 40;
    options.per_recovery = 1;
    options.recovery_images = 12;
    DiskJudge judge(tally, options);
    for (std::uint64_t nth = 1;; ++nth) {
      MemoryFileSystem memory(start);
      FaultFileSystem fs(memory);
      TickingClock clock;
      Actors actors(fs, clock, kProject);
      actors.options.durability = mode.durability;
      actors.options.batch_ms = 1000 * 1000 * 1000;
      actors.options.batch_bytes = mode.batch_bytes;
      fs.plan({.action = FaultAction::kPowerCut, .nth = nth, .kinds = OpKinds::writing()});
      Floor floor(mode, steps);
      bool over = false;
      try {
        while (actors.acknowledged < steps.size()) {
          steps[actors.acknowledged].run(actors);
          floor.acknowledged(memory, ++actors.acknowledged);
        }
        over = true;
      } catch (const PowerCut&) {
        ++tally.cuts;
      }
      const std::size_t done = actors.acknowledged;
      const std::size_t last = std::min(done + 1, steps.size());
      Allowed allowed;
      for (std::size_t i = last + 1; i-- > floor.moment();) allowed.push_back(&moments[i]);
      for (const Image& image : memory.images_after_power_cut({.most = options.images, .seed = seed + nth})) {
        const std::string* log = image.find(kProjectLog);
        const bool holes = log != nullptr && log->find('\0') != std::string::npos;
        std::string wrong;
        if (holes && !judge.shows_one_of(image, allowed)) {
          ++damaged;
          // A compaction under way begins a log that has no part of the old one.
          const bool compacts = done < last && steps[done].name.ends_with(" compact");
          wrong = check_damaged(image, moments[floor.moment()], moments[compacts ? done : last]);
        } else {
          wrong = judge.judge(image, allowed);
          if (judge.which() < allowed.size() && last - judge.which() < done) ++lost;
        }
        ASSERT_TRUE(wrong.empty()) << "seed " << seed << ", power cut "
                                   << (over ? "at the end" : "at " + fs.struck_op()) << " with " << done
                                   << " steps acknowledged, " << floor.moment() << " synced, disk: " << image.choices
                                   << "\n"
                                   << wrong << "\nof these steps:\n"
                                   << told;
      }
      if (over) break;
    }
  }
  std::cout << "seeds " << first << " to " << first + count - 1 << "; " << lost
            << " disks without an acknowledged step, " << damaged << " with damage before a later one\n";
  tally.print(mode.name);
  EXPECT_GT(lost, 0U);
}

INSTANTIATE_TEST_SUITE_P(ChronoStore, ModeTest,
                         testing::Values(Mode{"none", Durability::kNone, 1 << 20, 2},
                                         Mode{"batched", Durability::kBatched, 1 << 20, 2},
                                         Mode{"batched_bytes", Durability::kBatched, 2500, 1}),
                         [](const auto& given) { return given.param.name; });

// ---- threads ---------------------------------------------------------------------------------------------------------

constexpr std::size_t kThreads = 4;

// What one thread writes: single records and batches, each of its own id.
struct Work {
  std::vector<std::vector<std::string>> commits;  // ids
  std::size_t acknowledged = 0;

  void run(Store& store) {
    for (const std::vector<std::string>& ids : commits) {
      std::vector<RecordRef> records;
      for (const std::string& id : ids) records.push_back(record(id, "", "{\"x\": \"" + std::string(150, 'x') + "\"}"));
      if (records.size() == 1) {
        store.upsert(records[0], nullptr);
      } else {
        store.upsert_many(records);
      }
      ++acknowledged;
    }
  }
};

// The states that the log shows one after the other, from the one with all acknowledged commits on, last one first; none cuts a
// commit.
std::vector<Seen> states_of(const Image& everything, const std::vector<Work>& works, std::string& wrong) {
  std::map<std::string, std::pair<std::size_t, std::size_t>> place;  // of an id: thread, commit
  std::map<std::string, std::size_t> left;                           // acknowledged ids still to come
  for (std::size_t t = 0; t < works.size(); ++t) {
    for (std::size_t c = 0; c < works[t].commits.size(); ++c) {
      for (const std::string& id : works[t].commits[c]) {
        place[string_json(id)] = {t, c};
        if (c < works[t].acknowledged) ++left[string_json(id)];
      }
    }
  }
  MemoryFileSystem memory(everything);
  TickingClock clock;
  const auto store = Store::open(kProject, options_with(memory, &clock));
  std::vector<Seen> states;
  Seen now;
  std::pair<std::size_t, std::size_t> open_commit;
  std::size_t of_commit = 0;
  if (left.empty()) states.push_back(now);
  chronostore::EventCursor cursor = store->replay(0);
  const Seen all = seen_in(*store);
  std::size_t at = 0;
  while (const json::RowRef event = cursor.next()) {
    const std::string id(event->field(WalEventField::record_id));
    const auto commit = place.at(id);
    if (of_commit == 0) open_commit = commit;
    if (commit != open_commit) wrong = "the lines of two commits are mixed";
    left.erase(id);
    now.events.push_back(all.events[at++]);
    now.records.emplace_back(event->field(WalEventField::record));
    ++now.seq;
    if (++of_commit < works[commit.first].commits[commit.second].size()) continue;
    of_commit = 0;
    if (left.empty()) states.push_back(now);
  }
  if (!left.empty()) wrong = std::to_string(left.size()) + " acknowledged events are not in the log at all";
  if (of_commit != 0) wrong = "a commit is in the log in part";
  std::reverse(states.begin(), states.end());
  return states;
}

class ThreadsTest : public testing::TestWithParam<std::size_t> {};  // handles

TEST_P(ThreadsTest, SharedWritesKeepWhatAnyThreadWasTold) {
  const std::size_t handles = GetParam();
  Tally tally;
  std::uint64_t commits = 0;
  std::uint64_t syncs = 0;
  std::mt19937_64 chance(first_seed());
  const std::uint64_t most = long_run() ? 200 : 60;
  const int rounds = long_run() ? 40 : 2;
  for (int round = 0; round < rounds; ++round) {
    ++tally.lives;
    for (std::uint64_t nth = 1; nth <= most; ++nth) {
      MemoryFileSystem memory;
      FaultFileSystem fs(memory);
      // A sync takes its time, as on a disk: the other threads come meanwhile.
      std::atomic<std::uint64_t> synced{0};
      fs.set_hook([&synced](const Op& op) {
        if (op.kind != OpKind::kSyncData || op.path != kProjectLog) return;
        ++synced;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      });
      TickingClock clock;
      std::vector<Work> works(kThreads);
      for (std::size_t t = 0; t < kThreads; ++t) {
        for (std::size_t c = 0; c < 16; ++c) {
          std::vector<std::string> ids;
          const std::size_t size = chance() % 4 == 0 ? 2 + chance() % 4 : 1;
          for (std::size_t i = 0; i < size; ++i) {
            ids.push_back("t" + std::to_string(t) + "-" + std::to_string(c) + "-" + std::to_string(i));
          }
          works[t].commits.push_back(ids);
        }
      }
      fs.plan({.action = FaultAction::kPowerCut, .nth = nth, .kinds = OpKinds::writing()});
      std::vector<std::unique_ptr<Store>> stores(handles);
      std::vector<std::thread> threads;
      try {
        for (auto& store : stores) store = Store::open(kProject, options_with(fs, &clock));
      } catch (const PowerCut&) {
        stores.clear();
      }
      std::atomic<bool> cut{stores.empty()};
      std::mutex mutex;
      std::string failed;
      for (std::size_t t = 0; t < kThreads && !stores.empty(); ++t) {
        threads.emplace_back([&, t] {
          try {
            works[t].run(*stores[t % handles]);
          } catch (const PowerCut&) {
            cut = true;
          } catch (const std::exception& error) {
            if (fs.struck()) return;  // of a process that is dead
            const std::lock_guard lock(mutex);
            failed = error.what();
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
      ASSERT_EQ(failed, "") << "a write failed";
      tally.cuts += cut ? 1 : 0;
      for (const Work& work : works) commits += work.acknowledged;
      syncs += synced;

      std::string wrong;
      const std::vector<Image> images = memory.images_after_power_cut({.most = 40, .seed = nth});
      const std::vector<Seen> states = states_of(images.size() > 1 ? images[1] : images[0], works, wrong);
      Allowed allowed;
      for (const Seen& state : states) allowed.push_back(&state);
      CutOptions options;
      options.per_recovery = nth % 8 == 0 ? 1 : 0;
      options.recovery_images = 12;
      DiskJudge judge(tally, options);
      for (const Image& image : images) {
        if (wrong.empty()) wrong = judge.judge(image, allowed);
      }
      ASSERT_TRUE(wrong.empty()) << "seed " << first_seed() << ", power cut at " << fs.struck_op() << "\n" << wrong;
    }
  }
  std::cout << commits << " commits acknowledged with " << syncs << " syncs of the log\n";
  tally.print(std::to_string(kThreads) + " threads, " + std::to_string(handles) + " handles");
  if (handles == 1) EXPECT_LT(syncs, commits);
}

INSTANTIATE_TEST_SUITE_P(ChronoStore, ThreadsTest, testing::Values(1, 2),
                         [](const auto& given) { return "handles_" + std::to_string(given.param); });

}  // namespace
}  // namespace quipu::test
