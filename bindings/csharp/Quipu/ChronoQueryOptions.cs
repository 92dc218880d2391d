namespace Quipu
{
    /// <summary>Which records a query gives. All conditions must hold.</summary>
    public sealed class ChronoQueryOptions
    {
        /// <summary>Exactly this kind; null or empty: every kind.</summary>
        public string? Kind { get; set; }

        /// <summary>Exactly this status; null or empty: <c>active</c>. Not together with
        /// <see cref="AnyStatus"/>.</summary>
        public string? Status { get; set; }

        /// <summary>Every status, tombstones included.</summary>
        public bool AnyStatus { get; set; }

        /// <summary>Only records with a confidence of at least 0.6.</summary>
        public bool RagFilter { get; set; }

        /// <summary>Only records with at least this confidence; never less than 0. NaN lets everything pass. A
        /// confidence that is no number in the file counts as 0, true as 1, false as 0.</summary>
        public double MinConfidence { get; set; }
    }
}
