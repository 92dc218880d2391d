// What the parts of opening and verifying cost at least: SHA-256 alone, simdjson alone, on lines in memory.
#include "bench/floors.h"

#include "bench/measure.h"
#include "bench/records.h"
#include "bench/works.h"

namespace bench {

Work floors(const Options& options) {
  const std::size_t count = options.quick ? 5000 : 100000;
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += make_line(make_record(i), i + 1);
  const std::size_t bytes = text.size();
  text.append(padding(), ' ');
  const std::string_view lines(text.data(), bytes);
  const double megabytes = static_cast<double>(bytes) / 1e6;
  std::vector<double> hashing;
  std::vector<double> parsing;
  std::vector<double> hashing_lines;
  std::vector<double> parsing_lines;
  progress("floors");
  for (std::size_t round = 0; round < options.rounds; ++round) {
    const Pass hashed = hash_lines(lines);
    const Pass parsed = parse_lines(lines);
    hashing.push_back(megabytes / hashed.seconds);
    parsing.push_back(megabytes / parsed.seconds);
    hashing_lines.push_back(static_cast<double>(hashed.lines) / hashed.seconds / 1e6);
    parsing_lines.push_back(static_cast<double>(parsed.lines) / parsed.seconds / 1e6);
  }
  Work work{"floors", "Floors, one core, lines in memory", "", "", {}};
  work.note = "Each line by itself: " + rounded(static_cast<double>(bytes) / static_cast<double>(count)) +
              " bytes of log spelling on average.";
  work.rows.push_back({"SHA-256", "MB per second", hashing, {}, {}});
  work.rows.push_back({"SHA-256", "million lines per second", hashing_lines, {}, {}});
  work.rows.push_back({"simdjson, DOM parser", "MB per second", parsing, {}, {}});
  work.rows.push_back({"simdjson, DOM parser", "million lines per second", parsing_lines, {}, {}});
  return work;
}

}  // namespace bench
