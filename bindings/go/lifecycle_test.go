package quipu_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"example.com/quipu"
	"example.com/quipu/internal/capi"
)

// calls has one call of every method of a store but Close.
func calls(store *quipu.ChronoStore) map[string]func() error {
	ctx := context.Background()
	record := quipu.NewChronoRecord("a")
	return map[string]func() error{
		"Path":            func() error { return second(store.Path()) },
		"Refresh":         store.Refresh,
		"Sync":            store.Sync,
		"Upsert":          func() error { return second(store.Upsert(record)) },
		"UpsertMany":      func() error { return second(store.UpsertMany([]*quipu.ChronoRecord{record})) },
		"Delete":          func() error { return second(store.Delete("a")) },
		"Get":             func() error { return second(store.Get("a")) },
		"Find":            func() error { return second(store.Find("a")) },
		"Query":           func() error { return second(store.Query(nil)) },
		"ExportRecords":   func() error { return second(store.ExportRecords()) },
		"RecordCount":     func() error { return second(store.RecordCount()) },
		"WalSeq":          func() error { return second(store.WalSeq()) },
		"LastHash":        func() error { return second(store.LastHash()) },
		"Replay":          func() error { return second(store.Replay(0)) },
		"Notices":         func() error { return second(store.Notices()) },
		"ChainValid":      func() error { return second(store.ChainValid()) },
		"Verify":          func() error { return second(store.Verify(ctx, nil)) },
		"Compact":         func() error { return second(store.Compact(ctx, nil)) },
		"Backup":          func() error { return second(store.Backup()) },
		"MigrateFromJSON": func() error { return second(store.MigrateFromJSON(ctx, ".", nil)) },
		"Commit": func() error {
			return second(store.Commit(ctx, func(tx *quipu.ChronoTransaction) error { return tx.Upsert(record) }))
		},
	}
}

func TestUseAfterClose(t *testing.T) {
	store := newStore(t)
	for name, call := range calls(store) {
		if name == "Get" || name == "Delete" {
			continue // may come before the record is there
		}
		if err := call(); err != nil {
			t.Errorf("%s before Close: %v", name, err)
		}
	}
	must(t, store.Close())
	for name, call := range calls(store) {
		expect(t, name, call(), quipu.ErrClosed)
	}
	must(t, store.Close())
}

func TestEveryMethodIsInTheTable(t *testing.T) {
	known := calls(nil)
	for _, name := range methods[quipu.ChronoStore]() {
		if _, ok := known[name]; !ok && name != "Close" {
			t.Errorf("TestUseAfterClose does not try %s", name)
		}
	}
}

func TestCloseByTwoAtOnce(t *testing.T) {
	for round := 0; round < 50; round++ {
		store, err := quipu.OpenChronoStore(t.TempDir(), &quick)
		must(t, err)
		upsert(t, store, "a")
		var group sync.WaitGroup
		for i := 0; i < 2; i++ {
			group.Add(1)
			go func() {
				defer group.Done()
				if err := store.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
				if _, err := store.Find("a"); !errors.Is(err, quipu.ErrClosed) {
					t.Errorf("Find after Close returned: %v", err)
				}
			}()
		}
		group.Wait()
	}
}

func TestCloseInCallbackIsMisuse(t *testing.T) {
	store := newStore(t)
	fill(t, store, 3)
	must(t, second(store.Commit(context.Background(), func(*quipu.ChronoTransaction) error {
		expect(t, "Close in Commit", store.Close(), quipu.ErrMisuse)
		return nil
	})))
	called := false
	must(t, second(store.Verify(context.Background(), &quipu.VerifyOptions{Progress: func(int64, int64) error {
		called = true
		expect(t, "Close in Verify", store.Close(), quipu.ErrMisuse)
		return nil
	}})))
	if !called {
		t.Error("Verify did not call its progress function")
	}
	// It is open still, and its cursors work.
	cursor, err := store.Query(nil)
	must(t, err)
	if records, err := cursor.All(); err != nil || len(records) != 3 {
		t.Errorf("after the refused Close: %d records, %v", len(records), err)
	}
}

func TestCloseWhileInUse(t *testing.T) {
	const goroutines, rounds = 16, 20
	stale := capi.DebugCount(capi.DebugStaleCalls)
	for round := 0; round < rounds; round++ {
		store, err := quipu.OpenChronoStore(t.TempDir(), &quick)
		must(t, err)
		fill(t, store, 10)
		all := calls(store)
		names := []string{"Upsert", "Find", "RecordCount", "Commit", "ExportRecords", "ChainValid", "LastHash", "Verify"}
		var group sync.WaitGroup
		for i := 0; i < goroutines; i++ {
			group.Add(1)
			name := names[i%len(names)]
			go func() {
				defer group.Done()
				for {
					if err := all[name](); err != nil {
						if !errors.Is(err, quipu.ErrClosed) {
							t.Errorf("%s, while closing: %v", name, err)
						}
						return
					}
				}
			}()
		}
		time.Sleep(time.Duration(round) * 200 * time.Microsecond)
		must(t, store.Close())
		group.Wait()
	}
	if now := capi.DebugCount(capi.DebugStaleCalls); now != stale {
		t.Errorf("%d calls came upon a freed handle", now-stale)
	}
}

func TestChildrenOutliveTheStore(t *testing.T) {
	store := newStore(t)
	fill(t, store, 2500) // more than a page
	record, err := store.Get("r-7")
	must(t, err)
	cursor, err := store.Query(nil)
	must(t, err)
	for i := 0; i < 5; i++ {
		if !cursor.Next() {
			t.Fatal(cursor.Err())
		}
	}
	value := cursor.Value()
	must(t, store.Close())

	if record.ID != "r-7" || value.ID != "r-4" {
		t.Errorf("values changed: %q, %q", record.ID, value.ID)
	}
	if cursor.Next() {
		t.Error("a cursor went on after its store was closed")
	}
	expect(t, "cursor", cursor.Err(), quipu.ErrClosed)
	must(t, cursor.Close())
}

func TestCursorClose(t *testing.T) {
	store := newStore(t)
	fill(t, store, 10)
	live := func() int64 { return capi.DebugCount(capi.DebugLiveHandles) }
	expectHandles(t, 1)
	before := live()

	cursor, err := store.Query(nil)
	must(t, err)
	if !cursor.Next() || live() != before+1 {
		t.Errorf("a cursor in use: %d handles, %v", live()-before, cursor.Err())
	}
	must(t, cursor.Close())
	if live() != before {
		t.Errorf("Close left %d handles", live()-before)
	}
	must(t, cursor.Close())
	if cursor.Next() || cursor.Value() != nil {
		t.Error("a closed cursor went on")
	}
	expect(t, "Next after Close", cursor.Err(), quipu.ErrClosed)

	// At its end a cursor has closed itself.
	cursor, err = store.Query(nil)
	must(t, err)
	n := 0
	for cursor.Next() {
		n++
	}
	if n != 10 || cursor.Err() != nil || live() != before {
		t.Errorf("%d values, %v, %d handles left", n, cursor.Err(), live()-before)
	}
	if cursor.Next() || cursor.Err() != nil {
		t.Errorf("Next after the end: %v", cursor.Err())
	}
	must(t, cursor.Close())
}

func TestCursorCloseByAnother(t *testing.T) {
	store := newStore(t)
	fill(t, store, 5000)
	for round := 0; round < 20; round++ {
		cursor, err := store.Query(nil)
		must(t, err)
		done := make(chan struct{})
		go func() {
			defer close(done)
			cursor.Close()
		}()
		n := 0
		for cursor.Next() {
			n++
		}
		<-done
		if err := cursor.Err(); !(err == nil && n == 5000) && !errors.Is(err, quipu.ErrClosed) {
			t.Errorf("%d values, %v", n, err)
		}
	}
}
