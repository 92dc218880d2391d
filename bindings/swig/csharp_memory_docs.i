// The XML docs of MemoryStore's methods that SWIG writes, and which of its methods are private: as csharp_docs.i.

QUIPU_PRIVATE(quipu_memorystore::open_native)
QUIPU_PRIVATE(quipu_memorystore::session_start_native)
QUIPU_PRIVATE(quipu_memorystore::session_end_native)
QUIPU_PRIVATE(quipu_memorystore::session_list_native)
QUIPU_PRIVATE(quipu_memorystore::observation_add_native)
QUIPU_PRIVATE(quipu_memorystore::observation_update_native)
QUIPU_PRIVATE(quipu_memorystore::observation_delete_native)
QUIPU_PRIVATE(quipu_memorystore::observation_list_native)
QUIPU_PRIVATE(quipu_memorystore::search_native)
QUIPU_PRIVATE(quipu_memorystore::timeline_native)
QUIPU_PRIVATE(quipu_memorystore::prompt_add_native)
QUIPU_PRIVATE(quipu_memorystore::prompt_list_native)
QUIPU_PRIVATE(quipu_memorystore::context_native)
QUIPU_PRIVATE(quipu_memorystore::purge_native)

%csmethodmodifiers quipu_memorystore::close
"/// <summary>Ends the work of the store: waits for calls in flight, syncs what a batched store has not synced yet, writes a
  /// snapshot where one is due, and lets go of the files. Every later call throws
  /// <see cref=\"global::System.ObjectDisposedException\"/>; a second close does nothing.</summary>
  /// <exception cref=\"MisuseException\">From inside a callback of the same store; the store stays open.</exception>
  /// <exception cref=\"PoisonedException\">A sync failed that no write has told of; the store is closed in any case.</exception>
  public"

%csmethodmodifiers quipu_memorystore::path
"/// <summary>The absolute path of the project folder.</summary>
  public"

// ---- sessions

%csmethodmodifiers quipu_memorystore::session_get
"/// <summary>The session with that id. Cost: constant.</summary>
  /// <param name=\"id\">The id of the session.</param>
  /// <exception cref=\"NotFoundException\">There is none; <see cref=\"SessionFind\"/> answers null instead.</exception>
  public"

%csmethodmodifiers quipu_memorystore::session_find
"/// <summary>The session with that id, or null if there is none. Cost: constant.</summary>
  /// <param name=\"id\">The id of the session.</param>
  public"

%csmethodmodifiers quipu_memorystore::session_delete
"/// <summary>Deletes a session with its prompts, for good.</summary>
  /// <param name=\"id\">The id of the session.</param>
  /// <exception cref=\"ConstraintException\">Observations refer to it, perhaps some that were deleted softly.</exception>
  /// <exception cref=\"NotFoundException\">There is no such session.</exception>
  public"

// ---- observations

%csmethodmodifiers quipu_memorystore::observation_get
"/// <summary>The observation of that identity, also one that was deleted softly: its DeletedAt tells. Cost: constant.</summary>
  /// <param name=\"syncId\">The identity of the observation.</param>
  /// <exception cref=\"NotFoundException\">There is none; <see cref=\"ObservationFind\"/> answers null instead.</exception>
  public"

%csmethodmodifiers quipu_memorystore::observation_find
"/// <summary>The observation of that identity, also one that was deleted softly, or null if there is none. Cost:
  /// constant.</summary>
  /// <param name=\"syncId\">The identity of the observation.</param>
  public"

// ---- prompts

%csmethodmodifiers quipu_memorystore::prompt_get
"/// <summary>The prompt of that identity. Cost: constant.</summary>
  /// <param name=\"syncId\">The identity of the prompt.</param>
  /// <exception cref=\"NotFoundException\">There is none; <see cref=\"PromptFind\"/> answers null instead.</exception>
  public"

%csmethodmodifiers quipu_memorystore::prompt_find
"/// <summary>The prompt of that identity, or null if there is none. Cost: constant.</summary>
  /// <param name=\"syncId\">The identity of the prompt.</param>
  public"

%csmethodmodifiers quipu_memorystore::prompt_delete
"/// <summary>Removes a prompt for good; its text stays in the log until <see cref=\"Purge\"/>, and in backups.</summary>
  /// <param name=\"syncId\">The identity of the prompt.</param>
  /// <exception cref=\"NotFoundException\">There is no such prompt.</exception>
  public"

// ---- all of it

%csmethodmodifiers quipu_memorystore::stats
"/// <summary>How much there is. Cost: proportional to the number of projects.</summary>
  public"
