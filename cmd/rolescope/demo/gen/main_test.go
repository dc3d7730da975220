package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/cmd/rolescope/demo"
	"github.com/rolescope/rolescope/ingest"
	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// TestReproduced makes the files again: what is committed is what the generator writes.
func TestReproduced(t *testing.T) {
	t.Parallel()
	made, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	files, err := demo.Files()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(made) {
		t.Errorf("%d files committed, %d made", len(files), len(made))
	}
	size := 0
	for _, f := range files {
		size += len(f.Data)
		if !bytes.Equal(f.Data, made[f.Name]) {
			t.Errorf("%s is not what the generator writes; run go generate ./cmd/rolescope/demo", f.Name)
		}
	}
	if size > 1_500_000 {
		t.Errorf("%d bytes to carry in every binary", size)
	}
}

// snapshot is one board at one moment as the import reads it.
type snapshot struct {
	ingest.Snapshot
	kind  string
	board source.Board
}

func snapshots(t *testing.T) []snapshot {
	t.Helper()
	files, err := demo.Files()
	if err != nil {
		t.Fatal(err)
	}
	var out []snapshot
	for _, f := range files {
		src, err := source.ByKind(f.Kind)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), f.Name)
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := ingest.Open(path, ingest.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for s := range r.Snapshots(t.Context()) {
			b, err := s.Parse(src)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, snapshot{s, f.Kind, b})
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// nowhere is a publisher that drops everything.
type nowhere struct{ raws int }

func (n *nowhere) Publish(_ context.Context, values ...any) error {
	for _, v := range values {
		if _, ok := v.(posting.Raw); ok {
			n.raws++
		}
	}
	return nil
}

func (*nowhere) Bury(context.Context, ...posting.Dead) error { return nil }

func TestComplete(t *testing.T) {
	t.Parallel()
	boards, postings := map[string]int{}, map[string]bool{}
	for _, s := range snapshots(t) {
		boards[s.Board]++
		if len(s.board.Rejected)+len(s.board.Skipped) > 0 || len(s.board.Records) != s.board.Received || len(s.board.Records) < 5 {
			t.Errorf("%s at %s: %d of %d usable: %+v", s.Board, s.ObservedAt, len(s.board.Records), s.board.Received, s.board.Rejected)
		}
		src, err := source.ByKind(s.kind)
		if err != nil {
			t.Fatal(err)
		}
		run := posting.NewRun(s.kind, s.Board, s.Company, src.Proof(), s.ObservedAt, s.ObservedAt)
		run.Complete = true
		to := &nowhere{}
		sum, err := ingest.Emitter{}.Emit(t.Context(), to, run, s.board, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !sum.Run.Complete || sum.Run.Outcome != posting.OutcomeOK || to.raws != len(s.board.Records) || s.Company == "" {
			t.Errorf("%s at %s: %+v", s.Board, s.ObservedAt, sum)
		}
		for _, r := range s.board.Records {
			postings[posting.ID(s.kind, s.Board, r.ExternalID)] = true
			if r.PostedAt.IsZero() || r.PostedAt.After(s.ObservedAt) || len(r.Places) == 0 || r.Employment == "" || r.Workplace == "" || len(r.Description) < 800 {
				t.Errorf("%s %s: posted %s, %d places, employment %q, workplace %q, %d bytes of text",
					s.Board, r.Title, r.PostedAt, len(r.Places), r.Employment, r.Workplace, len(r.Description))
			}
			if strings.Contains(r.Description, "%P") || strings.Contains(r.Description, "%!") {
				t.Errorf("%s %s: unfilled text", s.Board, r.Title)
			}
		}
	}
	if len(boards) != 14 || len(postings) < 150 || len(postings) > 250 {
		t.Errorf("%d boards, %d postings", len(boards), len(postings))
	}
	for name, n := range boards {
		if n != len(moments) {
			t.Errorf("%s is recorded %d times", name, n)
		}
	}
	t.Logf("%d boards, %d postings", len(boards), len(postings))
}

// TestChange checks that there is something to see: postings open, close and change between the
// moments, skills drift, and the roles compared have enough employers for an interval.
func TestChange(t *testing.T) {
	t.Parallel()
	at := [2]map[string]posting.Record{{}, {}}
	employers := [2]map[string]map[string]bool{{}, {}}
	agents, modelling, paid, languages := [2]int{}, [2]int{}, 0, map[string]int{}
	core := []string{"Research Scientist", "Research Engineer", "Applied Scientist", "Machine Learning Engineer"}
	for _, s := range snapshots(t) {
		month := 0
		if s.ObservedAt.Equal(moments[1]) {
			month = 1
		}
		for _, r := range s.board.Records {
			at[month][s.Board+r.ExternalID] = r
			if len(r.Pay) > 0 || strings.Contains(r.Description, "pay-range") {
				paid++
			}
			for _, word := range []string{"Über uns", "À propos"} {
				if strings.Contains(r.Description, word) {
					languages[word]++
				}
			}
			for _, role := range core {
				if !strings.Contains(r.Title, role) {
					continue
				}
				if employers[month][role] == nil {
					employers[month][role] = map[string]bool{}
				}
				employers[month][role][s.Board] = true
				modelling[month]++
				if strings.Contains(r.Description, "LLM evaluation") {
					agents[month]++
				}
			}
		}
	}
	opened, closed, edited := 0, 0, 0
	for id, r := range at[1] {
		before, ok := at[0][id]
		switch {
		case !ok:
			opened++
		case hash(t, before) != hash(t, r):
			edited++
		}
	}
	for id := range at[0] {
		if _, ok := at[1][id]; !ok {
			closed++
		}
	}
	t.Logf("%d then, %d now; %d opened, %d closed, %d edited; %d with pay; LLM evaluation in %d of %d, then %d of %d",
		len(at[0]), len(at[1]), opened, closed, edited, paid, agents[0], modelling[0], agents[1], modelling[1])
	if opened < 15 || closed < 10 || edited < 30 || languages["Über uns"] != 2 || languages["À propos"] != 2 || paid < len(at[0]) {
		t.Errorf("too little to see: %d opened, %d closed, %d edited, %d with pay, languages %v", opened, closed, edited, paid, languages)
	}
	if agents[1]*modelling[0] < 2*agents[0]*modelling[1] {
		t.Errorf("no drift: LLM evaluation in %d of %d, then %d of %d", agents[0], modelling[0], agents[1], modelling[1])
	}
	for month := range employers {
		for _, role := range core {
			if n := len(employers[month][role]); n < 10 {
				t.Errorf("month %d: %s at %d employers, under the ten an interval needs", month, role, n)
			}
		}
	}
}

func hash(t *testing.T, r posting.Record) string {
	t.Helper()
	h, err := r.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return h
}
