// Package demo holds a small recorded job market for a first look without any network: fourteen
// invented employers whose boards were "recorded" twice, on 2026-01-05 and on 2026-02-05, in the
// formats of the three kinds of boards. Every snapshot names its whole board.
//
// It is bytes only; cmd/rolescope imports them as it imports any recorded file. The files are made
// by gen with a fixed seed, and a test there makes them again and compares.
package demo

import (
	"embed"
	"fmt"
)

//go:generate go run ./gen

//go:embed *.jsonl
var recorded embed.FS

// File is one recorded file: JSON lines {"board","company","recorded_at","payload"}.
type File struct {
	Kind string // kind of source whose payloads it holds
	Name string
	Data []byte
}

// Files returns the recorded files in the order of their kinds. Each payload is a complete board,
// which Lever and Ashby payloads do not prove themselves: assert it.
func Files() ([]File, error) {
	var files []File
	for _, kind := range []string{"ashby", "greenhouse", "lever"} {
		f := File{Kind: kind, Name: kind + ".jsonl"}
		var err error
		if f.Data, err = recorded.ReadFile(f.Name); err != nil {
			return nil, fmt.Errorf("read demo file: %w", err)
		}
		files = append(files, f)
	}
	return files, nil
}
