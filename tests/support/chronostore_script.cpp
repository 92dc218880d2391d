#include "support/chronostore_script.h"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "os/paths.h"
#include "support/chronostore_support.h"

namespace quipu::test {

using chronostore::RecordRef;
using chronostore::Selection;
using chronostore::Store;
using chronostore::Transaction;

namespace {

struct ImportItem {
  const char* file;
  const char* id;
  const char* label;
  const char* status;
  const char* confidence;
  const char* data;
};

constexpr ImportItem kImport[] = {
    {"requirements", "\"REQ-1\"", "\"first\"", "\"active\"", "0.7", R"({"id": "REQ-1", "title": "first"})"},
    {"requirements", "\"REQ-2\"", "\"gone\"", "\"deprecated\"", "1.0",
     R"({"id": "REQ-2", "title": "gone", "status": "Deprecated by REQ-1", "confidence": true})"},
    {"requirements", "7", "null", "\"active\"", "0.25", R"({"id": 7, "title": null, "confidence": "0.25"})"},
    {"testcases", "\"a\"", "\"\"", "\"active\"", "0.7", R"({"id": "a", "steps": [1, 2.5, {"x": []}]})"},
    {"testcases", "\"REQ-1\"", "\"first\"", "\"active\"", "0.7", R"({"id": "REQ-1", "title": "first"})"},
};

std::string import_text(std::string_view file) {
  std::string text = "[";
  for (const ImportItem& item : kImport) {
    if (item.file != file) continue;
    if (text.size() > 1) text += ", ";
    text += item.data;
  }
  return text + "]";
}

void expect(bool same, const std::string& what) {
  if (!same) throw std::runtime_error(what);
}

// What the transaction must show before each of its writes, and after the last.
struct InsideView {
  std::string id;
  std::string found;  // text, or "none"
  std::vector<std::string> of_kind;
  std::int64_t active = 0;
};

void check_inside(Transaction& transaction, const InsideView& view) {
  const RecordRef record = transaction.find(view.id);
  const std::string found = record ? std::string(record->text()) : "none";
  expect(found == view.found, "inside commit, find gave " + found + ", expected " + view.found);
  Selection selection;
  selection.kind_json = "\"fact\"";
  selection.threshold = std::numeric_limits<double>::quiet_NaN();
  expect(texts(transaction.query(selection)) == view.of_kind, "inside commit, query gave other records");
  expect(transaction.active_count() == view.active, "inside commit, active_count gave " +
                                                        std::to_string(transaction.active_count()) + ", expected " +
                                                        std::to_string(view.active));
}

struct Refusal {};

}  // namespace

Actors::Actors(os::FileSystem& fs, Clock& clock, std::string project)
    : options(options_with(fs, &clock)), project_(std::move(project)) {}

Store& Actors::handle(std::size_t which) {
  if (handles_.size() <= which) handles_.resize(which + 1);
  if (handles_[which] == nullptr) {
    chronostore::StoreOptions own = options;
    own.recursion_depth = depths[std::min(which, depths.size() - 1)];
    handles_[which] = Store::open(project_, own);
  }
  return *handles_[which];
}

void Actors::close(std::size_t which) {
  if (which >= handles_.size() || handles_[which] == nullptr) return;
  handles_[which]->close();
  handles_[which].reset();
}

void Actors::close_all() {
  for (std::size_t i = 0; i < handles_.size(); ++i) close(i);
}

void run_steps(const std::vector<ScriptStep>& steps, Actors& actors) {
  while (actors.acknowledged < steps.size()) {
    steps[actors.acknowledged].run(actors);
    ++actors.acknowledged;
  }
}

void write_import_files(os::FileSystem& fs, const std::string& folder) {
  os::make_directories(fs, folder);
  for (const char* file : {"requirements", "testcases"}) {
    fs.open(folder + "/" + file + ".json", os::OpenMode::kCreateOrEmpty)->append(import_text(file));
  }
}

ScriptMaker::ScriptMaker(std::uint64_t seed, Model model, Limits limits)
    : random_(seed), model_(std::move(model)), limits_(std::move(limits)) {}

std::string ScriptMaker::some_id() {
  static const std::vector<std::string> kIds = {"a",
                                                "b",
                                                "c",
                                                "r1",
                                                "r2",
                                                "r3",
                                                "REQ-1",
                                                "REQ-2",
                                                "7",
                                                "true",
                                                "1.5",
                                                "__compact__",
                                                std::string("nul\0inside", 10),
                                                "caf\xC3\xA9",
                                                "cafe\xCC\x81",
                                                "\xF0\x9F\xA7\xAC \xE2\x80\xA8 \xC2\x85",
                                                "line\nend \"quoted\" back\\slash",
                                                "unknown " + std::to_string(below(40))};
  if (limits_.long_texts && below(40) == 0) return std::string(3000, 'i') + std::to_string(below(3));
  return any(kIds);
}

ModelRecord ScriptMaker::some_record() {
  static const std::vector<std::string> kOddIds = {"7", "7.0", "1", "true", "1.0", "0", "-0.0", "null", "1.5", "-3"};
  static const std::vector<std::string> kKinds = {"\"fact\"",        "\"fact\"", "\"edge\"",
                                                  "\"requirement\"", "\"\"",     "null"};
  static const std::vector<std::string> kStatuses = {"\"active\"",     "\"active\"", "\"active\"", "\"deprecated\"",
                                                     "\"hypothesis\"", "\"\"",       "null"};
  static const std::vector<std::string> kConfidences = {
      "0.7",     "0.6", "0.5999999999999999", "1",    "0", "-0.5", "true", "false", "null",
      "\"0.9\"", "NaN", "Infinity",           "1e-05"};
  static const std::vector<std::string> kData = {"{}", R"({"k": [1, 1.0, null, {"deep": []}], "z": "zz", "a": -0.0})",
                                                 R"({"big": 123456789012345678901234567890})", "[]", "\"text\""};
  ModelRecord record;
  const bool odd = limits_.odd_values;
  record.id = odd && below(6) == 0 ? any(kOddIds) : string_json(some_id());
  record.label = string_json("step " + std::to_string(steps_));
  if (below(3) == 0) record.kind = any(kKinds);
  if (below(3) == 0) record.status = any(kStatuses);
  if (odd && below(3) == 0) record.confidence = any(kConfidences);
  if (odd && below(3) == 0) record.data = any(kData);
  if (odd && below(12) == 0) record.evidence = R"(["a", "b c"])";
  if (odd && below(12) == 0)
    record.label = below(2) == 0 ? "null" : string_json(std::string("\0\x01\x7F \xEF\xBF\xBF", 7));
  if (limits_.long_texts && below(8) == 0) record.data = "{\"text\": \"" + std::string(200 + below(1500), 'x') + "\"}";
  return record;
}

ScriptStep ScriptMaker::upsert(std::size_t who) {
  const ModelRecord record = some_record();
  model_.upsert(record);
  return {"upsert " + record.id.substr(0, 40), [who, record, seq = model_.seq()](Actors& actors) {
            json::RowRef event;
            actors.handle(who).upsert(record.ref(), &event);
            expect(event->field(chronostore::WalEventField::seq) == std::to_string(seq), "upsert gave another seq");
          }};
}

ScriptStep ScriptMaker::upsert_many(std::size_t who, std::size_t count) {
  std::vector<RecordRef> refs;
  const std::int64_t first = count == 0 ? 0 : model_.seq() + 1;
  for (std::size_t i = 0; i < count; ++i) {
    const ModelRecord record = some_record();
    refs.push_back(record.ref());
    model_.upsert(record);
  }
  return {"upsert_many of " + std::to_string(count), [who, refs, first](Actors& actors) {
            expect(actors.handle(who).upsert_many(refs) == first, "upsert_many gave another seq");
          }};
}

ScriptStep ScriptMaker::remove(std::size_t who) {
  const std::string id = some_id();
  model_.remove(id);
  return {"remove " + string_json(id).substr(0, 40),
          [who, id](Actors& actors) { actors.handle(who).remove(id, nullptr); }};
}

ScriptStep ScriptMaker::commit(std::size_t who, bool fails) {
  struct Write {
    InsideView before;
    bool removes = false;
    std::string id;
    RecordRef record;
  };
  Model inside = model_;
  const auto view = [&] {
    InsideView seen;
    seen.id = some_id();
    const ModelRecord* found = inside.find(seen.id);
    seen.found = found == nullptr ? "none" : found->text();
    seen.of_kind = inside.query("\"fact\"", "", std::nan(""));
    seen.active = inside.active_count();
    return seen;
  };
  std::vector<Write> writes;
  const std::size_t count = below(6);
  for (std::size_t i = 0; i < count; ++i) {
    Write write;
    write.before = view();
    write.removes = below(3) == 0;
    if (write.removes) {
      write.id = some_id();
      inside.remove(write.id);
    } else {
      const ModelRecord record = some_record();
      write.record = record.ref();
      inside.upsert(record);
    }
    writes.push_back(std::move(write));
  }
  const InsideView last = view();
  if (!fails) model_ = inside;
  return {(fails ? "failing commit of " : "commit of ") + std::to_string(count),
          [who, writes, last, fails, seq = model_.seq()](Actors& actors) {
            std::int64_t got = seq;
            bool refused = false;
            try {
              got = actors.handle(who).commit([&](Transaction& transaction) {
                for (const Write& write : writes) {
                  check_inside(transaction, write.before);
                  if (write.removes) {
                    transaction.remove(write.id);
                  } else {
                    transaction.upsert(write.record);
                  }
                }
                check_inside(transaction, last);
                if (fails) throw Refusal();
              });
            } catch (const Refusal&) {
              refused = true;
            }
            expect(refused == fails, "the failure of fn did not come out of commit");
            expect(got == seq, "commit gave seq " + std::to_string(got) + ", expected " + std::to_string(seq));
          }};
}

ScriptStep ScriptMaker::refused(std::size_t who) {
  static const std::vector<std::string> kBadIds = {"\"\"", "[]", "{\"a\": 1}"};
  ModelRecord good = some_record();
  ModelRecord bad = some_record();
  bad.id = any(kBadIds);
  if (below(3) == 0) {
    bad = some_record();
    bad.data = std::string(300, '[') + std::string(300, ']');
  }
  return {"refused write", [who, good, bad](Actors& actors) {
            bool refused = false;
            try {
              actors.handle(who).upsert_many({good.ref(), bad.ref()});
            } catch (const Error& error) {
              refused = error.code() == Code::kInvalid;
            }
            expect(refused, "a record that cannot be written was not refused");
          }};
}

ScriptStep ScriptMaker::import(std::size_t who) {
  std::int64_t skipped = 0;
  for (const ImportItem& item : kImport) {
    const ModelRecord* present = model_.find_json(item.id);
    if (present != nullptr && present->status == item.status && present->label == item.label) {
      ++skipped;
      continue;
    }
    ModelRecord record;
    record.id = item.id;
    record.kind = item.file == std::string_view("requirements") ? "\"requirement\"" : "\"testcase\"";
    record.status = item.status;
    record.label = item.label;
    record.confidence = item.confidence;
    record.evidence = "[\"migrated from " + std::string(item.file) + ".json\"]";
    record.data = item.data;
    model_.upsert(record);
  }
  return {"import", [who, skipped](Actors& actors) {
            const auto result = actors.handle(who).migrate_from_json(actors.import_folder, nullptr);
            expect(result.skipped == skipped && result.requirements + result.testcases + skipped == 5,
                   "the import counts otherwise");
          }};
}

ScriptStep ScriptMaker::next() {
  ++steps_;
  const std::size_t who = below(limits_.handles);
  model_.set_depth(limits_.depths[std::min(who, limits_.depths.size() - 1)]);
  ScriptStep step;
  const std::size_t dice = below(100);
  if (dice < 30) {
    step = upsert(who);
  } else if (dice < 42) {
    step = upsert_many(who, below(9));
  } else if (dice < 46) {
    step = upsert_many(who, 45 + below(20));
  } else if (dice < 60) {
    step = remove(who);
  } else if (dice < 72) {
    step = commit(who, false);
  } else if (dice < 75) {
    step = commit(who, true);
  } else if (dice < 78) {
    step = refused(who);
  } else if (dice < 83) {
    step = import(who);
  } else if (dice < 89) {
    model_.compact();
    step = {"compact", [who](Actors& actors) { actors.handle(who).compact(nullptr); }};
  } else if (dice < 92) {
    step = {"backup", [who](Actors& actors) {
              const std::size_t before = actors.acknowledged;
              actors.backups[actors.handle(who).backup()] = before;
            }};
  } else if (dice < 95) {
    step = {"sync", [who](Actors& actors) { actors.handle(who).sync(); }};
  } else {
    step = {"reopen", [who](Actors& actors) {
              actors.handle(who);  // it may be its first step: nothing is synced without closing
              actors.close(who);
              actors.handle(who);
            }};
  }
  step.name = "handle " + std::to_string(who + 1) + " " + step.name;
  return step;
}

}  // namespace quipu::test
