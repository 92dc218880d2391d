using System.Collections.Generic;

namespace Quipu
{
    /// <summary>The recent past of a memory store, as of one moment: from <see cref="MemoryStore.Context"/>.</summary>
    public sealed class MemoryContext
    {
        internal MemoryContext(
            IReadOnlyList<MemorySession> sessions,
            IReadOnlyList<MemoryObservation> observations,
            IReadOnlyList<MemoryPrompt> prompts,
            string markdown)
        {
            Sessions = sessions;
            Observations = observations;
            Prompts = prompts;
            Markdown = markdown;
        }

        /// <summary>Sessions by their last activity, the latest first.</summary>
        public IReadOnlyList<MemorySession> Sessions { get; }

        /// <summary>Live observations, the newest first.</summary>
        public IReadOnlyList<MemoryObservation> Observations { get; }

        /// <summary>Prompts, the newest first.</summary>
        public IReadOnlyList<MemoryPrompt> Prompts { get; }

        /// <summary>All of it as Markdown text, for an agent's prompt; empty if there is nothing.</summary>
        public string Markdown { get; }
    }
}
