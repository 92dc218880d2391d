// The XML docs of the C# methods and enums that SWIG writes, and which of its methods are private. Methods with a signature of
// their own in C# are documented where they stand: bindings/csharp/Quipu. A public method without docs does not compile.

%define QUIPU_PRIVATE(METHOD)
%csmethodmodifiers METHOD "private"
%enddef

QUIPU_PRIVATE(quipu_chronostore::open_native)
QUIPU_PRIVATE(quipu_chronostore::query_native)
QUIPU_PRIVATE(quipu_chronostore::export_records_native)
QUIPU_PRIVATE(quipu_chronostore::replay_native)
QUIPU_PRIVATE(quipu_chronostore::notices_native)
QUIPU_PRIVATE(quipu_chronostore::commit_native)
QUIPU_PRIVATE(quipu_chronostore::verify_native)
QUIPU_PRIVATE(quipu_chronostore::compact_native)
QUIPU_PRIVATE(quipu_chronostore::migrate_from_json_native)
QUIPU_PRIVATE(quipu_chronotransaction::query_native)

// ---- Durability --------------------------------------------------------------------------------------------------------

%typemap(csclassmodifiers) quipu_durability
"/// <summary>When a write counts as done. Each mode names what it can lose.</summary>
public enum"
%csattributes QUIPU_DURABILITY_FULL
"/// <summary>Synced before the call returns: survives power loss.</summary>"
%csattributes QUIPU_DURABILITY_BATCHED
"/// <summary>Written before the call returns, synced within <see cref=\"StoreOptions.BatchInterval\"/> or
  /// <see cref=\"StoreOptions.BatchBytes\"/>: power loss may cost that much, the end of the process nothing.</summary>"
%csattributes QUIPU_DURABILITY_NONE
"/// <summary>Written before the call returns, synced when the system pleases: survives the process, not power loss.</summary>"

// ---- ChronoStore -------------------------------------------------------------------------------------------------------

%csmethodmodifiers quipu_chronostore::close
"/// <summary>Ends the work of the store: waits for calls in flight, syncs what a batched store has not synced yet, writes a
  /// snapshot if 50 events or more came since the last one, and lets go of the files. Every later call throws
  /// <see cref=\"global::System.ObjectDisposedException\"/>; a second close does nothing.</summary>
  /// <exception cref=\"MisuseException\">From inside a callback of the same store; the store stays open.</exception>
  /// <exception cref=\"PoisonedException\">A sync failed that no write has told of; the store is closed in any case.</exception>
  public"

%csmethodmodifiers quipu_chronostore::path
"/// <summary>The absolute path of the project folder.</summary>
  public"

%csmethodmodifiers quipu_chronostore::refresh
"/// <summary>Reads what other writers have committed. Every read does this by itself; a call of its own is useful to learn
  /// about a failing disk early, and to pay the cost at a chosen moment.</summary>
  public"

%csmethodmodifiers quipu_chronostore::sync
"/// <summary>Makes all that was written before durable now, by whichever handle, whatever the mode.</summary>
  /// <exception cref=\"PoisonedException\">A sync failed, now or earlier.</exception>
  public"

%csmethodmodifiers quipu_chronostore::upsert
"/// <summary>Writes a record: new, or in place of the one with its id (which keeps its place in the order). Threads that write at
  /// the same moment share one write and one sync.</summary>
  /// <param name=\"record\">Read during the call, not changed and not kept. On disk it gets the depth of the store.</param>
  /// <returns>The event that is now in the log, durable as the mode of the store says.</returns>
  /// <exception cref=\"InvalidException\">The id is empty, JSON text does not parse or nests deeper than 256 levels.</exception>
  /// <exception cref=\"BusyException\">Another process held the lock for longer than the store may wait.</exception>
  public"

%csmethodmodifiers quipu_chronostore::upsert_many
"/// <summary>Writes records with one sync, all or nothing: in a crash and for every reader too. In order; an id that comes twice is
  /// written twice. Memory: the whole batch.</summary>
  /// <param name=\"records\">Enumerated once, before anything is written.</param>
  /// <returns>The number of the first event, the others follow without a gap; 0 when there are no records.</returns>
  /// <exception cref=\"InvalidException\">One of the records is not allowed; none was written.</exception>
  /// <exception cref=\"BusyException\">Another process held the lock for longer than the store may wait.</exception>
  public"

%csmethodmodifiers quipu_chronostore::delete_record
"/// <summary>Marks the record with that id as a tombstone; all its other fields stay, and <see cref=\"Get\"/> still finds it. Always
  /// writes an event, also for an id that does not exist or is a tombstone already.</summary>
  /// <param name=\"id\">The id of the record, not empty.</param>
  /// <returns>The event that is now in the log.</returns>
  public"

%csmethodmodifiers quipu_chronostore::get
"/// <summary>The record with that id, whatever its status. Cost: constant.</summary>
  /// <param name=\"id\">The id; that of a record whose id is no text is its JSON text.</param>
  /// <returns>A record of the caller's: later writes do not change it, and changing it does not change the store.</returns>
  /// <exception cref=\"NotFoundException\">There is none; <see cref=\"Find\"/> answers null instead.</exception>
  public"

%csmethodmodifiers quipu_chronostore::find
"/// <summary>The record with that id, whatever its status, or null if there is none. Cost: constant.</summary>
  /// <param name=\"id\">The id; that of a record whose id is no text is its JSON text.</param>
  /// <returns>A record of the caller's, or null.</returns>
  public"

%csmethodmodifiers quipu_chronostore::record_count
"/// <summary>How many records have the status <c>active</c>. Cost: constant.</summary>
  public"

%csmethodmodifiers quipu_chronostore::wal_seq
"/// <summary>The number of the last event; 0 for a new store.</summary>
  public"

%csmethodmodifiers quipu_chronostore::last_hash
"/// <summary>The hash that the next event will link to; empty for a new store. Kept elsewhere, it later shows whether the tail of
  /// the log was cut.</summary>
  public"

%csmethodmodifiers quipu_chronostore::chain_valid
"/// <summary>True if every line of the log parses, links to the line before it and has the right hash; also for an empty or
  /// missing log. Looks at the log alone: lines cut off its end are not noticed (see <c>Verify</c>). Cost: hashes the whole log,
  /// on all cores.</summary>
  public"

%csmethodmodifiers quipu_chronostore::backup
"/// <summary>Copies the files of the store, as of one moment, to
  /// <c>.chronomemory/backup/</c>, into a folder named after the time (UTC, YYYYMMDDTHHMMSS). Everything but backups, the lock and
  /// scratch files is copied, and synced. Other writers wait. Open a copy by putting it at <c>.chronomemory</c> of a folder.</summary>
  /// <returns>The absolute path of the copy.</returns>
  public"

// ---- ChronoTransaction -------------------------------------------------------------------------------------------------

%csmethodmodifiers quipu_chronotransaction::upsert
"/// <summary>Writes a record, as <see cref=\"ChronoStore.Upsert\"/> does; nothing is on disk before the function has
  /// returned.</summary>
  /// <param name=\"record\">Read during the call, not changed and not kept.</param>
  /// <exception cref=\"InvalidException\">The record is not allowed. The function may catch this; the transaction goes on without the
  /// record.</exception>
  public"

%csmethodmodifiers quipu_chronotransaction::delete_record
"/// <summary>Marks the record with that id as a tombstone, as <see cref=\"ChronoStore.Delete\"/> does; nothing is on disk before the
  /// function has returned.</summary>
  /// <param name=\"id\">The id of the record, not empty.</param>
  public"

%csmethodmodifiers quipu_chronotransaction::get
"/// <summary>The record with that id, whatever its status, with the transaction's own writes.</summary>
  /// <param name=\"id\">The id; that of a record whose id is no text is its JSON text.</param>
  /// <returns>A record of the caller's.</returns>
  /// <exception cref=\"NotFoundException\">There is none; <see cref=\"Find\"/> answers null instead.</exception>
  public"

%csmethodmodifiers quipu_chronotransaction::find
"/// <summary>The record with that id, whatever its status, with the transaction's own writes; null if there is none.</summary>
  /// <param name=\"id\">The id; that of a record whose id is no text is its JSON text.</param>
  /// <returns>A record of the caller's, or null.</returns>
  public"

%csmethodmodifiers quipu_chronotransaction::record_count
"/// <summary>How many records have the status <c>active</c>, with the transaction's own writes.</summary>
  public"
