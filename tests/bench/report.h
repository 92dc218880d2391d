// bench/report.h - what was measured: every round of every competitor, the ratios, and whether a bar was reached.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace bench {

// How a row compares with its bar.
struct Bar {
  enum class Kind { kNone, kAtLeast, kAtMost };
  Kind kind = Kind::kNone;
  double limit = 0;
  std::string text;  // as shown: "at least 0.9"

  bool reached(double value) const { return kind == Kind::kAtMost ? value <= limit : value >= limit; }
};

Bar at_least(double limit, const std::string& unit = "");
Bar at_most(double limit, const std::string& unit = "");
// More than 1: for a ratio to a competitor.
Bar ahead();

struct Row {
  std::string who;
  std::string unit;
  std::vector<double> rounds;  // one value per round
  std::vector<double> ratios;  // Quipu in that round compared with this row in the same round; empty: none
  Bar bar;                     // for the ratio, or, without ratios, for the value

  double value() const;
  double ratio() const;
  bool has_bar() const { return bar.kind != Bar::Kind::kNone; }
  bool reached() const { return bar.reached(ratios.empty() ? value() : ratio()); }
};

struct Work {
  std::string name;  // what --only selects
  std::string title;
  std::string ratio;  // heading of the column of ratios
  std::string note;
  std::vector<Row> rows;
};

// The quotients of two series, round by round.
std::vector<double> quotients(const std::vector<double>& over, const std::vector<double>& under);

// A number with as many digits as mean something.
std::string rounded(double value);

std::string markdown(const Work& work);
std::string markdown_summary(const std::vector<Work>& works);
nlohmann::ordered_json to_json(const Work& work);

}  // namespace bench
