package quipu;

/** A transaction's function as the native library calls it. */
interface TransactionBody {
    void run(long transaction) throws Exception;
}
