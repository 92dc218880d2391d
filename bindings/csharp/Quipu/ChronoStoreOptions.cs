using System;

namespace Quipu
{
    /// <summary>How a store is opened. Read during the call, not kept.</summary>
    public sealed class ChronoStoreOptions
    {
        /// <summary>Write nothing at all, no lock file either; writes throw <see cref="ReadOnlyException"/>.</summary>
        public bool ReadOnly { get; set; }

        /// <summary>Do not create the folder: <see cref="NotFoundException"/> if there is no store.</summary>
        public bool MustExist { get; set; }

        /// <summary>When a write counts as done. Default: when it is on disk.</summary>
        public Durability Durability { get; set; } = Durability.Full;

        /// <summary>Stamped on every event and on every record upserted.</summary>
        public long RecursionDepth { get; set; }

        /// <summary>The longest wait for other writers, in this and in other processes; then
        /// <see cref="BusyException"/>. <see cref="TimeSpan.Zero"/> does not wait; null is the default, 10
        /// seconds.</summary>
        public TimeSpan? LockWait { get; set; }

        /// <summary>With <see cref="Quipu.Durability.Batched"/>: the longest time that a write stays unsynced. Null
        /// is the default, 50 milliseconds.</summary>
        public TimeSpan? BatchInterval { get; set; }

        /// <summary>With <see cref="Quipu.Durability.Batched"/>: the most bytes that stay unsynced. Null is the
        /// default, 1 MiB.</summary>
        public long? BatchBytes { get; set; }

        // For the C API 0 means the default and, of the wait, -1 means none.
        internal long LockWaitMilliseconds =>
            LockWait == null ? 0 : LockWait == TimeSpan.Zero ? -1 : Milliseconds(LockWait.Value, nameof(LockWait));

        internal long BatchMilliseconds =>
            BatchInterval == null ? 0 : Milliseconds(BatchInterval.Value, nameof(BatchInterval));

        internal long BatchBytesOrDefault =>
            BatchBytes == null ? 0 : BatchBytes > 0 ? BatchBytes.Value : throw NotPositive(nameof(BatchBytes));

        private static long Milliseconds(TimeSpan time, string name) =>
            time > TimeSpan.Zero ? (long)Math.Ceiling(time.TotalMilliseconds) : throw NotPositive(name);

        private static ArgumentOutOfRangeException NotPositive(string name) =>
            new ArgumentOutOfRangeException("options", name + " must be more than zero.");
    }
}
