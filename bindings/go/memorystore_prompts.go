package quipu

import "example.com/quipu/internal/capi"

// PromptAdd adds a prompt to a session; project may be empty. Its outcome is always "created". ErrNotFound if there is
// no such session. ErrInvalid for an empty content or session id.
func (s *MemoryStore) PromptAdd(sessionID, content, project string) (*MemoryAddition, error) {
	add := func(native uintptr, out, e *uintptr) int {
		return capi.MemorystorePromptAdd(native, sessionID, content, project, out, e)
	}
	return callForValue[MemoryAddition](&s.storeHandle, &memoryAdditionFunctions, add)
}

// PromptGet is the prompt with that sync id. ErrNotFound if there is none. Cost: constant.
func (s *MemoryStore) PromptGet(syncID string) (*MemoryPrompt, error) {
	get := func(native uintptr, out, e *uintptr) int { return capi.MemorystorePromptGet(native, syncID, out, e) }
	return callForValue[MemoryPrompt](&s.storeHandle, &memoryPromptFunctions, get)
}

// PromptFind is as PromptGet, but nil without an error if there is none.
func (s *MemoryStore) PromptFind(syncID string) (*MemoryPrompt, error) {
	find := func(native uintptr, out, e *uintptr) int { return capi.MemorystorePromptFind(native, syncID, out, e) }
	return callForValue[MemoryPrompt](&s.storeHandle, &memoryPromptFunctions, find)
}

// PromptDelete removes a prompt for good; its old text stays in the log until Purge, and in backups. ErrNotFound.
func (s *MemoryStore) PromptDelete(syncID string) error {
	return s.call(func(native uintptr, e *uintptr) int { return capi.MemorystorePromptDelete(native, syncID, e) })
}

// PromptList gives prompts, the newest first. options may be nil: all. ErrInvalid for a time that is none. Cost: as
// SessionList.
func (s *MemoryStore) PromptList(options *MemoryListOptions) (*MemoryPromptCursor, error) {
	return openList[MemoryPrompt](s, &memoryPromptCursorFunctions, options, capi.MemorystorePromptList)
}
