// Reads the chunks of a sync directory with Go's own encoding/json and compress/gzip, into types with the members of
// docs/formats/sync.md, and encodes them again: the bytes must be the very same. Prints `ok ID ROWS` for each chunk.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

type session struct {
	ID        string  `json:"id"`
	Project   string  `json:"project"`
	Directory string  `json:"directory"`
	StartedAt string  `json:"started_at"`
	EndedAt   *string `json:"ended_at,omitempty"`
	Summary   *string `json:"summary,omitempty"`
}

type observation struct {
	ID             int64   `json:"id"`
	SyncID         string  `json:"sync_id"`
	SessionID      string  `json:"session_id"`
	Type           string  `json:"type"`
	Title          string  `json:"title"`
	Content        string  `json:"content"`
	ToolName       *string `json:"tool_name,omitempty"`
	Project        *string `json:"project,omitempty"`
	Scope          string  `json:"scope"`
	TopicKey       *string `json:"topic_key,omitempty"`
	RevisionCount  int     `json:"revision_count"`
	DuplicateCount int     `json:"duplicate_count"`
	LastSeenAt     *string `json:"last_seen_at,omitempty"`
	ReviewAfter    *string `json:"review_after,omitempty"`
	CreatedAt      string  `json:"created_at"`
	UpdatedAt      string  `json:"updated_at"`
	DeletedAt      *string `json:"deleted_at,omitempty"`
}

type prompt struct {
	ID        int64  `json:"id"`
	SyncID    string `json:"sync_id"`
	SessionID string `json:"session_id"`
	Content   string `json:"content"`
	Project   string `json:"project,omitempty"`
	CreatedAt string `json:"created_at"`
}

type document struct {
	Sessions     []session     `json:"sessions"`
	Observations []observation `json:"observations"`
	Prompts      []prompt      `json:"prompts"`
}

type entry struct {
	ID        string `json:"id"`
	CreatedBy string `json:"created_by"`
	CreatedAt string `json:"created_at"`
	Sessions  int    `json:"sessions"`
	Memories  int    `json:"memories"`
	Prompts   int    `json:"prompts"`
}

type manifest struct {
	Version int     `json:"version"`
	Chunks  []entry `json:"chunks"`
}

// spelled is what Go 1.22 and later write: older ones spell two control characters otherwise.
func spelled(encoded []byte) []byte {
	text := string(encoded)
	text = strings.ReplaceAll(text, `\u0008`, `\b`)
	return []byte(strings.ReplaceAll(text, `\u000c`, `\f`))
}

func check(directory string) error {
	text, err := os.ReadFile(filepath.Join(directory, "manifest.json"))
	if err != nil {
		return err
	}
	var index manifest
	if err := json.Unmarshal(text, &index); err != nil {
		return err
	}
	again, err := json.MarshalIndent(index, "", "  ")
	if err != nil || !bytes.Equal(spelled(again), text) {
		return fmt.Errorf("manifest.json is not what Go writes: %v", err)
	}
	for _, chunk := range index.Chunks {
		file, err := os.Open(filepath.Join(directory, "chunks", chunk.ID+".jsonl.gz"))
		if err != nil {
			return err
		}
		defer file.Close()
		reader, err := gzip.NewReader(file)
		if err != nil {
			return err
		}
		bytesOf, err := io.ReadAll(reader)
		if err != nil {
			return err
		}
		var rows document
		decoder := json.NewDecoder(bytes.NewReader(bytesOf))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&rows); err != nil {
			return fmt.Errorf("%s: %v", chunk.ID, err)
		}
		encoded, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		if !bytes.Equal(spelled(encoded), bytesOf) {
			return fmt.Errorf("%s is not what Go writes:\n%s\n%s", chunk.ID, encoded, bytesOf)
		}
		sum := sha256.Sum256(bytesOf)
		if !strings.HasPrefix(hex.EncodeToString(sum[:]), chunk.ID) {
			return fmt.Errorf("%s hashes to %x", chunk.ID, sum)
		}
		if len(rows.Sessions) != chunk.Sessions || len(rows.Observations) != chunk.Memories || len(rows.Prompts) != chunk.Prompts {
			return fmt.Errorf("%s: the counts of its entry are wrong", chunk.ID)
		}
		for _, row := range rows.Observations {
			title, _ := json.Marshal(row.Title)
			fmt.Printf("row %s\n", title)
		}
		fmt.Printf("ok %s %d\n", chunk.ID, len(rows.Observations))
	}
	return nil
}

func main() {
	if err := check(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
