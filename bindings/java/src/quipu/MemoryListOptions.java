package quipu;

import java.time.Instant;
import java.util.Objects;

/**
 * Which rows a list or a search of a {@link MemoryStore} gives; all live ones unless told otherwise. A text that is empty does not
 * matter. Methods change the object and give it back.
 */
public final class MemoryListOptions {
    private boolean withDeleted;
    private long limit;
    private String project = "";
    private String sessionId = "";
    private String type = "";
    private String scope = "";
    private String since = "";
    private String until = "";

    /** All live rows. */
    public MemoryListOptions() {}

    /** A native method that takes these options. */
    interface Call<R> {
        R apply(
                boolean withDeleted,
                long limit,
                String project,
                String sessionId,
                String type,
                String scope,
                String since,
                String until);
    }

    <R> R giveTo(Call<R> call) {
        return call.apply(withDeleted, limit, project, sessionId, type, scope, since, until);
    }

    /**
     * Observations that were deleted softly, too.
     *
     * @param withDeleted false by default
     * @return this
     */
    public MemoryListOptions withDeleted(boolean withDeleted) {
        this.withDeleted = withDeleted;
        return this;
    }

    /**
     * At most so many.
     *
     * @param limit 0, the default, for all, of a search 10; a negative one is refused with {@link InvalidException}
     * @return this
     */
    public MemoryListOptions limit(long limit) {
        this.limit = limit;
        return this;
    }

    /**
     * Of that project.
     *
     * @param project normalised as all names of projects
     * @return this
     */
    public MemoryListOptions project(String project) {
        this.project = Objects.requireNonNull(project, "project");
        return this;
    }

    /**
     * Of that session.
     *
     * @param sessionId its id
     * @return this
     */
    public MemoryListOptions sessionId(String sessionId) {
        this.sessionId = Objects.requireNonNull(sessionId, "sessionId");
        return this;
    }

    /**
     * Of observations: of exactly that type.
     *
     * @param type free text
     * @return this
     */
    public MemoryListOptions type(String type) {
        this.type = Objects.requireNonNull(type, "type");
        return this;
    }

    /**
     * Of observations: of that scope.
     *
     * @param scope {@code project} or {@code personal}
     * @return this
     */
    public MemoryListOptions scope(String scope) {
        this.scope = Objects.requireNonNull(scope, "scope");
        return this;
    }

    /**
     * Created, sessions started, at that time or later.
     *
     * @param since a time as rows have it, or as RFC 3339 spells it; without an offset UTC. {@link InvalidException} if it is none
     * @return this
     */
    public MemoryListOptions since(String since) {
        this.since = Objects.requireNonNull(since, "since");
        return this;
    }

    /**
     * Created, sessions started, at that time or later.
     *
     * @param since a time; rows have whole seconds
     * @return this
     */
    public MemoryListOptions since(Instant since) {
        return since(since.toString());
    }

    /**
     * Created, sessions started, before that time.
     *
     * @param until as {@link #since(String)}
     * @return this
     */
    public MemoryListOptions until(String until) {
        this.until = Objects.requireNonNull(until, "until");
        return this;
    }

    /**
     * Created, sessions started, before that time.
     *
     * @param until a time; rows have whole seconds
     * @return this
     */
    public MemoryListOptions until(Instant until) {
        return until(until.toString());
    }
}
