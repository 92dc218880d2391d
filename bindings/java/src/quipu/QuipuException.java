package quipu;

import java.io.Serializable;

/**
 * A call that failed. Each code has a class of its own ({@link NotFoundException}, {@link BusyException} ...); a code that a newer
 * library answers and this package does not know comes as this class itself.
 */
public class QuipuException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** All that is known about a failure, as the native library tells it. */
    record Details(
            int code,
            String message,
            boolean retryable,
            String path,
            long line,
            long offset,
            long seq,
            long backendCode,
            String backendMessage)
            implements Serializable {}

    /** Everything the methods show. */
    private final Details details;

    QuipuException(Details details) {
        super(details.message());
        this.details = details;
    }

    /** Called by the native library, with text in UTF-8. */
    static QuipuException make(
            int code,
            byte[] message,
            boolean retryable,
            byte[] path,
            long line,
            long offset,
            long seq,
            long backendCode,
            byte[] backendMessage) {
        return Exceptions.of(
                new Details(
                        code,
                        Utf8.decode(message),
                        retryable,
                        Utf8.decode(path),
                        line,
                        offset,
                        seq,
                        backendCode,
                        Utf8.decode(backendMessage)));
    }

    /**
     * The number of the code, the same in every language.
     *
     * @return as in docs/ERRORS.md
     */
    public final int code() {
        return details.code();
    }

    /**
     * The symbol of the code, the same in every language.
     *
     * @return for example "NOT_FOUND"; "UNKNOWN" for a code that the loaded library does not know
     */
    public final String codeName() {
        NativeLoader.require();
        return QuipuNative.statusName(details.code());
    }

    /**
     * Whether the same call may succeed later without any change.
     *
     * @return true if it may
     */
    public final boolean isRetryable() {
        return details.retryable();
    }

    /**
     * The file or folder concerned.
     *
     * @return its path; empty if none is
     */
    public final String path() {
        return details.path();
    }

    /**
     * The line in that file.
     *
     * @return counted from 1; 0 if none is meant
     */
    public final long line() {
        return details.line();
    }

    /**
     * The place in that file, or in the text given.
     *
     * @return a byte offset (of the text in UTF-8); -1 if none is meant
     */
    public final long offset() {
        return details.offset();
    }

    /**
     * The event concerned.
     *
     * @return its number; -1 if none is meant
     */
    public final long seq() {
        return details.seq();
    }

    /**
     * The code of the layer below: errno for files.
     *
     * @return 0 if there is none
     */
    public final long backendCode() {
        return details.backendCode();
    }

    /**
     * The text of the layer below.
     *
     * @return empty if there is none
     */
    public final String backendMessage() {
        return details.backendMessage();
    }
}
