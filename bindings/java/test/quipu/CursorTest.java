package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.NoSuchElementException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CursorTest extends StoreTestCase {
    @Test
    void pagesJoinInOrder() {
        try (ChronoStore store = open()) {
            fill(store, 2501);
            int next = 0;
            for (ChronoRecord record : store.query()) {
                assertEquals("r" + next++, record.id());
            }
            assertEquals(2501, next);
            long sequence = 0;
            for (WalEvent event : store.replay(0)) {
                assertEquals(++sequence, event.seq());
            }
            assertEquals(2501, sequence);
        }
    }

    @Test
    void itShowsTheStoreAsOfItsCreation() {
        try (ChronoStore store = open()) {
            fill(store, 2);
            ChronoCursor cursor = store.query();
            store.upsert(new ChronoRecord("later"));
            store.delete("r0");
            assertEquals(2, cursor.stream().filter(record -> record.status().equals("active")).count());
        }
    }

    @Test
    void theEndIsTheEnd() {
        ChronoStore store = open();
        ChronoCursor cursor = store.query();
        assertFalse(cursor.hasNext());
        assertFalse(cursor.hasNext());
        assertThrows(NoSuchElementException.class, cursor::next);
        store.close();
        assertFalse(cursor.hasNext(), "also after the store was closed");
    }

    @Test
    void closingEarlyRefusesTheRest() {
        try (ChronoStore store = open()) {
            fill(store, 10);
            ChronoCursor cursor = store.query();
            assertEquals("r0", cursor.next().id());
            cursor.close();
            assertThrows(ClosedException.class, cursor::hasNext);
            assertThrows(ClosedException.class, cursor::next);

            ChronoCursor streamed = store.query();
            try (Stream<ChronoRecord> stream = streamed.stream()) {
                assertEquals("r0", stream.findFirst().orElseThrow().id());
            }
            assertThrows(ClosedException.class, streamed::hasNext);
        }
    }

    @Test
    void twoLoopsShareOnePass() {
        try (ChronoStore store = open()) {
            fill(store, 5);
            ChronoCursor cursor = store.query();
            for (ChronoRecord record : cursor) {
                if (record.id().equals("r1")) {
                    break;
                }
            }
            assertEquals("r2", cursor.iterator().next().id());
            assertEquals(2, cursor.stream().count());
        }
    }
}
