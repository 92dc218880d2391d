package quipu

import (
	"context"

	"example.com/quipu/internal/capi"
)

// A ProgressFunc learns how far a long call is: steps done so far, never falling, and steps in all, or -1 when
// that is not known. It is called on the goroutine that made the call, a few times a second at most and once at
// the end.
//
// An error cancels the call, which then has changed nothing and returns an error that is ErrCancelled and the
// one given (errors.Is). A panic comes out of the call with the same value.
//
// Reads of the same store work inside; its writes and its Close answer ErrMisuse. It must not end its goroutine
// (runtime.Goexit, testing.T.FailNow): that ends the program.
type ProgressFunc func(done, total int64) error

// progressCall is what the library calls back; nil if there is nothing to tell and nothing that could cancel.
// *cause receives why the call was cancelled.
func progressCall(ctx context.Context, progress ProgressFunc, cause *error) *capi.Call {
	if progress == nil && ctx.Done() == nil {
		return nil
	}
	return capi.NewProgressCall(func(done, total int64) (stop bool) {
		*cause = ctx.Err()
		if *cause == nil && progress != nil {
			*cause = progress(done, total)
		}
		return *cause != nil
	})
}
