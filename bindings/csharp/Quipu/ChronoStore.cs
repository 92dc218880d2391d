using System;
using System.Threading;
using System.Threading.Tasks;

namespace Quipu
{
    /// <summary>Records of agent memory in an append-only, hash-chained log that any number of threads and processes,
    /// in any language, may read and write at the same time.</summary>
    /// <remarks>
    /// <para>A store is the folder <c>.chronomemory</c> of a project folder. Each write is one commit: numbered,
    /// linked to the event before it by SHA-256, and on disk when the call returns
    /// (<see cref="Quipu.Durability.Full"/>). A read sees every commit that returned before it began, whoever made it. When
    /// a write throws, nothing was written, unless the message says that the outcome is unknown. Not for network file
    /// systems.</para>
    /// <para>Threads: any, at once; Dispose too may come while other threads are in calls. Dispose of the store when
    /// its work is done; the finalizer is a safety net for memory, nothing else. After that every call throws
    /// <see cref="ObjectDisposedException"/>.</para>
    /// <para>Every write may throw <see cref="BusyException"/>, <see cref="ConflictException"/> (a program that takes
    /// no lock removed an acknowledged event), <see cref="FullException"/>, <see cref="StoreIOException"/>,
    /// <see cref="PoisonedException"/> and <see cref="ReadOnlyException"/>, and <see cref="MisuseException"/> from inside
    /// a callback of the same store; reads may throw <see cref="StoreIOException"/>.</para>
    /// </remarks>
    public unsafe partial class ChronoStore
    {
        /// <summary>Opens the store of a project folder and reads its snapshot and log.</summary>
        /// <remarks>Creates the folder and its <c>.chronomemory</c> if they are missing, unless the options say
        /// otherwise; no file is created before the first write. Damage in the files does not stop the opening: what
        /// can be read is there, the rest is listed by <see cref="Notices"/>. Nothing is repaired. Cost: proportional
        /// to the snapshot and to the log after it.</remarks>
        /// <param name="path">The project folder, not empty. Made absolute now, links resolved.</param>
        /// <param name="options">Null: all defaults.</param>
        /// <exception cref="NotFoundException">Nothing is there, and MustExist or ReadOnly was set.</exception>
        /// <exception cref="NotAStoreException">The log is some other file; it was not touched.</exception>
        /// <exception cref="ReadOnlyException">The folder is missing and cannot be created.</exception>
        /// <exception cref="ExistsException">Something on the path is a file where a folder must be.</exception>
        /// <exception cref="DllNotFoundException">The native library is not there.</exception>
        /// <exception cref="UnsupportedException">The native library does not fit this assembly.</exception>
        public static ChronoStore Open(string path, ChronoStoreOptions? options = null)
        {
            NativeLoader.Ensure();
            options = options ?? new ChronoStoreOptions();
            return OpenNative(
                path,
                options.ReadOnly,
                options.MustExist,
                options.Durability,
                options.RecursionDepth,
                options.LockWaitMilliseconds,
                options.BatchMilliseconds,
                options.BatchBytesOrDefault);
        }

        /// <summary>The records that fit, in the order in which their ids were first written, as of now. Cost:
        /// proportional to the records of that kind and status, not to the store.</summary>
        /// <param name="options">Null: all active records.</param>
        public ChronoCursor Query(ChronoQueryOptions? options = null)
        {
            options = options ?? new ChronoQueryOptions();
            return QueryNative(
                options.RagFilter, options.AnyStatus, options.MinConfidence, options.Kind ?? "", options.Status ?? "");
        }

        /// <summary>All records whose status is <c>active</c>, in order.</summary>
        public ChronoCursor ExportRecords() => ExportRecordsNative();

        /// <summary>The events of the log in file order, from a number on; lines that are no events and batches that
        /// are not complete are left out. Compaction removes events. Cost: reads the log from its start.</summary>
        /// <param name="fromSeq">The lowest number to give.</param>
        public WalCursor Replay(long fromSeq = 0) => ReplayNative(fromSeq);

        /// <summary>What the store found in its files since it was opened, and what it did about it: skipped lines,
        /// unusable snapshots, broken batches, bytes set aside. The oldest 10,000 are kept; the last one then tells
        /// how many more there were.</summary>
        public ChronoNoticeCursor Notices() => NoticesNative();

        /// <summary>Runs a function while no other writer, in this or any other process, can write; then appends what
        /// it wrote as one batch, all or nothing. For every change that depends on what is there.</summary>
        /// <remarks>The function runs once, on this thread, while other writers wait: keep it short. What it throws
        /// comes out as the same object, and nothing is written then. Writes of the store itself throw
        /// <see cref="MisuseException"/> in it.</remarks>
        /// <param name="work">Reads and writes through the transaction. Not asynchronous.</param>
        /// <returns>The number of the last event written, or of the last event there is if the function wrote
        /// none.</returns>
        public long Commit(Action<ChronoTransaction> work)
        {
            if (work == null)
            {
                throw new ArgumentNullException(nameof(work));
            }

            return CommitCall.Run(this, work, CommitNative);
        }

        /// <summary>As the other Commit, for a function with a result.</summary>
        /// <param name="work">Reads and writes through the transaction. Not asynchronous: a task is refused, because
        /// the transaction ends when the function returns.</param>
        /// <typeparam name="T">The type of the result.</typeparam>
        /// <returns>What the function returned.</returns>
        public T Commit<T>(Func<ChronoTransaction, T> work)
        {
            if (work == null)
            {
                throw new ArgumentNullException(nameof(work));
            }

            if (typeof(Task).IsAssignableFrom(typeof(T)))
            {
                throw new ArgumentException("The function of a commit cannot be asynchronous.", nameof(work));
            }

            T result = default!;
            Commit(tx => { result = work(tx); });
            return result;
        }

        /// <summary>Checks the log and tells the first line that is broken and how. A broken chain is a result, not
        /// an exception. Cost: hashes the whole log, on all cores. Writers are not held up; what they append
        /// meanwhile is not looked at.</summary>
        /// <param name="strict">Also that the numbers rise by one, that no line or batch is unfinished, and that the
        /// log holds the event named by the snapshot, or begins with the compaction that followed it: this notices a
        /// tail that was cut below the snapshot.</param>
        /// <param name="progress">May be null. Steps are bytes.</param>
        /// <param name="cancellation">Looked at whenever progress is reported.</param>
        /// <exception cref="OperationCanceledException">The callback or the token said so.</exception>
        public ChronoVerification Verify(
            bool strict = false, ProgressCallback? progress = null, CancellationToken cancellation = default) =>
            ProgressCall.Run(progress, cancellation, native => VerifyNative(strict, native));

        /// <summary>Writes the state to the snapshot and starts the log anew with one <c>compact</c> event. All
        /// events before are gone for good, and with them the proof of the history; the records, tombstones included,
        /// stay. Call <see cref="Backup"/> first if they may be wanted.</summary>
        /// <remarks>All or nothing at every instant, power loss included. Other writers wait. Cost: writes the whole
        /// snapshot.</remarks>
        /// <param name="progress">May be null. Steps are records.</param>
        /// <param name="cancellation">Looked at whenever progress is reported.</param>
        /// <returns>How many events <see cref="Replay"/> would have given before.</returns>
        /// <exception cref="OperationCanceledException">The callback or the token said so; everything is as it
        /// was.</exception>
        public long Compact(ProgressCallback? progress = null, CancellationToken cancellation = default) =>
            ProgressCall.Run(progress, cancellation, CompactNative);

        /// <summary>Imports requirements.json and testcases.json of a folder, each an array of objects with id,
        /// title, status and confidence: one record per item, kind <c>requirement</c> or <c>testcase</c>, the item as
        /// data. One batch, all or nothing.</summary>
        /// <remarks>Items already there with the same title and status are skipped, so a second import writes nothing
        /// new. Files that are missing or not JSON are left out.</remarks>
        /// <param name="directory">The folder with the two files.</param>
        /// <param name="progress">May be null. Steps are items.</param>
        /// <param name="cancellation">Looked at whenever progress is reported.</param>
        /// <exception cref="OperationCanceledException">The callback or the token said so; nothing was
        /// written.</exception>
        public ChronoMigration MigrateFromJson(
            string directory, ProgressCallback? progress = null, CancellationToken cancellation = default)
        {
            if (directory == null)
            {
                throw new ArgumentNullException(nameof(directory));
            }

            return ProgressCall.Run(progress, cancellation, native => MigrateFromJsonNative(directory, native));
        }
    }
}
