// Everything at once: threads that write in every way, read with live cursors, replay, verify, compact, back up and refresh,
// on two handles of this process; a third that is closed at a random moment again and again while calls are in flight; and
// another process that writes too. What was acknowledged is there, once, and the log has exactly the events that it should.
#include <atomic>
#include <set>

#include "processes/workers.h"

namespace {

using namespace processes;
using namespace quipu_cpp;

double seconds() { return quipu::test::long_run() ? 60 : 4; }

Store open_patiently(const std::string& path) {
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  options.lock_wait_ms = 120000;  // a loaded machine and a sanitizer
  return open_store(path, options);
}

Record pair_record(const std::string& id, int step) {
  return make_record(id, "pair", "", "{\"n\": " + std::to_string(step) + "}");
}

std::string data_of(int step) { return "{\"n\": " + std::to_string(step) + "}"; }

// A writer with ids of its own: what it did, and so what must be there.
class Writer {
 public:
  Writer(std::string tag, unsigned seed) : tag_(std::move(tag)), random_(seed) {}

  // One write of some kind. False if the store was closed before it.
  bool step(const Store& store) {
    const std::string id = tag_ + "-" + std::to_string(random_() % 40);
    const int n = ++steps_;
    switch (random_() % 4) {
      case 0: {
        const Record record = make_record(id + "s", "single", "", data_of(n));
        quipu_walevent* event = nullptr;
        if (!made(
                [&](quipu_error** err) { return quipu_chronostore_upsert(store.get(), record.get(), &event, err); })) {
          return false;
        }
        EXPECT_EQ(text_of(quipu_walevent_record_id, Event(event).get()), id + "s");
        took(id + "s", data_of(n));
        return true;
      }
      case 1: {
        const Record left = pair_record(id + "a", n);
        const Record right = pair_record(id + "b", n);
        const quipu_chronorecord* both[] = {left.get(), right.get()};
        if (!made(
                [&](quipu_error** err) { return quipu_chronostore_upsert_many(store.get(), both, 2, nullptr, err); })) {
          return false;
        }
        took(id + "a", data_of(n));
        took(id + "b", data_of(n));
        return true;
      }
      case 2: {
        Pair pair{id, n};
        if (!made([&](quipu_error** err) {
              return quipu_chronostore_commit(store.get(), write_pair, &pair, nullptr, err);
            })) {
          return false;
        }
        took(id + "a", data_of(n));
        took(id + "b", data_of(n));
        return true;
      }
      default: {
        const std::string victim = id + "s";
        if (!made([&](quipu_error** err) {
              return quipu_chronostore_delete(store.get(), victim.data(), victim.size(), nullptr, err);
            })) {
          return false;
        }
        ++events_;
        if (const auto found = records_.find(victim); found != records_.end()) found->second = "deleted";
        return true;
      }
    }
  }

  std::int64_t events() const { return events_; }

  void expect_all(const Store& store) const {
    for (const auto& [id, data] : records_) {
      quipu_chronorecord* raw = nullptr;
      check([&](quipu_error** err) { return quipu_chronostore_find(store.get(), id.data(), id.size(), &raw, err); });
      const Record found(raw);
      ASSERT_TRUE(found) << id << " is lost";
      const bool deleted = text_of(quipu_chronorecord_status, found.get()) == "tombstone";
      EXPECT_EQ(deleted ? "deleted" : text_of(quipu_chronorecord_data, found.get()), data) << id;
    }
  }

 private:
  struct Pair {
    std::string id;
    int n;
  };

  static quipu_status write_pair(void* user, quipu_chronotransaction* tx, quipu_error** err) {
    const Pair& pair = *static_cast<const Pair*>(user);
    for (const char* side : {"a", "b"}) {
      const Record record = pair_record(pair.id + side, pair.n);
      if (const quipu_status status = quipu_chronotransaction_upsert(tx, record.get(), err)) return status;
    }
    return QUIPU_OK;
  }

  template <typename Call>
  bool made(Call&& call) {
    quipu_error* raw = nullptr;
    const quipu_status status = call(&raw);
    const ErrorHandle error(raw);
    EXPECT_TRUE(status == QUIPU_OK || status == QUIPU_E_CLOSED) << quipu_error_message(error.get(), nullptr);
    return status == QUIPU_OK;
  }

  void took(const std::string& id, const std::string& data) {
    records_[id] = data;
    ++events_;
  }

  std::string tag_;
  std::mt19937 random_;
  int steps_ = 0;
  std::int64_t events_ = 0;
  std::map<std::string, std::string> records_;
};

// In another process; each line acknowledges an event.
void other_process(const Arguments& arguments) {
  const Store store = open_patiently(arguments[0]);
  for (int i = 0; access(arguments[1].c_str(), F_OK) != 0; ++i) {
    const std::string id = "other-" + std::to_string(i);
    const std::int64_t seq = upsert(store, make_record(id, "other", "", "{}"));
    say("ack %s %lld", id.c_str(), static_cast<long long>(seq));
  }
  close_store(store);
}

// Codes of a call on a store that may be closed meanwhile.
bool goes_on(quipu_status status, quipu_error*& raw) {
  const ErrorHandle error(std::exchange(raw, nullptr));
  EXPECT_TRUE(status == QUIPU_OK || status == QUIPU_E_CLOSED) << quipu_error_message(error.get(), nullptr);
  return status == QUIPU_OK;
}

class Stress {
 public:
  explicit Stress(unsigned seed) : seed_(seed) {
    one_ = open_patiently(folder_.path());
    two_ = open_patiently(folder_.path());
    upsert(one_, make_record("first", "single", "", "{}"));
  }

  void run() {
    const ProcessPtr other = start_worker("other", {folder_.path(), folder_.stop_sign()});
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i) {
      Writer& writer = *writers_.emplace_back(std::make_unique<Writer>("w" + std::to_string(i), seed_ + i));
      threads.emplace_back([this, &writer, i] {
        while (running()) EXPECT_TRUE(writer.step(i == 0 ? two_ : one_));
      });
    }
    threads.emplace_back([this] { read(one_); });
    threads.emplace_back([this] { read(two_); });
    threads.emplace_back([this] { replay_all(); });
    threads.emplace_back([this] { verify(); });
    threads.emplace_back([this] { maintain(); });
    threads.emplace_back([this] { open_and_close(); });
    const auto begin = Clock::now();
    while (seconds_since(begin) < seconds() && !testing::Test::HasFailure()) {
      std::this_thread::sleep_for(milliseconds(20));
    }
    stop_ = true;
    folder_.stop();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(other->wait(), 0);
    const auto acks = acks_of(other->lines());

    std::int64_t events = 1 + compactions_ + static_cast<std::int64_t>(acks.size());
    for (auto& writer : writers_of_closed_) writers_.push_back(std::move(writer));
    for (const auto& writer : writers_) events += writer->events();
    const Store fresh = open_store(folder_.path());
    for (const Store* store : std::initializer_list<const Store*>{&one_, &two_, &fresh}) {
      EXPECT_EQ(wal_seq(*store), events) << "an event is missing, or there twice";
      for (const auto& writer : writers_) writer->expect_all(*store);
    }
    std::set<std::string> of_other;
    const RecordCursor cursor = query(fresh, "other");
    while (const Record record = next(cursor)) of_other.insert(text_of(quipu_chronorecord_id, record.get()));
    EXPECT_EQ(of_other.size(), acks.size());
    for (const auto& [id, seq] : acks) EXPECT_TRUE(of_other.contains(id)) << id;
    EXPECT_EQ(broken(folder_.path()), "");
    std::printf(
        "%lld events, %zu of them by another process; %d compactions, %d backups, %d verifications, %d replays, "
        "%d queries, %d closes with calls in flight\n",
        static_cast<long long>(events), acks.size(), compactions_.load(), backups_.load(), verified_.load(),
        replays_.load(), queries_.load(), closes_.load());
    for (const int count : {compactions_.load(), backups_.load(), verified_.load(), replays_.load(), queries_.load(),
                            closes_.load(), static_cast<int>(acks.size())}) {
      EXPECT_GT(count, 0);
    }
    close_store(one_);
    close_store(two_);
  }

 private:
  bool running() const { return !stop_ && !testing::Test::HasFailure(); }

  // So that the readers leave something of the machine to the writers.
  static void rest() { std::this_thread::sleep_for(milliseconds(2)); }

  // Cursors that stay open while the store moves on: each shows whole pairs, and no fewer than the one before it.
  void read(const Store& store) {
    std::vector<RecordCursor> open;
    int before = 0;
    while (running()) {
      open.push_back(query(store, "pair"));
      if (open.size() < 4) continue;
      int records = 0;
      while (const Record record = next(open.front())) ++records;
      open.erase(open.begin());
      EXPECT_EQ(records % 2, 0) << "half a batch";
      EXPECT_GE(records, before);
      before = records;
      ++queries_;
      rest();
      check([&](quipu_error** err) { return quipu_chronostore_refresh(store.get(), err); });
    }
  }

  void replay_all() {
    while (running()) {
      const std::int64_t least = wal_seq(two_);
      const EventCursor events = replay(two_, 0);
      std::int64_t last = 0;
      while (const Event event = next(events)) {
        const std::int64_t seq = quipu_walevent_seq(event.get());
        EXPECT_TRUE(last == 0 || seq == last + 1) << seq << " behind " << last;
        last = seq;
      }
      EXPECT_GE(last, least);
      ++replays_;
      rest();
    }
  }

  void verify() {
    while (running()) {
      const auto found = verify_strictly(verified_ % 2 == 0 ? one_ : two_);
      EXPECT_EQ(quipu_chronoverification_valid(found.get()), 1)
          << quipu_chronoverification_message(found.get(), nullptr);
      ++verified_;
      rest();
    }
  }

  void maintain() {
    for (int i = 0; running(); ++i) {
      const Store& store = i % 2 == 0 ? one_ : two_;
      check([&](quipu_error** err) { return quipu_chronostore_sync(store.get(), err); });
      if (i % 3 == 0) {
        char* path = nullptr;
        check([&](quipu_error** err) { return quipu_chronostore_backup(store.get(), &path, nullptr, err); });
        std::filesystem::remove_all(path);
        quipu_free(path);
        ++backups_;
      } else {
        check(
            [&](quipu_error** err) { return quipu_chronostore_compact(store.get(), nullptr, nullptr, nullptr, err); });
        ++compactions_;
      }
      std::this_thread::sleep_for(milliseconds(30));
    }
  }

  // A handle that three threads use until it is closed under them, at a random moment; freed when they are gone.
  void open_and_close() {
    std::mt19937 random(seed_);
    while (running()) {
      const Store store = open_patiently(folder_.path());
      Writer& writer = *writers_of_closed_.emplace_back(std::make_unique<Writer>("c" + std::to_string(closes_), seed_));
      std::vector<std::thread> users;
      users.emplace_back([&] {
        while (writer.step(store)) {
        }
      });
      users.emplace_back([&] {
        for (;;) {
          quipu_error* error = nullptr;
          quipu_chronocursor* raw = nullptr;
          if (!goes_on(quipu_chronostore_query(store.get(), nullptr, &raw, &error), error)) return;
          const RecordCursor cursor(raw);
          for (int i = 0; i < 5; ++i) {
            quipu_chronorecord* record = nullptr;
            error = nullptr;
            if (!goes_on(quipu_chronocursor_next(cursor.get(), &record, &error), error)) return;
            quipu_chronorecord_free(record);
          }
        }
      });
      users.emplace_back([&] {
        for (;;) {
          quipu_error* error = nullptr;
          quipu_walcursor* raw = nullptr;
          if (!goes_on(quipu_chronostore_replay(store.get(), 0, &raw, &error), error)) return;
          const EventCursor cursor(raw);
          quipu_walevent* event = nullptr;
          error = nullptr;
          if (!goes_on(quipu_walcursor_next(cursor.get(), &event, &error), error)) return;
          quipu_walevent_free(event);
          int valid = 0;
          error = nullptr;
          if (!goes_on(quipu_chronostore_chain_valid(store.get(), &valid, &error), error)) return;
          EXPECT_EQ(valid, 1);
        }
      });
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 60000));
      close_store(store);
      for (std::thread& user : users) user.join();
      ++closes_;
    }
  }

  const unsigned seed_;
  Folder folder_;
  Store one_;
  Store two_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::vector<std::unique_ptr<Writer>> writers_of_closed_;
  std::atomic<bool> stop_{false};
  std::atomic<int> compactions_{0};
  std::atomic<int> backups_{0};
  std::atomic<int> verified_{0};
  std::atomic<int> replays_{0};
  std::atomic<int> queries_{0};
  std::atomic<int> closes_{0};
};

TEST(Stress, EverythingAtOnce) {
  const auto seed = static_cast<unsigned>(quipu::test::one_seed());
  SCOPED_TRACE("seed " + std::to_string(seed));
  Stress(seed).run();
}

}  // namespace

int main(int argc, char** argv) { return processes::run(argc, argv, {{"other", other_process}}); }
