package quipu;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class CloseTest extends StoreTestCase {
    private static Executable refused(String name, Executable call) {
        return () -> {
            ClosedException e = assertThrows(ClosedException.class, call, name);
            assertEquals("CLOSED", e.codeName(), name);
            assertFalse(e.isRetryable(), name);
        };
    }

    @Test
    void everyMethodOfAClosedStoreRefuses() {
        ChronoStore store = open();
        fill(store, 2);
        store.close();
        assertAll(
                refused("path", store::path),
                refused("refresh", store::refresh),
                refused("sync", store::sync),
                refused("upsert", () -> store.upsert(new ChronoRecord("a"))),
                refused("upsertMany", () -> store.upsertMany(List.of(new ChronoRecord("a")))),
                refused("delete", () -> store.delete("a")),
                refused("get", () -> store.get("a")),
                refused("find", () -> store.find("a")),
                refused("query", store::query),
                refused("exportRecords", store::exportRecords),
                refused("recordCount", store::recordCount),
                refused("walSeq", store::walSeq),
                refused("lastHash", store::lastHash),
                refused("replay", () -> store.replay(0)),
                refused("notices", store::notices),
                refused("commit", () -> store.commit(transaction -> 1)),
                refused("commitAction", () -> store.commitAction(transaction -> {})),
                refused("chainValid", store::chainValid),
                refused("verify", store::verify),
                refused("compact", store::compact),
                refused("backup", store::backup),
                refused("migrateFromJson", () -> store.migrateFromJson(folder.toString())));
    }

    @Test
    void aSecondCloseDoesNothing() {
        ChronoStore store = open();
        store.close();
        store.close();
        try (ChronoStore again = open()) {
            ChronoCursor cursor = again.query();
            cursor.close();
            cursor.close();
            assertThrows(ClosedException.class, cursor::hasNext);
        }
    }

    @Test
    void twoThreadsMayCloseAtOnce() throws Exception {
        for (int round = 0; round < 50; round++) {
            ChronoStore store = open();
            CountDownLatch start = new CountDownLatch(2);
            inThreads(2, thread -> {
                start.countDown();
                start.await();
                store.close();
            });
            assertThrows(ClosedException.class, store::walSeq);
        }
    }

    @Test
    void closeInsideACallbackIsRefusedAndTheStoreStaysOpen() {
        try (ChronoStore store = open()) {
            fill(store, 1);
            boolean[] called = new boolean[1];
            store.verify(false, (done, total) -> {
                called[0] = true;
                assertThrows(MisuseException.class, store::close);
                assertEquals(1, store.recordCount(), "reads work inside");
                assertThrows(MisuseException.class, () -> store.upsert(new ChronoRecord("x")));
                return true;
            });
            assertTrue(called[0]);
            store.commitAction(transaction -> assertThrows(MisuseException.class, store::close));
            assertEquals(1, store.recordCount());
        }
    }

    @Test
    void whatWasReadOutlivesTheStoreAndItsCursorSaysClosed() {
        ChronoStore store = open();
        fill(store, 3);
        ChronoRecord record = store.get("r1");
        ChronoCursor unread = store.query();
        WalCursor events = store.replay(0);
        ChronoNoticeCursor notices = store.notices();
        store.close();
        assertEquals("record 1", record.label());
        assertTrue(record.toJson().contains("record 1"));
        assertThrows(ClosedException.class, unread::next);
        assertThrows(ClosedException.class, events::hasNext);
        assertThrows(ClosedException.class, notices::hasNext);
        unread.close();
        events.close();
        notices.close();
    }

    @Test
    void closeWhileEightThreadsAreInCalls() throws Exception {
        for (int round = 0; round < 20; round++) {
            ChronoStore store = open();
            store.upsert(new ChronoRecord("a"));
            AtomicLong calls = new AtomicLong();
            CountDownLatch ended = new CountDownLatch(8);
            inThreads(9, thread -> {
                if (thread == 8) {
                    while (calls.get() < 2000) {
                        Thread.onSpinWait();
                    }
                    store.close();
                    ended.await();
                    return;
                }
                try {
                    while (true) {
                        hammer(store, thread);
                        calls.incrementAndGet();
                    }
                } catch (ClosedException e) {
                    ended.countDown();
                }
            });
            assertThrows(ClosedException.class, store::walSeq);
        }
    }

    private static void hammer(ChronoStore store, int thread) {
        switch (thread % 4) {
            case 0:
                store.get("a");
                break;
            case 1:
                store.recordCount();
                break;
            case 2:
                try (ChronoCursor cursor = store.query()) {
                    cursor.next();
                }
                break;
            default:
                store.upsert(new ChronoRecord("a").data("{\"thread\": " + thread + "}"));
                break;
        }
    }
}
