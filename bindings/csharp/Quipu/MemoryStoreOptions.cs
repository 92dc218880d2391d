using System;

namespace Quipu
{
    /// <summary>How a <see cref="MemoryStore"/> is opened. Read during the call, not kept.</summary>
    public sealed class MemoryStoreOptions : StoreOptions
    {
        /// <summary>Contents that are added here and are longer, in bytes of UTF-8, are cut at a character. Null is
        /// the default, 50,000.</summary>
        public long? MaxContentBytes { get; set; }

        /// <summary>How long the same text counts as a duplicate, in whole seconds, rounded up.
        /// <see cref="TimeSpan.Zero"/>: never; null is the default, 15 minutes.</summary>
        public TimeSpan? DedupeWindow { get; set; }

        internal long MaxContentBytesOrDefault => OrDefault(MaxContentBytes, nameof(MaxContentBytes));

        internal long DedupeWindowSeconds => TimeOrDefault(DedupeWindow, 1000, -1, nameof(DedupeWindow));
    }
}
