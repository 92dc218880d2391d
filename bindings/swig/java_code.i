// Java: the methods of the public classes whose signature is another than the glue's. All others come from quipu.i.

%typemap(javacode) quipu_chronostore %{
  /**
   * Opens the store of a project folder with all options at their default.
   *
   * @param path the project folder, the parent of {@code .chronomemory}
   * @return the open store; close it
   * @see #open(String, ChronoStoreOptions)
   */
  public static ChronoStore open(java.nio.file.Path path) {
    return open(path.toString(), new ChronoStoreOptions());
  }

  /**
   * Opens the store of a project folder with all options at their default.
   *
   * @param path the project folder, the parent of {@code .chronomemory}
   * @return the open store; close it
   * @see #open(String, ChronoStoreOptions)
   */
  public static ChronoStore open(String path) {
    return open(path, new ChronoStoreOptions());
  }

  /**
   * Opens the store of a project folder.
   *
   * @param path the project folder, the parent of {@code .chronomemory}
   * @param options read during the call
   * @return the open store; close it
   * @see #open(String, ChronoStoreOptions)
   */
  public static ChronoStore open(java.nio.file.Path path, ChronoStoreOptions options) {
    return open(path.toString(), options);
  }

  /**
   * Opens the store of a project folder and reads its snapshot and log.
   *
   * <p>Creates the folder and {@code .chronomemory} if they are missing, unless the options say otherwise; no file is created
   * before the first write. Damage in the files does not stop the opening: what can be read is there, the rest is listed by
   * {@link #notices()}. Nothing is repaired. Cost: proportional to the log after the snapshot, plus the snapshot.
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
  public static ChronoStore open(String path, ChronoStoreOptions options) {
    NativeLoader.require();
    return openNative(
        path,
        options.readOnly,
        options.mustExist,
        options.durability,
        options.recursionDepth,
        options.lockWaitMillis,
        options.batchMillis,
        options.batchBytes);
  }

  /**
   * All active records, in the order in which their ids were first written, as of now.
   *
   * @return a cursor; close it, or read it to its end
   */
  public ChronoCursor query() {
    return query(new ChronoQuery());
  }

  /**
   * The records that fit, in the order in which their ids were first written, as of now. A confidence that is no number counts
   * as 0.0, true as 1, false as 0. Cost: proportional to the records of that kind and status, not to the store.
   *
   * @param query what is asked for; read during the call
   * @return a cursor; close it, or read it to its end
   * @throws InvalidException a status is given together with {@link ChronoQuery#anyStatus(boolean)}
   */
  public ChronoCursor query(ChronoQuery query) {
    return Cursor.owned(
        queryNative(query.ragFilter, query.anyStatus, query.minConfidence, query.kind, query.status), this);
  }

  /**
   * All records whose status is active, in order: what the original calls export_records.
   *
   * @return a cursor; close it, or read it to its end
   */
  public ChronoCursor exportRecords() {
    return Cursor.owned(exportRecordsNative(), this);
  }

  /**
   * The events of the log in file order, from a number on. Lines that are no events and batches that are not complete are left
   * out; events that the state ignored (repeated or late numbers) are not. Compaction removes events. Cost: reads the log
   * from its start.
   *
   * @param fromSeq the smallest number wanted; 0 for all
   * @return a cursor; close it, or read it to its end
   */
  public WalCursor replay(long fromSeq) {
    return Cursor.owned(replayNative(fromSeq), this);
  }

  /**
   * What the store found in its files, and what it did about it, since it was opened: skipped lines, unusable snapshots, broken
   * batches, bytes set aside. At most 10,000 are kept, the oldest; the last one then tells how many more there were.
   *
   * @return a cursor; close it, or read it to its end
   */
  public ChronoNoticeCursor notices() {
    return Cursor.owned(noticesNative(), this);
  }

  /**
   * Runs a function while no other writer, in this or any other process, can write; then appends what it wrote as one batch,
   * all or nothing. For every change that depends on what is there. The function runs once, on the calling thread, while other
   * writers wait: keep it short. What it throws drops the transaction and comes out of here, the same object.
   *
   * <p>Inside, {@link ChronoTransaction} shows the latest state and the transaction's own writes. Reads of the store itself
   * work and do not see those writes; its writes and its close throw {@link MisuseException}.
   *
   * @param <T> what the function gives
   * @param <X> what the function may throw, beyond unchecked exceptions
   * @param function gets the transaction, which is usable until the function returns, on this thread
   * @return what the function gave; its writes are durable as the store's mode says
   * @throws X whatever the function throws
   * @throws BusyException the lock was not free in time; the function has not run
   * @throws ConflictException a writer that takes no lock removed an event that this store had acknowledged
   */
  public <T, X extends Exception> T commit(TransactionFunction<T, X> function) throws X {
    java.util.Objects.requireNonNull(function, "function");
    java.util.concurrent.atomic.AtomicReference<T> result = new java.util.concurrent.atomic.AtomicReference<>();
    commitNative(handle -> result.set(run(handle, function)));
    return result.get();
  }

  /**
   * As {@link #commit(TransactionFunction)} for a function that gives nothing back.
   *
   * @param <X> what the action may throw, beyond unchecked exceptions
   * @param action gets the transaction, which is usable until the action returns, on this thread
   * @return the number of the last event written, or of the last event there is if the action wrote none
   * @throws X whatever the action throws
   */
  public <X extends Exception> long commitAction(TransactionAction<X> action) throws X {
    java.util.Objects.requireNonNull(action, "action");
    return commitNative(
        handle ->
            run(
                handle,
                transaction -> {
                  action.accept(transaction);
                  return null;
                }));
  }

  private <T, X extends Exception> T run(long handle, TransactionFunction<T, X> function) throws X {
    ChronoTransaction transaction = new ChronoTransaction(handle, this);
    try {
      return function.apply(transaction);
    } finally {
      transaction.end();
    }
  }

  /**
   * Checks the log as {@link #chainValid()} does and tells the first line that is broken and how.
   *
   * @return what was found; a broken chain is a result, not an exception
   */
  public ChronoVerification verify() {
    return verifyNative(false, null);
  }

  /**
   * Checks the log and tells the first line that is broken and how. Writers are not held up; what they append meanwhile is not
   * looked at. Cost: hashes the whole log, on all cores.
   *
   * @param strict also that the numbers are contiguous, that no line or batch is unfinished, and that the log holds the event
   *     named by the snapshot, or begins with the compaction that followed it: this notices a tail that was cut below the
   *     snapshot
   * @return what was found; a broken chain is a result, not an exception
   */
  public ChronoVerification verify(boolean strict) {
    return verifyNative(strict, null);
  }

  /**
   * As {@link #verify(boolean)}, telling how far it is.
   *
   * @param strict see {@link #verify(boolean)}
   * @param progress told in bytes; null for none
   * @return what was found; a broken chain is a result, not an exception
   * @throws CancelledException the progress function said so
   */
  public ChronoVerification verify(boolean strict, Progress progress) {
    return verifyNative(strict, progress);
  }

  /**
   * As {@link #compact(Progress)} without progress.
   *
   * @return how many events replay(0) would have given before
   */
  public long compact() {
    return compactNative(null);
  }

  /**
   * Writes the state to the snapshot and starts the log anew with one {@code compact} event. All events before are gone for good,
   * and with them the proof of the history; the records, tombstones included, stay. {@link #backup()} first if they may be
   * wanted. All or nothing at every instant, power loss included. Cost: writes the whole snapshot; other writers wait.
   *
   * @param progress told in records; null for none
   * @return how many events replay(0) would have given before
   * @throws CancelledException the progress function said so; everything is as it was
   */
  public long compact(Progress progress) {
    return compactNative(progress);
  }

  /**
   * As {@link #migrateFromJson(String, Progress)} without progress.
   *
   * @param dir the folder that holds the files
   * @return how many records were written
   */
  public ChronoMigration migrateFromJson(String dir) {
    return migrateFromJsonNative(dir, null);
  }

  /**
   * Imports requirements.json and testcases.json of a folder, each an array of objects with id, title, status, confidence: one
   * record per item, kind {@code requirement} or {@code testcase}, the item as data. Items already there with the same title
   * and status are skipped, so a second import writes nothing new. Files that are missing or not JSON are left out. One batch,
   * all or nothing.
   *
   * @param dir the folder that holds the files
   * @param progress told in items; null for none
   * @return how many records were written
   * @throws CancelledException the progress function said so; nothing was written
   */
  public ChronoMigration migrateFromJson(String dir, Progress progress) {
    return migrateFromJsonNative(dir, progress);
  }
%}

%typemap(javacode) quipu_chronotransaction %{
  /**
   * All active records, in order, with the transaction's own writes.
   *
   * @return a cursor, which stays usable after the function has returned; close it, or read it to its end
   */
  public ChronoCursor query() {
    return query(new ChronoQuery());
  }

  /**
   * The records that fit, in order, with the transaction's own writes.
   *
   * @param query what is asked for; read during the call
   * @return a cursor, which stays usable after the function has returned; close it, or read it to its end
   */
  public ChronoCursor query(ChronoQuery query) {
    return Cursor.owned(
        queryNative(query.ragFilter, query.anyStatus, query.minConfidence, query.kind, query.status), store);
  }
%}
