package quipu;

import java.util.Objects;

/**
 * An observation that is to be added, or, in {@link MemoryStore#observationUpdate}, what of it is to be changed: what was not
 * given stays as it is then, and is absent in an addition. Methods change the object and give it back.
 */
public final class MemoryObservationFields {
    private String sessionId;
    private String type;
    private String title;
    private String content;
    private String toolName;
    private String project;
    private String scope;
    private String topicKey;

    /** Nothing given. */
    public MemoryObservationFields() {}

    /** A native method that takes these fields; null for what was not given. */
    interface Call<R> {
        R apply(
                String sessionId,
                String type,
                String title,
                String content,
                String toolName,
                String project,
                String scope,
                String topicKey);
    }

    <R> R giveTo(Call<R> call) {
        return call.apply(sessionId, type, title, content, toolName, project, scope, topicKey);
    }

    /**
     * The session it belongs to, which must be there. Not for an update: an observation stays in its session.
     *
     * @param sessionId its id
     * @return this
     */
    public MemoryObservationFields sessionId(String sessionId) {
        this.sessionId = Objects.requireNonNull(sessionId, "sessionId");
        return this;
    }

    /**
     * What it is: decision, bugfix, architecture, discovery, pattern and so on.
     *
     * @param type free text
     * @return this
     */
    public MemoryObservationFields type(String type) {
        this.type = Objects.requireNonNull(type, "type");
        return this;
    }

    /**
     * What it is about.
     *
     * @param title one line
     * @return this
     */
    public MemoryObservationFields title(String title) {
        this.title = Objects.requireNonNull(title, "title");
        return this;
    }

    /**
     * The text itself.
     *
     * @param content not empty
     * @return this
     */
    public MemoryObservationFields content(String content) {
        this.content = Objects.requireNonNull(content, "content");
        return this;
    }

    /**
     * The tool it comes from.
     *
     * @param toolName empty for none
     * @return this
     */
    public MemoryObservationFields toolName(String toolName) {
        this.toolName = Objects.requireNonNull(toolName, "toolName");
        return this;
    }

    /**
     * The project it belongs to.
     *
     * @param project normalised: lower case, white space trimmed, runs of '-' and of '_' made one; empty for none
     * @return this
     */
    public MemoryObservationFields project(String project) {
        this.project = Objects.requireNonNull(project, "project");
        return this;
    }

    /**
     * Whose it is.
     *
     * @param scope {@code personal}, or {@code project}, which anything else means too
     * @return this
     */
    public MemoryObservationFields scope(String scope) {
        this.scope = Objects.requireNonNull(scope, "scope");
        return this;
    }

    /**
     * Its topic: of one topic, project and scope there is one live observation, and a later addition takes its place.
     *
     * @param topicKey trimmed, in lower case, white space runs made '-', at most 120 bytes; empty for none
     * @return this
     */
    public MemoryObservationFields topicKey(String topicKey) {
        this.topicKey = Objects.requireNonNull(topicKey, "topicKey");
        return this;
    }
}
