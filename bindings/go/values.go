package quipu

import (
	"encoding/json"
	"errors"

	"example.com/quipu/internal/capi"
	"example.com/quipu/internal/packed"
)

// valueFunctions are the native functions of one value type. Native values live for the length of one call;
// users see plain structs alone.
type valueFunctions struct {
	unpack   func(data []byte, out, err *uintptr) int
	pack     func(value uintptr, out *capi.Buf, err *uintptr) int
	toJSON   func(value uintptr, out *capi.Buf, err *uintptr) int
	fromJSON func(text string, out, err *uintptr) int
	free     func(value uintptr)
}

type packer interface {
	// pack appends the packed form.
	pack(to []byte) ([]byte, error)
}

type unpacker[T any] interface {
	*T
	unpack(data []byte) error
}

func toJSON(value packer, functions *valueFunctions) (json.RawMessage, error) {
	if err := checkLibrary(); err != nil {
		return nil, err
	}
	data, err := value.pack(nil)
	if err != nil {
		return nil, packedError(err)
	}
	var native, e uintptr
	if err := check(functions.unpack(data, &native, &e), e); err != nil {
		return nil, err
	}
	defer functions.free(native)
	var out capi.Buf
	if err := check(functions.toJSON(native, &out, &e), e); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func fromJSON[T any, P unpacker[T]](text []byte, functions *valueFunctions) (*T, error) {
	if err := checkLibrary(); err != nil {
		return nil, err
	}
	var native, e uintptr
	if err := check(functions.fromJSON(string(text), &native, &e), e); err != nil {
		return nil, err
	}
	return takeValue[T, P](native, functions)
}

// callForValue runs a call of a store that gives a native value, and makes a plain one of that; nil of none.
func callForValue[T any, P unpacker[T]](s *storeHandle, functions *valueFunctions,
	run func(native uintptr, out, e *uintptr) int) (*T, error) {
	var out uintptr
	if err := s.call(func(native uintptr, e *uintptr) int { return run(native, &out, e) }); err != nil {
		return nil, err
	}
	return takeValue[T, P](out, functions)
}

// takeValue makes a plain value of a native one, which it frees; nil of none.
func takeValue[T any, P unpacker[T]](native uintptr, functions *valueFunctions) (*T, error) {
	if native == 0 {
		return nil, nil
	}
	defer functions.free(native)
	var out capi.Buf
	var e uintptr
	if err := check(functions.pack(native, &out, &e), e); err != nil {
		return nil, err
	}
	return takePacked[T, P](&out)
}

// takePacked makes a value of a buffer, which it frees; nil of none.
func takePacked[T any, P unpacker[T]](buffer *capi.Buf) (*T, error) {
	if !buffer.Present() {
		return nil, nil
	}
	defer buffer.Free()
	return unpackValue[T, P](buffer.View())
}

func unpackValue[T any, P unpacker[T]](data []byte) (*T, error) {
	value := new(T)
	if err := P(value).unpack(data); err != nil {
		return nil, packedError(err)
	}
	return value, nil
}

func packedError(err error) error {
	switch err.(type) {
	case nil, *Error:
		return err
	}
	switch {
	case errors.Is(err, packed.ErrTooLong):
		return newError(CodeInvalid, "%v", err)
	default:
		return newError(CodeInternal, "%v", err)
	}
}
