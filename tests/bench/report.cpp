#include "bench/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "bench/measure.h"

namespace bench {
namespace {

std::string with_unit(double value, const std::string& unit) {
  return unit.empty() ? rounded(value) : rounded(value) + " " + unit;
}

// |a|b|c|
std::string table_line(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string reached_text(const Row& row) {
  if (!row.has_bar()) return "";
  return row.reached() ? "yes" : "**no**";
}

}  // namespace

Bar at_least(double limit, const std::string& unit) {
  return {Bar::Kind::kAtLeast, limit, "at least " + with_unit(limit, unit)};
}

Bar at_most(double limit, const std::string& unit) {
  return {Bar::Kind::kAtMost, limit, "at most " + with_unit(limit, unit)};
}

Bar ahead() { return {Bar::Kind::kAtLeast, std::nextafter(1.0, 2.0), "above 1"}; }

double Row::value() const { return median(rounds); }
double Row::ratio() const { return median(ratios); }

std::vector<double> quotients(const std::vector<double>& over, const std::vector<double>& under) {
  if (over.size() != under.size()) throw std::logic_error("series of different length");
  std::vector<double> result;
  for (std::size_t i = 0; i < over.size(); ++i) result.push_back(over[i] / under[i]);
  return result;
}

std::string rounded(double value) {
  const double size = std::fabs(value);
  int decimals = 0;
  if (size < 10) {
    decimals = 2;
  } else if (size < 100) {
    decimals = 1;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  std::string result = text;
  const std::size_t point = std::min(result.find('.'), result.size());
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = point; at > first + 3;) {
    at -= 3;
    result.insert(at, ",");
  }
  if (point != result.size() && result.find('.') != std::string::npos) {
    while (result.back() == '0') result.pop_back();
    if (result.back() == '.') result.pop_back();
  }
  return result;
}

std::string markdown(const Work& work) {
  std::string text = "### " + work.title + "\n\n";
  if (!work.note.empty()) text += work.note + "\n\n";
  text += table_line({"", "median", "lowest to highest", work.ratio, "bar", "reached"});
  text += "|---|---|---|---|---|---|\n";
  for (const Row& row : work.rows) {
    const auto [low, high] = std::minmax_element(row.rounds.begin(), row.rounds.end());
    text += table_line({row.who, with_unit(row.value(), row.unit), rounded(*low) + " to " + rounded(*high),
                        row.ratios.empty() ? "" : rounded(row.ratio()), row.has_bar() ? row.bar.text : "",
                        reached_text(row)});
  }
  return text;
}

std::string markdown_summary(const std::vector<Work>& works) {
  std::string text =
      "### The bars\n\n" + table_line({"work", "measure", "measured", "bar", "reached"}) + "|---|---|---|---|---|\n";
  int bars = 0;
  int reached = 0;
  for (const Work& work : works) {
    for (const Row& row : work.rows) {
      if (!row.has_bar()) continue;
      ++bars;
      reached += row.reached() ? 1 : 0;
      const bool compared = !row.ratios.empty();
      text += table_line({work.title, compared ? work.ratio + ": " + row.who : row.who,
                          compared ? rounded(row.ratio()) : with_unit(row.value(), row.unit), row.bar.text,
                          reached_text(row)});
    }
  }
  return text + "\n" + std::to_string(reached) + " of " + std::to_string(bars) + " bars reached\n";
}

nlohmann::ordered_json to_json(const Work& work) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Row& row : work.rows) {
    nlohmann::ordered_json entry{{"who", row.who}, {"unit", row.unit}, {"median", row.value()}, {"rounds", row.rounds}};
    if (!row.ratios.empty()) {
      entry["ratio"] = row.ratio();
      entry["ratios"] = row.ratios;
    }
    if (row.has_bar()) {
      entry["bar"] = row.bar.text;
      entry["reached"] = row.reached();
    }
    rows.push_back(std::move(entry));
  }
  return {{"name", work.name},
          {"title", work.title},
          {"ratio", work.ratio},
          {"note", work.note},
          {"rows", std::move(rows)}};
}

}  // namespace bench
