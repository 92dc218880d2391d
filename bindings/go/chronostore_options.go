package quipu

import (
	"math"
	"time"

	"example.com/quipu/internal/capi"
)

// Durability says when a write counts as done. Each mode names what it can lose; docs/DURABILITY.md tells more.
type Durability int32

const (
	// DurabilityFull: synced before the call returns. Survives power loss.
	DurabilityFull Durability = capi.DurabilityFull
	// DurabilityBatched: written before the call returns, synced within BatchInterval or BatchBytes. Power loss
	// may cost that much; the end of the process costs nothing.
	DurabilityBatched Durability = capi.DurabilityBatched
	// DurabilityNone: written before the call returns, synced when the system pleases. Survives the process,
	// not power loss.
	DurabilityNone Durability = capi.DurabilityNone
)

// ChronoStoreOptions are the options of OpenChronoStore; the zero value has all defaults.
type ChronoStoreOptions struct {
	// ReadOnly writes nothing at all, no lock file either. Writes answer ErrReadOnly.
	ReadOnly bool

	// MustExist does not create the folder; ErrNotFound if there is no store.
	MustExist bool

	// Durability of every write; DurabilityFull if not given.
	Durability Durability

	// RecursionDepth is stamped on every event and on every record upserted.
	RecursionDepth int64

	// LockWait is the longest wait for other writers, in this and in other processes; 0: 10 s, negative: do not
	// wait. To the millisecond, rounded up.
	LockWait time.Duration

	// BatchInterval is the longest time unsynced with DurabilityBatched; 0: 50 ms. To the millisecond, rounded up.
	BatchInterval time.Duration

	// BatchBytes is the most bytes unsynced with DurabilityBatched; 0: 1 MiB.
	BatchBytes int64
}

func openFlags(readOnly, mustExist bool) (flags uint) {
	if readOnly {
		flags |= capi.ChronostoreReadOnly
	}
	if mustExist {
		flags |= capi.ChronostoreMustExist
	}
	return flags
}

func milliseconds(d time.Duration) int64 { return roundedUp(d, time.Millisecond) }

// roundedUp is how many units d has, so that a short time does not become the default, which is 0; -1 if d is negative.
func roundedUp(d, unit time.Duration) int64 {
	switch {
	case d < 0:
		return -1
	case d > math.MaxInt64-unit:
		return int64(d / unit)
	default:
		return int64((d + unit - 1) / unit)
	}
}

// ChronoQueryOptions says which records a query gives; the zero value: all active ones.
type ChronoQueryOptions struct {
	// Kind is exactly this kind; empty: every kind.
	Kind string

	// Status is exactly this status; empty: active.
	Status string

	// AnyStatus is every status; Status must be empty then (ErrInvalid).
	AnyStatus bool

	// RAGFilter is only records with a confidence of at least 0.6.
	RAGFilter bool

	// MinConfidence is at least this confidence, never less than 0. NaN lets everything pass.
	MinConfidence float64
}

func (o *ChronoQueryOptions) flags() (flags uint) {
	if o.RAGFilter {
		flags |= capi.ChronoqueryRAGFilter
	}
	if o.AnyStatus {
		flags |= capi.ChronoqueryAnyStatus
	}
	return flags
}

// VerifyOptions are the options of ChronoStore.Verify; the zero value checks what ChainValid checks.
type VerifyOptions struct {
	// Strict uses the snapshot as an anchor and wants seq to rise by one: it notices a tail that was cut below the
	// snapshot, lines that are missing, and lines or batches that are unfinished.
	Strict bool

	// Progress may be nil. Steps are bytes.
	Progress ProgressFunc
}
