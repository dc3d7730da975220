package enrich

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rolescope/rolescope/posting"
)

var update = flag.Bool("update", false, "rewrite testdata/golden after Version was raised")

// goldenLock is testdata/golden/version.json: the version the outputs belong to, and their hash.
type goldenLock struct {
	Version string `json:"version"`
	SHA256  string `json:"sha256"` // over all expected outputs, in the order of the files' names
}

// mayRewrite refuses new outputs under the version that already has others.
func (l goldenLock) mayRewrite(version string, changed int) error {
	if changed > 0 && l.Version == version {
		return fmt.Errorf("%d outputs changed but Version is still %s: raise it first", changed, version)
	}
	return nil
}

func TestGoldenRefusesChangesUnderOneVersion(t *testing.T) {
	t.Parallel()
	lock := goldenLock{Version: "7", SHA256: "aa"}
	if lock.mayRewrite("7", 1) == nil {
		t.Error("a changed output was accepted under the same version")
	}
	if err := lock.mayRewrite("8", 1); err != nil {
		t.Error(err)
	}
	if err := lock.mayRewrite("7", 0); err != nil {
		t.Error(err)
	}
}

// goldenCase is one file of testdata/golden: an invented record and what it must become.
type goldenCase struct {
	Source   string          `json:"source"`
	Board    string          `json:"board"`
	Company  string          `json:"company,omitempty"`
	Record   posting.Record  `json:"record"`
	Expected json.RawMessage `json:"expected"`
}

// TestGolden fails when a tag of the corpus changes while Version stays: answers of one version must
// be the same forever. To change tags, raise Version and run the test with -update.
func TestGolden(t *testing.T) {
	t.Parallel()
	tagger := testTagger(t)
	files, err := filepath.Glob("testdata/golden/case_*.json")
	if err != nil || len(files) < 12 {
		t.Fatalf("golden cases: %v, %d files", err, len(files))
	}
	slices.Sort(files)
	lockPath := "testdata/golden/version.json"
	var lock goldenLock
	if data, err := os.ReadFile(lockPath); err == nil {
		if err := json.Unmarshal(data, &lock); err != nil {
			t.Fatal(err)
		}
	}
	sum := sha256.New()
	cases := make([]goldenCase, len(files))
	outputs := make([][]byte, len(files))
	changed := 0
	for i, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &cases[i]); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		outputs[i] = goldenOutput(t, tagger, cases[i])
		sum.Write(outputs[i])
		var want bytes.Buffer
		if err := json.Compact(&want, cases[i].Expected); err != nil || want.String() != string(outputs[i]) {
			changed++
			if !*update {
				t.Errorf("%s changed (-expected +got):\n%s", path, cmp.Diff(decodeAny(want.Bytes()), decodeAny(outputs[i])))
			}
		}
	}
	got := goldenLock{Version, hex.EncodeToString(sum.Sum(nil))}
	if !*update {
		if got != lock {
			t.Errorf("outputs of version %s hash to %s, locked are %+v: raise Version, then -update", Version, got.SHA256, lock)
		}
		return
	}
	if err := lock.mayRewrite(Version, changed); err != nil {
		t.Fatal(err)
	}
	for i, path := range files {
		cases[i].Expected = outputs[i]
		writeJSON(t, path, cases[i])
	}
	writeJSON(t, lockPath, got)
}

func goldenOutput(t *testing.T, tagger *Tagger, c goldenCase) []byte {
	t.Helper()
	at := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	raw, err := posting.NewRaw(posting.NewRun(c.Source, c.Board, c.Company, posting.ProofFull, at, at), "1", c.Record)
	if err != nil {
		t.Fatal(err)
	}
	p, err := tagger.Enrich(raw)
	if err != nil {
		t.Fatal(err)
	}
	m, err := posting.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := posting.Decode(m.Type, m.Data); err != nil {
		t.Error(err)
	}
	return m.Data
}

func decodeAny(data []byte) any {
	var v any
	if json.Unmarshal(data, &v) != nil {
		return string(data)
	}
	return v
}

func writeJSON(t *testing.T, path string, v any) {
	t.Helper()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
