/**
 * State for AI agents: records in an append-only, hash-chained log that several processes, in several languages, write at once.
 *
 * <p>{@link quipu.ChronoStore} is the place to start, or, for what an agent remembers, {@link quipu.MemoryStore} on top of it. Stores
 * may be used by any number of threads at once; cursors by one thread at a time. Failures are unchecked: {@link quipu.QuipuException} and one subclass per code. Text is any string without
 * unpaired surrogates; NULs are kept. Since 0.1, experimental.
 */
package quipu;
