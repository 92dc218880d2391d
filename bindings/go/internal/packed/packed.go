// Package packed reads and writes the form in which values cross between the library and the binding, as
// docs/formats/packed.md describes it.
package packed

import "errors"

const version = 1

// Tags of fields.
const (
	tagAbsent = iota
	tagText
	tagInt64
	tagDouble
	tagBool
	tagJSON
	tagTexts
	tagRaw
)

const fieldHead = 5 // tag and length

var (
	// ErrMalformed: the buffer is not in packed form. Only a library that does not fit can cause it.
	ErrMalformed = errors.New("a value of the library is not in packed form")
	// ErrTooLong: a field or value of 4 GiB or more cannot be packed.
	ErrTooLong = errors.New("a value of 4 GiB or more cannot be passed to the library")
)

// A Raw is a field whose value in the file the typed view does not bring back: a number as label, an integer as
// confidence. It goes back to the file as it was unless the field was changed.
type Raw struct {
	index   int
	payload string // the view as a whole field, then the JSON text
}
