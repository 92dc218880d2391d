package quipu

import (
	"runtime"
	"sync"
	"sync/atomic"

	"example.com/quipu/internal/capi"
	"example.com/quipu/internal/packed"
)

// A Cursor gives values one by one, in order. It shows the store as of its creation, whatever is written later.
//
//	cursor, err := store.Query(nil)
//	if err != nil {
//		return err
//	}
//	defer cursor.Close()
//	for cursor.Next() {
//		record := cursor.Value()
//		...
//	}
//	return cursor.Err()
//
// It holds one page of about 1,000 values at a time. A cursor that has come to its end has closed itself. One
// goroutine at a time may use it.
type Cursor[T any] struct {
	_ noCopy

	owner     *storeHandle // also keeps the store from being collected while the cursor is in use
	functions *cursorFunctions
	decode    func(data []byte) (*T, error)

	page  packed.PageReader
	value *T
	err   error
	ended bool

	mutex  sync.Mutex // guards native against a Close by another goroutine
	native uintptr    // 0 once closed
	closed atomic.Bool
}

// The cursors of a ChronoStore.
type (
	ChronoCursor       = Cursor[ChronoRecord]
	WalCursor          = Cursor[WalEvent]
	ChronoNoticeCursor = Cursor[ChronoNotice]
)

// The cursors of a MemoryStore.
type (
	MemorySessionCursor     = Cursor[MemorySession]
	MemoryObservationCursor = Cursor[MemoryObservation]
	MemoryPromptCursor      = Cursor[MemoryPrompt]
	MemoryHitCursor         = Cursor[MemoryHit]
	MemoryProjectCursor     = Cursor[MemoryProject]
	MemoryMutationCursor    = Cursor[MemoryMutation]
)

// cursorFunctions are the native functions of one type of cursor.
type cursorFunctions struct {
	nextPage func(cursor uintptr, maxItems int64, out *capi.Buf, err *uintptr) int
	free     func(cursor uintptr)
}

var (
	chronoCursorFunctions       = cursorFunctions{capi.ChronocursorNextPage, capi.ChronocursorFree}
	walCursorFunctions          = cursorFunctions{capi.WalcursorNextPage, capi.WalcursorFree}
	chronoNoticeCursorFunctions = cursorFunctions{capi.ChrononoticecursorNextPage, capi.ChrononoticecursorFree}

	memorySessionCursorFunctions     = cursorFunctions{capi.MemorysessioncursorNextPage, capi.MemorysessioncursorFree}
	memoryObservationCursorFunctions = cursorFunctions{capi.MemoryobservationcursorNextPage, capi.MemoryobservationcursorFree}
	memoryPromptCursorFunctions      = cursorFunctions{capi.MemorypromptcursorNextPage, capi.MemorypromptcursorFree}
	memoryHitCursorFunctions         = cursorFunctions{capi.MemoryhitcursorNextPage, capi.MemoryhitcursorFree}
	memoryProjectCursorFunctions     = cursorFunctions{capi.MemoryprojectcursorNextPage, capi.MemoryprojectcursorFree}
	memoryMutationCursorFunctions    = cursorFunctions{capi.MemorymutationcursorNextPage, capi.MemorymutationcursorFree}
)

// openCursor makes a cursor of the native one that `open` gives.
func openCursor[T any, P unpacker[T]](s *storeHandle, functions *cursorFunctions,
	open func(store uintptr, out, e *uintptr) int) (*Cursor[T], error) {
	var native uintptr
	err := s.call(func(store uintptr, e *uintptr) int { return open(store, &native, e) })
	if err != nil {
		return nil, err
	}
	return newCursor[T, P](native, s, functions), nil
}

func newCursor[T any, P unpacker[T]](native uintptr, owner *storeHandle, functions *cursorFunctions) *Cursor[T] {
	c := &Cursor[T]{native: native, owner: owner, functions: functions, decode: unpackValue[T, P]}
	runtime.SetFinalizer(c, (*Cursor[T]).release)
	return c
}

// Next goes to the next value and reports whether there is one. After false, Err tells whether the end was
// reached or something failed.
func (c *Cursor[T]) Next() bool {
	c.value = nil
	for c.err == nil && !c.ended {
		if c.closed.Load() || c.owner.isClosed() {
			c.fail(newError(CodeClosed, "cannot read on: the cursor or its store was closed"))
			return false
		}
		data, ok, err := c.page.Next()
		switch {
		case err != nil:
			c.fail(packedError(err))
		case ok:
			if c.value, err = c.decode(data); err != nil {
				c.fail(err)
				return false
			}
			return true
		default:
			c.nextPage()
		}
	}
	return false
}

// Value is the value that Next went to; nil before the first Next and after the last. It belongs to the caller
// and stays as it is when the cursor moves on.
func (c *Cursor[T]) Value() *T { return c.value }

// Err is what ended the iteration: nil if that was the end of the list.
func (c *Cursor[T]) Err() error { return c.err }

// All reads what is left into a slice and closes the cursor. Memory: the whole list.
func (c *Cursor[T]) All() ([]*T, error) {
	defer c.Close()
	var values []*T
	for c.Next() {
		values = append(values, c.Value())
	}
	return values, c.Err()
}

// Close releases the cursor, before its end or after. A second Close does nothing, and none fails; the error is
// there to fit io.Closer.
func (c *Cursor[T]) Close() error {
	c.closed.Store(true)
	c.release()
	return nil
}

func (c *Cursor[T]) fail(err error) {
	c.err = err
	c.release()
}

// nextPage asks for the next page, or ends.
func (c *Cursor[T]) nextPage() {
	c.mutex.Lock()
	var out capi.Buf
	status, e := capi.EClosed, uintptr(0)
	if c.native != 0 {
		status = c.functions.nextPage(c.native, 0, &out, &e)
	}
	runtime.KeepAlive(c)
	c.mutex.Unlock()

	if err := check(status, e); err != nil {
		c.fail(err)
		return
	}
	if !out.Present() {
		c.ended = true
		c.release()
		return
	}
	var err error
	if c.page, err = packed.NewPageReader(out.Bytes()); err != nil {
		c.fail(packedError(err))
	}
}

// release frees the native cursor. It is also the finalizer.
func (c *Cursor[T]) release() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.native != 0 {
		c.functions.free(c.native)
		c.native = 0
		runtime.SetFinalizer(c, nil)
	}
	runtime.KeepAlive(c)
}
