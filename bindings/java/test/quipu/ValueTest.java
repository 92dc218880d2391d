package quipu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The generated value classes against the library's own idea of their fields. */
class ValueTest extends StoreTestCase {
    private static final Pattern KEY = Pattern.compile("\"(\\w+)\": ");

    /** The fields of a class in the spelling of the files. */
    private static List<String> fields(Class<?> type) {
        List<String> names = new ArrayList<>();
        for (Field field : type.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers()) && !field.getName().equals("raw")) {
                names.add(field.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }

    /** The keys of a JSON object all of whose values are flat. */
    private static List<String> keys(String json) {
        List<String> names = new ArrayList<>();
        Matcher matcher = KEY.matcher(json);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    private static <T> DynamicTest sameFields(Class<T> type, Function<String, T> fromJson, Function<T, String> toJson) {
        return DynamicTest.dynamicTest(type.getSimpleName(), () -> {
            // Through the class and back: a field that it lacks would come back as the library's default, and be listed.
            String defaults = toJson.apply(fromJson.apply("{}"));
            assertEquals(fields(type), keys(defaults), "fields of the class, and of the library");
            assertEquals(defaults, toJson.apply(fromJson.apply(defaults)));
        });
    }

    @TestFactory
    List<DynamicTest> everyTypeHasTheFieldsOfTheLibrary() {
        return List.of(
                sameFields(ChronoRecord.class, ChronoRecord::fromJson, ChronoRecord::toJson),
                sameFields(WalEvent.class, WalEvent::fromJson, WalEvent::toJson),
                sameFields(ChronoNotice.class, ChronoNotice::fromJson, ChronoNotice::toJson),
                sameFields(ChronoVerification.class, ChronoVerification::fromJson, ChronoVerification::toJson),
                sameFields(ChronoMigration.class, ChronoMigration::fromJson, ChronoMigration::toJson));
    }

    @Test
    void theDefaultsAreThoseOfTheLibrary() {
        assertEquals(ChronoRecord.fromJson("{}"), new ChronoRecord());
        assertEquals(new ChronoRecord().toJson(), ChronoRecord.fromJson("{}").toJson());
        assertEquals("a", new ChronoRecord("a").id());
        assertEquals(-1, ChronoNotice.fromJson("{}").offset());
    }

    @Test
    void extremeNumbers() {
        try (ChronoStore store = open()) {
            for (double value : new double[] {
                0.0, -0.0, 1.0, 0.1, Double.MIN_VALUE, Double.MAX_VALUE, Double.NaN, Double.POSITIVE_INFINITY,
                Double.NEGATIVE_INFINITY
            }) {
                store.upsert(new ChronoRecord("d").confidence(value));
                assertEquals(value, store.get("d").confidence());
            }
            for (long value : new long[] {0, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
                ChronoRecord record = new ChronoRecord("i").recursionDepth(value);
                assertEquals(value, ChronoRecord.fromJson(record.toJson()).recursionDepth());
            }
        }
    }

    @Test
    void listsWithEmptyTextsAndWithout() {
        for (List<String> list : List.of(List.<String>of(), List.of(""), List.of("", "a", ""))) {
            ChronoRecord record = new ChronoRecord("a").evidence(list);
            assertEquals(list, ChronoRecord.unpack(record.pack()).evidence());
        }
        ChronoRecord read = ChronoRecord.unpack(new ChronoRecord("a").evidence(List.of("x")).pack());
        assertThrows(UnsupportedOperationException.class, () -> read.evidence().add("y"));
        assertThrows(NullPointerException.class, () -> new ChronoRecord((String) null));
        assertThrows(NullPointerException.class, () -> new ChronoRecord().label(null));
    }

    @Test
    void valuesOfAnotherKindGoBackAsTheyCame() {
        String odd = "{\"id\": 7, \"label\": null, \"confidence\": 1, \"evidence\": \"none\", \"is_hypothesis\": \"yes\", "
                + "\"recursion_depth\": 1e3, \"status\": \"\\ud800\"}";
        ChronoRecord record = ChronoRecord.fromJson(odd);
        assertEquals("7", record.id());
        assertEquals("", record.label());
        assertEquals(1.0, record.confidence());
        assertEquals(List.of(), record.evidence());
        assertEquals("\ufffd", record.status());

        String json = record.toJson();
        for (String kept : List.of("\"id\": 7", "\"label\": null", "\"confidence\": 1,", "\"evidence\": \"none\"",
                "\"is_hypothesis\": \"yes\"", "\"status\": \"\\ud800\"")) {
            assertTrue(json.contains(kept), kept + " in " + json);
        }

        // A change of one field leaves the others as they came; setting a field to what it shows is no change.
        String changed = record.copy().confidence(0.5).label("").toJson();
        assertTrue(changed.contains("\"confidence\": 0.5"), changed);
        assertTrue(changed.contains("\"label\": null"), changed);
        assertTrue(changed.contains("\"id\": 7"), changed);
        assertTrue(record.toJson().contains("\"confidence\": 1,"), "the copy is another object");
        String relabelled = record.copy().label("x").toJson();
        assertTrue(relabelled.contains("\"label\": \"x\""), relabelled);
    }

    @Test
    void valuesOfAnotherKindSurviveTheStore() {
        try (ChronoStore store = open()) {
            store.upsert(ChronoRecord.fromJson("{\"id\": \"a\", \"confidence\": 1, \"label\": [1]}"));
            ChronoRecord record = store.get("a");
            WalEvent event = store.upsert(record.kind("other"));
            assertTrue(event.record().contains("\"confidence\": 1,"), event.record());
            assertTrue(event.record().contains("\"label\": [1]"), event.record());
            assertTrue(event.record().contains("\"kind\": \"other\""), event.record());
        }
    }

    @Test
    void fieldsBeyondThoseKnownArePassedOver() {
        byte[] known = ChronoMigration.fromJson("{\"skipped\": 5}").pack();
        byte[] more = java.util.Arrays.copyOf(known, known.length + 6);
        more[1]++;
        more[known.length] = Packer.TAG_BOOL;
        more[known.length + 1] = 1;
        assertEquals(5, ChronoMigration.unpack(more).skipped());
        byte[] fewer = {1, 1, 0, 2, 8, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0};
        assertEquals(3, ChronoMigration.unpack(fewer).requirements());
        assertEquals(0, ChronoMigration.unpack(fewer).skipped());
        byte[] newer = known.clone();
        newer[0] = 2;
        assertThrows(IllegalStateException.class, () -> ChronoMigration.unpack(newer));
    }

    @Test
    void thePackedFormIsThatOfTheDocument() {
        byte[] expected = {1, 3, 0,
            2, 8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
            2, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            2, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
        ChronoMigration migration = ChronoMigration.fromJson("{\"requirements\": 2, \"skipped\": 1}");
        org.junit.jupiter.api.Assertions.assertArrayEquals(expected, migration.pack());
    }

    @Test
    void equalityAndText() {
        ChronoRecord one = new ChronoRecord("a").evidence(List.of("x"));
        ChronoRecord two = one.copy();
        assertEquals(one, two);
        assertEquals(one.hashCode(), two.hashCode());
        assertNotEquals(one, two.label("other"));
        assertFalse(one.equals(null));
        assertTrue(two.toString().startsWith("ChronoRecord[id=a, kind=fact"), two.toString());
    }

    @Test
    void jsonThatIsNoneIsRefusedWithThePlace() {
        InvalidException e = assertThrows(InvalidException.class, () -> ChronoRecord.fromJson("{\"id\": }"));
        assertEquals(7, e.offset());
        assertThrows(InvalidException.class, () -> ChronoRecord.fromJson(""));
        assertThrows(InvalidException.class, () -> ChronoRecord.fromJson("[]"));
        assertThrows(InvalidException.class, () -> new ChronoRecord("a").data("{").toJson());
    }
}
