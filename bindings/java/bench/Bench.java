import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import quipu.ChronoRecord;
import quipu.ChronoStore;
import quipu.ChronoStoreOptions;
import quipu.Durability;
import quipu.WalEvent;

/**
 * The Java side of the work {@code languages} of the benchmark (tests/bench): what one upsert costs. The command line and the
 * answers are those of bindings/go/internal/bench.
 */
public final class Bench {
    private Bench() {}

    /** {@code Bench DIR RECORDS COUNT}. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3) {
            throw new IllegalArgumentException("usage: Bench DIR RECORDS COUNT");
        }
        int count = Integer.parseInt(arguments[2]);
        ChronoStoreOptions options = new ChronoStoreOptions().durability(Durability.NONE);
        BufferedReader rounds = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        try (ChronoStore store = ChronoStore.open(arguments[0], options);
                BufferedReader lines = Files.newBufferedReader(Path.of(arguments[1]))) {
            answer("{\"ready\": true}");
            while (rounds.readLine() != null) {
                List<ChronoRecord> records = read(lines, count);
                System.gc();
                long sum = 0;
                long start = System.nanoTime();
                for (ChronoRecord record : records) {
                    sum += read(store.upsert(record));
                }
                long taken = System.nanoTime() - start;
                answer("{\"ns\": " + taken / count + ", \"read\": " + sum + "}");
            }
        }
    }

    private static List<ChronoRecord> read(BufferedReader lines, int count) throws IOException {
        List<ChronoRecord> records = new ArrayList<>(count);
        while (records.size() < count) {
            String line = lines.readLine();
            if (line == null) {
                throw new EOFException("too few records");
            }
            records.add(ChronoRecord.fromJson(line));
        }
        return records;
    }

    private static long read(WalEvent event) {
        return event.seq() + event.recursionDepth() + event.ts().length() + event.op().length() + event.recordId().length()
                + event.record().length() + event.prevHash().length() + event.hash().length();
    }

    private static void answer(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
