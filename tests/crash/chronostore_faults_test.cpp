// Every operation of a store's life fails once, in several ways, and another one while the first failure is recovered from:
// the error is clear, a step that failed has left nothing behind, the handle goes on (or says that it is poisoned), and
// nothing acknowledged is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <random>
#include <set>
#include <utility>

#include "os/paths.h"
#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_workload.h"
#include "support/effort.h"

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

// ---- a life of readers ------------------------------------------------------------------------------------------------

void expect_replay(Store& store, std::size_t least) {
  const std::vector<std::string> seqs = replayed(store, 0, chronostore::WalEventField::seq);
  EXPECT_GE(seqs.size(), least);
  for (std::size_t i = 1; i < seqs.size(); ++i) EXPECT_EQ(std::stoll(seqs[i]), std::stoll(seqs[i - 1]) + 1);
}

// A store with a snapshot and a log that is written on by another handle, and read in every way; then an import.
Workload reads() {
  Workload workload;
  workload.name = "reads";
  MemoryFileSystem fs;
  fs.make_directory(kProject);
  fs.make_directory("/import");
  fs.open("/import/requirements.json", os::OpenMode::kCreateNew)
      ->append(R"([{"id": "REQ-1", "title": "one"}, {"id": "REQ-2", "title": "two"}])");
  fs.open("/import/testcases.json", os::OpenMode::kCreateNew)->append(R"([{"id": "TC-1", "status": "draft"}])");
  TickingClock clock;
  {
    const auto store = Store::open(kProject, options_with(fs, &clock));
    for (int i = 0; i < 60; ++i) store->upsert(record("r" + std::to_string(i % 9), std::to_string(i)), nullptr);
    store->upsert_many({record("b1", std::string(3000, 'b')), record("b2"), record("b3")});
    store->close();
  }
  fs.sync_all();
  workload.start = fs.images_after_power_cut().front();
  auto& steps = workload.steps;
  steps.push_back({"find", [](Store& store) { EXPECT_EQ(label_of(store, "r3"), "57"); }});
  steps.push_back({"query", [](Store& store) { EXPECT_EQ(ids(store.query(every_record())).size(), 12U); }});
  steps.push_back({"replay", [](Store& store) { expect_replay(store, 63); }});
  steps.push_back({"verify", [](Store& store) { EXPECT_TRUE(store.verify(false, nullptr).valid); }});
  steps.push_back({"verify strictly", [](Store& store) {
                     const auto found = store.verify(true, nullptr);
                     EXPECT_TRUE(found.valid) << found.message;
                   }});
  steps.push_back({"refresh", [](Store& store) { store.refresh(); }});
  steps.push_back({"count", [](Store& store) { EXPECT_EQ(store.active_count(), 12); }});
  steps.push_back({"upsert", [](Store& store) { store.upsert(record("own", "one more"), nullptr); }});
  steps.push_back({"replay again", [](Store& store) { expect_replay(store, 64); }});
  steps.push_back({"migrate", [](Store& store) {
                     const auto result = store.migrate_from_json("/import", nullptr);
                     EXPECT_EQ(result.requirements + result.testcases, 3);
                   }});
  steps.push_back({"sync", [](Store& store) { store.sync(); }});
  steps.push_back({"compact", [](Store& store) { store.compact(nullptr); }});
  steps.push_back({"verify what was compacted", [](Store& store) { EXPECT_TRUE(store.verify(true, nullptr).valid); }});
  MemoryFileSystem once(workload.start);
  TickingClock other_clock;
  const auto store = Store::open(kProject, options_with(once, &other_clock));
  workload.records.push_back(records_of(*store));
  for (const Step& step : steps) {
    step.run(*store);
    workload.records.push_back(records_of(*store));
  }
  store->close();
  return workload;
}

struct Case {
  Workload workload;
  Fault fault;
};

// In place of the bytes of the object, in the report of a test.
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.workload.name << " " << c.fault.name; }

std::vector<Case> cases() {
  std::vector<Case> all;
  std::vector<Workload> lives = workloads();
  lives.push_back(reads());
  for (const Workload& workload : lives) {
    for (const Fault& fault : faults()) all.push_back({workload, fault});
  }
  return all;
}

class FaultTest : public testing::TestWithParam<Case> {
 protected:
  // One life in which the n-th operation fails and, if second is not 0, the second-th one behind that. Answers how many did.
  int live(std::uint64_t nth, std::uint64_t second);
  void check_failure(const Error& error, std::size_t sure, std::size_t done, MemoryFileSystem& memory,
                     std::uint64_t seed);
  void fail(const std::string& what);
  void check_error(const Error& error, std::size_t done);
  void check_power_cut(MemoryFileSystem& memory, std::size_t least, std::size_t most, std::uint64_t seed);
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

// What the failed step left, on this disk and as a power cut would leave it: the step is there as a whole or not at all, and
// all that was acknowledged: `sure` steps. One more is done if its outcome was unknown, and it showed when the store was
// opened again.
void FaultTest::check_failure(const Error& error, std::size_t sure, std::size_t done, MemoryFileSystem& memory,
                              std::uint64_t seed) {
  const Workload& workload = GetParam().workload;
  check_error(error, done);
  if (done < workload.steps.size() && workload.steps[done].name == "backup") check_backups(memory);
  check_power_cut(memory, sure, std::min(done + 1, workload.records.size() - 1), seed);
}

// The disk as a power cut would leave it now: the records after some step from `least` to `most`.
void FaultTest::check_power_cut(MemoryFileSystem& memory, std::size_t least, std::size_t most, std::uint64_t seed) {
  std::vector<const std::vector<std::string>*> either;
  for (std::size_t i = least; i <= most; ++i) either.push_back(&GetParam().workload.records[i]);
  for (const Image& image : memory.images_after_power_cut({.most = 4, .seed = seed})) {
    MemoryFileSystem after(image);
    const std::string wrong = check_after_failure(after, either);
    if (!wrong.empty()) fail("power cut then, disk: " + image.choices + "\n" + wrong);
  }
}

int FaultTest::live(std::uint64_t nth, std::uint64_t second) {
  const Workload& workload = GetParam().workload;
  MemoryFileSystem memory(workload.start);
  FaultFileSystem fs(memory);
  FaultPlan plan = GetParam().fault.plan;
  if (GetParam().fault.loses_data) plan.on_fault = [&memory](const Op& op) { memory.lose_unsynced(op.path); };
  const auto strike = [&](std::uint64_t n) {
    FaultPlan next = plan;
    next.nth = n;
    fs.plan(next);
  };
  strike(nth);

  TickingClock clock;
  std::size_t done = 0;
  std::size_t sure = 0;
  bool unknown = false;
  int struck = 0;
  bool after_failure = false;
  std::unique_ptr<Store> store;
  for (int failures = 0;; ++failures) {
    try {
      if (store == nullptr) {
        store = Store::open(kProject, options_with(fs, &clock));
        if (failures > 0) {
          const auto records = records_of(*store);
          if (unknown && done + 1 < workload.records.size() && records == workload.records[done + 1]) ++done;
          unknown = false;
          if (records != workload.records[done]) fail("reopened, the records are others");
        }
      }
      while (done < workload.steps.size()) {
        workload.steps[done].run(*store);
        ++done;
        // A write makes durable what is before it; a read says nothing about that.
        if (workload.records[done] == workload.records[done - 1]) continue;
        sure = done;
        if (std::exchange(after_failure, false)) check_power_cut(memory, sure, done, nth);
      }
      store->close();
      break;
    } catch (const Error& error) {
      place_ += workload.name + ", " + GetParam().fault.name + " at " + fs.struck_op() + ", " +
                (done < workload.steps.size() ? workload.steps[done].name : "close") + ": " + error.message() + "\n";
      if (failures == 2) {
        fail("the store does not go on");
        break;
      }
      // An open that failed after a write of unknown outcome has settled nothing.
      unknown = unknown || error.message().find("unknown") != std::string::npos;
      const bool poisoned = error.code() == Code::kPoisoned;
      ++struck;
      after_failure = true;
      fs.reset();
      check_failure(error, sure, done, memory, nth);
      if (store != nullptr && done < workload.steps.size() && !unknown) {
        if (records_of(*store) != workload.records[done]) fail("the step that failed left something in the open store");
      }
      if (poisoned && store != nullptr) {
        const Error again = error_of([&] { store->upsert(record("no"), nullptr); });
        if (again.code() != Code::kPoisoned) fail("the second write says " + again.message());
      }
      if (poisoned || unknown) store.reset();
      if (struck == 1 && second > 0) strike(second);
      // What was done is done, though closing failed.
      if (done == workload.steps.size() && store != nullptr) break;
    }
  }
  if (fs.struck()) ++struck;  // and no call said so: a snapshot, which is not missed
  if (place_.empty()) place_ = workload.name + ", " + GetParam().fault.name + " at " + fs.struck_op();
  fs.reset();
  store.reset();
  const std::string wrong = check_after_failure(memory, {&workload.records[done]});
  if (!wrong.empty()) fail(wrong);
  return struck;
}

int injected_in_all = 0;

TEST_P(FaultTest, ErrorIsClearAndNothingIsLost) {
  int injected = 0;
  for (std::uint64_t nth = 1; failures_ < 5; ++nth) {
    place_.clear();
    const int struck = live(nth, 0);
    if (struck == 0) break;
    injected += struck;
  }
  if (failures_ == 0) EXPECT_GT(injected, 0);
  injected_in_all += injected;
  RecordProperty("faults", injected);
}

// The second fault strikes while the first one is recovered from: reopening, repairing, or doing the step again.
TEST_P(FaultTest, AnotherFaultWhileRecovering) {
  const std::uint64_t seed = one_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  int injected = 0;
  for (std::uint64_t nth = 1; failures_ < 5; ++nth) {
    int struck = 0;
    for (int i = 0; i < (long_run() ? 30 : 2); ++i) {
      place_.clear();
      struck = live(nth, 1 + random() % 40);
      injected += struck;
      if (struck == 0) break;
    }
    if (struck == 0) break;
  }
  if (failures_ == 0) EXPECT_GT(injected, 0);
  injected_in_all += injected;
  RecordProperty("faults", injected);
}

// Another writer gave the last event, which was acknowledged, its line end, and died before syncing it.
TEST(LineEnd, OfADeadWriterCostsNoEvent) {
  int images = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("sync " + std::to_string(nth));
    MemoryFileSystem memory;
    memory.make_directory(kProject);
    TickingClock clock;
    {
      const auto store = Store::open(kProject, options_with(memory, &clock));
      store->upsert(record("acknowledged"), nullptr);
    }
    const auto log = memory.open(kProjectLog, os::OpenMode::kAppend);
    log->truncate(log->info().size - 1);
    memory.sync_all();
    log->append("\n");

    FaultFileSystem fs(memory);
    fs.plan({.action = FaultAction::kFail,
             .nth = nth,
             .kinds = {OpKind::kSyncData, OpKind::kTruncate},
             .failure = EIO,
             .from_there_on = true});
    const auto store = Store::open(kProject, options_with(fs, &clock));
    bool is_written = true;
    try {
      store->upsert(record("next"), nullptr);
    } catch (const Error&) {
      is_written = false;
    }
    for (const Image& image : memory.images_after_power_cut({.most = 50, .seed = nth})) {
      SCOPED_TRACE(image.choices);
      MemoryFileSystem later(image);
      const auto reopened = Store::open(kProject, options_with(later, &clock));
      EXPECT_TRUE(reopened->find("acknowledged"));
      if (is_written) EXPECT_TRUE(reopened->find("next"));
      const auto records = records_of(*reopened);
      EXPECT_EQ(check_after_failure(later, {&records}), "");
      ++images;
    }
    if (is_written) break;
    ASSERT_LT(nth, 9U);
  }
  EXPECT_GT(images, 2);
}

// On several threads, each with stretches of its own.
TEST(ReadFaults, WhileAThreadedVerification) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  const auto store = Store::open(kProject, options_with(fs));
  for (int i = 0; i < 10; ++i) {
    store->upsert(record("large", "", "{\"text\": \"" + std::string(1 << 20, 'x') + "\"}"), nullptr);
  }
  int injected = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    SCOPED_TRACE("read " + std::to_string(nth));
    fs.plan({.action = FaultAction::kFail, .nth = nth, .kinds = {OpKind::kRead}, .failure = EIO});
    try {
      EXPECT_TRUE(store->verify(false, nullptr).valid);
      EXPECT_FALSE(fs.struck());
      break;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kIo);
      EXPECT_FALSE(error.path().empty());
      ++injected;
    }
  }
  fs.reset();
  EXPECT_GT(injected, 3);
  EXPECT_TRUE(store->verify(true, nullptr).valid);
  injected_in_all += injected;
}

class Count final : public testing::Environment {
 public:
  void TearDown() override { std::printf("%d faults injected\n", injected_in_all); }
};
[[maybe_unused]] const testing::Environment* const count = testing::AddGlobalTestEnvironment(new Count);

INSTANTIATE_TEST_SUITE_P(ChronoStore, FaultTest, testing::ValuesIn(cases()),
                         [](const auto& given) { return given.param.workload.name + "_" + given.param.fault.name; });

}  // namespace
}  // namespace quipu::test
