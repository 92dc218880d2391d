package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class TransactionTest extends StoreTestCase {
    @Test
    void readsSeeTheTransactionsOwnWrites() {
        try (ChronoStore store = open()) {
            fill(store, 2);
            String label = store.commit(transaction -> {
                transaction.upsert(new ChronoRecord("new").label("mine"));
                transaction.delete("r0");
                assertEquals(2, transaction.recordCount());
                assertEquals("tombstone", transaction.get("r0").status());
                assertEquals(Optional.empty(), transaction.find("missing"));
                assertThrows(NotFoundException.class, () -> transaction.get("missing"));
                List<String> ids = new ArrayList<>();
                transaction.query().forEachRemaining(record -> ids.add(record.id()));
                assertEquals(List.of("r1", "new"), ids);
                assertEquals(Optional.empty(), store.find("new"), "the store itself does not see them yet");
                return transaction.find("new").orElseThrow().label();
            });
            assertEquals("mine", label);
            assertEquals(4, store.walSeq());
            assertEquals("tombstone", store.get("r0").status());
        }
    }

    @Test
    void commitGivesWhatTheFunctionGives() {
        try (ChronoStore store = open()) {
            assertNull(store.<Object, RuntimeException>commit(transaction -> null));
            int seven = store.commit(transaction -> 7);
            assertEquals(7, seven);
            assertEquals(0, store.commitAction(transaction -> {}));
            assertEquals(1, store.commitAction(transaction -> transaction.upsert(new ChronoRecord("a"))));
        }
    }

    @Test
    void whatTheFunctionThrowsDropsTheTransactionAndComesOut() {
        try (ChronoStore store = open()) {
            IOException checked = new IOException("checked");
            IOException caught = assertThrows(IOException.class, () -> store.commit(transaction -> {
                transaction.upsert(new ChronoRecord("a"));
                throw checked;
            }));
            assertSame(checked, caught);
            for (Throwable thrown : List.of(new IllegalStateException("unchecked"), new StackOverflowError())) {
                assertSame(thrown, assertThrows(Throwable.class, () -> store.commitAction(transaction -> {
                    transaction.upsert(new ChronoRecord("a"));
                    StoreTestCase.<RuntimeException>sneak(thrown);
                })));
            }
            assertEquals(0, store.walSeq());
            assertEquals(1, store.upsert(new ChronoRecord("after")).seq());
        }
    }

    @Test
    void aRefusedWriteMayBeHandledInside() {
        try (ChronoStore store = open()) {
            store.commitAction(transaction -> {
                transaction.upsert(new ChronoRecord("a"));
                assertThrows(InvalidException.class, () -> transaction.upsert(new ChronoRecord("")));
                assertThrows(
                        InvalidException.class, () -> transaction.upsert(new ChronoRecord("b").data("{not json")));
                transaction.upsert(new ChronoRecord("c"));
            });
            assertEquals(2, store.walSeq());
        }
    }

    @Test
    void writesOfTheStoreAreMisuseInside() {
        try (ChronoStore store = open()) {
            store.commitAction(transaction -> {
                assertThrows(MisuseException.class, () -> store.upsert(new ChronoRecord("a")));
                assertThrows(MisuseException.class, () -> store.delete("a"));
                assertThrows(MisuseException.class, () -> store.upsertMany(List.of(new ChronoRecord("a"))));
                assertThrows(MisuseException.class, () -> store.commit(inner -> 1));
                assertThrows(MisuseException.class, store::compact);
            });
            assertEquals(0, store.walSeq());
        }
    }

    @Test
    void aTransactionEndsWithItsFunction() {
        try (ChronoStore store = open()) {
            fill(store, 3);
            ChronoTransaction[] kept = new ChronoTransaction[1];
            ChronoCursor cursor = store.commit(transaction -> {
                kept[0] = transaction;
                transaction.upsert(new ChronoRecord("new"));
                return transaction.query();
            });
            ChronoTransaction ended = kept[0];
            assertThrows(MisuseException.class, () -> ended.upsert(new ChronoRecord("a")));
            assertThrows(MisuseException.class, () -> ended.delete("r0"));
            assertThrows(MisuseException.class, () -> ended.get("r0"));
            assertThrows(MisuseException.class, () -> ended.find("r0"));
            assertThrows(MisuseException.class, ended::query);
            assertThrows(MisuseException.class, ended::recordCount);
            // Not even while another one runs, which may lie at the same address.
            store.commitAction(other -> assertThrows(MisuseException.class, ended::recordCount));
            assertEquals(4, cursor.stream().count(), "its cursor stays usable");
        }
    }

    @Test
    void aTransactionIsForItsThread() {
        try (ChronoStore store = open()) {
            store.commitAction(transaction -> {
                CompletionException e = assertThrows(
                        CompletionException.class,
                        () -> CompletableFuture.supplyAsync(transaction::recordCount).join());
                assertEquals(MisuseException.class, e.getCause().getClass());
                assertEquals(0, transaction.recordCount(), "and goes on there");
            });
        }
    }

    @Test
    void transactionsOfSeveralStoresNest() {
        try (ChronoStore outer = open();
                ChronoStore inner = ChronoStore.open(folder.resolve("inner"), unsynced())) {
            outer.commitAction(one -> {
                one.upsert(new ChronoRecord("outer"));
                inner.commitAction(two -> {
                    two.upsert(new ChronoRecord("inner"));
                    assertEquals(1, one.recordCount(), "the outer one works meanwhile");
                });
                one.upsert(new ChronoRecord("outer 2"));
            });
            assertEquals(2, outer.recordCount());
            assertEquals(1, inner.recordCount());
        }
    }

    @Test
    void countersRaceWithoutLoss() throws Exception {
        try (ChronoStore store = open();
                ChronoStore second = open()) {
            inThreads(4, thread -> {
                for (int i = 0; i < 50; i++) {
                    (thread % 2 == 0 ? store : second).commitAction(transaction -> {
                        ChronoRecord counter = transaction.find("n").orElseGet(() -> new ChronoRecord("n").data("0"));
                        transaction.upsert(counter.data(Integer.toString(Integer.parseInt(counter.data()) + 1)));
                    });
                }
            });
            assertEquals("200", store.get("n").data());
        }
    }

    @Test
    void nullIsRefusedBeforeAnythingHappens() {
        try (ChronoStore store = open()) {
            assertThrows(NullPointerException.class, () -> store.commit(null));
            assertThrows(NullPointerException.class, () -> store.commitAction(null));
            assertThrows(NullPointerException.class, () -> store.get(null));
            assertThrows(NullPointerException.class, () -> store.upsert(null));
            assertTrue(store.chainValid());
        }
    }
}
