package quipu;

import java.time.Duration;

/** How {@link MemoryStore#open(String, MemoryStoreOptions)} opens a store. Methods change the object and give it back. */
public final class MemoryStoreOptions extends StoreOptions<MemoryStoreOptions> {
    // As in C: 0 means the library's default, -1 that nothing is a duplicate.
    long maxContentBytes;
    long dedupeWindowSeconds;

    /** Every option at its default. */
    public MemoryStoreOptions() {}

    @Override
    MemoryStoreOptions self() {
        return this;
    }

    /**
     * Contents of observations and prompts that are longer are cut, at a character.
     *
     * @param maxContentBytes bytes of UTF-8, 50,000 by default; more than zero
     * @return this
     */
    public MemoryStoreOptions maxContentBytes(long maxContentBytes) {
        this.maxContentBytes = positive(maxContentBytes, "maxContentBytes");
        return this;
    }

    /**
     * How long the same text counts as a duplicate of the one added before.
     *
     * @param dedupeWindow 15 minutes by default; zero means that nothing is a duplicate; a part of a second counts as a whole one
     * @return this
     */
    public MemoryStoreOptions dedupeWindow(Duration dedupeWindow) {
        long seconds = notNegative(dedupeWindow).getSeconds();
        boolean more = dedupeWindow.getNano() > 0 && seconds < Long.MAX_VALUE;
        dedupeWindowSeconds = dedupeWindow.isZero() ? -1 : seconds + (more ? 1 : 0);
        return this;
    }
}
