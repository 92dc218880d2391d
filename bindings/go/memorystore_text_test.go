package quipu_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"example.com/quipu"
)

func TestMemoryUnicode(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ordner é 😀 𝄞")
	store := openMemory(t, dir, &quickMemory)
	session, err := store.SessionStart(awkward, awkward, awkward)
	must(t, err)
	if session.ID != awkward || session.Directory != awkward || session.Project != strings.ToLower(awkward) {
		t.Errorf("started: %+v", session)
	}
	session, err = store.SessionEnd(awkward, awkward)
	must(t, err)
	if session.Summary != awkward {
		t.Errorf("ended: %+v", session)
	}
	for i, text := range []string{awkward, strings.Repeat("é😀", 50_000/len("é😀")), "\x00", "x\u2028\uFFFD\uFEFFx"} {
		added := add(t, store, &quipu.MemoryObservationFields{
			SessionID: awkward, Type: text, Title: text, Content: text, ToolName: text, Project: text,
		})
		o, err := store.ObservationGet(added.SyncID)
		must(t, err)
		if o.SessionID != awkward || o.Type != text || o.Title != text || o.Content != text || o.ToolName != text || added.Truncated {
			t.Errorf("text %d was changed: type %t, title %t, content %t, tool %t", i, o.Type == text, o.Title == text,
				o.Content == text, o.ToolName == text)
		}
		listed := all[quipu.MemoryObservation](t)(store.ObservationList(&quipu.MemoryListOptions{
			Type: text, Project: text, SessionID: awkward,
		}))
		if len(listed) != 1 || !same(listed[0], o) {
			t.Errorf("text %d: %d listed", i, len(listed))
		}
		updated, _, err := store.ObservationUpdate(added.SyncID, &quipu.MemoryObservationChanges{Title: quipu.String(text + text)})
		must(t, err)
		if updated.Title != text+text {
			t.Errorf("text %d: the new title is another one", i)
		}
		prompt, err := store.PromptAdd(awkward, text, "")
		must(t, err)
		if read, err := store.PromptGet(prompt.SyncID); err != nil || read.Content != text {
			t.Errorf("text %d as a prompt: %v", i, err)
		}
	}
	topic := &quipu.MemoryObservationFields{SessionID: awkward, Content: "c", TopicKey: "É/😀"}
	added := add(t, store, topic)
	if hits := all[quipu.MemoryHit](t)(store.Search("é/😀", nil)); len(hits) == 0 || hits[0].SyncID != added.SyncID {
		t.Errorf("the topic: %d hits", len(hits))
	}
	// In a query a NUL is left out.
	with := all[quipu.MemoryHit](t)(store.Search("b\x00 \x00z", nil))
	without := all[quipu.MemoryHit](t)(store.Search("b z", nil))
	if len(with) == 0 || hitTitles(with) != hitTitles(without) {
		t.Errorf("%d hits with a NUL in the query, %d without", len(with), len(without))
	}

	context, err := store.Context(&quipu.MemoryContextOptions{Project: awkward})
	must(t, err)
	if len(context.Sessions) != 1 || !strings.Contains(context.Markdown, "é € 😀 𝄞 z") {
		t.Errorf("the context: %+v", context)
	}

	// An error that quotes the text.
	expect(t, "SessionGet", second(store.SessionGet("no "+awkward)), quipu.ErrNotFound)
	if err := second(store.SessionGet("no " + awkward)); !strings.Contains(err.Error(), "é € 😀") {
		t.Errorf("the message is %q", err)
	}
	must(t, store.Close())

	// All of it from the files.
	again := openMemory(t, dir, nil)
	read, err := again.SessionGet(awkward)
	must(t, err)
	if !same(read, session) {
		t.Errorf("got %+v, want %+v", read, session)
	}
}

func TestMemoryRefusesInvalidText(t *testing.T) {
	dir := t.TempDir()
	store := openMemory(t, dir, &quickMemory)
	id := remember(t, store, 1)[0]
	log := logOf(t, dir)
	for _, bad := range []string{"\xff", "a\xc0\x80b", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"} {
		fields := map[string]func(*quipu.MemoryObservationFields){
			"SessionID": func(o *quipu.MemoryObservationFields) { o.SessionID = bad },
			"Type":      func(o *quipu.MemoryObservationFields) { o.Type = bad },
			"Title":     func(o *quipu.MemoryObservationFields) { o.Title = bad },
			"Content":   func(o *quipu.MemoryObservationFields) { o.Content = bad },
			"ToolName":  func(o *quipu.MemoryObservationFields) { o.ToolName = bad },
			"Project":   func(o *quipu.MemoryObservationFields) { o.Project = bad },
			"Scope":     func(o *quipu.MemoryObservationFields) { o.Scope = bad },
			"TopicKey":  func(o *quipu.MemoryObservationFields) { o.TopicKey = bad },
		}
		for name, change := range fields {
			o := note("x")
			change(o)
			expect(t, fmt.Sprintf("%q as %s", bad, name), second(store.ObservationAdd(o)), quipu.ErrInvalid)
		}
		for name, changes := range map[string]*quipu.MemoryObservationChanges{
			"Type": {Type: &bad}, "Title": {Title: &bad}, "Content": {Content: &bad}, "ToolName": {ToolName: &bad},
			"Project": {Project: &bad}, "Scope": {Scope: &bad}, "TopicKey": {TopicKey: &bad},
		} {
			_, _, err := store.ObservationUpdate(id, changes)
			expect(t, fmt.Sprintf("%q as changed %s", bad, name), err, quipu.ErrInvalid)
		}
		_, _, err := store.ObservationUpdate(bad, &quipu.MemoryObservationChanges{Title: quipu.String("t")})
		expect(t, "ObservationUpdate", err, quipu.ErrInvalid)
		for name, options := range map[string]quipu.MemoryListOptions{
			"Project": {Project: bad}, "SessionID": {SessionID: bad}, "Type": {Type: bad}, "Scope": {Scope: bad},
			"Since": {Since: bad}, "Until": {Until: bad},
		} {
			options := options
			for list, err := range map[string]error{
				"SessionList":     second(store.SessionList(&options)),
				"ObservationList": second(store.ObservationList(&options)),
				"PromptList":      second(store.PromptList(&options)),
				"Search":          second(store.Search("note", &options)),
			} {
				expect(t, fmt.Sprintf("%s with %q as %s", list, bad, name), err, quipu.ErrInvalid)
			}
		}
		for name, err := range map[string]error{
			"SessionStart, id":        second(store.SessionStart(bad, "", "")),
			"SessionStart, project":   second(store.SessionStart("t", bad, "")),
			"SessionStart, directory": second(store.SessionStart("t", "", bad)),
			"SessionEnd":              second(store.SessionEnd(bad, "")),
			"SessionEnd, summary":     second(store.SessionEnd("s", bad)),
			"SessionGet":              second(store.SessionGet(bad)),
			"SessionFind":             second(store.SessionFind(bad)),
			"SessionDelete":           store.SessionDelete(bad),
			"ObservationGet":          second(store.ObservationGet(bad)),
			"ObservationFind":         second(store.ObservationFind(bad)),
			"ObservationDelete":       store.ObservationDelete(bad, true),
			"Search":                  second(store.Search(bad, nil)),
			"Timeline":                second(store.Timeline(bad, 1, 1)),
			"PromptAdd, session":      second(store.PromptAdd(bad, "c", "")),
			"PromptAdd, content":      second(store.PromptAdd("s", bad, "")),
			"PromptAdd, project":      second(store.PromptAdd("s", "c", bad)),
			"PromptGet":               second(store.PromptGet(bad)),
			"PromptFind":              second(store.PromptFind(bad)),
			"PromptDelete":            store.PromptDelete(bad),
			"Context, project":        second(store.Context(&quipu.MemoryContextOptions{Project: bad})),
			"Context, scope":          second(store.Context(&quipu.MemoryContextOptions{Scope: bad})),
			"ImportEngram":            second(store.ImportEngram(ctx, filepath.Join(dir, bad), nil)),
			"ProjectEnroll":           second(store.ProjectEnroll(bad)),
			"ProjectUnenroll":         second(store.ProjectUnenroll(bad)),
			"OpenMemoryStore":         second(quipu.OpenMemoryStore(filepath.Join(dir, bad), nil)),
		} {
			expect(t, fmt.Sprintf("%s with %q", name, bad), err, quipu.ErrInvalid)
		}
	}
	expect(t, "a path with NUL", second(quipu.OpenMemoryStore(dir+"/a\x00b", nil)), quipu.ErrInvalid)
	if logOf(t, dir) != log {
		t.Error("something was written")
	}
}

func TestMemoryLargeText(t *testing.T) {
	size := 8 << 20 // as large as the time allows: a content is read for what is private and what is a duplicate
	if raceEnabled || testing.Short() {
		size = 1 << 20
	}
	options := quickMemory
	options.MaxContentBytes = int64(size)
	store := openMemory(t, t.TempDir(), &options)
	must(t, second(store.SessionStart("s", "", "")))
	text := strings.Repeat("é😀 ", size/len("é😀 "))
	text = text[:len(text)-1] // white space around is trimmed
	added := add(t, store, &quipu.MemoryObservationFields{SessionID: "s", Title: "large", Content: text})
	if added.Truncated {
		t.Error("it was cut")
	}
	o, err := store.ObservationGet(added.SyncID)
	must(t, err)
	if o.Content != text {
		t.Errorf("the content is another one, of %d bytes, not %d", len(o.Content), len(text))
	}
	hits := all[quipu.MemoryHit](t)(store.Search("large", nil))
	if len(hits) != 1 || hits[0].Content != text {
		t.Errorf("%d hits", len(hits))
	}
}
