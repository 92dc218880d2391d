// The C API of ChronoStore, on disk, against the model that tests/unit/chronostore/model_test.cpp holds against the core: random
// writes through two handles, and after each of them everything that the API shows. QUIPU_TEST_SEED=<n> runs the script that a
// failure names.
#include <gtest/gtest.h>
#include <quipu/quipu.h>

#include <cmath>
#include <iostream>
#include <memory>
#include <stdexcept>

#include "support/chronostore_cuts.h"
#include "support/chronostore_script.h"
#include "support/chronostore_support.h"
#include "support/effort.h"

namespace quipu::test {
namespace {

void check(quipu_status status, quipu_error* error, const char* what) {
  if (status == QUIPU_OK) return;
  std::string text = std::string(what) + ": ";
  text += error == nullptr ? "code " + std::to_string(status) : quipu_error_message(error, nullptr);
  quipu_error_free(error);
  throw std::runtime_error(text);
}

struct Free {
  void operator()(quipu_chronostore* store) const { quipu_chronostore_free(store); }
  void operator()(quipu_chronorecord* record) const { quipu_chronorecord_free(record); }
  void operator()(quipu_walevent* event) const { quipu_walevent_free(event); }
  void operator()(quipu_chronocursor* cursor) const { quipu_chronocursor_free(cursor); }
  void operator()(quipu_walcursor* cursor) const { quipu_walcursor_free(cursor); }
};
template <typename T>
using Held = std::unique_ptr<T, Free>;

std::string taken(char* text, std::size_t length) {
  std::string out(text, length);
  quipu_free(text);
  return out;
}

Held<quipu_chronorecord> made(const ModelRecord& record) {
  const std::string json = record.text();
  quipu_chronorecord* out = nullptr;
  quipu_error* error = nullptr;
  check(quipu_chronorecord_from_json(json.data(), json.size(), &out, &error), error, "from_json");
  return Held<quipu_chronorecord>(out);
}

std::string json_of(const quipu_chronorecord* record) {
  if (record == nullptr) return "none";
  char* text = nullptr;
  std::size_t length = 0;
  quipu_error* error = nullptr;
  check(quipu_chronorecord_to_json(record, &text, &length, &error), error, "to_json");
  return taken(text, length);
}

std::vector<std::string> records_of(quipu_chronocursor* given) {
  const Held<quipu_chronocursor> cursor(given);
  std::vector<std::string> out;
  for (;;) {
    quipu_chronorecord* record = nullptr;
    quipu_error* error = nullptr;
    check(quipu_chronocursor_next(cursor.get(), &record, &error), error, "next");
    if (record == nullptr) return out;
    const Held<quipu_chronorecord> held(record);
    out.push_back(json_of(record));
  }
}

quipu_chronoquery_options query_of(const std::string& kind, const std::string& status, double least) {
  quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
  options.kind = kind.data();
  options.kind_len = kind.size();
  options.status = status.data();
  options.status_len = status.size();
  options.min_confidence = least;
  return options;
}

std::vector<std::string> queried(quipu_chronostore* store, const quipu_chronoquery_options& options) {
  quipu_chronocursor* cursor = nullptr;
  quipu_error* error = nullptr;
  check(quipu_chronostore_query(store, &options, &cursor, &error), error, "query");
  return records_of(cursor);
}

Seen seen_by(quipu_chronostore* store) {
  Seen seen;
  quipu_error* error = nullptr;
  quipu_walcursor* cursor = nullptr;
  check(quipu_chronostore_replay(store, 0, &cursor, &error), error, "replay");
  const Held<quipu_walcursor> held(cursor);
  for (;;) {
    quipu_walevent* next = nullptr;
    check(quipu_walcursor_next(cursor, &next, &error), error, "next event");
    if (next == nullptr) break;
    const Held<quipu_walevent> event(next);
    std::string text;
    for (const std::string_view field : {"seq", "op", "record_id", "record", "recursion_depth"}) {
      char* json = nullptr;
      std::size_t length = 0;
      check(quipu_walevent_field_json(next, field.data(), field.size(), &json, &length, &error), error, "field_json");
      text += (text.empty() ? "" : " ") + taken(json, length);
    }
    seen.events.push_back(text);
  }
  quipu_chronoquery_options every = query_of("", "", std::nan(""));
  every.flags = QUIPU_CHRONOQUERY_ANY_STATUS;
  seen.records = queried(store, every);
  check(quipu_chronostore_wal_seq(store, &seen.seq, &error), error, "wal_seq");
  return seen;
}

// Writes of one commit, and what the model shows before the last of them.
struct Inside {
  std::vector<Held<quipu_chronorecord>> upserts;
  std::vector<std::string> removes;
  std::string asked;
  std::string expected;
  std::string wrong;
  bool fails = false;
};

quipu_status write_inside(void* user, quipu_chronotransaction* transaction, quipu_error** error) {
  auto& inside = *static_cast<Inside*>(user);
  for (const auto& record : inside.upserts) {
    const quipu_status status = quipu_chronotransaction_upsert(transaction, record.get(), error);
    if (status != QUIPU_OK) return status;
  }
  for (const std::string& id : inside.removes) {
    const quipu_status status = quipu_chronotransaction_delete(transaction, id.data(), id.size(), error);
    if (status != QUIPU_OK) return status;
  }
  quipu_chronorecord* found = nullptr;
  const quipu_status status =
      quipu_chronotransaction_find(transaction, inside.asked.data(), inside.asked.size(), &found, error);
  if (status != QUIPU_OK) return status;
  const Held<quipu_chronorecord> held(found);
  if (json_of(found) != inside.expected) inside.wrong = "find inside commit gave " + json_of(found);
  return inside.fails ? QUIPU_E_CANCELLED : QUIPU_OK;
}

class ApiRun {
 public:
  ApiRun(std::string folder, std::uint64_t seed) : folder_(std::move(folder)), random_(seed, Model(), {}) {
    open(0), open(1);
  }

  void step() {
    const std::size_t who = random_.below(2);
    quipu_chronostore* store = stores_[who].get();
    quipu_error* error = nullptr;
    const std::size_t dice = random_.below(20);
    if (dice < 8) {
      told_ = "upsert";
      const ModelRecord record = random_.some_record();
      check(quipu_chronostore_upsert(store, made(record).get(), nullptr, &error), error, "upsert");
      model_.upsert(record);
    } else if (dice < 11) {
      upsert_many(store, dice == 8 ? 52 : random_.below(5));
    } else if (dice < 14) {
      told_ = "delete";
      const std::string id = random_.some_id();
      check(quipu_chronostore_delete(store, id.data(), id.size(), nullptr, &error), error, "delete");
      model_.remove(id);
    } else if (dice < 17) {
      commit(store);
    } else if (dice < 18) {
      told_ = "compact";
      std::int64_t events = 0;
      const std::size_t before = model_.seen().events.size();
      check(quipu_chronostore_compact(store, nullptr, nullptr, &events, &error), error, "compact");
      if (events != static_cast<std::int64_t>(before))
        throw std::runtime_error("compact counts " + std::to_string(events));
      model_.compact();
    } else {
      told_ = "reopen";
      check(quipu_chronostore_close(store, &error), error, "close");
      open(who);
    }
    look(stores_[who].get());
    look(stores_[1 - who].get());
  }
  const std::string& told() const { return told_; }

 private:
  void open(std::size_t who) {
    quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
    options.durability = QUIPU_DURABILITY_NONE;  // what is checked here does not hang on it
    quipu_error* error = nullptr;
    quipu_chronostore* store = nullptr;
    check(quipu_chronostore_open(folder_.data(), folder_.size(), &options, &store, &error), error, "open");
    stores_[who].reset(store);
  }

  void upsert_many(quipu_chronostore* store, std::size_t count) {
    told_ = "upsert_many of " + std::to_string(count);
    std::vector<Held<quipu_chronorecord>> held;
    std::vector<const quipu_chronorecord*> records;
    for (std::size_t i = 0; i < count; ++i) {
      const ModelRecord record = random_.some_record();
      held.push_back(made(record));
      records.push_back(held.back().get());
      model_.upsert(record);
    }
    quipu_error* error = nullptr;
    check(quipu_chronostore_upsert_many(store, records.data(), records.size(), nullptr, &error), error, "upsert_many");
  }

  void commit(quipu_chronostore* store) {
    Inside inside;
    inside.fails = random_.below(4) == 0;
    told_ = inside.fails ? "failing commit" : "commit";
    Model after = model_;
    for (std::size_t i = random_.below(4); i > 0; --i) {
      const ModelRecord record = random_.some_record();
      inside.upserts.push_back(made(record));
      after.upsert(record);
    }
    for (std::size_t i = random_.below(3); i > 0; --i) {
      inside.removes.push_back(random_.some_id());
      after.remove(inside.removes.back());
    }
    inside.asked = random_.some_id();
    const ModelRecord* found = after.find(inside.asked);
    inside.expected = found == nullptr ? "none" : found->text();
    quipu_error* error = nullptr;
    const quipu_status status = quipu_chronostore_commit(store, write_inside, &inside, nullptr, &error);
    if (!inside.wrong.empty()) throw std::runtime_error(inside.wrong);
    if (inside.fails) {
      quipu_error_free(error);
      if (status != QUIPU_E_CANCELLED) throw std::runtime_error("a failing commit answers " + std::to_string(status));
      return;
    }
    check(status, error, "commit");
    model_ = after;
  }

  void look(quipu_chronostore* store) {
    const std::string other = difference(model_.seen(), seen_by(store));
    if (!other.empty()) throw std::runtime_error(other);
    static const std::vector<std::string> kKinds = {"", "fact", "edge", "none"};
    static const std::vector<std::string> kStatuses = {"active", "tombstone", "deprecated"};
    static const std::vector<double> kLeast = {0.0, 0.6, 1.0};
    const std::string kind = kKinds[random_.below(kKinds.size())];
    const std::string status = kStatuses[random_.below(kStatuses.size())];
    const double least = kLeast[random_.below(kLeast.size())];
    if (queried(store, query_of(kind, status, least)) !=
        model_.query(kind.empty() ? "" : string_json(kind), string_json(status), least)) {
      throw std::runtime_error("query of " + kind + " " + status + " gives other records");
    }
    quipu_error* error = nullptr;
    quipu_chronorecord* found = nullptr;
    const std::string id = random_.some_id();
    check(quipu_chronostore_find(store, id.data(), id.size(), &found, &error), error, "find");
    const Held<quipu_chronorecord> held(found);
    const ModelRecord* expected = model_.find(id);
    if (json_of(found) != (expected == nullptr ? "none" : expected->text())) throw std::runtime_error("find of " + id);
    std::int64_t count = 0;
    check(quipu_chronostore_record_count(store, &count, &error), error, "record_count");
    if (count != model_.active_count()) throw std::runtime_error("record_count is " + std::to_string(count));
    int valid = 0;
    check(quipu_chronostore_chain_valid(store, &valid, &error), error, "chain_valid");
    if (valid != 1) throw std::runtime_error("the chain is not valid");
  }

  std::string folder_;
  ScriptMaker random_;  // for its records and ids
  Model model_;
  Held<quipu_chronostore> stores_[2];
  std::string told_;
};

TEST(ApiModel, ShowsWhatTheModelShows) {
  const std::uint64_t first = first_seed();
  const std::size_t count = seeds(4, 100);
  constexpr std::size_t kSteps = 200;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const TemporaryFolder folder;
    ApiRun run(folder.path(), seed);
    std::string told;
    for (std::size_t i = 0; i < kSteps; ++i) {
      try {
        run.step();
      } catch (const std::exception& error) {
        FAIL() << "seed " << seed << ", step " << i + 1 << " (" << run.told() << "): " << error.what()
               << "\nsteps:" << told;
      }
      told += " " + run.told();
    }
  }
  std::cout << "model, through the C API: seeds " << first << " to " << first + count - 1 << ", " << count
            << " scripts, " << count * kSteps << " steps, " << 2 * count * kSteps << " dumps\n";
  RecordProperty("steps", static_cast<int>(count * kSteps));
}

}  // namespace
}  // namespace quipu::test
