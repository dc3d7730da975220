package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rolescope/rolescope/store"
)

// Formats that are laid out here, from answerFormat; all others are ClickHouse's.
const (
	formatTable    = "table"
	formatVertical = "vertical"
	// answerFormat hands out values as ClickHouse's own client shows them, row by row, with names and types.
	answerFormat = "JSONCompactStringsEachRowWithNamesAndTypes"
)

// shortFormats are our names for what people ask for most. ClickHouse's own names begin with a capital.
func shortFormats() []string {
	return []string{formatTable, formatVertical, "csv", "tsv", "json", "jsonl", "parquet"}
}

// formatNamed is the ClickHouse format, or one of ours, that a name stands for.
func formatNamed(name string) string {
	switch name {
	case "csv":
		return "CSVWithNames"
	case "tsv":
		return "TSVWithNames"
	case "json":
		return "JSON"
	case "jsonl", "ndjson":
		return "JSONEachRow"
	case "parquet":
		return "Parquet"
	case "arrow":
		return "Arrow"
	}
	return name
}

// fileExtensions are the ends of names that tell a format; .gz may stand behind them.
func fileExtensions() []string {
	return []string{".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".arrow", ".txt"}
}

func extension(path string) string {
	return strings.ToLower(filepath.Ext(strings.TrimSuffix(path, ".gz")))
}

// formatOfFile is what a file's name asks for, "" when it says nothing.
func formatOfFile(path string) string {
	ext := extension(path)
	switch {
	case ext == ".txt":
		return formatTable
	case slices.Contains(fileExtensions(), ext):
		return formatNamed(ext[1:])
	}
	return ""
}

// unknownExtension is the end of a name that asks for a format which is not known, "" when it does not:
// a name without any end says nothing.
func unknownExtension(path string) string {
	if ext := extension(path); len(ext) > 1 && !slices.Contains(fileExtensions(), ext) {
		return ext
	}
	return ""
}

// binaryFormat reports whether a terminal cannot show the format.
func binaryFormat(format string) bool {
	switch format {
	case "Parquet", "ORC", "Avro", "Native", "MsgPack", "CapnProto", "BSONEachRow", "Npy", "PNG", "Buffers", "RawBLOB":
		return true
	}
	for _, prefix := range []string{"Arrow", "RowBinary", "Protobuf"} {
		if strings.HasPrefix(format, prefix) {
			return true
		}
	}
	return false
}

// outputFormats are the formats that this ClickHouse writes.
func outputFormats(ctx context.Context, s *store.Store) ([]string, error) {
	var rows []struct {
		Name string `ch:"name"`
	}
	if err := s.Ask(ctx, &rows, "SELECT name FROM system.formats WHERE is_output AND name NOT ILIKE 'Null' ORDER BY lower(name)", nil); err != nil {
		return nil, err
	}
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.Name
	}
	return names, nil
}

// unknownFormat is an error with the nearest names and all of them.
func unknownFormat(name string, all []string) error {
	hint := "one of " + strings.Join(shortFormats(), ", ") + ", or of ClickHouse's: " + strings.Join(all, ", ")
	if near := nearest(name, append(shortFormats(), all...)); len(near) > 0 {
		hint = strings.Join(near, " or ") + "; or " + hint
	}
	return &hinted{fmt.Errorf("unknown format %q", name), hint}
}

// nearest are up to three names that a misspelt one may mean, the likeliest first.
func nearest(name string, names []string) []string {
	type scored struct {
		name     string
		distance int
	}
	var found []scored
	lower := strings.ToLower(name)
	for _, n := range names {
		other := strings.ToLower(n)
		d := editDistance(lower, other)
		if len(lower) >= 3 && (strings.Contains(other, lower) || len(other) >= 3 && strings.Contains(lower, other)) {
			d = min(d, 1)
		}
		if d <= 1+len(lower)/4 {
			found = append(found, scored{n, d})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return a.distance - b.distance })
	var out []string
	for _, f := range found[:min(3, len(found))] {
		out = append(out, f.name)
	}
	return out
}

// editDistance is Levenshtein's, in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := previous
			if a[i] != b[j] {
				cost = 1 + min(previous, row[j], row[j+1])
			}
			previous, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
