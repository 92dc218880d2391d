package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ThreadTest extends StoreTestCase {
    @Test
    void manyThreadsWriteOneStore() throws Exception {
        int each = 200;
        try (ChronoStore store = open()) {
            inThreads(8, thread -> {
                for (int i = 0; i < each; i++) {
                    String id = thread + "/" + i;
                    store.upsert(new ChronoRecord(id).label("by " + thread));
                    assertEquals("by " + thread, store.get(id).label(), "a write is seen at once");
                }
            });
            assertEquals(8 * each, store.recordCount());
            assertEquals(8 * each, store.walSeq());
            assertTrue(store.verify(true).valid());
            long sequence = 0;
            for (WalEvent event : store.replay(0)) {
                assertEquals(++sequence, event.seq());
            }
        }
    }

    @Test
    void everyThreadGetsItsOwnErrors() throws Exception {
        ChronoStore closed = open();
        closed.upsert(new ChronoRecord("a"));
        closed.close();
        try (ChronoStore store = open();
                ChronoStore readOnly = ChronoStore.open(folder, new ChronoStoreOptions().readOnly(true))) {
            inThreads(8, thread -> {
                for (int i = 0; i < 2000; i++) {
                    String id = "missing " + thread + " " + i;
                    switch (thread % 4) {
                        case 0:
                            String message = assertThrows(NotFoundException.class, () -> store.get(id)).getMessage();
                            assertTrue(message.contains(id), message);
                            break;
                        case 1:
                            assertThrows(InvalidException.class, () -> store.upsert(new ChronoRecord("")));
                            break;
                        case 2:
                            assertThrows(ReadOnlyException.class, () -> readOnly.delete(id));
                            break;
                        default:
                            assertThrows(ClosedException.class, () -> closed.get(id));
                            break;
                    }
                }
            });
        }
    }
}
