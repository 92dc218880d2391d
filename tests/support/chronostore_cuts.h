// support/chronostore_cuts.h - the power goes at every operation of a script, every disk that may be left is opened and looked
// at, and the recovery loses power at every operation in its turn.
//
// Only operations that change the disk, or make a change durable, are points to cut at: between two of them the disk is the
// same as at the later one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_script.h"
#include "support/chronostore_workload.h"

namespace quipu::test {

// What was done, for the output of the test.
struct Tally {
  std::uint64_t lives = 0;       // scripts
  std::uint64_t cuts = 0;        // power cuts in them
  std::uint64_t disks = 0;       // different disks left by these
  std::uint64_t recoveries = 0;  // kinds of recovery that were cut in their turn
  std::uint64_t second_cuts = 0;
  std::uint64_t second_disks = 0;
  std::uint64_t third_disks = 0;
  std::uint64_t openings = 0;  // of a store on such a disk

  void print(const std::string& name) const;  // and RecordProperty
};

struct CutOptions {
  std::size_t images = 60;       // for each cut
  std::size_t per_recovery = 2;  // disks of each kind of recovery that are cut in their turn
  std::size_t recovery_images = 24;
  bool third = true;  // a sample of the disks of the second cut is cut again
  std::uint64_t seed = 1;
};

// What a disk may show: one of these; the first differs from those that follow in what was acknowledged only.
using Allowed = std::vector<const Seen*>;

// Looks at disks; counts, and remembers those that it knows already.
class DiskJudge {
 public:
  DiskJudge(Tally& tally, CutOptions options) : tally_(tally), options_(options) {}

  // Opens the disk, which must show one of `allowed`; writes one more event, closes, opens again: nothing else may have
  // changed, the chain is valid, and no byte of the log is gone that is not in aside/. Then the same with power cuts at each
  // operation of that. Answers what is wrong, or nothing.
  std::string judge(const os::testing::Image& image, const Allowed& allowed);
  // Whether the disk shows one of them when it is opened, and no more than that.
  bool shows_one_of(const os::testing::Image& image, const Allowed& allowed);
  // The place in `allowed` of what the last disk showed, if it was right.
  std::size_t which() const { return which_; }

 private:
  struct Recovery {
    Seen before;
    Seen after;
    std::set<std::string> logs;  // texts of the log that was found
    std::string kind;            // its operations
    std::string wrong;
  };
  Recovery recover(const os::testing::Image& image, const Allowed& allowed);
  std::string cut_recovery(const os::testing::Image& image, const Recovery& whole, int level);

  Tally& tally_;
  CutOptions options_;
  std::map<std::string, std::size_t> kinds_;
  std::set<std::size_t> known_;
  std::size_t which_ = 0;
};

struct Script {
  std::string name;
  os::testing::Image start;
  std::vector<ScriptStep> steps;
  std::vector<Seen> moments;  // before the first step, and after each
  std::vector<Seen> also;     // shown between moment 0 and 1 as well: a log that is begun anew
};

// The life of one script, cut at each operation and once behind the last. on_disk: called with each disk that was right, and
// the moment that it shows. Answers what is wrong, or nothing.
std::string cut_everywhere(const Script& script, const CutOptions& options, Tally& tally,
                           const std::function<void(Actors&)>& prepare = nullptr,
                           const std::function<void(const os::testing::Image&, std::size_t moment)>& on_disk = nullptr);

// Backups on a disk: those of `start` are there as they were, each one acknowledged since shows its moment, and what else
// carries the name of one shows the moment `now`.
std::string check_backups(const os::testing::Image& start, const os::testing::Image& image,
                          const std::map<std::string, std::size_t>& acknowledged, const std::vector<Seen>& moments,
                          std::size_t now);

// That no byte of the log `before` is lost: the log of the disk begins with it, or what is missing of it is in aside/.
std::string check_aside(const std::string& before, const os::testing::Image& image);

}  // namespace quipu::test
