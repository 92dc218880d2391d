// The large log: opening it and its snapshot, verifying, memory, appending to it, reading from it.
#include <algorithm>
#include <stdexcept>

#include "bench/child.h"
#include "bench/measure.h"
#include "bench/records.h"
#include "bench/works.h"
#include "languages/cpp/handles.h"

namespace bench {
namespace {

using nlohmann::json;

// The log as it was made, and where.
struct Log {
  std::filesystem::path folder;
  std::filesystem::path file;
  double json_bytes = 0;
  std::uintmax_t log_bytes = 0;
};

struct Openings {
  std::vector<double> millions_per_second;
  std::vector<double> millions_per_processor_second;
  std::vector<double> megabytes;
  std::vector<double> times_json;
};

std::vector<double> scaled(const std::vector<double>& values, double factor) {
  std::vector<double> result;
  for (const double value : values) result.push_back(value * factor);
  return result;
}

std::vector<double> inverse(const std::vector<double>& values, double factor) {
  std::vector<double> result;
  for (const double value : values) result.push_back(factor / value);
  return result;
}

Log make_log(const Options& options) {
  Log log{options.folder / "large", options.folder / "large" / ".chronomemory" / "events.wal"};
  empty_folder(log.folder);
  progress("making a log of " + std::to_string(options.events) + " events");
  const json made = run_task("make-log", {{"folder", log.folder.string()}, {"events", options.events}});
  log.json_bytes = made.at("json_bytes");
  log.log_bytes = made.at("log_bytes");
  settle(options.folder);
  return log;
}

Openings open_rounds(const Options& options, const Log& log, const std::string& what) {
  Openings openings;
  for (const char* file : {"events.wal", "snapshot.json"}) {
    const std::filesystem::path path = log.file.parent_path() / file;
    if (std::filesystem::exists(path)) warm(path);
  }
  for (std::size_t round = 0; round < options.rounds; ++round) {
    progress("opening the " + what + ", round " + std::to_string(round + 1));
    const json opened = run_task("open", {{"folder", log.folder.string()}});
    if (opened.at("records").get<std::size_t>() != options.events) throw std::runtime_error("records are missing");
    const double added = opened.at("added");
    openings.millions_per_second.push_back(static_cast<double>(options.events) / opened.at("seconds").get<double>() /
                                           1e6);
    openings.millions_per_processor_second.push_back(static_cast<double>(options.events) /
                                                     opened.at("processor").get<double>() / 1e6);
    openings.megabytes.push_back(added / 1e6);
    openings.times_json.push_back(added / log.json_bytes);
  }
  return openings;
}

Work verify(const Options& options, const Log& log) {
  warm(log.file);
  progress("verifying");
  const json times = run_task("verify", {{"folder", log.folder.string()},
                                         {"log", log.file.string()},
                                         {"events", options.events},
                                         {"rounds", options.rounds}});
  const double megabytes = static_cast<double>(log.log_bytes) / 1e6;
  const auto rates = [&](const char* key) { return inverse(times.at(key).get<std::vector<double>>(), megabytes); };
  const std::vector<double> hashing = rates("hashing");
  const std::vector<double> one = rates("one");
  const std::vector<double> two = rates("two");
  Work work{"verify", "Verifying the large log", "Quipu / this", "", {}};
  work.note = "The ratio of the last row is two cores to one.";
  work.rows.push_back({"Quipu, one core", "MB per second", one, {}, {}});
  work.rows.push_back(
      {"SHA-256 of the same lines, one core", "MB per second", hashing, quotients(one, hashing), at_least(0.5)});
  const std::vector<double> hashing_processor = rates("hashing_processor");
  const std::vector<double> one_processor = rates("one_processor");
  const std::string processor = ", per second of processor time";
  work.rows.push_back({"Quipu, one core" + processor, "MB", one_processor, {}, {}});
  work.rows.push_back(
      {"SHA-256" + processor, "MB", hashing_processor, quotients(one_processor, hashing_processor), {}});
  if (two.empty()) {
    work.note = "One core only: what a second one brings is not measured.";
  } else {
    work.rows.push_back({"Quipu, two cores", "MB per second", two, quotients(two, one), at_least(1.7)});
  }
  return work;
}

// Appends to the log; it is cut back to what it was.
Work growth(const Options& options, const Log& log) {
  Work work{"growth",
            "One append at " + rounded(static_cast<double>(options.events)) + " events and at 1,000",
            "large / small",
            "",
            {}};
  work.note = "In turn, the same records, the small store made anew each time.";
  struct Mode {
    quipu_durability durability;
    const char* name;
    std::size_t pairs;
    std::size_t appends;
  };
  for (const Mode& mode :
       {Mode{QUIPU_DURABILITY_NONE, "durability none", options.quick ? 6u : 60u, 1000u},
        Mode{QUIPU_DURABILITY_FULL, "durability full", options.quick ? 4u : 30u, options.quick ? 20u : 50u}}) {
    progress(std::string("appending to small and large, ") + mode.name);
    const json times = run_task("growth", {{"folder", log.folder.string()},
                                           {"small", (options.folder / "small").string()},
                                           {"durability", static_cast<int>(mode.durability)},
                                           {"pairs", mode.pairs},
                                           {"appends", mode.appends}});
    const std::vector<double> small = scaled(times.at("small"), 1e6);
    const std::vector<double> large = scaled(times.at("large"), 1e6);
    const std::string name = mode.name;
    work.rows.push_back({"small, " + name, "µs", small, {}, {}});
    work.rows.push_back({"large, " + name, "µs", large, quotients(large, small), at_most(1.1)});
    std::filesystem::resize_file(log.file, log.log_bytes);
    std::filesystem::remove(log.file.parent_path() / "snapshot.json");
    settle(options.folder);
  }
  std::filesystem::remove_all(options.folder / "small");
  return work;
}

void read(const Options& options, const Log& log, std::vector<Work>& works, bool want_get, bool want_query) {
  progress("get and query");
  const json times = run_task("read", {{"folder", log.folder.string()},
                                       {"events", options.events},
                                       {"gets", options.gets},
                                       {"rounds", options.rounds}});
  if (want_get) {
    Work get{"get", "get by a random id", "", "", {}};
    get.note = "Through the C API: the look at the log, the record as a handle, its release.";
    get.rows.push_back({"Quipu", "µs", scaled(times.at("get"), 1e6), {}, at_most(1, "µs")});
    works.push_back(std::move(get));
  }
  if (!want_query) return;
  Work query{"query", "Query by kind, every record read", "", "", {}};
  std::vector<std::vector<double>> each;
  for (const auto& [kind, share] : {std::pair{kRareKind, "0.1 %"}, {kKind, "1 %"}, {kCommonKind, "10 %"}}) {
    std::vector<double> total;
    std::vector<double> per_record;
    std::int64_t found = 0;
    for (const json& one : times.at("queries").at(std::string(kind))) {
      found = one.at("found");
      if (found == 0) throw std::runtime_error("the query found nothing");
      total.push_back(one.at("seconds").get<double>() * 1e3);
      per_record.push_back(one.at("seconds").get<double>() * 1e9 / static_cast<double>(found));
    }
    const std::string who = std::string(share) + " (" + rounded(static_cast<double>(found)) + " records)";
    query.rows.push_back({who, "ms", total, {}, {}});
    query.rows.push_back({who + ", per record", "ns", per_record, {}, {}});
    each.push_back(std::move(per_record));
  }
  std::vector<double> spread;
  for (std::size_t round = 0; round < each[0].size(); ++round) {
    const auto [low, high] = std::minmax({each[0][round], each[1][round], each[2][round]});
    spread.push_back(high / low);
  }
  query.rows.push_back({"dearest record to cheapest", "", spread, {}, at_most(2)});
  works.push_back(std::move(query));
}

}  // namespace

std::vector<Work> large_log(const Options& options, const std::vector<std::string>& wanted) {
  const auto want = [&](const char* name) { return std::find(wanted.begin(), wanted.end(), name) != wanted.end(); };
  std::vector<Work> works;
  const bool opening = want("open") || want("memory");
  const Log log = make_log(options);
  Openings from_log;
  if (opening) from_log = open_rounds(options, log, "log");
  if (want("verify")) works.push_back(verify(options, log));
  if (want("growth")) works.push_back(growth(options, log));
  if (want("get") || want("query")) read(options, log, works, want("get"), want("query"));
  if (opening) {
    progress("compacting");
    run_task("compact", {{"folder", log.folder.string()}});
    settle(options.folder);
    const Openings from_snapshot = open_rounds(options, log, "snapshot");
    if (want("open")) {
      Work open{"open", "Opening, on one core", "", "", {}};
      open.note = rounded(static_cast<double>(options.events)) + " events without a snapshot (" +
                  rounded(static_cast<double>(log.log_bytes) / 1e6) +
                  " MB), and a snapshot of as many records. In the page cache; each time in a new process.";
      open.rows.push_back({"the log", "million events per second", from_log.millions_per_second, {}, at_least(0.8)});
      open.rows.push_back(
          {"the snapshot", "million records per second", from_snapshot.millions_per_second, {}, at_least(0.8)});
      const std::string processor = ", per second of processor time";
      open.rows.push_back({"the log" + processor, "million events", from_log.millions_per_processor_second, {}, {}});
      open.rows.push_back(
          {"the snapshot" + processor, "million records", from_snapshot.millions_per_processor_second, {}, {}});
      works.push_back(std::move(open));
    }
    if (want("memory")) {
      Work memory{"memory", "Resident memory that opening adds", "", "", {}};
      memory.note = "The records are " + rounded(log.json_bytes / 1e6) + " MB of JSON in log spelling.";
      memory.rows.push_back({"the log", "MB", from_log.megabytes, {}, {}});
      memory.rows.push_back({"the log", "times the JSON", from_log.times_json, {}, at_most(1.6)});
      memory.rows.push_back({"the snapshot", "MB", from_snapshot.megabytes, {}, {}});
      memory.rows.push_back({"the snapshot", "times the JSON", from_snapshot.times_json, {}, at_most(1.6)});
      works.push_back(std::move(memory));
    }
  }
  if (!options.keep) std::filesystem::remove_all(log.folder);
  return works;
}

}  // namespace bench
