// Writers that are killed at random moments, with a model of what each must have written: every step that was acknowledged is
// there, the one that was under way is there wholly or not at all, and nothing else is.
#include "processes/workers.h"

namespace {

using namespace processes;
using namespace quipu_cpp;

constexpr int kIds = 8;
constexpr int kBatchSize = 6;

// What step `i` of the writer `tag` does. The same in the writer and in the model.
struct Step {
  enum class Kind { kUpsert, kDelete, kBatch, kTransaction };

  Step(const std::string& tag, int i) {
    std::seed_seq seeds(tag.begin(), tag.end());
    std::mt19937 random(seeds);
    random.seed(random() + static_cast<unsigned>(i));
    const unsigned choice = random() % 10;
    kind = choice < 4 ? Kind::kUpsert : choice < 5 ? Kind::kDelete : choice < 7 ? Kind::kBatch : Kind::kTransaction;
    id = tag + "-" + std::to_string(random() % kIds);
    data = R"({"step": )" + std::to_string(i) + "}";
    for (int k = 0; k < kBatchSize; ++k) batch.push_back(tag + "-" + std::to_string(random() % kIds));
    counter = tag + "-counter";
  }

  Kind kind = Kind::kUpsert;
  std::string id;
  std::string data;
  std::vector<std::string> batch;
  std::string counter;
};

std::string counted(long n) { return R"({"n": )" + std::to_string(n) + "}"; }

// Upserts the step's record and adds 1 to the writer's counter.
quipu_status run_transaction(void* user, quipu_chronotransaction* tx, quipu_error** error) {
  const Step& step = *static_cast<const Step*>(user);
  quipu_chronorecord* found = nullptr;
  quipu_status status = quipu_chronotransaction_find(tx, step.counter.data(), step.counter.size(), &found, error);
  if (status != QUIPU_OK) return status;
  const Record before(found);
  const long n = before ? std::strtol(quipu_chronorecord_data(before.get(), nullptr) + 6, nullptr, 10) : 0;
  for (const Record& record :
       {make_record(step.id, "killed", "", step.data), make_record(step.counter, "killed", "", counted(n + 1))}) {
    status = quipu_chronotransaction_upsert(tx, record.get(), error);
    if (status != QUIPU_OK) return status;
  }
  return QUIPU_OK;
}

void run_step(const Store& store, Step& step) {
  switch (step.kind) {
    case Step::Kind::kUpsert:
      upsert(store, make_record(step.id, "killed", "", step.data));
      break;
    case Step::Kind::kDelete:
      check([&](quipu_error** error) {
        return quipu_chronostore_delete(store.get(), step.id.data(), step.id.size(), nullptr, error);
      });
      break;
    case Step::Kind::kBatch: {
      std::vector<Record> records;
      std::vector<const quipu_chronorecord*> pointers;
      for (const std::string& id : step.batch) {
        records.push_back(make_record(id, "killed", "", step.data));
        pointers.push_back(records.back().get());
      }
      check([&](quipu_error** error) {
        return quipu_chronostore_upsert_many(store.get(), pointers.data(), pointers.size(), nullptr, error);
      });
      break;
    }
    case Step::Kind::kTransaction:
      check([&](quipu_error** error) {
        return quipu_chronostore_commit(store.get(), run_transaction, &step, nullptr, error);
      });
      break;
  }
}

void writer(const Arguments& arguments) {
  const Store store = open_store(arguments[0]);
  for (int i = 0;; ++i) {
    Step step(arguments[1], i);
    run_step(store, step);
    say("done %d", i);
  }
}

void compactor(const Arguments& arguments) {
  const Store store = open_store(arguments[0]);
  for (;;) {
    check(
        [&](quipu_error** error) { return quipu_chronostore_compact(store.get(), nullptr, nullptr, nullptr, error); });
    say("compacted");
    std::this_thread::sleep_for(milliseconds(5));
  }
}

// The records of one writer: id to status and data.
using Records = std::map<std::string, std::string>;

void apply(const Step& step, Records& records, long& counter) {
  const std::string active = "active " + step.data;
  switch (step.kind) {
    case Step::Kind::kUpsert:
      records[step.id] = active;
      break;
    case Step::Kind::kDelete:
      if (const auto found = records.find(step.id); found != records.end()) {
        found->second = "tombstone" + found->second.substr(found->second.find(' '));
      }
      break;
    case Step::Kind::kBatch:
      for (const std::string& id : step.batch) records[id] = active;
      break;
    case Step::Kind::kTransaction:
      records[step.id] = active;
      records[step.counter] = "active " + counted(++counter);
      break;
  }
}

// What the store must hold after `steps` steps.
Records after(const std::string& tag, int steps) {
  Records records;
  long counter = 0;
  for (int i = 0; i < steps; ++i) apply(Step(tag, i), records, counter);
  return records;
}

Records records_of(const Store& store, const std::string& tag) {
  Records records;
  const auto take = [&](const std::string& id) {
    quipu_chronorecord* found = nullptr;
    check(
        [&](quipu_error** error) { return quipu_chronostore_find(store.get(), id.data(), id.size(), &found, error); });
    if (const Record record(found); record) {
      records[id] =
          text_of(quipu_chronorecord_status, record.get()) + " " + text_of(quipu_chronorecord_data, record.get());
    }
  };
  for (int k = 0; k < kIds; ++k) take(tag + "-" + std::to_string(k));
  take(tag + "-counter");
  return records;
}

struct Killed {
  std::string tag;
  int acknowledged;
};

// True if the records are those after the acknowledged steps, or after one more.
testing::AssertionResult holds(const Store& store, const Killed& one) {
  const Records found = records_of(store, one.tag);
  if (found == after(one.tag, one.acknowledged) || found == after(one.tag, one.acknowledged + 1)) {
    return testing::AssertionSuccess();
  }
  auto result = testing::AssertionFailure() << one.tag << ", " << one.acknowledged << " steps acknowledged, has";
  for (const auto& [id, text] : found) result << "\n  " << id << ": " << text;
  result << "\nand should have";
  for (const auto& [id, text] : after(one.tag, one.acknowledged)) result << "\n  " << id << ": " << text;
  return result;
}

class Writers {
 public:
  Writers(std::string folder, unsigned seed) : folder_(std::move(folder)), random_(seed) {}

  // Kills and replaces writers for that long; each that dies is compared at once, by a handle that stays open.
  void run(double seconds, bool compacting) {
    const Store follower = open_store(folder_);
    for (int i = 0; i < 4; ++i) start(writers_.emplace_back());
    ProcessPtr compactor_process;
    if (compacting) compactor_process = start_worker("compactor", {folder_});
    const auto begin = Clock::now();
    while (seconds_since(begin) < seconds && !testing::Test::HasFailure()) {
      Running& victim = writers_[random_() % writers_.size()];
      // Mostly while it writes, now and then while it opens the store.
      if (random_() % 8 != 0) victim.process->wait_for_lines(1);
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % 40000));
      end(victim, follower);
      if (compacting && random_() % 4 == 0) {
        compactor_process->kill(SIGKILL);
        compactor_process->wait();
        compactions_ += compactor_process->lines().size();
        compactor_process = start_worker("compactor", {folder_});
      }
    }
    for (Running& one : writers_) end(one, follower);
  }

  const std::vector<Killed>& killed() const { return killed_; }
  std::size_t compactions() const { return compactions_; }

 private:
  struct Running {
    std::string tag;
    ProcessPtr process;
  };

  void start(Running& one) {
    one.tag = "writer" + std::to_string(started_++);
    one.process = start_worker("writer", {folder_, one.tag});
  }

  void end(Running& one, const Store& follower) {
    one.process->kill(SIGKILL);
    EXPECT_EQ(one.process->wait(), 128 + SIGKILL) << one.tag << " ended by itself";
    killed_.push_back({one.tag, static_cast<int>(one.process->lines().size())});
    EXPECT_TRUE(holds(follower, killed_.back()));
    start(one);
  }

  std::string folder_;
  std::mt19937 random_;
  std::vector<Running> writers_;
  std::vector<Killed> killed_;
  std::size_t compactions_ = 0;
  int started_ = 0;
};

void kill_writers(bool compacting) {
  const Folder folder;
  const auto seed = static_cast<unsigned>(quipu::test::one_seed());
  SCOPED_TRACE("seed " + std::to_string(seed));
  int steps = 0;
  std::vector<Killed> killed;
  {
    Writers writers(folder.path(), seed);
    writers.run(4.0 * effort(), compacting);
    killed = writers.killed();
    if (compacting) EXPECT_GT(writers.compactions(), 0U);
  }
  // All is over now. A write puts in order what a dying writer may have left; the strict check looks at every line.
  upsert(open_store(folder.path()), make_record("last", "note", "", "{}"));
  EXPECT_EQ(broken(folder.path()), "");
  const Store store = open_store(folder.path());
  for (const Killed& one : killed) {
    EXPECT_TRUE(holds(store, one));
    steps += one.acknowledged;
  }
  EXPECT_GT(steps, 0);
  if (!compacting) EXPECT_EQ(events_by_seq(folder.path()).size(), static_cast<std::size_t>(wal_seq(store)));
  std::printf("seed %u: %zu writers killed, %d steps acknowledged\n", seed, killed.size(), steps);
}

TEST(KilledWriters, LoseNothingThatWasAcknowledged) { kill_writers(false); }

TEST(KilledWriters, LoseNothingWhileTheLogIsCompacted) { kill_writers(true); }

}  // namespace

int main(int argc, char** argv) { return processes::run(argc, argv, {{"writer", writer}, {"compactor", compactor}}); }
