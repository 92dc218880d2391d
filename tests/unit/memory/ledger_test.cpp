// The ledger: what a target lacks, and that looking again costs what changed.
#include <gtest/gtest.h>

#include "memory/ledger.h"
#include "memory/store.h"
#include "support/temporary_folder.h"

namespace quipu::memory {
namespace {

std::vector<std::string> lacking(MemoryStore& store, std::string_view target = "local") {
  std::vector<std::string> keys;
  store.with_ledgers([&](const Catalog& catalog, Ledgers& ledgers) {
    for (const Catalog::Number number : ledgers.lacking(target, catalog)) {
      keys.push_back(Catalog::key_of(catalog.at(number)));
    }
  });
  return keys;
}

// Puts a chunk on record that holds these rows as they are.
void put_chunk(MemoryStore& store, const std::string& hash, const std::vector<std::pair<Entity, RowRef>>& rows,
               std::vector<LedgerRow> more = {}, std::string_view target = "local") {
  Versioner versioner;
  for (const auto& [entity, row] : rows) {
    more.push_back({std::string(traits_of(entity).name), text_of(*row, traits_of(entity).key),
                    versioner.of(entity, *row).short_hex()});
  }
  store.commit([&](Write& write) {
    const KnownChunk chunk{hash.substr(0, 8), hash, true, 1, 2};
    write.records().upsert(chunk_record(target, chunk, "", more, write.next_seq()));
  });
}

struct Stores {
  test::TemporaryFolder folder;
  std::unique_ptr<MemoryStore> store = MemoryStore::open(folder.path(), {});
  std::unique_ptr<MemoryStore> other = MemoryStore::open(folder.path(), {});
  RowRef session = store->session_start("s", "p", "/d");

  RowRef add(const std::string& content) {
    NewObservation observation;
    observation.session_id = "s";
    observation.title = content;
    observation.content = content;
    return store->observation_add(observation).row;
  }
};

TEST(Ledger, TellsWhatATargetLacks) {
  Stores on;
  const RowRef a = on.add("a");
  const std::string key = text_of(*a, MemoryObservationField::sync_id);
  EXPECT_EQ(lacking(*on.store), (std::vector<std::string>{"s", key}));
  put_chunk(*on.store, std::string(64, 'a'), {{Entity::kSession, on.session}, {Entity::kObservation, a}});
  EXPECT_EQ(lacking(*on.store), std::vector<std::string>{});
  EXPECT_EQ(lacking(*on.other), std::vector<std::string>{}) << "made anew by another handle";
  EXPECT_EQ(lacking(*on.store, "cloud:p"), (std::vector<std::string>{"s", key})) << "another target";

  // An edit is another state, and so is the way back.
  bool truncated = false;
  ObservationChanges changes;
  changes.title = "b";
  const RowRef edited = on.store->observation_update(key, changes, truncated);
  EXPECT_EQ(lacking(*on.store), std::vector<std::string>{key});
  EXPECT_EQ(lacking(*on.other), std::vector<std::string>{key});
  put_chunk(*on.other, std::string(64, 'b'), {{Entity::kObservation, edited}});
  EXPECT_EQ(lacking(*on.store), std::vector<std::string>{});
}

TEST(Ledger, WantsDeletesOfWhatTheTargetHasHad) {
  Stores on;
  const RowRef a = on.add("a");
  const std::string key = text_of(*a, MemoryObservationField::sync_id);
  on.store->observation_delete(key, true);
  EXPECT_EQ(lacking(*on.store), std::vector<std::string>{"s"}) << "nobody has it";
  // A chunk of somebody else's that has it is seen only now.
  put_chunk(*on.other, std::string(64, 'a'), {{Entity::kSession, on.session}, {Entity::kObservation, a}});
  EXPECT_EQ(lacking(*on.store), std::vector<std::string>{key});
  std::string deleted_at;
  on.store->with_catalog([&](const Catalog& catalog, const chronostore::Mark&) {
    StoredReader reader;
    StoredView view;
    reader.read(*catalog.at(catalog.find(Entity::kObservation, key)).record, view);
    deleted_at = StoredReader::gone_of(view).deleted_at;
  });
  put_chunk(*on.store, std::string(64, 'b'), {}, {{"observation", key, delete_version(deleted_at)}});
  EXPECT_EQ(lacking(*on.store), std::vector<std::string>{});
}

TEST(Ledger, KnowsChunksByIdAndHash) {
  Stores on;
  const std::string first = "0123abcd" + std::string(56, '1');
  const std::string second = "0123abcd" + std::string(56, '2');
  put_chunk(*on.store, first, {});
  put_chunk(*on.store, second, {});
  on.store->with_ledgers([&](const Catalog&, Ledgers& ledgers) {
    const Ledger& ledger = ledgers.of("local");
    EXPECT_EQ(ledger.with_id("0123abcd").size(), 2U);
    EXPECT_TRUE(ledger.is_imported("0123abcd"));
    EXPECT_FALSE(ledger.is_imported("0123abce"));
    EXPECT_FALSE(ledger.is_ours("0123abcd"));
    EXPECT_EQ(ledger.imported_count(), 2);
    ASSERT_NE(ledger.find(second), nullptr);
    EXPECT_EQ(ledger.find(second)->size, 1U);
    EXPECT_EQ(ledgers.of("cloud").imported_count(), 0);
  });
}

}  // namespace
}  // namespace quipu::memory
