package packed

import (
	"encoding/binary"
	"math"
)

// Page packs values, each packed already, as one page.
func Page(values [][]byte) ([]byte, error) {
	size := fieldHead
	for _, value := range values {
		size += 4 + len(value)
		if len(value) > math.MaxUint32 {
			return nil, ErrTooLong
		}
	}
	if len(values) > math.MaxUint32 {
		return nil, ErrTooLong
	}
	page := make([]byte, 0, size)
	page = append(page, version)
	page = binary.LittleEndian.AppendUint32(page, uint32(len(values)))
	for _, value := range values {
		page = binary.LittleEndian.AppendUint32(page, uint32(len(value)))
		page = append(page, value...)
	}
	return page, nil
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
