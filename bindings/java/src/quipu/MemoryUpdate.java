package quipu;

/**
 * What {@link MemoryStore#observationUpdate} did. Immutable.
 *
 * @param observation as it is now
 * @param truncated whether the content was longer than the store takes and was cut
 */
public record MemoryUpdate(MemoryObservation observation, boolean truncated) {}
