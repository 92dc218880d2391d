package quipu_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"example.com/quipu"
)

func TestManyGoroutinesWriteOneStore(t *testing.T) {
	const goroutines, each = 8, 100
	store := newStore(t)
	var group sync.WaitGroup
	seqs := make([][]int64, goroutines)
	for g := 0; g < goroutines; g++ {
		group.Add(1)
		go func(g int) {
			defer group.Done()
			for i := 0; i < each; i++ {
				record := quipu.NewChronoRecord(fmt.Sprintf("%d-%d", g, i))
				event, err := store.Upsert(record)
				if err != nil {
					t.Error(err)
					return
				}
				if event.RecordID != record.ID {
					t.Errorf("wrote %s, got the event of %s", record.ID, event.RecordID)
				}
				seqs[g] = append(seqs[g], event.Seq)
				if read, err := store.Get(record.ID); err != nil || read.ID != record.ID {
					t.Errorf("Get: %v, %v", read, err)
				}
			}
		}(g)
	}
	group.Wait()
	seen := map[int64]bool{}
	for _, own := range seqs {
		for i, seq := range own {
			if seen[seq] || i > 0 && own[i-1] >= seq {
				t.Errorf("number %d is not its own", seq)
			}
			seen[seq] = true
		}
	}
	expectCount(t, store, goroutines*each)
	if valid, err := store.ChainValid(); !valid || err != nil {
		t.Errorf("ChainValid: %t, %v", valid, err)
	}
}

// An error belongs to the call that failed, whatever thread its goroutine ran on.
func TestErrorsBelongToTheirCaller(t *testing.T) {
	store := newStore(t)
	upsert(t, store, "a")
	dir := t.TempDir()
	must(t, open(t, dir, nil).Close())
	readOnly := open(t, dir, &quipu.ChronoStoreOptions{ReadOnly: true})
	closed, err := quipu.OpenChronoStore(dir, nil)
	must(t, err)
	must(t, closed.Close())
	kinds := []struct {
		wanted error
		call   func(path string) error
	}{
		{quipu.ErrInvalid, func(string) error { return second(store.Upsert(quipu.NewChronoRecord(""))) }},
		{quipu.ErrReadOnly, func(string) error { return second(readOnly.Delete("a")) }},
		{quipu.ErrClosed, func(string) error { return closed.Refresh() }},
		{quipu.ErrNotFound, func(path string) error {
			return second(quipu.OpenChronoStore(path, &quipu.ChronoStoreOptions{MustExist: true}))
		}},
		{nil, func(string) error { return second(store.Get("a")) }},
	}
	var group sync.WaitGroup
	for g := 0; g < 20; g++ {
		group.Add(1)
		go func(g int) {
			defer group.Done()
			kind := kinds[g%len(kinds)]
			path := filepath.Join(dir, fmt.Sprintf("none-%d", g))
			for i := 0; i < 300; i++ {
				err := kind.call(path)
				if !errors.Is(err, kind.wanted) {
					t.Errorf("got %v, want %v", err, kind.wanted)
					return
				}
				var e *quipu.Error
				if kind.wanted == quipu.ErrNotFound && errors.As(err, &e) && filepath.Dir(e.Path) != path {
					t.Errorf("got the error of %q, want that of %q", e.Path, path)
					return
				}
			}
		}(g)
	}
	group.Wait()
}
