namespace Quipu
{
    /// <summary>Which rows a list or a search gives. All conditions must hold; a text that is null or empty does not
    /// matter. Read during the call, not kept.</summary>
    public sealed class MemoryListOptions
    {
        /// <summary>Of that project, whose name is normalised first.</summary>
        public string? Project { get; set; }

        /// <summary>Of that session.</summary>
        public string? SessionId { get; set; }

        /// <summary>Observations of exactly that type.</summary>
        public string? Type { get; set; }

        /// <summary>Observations of that scope: <c>project</c> or <c>personal</c>.</summary>
        public string? Scope { get; set; }

        /// <summary>Created, or for sessions started, at that time or later: UTC, <c>YYYY-MM-DD HH:MM:SS</c>, or as RFC
        /// 3339 has it. <see cref="InvalidException"/> if it is no time.</summary>
        public string? Since { get; set; }

        /// <summary>Created, or for sessions started, before that time; written as <see cref="Since"/> is.</summary>
        public string? Until { get; set; }

        /// <summary>At most so many. 0 is the default: all of a list, 10 of a search.</summary>
        public long Limit { get; set; }

        /// <summary>Observations that were deleted softly, too.</summary>
        public bool WithDeleted { get; set; }

        /// <summary>A call that lists rows, with its options as the library takes them.</summary>
        internal delegate T Call<T>(
            bool withDeleted,
            long limit,
            string project,
            string sessionId,
            string type,
            string scope,
            string since,
            string until);

        internal static T Pass<T>(MemoryListOptions? options, Call<T> call)
        {
            options = options ?? new MemoryListOptions();
            return call(
                options.WithDeleted,
                options.Limit,
                options.Project ?? "",
                options.SessionId ?? "",
                options.Type ?? "",
                options.Scope ?? "",
                options.Since ?? "",
                options.Until ?? "");
        }
    }
}
