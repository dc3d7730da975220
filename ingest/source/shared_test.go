package source

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sharedDir finds the recordings beside the checkout; they are never part of it.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../../shared")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("ROLESCOPE_REQUIRE_SHARED") == "1" {
			t.Fatalf("ROLESCOPE_REQUIRE_SHARED=1 but there are no recordings: %v", err)
		}
		t.Skip("no recordings in ../shared beside the checkout; set ROLESCOPE_REQUIRE_SHARED=1 to fail instead")
	}
	return dir
}

// notBoards are recorded files that hold no board.
var notBoards = []string{
	"_fetch_stats__2026-08-22.json", // the recorder's own statistics
}

// TestRecordedBoards reads every recorded payload and compares the counts with a naive count that
// shares no code with the parsers.
func TestRecordedBoards(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	for _, c := range []struct{ kind, root string }{
		{"greenhouse", "recorded/greenhouse"},
		{"lever", "recorded/lever"},
		{"ashby", "recorded/ashby"},
		{"ashby", "recorded/ashby_boards_2025-10-28.jsonl.gz"},
		{"greenhouse", "data/greenhouse_boards"},
	} {
		src, err := ByKind(c.kind)
		if err != nil {
			t.Fatal(err)
		}
		boards, postings, seen := 0, 0, -1
		err = filepath.WalkDir(filepath.Join(dir, c.root), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, ".md") {
				return err
			}
			if recordedStep > 1 && strings.HasSuffix(path, ".gz") {
				boards++ // unpacking and decoding these alone takes the race detector half a minute
				return nil
			}
			if month := filepath.Base(path)[:7]; c.root == "data/greenhouse_boards" && os.Getenv("ROLESCOPE_REQUIRE_SHARED") != "1" &&
				month != "2025-11" && month != "2026-06" {
				return nil // the first and the last are enough for every day; the gate reads all
			}
			for _, payload := range payloads(t, path) {
				if seen++; seen%recordedStep != 0 {
					continue
				}
				for _, name := range notBoards {
					if filepath.Base(path) == name {
						if _, err := src.Parse(payload); err == nil {
							t.Errorf("%s is not a board and was read as one", path)
						}
						return nil
					}
				}
				boards++
				postings += checkRecorded(t, src, path, payload)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d boards, %d postings", c.root, boards, postings)
		if boards == 0 {
			t.Errorf("%s: no boards found", c.root)
		}
	}
}

func checkRecorded(t *testing.T, src Source, path string, payload []byte) int {
	t.Helper()
	b, err := src.Parse(payload)
	if err != nil {
		t.Errorf("%s: %v", path, err)
		return 0
	}
	listed, hidden := naiveCount(t, payload)
	if len(b.Rejected) > 0 {
		t.Errorf("%s: %d rejected, first: %+v", path, len(b.Rejected), b.Rejected[0])
	}
	if b.Received != listed+hidden || len(b.Records) != listed || len(b.Skipped) != hidden {
		t.Errorf("%s: received %d, records %d, skipped %d; a naive count finds %d listed and %d hidden",
			path, b.Received, len(b.Records), len(b.Skipped), listed, hidden)
	}
	for _, r := range b.Records {
		if r.PostedAt.IsZero() && src.Kind() != "greenhouse" { // three Greenhouse postings of 98,000 have none
			t.Errorf("%s: %s has no time of posting", path, r.ExternalID)
		}
		if strings.Contains(r.Description, "&lt;p") {
			t.Errorf("%s: %s is still escaped", path, r.ExternalID)
		}
	}
	return b.Received
}

// naiveCount counts distinct ids of a payload, listed and hidden.
func naiveCount(t *testing.T, payload []byte) (listed, hidden int) {
	t.Helper()
	var v any
	if err := json.Unmarshal(payload, &v); err != nil {
		t.Fatal(err)
	}
	jobs, _ := v.([]any)
	if m, ok := v.(map[string]any); ok {
		list, isBoard := m["jobs"].([]any)
		if jobs = list; !isBoard {
			jobs = []any{m}
		}
	}
	ids := map[any]bool{}
	for _, j := range jobs {
		m := j.(map[string]any)
		if m["isListed"] == false {
			hidden++
			continue
		}
		ids[m["id"]] = true
	}
	return len(ids), hidden
}

// payloads returns the payloads of a recorded file, its envelopes of the first form taken off.
func payloads(t *testing.T, path string) [][]byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return [][]byte{data}
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	data, err = io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for line := range bytes.SplitSeq(bytes.TrimSpace(data), []byte("\n")) {
		var e struct {
			Payload json.RawMessage `json:"payload"`
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		if e.Payload == nil {
			e.Payload = line
		}
		out = append(out, e.Payload)
	}
	return out
}
