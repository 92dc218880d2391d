package quipu_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"example.com/quipu"
)

func expectTime(t *testing.T, what, text string) {
	t.Helper()
	if _, err := time.Parse("2006-01-02 15:04:05", text); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// same compares what is exported: beside it a value keeps how its absent fields are spelled.
func same[T any](a, b *T) bool {
	x, y := reflect.ValueOf(*a), reflect.ValueOf(*b)
	for i := 0; i < x.NumField(); i++ {
		if x.Type().Field(i).IsExported() && !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			return false
		}
	}
	return true
}

func TestMemorySessions(t *testing.T) {
	store := openMemory(t, t.TempDir(), &quickMemory)
	session, err := store.SessionStart("s", "", "")
	must(t, err)
	if session.ID != "s" || session.Project != "" || session.Directory != "" || session.EndedAt != "" || session.Recovered ||
		string(session.Extra) != "{}" {
		t.Errorf("started: %+v", session)
	}
	expectTime(t, "StartedAt", session.StartedAt)

	// What is empty is filled in, what is there stays.
	must(t, second(store.SessionStart("s", "  My--Project ", "/home")))
	session, err = store.SessionStart("s", "other", "/elsewhere")
	must(t, err)
	if session.Project != "my-project" || session.Directory != "/home" {
		t.Errorf("started again: %+v", session)
	}

	ended, err := store.SessionEnd("s", "all <private>secret</private> done")
	must(t, err)
	if ended.Summary != "all [REDACTED] done" || ended.StartedAt != session.StartedAt {
		t.Errorf("ended: %+v", ended)
	}
	expectTime(t, "EndedAt", ended.EndedAt)
	ended, err = store.SessionEnd("s", "")
	must(t, err)
	if ended.Summary != "all [REDACTED] done" {
		t.Errorf("ended again: %+v", ended)
	}
	read, err := store.SessionGet("s")
	must(t, err)
	found, err := store.SessionFind("s")
	must(t, err)
	if !same(read, ended) || !same(found, ended) {
		t.Errorf("read %+v, found %+v, want %+v", read, found, ended)
	}

	must(t, second(store.SessionStart("t", "", "")))
	sessions := all[quipu.MemorySession](t)(store.SessionList(nil))
	if len(sessions) != 2 {
		t.Errorf("%d sessions", len(sessions))
	}
	sessions = all[quipu.MemorySession](t)(store.SessionList(&quipu.MemoryListOptions{Project: "MY-project"}))
	if len(sessions) != 1 || sessions[0].ID != "s" {
		t.Errorf("%d sessions of the project", len(sessions))
	}

	added := add(t, store, note("a"))
	expect(t, "with an observation", store.SessionDelete("s"), quipu.ErrConstraint)
	must(t, store.ObservationDelete(added.SyncID, false))
	expect(t, "with one deleted softly", store.SessionDelete("s"), quipu.ErrConstraint)
	must(t, store.ObservationDelete(added.SyncID, true))
	prompt, err := store.PromptAdd("s", "a prompt", "")
	must(t, err)
	must(t, store.SessionDelete("s"))
	if left, err := store.PromptFind(prompt.SyncID); left != nil || err != nil {
		t.Errorf("the prompt of a deleted session: %+v, %v", left, err)
	}

	session, err = store.SessionFind("s")
	if session != nil || err != nil {
		t.Errorf("SessionFind: %v, %v", session, err)
	}
	session, err = store.SessionGet("s")
	expect(t, "SessionGet", err, quipu.ErrNotFound)
	if session != nil {
		t.Errorf("SessionGet: %v", session)
	}
	expect(t, "SessionDelete", store.SessionDelete("s"), quipu.ErrNotFound)
	expect(t, "SessionEnd", second(store.SessionEnd("s", "")), quipu.ErrNotFound)
	expect(t, "an empty id", second(store.SessionStart("", "", "")), quipu.ErrInvalid)
}

func TestMemoryObservationAdd(t *testing.T) {
	store := newMemory(t)
	given := &quipu.MemoryObservationFields{
		SessionID: "s", Type: "decision", Title: "use it", Content: "because <private>x</private>", ToolName: "bash",
		Project: "P__q", Scope: "Personal", TopicKey: " Auth  Model ",
	}
	added := add(t, store, given)
	if added.Outcome != "created" || added.ID <= 0 || added.RevisionCount != 1 || added.DuplicateCount != 1 || added.Truncated {
		t.Errorf("added: %+v", added)
	}
	o, err := store.ObservationGet(added.SyncID)
	must(t, err)
	wanted := &quipu.MemoryObservation{
		ID: added.ID, SyncID: added.SyncID, SessionID: "s", Type: "decision", Title: "use it", Content: "because [REDACTED]",
		ToolName: "bash", Project: "p_q", Scope: "personal", TopicKey: "auth-model", RevisionCount: 1, DuplicateCount: 1,
		LastSeenAt: o.LastSeenAt, ReviewAfter: o.ReviewAfter, CreatedAt: o.CreatedAt, UpdatedAt: o.UpdatedAt,
		Extra: o.Extra,
	}
	if !same(o, wanted) {
		t.Errorf("got %+v, want %+v", o, wanted)
	}
	for _, text := range []string{o.LastSeenAt, o.ReviewAfter, o.CreatedAt, o.UpdatedAt} {
		expectTime(t, "a time", text)
	}

	// The same topic: the row is the same, the text is the new one.
	given.Title, given.Content, given.ToolName, given.Type = "use another", "because y", "", "pattern"
	again := add(t, store, given)
	if again.Outcome != "updated" || again.SyncID != added.SyncID || again.ID != added.ID || again.RevisionCount != 2 {
		t.Errorf("added again: %+v", again)
	}
	o, err = store.ObservationFind(added.SyncID)
	must(t, err)
	if o.Title != "use another" || o.Content != "because y" || o.ToolName != "" || o.Type != "pattern" || o.RevisionCount != 2 {
		t.Errorf("of the topic: %+v", o)
	}
	given.Scope = "project" // another scope, another topic
	if other := add(t, store, given); other.Outcome != "created" || other.SyncID == added.SyncID {
		t.Errorf("in another scope: %+v", other)
	}

	// The same text.
	first := add(t, store, note("a"))
	duplicate := add(t, store, note("a"))
	if duplicate.Outcome != "duplicate" || duplicate.SyncID != first.SyncID || duplicate.DuplicateCount != 2 {
		t.Errorf("a duplicate: %+v", duplicate)
	}

	expect(t, "nil", second(store.ObservationAdd(nil)), quipu.ErrInvalid)
	expect(t, "no session", second(store.ObservationAdd(&quipu.MemoryObservationFields{Content: "c"})), quipu.ErrInvalid)
	expect(t, "no content", second(store.ObservationAdd(&quipu.MemoryObservationFields{SessionID: "s"})), quipu.ErrInvalid)
	expect(t, "an unknown session", second(store.ObservationAdd(&quipu.MemoryObservationFields{SessionID: "none", Content: "c"})),
		quipu.ErrNotFound)
}

func TestMemoryObservationUpdate(t *testing.T) {
	store := newMemory(t)
	added := add(t, store, &quipu.MemoryObservationFields{
		SessionID: "s", Type: "decision", Title: "title", Content: "content", ToolName: "tool", Project: "p", Scope: "personal",
		TopicKey: "topic",
	})
	before, err := store.ObservationGet(added.SyncID)
	must(t, err)
	revision := int64(1)
	// Each change by itself: the others stay.
	for _, change := range []struct {
		changes *quipu.MemoryObservationChanges
		apply   func(o *quipu.MemoryObservation)
	}{
		{&quipu.MemoryObservationChanges{Type: quipu.String("T")}, func(o *quipu.MemoryObservation) { o.Type = "T" }},
		{&quipu.MemoryObservationChanges{Title: quipu.String("new")}, func(o *quipu.MemoryObservation) { o.Title = "new" }},
		{&quipu.MemoryObservationChanges{Content: quipu.String("other")}, func(o *quipu.MemoryObservation) { o.Content = "other" }},
		{&quipu.MemoryObservationChanges{ToolName: quipu.String("t2")}, func(o *quipu.MemoryObservation) { o.ToolName = "t2" }},
		{&quipu.MemoryObservationChanges{Project: quipu.String("Q")}, func(o *quipu.MemoryObservation) { o.Project = "q" }},
		{&quipu.MemoryObservationChanges{Scope: quipu.String("x")}, func(o *quipu.MemoryObservation) { o.Scope = "project" }},
		{&quipu.MemoryObservationChanges{TopicKey: quipu.String("A b")}, func(o *quipu.MemoryObservation) { o.TopicKey = "a-b" }},
		// Empty is not the same as not given.
		{&quipu.MemoryObservationChanges{Type: quipu.String(""), Title: quipu.String("")},
			func(o *quipu.MemoryObservation) { o.Type, o.Title = "", "" }},
		{&quipu.MemoryObservationChanges{ToolName: quipu.String(""), Project: quipu.String(""), TopicKey: quipu.String("")},
			func(o *quipu.MemoryObservation) { o.ToolName, o.Project, o.TopicKey = "", "", "" }},
	} {
		changed, truncated, err := store.ObservationUpdate(added.SyncID, change.changes)
		must(t, err)
		revision++
		change.apply(before)
		before.RevisionCount, before.UpdatedAt = revision, changed.UpdatedAt
		if !same(changed, before) || truncated {
			t.Errorf("got %+v, %t, want %+v", changed, truncated, before)
		}
	}
	read, err := store.ObservationGet(added.SyncID)
	must(t, err)
	if !same(read, before) {
		t.Errorf("got %+v, want %+v", read, before)
	}

	update := func(id string, changes *quipu.MemoryObservationChanges) error {
		o, truncated, err := store.ObservationUpdate(id, changes)
		if err != nil && (o != nil || truncated) {
			t.Errorf("%+v, %t with %v", o, truncated, err)
		}
		return err
	}
	title := &quipu.MemoryObservationChanges{Title: quipu.String("t")}
	expect(t, "nothing", update(added.SyncID, &quipu.MemoryObservationChanges{}), quipu.ErrInvalid)
	expect(t, "nil", update(added.SyncID, nil), quipu.ErrInvalid)
	expect(t, "no content", update(added.SyncID, &quipu.MemoryObservationChanges{Content: quipu.String(" ")}), quipu.ErrInvalid)
	expect(t, "none", update("obs-none", title), quipu.ErrNotFound)
	must(t, store.ObservationDelete(added.SyncID, false))
	expect(t, "deleted", update(added.SyncID, title), quipu.ErrNotFound)
}

func TestMemoryObservationDelete(t *testing.T) {
	store := newMemory(t)
	ids := remember(t, store, 3)
	must(t, store.ObservationDelete(ids[0], false))
	must(t, store.ObservationDelete(ids[0], false)) // does nothing
	must(t, store.ObservationDelete(ids[1], true))
	o, err := store.ObservationGet(ids[0])
	must(t, err)
	expectTime(t, "DeletedAt", o.DeletedAt)
	if gone, err := store.ObservationFind(ids[1]); gone != nil || err != nil {
		t.Errorf("ObservationFind: %v, %v", gone, err)
	}
	expect(t, "ObservationGet", second(store.ObservationGet(ids[1])), quipu.ErrNotFound)
	expect(t, "a second time", store.ObservationDelete(ids[1], true), quipu.ErrNotFound)
	expect(t, "none", store.ObservationDelete("none", false), quipu.ErrNotFound)
	if got := titles(all[quipu.MemoryObservation](t)(store.ObservationList(nil))); got != " n2" {
		t.Errorf("listed:%s", got)
	}
	options := &quipu.MemoryListOptions{WithDeleted: true}
	if got := titles(all[quipu.MemoryObservation](t)(store.ObservationList(options))); got != " n2 n0" {
		t.Errorf("listed with deleted:%s", got)
	}
}

func TestMemoryLists(t *testing.T) {
	store := newMemory(t)
	must(t, second(store.SessionStart("other", "", "")))
	for _, o := range []quipu.MemoryObservationFields{
		{SessionID: "s", Title: "a", Type: "bugfix", Project: "p", Content: "word"},
		{SessionID: "s", Title: "b", Type: "pattern", Project: "p", Content: "word", Scope: "personal"},
		{SessionID: "other", Title: "c", Type: "bugfix", Project: "q", Content: "word"},
		{SessionID: "other", Title: "d", Type: "bugfix", Content: "word"},
	} {
		o := o
		add(t, store, &o)
		must(t, second(store.PromptAdd(o.SessionID, o.Title, o.Project)))
	}
	for _, test := range []struct {
		options *quipu.MemoryListOptions
		wanted  string
		prompts string // where the options are about prompts too
	}{
		{nil, "dcba", "dcba"},
		{&quipu.MemoryListOptions{}, "dcba", "dcba"},
		{&quipu.MemoryListOptions{Limit: 2}, "dc", "dc"},
		{&quipu.MemoryListOptions{Project: " P "}, "ba", "ba"},
		{&quipu.MemoryListOptions{SessionID: "other"}, "dc", "dc"},
		{&quipu.MemoryListOptions{Type: "bugfix"}, "dca", ""},
		{&quipu.MemoryListOptions{Scope: "personal"}, "b", ""},
		{&quipu.MemoryListOptions{Scope: "project"}, "dca", ""},
		{&quipu.MemoryListOptions{Since: "2000-01-01 00:00:00"}, "dcba", "dcba"},
		{&quipu.MemoryListOptions{Since: "9000-01-01T00:00:00Z"}, "", ""},
		{&quipu.MemoryListOptions{Until: "9000-01-01 00:00:00"}, "dcba", "dcba"},
		{&quipu.MemoryListOptions{Until: "2000-01-01 00:00:00"}, "", ""},
		{&quipu.MemoryListOptions{Project: "p", Type: "bugfix", SessionID: "s", Scope: "project", Limit: 5}, "a", ""},
	} {
		got := ""
		for _, o := range all[quipu.MemoryObservation](t)(store.ObservationList(test.options)) {
			got += o.Title
		}
		if got != test.wanted {
			t.Errorf("%+v: got %s, want %s", test.options, got, test.wanted)
		}
		found := map[string]bool{}
		for _, hit := range all[quipu.MemoryHit](t)(store.Search("word", test.options)) {
			found[hit.Title] = true
		}
		limit := test.options != nil && test.options.Limit == 2
		for _, title := range test.wanted {
			if !limit && !found[string(title)] {
				t.Errorf("%+v: a search does not find %c", test.options, title)
			}
		}
		if len(found) != len(test.wanted) {
			t.Errorf("%+v: a search finds %v", test.options, found)
		}
		if test.options != nil && (test.options.Type != "" || test.options.Scope != "") {
			continue
		}
		got = ""
		for _, prompt := range all[quipu.MemoryPrompt](t)(store.PromptList(test.options)) {
			got += prompt.Content
		}
		if got != test.prompts {
			t.Errorf("%+v: prompts %s, want %s", test.options, got, test.prompts)
		}
	}
	lists := map[string]func(*quipu.MemoryListOptions) error{
		"SessionList":     func(o *quipu.MemoryListOptions) error { return second(store.SessionList(o)) },
		"ObservationList": func(o *quipu.MemoryListOptions) error { return second(store.ObservationList(o)) },
		"PromptList":      func(o *quipu.MemoryListOptions) error { return second(store.PromptList(o)) },
		"Search":          func(o *quipu.MemoryListOptions) error { return second(store.Search("word", o)) },
	}
	for name, list := range lists {
		expect(t, name+", a bad time", list(&quipu.MemoryListOptions{Since: "yesterday"}), quipu.ErrInvalid)
		expect(t, name+", a bad time", list(&quipu.MemoryListOptions{Until: "2026-02-30 00:00:00"}), quipu.ErrInvalid)
		expect(t, name+", a negative limit", list(&quipu.MemoryListOptions{Limit: -1}), quipu.ErrInvalid)
	}
}

func TestMemorySearch(t *testing.T) {
	store := newMemory(t)
	ids := remember(t, store, 20)
	if got := hitTitles(all[quipu.MemoryHit](t)(store.Search("n7", nil))); got != " n7" {
		t.Errorf("n7:%s", got)
	}
	if hits := all[quipu.MemoryHit](t)(store.Search("note about", nil)); len(hits) != 10 || hits[0].Rank >= 0 {
		t.Errorf("%d hits, the usual limit is 10", len(hits))
	}
	if hits := all[quipu.MemoryHit](t)(store.Search("note", &quipu.MemoryListOptions{Limit: 100})); len(hits) != 20 {
		t.Errorf("%d hits", len(hits))
	}
	// What is deleted is not found, softly or not, and what is changed is.
	must(t, store.ObservationDelete(ids[1], false))
	must(t, store.ObservationDelete(ids[2], true))
	_, _, err := store.ObservationUpdate(ids[3], &quipu.MemoryObservationChanges{Content: quipu.String("zebra")})
	must(t, err)
	for query, wanted := range map[string]string{"n1": "", "n2": "", "about n3": "", "zebra": " n3", `"`: "", "absent": ""} {
		cursor, err := store.Search(query, nil)
		if query == `"` {
			expect(t, "no word", err, quipu.ErrInvalid)
			continue
		}
		if got := hitTitles(all[quipu.MemoryHit](t)(cursor, err)); got != wanted {
			t.Errorf("%s: got%s, want%s", query, got, wanted)
		}
	}
	topic := note("topic")
	topic.TopicKey = "auth/model"
	added := add(t, store, topic)
	hits := all[quipu.MemoryHit](t)(store.Search("auth/model", nil))
	if len(hits) != 1 || hits[0].SyncID != added.SyncID || hits[0].Rank != -1000 || hits[0].Content != "about topic" ||
		hits[0].TopicKey != "auth/model" || hits[0].ID != added.ID || hits[0].SessionID != "s" {
		t.Errorf("of a topic: %d hits", len(hits))
	}
	for _, query := range []string{"", "  ", `" "`} {
		expect(t, "no word", second(store.Search(query, nil)), quipu.ErrInvalid)
	}
}

func TestMemoryTimeline(t *testing.T) {
	store := newMemory(t)
	ids := remember(t, store, 13)
	for _, test := range []struct {
		before, after int64
		wanted        string
	}{
		{-1, -1, " n1 n2 n3 n4 n5 n6 n7 n8 n9 n10 n11"},
		{0, 0, " n6"},
		{2, 1, " n4 n5 n6 n7"},
		{100, 0, " n0 n1 n2 n3 n4 n5 n6"},
	} {
		got := titles(all[quipu.MemoryObservation](t)(store.Timeline(ids[6], test.before, test.after)))
		if got != test.wanted {
			t.Errorf("%d, %d: got%s, want%s", test.before, test.after, got, test.wanted)
		}
	}
	expect(t, "none", second(store.Timeline("none", 1, 1)), quipu.ErrNotFound)
	expect(t, "negative", second(store.Timeline(ids[0], -2, 1)), quipu.ErrInvalid)
}

func TestMemoryPrompts(t *testing.T) {
	store := newMemory(t)
	added, err := store.PromptAdd("s", "make it <private>so</private>", "P")
	must(t, err)
	if added.Outcome != "created" || added.Truncated || added.ID <= 0 {
		t.Errorf("added: %+v", added)
	}
	prompt, err := store.PromptGet(added.SyncID)
	must(t, err)
	if prompt.ID != added.ID || prompt.SyncID != added.SyncID || prompt.SessionID != "s" || prompt.Project != "p" ||
		prompt.Content != "make it [REDACTED]" {
		t.Errorf("got %+v", prompt)
	}
	expectTime(t, "CreatedAt", prompt.CreatedAt)
	found, err := store.PromptFind(added.SyncID)
	must(t, err)
	if !same(found, prompt) {
		t.Errorf("found %+v", found)
	}
	must(t, store.PromptDelete(added.SyncID))
	if found, err := store.PromptFind(added.SyncID); found != nil || err != nil {
		t.Errorf("PromptFind: %v, %v", found, err)
	}
	expect(t, "PromptGet", second(store.PromptGet(added.SyncID)), quipu.ErrNotFound)
	expect(t, "PromptDelete", store.PromptDelete(added.SyncID), quipu.ErrNotFound)
	expect(t, "an unknown session", second(store.PromptAdd("none", "c", "")), quipu.ErrNotFound)
	expect(t, "no session", second(store.PromptAdd("", "c", "")), quipu.ErrInvalid)
	expect(t, "no content", second(store.PromptAdd("s", "", "")), quipu.ErrInvalid)
}

func TestMemoryContext(t *testing.T) {
	store := openMemory(t, t.TempDir(), &quickMemory)
	empty, err := store.Context(nil)
	must(t, err)
	if len(empty.Sessions)+len(empty.Observations)+len(empty.Prompts) != 0 || empty.Markdown != "" {
		t.Errorf("of an empty store: %+v", empty)
	}
	for _, id := range strings.Split("abcdefg", "") {
		must(t, second(store.SessionStart(id, "p", "")))
	}
	remember(t, store, 25)
	for i := 0; i < 12; i++ {
		must(t, second(store.PromptAdd("s", "prompt", "")))
	}
	counts := func(options *quipu.MemoryContextOptions) [3]int {
		context, err := store.Context(options)
		must(t, err)
		return [3]int{len(context.Sessions), len(context.Observations), len(context.Prompts)}
	}
	for _, test := range []struct {
		options *quipu.MemoryContextOptions
		wanted  [3]int
	}{
		{nil, [3]int{5, 20, 10}},
		{&quipu.MemoryContextOptions{Sessions: 100, Observations: 100, Prompts: 100}, [3]int{8, 25, 12}},
		{&quipu.MemoryContextOptions{Sessions: -1, Observations: 1, Prompts: 2}, [3]int{0, 1, 2}},
		{&quipu.MemoryContextOptions{Sessions: 1, Observations: -1, Prompts: -1}, [3]int{1, 0, 0}},
		{&quipu.MemoryContextOptions{Project: "P"}, [3]int{5, 0, 0}},
		{&quipu.MemoryContextOptions{Scope: "personal"}, [3]int{5, 0, 10}},
	} {
		if got := counts(test.options); got != test.wanted {
			t.Errorf("%+v: got %v, want %v", test.options, got, test.wanted)
		}
	}
	context, err := store.Context(&quipu.MemoryContextOptions{Observations: 3})
	must(t, err)
	if got := titles(context.Observations); got != " n24 n23 n22" {
		t.Errorf("observations:%s", got)
	}
	for _, part := range []string{"## Recent sessions", "## Recent observations", "[discovery] **note n24**: about n24", "prompt"} {
		if !strings.Contains(context.Markdown, part) {
			t.Errorf("%q is not in the text:\n%s", part, context.Markdown)
		}
	}
	expect(t, "a negative number", second(store.Context(&quipu.MemoryContextOptions{Prompts: -2})), quipu.ErrInvalid)
}

func TestMemoryStatsAndPurge(t *testing.T) {
	dir := t.TempDir()
	store := openMemory(t, dir, &quickMemory)
	must(t, second(store.SessionStart("t", "Zoo", "")))
	ids := remember(t, store, 4)
	must(t, store.ObservationDelete(ids[0], false))
	must(t, store.ObservationDelete(ids[1], true))
	secret := note("secretive")
	secret.Project = "bar"
	must(t, store.ObservationDelete(add(t, store, secret).SyncID, true))
	must(t, second(store.PromptAdd("s", "prompt", "")))
	stats, err := store.Stats()
	must(t, err)
	if stats.Sessions != 2 || stats.Observations != 2 || stats.Prompts != 1 || !contains(stats.Projects, "zoo") {
		t.Errorf("got %+v", stats)
	}
	must(t, second(store.Search("note", nil)))
	if !strings.Contains(logOf(t, dir), "secretive") {
		t.Error("the deleted text is not in the log: nothing to purge")
	}
	purge, err := store.Purge(ctx, nil)
	must(t, err)
	if purge.Events < 9 || purge.Deleted != 2 {
		t.Errorf("got %+v", purge)
	}
	files, err := filepath.Glob(filepath.Join(dir, ".chronomemory", "*"))
	must(t, err)
	for _, file := range files {
		if data, err := os.ReadFile(file); err == nil && strings.Contains(string(data), "secretive") {
			t.Errorf("the deleted text is in %s", file)
		}
	}
	if hits := all[quipu.MemoryHit](t)(store.Search("note", nil)); len(hits) != 2 {
		t.Errorf("%d hits after the purge", len(hits))
	}
}

func contains(texts []string, wanted string) bool {
	for _, text := range texts {
		if text == wanted {
			return true
		}
	}
	return false
}

func TestMemoryOptions(t *testing.T) {
	dir := t.TempDir()
	refused := func(what, path string, options *quipu.MemoryStoreOptions, wanted error) {
		t.Helper()
		expect(t, what, second(quipu.OpenMemoryStore(path, options)), wanted)
	}
	refused("MustExist", filepath.Join(dir, "none"), &quipu.MemoryStoreOptions{MustExist: true}, quipu.ErrNotFound)
	refused("ReadOnly", filepath.Join(dir, "none"), &quipu.MemoryStoreOptions{ReadOnly: true}, quipu.ErrNotFound)
	refused("an unknown durability", dir, &quipu.MemoryStoreOptions{Durability: 99}, quipu.ErrInvalid)
	refused("negative bytes", dir, &quipu.MemoryStoreOptions{MaxContentBytes: -1}, quipu.ErrInvalid)
	refused("an empty path", "", nil, quipu.ErrInvalid)
	must(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o666))
	refused("a file", filepath.Join(dir, "file"), nil, quipu.ErrExists)
	other := filepath.Join(dir, "other", ".chronomemory")
	must(t, os.MkdirAll(other, 0o777))
	must(t, os.WriteFile(filepath.Join(other, "events.wal"), []byte("#!/bin/sh\necho\n"), 0o666))
	refused("some other file", filepath.Dir(other), nil, quipu.ErrNotAStore)

	store := openMemory(t, dir, &quipu.MemoryStoreOptions{
		Durability: quipu.DurabilityBatched, BatchInterval: time.Microsecond, BatchBytes: 1 << 16, MaxContentBytes: 100,
		DedupeWindow: -time.Nanosecond,
	})
	must(t, second(store.SessionStart("s", "", "")))
	long := note(strings.Repeat("é", 100))
	added := add(t, store, long)
	o, err := store.ObservationGet(added.SyncID)
	must(t, err)
	if !added.Truncated || !strings.HasSuffix(o.Content, "é... [truncated]") {
		t.Errorf("cut: %+v, %q", added, o.Content)
	}
	if again := add(t, store, long); again.Outcome != "created" {
		t.Errorf("without a window: %+v", again)
	}
	o, truncated, err := store.ObservationUpdate(added.SyncID, &quipu.MemoryObservationChanges{Content: &long.Content})
	if err != nil || !truncated || !strings.HasSuffix(o.Content, "... [truncated]") {
		t.Errorf("ObservationUpdate: %t, %v", truncated, err)
	}
	if prompt, err := store.PromptAdd("s", long.Content, ""); err != nil || !prompt.Truncated {
		t.Errorf("PromptAdd: %+v, %v", prompt, err)
	}
	if path, err := store.Path(); err != nil || !filepath.IsAbs(path) || filepath.Base(path) != filepath.Base(dir) {
		t.Errorf("Path: %q, %v", path, err)
	}

	readOnly := openMemory(t, dir, &quipu.MemoryStoreOptions{ReadOnly: true})
	if hits := all[quipu.MemoryHit](t)(readOnly.Search("note", nil)); len(hits) != 2 {
		t.Errorf("%d hits", len(hits))
	}
	if _, err := os.Stat(filepath.Join(dir, ".chronomemory", "memory_index.sqlite3")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the index of a read-only store: %v", err)
	}
	expect(t, "a write", second(readOnly.SessionStart("t", "", "")), quipu.ErrReadOnly)
	expect(t, "Purge", second(readOnly.Purge(ctx, nil)), quipu.ErrReadOnly)

	// The window, as it is unless another is given.
	window := openMemory(t, dir, &quickMemory)
	if again := add(t, window, long); again.Outcome != "created" || again.Truncated {
		t.Errorf("with the usual limits: %+v", again)
	}
	if again := add(t, window, long); again.Outcome != "duplicate" {
		t.Errorf("within the window: %+v", again)
	}
}
