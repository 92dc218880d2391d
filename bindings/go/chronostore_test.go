package quipu_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/quipu"
)

func TestUpsertAndGet(t *testing.T) {
	store := newStore(t)
	record := quipu.NewChronoRecord("a")
	record.Kind = "decision"
	record.Label = "use Quipu"
	record.Confidence = 0.25
	record.SourceType = "inferred"
	record.Evidence = []string{"one", "", "three"}
	record.EpistemicBoundary = []string{"here"}
	record.IsHypothesis = true
	record.ModelAssumptions = json.RawMessage(`{"model": "m"}`)
	record.Data = json.RawMessage(`{"big": 123456789012345678901234567890, "one": 1.0}`)
	event, err := store.Upsert(record)
	must(t, err)
	if event.Seq != 1 || event.Op != "upsert" || event.RecordID != "a" || len(event.Hash) != 64 || event.PrevHash != "" {
		t.Errorf("the event: %+v", event)
	}
	if _, err := time.Parse("2006-01-02T15:04:05Z", event.Ts); err != nil {
		t.Error(err)
	}
	read, err := store.Get("a")
	must(t, err)
	if !reflect.DeepEqual(read, record) {
		t.Errorf("wrote %+v, read %+v", record, read)
	}
	inEvent, err := event.ChronoRecord()
	must(t, err)
	if !reflect.DeepEqual(inEvent, record) {
		t.Errorf("wrote %+v, the event has %+v", record, inEvent)
	}
	if hash, err := store.LastHash(); err != nil || hash != event.Hash {
		t.Errorf("LastHash: %q, %v", hash, err)
	}
	if seq, err := store.WalSeq(); err != nil || seq != 1 {
		t.Errorf("WalSeq: %d, %v", seq, err)
	}
}

func TestAbsence(t *testing.T) {
	store := newStore(t)
	record, err := store.Get("none")
	expect(t, "Get", err, quipu.ErrNotFound)
	if record != nil {
		t.Errorf("Get: %v", record)
	}
	record, err = store.Find("none")
	if record != nil || err != nil {
		t.Errorf("Find: %v, %v", record, err)
	}
}

func TestDelete(t *testing.T) {
	store := newStore(t)
	fill(t, store, 2)
	event, err := store.Delete("r-0")
	must(t, err)
	if event.Seq != 3 || event.Op != "delete" || event.RecordID != "r-0" {
		t.Errorf("the event: %+v", event)
	}
	record, err := store.Get("r-0")
	must(t, err)
	if record.Status != "tombstone" || record.Kind != "note" {
		t.Errorf("the record: %+v", record)
	}
	expectCount(t, store, 1)
}

func TestUpsertMany(t *testing.T) {
	store := newStore(t)
	upsert(t, store, "before")
	records := []*quipu.ChronoRecord{quipu.NewChronoRecord("a"), quipu.NewChronoRecord("b"), quipu.NewChronoRecord("a")}
	first, err := store.UpsertMany(records)
	if first != 2 || err != nil {
		t.Errorf("got %d, %v", first, err)
	}
	if first, err := store.UpsertMany(nil); first != 0 || err != nil {
		t.Errorf("without records: %d, %v", first, err)
	}
	// All or nothing.
	first, err = store.UpsertMany([]*quipu.ChronoRecord{quipu.NewChronoRecord("c"), quipu.NewChronoRecord("")})
	expect(t, "an empty id", err, quipu.ErrInvalid)
	if first != 0 {
		t.Errorf("first %d", first)
	}
	expect(t, "nil", second(store.UpsertMany([]*quipu.ChronoRecord{nil})), quipu.ErrInvalid)
	expectCount(t, store, 3)
	if seq, err := store.WalSeq(); seq != 4 || err != nil {
		t.Errorf("WalSeq: %d, %v", seq, err)
	}
}

func TestQuery(t *testing.T) {
	store := newStore(t)
	for _, r := range []struct {
		id, kind, status string
		confidence       float64
	}{
		{"a", "fact", "active", 0.9},
		{"b", "fact", "deprecated", 0.9},
		{"c", "decision", "active", 0.5},
		{"d", "fact", "active", 0.6},
		{"e", "fact", "active", 0.59},
		{"f", "decision", "tombstone", 0.1},
	} {
		record := quipu.NewChronoRecord(r.id)
		record.Kind, record.Status, record.Confidence = r.kind, r.status, r.confidence
		must(t, second(store.Upsert(record)))
	}
	for _, test := range []struct {
		options *quipu.ChronoQueryOptions
		wanted  string
	}{
		{nil, "acde"},
		{&quipu.ChronoQueryOptions{}, "acde"},
		{&quipu.ChronoQueryOptions{Kind: "fact"}, "ade"},
		{&quipu.ChronoQueryOptions{Kind: "fact", RAGFilter: true}, "ad"},
		{&quipu.ChronoQueryOptions{MinConfidence: 0.55}, "ade"},
		{&quipu.ChronoQueryOptions{MinConfidence: math.NaN()}, "acde"},
		{&quipu.ChronoQueryOptions{Status: "deprecated"}, "b"},
		{&quipu.ChronoQueryOptions{AnyStatus: true}, "abcdef"},
		{&quipu.ChronoQueryOptions{AnyStatus: true, Kind: "decision"}, "cf"},
		{&quipu.ChronoQueryOptions{Kind: "none"}, ""},
	} {
		cursor, err := store.Query(test.options)
		must(t, err)
		records, err := cursor.All()
		must(t, err)
		ids := ""
		for _, record := range records {
			ids += record.ID
		}
		if ids != test.wanted {
			t.Errorf("%+v: got %s, want %s", test.options, ids, test.wanted)
		}
	}
	expect(t, "both", second(store.Query(&quipu.ChronoQueryOptions{AnyStatus: true, Status: "active"})), quipu.ErrInvalid)

	cursor, err := store.ExportRecords()
	must(t, err)
	if records, err := cursor.All(); len(records) != 4 || err != nil {
		t.Errorf("ExportRecords: %d records, %v", len(records), err)
	}
}

func TestCursorShowsTheStoreAsOfItsCreation(t *testing.T) {
	store := newStore(t)
	fill(t, store, 3000)
	cursor, err := store.Query(nil)
	must(t, err)
	defer cursor.Close()
	if cursor.Value() != nil {
		t.Error("a value before the first Next")
	}
	n := 0
	var kept []*quipu.ChronoRecord
	for cursor.Next() {
		if n == 10 {
			upsert(t, store, "later")
			must(t, second(store.Delete("r-2999")))
		}
		if n++; n <= 2 {
			kept = append(kept, cursor.Value())
		}
	}
	if n != 3000 || cursor.Err() != nil || cursor.Value() != nil {
		t.Errorf("%d records, %v", n, cursor.Err())
	}
	if kept[0].ID != "r-0" || kept[1].ID != "r-1" {
		t.Errorf("kept values changed: %q, %q", kept[0].ID, kept[1].ID)
	}
}

func TestReplay(t *testing.T) {
	store := newStore(t)
	fill(t, store, 1500)
	must(t, second(store.Delete("r-3")))
	cursor, err := store.Replay(2)
	must(t, err)
	events, err := cursor.All()
	must(t, err)
	if len(events) != 1500 {
		t.Fatalf("%d events", len(events))
	}
	for i, event := range events {
		if event.Seq != int64(i+2) {
			t.Fatalf("event %d has number %d", i, event.Seq)
		}
		if i > 0 && event.PrevHash != events[i-1].Hash {
			t.Fatalf("event %d is not linked", event.Seq)
		}
	}
	if last := events[1499]; last.Op != "delete" || last.RecordID != "r-3" {
		t.Errorf("the last event: %+v", last)
	}
}

func TestVerifyAndNotices(t *testing.T) {
	dir := t.TempDir()
	store := open(t, dir, &quick)
	for i := 0; i < 5; i++ {
		upsert(t, store, fmt.Sprintf("r-%d", i))
	}
	result, err := store.Verify(ctx, &quipu.VerifyOptions{Strict: true})
	must(t, err)
	hash, err := store.LastHash()
	must(t, err)
	if !result.Valid || result.Events != 5 || result.Lines != 5 || result.LastHash != hash || result.LastSeq != 5 {
		t.Errorf("of a sound log: %+v", result)
	}
	if valid, err := store.ChainValid(); !valid || err != nil {
		t.Errorf("ChainValid: %t, %v", valid, err)
	}
	must(t, store.Close())

	// Damage is a result, with the place.
	wal := filepath.Join(dir, ".chronomemory", "events.wal")
	log, err := os.ReadFile(wal)
	must(t, err)
	lines := strings.SplitAfter(string(log), "\n")
	lines[2] = strings.Replace(lines[2], "r-2", "r-X", 1)
	lines[3] = "nonsense\n"
	must(t, os.WriteFile(wal, []byte(strings.Join(lines, "")), 0o666))
	store = open(t, dir, &quipu.ChronoStoreOptions{ReadOnly: true})
	result, err = store.Verify(ctx, nil)
	must(t, err)
	if result.Valid || result.Events != 2 || result.Line != 3 || result.Seq != 3 || result.Problem != "hash" ||
		result.Expected == "" || result.Found == "" || result.Message == "" || result.Offset != int64(len(lines[0])+len(lines[1])) {
		t.Errorf("of a damaged log: %+v", result)
	}
	if valid, err := store.ChainValid(); valid || err != nil {
		t.Errorf("ChainValid: %t, %v", valid, err)
	}
	cursor, err := store.Notices()
	must(t, err)
	notices, err := cursor.All()
	must(t, err)
	if len(notices) == 0 || notices[0].Code != "bad_json" || notices[0].Line != 4 || notices[0].File != "events.wal" {
		for _, notice := range notices {
			t.Errorf("notice: %+v", *notice)
		}
	}
}

func TestCompactAndBackup(t *testing.T) {
	dir := t.TempDir()
	store := open(t, dir, &quick)
	fill(t, store, 20)
	backup, err := store.Backup()
	must(t, err)
	if _, err := os.Stat(filepath.Join(backup, "events.wal")); err != nil || !filepath.IsAbs(backup) {
		t.Errorf("the backup %q: %v", backup, err)
	}
	events, err := store.Compact(ctx, nil)
	if events != 20 || err != nil {
		t.Errorf("Compact: %d, %v", events, err)
	}
	expectCount(t, store, 20)
	cursor, err := store.Replay(0)
	must(t, err)
	if events, err := cursor.All(); err != nil || len(events) != 1 || events[0].Op != "compact" {
		t.Errorf("after Compact: %d events, %v", len(events), err)
	}
}

func TestMigrateFromJSON(t *testing.T) {
	store := newStore(t)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "requirements.json"),
		[]byte(`[{"id": "q-1", "title": "one"}, {"id": "q-2", "title": "two", "confidence": 1}]`), 0o666))
	must(t, os.WriteFile(filepath.Join(dir, "testcases.json"), []byte(`[{"id": "t-1", "title": "three"}]`), 0o666))
	result, err := store.MigrateFromJSON(ctx, dir, nil)
	must(t, err)
	if result.Requirements != 2 || result.Testcases != 1 || result.Skipped != 0 {
		t.Errorf("first: %+v", result)
	}
	result, err = store.MigrateFromJSON(ctx, dir, nil)
	must(t, err)
	if result.Requirements != 0 || result.Testcases != 0 || result.Skipped != 3 {
		t.Errorf("again: %+v", result)
	}
}

func TestOptions(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "none")
	_, err := quipu.OpenChronoStore(missing, &quipu.ChronoStoreOptions{MustExist: true})
	expect(t, "MustExist", err, quipu.ErrNotFound)
	_, err = quipu.OpenChronoStore(dir, &quipu.ChronoStoreOptions{Durability: 99})
	expect(t, "an unknown durability", err, quipu.ErrInvalid)
	_, err = quipu.OpenChronoStore("", nil)
	expect(t, "an empty path", err, quipu.ErrInvalid)

	store := open(t, dir, &quipu.ChronoStoreOptions{
		RecursionDepth: 3, Durability: quipu.DurabilityBatched, BatchInterval: time.Microsecond, BatchBytes: 1 << 16,
	})
	event := upsert(t, store, "a")
	record, err := store.Get("a")
	must(t, err)
	if event.RecursionDepth != 3 || record.RecursionDepth != 3 {
		t.Errorf("depth %d in the event, %d in the record", event.RecursionDepth, record.RecursionDepth)
	}
	must(t, store.Sync())
	must(t, store.Refresh())
	if path, err := store.Path(); err != nil || !filepath.IsAbs(path) || filepath.Base(path) != filepath.Base(dir) {
		t.Errorf("Path: %q, %v", path, err)
	}

	readOnly := open(t, dir, &quipu.ChronoStoreOptions{ReadOnly: true})
	expectCount(t, readOnly, 1)
	expect(t, "a write", second(readOnly.Upsert(quipu.NewChronoRecord("b"))), quipu.ErrReadOnly)
}

// Errors that the library finds reach the caller with all that it says.
func TestErrorsOfTheStore(t *testing.T) {
	dir := t.TempDir()
	store := open(t, dir, &quick)
	fill(t, store, 3)

	// BUSY: another holds the lock, and this one does not wait.
	impatient := open(t, dir, &quipu.ChronoStoreOptions{LockWait: -1})
	must(t, second(store.Commit(ctx, func(*quipu.ChronoTransaction) error {
		_, err := impatient.Upsert(quipu.NewChronoRecord("b"))
		expect(t, "a held lock", err, quipu.ErrBusy)
		var e *quipu.Error
		if errors.As(err, &e) && !e.Retryable {
			t.Error("BUSY is not retryable")
		}
		return nil
	})))

	// CONFLICT: a writer that takes no lock removed what was acknowledged.
	must(t, os.Truncate(filepath.Join(dir, ".chronomemory", "events.wal"), 0))
	_, err := store.Upsert(quipu.NewChronoRecord("b"))
	expect(t, "a log that was cut", err, quipu.ErrConflict)
	var e *quipu.Error
	if errors.As(err, &e) && (e.Code != quipu.CodeConflict || e.Seq < 1 || e.Seq > 3) {
		t.Errorf("got %+v", e)
	}

	// NOT_A_STORE names the file.
	other := t.TempDir()
	must(t, os.Mkdir(filepath.Join(other, ".chronomemory"), 0o777))
	must(t, os.WriteFile(filepath.Join(other, ".chronomemory", "events.wal"), []byte("ESDB_WAL 1\nbinary\n"), 0o666))
	_, err = quipu.OpenChronoStore(other, nil)
	expect(t, "another file", err, quipu.ErrNotAStore)
	if errors.As(err, &e) && !strings.Contains(e.Path, "events.wal") {
		t.Errorf("the path is %q", e.Path)
	}

	// EXISTS: a file where a folder must be.
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o666))
	_, err = quipu.OpenChronoStore(file, nil)
	expect(t, "a file as folder", err, quipu.ErrExists)
}
