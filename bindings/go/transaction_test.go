package quipu_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"example.com/quipu"
)

var ctx = context.Background()

func TestCommit(t *testing.T) {
	store := newStore(t)
	upsert(t, store, "old")
	seq, err := store.Commit(ctx, func(tx *quipu.ChronoTransaction) error {
		record, err := tx.Get("old")
		must(t, err)
		record.Label = "changed"
		must(t, tx.Upsert(record))
		must(t, tx.Upsert(quipu.NewChronoRecord("new")))
		must(t, tx.Delete("new"))
		must(t, tx.Upsert(quipu.NewChronoRecord("newer")))

		// It sees its own writes, the store does not.
		if again, err := tx.Get("old"); err != nil || again.Label != "changed" {
			t.Errorf("the transaction does not see its write: %v, %v", again, err)
		}
		if outside, err := store.Get("old"); err != nil || outside.Label != "" {
			t.Errorf("the store sees what is not committed: %v, %v", outside, err)
		}
		if count, err := tx.RecordCount(); err != nil || count != 2 {
			t.Errorf("RecordCount: %d, %v", count, err)
		}
		if record, err := tx.Find("none"); record != nil || err != nil {
			t.Errorf("Find: %v, %v", record, err)
		}
		expect(t, "Get", second(tx.Get("none")), quipu.ErrNotFound)

		// A write that fails may be handled.
		expect(t, "Upsert", tx.Upsert(quipu.NewChronoRecord("")), quipu.ErrInvalid)
		expect(t, "Upsert of nil", tx.Upsert(nil), quipu.ErrInvalid)
		return nil
	})
	must(t, err)
	if seq != 5 {
		t.Errorf("seq %d, want 5", seq)
	}
	if record, err := store.Get("old"); err != nil || record.Label != "changed" {
		t.Errorf("after: %v, %v", record, err)
	}
	expectCount(t, store, 2)

	// Without a write: the number of the last event there is.
	seq, err = store.Commit(ctx, func(*quipu.ChronoTransaction) error { return nil })
	if seq != 5 || err != nil {
		t.Errorf("without a write: %d, %v", seq, err)
	}
}

func TestCommitIsDropped(t *testing.T) {
	store := newStore(t)
	upsert(t, store, "a")
	before := state(t, store)

	// An error comes out as the same object.
	failure := fmt.Errorf("inner %w", errStop)
	_, err := store.Commit(ctx, func(tx *quipu.ChronoTransaction) error {
		must(t, tx.Upsert(quipu.NewChronoRecord("b")))
		return failure
	})
	if err != failure {
		t.Errorf("got %v", err)
	}

	// Also one of ours.
	var inner error
	_, err = store.Commit(ctx, func(tx *quipu.ChronoTransaction) error {
		must(t, tx.Delete("a"))
		_, inner = tx.Get("none")
		return inner
	})
	if err != inner || !errors.Is(err, quipu.ErrNotFound) {
		t.Errorf("got %v", err)
	}

	// So does a panic.
	value := &struct{ text string }{"oops"}
	if got := panicOf(func() {
		_, _ = store.Commit(ctx, func(tx *quipu.ChronoTransaction) error {
			must(t, tx.Upsert(quipu.NewChronoRecord("c")))
			panic(value)
		})
	}); got != any(value) {
		t.Errorf("the panic became %v", got)
	}

	// A context that ends before, or while the function runs.
	ending, cancel := context.WithCancel(ctx)
	_, err = store.Commit(ending, func(tx *quipu.ChronoTransaction) error {
		must(t, tx.Upsert(quipu.NewChronoRecord("d")))
		cancel()
		return nil
	})
	if !errors.Is(err, quipu.ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_, err = store.Commit(ending, func(*quipu.ChronoTransaction) error {
		t.Error("called for a context that had ended")
		return nil
	})
	if !errors.Is(err, quipu.ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}

	if after := state(t, store); after != before {
		t.Errorf("dropped transactions changed the store: %s, then %s", before, after)
	}
	upsert(t, store, "still works")
}

func TestTransactionEnds(t *testing.T) {
	store := newStore(t)
	fill(t, store, 2500)
	var kept *quipu.ChronoTransaction
	var cursor *quipu.ChronoCursor
	must(t, second(store.Commit(ctx, func(tx *quipu.ChronoTransaction) error {
		kept = tx
		must(t, tx.Upsert(quipu.NewChronoRecord("extra")))
		var err error
		cursor, err = tx.Query(&quipu.ChronoQueryOptions{AnyStatus: true})
		return err
	})))
	expect(t, "Upsert", kept.Upsert(quipu.NewChronoRecord("x")), quipu.ErrMisuse)
	expect(t, "Delete", kept.Delete("x"), quipu.ErrMisuse)
	expect(t, "Get", second(kept.Get("x")), quipu.ErrMisuse)
	expect(t, "Find", second(kept.Find("x")), quipu.ErrMisuse)
	expect(t, "Query", second(kept.Query(nil)), quipu.ErrMisuse)
	expect(t, "RecordCount", second(kept.RecordCount()), quipu.ErrMisuse)
	if names := methods[quipu.ChronoTransaction](); len(names) != 6 {
		t.Errorf("not all methods were tried: %v", names)
	}

	// Its cursors go on, and show what it saw.
	upsert(t, store, "later")
	records, err := cursor.All()
	must(t, err)
	if len(records) != 2501 || records[2500].ID != "extra" {
		t.Errorf("%d records", len(records))
	}

	// It ends with a panic too.
	_ = panicOf(func() {
		_, _ = store.Commit(ctx, func(tx *quipu.ChronoTransaction) error {
			kept = tx
			panic("oops")
		})
	})
	expect(t, "after a panic", kept.Delete("x"), quipu.ErrMisuse)
}

func TestStoreWritesInsideAreMisuse(t *testing.T) {
	store := newStore(t)
	must(t, second(store.Commit(ctx, func(tx *quipu.ChronoTransaction) error {
		for name, call := range calls(store) {
			switch name {
			case "Upsert", "UpsertMany", "Delete", "Commit", "Compact":
				expect(t, name+" inside", call(), quipu.ErrMisuse)
			case "Find", "Query", "RecordCount", "WalSeq", "Replay", "ChainValid", "Path", "Notices", "LastHash":
				if err := call(); err != nil {
					t.Errorf("%s inside: %v", name, err)
				}
			}
		}
		return tx.Upsert(quipu.NewChronoRecord("a"))
	})))
	expectCount(t, store, 1)
}

// A transaction that another goroutine uses while it ends answers, and touches nothing that is gone.
func TestTransactionUsedByAnotherGoroutine(t *testing.T) {
	store := newStore(t)
	for round := 0; round < 50; round++ {
		started, done := make(chan struct{}), make(chan error)
		must(t, second(store.Commit(ctx, func(tx *quipu.ChronoTransaction) error {
			go func() {
				close(started)
				for {
					if _, err := tx.RecordCount(); err != nil {
						done <- err
						return
					}
				}
			}()
			<-started
			return nil
		})))
		expect(t, "RecordCount", <-done, quipu.ErrMisuse)
	}
}

func TestCounter(t *testing.T) {
	const goroutines, times = 8, 50
	dir := t.TempDir()
	var group sync.WaitGroup
	for i := 0; i < goroutines; i++ {
		store := open(t, dir, &quick) // each its own, as processes have
		group.Add(1)
		go func() {
			defer group.Done()
			for n := 0; n < times; n++ {
				if err := increment(store, "counter"); err != nil {
					t.Error(err)
					return
				}
			}
		}()
	}
	group.Wait()
	record, err := open(t, dir, nil).Get("counter")
	must(t, err)
	if want := fmt.Sprintf(`{"n": %d}`, goroutines*times); string(record.Data) != want {
		t.Errorf("the counter is %s, want %s", record.Data, want)
	}
}

func increment(store *quipu.ChronoStore, id string) error {
	_, err := store.Commit(ctx, func(tx *quipu.ChronoTransaction) error {
		record, err := tx.Find(id)
		if err != nil {
			return err
		}
		if record == nil {
			record = quipu.NewChronoRecord(id)
		}
		var data struct {
			N int `json:"n"`
		}
		if err := json.Unmarshal(record.Data, &data); err != nil {
			return err
		}
		record.Data = json.RawMessage(fmt.Sprintf(`{"n": %d}`, data.N+1))
		return tx.Upsert(record)
	})
	return err
}
