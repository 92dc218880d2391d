// Package capi is the C API of Quipu, flat: one Go function per C function (capi.go, made by SWIG), with what
// SWIG cannot do well beside it (this file and callbacks.go). Handles are addresses; whoever calls keeps their
// owner alive.
package capi

/*
#cgo pkg-config: quipu
#cgo CFLAGS: -fno-strict-aliasing

#include <quipu/quipu.h>
#include "callbacks.h"

typedef struct {
	int64_t line, offset, seq, backend_code;
	const char *message, *path, *backend_message;
	size_t message_len, path_len, backend_message_len;
	int code, retryable;
} quipu_go_error;

// One call instead of nine.
static inline void quipu_go_read_error(uintptr_t handle, quipu_go_error *out) {
	const quipu_error *error = (const quipu_error *)handle;
	out->code = quipu_error_code(error);
	out->retryable = quipu_error_retryable(error);
	out->line = quipu_error_line(error);
	out->offset = quipu_error_offset(error);
	out->seq = quipu_error_seq(error);
	out->backend_code = quipu_error_backend_code(error);
	out->message = quipu_error_message(error, &out->message_len);
	out->path = quipu_error_path(error, &out->path_len);
	out->backend_message = quipu_error_backend_message(error, &out->backend_message_len);
}

static inline void quipu_go_free_error(uintptr_t error) { quipu_error_free((quipu_error *)error); }

// For tests.
static inline uintptr_t quipu_go_new_error(int code, _GoString_ message) {
	return (uintptr_t)quipu_error_new(code, _GoStringPtr(message), _GoStringLen(message));
}
*/
import "C"

import "unsafe"

// Constants of the headers, so that none is written down twice.
const (
	DurabilityFull    = C.QUIPU_DURABILITY_FULL
	DurabilityBatched = C.QUIPU_DURABILITY_BATCHED
	DurabilityNone    = C.QUIPU_DURABILITY_NONE

	ChronostoreReadOnly  = C.QUIPU_CHRONOSTORE_READ_ONLY
	ChronostoreMustExist = C.QUIPU_CHRONOSTORE_MUST_EXIST
	ChronoqueryRAGFilter = C.QUIPU_CHRONOQUERY_RAG_FILTER
	ChronoqueryAnyStatus = C.QUIPU_CHRONOQUERY_ANY_STATUS
	ChronoverifyStrict   = C.QUIPU_CHRONOVERIFY_STRICT

	MemorylistWithDeleted       = C.QUIPU_MEMORYLIST_WITH_DELETED
	MemoryjournalWithAcked      = C.QUIPU_MEMORYJOURNAL_WITH_ACKED
	MemoryjournalWithUnenrolled = C.QUIPU_MEMORYJOURNAL_WITH_UNENROLLED

	OK         = C.QUIPU_OK
	EInvalid   = C.QUIPU_E_INVALID
	ENotFound  = C.QUIPU_E_NOT_FOUND
	EClosed    = C.QUIPU_E_CLOSED
	EMisuse    = C.QUIPU_E_MISUSE
	ECancelled = C.QUIPU_E_CANCELLED
	ENoMemory  = C.QUIPU_E_NO_MEMORY
	EInternal  = C.QUIPU_E_INTERNAL

	DebugLiveHandles = C.QUIPU_DEBUG_LIVE_HANDLES
	DebugLiveBlocks  = C.QUIPU_DEBUG_LIVE_BLOCKS
	DebugStaleCalls  = C.QUIPU_DEBUG_STALE_CALLS
)

// Version is the library's version, "0.1.0".
func Version() string { return C.GoString(C.quipu_version()) }

// StatusName is the symbol of a code without its prefix; "UNKNOWN" for one that the library does not know.
func StatusName(code int) string { return C.GoString(C.quipu_status_name(C.int(code))) }

// Buf receives a buffer of the library. Take its contents with String or Bytes, or look at them with View and
// then Free.
type Buf struct {
	p unsafe.Pointer // of the C heap; callbacks.h has the same layout
	n uintptr
}

// Present tells a buffer, be it empty, from none.
func (b *Buf) Present() bool { return b.p != nil }

// View is the buffer itself, valid until Free.
func (b *Buf) View() []byte {
	if b.p == nil {
		return nil
	}
	return unsafe.Slice((*byte)(b.p), b.n)
}

// Free gives the buffer back to the library. A second call does nothing.
func (b *Buf) Free() {
	C.quipu_free(b.p)
	*b = Buf{}
}

// String copies the buffer and frees it.
func (b *Buf) String() string {
	text := string(b.View())
	b.Free()
	return text
}

// Bytes copies the buffer and frees it.
func (b *Buf) Bytes() []byte {
	bytes := append([]byte{}, b.View()...)
	b.Free()
	return bytes
}

// ErrorFields is what an error of the library says.
type ErrorFields struct {
	Code                           int
	Message, Path, BackendMessage  string
	Line, Offset, Seq, BackendCode int64
	Retryable                      bool
}

// TakeError reads an error and frees it. A handle of 0 reads as OK with nothing in it.
func TakeError(handle uintptr) ErrorFields {
	var e C.quipu_go_error
	C.quipu_go_read_error(C.uintptr_t(handle), &e)
	fields := ErrorFields{
		Code:           int(e.code),
		Message:        text(e.message, e.message_len),
		Path:           text(e.path, e.path_len),
		BackendMessage: text(e.backend_message, e.backend_message_len),
		Line:           int64(e.line),
		Offset:         int64(e.offset),
		Seq:            int64(e.seq),
		BackendCode:    int64(e.backend_code),
		Retryable:      e.retryable != 0,
	}
	C.quipu_go_free_error(C.uintptr_t(handle))
	return fields
}

// NewError makes an error of the library; TakeError frees it. For tests.
func NewError(code int, message string) uintptr {
	return uintptr(C.quipu_go_new_error(C.int(code), message))
}

func text(p *C.char, n C.size_t) string {
	if p == nil {
		return ""
	}
	return string(unsafe.Slice((*byte)(unsafe.Pointer(p)), n))
}
