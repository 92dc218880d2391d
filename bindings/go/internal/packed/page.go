package packed

import (
	"encoding/binary"
	"math"
)

// AppendPage packs a page of that many values behind what `to` holds; pack appends the value of an index.
func AppendPage(to []byte, count int, pack func(to []byte, index int) ([]byte, error)) ([]byte, error) {
	if count > math.MaxUint32 {
		return to, ErrTooLong
	}
	to = binary.LittleEndian.AppendUint32(append(to, version), uint32(count))
	for i := 0; i < count; i++ {
		start := len(to) + 4
		var err error
		if to, err = pack(append(to, 0, 0, 0, 0), i); err != nil {
			return to, err
		}
		if len(to)-start > math.MaxUint32 {
			return to, ErrTooLong
		}
		binary.LittleEndian.PutUint32(to[start-4:], uint32(len(to)-start))
	}
	return to, nil
}

// A PageReader hands out the values of a page one by one. The zero value is an empty page.
type PageReader struct {
	rest []byte
	left uint32
}

// NewPageReader reads the head of a page.
func NewPageReader(page []byte) (PageReader, error) {
	if len(page) < fieldHead || page[0] != version {
		return PageReader{}, ErrMalformed
	}
	return PageReader{rest: page[fieldHead:], left: binary.LittleEndian.Uint32(page[1:])}, nil
}

// Next gives the next packed value, a part of the page, and whether there was one.
func (p *PageReader) Next() (value []byte, ok bool, err error) {
	if p.left == 0 {
		return nil, false, nil
	}
	value, rest, ok := cut(p.rest)
	if !ok {
		p.left = 0
		return nil, false, ErrMalformed
	}
	p.rest = rest
	p.left--
	return value, true, nil
}

// cut takes what a length and as many bytes hold off the front.
func cut(b []byte) (head, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	length := uint64(binary.LittleEndian.Uint32(b))
	if uint64(len(b)-4) < length {
		return nil, nil, false
	}
	return b[4 : 4+length : 4+length], b[4+length:], true
}
