package packed

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// A value up to this size is copied in one piece, of which its texts and JSON texts are parts: one allocation
// instead of ten. Of a larger one each field is copied by itself, so that a small text does not keep a large
// payload in memory.
const copiedWhole = 4096

// A Reader unpacks one value: Begin, one call per field in the order of the description, Finish. Each call takes
// what the field is if it is absent.
type Reader struct {
	value []byte // borrowed, or a copy
	own   bool   // value is a copy
	pos   int    // of the next field
	left  int    // fields not read yet
	index int    // of the next field
	raws  []Raw
	err   error
}

// Begin starts reading a packed value, with a zero Reader. The bytes are read until Finish and not kept.
func (r *Reader) Begin(value []byte) {
	if len(value) < 3 || value[0] != version {
		r.err = ErrMalformed
		return
	}
	r.value = value
	r.pos = 3
	r.left = int(binary.LittleEndian.Uint16(value[1:]))
	if len(value) <= copiedWhole {
		r.value = append([]byte(nil), value...)
		r.own = true
	}
}

// Finish gives the raw fields, for the Writer that will pack the value again. Fields that a newer library has
// added are left unread.
func (r *Reader) Finish() ([]Raw, error) { return r.raws, r.err }

// Text reads a field of kind text or id.
func (r *Reader) Text(missing string) string {
	if start, end, ok := r.field(tagText); ok {
		return r.text(start, end)
	}
	return missing
}

// JSON reads a field of kind json.
func (r *Reader) JSON(missing string) []byte {
	start, end, ok := r.field(tagJSON)
	switch {
	case !ok:
		return []byte(missing)
	case r.own:
		return r.value[start:end:end]
	default:
		return append([]byte(nil), r.value[start:end]...)
	}
}

// Int64 reads a field of kind int64.
func (r *Reader) Int64(missing int64) int64 {
	if bits, ok := r.fixed(tagInt64); ok {
		return int64(bits)
	}
	return missing
}

// Double reads a field of kind double.
func (r *Reader) Double(missing float64) float64 {
	if bits, ok := r.fixed(tagDouble); ok {
		return math.Float64frombits(bits)
	}
	return missing
}

func (r *Reader) fixed(tag byte) (bits uint64, ok bool) {
	start, end, ok := r.field(tag)
	if !ok {
		return 0, false
	}
	if end-start != 8 {
		r.err = ErrMalformed
		return 0, false
	}
	return binary.LittleEndian.Uint64(r.value[start:]), true
}

// Bool reads a field of kind bool.
func (r *Reader) Bool(missing bool) bool {
	start, end, ok := r.field(tagBool)
	if !ok {
		return missing
	}
	if end-start != 1 || r.value[start] > 1 {
		r.err = ErrMalformed
		return missing
	}
	return r.value[start] == 1
}

// Texts reads a field of kind texts; an empty list is nil.
func (r *Reader) Texts(missing []string) []string {
	start, end, ok := r.field(tagTexts)
	if !ok {
		return missing
	}
	var texts []string
	for start < end {
		length, ok := r.length(start, end)
		if !ok {
			r.err = ErrMalformed
			return missing
		}
		texts = append(texts, r.text(start+4, start+4+length))
		start += 4 + length
	}
	return texts
}

// text is a part of the value as a string. Where the value is a copy, the string is that part of it and not one
// more copy: nobody can change its bytes, since of the copy only JSON texts are handed out, and no byte of one is
// a byte of a text.
func (r *Reader) text(start, end int) string {
	bytes := r.value[start:end]
	if r.own {
		return *(*string)(unsafe.Pointer(&bytes))
	}
	return string(bytes)
}

// length reads the four bytes of a length at pos and sees that what it counts ends before `end`.
func (r *Reader) length(pos, end int) (int, bool) {
	if end-pos < 4 {
		return 0, false
	}
	length := binary.LittleEndian.Uint32(r.value[pos:])
	return int(length), uint64(length) <= uint64(end-pos-4)
}

// field goes to the next field and gives the place of its payload, of its view if it is raw; ok is false if
// there is none.
func (r *Reader) field(wanted byte) (start, end int, ok bool) {
	index := r.index
	r.index++
	if r.err != nil || r.left == 0 {
		return 0, 0, false
	}
	r.left--
	tag, start, end, ok := r.head(r.pos, len(r.value))
	if !ok {
		r.err = ErrMalformed
		return 0, 0, false
	}
	r.pos = end
	if tag == tagRaw {
		r.raws = append(r.raws, Raw{index, string(r.value[start:end])}) // a copy: its view may be JSON text, which is handed out
		if tag, start, end, ok = r.head(start, end); !ok {
			r.err = ErrMalformed
			return 0, 0, false
		}
	}
	if tag == tagAbsent {
		return 0, 0, false
	}
	if tag != wanted {
		r.err = ErrMalformed
		return 0, 0, false
	}
	return start, end, true
}

// head reads the tag and the length at pos.
func (r *Reader) head(pos, limit int) (tag byte, start, end int, ok bool) {
	if limit-pos < fieldHead {
		return 0, 0, 0, false
	}
	length, ok := r.length(pos+1, limit)
	return r.value[pos], pos + fieldHead, pos + fieldHead + length, ok
}
