package quipu_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"

	"example.com/quipu"
	"example.com/quipu/internal/capi"
)

// memoryCalls has one call of every method of a store but Close. Those that want a row want it to be there.
func memoryCalls(store *quipu.MemoryStore) map[string]func() error {
	changes := &quipu.MemoryObservationChanges{Title: quipu.String("t")}
	update := func(id string) error {
		_, _, err := store.ObservationUpdate(id, changes)
		return err
	}
	return map[string]func() error{
		"Path":              func() error { return second(store.Path()) },
		"SessionStart":      func() error { return second(store.SessionStart("s", "", "")) },
		"SessionEnd":        func() error { return second(store.SessionEnd("s", "")) },
		"SessionGet":        func() error { return second(store.SessionGet("s")) },
		"SessionFind":       func() error { return second(store.SessionFind("s")) },
		"SessionDelete":     func() error { return store.SessionDelete("s") },
		"SessionList":       func() error { return second(store.SessionList(nil)) },
		"ObservationAdd":    func() error { return second(store.ObservationAdd(note("x"))) },
		"ObservationUpdate": func() error { return update("o") },
		"ObservationGet":    func() error { return second(store.ObservationGet("o")) },
		"ObservationFind":   func() error { return second(store.ObservationFind("o")) },
		"ObservationDelete": func() error { return store.ObservationDelete("o", false) },
		"ObservationList":   func() error { return second(store.ObservationList(nil)) },
		"Search":            func() error { return second(store.Search("word", nil)) },
		"Timeline":          func() error { return second(store.Timeline("o", 1, 1)) },
		"PromptAdd":         func() error { return second(store.PromptAdd("s", "c", "")) },
		"PromptGet":         func() error { return second(store.PromptGet("p")) },
		"PromptFind":        func() error { return second(store.PromptFind("p")) },
		"PromptDelete":      func() error { return store.PromptDelete("p") },
		"PromptList":        func() error { return second(store.PromptList(nil)) },
		"Context":           func() error { return second(store.Context(nil)) },
		"Stats":             func() error { return second(store.Stats()) },
		"Purge":             func() error { return second(store.Purge(ctx, nil)) },
		"ImportEngram":      func() error { return second(store.ImportEngram(ctx, engramDatabase, nil)) },
		"ProjectEnroll":     func() error { return second(store.ProjectEnroll("p")) },
		"ProjectUnenroll":   func() error { return second(store.ProjectUnenroll("p")) },
		"ProjectList":       func() error { return second(store.ProjectList()) },
		"JournalList":       func() error { return second(store.JournalList(0, nil)) },
		"JournalAck":        func() error { return store.JournalAck([]int64{1}) },
	}
}

func TestMemoryUseAfterClose(t *testing.T) {
	store := newMemory(t)
	for name, call := range memoryCalls(store) {
		if err := call(); errors.Is(err, quipu.ErrClosed) {
			t.Errorf("%s before Close: %v", name, err)
		}
	}
	must(t, store.Close())
	for name, call := range memoryCalls(store) {
		expect(t, name, call(), quipu.ErrClosed)
	}
	must(t, store.Close())
}

func TestEveryMemoryMethodIsInTheTable(t *testing.T) {
	known := memoryCalls(nil)
	for _, name := range methods[quipu.MemoryStore]() {
		if _, ok := known[name]; !ok && name != "Close" {
			t.Errorf("TestMemoryUseAfterClose does not try %s", name)
		}
	}
}

func TestMemoryCloseInCallbackIsMisuse(t *testing.T) {
	store := newMemory(t)
	remember(t, store, 3)
	called := false
	must(t, second(store.Purge(ctx, func(int64, int64) error {
		called = true
		expect(t, "Close in Purge", store.Close(), quipu.ErrMisuse)
		expect(t, "Purge in Purge", second(store.Purge(ctx, nil)), quipu.ErrMisuse)
		// The refused Close has closed nothing, for cursors neither.
		if got := len(all[quipu.MemoryObservation](t)(store.ObservationList(nil))); got != 3 {
			t.Errorf("%d observations", got)
		}
		return nil
	})))
	if !called {
		t.Error("Purge did not call its progress function")
	}
	if hits := all[quipu.MemoryHit](t)(store.Search("note", nil)); len(hits) != 3 {
		t.Errorf("after the refused Close: %d hits", len(hits))
	}
}

func TestMemoryCloseWhileInUse(t *testing.T) {
	const goroutines, rounds = 12, 10
	stale := capi.DebugCount(capi.DebugStaleCalls)
	for round := 0; round < rounds; round++ {
		store, err := quipu.OpenMemoryStore(t.TempDir(), &quickMemory)
		must(t, err)
		remember(t, store, 5)
		calls := memoryCalls(store)
		names := []string{"ObservationAdd", "Search", "SessionFind", "Context", "PromptAdd", "ObservationList", "Stats", "Purge"}
		var group sync.WaitGroup
		for i := 0; i < goroutines; i++ {
			group.Add(1)
			name := names[i%len(names)]
			go func() {
				defer group.Done()
				for {
					if err := calls[name](); err != nil {
						if !errors.Is(err, quipu.ErrClosed) {
							t.Errorf("%s, while closing: %v", name, err)
						}
						return
					}
				}
			}()
		}
		time.Sleep(time.Duration(round) * time.Millisecond)
		must(t, store.Close())
		group.Wait()
	}
	if now := capi.DebugCount(capi.DebugStaleCalls); now != stale {
		t.Errorf("%d calls came upon a freed handle", now-stale)
	}
}

// Values and pages outlive the store, cursors say that it was closed.
func TestMemoryChildrenOutliveTheStore(t *testing.T) {
	store := newMemory(t)
	ids := remember(t, store, 3)
	must(t, second(store.PromptAdd("s", "c", "")))
	o, err := store.ObservationGet(ids[0])
	must(t, err)
	sessions, err := store.SessionList(nil)
	must(t, err)
	observations, err := store.ObservationList(nil)
	must(t, err)
	prompts, err := store.PromptList(nil)
	must(t, err)
	hits, err := store.Search("note", nil)
	must(t, err)
	if !observations.Next() || !hits.Next() {
		t.Fatal(observations.Err(), hits.Err())
	}
	value := observations.Value()
	must(t, store.Close())
	if o.Title != "note n0" || value.Title != "note n2" {
		t.Errorf("values changed: %q, %q", o.Title, value.Title)
	}
	for name, cursor := range map[string]interface {
		Next() bool
		Err() error
		Close() error
	}{"sessions": sessions, "observations": observations, "prompts": prompts, "hits": hits} {
		if cursor.Next() {
			t.Errorf("%s: a cursor went on after its store was closed", name)
		}
		expect(t, name, cursor.Err(), quipu.ErrClosed)
		must(t, cursor.Close())
	}
}

// Lists show the rows as of their making, over several pages.
func TestMemoryCursorShowsTheStoreAsOfItsCreation(t *testing.T) {
	store := newMemory(t)
	ids := remember(t, store, 1200)
	cursor, err := store.ObservationList(nil)
	must(t, err)
	hits, err := store.Search("note", &quipu.MemoryListOptions{Limit: 5000})
	must(t, err)
	n := 0
	for cursor.Next() {
		if n++; n == 1 {
			must(t, store.ObservationDelete(ids[0], true))
			add(t, store, note("later"))
		}
		if cursor.Value().Title != fmt.Sprintf("note n%d", 1200-n) {
			t.Fatalf("observation %d is %q", n, cursor.Value().Title)
		}
	}
	found := all[quipu.MemoryHit](t)(hits, nil)
	if n != 1200 || cursor.Err() != nil || len(found) != 1200 {
		t.Errorf("%d observations, %v; %d hits", n, cursor.Err(), len(found))
	}
}

func TestMemoryStoreLivesThroughItsLastCall(t *testing.T) {
	dir := t.TempDir()
	remember(t, openMemory(t, dir, &quickMemory), 50)
	for round := 0; round < 20; round++ {
		expectHandles(t, 1) // the store above; that of the round before is gone
		called := false
		temporary, err := quipu.OpenMemoryStore(dir, &quickMemory)
		must(t, err)
		must(t, second(temporary.Purge(ctx, func(int64, int64) error {
			called = true
			before := capi.DebugCount(capi.DebugLiveHandles)
			collect()
			if now := capi.DebugCount(capi.DebugLiveHandles); now != before {
				t.Errorf("%d handles were freed during the call", before-now)
			}
			return nil
		})))
		if !called {
			t.Fatal("Purge did not call its progress function")
		}
	}
	if size := unsafe.Sizeof(quipu.MemoryStore{}); size < 16 {
		t.Errorf("MemoryStore has %d bytes: its finalizer may never run", size)
	}
}

func TestMemoryCursorKeepsItsStore(t *testing.T) {
	dir := t.TempDir()
	remember(t, openMemory(t, dir, &quickMemory), 1100)
	temporary := func() *quipu.MemoryStore {
		store, err := quipu.OpenMemoryStore(dir, &quickMemory)
		must(t, err)
		return store
	}
	n := 0
	cursor, err := temporary().ObservationList(nil)
	must(t, err)
	for cursor.Next() {
		if n++; n%100 == 0 {
			collect()
		}
	}
	if n != 1100 || cursor.Err() != nil {
		t.Errorf("%d observations, %v", n, cursor.Err())
	}
}

// What is forgotten is released: stores, cursors of each type, and what calls that fail had begun.
func TestForgottenMemoryIsReleased(t *testing.T) {
	expectHandles(t, 0)
	blocks := capi.DebugCount(capi.DebugLiveBlocks)
	func() {
		for i := 0; i < 3; i++ {
			store, err := quipu.OpenMemoryStore(filepath.Join(t.TempDir(), "m"), &quickMemory)
			must(t, err)
			remember(t, store, 3)
			for i := 0; i < 50; i++ {
				for _, name := range []string{
					"SessionList", "ObservationList", "PromptList", "Search", "Context", "Stats", "ProjectList", "JournalList",
				} {
					must(t, memoryCalls(store)[name]())
				}
				for _, name := range []string{"ObservationGet", "ObservationUpdate", "Timeline", "PromptGet"} {
					expect(t, name, memoryCalls(store)[name](), quipu.ErrNotFound)
				}
			}
			if capi.DebugCount(capi.DebugLiveHandles) == 0 {
				t.Error("the store is not counted")
			}
			runtime.KeepAlive(store)
		}
	}()
	expectHandles(t, 0)
	if now := capi.DebugCount(capi.DebugLiveBlocks); now != blocks {
		t.Errorf("%d blocks left", now-blocks)
	}
}

func TestMemoryCursorsCloseThemselves(t *testing.T) {
	store := newMemory(t)
	remember(t, store, 5)
	expectHandles(t, 1)
	live := func() int64 { return capi.DebugCount(capi.DebugLiveHandles) }
	cursor, err := store.Search("note", nil)
	must(t, err)
	if !cursor.Next() || live() != 2 {
		t.Errorf("a cursor in use: %d handles, %v", live(), cursor.Err())
	}
	must(t, cursor.Close())
	must(t, cursor.Close())
	if live() != 1 {
		t.Errorf("Close left %d handles", live())
	}
	if got := len(all[quipu.MemorySession](t)(store.SessionList(nil))); got != 1 || live() != 1 {
		t.Errorf("%d sessions, %d handles", got, live())
	}
	must(t, second(store.Context(nil)))
	if live() != 1 {
		t.Errorf("Context left %d handles", live())
	}
}
