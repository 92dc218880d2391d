using System;
using System.Collections;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace Quipu
{
    /// <summary>A list that is fetched page by page and read once. It shows the store as of its creation, whatever is
    /// written later.</summary>
    /// <remarks>
    /// <c>foreach</c> disposes of the cursor at its end, also when it is left early; use <c>using</c> where a cursor
    /// may never be enumerated. Once the store was closed, the next page throws
    /// <see cref="ObjectDisposedException"/>. The cursor keeps its store from being collected. Threads: one at a time. The
    /// values belong to the caller.
    /// </remarks>
    /// <typeparam name="T">The type of the values.</typeparam>
    public abstract class Cursor<T> : IEnumerable<T>, IDisposable
        where T : class
    {
        // Named as SWIG's generated code in the derived classes wants it.
        private protected readonly SafeHandle swigCPtr;

        private readonly object owner;

        private protected Cursor(SafeHandle handle, object owner)
        {
            swigCPtr = handle;
            this.owner = owner;
        }

        /// <summary>The next values: up to maxItems of them, fewer when they come to more than about 1 MiB, none at
        /// the end and again after it.</summary>
        /// <param name="maxItems">The most values to give; 0 means 1,000.</param>
        /// <exception cref="ObjectDisposedException">The cursor was disposed of, or the store closed.</exception>
        public IReadOnlyList<T> NextPage(int maxItems = 0)
        {
            if (maxItems < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(maxItems), "maxItems must not be negative.");
            }

            if (swigCPtr.IsClosed)
            {
                throw new ObjectDisposedException(GetType().Name, "The cursor was disposed of or read to its end.");
            }

            IReadOnlyList<T>? page = NextPageNative(maxItems);
            GC.KeepAlive(owner);
            return page ?? Array.Empty<T>();
        }

        /// <summary>Reads what is left, and disposes of the cursor at the end.</summary>
        public IEnumerator<T> GetEnumerator()
        {
            using (this)
            {
                IReadOnlyList<T> page;
                while ((page = NextPage()).Count > 0)
                {
                    for (int i = 0; i < page.Count; i++)
                    {
                        yield return page[i];
                    }
                }
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        /// <summary>Releases what the cursor holds. May be called again, and before its end.</summary>
        public void Dispose() => swigCPtr.Dispose();

        private protected abstract List<T>? NextPageNative(long max_items);
    }

    /// <summary>Records, from <see cref="ChronoStore.Query"/>, <see cref="ChronoStore.ExportRecords"/> or
    /// <see cref="ChronoTransaction.Query"/>.</summary>
    public partial class ChronoCursor
    {
    }

    /// <summary>Events, from <see cref="ChronoStore.Replay"/>.</summary>
    public partial class WalCursor
    {
    }

    /// <summary>Notices, from <see cref="ChronoStore.Notices"/>.</summary>
    public partial class ChronoNoticeCursor
    {
    }

    /// <summary>Sessions, from <see cref="MemoryStore.SessionList"/>.</summary>
    public partial class MemorySessionCursor
    {
    }

    /// <summary>Observations, from <see cref="MemoryStore.ObservationList"/> or
    /// <see cref="MemoryStore.Timeline"/>.</summary>
    public partial class MemoryObservationCursor
    {
    }

    /// <summary>Prompts, from <see cref="MemoryStore.PromptList"/>.</summary>
    public partial class MemoryPromptCursor
    {
    }

    /// <summary>Hits, from <see cref="MemoryStore.Search"/>.</summary>
    public partial class MemoryHitCursor
    {
    }
}
