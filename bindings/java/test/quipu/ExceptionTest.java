package quipu;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class ExceptionTest extends StoreTestCase {
    private static QuipuException make(int code) {
        return QuipuException.make(code, AWKWARD.getBytes(UTF_8), true, "p".getBytes(UTF_8), 3, 4, 5, 6, "b".getBytes(UTF_8));
    }

    @Test
    void everyCodeOfTheLibraryHasItsClass() {
        NativeLoader.require();
        int code = 1;
        for (; !QuipuNative.statusName(code).equals("UNKNOWN"); code++) {
            QuipuException e = make(code);
            assertEquals(code, e.code());
            assertEquals(QuipuNative.statusName(code), e.codeName());
            // QUIPU_E_NOT_A_STORE is NotAStoreException.
            StringBuilder name = new StringBuilder();
            for (String part : e.codeName().split("_")) {
                name.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
            }
            assertEquals(name + "Exception", e.getClass().getSimpleName());
        }
        assertTrue(code > 22, "the codes end at " + code);
        QuipuException unknown = make(9999);
        assertSame(QuipuException.class, unknown.getClass());
        assertEquals(9999, unknown.code());
        assertEquals("UNKNOWN", unknown.codeName());
    }

    @Test
    void anExceptionHasAllFieldsOfTheError() throws Exception {
        QuipuException e = make(2);
        for (int round = 0; round < 2; round++) {
            assertEquals(AWKWARD, e.getMessage());
            assertTrue(e.isRetryable());
            assertEquals("p", e.path());
            assertEquals(3, e.line());
            assertEquals(4, e.offset());
            assertEquals(5, e.seq());
            assertEquals(6, e.backendCode());
            assertEquals("b", e.backendMessage());
            // And once more after it was serialised.
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            new ObjectOutputStream(bytes).writeObject(e);
            e = (NotFoundException) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
        }
    }

    @Test
    void openingFailsWithTheRightClass() throws Exception {
        assertThrows(InvalidException.class, () -> ChronoStore.open(""));
        NotFoundException e = assertThrows(
                NotFoundException.class,
                () -> ChronoStore.open(folder.resolve("none"), new ChronoStoreOptions().mustExist(true)));
        assertTrue(e.path().contains("none"), e.path());
        assertFalse(Files.exists(folder.resolve("none")));
        Files.writeString(folder.resolve("file"), "x");
        assertThrows(ExistsException.class, () -> ChronoStore.open(folder.resolve("file")));
        Files.createDirectories(folder.resolve("other/.chronomemory"));
        Files.write(folder.resolve("other/.chronomemory/events.wal"), new byte[] {(byte) 0x89, 'P', 'N', 'G', 0, 1, 2});
        assertThrows(NotAStoreException.class, () -> ChronoStore.open(folder.resolve("other")));
    }

    @Test
    void readOnlyStoresRefuseWrites() {
        try (ChronoStore store = open()) {
            fill(store, 1);
        }
        try (ChronoStore store = ChronoStore.open(folder, new ChronoStoreOptions().readOnly(true))) {
            assertEquals(1, store.recordCount());
            assertThrows(ReadOnlyException.class, () -> store.upsert(new ChronoRecord("a")));
            assertThrows(ReadOnlyException.class, store::compact);
            assertEquals(1, store.walSeq());
        }
    }

    @Test
    void aHeldLockIsBusyAndRetryable() {
        ChronoStoreOptions impatient = unsynced().lockWait(Duration.ZERO);
        try (ChronoStore store = open();
                ChronoStore other = ChronoStore.open(folder, impatient)) {
            store.commitAction(transaction -> {
                BusyException e = assertThrows(BusyException.class, () -> other.upsert(new ChronoRecord("a")));
                assertTrue(e.isRetryable());
            });
            assertEquals(1, other.upsert(new ChronoRecord("a")).seq());
        }
    }

    @Test
    void optionsRefuseWhatMakesNoSense() {
        ChronoStoreOptions options = new ChronoStoreOptions();
        assertThrows(IllegalArgumentException.class, () -> options.lockWait(Duration.ofSeconds(-1)));
        assertThrows(IllegalArgumentException.class, () -> options.batchInterval(Duration.ZERO));
        assertThrows(IllegalArgumentException.class, () -> options.batchBytes(0));
        assertThrows(NullPointerException.class, () -> options.durability(null));
        ChronoStoreOptions batched =
                options.durability(Durability.BATCHED).batchInterval(Duration.ofMillis(5)).batchBytes(4096);
        try (ChronoStore store = ChronoStore.open(folder, batched.lockWait(Duration.ofNanos(1)))) {
            assertEquals(1, store.upsert(new ChronoRecord("a")).seq());
            store.sync();
        }
    }
}
