package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every call of MemoryStore, with what it does when all goes well. */
class MemoryStoreTest extends StoreTestCase {
    private static <T> List<String> each(Cursor<T> cursor, Function<T, String> text) {
        try (cursor) {
            return cursor.stream().map(text).collect(Collectors.toList());
        }
    }

    private static List<String> titles(MemoryObservationCursor cursor) {
        return each(cursor, MemoryObservation::title);
    }

    private static List<String> found(MemoryHitCursor cursor) {
        return each(cursor, MemoryHit::title);
    }

    @Test
    void sessions() throws Exception {
        try (MemoryStore store = openMemories()) {
            assertEquals(folder.toRealPath().toString(), store.path());
            assertEquals(Optional.empty(), store.sessionFind("s"));
            MemorySession started = store.sessionStart("s", " My--Project ");
            assertEquals("s", started.id());
            assertEquals("my-project", started.project());
            assertEquals("", started.directory());
            assertEquals("", started.endedAt());
            assertTrue(started.startedAt().matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d"), started.startedAt());

            MemorySession again = store.sessionStart("s", "other", "/here");
            assertEquals("my-project", again.project(), "what is there stays");
            assertEquals("/here", again.directory(), "what is empty is filled in");
            assertEquals(again, store.sessionGet("s"));
            assertEquals(Optional.of(again), store.sessionFind("s"));

            assertEquals("all done", store.sessionEnd("s", "all done").summary());
            MemorySession ended = store.sessionEnd("s");
            assertEquals("all done", ended.summary(), "an end without a summary leaves the one that is there");
            assertFalse(ended.endedAt().isEmpty());
            assertEquals(ended, store.sessionGet("s"));
            assertFalse(ended.recovered());
            assertEquals("{}", ended.extra());

            store.sessionStart("t", "second");
            assertEquals(2, store.sessionList().stream().count());
            assertEquals(List.of("t"), each(store.sessionList(new MemoryListOptions().project("second")), MemorySession::id));
            assertEquals(1, store.sessionList(new MemoryListOptions().limit(1)).stream().count());

            store.promptAdd("t", "a question");
            store.sessionDelete("t");
            assertEquals(Optional.empty(), store.sessionFind("t"));
            assertEquals(0, store.promptList().stream().count(), "its prompts go with it");
        }
    }

    @Test
    void anObservationComesBackAsItWasAdded() {
        String id;
        MemoryObservation was;
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "p");
            MemoryAddition added = store.observationAdd(new MemoryObservationFields()
                    .sessionId("s")
                    .type("decision")
                    .title("the title")
                    .content("the <private>secret</private> content")
                    .toolName("editor")
                    .project("P")
                    .scope("personal")
                    .topicKey("Some Topic"));
            assertEquals("created", added.outcome());
            assertFalse(added.truncated());
            assertTrue(added.id() > 0);
            id = added.syncId();
            was = store.observationGet(id);
        }
        try (MemoryStore store = openMemories()) {
            MemoryObservation read = store.observationGet(id);
            assertEquals(was, read);
            assertEquals(Optional.of(was), store.observationFind(id));
            assertEquals("s", read.sessionId());
            assertEquals("decision", read.type());
            assertEquals("the title", read.title());
            assertEquals("the [REDACTED] content", read.content());
            assertEquals("editor", read.toolName());
            assertEquals("p", read.project());
            assertEquals("personal", read.scope());
            assertEquals("some-topic", read.topicKey());
            assertEquals(1, read.revisionCount());
            assertEquals(1, read.duplicateCount());
            assertEquals("", read.deletedAt());
            assertEquals(read.createdAt(), read.updatedAt());
            assertEquals(read, MemoryObservation.fromJson(read.toJson()));
        }
    }

    @Test
    void whatIsNotGivenIsAbsent() {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            String id = store.observationAdd(new MemoryObservationFields().sessionId("s").content("c")).syncId();
            MemoryObservation read = store.observationGet(id);
            assertEquals(List.of("", "", "", "", ""), List.of(
                    read.type(), read.title(), read.toolName(), read.project(), read.topicKey()));
            assertEquals("project", read.scope());
            assertTrue(read.toJson().contains("\"topic_key\": null"), read.toJson());
        }
    }

    @Test
    void topicsAndDuplicates() {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            MemoryAddition first = store.observationAdd(text("one").topicKey("a/b"));
            MemoryAddition second = store.observationAdd(text("two").topicKey("A/B"));
            assertEquals("updated", second.outcome());
            assertEquals(first.syncId(), second.syncId());
            assertEquals(2, second.revisionCount());
            assertEquals("two", store.observationGet(first.syncId()).content());

            MemoryAddition third = store.observationAdd(text("three"));
            MemoryAddition fourth = store.observationAdd(text("three"));
            assertEquals("duplicate", fourth.outcome());
            assertEquals(third.syncId(), fourth.syncId());
            assertEquals(2, fourth.duplicateCount());
            assertEquals("created", store.observationAdd(text("three").scope("personal")).outcome());
        }
        MemoryStoreOptions never = unsyncedMemories().dedupeWindow(java.time.Duration.ZERO);
        try (MemoryStore store = MemoryStore.open(folder, never)) {
            assertEquals("created", store.observationAdd(text("three")).outcome());
        }
    }

    @Test
    void anUpdateChangesWhatIsGiven() {
        try (MemoryStore store = MemoryStore.open(folder, unsyncedMemories().maxContentBytes(20))) {
            store.sessionStart("s", "");
            String id = store.observationAdd(text("one").toolName("tool").topicKey("k").project("p")).syncId();
            MemoryObservation was = store.observationGet(id);

            MemoryUpdate update = store.observationUpdate(id, new MemoryObservationFields().title("new").toolName(""));
            assertFalse(update.truncated());
            MemoryObservation now = update.observation();
            assertEquals(store.observationGet(id), now);
            assertEquals("new", now.title());
            assertEquals("", now.toolName(), "empty is not the same as not given");
            assertEquals(was.content(), now.content());
            assertEquals(was.type(), now.type());
            assertEquals(was.project(), now.project());
            assertEquals(was.topicKey(), now.topicKey());
            assertEquals(was.scope(), now.scope());
            assertEquals(2, now.revisionCount());

            MemoryObservationFields rest =
                    new MemoryObservationFields().type("t").content("c").project("Q").scope("personal").topicKey("");
            MemoryObservation all = store.observationUpdate(id, rest).observation();
            assertEquals(List.of("t", "c", "q", "personal", ""), List.of(
                    all.type(), all.content(), all.project(), all.scope(), all.topicKey()));

            MemoryUpdate cut = store.observationUpdate(id, new MemoryObservationFields().content("x".repeat(21)));
            assertTrue(cut.truncated());
            assertTrue(cut.observation().content().startsWith("x".repeat(20)));
            assertFalse(cut.observation().content().startsWith("x".repeat(21)));
            assertTrue(store.observationAdd(text("y".repeat(21))).truncated());
        }
    }

    @Test
    void deleting() {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            String soft = store.observationAdd(text("soft")).syncId();
            String hard = store.observationAdd(text("hard")).syncId();
            store.observationDelete(soft);
            store.observationDelete(soft);
            store.observationDelete(hard, true);
            assertFalse(store.observationGet(soft).deletedAt().isEmpty());
            assertEquals(Optional.empty(), store.observationFind(hard));
            assertEquals(List.of(), titles(store.observationList()));
            assertEquals(List.of("soft"), titles(store.observationList(new MemoryListOptions().withDeleted(true))));
            assertThrows(NotFoundException.class, () -> store.observationDelete(hard, true));
            store.observationDelete(soft, true);
            assertEquals(0, store.observationList(new MemoryListOptions().withDeleted(true)).stream().count());
        }
    }

    @Test
    void everyListOptionMatters() {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            store.sessionStart("t", "");
            store.observationAdd(text("a word").project("p"));
            store.observationAdd(text("b word").type("bugfix"));
            store.observationAdd(text("c word").scope("personal"));
            store.observationAdd(text("d word").sessionId("t"));
            record Case(MemoryListOptions options, List<String> expected) {}
            Instant before = Instant.now().minusSeconds(60);
            Instant after = Instant.now().plusSeconds(60);
            List<String> all = List.of("d word", "c word", "b word", "a word");
            for (Case one : List.of(
                    new Case(new MemoryListOptions(), all),
                    new Case(new MemoryListOptions().project("P"), List.of("a word")),
                    new Case(new MemoryListOptions().type("bugfix"), List.of("b word")),
                    new Case(new MemoryListOptions().scope("personal"), List.of("c word")),
                    new Case(new MemoryListOptions().sessionId("t"), List.of("d word")),
                    new Case(new MemoryListOptions().limit(2), List.of("d word", "c word")),
                    new Case(new MemoryListOptions().since(before).until(after), all),
                    new Case(new MemoryListOptions().since(after), List.of()),
                    new Case(new MemoryListOptions().until(before), List.of()),
                    new Case(new MemoryListOptions().since("2100-01-01 00:00:00"), List.of()),
                    new Case(new MemoryListOptions().until("2100-01-01T00:00:00+02:00"), all))) {
                assertEquals(one.expected, titles(store.observationList(one.options)));
                // limit chooses by rank, which is the same for all of these, so only the number is known.
                assertEquals(one.expected.size(), found(store.search("word", one.options)).size());
                if (one.expected.size() == 1) {
                    assertEquals(one.expected, found(store.search("word", one.options)));
                }
            }
        }
    }

    @Test
    void searching() {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            store.observationAdd(text("the knot is tied").topicKey("ropes/knot"));
            store.observationAdd(text("a knot and another knot"));
            store.observationAdd(text("no such thing"));
            assertEquals(2, found(store.search("knot")).size());
            assertEquals(List.of("the knot is tied"), found(store.search("knot tied")));
            assertEquals(List.of(), found(store.search("nowhere")));
            MemoryHit exact = store.search("ropes/knot").next();
            assertEquals(-1000, exact.rank());
            assertEquals("the knot is tied", exact.content());
            assertEquals(store.observationGet(exact.syncId()).toJson(), withoutRank(exact));
            assertTrue(store.search("knot").next().rank() < 0);
        }
    }

    private static String withoutRank(MemoryHit hit) {
        return MemoryObservation.fromJson(hit.toJson()).toJson();
    }

    @Test
    void timelines() {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            store.sessionStart("t", "");
            String middle = null;
            for (int i = 0; i < 15; i++) {
                String id = store.observationAdd(text("n" + i)).syncId();
                store.observationAdd(text("other " + i).sessionId("t"));
                middle = i == 7 ? id : middle;
            }
            String id = middle;
            assertEquals(
                    List.of("n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10", "n11", "n12"), titles(store.timeline(id)));
            assertEquals(List.of("n6", "n7", "n8", "n9"), titles(store.timeline(id, 1, 2)));
            assertEquals(List.of("n7"), titles(store.timeline(id, 0, 0)));
            assertThrows(NotFoundException.class, () -> store.timeline("none"));
            assertThrows(InvalidException.class, () -> store.timeline(id, -2, 0));
        }
    }

    @Test
    void prompts() {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            MemoryAddition added = store.promptAdd("s", "why?", "P");
            assertEquals("created", added.outcome());
            MemoryPrompt read = store.promptGet(added.syncId());
            assertEquals(Optional.of(read), store.promptFind(added.syncId()));
            assertEquals(List.of("s", "why?", "p"), List.of(read.sessionId(), read.content(), read.project()));
            assertEquals(added.id(), read.id());
            store.promptAdd("s", "and how?");
            assertEquals(List.of("and how?", "why?"), each(store.promptList(), MemoryPrompt::content));
            assertEquals(
                    List.of("why?"),
                    each(store.promptList(new MemoryListOptions().project("p")), MemoryPrompt::content));
            store.promptDelete(added.syncId());
            assertEquals(Optional.empty(), store.promptFind(added.syncId()));
        }
    }

    @Test
    void contextAndStats() {
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "p");
            store.sessionStart("t", "q");
            store.sessionEnd("s", "what came of it");
            for (int i = 0; i < 25; i++) {
                store.observationAdd(text("observed " + i).project(i < 22 ? "p" : "q"));
            }
            store.observationAdd(text("mine").scope("personal").project("p"));
            store.promptAdd("s", "a question", "p");

            MemoryContext context = store.context();
            assertEquals(2, context.sessions().size());
            assertEquals(20, context.observations().size());
            assertEquals("mine", context.observations().get(0).title());
            assertEquals(1, context.prompts().size());
            for (String part : List.of("what came of it", "mine", "a question")) {
                assertTrue(context.markdown().contains(part), context.markdown());
            }
            assertThrows(UnsupportedOperationException.class, () -> context.prompts().clear());

            MemoryContext some = store.context(new MemoryContextOptions()
                    .project("p")
                    .scope("project")
                    .sessions(0)
                    .observations(3)
                    .prompts(0));
            assertEquals(List.of(), some.sessions());
            assertEquals(List.of(), some.prompts());
            assertEquals(
                    List.of("observed 21", "observed 20", "observed 19"),
                    some.observations().stream().map(MemoryObservation::title).toList());
            assertFalse(some.markdown().contains("a question"), some.markdown());
            assertThrows(IllegalArgumentException.class, () -> new MemoryContextOptions().sessions(-1));

            MemoryStats stats = store.stats();
            assertEquals(2, stats.sessions());
            assertEquals(26, stats.observations());
            assertEquals(1, stats.prompts());
            assertEquals(List.of("p", "q"), stats.projects());
        }
    }

    @Test
    void pagesJoinInOrder() {
        int count = 1500;
        try (MemoryStore store = openMemories()) {
            store.sessionStart("s", "");
            for (int i = 0; i < count; i++) {
                store.observationAdd(text("n" + i));
            }
            int next = count;
            for (MemoryObservation observation : store.observationList()) {
                assertEquals("n" + --next, observation.title());
            }
            assertEquals(0, next);
            assertEquals(count, store.observationList(new MemoryListOptions().limit(count)).stream().count());
        }
    }

    /** The values are snapshots, not drafts: nothing of them can be set, and no user can make one but from JSON. */
    @Test
    void valuesCannotBeChanged() {
        for (Class<?> type : List.of(
                MemorySession.class,
                MemoryObservation.class,
                MemoryHit.class,
                MemoryPrompt.class,
                MemoryAddition.class,
                MemoryStats.class,
                MemoryPurge.class)) {
            assertEquals(0, type.getConstructors().length, type.getName());
            for (java.lang.reflect.Method method : type.getMethods()) {
                boolean takes = method.getDeclaringClass() == type && method.getParameterCount() > 0;
                assertFalse(
                        takes && !List.of("fromJson", "equals").contains(method.getName()), type.getName() + method.getName());
            }
        }
    }

    @Test
    void twoStoresOnOneFolderSeeEachOther() {
        try (MemoryStore one = openMemories();
                MemoryStore other = MemoryStore.open(folder.toString(), unsyncedMemories())) {
            one.sessionStart("s", "");
            one.observationAdd(text("from one"));
            assertEquals(List.of("from one"), found(other.search("from")));
            String id = other.observationAdd(text("from other")).syncId();
            assertEquals(2, found(one.search("from")).size());
            assertEquals("from other", one.observationGet(id).content());
            other.observationDelete(id, true);
            assertEquals(List.of("from one"), found(one.search("from")));
            // And a ChronoStore beside them shows the records.
            try (ChronoStore records = open()) {
                assertTrue(records.query().stream().anyMatch(record -> record.kind().startsWith("memory_")));
                assertTrue(records.verify(true).valid());
            }
        }
    }

    @Test
    void allWaysToOpen() {
        Path other = folder.resolve("other");
        MemoryStore.open(folder).close();
        MemoryStore.open(other.toString()).close();
        MemoryStore.open(other, new MemoryStoreOptions().durability(Durability.BATCHED).batchBytes(4096)
                        .batchInterval(java.time.Duration.ofMillis(5)).mustExist(false))
                .close();
    }
}
