// Durable appends: one at a time, from many threads, in batches, from several processes.
#include <algorithm>
#include <atomic>
#include <barrier>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "bench/child.h"
#include "bench/competitor.h"
#include "bench/measure.h"
#include "bench/works.h"

namespace bench {
namespace {

constexpr std::size_t kThreads = 16;
constexpr std::size_t kBatch = 1000;
constexpr std::size_t kProcesses = 4;

// A competitor as it takes part in one work.
struct Entry {
  std::unique_ptr<Competitor> competitor;
  std::string label;
  std::size_t threads = 1;
  std::size_t batch = 1;
  std::int64_t put = 0;            // records given to it so far
  std::vector<double> rates = {};  // records per second, one per round
};

Entry entry(std::unique_ptr<Competitor> competitor, std::size_t threads, std::size_t batch = 1,
            const std::string& label = "") {
  Entry made{std::move(competitor), label, threads, batch};
  if (label.empty() && made.competitor) made.label = made.competitor->name();
  return made;
}

// Runs `work(thread)` on that many threads, started together; gives the seconds until the last has ended.
double run_threads(std::size_t count, const std::function<void(std::size_t)>& work) {
  if (count == 1) {
    const Stopwatch watch;
    work(0);
    return watch.seconds();
  }
  std::barrier start(static_cast<std::ptrdiff_t>(count + 1));
  std::mutex mutex;
  std::exception_ptr failure;
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      start.arrive_and_wait();
      try {
        work(i);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = std::current_exception();
      }
    });
  }
  // Before the start: this thread may be the last to go on after it.
  const Stopwatch watch;
  start.arrive_and_wait();
  threads.clear();
  const double seconds = watch.seconds();
  if (failure) std::rethrow_exception(failure);
  return seconds;
}

// One round of one competitor: appends from the pool until the time is over or the pool is empty.
double measure(Entry& entry, const Pool& pool, double seconds) {
  std::vector<std::unique_ptr<Session>> sessions;
  for (std::size_t i = 0; i < entry.threads; ++i) sessions.push_back(entry.competitor->session());
  std::atomic<std::size_t> next{0};
  std::atomic<std::int64_t> done{0};
  const std::span<const Prepared> records(pool);
  const double taken = run_threads(entry.threads, [&](std::size_t thread) {
    const Stopwatch watch;
    while (watch.seconds() < seconds) {
      const std::size_t at = next.fetch_add(entry.batch);
      if (at + entry.batch > records.size()) return;
      if (entry.batch == 1) {
        sessions[thread]->put(records[at]);
      } else {
        sessions[thread]->put_many(records.subspan(at, entry.batch));
      }
      done += static_cast<std::int64_t>(entry.batch);
    }
  });
  entry.put += done;
  return static_cast<double>(done) / taken;
}

void check_count(Entry& entry) {
  const std::int64_t count = entry.competitor->count();
  if (count != entry.put) {
    throw std::runtime_error(entry.label + " was given " + std::to_string(entry.put) + " records and has " +
                             std::to_string(count));
  }
}

std::filesystem::path folder_of(const Options& options, std::size_t index) {
  return options.folder / ("store-" + std::to_string(index));
}

// All competitors in all rounds, the order turned by one from round to round. What each one has in the end is counted.
void run_rounds(const Options& options, std::vector<Entry>& entries, std::size_t pool_size) {
  std::erase_if(entries, [](const Entry& entry) { return entry.competitor == nullptr; });
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].competitor->fresh_each_round()) continue;
    empty_folder(folder_of(options, i));
    entries[i].competitor->open(folder_of(options, i));
  }
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const Pool pool = prepare(round * pool_size, pool_size);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::size_t index = (round + i) % entries.size();
      Entry& entry = entries[index];
      const bool fresh = entry.competitor->fresh_each_round();
      if (fresh) {
        empty_folder(folder_of(options, index));
        entry.competitor->open(folder_of(options, index));
        entry.put = 0;
      }
      settle(options.folder);
      progress(entry.label + ", round " + std::to_string(round + 1));
      entry.rates.push_back(measure(entry, pool, options.seconds));
      if (fresh) {
        check_count(entry);
        entry.competitor->close();
      }
    }
  }
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].competitor->fresh_each_round()) {
      check_count(entries[i]);
      entries[i].competitor->close();
    }
    std::filesystem::remove_all(folder_of(options, i));
  }
}

// Quipu, the first entry, compared with all others; `bars` by label.
void add_rows(Work& work, const std::vector<Entry>& entries, const std::string& unit,
              const std::map<std::string, Bar>& bars) {
  for (const Entry& entry : entries) {
    Row row{entry.label, unit, entry.rates, {}, {}};
    if (&entry != &entries.front()) {
      row.ratios = quotients(entries.front().rates, entry.rates);
      const auto bar = bars.find(entry.label);
      if (bar != bars.end()) row.bar = bar->second;
    }
    work.rows.push_back(std::move(row));
  }
}

std::size_t pool_size(const Options& options, double per_second) {
  return static_cast<std::size_t>(options.seconds * per_second);
}

// The faster of the two ways to use SQLite has the bar.
std::string faster(const std::vector<Entry>& entries, const std::string& one, const std::string& other) {
  double best = 0;
  std::string name;
  for (const Entry& entry : entries) {
    if ((entry.label == one || entry.label == other) && median(entry.rates) > best) {
      best = median(entry.rates);
      name = entry.label;
    }
  }
  return name;
}

}  // namespace

Work append_one_thread(const Options& options) {
  std::vector<Entry> entries;
  entries.push_back(entry(make_quipu(), 1));
  entries.push_back(entry(make_raw_floor(Floor::kAppend), 1));
  entries.push_back(entry(make_raw_floor(Floor::kShared), 1));
  entries.push_back(entry(make_raw_floor(Floor::kAhead), 1));
  entries.push_back(entry(
      make_sqlite("SQLite, WAL growing", SqliteWal::kGrowing, SqliteIndex::kById, SqliteThreads::kConnectionEach), 1));
  entries.push_back(entry(make_sqlite("SQLite, WAL wrapped (steady state)", SqliteWal::kWrapped, SqliteIndex::kById,
                                      SqliteThreads::kConnectionEach),
                          1));
  entries.push_back(entry(make_lmdb(), 1));
  entries.push_back(entry(make_rocksdb(), 1));
  run_rounds(options, entries, pool_size(options, 40000));
  Work work{"append", "One durable append at a time, one thread", "Quipu / this", "", {}};
  work.note =
      "SQLite's WAL, once it has wrapped, is overwritten in place: its sync has no change of the file's size to write.";
  add_rows(work, entries, "per second", {{"raw append", at_least(0.9)}, {"LMDB", ahead()}, {"RocksDB", ahead()}});
  return work;
}

Work append_threads(const Options& options) {
  const std::string own = "SQLite, 16 connections";
  const std::string shared = "SQLite, one connection and a mutex";
  std::vector<Entry> entries;
  entries.push_back(entry(make_quipu(), kThreads));
  entries.push_back(entry(make_quipu(), 1, 1, "Quipu, one thread"));
  entries.push_back(
      entry(make_sqlite(own, SqliteWal::kWrapped, SqliteIndex::kById, SqliteThreads::kConnectionEach), kThreads));
  entries.push_back(
      entry(make_sqlite(shared, SqliteWal::kWrapped, SqliteIndex::kById, SqliteThreads::kMutex), kThreads));
  entries.push_back(entry(make_lmdb(), kThreads));
  entries.push_back(entry(make_rocksdb(), kThreads));
  run_rounds(options, entries, pool_size(options, 150000));
  Work work{"threads", "Durable appends from 16 threads", "Quipu / this", "", {}};
  work.note = "SQLite with its WAL wrapped; the faster of the two ways to use it counts.";
  add_rows(work, entries, "per second",
           {{"Quipu, one thread", at_least(5)},
            {faster(entries, own, shared), ahead()},
            {"LMDB", ahead()},
            {"RocksDB", ahead()}});
  return work;
}

Work append_batches(const Options& options) {
  std::vector<Entry> entries;
  entries.push_back(entry(make_quipu(), 1, kBatch));
  entries.push_back(entry(make_raw_floor(Floor::kHashed), 1, kBatch));
  entries.push_back(entry(make_raw_floor(Floor::kAppend), 1, kBatch));
  entries.push_back(
      entry(make_sqlite("SQLite", SqliteWal::kWrapped, SqliteIndex::kById, SqliteThreads::kConnectionEach), 1, kBatch));
  entries.push_back(entry(make_sqlite("SQLite without the index by id", SqliteWal::kWrapped, SqliteIndex::kNone,
                                      SqliteThreads::kConnectionEach),
                          1, kBatch));
  entries.push_back(entry(make_lmdb(), 1, kBatch));
  entries.push_back(entry(make_rocksdb(), 1, kBatch));
  run_rounds(options, entries, std::max(pool_size(options, 200000), kBatch) / kBatch * kBatch);
  Work work{"batches", "Durable batches of 1,000 records", "Quipu / this", "", {}};
  add_rows(work, entries, "records per second", {{"SQLite", at_least(1.3)}, {"raw append + SHA-256", at_least(0.8)}});
  return work;
}

Work append_processes(const Options& options) {
  const std::filesystem::path one = options.folder / "one-process";
  const std::filesystem::path four = options.folder / "four-processes";
  std::vector<double> alone;
  std::vector<double> together;
  std::vector<double> least_share;
  std::map<std::filesystem::path, std::int64_t> put;
  empty_folder(one);
  empty_folder(four);
  const auto run = [&](const std::filesystem::path& folder, std::size_t processes, std::size_t round) {
    std::vector<Child> children;
    for (std::size_t i = 0; i < processes; ++i) {
      children.push_back(Child::task("append", {{"folder", folder.string()},
                                                {"seconds", options.process_seconds},
                                                {"first", (round * kProcesses + i) * 1000000},
                                                {"count", static_cast<std::size_t>(options.process_seconds * 40000)}}));
    }
    for (Child& child : children) child.receive();  // ready
    for (Child& child : children) child.send("go");
    double total = 0;
    double least = 0;
    for (std::size_t i = 0; i < processes; ++i) {
      const nlohmann::json answer = children[i].receive();
      const double rate = answer.at("count").get<double>() / answer.at("seconds").get<double>();
      put[folder] += answer.at("count").get<std::int64_t>();
      total += rate;
      least = i == 0 ? rate : std::min(least, rate);
    }
    for (Child& child : children) child.finish();
    if (processes > 1) least_share.push_back(least / (total / static_cast<double>(processes)));
    return total;
  };
  for (std::size_t round = 0; round < options.rounds; ++round) {
    settle(options.folder);
    progress("processes, round " + std::to_string(round + 1));
    if (round % 2 == 0) alone.push_back(run(one, 1, round));
    together.push_back(run(four, kProcesses, round));
    if (round % 2 == 1) alone.push_back(run(one, 1, round));
  }
  for (const auto& [folder, count] : put) {
    const std::unique_ptr<Competitor> store = make_quipu();
    store->open(folder);
    if (store->count() != count) throw std::runtime_error("events are missing in " + folder.string());
    store->close();
    std::filesystem::remove_all(folder);
  }
  Work work{"processes", "Durable appends from four processes to one store", "four / this", "", {}};
  work.note = "An equal share of the four is a quarter of their sum; 1 would be exactly that.";
  work.rows.push_back({"four processes together", "per second", together, {}, {}});
  work.rows.push_back({"one process", "per second", alone, quotients(together, alone), at_least(0.8)});
  work.rows.push_back({"least share, of an equal one", "", least_share, {}, at_least(0.5)});
  return work;
}

}  // namespace bench
