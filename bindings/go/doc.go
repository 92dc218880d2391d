// Package quipu is a state store for AI agents: one store, many processes, many languages, one chain.
//
// It is a thin layer over the C library libquipu, which pkg-config must find (package "quipu") when a program
// is built.
//
// A ChronoStore keeps records of agent memory in an append-only, hash-chained log. Agents in Go, Java, C#, C
// and C++, and the Python package chronomemory, share the same files:
//
//	store, err := quipu.OpenChronoStore("/path/to/project", nil)
//	if err != nil {
//		return err
//	}
//	defer store.Close()
//	record := quipu.NewChronoRecord("build-broken")
//	record.Kind, record.Label = "fact", "the build is broken"
//	if _, err := store.Upsert(record); err != nil {
//		return err
//	}
//
// A MemoryStore, in the same folder, keeps what an agent remembers: sessions, observations and prompts, with full-text
// search:
//
//	memory, err := quipu.OpenMemoryStore("/path/to/project", nil)
//	if err != nil {
//		return err
//	}
//	defer memory.Close()
//	if _, err := memory.SessionStart("monday", "my-project", ""); err != nil {
//		return err
//	}
//	_, err = memory.ObservationAdd(&quipu.MemoryObservationFields{
//		SessionID: "monday", Type: "decision", Title: "how users log in", Content: "tokens in headers",
//	})
//
// # Errors
//
// A call that fails returns an *Error with a code, a message and, where one is meant, a path, a line, an offset
// and the number of an event. Compare with the sentinels: errors.Is(err, quipu.ErrNotFound). What an error is
// about is told the same in all languages.
//
// # Text
//
// Text is UTF-8; a NUL inside is text like any other. Text that is not UTF-8 is refused with ErrInvalid, never
// changed. Fields of free form are JSON text (json.RawMessage) and keep their spelling. Values are plain
// structs, and copies: the store does not see later changes to them.
//
// # Goroutines
//
// A store may be used by any number of goroutines at once, also while it is closed: calls then return
// ErrClosed. A cursor, a transaction and a value are used by one goroutine at a time.
//
// # Closing
//
// Close stores and cursors. What is forgotten is released when the garbage collector finds it, but durability
// must not depend on that: a store that syncs in batches syncs the last of them in Close.
package quipu
