// The lock between processes while its holder does not move: others get BUSY in time, read on, and go on writing once the
// holder goes on or is gone.
#include "processes/workers.h"

namespace {

using namespace processes;
using namespace quipu_cpp;

// Writes a record in a transaction, and stops itself before the transaction ends.
void holder(const Arguments& arguments) {
  const Store store = open_store(arguments[0]);
  check([&](quipu_error** error) {
    return quipu_chronostore_commit(
        store.get(),
        [](void*, quipu_chronotransaction* tx, quipu_error** failure) {
          const Record record = make_record("held", "note", "written under the lock", "{}");
          const quipu_status status = quipu_chronotransaction_upsert(tx, record.get(), failure);
          raise(SIGSTOP);
          return status;
        },
        nullptr, nullptr, error);
  });
  close_store(store);
}

Store open_with_wait(const Folder& folder, std::int64_t lock_wait_ms) {
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  options.lock_wait_ms = lock_wait_ms;
  return open_store(folder.path(), options);
}

Record note(const std::string& id) { return make_record(id, "note", "", "{}"); }

bool has(const Store& store, std::string_view id) {
  quipu_chronorecord* found = nullptr;
  check([&](quipu_error** error) { return quipu_chronostore_find(store.get(), id.data(), id.size(), &found, error); });
  return Record(found) != nullptr;
}

// Milliseconds until the upsert answered BUSY; -1 if it answered something else.
double busy_after_ms(const Store& store) {
  const auto begin = Clock::now();
  const Record record = note("refused");
  quipu_error* raw = nullptr;
  const quipu_status status = quipu_chronostore_upsert(store.get(), record.get(), nullptr, &raw);
  const ErrorHandle error(raw);
  const double ms = seconds_since(begin) * 1000;
  EXPECT_EQ(status, QUIPU_E_BUSY);
  EXPECT_EQ(quipu_error_retryable(error.get()), 1);
  return status == QUIPU_E_BUSY ? ms : -1;
}

class StoppedHolder : public testing::Test {
 protected:
  void SetUp() override {
    upsert(open_store(folder_.path()), note("before"));
    holder_ = start_worker("holder", {folder_.path()});
    ASSERT_TRUE(holder_->wait_until_stopped());
  }

  // After the holder went on or was ended: writes work, nothing is lost, the refused record was not written.
  void expect_all_well(bool held_is_there) {
    const Store store = open_store(folder_.path());
    upsert(store, note("after"));
    EXPECT_TRUE(has(store, "before"));
    EXPECT_TRUE(has(store, "after"));
    EXPECT_EQ(has(store, "held"), held_is_there);
    EXPECT_FALSE(has(store, "refused"));
    EXPECT_EQ(broken(folder_.path()), "");
  }

  Folder folder_;
  ProcessPtr holder_;
};

TEST_F(StoppedHolder, OthersGetBusyInTime) {
  const Store store = open_with_wait(folder_, 300);
  for (int i = 0; i < 3; ++i) {
    const double ms = busy_after_ms(store);
    EXPECT_GE(ms, 299);
    EXPECT_LT(ms, 300 + 3000);  // a loaded machine
  }
  holder_->kill(SIGCONT);
  EXPECT_EQ(holder_->wait(), 0);
  expect_all_well(true);
}

TEST_F(StoppedHolder, OthersThatDoNotWaitGetBusyAtOnce) {
  const double ms = busy_after_ms(open_with_wait(folder_, -1));
  EXPECT_GE(ms, 0);
  EXPECT_LT(ms, 3000);
  holder_->kill(SIGCONT);
  EXPECT_EQ(holder_->wait(), 0);
  expect_all_well(true);
}

TEST_F(StoppedHolder, ThreadsOfOneStoreGetBusyInTime) {
  const Store store = open_with_wait(folder_, 300);
  const auto begin = Clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_GE(busy_after_ms(store), 0); });
  for (std::thread& thread : threads) thread.join();
  // They wait at the same time, not one after the other.
  EXPECT_LT(seconds_since(begin), 0.3 + 1.8);
  holder_->kill(SIGKILL);
  holder_->wait();
  expect_all_well(false);
}

TEST_F(StoppedHolder, OthersReadOn) {
  const auto begin = Clock::now();
  const Store store = open_store(folder_.path());
  EXPECT_TRUE(has(store, "before"));
  EXPECT_FALSE(has(store, "held"));
  EXPECT_EQ(wal_seq(store), 1);
  EXPECT_EQ(broken(folder_.path()), "");
  EXPECT_TRUE(next(query(store, "note")));
  EXPECT_LT(seconds_since(begin), 5);
  holder_->kill(SIGCONT);
  EXPECT_EQ(holder_->wait(), 0);
  EXPECT_TRUE(has(store, "held"));
}

TEST_F(StoppedHolder, ItsDeathFreesTheLock) {
  const Store store = open_with_wait(folder_, 30000);
  std::thread waiting([&] { EXPECT_EQ(upsert(store, note("waited")), 2); });
  std::this_thread::sleep_for(milliseconds(200));
  const auto begin = Clock::now();
  holder_->kill(SIGKILL);
  waiting.join();
  EXPECT_LT(seconds_since(begin), 10);
  EXPECT_EQ(holder_->wait(), 128 + SIGKILL);
  expect_all_well(false);
}

TEST_F(StoppedHolder, OthersThatWaitGoOnWhenItGoesOn) {
  std::vector<ProcessPtr> agents;
  for (int i = 0; i < 3; ++i) {
    agents.push_back(start_agent({"append", folder_.path(), "20", "agent" + std::to_string(i)}));
  }
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_EQ(wal_seq(open_store(folder_.path())), 1);
  holder_->kill(SIGCONT);
  EXPECT_EQ(holder_->wait(), 0);
  for (const ProcessPtr& agent : agents) EXPECT_EQ(agent->wait(), 0);
  EXPECT_EQ(wal_seq(open_store(folder_.path())), 2 + 60);
  expect_all_well(true);
}

}  // namespace

int main(int argc, char** argv) { return processes::run(argc, argv, {{"holder", holder}}); }
