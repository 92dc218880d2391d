package quipu_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"unsafe"

	"example.com/quipu"
	"example.com/quipu/internal/capi"
)

// A slow call whose store nothing refers to any more: the finalizer must wait for it.
func TestStoreLivesThroughItsLastCall(t *testing.T) {
	dir := t.TempDir()
	fill(t, open(t, dir, &quick), 100)
	for round := 0; round < 20; round++ {
		expectHandles(t, 1) // the store above; that of the round before is gone
		called := false
		progress := func(int64, int64) error {
			called = true
			before := capi.DebugCount(capi.DebugLiveHandles)
			collect()
			if now := capi.DebugCount(capi.DebugLiveHandles); now != before {
				t.Errorf("%d handles were freed during the call", before-now)
			}
			return nil
		}
		temporary, err := quipu.OpenChronoStore(dir, &quick)
		must(t, err)
		result, err := temporary.Verify(context.Background(), &quipu.VerifyOptions{Progress: progress})
		must(t, err)
		if !result.Valid || !called {
			t.Fatalf("valid %t, called %t", result.Valid, called)
		}
	}
	expectHandles(t, 1)
	if stale := capi.DebugCount(capi.DebugStaleCalls); stale != 0 {
		t.Errorf("%d calls came upon a freed handle", stale)
	}
}

// carelessStore is ChronoStore without KeepAlive. Its finalizer only tells that it ran, so that nothing is
// freed in use.
type carelessStore struct {
	native    uintptr
	finalized *atomic.Bool
}

//go:noinline
func openCareless(t *testing.T, dir string, finalized *atomic.Bool) *carelessStore {
	var native, e uintptr
	if status := capi.ChronostoreOpen(dir, 0, capi.DurabilityNone, 0, 0, 0, 0, &native, &e); status != capi.OK {
		t.Fatal(capi.TakeError(e).Message)
	}
	s := &carelessStore{native, finalized}
	runtime.SetFinalizer(s, func(s *carelessStore) { s.finalized.Store(true) })
	return s
}

// The proof that the test above can fail: the same call without KeepAlive.
func TestWithoutKeepAliveTheFinalizerRunsDuringTheCall(t *testing.T) {
	dir := t.TempDir()
	fill(t, open(t, dir, &quick), 100)
	ran := 0
	const rounds = 10
	for round := 0; round < rounds; round++ {
		var finalized atomic.Bool
		during := false
		call := capi.NewProgressCall(func(int64, int64) bool {
			collect()
			during = finalized.Load()
			return false
		})
		native := verifyCareless(t, dir, &finalized, call)
		call.Finish()
		capi.ChronostoreFree(native)
		if during {
			ran++
		}
	}
	if ran == 0 {
		t.Errorf("in none of %d rounds: the test of KeepAlive proves nothing", rounds)
	}
}

//go:noinline
func verifyCareless(t *testing.T, dir string, finalized *atomic.Bool, call *capi.Call) (native uintptr) {
	s := openCareless(t, dir, finalized)
	native = s.native
	var out, e uintptr
	if status := capi.ChronostoreVerify(s.native, 0, call.Handle(), &out, &e); status != capi.OK {
		t.Error(capi.TakeError(e).Message)
	}
	capi.ChronoverificationFree(out)
	return native
}

// A finalizer of an object under 16 bytes without pointers may never run: objects share a block then.
func TestHandlesAreNotTiny(t *testing.T) {
	if size := unsafe.Sizeof(quipu.ChronoStore{}); size < 16 {
		t.Errorf("ChronoStore has %d bytes", size)
	}
	if size := unsafe.Sizeof(quipu.ChronoCursor{}); size < 16 {
		t.Errorf("ChronoCursor has %d bytes", size)
	}
}

func TestCursorKeepsItsStore(t *testing.T) {
	dir := t.TempDir()
	fill(t, open(t, dir, &quick), 2500)
	query := func() *quipu.ChronoCursor {
		store, err := quipu.OpenChronoStore(dir, &quick)
		must(t, err)
		cursor, err := store.Query(nil)
		must(t, err)
		return cursor
	}
	n := 0
	cursor := query()
	for cursor.Next() {
		if n++; n%250 == 0 {
			collect()
		}
	}
	if n != 2500 || cursor.Err() != nil {
		t.Errorf("%d records, %v", n, cursor.Err())
	}
}

func TestManyValues(t *testing.T) {
	n := 100_000
	if testing.Short() || raceEnabled {
		n = 10_000
	}
	store := newStore(t)
	fill(t, store, 100)
	expectHandles(t, 1)
	blocks := capi.DebugCount(capi.DebugLiveBlocks)
	for i := 0; i < n; i++ {
		record, err := store.Get(fmt.Sprintf("r-%d", i%100))
		must(t, err)
		if i%10 == 0 {
			must(t, second(record.ToJSON()))
			must(t, second(store.Query(nil))) // forgotten, not closed
			if _, err := store.Get("none"); err == nil {
				t.Fatal("found a record that is not there")
			}
		}
	}
	expectHandles(t, 1)
	if now := capi.DebugCount(capi.DebugLiveBlocks); now != blocks {
		t.Errorf("%d blocks left", now-blocks)
	}
}

func TestForgottenStoreIsReleased(t *testing.T) {
	expectHandles(t, 0)
	func() {
		for i := 0; i < 5; i++ {
			store, err := quipu.OpenChronoStore(t.TempDir(), &quick)
			must(t, err)
			upsert(t, store, "a")
			if capi.DebugCount(capi.DebugLiveHandles) == 0 {
				t.Error("the store is not counted")
			}
			runtime.KeepAlive(store)
		}
	}()
	expectHandles(t, 0)
}
