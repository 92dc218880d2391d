#include "bench/records.h"

#include <array>
#include <cstdio>
#include <stdexcept>

namespace bench {
namespace {

constexpr std::uint64_t kSeed = 20240229;

constexpr std::array<std::string_view, 24> kWords{"user",    "prefers", "deploy",  "window", "after",   "review",
                                                  "service", "cache",   "timeout", "raised", "to",      "seconds",
                                                  "because", "staging", "failed",  "the",    "build",   "asked",
                                                  "for",     "shorter", "answers", "with",   "sources", "région"};

// splitmix64
class Random {
 public:
  explicit Random(std::uint64_t state) : state_(state) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::uint64_t below(std::uint64_t limit) { return next() % limit; }

 private:
  std::uint64_t state_;
};

std::string hex(std::uint64_t value) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return text.data();
}

std::string words(Random& random, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) text += ' ';
    text += kWords[random.below(kWords.size())];
  }
  return text;
}

std::string_view kind_of(Random& random) {
  const std::uint64_t draw = random.below(1000);
  if (draw < 1) return kRareKind;
  if (draw < 11) return kKind;
  if (draw < 111) return kCommonKind;
  return draw % 3 == 0 ? "observation" : "fact";
}

// A generator for each record of its own: records are made in any order.
Random generator(std::uint64_t number) { return Random(Random(kSeed + number).next()); }

std::string next_id(Random& random) { return "obs-" + hex(random.next()); }

}  // namespace

std::string record_id(std::uint64_t number) {
  Random random = generator(number);
  return next_id(random);
}

Record make_record(std::uint64_t number) {
  Random random = generator(number);
  Record record;
  record.id = next_id(random);
  std::string& json = record.json;
  json.reserve(400);
  json += "{\"id\": \"" + record.id + "\", \"kind\": \"";
  json += kind_of(random);
  json += "\", \"status\": \"active\", \"label\": \"" + words(random, 5);
  json += "\", \"confidence\": 0." + std::to_string(1 + random.below(9));
  json += ", \"source_type\": \"observed\", \"evidence\": [\"span-" + hex(random.next()).substr(0, 8);
  json += "\"], \"epistemic_boundary\": [], \"is_hypothesis\": false, \"model_assumptions\": {}, ";
  json += "\"recursion_depth\": 0, \"data\": {\"step\": " + std::to_string(random.below(100000));
  json += ", \"ms\": " + std::to_string(random.below(5000)) + ".25, \"note\": \"" + words(random, 4) + "\"}}";
  return record;
}

std::string make_line(const Record& record, std::uint64_t seq) {
  Random random(seq);
  std::string hash;
  for (int i = 0; i < 4; ++i) hash += hex(random.next());
  return "{\"seq\": " + std::to_string(seq) +
         ", \"ts\": \"2026-03-02T08:00:00Z\", \"op\": \"upsert\", \"record_id\": \"" + record.id +
         "\", \"record\": " + record.json + ", \"prev_hash\": \"" + hash + "\", \"hash\": \"" + hash +
         "\", \"recursion_depth\": 0}\n";
}

Pool prepare(std::uint64_t first, std::size_t count) {
  Pool pool;
  pool.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    Record record = make_record(first + i);
    quipu_chronorecord* made = nullptr;
    quipu_cpp::check([&](quipu_error** error) {
      return quipu_chronorecord_from_json(record.json.data(), record.json.size(), &made, error);
    });
    quipu_cpp::Record handle(made);
    std::string line = make_line(record, first + i + 1);
    pool.push_back({std::move(record), std::move(handle), std::move(line)});
  }
  return pool;
}

void check_spelling() {
  for (const Prepared& prepared : prepare(0, 1000)) {
    char* text = nullptr;
    std::size_t size = 0;
    quipu_cpp::check(
        [&](quipu_error** error) { return quipu_chronorecord_to_json(prepared.handle.get(), &text, &size, error); });
    const std::string spelled(text, size);
    quipu_free(text);
    if (spelled != prepared.record.json) {
      throw std::runtime_error("the library spells a record otherwise:\n" + spelled + "\n" + prepared.record.json);
    }
  }
}

}  // namespace bench
