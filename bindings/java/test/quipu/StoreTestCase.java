package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A folder per test, and after each test: no native block left behind, no call on a freed handle. */
abstract class StoreTestCase {
    static final int LIVE_HANDLES = 0;
    static final int LIVE_BLOCKS = 1;
    static final int STALE_CALLS = 2;

    /** One text with everything that goes wrong elsewhere. */
    static final String AWKWARD = "A\0B é € 😀 𝄞 z";

    @TempDir
    Path folder;

    @AfterEach
    void nothingIsLeftBehind() {
        assertEquals(0, QuipuNative.debugCount(LIVE_BLOCKS), "native blocks handed out and not freed");
        assertEquals(0, QuipuNative.debugCount(STALE_CALLS), "calls on freed handles");
    }

    /** For tests that write much: what the disk does is not their subject. */
    static ChronoStoreOptions unsynced() {
        return new ChronoStoreOptions().durability(Durability.NONE);
    }

    ChronoStore open() {
        return ChronoStore.open(folder.toString(), unsynced());
    }

    MemoryStore openMemories() {
        return MemoryStore.open(folder, unsyncedMemories());
    }

    static MemoryStoreOptions unsyncedMemories() {
        return new MemoryStoreOptions().durability(Durability.NONE);
    }

    /** An observation of session s with the same text as title and content. */
    static MemoryObservationFields text(String text) {
        return new MemoryObservationFields().sessionId("s").type("note").title(text).content(text);
    }

    static void fill(ChronoStore store, int count) {
        List<ChronoRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(new ChronoRecord("r" + i).label("record " + i).data("{\"i\": " + i + "}"));
        }
        store.upsertMany(records);
    }

    static void collect() {
        System.gc();
        try {
            Thread.sleep(2); // for the Cleaner's thread
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        System.gc();
    }

    /** Waits until the collector has brought the number of native handles down to the one given. */
    static void awaitHandles(long expected) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (QuipuNative.debugCount(LIVE_HANDLES) > expected && System.nanoTime() < end) {
            collect();
        }
        assertEquals(expected, QuipuNative.debugCount(LIVE_HANDLES), "live native handles");
    }

    /** Throws anything, checked or not. */
    @SuppressWarnings("unchecked")
    static <X extends Throwable> void sneak(Throwable thrown) throws X {
        throw (X) thrown;
    }

    /** What a thread of {@link #inThreads} runs. */
    interface Work {
        void run(int thread) throws Exception;
    }

    /** Runs the work in so many threads at once and throws what any of them throws. */
    static void inThreads(int count, Work work) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(count);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int thread = i;
                running.add(threads.submit(() -> {
                    work.run(thread);
                    return null;
                }));
            }
            for (Future<?> one : running) {
                one.get(5, TimeUnit.MINUTES);
            }
        } catch (ExecutionException e) {
            throw new AssertionError("in a thread: " + e.getCause(), e.getCause());
        } finally {
            threads.shutdownNow();
        }
    }
}
