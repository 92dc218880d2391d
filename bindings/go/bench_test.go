package quipu_test

import (
	"encoding/json"
	"testing"

	"example.com/quipu"
	"example.com/quipu/internal/capi"
)

func benchmarkRecord() *quipu.ChronoRecord {
	record := quipu.NewChronoRecord("bench")
	record.Label = "a label of ordinary length, as agents write them"
	record.Evidence = []string{"pid:1", "https://example.com/evidence"}
	record.Data = json.RawMessage(`{"i": 1, "language": "go", "text": "some payload"}`)
	return record
}

func BenchmarkUpsert(b *testing.B) {
	store, record := newStore(b), benchmarkRecord()
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if _, err := store.Upsert(record); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	store := newStore(b)
	must(b, second(store.Upsert(benchmarkRecord())))
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if _, err := store.Get("bench"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecordCount(b *testing.B) {
	store := newStore(b)
	upsert(b, store, "bench") // without a log the library has to look for one
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		if _, err := store.RecordCount(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQuery1000(b *testing.B) {
	store := newStore(b)
	fill(b, store, 1000)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		cursor, err := store.Query(nil)
		must(b, err)
		n := 0
		for cursor.Next() {
			n++
		}
		if n != 1000 {
			b.Fatal(n, cursor.Err())
		}
	}
}

// What a native call costs at least.
func BenchmarkCall(b *testing.B) {
	for i := 0; i < b.N; i++ {
		capi.AbiVersion()
	}
}
