package markettest_test

import (
	"testing"
	"time"

	"github.com/rolescope/rolescope/internal/market"
)

// testEvents: what mars the record leaves no false opening and no false closing. Each event is looked
// at by itself, and has to have had something to spoil.
func testEvents(t *testing.T, f filled) {
	byPosting := map[string]spell{} // from the first opening to the last closing
	for _, s := range spells(t, f) {
		if old, ok := byPosting[s.PostingID]; ok {
			if old.Number > s.Number {
				old, s = s, old
			}
			s.Opened, s.Censored = old.Opened, old.Censored
		}
		byPosting[s.PostingID] = s
	}
	opened := func(s spell, from, to time.Time) bool { return !s.Opened.Before(from) && s.Opened.Before(to) }
	closed := func(s spell, from, to time.Time) bool {
		return s.Closed != nil && !s.Closed.Before(from) && s.Closed.Before(to)
	}
	// on calls look for each advert of the board of a rank, and returns how many there were.
	on := func(rank int, look func(market.Life, spell)) {
		for id, l := range f.lives {
			if l.Advert.Board == f.Boards()[rank].Key.Board {
				look(l, byPosting[id])
			}
		}
	}
	for _, o := range f.Script().Outages {
		from, to := f.Week(o.Week), f.Week(o.Week+o.Weeks)
		name := map[int]string{500: "outage", 200: "an empty answer"}[o.Status]
		throughout := 0
		on(o.Rank, func(l market.Life, s spell) {
			if opened(s, from, to) || closed(s, from, to) {
				t.Errorf("%s: %s opened %s, closed %v while nothing could be seen", name, l.Advert.Title, s.Opened, s.Closed)
			}
			if l.First().Before(from) && l.Last().After(to) && len(l.Stays) == 1 {
				throughout++
				if closed(s, from, to.AddDate(0, 0, 7)) {
					t.Errorf("%s: %s closed %v, but was there before and after", name, l.Advert.Title, s.Closed)
				}
			}
		})
		if throughout == 0 {
			t.Errorf("%s: no advert was open before and after", name)
		}
	}
	for _, j := range f.Script().Joins {
		backlog, later := 0, 0
		on(j.Rank, func(l market.Life, s spell) {
			first := s.Opened.Before(f.Week(j.Week + 1))
			switch {
			case s.Opened.Before(f.Week(j.Week)):
				t.Errorf("new board: %s was seen before the board was", l.Advert.Title)
			case first != s.Censored:
				t.Errorf("new board: %s, opened %s, censored %t", l.Advert.Title, s.Opened, s.Censored)
			case first:
				backlog++
			default:
				later++
			}
		})
		if backlog == 0 || later == 0 {
			t.Errorf("new board: %d adverts at first, %d later", backlog, later)
		}
	}
	for _, p := range f.Script().MassPosts {
		jobs, adverts := map[int]bool{}, 0
		on(p.Rank, func(l market.Life, s spell) {
			if l.Advert.Event != "mass post" || l.Advert.Repost {
				return
			}
			adverts++
			jobs[l.Advert.Vacancy] = true
			if !opened(s, f.Week(p.Week), f.Week(p.Week+3)) {
				t.Errorf("mass post: %s opened %s", l.Advert.Title, s.Opened)
			}
		})
		if adverts < p.Adverts*9/10 || adverts > p.Adverts || len(jobs) > p.Jobs {
			t.Errorf("mass post: %d adverts of %d jobs seen, want almost %d of %d", adverts, len(jobs), p.Adverts, p.Jobs)
		}
	}
	testDecember(t, f, byPosting)
	testFlaps(t, f, byPosting)
	testDoubts(t, f)
}

// run is a row of v_runs.
type run struct {
	Board    string    `ch:"board"`
	Observed time.Time `ch:"observed_at"`
	Outcome  string    `ch:"outcome"`
	Complete bool      `ch:"complete"`
	Listed   uint32    `ch:"listed"`
	Closed   int32     `ch:"closed"`
	Reopened int32     `ch:"reopened"`
	Suspect  bool      `ch:"suspect"`
}

// testDoubts: what lists a part of a board, or almost nothing for once, closes nothing.
func testDoubts(t *testing.T, f filled) {
	var runs []run
	const q = "SELECT board, observed_at, toString(outcome) AS outcome, complete, toUInt32(listed) AS listed, closed, reopened, suspect FROM v_runs ORDER BY observed_at"
	if err := (asker{f.store}).Select(t.Context(), &runs, q, nil); err != nil {
		t.Fatal(err)
	}
	in := func(rank, week, weeks int) (out []run) {
		for _, r := range runs {
			if r.Board == f.Boards()[rank].Key.Board && !r.Observed.Before(f.Week(week)) && r.Observed.Before(f.Week(week+weeks)) {
				out = append(out, r)
			}
		}
		return out
	}
	for _, p := range f.Script().Partials {
		rows := in(p.Rank, p.Week, p.Weeks)
		for _, r := range rows {
			if r.Outcome != "partial" || r.Complete || r.Closed != 0 || r.Suspect || r.Listed == 0 {
				t.Errorf("a part of a board: %+v", r)
			}
		}
		if len(rows) != p.Weeks {
			t.Errorf("%d runs in %d weeks of a part of a board", len(rows), p.Weeks)
		}
		// By chance a market may have none; the small ones of CI are chosen to have some.
		hidden := f.hidden(p.Rank, p.Week, p.Weeks)
		t.Logf("%d adverts were there before and after and hidden by a part", hidden)
		if hidden < 3 && f.Config().Employers < 20 {
			t.Errorf("%d are too few to prove anything", hidden)
		}
	}
	for _, v := range f.Script().Vanishings {
		rows := in(v.Rank, v.Week, 1)
		if len(rows) != 1 || !rows[0].Suspect || rows[0].Closed != 0 {
			t.Errorf("a board of which most was gone for once: %+v", rows)
		}
		if hidden := f.hidden(v.Rank, v.Week, 1); hidden < 3 {
			t.Errorf("%d adverts were gone for once: too few to prove anything", hidden)
		}
	}
}

// hidden counts the adverts that stood on a board throughout some weeks, were seen before and after in
// one stay, and were not listed in one of them.
func (f filled) hidden(rank, week, weeks int) int {
	n, from, to := 0, f.Week(week), f.Week(week+weeks)
	b := f.Boards()[rank]
	listed := map[string]int{}
	for w := range weeks {
		_, listing := f.Listing(b.Key, from.AddDate(0, 0, 7*w).Add(5*time.Hour), "")
		for _, w := range listing {
			listed[w.ID()]++
		}
	}
	for _, l := range f.lives {
		if l.Advert.Board == b.Key.Board && len(l.Stays) == 1 && l.First().Before(from) && l.Last().After(to) && listed[l.Advert.ID] < weeks {
			n++
		}
	}
	return n
}

// testDecember: fewer jobs open in December, and each opening and closing seen then happened since the
// crawl before.
func testDecember(t *testing.T, f filled, byPosting map[string]spell) {
	openings := map[time.Month]int{}
	for id, l := range f.lives {
		s := byPosting[id]
		if !s.Censored {
			openings[s.Opened.AddDate(0, 0, -7).Month()]++ // what a crawl sees was opened in the week before
		}
		before := func(at time.Time) time.Time { // the crawl before one
			var last time.Time
			for _, c := range f.sent.Seen[market.Key{Source: l.Advert.Source, Board: l.Advert.Board}] {
				if c.Before(at) {
					last = c
				}
			}
			return last
		}
		stands := l.Advert.Listed
		if s.Opened.Month() == time.December && !s.Censored {
			if from := stands[0].From; from.After(s.Opened) || from.Before(before(s.Opened)) {
				t.Errorf("December: %s opened %s, but advertised since %s", l.Advert.Title, s.Opened, from)
			}
		}
		if s.Closed != nil && s.Closed.Month() == time.December {
			if to := stands[len(stands)-1].To; to.After(*s.Closed) || to.Before(before(*s.Closed)) {
				t.Errorf("December: %s closed %s, but stood until %s", l.Advert.Title, s.Closed, to)
			}
		}
	}
	if openings[time.December] == 0 || 4*openings[time.December] > 3*openings[time.November] {
		t.Errorf("December: %d openings after %d in November: no dip to be seen", openings[time.December], openings[time.November])
	}
}

// testFlaps: adverts that vanish for one crawl are not closed by it.
func testFlaps(t *testing.T, f filled, byPosting map[string]spell) {
	flaps := 0
	for id, l := range f.lives {
		gaps := l.Advert.Listed
		if len(gaps) == 1 || len(l.Stays) > 1 {
			continue
		}
		flaps++
		if s := byPosting[id]; s.Number != 1 || s.Last.Before(gaps[1].From) || s.Opened.After(gaps[0].To) {
			t.Errorf("flap: %s was there from %s, away from %s to %s; its spell is %s to %s", l.Advert.Title, gaps[0].From, gaps[0].To, gaps[1].From, s.Opened, s.Last)
		}
	}
	if flaps == 0 {
		t.Error("flap: no advert vanished")
	}
}
