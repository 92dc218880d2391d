package quipu

import (
	"context"
	"sync"

	"example.com/quipu/internal/capi"
)

// A ChronoTransaction is what Commit gives to its function, for as long as that runs; afterwards every call
// returns ErrMisuse. Reads see the latest state and the transaction's own writes. Nothing is on disk before the
// function has returned. A write that fails (an empty id) may be handled inside; the transaction goes on
// without it.
type ChronoTransaction struct {
	store *ChronoStore

	mutex  sync.Mutex
	native uintptr // 0 once the function has returned: the memory is gone then
}

// Commit runs fn while no other writer, in this or any other process, can write; then appends what fn wrote as
// one batch, all or nothing. It is for every change that depends on what is there. It returns the number of the
// last event written, or of the last event there is if fn wrote none.
//
// If fn returns an error, what it wrote is dropped and Commit returns that very error; a panic comes out with
// the same value. If ctx ends before fn is called, or while it runs, what it wrote is dropped and the error is
// both ErrCancelled and ctx.Err(). Other codes: those of all writes.
//
// fn runs once, on the calling goroutine, while other writers wait: keep it short. Reads of the store itself
// work inside and do not see the transaction's writes; its writes and its Close answer ErrMisuse (in another
// goroutine they wait, so fn must not wait for that). fn must not end its goroutine (runtime.Goexit,
// testing.T.FailNow): that ends the program.
func (s *ChronoStore) Commit(ctx context.Context, fn func(tx *ChronoTransaction) error) (seq int64, err error) {
	if ctx.Err() != nil {
		return 0, cancelled(ctx, "commit")
	}
	var failed error
	call := capi.NewTransactionCall(func(native uintptr) (status int) {
		tx := &ChronoTransaction{store: s, native: native}
		defer tx.end()
		if ctx.Err() == nil {
			failed = fn(tx)
		}
		if failed == nil && ctx.Err() != nil {
			failed = cancelled(ctx, "commit")
		}
		if failed != nil {
			return capi.ECancelled
		}
		return capi.OK
	})
	defer call.Finish()
	err = s.call(func(native uintptr, e *uintptr) int {
		return capi.ChronostoreCommit(native, call.Handle(), &seq, e)
	})
	if failed != nil {
		return 0, failed
	}
	return seq, err
}

func (tx *ChronoTransaction) end() {
	tx.mutex.Lock()
	tx.native = 0
	tx.mutex.Unlock()
}

// call runs one native call, unless the transaction has ended.
func (tx *ChronoTransaction) call(run func(native uintptr, e *uintptr) int) error {
	tx.mutex.Lock()
	defer tx.mutex.Unlock()
	if tx.native == 0 {
		return newError(CodeMisuse, "the transaction was used after the function that it was given to had returned")
	}
	var e uintptr
	return check(run(tx.native, &e), e)
}

// Upsert writes a record: new, or in place of the one with its id.
func (tx *ChronoTransaction) Upsert(record *ChronoRecord) error {
	x := newExchange()
	defer x.release()
	if err := x.pack(record); err != nil {
		return err
	}
	return tx.call(func(native uintptr, e *uintptr) int {
		return capi.ChronotransactionUpsertPacked(native, x.data, e)
	})
}

// Delete marks the record with that id as a tombstone. It always writes an event, as ChronoStore.Delete does.
func (tx *ChronoTransaction) Delete(id string) error {
	return tx.call(func(native uintptr, e *uintptr) int { return capi.ChronotransactionDelete(native, id, e) })
}

// Get is the record with that id, whatever its status. ErrNotFound if there is none.
func (tx *ChronoTransaction) Get(id string) (*ChronoRecord, error) {
	record, err := tx.Find(id)
	if err == nil && record == nil {
		err = notFound(id, tx.store.path)
	}
	return record, err
}

// Find is as Get, but nil without an error if there is none.
func (tx *ChronoTransaction) Find(id string) (*ChronoRecord, error) {
	var out capi.Buf
	err := tx.call(func(native uintptr, e *uintptr) int {
		return capi.ChronotransactionFindPacked(native, id, &out, e)
	})
	if err != nil {
		return nil, err
	}
	return takePacked[ChronoRecord](&out)
}

// Query gives the records that fit, as ChronoStore.Query does. The cursor stays usable after the function has
// returned.
func (tx *ChronoTransaction) Query(options *ChronoQueryOptions) (*ChronoCursor, error) {
	if options == nil {
		options = &ChronoQueryOptions{}
	}
	var out uintptr
	err := tx.call(func(native uintptr, e *uintptr) int {
		return capi.ChronotransactionQuery(native, options.flags(), options.MinConfidence, options.Kind, options.Status,
			&out, e)
	})
	if err != nil {
		return nil, err
	}
	return newCursor[ChronoRecord](out, &tx.store.storeHandle, &chronoCursorFunctions), nil
}

// RecordCount is how many records have the status active.
func (tx *ChronoTransaction) RecordCount() (out int64, err error) {
	err = tx.call(func(native uintptr, e *uintptr) int { return capi.ChronotransactionRecordCount(native, &out, e) })
	return out, err
}
