package quipu

import (
	"time"

	"example.com/quipu/internal/capi"
)

// MemoryStoreOptions are the options of OpenMemoryStore; the zero value has all defaults.
type MemoryStoreOptions struct {
	// ReadOnly writes nothing at all, no lock file and no search index either. Writes answer ErrReadOnly.
	ReadOnly bool

	// MustExist does not create the folder; ErrNotFound if there is no store.
	MustExist bool

	// Durability of every write; DurabilityFull if not given.
	Durability Durability

	// LockWait is the longest wait for other writers, in this and in other processes, and for the search index; 0:
	// 10 s, negative: do not wait. To the millisecond, rounded up.
	LockWait time.Duration

	// BatchInterval is the longest time unsynced with DurabilityBatched; 0: 50 ms. To the millisecond, rounded up.
	BatchInterval time.Duration

	// BatchBytes is the most bytes unsynced with DurabilityBatched; 0: 1 MiB.
	BatchBytes int64

	// MaxContentBytes is how long a content may be; what is beyond is cut at a character. 0: 50,000.
	MaxContentBytes int64

	// DedupeWindow is how long the same text counts as a duplicate; 0: 15 minutes, negative: never. To the second,
	// rounded up.
	DedupeWindow time.Duration
}

func seconds(d time.Duration) int64 { return roundedUp(d, time.Second) }

// MemoryListOptions say which rows a list or a search gives; the zero value: all live ones. What is empty does not
// matter.
type MemoryListOptions struct {
	// WithDeleted is observations that were deleted softly, too. Searches never give them.
	WithDeleted bool

	// Limit is at most so many; 0: all, of a search 10.
	Limit int64

	// Project is of that project; its name is normalised as those of rows are.
	Project string

	// SessionID is of that session.
	SessionID string

	// Type is, of observations, exactly that type.
	Type string

	// Scope is, of observations, "project" or "personal".
	Scope string

	// Since is created (sessions: started) at that time or later: "2006-01-02 15:04:05", UTC, or RFC 3339.
	Since string

	// Until is created before that time.
	Until string
}

func (o *MemoryListOptions) flags() (flags uint) {
	if o.WithDeleted {
		flags |= capi.MemorylistWithDeleted
	}
	return flags
}

// MemoryJournalOptions say which entries MemoryStore.JournalList gives; the zero value: those that a cloud wants.
type MemoryJournalOptions struct {
	// WithAcked is entries that were acknowledged, too.
	WithAcked bool

	// WithUnenrolled is entries of projects that are not enrolled, too.
	WithUnenrolled bool
}

func (o *MemoryJournalOptions) flags() (flags uint) {
	if o.WithAcked {
		flags |= capi.MemoryjournalWithAcked
	}
	if o.WithUnenrolled {
		flags |= capi.MemoryjournalWithUnenrolled
	}
	return flags
}

// MemoryContextOptions say what MemoryStore.Context gives; the zero value: the recent past of all projects.
type MemoryContextOptions struct {
	// Project is of that project; empty: all projects.
	Project string

	// Scope is that of the observations, "project" or "personal"; empty: both.
	Scope string

	// Sessions is how many at most; 0: 5, -1: none.
	Sessions int64

	// Observations is how many at most; 0: 20, -1: none.
	Observations int64

	// Prompts is how many at most; 0: 10, -1: none.
	Prompts int64
}

// MemoryObservationFields are an observation that is to be added.
type MemoryObservationFields struct {
	// SessionID is the session it belongs to, which must be there.
	SessionID string

	// Type is free text: decision, bugfix, architecture, discovery, pattern and so on.
	Type string

	// Title is one line.
	Title string

	// Content is the text itself; not empty.
	Content string

	// ToolName is the tool it comes from; optional.
	ToolName string

	// Project is optional.
	Project string

	// Scope is "personal", or "project", which anything else means too.
	Scope string

	// TopicKey makes this observation take the place of the one before of the same topic, project and scope; optional. It
	// is trimmed, in lower case, white space runs made '-', at most 120 bytes.
	TopicKey string
}

// MemoryObservationChanges are what of an observation is to be changed: nil leaves a field as it is, and String gives
// what points to a text.
//
//	changes := &quipu.MemoryObservationChanges{Title: quipu.String("a better title")}
type MemoryObservationChanges struct {
	// Type, Title and Content as in MemoryObservationFields.
	Type, Title, Content *string

	// ToolName, Project and TopicKey likewise; an empty text takes the field away.
	ToolName, Project, TopicKey *string

	// Scope is "personal", or "project", which anything else means too.
	Scope *string
}

// values gives the texts, and a bit for each that is meant, as the native call wants it (bindings/swig/go_memory.i).
func (c *MemoryObservationChanges) values() (values MemoryObservationFields, given uint) {
	for i, field := range []struct {
		from *string
		to   *string
	}{
		{c.Type, &values.Type},
		{c.Title, &values.Title},
		{c.Content, &values.Content},
		{c.ToolName, &values.ToolName},
		{c.Project, &values.Project},
		{c.Scope, &values.Scope},
		{c.TopicKey, &values.TopicKey},
	} {
		if field.from != nil {
			*field.to = *field.from
			given |= 1 << i
		}
	}
	return values, given
}

// String is a pointer to that text, for fields that may be left out.
func String(text string) *string { return &text }
