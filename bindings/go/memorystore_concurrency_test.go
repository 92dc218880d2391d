package quipu_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"example.com/quipu"
)

// atOnce runs fn in that many goroutines and waits for all.
func atOnce(goroutines int, fn func(g int)) {
	var group sync.WaitGroup
	for g := 0; g < goroutines; g++ {
		group.Add(1)
		go func(g int) {
			defer group.Done()
			fn(g)
		}(g)
	}
	group.Wait()
}

// Half of the goroutines go through a store of their own, as other processes would.
func TestManyAddOneTopic(t *testing.T) {
	const goroutines, each = 8, 10
	dir := t.TempDir()
	store := openMemory(t, dir, &quickMemory)
	must(t, second(store.SessionStart("s", "", "")))
	revisions := make([][]int64, goroutines)
	atOnce(goroutines, func(g int) {
		own := store
		if g%2 == 1 {
			var err error
			if own, err = quipu.OpenMemoryStore(dir, &quickMemory); err != nil {
				t.Error(err)
				return
			}
			defer own.Close()
		}
		for i := 0; i < each; i++ {
			o := note(fmt.Sprintf("%d-%d", g, i))
			o.TopicKey = "the topic"
			added, err := own.ObservationAdd(o)
			if err != nil {
				t.Error(err)
				return
			}
			revisions[g] = append(revisions[g], added.RevisionCount)
		}
	})
	rows := all[quipu.MemoryObservation](t)(store.ObservationList(&quipu.MemoryListOptions{WithDeleted: true}))
	if len(rows) != 1 || rows[0].RevisionCount != goroutines*each || rows[0].TopicKey != "the-topic" {
		t.Fatalf("%d rows, the first %+v", len(rows), *rows[0])
	}
	seen := map[int64]bool{}
	for _, own := range revisions {
		for i, revision := range own {
			if seen[revision] || i > 0 && own[i-1] >= revision {
				t.Errorf("two were told that they made revision %d", revision)
			}
			seen[revision] = true
		}
	}
}

func TestManyAddOneText(t *testing.T) {
	store := newMemory(t)
	atOnce(8, func(int) {
		for i := 0; i < 5; i++ {
			if _, err := store.ObservationAdd(note("the same")); err != nil {
				t.Error(err)
			}
		}
	})
	rows := all[quipu.MemoryObservation](t)(store.ObservationList(nil))
	if len(rows) != 1 || rows[0].DuplicateCount != 40 || rows[0].RevisionCount != 1 {
		t.Errorf("%d rows, the first %+v", len(rows), *rows[0])
	}
}

func TestTwoMemoryStoresSeeEachOther(t *testing.T) {
	dir := t.TempDir()
	stores := []*quipu.MemoryStore{openMemory(t, dir, &quickMemory), openMemory(t, dir, &quickMemory)}
	must(t, second(stores[0].SessionStart("s", "", "")))
	for i := 0; i < 10; i++ {
		writer, reader := stores[i%2], stores[(i+1)%2]
		text := fmt.Sprintf("word%d", i)
		added := add(t, writer, note(text))
		for _, store := range []*quipu.MemoryStore{reader, writer} {
			hits := all[quipu.MemoryHit](t)(store.Search(text, nil))
			if len(hits) != 1 || hits[0].SyncID != added.SyncID {
				t.Fatalf("%s: %d hits", text, len(hits))
			}
		}
		must(t, reader.ObservationDelete(added.SyncID, i%3 == 0))
		if hits := all[quipu.MemoryHit](t)(writer.Search(text, nil)); len(hits) != 0 {
			t.Errorf("%s: found after it was deleted", text)
		}
	}
	// A purge begins another log and another index, under the other store's feet.
	kept := add(t, stores[1], note("kept"))
	must(t, second(stores[0].Purge(ctx, nil)))
	for i, store := range stores {
		hits := all[quipu.MemoryHit](t)(store.Search("note", nil))
		if len(hits) != 1 || hits[0].SyncID != kept.SyncID {
			t.Errorf("store %d after the purge: %d hits", i, len(hits))
		}
	}
}

// The same folder as a ChronoStore: its lock, its log.
func TestMemoryErrorsOfTheLog(t *testing.T) {
	dir := t.TempDir()
	store := openMemory(t, dir, &quickMemory)
	remember(t, store, 2)
	impatient := openMemory(t, dir, &quipu.MemoryStoreOptions{LockWait: -1})
	records := open(t, dir, &quick)
	must(t, second(records.Commit(ctx, func(*quipu.ChronoTransaction) error {
		expect(t, "a held lock", second(impatient.SessionStart("t", "", "")), quipu.ErrBusy)
		return nil
	})))
	record, err := records.Get("memory:session:s")
	must(t, err)
	if record.Kind != "memory_session" {
		t.Errorf("the record of a session: %+v", record)
	}

	// A writer that takes no lock removed what was acknowledged.
	must(t, os.Truncate(filepath.Join(dir, ".chronomemory", "events.wal"), 0))
	expect(t, "a log that was cut", second(store.ObservationAdd(note("b"))), quipu.ErrConflict)
}

const indexVariable = "QUIPU_TEST_LOCK_INDEX"

// Another process that is bringing the index up to date: SQLite's lock of a writer, byte 1 behind the first GiB.
func TestSearchWaitsForTheIndex(t *testing.T) {
	if path := os.Getenv(indexVariable); path != "" {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		must(t, err)
		lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: 1<<30 + 1, Len: 1}
		must(t, syscall.FcntlFlock(file.Fd(), syscall.F_SETLK, &lock))
		fmt.Print("locked")
		_, err = io.ReadAll(os.Stdin)
		must(t, err)
		must(t, file.Close())
		return
	}
	dir := t.TempDir()
	store := openMemory(t, dir, &quipu.MemoryStoreOptions{LockWait: -1})
	remember(t, store, 1)
	must(t, second(store.Search("note", nil)))
	add(t, store, note("new"))

	command := exec.Command(os.Args[0], "-test.run=^TestSearchWaitsForTheIndex$", "-test.timeout=30s")
	command.Env = append(os.Environ(), indexVariable+"="+filepath.Join(dir, ".chronomemory", "memory_index.sqlite3"))
	stdin, err := command.StdinPipe()
	must(t, err)
	stdout, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	if _, err := io.ReadFull(stdout, make([]byte, len("locked"))); err != nil {
		t.Errorf("the other process: %v", err)
	}
	expect(t, "while another indexes", second(store.Search("new", nil)), quipu.ErrBusy)
	must(t, stdin.Close())
	must(t, second(io.ReadAll(stdout)))
	must(t, command.Wait())
	if hits := all[quipu.MemoryHit](t)(store.Search("new", nil)); len(hits) != 1 {
		t.Errorf("%d hits afterwards", len(hits))
	}
}
