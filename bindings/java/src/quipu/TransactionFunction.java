package quipu;

/**
 * What {@link ChronoStore#commit(TransactionFunction)} runs.
 *
 * @param <T> what it gives
 * @param <X> what it may throw, beyond unchecked exceptions
 */
@FunctionalInterface
public interface TransactionFunction<T, X extends Exception> {
    /**
     * Reads and writes; what it writes is committed when it returns and dropped when it throws.
     *
     * @param transaction usable until this returns, on this thread
     * @return anything
     * @throws X to drop the transaction
     */
    T apply(ChronoTransaction transaction) throws X;
}
