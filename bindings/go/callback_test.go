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

// A longCall is a call that takes a context and a progress function, of a store with something in it.
type longCall struct {
	run   func(context.Context, quipu.ProgressFunc) error
	state func() string // tells whether a call that was cancelled has changed anything
	read  func() error
	write func() error
}

var longCalls = map[string]func(t *testing.T) longCall{
	"Verify": func(t *testing.T) longCall {
		return longCallOf(t, func(ctx context.Context, store *quipu.ChronoStore, progress quipu.ProgressFunc) error {
			return second(store.Verify(ctx, &quipu.VerifyOptions{Progress: progress}))
		})
	},
	"Compact": func(t *testing.T) longCall {
		return longCallOf(t, func(ctx context.Context, store *quipu.ChronoStore, progress quipu.ProgressFunc) error {
			return second(store.Compact(ctx, progress))
		})
	},
	"MigrateFromJSON": func(t *testing.T) longCall {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "requirements.json"), []byte(`[{"id": "q-1", "title": "t"}]`), 0o666))
		return longCallOf(t, func(ctx context.Context, store *quipu.ChronoStore, progress quipu.ProgressFunc) error {
			return second(store.MigrateFromJSON(ctx, dir, progress))
		})
	},
	"Purge": func(t *testing.T) longCall {
		dir := t.TempDir()
		store := openMemory(t, dir, &quickMemory)
		remember(t, store, 50)
		return longCall{
			run: func(ctx context.Context, progress quipu.ProgressFunc) error {
				return second(store.Purge(ctx, progress))
			},
			state: func() string { return logOf(t, dir) },
			read:  func() error { return second(store.SessionGet("s")) },
			write: func() error { return second(store.SessionStart("x", "", "")) },
		}
	},
}

func longCallOf(t *testing.T, run func(context.Context, *quipu.ChronoStore, quipu.ProgressFunc) error) longCall {
	store := newStore(t)
	fill(t, store, 500)
	return longCall{
		run: func(ctx context.Context, progress quipu.ProgressFunc) error { return run(ctx, store, progress) },

		state: func() string { return state(t, store) },
		read:  func() error { return second(store.Get("r-1")) },
		write: func() error { return second(store.Upsert(quipu.NewChronoRecord("x"))) },
	}
}

// state is the state of the chain.
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
	for name, made := range longCalls {
		t.Run(name, func(t *testing.T) {
			long := made(t)
			call := long.run
			before := long.state()

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

			if after := long.state(); after != before {
				t.Errorf("the cancelled calls changed the store: %s, then %s", before, after)
			}

			// Reads work inside, writes do not.
			must(t, call(context.Background(), func(int64, int64) error {
				must(t, long.read())
				expect(t, "a write inside", long.write(), quipu.ErrMisuse)
				return nil
			}))
			// Neither function nor cancellable context.
			must(t, call(context.Background(), nil))
			must(t, long.write())
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
