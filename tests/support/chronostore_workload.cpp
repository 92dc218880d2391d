#include "support/chronostore_workload.h"

#include <algorithm>

#include "base/error.h"
#include "os/paths.h"

namespace quipu::test {

using chronostore::RecordRef;
using chronostore::Store;
using chronostore::Transaction;
using os::testing::MemoryFileSystem;

namespace {

std::unique_ptr<Store> open_store(os::FileSystem& fs, TickingClock& clock) {
  return Store::open(kProject, options_with(fs, &clock));
}

RecordRef large_record(const std::string& id) {
  return record(id, "large", "{\"text\": \"" + std::string(300, 'x') + "\"}");
}

// Of a batch of two or three long lines, a lost sector can leave nothing but the last line, which does not tell that it was
// of a batch; so batches here are longer, or shorter than what can lose a part in the middle.
std::vector<Step> whole_life() {
  std::vector<Step> steps;
  steps.push_back({"upsert A", [](Store& store) { store.upsert(record("A", "first"), nullptr); }});
  steps.push_back(
      {"upsert_many B", [](Store& store) {
         store.upsert_many({large_record("B1"), large_record("B2"), large_record("B3"), large_record("B4")});
       }});
  steps.push_back({"delete B2", [](Store& store) { store.remove("B2", nullptr); }});
  steps.push_back({"commit", [](Store& store) {
                     store.commit([](Transaction& transaction) {
                       transaction.upsert(record("A", transaction.find("C") ? "changed again" : "changed"));
                       transaction.remove("B3");
                     });
                   }});
  // Enough for the cadence: a snapshot is written behind it.
  steps.push_back({"upsert_many with snapshot", [](Store& store) {
                     std::vector<RecordRef> many;
                     for (int i = 0; i < 45; ++i)
                       many.push_back(record("M" + std::to_string(i % 7), std::to_string(i)));
                     store.upsert_many(many);
                   }});
  steps.push_back({"upsert D", [](Store& store) { store.upsert(record("D", "behind the snapshot"), nullptr); }});
  steps.push_back({"upsert C", [](Store& store) { store.upsert(record("C", std::string(2000, 'y')), nullptr); }});
  steps.push_back({"compact", [](Store& store) { store.compact(nullptr); }});
  steps.push_back({"upsert E", [](Store& store) { store.upsert(record("E", "behind the sentinel"), nullptr); }});
  steps.push_back({"backup", [](Store& store) { store.backup(); }});
  steps.push_back({"delete A", [](Store& store) { store.remove("A", nullptr); }});
  return steps;
}

std::vector<Step> short_life() {
  std::vector<Step> steps;
  steps.push_back({"upsert X", [](Store& store) { store.upsert(record("X", "after the repair"), nullptr); }});
  steps.push_back({"upsert_many Y", [](Store& store) { store.upsert_many({record("Y1"), record("Y2")}); }});
  steps.push_back({"compact", [](Store& store) { store.compact(nullptr); }});
  return steps;
}

void overwrite(MemoryFileSystem& fs, const std::string& path, std::string_view content) {
  const auto file = fs.open(path, os::OpenMode::kCreateOrEmpty);
  file->append(content);
}

// A store of three events, a batch of three and a snapshot behind the third event, edited.
os::testing::Image edited(const std::function<void(MemoryFileSystem&)>& edit) {
  MemoryFileSystem fs;
  TickingClock clock;
  fs.make_directory(kProject);
  const auto store = open_store(fs, clock);
  for (const char* id : {"P", "Q", "R"}) store->upsert(record(id, "early"), nullptr);
  store->upsert_many({record("S1", "batch"), record("S2", "batch"), record("S3", "batch")});
  store->close();
  edit(fs);
  fs.sync_all();
  return fs.images_after_power_cut().front();
}

std::string without_last_bytes(MemoryFileSystem& fs, std::size_t count) {
  std::string log = os::read_file(fs, kProjectLog);
  log.resize(log.size() - count);
  return log;
}

void run_once(Workload& workload) {
  MemoryFileSystem fs(workload.start);
  TickingClock clock;
  const auto store = open_store(fs, clock);
  workload.records.push_back(records_of(*store));
  for (const Step& step : workload.steps) {
    step.run(*store);
    workload.records.push_back(records_of(*store));
  }
  store->close();
}

}  // namespace

std::vector<std::string> records_of(Store& store) { return texts(store.query(every_record())); }

std::vector<Workload> workloads() {
  std::vector<Workload> all;
  all.push_back({"new_store", MemoryFileSystem().images_after_power_cut().front(), whole_life(), {}});
  all.push_back({"torn_tail",
                 edited([](MemoryFileSystem& fs) {
                   overwrite(fs, kProjectLog, os::read_file(fs, kProjectLog) + "{\"seq\": 7, \"ts\": \"20");
                 }),
                 short_life(),
                 {}});
  all.push_back({"unfinished_batch",
                 edited([](MemoryFileSystem& fs) { overwrite(fs, kProjectLog, without_last_bytes(fs, 100)); }),
                 short_life(),
                 {}});
  all.push_back({"no_final_newline",
                 edited([](MemoryFileSystem& fs) { overwrite(fs, kProjectLog, without_last_bytes(fs, 1)); }),
                 short_life(),
                 {}});
  all.push_back({"snapshot_without_log",
                 edited([](MemoryFileSystem& fs) {
                   TickingClock clock;
                   open_store(fs, clock)->compact(nullptr);
                   overwrite(fs, kProjectLog, "");
                 }),
                 short_life(),
                 {}});
  all.push_back({"log_behind_snapshot",
                 edited([](MemoryFileSystem& fs) {
                   const std::string log = os::read_file(fs, kProjectLog);
                   TickingClock clock;
                   open_store(fs, clock)->compact(nullptr);
                   overwrite(fs, kProjectLog, std::string_view(log).substr(0, log.find('\n') + 1));
                 }),
                 short_life(),
                 {}});
  all.push_back({"bad_snapshot",
                 edited([](MemoryFileSystem& fs) { overwrite(fs, kProjectSnapshot, "{\"seq\": "); }),
                 short_life(),
                 {}});
  for (Workload& workload : all) run_once(workload);
  return all;
}

std::string check_after_failure(os::FileSystem& fs, const std::vector<const std::vector<std::string>*>& allowed) {
  TickingClock clock;
  try {
    const auto store = open_store(fs, clock);
    std::vector<std::string> records = records_of(*store);
    const bool fits = std::any_of(allowed.begin(), allowed.end(), [&](const auto* one) { return *one == records; });
    if (!fits) {
      std::string wrong = "the records are neither what was acknowledged nor that and the whole step:";
      for (const std::string& text : records) wrong += "\n  " + text.substr(0, 90);
      return wrong + "\n" + notices_text(*store);
    }
    store->upsert(record("after-all", "one more"), nullptr);
    chronostore::VerifyResult found = store->verify(true, nullptr);
    if (found.problem == "snapshot_unusable") found = store->verify(false, nullptr);
    if (!found.valid)
      return "the chain is not valid after one more write: " + found.message + "\n" + notices_text(*store);
    records.push_back(std::string(store->find("after-all")->text()));
    store->close();
    const auto again = open_store(fs, clock);
    if (records_of(*again) != records) return "reopened after one more write, the records are not the same";
  } catch (const Error& error) {
    return "error: " + error.message();
  }
  return {};
}

}  // namespace quipu::test
