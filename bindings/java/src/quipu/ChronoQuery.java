package quipu;

import java.util.Objects;

/**
 * Which records {@link ChronoStore#query(ChronoQuery)} gives; all active ones unless told otherwise. Methods change the object and
 * give it back.
 */
public final class ChronoQuery {
    boolean ragFilter;
    boolean anyStatus;
    double minConfidence;
    String kind = "";
    String status = "";

    /** All active records. */
    public ChronoQuery() {}

    /**
     * Exactly this kind.
     *
     * @param kind empty, the default, for every kind
     * @return this
     */
    public ChronoQuery kind(String kind) {
        this.kind = Objects.requireNonNull(kind, "kind");
        return this;
    }

    /**
     * Exactly this status.
     *
     * @param status empty, the default, for active
     * @return this
     */
    public ChronoQuery status(String status) {
        this.status = Objects.requireNonNull(status, "status");
        return this;
    }

    /**
     * Every status. A status must not be given then.
     *
     * @param anyStatus false by default
     * @return this
     */
    public ChronoQuery anyStatus(boolean anyStatus) {
        this.anyStatus = anyStatus;
        return this;
    }

    /**
     * Only a confidence of at least 0.6.
     *
     * @param ragFilter false by default
     * @return this
     */
    public ChronoQuery ragFilter(boolean ragFilter) {
        this.ragFilter = ragFilter;
        return this;
    }

    /**
     * Only a confidence of at least this.
     *
     * @param minConfidence 0 by default, and never less than 0; NaN lets everything pass
     * @return this
     */
    public ChronoQuery minConfidence(double minConfidence) {
        this.minConfidence = minConfidence;
        return this;
    }
}
