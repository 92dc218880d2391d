package quipu_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/quipu"
)

var errStop = errors.New("enough")

// longCalls has the calls that take a context and a progress function.
func longCalls(t *testing.T, store *quipu.ChronoStore) map[string]func(context.Context, quipu.ProgressFunc) error {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "requirements.json"), []byte(`[{"id": "q-1", "title": "t"}]`), 0o666))
	return map[string]func(context.Context, quipu.ProgressFunc) error{
		"Verify": func(ctx context.Context, progress quipu.ProgressFunc) error {
			return second(store.Verify(ctx, &quipu.VerifyOptions{Progress: progress}))
		},
		"Compact": func(ctx context.Context, progress quipu.ProgressFunc) error {
			return second(store.Compact(ctx, progress))
		},
		"MigrateFromJSON": func(ctx context.Context, progress quipu.ProgressFunc) error {
			return second(store.MigrateFromJSON(ctx, dir, progress))
		},
	}
}

// state tells whether a call that was cancelled has changed anything.
func state(t *testing.T, store *quipu.ChronoStore) string {
	t.Helper()
	seq, err := store.WalSeq()
	must(t, err)
	hash, err := store.LastHash()
	must(t, err)
	cursor, err := store.Replay(0)
	must(t, err)
	events, err := cursor.All()
	must(t, err)
	return fmt.Sprint(seq, hash, len(events))
}

func TestProgress(t *testing.T) {
	for name := range longCalls(t, nil) {
		t.Run(name, func(t *testing.T) {
			store := newStore(t)
			fill(t, store, 500)
			call := longCalls(t, store)[name]
			before := state(t, store)

			// An error of the function cancels: no further call, nothing changed.
			times := 0
			err := call(context.Background(), func(done, total int64) error {
				times++
				if done < 0 || total != -1 && done > total {
					t.Errorf("done %d of %d", done, total)
				}
				return errStop
			})
			expect(t, "cancelled", err, quipu.ErrCancelled)
			if !errors.Is(err, errStop) || times != 1 {
				t.Errorf("called %d times, then %v", times, err)
			}

			// So does a context that ends before or in between.
			ctx, cancel := context.WithCancel(context.Background())
			err = call(ctx, func(int64, int64) error {
				cancel()
				return ctx.Err()
			})
			if !errors.Is(err, quipu.ErrCancelled) || !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled in between: %v", err)
			}
			err = call(ctx, func(int64, int64) error {
				t.Error("called for a context that had ended")
				return nil
			})
			expect(t, "cancelled before", err, quipu.ErrCancelled)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled before: %v", err)
			}
			ctx, cancel = context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
			defer cancel()
			if err := call(ctx, nil); !errors.Is(err, quipu.ErrCancelled) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after the deadline: %v", err)
			}

			// A panic comes out as it is.
			value := &struct{ text string }{"oops"}
			if got := panicOf(func() {
				_ = call(context.Background(), func(int64, int64) error { panic(value) })
			}); got != any(value) {
				t.Errorf("the panic became %v", got)
			}

			if after := state(t, store); after != before {
				t.Errorf("the cancelled calls changed the store: %s, then %s", before, after)
			}

			// Reads work inside, writes do not.
			must(t, call(context.Background(), func(int64, int64) error {
				must(t, second(store.Get("r-1")))
				expect(t, "Upsert inside", second(store.Upsert(quipu.NewChronoRecord("x"))), quipu.ErrMisuse)
				return nil
			}))
			// Neither function nor cancellable context.
			must(t, call(context.Background(), nil))
			upsert(t, store, "still works")
		})
	}
}

// A context with a deadline, but no function of the user's: it is the binding that looks.
func TestContextEndsALongCall(t *testing.T) {
	store := newStore(t)
	fill(t, store, 500)
	ctx := &endsWhenAskedTwice{Context: context.Background()}
	_, err := store.Verify(ctx, nil)
	if !errors.Is(err, quipu.ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// endsWhenAskedTwice is over as soon as a call that was begun looks again.
type endsWhenAskedTwice struct {
	context.Context
	asked int
}

func (c *endsWhenAskedTwice) Done() <-chan struct{} { return make(chan struct{}) }
func (c *endsWhenAskedTwice) Err() error {
	if c.asked++; c.asked > 1 {
		return context.Canceled
	}
	return nil
}

// panicOf runs fn and answers what it panicked with.
func panicOf(fn func()) (value any) {
	defer func() { value = recover() }()
	fn()
	return nil
}

func TestPanicNil(t *testing.T) {
	store := newStore(t)
	returned := false
	func() {
		defer func() { _ = recover() }()
		_, _ = store.Commit(context.Background(), func(tx *quipu.ChronoTransaction) error {
			must(t, tx.Upsert(quipu.NewChronoRecord("a")))
			var nothing any
			panic(nothing)
		})
		returned = true
	}()
	if returned {
		t.Error("panic(nil) was swallowed")
	}
	expectCount(t, store, 0)
	upsert(t, store, "still works")
}

const goexitVariable = "QUIPU_TEST_GOEXIT"

// runtime.Goexit inside a callback would leave the library's locks held for ever: the program must end, and say
// why.
func TestGoexitEndsTheProgram(t *testing.T) {
	if dir := os.Getenv(goexitVariable); dir != "" {
		store, err := quipu.OpenChronoStore(dir, &quick)
		must(t, err)
		_, _ = store.Commit(context.Background(), func(*quipu.ChronoTransaction) error {
			t.FailNow()
			return nil
		})
		return
	}
	command := exec.Command(os.Args[0], "-test.run=^TestGoexitEndsTheProgram$", "-test.timeout=30s")
	command.Env = append(os.Environ(), goexitVariable+"="+t.TempDir())
	output, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "panic: quipu: a function called back by the library ended") {
		t.Errorf("%v:\n%s", err, output)
	}
}
