package quipu

import (
	"sync"

	"example.com/quipu/internal/capi"
	"example.com/quipu/internal/packed"
)

// An exchange is the memory of one native call that takes packed values: made once and used again by later calls.
type exchange struct {
	data   []byte  // what goes in
	answer *answer // what comes out; by itself, since C may be given no pointer to memory that holds Go's pointers
}

type answer struct {
	event capi.Buf
	err   uintptr
}

// Buffers beyond this size are not kept.
const largestKept = 1 << 16

var exchanges = sync.Pool{New: func() any { return &exchange{data: make([]byte, 0, 1024), answer: new(answer)} }}

func newExchange() *exchange { return exchanges.Get().(*exchange) }

// release is called when the native call has returned and its answer was taken.
func (x *exchange) release() {
	if cap(x.data) > largestKept {
		return
	}
	x.data = x.data[:0]
	*x.answer = answer{}
	exchanges.Put(x)
}

func (x *exchange) pack(record *ChronoRecord) (err error) {
	if record == nil {
		return nilRecord()
	}
	x.data, err = record.pack(x.data)
	return packedError(err)
}

func (x *exchange) packPage(records []*ChronoRecord) (err error) {
	x.data, err = packed.AppendPage(x.data, len(records), func(to []byte, index int) ([]byte, error) {
		if records[index] == nil {
			return to, nilRecord()
		}
		return records[index].pack(to)
	})
	return packedError(err)
}

func nilRecord() error { return newError(CodeInvalid, "cannot write a record: it is nil") }
