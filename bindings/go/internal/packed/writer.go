package packed

import (
	"encoding/binary"
	"math"
)

// A Writer packs one value behind what a buffer holds already. Its methods are called once per field, in the order
// of the description.
type Writer struct {
	buf  []byte
	raws []Raw
	next int // index of the next field
	err  error
}

// NewWriter starts a value of that many fields, to be appended to `to`. raws are those of the Reader that the value
// came from.
func NewWriter(to []byte, fields int, raws []Raw) Writer {
	return Writer{buf: append(to, version, byte(fields), byte(fields>>8)), raws: raws}
}

// Bytes is the buffer with the packed value.
func (w *Writer) Bytes() ([]byte, error) { return w.buf, w.err }

// Text packs a field of kind text or id.
func (w *Writer) Text(v string) {
	start := w.begin(tagText)
	w.buf = append(w.buf, v...)
	w.end(start)
}

// JSON packs a field of kind json.
func (w *Writer) JSON(v []byte) {
	start := w.begin(tagJSON)
	w.buf = append(w.buf, v...)
	w.end(start)
}

// Int64 packs a field of kind int64.
func (w *Writer) Int64(v int64) { w.fixed(tagInt64, uint64(v)) }

// Double packs a field of kind double.
func (w *Writer) Double(v float64) { w.fixed(tagDouble, math.Float64bits(v)) }

func (w *Writer) fixed(tag byte, bits uint64) {
	start := w.begin(tag)
	w.buf = binary.LittleEndian.AppendUint64(w.buf, bits)
	w.end(start)
}

// Bool packs a field of kind bool.
func (w *Writer) Bool(v bool) {
	start := w.begin(tagBool)
	if v {
		w.buf = append(w.buf, 1)
	} else {
		w.buf = append(w.buf, 0)
	}
	w.end(start)
}

// Texts packs a field of kind texts.
func (w *Writer) Texts(v []string) {
	start := w.begin(tagTexts)
	for _, text := range v {
		w.buf = w.appendLength(w.buf, len(text))
		w.buf = append(w.buf, text...)
	}
	w.end(start)
}

func (w *Writer) begin(tag byte) (start int) {
	start = len(w.buf)
	w.buf = append(w.buf, tag, 0, 0, 0, 0)
	return start
}

// end completes the field that begins at start, or puts the raw value in its place if the field is still what
// was shown.
func (w *Writer) end(start int) {
	length := len(w.buf) - start - fieldHead
	if length > math.MaxUint32 {
		w.err = ErrTooLong
	}
	binary.LittleEndian.PutUint32(w.buf[start+1:], uint32(length))
	if len(w.raws) > 0 && w.raws[0].index == w.next {
		payload := w.raws[0].payload
		w.raws = w.raws[1:]
		if field := w.buf[start:]; len(payload) >= len(field) && payload[:len(field)] == string(field) {
			w.buf = append(w.buf[:start], tagRaw)
			w.buf = w.appendLength(w.buf, len(payload))
			w.buf = append(w.buf, payload...)
		}
	}
	w.next++
}

func (w *Writer) appendLength(buf []byte, length int) []byte {
	if length > math.MaxUint32 {
		w.err = ErrTooLong
	}
	return binary.LittleEndian.AppendUint32(buf, uint32(length))
}
