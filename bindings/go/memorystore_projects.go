package quipu

import (
	"context"

	"example.com/quipu/internal/capi"
)

// ImportEngram imports the database of Engram at path (engram.db, any version), which is opened for reading only and left
// as it is. Repeatable: what was imported before is not counted again. What is deleted there, relations, enrolments and the
// ids of imported chunks come along.
//
// progress may be nil; its steps are rows. The end of ctx, or an error of progress, ends the call with an error that is
// both ErrCancelled and that one; what was imported stays, and a repeat goes on.
//
// ErrNotFound: no such file. ErrNotAStore: no database, or none of Engram's. ErrCorrupt: it is damaged.
func (s *MemoryStore) ImportEngram(ctx context.Context, path string, progress ProgressFunc) (*MemoryImport, error) {
	var out uintptr
	err := s.longCall(ctx, "import from Engram", progress, func(native uintptr, call uint, e *uintptr) int {
		return capi.MemorystoreImportEngram(native, path, call, &out, e)
	})
	if err != nil {
		return nil, err
	}
	return takeValue[MemoryImport](out, &memoryImportFunctions)
}

// ProjectEnroll enrols a project for cloud sync: its rows that the journal does not tell of get an entry. changed is false
// if it was enrolled already. ErrInvalid for an empty name.
func (s *MemoryStore) ProjectEnroll(project string) (changed bool, err error) {
	return s.enroll(project, capi.MemorystoreProjectEnroll)
}

// ProjectUnenroll ends what ProjectEnroll began. changed is false if it was not enrolled.
func (s *MemoryStore) ProjectUnenroll(project string) (changed bool, err error) {
	return s.enroll(project, capi.MemorystoreProjectUnenroll)
}

func (s *MemoryStore) enroll(project string, call func(native uintptr, project string, changed *int32, e *uintptr) int) (
	bool, error) {
	var changed int32
	err := s.call(func(native uintptr, e *uintptr) int { return call(native, project, &changed, e) })
	return changed != 0, err
}

// ProjectList gives all projects that rows name or that were ever enrolled, in byte order of their names.
func (s *MemoryStore) ProjectList() (*MemoryProjectCursor, error) {
	return openCursor[MemoryProject](&s.storeHandle, &memoryProjectCursorFunctions, capi.MemorystoreProjectList)
}

// JournalList gives the local changes that a cloud was not told of, in order: those events of the log that calls of the
// user made, with numbers greater than after. After a Purge only the last state of each row is left. It is for programs
// that bring mutations to a server by themselves. options may be nil. Cost: reads the log.
func (s *MemoryStore) JournalList(after int64, options *MemoryJournalOptions) (*MemoryMutationCursor, error) {
	if options == nil {
		options = &MemoryJournalOptions{}
	}
	return openCursor[MemoryMutation](&s.storeHandle, &memoryMutationCursorFunctions,
		func(native uintptr, out, e *uintptr) int {
			return capi.MemorystoreJournalList(native, after, options.flags(), out, e)
		})
}

// JournalAck acknowledges entries of the journal by their numbers; numbers that are none do no harm.
func (s *MemoryStore) JournalAck(seqs []int64) error {
	return s.call(func(native uintptr, e *uintptr) int { return capi.MemorystoreJournalAck(native, seqs, e) })
}
