package quipu

import (
	"context"
	"runtime"

	"example.com/quipu/internal/capi"
)

// A ChronoStore keeps records of agent memory in an append-only, hash-chained log: the folder .chronomemory of
// a project.
//
// Any number of goroutines and processes, in any language, may write one store at the same time. Each write is
// one commit: numbered, linked and appended under a lock between processes, and on disk when the call returns
// (see Durability). A read sees every commit that returned before the read began, whoever made it.
//
// After Close every call returns ErrClosed. In a child made by fork every call returns ErrMisuse.
//
// What all writes have in common: on success the event is in the log, linked, visible to every reader, and
// durable as the mode says. On failure nothing was written, unless the message says that the outcome is
// unknown. ErrInvalid: an empty id, text that is not UTF-8, JSON that does not parse. ErrBusy: the lock was not
// free within LockWait. ErrConflict: a writer that takes no lock removed an event that this store had
// acknowledged. ErrFull and ErrIO: the log was cut back to where the write began. ErrPoisoned: a sync failed;
// close the store and open it again. ErrReadOnly: opened so, or the files cannot be written.
type ChronoStore struct{ storeHandle }

// OpenChronoStore opens the store of the project folder path (the parent of .chronomemory) and reads its
// snapshot and log. options may be nil: all defaults.
//
// The folder and .chronomemory are created if they are missing, unless the options say otherwise; no file is
// created before the first write. Damage in the files does not stop the opening: what can be read is there,
// Notices tells the rest. Nothing is repaired.
//
// ErrNotFound: nothing there, and MustExist or ReadOnly given. ErrNotAStore: events.wal is some other file.
// ErrReadOnly: the folder is missing and cannot be created. ErrExists: something on the path is a file where a
// folder must be.
func OpenChronoStore(path string, options *ChronoStoreOptions) (*ChronoStore, error) {
	if err := checkLibrary(); err != nil {
		return nil, err
	}
	if options == nil {
		options = &ChronoStoreOptions{}
	}
	var native, e uintptr
	status := capi.ChronostoreOpen(path, openFlags(options.ReadOnly, options.MustExist), int(options.Durability),
		options.RecursionDepth, milliseconds(options.LockWait), milliseconds(options.BatchInterval), options.BatchBytes,
		&native, &e)
	if err := check(status, e); err != nil {
		return nil, err
	}
	s := &ChronoStore{storeHandle{native: native, path: path}}
	runtime.SetFinalizer(s, func(s *ChronoStore) { capi.ChronostoreFree(s.native) })
	return s, nil
}

// Close ends the work of the store: it waits for calls in flight, syncs what a batched store has not synced
// yet, writes a snapshot if one is due, and lets go of the files. A second Close does nothing.
//
// ErrMisuse: from inside a callback of the same store; the store stays open. ErrPoisoned: a sync failed; the
// store is closed in any case.
func (s *ChronoStore) Close() error { return s.close(capi.ChronostoreClose) }

// Path is the absolute path of the project folder.
func (s *ChronoStore) Path() (string, error) {
	return s.text(capi.ChronostorePath)
}

// Refresh reads what other writers have committed. Every read does this by itself; a call of its own is useful
// to learn about a failing disk early, and to pay the cost at a chosen moment.
func (s *ChronoStore) Refresh() error { return s.call(capi.ChronostoreRefresh) }

// Sync makes all that was written before durable now, by whichever handle, whatever the mode. ErrPoisoned if a sync fails.
func (s *ChronoStore) Sync() error { return s.call(capi.ChronostoreSync) }

// Upsert writes a record: new, or in place of the one with its id, which keeps its place in the order. The
// record on disk gets the store's recursion depth; the caller's record is not changed. It returns the event
// written.
func (s *ChronoStore) Upsert(record *ChronoRecord) (*WalEvent, error) {
	x := newExchange()
	defer x.release()
	if err := x.pack(record); err != nil {
		return nil, err
	}
	status := capi.ChronostoreUpsertPacked(s.native, x.data, &x.answer.event, &x.answer.err)
	runtime.KeepAlive(s)
	if err := check(status, x.answer.err); err != nil {
		return nil, err
	}
	return takePacked[WalEvent](&x.answer.event)
}

// UpsertMany writes the records in order with one sync, all or nothing: in a crash and for every reader too. An
// id that comes twice is written twice. It returns the number of the first event, the others follow without a
// gap; 0 without records. Memory: the whole batch.
func (s *ChronoStore) UpsertMany(records []*ChronoRecord) (firstSeq int64, err error) {
	x := newExchange()
	defer x.release()
	if err := x.packPage(records); err != nil {
		return 0, err
	}
	err = s.call(func(native uintptr, e *uintptr) int {
		return capi.ChronostoreUpsertManyPacked(native, x.data, &firstSeq, e)
	})
	return firstSeq, err
}

// Delete marks the record with that id as a tombstone; all its other fields stay, and Get still finds it. It
// always writes an event, also for an id that does not exist or is a tombstone already, and returns it.
func (s *ChronoStore) Delete(id string) (*WalEvent, error) {
	var out capi.Buf
	err := s.call(func(native uintptr, e *uintptr) int {
		return capi.ChronostoreDeletePacked(native, id, &out, e)
	})
	if err != nil {
		return nil, err
	}
	return takePacked[WalEvent](&out)
}

// Get is the record with that id, whatever its status. ErrNotFound if there is none. A record whose id is no
// text is found under its JSON text. Cost: constant.
func (s *ChronoStore) Get(id string) (*ChronoRecord, error) {
	record, err := s.Find(id)
	if err == nil && record == nil {
		err = notFound(id, s.path)
	}
	return record, err
}

// Find is as Get, but nil without an error if there is none.
func (s *ChronoStore) Find(id string) (*ChronoRecord, error) {
	var out capi.Buf
	err := s.call(func(native uintptr, e *uintptr) int {
		return capi.ChronostoreFindPacked(native, id, &out, e)
	})
	if err != nil {
		return nil, err
	}
	return takePacked[ChronoRecord](&out)
}

func notFound(id, path string) error {
	err := newError(CodeNotFound, "cannot get record %q from %q: there is none", id, path)
	err.Path = path
	return err
}

// Query gives the records that fit, in the order in which their ids were first written, as of now. options may
// be nil: all active records. A confidence that is no number counts as 0, true as 1, false as 0. Cost:
// proportional to the records of that kind and status, not to the store.
func (s *ChronoStore) Query(options *ChronoQueryOptions) (*ChronoCursor, error) {
	if options == nil {
		options = &ChronoQueryOptions{}
	}
	return openCursor[ChronoRecord](&s.storeHandle, &chronoCursorFunctions, func(native uintptr, out, e *uintptr) int {
		return capi.ChronostoreQuery(native, options.flags(), options.MinConfidence, options.Kind, options.Status, out, e)
	})
}

// ExportRecords gives all records whose status is active, in order.
func (s *ChronoStore) ExportRecords() (*ChronoCursor, error) {
	return openCursor[ChronoRecord](&s.storeHandle, &chronoCursorFunctions, capi.ChronostoreExportRecords)
}

// RecordCount is how many records have the status active. Cost: constant.
func (s *ChronoStore) RecordCount() (int64, error) { return s.number(capi.ChronostoreRecordCount) }

// WalSeq is the number of the last event; 0 for a new store.
func (s *ChronoStore) WalSeq() (int64, error) { return s.number(capi.ChronostoreWalSeq) }

// LastHash is the hash that the next event will link to; empty for a new store. Kept elsewhere, it later shows
// whether the tail of the log was cut.
func (s *ChronoStore) LastHash() (string, error) { return s.text(capi.ChronostoreLastHash) }

// Replay gives the events of the log in file order whose seq is at least fromSeq. Lines that are no events and
// batches that are not complete are left out, events that the state ignored (repeated or late numbers) are not.
// Compaction removes events. Cost: reads the log from its start.
func (s *ChronoStore) Replay(fromSeq int64) (*WalCursor, error) {
	return openCursor[WalEvent](&s.storeHandle, &walCursorFunctions, func(native uintptr, out, e *uintptr) int {
		return capi.ChronostoreReplay(native, fromSeq, out, e)
	})
}

// Notices gives what the store found in its files, and what it did about it, since it was opened: skipped
// lines, unusable snapshots, broken batches, bytes set aside. At most 10,000 are kept, the oldest; the last one
// then tells how many more there were.
func (s *ChronoStore) Notices() (*ChronoNoticeCursor, error) {
	return openCursor[ChronoNotice](&s.storeHandle, &chronoNoticeCursorFunctions, capi.ChronostoreNotices)
}

// ChainValid reports whether every line of the log parses, links to the line before it and has the right hash;
// true for an empty or missing log too. It looks at the log alone: lines cut off its end are not noticed (see
// Verify). Cost: hashes the whole log, on all cores.
func (s *ChronoStore) ChainValid() (bool, error) {
	var valid int32
	err := s.call(func(native uintptr, e *uintptr) int { return capi.ChronostoreChainValid(native, &valid, e) })
	return valid != 0, err
}

// Verify checks the log and tells the first line that is broken and how. A broken chain is a result, not an
// error. options may be nil. The end of ctx ends the call with an error that is both ErrCancelled and
// ctx.Err(). Cost: as ChainValid. Writers are not held up; what they append meanwhile is not looked at.
func (s *ChronoStore) Verify(ctx context.Context, options *VerifyOptions) (*ChronoVerification, error) {
	if options == nil {
		options = &VerifyOptions{}
	}
	var flags uint
	if options.Strict {
		flags = capi.ChronoverifyStrict
	}
	var out uintptr
	err := s.longCall(ctx, "verify", options.Progress, func(native uintptr, call uint, e *uintptr) int {
		return capi.ChronostoreVerify(native, flags, call, &out, e)
	})
	if err != nil {
		return nil, err
	}
	return takeValue[ChronoVerification](out, &chronoVerificationFunctions)
}

// Compact writes the state to the snapshot and starts the log anew with one compact event. All events before
// are gone for good, and with them the proof of the history; the records, tombstones included, stay. Call
// Backup first if they may be wanted. It returns how many events Replay(0) would have given before.
//
// progress may be nil; its steps are records. Other writers wait meanwhile. All or nothing at every instant,
// power loss included: the end of ctx ends the call with an error that is both ErrCancelled and ctx.Err(), and
// leaves everything as it was. Cost: writes the whole snapshot.
func (s *ChronoStore) Compact(ctx context.Context, progress ProgressFunc) (events int64, err error) {
	err = s.longCall(ctx, "compact", progress, func(native uintptr, call uint, e *uintptr) int {
		return capi.ChronostoreCompact(native, call, &events, e)
	})
	return events, err
}

// Backup copies the files of the store, as of one moment, to .chronomemory/backup/<UTC YYYYMMDDTHHMMSS>[-n]/
// and returns that absolute path. Everything but backups, the lock and scratch files is copied, and synced.
// Open a copy by putting it at <folder>/.chronomemory. Other writers wait meanwhile.
func (s *ChronoStore) Backup() (path string, err error) { return s.text(capi.ChronostoreBackup) }

// MigrateFromJSON imports requirements.json and testcases.json of the folder dir, each an array of objects with
// id, title, status, confidence: one record per item, kind requirement or testcase, the item as data. Items
// already there with the same title and status are skipped, so a second import writes nothing new. Files that
// are missing or not JSON are left out. One batch, all or nothing.
//
// progress may be nil; its steps are items. The end of ctx ends the call with an error that is both
// ErrCancelled and ctx.Err(); nothing is written then. Other codes: those of all writes.
func (s *ChronoStore) MigrateFromJSON(ctx context.Context, dir string, progress ProgressFunc) (*ChronoMigration, error) {
	var out uintptr
	err := s.longCall(ctx, "migrate from JSON", progress, func(native uintptr, call uint, e *uintptr) int {
		return capi.ChronostoreMigrate(native, dir, call, &out, e)
	})
	if err != nil {
		return nil, err
	}
	return takeValue[ChronoMigration](out, &chronoMigrationFunctions)
}
