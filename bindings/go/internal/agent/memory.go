package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"

	"example.com/quipu"
)

var memoryCommands = map[string]command[*quipu.MemoryStore]{
	"memory-topic":  {3, memoryTopic},
	"memory-text":   {3, memoryText},
	"memory-search": {1, memorySearch},
}

// memoryTopic adds texts of this program's own under one topic: the last one of all programs stays.
func memoryTopic(store *quipu.MemoryStore, _ options, arguments []string, _ *bufio.Writer) (int64, error) {
	session, topic := arguments[0], arguments[1]
	return addMany(store, session, arguments[2], func(i int64) *quipu.MemoryObservationFields {
		return &quipu.MemoryObservationFields{
			Type:     "discovery",
			Title:    fmt.Sprintf("%s by %s", topic, language),
			Content:  fmt.Sprintf("text %d of process %d on %s in %s", i, os.Getpid(), topic, language),
			TopicKey: topic,
		}
	})
}

// memoryText adds what is the same in all languages, so that it is one observation however often it is added.
func memoryText(store *quipu.MemoryStore, _ options, arguments []string, _ *bufio.Writer) (int64, error) {
	session, text := arguments[0], arguments[1]
	return addMany(store, session, arguments[2], func(int64) *quipu.MemoryObservationFields {
		return &quipu.MemoryObservationFields{Type: "discovery", Title: text, Content: text}
	})
}

func addMany(store *quipu.MemoryStore, session, count string, make func(i int64) *quipu.MemoryObservationFields) (
	int64, error) {
	times, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return 0, err
	}
	if _, err := store.SessionStart(session, "", ""); err != nil {
		return 0, err
	}
	for i := int64(0); i < times; i++ {
		observation := make(i)
		observation.SessionID = session
		if _, err := store.ObservationAdd(observation); err != nil {
			return i, err
		}
	}
	return times, nil
}

func memorySearch(store *quipu.MemoryStore, _ options, arguments []string, out *bufio.Writer) (n int64, err error) {
	cursor, err := store.Search(arguments[0], &quipu.MemoryListOptions{Limit: 100_000})
	if err != nil {
		return 0, err
	}
	defer cursor.Close()
	for cursor.Next() {
		n++
		hit := cursor.Value()
		if _, err := fmt.Fprintf(out, "%s\t%s\n", hit.SyncID, hit.Title); err != nil {
			return n, err
		}
	}
	return n, cursor.Err()
}
