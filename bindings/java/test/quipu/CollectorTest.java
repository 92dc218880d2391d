package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Objects whose last use is a call that still runs. Only compiled code lets the collector take them: java.compiled. */
@Tag("collector")
class CollectorTest extends StoreTestCase {
    private static final int ROUNDS = 30;

    private WeakReference<ChronoStore> latest;

    private ChronoStore openWatched() {
        ChronoStore store = open();
        latest = new WeakReference<>(store);
        return store;
    }

    private boolean aliveAfterCollection() {
        collect();
        return latest.get() != null;
    }

    @Test
    void aStoreLivesAsLongAsItsCall() {
        try (ChronoStore store = open()) {
            fill(store, 10);
        }
        for (int round = 0; round < ROUNDS; round++) {
            boolean[] alive = {false};
            ChronoVerification found = openWatched().verify(false, (done, total) -> alive[0] = aliveAfterCollection());
            assertTrue(alive[0], "the store was collected while verify ran");
            assertTrue(found.valid());
        }
    }

    @Test
    void aStoreLivesAsLongAsItsTransaction() {
        for (int round = 0; round < ROUNDS; round++) {
            int number = round;
            boolean[] alive = {false};
            openWatched().commitAction(transaction -> {
                alive[0] = aliveAfterCollection();
                transaction.upsert(new ChronoRecord("r" + number));
            });
            assertTrue(alive[0], "the store was collected while commit ran");
        }
        try (ChronoStore store = open()) {
            assertEquals(ROUNDS, store.recordCount());
        }
    }

    @Test
    void aStoreLivesAsLongAsItsCursor() {
        try (ChronoStore store = open()) {
            fill(store, 2500);
        }
        for (int round = 0; round < 5; round++) {
            int count = 0;
            for (ChronoRecord record : openWatched().query()) {
                if (count++ % 500 == 0) {
                    assertTrue(aliveAfterCollection(), "the store was collected while its cursor was read");
                }
                assertFalse(record.id().isEmpty());
            }
            assertEquals(2500, count);
        }
    }

    /** The test above must be able to fail: without the reference to its store the cursor is left alone. */
    @Test
    void aCursorWithoutItsStoreIsLeftAlone() {
        try (ChronoStore store = open()) {
            fill(store, 2500);
        }
        ChronoCursor cursor = cursorWithoutOwner();
        for (int i = 0; i < 1000 && latest.get() != null; i++) {
            collect();
        }
        assertThrows(ClosedException.class, () -> cursor.forEachRemaining(record -> {}));
    }

    private ChronoCursor cursorWithoutOwner() {
        ChronoCursor cursor = openWatched().query();
        cursor.owner = null;
        return cursor;
    }

    /** And so must the first: a native call that is not given the object leaves it to the collector. */
    @Test
    @Tag("compiled")
    void aCallThatIsNotGivenItsObjectLosesIt() throws Exception {
        try (ChronoStore store = open()) {
            fill(store, 10);
            long handle = handle(store);
            int lost = 0;
            for (int round = 0; round < ROUNDS; round++) {
                boolean[] alive = {false};
                // A second proxy for the same handle, which it does not own.
                verifyWithoutThis(watchedAlias(handle), alive);
                lost += alive[0] ? 0 : 1;
            }
            assertTrue(lost > 0, "nothing was lost: this run does not show what the others rest on");
        }
    }

    private ChronoStore watchedAlias(long handle) {
        ChronoStore alias = new ChronoStore(handle, false);
        latest = new WeakReference<>(alias);
        return alias;
    }

    private void verifyWithoutThis(ChronoStore store, boolean[] alive) throws Exception {
        Progress progress = (done, total) -> {
            alive[0] = aliveAfterCollection();
            return true;
        };
        QuipuNativeJNI.ChronoStore_verifyNative(handle(store), null, false, progress);
    }

    private static long handle(ChronoStore store) throws Exception {
        Field field = ChronoStore.class.getDeclaredField("swigCPtr");
        field.setAccessible(true);
        return field.getLong(store);
    }

    private WeakReference<MemoryStore> latestMemories;

    private MemoryStore openWatchedMemories() {
        MemoryStore store = openMemories();
        latestMemories = new WeakReference<>(store);
        return store;
    }

    private boolean memoriesAliveAfterCollection() {
        collect();
        return latestMemories.get() != null;
    }

    private void fillMemories(int count) {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            for (int i = 0; i < count; i++) {
                store.observationAdd(text("text " + i));
            }
        }
    }

    @Test
    void aMemoryStoreLivesAsLongAsItsCall() {
        fillMemories(1);
        for (int round = 0; round < 5; round++) {
            boolean[] alive = {false};
            openWatchedMemories().purge((done, total) -> alive[0] = memoriesAliveAfterCollection());
            assertTrue(alive[0], "the store was collected while purge ran");
        }
    }

    @Test
    void aMemoryStoreLivesAsLongAsItsCursors() {
        fillMemories(1100);
        int count = 0;
        for (MemoryObservation observation : openWatchedMemories().observationList()) {
            if (count++ % 500 == 0) {
                assertTrue(memoriesAliveAfterCollection(), "the store was collected while its cursor was read");
            }
            assertFalse(observation.title().isEmpty());
        }
        assertEquals(1100, count);
        for (MemoryHit hit : openWatchedMemories().search("text 1", new MemoryListOptions().limit(1100))) {
            assertEquals("text 1", hit.title());
            assertTrue(memoriesAliveAfterCollection(), "the store was collected while its hits were read");
        }
    }

    /** The cursors of a context are read inside, where the caller cannot hold their store. */
    @Test
    void aMemoryStoreLivesAsLongAsItsContextIsMade() throws Exception {
        fillMemories(1100);
        MemoryContextOptions all = new MemoryContextOptions().observations(2000);
        AtomicBoolean done = new AtomicBoolean();
        inThreads(2, thread -> {
            if (thread == 1) {
                while (!done.get()) {
                    collect();
                }
                return;
            }
            try {
                for (int round = 0; round < 5; round++) {
                    assertEquals(1100, openMemories().context(all).observations().size());
                }
            } finally {
                done.set(true);
            }
        });
    }

    @Test
    void nothingPilesUp() {
        awaitHandles(0);
        makeAndDrop(); // in a frame of its own, which keeps nothing
        makeAndDropMemories();
        awaitHandles(0);
        assertEquals(0, QuipuNative.debugCount(LIVE_BLOCKS));
    }

    private void makeAndDropMemories() {
        fillMemories(100);
        try (MemoryStore store = openMemories()) {
            String id = store.observationList().next().syncId();
            for (int i = 0; i < 500; i++) {
                store.observationGet(id);
                store.observationList().next();
                store.sessionList().next();
                store.promptList();
                store.search("text", new MemoryListOptions().limit(1)).next();
                store.timeline(id).next();
                store.context();
                assertThrows(NotFoundException.class, () -> store.promptGet("missing"));
            }
        }
    }

    private void makeAndDrop() {
        try (ChronoStore store = open()) {
            fill(store, 100);
            for (int i = 0; i < 100_000; i++) {
                store.get("r" + i % 100);
            }
            for (int i = 0; i < 10_000; i++) {
                store.query().next();
            }
            for (int i = 0; i < 10_000; i++) {
                assertThrows(NotFoundException.class, () -> store.get("missing"));
            }
        }
    }
}
