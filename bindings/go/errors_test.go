package quipu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"example.com/quipu/internal/capi"
)

var sentinels = []error{
	ErrInvalid, ErrNotFound, ErrExists, ErrConflict, ErrBusy, ErrIO, ErrFull, ErrCorrupt, ErrBrokenChain, ErrNotAStore,
	ErrTooNew, ErrReadOnly, ErrClosed, ErrPoisoned, ErrMisuse, ErrUnsupported, ErrCancelled, ErrTimeout, ErrNoMemory,
	ErrInternal, ErrQuota, ErrConstraint, ErrUnauthenticated, ErrForbidden,
}

// The library's table of codes is the one that counts: each of its codes has a sentinel here.
func TestEveryCodeHasASentinel(t *testing.T) {
	bySymbol := map[string]error{}
	for _, s := range sentinels {
		bySymbol[Code(s.(sentinel)).String()] = s
	}
	known := 0
	for code := 1; code < 1000; code++ {
		symbol := capi.StatusName(code)
		if symbol == "UNKNOWN" {
			continue
		}
		known++
		if s, ok := bySymbol[symbol].(sentinel); !ok || int(s) != code {
			t.Errorf("code %d, %s, has no sentinel", code, symbol)
		}
	}
	if known != len(sentinels) {
		t.Errorf("%d sentinels for %d codes", len(sentinels), known)
	}
}

func TestErrorOfEveryCode(t *testing.T) {
	blocks, handles := capi.DebugCount(capi.DebugLiveBlocks), capi.DebugCount(capi.DebugLiveHandles)
	for i, wanted := range sentinels {
		code := i + 1
		message := fmt.Sprintf("cannot do %q: A\x00B é € 😀 𝄞 z", wanted)
		err := check(code, capi.NewError(code, message))
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("%v is no *Error", err)
		}
		if e.Code != Code(code) || e.Message != message || err.Error() != "quipu: "+message || e.Unwrap() != nil {
			t.Errorf("got %+v", e)
		}
		if e.Line != 0 || e.Offset != -1 || e.Seq != -1 || e.Path != "" || e.BackendCode != 0 || e.BackendMessage != "" {
			t.Errorf("fields that nobody set: %+v", e)
		}
		for _, other := range sentinels {
			if errors.Is(err, other) != (other == wanted) {
				t.Errorf("errors.Is(%v, %v) is %t", err, other, other != wanted)
			}
		}
	}
	if check(capi.OK, 0) != nil {
		t.Error("OK became an error")
	}

	// A code of a later library is still an error.
	err := check(987, capi.NewError(987, "something new"))
	var e *Error
	if !errors.As(err, &e) || e.Code != 987 || e.Message != "something new" || e.Code.String() != "UNKNOWN" {
		t.Errorf("got %#v", err)
	}
	for _, other := range sentinels {
		if errors.Is(err, other) {
			t.Errorf("an unknown code is %v", other)
		}
	}

	// When memory is out there may be no error object.
	err = check(capi.ENoMemory, 0)
	if !errors.Is(err, ErrNoMemory) || err.Error() != "quipu: no memory" {
		t.Errorf("got %v", err)
	}

	if now := capi.DebugCount(capi.DebugLiveBlocks); now != blocks {
		t.Errorf("%d blocks left", now-blocks)
	}
	if now := capi.DebugCount(capi.DebugLiveHandles); now > handles {
		t.Errorf("%d handles left", now-handles)
	}
}

func TestCause(t *testing.T) {
	err := withCause(check(capi.ECancelled, capi.NewError(capi.ECancelled, "verify: cancelled")), io.ErrUnexpectedEOF)
	if !errors.Is(err, ErrCancelled) || !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasSuffix(err.Error(), "unexpected EOF") {
		t.Errorf("got %v", err)
	}
	// What failed for another reason was not cancelled, even if somebody tried.
	err = withCause(check(capi.EInvalid, capi.NewError(capi.EInvalid, "no")), io.ErrUnexpectedEOF)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := cancelled(ctx, "verify"); !errors.Is(err, ErrCancelled) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestABIMismatchIsRefused(t *testing.T) {
	if err := checkABI(7, 7); err != nil {
		t.Error(err)
	}
	err := checkABI(8, 7)
	if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "ABI 8") || !strings.Contains(err.Error(), "ABI 7") {
		t.Errorf("got %v", err)
	}

	// Nothing is called before the check.
	libraryOnce.Do(func() {})
	before := libraryError
	libraryError = err
	defer func() { libraryError = before }()
	if _, err := OpenChronoStore(t.TempDir(), nil); !errors.Is(err, ErrUnsupported) {
		t.Errorf("OpenChronoStore: %v", err)
	}
	if _, err := ChronoRecordFromJSON([]byte("{}")); !errors.Is(err, ErrUnsupported) {
		t.Errorf("FromJSON: %v", err)
	}
	if _, err := NewChronoRecord("a").ToJSON(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("ToJSON: %v", err)
	}
}

func TestVersion(t *testing.T) {
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(Version()) {
		t.Errorf("got %q", Version())
	}
	if capi.AbiVersion() != capi.QUIPU_ABI_VERSION {
		t.Errorf("the library has ABI %d, this was generated for %d", capi.AbiVersion(), capi.QUIPU_ABI_VERSION)
	}
}
