package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rolescope/rolescope/enrich"
)

// TestTagsOfTwoBuilds: this build and one whose tagger is compiled without optimisation give the same
// bytes, with 1, 2 and 8 workers and in any order. `go run ./internal/proof tags` is the same on
// 10,000 real postings.
func TestTagsOfTwoBuilds(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the program: runs without -short")
	}
	raws, err := benchMarket(300)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([][]byte, len(raws))
	for i, raw := range raws {
		in := tagInput{ID: raw.PostingID, Title: raw.Record.Title, Company: raw.Company, Description: raw.Record.Description}
		for _, p := range raw.Record.Places {
			in.Location = p.Text
		}
		if lines[i], err = json.Marshal(in); err != nil {
			t.Fatal(err)
		}
	}
	other := filepath.Join(t.TempDir(), "rolescope")
	if out, err := exec.Command("go", "build", "-gcflags=github.com/rolescope/rolescope/enrich/...=-N -l", "-o", other, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	tagger, err := enrich.New()
	if err != nil {
		t.Fatal(err)
	}
	builds := map[string]func(workers int, in []byte) ([]byte, error){
		"this": func(workers int, in []byte) ([]byte, error) {
			var out, errs bytes.Buffer
			a := &app{stdin: bytes.NewReader(in), stdout: &out, stderr: &errs}
			err := a.tag(t.Context(), tagger, workers, tagOptions{text: true})
			return out.Bytes(), err
		},
		"other": func(workers int, in []byte) ([]byte, error) {
			cmd := exec.CommandContext(t.Context(), other, "tag", "--text", "--workers", fmt.Sprint(workers))
			cmd.Stdin = bytes.NewReader(in)
			return cmd.Output()
		},
	}
	want := ""
	for _, build := range []string{"this", "other"} {
		for _, workers := range []int{1, 2, 8} {
			order := rand.New(rand.NewPCG(7, uint64(workers))).Perm(len(lines))
			var in bytes.Buffer
			for _, i := range order {
				in.Write(append(bytes.Clone(lines[i]), '\n'))
			}
			out, err := builds[build](workers, in.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			tagged := bytes.SplitAfter(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))
			if len(tagged) != len(lines) {
				t.Fatalf("%s build, %d workers: %d lines for %d postings", build, workers, len(tagged), len(lines))
			}
			sorted := make([][]byte, len(lines))
			for k, i := range order {
				sorted[i] = bytes.TrimSpace(tagged[k])
			}
			got := fmt.Sprintf("%x", sha256.Sum256(bytes.Join(sorted, []byte("\n"))))
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%s build, %d workers: other bytes", build, workers)
			}
		}
	}
}
