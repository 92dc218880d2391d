package quipu;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What MemoryStore refuses, awkward text, threads, close, and the progress of purge. */
class MemoryFailureTest extends StoreTestCase {
    private static final MemoryListOptions NOT_GIVEN = new MemoryListOptions();

    /** Every method that calls the library, with what is needed for it to get there. */
    private static List<Executable> everyCall(MemoryStore store) {
        return List.of(
                store::path,
                () -> store.sessionStart("s", ""),
                () -> store.sessionStart("s", "", ""),
                () -> store.sessionEnd("s"),
                () -> store.sessionEnd("s", "x"),
                () -> store.sessionGet("s"),
                () -> store.sessionFind("s"),
                () -> store.sessionDelete("s"),
                store::sessionList,
                () -> store.sessionList(NOT_GIVEN),
                () -> store.observationAdd(text("x")),
                () -> store.observationUpdate("o", new MemoryObservationFields().title("x")),
                () -> store.observationGet("o"),
                () -> store.observationFind("o"),
                () -> store.observationDelete("o"),
                () -> store.observationDelete("o", true),
                store::observationList,
                () -> store.observationList(NOT_GIVEN),
                () -> store.search("x"),
                () -> store.search("x", NOT_GIVEN),
                () -> store.timeline("o"),
                () -> store.timeline("o", 1, 1),
                () -> store.promptAdd("s", "x"),
                () -> store.promptAdd("s", "x", ""),
                () -> store.promptGet("p"),
                () -> store.promptFind("p"),
                () -> store.promptDelete("p"),
                store::promptList,
                () -> store.promptList(NOT_GIVEN),
                store::context,
                () -> store.context(new MemoryContextOptions()),
                store::stats,
                store::purge,
                () -> store.purge(null));
    }

    private static Executable throwing(Class<? extends QuipuException> type, Executable call) {
        return () -> assertThrows(type, call);
    }

    @Test
    void everyMethodOfAClosedStoreRefuses() {
        MemoryStore store = openMemories();
        store.sessionStart("s", "");
        MemorySession session = store.sessionGet("s");
        MemorySessionCursor sessions = store.sessionList();
        MemoryObservationCursor observations = store.observationList();
        MemoryPromptCursor prompts = store.promptList();
        MemoryHitCursor hits = store.search("x");
        store.close();
        store.close();
        assertAll(everyCall(store).stream().map(call -> throwing(ClosedException.class, call)));
        for (Cursor<?> cursor : List.of(sessions, observations, prompts, hits)) {
            assertThrows(ClosedException.class, cursor::hasNext);
            cursor.close();
            cursor.close();
        }
        assertEquals("s", session.id());
        assertTrue(session.toJson().contains("\"s\""));
    }

    /** A table of what is documented, one exception each. */
    @Test
    void everyDocumentedError() throws Exception {
        Files.writeString(folder.resolve("file"), "x");
        Files.createDirectories(folder.resolve("png/.chronomemory"));
        Files.write(folder.resolve("png/.chronomemory/events.wal"), new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, 1, 2});
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            String id = store.observationAdd(text("x")).syncId();
            String gone = store.observationAdd(text("y")).syncId();
            store.observationDelete(gone);
            MemoryObservationFields title = new MemoryObservationFields().title("t");
            Class<NotFoundException> notFound = NotFoundException.class;
            Class<InvalidException> invalid = InvalidException.class;
            assertAll(
                    throwing(invalid, () -> MemoryStore.open("")),
                    throwing(invalid, () -> MemoryStore.open(folder + "/a\0b")),
                    throwing(notFound, () -> MemoryStore.open(folder.resolve("no"), unsyncedMemories().mustExist(true))),
                    throwing(notFound, () -> MemoryStore.open(folder.resolve("no"), unsyncedMemories().readOnly(true))),
                    throwing(ExistsException.class, () -> MemoryStore.open(folder.resolve("file"))),
                    throwing(NotAStoreException.class, () -> MemoryStore.open(folder.resolve("png"))),
                    throwing(invalid, () -> store.sessionStart("", "")),
                    throwing(notFound, () -> store.sessionEnd("none")),
                    throwing(notFound, () -> store.sessionGet("none")),
                    throwing(notFound, () -> store.sessionDelete("none")),
                    throwing(ConstraintException.class, () -> store.sessionDelete("s")),
                    throwing(notFound, () -> store.observationAdd(text("x").sessionId("none"))),
                    throwing(invalid, () -> store.observationAdd(new MemoryObservationFields().content("x"))),
                    throwing(invalid, () -> store.observationAdd(text(""))),
                    throwing(invalid, () -> store.observationAdd(new MemoryObservationFields().sessionId("s"))),
                    throwing(notFound, () -> store.observationUpdate("none", title)),
                    throwing(notFound, () -> store.observationUpdate(gone, title)),
                    throwing(invalid, () -> store.observationUpdate(id, new MemoryObservationFields())),
                    throwing(invalid, () -> store.observationUpdate(id, new MemoryObservationFields().content(""))),
                    throwing(invalid, () -> store.observationUpdate(id, text("x"))),
                    throwing(notFound, () -> store.observationGet("none")),
                    throwing(notFound, () -> store.observationDelete("none")),
                    throwing(notFound, () -> store.observationDelete("none", true)),
                    throwing(invalid, () -> store.observationList(new MemoryListOptions().limit(-1))),
                    throwing(invalid, () -> store.observationList(new MemoryListOptions().since("yesterday"))),
                    throwing(invalid, () -> store.sessionList(new MemoryListOptions().until("soon"))),
                    throwing(invalid, () -> store.search(" \t")),
                    throwing(invalid, () -> store.search("x", new MemoryListOptions().limit(-1))),
                    throwing(notFound, () -> store.timeline("none")),
                    throwing(notFound, () -> store.promptAdd("none", "x")),
                    throwing(invalid, () -> store.promptAdd("s", "")),
                    throwing(notFound, () -> store.promptGet("none")),
                    throwing(notFound, () -> store.promptDelete("none")));
            NotFoundException e = assertThrows(notFound, () -> store.sessionGet("missing é € 😀"));
            assertTrue(e.getMessage().contains("é € 😀"), e.getMessage());
            assertEquals(1, store.stats().observations(), "nothing was written by all that");
        }
    }

    @Test
    void argumentsThatAreNull() {
        MemoryObservationFields fields = new MemoryObservationFields();
        MemoryListOptions list = new MemoryListOptions();
        MemoryContextOptions context = new MemoryContextOptions();
        List<Executable> calls = new ArrayList<>(List.of(
                () -> fields.sessionId(null),
                () -> fields.type(null),
                () -> fields.title(null),
                () -> fields.content(null),
                () -> fields.toolName(null),
                () -> fields.project(null),
                () -> fields.scope(null),
                () -> fields.topicKey(null),
                () -> list.project(null),
                () -> list.sessionId(null),
                () -> list.type(null),
                () -> list.scope(null),
                () -> list.since((String) null),
                () -> list.until((String) null),
                () -> context.project(null),
                () -> context.scope(null)));
        try (MemoryStore store = openMemories()) {
            calls.add(() -> store.sessionStart(null, ""));
            calls.add(() -> store.sessionGet(null));
            calls.add(() -> store.observationAdd(null));
            calls.add(() -> store.observationUpdate("x", null));
            calls.add(() -> store.search(null));
            calls.add(() -> store.search("x", null));
            assertAll(calls.stream().map(call -> () -> assertThrows(NullPointerException.class, call)));
        }
        MemoryStoreOptions options = new MemoryStoreOptions();
        assertThrows(IllegalArgumentException.class, () -> options.maxContentBytes(0));
        assertThrows(IllegalArgumentException.class, () -> options.dedupeWindow(Duration.ofSeconds(-1)));
        assertThrows(IllegalArgumentException.class, () -> options.lockWait(Duration.ofSeconds(-1)));
        assertEquals(2, options.dedupeWindow(Duration.ofMillis(1001)).dedupeWindowSeconds);
        assertEquals(Long.MAX_VALUE, options.dedupeWindow(Duration.ofSeconds(Long.MAX_VALUE, 1)).dedupeWindowSeconds);
        MemoryStore.open(folder, options).close();
    }

    @Test
    void aReadOnlyStoreWritesNothing() throws Exception {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            store.observationAdd(text("x"));
        }
        byte[] log = Files.readAllBytes(log());
        try (MemoryStore store = MemoryStore.open(folder, new MemoryStoreOptions().readOnly(true))) {
            Class<ReadOnlyException> readOnly = ReadOnlyException.class;
            assertThrows(readOnly, () -> store.sessionStart("t", ""));
            assertThrows(readOnly, () -> store.observationAdd(text("y")));
            assertThrows(readOnly, () -> store.promptAdd("s", "y"));
            assertThrows(readOnly, store::purge);
            assertEquals("x", store.search("x").next().content());
            assertFalse(Files.exists(folder.resolve(".chronomemory/memory_index.sqlite3")), "no index either");
        }
        assertEquals(new String(log, StandardCharsets.UTF_8), Files.readString(log()));
    }

    private Path log() {
        return folder.resolve(".chronomemory/events.wal");
    }

    @Test
    void aHeldLockIsBusyAndRetryable() {
        try (ChronoStore holder = open();
                MemoryStore store = MemoryStore.open(folder, unsyncedMemories().lockWait(Duration.ZERO))) {
            store.sessionStart("s", "");
            holder.commitAction(transaction -> {
                BusyException e = assertThrows(BusyException.class, () -> store.observationAdd(text("x")));
                assertTrue(e.isRetryable());
            });
            assertEquals("created", store.observationAdd(text("x")).outcome());
        }
    }

    // ---- text ------------------------------------------------------------------------------------------------------

    @Test
    void awkwardTextComesBackFromEveryPlace() {
        String id;
        try (MemoryStore store = openMemories()) {
            assertEquals(AWKWARD, store.sessionStart(AWKWARD, "", AWKWARD).directory());
            assertEquals(AWKWARD, store.sessionEnd(AWKWARD, AWKWARD).summary());
            assertEquals(AWKWARD, store.sessionGet(AWKWARD).id());
            assertEquals(AWKWARD, store.promptGet(store.promptAdd(AWKWARD, AWKWARD).syncId()).content());
            id = store.observationAdd(text(AWKWARD).sessionId(AWKWARD).type(AWKWARD).toolName(AWKWARD)).syncId();
            assertEquals(AWKWARD, store.search("é").next().title());
            assertEquals(AWKWARD, store.observationList(new MemoryListOptions().type(AWKWARD)).next().toolName());
            assertEquals(AWKWARD, store.timeline(id).next().sessionId());
            assertEquals(AWKWARD, store.context().observations().get(0).content());
        }
        try (MemoryStore store = openMemories()) {
            MemoryObservation read = store.observationGet(id);
            assertEquals(List.of(AWKWARD, AWKWARD, AWKWARD, AWKWARD), List.of(
                    read.title(), read.content(), read.type(), read.toolName()));
            assertEquals(read, MemoryObservation.fromJson(read.toJson()));
        }
    }

    @Test
    void unpairedSurrogatesAreRefusedEverywhere() {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            for (String bad : List.of("\ud800", "a\ude00b", "x\ud83d?")) {
                List<Executable> calls = List.of(
                        () -> MemoryStore.open(bad),
                        () -> store.sessionStart(bad, ""),
                        () -> store.sessionStart("t", bad),
                        () -> store.sessionStart("t", "", bad),
                        () -> store.sessionEnd("s", bad),
                        () -> store.observationAdd(text(bad)),
                        () -> store.observationAdd(text("x").topicKey(bad)),
                        () -> store.observationUpdate(bad, text("x")),
                        () -> store.observationList(new MemoryListOptions().project(bad)),
                        () -> store.search(bad),
                        () -> store.promptAdd("s", bad),
                        () -> store.context(new MemoryContextOptions().project(bad)),
                        () -> MemorySession.fromJson("{\"id\": \"" + bad + "\"}"));
                assertAll(calls.stream().map(call -> () -> assertThrows(IllegalArgumentException.class, call)));
            }
            assertEquals(1, store.sessionList().stream().count());
            assertEquals(0, store.observationList().stream().count());
        }
    }

    @Test
    @Tag("large")
    void sixtyFourMebibytesOfText() {
        String text = "q".repeat(64 << 20);
        try (MemoryStore store = MemoryStore.open(folder, unsyncedMemories().maxContentBytes(64 << 20))) {
            store.sessionStart("s", "");
            MemoryAddition added = store.observationAdd(text("t").content(text));
            assertFalse(added.truncated());
            assertEquals(text, store.observationGet(added.syncId()).content());
        }
    }

    // ---- purge -----------------------------------------------------------------------------------------------------

    @Test
    void purgeRemovesDeletedTextForGood() throws Exception {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            store.observationDelete(store.observationAdd(text("betrayal")).syncId(), true);
            store.observationAdd(text("harmless"));
            assertEquals(0, store.search("betrayal").stream().count());
            assertTrue(Files.readString(log()).contains("betrayal"));

            List<Long> steps = new ArrayList<>();
            MemoryPurge purged = store.purge((done, total) -> steps.add(done));
            assertFalse(steps.isEmpty());
            assertTrue(purged.events() > 0);
            assertEquals(1, purged.deleted());
            assertFalse(Files.readString(log()).contains("betrayal"));
            assertEquals("harmless", store.search("harmless").next().title());
        }
    }

    @Test
    void aCancelledPurgeChangesNothing() throws Exception {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            store.observationDelete(store.observationAdd(text("x")).syncId(), true);
            String log = Files.readString(log());
            int[] calls = new int[1];
            assertThrows(
                    CancelledException.class,
                    () -> store.purge((done, total) -> {
                        calls[0]++;
                        return false;
                    }));
            assertEquals(1, calls[0], "not called again after it said no");
            assertEquals(log, Files.readString(log()));
            assertEquals(1, store.purge(null).deleted());
        }
    }

    @Test
    void insideThePurgeCallback() {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            store.observationAdd(text("x"));
            for (Throwable thrown : List.of(new IllegalStateException("mine"), new AssertionError("mine too"))) {
                Progress progress = (done, total) -> {
                    StoreTestCase.<RuntimeException>sneak(thrown);
                    return true;
                };
                assertSame(thrown, assertThrows(Throwable.class, () -> store.purge(progress)));
            }
            boolean[] called = new boolean[1];
            store.purge((done, total) -> {
                assertThrows(MisuseException.class, store::close);
                assertThrows(MisuseException.class, () -> store.observationAdd(text("y")));
                assertEquals("s", store.sessionGet("s").id(), "reads work inside");
                return called[0] = true;
            });
            assertTrue(called[0]);
            assertEquals("x", store.search("x").next().title());
        }
    }

    // ---- threads ---------------------------------------------------------------------------------------------------

    @Test
    void eightThreadsAddOneTopicAndOneText() throws Exception {
        int threads = 8;
        int each = 25;
        try (MemoryStore store = openMemories();
                MemoryStore other = openMemories()) {
            store.sessionStart("s", "");
            inThreads(threads, thread -> {
                MemoryStore mine = thread % 2 == 0 ? store : other;
                for (int i = 0; i < each; i++) {
                    mine.observationAdd(text("by " + thread + " " + i).topicKey("one/topic"));
                    mine.observationAdd(text("the same"));
                }
            });
            List<MemoryObservation> rows = store.observationList().stream().toList();
            assertEquals(2, rows.size());
            for (MemoryObservation row : rows) {
                boolean topic = !row.topicKey().isEmpty();
                assertEquals(topic ? threads * each : 1, row.revisionCount());
                assertEquals(topic ? 1 : threads * each, row.duplicateCount());
            }
        }
    }

    @Test
    void everyThreadGetsItsOwnErrors() throws Exception {
        MemoryStore closed = openMemories();
        closed.close();
        try (MemoryStore store = openMemories()) {
            inThreads(8, thread -> {
                for (int i = 0; i < 500; i++) {
                    String id = "missing " + thread + " " + i;
                    switch (thread % 3) {
                        case 0:
                            String message = assertThrows(NotFoundException.class, () -> store.sessionGet(id)).getMessage();
                            assertTrue(message.contains(id), message);
                            break;
                        case 1:
                            assertThrows(InvalidException.class, () -> store.search(" "));
                            break;
                        default:
                            assertThrows(ClosedException.class, () -> closed.sessionGet(id));
                            break;
                    }
                }
            });
        }
    }

    @Test
    void closeWhileEightThreadsAreInCalls() throws Exception {
        for (int round = 0; round < 5; round++) {
            MemoryStore store = openMemories();
            store.sessionStart("s", "");
            AtomicLong calls = new AtomicLong();
            CountDownLatch ended = new CountDownLatch(8);
            inThreads(9, thread -> {
                if (thread == 8) {
                    while (calls.get() < 200) {
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
            assertThrows(ClosedException.class, store::stats);
        }
    }

    private static void hammer(MemoryStore store, int thread) {
        switch (thread % 4) {
            case 0:
                store.sessionGet("s");
                break;
            case 1:
                store.context();
                break;
            case 2:
                try (MemoryHitCursor cursor = store.search("by")) {
                    cursor.hasNext();
                }
                break;
            default:
                store.observationAdd(text("by " + thread).topicKey("k"));
                break;
        }
    }
}
