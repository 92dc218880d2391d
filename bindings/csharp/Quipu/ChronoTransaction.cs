namespace Quipu
{
    /// <summary>What the function of a commit reads and writes with. Reads see the latest state and the transaction's
    /// own writes; nothing is on disk before the function has returned.</summary>
    /// <remarks>
    /// Valid only until the function returns, and only on its thread: after that, and on any other thread, every
    /// method throws <see cref="MisuseException"/>. Cursors of a transaction stay usable.
    /// </remarks>
    public unsafe partial class ChronoTransaction
    {
        /// <summary>The records that fit, in the order in which their ids were first written, as of now, with the
        /// transaction's own writes.</summary>
        /// <param name="options">Null: all active records.</param>
        /// <returns>A cursor, which stays usable after the transaction.</returns>
        public ChronoCursor Query(ChronoQueryOptions? options = null)
        {
            options = options ?? new ChronoQueryOptions();
            return QueryNative(
                options.RagFilter, options.AnyStatus, options.MinConfidence, options.Kind ?? "", options.Status ?? "");
        }
    }
}
