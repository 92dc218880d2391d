using System;

namespace Quipu
{
    /// <summary>What of the recent past a context gives. Read during the call, not kept.</summary>
    public sealed class MemoryContextOptions
    {
        /// <summary>Of that project, whose name is normalised first; null or empty: of all.</summary>
        public string? Project { get; set; }

        /// <summary>Observations of that scope, <c>project</c> or <c>personal</c>; null or empty: of both.</summary>
        public string? Scope { get; set; }

        /// <summary>How many sessions at most; 0: none. Null is the default, 5.</summary>
        public long? Sessions { get; set; }

        /// <summary>How many observations at most; 0: none. Null is the default, 20.</summary>
        public long? Observations { get; set; }

        /// <summary>How many prompts at most; 0: none. Null is the default, 10.</summary>
        public long? Prompts { get; set; }

        internal long SessionsOrDefault => OrDefault(Sessions, nameof(Sessions));

        internal long ObservationsOrDefault => OrDefault(Observations, nameof(Observations));

        internal long PromptsOrDefault => OrDefault(Prompts, nameof(Prompts));

        // For the C API 0 means the default, and -1 none.
        private static long OrDefault(long? count, string name)
        {
            if (count < 0)
            {
                throw new ArgumentOutOfRangeException("options", name + " must not be negative.");
            }

            return count == null ? 0 : count == 0 ? -1 : count.Value;
        }
    }
}
