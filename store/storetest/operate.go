package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/store"
)

// testVerify: what is not stored is named, unless it is dead or in flight.
func testVerify(t *testing.T, open Open) {
	s := activated(t, open(t))
	w := NewWorld("verify", 11)
	var held []posting.Raw // neither archived nor tagged
	for i, raw := range w.Raws {
		if len(held) < 3 && listed(w, raw) {
			held = append(held, raw)
			continue
		}
		mustWrite(t, s, raw, w.Postings[i])
	}
	for _, r := range w.Runs {
		mustWrite(t, s, r)
	}
	all := uint64(len(w.ListedVersions()))
	check := func(what string, inFlight func(context.Context) (map[string]bool, error), stored, dead, pending, missing uint64) store.VerifyReport {
		t.Helper()
		r, err := s.Verify(t.Context(), inFlight)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got := []uint64{r.Listed, r.Stored, r.Dead, r.Pending, r.Missing, r.SpellsDiffer, r.IncompleteRuns}
		if diff := cmp.Diff([]uint64{all, stored, dead, pending, missing, 0, 0}, got); diff != "" {
			t.Errorf("%s: listed stored dead pending missing spells incomplete (-want +got):\n%s", what, diff)
		}
		if (missing == 0) != r.OK() {
			t.Errorf("%s: OK is %v", what, r.OK())
		}
		return r
	}
	report := check("three held back", nil, all-3, 0, 0, 3)
	named := map[string]bool{}
	for _, m := range report.MissingList {
		named[store.Key(m.PostingID, m.ContentHash)] = true
		if len(m.Lacks) != 4 || m.Source != w.Source || m.ExternalID == "" {
			t.Errorf("%+v does not say what it lacks", m)
		}
	}
	for _, raw := range held {
		if !named[store.Key(raw.PostingID, raw.ContentHash)] {
			t.Errorf("%s is not named", raw.PostingID)
		}
	}
	one := func(context.Context) (map[string]bool, error) {
		return map[string]bool{store.Key(held[0].PostingID, held[0].ContentHash): true}, nil
	}
	check("one in flight", one, all-3, 0, 1, 2)
	letter := posting.Dead{
		ID: posting.DeadID("enrich", held[1].ID), Stage: "enrich", Origin: held[1].ID, Reason: "odd", FailedAt: worldStart,
		Source: held[1].Source, Board: held[1].Board, PostingID: held[1].PostingID, ContentHash: held[1].ContentHash,
	}
	mustWrite(t, s, letter)
	check("one dead", one, all-3, 1, 1, 1)
	if err := s.MarkDead(t.Context(), []string{letter.ID}, store.StateRetried, worldStart.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	check("retried and lost", one, all-3, 0, 1, 2)
	for _, raw := range held {
		mustWrite(t, s, raw, Tag(raw, w.Name))
	}
	check("all stored", nil, all, 0, 0, 0)
	_, err := s.Verify(t.Context(), func(context.Context) (map[string]bool, error) { return nil, io.EOF })
	if err != nil {
		t.Errorf("the streams were asked although nothing is missing: %v", err)
	}
}

func listed(w World, raw posting.Raw) bool {
	for _, v := range w.ListedVersions() {
		if v == store.Key(raw.PostingID, raw.ContentHash) {
			return true
		}
	}
	return false
}

func testEmpty(t *testing.T, open Open) {
	s := open(t)
	r, err := s.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() || r.Listed != 0 {
		t.Errorf("%+v", r)
	}
	for _, err := range s.Write(t.Context(), nil) {
		t.Error(err)
	}
	for _, view := range []string{"v_postings", "v_spells", "v_runs", "v_posting_skills", "v_vacancies", "v_role_skill_month", "v_dead"} {
		if got := tsv(t, s, "SELECT count() FROM "+view+" FORMAT TSV"); got != "0\n" {
			t.Errorf("%s: %s rows", view, got)
		}
	}
}

func testDead(t *testing.T, open Open) {
	s := open(t)
	letter := posting.Dead{
		ID: posting.DeadID("sink", "m1"), Stage: "sink", Origin: "m1", Subject: "posting.lever.acme", Type: posting.TypePosting,
		Reason: "title too long", Size: 3, SHA256: "aa", Head: "\x00\xff{", Body: []byte("\x00\xff{"), FailedAt: worldStart,
		Source: "lever", Board: "acme", PostingID: "p", ContentHash: "h", RunID: "r",
	}
	other := posting.Dead{ID: posting.DeadID("enrich", "m2"), Stage: "enrich", Origin: "m2", FailedAt: worldStart.Add(time.Minute)}
	mustWrite(t, s, letter, other)
	mustWrite(t, s, letter)
	find := func(f store.DeadFilter) []string {
		t.Helper()
		letters, err := s.Dead(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, l := range letters {
			out = append(out, l.Origin+" "+l.State)
		}
		return out
	}
	expect := func(f store.DeadFilter, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, find(f), cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", f, diff)
		}
	}
	expect(store.DeadFilter{}, "m2 open", "m1 open")
	expect(store.DeadFilter{Limit: 1}, "m2 open")
	expect(store.DeadFilter{Stage: "sink"}, "m1 open")
	expect(store.DeadFilter{Board: "acme", Source: "lever", State: store.StateOpen}, "m1 open")
	got, err := s.DeadByID(t.Context(), letter.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(letter, got.Dead); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := s.DeadByID(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if err := s.MarkDead(t.Context(), []string{letter.ID}, store.StateRetried, worldStart.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	expect(store.DeadFilter{State: store.StateRetried}, "m1 retried")
	mustWrite(t, s, letter) // a late redelivery of the same failure decides nothing
	expect(store.DeadFilter{State: store.StateRetried}, "m1 retried")
	letter.FailedAt = worldStart.Add(2 * time.Hour)
	mustWrite(t, s, letter)
	expect(store.DeadFilter{State: store.StateOpen, Stage: "sink"}, "m1 open")
	if err := s.MarkDead(t.Context(), []string{letter.ID, other.ID}, store.StateDropped, worldStart.Add(3*time.Hour)); err != nil {
		t.Fatal(err)
	}
	expect(store.DeadFilter{State: store.StateDropped}, "m1 dropped", "m2 dropped")
	ahead := posting.Dead{ID: posting.DeadID("ingest", "m3"), Stage: "ingest", Origin: "m3", FailedAt: worldStart.AddDate(60, 0, 0)}
	mustWrite(t, s, ahead)
	expect(store.DeadFilter{State: store.StateOpen}, "m3 open")
	if err := s.MarkDead(t.Context(), []string{ahead.ID}, store.StateDropped, worldStart.AddDate(50, 0, 0)); err != nil {
		t.Fatal(err)
	}
	expect(store.DeadFilter{State: store.StateOpen})
	if err := s.MarkDead(t.Context(), []string{letter.ID}, "lost", worldStart); err == nil {
		t.Error("an unknown state is accepted")
	}
}

// oddValues are parameters that ClickHouse's escaped text form writes otherwise than they are.
func oddValues() []string {
	return []string{"a\nb", "\t", `\`, `\t`, `\N`, `it's "odd"`, "", "\r\n", "a\x00b", `{x:String}`}
}

func testRaw(t *testing.T, open Open) {
	s := activated(t, open(t))
	w := NewWorld("raw", 1)
	mustWrite(t, s, w.Messages()...)
	run := func(query, format string, params map[string]string) (string, error) {
		var out bytes.Buffer
		err := s.Raw(t.Context(), &out, query, format, params)
		return out.String(), err
	}
	for _, c := range []struct {
		query, format string
		params        map[string]string
		want          string
	}{
		{"SELECT 1 AS a", "CSVWithNames", nil, "\"a\"\n1\n"},
		{"SELECT 1 AS a FORMAT JSONEachRow", "CSV", nil, "{\"a\":1}\n"},
		{"SELECT 1 AS a format TSV ;\n", "CSV", nil, "1\n"},
		{"SELECT 1;", "CSV", nil, "1\n"},
		{"SELECT {x:String}", "TSVRaw", map[string]string{"x": "it's; FORMAT CSV"}, "it's; FORMAT CSV\n"},
	} {
		got, err := run(c.query, c.format, c.params)
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v; want %q", c.query, got, err, c.want)
		}
	}
	for _, value := range oddValues() {
		params := map[string]string{"x": value}
		if got, err := run("SELECT hex({x:String})", "TSVRaw", params); err != nil || got != fmt.Sprintf("%X\n", value) {
			t.Errorf("Raw of %q: got %q, %v", value, got, err)
		}
		var rows []struct {
			X string `ch:"x"`
		}
		if err := s.Ask(t.Context(), &rows, "SELECT {x:String} AS x", params); err != nil || len(rows) != 1 || rows[0].X != value {
			t.Errorf("Ask of %q: got %q, %v", value, rows, err)
		}
	}
	if got, err := run("SELECT {x:Array(String)}[2]", "TSVRaw", map[string]string{"x": "['a','b\tc']"}); err != nil || got != "b\tc\n" {
		t.Errorf("an array: got %q, %v", got, err)
	}
	if got, err := run("SELECT * FROM v_postings", "Parquet", nil); err != nil || !strings.HasPrefix(got, "PAR1") {
		t.Errorf("Parquet: %.20q, %v", got, err)
	}
	for query, want := range map[string]string{
		"SELECT nonsense FROM v_postings":   "nonsense",
		"SELEC 1":                           "SELEC",
		"DROP TABLE raw":                    "",
		"INSERT INTO raw (id) VALUES ('x')": "",
		"SELECT throwIf(number = 3000000, 'in the middle') FROM numbers(4000000)": "in the middle",
		"SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a Int8')":                 "",
		"ALTER TABLE raw DELETE WHERE 1":                                          "",
		"CREATE TABLE t (a Int8) ENGINE = Memory":                                 "",
	} {
		if got, err := run(query, "TSV", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %.40q, %v; want an error with %q", query, got, err, want)
		}
	}
	if got := tsv(t, s, "SELECT uniqExact(id) FROM raw FORMAT TSV"); got != fmt.Sprintf("%d\n", len(w.Raws)) {
		t.Errorf("%s raw versions are left of %d", got, len(w.Raws))
	}
}

func testStatus(t *testing.T, open Open) {
	s := activated(t, open(t))
	w := NewWorld("status", 4)
	mustWrite(t, s, w.Messages()...)
	mustWrite(t, s, posting.Dead{ID: "d", Stage: "sink", FailedAt: worldStart})
	st, err := s.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	current, spells := w.Current()
	live := 0
	for id := range current {
		if s := spells[id]; s[len(s)-1].ClosedAt.IsZero() {
			live++
		}
	}
	if st.Postings != uint64(len(current)) || st.Open != uint64(live) || st.TaggerVersion != Tagger || st.DeadOpen != 1 || st.ClickHouse == "" || st.Schema == 0 {
		t.Errorf("%+v; want %d postings, %d open", st, len(current), live)
	}
	boards := map[string]bool{}
	for _, r := range w.Runs {
		boards[r.Board] = true
	}
	if len(st.Boards) != len(boards) || len(st.Tables) < 10 {
		t.Errorf("%d boards, %d tables", len(st.Boards), len(st.Tables))
	}
}

// testBytes: texts come back byte for byte.
func testBytes(t *testing.T, open Open) {
	s := activated(t, open(t))
	w := NewWorld("bytes", 11)
	p := w.Postings[0]
	p.Description = "a\x00b\xff\xfe\n\nblank line; 'quote' \\ \t\r\n\n\U0001F600"
	p.Skills = nil
	mustWrite(t, s, p)
	var got []struct {
		Description string `ch:"description"`
	}
	if err := s.Select(t.Context(), &got, "SELECT description FROM posting_texts FINAL WHERE posting_id = ?", p.PostingID); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Description != p.Description {
		t.Errorf("got %q, want %q", got, p.Description)
	}
}

func testUnknown(t *testing.T, open Open) {
	s := open(t)
	good := posting.Dead{ID: "d", Stage: "sink", FailedAt: worldStart}
	undigested := posting.NewRun("s", "b", "", posting.ProofFull, time.Time{}, worldStart)
	big := NewWorld("big", 1).Postings[0]
	big.Salaries = []posting.Salary{{Min: 1e300, Currency: "USD", Period: "year"}}
	errs := s.Write(t.Context(), []any{"text", good, nil, posting.Slot{}, undigested, big})
	for i, want := range []bool{true, false, true, true, true, true} {
		if got := errors.Is(errs[i], posting.ErrInvalid); got != want || (!want && errs[i] != nil) {
			t.Errorf("row %d: %v", i, errs[i])
		}
	}
}
