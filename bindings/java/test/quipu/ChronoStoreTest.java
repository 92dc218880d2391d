package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ChronoStoreTest extends StoreTestCase {
    private Path log() {
        return folder.resolve(".chronomemory/events.wal");
    }

    private static List<String> ids(ChronoCursor cursor) {
        try (Stream<ChronoRecord> records = cursor.stream()) {
            return records.map(ChronoRecord::id).collect(Collectors.toList());
        }
    }

    @Test
    void aRecordComesBackAsItWasWritten() {
        ChronoRecord record = new ChronoRecord("sky")
                .kind("decision")
                .status("deprecated")
                .label("is blue")
                .confidence(0.25)
                .sourceType("inferred")
                .evidence(List.of("e1", "", "e3"))
                .epistemicBoundary(List.of("by day"))
                .isHypothesis(true)
                .modelAssumptions("{\"model\": \"m\"}")
                .data("{\"seen\": [1, 2.5, null]}");
        ChronoStoreOptions options = new ChronoStoreOptions().recursionDepth(3);
        try (ChronoStore store = ChronoStore.open(folder, options)) {
            WalEvent event = store.upsert(record);
            assertEquals(1, event.seq());
            assertEquals("upsert", event.op());
            assertEquals("sky", event.recordId());
            assertEquals("", event.prevHash());
            assertEquals(64, event.hash().length());
            assertEquals(3, event.recursionDepth());
            assertEquals(event.hash(), store.lastHash());
            assertEquals(0, record.recursionDepth(), "the caller's object is not changed");
            assertEquals(record.copy().recursionDepth(3), store.get("sky"));
            assertEquals(record.copy().recursionDepth(3), event.toRecord());
        }
        try (ChronoStore store = ChronoStore.open(folder.toString())) {
            assertEquals(record.recursionDepth(3), store.find("sky").orElseThrow());
            assertEquals(folder.toRealPath().toString(), store.path());
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void getFindDeleteAndCount() {
        try (ChronoStore store = open()) {
            assertEquals(0, store.walSeq());
            assertEquals("", store.lastHash());
            assertEquals(Optional.empty(), store.find("a"));
            assertEquals("NOT_FOUND", assertThrows(NotFoundException.class, () -> store.get("a")).codeName());
            store.upsert(new ChronoRecord("a").label("one"));
            store.upsert(new ChronoRecord("b"));
            assertEquals(2, store.recordCount());

            WalEvent event = store.delete("a");
            assertEquals("delete", event.op());
            assertEquals(3, event.seq());
            assertEquals(1, store.recordCount());
            assertEquals("tombstone", store.get("a").status());
            assertEquals("one", store.get("a").label());
            assertEquals(3, store.walSeq());
        }
    }

    @Test
    void upsertManyWritesAllOrNothing() {
        try (ChronoStore store = open()) {
            store.upsert(new ChronoRecord("before"));
            assertEquals(2, store.upsertMany(List.of(new ChronoRecord("a"), new ChronoRecord("b"), new ChronoRecord("a"))));
            assertEquals(4, store.walSeq());
            assertEquals(0, store.upsertMany(List.of()));
            List<ChronoRecord> bad = List.of(new ChronoRecord("c"), new ChronoRecord(""));
            assertThrows(InvalidException.class, () -> store.upsertMany(bad));
            assertEquals(4, store.walSeq());
            assertEquals(Optional.empty(), store.find("c"));
        }
    }

    @Test
    void queriesFilter() {
        try (ChronoStore store = open()) {
            store.upsert(new ChronoRecord("low").kind("x").confidence(0.1));
            store.upsert(new ChronoRecord("high").kind("x").confidence(0.9));
            store.upsert(new ChronoRecord("other").kind("y").confidence(0.6));
            store.upsert(new ChronoRecord("old").kind("x").status("deprecated"));
            assertEquals(List.of("low", "high", "other"), ids(store.query()));
            assertEquals(List.of("low", "high", "other"), ids(store.exportRecords()));
            assertEquals(List.of("low", "high"), ids(store.query(new ChronoQuery().kind("x"))));
            assertEquals(List.of("high", "other"), ids(store.query(new ChronoQuery().ragFilter(true))));
            assertEquals(List.of("high"), ids(store.query(new ChronoQuery().minConfidence(0.7))));
            assertEquals(List.of("old"), ids(store.query(new ChronoQuery().status("deprecated"))));
            assertEquals(
                    List.of("low", "high", "other", "old"), ids(store.query(new ChronoQuery().anyStatus(true))));
            ChronoQuery both = new ChronoQuery().anyStatus(true).status("active");
            assertThrows(InvalidException.class, () -> store.query(both));
        }
    }

    @Test
    void replayGivesTheEventsOfTheLog() {
        try (ChronoStore store = open()) {
            fill(store, 3);
            store.delete("r1");
            try (WalCursor events = store.replay(2)) {
                List<WalEvent> all = events.stream().collect(Collectors.toList());
                assertEquals(List.of(2L, 3L, 4L), all.stream().map(WalEvent::seq).collect(Collectors.toList()));
                assertEquals("delete", all.get(2).op());
                assertEquals(all.get(0).hash(), all.get(1).prevHash());
                assertEquals("record 1", all.get(0).toRecord().label());
            }
        }
    }

    @Test
    void writersSeeEachOther() {
        try (ChronoStore one = open();
                ChronoStore two = open()) {
            one.upsert(new ChronoRecord("from one"));
            assertTrue(two.find("from one").isPresent());
            assertEquals(2, two.upsert(new ChronoRecord("from two")).seq());
            one.refresh();
            one.sync();
            assertEquals(2, one.recordCount());
        }
    }

    @Test
    void verifyTellsTheBrokenLine() throws Exception {
        try (ChronoStore store = open()) {
            fill(store, 5);
            assertTrue(store.chainValid());
            ChronoVerification found = store.verify();
            assertTrue(found.valid());
            assertEquals(5, found.events());
            assertEquals(store.lastHash(), found.lastHash());
            assertTrue(store.verify(true).valid());
        }
        String text = Files.readString(log());
        Files.writeString(log(), text.replace("record 2", "record X"), StandardOpenOption.TRUNCATE_EXISTING);
        try (ChronoStore store = open()) {
            assertFalse(store.chainValid());
            ChronoVerification found = store.verify();
            assertFalse(found.valid());
            assertEquals("hash", found.problem());
            assertEquals(3, found.line());
            assertEquals(2, found.events());
            assertEquals(3, found.seq());
        }
    }

    @Test
    void noticesTellWhatWasSkipped() throws Exception {
        try (ChronoStore store = open()) {
            fill(store, 2);
            assertFalse(store.notices().hasNext());
        }
        Files.writeString(log(), "this is no event\n", StandardOpenOption.APPEND);
        try (ChronoStore store = open();
                ChronoNoticeCursor notices = store.notices()) {
            ChronoNotice notice = notices.next();
            assertEquals("bad_json", notice.code());
            assertEquals("events.wal", notice.file());
            assertEquals(3, notice.line());
            assertEquals(2, store.recordCount());
        }
    }

    @Test
    void compactKeepsTheRecords() {
        try (ChronoStore store = open()) {
            fill(store, 10);
            store.delete("r3");
            assertEquals(11, store.compact());
            assertEquals(9, store.recordCount());
            assertEquals("tombstone", store.get("r3").status());
            assertTrue(store.verify(true).valid());
            try (WalCursor events = store.replay(0)) {
                assertEquals("compact", events.next().op());
                assertFalse(events.hasNext());
            }
        }
    }

    @Test
    void aBackupCanBeOpened() throws Exception {
        try (ChronoStore store = open()) {
            fill(store, 4);
            Path copy = Path.of(store.backup());
            assertTrue(copy.isAbsolute());
            Path other = Files.createDirectory(folder.resolve("other"));
            Files.move(copy, other.resolve(".chronomemory"));
            try (ChronoStore restored = ChronoStore.open(other, new ChronoStoreOptions().mustExist(true))) {
                assertEquals(4, restored.recordCount());
            }
        }
    }

    @Test
    void migrateFromJsonImportsOnce() throws Exception {
        Files.writeString(
                folder.resolve("requirements.json"), "[{\"id\": \"R1\", \"title\": \"t\", \"status\": \"open\"}]");
        try (ChronoStore store = open()) {
            ChronoMigration first = store.migrateFromJson(folder.toString());
            assertEquals(1, first.requirements());
            assertEquals(0, first.testcases());
            assertEquals(0, first.skipped());
            assertEquals(1, store.migrateFromJson(folder.toString(), (done, total) -> true).skipped());
        }
    }

    @Test
    void theLibraryHasAVersion() {
        assertTrue(Quipu.version().matches("\\d+\\.\\d+\\.\\d+"), Quipu.version());
    }
}
