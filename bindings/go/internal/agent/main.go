// Command agent is the Go side of the tests that several languages run together (tests/languages). All of them
// take the same command line:
//
//	agent append DIR COUNT TAG [--durability full|batched|none] [--acks] [--kind K]
//	agent increment DIR TIMES ID
//	agent count DIR KIND
//	agent dump DIR
//	agent unicode DIR TAG
//	agent verify DIR
//	agent compact DIR
//	agent memory-topic DIR SESSION TOPIC COUNT    adds COUNT observations of one topic, each with a text of its own
//	agent memory-text DIR SESSION TEXT COUNT      adds the same text COUNT times
//	agent memory-search DIR QUERY                 prints SYNC_ID TAB TITLE for each hit
//
// The last line of the output is `done pid=PID language=go count=N`. A failure is one line on stderr, `error
// CODE message`, and exit code 1.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"example.com/quipu"
)

const language = "go"

const usage = "usage: agent append|increment|count|dump|unicode|verify|compact|memory-topic|memory-text|memory-search DIR ..."

// A command gets the store and what follows DIR on the command line, and answers the count of the last line.
type command[Store any] struct {
	arguments int
	run       func(store Store, o options, arguments []string, out *bufio.Writer) (int64, error)
}

var commands = map[string]command[*quipu.ChronoStore]{
	"append":    {2, appendNotes},
	"increment": {2, increment},
	"count":     {1, count},
	"dump":      {0, dump},
	"unicode":   {1, unicode},
	"verify":    {0, verify},
	"compact":   {0, compact},
}

type options struct {
	durability quipu.Durability
	acks       bool
	kind       string
}

func main() {
	out := bufio.NewWriter(os.Stdout)
	n, err := run(os.Args[1:], out)
	if err == nil {
		fmt.Fprintf(out, "done pid=%d language=%s count=%d\n", os.Getpid(), language, n)
	}
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		code, message := "INVALID", err.Error() // what the library did not find is a wrong command line
		var e *quipu.Error
		if errors.As(err, &e) {
			code, message = e.Code.String(), e.Message
		}
		fmt.Fprintf(os.Stderr, "error %s %s\n", code, message)
		os.Exit(1)
	}
}

func run(words []string, out *bufio.Writer) (n int64, err error) {
	arguments, o, err := parse(words)
	if err != nil {
		return 0, err
	}
	if len(arguments) < 2 {
		return 0, errors.New(usage)
	}
	name, dir, arguments := arguments[0], arguments[1], arguments[2:]
	if command, known := commands[name]; known {
		return runOn(command, o, arguments, out, func() (*quipu.ChronoStore, error) {
			return quipu.OpenChronoStore(dir, &quipu.ChronoStoreOptions{Durability: o.durability})
		})
	}
	if command, known := memoryCommands[name]; known {
		return runOn(command, o, arguments, out, func() (*quipu.MemoryStore, error) {
			return quipu.OpenMemoryStore(dir, &quipu.MemoryStoreOptions{Durability: o.durability})
		})
	}
	return 0, errors.New(usage)
}

func runOn[Store io.Closer](command command[Store], o options, arguments []string, out *bufio.Writer,
	open func() (Store, error)) (n int64, err error) {
	if len(arguments) != command.arguments {
		return 0, errors.New(usage)
	}
	store, err := open()
	if err != nil {
		return 0, err
	}
	n, err = command.run(store, o, arguments, out)
	if closed := store.Close(); err == nil {
		err = closed
	}
	return n, err
}

func parse(words []string) (arguments []string, o options, err error) {
	o.kind = "note"
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		if word == "--acks" {
			o.acks = true
			continue
		}
		if word != "--durability" && word != "--kind" {
			arguments = append(arguments, word)
			continue
		}
		if len(words) == 0 {
			return nil, o, fmt.Errorf("%s wants a value", word)
		}
		value := words[0]
		words = words[1:]
		if word == "--kind" {
			o.kind = value
			continue
		}
		durability, known := map[string]quipu.Durability{
			"full": quipu.DurabilityFull, "batched": quipu.DurabilityBatched, "none": quipu.DurabilityNone,
		}[value]
		if !known {
			return nil, o, fmt.Errorf("no durability is called %q", value)
		}
		o.durability = durability
	}
	return arguments, o, nil
}

func appendNotes(store *quipu.ChronoStore, o options, arguments []string, out *bufio.Writer) (int64, error) {
	times, err := strconv.ParseInt(arguments[0], 10, 64)
	if err != nil {
		return 0, err
	}
	for i := int64(0); i < times; i++ {
		record := quipu.NewChronoRecord(fmt.Sprintf("%s-%d", arguments[1], i))
		record.Kind = o.kind
		record.Label = fmt.Sprintf("note %d by %s", i, language)
		record.Confidence = 0.5 + float64(i%50)/100
		record.Evidence = []string{fmt.Sprintf("pid:%d", os.Getpid())}
		record.Data = json.RawMessage(fmt.Sprintf(`{"i": %d, "language": "%s"}`, i, language))
		event, err := store.Upsert(record)
		if err != nil {
			return i, err
		}
		if o.acks {
			fmt.Fprintf(out, "ack %s %d\n", record.ID, event.Seq)
			if err := out.Flush(); err != nil {
				return i, err
			}
		}
	}
	return times, nil
}

func increment(store *quipu.ChronoStore, _ options, arguments []string, _ *bufio.Writer) (int64, error) {
	times, err := strconv.ParseInt(arguments[0], 10, 64)
	if err != nil {
		return 0, err
	}
	for i := int64(0); i < times; i++ {
		_, err := store.Commit(context.Background(), func(tx *quipu.ChronoTransaction) error {
			record, err := tx.Find(arguments[1])
			if err != nil {
				return err
			}
			if record == nil {
				record = quipu.NewChronoRecord(arguments[1])
			}
			var counter struct {
				N int64 `json:"n"`
			}
			if err := json.Unmarshal(record.Data, &counter); err != nil {
				return err
			}
			record.Data = json.RawMessage(fmt.Sprintf(`{"n": %d}`, counter.N+1))
			return tx.Upsert(record)
		})
		if err != nil {
			return i, err
		}
	}
	return times, nil
}

func count(store *quipu.ChronoStore, _ options, arguments []string, _ *bufio.Writer) (n int64, err error) {
	err = each(store, arguments[0], func(*quipu.ChronoRecord) error {
		n++
		return nil
	})
	return n, err
}

func dump(store *quipu.ChronoStore, _ options, _ []string, out *bufio.Writer) (n int64, err error) {
	err = each(store, "", func(r *quipu.ChronoRecord) error {
		n++
		hypothesis := "0"
		if r.IsHypothesis {
			hypothesis = "1"
		}
		_, err := fmt.Fprintln(out, hexed(r.ID), hexed(r.Kind), hexed(r.Status), hexed(r.Label),
			fmt.Sprintf("%016x", math.Float64bits(r.Confidence)), hexed(r.SourceType), hexed(strings.Join(r.Evidence, "\x00")),
			hexed(strings.Join(r.EpistemicBoundary, "\x00")), hypothesis, hexed(string(r.ModelAssumptions)), r.RecursionDepth,
			hexed(string(r.Data)))
		return err
	})
	return n, err
}

// each calls visit with every record of the kind, any status; all kinds if it is empty.
func each(store *quipu.ChronoStore, kind string, visit func(*quipu.ChronoRecord) error) error {
	cursor, err := store.Query(&quipu.ChronoQueryOptions{Kind: kind, AnyStatus: true})
	if err != nil {
		return err
	}
	defer cursor.Close()
	for cursor.Next() {
		if err := visit(cursor.Value()); err != nil {
			return err
		}
	}
	return cursor.Err()
}

func hexed(text string) string {
	if text == "" {
		return "-"
	}
	return hex.EncodeToString([]byte(text))
}

func unicode(store *quipu.ChronoStore, _ options, arguments []string, _ *bufio.Writer) (int64, error) {
	text := arguments[0] + " A\x00B é € 😀 𝄞 z"
	data, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return 0, err
	}
	record := quipu.NewChronoRecord(text)
	record.Kind = "awkward"
	record.Label = text
	record.Evidence = []string{"", text}
	record.Data = data
	_, err = store.Upsert(record)
	return 1, err
}

func verify(store *quipu.ChronoStore, _ options, _ []string, out *bufio.Writer) (int64, error) {
	result, err := store.Verify(context.Background(), &quipu.VerifyOptions{Strict: true})
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "valid=%t events=%d\n", result.Valid, result.Events)
	return result.Events, nil
}

func compact(store *quipu.ChronoStore, _ options, _ []string, out *bufio.Writer) (int64, error) {
	events, err := store.Compact(context.Background(), nil)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(out, "events=%d\n", events)
	return events, nil
}
