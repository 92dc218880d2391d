// Java: the documentation of what quipu.i declares, with the visibility it gets. Methods with a signature of their own are
// documented where they are, in java_code.i.

%typemap(javaclassmodifiers) quipu_chronostore "/**
 * Records of agent memory in an append-only, hash-chained log, in the folder {@code <project>/.chronomemory}.
 *
 * <p>Any number of threads and processes, in any language, may write one store at the same time. Each write is one commit: it is
 * numbered, linked and appended under a lock between processes, and it is on disk when the call returns (see {@link
 * Durability#FULL}). A read sees every commit that returned before the read began, whoever made it. Records and events read are
 * snapshots: they stay as they are, also after later writes and after close.
 *
 * <p>Not for network file systems: the lock and the sync are only as good as theirs.
 *
 * <p>Every method throws {@link ClosedException} after close, {@link InvalidException} for text that the library refuses, {@link
 * IllegalArgumentException} for a string with an unpaired surrogate, and reads {@link IoException} when the log cannot be read.
 * Writes throw, when nothing was written: {@link BusyException} (the lock was not free in time), {@link ConflictException},
 * {@link FullException}, {@link IoException}, {@link PoisonedException}, {@link ReadOnlyException}, and {@link MisuseException}
 * from inside a callback of the same store.
 */
public final class"

%typemap(javaclassmodifiers) quipu_chronotransaction "/**
 * What {@link ChronoStore#commit} gives its function: reads show the latest state and the transaction's own writes, writes are
 * appended together when the function has returned. Usable only inside the function, on its thread; elsewhere every method
 * throws {@link MisuseException}.
 */
public final class"

%typemap(javaclassmodifiers) quipu_chronocursor "/** A cursor over records. See {@link Cursor}. */
public final class"
%typemap(javaclassmodifiers) quipu_walcursor "/** A cursor over events of the log. See {@link Cursor}. */
public final class"
%typemap(javaclassmodifiers) quipu_chrononoticecursor "/** A cursor over notices. See {@link Cursor}. */
public final class"

// ---- ChronoStore -------------------------------------------------------------------------------------------------------

%javamethodmodifiers quipu_chronostore::close "/**
   * Ends the work of the store: waits for calls in flight, syncs what a batched store has not synced yet, writes a snapshot if 50
   * events or more came since the last one, and lets go of the files. A second close does nothing. Threads: any.
   *
   * @throws MisuseException from inside a callback of the same store, which stays open
   * @throws PoisonedException a sync failed that no write has told of; the store is closed in any case
   */
  @Override
  public";
%javamethodmodifiers quipu_chronostore::path "/**
   * The project folder.
   *
   * @return its absolute path
   */
  public";
%javamethodmodifiers quipu_chronostore::refresh "/**
   * Reads what other writers have committed. Every read does this by itself; a call of its own is useful to learn about a failing
   * disk early, and to pay the cost at a chosen moment.
   */
  public";
%javamethodmodifiers quipu_chronostore::sync "/**
   * Makes all that was written before durable now, by whichever handle, whatever the mode.
   *
   * @throws PoisonedException a sync failed
   */
  public";
%javamethodmodifiers quipu_chronostore::upsert "/**
   * Writes a record: new, or in place of the one with its id (which keeps its place in the order). The record on disk gets the
   * store's recursion depth; the object given is not changed. When this returns the event is in the log, visible to every
   * reader, and durable as the store's mode says; when it throws nothing was written, unless the message says that the outcome is
   * unknown. Threads that write at the same moment share one write and one sync.
   *
   * @param record its id must not be empty
   * @return the event as it stands in the log
   * @throws InvalidException the id is empty, or data or model_assumptions is not JSON or nests deeper than 256 levels
   */
  public";
%javamethodmodifiers quipu_chronostore::upsert_many "/**
   * Writes records with one sync, all or nothing: in a crash and for every reader too. In order; an id that comes twice is written
   * twice. Memory: the whole batch, which may have up to 2 GiB.
   *
   * @param records see {@link #upsert(ChronoRecord)}
   * @return the number of the first event, the others follow without a gap; 0 when there are no records
   */
  public";
%javamethodmodifiers quipu_chronostore::delete_record "/**
   * Marks the record with that id as a tombstone; all its other fields stay, and get still finds it. Always writes an event, also
   * for an id that does not exist or is a tombstone already.
   *
   * @param id not empty
   * @return the event as it stands in the log
   */
  public";
%javamethodmodifiers quipu_chronostore::get "/**
   * The record with an id, whatever its status. A record whose id is no text is found under its JSON text. Cost: constant.
   *
   * @param id the id
   * @return a snapshot
   * @throws NotFoundException there is none
   */
  public";
%javamethodmodifiers quipu_chronostore::find "/**
   * The record with an id, whatever its status, if there is one. Cost: constant.
   *
   * @param id the id
   * @return a snapshot, or nothing
   */
  public";
%javamethodmodifiers quipu_chronostore::record_count "/**
   * How many records have the status active. Cost: constant.
   *
   * @return the number
   */
  public";
%javamethodmodifiers quipu_chronostore::wal_seq "/**
   * The number of the last event.
   *
   * @return the number; 0 for a new store
   */
  public";
%javamethodmodifiers quipu_chronostore::last_hash "/**
   * The hash that the next event will link to. Kept elsewhere, it later shows whether the tail of the log was cut.
   *
   * @return 64 hex digits; empty for a new store
   */
  public";
%javamethodmodifiers quipu_chronostore::chain_valid "/**
   * Checks that every line of the log parses, links to the line before it and has the right hash. Looks at the log alone: lines
   * cut off its end are not noticed (see {@link #verify(boolean)}). Cost: hashes the whole log, on all cores.
   *
   * @return true if so, also for an empty or missing log
   */
  public";
%javamethodmodifiers quipu_chronostore::backup "/**
   * Copies the files of the store, as of one moment, to {@code .chronomemory/backup/<UTC YYYYMMDDTHHMMSS>[-n]/}. Everything but
   * {@code backup}, the lock and scratch files is copied, and synced. Open a copy by putting it at {@code
   * <folder>/.chronomemory}. Other writers wait meanwhile.
   *
   * @return the absolute path of the copy
   */
  public";

// ---- ChronoTransaction -------------------------------------------------------------------------------------------------

%javamethodmodifiers quipu_chronotransaction::upsert "/**
   * As {@link ChronoStore#upsert(ChronoRecord)}; nothing is on disk before the function has returned. A record that is refused may
   * be handled inside the function; the transaction goes on without it.
   *
   * @param record its id must not be empty
   */
  public";
%javamethodmodifiers quipu_chronotransaction::delete_record "/**
   * As {@link ChronoStore#delete(String)}; nothing is on disk before the function has returned.
   *
   * @param id not empty
   */
  public";
%javamethodmodifiers quipu_chronotransaction::get "/**
   * The record with an id, whatever its status, with the transaction's own writes.
   *
   * @param id the id
   * @return a snapshot
   * @throws NotFoundException there is none
   */
  public";
%javamethodmodifiers quipu_chronotransaction::find "/**
   * The record with an id, whatever its status, if there is one; with the transaction's own writes.
   *
   * @param id the id
   * @return a snapshot, or nothing
   */
  public";
%javamethodmodifiers quipu_chronotransaction::record_count "/**
   * How many records have the status active, with the transaction's own writes.
   *
   * @return the number
   */
  public";
