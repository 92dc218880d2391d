package quipu;

import java.util.List;
import java.util.Objects;

/**
 * The recent past, as of one moment. Immutable.
 *
 * @param sessions by their last activity, the latest first
 * @param observations the newest first
 * @param prompts the newest first
 * @param markdown all of it, for an agent's prompt
 */
public record MemoryContext(
        List<MemorySession> sessions, List<MemoryObservation> observations, List<MemoryPrompt> prompts, String markdown) {
    /**
     * A context of the caller's making.
     *
     * @param sessions copied
     * @param observations copied
     * @param prompts copied
     * @param markdown the text
     */
    public MemoryContext {
        sessions = List.copyOf(sessions);
        observations = List.copyOf(observations);
        prompts = List.copyOf(prompts);
        Objects.requireNonNull(markdown, "markdown");
    }
}
