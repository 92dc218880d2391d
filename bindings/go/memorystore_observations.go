package quipu

import "example.com/quipu/internal/capi"

// ObservationAdd adds an observation, or, if a live one has the same topic key, project and scope, gives that one the
// new type, title, content and tool (outcome "updated"), or, if the same text was added with the same title, type,
// project and scope within the DedupeWindow, counts it (outcome "duplicate").
//
// ErrNotFound if there is no such session. ErrInvalid for an empty content or session id, or nil.
func (s *MemoryStore) ObservationAdd(observation *MemoryObservationFields) (*MemoryAddition, error) {
	o := observation
	if o == nil {
		return nil, newError(CodeInvalid, "cannot add an observation: it is nil")
	}
	add := func(native uintptr, out, e *uintptr) int {
		return capi.MemorystoreObservationAdd(native, o.SessionID, o.Type, o.Title, o.Content, o.ToolName, o.Project, o.Scope,
			o.TopicKey, out, e)
	}
	return callForValue[MemoryAddition](&s.storeHandle, &memoryAdditionFunctions, add)
}

// ObservationUpdate changes an observation, counts the revision, and gives it as it is then; truncated tells whether
// its content was cut. What changes leaves nil stays as it is.
//
// ErrNotFound, also if it was deleted softly. ErrInvalid for an empty content, or if nothing is to be changed.
func (s *MemoryStore) ObservationUpdate(syncID string, changes *MemoryObservationChanges) (
	observation *MemoryObservation, truncated bool, err error) {
	if changes == nil {
		changes = &MemoryObservationChanges{}
	}
	var cut int32
	c, given := changes.values()
	update := func(native uintptr, out, e *uintptr) int {
		return capi.MemorystoreObservationUpdate(native, syncID, given, c.Type, c.Title, c.Content, c.ToolName, c.Project,
			c.Scope, c.TopicKey, &cut, out, e)
	}
	observation, err = callForValue[MemoryObservation](&s.storeHandle, &memoryObservationFunctions, update)
	return observation, cut != 0, err
}

// ObservationGet is the observation with that sync id, also if it was deleted softly (DeletedAt tells). ErrNotFound if
// there is none. Cost: constant.
func (s *MemoryStore) ObservationGet(syncID string) (*MemoryObservation, error) {
	get := func(native uintptr, out, e *uintptr) int {
		return capi.MemorystoreObservationGet(native, syncID, out, e)
	}
	return callForValue[MemoryObservation](&s.storeHandle, &memoryObservationFunctions, get)
}

// ObservationFind is as ObservationGet, but nil without an error if there is none.
func (s *MemoryStore) ObservationFind(syncID string) (*MemoryObservation, error) {
	find := func(native uintptr, out, e *uintptr) int {
		return capi.MemorystoreObservationFind(native, syncID, out, e)
	}
	return callForValue[MemoryObservation](&s.storeHandle, &memoryObservationFunctions, find)
}

// ObservationDelete deletes an observation. Softly, it is marked as deleted; lists and searches leave it out; a second
// time does nothing. With hard it is removed; its old text stays in the log until Purge, and in backups. ErrNotFound.
func (s *MemoryStore) ObservationDelete(syncID string, hard bool) error {
	return s.call(func(native uintptr, e *uintptr) int {
		flag := 0
		if hard {
			flag = 1
		}
		return capi.MemorystoreObservationDelete(native, syncID, flag, e)
	})
}

// ObservationList gives observations, the newest first. options may be nil: all live ones. ErrInvalid for a time that is
// none. Cost: as SessionList.
func (s *MemoryStore) ObservationList(options *MemoryListOptions) (*MemoryObservationCursor, error) {
	return openList[MemoryObservation](s, &memoryObservationCursorFunctions, options, capi.MemorystoreObservationList)
}
