// Every allocation of every call of a store fails once, and in a second run from there on, through the C API: the call says
// NO_MEMORY or succeeds, a call that failed has written nothing, the same call made again succeeds, no event is there twice,
// and no memory, handle or descriptor is lost.
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crash/allocation_life.h"
#include "support/effort.h"

namespace quipu::test {
namespace {

// ---- the calls --------------------------------------------------------------------------------------------------------

void attempt_open(Life& life, std::uint32_t flags) {
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  options.flags = flags;
  quipu_chronostore* store = nullptr;
  life.attempt("open", 0, [&](quipu_error** err) {
    return quipu_chronostore_open(life.path().data(), life.path().size(), &options, &store, err);
  });
  ASSERT_NE(store, nullptr);
  life.adopt(store);
}

void attempt_upsert(Life& life, const char* id, bool with_event) {
  const auto record = make_record(id, "new", "written", R"({"deep": {"b": 1, "a": [1.5, "\u00e9\u2028"]}})");
  quipu_walevent* event = nullptr;
  life.attempt("upsert", 1, [&](quipu_error** err) {
    return quipu_chronostore_upsert(life.store().get(), record.get(), with_event ? &event : nullptr, err);
  });
  if (!with_event) return;
  const quipu_cpp::Event owned(event);
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(quipu_cpp::text_of(quipu_walevent_record_id, event), id);
  EXPECT_EQ(quipu_walevent_seq(event), quipu_cpp::wal_seq(life.store()));
}

void attempt_upsert_packed(Life& life) {
  const auto record = make_record("packed", "new", "written packed", R"({"deep": {"b": 1, "a": [1.5]}})");
  std::uint8_t* packed = nullptr;
  std::size_t size = 0;
  std::size_t size_of_page = 0;
  quipu_cpp::check([&](quipu_error** err) { return quipu_chronorecord_pack(record.get(), &packed, &size, err); });
  std::uint8_t* out = nullptr;
  std::size_t out_size = 0;
  life.attempt("upsert_packed", 1, [&](quipu_error** err) {
    return quipu_chronostore_upsert_packed(life.store().get(), packed, size, &out, &out_size, err);
  });
  quipu_walevent* event = nullptr;
  quipu_cpp::check([&](quipu_error** err) { return quipu_walevent_unpack(out, out_size, &event, err); });
  const quipu_cpp::Event owned(event);
  EXPECT_EQ(quipu_walevent_seq(event), quipu_cpp::wal_seq(life.store()));
  quipu_free(out);
  const auto some = quipu_cpp::query(life.store(), "even");
  std::uint8_t* page = nullptr;
  quipu_cpp::check(
      [&](quipu_error** err) { return quipu_chronocursor_next_page(some.get(), 2, &page, &size_of_page, err); });
  life.attempt("upsert_many_packed", 2, [&](quipu_error** err) {
    return quipu_chronostore_upsert_many_packed(life.store().get(), page, size_of_page, nullptr, err);
  });
  quipu_free(page);
  out = nullptr;
  life.attempt("delete_packed", 1, [&](quipu_error** err) {
    return quipu_chronostore_delete_packed(life.store().get(), "packed", 6, &out, &out_size, err);
  });
  quipu_free(out);
  out = nullptr;
  life.attempt("find_packed", 0, [&](quipu_error** err) {
    return quipu_chronostore_find_packed(life.store().get(), "r2", 2, &out, &out_size, err);
  });
  quipu_free(out);
  quipu_free(packed);
}

void attempt_upsert_many(Life& life) {
  const auto one = make_record("m1", "new", "written", "{}");
  const auto two = make_record("m2", "new", "written", R"({"n": 1})");
  const auto three = make_record("r2", "moved", "written", R"({"n": 2})");
  const quipu_chronorecord* all[] = {one.get(), two.get(), three.get()};
  std::int64_t first = 0;
  life.attempt("upsert_many", 3, [&](quipu_error** err) {
    return quipu_chronostore_upsert_many(life.store().get(), all, 3, &first, err);
  });
  EXPECT_EQ(first, quipu_cpp::wal_seq(life.store()) - 2);
}

void attempt_delete(Life& life) {
  quipu_walevent* event = nullptr;
  life.attempt("delete", 1,
               [&](quipu_error** err) { return quipu_chronostore_delete(life.store().get(), "r2", 2, &event, err); });
  EXPECT_EQ(quipu_walevent_seq(quipu_cpp::Event(event).get()), quipu_cpp::wal_seq(life.store()));
}

quipu_status in_transaction(void* user, quipu_chronotransaction* tx, quipu_error** err) {
  quipu_chronorecord* found = nullptr;
  quipu_status status = quipu_chronotransaction_find(tx, "r2", 2, &found, err);
  const quipu_cpp::Record owned(found);
  if (status == QUIPU_OK) status = quipu_chronotransaction_upsert(tx, static_cast<quipu_chronorecord*>(user), err);
  if (status == QUIPU_OK) status = quipu_chronotransaction_delete(tx, "r4", 2, err);
  std::int64_t count = 0;
  if (status == QUIPU_OK) status = quipu_chronotransaction_record_count(tx, &count, err);
  quipu_chronocursor* cursor = nullptr;
  if (status == QUIPU_OK) status = quipu_chronotransaction_query(tx, nullptr, &cursor, err);
  const quipu_cpp::RecordCursor owned_cursor(cursor);
  while (status == QUIPU_OK) {
    quipu_chronorecord* record = nullptr;
    status = quipu_chronocursor_next(cursor, &record, err);
    if (record == nullptr) break;
    quipu_chronorecord_free(record);
  }
  return status;
}

void attempt_commit(Life& life) {
  const auto record = make_record("tx", "new", "in a transaction", "{}");
  std::int64_t seq = 0;
  life.attempt("commit", 2, [&](quipu_error** err) {
    return quipu_chronostore_commit(life.store().get(), in_transaction, record.get(), &seq, err);
  });
  EXPECT_EQ(seq, quipu_cpp::wal_seq(life.store()));
}

// A function that handles the writes that are refused, and goes on without them: what it sees afterwards, and what is written
// in the end, are the writes that were not.
struct Persistent {
  std::set<std::string> written;
  bool deleted = false;
  std::vector<std::string> wrong;
};

std::string label_in(quipu_chronotransaction* tx, const std::string& id, quipu_error** err) {
  quipu_chronorecord* found = nullptr;
  if (quipu_chronotransaction_find(tx, id.data(), id.size(), &found, err) != QUIPU_OK) return "an error";
  if (found == nullptr) return "";
  return quipu_cpp::text_of(quipu_chronorecord_label, quipu_cpp::Record(found).get());
}

std::int64_t count_in(quipu_chronotransaction* tx, quipu_error** err) {
  std::int64_t count = 0;
  return quipu_chronotransaction_record_count(tx, &count, err) == QUIPU_OK ? count : -1;
}

quipu_status persistent_transaction(void* user, quipu_chronotransaction* tx, quipu_error** err) {
  auto& it = *static_cast<Persistent*>(user);
  it = Persistent();
  const memory::Spared own;
  const std::int64_t before = count_in(tx, err);
  const auto armed = [err](auto&& call) {
    quipu_status status = QUIPU_OK;
    {
      const memory::Armed in_force;
      status = call();
    }
    if (status != QUIPU_OK) quipu_error_free(std::exchange(*err, nullptr));
    return status == QUIPU_OK;
  };
  it.deleted = armed([&] { return quipu_chronotransaction_delete(tx, "r4", 2, err); });
  for (int i = 0; i < 20; ++i) {
    const std::string id = "t" + std::to_string(i);
    const auto record = make_record(id, "new", "label of " + id, "{}");
    if (armed([&] { return quipu_chronotransaction_upsert(tx, record.get(), err); })) it.written.insert(id);
    const std::int64_t expected = before + static_cast<std::int64_t>(it.written.size()) - (it.deleted ? 1 : 0);
    const std::int64_t count = count_in(tx, err);
    if (count != expected) it.wrong.push_back(std::to_string(count) + " records, not " + std::to_string(expected));
    for (const std::string& one : {id, std::string("t0")}) {
      const std::string wanted = it.written.count(one) != 0 ? "label of " + one : "";
      const std::string label = label_in(tx, one, err);
      if (label != wanted) it.wrong.push_back(one + " has the label \"" + label + "\", not \"" + wanted + "\"");
    }
  }
  return QUIPU_OK;
}

void attempt_persistent_commit(Life& life) {
  Persistent it;
  life.attempt("commit", kUnknown, [&](quipu_error** err) {
    return quipu_chronostore_commit(life.store().get(), persistent_transaction, &it, nullptr, err);
  });
  EXPECT_EQ(it.wrong, std::vector<std::string>());
  std::set<std::string> found;
  for (int i = 0; i < 20; ++i) {
    const std::string id = "t" + std::to_string(i);
    quipu_chronorecord* record = nullptr;
    EXPECT_EQ(quipu_chronostore_find(life.store().get(), id.data(), id.size(), &record, nullptr), QUIPU_OK);
    if (quipu_cpp::Record(record)) found.insert(id);
  }
  EXPECT_EQ(found, it.written);
  quipu_chronorecord* record = nullptr;
  EXPECT_EQ(quipu_chronostore_find(life.store().get(), "r4", 2, &record, nullptr), QUIPU_OK);
  const quipu_cpp::Record r4(record);
  EXPECT_EQ(quipu_cpp::text_of(quipu_chronorecord_status, r4.get()), it.deleted ? "tombstone" : "active");
}

// Through a cursor to its end: what a call that was refused did not give comes with the next one.
void attempt_query(Life& life) {
  std::vector<std::string> wanted;
  for (const auto cursor = quipu_cpp::query(life.store(), "");;) {
    const auto record = quipu_cpp::next(cursor);
    if (!record) break;
    wanted.push_back(quipu_cpp::text_of(quipu_chronorecord_id, record.get()));
  }
  quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
  options.flags = QUIPU_CHRONOQUERY_ANY_STATUS;
  quipu_chronocursor* cursor = nullptr;
  life.attempt("query", 0,
               [&](quipu_error** err) { return quipu_chronostore_query(life.store().get(), &options, &cursor, err); });
  std::vector<std::string> found;
  for (;;) {
    quipu_chronorecord* record = nullptr;
    life.attempt("next record", 0, [&](quipu_error** err) { return quipu_chronocursor_next(cursor, &record, err); });
    if (record == nullptr) break;
    found.push_back(quipu_cpp::text_of(quipu_chronorecord_id, record));
    quipu_chronorecord_free(record);
  }
  EXPECT_EQ(found, wanted);
  quipu_chronocursor_free(cursor);

  life.attempt("query, paged", 0,
               [&](quipu_error** err) { return quipu_chronostore_query(life.store().get(), &options, &cursor, err); });
  std::string pages;
  for (;;) {
    std::uint8_t* page = nullptr;
    std::size_t size = 0;
    life.attempt("next page", 0,
                 [&](quipu_error** err) { return quipu_chronocursor_next_page(cursor, 3, &page, &size, err); });
    if (page == nullptr) break;
    pages.append(reinterpret_cast<const char*>(page), size);
    quipu_free(page);
  }
  quipu_chronocursor_free(cursor);
  std::size_t at = 0;
  for (const std::string& id : wanted) {
    at = pages.find(id, at);
    ASSERT_NE(at, std::string::npos) << id << " is in no page";
    at += id.size();
  }
}

void attempt_replay(Life& life) {
  quipu_walcursor* cursor = nullptr;
  life.attempt("replay", 0,
               [&](quipu_error** err) { return quipu_chronostore_replay(life.store().get(), 0, &cursor, err); });
  std::int64_t expected = 0;
  for (;;) {
    quipu_walevent* event = nullptr;
    life.attempt("next event", 0, [&](quipu_error** err) { return quipu_walcursor_next(cursor, &event, err); });
    if (event == nullptr) break;
    EXPECT_EQ(quipu_walevent_seq(event), ++expected);
    quipu_walevent_free(event);
  }
  EXPECT_EQ(expected, quipu_cpp::wal_seq(life.store()));
  quipu_walcursor_free(cursor);
}

void attempt_small_reads(Life& life) {
  quipu_chronostore* const store = life.store().get();
  quipu_chronorecord* record = nullptr;
  life.attempt("get", 0, [&](quipu_error** err) { return quipu_chronostore_get(store, "r2", 2, &record, err); });
  EXPECT_EQ(quipu_cpp::text_of(quipu_chronorecord_id, record), "r2");
  quipu_chronorecord_free(record);
  std::int64_t number = 0;
  life.attempt("record_count", 0,
               [&](quipu_error** err) { return quipu_chronostore_record_count(store, &number, err); });
  EXPECT_GT(number, 0);
  life.attempt("wal_seq", 0, [&](quipu_error** err) { return quipu_chronostore_wal_seq(store, &number, err); });
  char* text = nullptr;
  std::size_t size = 0;
  life.attempt("last_hash", 0,
               [&](quipu_error** err) { return quipu_chronostore_last_hash(store, &text, &size, err); });
  EXPECT_EQ(size, 64U);
  quipu_free(text);
  life.attempt("path", 0, [&](quipu_error** err) { return quipu_chronostore_path(store, &text, &size, err); });
  quipu_free(text);
  life.attempt("refresh", 0, [&](quipu_error** err) { return quipu_chronostore_refresh(store, err); });
  life.attempt("sync", 0, [&](quipu_error** err) { return quipu_chronostore_sync(store, err); });
  quipu_chrononoticecursor* notices = nullptr;
  life.attempt("notices", 0, [&](quipu_error** err) { return quipu_chronostore_notices(store, &notices, err); });
  quipu_chrononoticecursor_free(notices);
}

void attempt_verify(Life& life) {
  int valid = 0;
  life.attempt("chain_valid", 0,
               [&](quipu_error** err) { return quipu_chronostore_chain_valid(life.store().get(), &valid, err); });
  EXPECT_EQ(valid, 1);
  quipu_chronoverification* found = nullptr;
  life.attempt("verify", 0, [&](quipu_error** err) {
    return quipu_chronostore_verify(life.store().get(), QUIPU_CHRONOVERIFY_STRICT, nullptr, nullptr, &found, err);
  });
  EXPECT_EQ(quipu_chronoverification_valid(found), 1);
  EXPECT_EQ(quipu_chronoverification_events(found), quipu_cpp::wal_seq(life.store()));
  quipu_chronoverification_free(found);
}

void attempt_compact(Life& life) {
  std::int64_t events = 0;
  life.attempt(
      "compact", 1,
      [&](quipu_error** err) { return quipu_chronostore_compact(life.store().get(), nullptr, nullptr, &events, err); },
      true);
}

void attempt_backup(Life& life) {
  char* path = nullptr;
  life.attempt("backup", 0,
               [&](quipu_error** err) { return quipu_chronostore_backup(life.store().get(), &path, nullptr, err); });
  EXPECT_EQ(read_whole(std::string(path) + "/events.wal"), read_whole(life.log()));
  quipu_free(path);
  // With memory at hand again, what a backup that failed has left is removed; see below for memory that stays out.
}

void attempt_migrate(Life& life) {
  const std::string& from = starts().import.path();
  quipu_chronomigration* result = nullptr;
  life.attempt("migrate_from_json", 4, [&](quipu_error** err) {
    return quipu_chronostore_migrate_from_json(life.store().get(), from.data(), from.size(), nullptr, nullptr, &result,
                                               err);
  });
  EXPECT_EQ(quipu_chronomigration_requirements(result), 2);
  EXPECT_EQ(quipu_chronomigration_testcases(result), 2);
  quipu_chronomigration_free(result);
}

// Closed is closed, whatever the call says.
void attempt_close(Life& life, std::int32_t durability) {
  life.open(durability);
  upsert_some(life.store(), 30, 40);
  for (int i = 0; i < 12; ++i) {
    quipu_cpp::check(
        [&](quipu_error** err) { return quipu_chronostore_delete(life.store().get(), "r3", 2, nullptr, err); });
  }
  const Store store = life.take();
  life.attempt("close", 0, [&](quipu_error** err) { return quipu_chronostore_close(store.get(), err); });
  memory::forget();
  life.open();
}

// What another handle writes is followed, and its compaction adopted.
void attempt_follow(Life& life) {
  const Store other = open_store(life.path());
  quipu_chronorecord* record = nullptr;
  upsert_some(other, 100, 3);
  life.count(3);
  life.attempt("find what another wrote", 0,
               [&](quipu_error** err) { return quipu_chronostore_find(life.store().get(), "r2", 2, &record, err); });
  EXPECT_EQ(quipu_cpp::text_of(quipu_chronorecord_data, record).substr(0, 9), R"({"i": 102)");
  quipu_chronorecord_free(record);
  quipu_cpp::check(
      [&](quipu_error** err) { return quipu_chronostore_compact(other.get(), nullptr, nullptr, nullptr, err); });
  upsert_some(other, 200, 2);
  life.count(3);
  life.attempt("find behind a compaction", 0,
               [&](quipu_error** err) { return quipu_chronostore_find(life.store().get(), "r1", 2, &record, err); });
  EXPECT_EQ(quipu_cpp::text_of(quipu_chronorecord_data, record).substr(0, 9), R"({"i": 201)");
  quipu_chronorecord_free(record);
  upsert_some(other, 300, 1);
  life.count(1);
}

void attempt_values(Life& life) {
  quipu_chronorecord* record = nullptr;
  life.attempt("create", 0, [&](quipu_error** err) { return quipu_chronorecord_create(&record, err); });
  life.attempt("set_id", 0, [&](quipu_error** err) { return quipu_chronorecord_set_id(record, "value", 5, err); });
  life.attempt("set_data", 0,
               [&](quipu_error** err) { return quipu_chronorecord_set_data(record, R"({"a": [1e400]})", 14, err); });
  life.attempt("evidence_add", 0,
               [&](quipu_error** err) { return quipu_chronorecord_evidence_add(record, "because of that", 15, err); });
  char* json = nullptr;
  life.attempt("to_json", 0,
               [&](quipu_error** err) { return quipu_chronorecord_to_json(record, &json, nullptr, err); });
  quipu_chronorecord* parsed = nullptr;
  life.attempt("from_json", 0,
               [&](quipu_error** err) { return quipu_chronorecord_from_json(json, std::strlen(json), &parsed, err); });
  std::uint8_t* packed = nullptr;
  std::size_t size = 0;
  life.attempt("pack", 0, [&](quipu_error** err) { return quipu_chronorecord_pack(parsed, &packed, &size, err); });
  quipu_chronorecord* unpacked = nullptr;
  life.attempt("unpack", 0, [&](quipu_error** err) { return quipu_chronorecord_unpack(packed, size, &unpacked, err); });
  char* again = nullptr;
  life.attempt("to_json", 0,
               [&](quipu_error** err) { return quipu_chronorecord_to_json(unpacked, &again, nullptr, err); });
  EXPECT_STREQ(again, json);
  {
    // No status to give: an empty text when memory is out, and the right one later.
    const memory::Armed armed;
    quipu_chronorecord_id(unpacked, nullptr);
    quipu_chronorecord_evidence_count(unpacked);
    quipu_chronorecord_confidence(unpacked);
  }
  memory::forget();
  EXPECT_EQ(quipu_cpp::text_of(quipu_chronorecord_id, unpacked), "value");
  EXPECT_EQ(quipu_chronorecord_evidence_count(unpacked), 1U);
  quipu_free(packed);
  quipu_free(json);
  quipu_free(again);
  for (quipu_chronorecord* one : {record, parsed, unpacked}) quipu_chronorecord_free(one);
}

struct Scenario {
  const char* name;
  Folder Starts::*start;
  void (*run)(Life& life);
};

const Scenario kScenarios[] = {
    {"open_new_store", &Starts::empty, [](Life& life) { attempt_open(life, 0); }},
    {"open_log", &Starts::log, [](Life& life) { attempt_open(life, 0); }},
    {"open_snapshot_and_log", &Starts::snapshot, [](Life& life) { attempt_open(life, 0); }},
    {"open_torn_tail_read_only", &Starts::torn,
     [](Life& life) {
       attempt_open(life, QUIPU_CHRONOSTORE_READ_ONLY);
       life.adopt(open_store(life.path()).release());  // one that may write, for the checks
       attempt_upsert(life, "after", true);
     }},
    {"first_upsert_of_all", &Starts::empty,
     [](Life& life) {
       life.open();
       attempt_upsert(life, "first", true);
     }},
    {"first_upsert", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_upsert(life, "u", true);
     }},
    {"later_upserts", &Starts::log,
     [](Life& life) {
       life.open();
       upsert_some(life.store(), 50, 1);
       life.count(1);
       attempt_upsert(life, "u", true);
       attempt_upsert(life, "u", false);
       attempt_upsert(life, "v", true);
     }},
    {"upsert_packed", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_upsert_packed(life);
     }},
    {"upsert_batched", &Starts::log,
     [](Life& life) {
       life.open(QUIPU_DURABILITY_BATCHED);
       attempt_upsert(life, "u", true);
       attempt_upsert(life, "v", true);
     }},
    {"upsert_with_snapshot", &Starts::log,
     [](Life& life) {
       life.open();
       upsert_some(life.store(), 0, 49);
       life.count(49);
       attempt_upsert(life, "u", true);
       attempt_upsert(life, "v", true);
     }},
    {"upsert_behind_torn_tail", &Starts::torn,
     [](Life& life) {
       life.open();
       attempt_upsert(life, "u", true);
     }},
    {"upsert_behind_no_line_end", &Starts::no_line_end,
     [](Life& life) {
       life.open();
       attempt_upsert(life, "u", true);
     }},
    {"upsert_many", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_upsert_many(life);
     }},
    {"delete", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_delete(life);
     }},
    {"commit", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_commit(life);
     }},
    {"commit_that_goes_on", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_persistent_commit(life);
     }},
    {"query", &Starts::snapshot,
     [](Life& life) {
       life.open();
       attempt_query(life);
     }},
    {"replay", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_replay(life);
     }},
    {"small_reads", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_small_reads(life);
     }},
    {"verify", &Starts::snapshot,
     [](Life& life) {
       life.open();
       attempt_verify(life);
     }},
    {"follow", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_follow(life);
       attempt_upsert(life, "own", true);
     }},
    {"compact", &Starts::snapshot,
     [](Life& life) {
       life.open();
       attempt_compact(life);
     }},
    {"backup", &Starts::snapshot,
     [](Life& life) {
       life.open();
       attempt_backup(life);
     }},
    {"migrate", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_migrate(life);
     }},
    {"close", &Starts::log, [](Life& life) { attempt_close(life, QUIPU_DURABILITY_FULL); }},
    {"close_batched", &Starts::log, [](Life& life) { attempt_close(life, QUIPU_DURABILITY_BATCHED); }},
    {"upsert_behind_log_that_ends_before_snapshot", &Starts::behind_snapshot,
     [](Life& life) {
       life.open();
       // What begins the log anew may be done by the call that is refused, or by the next one.
       const auto record = make_record("u", "new", "", "{}");
       life.attempt(
           "upsert", kUnknown,
           [&](quipu_error** err) { return quipu_chronostore_upsert(life.store().get(), record.get(), nullptr, err); },
           true);
       EXPECT_EQ(quipu_cpp::wal_seq(life.store()), 52);
     }},
    {"values", &Starts::log,
     [](Life& life) {
       life.open();
       attempt_values(life);
     }},
};

// In place of the bytes of the object, in the report of a test.
std::ostream& operator<<(std::ostream& out, const Scenario& scenario) { return out << scenario.name; }

class AllocationFaults : public testing::TestWithParam<Scenario> {
 protected:
  void run_all(bool from_there_on) {
    const Scenario& scenario = GetParam();
    const stdfs::path start = (starts().*scenario.start).path();
    live(scenario, start, 0, false);  // what is made once for all
    settle_quarantine();
    std::uint64_t refused = 0;
    std::uint64_t injected = 0;
    std::uint64_t n = 1;
    std::uint64_t points = 0;
    // The first hundreds one by one; then, in a short run, about a hundred for each doubling.
    const bool every_one = long_run();
    for (;; n += every_one || n < 200 ? 1 : n / 100, ++points) {
      SCOPED_TRACE(std::string(scenario.name) + ", allocation " + std::to_string(n) +
                   (from_there_on ? " and all behind it fail" : " fails"));
      const std::int64_t live_before = memory::live_blocks();
      const std::int64_t handles = quipu_debug_count(QUIPU_DEBUG_LIVE_HANDLES);
      const std::int64_t blocks = quipu_debug_count(QUIPU_DEBUG_LIVE_BLOCKS);
      const std::int64_t descriptors = open_descriptors();
      const auto [struck, calls] = live(scenario, start, n, from_there_on);
      settle_quarantine();
      EXPECT_EQ(quipu_debug_count(QUIPU_DEBUG_LIVE_HANDLES), handles) << "handles that are left";
      EXPECT_EQ(quipu_debug_count(QUIPU_DEBUG_LIVE_BLOCKS), blocks) << "blocks that are left";
      EXPECT_EQ(open_descriptors(), descriptors) << "descriptors that are left";
      // Buffers that are kept may have to be made again, or are kept for the first time; they do not grow in number.
      if (n > 1) EXPECT_LE(memory::live_blocks(), live_before) << "memory that is left";
      injected += struck;
      refused += calls;
      if (struck == 0 || HasFailure()) break;
    }
    EXPECT_GT(injected, 0U);
    std::printf("             %s: %" PRIu64 " points, %" PRIu64 " allocations failed, %" PRIu64
                " calls answered NO_MEMORY\n",
                scenario.name, points, injected, refused);
  }

  // Answers how many allocations failed and how many calls were refused.
  static std::pair<std::uint64_t, std::uint64_t> live(const Scenario& scenario, const stdfs::path& start,
                                                      std::uint64_t n, bool from_there_on) {
    memory::forget();
    Life life(start);
    if (n > 0) from_there_on ? memory::plan_from(n) : memory::plan_nth(n);
    scenario.run(life);
    const std::uint64_t failed = n > 0 ? memory::failed() : 0;
    life.finish();
    return {failed, life.refused()};
  }
};

TEST_P(AllocationFaults, OneAllocationFails) { run_all(false); }

TEST_P(AllocationFaults, MemoryStaysOut) { run_all(true); }

INSTANTIATE_TEST_SUITE_P(ChronoStore, AllocationFaults, testing::ValuesIn(kScenarios),
                         [](const auto& given) { return std::string(given.param.name); });

}  // namespace
}  // namespace quipu::test

int main(int argc, char** argv) {
  quipu::test::memory::take_over_openssl();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
