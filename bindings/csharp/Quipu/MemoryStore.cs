using System;
using System.Linq;
using System.Threading;

namespace Quipu
{
    /// <summary>What an agent remembers: sessions, observations and prompts, which any number of threads and
    /// processes, in any language, may read, write and search at the same time.</summary>
    /// <remarks>
    /// <para>The memories lie in the folder of a <see cref="ChronoStore"/>, as records of kinds that begin with
    /// <c>memory_</c>: each change is an event of its log, chained and durable as that store's options say. Rules that
    /// read before they write (topics, duplicates, numbers) hold among processes too. What is said there of reads,
    /// writes, closing and threads holds here: any thread, at once; a read sees every commit that returned before it
    /// began; after Dispose every call throws <see cref="ObjectDisposedException"/>.</para>
    /// <para>Names of projects are normalised: lower case, trimmed, runs of <c>-</c> and of <c>_</c> made one. What
    /// stands between <c>&lt;private&gt;</c> and <c>&lt;/private&gt;</c> in titles, contents and summaries becomes
    /// <c>[REDACTED]</c>. Contents longer than <see cref="MemoryStoreOptions.MaxContentBytes"/> are cut at a
    /// character. Times are text, in UTC: <c>YYYY-MM-DD HH:MM:SS</c>. Rows that are read are snapshots and belong to
    /// the caller.</para>
    /// <para>Every write may throw <see cref="BusyException"/>, <see cref="ConflictException"/>,
    /// <see cref="FullException"/>, <see cref="StoreIOException"/>, <see cref="PoisonedException"/> and
    /// <see cref="ReadOnlyException"/>, and <see cref="MisuseException"/> from inside a callback of the same store;
    /// reads may throw <see cref="StoreIOException"/>. Text with an unpaired surrogate is refused with
    /// <see cref="ArgumentException"/>.</para>
    /// </remarks>
    public unsafe partial class MemoryStore
    {
        /// <summary>Opens the memories of a project folder and reads its snapshot and log.</summary>
        /// <remarks>Creates the folder and its <c>.chronomemory</c> if they are missing, unless the options say
        /// otherwise; no file is created before the first write. Cost: proportional to the snapshot and to the log
        /// after it.</remarks>
        /// <param name="path">The project folder, not empty. Made absolute now, links resolved.</param>
        /// <param name="options">Null: all defaults.</param>
        /// <exception cref="NotFoundException">Nothing is there, and MustExist or ReadOnly was set.</exception>
        /// <exception cref="NotAStoreException">The log is some other file; it was not touched.</exception>
        /// <exception cref="ReadOnlyException">The folder is missing and cannot be created.</exception>
        /// <exception cref="ExistsException">Something on the path is a file where a folder must be.</exception>
        /// <exception cref="DllNotFoundException">The native library is not there.</exception>
        /// <exception cref="UnsupportedException">The native library does not fit this assembly.</exception>
        public static MemoryStore Open(string path, MemoryStoreOptions? options = null)
        {
            NativeLoader.Ensure();
            options = options ?? new MemoryStoreOptions();
            return OpenNative(
                path,
                options.ReadOnly,
                options.MustExist,
                options.Durability,
                options.LockWaitMilliseconds,
                options.BatchMilliseconds,
                options.BatchBytesOrDefault,
                options.MaxContentBytesOrDefault,
                options.DedupeWindowSeconds);
        }

        /// <summary>Starts a session. One of that id that is there already keeps what it has; an empty project or
        /// directory of it is filled in.</summary>
        /// <param name="id">Chosen by the caller, not empty.</param>
        /// <param name="project">May be empty.</param>
        /// <param name="directory">Where the work is done; may be empty.</param>
        /// <returns>The session as it is then.</returns>
        /// <exception cref="InvalidException">The id is empty.</exception>
        public MemorySession SessionStart(string id, string project = "", string directory = "") =>
            SessionStartNative(id, project, directory);

        /// <summary>Ends a session now.</summary>
        /// <param name="id">The id of the session.</param>
        /// <param name="summary">What came of it; an empty one leaves the summary that the session has.</param>
        /// <returns>The session as it is then.</returns>
        /// <exception cref="NotFoundException">There is no such session.</exception>
        public MemorySession SessionEnd(string id, string summary = "") => SessionEndNative(id, summary);

        /// <summary>Sessions by their last activity, the latest first. Cost of a list: a look at what is known in
        /// memory of each row, and what it gives.</summary>
        /// <param name="options">Null: all.</param>
        /// <exception cref="InvalidException">A time is none, or the limit is negative.</exception>
        public MemorySessionCursor SessionList(MemoryListOptions? options = null) =>
            MemoryListOptions.Pass(options, SessionListNative);

        /// <summary>Adds an observation. If a live one has the same topic, project and scope, that one gets the new
        /// type, title, content and tool instead (outcome <c>updated</c>); if the same text was added with the same
        /// title, type, project and scope within the window, it is counted (outcome <c>duplicate</c>).</summary>
        /// <param name="observation">SessionId and Content must be given.</param>
        /// <returns>Which of these it was, and the row that holds the text now.</returns>
        /// <exception cref="InvalidException">The content or the id of the session is missing or empty.</exception>
        /// <exception cref="NotFoundException">There is no such session.</exception>
        public MemoryAddition ObservationAdd(MemoryObservationFields observation) =>
            MemoryObservationFields.Pass(observation, nameof(observation), ObservationAddNative);

        /// <summary>Changes an observation and counts the revision.</summary>
        /// <param name="syncId">The identity of the observation.</param>
        /// <param name="changes">What is null in it stays as it is.</param>
        /// <returns>The observation as it is then.</returns>
        /// <exception cref="NotFoundException">There is none, or it was deleted softly.</exception>
        /// <exception cref="InvalidException">Nothing is to be changed, the content is empty, or another session is
        /// named.</exception>
        public MemoryObservation ObservationUpdate(string syncId, MemoryObservationFields changes) =>
            ObservationUpdate(syncId, changes, out _);

        /// <summary>As the other ObservationUpdate, and tells whether the content was cut.</summary>
        /// <param name="syncId">The identity of the observation.</param>
        /// <param name="changes">What is null in it stays as it is.</param>
        /// <param name="truncated">True if the content was longer than the store takes and was cut.</param>
        /// <returns>The observation as it is then.</returns>
        public MemoryObservation ObservationUpdate(string syncId, MemoryObservationFields changes, out bool truncated)
        {
            long cut = 0;
            MemoryObservation observation = MemoryObservationFields.Pass(
                changes,
                nameof(changes),
                (sessionId, type, title, content, toolName, project, scope, topicKey) => ObservationUpdateNative(
                    syncId, sessionId, type, title, content, toolName, project, scope, topicKey, out cut));
            truncated = cut != 0;
            return observation;
        }

        /// <summary>Deletes an observation. Not hard, it is only marked: lists and searches leave it out, and a second
        /// time does nothing. Hard, it is removed; its text stays in the log until <see cref="Purge"/>, and in
        /// backups.</summary>
        /// <param name="syncId">The identity of the observation.</param>
        /// <param name="hard">Remove it for good.</param>
        /// <exception cref="NotFoundException">There is no such observation.</exception>
        public void ObservationDelete(string syncId, bool hard = false) => ObservationDeleteNative(syncId, hard);

        /// <summary>Observations, the newest first.</summary>
        /// <param name="options">Null: all that were not deleted.</param>
        /// <exception cref="InvalidException">A time is none, or the limit is negative.</exception>
        public MemoryObservationCursor ObservationList(MemoryListOptions? options = null) =>
            MemoryListOptions.Pass(options, ObservationListNative);

        /// <summary>Live observations whose title and content hold all words of the query, the best first (FTS5's
        /// bm25). Words are what stands between white space; a query with a <c>/</c> finds exact topic keys
        /// first.</summary>
        /// <remarks>The index is a file beside the log, <c>memory_index.sqlite3</c>, brought up to date by searches and
        /// made anew if it is missing, damaged or of another store; it holds nothing that the log does not hold. Where
        /// it cannot be written it is in memory. Cost: a search after changes indexes them, the first one everything.
        /// One search of a store object runs at a time.</remarks>
        /// <param name="query">One word or more.</param>
        /// <param name="options">Null: the 10 best.</param>
        /// <exception cref="InvalidException">The query has no word, a time is none, or the limit is
        /// negative.</exception>
        /// <exception cref="BusyException">Another process was bringing the index up to date for longer than the store
        /// may wait.</exception>
        public MemoryHitCursor Search(string query, MemoryListOptions? options = null)
        {
            if (query == null)
            {
                throw new ArgumentNullException(nameof(query));
            }

            return MemoryListOptions.Pass(
                options,
                (withDeleted, limit, project, sessionId, type, scope, since, until) =>
                    SearchNative(query, withDeleted, limit, project, sessionId, type, scope, since, until));
        }

        /// <summary>An observation with the live ones of its session before and after it, in the order of their
        /// numbers.</summary>
        /// <param name="syncId">The identity of the observation.</param>
        /// <param name="before">How many before it at most.</param>
        /// <param name="after">How many after it at most.</param>
        /// <exception cref="NotFoundException">There is no such observation.</exception>
        public MemoryObservationCursor Timeline(string syncId, long before = 5, long after = 5)
        {
            if (before < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(before), "before must not be negative.");
            }

            if (after < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(after), "after must not be negative.");
            }

            return TimelineNative(syncId, before, after);
        }

        /// <summary>Adds a prompt to a session.</summary>
        /// <param name="sessionId">The session, which must be there.</param>
        /// <param name="content">What the user said, not empty.</param>
        /// <param name="project">May be empty.</param>
        /// <returns>The row that holds the text now.</returns>
        /// <exception cref="InvalidException">The content or the id of the session is empty.</exception>
        /// <exception cref="NotFoundException">There is no such session.</exception>
        public MemoryAddition PromptAdd(string sessionId, string content, string project = "") =>
            PromptAddNative(sessionId, content, project);

        /// <summary>Prompts, the newest first.</summary>
        /// <param name="options">Null: all.</param>
        /// <exception cref="InvalidException">A time is none, or the limit is negative.</exception>
        public MemoryPromptCursor PromptList(MemoryListOptions? options = null) =>
            MemoryListOptions.Pass(options, PromptListNative);

        /// <summary>The recent past: sessions by last activity, observations and prompts, the newest first, as values
        /// and as Markdown for an agent's prompt.</summary>
        /// <param name="options">Null: 5 sessions, 20 observations, 10 prompts of all projects.</param>
        public MemoryContext Context(MemoryContextOptions? options = null)
        {
            options = options ?? new MemoryContextOptions();
            string markdown = ContextNative(
                options.Project ?? "",
                options.Scope ?? "",
                options.SessionsOrDefault,
                options.ObservationsOrDefault,
                options.PromptsOrDefault,
                out IntPtr sessions,
                out IntPtr observations,
                out IntPtr prompts);
            using var sessionCursor = new MemorySessionCursor(sessions, this);
            using var observationCursor = new MemoryObservationCursor(observations, this);
            using var promptCursor = new MemoryPromptCursor(prompts, this);
            return new MemoryContext(sessionCursor.ToList(), observationCursor.ToList(), promptCursor.ToList(), markdown);
        }

        /// <summary>Rewrites the log without what was deleted and overwritten, as <see cref="ChronoStore.Compact"/>
        /// does, and begins a new search index: nothing of a deleted text is in them then. Backups, and what was set
        /// aside after damage, are left as they are.</summary>
        /// <param name="progress">May be null. Steps are records.</param>
        /// <param name="cancellation">Looked at whenever progress is reported.</param>
        /// <returns>What was removed for good.</returns>
        /// <exception cref="OperationCanceledException">The callback or the token said so; everything is as it
        /// was.</exception>
        public MemoryPurge Purge(ProgressCallback? progress = null, CancellationToken cancellation = default) =>
            ProgressCall.Run(progress, cancellation, PurgeNative);
    }
}
