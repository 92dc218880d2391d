// Java: MemoryStore and its cursors: the methods whose signature is another than the glue's, the documentation of the others, and
// what is private.

%javamethodmodifiers session_start_native "private";
%javamethodmodifiers session_end_native "private";
%javamethodmodifiers session_list_native "private";
%javamethodmodifiers observation_add_native "private";
%javamethodmodifiers observation_update_native "private";
%javamethodmodifiers observation_delete_native "private";
%javamethodmodifiers observation_list_native "private";
%javamethodmodifiers search_native "private";
%javamethodmodifiers timeline_native "private";
%javamethodmodifiers prompt_add_native "private";
%javamethodmodifiers prompt_list_native "private";
%javamethodmodifiers context_native "private";
%javamethodmodifiers purge_native "private";

%typemap(javaclassmodifiers) quipu_memorystore "/**
 * What an agent remembers: sessions, observations and prompts, shared by threads, processes and languages.
 *
 * <p>A memory store lies in the folder of a {@link ChronoStore} as records of kinds that begin with {@code memory_}: each change is
 * an event of its log, chained and durable as the options say. Other records may lie beside them. Rules that read before they
 * write (topics, duplicates, numbers) run inside one commit, so that they hold among processes too.
 *
 * <p>Names of projects are normalised (lower case, white space trimmed, runs of '-' and of '_' made one); what stands between
 * {@code <private>} and {@code </private>} in titles, contents and summaries becomes [REDACTED]; contents longer than {@link
 * MemoryStoreOptions#maxContentBytes(long)} are cut at a character. Times are UTC, {@code YYYY-MM-DD HH:MM:SS}. Values read are
 * snapshots: they stay as they are, also after later writes and after close.
 *
 * <p>Any number of threads may use one store at once. Every method throws {@link ClosedException} after close, {@link
 * InvalidException} for text that the library refuses, {@link IllegalArgumentException} for a string with an unpaired surrogate, and
 * reads {@link IoException} when the log cannot be read. Writes throw what those of a {@link ChronoStore} throw, when nothing was
 * written. Since 0.2, experimental.
 */
public final class"

%typemap(javaclassmodifiers) quipu_memorysessioncursor "/** A cursor over sessions. See {@link Cursor}. */
public final class"
%typemap(javaclassmodifiers) quipu_memoryobservationcursor "/** A cursor over observations. See {@link Cursor}. */
public final class"
%typemap(javaclassmodifiers) quipu_memorypromptcursor "/** A cursor over prompts. See {@link Cursor}. */
public final class"
%typemap(javaclassmodifiers) quipu_memoryhitcursor "/** A cursor over what a search found. See {@link Cursor}. */
public final class"

// ---- methods of the glue -----------------------------------------------------------------------------------------------

%javamethodmodifiers quipu_memorystore::close "/**
   * Ends the work of the store, as {@link ChronoStore#close()}. A second close does nothing. Threads: any.
   *
   * @throws MisuseException from inside a callback of the same store, which stays open
   * @throws PoisonedException a sync failed that no write has told of; the store is closed in any case
   */
  @Override
  public";
%javamethodmodifiers quipu_memorystore::path "/**
   * The project folder.
   *
   * @return its absolute path
   */
  public";
%javamethodmodifiers quipu_memorystore::session_get "/**
   * The session with an id. Cost: constant.
   *
   * @param id the id
   * @return a snapshot
   * @throws NotFoundException there is none
   */
  public";
%javamethodmodifiers quipu_memorystore::session_find "/**
   * The session with an id, if there is one. Cost: constant.
   *
   * @param id the id
   * @return a snapshot, or nothing
   */
  public";
%javamethodmodifiers quipu_memorystore::session_delete "/**
   * Deletes a session with its prompts, for good.
   *
   * @param id the id
   * @throws NotFoundException there is none
   * @throws ConstraintException observations refer to it, those that were deleted softly too
   */
  public";
%javamethodmodifiers quipu_memorystore::observation_get "/**
   * The observation with a sync_id, also one that was deleted softly ({@link MemoryObservation#deletedAt()} tells). Cost: constant.
   *
   * @param syncId its identity
   * @return a snapshot
   * @throws NotFoundException there is none
   */
  public";
%javamethodmodifiers quipu_memorystore::observation_find "/**
   * The observation with a sync_id, if there is one, also one that was deleted softly. Cost: constant.
   *
   * @param syncId its identity
   * @return a snapshot, or nothing
   */
  public";
%javamethodmodifiers quipu_memorystore::prompt_get "/**
   * The prompt with a sync_id. Cost: constant.
   *
   * @param syncId its identity
   * @return a snapshot
   * @throws NotFoundException there is none
   */
  public";
%javamethodmodifiers quipu_memorystore::prompt_find "/**
   * The prompt with a sync_id, if there is one. Cost: constant.
   *
   * @param syncId its identity
   * @return a snapshot, or nothing
   */
  public";
%javamethodmodifiers quipu_memorystore::prompt_delete "/**
   * Removes a prompt for good, as a hard delete of an observation.
   *
   * @param syncId its identity
   * @throws NotFoundException there is none
   */
  public";
%javamethodmodifiers quipu_memorystore::stats "/**
   * How much there is. Cost: proportional to the number of projects.
   *
   * @return the numbers, and the names of the projects
   */
  public";

// ---- methods of Java ---------------------------------------------------------------------------------------------------

%typemap(javacode) quipu_memorystore %{
  /**
   * Opens the memories in a project folder with all options at their default.
   *
   * @param path the project folder, the parent of {@code .chronomemory}
   * @return the open store; close it
   * @see #open(String, MemoryStoreOptions)
   */
  public static MemoryStore open(java.nio.file.Path path) {
    return open(path.toString(), new MemoryStoreOptions());
  }

  /**
   * Opens the memories in a project folder with all options at their default.
   *
   * @param path the project folder, the parent of {@code .chronomemory}
   * @return the open store; close it
   * @see #open(String, MemoryStoreOptions)
   */
  public static MemoryStore open(String path) {
    return open(path, new MemoryStoreOptions());
  }

  /**
   * Opens the memories in a project folder.
   *
   * @param path the project folder, the parent of {@code .chronomemory}
   * @param options read during the call
   * @return the open store; close it
   * @see #open(String, MemoryStoreOptions)
   */
  public static MemoryStore open(java.nio.file.Path path, MemoryStoreOptions options) {
    return open(path.toString(), options);
  }

  /**
   * Opens the memories in a project folder and reads its snapshot and log. What {@link ChronoStore#open(String,
   * ChronoStoreOptions)} says of the path and of damage holds here.
   *
   * @param path the project folder, the parent of {@code .chronomemory}: not empty, no NUL inside; made absolute now, links
   *     resolved
   * @param options read during the call
   * @return the open store; close it
   * @throws NotFoundException nothing is there, and the options say that it must exist or is only read
   * @throws NotAStoreException events.wal is some other file; it was not touched
   * @throws ReadOnlyException the folder is missing and cannot be created
   * @throws ExistsException something on the path is a file where a folder must be
   * @throws UnsatisfiedLinkError the native library cannot be loaded, or is another version than this package
   */
  public static MemoryStore open(String path, MemoryStoreOptions options) {
    NativeLoader.require();
    return openNative(
        path,
        options.readOnly,
        options.mustExist,
        options.durability,
        options.lockWaitMillis,
        options.batchMillis,
        options.batchBytes,
        options.maxContentBytes,
        options.dedupeWindowSeconds);
  }

  /**
   * Starts a session that is done in no directory in particular.
   *
   * @param id not empty; chosen by the caller
   * @param project may be empty
   * @return the session as it is then
   * @see #sessionStart(String, String, String)
   */
  public MemorySession sessionStart(String id, String project) {
    return sessionStartNative(id, project, "");
  }

  /**
   * Starts a session. One of that id that is there already keeps what it has; an empty project or directory of it is filled in.
   *
   * @param id not empty; chosen by the caller
   * @param project may be empty
   * @param directory where the work is done; may be empty
   * @return the session as it is then
   * @throws InvalidException the id is empty
   */
  public MemorySession sessionStart(String id, String project, String directory) {
    return sessionStartNative(id, project, directory);
  }

  /**
   * Ends a session now; the summary that it has stays.
   *
   * @param id the id
   * @return the session as it is then
   * @throws NotFoundException there is none
   */
  public MemorySession sessionEnd(String id) {
    return sessionEndNative(id, "");
  }

  /**
   * Ends a session now.
   *
   * @param id the id
   * @param summary what came of it; an empty one leaves the one that it has
   * @return the session as it is then
   * @throws NotFoundException there is none
   */
  public MemorySession sessionEnd(String id, String summary) {
    return sessionEndNative(id, summary);
  }

  /**
   * All sessions by their last activity, the latest first.
   *
   * @return a cursor; close it, or read it to its end
   */
  public MemorySessionCursor sessionList() {
    return sessionList(new MemoryListOptions());
  }

  /**
   * Sessions by their last activity, the latest first. Cost: a look at what is known in memory of each row, and what it gives.
   *
   * @param options which; read during the call
   * @return a cursor; close it, or read it to its end
   * @throws InvalidException the limit is negative, or a time is none
   */
  public MemorySessionCursor sessionList(MemoryListOptions options) {
    return Cursor.owned(options.giveTo(this::sessionListNative), this);
  }

  /**
   * Adds an observation, or, if a live one has the same topic, project and scope, gives that one the new type, title, content and
   * tool, or, if the same text was added with the same title, type, project and scope within {@link
   * MemoryStoreOptions#dedupeWindow}, counts it.
   *
   * @param observation read during the call
   * @return which of the three it was ({@link MemoryAddition#outcome()}), and the row that holds the text now
   * @throws NotFoundException there is no such session
   * @throws InvalidException the content is empty
   */
  public MemoryAddition observationAdd(MemoryObservationFields observation) {
    return observation.giveTo(this::observationAddNative);
  }

  /**
   * Changes an observation and counts the revision.
   *
   * @param syncId its identity
   * @param changes what was not given stays as it is; read during the call
   * @return the observation as it is then
   * @throws NotFoundException there is none, or it was deleted softly
   * @throws InvalidException nothing is to be changed, the content is empty, or a session is given
   */
  public MemoryUpdate observationUpdate(String syncId, MemoryObservationFields changes) {
    long[] truncated = {0};
    MemoryObservation now =
        changes.giveTo(
            (sessionId, type, title, content, toolName, project, scope, topicKey) ->
                observationUpdateNative(
                    syncId, sessionId, type, title, content, toolName, project, scope, topicKey, truncated));
    return new MemoryUpdate(now, truncated[0] != 0);
  }

  /**
   * Marks an observation as deleted: lists and searches leave it out. A second time does nothing.
   *
   * @param syncId its identity
   * @throws NotFoundException there is none
   */
  public void observationDelete(String syncId) {
    observationDeleteNative(syncId, false);
  }

  /**
   * Deletes an observation.
   *
   * @param syncId its identity
   * @param hard false: as {@link #observationDelete(String)}; true: removes it; its old text stays in the log until {@link
   *     #purge()}, and in backups
   * @throws NotFoundException there is none
   */
  public void observationDelete(String syncId, boolean hard) {
    observationDeleteNative(syncId, hard);
  }

  /**
   * All live observations, the newest first.
   *
   * @return a cursor; close it, or read it to its end
   */
  public MemoryObservationCursor observationList() {
    return observationList(new MemoryListOptions());
  }

  /**
   * Observations, the newest first. Cost: a look at what is known in memory of each row, and what it gives.
   *
   * @param options which; read during the call
   * @return a cursor; close it, or read it to its end
   * @throws InvalidException the limit is negative, or a time is none
   */
  public MemoryObservationCursor observationList(MemoryListOptions options) {
    return Cursor.owned(options.giveTo(this::observationListNative), this);
  }

  /**
   * The ten observations that fit best.
   *
   * @param query words between white space
   * @return a cursor; close it, or read it to its end
   * @see #search(String, MemoryListOptions)
   */
  public MemoryHitCursor search(String query) {
    return search(query, new MemoryListOptions());
  }

  /**
   * Live observations whose title and content hold all words of the query, the best first. A query with a {@code /} finds exact topic
   * keys first.
   *
   * <p>The index is a file beside the log, {@code memory_index.sqlite3}, brought up to date by searches and made anew if it is
   * missing, damaged or of another store; it holds nothing that the log does not hold. Where it cannot be written it is in memory.
   * Cost: a search after changes indexes them, the first one everything. One search of a store object runs at a time.
   *
   * @param query words between white space
   * @param options which; read during the call
   * @return a cursor; close it, or read it to its end
   * @throws InvalidException the query has no word, the limit is negative, or a time is none
   * @throws BusyException another process was bringing the index up to date for longer than the store waits
   */
  public MemoryHitCursor search(String query, MemoryListOptions options) {
    return Cursor.owned(
        options.giveTo(
            (withDeleted, limit, project, sessionId, type, scope, since, until) ->
                searchNative(query, withDeleted, limit, project, sessionId, type, scope, since, until)),
        this);
  }

  /**
   * An observation with up to five of its session before it and five after it.
   *
   * @param syncId its identity
   * @return a cursor; close it, or read it to its end
   * @see #timeline(String, long, long)
   */
  public MemoryObservationCursor timeline(String syncId) {
    return timeline(syncId, -1, -1);
  }

  /**
   * An observation with the live ones of its session before and after it, in the order of their numbers.
   *
   * @param syncId its identity
   * @param before how many before it at most; -1: 5
   * @param after how many after it at most; -1: 5
   * @return a cursor; close it, or read it to its end
   * @throws NotFoundException there is no such observation
   * @throws InvalidException a number is below -1
   */
  public MemoryObservationCursor timeline(String syncId, long before, long after) {
    return Cursor.owned(timelineNative(syncId, before, after), this);
  }

  /**
   * Adds a prompt of no project to a session.
   *
   * @param sessionId the id of the session
   * @param content what the user said; not empty
   * @return the new row
   * @see #promptAdd(String, String, String)
   */
  public MemoryAddition promptAdd(String sessionId, String content) {
    return promptAdd(sessionId, content, "");
  }

  /**
   * Adds a prompt to a session.
   *
   * @param sessionId the id of the session
   * @param content what the user said; not empty
   * @param project may be empty
   * @return the new row
   * @throws NotFoundException there is no such session
   * @throws InvalidException the content is empty
   */
  public MemoryAddition promptAdd(String sessionId, String content, String project) {
    return promptAddNative(sessionId, content, project);
  }

  /**
   * All prompts, the newest first.
   *
   * @return a cursor; close it, or read it to its end
   */
  public MemoryPromptCursor promptList() {
    return promptList(new MemoryListOptions());
  }

  /**
   * Prompts, the newest first. Cost: a look at what is known in memory of each row, and what it gives.
   *
   * @param options which; read during the call
   * @return a cursor; close it, or read it to its end
   * @throws InvalidException the limit is negative, or a time is none
   */
  public MemoryPromptCursor promptList(MemoryListOptions options) {
    return Cursor.owned(options.giveTo(this::promptListNative), this);
  }

  /**
   * The recent past of all projects.
   *
   * @return lists, and text for an agent's prompt
   * @see #context(MemoryContextOptions)
   */
  public MemoryContext context() {
    return context(new MemoryContextOptions());
  }

  /**
   * The recent past as of one moment: sessions by last activity, observations and prompts, the newest first, and all of them as
   * Markdown for an agent's prompt.
   *
   * @param options of what, and how much; read during the call
   * @return lists, and text
   */
  public MemoryContext context(MemoryContextOptions options) {
    long[] sessions = {0};
    long[] observations = {0};
    long[] prompts = {0};
    String markdown =
        contextNative(
            options.project,
            options.scope,
            options.sessions,
            options.observations,
            options.prompts,
            sessions,
            observations,
            prompts);
    try (MemorySessionCursor ofSessions = new MemorySessionCursor(sessions[0], true);
        MemoryObservationCursor ofObservations = new MemoryObservationCursor(observations[0], true);
        MemoryPromptCursor ofPrompts = new MemoryPromptCursor(prompts[0], true)) {
      return new MemoryContext(
          ofSessions.stream().toList(), ofObservations.stream().toList(), ofPrompts.stream().toList(), markdown);
    } finally {
      // The cursors are read here, and must not lose their store.
      java.lang.ref.Reference.reachabilityFence(this);
    }
  }

  /**
   * As {@link #purge(Progress)} without progress.
   *
   * @return what was removed
   */
  public MemoryPurge purge() {
    return purgeNative(null);
  }

  /**
   * Rewrites the log without what was deleted and overwritten, as {@link ChronoStore#compact(Progress)}, and begins a new search
   * index: nothing of a deleted text is in them then. Backups, and what was set aside after damage, are left as they are.
   *
   * @param progress told in records; null for none
   * @return what was removed
   * @throws CancelledException the progress function said so; everything is as it was
   */
  public MemoryPurge purge(Progress progress) {
    return purgeNative(progress);
  }
%}
