package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/ingest/source"
	"github.com/rolescope/rolescope/posting"
)

// outbox keeps what was published, in order, as the bus would take it.
type outbox struct {
	raws   []posting.Raw
	dead   []posting.Dead
	runs   []posting.Run
	slots  []posting.Slot
	log    []string
	failAt int // the call that fails, 1-based; 0 for none
	calls  int
}

var errDown = errors.New("the server is away")

// unpublished are the postings that a run lists with a version nobody published.
func (o *outbox) unpublished() (ids []string) {
	published := map[string]bool{}
	for _, r := range o.raws {
		published[r.Record.ExternalID+r.ContentHash] = true
	}
	for _, run := range o.runs {
		for _, l := range run.Listing {
			if !published[l.ExternalID+l.ContentHash] {
				ids = append(ids, l.ExternalID)
			}
		}
	}
	return ids
}

func (o *outbox) called() error {
	if o.calls++; o.calls == o.failAt {
		return errDown
	}
	return nil
}

func (o *outbox) Publish(_ context.Context, values ...any) error {
	if err := o.called(); err != nil {
		return err
	}
	for _, v := range values {
		m, err := posting.Encode(v)
		if err != nil {
			return err
		}
		decoded, err := posting.Decode(m.Type, m.Data)
		if err != nil {
			return err
		}
		switch v := decoded.(type) {
		case posting.Raw:
			o.raws = append(o.raws, v)
		case posting.Run:
			o.runs = append(o.runs, v)
		case posting.Slot:
			o.slots = append(o.slots, v)
		}
		o.log = append(o.log, m.Type+" "+m.ID)
	}
	return nil
}

func (o *outbox) Bury(_ context.Context, letters ...posting.Dead) error {
	if err := o.called(); err != nil {
		return err
	}
	for _, d := range letters {
		m, err := posting.Encode(d)
		if err != nil {
			return err
		}
		o.dead = append(o.dead, d)
		o.log = append(o.log, m.Type+" "+m.ID)
	}
	return nil
}

func newRun() posting.Run {
	return posting.NewRun("greenhouse", "quill", "", posting.ProofFull, observed, observed)
}

func board(t testing.TB, payload string) source.Board {
	t.Helper()
	b, err := source.Greenhouse{}.Parse([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func emit(t testing.TB, run posting.Run, b source.Board, known map[string]string) (*outbox, Summary) {
	t.Helper()
	to := &outbox{}
	sum, err := Emitter{}.Emit(t.Context(), to, run, b, known)
	if err != nil {
		t.Fatal(err)
	}
	return to, sum
}

func TestEmitOutcome(t *testing.T) {
	t.Parallel()
	a, b := `{"id":1,"title":"A"}`, `{"id":2,"title":"B"}`
	for _, c := range []struct {
		name, jobs, meta string
		asserted         bool
		outcome          posting.Outcome
		complete         bool
		listed, rejected int
	}{
		{"whole", a + `,` + b, `{"total":2}`, false, posting.OutcomeOK, true, 2, 0},
		{"a posting said twice is one", a + `,` + a + `,` + a, `{"total":3}`, false, posting.OutcomePartial, false, 1, 0},
		{"beside the rest of the board", a + `,` + a + `,` + b, `{"total":2}`, false, posting.OutcomeOK, true, 2, 0},
		{"asserted", a + `,` + b, `{}`, true, posting.OutcomeOK, true, 2, 0},
		{"not proven", a, `{}`, false, posting.OutcomeOK, false, 1, 0},
		{"cut short", a, `{"total":2}`, false, posting.OutcomePartial, false, 1, 0},
		{"asserted but cut short", a, `{"total":2}`, true, posting.OutcomePartial, false, 1, 0},
		{"more than it says", a + `,` + b, `{"total":1}`, true, posting.OutcomeOK, false, 2, 0},
		{"empty", ``, `{"total":0}`, false, posting.OutcomeEmpty, true, 0, 0},
		{"empty, not proven", ``, `{}`, false, posting.OutcomeEmpty, false, 0, 0},
		{"a posting without an id", a + `,{"title":"C"}`, `{"total":2}`, true, posting.OutcomePartial, false, 1, 1},
		{"a bad posting with an id", a + `,{"id":3,"title":[]}`, `{"total":2}`, false, posting.OutcomeOK, true, 2, 1},
		{"only bad postings", `{"id":3,"title":[]}`, `{"total":1}`, false, posting.OutcomeOK, true, 1, 1},
		{"two postings with one id", a + `,{"id":1,"title":"C"}`, `{"total":2}`, false, posting.OutcomePartial, false, 1, 1},
		{"two postings with one id, one bad", a + `,{"id":1,"title":[]}`, `{"total":2}`, false, posting.OutcomePartial, false, 1, 1},
	} {
		run := newRun()
		run.Complete = c.asserted
		to, sum := emit(t, run, board(t, `{"jobs":[`+c.jobs+`],"meta":`+c.meta+`}`), nil)
		if len(to.runs) != 1 {
			t.Errorf("%s: %d runs", c.name, len(to.runs))
			continue
		}
		got := to.runs[0]
		if got.Outcome != c.outcome || got.Complete != c.complete || len(got.Listing) != c.listed || got.Rejected != c.rejected {
			t.Errorf("%s: outcome %s, complete %v, listed %d, rejected %d", c.name, got.Outcome, got.Complete, len(got.Listing), got.Rejected)
		}
		if sum.Listed != c.listed || sum.Rejected != c.rejected || sum.Published != len(to.raws) || len(to.dead) != c.rejected {
			t.Errorf("%s: summary %+v, %d dead", c.name, sum, len(to.dead))
		}
		if sum.Run.Outcome != c.outcome || sum.Run.Listing != nil || sum.Run.Digest != got.Digest {
			t.Errorf("%s: the summary's run %+v", c.name, sum.Run)
		}
	}
}

// TestEmitAccounts checks the identity that `rolescope verify` rests on: every listed version is a
// raw posting or a dead letter with its id and hash.
func TestEmitAccounts(t *testing.T) {
	t.Parallel()
	huge, err := json.Marshal(strings.Repeat("long text ", posting.MessageBytesMax/8))
	if err != nil {
		t.Fatal(err)
	}
	b := board(t, `{"jobs":[{"id":2,"title":"B","content":`+string(huge)+`},{"id":1,"title":"A"},{"id":3,"title":7},{"title":"no id"},{"id":1,"title":"A2"}]}`)
	to, sum := emit(t, newRun(), b, nil)
	found := map[string]bool{}
	for _, r := range to.raws {
		found[r.PostingID+r.ContentHash] = true
	}
	for _, d := range to.dead {
		found[d.PostingID+d.ContentHash] = true
		if len(d.Head) > source.HeadBytesMax || d.Head == "" || d.Size == 0 || len(d.SHA256) != 64 || d.Body != nil || d.ID == "" || d.Reason == "" {
			t.Errorf("dead letter: %+v", d)
		}
		if d.RunID != to.runs[0].ID || !d.FailedAt.Equal(observed) || d.Source != "greenhouse" || d.Board != "quill" || d.Stage != Stage {
			t.Errorf("dead letter does not say where it comes from: %+v", d)
		}
	}
	for _, l := range to.runs[0].Listing {
		if !found[posting.ID("greenhouse", "quill", l.ExternalID)+l.ContentHash] {
			t.Errorf("listed %s is neither published nor dead", l.ExternalID)
		}
	}
	if sum.Listed != 3 || sum.TooLarge != 1 || sum.Rejected != 3 || sum.Published != 1 || len(to.dead) != 4 {
		t.Errorf("summary %+v, %d dead", sum, len(to.dead))
	}
	if to.runs[0].Rejected != 4 {
		t.Errorf("the run says %d were rejected, want 4", to.runs[0].Rejected)
	}
	if note := to.runs[0].Note; !strings.Contains(note, "1 over the cap of 524288 bytes for one message") || !strings.Contains(note, "1 duplicate id") || !strings.Contains(note, "1 posting without an id") {
		t.Errorf("note %q", note)
	}
	// Known or not, what is too large is so: the same run says the same, and buries nothing again.
	known := map[string]string{}
	for _, l := range to.runs[0].Listing {
		known[l.ExternalID] = l.ContentHash
	}
	again, _ := emit(t, newRun(), b, known)
	if diff := cmp.Diff(to.runs, again.runs); diff != "" || len(again.raws) > 0 {
		t.Errorf("%d sent again; the run depends on what was known:\n%s", len(again.raws), diff)
	}
	// The run comes last, when all it names is durable.
	for i, entry := range to.log {
		if strings.HasPrefix(entry, posting.TypeRun) != (i == len(to.log)-1) {
			t.Errorf("published in the order %q", to.log)
		}
	}
}

func TestEmitChangedOnly(t *testing.T) {
	t.Parallel()
	b := board(t, `{"jobs":[{"id":1,"title":"A"},{"id":2,"title":"B"},{"id":3,"title":7}],"meta":{"total":3}}`)
	first, _ := emit(t, newRun(), b, nil)
	known := map[string]string{"9": "gone"}
	for _, l := range first.runs[0].Listing {
		known[l.ExternalID] = l.ContentHash
	}
	again, sum := emit(t, newRun(), b, known)
	if len(again.raws) != 0 || len(again.dead) != 0 || sum.Unchanged != 2 || sum.Listed != 3 {
		t.Errorf("nothing changed, but %d sent, %d buried: %+v", len(again.raws), len(again.dead), sum)
	}
	if diff := cmp.Diff(first.runs, again.runs); diff != "" {
		t.Errorf("the run depends on what was known:\n%s", diff)
	}
	b = board(t, `{"jobs":[{"id":1,"title":"A"},{"id":2,"title":"B+"},{"id":4,"title":"D"}],"meta":{"total":3}}`)
	changed, sum := emit(t, newRun(), b, known)
	if len(changed.raws) != 2 || sum.Unchanged != 1 || sum.Listed != 3 {
		t.Errorf("one edited and one new: %d sent, %+v", len(changed.raws), sum)
	}
}

func TestEmitChunks(t *testing.T) {
	t.Parallel()
	var jobs []string
	for i := 1; i <= 3000; i++ {
		jobs = append(jobs, fmt.Sprintf(`{"id":%d,"title":"Job %d"}`, i, i))
	}
	b := board(t, `{"jobs":[`+strings.Join(jobs, ",")+`],"meta":{"total":3000}}`)
	to, sum := emit(t, newRun(), b, nil)
	listed := 0
	for i, part := range to.runs {
		listed += len(part.Listing)
		if part.Part != i || part.Parts != len(to.runs) || part.Digest != sum.Run.Digest {
			t.Errorf("part %d: %d of %d", i, part.Part, part.Parts)
		}
	}
	if len(to.raws) != 3000 || listed != 3000 || len(to.runs) < 2 || sum.Run.Parts != len(to.runs) {
		t.Errorf("%d sent, %d listed in %d parts", len(to.raws), listed, len(to.runs))
	}
	other, _ := emit(t, newRun(), b, nil)
	if diff := cmp.Diff(to.log, other.log); diff != "" {
		t.Errorf("not the same messages twice:\n%s", diff)
	}
}

// TestEmitStops lets every call of the publisher fail in turn: no run is published before all of
// its postings are durable.
func TestEmitStops(t *testing.T) {
	t.Parallel()
	b := board(t, `{"jobs":[{"id":1,"title":"A"},{"title":"no id"}]}`)
	for failAt := 1; failAt <= 3; failAt++ {
		to := &outbox{failAt: failAt}
		if _, err := (Emitter{}).Emit(t.Context(), to, newRun(), b, nil); !errors.Is(err, errDown) {
			t.Errorf("call %d fails: %v", failAt, err)
		}
		if len(to.runs) != 0 || to.calls != failAt {
			t.Errorf("call %d fails: %d runs after %d calls", failAt, len(to.runs), to.calls)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	to := &outbox{}
	if _, err := (Emitter{}).Emit(ctx, to, newRun(), b, nil); !errors.Is(err, context.Canceled) || to.calls != 0 {
		t.Errorf("cancelled: %v after %d calls", err, to.calls)
	}
}

// TestSizeAtMost checks the bound that decides which records are encoded to see their size.
func TestSizeAtMost(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("\x01\u2028<\"", 500)
	yes := true
	rec := posting.Record{
		ExternalID: text, Title: text, Company: text, Description: text, Department: text, Team: text, Remote: &yes,
		Workplace: text, Employment: text, Language: text, URL: text, Requisition: text, PostedAt: observed, ValidUntil: observed,
		Places: []posting.Place{{Text: text, City: text, Region: text, Country: text}},
		Pay:    []posting.Pay{{Min: 1e300, Max: 1e300, Currency: text, Interval: text, Text: text}}, Extra: json.RawMessage(`{"a":1}`),
	}
	raw, err := posting.NewRaw(newRun(), source.NormaliserVersion, rec)
	if err != nil {
		t.Fatal(err)
	}
	m, err := posting.Encode(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Data) > sizeAtMost(rec) {
		t.Errorf("encoded %d bytes, bound %d", len(m.Data), sizeAtMost(rec))
	}
}
