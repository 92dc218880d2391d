package quipu_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"example.com/quipu"
)

func Example() {
	dir, err := os.MkdirTemp("", "quipu")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	store, err := quipu.OpenChronoStore(dir, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	record := quipu.NewChronoRecord("build-green")
	record.Label = "the build is green"
	if _, err := store.Upsert(record); err != nil {
		log.Fatal(err)
	}
	cursor, err := store.Query(&quipu.ChronoQueryOptions{Kind: "fact"})
	if err != nil {
		log.Fatal(err)
	}
	for cursor.Next() {
		fmt.Println(cursor.Value().ID, "-", cursor.Value().Label)
	}
	fmt.Println(cursor.Err())
	// Output:
	// build-green - the build is green
	// <nil>
}

// A change that depends on what is there: no other process writes in between.
func ExampleChronoStore_Commit() {
	dir, err := os.MkdirTemp("", "quipu")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := quipu.OpenChronoStore(dir, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	claim := func(agent string) error {
		_, err := store.Commit(context.Background(), func(tx *quipu.ChronoTransaction) error {
			if task, err := tx.Find("task"); err != nil {
				return err
			} else if task != nil {
				return fmt.Errorf("%s has it", task.Label)
			}
			task := quipu.NewChronoRecord("task")
			task.Label = agent
			return tx.Upsert(task)
		})
		return err
	}
	fmt.Println("anna:", claim("anna"))
	fmt.Println("bert:", claim("bert"))
	_, err = store.Get("another task")
	fmt.Println(errors.Is(err, quipu.ErrNotFound))
	// Output:
	// anna: <nil>
	// bert: anna has it
	// true
}

// Two observations on one topic are one, with the later text.
func ExampleMemoryStore() {
	dir, err := os.MkdirTemp("", "quipu")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := quipu.OpenMemoryStore(dir, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	if _, err := store.SessionStart("monday", "my-project", dir); err != nil {
		log.Fatal(err)
	}
	for _, content := range []string{"sessions in cookies", "tokens in headers"} {
		added, err := store.ObservationAdd(&quipu.MemoryObservationFields{
			SessionID: "monday",
			Type:      "decision",
			Title:     "how users log in",
			Content:   content,
			TopicKey:  "auth/model",
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(added.Outcome, added.RevisionCount)
	}
	cursor, err := store.Search("log in", nil)
	if err != nil {
		log.Fatal(err)
	}
	for cursor.Next() {
		fmt.Println(cursor.Value().Title, "-", cursor.Value().Content)
	}
	fmt.Println(cursor.Err())
	// Output:
	// created 1
	// updated 2
	// how users log in - tokens in headers
	// <nil>
}
