package quipu

import "example.com/quipu/internal/capi"

// SessionStart starts a session and gives it as it is then. One of that id that is there already keeps what it has; an
// empty project or directory of it is filled in.
//
// The id is chosen by the caller and not empty (ErrInvalid); project and directory may be empty.
func (s *MemoryStore) SessionStart(id, project, directory string) (*MemorySession, error) {
	return callForValue[MemorySession](&s.storeHandle, &memorySessionFunctions, func(native uintptr, out, e *uintptr) int {
		return capi.MemorystoreSessionStart(native, id, project, directory, out, e)
	})
}

// SessionEnd ends a session now and gives it as it is then; an empty summary leaves the one it has. ErrNotFound.
func (s *MemoryStore) SessionEnd(id, summary string) (*MemorySession, error) {
	return callForValue[MemorySession](&s.storeHandle, &memorySessionFunctions, func(native uintptr, out, e *uintptr) int {
		return capi.MemorystoreSessionEnd(native, id, summary, out, e)
	})
}

// SessionGet is the session with that id. ErrNotFound if there is none. Cost: constant.
func (s *MemoryStore) SessionGet(id string) (*MemorySession, error) {
	return callForValue[MemorySession](&s.storeHandle, &memorySessionFunctions, func(native uintptr, out, e *uintptr) int {
		return capi.MemorystoreSessionGet(native, id, out, e)
	})
}

// SessionFind is as SessionGet, but nil without an error if there is none.
func (s *MemoryStore) SessionFind(id string) (*MemorySession, error) {
	return callForValue[MemorySession](&s.storeHandle, &memorySessionFunctions, func(native uintptr, out, e *uintptr) int {
		return capi.MemorystoreSessionFind(native, id, out, e)
	})
}

// SessionDelete deletes a session with its prompts, for good. ErrConstraint while observations refer to it, those that
// were deleted softly too. ErrNotFound.
func (s *MemoryStore) SessionDelete(id string) error {
	return s.call(func(native uintptr, e *uintptr) int { return capi.MemorystoreSessionDelete(native, id, e) })
}

// SessionList gives sessions by their last activity, the latest first. options may be nil: all. ErrInvalid for a time
// that is none. Cost: a look at what is known in memory of each row, and what it gives.
func (s *MemoryStore) SessionList(options *MemoryListOptions) (*MemorySessionCursor, error) {
	return openList[MemorySession](s, &memorySessionCursorFunctions, options, capi.MemorystoreSessionList)
}
