import java.nio.file.Path;
import quipu.ChronoRecord;
import quipu.ChronoStore;
import quipu.Quipu;

/** What a stranger would write first, with nothing but the jar. */
public final class Consumer {
    private Consumer() {}

    /** Writes a record into the folder given, reads it and verifies the chain. */
    public static void main(String[] arguments) {
        try (ChronoStore store = ChronoStore.open(Path.of(arguments[0]))) {
            store.upsert(new ChronoRecord("sky").label("is blue").confidence(0.9).data("{\"seen\": true}"));
            for (ChronoRecord record : store.query()) {
                System.out.println(record.id() + ": " + record.label());
            }
            System.out.println("valid: " + store.verify().valid());
        }
        System.out.println("version: " + Quipu.version());
    }
}
