package quipu_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/quipu"
)

// A database with the tables of Engram 0.1.0, page size 512, made by Python's sqlite3: the session e-1 of project p with the
// observations "note imported" (its content: "from é 😀") and "note second", and the prompt "do it".
const engramDatabase = "testdata/engram.db"

func TestImportEngram(t *testing.T) {
	store := openMemory(t, t.TempDir(), &quickMemory)
	before, err := os.ReadFile(engramDatabase)
	must(t, err)

	result, err := store.ImportEngram(ctx, engramDatabase, nil)
	must(t, err)
	if result.SessionsImported != 1 || result.ObservationsImported != 2 || result.PromptsImported != 1 || result.RowsStale != 0 {
		t.Errorf("first: %+v", result)
	}
	observations := all[quipu.MemoryObservation](t)(store.ObservationList(nil))
	if titles(observations) != " second imported" || observations[1].Content != "from é 😀" || observations[1].SessionID != "e-1" {
		t.Errorf("%d observations:%s", len(observations), titles(observations))
	}
	result, err = store.ImportEngram(ctx, engramDatabase, nil)
	must(t, err)
	if result.SessionsImported != 0 || result.ObservationsImported != 0 || result.PromptsImported != 0 {
		t.Errorf("again: %+v", result)
	}
	if after, err := os.ReadFile(engramDatabase); err != nil || string(after) != string(before) {
		t.Errorf("the database was changed: %v", err)
	}

	dir := t.TempDir()
	refused := func(what string, data []byte, wanted error) {
		t.Helper()
		path := filepath.Join(dir, "engram.db")
		must(t, os.WriteFile(path, data, 0o666))
		expect(t, what, second(store.ImportEngram(ctx, path, nil)), wanted)
	}
	expect(t, "none", second(store.ImportEngram(ctx, filepath.Join(dir, "none"), nil)), quipu.ErrNotFound)
	refused("no database", []byte(strings.Repeat("no database ", 100)), quipu.ErrNotAStore)
	damaged := append([]byte{}, before...)
	for i := 600; i < len(damaged); i++ {
		damaged[i] ^= 0xA5
	}
	refused("a damaged one", damaged, quipu.ErrCorrupt)
}

func TestImportEngramIsCancelled(t *testing.T) {
	dir := t.TempDir()
	store := openMemory(t, dir, &quickMemory)
	called := 0
	err := second(store.ImportEngram(ctx, engramDatabase, func(done, total int64) error {
		called++
		expect(t, "Close inside", store.Close(), quipu.ErrMisuse)
		must(t, second(store.Stats()))
		return errStop
	}))
	if !errors.Is(err, quipu.ErrCancelled) || !errors.Is(err, errStop) || called != 1 {
		t.Errorf("called %d times, then %v", called, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	empty := openMemory(t, t.TempDir(), &quickMemory)
	err = second(empty.ImportEngram(ended, engramDatabase, nil))
	if !errors.Is(err, quipu.ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	if stats, err := empty.Stats(); err != nil || stats.Observations != 0 {
		t.Errorf("imported all the same: %+v, %v", stats, err)
	}
	value := &struct{ text string }{"oops"}
	if got := panicOf(func() {
		_ = second(store.ImportEngram(ctx, engramDatabase, func(int64, int64) error { panic(value) }))
	}); got != any(value) {
		t.Errorf("the panic became %v", got)
	}
	// A repeat goes on.
	must(t, second(store.ImportEngram(ctx, engramDatabase, nil)))
	if hits := all[quipu.MemoryHit](t)(store.Search("imported", nil)); len(hits) != 1 {
		t.Errorf("%d hits", len(hits))
	}
}

func TestMemoryProjectsAndJournal(t *testing.T) {
	store := newMemory(t)
	for i, project := range []string{"b", "a", "b", ""} {
		o := note(fmt.Sprint(i))
		o.Project = project
		add(t, store, o)
	}
	for _, test := range []struct {
		what   string
		call   func(string) (bool, error)
		wanted bool
	}{
		{"enrolled", store.ProjectEnroll, true},
		{"enrolled again", store.ProjectEnroll, false},
		{"unenrolled", store.ProjectUnenroll, true},
		{"unenrolled again", store.ProjectUnenroll, false},
		{"enrolled once more", store.ProjectEnroll, true},
	} {
		if changed, err := test.call(" B "); changed != test.wanted || err != nil {
			t.Errorf("%s: %t, %v", test.what, changed, err)
		}
	}
	expect(t, "an empty name", second(store.ProjectEnroll("")), quipu.ErrInvalid)
	projects := all[quipu.MemoryProject](t)(store.ProjectList())
	if len(projects) != 2 || projects[0].Name != "a" || projects[0].Enrolled || projects[0].EnrolledAt != "" ||
		projects[1].Name != "b" || !projects[1].Enrolled {
		t.Fatalf("%d projects, the first %+v", len(projects), *projects[0])
	}
	expectTime(t, "EnrolledAt", projects[1].EnrolledAt)

	journal := func(after int64, options *quipu.MemoryJournalOptions) []*quipu.MemoryMutation {
		t.Helper()
		return all[quipu.MemoryMutation](t)(store.JournalList(after, options))
	}
	everything := journal(0, &quipu.MemoryJournalOptions{WithUnenrolled: true})
	enrolled := journal(0, nil)
	if len(everything) != len(enrolled)+1 {
		t.Errorf("%d entries, %d without those of the project that is not enrolled", len(everything), len(enrolled))
	}
	last := int64(0)
	var seqs []int64
	for _, entry := range enrolled {
		if entry.Seq <= last || entry.Op != "upsert" || entry.Project == "a" || !strings.HasPrefix(entry.Payload, "{") {
			t.Errorf("entry %+v", entry)
		}
		last = entry.Seq
		seqs = append(seqs, entry.Seq)
	}
	if rest := journal(seqs[0], nil); len(rest) != len(enrolled)-1 || rest[0].Seq != seqs[1] {
		t.Errorf("%d entries after the first", len(rest))
	}
	must(t, store.JournalAck(nil))
	must(t, store.JournalAck([]int64{seqs[1], 1 << 40, -1}))
	if left := journal(0, nil); len(left) != len(enrolled)-1 || left[1].Seq != seqs[2] {
		t.Errorf("%d entries after one was acknowledged", len(left))
	}
	must(t, store.JournalAck(seqs))
	if left := journal(0, nil); len(left) != 0 {
		t.Errorf("%d entries after all were acknowledged", len(left))
	}
	if left := journal(0, &quipu.MemoryJournalOptions{WithAcked: true}); len(left) != len(enrolled) {
		t.Errorf("%d entries with those that were acknowledged", len(left))
	}
}
