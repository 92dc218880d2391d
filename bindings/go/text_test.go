package quipu_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"example.com/quipu"
)

func roundTrip(t *testing.T, store *quipu.ChronoStore, record *quipu.ChronoRecord) *quipu.ChronoRecord {
	t.Helper()
	must(t, second(store.Upsert(record)))
	read, err := store.Get(record.ID)
	must(t, err)
	if !reflect.DeepEqual(read, record) {
		t.Errorf("what was read is not what was written (id of %d bytes)", len(record.ID))
	}
	return read
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	out, err := json.Marshal(text)
	must(t, err)
	return string(out)
}

func TestUnicode(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ordner é 😀 𝄞")
	store := open(t, dir, &quick)
	if _, err := os.Stat(filepath.Join(dir, ".chronomemory")); err != nil {
		t.Error(err)
	}
	for _, text := range []string{awkward, strings.Repeat(awkward, 100_000/len(awkward)), "\x00", "\u2028\u0085\uFFFD\uFEFF"} {
		record := quipu.NewChronoRecord(text)
		record.Kind, record.Status, record.Label, record.SourceType = text, text, text, text
		record.Evidence = []string{"", text, ""}
		record.EpistemicBoundary = []string{text}
		roundTrip(t, store, record)

		cursor, err := store.Query(&quipu.ChronoQueryOptions{Kind: text, Status: text})
		must(t, err)
		records, err := cursor.All()
		must(t, err)
		if len(records) != 1 || !reflect.DeepEqual(records[0], record) {
			t.Errorf("the query gave %d records", len(records))
		}
	}
	record := quipu.NewChronoRecord("data")
	record.Data = json.RawMessage(`{"text": "A\u0000B é € 😀 𝄞 z"}`)
	var data struct{ Text string }
	must(t, json.Unmarshal(roundTrip(t, store, record).Data, &data))
	if data.Text != awkward {
		t.Errorf("the payload has %q", data.Text)
	}

	// An error that quotes the text.
	_, err := store.Get("no " + awkward)
	expect(t, "Get", err, quipu.ErrNotFound)
	if !strings.Contains(err.Error(), "é € 😀") {
		t.Errorf("the message is %q", err)
	}
	must(t, store.Close())

	// All of it from the files.
	again := open(t, dir, nil)
	if _, err := again.Get(awkward); err != nil {
		t.Error(err)
	}
}

func TestEmptyTexts(t *testing.T) {
	store := newStore(t)
	record := quipu.NewChronoRecord("a")
	record.Kind, record.Status, record.Label, record.SourceType = "", "", "", ""
	record.Evidence = []string{""}
	roundTrip(t, store, record)
	expect(t, "an empty id", second(store.Upsert(quipu.NewChronoRecord(""))), quipu.ErrInvalid)
	if record, err := store.Find(""); record != nil || err != nil {
		t.Errorf("Find of an empty id: %v, %v", record, err)
	}
	// Neither the zero value nor nil is a record.
	expect(t, "the zero record", second(store.Upsert(&quipu.ChronoRecord{ID: "z"})), quipu.ErrInvalid)
	expect(t, "nil", second(store.Upsert(nil)), quipu.ErrInvalid)
	expectCount(t, store, 0)
}

func TestInvalidTextIsRefused(t *testing.T) {
	store := newStore(t)
	for _, bad := range []string{"\xff", "a\xc0\x80b", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"} {
		for name, change := range map[string]func(*quipu.ChronoRecord){
			"id":                 func(r *quipu.ChronoRecord) { r.ID = bad },
			"kind":               func(r *quipu.ChronoRecord) { r.Kind = bad },
			"status":             func(r *quipu.ChronoRecord) { r.Status = bad },
			"label":              func(r *quipu.ChronoRecord) { r.Label = bad },
			"source_type":        func(r *quipu.ChronoRecord) { r.SourceType = bad },
			"evidence":           func(r *quipu.ChronoRecord) { r.Evidence = []string{"good", bad} },
			"epistemic_boundary": func(r *quipu.ChronoRecord) { r.EpistemicBoundary = []string{bad} },
			"model_assumptions":  func(r *quipu.ChronoRecord) { r.ModelAssumptions = json.RawMessage(`{"a": "` + bad + `"}`) },
			"data":               func(r *quipu.ChronoRecord) { r.Data = json.RawMessage(`{"a": "` + bad + `"}`) },
		} {
			record := quipu.NewChronoRecord("a")
			change(record)
			_, err := store.Upsert(record)
			expect(t, fmt.Sprintf("%q as %s", bad, name), err, quipu.ErrInvalid)
			_, err = record.ToJSON()
			expect(t, fmt.Sprintf("%q as %s, ToJSON", bad, name), err, quipu.ErrInvalid)
		}
		expect(t, "Get", second(store.Get(bad)), quipu.ErrInvalid)
		expect(t, "Delete", second(store.Delete(bad)), quipu.ErrInvalid)
		expect(t, "Query", second(store.Query(&quipu.ChronoQueryOptions{Kind: bad})), quipu.ErrInvalid)
		expect(t, "FromJSON", second(quipu.ChronoRecordFromJSON([]byte(`{"id": "`+bad+`"}`))), quipu.ErrInvalid)
	}
	expect(t, "a path with NUL", second(quipu.OpenChronoStore(t.TempDir()+"/a\x00b", nil)), quipu.ErrInvalid)
	for _, bad := range []string{"", "{", "{} {}", `{"a": "\ud800"}`, strings.Repeat("[", 300) + strings.Repeat("]", 300)} {
		record := quipu.NewChronoRecord("a")
		record.Data = json.RawMessage(bad)
		expect(t, fmt.Sprintf("data %.20q", bad), second(store.Upsert(record)), quipu.ErrInvalid)
	}
	if seq, err := store.WalSeq(); seq != 0 || err != nil {
		t.Errorf("something was written: seq %d, %v", seq, err)
	}
}

func TestLargeText(t *testing.T) {
	size := 64 << 20
	if raceEnabled || testing.Short() {
		size = 4 << 20
	}
	store := newStore(t)
	text := strings.Repeat(awkward, size/len(awkward))
	record := quipu.NewChronoRecord("large")
	record.Label = text
	must(t, second(store.Upsert(record)))
	read, err := store.Get("large")
	must(t, err)
	if read.Label != text {
		t.Error("the label is another one")
	}
	cursor, err := store.Query(nil)
	must(t, err)
	if !cursor.Next() || cursor.Value().Label != text {
		t.Errorf("through a cursor: %v", cursor.Err())
	}
	must(t, cursor.Close())

	// As payload.
	payload := []byte(`{"text": ` + quoted(t, strings.Repeat("é😀", 1<<20)) + `}`)
	record = quipu.NewChronoRecord("payload")
	record.Data = payload
	if !bytes.Equal(roundTrip(t, store, record).Data, payload) {
		t.Error("the payload is another one")
	}
}

// A value read is a copy: what the caller does with it does not reach the store, nor other values.
func TestValuesAreCopies(t *testing.T) {
	store := newStore(t)
	record := quipu.NewChronoRecord("a")
	record.Evidence = []string{"one"}
	record.Data = json.RawMessage(`{"n": 1}`)
	must(t, second(store.Upsert(record)))
	record.Data[6] = '2'
	record.Evidence[0] = "two"
	first, err := store.Get("a")
	must(t, err)
	copy(first.Data, `{"n": 3}`)
	copied := *first
	copied.Label = "copy"
	second, err := store.Get("a")
	must(t, err)
	if string(second.Data) != `{"n": 1}` || second.Evidence[0] != "one" || first.Label != "" {
		t.Errorf("the store has %+v", second)
	}
	defaults := quipu.NewChronoRecord("b")
	defaults.Data[0] = '!'
	if fresh := quipu.NewChronoRecord("c"); string(fresh.Data) != "{}" {
		t.Errorf("the default became %s", fresh.Data)
	}
}
