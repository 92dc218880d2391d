package quipu

import (
	"context"
	"runtime"
	"sync/atomic"

	"example.com/quipu/internal/capi"
)

// A storeHandle is what all stores have: the native handle and how it is called. It lies within the store, so that
// whoever holds the one keeps the other from being collected.
type storeHandle struct {
	_ noCopy

	// The native handle. Only the finalizer of the store releases it: calls that come after Close, or at the same
	// time, find a closed store and not freed memory.
	native uintptr
	closed atomic.Bool
	path   string
}

// call runs one native call. The store is kept alive until it has returned: without that the finalizer could
// free the handle under a call that is the last use of the store.
func (s *storeHandle) call(run func(native uintptr, e *uintptr) int) error {
	var e uintptr
	status := run(s.native, &e)
	runtime.KeepAlive(s)
	return check(status, e)
}

// close runs the native close. When it is refused, the store stays open.
func (s *storeHandle) close(native func(store uintptr, e *uintptr) int) error {
	err := s.call(native)
	if e, ok := err.(*Error); !ok || e.Code != CodeMisuse {
		s.closed.Store(true)
	}
	return err
}

// longCall runs a native call with a progress callback, which ends it when ctx does.
func (s *storeHandle) longCall(ctx context.Context, what string, progress ProgressFunc,
	run func(native uintptr, call uint, e *uintptr) int) error {
	if ctx.Err() != nil {
		return cancelled(ctx, what)
	}
	var cause error
	call := progressCall(ctx, progress, &cause)
	defer call.Finish()
	err := s.call(func(native uintptr, e *uintptr) int { return run(native, call.Handle(), e) })
	return withCause(err, cause)
}

// text and number run the calls that have one result.

func (s *storeHandle) text(run func(native uintptr, out *capi.Buf, e *uintptr) int) (string, error) {
	var out capi.Buf
	if err := s.call(func(native uintptr, e *uintptr) int { return run(native, &out, e) }); err != nil {
		return "", err
	}
	return out.String(), nil
}

func (s *storeHandle) number(run func(native uintptr, out *int64, e *uintptr) int) (out int64, err error) {
	err = s.call(func(native uintptr, e *uintptr) int { return run(native, &out, e) })
	return out, err
}

// isClosed makes cursors fail at once, and not after the page that they hold.
func (s *storeHandle) isClosed() bool { return s.closed.Load() }

// noCopy makes go vet refuse copies of the struct it stands in.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}
