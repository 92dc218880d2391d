namespace Quipu
{
    /// <summary>How a <see cref="ChronoStore"/> is opened. Read during the call, not kept.</summary>
    public sealed class ChronoStoreOptions : StoreOptions
    {
        /// <summary>Stamped on every event and on every record upserted.</summary>
        public long RecursionDepth { get; set; }
    }
}
