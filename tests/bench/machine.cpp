#include "bench/machine.h"

#include <openssl/crypto.h>
#include <simdjson.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <sstream>

#include "bench/competitor.h"
#include "bench/measure.h"
#include "bench/records.h"
#include "bench/report.h"

namespace bench {
namespace {

// What follows the colon in the first line of the file that begins with `key`.
std::string field(const char* file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::size_t start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? "" : line.substr(start);
  }
  return "unknown";
}

// Type and device of the file system that holds the folder: the mount with the longest path that leads to it.
std::string file_system(const std::filesystem::path& folder) {
  const std::string path = std::filesystem::canonical(folder).string();
  std::ifstream mounts("/proc/self/mounts");
  std::string best;
  std::string found = "unknown";
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device;
    std::string point;
    std::string type;
    words >> device >> point >> type;
    const bool holds = path == point || point == "/" || path.starts_with(point + "/");
    if (!holds || point.size() < best.size()) continue;
    best = point;
    found = type + " on " + device;
  }
  return found;
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

std::string sizes(const Options& options) {
  constexpr std::size_t kSample = 2000;
  std::size_t json = 0;
  std::size_t lines = 0;
  for (std::size_t i = 0; i < kSample; ++i) {
    const Record record = make_record(i);
    json += record.json.size();
    lines += make_line(record, i + 1).size();
  }
  return "records of " + std::to_string(json / kSample) + " bytes of JSON, lines of " +
         std::to_string(lines / kSample) + " bytes; the large log: " + rounded(static_cast<double>(options.events)) +
         " events";
}

}  // namespace

nlohmann::ordered_json describe(const Options& options) {
  utsname kernel{};
  ::uname(&kernel);
  std::ostringstream memory;
  memory.precision(3);
  memory << static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 30)
         << " GiB";
  double before = 0;
  std::ifstream("/proc/loadavg") >> before;
  std::ostringstream load;
  load << before;
  std::ostringstream rounds;
  rounds << options.rounds
         << " rounds, all competitors in each, the order turned by one from round to round; durable work for "
         << options.seconds << " s each (" << options.process_seconds << " s with processes)"
         << (options.quick ? "; quick" : "");
  return {{"date", utc_now()},
          {"processor", field("/proc/cpuinfo", "model name")},
          {"cores", std::to_string(allowed_cores().size())},
          {"memory", memory.str()},
          {"load", load.str() + " tasks that ran or wanted to, in the minute before"},
          {"kernel", std::string(kernel.sysname) + " " + kernel.release},
          {"file system", file_system(options.folder)},
          {"compiler", QUIPU_BENCH_COMPILER},
          {"build type", QUIPU_BENCH_BUILD_TYPE},
          {"Quipu", quipu_version()},
          {"SQLite", sqlite_version()},
          {"LMDB", lmdb_version()},
          {"RocksDB", rocksdb_version()},
          {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)},
          {"simdjson", std::to_string(simdjson::SIMDJSON_VERSION_MAJOR) + "." +
                           std::to_string(simdjson::SIMDJSON_VERSION_MINOR) + "." +
                           std::to_string(simdjson::SIMDJSON_VERSION_REVISION) + " (" +
                           simdjson::get_active_implementation()->name() + ")"},
          {"sizes", sizes(options)},
          {"rounds", rounds.str()}};
}

}  // namespace bench
