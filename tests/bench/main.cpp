// The benchmark of the log engine: `./dev bench`. docs/BENCHMARKS.md says what each work measures.
#include <signal.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <regex>
#include <set>

#include "bench/machine.h"
#include "bench/measure.h"
#include "bench/records.h"
#include "bench/tasks.h"
#include "bench/works.h"

namespace bench {

void progress(const std::string& text) { std::cerr << "bench: " << text << std::endl; }

namespace {

constexpr const char* kUsage = R"(Usage: quipu_bench [OPTIONS]

  --json FILE      writes every round of everything to FILE
  --only PATTERN   only the works whose names the regular expression finds:
                   append threads processes batches floors open verify memory growth get query sync languages
  --quick          a smoke test: tiny sizes, its figures mean nothing
  --dir DIR        where to write; DIR/quipu-bench is made, emptied and removed (default: build/bench-data of the tree)
  --keep           leaves the large log in place
)";

const std::vector<std::string> kLargeLog{"open", "verify", "memory", "growth", "get", "query"};

struct WrongCommandLine : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Options read_options(const std::vector<std::string>& arguments) {
  Options options;
  options.programs = QUIPU_BENCH_PROGRAMS;
  std::filesystem::path folder = QUIPU_BENCH_FOLDER;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    const auto value = [&] {
      if (i + 1 >= arguments.size()) throw WrongCommandLine(name + " wants a value");
      return arguments[++i];
    };
    if (name == "--json") {
      options.json = value();
    } else if (name == "--only") {
      options.only = value();
    } else if (name == "--dir") {
      folder = value();
    } else if (name == "--quick") {
      options.quick = true;
    } else if (name == "--keep") {
      options.keep = true;
    } else {
      throw WrongCommandLine("no such option: " + name);
    }
  }
  if (options.quick) {
    options.rounds = 2;
    options.seconds = 0.05;
    options.process_seconds = 0.1;
    options.events = 20000;
    options.gets = 2000;
    options.upserts = 500;
    options.memories = 2000;
    options.sync_rounds = 2;
  }
  // Never a folder that may hold something else.
  options.folder = std::filesystem::absolute(folder) / "quipu-bench";
  return options;
}

// The works that are wanted, in the order in which they run. Durable ones first: the large log burdens the disk.
std::vector<Work> run_works(const Options& options, const std::function<void(const Work&)>& show) {
  std::vector<Work> works;
  const std::regex only(options.only);
  const auto wanted = [&](const std::string& name) { return std::regex_search(name, only); };
  const auto add = [&](Work work) {
    show(work);
    works.push_back(std::move(work));
  };
  const auto run = [&](const char* name, Work (*measure)(const Options&)) {
    if (wanted(name)) add(measure(options));
  };
  run("append", append_one_thread);
  run("threads", append_threads);
  run("processes", append_processes);
  run("batches", append_batches);
  run("floors", floors);
  std::vector<std::string> large;
  for (const std::string& name : kLargeLog) {
    if (wanted(name)) large.push_back(name);
  }
  if (!large.empty()) {
    for (Work& work : large_log(options, large)) add(std::move(work));
  }
  if (wanted("sync")) {
    for (Work& work : sync(options)) add(std::move(work));
  }
  run("languages", languages);
  if (works.empty()) throw WrongCommandLine("no work is called " + options.only);
  return works;
}

int run(const std::vector<std::string>& arguments) {
  const Options options = read_options(arguments);
  const Stopwatch watch;
  check_spelling();
  empty_folder(options.folder);
  const nlohmann::ordered_json conditions = describe(options);
  for (const auto& [name, value] : conditions.items())
    std::cout << "- " << name << ": " << value.get<std::string>() << "\n";
  std::cout << std::endl;
  const std::vector<Work> works =
      run_works(options, [](const Work& work) { std::cout << markdown(work) << std::endl; });
  std::cout << markdown_summary(works) << std::flush;
  if (!options.keep) std::filesystem::remove_all(options.folder);
  if (!options.json.empty()) {
    nlohmann::ordered_json all{{"conditions", conditions}, {"works", nlohmann::ordered_json::array()}};
    for (const Work& work : works) all["works"].push_back(to_json(work));
    std::ofstream file(options.json);
    file << all.dump(1) << "\n";
    if (!file.flush()) throw std::runtime_error(options.json.string() + " cannot be written");
  }
  progress("done in " + rounded(watch.seconds()) + " s");
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  // A child that has ended shows when it is spoken to.
  ::signal(SIGPIPE, SIG_IGN);
  try {
    if (arguments.size() == 3 && arguments[0] == "--task") {
      bench::run_task_here(arguments[1], arguments[2]);
      return 0;
    }
    if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
      std::cout << bench::kUsage;
      return 0;
    }
    return bench::run(arguments);
  } catch (const bench::WrongCommandLine& e) {
    std::cerr << "bench: " << e.what() << "\n" << bench::kUsage;
    return 2;
  } catch (const std::exception& e) {
    std::cerr << "bench: " << e.what() << "\n";
    return 1;
  }
}
