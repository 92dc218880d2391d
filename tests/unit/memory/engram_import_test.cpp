#include "memory/engram_import.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "json/parser.h"
#include "memory/engram_database.h"
#include "memory/ledger.h"
#include "memory/sync_state.h"
#include "support/errors.h"
#include "support/temporary_folder.h"

namespace quipu::memory {
namespace {

using test::code_in_child;
using test::error_of;
using Session = MemorySessionField;
using Observation = MemoryObservationField;
using Prompt = MemoryPromptField;

constexpr std::string_view kSessions =
    "CREATE TABLE sessions (id TEXT PRIMARY KEY, project TEXT NOT NULL, directory TEXT NOT NULL,"
    " started_at TEXT NOT NULL DEFAULT (datetime('now')), ended_at TEXT, summary TEXT);";

// 0.1.0: no scope, no counters, no times but the first, nothing of sync but chunk ids.
const std::string kFirstEra =
    std::string(kSessions) +
    "CREATE TABLE observations (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL,"
    " type TEXT NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL, tool_name TEXT, project TEXT,"
    " created_at TEXT NOT NULL, FOREIGN KEY (session_id) REFERENCES sessions(id));"
    "CREATE TABLE user_prompts (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL,"
    " content TEXT NOT NULL, project TEXT, created_at TEXT NOT NULL);";

// 0.1.8 to 1.7: no sync_id; chunk ids without a target.
const std::string kSecondEra =
    std::string(kSessions) +
    "CREATE TABLE observations (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, type TEXT NOT NULL,"
    " title TEXT NOT NULL, content TEXT NOT NULL, tool_name TEXT, project TEXT, scope TEXT NOT NULL DEFAULT 'project',"
    " topic_key TEXT, normalized_hash TEXT, revision_count INTEGER NOT NULL DEFAULT 1,"
    " duplicate_count INTEGER NOT NULL DEFAULT 1, last_seen_at TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT "
    "NULL,"
    " deleted_at TEXT);"
    "CREATE TABLE user_prompts (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, content TEXT NOT NULL,"
    " project TEXT, created_at TEXT NOT NULL);"
    "CREATE TABLE sync_chunks (chunk_id TEXT PRIMARY KEY, imported_at TEXT NOT NULL DEFAULT '');";

// The whole of it; `more`: columns of observations that later versions added.
std::string latest_era(const std::string& more) {
  return std::string(kSessions) +
         "CREATE TABLE observations (id INTEGER PRIMARY KEY AUTOINCREMENT, sync_id TEXT, session_id TEXT NOT NULL,"
         " type TEXT NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL, tool_name TEXT, project TEXT,"
         " scope TEXT NOT NULL DEFAULT 'project', topic_key TEXT, normalized_hash TEXT,"
         " revision_count INTEGER NOT NULL DEFAULT 1, duplicate_count INTEGER NOT NULL DEFAULT 1, last_seen_at TEXT,"
         " created_at TEXT NOT NULL, updated_at TEXT NOT NULL, deleted_at TEXT" +
         more +
         ");"
         "CREATE TABLE user_prompts (id INTEGER PRIMARY KEY AUTOINCREMENT, sync_id TEXT, session_id TEXT NOT NULL,"
         " content TEXT NOT NULL, project TEXT, created_at TEXT NOT NULL);"
         "CREATE TABLE prompt_tombstones (sync_id TEXT PRIMARY KEY, session_id TEXT, project TEXT, deleted_at TEXT NOT "
         "NULL);"
         "CREATE TABLE sync_chunks (target_key TEXT NOT NULL DEFAULT 'local', chunk_id TEXT NOT NULL,"
         " imported_at TEXT NOT NULL DEFAULT '', PRIMARY KEY (target_key, chunk_id));"
         "CREATE TABLE sync_enrolled_projects (project TEXT PRIMARY KEY, enrolled_at TEXT NOT NULL DEFAULT '');"
         "CREATE TABLE memory_relations (id INTEGER PRIMARY KEY AUTOINCREMENT, sync_id TEXT UNIQUE, source_id TEXT,"
         " target_id TEXT, relation TEXT, reason TEXT, evidence TEXT, confidence REAL, judgment_status TEXT,"
         " marked_by_actor TEXT, marked_by_kind TEXT, marked_by_model TEXT, session_id TEXT, superseded_at TEXT,"
         " superseded_by_relation_id INTEGER, created_at TEXT, updated_at TEXT);";
}

class EngramImportTest : public testing::Test {
 protected:
  EngramImportTest() {
    MemoryOptions options;
    options.store.lock_wait_ms = 200;
    options.store.durability = chronostore::Durability::kNone;
    store_ = MemoryStore::open(folder_ / "store", options);
  }

  std::string path() const { return folder_ / "engram.db"; }
  sqlite::Connection make(const std::string& schema) {
    sqlite::Connection connection(path(), sqlite::Mode::kReadWriteCreate);
    connection.execute("PRAGMA journal_mode = WAL");
    connection.execute(schema);
    return connection;
  }
  EngramImport import() { return import_engram(*store_, path(), nullptr); }
  // Imports once more: nothing is written, and only what is stale counts.
  void expect_repeatable() {
    const std::int64_t seq = store_->records().wal_seq();
    const EngramImport again = import();
    EXPECT_EQ(store_->records().wal_seq(), seq);
    EXPECT_EQ(again.counts.sessions_imported + again.counts.sessions_recovered + again.counts.observations_imported +
                  again.counts.prompts_imported + again.counts.relations_imported + again.counts.rows_deleted +
                  again.projects_enrolled + again.chunks_known,
              0);
  }
  std::string wire(Entity entity, const RowRef& row) {
    std::string text;
    if (row) append_wire(entity, *with_number(entity, row), text);
    return text;
  }
  static RowRef with_number(Entity entity, const RowRef& row) {
    if (entity == Entity::kSession) return row;
    return with_fields(*row, {{traits_of(entity).id, "0"}});
  }
  // All rows as in a chunk, without numbers, sorted.
  static std::vector<std::string> all_rows(MemoryStore& store) {
    std::vector<std::string> rows;
    const auto add = [&](Entity entity, RowCursor cursor) {
      while (const RowRef row = cursor.next()) append_wire(entity, *with_number(entity, row), rows.emplace_back());
    };
    add(Entity::kSession, store.session_list({}));
    RowFilter filter;
    add(Entity::kObservation, store.observation_list(filter));
    add(Entity::kPrompt, store.prompt_list({}));
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  // What a chunk of that document makes of an empty store.
  std::vector<std::string> rows_of_chunk(std::string_view document) {
    const json::Value chunk = json::parse(document);
    Incoming incoming;
    RowReader reader;
    for (const Entity entity : kEntities) {
      const json::Value* const list = chunk.find(traits_of(entity).list);
      if (list == nullptr || !list->is_array()) continue;
      auto& rows = entity == Entity::kSession       ? incoming.sessions
                   : entity == Entity::kObservation ? incoming.observations
                                                    : incoming.prompts;
      for (const json::Value& row : list->as_array()) rows.push_back(reader.read_imported(entity, json::Node(row)));
    }
    const test::TemporaryFolder folder;
    const auto other = MemoryStore::open(folder.path(), {});
    other->commit([&](Write& write) {
      Merged merged;
      Merger(write, Via::kImport, "").merge(incoming, merged);
    });
    std::vector<std::string> rows = all_rows(*other);
    other->close();
    return rows;
  }

  const test::TemporaryFolder folder_;
  std::unique_ptr<MemoryStore> store_;
};

TEST_F(EngramImportTest, TheFirstVersion) {
  make(kFirstEra).execute(
      "INSERT INTO sessions VALUES ('s-oldest', 'tide-gauge', '/home/ana/tg', '2026-02-16 08:00:00', NULL, NULL);"
      "INSERT INTO observations VALUES (1, 's-oldest', 'decision', 'Zeroth', 'zero', NULL, 'tide-gauge', '2026-02-16 "
      "08:01:00'),"
      " (2, 's-oldest', 'tool_use', 'Ran chart', 'ok', 'bash', NULL, '2026-02-16 08:02:00');"
      "INSERT INTO user_prompts VALUES (1, 's-oldest', 'Go', NULL, '2026-02-16 08:00:30')");
  const EngramImport result = import();
  EXPECT_EQ(result.counts.sessions_imported, 1);
  EXPECT_EQ(result.counts.observations_imported, 2);
  EXPECT_EQ(result.counts.prompts_imported, 1);
  EXPECT_TRUE(result.issues.empty());
  EXPECT_EQ(
      all_rows(*store_),
      rows_of_chunk(
          R"({"sessions":[{"id":"s-oldest","project":"tide-gauge","directory":"/home/ana/tg","started_at":"2026-02-16 08:00:00"}],)"
          R"("observations":[{"id":1,"session_id":"s-oldest","type":"decision","title":"Zeroth","content":"zero","project":"tide-gauge","created_at":"2026-02-16 08:01:00"},)"
          R"({"id":2,"session_id":"s-oldest","type":"tool_use","title":"Ran chart","content":"ok","tool_name":"bash","created_at":"2026-02-16 08:02:00"}],)"
          R"("prompts":[{"id":1,"session_id":"s-oldest","content":"Go","created_at":"2026-02-16 08:00:30"}]})"));
  expect_repeatable();
}

TEST_F(EngramImportTest, RowsWithoutSyncIds) {
  make(kSecondEra)
      .execute(
          "INSERT INTO sessions VALUES ('s-old', 'p', '/d', '2026-02-21 08:00:00', '2026-02-21 09:00:00', '');"
          "INSERT INTO observations (id, session_id, type, title, content, created_at, updated_at, deleted_at) VALUES"
          " (7, 's-old', 'decision', 'First', 'one', '2026-02-21 08:01:00', '2026-02-21 08:01:00', NULL),"
          " (9, 's-old', 'decision', 'First', 'one', '2026-02-21 08:01:00', '2026-02-21 08:05:00', '2026-02-21 "
          "08:05:00');"
          "INSERT INTO user_prompts VALUES (1, 's-old', 'old prompt one', 'p', '2026-02-21 08:00:30');"
          "INSERT INTO sync_chunks (chunk_id) VALUES ('0a1b2c3d'), ('../../x')");
  const EngramImport result = import();
  EXPECT_EQ(result.counts.observations_imported, 2);
  // The table of vectors/legacy_sync_ids.json.
  const RowRef first = store_->observation_find("obs-fe7f7cf7c703b58b");
  const RowRef second = store_->observation_find("obs-4f8e1bbf4869201d");
  ASSERT_TRUE(first && second && store_->prompt_find("prompt-84224c10cd2c290f"));
  EXPECT_FALSE(has(*first, Observation::deleted_at));
  EXPECT_EQ(text_of(*second, Observation::deleted_at), "2026-02-21 08:05:00");
  EXPECT_EQ(store_->session_find("s-old")->field(Session::summary), "\"\"");
  EXPECT_EQ(result.chunks_known, 1);
  ASSERT_EQ(result.issues.size(), 1u);
  EXPECT_EQ(result.issues[0].first, "bad_chunk_id");
  store_->with_ledgers([](const Catalog&, Ledgers& ledgers) {
    EXPECT_TRUE(ledgers.of("local").is_imported("0a1b2c3d"));
    EXPECT_FALSE(ledgers.of("cloud:p").is_imported("0a1b2c3d"));
  });
  expect_repeatable();
}

TEST_F(EngramImportTest, TheLatestVersion) {
  sqlite::Connection engram =
      make(latest_era(", review_after TEXT, expires_at TEXT, embedding BLOB, embedding_model TEXT, "
                      "embedding_created_at TEXT, category TEXT,"
                      " mood TEXT"));
  engram.execute(
      "INSERT INTO sessions VALUES ('s', 'tide-gauge', '/d', '2026-05-01 08:00:00', NULL, NULL);"
      "INSERT INTO observations (sync_id, session_id, type, title, content, project, topic_key, revision_count, "
      "last_seen_at,"
      " created_at, updated_at, review_after, embedding, category) VALUES"
      " ('obs-1', 's', 'note', 'A', 'a', 'tide-gauge', ' Big  Topic', 3, '2026-05-01 08:02:00', '2026-05-01 08:01:00',"
      "  '2026-05-01 08:02:00', '2026-11-01 08:01:00', x'00ff', 'sensor'),"
      " ('obs-2', 's', 'note', 'B', 'b', NULL, NULL, 1, NULL, '2026-05-01 08:01:00', '2026-05-01 08:01:00', NULL, "
      "NULL, NULL);"
      "INSERT INTO user_prompts VALUES (1, 'prompt-1', 's', 'Go', '', '2026-05-01 08:00:30');"
      "INSERT INTO prompt_tombstones VALUES ('prompt-gone', 's', 'tide-gauge', '2026-05-02 08:00:00');"
      "INSERT INTO sync_enrolled_projects (project) VALUES ('Tide-Gauge');"
      "INSERT INTO sync_chunks (target_key, chunk_id) VALUES ('local', '0a1b2c3d'), ('cloud:tide-gauge', 'ffffffff');"
      "INSERT INTO memory_relations (sync_id, source_id, target_id, relation, reason, confidence, judgment_status, "
      "created_at,"
      " updated_at) VALUES ('rel-1', 'obs-2', 'obs-1', 'related', '', 1.0, 'judged', '2026-05-01 09:00:00',"
      " '2026-05-01 09:00:00')");
  const EngramImport result = import();
  EXPECT_EQ(result.counts.observations_imported, 2);
  EXPECT_EQ(result.counts.relations_imported, 1);
  EXPECT_EQ(result.projects_enrolled, 1);
  EXPECT_EQ(result.chunks_known, 2);
  ASSERT_EQ(result.issues.size(), 1u);
  EXPECT_EQ(result.issues[0], std::pair(std::string("column_unknown"), std::string("observations.mood")));
  EXPECT_EQ(
      all_rows(*store_),
      rows_of_chunk(
          R"({"sessions":[{"id":"s","project":"tide-gauge","directory":"/d","started_at":"2026-05-01 08:00:00"}],"observations":[)"
          R"({"sync_id":"obs-1","session_id":"s","type":"note","title":"A","content":"a","project":"tide-gauge","scope":"project","topic_key":" Big  Topic","category":"sensor","revision_count":3,"duplicate_count":1,"last_seen_at":"2026-05-01 08:02:00","review_after":"2026-11-01 08:01:00","created_at":"2026-05-01 08:01:00","updated_at":"2026-05-01 08:02:00"},)"
          R"({"sync_id":"obs-2","session_id":"s","type":"note","title":"B","content":"b","scope":"project","revision_count":1,"duplicate_count":1,"created_at":"2026-05-01 08:01:00","updated_at":"2026-05-01 08:01:00"}],)"
          R"("prompts":[{"id":1,"sync_id":"prompt-1","session_id":"s","content":"Go","created_at":"2026-05-01 08:00:30"}]})"));
  const RecordRef relation = store_->records().find(internal_id("relation", "rel-1"));
  ASSERT_TRUE(relation);
  EXPECT_TRUE(relation->field(chronostore::ChronoRecordField::data)
                  .starts_with(R"({"relation": {"sync_id": "rel-1", "source_id": "obs-2", "target_id": "obs-1", )"
                               R"("relation": "related", "confidence": 1, "judgment_status": "judged", )"
                               R"("project": "tide-gauge", "created_at": "2026-05-01 09:00:00", )"
                               R"("updated_at": "2026-05-01 09:00:00"}, )"))
      << relation->field(chronostore::ChronoRecordField::data);
  EXPECT_EQ(enrolled_projects(*store_), std::vector<std::string>{"tide-gauge"});
  expect_repeatable();

  // Taken off here, it stays off; a prompt that comes with an older time than its tombstone stays away.
  EXPECT_TRUE(project_unenroll(*store_, "tide-gauge"));
  engram.execute("INSERT INTO user_prompts VALUES (5, 'prompt-gone', 's', 'Back', NULL, '2026-05-01 08:00:00')");
  const EngramImport again = import();
  EXPECT_EQ(again.counts.rows_stale, 1);
  EXPECT_EQ(again.projects_enrolled, 0);
  EXPECT_FALSE(store_->prompt_find("prompt-gone"));
}

TEST_F(EngramImportTest, LaterVersionsHereStayAndNewRowsCome) {
  sqlite::Connection engram = make(latest_era(""));
  engram.execute(
      "INSERT INTO sessions VALUES ('s', 'p', '/d', '2020-01-01 00:00:00', NULL, NULL), ('t', 'p', '/real', "
      "'2020-01-01 00:00:00',"
      " NULL, NULL);"
      "INSERT INTO observations (sync_id, session_id, type, title, content, created_at, updated_at) VALUES"
      " ('obs-1', 's', 'note', 'A', 'old', '2020-01-01 00:00:00', '2020-01-01 00:00:00')");
  import();
  bool truncated = false;
  ObservationChanges changes;
  changes.content = "new";
  store_->observation_update("obs-1", changes, truncated);
  store_->session_delete("t");
  // A row of a session that was deleted here brings the session back as it is there, not a stand-in.
  engram.execute(
      "INSERT INTO observations (sync_id, session_id, type, title, content, created_at, updated_at) VALUES"
      " ('obs-2', 't', 'note', 'B', 'b', '2020-01-01 00:00:00', '2020-01-01 00:00:00'),"
      " ('obs-3', 'nowhere', 'note', 'C', 'c', '2020-01-01 00:00:00', '2020-01-01 00:00:00');"
      "INSERT INTO user_prompts VALUES (1, 'prompt-1', 'nowhere', 'x', 'q', '2020-01-01 00:00:00')");
  const EngramImport second = import();
  EXPECT_EQ(second.counts.observations_imported, 2);
  EXPECT_EQ(second.counts.prompts_imported, 1);
  EXPECT_EQ(second.counts.sessions_imported, 1);
  EXPECT_EQ(second.counts.sessions_recovered, 1);
  EXPECT_EQ(second.counts.rows_stale, 2);  // obs-1, and t before it was needed
  EXPECT_EQ(text_of(*store_->observation_find("obs-1"), Observation::content), "new");
  EXPECT_EQ(text_of(*store_->session_find("t"), Session::directory), "/real");
  const RowRef stand_in = store_->session_find("nowhere");
  ASSERT_TRUE(stand_in);
  EXPECT_EQ(stand_in->field(Session::recovered), "true");
  EXPECT_EQ(text_of(*stand_in, Session::project), "q");  // of the prompt: in another part than the observation
  expect_repeatable();
}

TEST_F(EngramImportTest, ValuesOfOtherTypes) {
  make(
      "CREATE TABLE sessions (id TEXT PRIMARY KEY, project TEXT, directory TEXT, started_at TEXT, ended_at TEXT, "
      "summary);"
      "CREATE TABLE observations (id INTEGER PRIMARY KEY, sync_id, session_id, type, title, content, tool_name, "
      "project,"
      " revision_count, created_at, updated_at);"
      "INSERT INTO sessions VALUES ('s', NULL, x'ff41', 5, NULL, NULL), (NULL, 'p', 'd', 't', NULL, NULL);"
      "INSERT INTO observations VALUES (1, 'obs-1', 's', 12, 1.5, x'610062', '', NULL, '3', NULL, NULL),"
      " (2, 'obs-2', '', 'note', 'B', 'b', NULL, NULL, 1, '', '');"
      "INSERT INTO observations (id, sync_id, session_id, type, title, content, revision_count) VALUES"
      " (3, 'obs-3', 's', '', CAST(x'61eda08062' AS TEXT), NULL, 'many')");
  const EngramImport result = import();
  EXPECT_EQ(result.counts.sessions_imported, 1);
  EXPECT_EQ(result.counts.observations_imported, 2);
  EXPECT_EQ(result.rows_rejected, 2);
  ASSERT_EQ(result.issues.size(), 2u);
  EXPECT_EQ(result.issues[1],
            std::pair(std::string("schema"), std::string("observations row 2: an observation has no session_id")));
  const RowRef session = store_->session_find("s");
  EXPECT_EQ(text_of(*session, Session::directory), "\xEF\xBF\xBD\x41");
  EXPECT_EQ(text_of(*session, Session::started_at), "5");
  const RowRef row = store_->observation_find("obs-1");
  EXPECT_EQ(text_of(*row, Observation::type), "12");
  EXPECT_EQ(text_of(*row, Observation::title), "1.5");
  EXPECT_EQ(text_of(*row, Observation::content), std::string("a\0b", 3));
  EXPECT_EQ(row->field(Observation::tool_name), "\"\"");
  EXPECT_EQ(number_of(*row, Observation::revision_count), 3);
  const RowRef other = store_->observation_find("obs-3");
  EXPECT_EQ(text_of(*other, Observation::title),
            "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(number_of(*other, Observation::revision_count), 1);
  expect_repeatable();
}

TEST_F(EngramImportTest, InParts) {
  // Three rows of 5 MiB and one of 20 MiB: more than one commit, and rows of one content in different ones.
  sqlite::Connection engram = make(kSecondEra);
  engram.execute(
      "INSERT INTO sessions VALUES ('s', 'p', '/d', '2020-01-01 00:00:00', NULL, NULL);"
      "INSERT INTO observations (session_id, type, title, content, created_at, updated_at) SELECT 's', 'note', 'A',"
      " printf('%.*c', iif(value = 4, 20, 5) << 20, 'x'), '2020-01-01 00:00:00', '2020-01-01 00:00:00' FROM"
      " (SELECT 1 AS value UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4)");
  std::vector<std::pair<std::int64_t, std::int64_t>> seen;
  const auto cancel_after = [&](std::size_t calls) {
    seen.clear();
    return import_engram(*store_, path(), [&](std::int64_t done, std::int64_t total) {
      seen.emplace_back(done, total);
      EXPECT_EQ(store_->stats().sessions, done == 0 ? 0 : 1);  // reading from inside works
      return seen.size() < calls;
    });
  };
  EXPECT_EQ(error_of([&] { cancel_after(1); }).code(), Code::kCancelled);
  EXPECT_EQ(store_->records().wal_seq(), 0);
  EXPECT_EQ(error_of([&] { cancel_after(3); }).code(), Code::kCancelled);
  EXPECT_EQ(seen, (std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 5}, {1, 5}, {3, 5}}));
  EXPECT_EQ(store_->stats().observations, 2);
  const EngramImport rest = import();
  EXPECT_EQ(rest.counts.observations_imported, 2);
  EXPECT_EQ(store_->stats().observations, 4);
  expect_repeatable();
}

TEST_F(EngramImportTest, WhileOthersWrite) {
  sqlite::Connection engram = make(latest_era(""));
  engram.execute("INSERT INTO sessions VALUES ('s', 'p', '/d', '2020-01-01 00:00:00', NULL, NULL)");
  sqlite::Transaction writing(engram, sqlite::Transaction::Kind::kImmediate);
  engram.execute("INSERT INTO sessions VALUES ('t', 'p', '/d', '2020-01-01 00:00:00', NULL, NULL)");
  EXPECT_EQ(import().counts.sessions_imported, 1);
  writing.commit();
  // What is committed in the middle of an import is not a part of it.
  bool written = false;
  const EngramImport second = import_engram(*store_, path(), [&](std::int64_t, std::int64_t) {
    if (!std::exchange(written, true)) {
      engram.execute("INSERT INTO sessions VALUES ('u', 'p', '/d', '2020-01-01 00:00:00', NULL, NULL)");
    }
    return true;
  });
  EXPECT_EQ(second.counts.sessions_imported, 1);
  EXPECT_EQ(import().counts.sessions_imported, 1);
}

TEST_F(EngramImportTest, WhatIsNoDatabaseOfEngram) {
  EXPECT_EQ(error_of([&] { import(); }).code(), Code::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(path()));
  std::ofstream(path()).close();
  const Error empty = error_of([&] { import(); });
  EXPECT_EQ(empty.code(), Code::kNotAStore);
  EXPECT_NE(empty.message().find("no table \"sessions\""), std::string::npos) << empty.message();
  std::ofstream(path()) << std::string(5000, 'x');
  EXPECT_EQ(error_of([&] { import(); }).code(), Code::kNotAStore);

  const auto message_of = [&](const std::string& schema) {
    std::filesystem::remove(path());
    make(schema);
    const Error error = error_of([&] { import(); });
    EXPECT_EQ(error.code(), Code::kNotAStore);
    EXPECT_EQ(error.path(), path());
    return error.message();
  };
  EXPECT_NE(message_of(std::string(kSessions)).find("no table \"observations\""), std::string::npos);
  EXPECT_NE(message_of("CREATE TABLE sessions (id, user)").find("\"sessions\" has no column \"project\""),
            std::string::npos);
  EXPECT_NE(message_of("CREATE TABLE t (id, project, directory, started_at); CREATE VIEW sessions AS SELECT * FROM t")
                .find("no table \"sessions\""),
            std::string::npos);
  EXPECT_EQ(store_->records().wal_seq(), 0);

  std::filesystem::remove(path());
  make(latest_era(""));
  const EngramImport nothing = import();
  EXPECT_EQ(nothing.counts.sessions_imported, 0);
  EXPECT_EQ(store_->records().wal_seq(), 0);
}

TEST_F(EngramImportTest, DamagedAndLocked) {
  {
    sqlite::Connection engram = make(kSecondEra);
    engram.execute(
        "PRAGMA journal_mode = DELETE; INSERT INTO sessions VALUES ('s', 'p', '/d', '2020-01-01 00:00:00', NULL, NULL);"
        "INSERT INTO observations (session_id, type, title, content, created_at, updated_at) VALUES"
        " ('s', 'note', 'A', printf('%.*c', 100000, 'x'), '2020-01-01 00:00:00', '2020-01-01 00:00:00')");
    engram.execute("BEGIN EXCLUSIVE");
    EXPECT_EQ(error_of([&] { import(); }).code(), Code::kBusy);
    engram.execute("ROLLBACK");
  }
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) / 2);
  EXPECT_EQ(error_of([&] { import(); }).code(), Code::kCorrupt);
}

TEST_F(EngramImportTest, NothingIsWritten) {
  make(latest_era("")).execute("INSERT INTO sessions VALUES ('s', 'p', '/d', '2020-01-01 00:00:00', NULL, NULL)");
  const auto content = [&] {
    std::ifstream file(path(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string before = content();
  EXPECT_EQ(import().counts.sessions_imported, 1);
  EXPECT_EQ(content(), before);
}

TEST_F(EngramImportTest, InAFolderThatMayNotBeWritten) {
  make(latest_era("")).execute("INSERT INTO sessions VALUES ('s', 'p', '/d', '2020-01-01 00:00:00', NULL, NULL)");
  std::filesystem::create_directory(folder_ / "fixed");
  std::filesystem::copy(path(), folder_ / "fixed/engram.db");
  ::chmod((folder_ / "fixed").c_str(), 0555);
  ::chmod(folder_.path().c_str(), 0755);
  EXPECT_EQ(code_in_child([&] {
              if (::geteuid() == 0 && ::setuid(65534) != 0) throw Error(Code::kInternal, "root cannot become another");
              EngramDatabase(folder_ / "fixed/engram.db", 0);
            }),
            Code::kReadOnly);
  ::chmod((folder_ / "fixed").c_str(), 0755);
}

}  // namespace
}  // namespace quipu::memory
