package quipu;

/** When a write counts as done. Each mode names what it can lose. */
public enum Durability {
    // In the order of the C API.
    /** Synced before the call returns: survives power loss. */
    FULL,
    /**
     * Written before the call returns, synced within {@link ChronoStoreOptions#batchInterval} or {@link
     * ChronoStoreOptions#batchBytes}: power loss may cost that much.
     */
    BATCHED,
    /** Written before the call returns, synced when the system pleases: survives the process, not power loss. */
    NONE
}
