package quipu

import (
	"sync"

	"example.com/quipu/internal/capi"
)

// Version is the version of the library that runs, "0.1.0". Any goroutine may call it.
func Version() string { return capi.Version() }

var (
	libraryOnce  sync.Once
	libraryError error
)

// checkLibrary refuses a library with another ABI than the one that this package was generated for. Everything
// that does not start from a store or cursor begins with it.
func checkLibrary() error {
	libraryOnce.Do(func() { libraryError = checkABI(capi.AbiVersion(), capi.QUIPU_ABI_VERSION) })
	return libraryError
}

func checkABI(library, binding uint) error {
	if library == binding {
		return nil
	}
	return newError(CodeUnsupported, "the library libquipu has ABI %d, this package was made for ABI %d: "+
		"install the library that goes with the package", library, binding)
}
