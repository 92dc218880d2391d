// Command bench is the Go side of the work `languages` of the benchmark (tests/bench): what one upsert costs.
//
//	bench DIR RECORDS COUNT
//
// RECORDS has one record per line, as JSON. Each line of input is a round: the next COUNT records are read, then
// upserted, with every field of their events read, and the answer is one line, {"ns": nanoseconds per upsert, "read":
// a sum of what was read}. The first line of the output is {"ready": true}.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"example.com/quipu"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(arguments []string) (err error) {
	if len(arguments) != 3 {
		return errors.New("usage: bench DIR RECORDS COUNT")
	}
	count, err := strconv.Atoi(arguments[2])
	if err != nil {
		return err
	}
	file, err := os.Open(arguments[1])
	if err != nil {
		return err
	}
	defer file.Close()
	store, err := quipu.OpenChronoStore(arguments[0], &quipu.ChronoStoreOptions{Durability: quipu.DurabilityNone})
	if err != nil {
		return err
	}
	defer func() {
		if closed := store.Close(); err == nil {
			err = closed
		}
	}()
	fmt.Println(`{"ready": true}`)
	lines := bufio.NewScanner(file)
	for rounds := bufio.NewScanner(os.Stdin); rounds.Scan(); {
		records, err := read(lines, count)
		if err != nil {
			return err
		}
		runtime.GC()
		sum := int64(0)
		start := time.Now()
		for _, record := range records {
			event, err := store.Upsert(record)
			if err != nil {
				return err
			}
			sum += event.Seq + event.RecursionDepth + int64(len(event.Ts)+len(event.Op)+len(event.RecordID)+
				len(event.Record)+len(event.PrevHash)+len(event.Hash))
		}
		taken := time.Since(start)
		fmt.Printf("{\"ns\": %d, \"read\": %d}\n", taken.Nanoseconds()/int64(count), sum)
	}
	return nil
}

func read(lines *bufio.Scanner, count int) ([]*quipu.ChronoRecord, error) {
	records := make([]*quipu.ChronoRecord, 0, count)
	for len(records) < count {
		if !lines.Scan() {
			return nil, errors.New("too few records")
		}
		record, err := quipu.ChronoRecordFromJSON(lines.Bytes())
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}
