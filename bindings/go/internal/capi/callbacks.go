package capi

// #include <stdint.h>
import "C"

import "runtime/cgo"

// A Call is a Go function that the library calls back during one call of its own. A panic in the function does
// not cross the C frames between: it is kept, the library is told to stop, and Finish panics with the same
// value.
type Call struct {
	progress    func(done, total int64) (stop bool)
	transaction func(handle uintptr) (status int)

	handle   cgo.Handle
	panicked bool
	value    any
}

// NewProgressCall prepares fn to be called with the progress of a long call. Finish must be called, deferred.
func NewProgressCall(fn func(done, total int64) (stop bool)) *Call {
	c := &Call{progress: fn}
	c.handle = cgo.NewHandle(c)
	return c
}

// NewTransactionCall prepares fn to be called with the handle of a transaction. Finish must be called, deferred.
func NewTransactionCall(fn func(handle uintptr) (status int)) *Call {
	c := &Call{transaction: fn}
	c.handle = cgo.NewHandle(c)
	return c
}

// Handle is what the library hands back to the callback; 0 for a nil Call, which is no callback.
func (c *Call) Handle() uint {
	if c == nil {
		return 0
	}
	return uint(c.handle)
}

// Finish ends the call's use. If the function panicked, so does Finish, with the same value.
func (c *Call) Finish() {
	if c == nil {
		return
	}
	c.handle.Delete()
	if c.panicked {
		panic(c.value)
	}
}

// guard runs fn and keeps its panic, if any.
func (c *Call) guard(fn func()) {
	ended, recovered := false, false
	defer func() {
		if !recovered {
			abort()
		}
	}()
	func() {
		defer func() {
			if !ended {
				c.value = recover() // nil for panic(nil), and for runtime.Goexit
				c.panicked = true
			}
		}()
		fn()
		ended = true
	}()
	recovered = true // never reached by runtime.Goexit
}

// abort ends the program: runtime.Goexit cannot be stopped, and would leave the library in the middle of a
// call, with its locks held for ever.
func abort() {
	go func() {
		panic("quipu: a function called back by the library ended its goroutine (runtime.Goexit, which FailNow and Fatal " +
			"of package testing call); it must return an error instead")
	}()
	select {}
}

//export quipuGoProgress
func quipuGoProgress(user C.uintptr_t, done, total C.int64_t) C.int {
	call := cgo.Handle(user).Value().(*Call)
	stop := true
	if call.panicked {
		return 1
	}
	call.guard(func() { stop = call.progress(int64(done), int64(total)) })
	if stop {
		return 1
	}
	return 0
}

//export quipuGoTransaction
func quipuGoTransaction(user C.uintptr_t, handle C.uintptr_t) C.int {
	call := cgo.Handle(user).Value().(*Call)
	status := ECancelled
	call.guard(func() { status = call.transaction(uintptr(handle)) })
	return C.int(status)
}
