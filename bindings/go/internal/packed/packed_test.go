package packed

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"
)

// sample has one field of each kind.
type sample struct {
	text   string
	number int64
	double float64
	truth  bool
	json   []byte
	texts  []string
	raws   []Raw
}

func (s *sample) pack(t testing.TB) []byte {
	t.Helper()
	w := NewWriter(nil, 6, s.raws)
	w.Text(s.text)
	w.Int64(s.number)
	w.Double(s.double)
	w.Bool(s.truth)
	w.JSON(s.json)
	w.Texts(s.texts)
	data, err := w.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func reader(data []byte) *Reader {
	r := new(Reader)
	r.Begin(data)
	return r
}

func unpack(data []byte) (s sample, err error) {
	r := reader(data)
	s.text = r.Text("")
	s.number = r.Int64(0)
	s.double = r.Double(0)
	s.truth = r.Bool(false)
	s.json = r.JSON("")
	s.texts = r.Texts(nil)
	s.raws, err = r.Finish()
	return s, err
}

var full = sample{text: "A\x00é😀", number: math.MinInt64, double: -0.5, truth: true, json: []byte(`{"a": 1}`), texts: []string{"", "x", ""}}

func TestRoundTrip(t *testing.T) {
	large := full
	large.text = string(bytes.Repeat([]byte("large "), copiedWhole))
	for _, s := range []sample{full, large, {json: []byte("{}")}} {
		got, err := unpack(s.pack(t))
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("packed %+v, got %+v, %v", s, got, err)
		}
	}
}

func TestBytes(t *testing.T) {
	w := NewWriter([]byte("kept"), 3, nil)
	w.Text("ab")
	w.Bool(true)
	w.Texts([]string{"", "c"})
	data, err := w.Bytes()
	wanted := []byte{'k', 'e', 'p', 't', 1, 3, 0, tagText, 2, 0, 0, 0, 'a', 'b', tagBool, 1, 0, 0, 0, 1, tagTexts, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'c'}
	if err != nil || !bytes.Equal(data, wanted) {
		t.Errorf("got %v, %v", data, err)
	}
}

// A value that is cut anywhere is refused, not misread.
func TestEveryCutIsRefused(t *testing.T) {
	data := full.pack(t)
	for n := range data {
		if _, err := unpack(data[:n]); !errors.Is(err, ErrMalformed) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
}

func TestOtherVersions(t *testing.T) {
	// A newer library sends more fields than are known here, an older one fewer.
	data := full.pack(t)
	more := append(append([]byte{}, data...), 99, 1, 0, 0, 0, 'x')
	more[1] = 7
	if got, err := unpack(more); err != nil || !reflect.DeepEqual(got, full) {
		t.Errorf("with a field more: %+v, %v", got, err)
	}
	fewer := append([]byte{}, data[:3+5+len(full.text)]...)
	fewer[1] = 1
	if got, err := unpack(fewer); err != nil || got.text != full.text || got.number != 0 || got.texts != nil {
		t.Errorf("with one field: %+v, %v", got, err)
	}
	// An absent field is its default.
	r := reader([]byte{1, 1, 0, tagAbsent, 0, 0, 0, 0})
	value := r.Text("default")
	if _, err := r.Finish(); err != nil || value != "default" {
		t.Errorf("absent: %q, %v", value, err)
	}
	data[0] = 2
	if _, err := unpack(data); !errors.Is(err, ErrMalformed) {
		t.Errorf("version 2: %v", err)
	}
}

func TestWrongFields(t *testing.T) {
	for name, data := range map[string][]byte{
		"another tag":        {1, 1, 0, tagInt64, 1, 0, 0, 0, 'x'},
		"an unknown tag":     {1, 1, 0, 8, 1, 0, 0, 0, 'x'},
		"raw without a view": {1, 1, 0, tagRaw, 1, 0, 0, 0, tagText},
		"a view too long":    {1, 1, 0, tagRaw, 6, 0, 0, 0, tagText, 2, 0, 0, 0, 'x'},
	} {
		r := reader(data)
		r.Text("")
		if _, err := r.Finish(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, read := range map[string]func(*Reader){
		"int64 of 1 byte":  func(r *Reader) { r.Int64(0) },
		"double of 1 byte": func(r *Reader) { r.Double(0) },
		"bool of 2":        func(r *Reader) { r.Bool(false) },
		"texts of 1 byte":  func(r *Reader) { r.Texts(nil) },
	} {
		for tag := byte(tagInt64); tag <= tagTexts; tag++ {
			r := reader([]byte{1, 1, 0, tag, 1, 0, 0, 0, 2})
			read(r)
			if _, err := r.Finish(); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s, tag %d: %v", name, tag, err)
			}
		}
	}
}

// What is read is the reader's own: a JSON text may be changed and appended to without a change of anything else.
func TestOwnership(t *testing.T) {
	large := full
	large.text = string(bytes.Repeat([]byte("large "), copiedWhole))
	raw := []byte{tagJSON, 2, 0, 0, 0, '{', '}'}
	for _, s := range []sample{full, large} {
		s.raws = []Raw{{4, string(append(raw, "{ }"...))}}
		s.json = []byte("{}")
		data := s.pack(t)
		got, err := unpack(data)
		if err != nil {
			t.Fatal(err)
		}
		for i := range data {
			data[i] = 'x'
		}
		got.json[0] = '['
		_ = append(got.json, "xxxxxxxxxxxxxxxx"...)
		got.json[0] = '{'
		if !reflect.DeepEqual(got, s) {
			t.Errorf("%+v became %+v", s, got)
		}
		got.json[0] = '['
		if got.raws[0] != s.raws[0] || got.texts[1] != "x" || got.text != s.text {
			t.Errorf("%+v became %+v", s, got)
		}
	}
}

// Raw fields go back as they came as long as the field is what was shown.
func TestRaw(t *testing.T) {
	view := []byte{tagText, 1, 0, 0, 0, 'v'}
	payload := append(view, "null"...)
	data := append([]byte{1, 2, 0, tagText, 0, 0, 0, 0, tagRaw, byte(len(payload)), 0, 0, 0}, payload...)
	read := func() (first, second string, raws []Raw) {
		r := reader(data)
		first = r.Text("")
		second = r.Text("")
		raws, err := r.Finish()
		if err != nil {
			t.Fatal(err)
		}
		return first, second, raws
	}
	write := func(first, second string, raws []Raw) []byte {
		w := NewWriter(nil, 2, raws)
		w.Text(first)
		w.Text(second)
		data, err := w.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	first, second, raws := read()
	if first != "" || second != "v" || len(raws) != 1 {
		t.Fatalf("read %q, %q, %v", first, second, raws)
	}
	if got := write(first, second, raws); !bytes.Equal(got, data) {
		t.Errorf("unchanged: %v", got)
	}
	if got, want := write("changed", second, raws), write("changed", second, raws[:1]); !bytes.Equal(got, want) || !bytes.Contains(got, payload) {
		t.Errorf("another field changed: %v", got)
	}
	for _, changed := range []string{"", "w", "vv", "vnull"} {
		if got, want := write(first, changed, raws), write(first, changed, nil); !bytes.Equal(got, want) {
			t.Errorf("changed to %q: %v", changed, got)
		}
	}
}

func TestPage(t *testing.T) {
	values := [][]byte{[]byte("one"), {}, []byte("three")}
	page, err := AppendPage(nil, len(values), func(to []byte, index int) ([]byte, error) {
		return append(to, values[index]...), nil
	})
	if err != nil || !bytes.Equal(page, []byte("\x01\x03\x00\x00\x00\x03\x00\x00\x00one\x00\x00\x00\x00\x05\x00\x00\x00three")) {
		t.Fatalf("%q, %v", page, err)
	}
	reader, err := NewPageReader(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, wanted := range values {
		value, ok, err := reader.Next()
		if !ok || err != nil || !bytes.Equal(value, wanted) {
			t.Errorf("%q, %t, %v", value, ok, err)
		}
	}
	if _, ok, err := reader.Next(); ok || err != nil {
		t.Errorf("at the end: %t, %v", ok, err)
	}
	for n := range page {
		reader, err := NewPageReader(page[:n])
		for ok := err == nil; ok; {
			_, ok, err = reader.Next()
		}
		if !errors.Is(err, ErrMalformed) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	var empty PageReader
	if _, ok, err := empty.Next(); ok || err != nil {
		t.Errorf("the zero page: %t, %v", ok, err)
	}
}

// go test -fuzz FuzzReader: whatever the bytes, an answer or ErrMalformed.
func FuzzReader(f *testing.F) {
	f.Add(full.pack(f))
	f.Add([]byte{1, 1, 0, tagRaw, 10, 0, 0, 0, tagText, 1, 0, 0, 0, 'v', 'n', 'u', 'l', 'l'})
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := unpack(data); err == nil {
			if again, err := unpack(s.pack(t)); err != nil || again.text != s.text || !reflect.DeepEqual(again.texts, s.texts) {
				t.Errorf("%+v became %+v, %v", s, again, err)
			}
		}
	})
}
