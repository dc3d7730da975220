package markettest_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolescope/rolescope/internal/market"
)

// end is the first look that missed the advert, or the last that saw it while it stands.
func end(s market.Stay) (at time.Time, closed bool) {
	if s.Missed.IsZero() {
		return s.Last, false
	}
	return s.Missed, true
}

// bookMedians is the estimate as a textbook does it: one factor for each day on which adverts went, over
// those that were seen for as long.
func bookMedians(t *testing.T, f filled) []row {
	type life struct {
		days   int
		closed bool
	}
	lives := map[string][]life{}
	for _, l := range f.lives {
		for i, s := range l.Stays {
			if i == 0 && l.Censored {
				continue
			}
			at, closed := end(s)
			lives[l.Advert.Role] = append(lives[l.Advert.Role], life{days(s.First, at), closed})
		}
	}
	var out []row
	longer := 0
	for role, all := range lives {
		surviving, median, quarter := 1.0, any(nil), any(nil)
		var closed []float64
		for d := range 10_000 {
			gone, atRisk := 0, 0
			for _, l := range all {
				if l.days >= d {
					atRisk++
				}
				if l.closed && l.days == d {
					gone++
					closed = append(closed, float64(d))
				}
			}
			if gone == 0 {
				continue
			}
			surviving *= 1 - share(gone, atRisk)
			if median == nil && surviving <= 0.5+1e-9 {
				median = d
			}
			if quarter == nil && surviving <= 0.75+1e-9 {
				quarter = d
			}
		}
		naive := quantile(0.5, closed)
		if median != nil && naive != nil && float64(median.(int)) > naive.(float64) {
			longer++
		}
		out = append(out, row{
			"role": role, "spells": len(all), "closed": len(closed), "still_open": len(all) - len(closed),
			"median_days": median, "lower_quartile_days": quarter, "closed_only_days": naive,
		})
	}
	if longer == 0 {
		t.Error("leaving out open adverts shortened no median: nothing is shown")
	}
	return sorted(out, "role")
}

func bookKnown(_ *testing.T, f filled) []row {
	type tally struct {
		spells, whole, unfinished, unstarted int
		missing                              []float64 // days between the last sight of it and the first without it
	}
	by := map[market.Key]*tally{}
	for _, l := range f.lives {
		k := market.Key{Source: l.Advert.Source, Board: l.Advert.Board}
		if by[k] == nil {
			by[k] = &tally{}
		}
		for i, s := range l.Stays {
			n := by[k]
			n.spells++
			_, closed := end(s)
			if closed {
				n.missing = append(n.missing, float64(days(s.Last, s.Missed)))
			}
			switch {
			case i == 0 && l.Censored:
				n.unstarted++
			case closed:
				n.whole++
			default:
				n.unfinished++
			}
		}
	}
	var out []row
	for k, n := range by {
		out = append(out, row{
			"source": k.Source, "board": k.Board, "spells": n.spells, "whole": n.whole, "unfinished": n.unfinished, "unstarted": n.unstarted,
			"by_rule": 0, "precision_days": quantile(0.5, n.missing),
		})
	}
	return sorted(out, "source", "board")
}

func bookFlow(t *testing.T, f filled) []row {
	var out []row
	for m := monthOf(f.Crawls()[0]); !m.After(f.cut()); m = m.AddDate(0, 1, 0) {
		next := m.AddDate(0, 1, 0)
		in := func(at time.Time) bool { return !at.Before(m) && at.Before(next) }
		var start, found, opened, returned, closed, finish int
		for _, l := range f.lives {
			for i, s := range l.Stays {
				openAt := func(at time.Time) bool { return s.First.Before(at) && (s.Missed.IsZero() || !s.Missed.Before(at)) }
				if openAt(m) {
					start++
				}
				if openAt(next) {
					finish++
				}
				if !s.Missed.IsZero() && in(s.Missed) {
					closed++
				}
				switch {
				case !in(s.First):
				case i > 0:
					returned++
				case l.Censored:
					found++
				default:
					opened++
				}
			}
		}
		if start+found+opened+returned-closed != finish {
			t.Errorf("%s: the books do not balance", day(m))
		}
		out = append(out, row{"month": day(m), "open_at_start": start, "found": found, "opened": opened, "returned": returned, "closed": closed, "open_at_end": finish})
	}
	return out
}

func bookCameBack(_ *testing.T, f filled) []row {
	var out []row
	for id, l := range f.lives {
		for i, s := range l.Stays[1:] {
			gone := l.Stays[i].Missed
			out = append(out, row{
				"company": l.Advert.Company, "title": l.Advert.Title, "posting_id": id, "spell": i + 2,
				"gone_since": day(gone), "back_on": day(s.First), "days_away": days(gone, s.First),
			})
		}
	}
	return sorted(out, "company", "posting_id", "spell")
}

func bookReposts(t *testing.T, f filled) []row {
	var out []row
	for _, j := range f.jobs() {
		for _, later := range j.lives {
			var last *market.Life
			for _, l := range j.lives {
				gone := l.Stays[len(l.Stays)-1].Missed
				if l.Advert.City != later.Advert.City || l.Advert.ID == later.Advert.ID || gone.IsZero() || gone.After(later.First()) {
					continue
				}
				if last == nil || gone.After(last.Stays[len(last.Stays)-1].Missed) {
					last = &l
				}
			}
			if last == nil {
				continue
			}
			if !later.Advert.Repost {
				t.Errorf("%s advertises nothing again", later.Advert.Title)
			}
			gone := last.Stays[len(last.Stays)-1].Missed
			out = append(out, row{
				"company": later.Advert.Company, "title": later.Advert.Title, "earlier": idOf(last.Advert), "later": idOf(later.Advert),
				"closed": day(gone), "seen_again": day(later.First()), "days_between": days(gone, later.First()),
			})
		}
	}
	return sorted(out, "company", "later")
}

func bookClaims(_ *testing.T, f filled) []row {
	lags := map[string][]float64{}
	for _, l := range f.lives {
		if !l.Censored {
			lags[l.Advert.Source] = append(lags[l.Advert.Source], l.First().Sub(l.Advert.Listed[0].From).Seconds())
		}
	}
	var out []row
	for source, seconds := range lags {
		out = append(out, row{
			"source": source, "adverts": len(seconds), "with_claim": len(seconds), "before_claim": 0,
			"median_days": round(quantile(0.5, seconds).(float64)/86400, 2), "ninth_decile_days": round(quantile(0.9, seconds).(float64)/86400, 2),
		})
	}
	return sorted(out, "source")
}

func bookPanel(t *testing.T, f filled) []row {
	months := map[string]bool{}
	for _, at := range f.Crawls() {
		months[day(monthOf(at))] = true
	}
	panel := map[string]bool{}
	for k, moments := range f.whole() {
		in := map[string]bool{}
		for _, at := range moments {
			in[day(monthOf(at))] = true
		}
		panel[k.Board] = len(in) == len(months)
	}
	for _, j := range f.Script().Joins {
		if panel[f.Boards()[j.Rank].Key.Board] {
			t.Error("a board that joined is in the panel")
		}
	}
	all, boards, fixed, fixedBoards := map[string]map[int]bool{}, map[string]map[string]bool{}, map[string]map[int]bool{}, map[string]map[string]bool{}
	for _, j := range f.jobs() {
		for _, m := range j.months() {
			count(all, m, j.id)
			count(boards, m, j.lives[0].Advert.Board)
			if panel[j.lives[0].Advert.Board] {
				count(fixed, m, j.id)
				count(fixedBoards, m, j.lives[0].Advert.Board)
			}
		}
	}
	var out []row
	for m := range all {
		out = append(out, row{"month": m, "all_boards": len(boards[m]), "all_open": len(all[m]), "panel_boards": len(fixedBoards[m]), "panel_open": len(fixed[m])})
	}
	sorted(out, "month")
	for _, r := range out {
		r["all_index"] = round(100*share(r["all_open"].(int), len(all[out[0]["month"].(string)])), 1)
		r["panel_index"] = round(100*share(r["panel_open"].(int), len(fixed[out[0]["month"].(string)])), 1)
	}
	return out
}

func bookAudit(t *testing.T, f filled) []row {
	var out []row
	failed, parts, doubted := 0, 0, f.Doubted(f.sent.Seen)
	for _, b := range f.Boards() {
		r := row{"source": b.Source, "board": b.Key.Board, "looks": 0, "whole_looks": 0, "partial": 0, "failed": 0, "doubted": len(doubted[b.Key]), "rejected_postings": 0}
		one := func(column string) { r[column] = r[column].(int) + 1 }
		for _, at := range f.Crawls() {
			one("looks")
			switch answer, listing := f.Listing(b.Key, at, ""); {
			case answer.Status != 200 || len(listing) == 0:
				one("failed")
				failed++
			case answer.Total > len(listing):
				one("partial")
				parts++
			default:
				one("whole_looks")
			}
		}
		r["whole_share"] = round(share(r["whole_looks"].(int), r["looks"].(int)), 4)
		out = append(out, r)
	}
	if failed == 0 || parts == 0 || len(doubted) == 0 {
		t.Error("all crawls succeed: nothing is shown")
	}
	return sorted(out, "whole_share", "source", "board")
}

func bookSilent(t *testing.T, f filled) []row {
	var out []row
	for k, moments := range f.whole() {
		longest, from := 0, moments[0]
		for i, at := range moments[1:] {
			if gap := days(moments[i], at); gap > longest {
				longest, from = gap, moments[i]
			}
		}
		last := moments[len(moments)-1]
		out = append(out, row{
			"source": k.Source, "board": k.Board, "first_whole": day(moments[0]), "last_whole": day(last),
			"longest_gap_days": longest, "gap_from": day(from), "silent_days": days(last, f.cut()),
		})
	}
	for _, o := range f.Script().Outages {
		key := f.Boards()[o.Rank].Key
		i := slices.IndexFunc(out, func(r row) bool { return r["board"] == key.Board })
		if out[i]["longest_gap_days"].(int) < 7*o.Weeks {
			t.Errorf("%s was silent for %d weeks, and nobody noticed", key.Board, o.Weeks)
		}
	}
	return sorted(out, "-longest_gap_days", "source", "board")
}

// bookTags counts what was planted: in the title or in the text, each skill of an advert once.
func bookTags(_ *testing.T, f filled) []row {
	tags, postings := map[string]int{}, map[string]int{}
	for _, l := range f.lives {
		in := map[string]int{}
		for _, s := range l.Advert.Skills {
			if s.InTitle {
				in["title"]++
			} else {
				in["description"]++
			}
		}
		for field, n := range in {
			tags[field], postings[field] = tags[field]+n, postings[field]+1
		}
	}
	var out []row
	for field, n := range tags {
		out = append(out, row{"field": field, "mentions": n, "reproduced": n, "tagged_pairs": n, "postings": postings[field], "tagger_version": "1"})
	}
	return sorted(out, "field")
}

// bookEvidence knows which adverts of the role ask for the skill. Where in the text the tagger found it, the
// query has to prove by the words it quotes.
func bookEvidence(t *testing.T, f filled) []row {
	got := map[string]row{}
	for _, r := range ask(t, f, filepath.Join(queriesDir, "25-evidence.sql")) {
		got[r["posting_id"].(string)] = r
	}
	var out []row
	for id, l := range f.lives {
		i := slices.IndexFunc(l.Advert.Skills, func(s market.Skill) bool { return s.ID == "pytorch" })
		if l.Advert.Role != "ml_engineer" || i < 0 {
			continue
		}
		g := got[id]
		quote, _ := g["quote"].(string)
		if words := strings.ToLower(quote); len(quote) < 60 || !strings.Contains(words[50:], "torch") {
			t.Errorf("%s: quotes %q", l.Advert.Title, quote)
		}
		field := "description"
		if l.Advert.Skills[i].InTitle {
			field = "title"
		}
		out = append(out, row{
			"first_day": day(l.First()), "company": l.Advert.Company, "title": l.Advert.Title, "posting_id": id, "field": field,
			"strength": l.Advert.Skills[i].Strength, "start": g["start"], "section": g["section"], "rule": g["rule"], "quote": g["quote"],
		})
	}
	return sorted(out, "-first_day", "posting_id", "field")
}
