package bustest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
)

func boardState(n int, version string) bus.BoardState {
	s := bus.BoardState{Normaliser: version, Hashes: make(map[string]string, n)}
	for i := range n {
		id := fmt.Sprintf("%08d-%s", i, version)
		s.Hashes[id] = posting.ID("s", "b", id) + posting.ID("s", "c", id)
	}
	return s
}

func board(t *testing.T, b *bus.Bus, source, name string) bus.BoardState {
	t.Helper()
	s, err := b.Board(t.Context(), source, name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// replace makes a change that forgets the state there is.
func replace(s bus.BoardState) func(bus.BoardState) bus.BoardState {
	return func(bus.BoardState) bus.BoardState { return s }
}

func putBoard(t *testing.T, b *bus.Bus, source, name string, s bus.BoardState) {
	t.Helper()
	if err := b.UpdateBoard(t.Context(), source, name, replace(s)); err != nil {
		t.Fatal(err)
	}
}

// keys are the subjects the bucket's stream holds.
func keys(t *testing.T, b *bus.Bus) (jetstream.Stream, []string) {
	t.Helper()
	nc, err := nats.Connect(b.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), "KV_BOARD")
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(">"))
	if err != nil {
		t.Fatal(err)
	}
	return stream, slices.Sorted(maps.Keys(info.State.Subjects))
}

func testBoardLarge(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	want := boardState(100_000, "n1")
	putBoard(t, b, "greenhouse", "large", want)
	if got := board(t, b, "greenhouse", "large"); !cmp.Equal(want, got) {
		t.Errorf("read back %d hashes", len(got.Hashes))
	}
}

func testBoardReplace(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	names := []string{"acme", "acme.io", "acme io", "acme%20io", "*", ">", "", "head", "\x00ü"}
	for i, name := range names {
		if got := board(t, b, "lever", name); got.Hashes != nil || got.Normaliser != "" {
			t.Errorf("board %q before it was stored: %+v", name, got)
		}
		putBoard(t, b, "lever", name, boardState(20_000, "old"))
		putBoard(t, b, "lever", name, boardState(i, "new"))
	}
	for i, name := range names {
		if diff := cmp.Diff(boardState(i, "new"), board(t, b, "lever", name)); diff != "" {
			t.Errorf("board %q (-want +got):\n%s", name, diff)
		}
	}
	if _, got := keys(t, b); len(got) != 2*len(names) {
		t.Errorf("%d boards of one part take %d keys: %v", len(names), len(got), got)
	}
}

func testBoardDamaged(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	putBoard(t, b, "lever", "acme", boardState(20_000, "n1"))
	stream, all := keys(t, b)
	part := all[slices.IndexFunc(all, func(k string) bool { return strings.Contains(k, ".part.") })]
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSubject(part)); err != nil {
		t.Fatal(err)
	}
	if got := board(t, b, "lever", "acme"); got.Hashes != nil {
		t.Errorf("a board without one of its parts has %d hashes", len(got.Hashes))
	}
	putBoard(t, b, "lever", "acme", boardState(3, "n2"))
	if diff := cmp.Diff(boardState(3, "n2"), board(t, b, "lever", "acme")); diff != "" {
		t.Errorf("stored anew (-want +got):\n%s", diff)
	}
}

func testBoardRace(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	other := open(t, bus.Config{URL: b.ClientURL()})
	putBoard(t, b, "lever", "acme", boardState(5000, "v0"))
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			by := []*bus.Bus{b, other}[i%2]
			if err := by.UpdateBoard(context.Background(), "lever", "acme", replace(boardState(5000, fmt.Sprint("v", i)))); err != nil {
				t.Error(err)
			}
		})
	}
	writers.Go(func() {
		for range 20 {
			if s, err := other.Board(context.Background(), "lever", "acme"); err != nil || len(s.Hashes) != 5000 {
				t.Errorf("read between writes: %d hashes, %v", len(s.Hashes), err)
			}
		}
	})
	writers.Wait()
	if got := board(t, b, "lever", "acme"); len(got.Hashes) != 5000 {
		t.Errorf("%d hashes after the writes", len(got.Hashes))
	}
}
