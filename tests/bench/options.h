// bench/options.h - the size of a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace bench {

struct Options {
  std::filesystem::path folder;
  std::filesystem::path json;      // empty: none
  std::filesystem::path programs;  // of the other languages; empty: none
  std::string only;                // names of works, a regular expression; empty: all
  bool quick = false;
  bool keep = false;

  std::size_t rounds = 5;
  double seconds = 0.7;          // of one durable measurement
  double process_seconds = 1.0;  // the same with several processes
  std::size_t events = 1000000;  // of the large log
  std::size_t gets = 200000;     // in one round
  std::size_t memories = 100000;
  std::size_t sync_rounds = 3;
  std::size_t upserts = 20000;  // in one round of one language
};

}  // namespace bench
