package quipu;

/**
 * Told how far a long call is, on the thread that made the call, a few times a second at most and once at the end. Reads of the
 * same store work inside; its writes and its close throw {@link MisuseException}. What it throws ends the call and comes out
 * of it, the same object.
 */
@FunctionalInterface
public interface Progress {
    /**
     * One report.
     *
     * @param done steps done so far, never falling
     * @param total steps in all, or -1 when that is not known
     * @return true to go on; false to cancel: the call then throws {@link CancelledException} and has changed nothing
     */
    boolean step(long done, long total);
}
