package quipu;

import java.util.Objects;

/** What {@link MemoryStore#context(MemoryContextOptions)} gives. Methods change the object and give it back. */
public final class MemoryContextOptions {
    String project = "";
    String scope = "";
    // As in C: 0 means the library's default, -1 none.
    long sessions;
    long observations;
    long prompts;

    /** All projects and scopes, and as many rows as is usual. */
    public MemoryContextOptions() {}

    /**
     * Of that project.
     *
     * @param project normalised as all names of projects; empty, the default, for all
     * @return this
     */
    public MemoryContextOptions project(String project) {
        this.project = Objects.requireNonNull(project, "project");
        return this;
    }

    /**
     * Observations of that scope.
     *
     * @param scope {@code project} or {@code personal}; empty, the default, for both
     * @return this
     */
    public MemoryContextOptions scope(String scope) {
        this.scope = Objects.requireNonNull(scope, "scope");
        return this;
    }

    /**
     * How many sessions at most.
     *
     * @param sessions 5 by default; 0 for none
     * @return this
     */
    public MemoryContextOptions sessions(long sessions) {
        this.sessions = count(sessions, "sessions");
        return this;
    }

    /**
     * How many observations at most.
     *
     * @param observations 20 by default; 0 for none
     * @return this
     */
    public MemoryContextOptions observations(long observations) {
        this.observations = count(observations, "observations");
        return this;
    }

    /**
     * How many prompts at most.
     *
     * @param prompts 10 by default; 0 for none
     * @return this
     */
    public MemoryContextOptions prompts(long prompts) {
        this.prompts = count(prompts, "prompts");
        return this;
    }

    private static long count(long number, String what) {
        if (number < 0) {
            throw new IllegalArgumentException(what + " must not be negative: " + number);
        }
        return number == 0 ? -1 : number;
    }
}
