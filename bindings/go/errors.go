package quipu

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/quipu/internal/capi"
)

// A Code says how a call failed, as far as a caller acts differently. Numbers are frozen; docs/ERRORS.md has
// the table of what to do about each. A later library may answer codes that this package has no name for.
type Code int

// The codes, one for each sentinel below.
const (
	CodeInvalid         Code = 1
	CodeNotFound        Code = 2
	CodeExists          Code = 3
	CodeConflict        Code = 4
	CodeBusy            Code = 5
	CodeIO              Code = 6
	CodeFull            Code = 7
	CodeCorrupt         Code = 8
	CodeBrokenChain     Code = 9
	CodeNotAStore       Code = 10
	CodeTooNew          Code = 11
	CodeReadOnly        Code = 12
	CodeClosed          Code = 13
	CodePoisoned        Code = 14
	CodeMisuse          Code = 15
	CodeUnsupported     Code = 16
	CodeCancelled       Code = 17
	CodeTimeout         Code = 18
	CodeNoMemory        Code = 19
	CodeInternal        Code = 20
	CodeQuota           Code = 21
	CodeConstraint      Code = 22
	CodeUnauthenticated Code = 23
	CodeForbidden       Code = 24
)

// String is the code's symbol as the C API has it, "NOT_FOUND"; "UNKNOWN" for a code that the library does not
// know.
func (c Code) String() string { return capi.StatusName(int(c)) }

// Sentinels for errors.Is: errors.Is(err, quipu.ErrNotFound). What calls return is always an *Error, which
// errors.As gives.
var (
	ErrInvalid         error = sentinel(CodeInvalid)         // an argument is not allowed: empty id, invalid UTF-8, JSON that does not parse
	ErrNotFound        error = sentinel(CodeNotFound)        // no such record, file or store
	ErrExists          error = sentinel(CodeExists)          // something of that name is there already
	ErrConflict        error = sentinel(CodeConflict)        // what was read before has been changed by another writer
	ErrBusy            error = sentinel(CodeBusy)            // the lock was not free in time; try again
	ErrIO              error = sentinel(CodeIO)              // the operating system refused (Error.BackendCode is errno), or the network did
	ErrFull            error = sentinel(CodeFull)            // the disk, the quota or the file size limit is full; nothing was written
	ErrCorrupt         error = sentinel(CodeCorrupt)         // damage at a named place
	ErrBrokenChain     error = sentinel(CodeBrokenChain)     // a hash does not fit; Error.Line and Error.Seq say where
	ErrNotAStore       error = sentinel(CodeNotAStore)       // the file is something else; it was not touched
	ErrTooNew          error = sentinel(CodeTooNew)          // written by a later format
	ErrReadOnly        error = sentinel(CodeReadOnly)        // opened read-only, or the folder cannot be written
	ErrClosed          error = sentinel(CodeClosed)          // the store or cursor was closed
	ErrPoisoned        error = sentinel(CodePoisoned)        // a sync failed: the store writes no more; close it and open again
	ErrMisuse          error = sentinel(CodeMisuse)          // the call is not allowed here, from inside a callback for example
	ErrUnsupported     error = sentinel(CodeUnsupported)     // this build or this system cannot do it
	ErrCancelled       error = sentinel(CodeCancelled)       // the context or the progress function ended the call
	ErrTimeout         error = sentinel(CodeTimeout)         // a server did not answer in time
	ErrNoMemory        error = sentinel(CodeNoMemory)        // memory is out; no event was written
	ErrInternal        error = sentinel(CodeInternal)        // a defect of the library; please report it
	ErrQuota           error = sentinel(CodeQuota)           // a limit set in the options is reached
	ErrConstraint      error = sentinel(CodeConstraint)      // a rule of the data forbids it
	ErrUnauthenticated error = sentinel(CodeUnauthenticated) // the server wants other credentials
	ErrForbidden       error = sentinel(CodeForbidden)       // a policy of the server forbids it
)

type sentinel Code

func (s sentinel) Error() string {
	return "quipu: " + strings.ReplaceAll(strings.ToLower(Code(s).String()), "_", " ")
}

// An Error is a call that failed. Every error of this package is one, except those that come unchanged out of a
// function given to it.
type Error struct {
	Code           Code
	Message        string // one line: what was attempted, on what, and what was found
	Retryable      bool   // the same call may succeed later without any change
	Path           string // the file or folder concerned; empty if none is
	Line           int64  // line in that file, counted from 1; 0 if none is meant
	Offset         int64  // byte offset in that file or in the text given; -1 if none is meant
	Seq            int64  // the event's number; -1 if none is meant
	BackendCode    int64  // the lower layer's own code: errno for files; 0 if there is none
	BackendMessage string // the lower layer's own text

	cause error
}

// Error is the message with the package's name in front.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("quipu: %s: %v", e.Message, e.cause)
	}
	return "quipu: " + e.Message
}

// Is reports whether target is the sentinel of the error's code.
func (e *Error) Is(target error) bool {
	code, ok := target.(sentinel)
	return ok && Code(code) == e.Code
}

// Unwrap is why a call was cancelled: the context's error, or what the progress function returned.
func (e *Error) Unwrap() error { return e.cause }

// newError is an error that the binding found by itself.
func newError(code Code, format string, arguments ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, arguments...), Offset: -1, Seq: -1}
}

// check makes an error of what a native call answered.
func check(status int, handle uintptr) error {
	if status == capi.OK {
		return nil
	}
	fields := capi.TakeError(handle)
	// When memory is out, not even the error object may be there.
	if fields.Message == "" {
		fields.Message = sentinel(status).Error()[len("quipu: "):]
	}
	return &Error{
		Code:           Code(status),
		Message:        fields.Message,
		Retryable:      fields.Retryable,
		Path:           fields.Path,
		Line:           fields.Line,
		Offset:         fields.Offset,
		Seq:            fields.Seq,
		BackendCode:    fields.BackendCode,
		BackendMessage: fields.BackendMessage,
	}
}

// cancelled is the error of a call that its context ended.
func cancelled(ctx context.Context, what string) error {
	err := newError(CodeCancelled, "%s: cancelled", what)
	err.cause = ctx.Err()
	return err
}

// withCause puts why a call was cancelled behind its error.
func withCause(err, cause error) error {
	var e *Error
	if cause != nil && errors.As(err, &e) && e.Code == CodeCancelled {
		e.cause = cause
	}
	return err
}
