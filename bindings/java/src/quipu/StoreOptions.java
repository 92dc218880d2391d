package quipu;

import java.time.Duration;
import java.util.Objects;

/**
 * What the opening of any store can be told. Methods change the object and give it back.
 *
 * @param <T> the options of a store, which these methods give back
 */
public abstract sealed class StoreOptions<T extends StoreOptions<T>> permits ChronoStoreOptions, MemoryStoreOptions {
    boolean readOnly;
    boolean mustExist;
    Durability durability = Durability.FULL;
    // As in C: 0 means the library's default.
    long lockWaitMillis;
    long batchMillis;
    long batchBytes;

    StoreOptions() {}

    /** This, as what it is. */
    abstract T self();

    /**
     * Writes nothing at all, no lock file either; writes throw {@link ReadOnlyException}.
     *
     * @param readOnly false by default
     * @return this
     */
    public T readOnly(boolean readOnly) {
        this.readOnly = readOnly;
        return self();
    }

    /**
     * Does not create the folder: {@link NotFoundException} if there is no store.
     *
     * @param mustExist false by default
     * @return this
     */
    public T mustExist(boolean mustExist) {
        this.mustExist = mustExist;
        return self();
    }

    /**
     * When a write counts as done.
     *
     * @param durability {@link Durability#FULL} by default
     * @return this
     */
    public T durability(Durability durability) {
        this.durability = Objects.requireNonNull(durability, "durability");
        return self();
    }

    /**
     * The longest wait for other writers, in this and in other processes; then {@link BusyException}.
     *
     * @param lockWait 10 seconds by default; zero means not to wait; less than a millisecond counts as one
     * @return this
     */
    public T lockWait(Duration lockWait) {
        lockWaitMillis = lockWait.isZero() ? -1 : millis(lockWait);
        return self();
    }

    /**
     * With {@link Durability#BATCHED}: the longest time that a write stays unsynced.
     *
     * @param batchInterval 50 milliseconds by default; more than zero
     * @return this
     */
    public T batchInterval(Duration batchInterval) {
        if (batchInterval.isZero()) {
            throw new IllegalArgumentException("a batch interval of zero: Durability.FULL syncs every write");
        }
        batchMillis = millis(batchInterval);
        return self();
    }

    /**
     * With {@link Durability#BATCHED}: the most bytes that stay unsynced.
     *
     * @param batchBytes 1 MiB by default; more than zero
     * @return this
     */
    public T batchBytes(long batchBytes) {
        this.batchBytes = positive(batchBytes, "batchBytes");
        return self();
    }

    static long positive(long number, String what) {
        if (number <= 0) {
            throw new IllegalArgumentException(what + " must be more than 0: " + number);
        }
        return number;
    }

    static Duration notNegative(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("a duration must not be negative: " + duration);
        }
        return duration;
    }

    private static long millis(Duration duration) {
        return Math.max(1, notNegative(duration).toMillis());
    }
}
