package bustest

import (
	"testing"

	"github.com/rolescope/rolescope/bus"
	"github.com/rolescope/rolescope/posting"
)

// testReplay: what a replay leaves in its stream is neither waited for nor counted as on its way, and can
// be removed; its dead letter names the reading that failed, and is sent again to where new postings go.
func testReplay(t *testing.T, open Open) {
	b := open(t, bus.Config{})
	raws := Raws(t, 3, 10)
	if err := b.Replay(t.Context(), "t9", raws...); err != nil {
		t.Fatal(err)
	}
	Drained(t, b)
	if flying, err := b.InFlight(t.Context()); err != nil || len(flying) != 0 {
		t.Errorf("in flight: %v %v", flying, err)
	}
	if err := b.EmptyReplay(t.Context()); err != nil {
		t.Fatal(err)
	}
	letters, again := NewKeep(), NewKeep()
	Start(t, b, bus.Stage{Name: bus.StageBury, Handle: letters.Handle})
	Start(t, b, bus.Stage{Name: bus.StageReplay, Handle: fails(func(any) error { return posting.ErrInvalid })})
	if err := b.Replay(t.Context(), "t9", raws[1]); err != nil {
		t.Fatal(err)
	}
	got := letters.Wait(t, 1)
	letter, ok := got[0].(posting.Dead)
	if !ok || len(got) != 1 || letter.Stage != bus.StageReplay || letter.Origin != posting.TagID(raws[1].ID, "t9") || letter.PostingID != raws[1].PostingID {
		t.Fatalf("letters: %+v", got)
	}
	Start(t, b, bus.Stage{Name: bus.StageEnrich, Handle: again.Handle})
	if err := b.Retry(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	if v := again.Wait(t, 1); externalID(v[0]) != "1" {
		t.Errorf("sent again: %+v", v)
	}
}
