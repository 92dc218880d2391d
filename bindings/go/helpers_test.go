package quipu_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"example.com/quipu"
	"example.com/quipu/internal/capi"
)

// Text with everything that a careless layer breaks: a NUL, two, three and four bytes per character.
const awkward = "A\x00B é € 😀 𝄞 z"

// TestMain sees that the tests leave nothing behind in the library.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && os.Getenv(goexitVariable) == "" {
		code = checkLeaks()
	}
	os.Exit(code)
}

func checkLeaks() int {
	if settles(func() bool { return capi.DebugCount(capi.DebugLiveHandles) == 0 }) &&
		capi.DebugCount(capi.DebugLiveBlocks) == 0 && capi.DebugCount(capi.DebugStaleCalls) == 0 {
		return 0
	}
	fmt.Printf("left after all tests: %d handles, %d blocks; calls on freed handles: %d\n",
		capi.DebugCount(capi.DebugLiveHandles), capi.DebugCount(capi.DebugLiveBlocks),
		capi.DebugCount(capi.DebugStaleCalls))
	return 1
}

// settles collects garbage until done holds, for five seconds at most.
func settles(done func() bool) bool {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		runtime.GC()
		if done() {
			return true
		}
	}
	return false
}

// expectHandles waits until the library has that many handles: what earlier tests forgot may take a while to be found.
func expectHandles(t testing.TB, n int64) {
	t.Helper()
	if !settles(func() bool { return capi.DebugCount(capi.DebugLiveHandles) == n }) {
		t.Fatalf("%d handles are alive, want %d", capi.DebugCount(capi.DebugLiveHandles), n)
	}
}

// collect gives finalizers every chance to run.
func collect() {
	for i := 0; i < 3; i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
}

// Most tests are about the binding and do without the cost of syncing.
var quick = quipu.ChronoStoreOptions{Durability: quipu.DurabilityNone}

func open(t testing.TB, path string, options *quipu.ChronoStoreOptions) *quipu.ChronoStore {
	t.Helper()
	store, err := quipu.OpenChronoStore(path, options)
	must(t, err)
	closeAtEnd(t, store)
	return store
}

func closeAtEnd(t testing.TB, store io.Closer) {
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func newStore(t testing.TB) *quipu.ChronoStore {
	t.Helper()
	return open(t, t.TempDir(), &quick)
}

// fill writes records r-0 to r-(n-1) of kind "note" with one sync.
func fill(t testing.TB, store *quipu.ChronoStore, n int) {
	t.Helper()
	records := make([]*quipu.ChronoRecord, n)
	for i := range records {
		records[i] = quipu.NewChronoRecord(fmt.Sprintf("r-%d", i))
		records[i].Kind = "note"
	}
	must(t, second(store.UpsertMany(records)))
}

func upsert(t testing.TB, store *quipu.ChronoStore, id string) *quipu.WalEvent {
	t.Helper()
	event, err := store.Upsert(quipu.NewChronoRecord(id))
	must(t, err)
	return event
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// second drops the first of two results.
func second[T any](_ T, err error) error { return err }

// expect fails unless err is wanted, an *Error with a message.
func expect(t testing.TB, what string, err, wanted error) {
	t.Helper()
	var e *quipu.Error
	if !errors.Is(err, wanted) {
		t.Errorf("%s: got %v, want %v", what, err, wanted)
	} else if !errors.As(err, &e) || e.Message == "" {
		t.Errorf("%s: %#v is no *Error with a message", what, err)
	}
}

func expectCount(t testing.TB, store *quipu.ChronoStore, wanted int64) {
	t.Helper()
	count, err := store.RecordCount()
	must(t, err)
	if count != wanted {
		t.Errorf("RecordCount: got %d, want %d", count, wanted)
	}
}
