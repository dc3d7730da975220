package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"slices"
)

// formerLineBytesMax bounds one line of a former output: evidence can be longer than its posting.
const formerLineBytesMax = 32 << 20

// formerTags is a former output of `rolescope tag`, found by id. It keeps 32 bytes for a posting in
// memory and reads the rest from the file when asked.
type formerTags struct {
	file  *os.File
	lines []formerLine // by hash of the id, then by place
}

type formerLine struct {
	hash   uint64
	offset int64
	size   int64
	used   bool
}

func openFormer(name string) (*formerTags, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open former tags: %w", err)
	}
	t := &formerTags{file: f}
	if err := t.index(name); err != nil {
		f.Close()
		return nil, err
	}
	return t, nil
}

func (t *formerTags) index(name string) error {
	info, err := t.file.Stat()
	if err != nil {
		return fmt.Errorf("open former tags: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("read former tags: %s is no regular file, and it is read more than once", name)
	}
	var magic [2]byte
	if _, err := t.file.ReadAt(magic[:], 0); err == nil && string(magic[:]) == "\x1f\x8b" {
		return hintf("gunzip it first", "read former tags: %s is packed, and it is read in no fixed order", name)
	}
	err = readLinesAt(t.file, formerLineBytesMax, func(number int, offset int64, line []byte, err error) error {
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		id, err := formerID(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		t.lines = append(t.lines, formerLine{hash: hashOf(id), offset: offset, size: int64(len(line))})
		return nil
	})
	if err != nil {
		return hintf("rolescope tag < postings.jsonl > "+shellWord(name)+", with the former program", "read former tags: %s: %w", name, err)
	}
	slices.SortFunc(t.lines, func(a, b formerLine) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.offset, b.offset)) })
	return nil
}

// formerID is the id of a line of tags.
func formerID(line []byte) (string, error) {
	var l struct {
		ID      string `json:"id"`
		Version string `json:"tagger_version"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return "", fmt.Errorf("not an output of rolescope tag: %w", err)
	}
	if l.ID == "" || l.Version == "" {
		return "", errors.New("not an output of rolescope tag: no id or no tagger_version")
	}
	return l.ID, nil
}

func hashOf(id string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, id) // a hash takes everything
	return h.Sum64()
}

// take returns the line of a posting and uses it up: the second posting of an id gets its second
// line. It is nil when there is none left.
func (t *formerTags) take(id string) ([]byte, error) {
	hash := hashOf(id)
	at, _ := slices.BinarySearchFunc(t.lines, hash, func(l formerLine, h uint64) int { return cmp.Compare(l.hash, h) })
	for ; at < len(t.lines) && t.lines[at].hash == hash; at++ {
		l := &t.lines[at]
		if l.used {
			continue
		}
		line := make([]byte, l.size)
		if _, err := t.file.ReadAt(line, l.offset); err != nil {
			return nil, fmt.Errorf("read former tags: %w", err)
		}
		if got, err := formerID(line); err != nil || got != id {
			continue // another id of the same hash
		}
		l.used = true
		return line, nil
	}
	return nil, nil
}

// left is how many lines no posting has taken.
func (t *formerTags) left() int {
	n := 0
	for _, l := range t.lines {
		if !l.used {
			n++
		}
	}
	return n
}

func (t *formerTags) Close() error { return t.file.Close() }
