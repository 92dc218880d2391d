// One store through hundreds of power cuts: two handles do what chance says, the power goes, whatever disk chance leaves is
// opened again, and the records are always those of the last acknowledged step, or of that and the whole step cut short.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "support/chronostore_workload.h"

namespace quipu::test {
namespace {

using chronostore::RecordRef;
using chronostore::Store;
using os::testing::FaultAction;
using os::testing::FaultFileSystem;
using os::testing::Image;
using os::testing::MemoryFileSystem;
using os::testing::OpKinds;
using os::testing::PowerCut;

// Id and label of each record, in order of first insertion; label "-" for a tombstone.
using Model = std::vector<std::pair<std::string, std::string>>;

void put(Model& model, const std::string& id, const std::string& label) {
  const auto at = std::find_if(model.begin(), model.end(), [&](const auto& entry) { return entry.first == id; });
  if (at != model.end()) {
    at->second = label;
  } else {
    model.emplace_back(id, label);
  }
}

void bury(Model& model, const std::string& id) {
  const auto at = std::find_if(model.begin(), model.end(), [&](const auto& entry) { return entry.first == id; });
  if (at != model.end()) at->second = "-";
}

Model model_of(Store& store) {
  Model model;
  chronostore::RecordCursor cursor = store.query(every_record());
  while (const RecordRef record = cursor.next()) {
    const bool dead = record->field(chronostore::ChronoRecordField::status) == "\"tombstone\"";
    model.emplace_back(json::string_value(record->field(chronostore::ChronoRecordField::id)),
                       dead ? "-" : json::string_value(record->field(chronostore::ChronoRecordField::label)));
  }
  return model;
}

class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) {}

  // A random step on the store; `after` becomes what the records are then.
  void step(Store& store, Model& after) {
    const std::string label = std::to_string(++steps_);
    const auto id = [&] { return "r" + std::to_string(below(12)); };
    switch (below(8)) {
      case 0:
      case 1:
      case 2: {
        const std::string one = id();
        put(after, one, label);
        store.upsert(record(one, label), nullptr);
        break;
      }
      case 3: {
        std::vector<RecordRef> batch;
        // Four and more lines: see whole_life in chronostore_workload.cpp.
        const std::size_t count = 4 + below(14);
        for (std::size_t i = 0; i < count; ++i) {
          const std::string one = id();
          put(after, one, label);
          batch.push_back(record(one, label));
        }
        store.upsert_many(batch);
        break;
      }
      case 4: {
        const std::string one = id();
        bury(after, one);
        store.remove(one, nullptr);
        break;
      }
      case 5: {
        const std::string one = id();
        put(after, one, label);
        store.commit([&](chronostore::Transaction& transaction) { transaction.upsert(record(one, label)); });
        break;
      }
      case 6:
        store.compact(nullptr);
        break;
      default:
        if (below(4) == 0) store.backup();
        break;
    }
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  std::mt19937_64 random_;
  int steps_ = 0;
};

class MarathonTest : public testing::TestWithParam<int> {};

TEST_P(MarathonTest, EveryDiskHoldsAWholeStep) {
  Life life(static_cast<std::uint64_t>(GetParam()));
  Image disk = MemoryFileSystem().images_after_power_cut().front();
  Model model;
  int cuts = 0;
  for (int round = 0; round < 150; ++round) {
    MemoryFileSystem memory(disk);
    FaultFileSystem fs(memory);
    TickingClock clock;
    clock.set(TickingClock::kFirst + round * 1000);
    Model after = model;
    fs.plan({.action = FaultAction::kPowerCut, .nth = 1 + life.below(90), .kinds = OpKinds::writing()});
    try {
      auto one = Store::open(kProject, options_with(fs, &clock));
      auto two = Store::open(kProject, options_with(fs, &clock));
      for (int i = 0; i < 40; ++i) {
        Store& store = life.below(2) == 0 ? *one : *two;
        after = model;
        life.step(store, after);
        model = after;
        ASSERT_EQ(model_of(life.below(2) == 0 ? *one : *two), model) << "seed " << GetParam() << ", round " << round;
      }
      EXPECT_TRUE(one->verify(true, nullptr).valid) << one->verify(true, nullptr).message;
      one->close();
      two->close();
    } catch (const PowerCut&) {
      ++cuts;
    }
    const std::vector<Image> images =
        memory.images_after_power_cut({.most = 40, .seed = static_cast<std::uint64_t>(round + 1)});
    disk = images[life.below(images.size())];
    MemoryFileSystem left(disk);
    const std::string place = "seed " + std::to_string(GetParam()) + ", round " + std::to_string(round) + ", cut at " +
                              fs.struck_op() + ", disk: " + disk.choices;
    try {
      const auto store = Store::open(kProject, options_with(left, &clock));
      const Model found = model_of(*store);
      ASSERT_TRUE(found == model || found == after) << place << "\n" << notices_text(*store);
      store->upsert(record("r0", "reopened"), nullptr);
      model = found;
      put(model, "r0", "reopened");
      ASSERT_EQ(model_of(*store), model) << place;
      const chronostore::VerifyResult check = store->verify(true, nullptr);
      ASSERT_TRUE(check.valid) << place << "\n" << check.message << "\n" << notices_text(*store);
    } catch (const Error& error) {
      FAIL() << place << "\n" << error.message();
    }
    left.sync_all();
    disk = left.images_after_power_cut().front();
  }
  EXPECT_GT(cuts, 50);
}

INSTANTIATE_TEST_SUITE_P(ChronoStore, MarathonTest, testing::Range(1, 5));

}  // namespace
}  // namespace quipu::test
