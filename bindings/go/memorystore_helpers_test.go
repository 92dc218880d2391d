package quipu_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/quipu"
)

var quickMemory = quipu.MemoryStoreOptions{Durability: quipu.DurabilityNone}

func openMemory(t testing.TB, path string, options *quipu.MemoryStoreOptions) *quipu.MemoryStore {
	t.Helper()
	store, err := quipu.OpenMemoryStore(path, options)
	must(t, err)
	closeAtEnd(t, store)
	return store
}

// newMemory has the session s.
func newMemory(t testing.TB) *quipu.MemoryStore {
	t.Helper()
	store := openMemory(t, t.TempDir(), &quickMemory)
	must(t, second(store.SessionStart("s", "", "")))
	return store
}

// note is an observation of the session s; its text is its own.
func note(text string) *quipu.MemoryObservationFields {
	return &quipu.MemoryObservationFields{SessionID: "s", Type: "discovery", Title: "note " + text, Content: "about " + text}
}

func add(t testing.TB, store *quipu.MemoryStore, observation *quipu.MemoryObservationFields) *quipu.MemoryAddition {
	t.Helper()
	added, err := store.ObservationAdd(observation)
	must(t, err)
	return added
}

// remember makes the session s with observations n0 to n(n-1), and answers their sync ids.
func remember(t testing.TB, store *quipu.MemoryStore, n int) (ids []string) {
	t.Helper()
	must(t, second(store.SessionStart("s", "", "")))
	for i := 0; i < n; i++ {
		ids = append(ids, add(t, store, note(fmt.Sprintf("n%d", i))).SyncID)
	}
	return ids
}

// all reads a cursor to its end.
func all[T any](t testing.TB) func(cursor *quipu.Cursor[T], err error) []*T {
	return func(cursor *quipu.Cursor[T], err error) []*T {
		t.Helper()
		must(t, err)
		values, err := cursor.All()
		must(t, err)
		return values
	}
}

// titles are those of observations, each behind a blank, without the word "note".
func titles(observations []*quipu.MemoryObservation) (joined string) {
	for _, observation := range observations {
		joined += strings.TrimPrefix(observation.Title, "note")
	}
	return joined
}

func hitTitles(hits []*quipu.MemoryHit) (joined string) {
	for _, hit := range hits {
		joined += strings.TrimPrefix(hit.Title, "note")
	}
	return joined
}

func logOf(t testing.TB, dir string) string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(dir, ".chronomemory", "events.wal"))
	must(t, err)
	return string(log)
}
