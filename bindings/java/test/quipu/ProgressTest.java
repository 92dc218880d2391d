package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressTest extends StoreTestCase {
    @Test
    void stepsRiseToTheTotal() {
        try (ChronoStore store = open()) {
            fill(store, 100);
            List<Long> steps = new ArrayList<>();
            long[] last = new long[1];
            Progress progress = (done, total) -> {
                steps.add(done);
                last[0] = total;
                return true;
            };
            assertTrue(store.verify(true, progress).valid());
            assertFalse(steps.isEmpty());
            for (int i = 1; i < steps.size(); i++) {
                assertTrue(steps.get(i - 1) <= steps.get(i), "never falling: " + steps);
            }
            assertEquals(last[0], steps.get(steps.size() - 1), "the end is told");

            steps.clear();
            assertEquals(100, store.compact(progress));
            assertFalse(steps.isEmpty());
        }
    }

    @Test
    void falseCancelsAndChangesNothing() throws Exception {
        Files.writeString(folder.resolve("requirements.json"), "[{\"id\": \"R1\", \"title\": \"t\"}]");
        try (ChronoStore store = open()) {
            fill(store, 10);
            String hash = store.lastHash();
            int[] calls = new int[1];
            Progress no = (done, total) -> {
                calls[0]++;
                return false;
            };
            assertEquals("CANCELLED", assertThrows(CancelledException.class, () -> store.verify(false, no)).codeName());
            assertEquals(1, calls[0], "not called again after it said no");
            assertThrows(CancelledException.class, () -> store.compact(no));
            assertEquals(2, calls[0]);
            assertThrows(CancelledException.class, () -> store.migrateFromJson(folder.toString(), no));
            assertEquals(3, calls[0]);
            assertEquals(10, store.walSeq());
            assertEquals(hash, store.lastHash());
        }
    }

    @Test
    void whatIsThrownInsideComesOutAsTheSameObject() {
        try (ChronoStore store = open()) {
            fill(store, 10);
            for (Throwable thrown : List.of(new IllegalStateException("mine"), new AssertionError("mine too"))) {
                Progress progress = (done, total) -> {
                    StoreTestCase.<RuntimeException>sneak(thrown);
                    return true;
                };
                assertSame(thrown, assertThrows(Throwable.class, () -> store.verify(false, progress)));
                assertSame(thrown, assertThrows(Throwable.class, () -> store.compact(progress)));
            }
            assertEquals(10, store.walSeq());
            assertEquals(11, store.upsert(new ChronoRecord("after")).seq());
        }
    }

    @Test
    void noProgressIsFine() {
        try (ChronoStore store = open()) {
            fill(store, 1);
            assertTrue(store.verify(true, null).valid());
            assertEquals(1, store.compact(null));
        }
    }
}
