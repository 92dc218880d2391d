// Every operation of a store's life fails once, in several ways: the error is clear, a step that failed has left nothing
// behind, the handle goes on (or says that it is poisoned), and nothing acknowledged is lost.
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "os/paths.h"
#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_workload.h"

namespace quipu::test {
namespace {

using chronostore::Store;
using os::testing::FaultAction;
using os::testing::FaultFileSystem;
using os::testing::FaultPlan;
using os::testing::Image;
using os::testing::MemoryFileSystem;
using os::testing::Op;
using os::testing::OpKind;
using os::testing::OpKinds;

struct Fault {
  const char* name;
  FaultPlan plan;
  bool loses_data = false;  // as a failed sync on Linux
};

std::vector<Fault> faults() {
  return {
      {"io", {.action = FaultAction::kFail, .failure = EIO}},
      {"full", {.action = FaultAction::kFail, .kinds = OpKinds::writing(), .failure = ENOSPC}},
      {"denied", {.action = FaultAction::kFail, .kinds = OpKinds::writing(), .failure = EACCES}},
      {"short_write", {.action = FaultAction::kShortWrite, .kinds = {OpKind::kAppend}, .failure = ENOSPC}},
      {"shorter_write",
       {.action = FaultAction::kShortWrite, .kinds = {OpKind::kAppend}, .failure = ENOSPC, .short_by = 300}},
      {"disk_stays_full",
       {.action = FaultAction::kShortWrite,
        .kinds = {OpKind::kAppend},
        .failure = ENOSPC,
        .from_there_on = true,
        .short_by = 7}},
      {"sync", {.action = FaultAction::kFail, .kinds = {OpKind::kSyncData}, .failure = EIO}, true},
      {"sync_and_cut",
       {.action = FaultAction::kFail,
        .kinds = {OpKind::kSyncData, OpKind::kTruncate},
        .failure = EIO,
        .from_there_on = true}},
      {"write_and_cut",
       {.action = FaultAction::kShortWrite,
        .kinds = {OpKind::kAppend, OpKind::kTruncate},
        .failure = EIO,
        .from_there_on = true,
        .short_by = 9}},
  };
}

struct Case {
  Workload workload;
  Fault fault;
};

// In place of the bytes of the object, in the report of a test.
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.workload.name << " " << c.fault.name; }

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Workload& workload : workloads()) {
    for (const Fault& fault : faults()) all.push_back({workload, fault});
  }
  return all;
}

class FaultTest : public testing::TestWithParam<Case> {
 protected:
  // One life in which the n-th operation fails. False if there were fewer.
  bool live(std::uint64_t nth);
  void fail(const std::string& what);
  void check_error(const Error& error, std::size_t done);
  void check_backups(MemoryFileSystem& memory);

  std::string place_;
  int failures_ = 0;
  std::set<Code> codes_;
};

void FaultTest::fail(const std::string& what) {
  ++failures_;
  ADD_FAILURE() << place_ << "\n" << what;
}

void FaultTest::check_error(const Error& error, std::size_t done) {
  codes_.insert(error.code());
  static const std::set<Code> kClear = {Code::kIo, Code::kFull, Code::kReadOnly, Code::kPoisoned};
  if (kClear.count(error.code()) == 0) {
    fail("step " + std::to_string(done + 1) + ": unclear code " + std::to_string(static_cast<int>(error.code())) +
         ": " + error.message());
  }
  if (error.path().empty()) fail("the error names no file: " + error.message());
}

// A backup that failed has left nothing that looks like one, unless it is whole.
void FaultTest::check_backups(MemoryFileSystem& memory) {
  const std::string folder = "/project/.chronomemory/backup";
  if (!memory.stat(folder)) return;
  for (const std::string& name : memory.list_directory(folder)) {
    const std::string copy = folder + "/" + name;
    const bool whole = memory.stat(copy + "/events.wal") && memory.stat(copy + "/snapshot.json") &&
                       os::read_file(memory, copy + "/events.wal") == os::read_file(memory, kProjectLog) &&
                       os::read_file(memory, copy + "/snapshot.json") == os::read_file(memory, kProjectSnapshot);
    if (!whole || name.find(".partial") != std::string::npos) fail("a failed backup left " + copy);
  }
}

bool FaultTest::live(std::uint64_t nth) {
  const Workload& workload = GetParam().workload;
  MemoryFileSystem memory(workload.start);
  FaultFileSystem fs(memory);
  FaultPlan plan = GetParam().fault.plan;
  plan.nth = nth;
  if (GetParam().fault.loses_data) plan.on_fault = [&memory](const Op& op) { memory.lose_unsynced(op.path); };
  fs.plan(plan);

  TickingClock clock;
  std::size_t done = 0;
  bool unknown = false;
  std::unique_ptr<Store> store;
  try {
    store = Store::open(kProject, options_with(fs, &clock));
    while (done < workload.steps.size()) {
      workload.steps[done].run(*store);
      ++done;
    }
    store->close();
  } catch (const Error& error) {
    place_ = workload.name + ", " + GetParam().fault.name + " at " + fs.struck_op() + ", " +
             (done < workload.steps.size() ? workload.steps[done].name : "close") + ": " + error.message();
    check_error(error, done);
    unknown = error.message().find("unknown") != std::string::npos;
    const bool poisoned = error.code() == Code::kPoisoned;
    fs.reset();
    if (done < workload.steps.size() && workload.steps[done].name == "backup") check_backups(memory);

    // The disk as a power cut would leave it now: the step that failed may be there or not, as a whole.
    std::vector<const std::vector<std::string>*> either = {&workload.records[done]};
    if (done + 1 < workload.records.size()) either.push_back(&workload.records[done + 1]);
    for (const Image& image : memory.images_after_power_cut({.most = 4, .seed = nth})) {
      MemoryFileSystem after(image);
      const std::string wrong = check_after_failure(after, either);
      if (!wrong.empty()) fail("power cut then, disk: " + image.choices + "\n" + wrong);
    }
    if (store != nullptr && done < workload.steps.size() && !unknown) {
      if (records_of(*store) != workload.records[done]) fail("the step that failed left something in the open store");
    }
    if (store == nullptr || poisoned || unknown) {
      if (poisoned && store != nullptr) {
        const Error again = error_of([&] { store->upsert(record("no"), nullptr); });
        if (again.code() != Code::kPoisoned) fail("the second write says " + again.message());
      }
      store = Store::open(kProject, options_with(fs, &clock));
      const auto records = records_of(*store);
      if (unknown && done + 1 < workload.records.size() && records == workload.records[done + 1]) ++done;
      if (records != workload.records[done]) fail("reopened, the records are others");
    }
    try {
      while (done < workload.steps.size()) {
        workload.steps[done].run(*store);
        ++done;
      }
      store->close();
    } catch (const Error& later) {
      fail("the store does not go on: " + later.message());
    }
  }
  if (place_.empty()) place_ = workload.name + ", " + GetParam().fault.name + " at " + fs.struck_op();
  const bool struck = fs.struck() || place_.find(" at #") != std::string::npos;
  fs.reset();
  store.reset();
  const std::string wrong = check_after_failure(memory, {&workload.records[done]});
  if (!wrong.empty()) fail(wrong);
  return struck;
}

TEST_P(FaultTest, ErrorIsClearAndNothingIsLost) {
  std::uint64_t nth = 1;
  for (; failures_ < 5; ++nth) {
    place_.clear();
    if (!live(nth)) break;
  }
  if (failures_ == 0) EXPECT_GT(nth, 1U);
}

INSTANTIATE_TEST_SUITE_P(ChronoStore, FaultTest, testing::ValuesIn(cases()),
                         [](const auto& given) { return given.param.workload.name + "_" + given.param.fault.name; });

}  // namespace
}  // namespace quipu::test
