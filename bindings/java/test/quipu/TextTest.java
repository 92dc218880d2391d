package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class TextTest extends StoreTestCase {
    private static ChronoRecord everywhere(String text) {
        return new ChronoRecord(text)
                .kind(text)
                .status(text)
                .label(text)
                .sourceType(text)
                .evidence(List.of(text, "", text))
                .epistemicBoundary(List.of(text));
    }

    @Test
    void awkwardTextComesBackFromEveryPlace() {
        ChronoRecord record = everywhere(AWKWARD).data("{\"text\": \"A\\u0000B 😀\"}");
        try (ChronoStore store = open()) {
            assertEquals(AWKWARD, store.upsert(record).recordId());
            assertEquals(record, store.get(AWKWARD));
            ChronoQuery query = new ChronoQuery().kind(AWKWARD).status(AWKWARD);
            assertEquals(record, store.query(query).next());
            assertEquals(record, store.commit(transaction -> transaction.get(AWKWARD)));
            assertEquals(record, store.replay(1).next().toRecord());
            assertEquals(record, ChronoRecord.fromJson(record.toJson()));
            assertEquals("delete", store.delete(AWKWARD).op());
            assertEquals("tombstone", store.get(AWKWARD).status());
        }
        try (ChronoStore store = open()) {
            assertEquals(record.status("tombstone"), store.get(AWKWARD));
        }
    }

    @Test
    void awkwardTextInErrorsAndPaths() throws Exception {
        try (ChronoStore store = open()) {
            NotFoundException e = assertThrows(NotFoundException.class, () -> store.get("missing é € 😀"));
            assertTrue(e.getMessage().contains("é € 😀"), e.getMessage());
        }
        String path = folder.toString() + "/é € 😀 𝄞 z";
        try (ChronoStore store = ChronoStore.open(path, unsynced())) {
            assertEquals(1, store.upsert(new ChronoRecord("a")).seq());
            assertTrue(store.path().endsWith("é € 😀 𝄞 z"), store.path());
        }
        InvalidException e = assertThrows(InvalidException.class, () -> ChronoStore.open(folder + "/a\0b"));
        assertEquals("INVALID", e.codeName());
        assertTrue(Files.list(folder).noneMatch(file -> file.getFileName().toString().startsWith("a")));
    }

    @Test
    void emptyAndLongTexts() {
        String longText = AWKWARD.repeat(100_000 / AWKWARD.length());
        try (ChronoStore store = open()) {
            for (String text : List.of("", longText)) {
                ChronoRecord record = everywhere(text).id("id" + text);
                store.upsert(record);
                // An empty status is kept as it is.
                assertEquals(record, store.get("id" + text));
            }
            assertThrows(InvalidException.class, () -> store.upsert(new ChronoRecord("")));
        }
    }

    @Test
    @Tag("large")
    void sixtyFourMebibytesOfText() {
        char[] letters = new char[64 << 20];
        Arrays.fill(letters, 'q');
        letters[12345] = '\0';
        String text = new String(letters);
        try (ChronoStore store = open()) {
            store.upsert(new ChronoRecord("big").label(text));
            assertEquals(text, store.get("big").label());
            assertEquals(text, store.query().next().label());
        }
    }

    @Test
    void unpairedSurrogatesAreRefusedEverywhere() {
        try (ChronoStore store = open()) {
            for (String bad : List.of("\ud800", "a\ude00b", "\ud83d?", "?\ude00\ud83d", "x\ud83d")) {
                assertThrows(IllegalArgumentException.class, () -> store.get(bad));
                assertThrows(IllegalArgumentException.class, () -> store.delete(bad));
                assertThrows(IllegalArgumentException.class, () -> store.query(new ChronoQuery().kind(bad)));
                assertThrows(IllegalArgumentException.class, () -> store.upsert(new ChronoRecord(bad)));
                assertThrows(
                        IllegalArgumentException.class,
                        () -> store.upsert(new ChronoRecord("a").evidence(List.of("fine", bad))));
                assertThrows(IllegalArgumentException.class, () -> ChronoStore.open(bad));
                assertThrows(IllegalArgumentException.class, () -> ChronoRecord.fromJson("{\"id\": \"" + bad + "\"}"));
            }
            assertEquals(0, store.walSeq());
            store.upsert(new ChronoRecord("what? 😀? ?"));
            assertEquals("what? 😀? ?", store.get("what? 😀? ?").id(), "a question mark is no surrogate");
        }
    }
}
