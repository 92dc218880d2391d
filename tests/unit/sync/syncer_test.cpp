// Exporting and importing between stores of our own, through a directory.
#include "sync/syncer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "chronostore/store.h"
#include "crypto/sha256.h"
#include "json/parser.h"
#include "memory/ledger.h"
#include "support/chronostore_support.h"
#include "support/errors.h"
#include "support/temporary_folder.h"
#include "sync/chunk.h"
#include "sync/file_transport.h"
#include "sync/manifest.h"
#include "sync/streams.h"

namespace quipu::sync {
namespace {

using memory::Entity;
using memory::MemoryStore;
using memory::RowRef;
using Observation = memory::MemoryObservationField;

class TestClock final : public Clock {
 public:
  std::int64_t unix_seconds() override { return seconds; }
  std::int64_t seconds = 1772438400;  // 2026-03-02 08:00:00
};

// A machine: a store and the directory that all machines share.
struct Machine {
  explicit Machine(const std::string& directory, TestClock& clock)
      : store(MemoryStore::open(folder.path(), options(clock))), transport(os::native_file_system(), directory) {}

  static memory::MemoryOptions options(TestClock& clock) {
    memory::MemoryOptions options;
    options.store.clock = &clock;
    return options;
  }

  RowRef add(const std::string& content, const std::string& session = "s", const std::string& scope = "",
             const std::string& project = "p") {
    store->session_start(session, project, "/d");
    memory::NewObservation observation;
    observation.session_id = session;
    observation.title = std::string_view(content).substr(0, 40);
    observation.content = content;
    observation.project = project;
    observation.scope = scope;
    return store->observation_add(observation).row;
  }
  ExportResult send(SyncerOptions options = {}, std::string_view project = "") {
    return Syncer(*store, transport, std::move(options)).export_chunks("me", project);
  }
  ImportResult take(SyncerOptions options = {}) {
    return Syncer(*store, transport, std::move(options)).import_chunks();
  }
  ChunkDocument chunk(const std::string& id) { return ChunkReader().read(transport.read_chunk(id).value()); }
  Manifest manifest() { return parse_manifest(transport.read_manifest().value()).manifest; }

  // All rows without their numbers.
  std::set<std::string> rows() {
    memory::RowFilter all;
    all.with_deleted = true;
    std::set<std::string> texts;
    for (const Entity entity : memory::kEntities) {
      memory::RowCursor cursor = store->list(entity, all);
      while (const RowRef row = cursor.next()) {
        const std::size_t id = memory::traits_of(entity).id;
        std::string text;
        memory::append_wire(entity, id == memory::EntityTraits::kNone ? *row : *memory::with_fields(*row, {{id, "0"}}),
                            text);
        texts.insert(text);
      }
    }
    return texts;
  }

  test::TemporaryFolder folder;
  std::unique_ptr<MemoryStore> store;
  FileTransport transport;
};

struct Two {
  test::TemporaryFolder shared;
  std::string directory = shared.path() + "/.engram";
  TestClock clock;
  Machine a{directory, clock};
  Machine b{directory, clock};

  void sync_both() {
    a.send();
    b.take();
    b.send();
    a.take();
  }
};

TEST(Syncer, SendsWhatIsNewAndNothingElse) {
  Two two;
  two.a.add("first");
  const ExportResult sent = two.a.send();
  EXPECT_FALSE(sent.is_empty);
  EXPECT_EQ(sent.sessions, 1);
  EXPECT_EQ(sent.observations, 1);
  ASSERT_EQ(sent.chunk_ids.size(), 1U);
  EXPECT_TRUE(
      crypto::to_hex(crypto::sha256(*two.a.transport.read_chunk(sent.chunk_ids[0]))).starts_with(sent.chunk_ids[0]));
  const Manifest manifest = two.a.manifest();
  ASSERT_EQ(manifest.chunks.size(), 1U);
  EXPECT_EQ(manifest.chunks[0].created_by, "me");
  EXPECT_EQ(manifest.chunks[0].created_at, "2026-03-02T08:00:00Z");
  EXPECT_EQ(manifest.chunks[0].memories, 1);

  const std::int64_t events = two.a.store->records().wal_seq();
  EXPECT_TRUE(two.a.send().is_empty);
  EXPECT_EQ(two.a.store->records().wal_seq(), events) << "an empty export wrote something";
  EXPECT_TRUE(Syncer(*MemoryStore::open(two.a.folder.path(), {}), two.a.transport, {}).export_chunks("me", "").is_empty)
      << "another handle sent it again";

  // In the very same second.
  two.a.add("second");
  const ExportResult more = two.a.send();
  EXPECT_EQ(more.observations, 1);
  EXPECT_EQ(more.sessions, 0) << "the other side has the session";
}

TEST(Syncer, CarriesEditsEndsAndDeletes) {
  Two two;
  const std::string key = memory::text_of(*two.a.add("to be edited"), Observation::sync_id);
  const std::string gone = memory::text_of(*two.a.add("to be removed for good"), Observation::sync_id);
  const std::string hidden = memory::text_of(*two.a.add("to be hidden"), Observation::sync_id);
  memory::NewPrompt prompt{"s", "what?", "p"};
  const std::string asked = memory::text_of(*two.a.store->prompt_add(prompt).row, memory::MemoryPromptField::sync_id);
  two.sync_both();
  EXPECT_EQ(two.a.rows(), two.b.rows());
  EXPECT_EQ(two.b.rows().size(), 5U);

  two.clock.seconds += 60;
  memory::ObservationChanges changes;
  changes.content = "edited over there";
  bool truncated = false;
  two.b.store->observation_update(key, changes, truncated);
  two.b.store->observation_delete(gone, true);
  two.b.store->observation_delete(hidden, false);
  two.b.store->prompt_delete(asked);
  two.b.store->session_end("s", "done");
  const ExportResult sent = two.b.send();
  EXPECT_EQ(sent.mutations, 2) << "deletes for good, in a chunk of their own";
  EXPECT_EQ(sent.chunk_ids.size(), 2U);
  for (const std::string& id : sent.chunk_ids) {
    const ChunkDocument chunk = two.b.chunk(id);
    EXPECT_TRUE(chunk.rows.mutations.empty() || (chunk.rows.sessions.empty() && chunk.rows.observations.empty()));
  }
  const ImportResult taken = two.a.take();
  EXPECT_EQ(taken.chunks_imported, 2);
  EXPECT_EQ(taken.counts.rows_deleted, 3);
  EXPECT_EQ(two.a.rows(), two.b.rows());
  EXPECT_EQ(memory::text_of(*two.a.store->observation_find(key), Observation::content), "edited over there");
  EXPECT_FALSE(two.a.store->observation_find(gone));
  EXPECT_TRUE(two.a.send().is_empty) << "what was imported came back";
  EXPECT_TRUE(two.b.send().is_empty);

  // The session goes when all of it has gone.
  two.clock.seconds += 60;
  two.a.store->observation_delete(key, true);
  two.a.store->observation_delete(hidden, true);
  two.a.store->session_delete("s");
  EXPECT_EQ(two.a.send().mutations, 3);
  two.b.take();
  EXPECT_EQ(two.b.rows(), std::set<std::string>{});
}

TEST(Syncer, LeavesPersonalRowsOutUnlessAsked) {
  Two two;
  two.a.add("ours");
  two.a.add("mine", "s", "personal");
  EXPECT_EQ(two.a.send().observations, 1);
  SyncerOptions options;
  options.with_personal = true;
  EXPECT_EQ(two.a.send(options).observations, 1);
}

TEST(Syncer, SendsOneProjectAlone) {
  Two two;
  two.a.add("one", "s-1", "", "Tide--Gauge");
  two.a.add("two", "s-2", "", "other");
  two.a.add("three", "s-1", "", "");  // by its session
  const ExportResult sent = two.a.send({}, " tide-gauge");
  EXPECT_EQ(sent.observations, 2);
  EXPECT_EQ(sent.sessions, 1);
  EXPECT_EQ(two.a.send().observations, 1);
}

TEST(Syncer, SuppressesEditsOnRequest) {
  Two two;
  const std::string key = memory::text_of(*two.a.add("text"), Observation::sync_id);
  two.a.send();
  memory::ObservationChanges changes;
  changes.title = "another";
  bool truncated = false;
  two.a.store->observation_update(key, changes, truncated);
  SyncerOptions options;
  options.suppress_edits = true;
  EXPECT_TRUE(two.a.send(options).is_empty);
  EXPECT_EQ(two.a.send().observations, 1);
}

TEST(Syncer, SplitsLargeExportsBetweenSessions) {
  Two two;
  const std::string large(900 << 10, 'x');
  for (int session = 0; session < 3; ++session) {
    for (int i = 0; i < 2; ++i) {
      memory::MemoryOptions options = Machine::options(two.clock);
      options.max_content_bytes = 1 << 20;
      const auto store = MemoryStore::open(two.a.folder.path(), options);
      store->session_start("s-" + std::to_string(session), "p", "/d");
      memory::NewObservation observation;
      const std::string id = "s-" + std::to_string(session);
      observation.session_id = id;
      const std::string content = std::to_string(session * 2 + i) + large;
      observation.content = content;
      store->observation_add(observation);
    }
  }
  const ExportResult sent = two.a.send();
  EXPECT_EQ(sent.observations, 6);
  EXPECT_EQ(sent.chunk_ids.size(), 2U);
  for (const std::string& id : sent.chunk_ids) {
    const std::string document = *two.a.transport.read_chunk(id);
    EXPECT_LT(document.size(), std::size_t{4} << 20);
    std::set<std::string> sessions;
    const ChunkDocument chunk = ChunkReader().read(document);
    for (const RowRef& row : chunk.rows.sessions)
      sessions.insert(memory::text_of(*row, memory::MemorySessionField::id));
    for (const RowRef& row : chunk.rows.observations) {
      EXPECT_TRUE(sessions.contains(memory::text_of(*row, Observation::session_id)));
    }
  }
  two.b.take();
  EXPECT_EQ(two.a.rows(), two.b.rows());
  EXPECT_TRUE(two.a.send().is_empty);
}

TEST(Syncer, KeepsTheLatestTimeWhereOthersHaveWritten) {
  Two two;
  two.a.add("by a");
  two.a.send();
  two.clock.seconds += 3600;
  two.b.add("by b", "s-b");
  two.b.send();
  EXPECT_EQ(two.b.manifest().chunks[1].created_at, "2026-03-02T08:00:00Z")
      << "rows of a that were not sent yet would be lost to Engram";
  two.a.add("more by a");
  SyncerOptions now;
  now.manifest_time = ManifestTime::kNow;
  two.a.send(now);
  EXPECT_EQ(two.b.manifest().chunks[2].created_at, "2026-03-02T09:00:00Z");
}

TEST(Syncer, FindsItsOwnChunksAfterACrash) {
  Two two;
  two.a.add("text");
  const ExportResult sent = two.a.send();
  // As if the process had died before the store was told: the store of before, the directory of after.
  Machine again(two.directory, two.clock);
  std::filesystem::remove_all(again.folder.path() + "/.chronomemory");
  {
    // A store with the same rows and without the record of the chunk.
    Machine copy(two.shared.path() + "/elsewhere", two.clock);
    copy.store->commit([&](memory::Write& write) {
      memory::Merged merged;
      memory::Merger(write, memory::Via::kImport, "").merge(two.a.chunk(sent.chunk_ids[0]).rows, merged);
    });
    Syncer syncer(*copy.store, two.a.transport, {});
    EXPECT_TRUE(syncer.export_chunks("me", "").is_empty);
    EXPECT_EQ(two.a.manifest().chunks.size(), 1U);
  }
  // The manifest had not been written: the same chunk, once.
  std::filesystem::remove(two.directory + "/manifest.json");
  Machine fresh(two.directory, two.clock);
  SyncerOptions unlisted;
  unlisted.with_unlisted = true;
  EXPECT_EQ(fresh.take(unlisted).chunks_imported, 1);
  EXPECT_EQ(fresh.rows(), two.a.rows());
}

TEST(Syncer, RefusesToExportIntoADamagedOrNewerManifest) {
  Two two;
  two.a.add("text");
  two.a.send();
  const std::string good = *two.a.transport.read_manifest();
  two.a.add("more");
  const auto write = [&](const std::string& text) {
    std::ofstream(two.directory + "/manifest.json", std::ios::binary | std::ios::trunc) << text;
  };
  write("<<<<<<< ours\n" + good + "\n=======\n" + good + "\n>>>>>>> theirs\n");
  EXPECT_EQ(test::error_of([&] { two.a.send(); }).code(), Code::kCorrupt);
  EXPECT_EQ(two.b.take().chunks_imported, 1) << "reading goes on";
  std::string newer = good;
  newer.replace(newer.find("\"version\": 1"), 12, "\"version\": 9");
  write(newer);
  EXPECT_EQ(test::error_of([&] { two.a.send(); }).code(), Code::kTooNew);
  write(good);
  EXPECT_EQ(two.a.send().observations, 1);
}

TEST(Syncer, ManyExportAtOnceAndNothingIsLost) {
  Two two;
  constexpr int kMachines = 6;
  std::vector<std::unique_ptr<Machine>> machines;
  for (int i = 0; i < kMachines; ++i) machines.push_back(std::make_unique<Machine>(two.directory, two.clock));
  std::vector<std::thread> threads;
  for (int i = 0; i < kMachines; ++i) {
    threads.emplace_back([&machines, i] {
      for (int turn = 0; turn < 4; ++turn) {
        machines[static_cast<std::size_t>(i)]->add("text " + std::to_string(turn) + " of " + std::to_string(i),
                                                   "s-" + std::to_string(i));
        machines[static_cast<std::size_t>(i)]->send();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(two.a.take().counts.observations_imported, kMachines * 4);
  EXPECT_EQ(two.a.manifest().chunks.size(), std::size_t{kMachines} * 4);
  EXPECT_FALSE(std::filesystem::exists(two.directory + "/manifest.json.lock"));
}

TEST(Syncer, StatusTellsWhatIsPending) {
  Two two;
  two.a.add("text");
  two.a.send();
  Syncer of_a(*two.a.store, two.a.transport, {});
  Syncer of_b(*two.b.store, two.b.transport, {});
  EXPECT_EQ(of_a.status().local, 1);
  EXPECT_EQ(of_a.status().pending, 0);
  EXPECT_EQ(of_b.status().local, 0);
  EXPECT_EQ(of_b.status().remote, 1);
  EXPECT_EQ(of_b.status().pending, 1);
  two.b.take();
  EXPECT_EQ(of_b.status().pending, 0);
}

TEST(Syncer, RecordsOfAChronoStoreTravelAlong) {
  Two two;
  test::TemporaryFolder records;
  const auto source = chronostore::Store::open(records.path(), {});
  source->upsert(test::record("r-1", "one"), nullptr);
  SyncerOptions options;
  options.streams = {records.path()};
  two.a.add("text");
  const ExportResult sent = two.a.send(options);
  EXPECT_EQ(sent.chunk_ids.size(), 2U) << "records in a chunk of their own";
  EXPECT_TRUE(two.a.send(options).is_empty);
  source->upsert(test::record("r-2", "two"), nullptr);
  EXPECT_EQ(two.a.send(options).chunk_ids.size(), 1U);

  const ImportResult taken = two.b.take();
  EXPECT_EQ(taken.chunks_imported, 3);
  EXPECT_TRUE(taken.issues.empty());
  const std::vector<ReceivedStream> streams = received_streams(*two.b.store);
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams[0].last_seq, 2);
  EXPECT_EQ(streams[0].created_by, std::vector<std::string>{"me"});
  chronostore::StoreOptions read_only;
  read_only.read_only = true;
  const auto received = chronostore::Store::open(streams[0].path, read_only);
  EXPECT_TRUE(received->verify(true, nullptr).valid);
  EXPECT_EQ(received->last_hash_json(), source->last_hash_json());
  EXPECT_TRUE(received->find("r-2"));
  EXPECT_EQ(two.b.take().chunks_imported, 0);

  options.streams = {two.a.folder.path()};
  EXPECT_EQ(test::error_of([&] { two.a.send(options); }).code(), Code::kInvalid) << "it holds personal rows";
}

}  // namespace
}  // namespace quipu::sync
