// Readers in one process while others write: no gap, no half batch, nothing that goes backwards, nothing missing that was
// acknowledged before the read began.
#include "processes/workers.h"

namespace {

using namespace processes;
using namespace quipu_cpp;

constexpr int kBatch = 5;

std::string id_of(const std::string& tag, int i) { return tag + "-" + std::to_string(i); }

// Batches of new records, kBatch at a time.
void batches(const Arguments& arguments) {
  const Store store = open_store(arguments[0]);
  for (int i = 0; i < std::stoi(arguments[2]); ++i) {
    std::vector<Record> records;
    std::vector<const quipu_chronorecord*> pointers;
    for (int k = 0; k < kBatch; ++k) {
      records.push_back(make_record(id_of(arguments[1], i * kBatch + k), "batch", "", "{}"));
      pointers.push_back(records.back().get());
    }
    std::int64_t first = 0;
    check([&](quipu_error** error) {
      return quipu_chronostore_upsert_many(store.get(), pointers.data(), pointers.size(), &first, error);
    });
    for (int k = 0; k < kBatch; ++k) {
      say("ack %s %lld", id_of(arguments[1], i * kBatch + k).c_str(), static_cast<long long>(first + k));
    }
  }
  close_store(store);
}

// Adds 1 to two records that belong together.
quipu_status add_to_pair(void*, quipu_chronotransaction* tx, quipu_error** error) {
  quipu_chronorecord* found = nullptr;
  if (const quipu_status status = quipu_chronotransaction_find(tx, "left", 4, &found, error)) return status;
  const Record left(found);
  const long n = left ? std::strtol(quipu_chronorecord_data(left.get(), nullptr) + 6, nullptr, 10) : 0;  // {"n": 12}
  const std::string data = R"({"n": )" + std::to_string(n + 1) + "}";
  for (const char* id : {"left", "right"}) {
    const Record record = make_record(id, "pair", "", data);
    if (const quipu_status status = quipu_chronotransaction_upsert(tx, record.get(), error)) return status;
  }
  return QUIPU_OK;
}

void pairs(const Arguments& arguments) {
  const Store store = open_store(arguments[0]);
  for (int i = 0; i < std::stoi(arguments[1]); ++i) {
    check([&](quipu_error** error) {
      return quipu_chronostore_commit(store.get(), add_to_pair, nullptr, nullptr, error);
    });
  }
  close_store(store);
}

void compactor(const Arguments& arguments) {
  const Store store = open_store(arguments[0]);
  while (access(arguments[1].c_str(), F_OK) != 0) {
    check(
        [&](quipu_error** error) { return quipu_chronostore_compact(store.get(), nullptr, nullptr, nullptr, error); });
    std::this_thread::sleep_for(milliseconds(20));
  }
  close_store(store);
}

// What one look at the store showed, compared with the look before.
class Look {
 public:
  explicit Look(const std::string& path) : store_(open_store(path)) {}

  void again() {
    ++looks_;
    const std::int64_t seq = wal_seq(store_);
    if (seq < seq_) say("violation: seq %lld after %lld", static_cast<long long>(seq), static_cast<long long>(seq_));
    seq_ = seq;
    look_at_log();
    look_at_records();
  }

  int looks() const { return looks_; }

 private:
  void look_at_log() {
    const EventCursor events = replay(store_, 0);
    std::int64_t previous = 0;
    int of_batches = 0;
    for (Event event = next(events); event; event = next(events)) {
      const std::int64_t seq = quipu_walevent_seq(event.get());
      const bool begins = previous == 0 && text_of(quipu_walevent_op, event.get()) == "compact";
      if (!begins && seq != previous + 1) {
        say("violation: event %lld behind %lld", static_cast<long long>(seq), static_cast<long long>(previous));
      }
      previous = seq;
      if (text_of(quipu_walevent_record_id, event.get()).rfind("batch", 0) == 0) ++of_batches;
    }
    if (previous < seq_)
      say("violation: replay ends at %lld before %lld", static_cast<long long>(previous), static_cast<long long>(seq_));
    if (of_batches % kBatch != 0) say("violation: %d events of batches", of_batches);
  }

  void look_at_records() {
    const RecordCursor in_batches = query(store_, "batch");
    int records = 0;
    while (next(in_batches)) ++records;
    if (records % kBatch != 0) say("violation: %d records of batches", records);
    if (records < records_) say("violation: %d records of batches after %d", records, records_);
    records_ = records;

    const RecordCursor of_pair = query(store_, "pair");
    const Record left = next(of_pair);
    const Record right = next(of_pair);
    if (!left != !right) say("violation: half a pair");
    if (left && right) {
      const std::string one = text_of(quipu_chronorecord_data, left.get());
      const std::string other = text_of(quipu_chronorecord_data, right.get());
      if (one != other) say("violation: a pair of %s and %s", one.c_str(), other.c_str());
    }
  }

  Store store_;
  int looks_ = 0;
  std::int64_t seq_ = 0;
  int records_ = 0;
};

void reader(const Arguments& arguments) {
  Look look(arguments[0]);
  bool last = false;
  do {
    last = access(arguments[1].c_str(), F_OK) == 0;
    look.again();
  } while (!last);
  say("looks %d", look.looks());
}

// Three agents, two writers of batches, two of transactions and two readers at once.
void write_while_others_read(const Folder& folder, int effort, bool compacting) {
  const int upserts = 600 * effort;
  const int batch_count = 150 * effort;
  const int pair_count = 200 * effort;
  std::vector<ProcessPtr> readers;
  std::vector<ProcessPtr> writers;
  for (int i = 0; i < 2; ++i) readers.push_back(start_worker("reader", {folder.path(), folder.stop_sign()}));
  if (compacting) readers.push_back(start_worker("compactor", {folder.path(), folder.stop_sign()}));
  for (int i = 0; i < 3; ++i) {
    writers.push_back(
        start_agent({"append", folder.path(), std::to_string(upserts), "agent" + std::to_string(i), "--acks"}));
  }
  for (int i = 0; i < 2; ++i) {
    writers.push_back(
        start_worker("batches", {folder.path(), "batch" + std::to_string(i), std::to_string(batch_count)}));
    writers.push_back(start_worker("pairs", {folder.path(), std::to_string(pair_count)}));
  }
  for (const ProcessPtr& writer : writers) EXPECT_EQ(writer->wait(), 0);
  folder.stop();
  for (const ProcessPtr& one : readers) {
    EXPECT_EQ(one->wait(), 0);
    for (const std::string& line : one->lines()) EXPECT_NE(line.rfind("violation", 0), 0U) << line;
  }

  EXPECT_EQ(broken(folder.path()), "");
  const Store store = open_store(folder.path());
  const std::int64_t records = 3 * upserts + 2 * batch_count * kBatch + 2;
  std::int64_t count = 0;
  check([&](quipu_error** error) { return quipu_chronostore_record_count(store.get(), &count, error); });
  EXPECT_EQ(count, records);
  EXPECT_EQ(text_of(quipu_chronorecord_data, next(query(store, "pair")).get()),
            R"({"n": )" + std::to_string(2 * pair_count) + "}");
  if (compacting) {
    EXPECT_GT(wal_seq(store), records - 2 + 4 * pair_count) << "nothing was compacted";
    return;
  }
  EXPECT_EQ(wal_seq(store), records - 2 + 4 * pair_count);
  const auto events = events_by_seq(folder.path());
  for (const ProcessPtr& writer : writers) {
    for (const auto& [id, seq] : acks_of(writer->lines())) {
      ASSERT_TRUE(events.contains(seq)) << id;
      EXPECT_EQ(events.at(seq), id);
    }
  }
}

TEST(Readers, SeeWholeCommitsInOrder) {
  const Folder folder;
  write_while_others_read(folder, effort(), false);
}

TEST(Readers, SeeWholeCommitsInOrderAcrossCompactions) {
  const Folder folder;
  write_while_others_read(folder, effort(), true);
}

TEST(Readers, SeeWhatWasAcknowledgedBefore) {
  const Folder folder;
  const int count = 1000 * effort();
  std::vector<ProcessPtr> writers;
  for (int i = 0; i < 2; ++i) {
    writers.push_back(
        start_agent({"append", folder.path(), std::to_string(count), "agent" + std::to_string(i), "--acks"}));
  }
  const Store store = open_store(folder.path());
  std::vector<std::size_t> seen(writers.size(), 0);
  int checked = 0;
  while (checked < count * static_cast<int>(writers.size())) {
    bool idle = true;
    for (std::size_t i = 0; i < writers.size(); ++i) {
      for (const std::string& line : writers[i]->lines(seen[i])) {
        ++seen[i];
        for (const auto& [id, seq] : acks_of({line})) {
          quipu_chronorecord* found = nullptr;
          check([&](quipu_error** error) {
            return quipu_chronostore_find(store.get(), id.data(), id.size(), &found, error);
          });
          ASSERT_TRUE(Record(found)) << id;
          ASSERT_GE(wal_seq(store), seq);
          ++checked;
          idle = false;
        }
      }
    }
    if (idle) {
      std::size_t next_line = seen[0] + 1;
      if (static_cast<int>(seen[0]) > count) next_line = seen[0];
      writers[0]->wait_for_lines(next_line, milliseconds(1));
    }
  }
  for (const ProcessPtr& writer : writers) EXPECT_EQ(writer->wait(), 0);
}

}  // namespace

int main(int argc, char** argv) {
  return processes::run(argc, argv,
                        {{"batches", batches}, {"pairs", pairs}, {"compactor", compactor}, {"reader", reader}});
}
