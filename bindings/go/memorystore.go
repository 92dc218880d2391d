package quipu

import (
	"context"
	"runtime"

	"example.com/quipu/internal/capi"
)

// A MemoryStore keeps what an agent remembers: sessions of work, the observations made in them, and the prompts that
// users gave. It lies in the folder of a ChronoStore, .chronomemory of a project, as records of kinds that begin with
// memory_; other records may lie beside them. Each change is an event of that log.
//
// Any number of goroutines and processes, in any language, may use one store at the same time. Rules that read
// before they write (topics, duplicates, numbers) run inside one commit, so that they hold among processes too: eight
// that add one topic at once make one observation with eight revisions. A read sees every write that returned before
// the read began, whoever made it.
//
// Texts: names of projects are normalised (lower case, white space trimmed, runs of '-' and of '_' made one); what
// stands between <private> and </private> in titles, contents and summaries becomes [REDACTED]; contents longer than
// MaxContentBytes are cut at a character. Times are UTC, "YYYY-MM-DD HH:MM:SS".
//
// After Close every call returns ErrClosed. In a child made by fork every call returns ErrMisuse. Text that is not
// UTF-8 is ErrInvalid. Writes fail as those of ChronoStore do: nothing was written then, unless the message says that
// the outcome is unknown.
type MemoryStore struct{ storeHandle }

// OpenMemoryStore opens the memories in the project folder path (the parent of .chronomemory) and reads its snapshot
// and log. options may be nil: all defaults. What OpenChronoStore says of folders and errors holds here.
func OpenMemoryStore(path string, options *MemoryStoreOptions) (*MemoryStore, error) {
	if err := checkLibrary(); err != nil {
		return nil, err
	}
	if options == nil {
		options = &MemoryStoreOptions{}
	}
	var native, e uintptr
	status := capi.MemorystoreOpen(path, openFlags(options.ReadOnly, options.MustExist), int(options.Durability),
		milliseconds(options.LockWait), milliseconds(options.BatchInterval), options.BatchBytes, options.MaxContentBytes,
		seconds(options.DedupeWindow), &native, &e)
	if err := check(status, e); err != nil {
		return nil, err
	}
	s := &MemoryStore{storeHandle{native: native, path: path}}
	runtime.SetFinalizer(s, func(s *MemoryStore) { capi.MemorystoreFree(s.native) })
	return s, nil
}

// Close ends the work of the store, as ChronoStore.Close does: it waits for calls in flight, syncs what a batched store
// has not synced yet, and lets go of the files. A second Close does nothing.
//
// ErrMisuse: from inside a callback of the same store; the store stays open. ErrPoisoned: a sync failed; the
// store is closed in any case.
func (s *MemoryStore) Close() error { return s.close(capi.MemorystoreClose) }

// Path is the absolute path of the project folder.
func (s *MemoryStore) Path() (string, error) { return s.text(capi.MemorystorePath) }

// Search gives live observations whose title and content hold all words of the query, the best first (bm25). Words
// are what stands between white space; a query with a '/' finds exact topic keys first. options may be nil; a Limit of
// 0 means 10. ErrInvalid for a query without a word, or times that are none.
//
// The index is a file beside the log, brought up to date by searches and made anew if it is missing or damaged; it
// holds nothing that the log does not hold. Where it cannot be written it is in memory. ErrBusy: another process was
// bringing it up to date for longer than LockWait. Cost: a search after changes indexes them, the first one everything.
// One search of a store runs at a time.
func (s *MemoryStore) Search(query string, options *MemoryListOptions) (*MemoryHitCursor, error) {
	search := func(native uintptr, flags uint, limit int64, project, session, kind, scope, since, until string,
		out, e *uintptr) int {
		return capi.MemorystoreSearch(native, query, flags, limit, project, session, kind, scope, since, until, out, e)
	}
	return openList[MemoryHit](s, &memoryHitCursorFunctions, options, search)
}

// Timeline gives an observation with the live ones of its session before and after it, in the order of their numbers.
// before and after say how many at most; -1 is 5. ErrNotFound if there is no such observation.
func (s *MemoryStore) Timeline(syncID string, before, after int64) (*MemoryObservationCursor, error) {
	return openCursor[MemoryObservation](&s.storeHandle, &memoryObservationCursorFunctions,
		func(native uintptr, out, e *uintptr) int {
			return capi.MemorystoreTimeline(native, syncID, before, after, out, e)
		})
}

// Context gives the recent past, as values and as Markdown for an agent's prompt. options may be nil. ErrInvalid for a
// number below -1. Memory: all of it.
func (s *MemoryStore) Context(options *MemoryContextOptions) (*MemoryContext, error) {
	if options == nil {
		options = &MemoryContextOptions{}
	}
	var nativeSessions, nativeObservations, nativePrompts uintptr
	var text capi.Buf
	err := s.call(func(native uintptr, e *uintptr) int {
		return capi.MemorystoreContext(native, options.Project, options.Scope, options.Sessions, options.Observations,
			options.Prompts, &nativeSessions, &nativeObservations, &nativePrompts, &text, e)
	})
	if err != nil {
		return nil, err
	}
	made := &MemoryContext{Markdown: text.String()}
	sessions := newCursor[MemorySession](nativeSessions, &s.storeHandle, &memorySessionCursorFunctions)
	observations := newCursor[MemoryObservation](nativeObservations, &s.storeHandle, &memoryObservationCursorFunctions)
	prompts := newCursor[MemoryPrompt](nativePrompts, &s.storeHandle, &memoryPromptCursorFunctions)
	defer observations.Close()
	defer prompts.Close()
	if made.Sessions, err = sessions.All(); err != nil {
		return nil, err
	}
	if made.Observations, err = observations.All(); err != nil {
		return nil, err
	}
	if made.Prompts, err = prompts.All(); err != nil {
		return nil, err
	}
	return made, nil
}

// MemoryContext is what MemoryStore.Context gives.
type MemoryContext struct {
	// Sessions by their last activity, the latest first.
	Sessions []*MemorySession

	// Observations are live ones, the newest first.
	Observations []*MemoryObservation

	// Prompts, the newest first.
	Prompts []*MemoryPrompt

	// Markdown shows the three lists as text; empty if they are.
	Markdown string
}

// Stats is how much there is. Cost: proportional to the number of projects.
func (s *MemoryStore) Stats() (*MemoryStats, error) {
	return callForValue[MemoryStats](&s.storeHandle, &memoryStatsFunctions, capi.MemorystoreStats)
}

// Purge rewrites the log without what was deleted and overwritten, as ChronoStore.Compact does, and begins a new search
// index: nothing of a deleted text is in them then. Backups, and what was set aside after damage, are left as they are.
//
// progress may be nil; its steps are records. Other writers wait meanwhile. All or nothing at every instant, power
// loss included: the end of ctx ends the call with an error that is both ErrCancelled and ctx.Err(), and leaves
// everything as it was. Cost: writes the whole snapshot.
func (s *MemoryStore) Purge(ctx context.Context, progress ProgressFunc) (*MemoryPurge, error) {
	var out uintptr
	err := s.longCall(ctx, "purge", progress, func(native uintptr, call uint, e *uintptr) int {
		return capi.MemorystorePurge(native, call, &out, e)
	})
	if err != nil {
		return nil, err
	}
	return takeValue[MemoryPurge](out, &memoryPurgeFunctions)
}

// memoryList is a native call that gives a list or a search.
type memoryList func(native uintptr, flags uint, limit int64, project, sessionID, kind, scope, since, until string,
	out, e *uintptr) int

func openList[T any, P unpacker[T]](s *MemoryStore, functions *cursorFunctions, options *MemoryListOptions,
	list memoryList) (*Cursor[T], error) {
	if options == nil {
		options = &MemoryListOptions{}
	}
	return openCursor[T, P](&s.storeHandle, functions, func(native uintptr, out, e *uintptr) int {
		return list(native, options.flags(), options.Limit, options.Project, options.SessionID, options.Type, options.Scope,
			options.Since, options.Until, out, e)
	})
}
