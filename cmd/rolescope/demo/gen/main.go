// Command gen writes the demo's recorded files: an invented job market of fourteen employers, seen
// twice. It is run by `go generate` in its parent folder, reads no clock and no network, and writes
// the same bytes every time.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// The two moments the boards are "recorded".
var moments = []time.Time{
	time.Date(2026, 1, 5, 6, 0, 0, 0, time.UTC),
	time.Date(2026, 2, 5, 6, 0, 0, 0, time.UTC),
}

func main() {
	out := flag.String("out", ".", "folder to write the files to")
	flag.Parse()
	files, err := generate()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(*out, name), data, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
	}
}

// generate returns the files by name.
func generate() (map[string][]byte, error) {
	files := map[string][]byte{}
	for month, at := range moments {
		for _, c := range employers() {
			var adverts []advert
			for _, a := range market(c) {
				if a.openIn(month) {
					adverts = append(adverts, a.in(month))
				}
			}
			slices.SortFunc(adverts, func(a, b advert) int { return a.number - b.number })
			line, err := envelope(c, at, adverts)
			if err != nil {
				return nil, fmt.Errorf("write board %s: %w", c.board, err)
			}
			name := c.kind + ".jsonl"
			files[name] = append(append(files[name], line...), '\n')
		}
	}
	return files, nil
}
