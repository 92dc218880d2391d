package quipu;

/**
 * What {@link ChronoStore#commitAction(TransactionAction)} runs.
 *
 * @param <X> what it may throw, beyond unchecked exceptions
 */
@FunctionalInterface
public interface TransactionAction<X extends Exception> {
    /**
     * Reads and writes; what it writes is committed when it returns and dropped when it throws.
     *
     * @param transaction usable until this returns, on this thread
     * @throws X to drop the transaction
     */
    void accept(ChronoTransaction transaction) throws X;
}
