package quipu;

import java.time.Duration;
import java.util.Objects;

/** How {@link ChronoStore#open(String, ChronoStoreOptions)} opens a store. Methods change the object and give it back. */
public final class ChronoStoreOptions {
    boolean readOnly;
    boolean mustExist;
    Durability durability = Durability.FULL;
    long recursionDepth;
    // As in C: 0 means the library's default.
    long lockWaitMillis;
    long batchMillis;
    long batchBytes;

    /** Every option at its default. */
    public ChronoStoreOptions() {}

    /**
     * Writes nothing at all, no lock file either; writes throw {@link ReadOnlyException}.
     *
     * @param readOnly false by default
     * @return this
     */
    public ChronoStoreOptions readOnly(boolean readOnly) {
        this.readOnly = readOnly;
        return this;
    }

    /**
     * Does not create the folder: {@link NotFoundException} if there is no store.
     *
     * @param mustExist false by default
     * @return this
     */
    public ChronoStoreOptions mustExist(boolean mustExist) {
        this.mustExist = mustExist;
        return this;
    }

    /**
     * When a write counts as done.
     *
     * @param durability {@link Durability#FULL} by default
     * @return this
     */
    public ChronoStoreOptions durability(Durability durability) {
        this.durability = Objects.requireNonNull(durability, "durability");
        return this;
    }

    /**
     * The depth stamped on every event and on every record upserted.
     *
     * @param recursionDepth 0 by default
     * @return this
     */
    public ChronoStoreOptions recursionDepth(long recursionDepth) {
        this.recursionDepth = recursionDepth;
        return this;
    }

    /**
     * The longest wait for other writers, in this and in other processes; then {@link BusyException}.
     *
     * @param lockWait 10 seconds by default; zero means not to wait; less than a millisecond counts as one
     * @return this
     */
    public ChronoStoreOptions lockWait(Duration lockWait) {
        lockWaitMillis = lockWait.isZero() ? -1 : millis(lockWait);
        return this;
    }

    /**
     * With {@link Durability#BATCHED}: the longest time that a write stays unsynced.
     *
     * @param batchInterval 50 milliseconds by default; more than zero
     * @return this
     */
    public ChronoStoreOptions batchInterval(Duration batchInterval) {
        if (batchInterval.isZero()) {
            throw new IllegalArgumentException("a batch interval of zero: Durability.FULL syncs every write");
        }
        batchMillis = millis(batchInterval);
        return this;
    }

    /**
     * With {@link Durability#BATCHED}: the most bytes that stay unsynced.
     *
     * @param batchBytes 1 MiB by default; more than zero
     * @return this
     */
    public ChronoStoreOptions batchBytes(long batchBytes) {
        if (batchBytes <= 0) {
            throw new IllegalArgumentException("batchBytes must be more than 0: " + batchBytes);
        }
        this.batchBytes = batchBytes;
        return this;
    }

    private static long millis(Duration duration) {
        if (duration.isNegative()) {
            throw new IllegalArgumentException("a duration must not be negative: " + duration);
        }
        return Math.max(1, duration.toMillis());
    }
}
