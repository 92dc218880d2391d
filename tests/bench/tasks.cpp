#include "bench/tasks.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "bench/floors.h"
#include "bench/measure.h"
#include "bench/records.h"

namespace bench {
namespace {

using nlohmann::json;
using quipu_cpp::check;
using quipu_cpp::Store;

// Numbers of records that no store of the large log holds yet.
constexpr std::uint64_t kNewRecords = 1ULL << 32;
constexpr std::size_t kSmallStore = 1000;

void answer(const json& value) { std::cout << value.dump() << std::endl; }

Store open(const json& arguments, quipu_durability durability, std::string_view key = "folder") {
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  options.durability = durability;
  return quipu_cpp::open_store(arguments.at(std::string(key)).get<std::string>(), options);
}

void upsert(const Store& store, const Prepared& record) {
  check(
      [&](quipu_error** error) { return quipu_chronostore_upsert(store.get(), record.handle.get(), nullptr, error); });
}

std::int64_t record_count(const Store& store) {
  std::int64_t count = 0;
  check([&](quipu_error** error) { return quipu_chronostore_record_count(store.get(), &count, error); });
  return count;
}

// One of several processes that append to a store, all started by a line of input.
void append(const json& arguments) {
  const Store store = open(arguments, QUIPU_DURABILITY_FULL);
  const Pool pool = prepare(arguments.at("first"), arguments.at("count"));
  const double seconds = arguments.at("seconds");
  answer({{"ready", true}});
  std::string line;
  std::getline(std::cin, line);
  std::size_t done = 0;
  const Stopwatch watch;
  while (done < pool.size() && watch.seconds() < seconds) upsert(store, pool[done++]);
  answer({{"count", done}, {"seconds", watch.seconds()}});
  quipu_cpp::close_store(store);
}

// The large log: one event per record, each written by itself, no snapshot.
void make_log(const json& arguments) {
  constexpr std::size_t kStep = 10000;
  const std::size_t events = arguments.at("events");
  std::size_t json_bytes = 0;
  {
    const Store store = open(arguments, QUIPU_DURABILITY_NONE);
    for (std::size_t first = 0; first < events; first += kStep) {
      for (const Prepared& record : prepare(first, std::min(kStep, events - first))) {
        json_bytes += record.record.json.size();
        upsert(store, record);
      }
    }
    check([&](quipu_error** error) { return quipu_chronostore_sync(store.get(), error); });
  }
  const std::filesystem::path folder =
      std::filesystem::path(arguments.at("folder").get<std::string>()) / ".chronomemory";
  std::filesystem::remove(folder / "snapshot.json");
  answer({{"json_bytes", json_bytes}, {"log_bytes", std::filesystem::file_size(folder / "events.wal")}});
}

// What opening costs on one core, and what it adds to the resident memory.
void open_once(const json& arguments) {
  use_cores({allowed_cores().back()});
  const std::int64_t before = resident_bytes();
  const ProcessWatch watch;
  const Store store = open(arguments, QUIPU_DURABILITY_FULL);
  const Times times = watch.times();
  const std::int64_t added = resident_bytes() - before;
  answer({{"seconds", times.wall}, {"processor", times.processor}, {"added", added}, {"records", record_count(store)}});
}

Times verify_once(const Store& store, std::int64_t events) {
  quipu_chronoverification* raw = nullptr;
  const ProcessWatch watch;
  check([&](quipu_error** error) { return quipu_chronostore_verify(store.get(), 0, nullptr, nullptr, &raw, error); });
  const Times times = watch.times();
  const quipu_cpp::Verification result(raw);
  if (quipu_chronoverification_valid(raw) != 1 || quipu_chronoverification_events(raw) != events) {
    throw std::runtime_error("verify did not find a valid log of " + std::to_string(events) + " events");
  }
  return times;
}

// Hashing alone, verifying on one core and on two, in turn.
void verify(const json& arguments) {
  const std::vector<int> cores = allowed_cores();
  const std::int64_t events = arguments.at("events");
  const Store store = open(arguments, QUIPU_DURABILITY_FULL);
  const MappedFile log(arguments.at("log").get<std::string>());
  std::vector<double> hashing;
  std::vector<double> hashing_processor;
  std::vector<double> one;
  std::vector<double> one_processor;
  std::vector<double> two;
  const std::vector<std::function<void()>> turns{[&] {
                                                   use_cores({cores.back()});
                                                   const ProcessWatch watch;
                                                   hash_lines(log.text());
                                                   hashing.push_back(watch.times().wall);
                                                   hashing_processor.push_back(watch.times().processor);
                                                 },
                                                 [&] {
                                                   use_cores({cores.back()});
                                                   const Times times = verify_once(store, events);
                                                   one.push_back(times.wall);
                                                   one_processor.push_back(times.processor);
                                                 },
                                                 [&] {
                                                   if (cores.size() < 2) return;
                                                   use_cores({cores[cores.size() - 2], cores.back()});
                                                   two.push_back(verify_once(store, events).wall);
                                                 }};
  const std::size_t rounds = arguments.at("rounds");
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < turns.size(); ++i) turns[(round + i) % turns.size()]();
  }
  answer({{"hashing", hashing},
          {"hashing_processor", hashing_processor},
          {"one", one},
          {"one_processor", one_processor},
          {"two", two}});
}

double append_all(const Store& store, const Pool& pool) {
  const Stopwatch watch;
  for (const Prepared& record : pool) upsert(store, record);
  return watch.seconds() / static_cast<double>(pool.size());
}

// Appending to the large log and to one of 1,000 events, in turn, the same records. The small one is made anew each time.
void growth(const json& arguments) {
  const auto durability = static_cast<quipu_durability>(arguments.at("durability").get<int>());
  const std::size_t pairs = arguments.at("pairs");
  const std::size_t appends = arguments.at("appends");
  const std::string small_folder = arguments.at("small");
  const Store large = open(arguments, durability);
  const std::int64_t events = wal_seq(large);
  const Pool first = prepare(kNewRecords, kSmallStore);
  std::vector<double> in_small;
  std::vector<double> in_large;
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const Pool pool = prepare(kNewRecords + kSmallStore + pair * appends, appends);
    empty_folder(small_folder);
    quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
    options.durability = durability;
    const Store small = quipu_cpp::open_store(small_folder, options);
    std::vector<const quipu_chronorecord*> handles;
    for (const Prepared& record : first) handles.push_back(record.handle.get());
    check([&](quipu_error** error) {
      return quipu_chronostore_upsert_many(small.get(), handles.data(), handles.size(), nullptr, error);
    });
    if (pair % 2 == 0) in_small.push_back(append_all(small, pool));
    in_large.push_back(append_all(large, pool));
    if (pair % 2 == 1) in_small.push_back(append_all(small, pool));
  }
  if (wal_seq(large) != events + static_cast<std::int64_t>(pairs * appends))
    throw std::runtime_error("events are missing");
  answer({{"small", in_small}, {"large", in_large}});
}

double get_all(const Store& store, const std::vector<std::string>& ids) {
  const Stopwatch watch;
  for (const std::string& id : ids) {
    quipu_chronorecord* record = nullptr;
    if (quipu_chronostore_get(store.get(), id.data(), id.size(), &record, nullptr) != QUIPU_OK) {
      throw std::runtime_error("no record is called " + id);
    }
    quipu_chronorecord_free(record);
  }
  return watch.seconds() / static_cast<double>(ids.size());
}

json query_kind(const Store& store, std::string_view kind) {
  quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
  options.kind = kind.data();
  options.kind_len = kind.size();
  std::int64_t found = 0;
  const Stopwatch watch;
  {
    quipu_chronocursor* raw = nullptr;
    check([&](quipu_error** error) { return quipu_chronostore_query(store.get(), &options, &raw, error); });
    const quipu_cpp::RecordCursor cursor(raw);
    for (;; ++found) {
      quipu_chronorecord* record = nullptr;
      check([&](quipu_error** error) { return quipu_chronocursor_next(raw, &record, error); });
      if (record == nullptr) break;
      quipu_chronorecord_free(record);
    }
  }
  return {{"seconds", watch.seconds()}, {"found", found}};
}

// get by random ids and queries by kind, in turn.
void read(const json& arguments) {
  const Store store = open(arguments, QUIPU_DURABILITY_FULL);
  const std::uint64_t events = arguments.at("events");
  const std::size_t gets = arguments.at("gets");
  const std::size_t rounds = arguments.at("rounds");
  std::vector<double> get;
  json queries = json::object();
  for (std::size_t round = 0; round < rounds; ++round) {
    std::vector<std::string> ids;
    std::uint64_t number = round + 1;
    for (std::size_t i = 0; i < gets; ++i) {
      number = number * 6364136223846793005u + 1442695040888963407u;
      ids.push_back(record_id((number >> 20) % events));
    }
    get.push_back(get_all(store, ids));
    for (const std::string_view kind : {kRareKind, kKind, kCommonKind}) {
      queries[std::string(kind)].push_back(query_kind(store, kind));
    }
  }
  answer({{"get", get}, {"queries", queries}});
}

void compact(const json& arguments) {
  const Store store = open(arguments, QUIPU_DURABILITY_FULL);
  check([&](quipu_error** error) { return quipu_chronostore_compact(store.get(), nullptr, nullptr, nullptr, error); });
  answer({{"records", record_count(store)}});
  quipu_cpp::close_store(store);
}

// What a program that uses the C API has in hand when it writes a record: the fields that are not at their default.
struct Fields {
  std::string id;
  std::string kind;
  std::string label;
  double confidence = 0;
  std::vector<std::string> evidence;
  std::string data;
};

Fields fields_of(const quipu_chronorecord* record) {
  Fields fields;
  fields.id = quipu_cpp::text_of(quipu_chronorecord_id, record);
  fields.kind = quipu_cpp::text_of(quipu_chronorecord_kind, record);
  fields.label = quipu_cpp::text_of(quipu_chronorecord_label, record);
  fields.confidence = quipu_chronorecord_confidence(record);
  for (std::size_t i = 0; i < quipu_chronorecord_evidence_count(record); ++i) {
    std::size_t size = 0;
    const char* const text = quipu_chronorecord_evidence_at(record, i, &size);
    fields.evidence.emplace_back(text, size);
  }
  fields.data = quipu_cpp::text_of(quipu_chronorecord_data, record);
  return fields;
}

quipu_cpp::Record record_of(const Fields& fields) {
  quipu_cpp::Record record = quipu_cpp::make_record(fields.id, fields.kind, fields.label, fields.data);
  quipu_chronorecord* const made = record.get();
  check([&](quipu_error** error) { return quipu_chronorecord_set_confidence(made, fields.confidence, error); });
  for (const std::string& text : fields.evidence) {
    check([&](quipu_error** error) { return quipu_chronorecord_evidence_add(made, text.data(), text.size(), error); });
  }
  return record;
}

// Every field, as the programs of the languages read it.
std::int64_t read_event(const quipu_walevent* event) {
  std::int64_t read = quipu_walevent_seq(event) + quipu_walevent_recursion_depth(event);
  for (const auto getter : {quipu_walevent_ts, quipu_walevent_op, quipu_walevent_record_id, quipu_walevent_record,
                            quipu_walevent_prev_hash, quipu_walevent_hash}) {
    std::size_t size = 0;
    getter(event, &size);
    read += static_cast<std::int64_t>(size);
  }
  return read;
}

// The C side of the comparison of languages; bindings/{go,java,csharp} have the others: a line of input is a round. With
// `ready_made` the records are handles before the clock starts, and no event is asked for.
void upserts(const json& arguments) {
  const Store store = open(arguments, QUIPU_DURABILITY_NONE);
  const std::size_t count = arguments.at("count");
  const bool ready_made = arguments.at("ready_made");
  std::ifstream lines(arguments.at("records").get<std::string>());
  answer({{"ready", true}});
  for (std::string command; std::getline(std::cin, command);) {
    Pool pool;
    for (std::string line; pool.size() < count && std::getline(lines, line);) {
      quipu_chronorecord* made = nullptr;
      check([&](quipu_error** error) { return quipu_chronorecord_from_json(line.data(), line.size(), &made, error); });
      pool.push_back({{}, quipu_cpp::Record(made), {}});
    }
    if (pool.size() != count) throw std::runtime_error("too few records");
    if (ready_made) {
      answer({{"ns", append_all(store, pool) * 1e9}});
      continue;
    }
    std::vector<Fields> records;
    for (const Prepared& record : pool) records.push_back(fields_of(record.handle.get()));
    pool.clear();
    std::int64_t read = 0;
    const Stopwatch watch;
    for (const Fields& fields : records) {
      const quipu_cpp::Record record = record_of(fields);
      quipu_walevent* written = nullptr;
      check([&](quipu_error** error) { return quipu_chronostore_upsert(store.get(), record.get(), &written, error); });
      read += read_event(quipu_cpp::Event(written).get());
    }
    answer({{"ns", watch.seconds() / static_cast<double>(count) * 1e9}, {"read", read}});
  }
  quipu_cpp::close_store(store);
}

}  // namespace

void run_task_here(const std::string& name, const std::string& arguments) {
  static const std::map<std::string, void (*)(const json&)> kTasks{
      {"append", append},
      {"make-log", make_log},
      {"open", open_once},
      {"verify", verify},
      {"growth", growth},
      {"read", read},
      {"compact", compact},
      {"upserts", upserts},
      {"make-memories", [](const json& given) { answer(make_memories(given)); }},
      {"sync-export", [](const json& given) { answer(sync_export(given)); }},
      {"sync-import", [](const json& given) { answer(sync_import(given)); }}};
  const auto task = kTasks.find(name);
  if (task == kTasks.end()) throw std::invalid_argument("no task is called " + name);
  task->second(json::parse(arguments));
}

}  // namespace bench
