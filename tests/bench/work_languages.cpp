// One upsert through each language against one through C: what a binding costs. All programs do the same job: they write a
// record that their language holds as typed fields, and read every field of the event. What that costs in C beyond a record
// that is a handle already and an event that nobody wants is shown beside it. The programs run side by side, one round of
// each in turn, every one with a store of its own and the same records.
#include <fstream>
#include <stdexcept>

#include "bench/child.h"
#include "bench/measure.h"
#include "bench/records.h"
#include "bench/works.h"

namespace bench {
namespace {

// Rounds that are not counted: the virtual machines compile meanwhile.
constexpr std::size_t kWarmRounds = 3;

struct Language {
  std::string name;
  Child child;
  std::vector<double> microseconds = {};
};

}  // namespace

Work languages(const Options& options) {
  const std::filesystem::path records = options.folder / "records.jsonl";
  const std::size_t rounds = kWarmRounds + options.rounds;
  {
    std::ofstream lines(records);
    for (std::size_t i = 0; i < rounds * options.upserts; ++i) lines << make_record(i).json << '\n';
    if (!lines.flush()) throw std::runtime_error(records.string() + " cannot be written");
  }
  const auto folder = [&](const std::string& name) {
    const std::filesystem::path path = options.folder / ("upserts-" + name);
    empty_folder(path);
    return path.string();
  };
  Work work{
      "languages",
      "One upsert, durability none",
      "",
      "The job is the same in all languages: a record made of typed fields, the upsert, every field of its event read, "
      "both freed or left to the collector. *Ready-made*: a `quipu_chronorecord` made before the clock starts, and no "
      "event.",
      {}};
  std::vector<Language> all;
  const auto add_c = [&](const std::string& name, const std::string& place, bool ready_made) {
    all.push_back({name, Child::task("upserts", {{"folder", folder(place)},
                                                 {"records", records.string()},
                                                 {"count", options.upserts},
                                                 {"ready_made", ready_made}})});
  };
  add_c("C", "c", false);
  add_c("C, ready-made", "c-ready-made", true);
  for (const auto& [file, name] : {std::pair{"go", "Go"}, {"java", "Java"}, {"csharp", "C#"}}) {
    const std::filesystem::path program = options.programs / file;
    if (options.programs.empty() || !std::filesystem::exists(program)) {
      work.note += " " + std::string(name) + " is left out: its program was not built.";
      continue;
    }
    all.push_back({name, Child({program.string(), folder(file), records.string(), std::to_string(options.upserts)})});
  }
  for (Language& language : all) language.child.receive();  // ready
  for (std::size_t round = 0; round < rounds; ++round) {
    progress("languages, round " + std::to_string(round + 1));
    for (std::size_t i = 0; i < all.size(); ++i) {
      Language& language = all[(round + i) % all.size()];
      language.child.send("go");
      const double nanoseconds = language.child.receive().at("ns");
      if (round >= kWarmRounds) language.microseconds.push_back(nanoseconds / 1e3);
    }
  }
  for (Language& language : all) language.child.finish();
  const auto more_than = [](const Language& language, const Language& c) {
    std::vector<double> more;
    for (std::size_t i = 0; i < c.microseconds.size(); ++i) {
      more.push_back(language.microseconds[i] - c.microseconds[i]);
    }
    return more;
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Language& language = all[i];
    work.rows.push_back({language.name, "µs", language.microseconds, {}, {}});
    if (i < 2) continue;
    work.rows.push_back({language.name + ", more than C", "µs", more_than(language, all[0]), {}, at_most(3, "µs")});
    work.rows.push_back({language.name + ", more than C, ready-made", "µs", more_than(language, all[1]), {}, {}});
  }
  std::filesystem::remove(records);
  for (const char* name : {"c", "c-ready-made", "go", "java", "csharp"}) {
    std::filesystem::remove_all(options.folder / (std::string("upserts-") + name));
  }
  return work;
}

}  // namespace bench
