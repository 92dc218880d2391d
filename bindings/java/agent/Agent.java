import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import quipu.ChronoCursor;
import quipu.ChronoQuery;
import quipu.ChronoRecord;
import quipu.ChronoStore;
import quipu.ChronoStoreOptions;
import quipu.ChronoVerification;
import quipu.Durability;
import quipu.MemoryHit;
import quipu.MemoryListOptions;
import quipu.MemoryObservationFields;
import quipu.MemoryStore;
import quipu.MemoryStoreOptions;
import quipu.QuipuException;
import quipu.StoreOptions;

/** One of four programs, one per language, with the same command line: see tests/languages. */
public final class Agent {
    private static final Pattern COUNTER = Pattern.compile("\"n\"\\s*:\\s*(\\d+)");
    private static final String AWKWARD = " A\0B é € 😀 𝄞 z";

    private static PrintStream out;

    private Agent() {}

    /** Runs one command. */
    public static void main(String[] arguments) {
        // Each line in one write: several agents may share the output.
        out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)), false, UTF_8);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8);
        long pid = ProcessHandle.current().pid();
        int code = 0;
        try {
            out.printf("done pid=%d language=java count=%d%n", pid, run(List.of(arguments), pid));
        } catch (QuipuException e) {
            err.println("error " + e.codeName() + " " + e.getMessage());
            code = 1;
        } catch (IllegalArgumentException e) {
            err.println("error INVALID " + e.getMessage());
            code = 1;
        }
        out.flush();
        System.exit(code);
    }

    private static long run(List<String> arguments, long pid) {
        if (arguments.size() < 2) {
            throw new IllegalArgumentException("agent COMMAND DIR ...");
        }
        if (arguments.get(0).startsWith("memory-")) {
            return runMemory(arguments, pid);
        }
        try (ChronoStore store = ChronoStore.open(arguments.get(1), withDurability(new ChronoStoreOptions(), arguments))) {
            switch (arguments.get(0)) {
                case "append":
                    return append(store, arguments, pid);
                case "increment":
                    return increment(store, Integer.parseInt(arguments.get(2)), arguments.get(3));
                case "count":
                    return count(store, arguments.get(2));
                case "dump":
                    return dump(store);
                case "unicode":
                    return unicode(store, arguments.get(2));
                case "verify":
                    ChronoVerification found = store.verify(true);
                    out.printf("valid=%b events=%d%n", found.valid(), found.events());
                    return found.events();
                case "compact":
                    long events = store.compact();
                    out.printf("events=%d%n", events);
                    return events;
                default:
                    throw new IllegalArgumentException("no command is called " + arguments.get(0));
            }
        }
    }

    private static <T extends StoreOptions<T>> T withDurability(T options, List<String> arguments) {
        int durability = arguments.indexOf("--durability");
        return durability < 0
                ? options
                : options.durability(Durability.valueOf(arguments.get(durability + 1).toUpperCase(Locale.ROOT)));
    }

    private static long runMemory(List<String> arguments, long pid) {
        try (MemoryStore store =
                MemoryStore.open(arguments.get(1), withDurability(new MemoryStoreOptions(), arguments))) {
            switch (arguments.get(0)) {
                case "memory-topic":
                    return memoryTopic(store, arguments, pid);
                case "memory-text":
                    return memoryText(store, arguments);
                case "memory-search":
                    return memorySearch(store, arguments.get(2));
                default:
                    throw new IllegalArgumentException("no command is called " + arguments.get(0));
            }
        }
    }

    /** Texts of this process's own, so that each addition is a revision and none a duplicate. */
    private static long memoryTopic(MemoryStore store, List<String> arguments, long pid) {
        String session = arguments.get(2);
        String topic = arguments.get(3);
        int count = Integer.parseInt(arguments.get(4));
        store.sessionStart(session, "");
        for (int i = 0; i < count; i++) {
            store.observationAdd(new MemoryObservationFields()
                    .sessionId(session)
                    .type("discovery")
                    .title(topic + " by java")
                    .content("text " + i + " of process " + pid + " on " + topic + " in java")
                    .topicKey(topic));
        }
        return count;
    }

    private static long memoryText(MemoryStore store, List<String> arguments) {
        String session = arguments.get(2);
        String text = arguments.get(3);
        int count = Integer.parseInt(arguments.get(4));
        store.sessionStart(session, "");
        MemoryObservationFields observation = new MemoryObservationFields()
                .sessionId(session)
                .type("discovery")
                .title(text)
                .content(text);
        for (int i = 0; i < count; i++) {
            store.observationAdd(observation);
        }
        return count;
    }

    private static long memorySearch(MemoryStore store, String query) {
        long count = 0;
        for (MemoryHit hit : store.search(query, new MemoryListOptions().limit(1000))) {
            out.println(hit.syncId() + "\t" + hit.title());
            count++;
        }
        return count;
    }

    private static long append(ChronoStore store, List<String> arguments, long pid) {
        int count = Integer.parseInt(arguments.get(2));
        String tag = arguments.get(3);
        boolean acks = arguments.contains("--acks");
        int kind = arguments.indexOf("--kind");
        for (int i = 0; i < count; i++) {
            String id = tag + "-" + i;
            ChronoRecord record = new ChronoRecord(id)
                    .kind(kind < 0 ? "note" : arguments.get(kind + 1))
                    .label("note " + i + " by java")
                    .confidence(0.5 + (i % 50) / 100.0)
                    .evidence(List.of("pid:" + pid))
                    .data("{\"i\": " + i + ", \"language\": \"java\"}");
            long seq = store.upsert(record).seq();
            if (acks) {
                out.println("ack " + id + " " + seq);
                out.flush();
            }
        }
        return count;
    }

    private static long increment(ChronoStore store, int times, String id) {
        for (int i = 0; i < times; i++) {
            store.commitAction(transaction -> {
                ChronoRecord record = transaction.find(id).orElseGet(() -> new ChronoRecord(id));
                Matcher counter = COUNTER.matcher(record.data());
                long value = counter.find() ? Long.parseLong(counter.group(1)) : 0;
                transaction.upsert(record.data("{\"n\": " + (value + 1) + "}"));
            });
        }
        return times;
    }

    private static long count(ChronoStore store, String kind) {
        try (ChronoCursor records = store.query(new ChronoQuery().kind(kind).anyStatus(true))) {
            return records.stream().count();
        }
    }

    private static long dump(ChronoStore store) {
        long count = 0;
        for (ChronoRecord record : store.query(new ChronoQuery().anyStatus(true))) {
            out.println(String.join(" ",
                    hex(record.id()),
                    hex(record.kind()),
                    hex(record.status()),
                    hex(record.label()),
                    String.format("%016x", Double.doubleToRawLongBits(record.confidence())),
                    hex(record.sourceType()),
                    hex(String.join("\0", record.evidence())),
                    hex(String.join("\0", record.epistemicBoundary())),
                    record.isHypothesis() ? "1" : "0",
                    hex(record.modelAssumptions()),
                    Long.toString(record.recursionDepth()),
                    hex(record.data())));
            count++;
        }
        return count;
    }

    private static long unicode(ChronoStore store, String tag) {
        String text = tag + AWKWARD;
        store.upsert(new ChronoRecord(text)
                .kind("awkward")
                .label(text)
                .evidence(List.of("", text))
                .data("{\"text\": \"" + escape(text) + "\"}"));
        return 1;
    }

    private static String hex(String text) {
        return text.isEmpty() ? "-" : HexFormat.of().formatHex(text.getBytes(UTF_8));
    }

    private static String escape(String text) {
        StringBuilder made = new StringBuilder();
        for (char one : text.toCharArray()) {
            if (one < ' ') {
                made.append(String.format("\\u%04x", (int) one));
            } else if (one == '"' || one == '\\') {
                made.append('\\').append(one);
            } else {
                made.append(one);
            }
        }
        return made.toString();
    }
}
