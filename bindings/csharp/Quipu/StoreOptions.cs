using System;

namespace Quipu
{
    /// <summary>What the options of all stores over a log have in common.</summary>
    public abstract class StoreOptions
    {
        private protected StoreOptions()
        {
        }

        /// <summary>Write nothing at all, no lock file either; writes throw <see cref="ReadOnlyException"/>.</summary>
        public bool ReadOnly { get; set; }

        /// <summary>Do not create the folder: <see cref="NotFoundException"/> if there is no store.</summary>
        public bool MustExist { get; set; }

        /// <summary>When a write counts as done. Default: when it is on disk.</summary>
        public Durability Durability { get; set; } = Durability.Full;

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

        // For the C API 0 means the default; where zero has a meaning of its own in C#, that is -1.
        internal long LockWaitMilliseconds => TimeOrDefault(LockWait, 1, -1, nameof(LockWait));

        internal long BatchMilliseconds => TimeOrDefault(BatchInterval, 1, null, nameof(BatchInterval));

        internal long BatchBytesOrDefault => OrDefault(BatchBytes, nameof(BatchBytes));

        /// <summary>A time as a whole number of units, rounded up.</summary>
        private protected static long TimeOrDefault(TimeSpan? time, double unitMilliseconds, long? zero, string name)
        {
            if (time == null)
            {
                return 0;
            }

            if (time == TimeSpan.Zero && zero != null)
            {
                return zero.Value;
            }

            return time > TimeSpan.Zero
                ? (long)Math.Ceiling(time.Value.TotalMilliseconds / unitMilliseconds)
                : throw NotPositive(name);
        }

        private protected static long OrDefault(long? number, string name) =>
            number == null ? 0 : number > 0 ? number.Value : throw NotPositive(name);

        private static ArgumentOutOfRangeException NotPositive(string name) =>
            new ArgumentOutOfRangeException("options", name + " must be more than zero.");
    }
}
