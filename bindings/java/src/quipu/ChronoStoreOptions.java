package quipu;

/** How {@link ChronoStore#open(String, ChronoStoreOptions)} opens a store. Methods change the object and give it back. */
public final class ChronoStoreOptions extends StoreOptions<ChronoStoreOptions> {
    long recursionDepth;

    /** Every option at its default. */
    public ChronoStoreOptions() {}

    @Override
    ChronoStoreOptions self() {
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
}
