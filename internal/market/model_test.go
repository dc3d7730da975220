package market

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTheSameEverywhere: the bytes of a seed, on any machine and with any Go.
func TestTheSameEverywhere(t *testing.T) {
	t.Parallel()
	for seed, want := range map[uint64]string{0: "a459d23591673e5a", 1: "317cef333412124b"} {
		if got := digest(fresh(t, small(seed))); got != want {
			t.Errorf("seed %d: %s, want %s; if the market was changed on purpose, write down the new one", seed, got, want)
		}
	}
}

// TestInvariants: what is true of every advert of every market.
func TestInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cfg := Config{
			Seed: rapid.Uint64().Draw(rt, "seed"), Weeks: rapid.IntRange(8, 40).Draw(rt, "weeks"),
			Employers: rapid.IntRange(1, 10).Draw(rt, "employers"), Postings: rapid.IntRange(1, 500).Draw(rt, "postings"),
		}
		m, err := New(cfg)
		if err != nil {
			rt.Fatal(err)
		}
		type id struct{ source, board, id string }
		ids, jobs := map[id]bool{}, map[int]Advert{}
		for _, a := range m.Adverts() {
			if err := consistent(m, a); err != "" {
				rt.Fatalf("%s: %+v", err, a)
			}
			if k := (id{a.Source, a.Board, a.ID}); ids[k] {
				rt.Fatalf("the id %v is used twice", k)
			} else {
				ids[k] = true
			}
			if first, ok := jobs[a.Vacancy]; ok && (first.Company != a.Company || first.Role != a.Role || !slices.Equal(first.Skills, a.Skills)) {
				rt.Fatalf("two adverts of one job differ: %+v and %+v", first, a)
			}
			jobs[a.Vacancy] = a
		}
		b := m.Boards()[rapid.IntRange(0, len(m.Boards())-1).Draw(rt, "board")]
		at := m.cfg.Start.Add(time.Duration(rapid.Int64Range(0, int64(m.End().Sub(m.cfg.Start))-1).Draw(rt, "at")))
		checkAnswer(rt, m, b, at)
	})
}

// gap is the time before the i-th time that the advert is listed.
func gap(a Advert, i int) time.Duration { return a.Listed[i].From.Sub(a.Listed[i-1].To) }

// consistent says what is wrong with an advert.
func consistent(m *Market, a Advert) string {
	for i, l := range a.Listed {
		if !l.From.Before(l.To) {
			return "listed for no time"
		}
		if i > 0 && (!l.From.After(a.Listed[i-1].To) || gap(a, i) > 7*24*time.Hour && gap(a, i) < 35*24*time.Hour) {
			return "a gap that is none, or neither a flap's nor a return's"
		}
	}
	last := a.Listed[len(a.Listed)-1]
	for _, e := range a.Edits {
		if e.Before(a.Listed[0].From) || !e.Before(last.To) {
			return "changed while it was not open"
		}
	}
	if a.Pay != nil && len(a.Pay) != 1+len(a.Edits) {
		return "pay for other versions than there are"
	}
	for _, p := range a.Pay {
		if p.Min <= 0 || p.Max < p.Min || p.Currency == "" {
			return "impossible pay"
		}
	}
	for i, s := range a.Skills {
		if i > 0 && a.Skills[i-1].ID >= s.ID {
			return "skills out of order, or one twice"
		}
		if !s.InTitle && m.Chance(a, s.ID) <= 0 {
			return "asks for " + s.ID + ", of which the chance is none"
		}
	}
	if !strings.Contains(a.Title, a.Category) || a.Role == "" || a.City == "" {
		return "title, role or place"
	}
	if !a.Listed[0].From.Before(m.End()) || !last.To.After(m.boards[Key{a.Source, a.Board}].Joined) {
		return "nobody could ever see it"
	}
	return ""
}

// links finds the hosts of links.
var links = regexp.MustCompile(`(?i)[a-z]+://([^/"\\?#]+)`)

// checkAnswer: a board that answers lists what stands on it, and that is never nothing.
func checkAnswer(t *rapid.T, m *Market, b Board, at time.Time) {
	status, body := m.Answer(b.Source, b.Key.Board, at)
	if status != 200 {
		if m.Succeeds(b.Key, at) {
			t.Fatalf("%d from a board that answers", status)
		}
		return
	}
	for _, link := range links.FindAllSubmatch(body, -1) {
		if host := string(link[1]); !strings.HasSuffix(host, ".example") {
			t.Fatalf("%s/%s links to %s, which may be somebody's", b.Source, b.Key.Board, host)
		}
	}
	var jobs []struct{ ID any }
	if b.Source == "lever" {
		if err := json.Unmarshal(body, &jobs); err != nil {
			t.Fatal(err)
		}
	} else {
		var list struct {
			Jobs []struct{ ID any }
			Meta struct{ Total int }
		}
		if err := json.Unmarshal(body, &list); err != nil {
			t.Fatal(err)
		}
		jobs = list.Jobs
		if part := m.cutBy(b.Rank, at); b.Source == "greenhouse" && list.Meta.Total != len(jobs) && part == 1 {
			t.Fatalf("total %d of %d", list.Meta.Total, len(jobs))
		}
	}
	want := 0
	for _, a := range m.boards[b.Key].adverts {
		if a.listedAt(at) {
			want++
		}
	}
	if want == 0 {
		t.Fatal("nothing stands on the board")
	}
	if !m.Succeeds(b.Key, at) {
		want = 0
	}
	if part := m.cutBy(b.Rank, at); part < 1 && want > 0 {
		want = max(1, int(part*float64(want)))
	}
	if len(jobs) != want {
		t.Fatalf("%d jobs listed, %d stand on the board", len(jobs), want)
	}
}

// cutBy is the share of a board that is listed at a moment.
func (m *Market) cutBy(rank int, at time.Time) float64 {
	week := int(at.Sub(m.cfg.Start).Hours() / hoursPerWeek)
	for _, p := range m.script.Partials {
		if p.Rank == rank && week >= p.Week && week < p.Week+p.Weeks {
			return p.Listed
		}
	}
	for _, v := range m.script.Vanishings {
		if v.Rank == rank && week == v.Week {
			return v.Listed
		}
	}
	return 1
}

// TestDrawnAsScripted: how often skills are asked for is what the script says, within the error of
// drawing: per mix, skill and half year, with every cell's z below the value that one of all cells
// exceeds with a probability of one in a thousand.
func TestDrawnAsScripted(t *testing.T) {
	if testing.Short() {
		t.Skip("markets of full size: run in full without -short, also in CI")
	}
	t.Parallel()
	for name, taste := range map[string]float64{"without taste": 0, "with taste": 0.5} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			type cell struct {
				mix, skill string
				half       int
			}
			drawn, mean, variance := map[cell]float64{}, map[cell]float64{}, map[cell]float64{}
			for seed := range uint64(2) {
				m := demo(seed)
				if s := m.script; s.Taste != taste {
					s.Taste = taste
					m = fresh(t, Config{Seed: seed, Script: &s})
				}
				seen := map[int]bool{}
				for _, a := range m.Adverts() {
					if seen[a.Vacancy] {
						continue
					}
					seen[a.Vacancy] = true
					half := int(a.JobOpened.Sub(m.cfg.Start).Hours() / hoursPerWeek / 26)
					for _, skill := range m.Mixed(a.Mix) {
						p := m.Chance(a, skill)
						if taste == 0 && p != m.Share(a.Mix, skill, a.JobOpened) {
							t.Fatalf("%s %s: chance %f is not the share", a.Mix, skill, p)
						}
						k := cell{a.Mix, skill, half}
						mean[k] += p
						variance[k] += p * (1 - p)
						if slices.ContainsFunc(a.Skills, func(s Skill) bool { return s.ID == skill && !s.InTitle }) {
							drawn[k]++
						}
					}
				}
			}
			const varianceMin = 10 // below it the count is not normal enough
			tested, worst, worstCell := 0, 0.0, cell{}
			for k, v := range variance {
				if v < varianceMin {
					continue
				}
				tested++
				if z := math.Abs(drawn[k]-mean[k]) / math.Sqrt(v); z > worst {
					worst, worstCell = z, k
				}
			}
			bound := math.Sqrt2 * math.Erfinv(1-0.001/float64(tested))
			if tested < 500 || worst > bound {
				t.Errorf("%d cells; %v is drawn %.0f times instead of %.1f: z = %.2f, bound %.2f", tested, worstCell, drawn[worstCell], mean[worstCell], worst, bound)
			}
			t.Logf("%d cells, largest z %.2f, bound %.2f", tested, worst, bound)
		})
	}
}

// TestShare: the scripted changes, at points where they are known.
func TestShare(t *testing.T) {
	t.Parallel()
	s := DefaultScript(defaultWeeks)
	s.Drift = 0
	m := fresh(t, Config{Script: &s, Postings: 100})
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %.6f, want %.6f", what, got, want)
		}
	}
	start, end := m.Week(0), m.End()
	before := m.Share("research_scientist", "jax", start) - m.Share("ml_engineer", "jax", start)
	near("half the distance between converging roles", m.Share("research_scientist", "jax", end)-m.Share("ml_engineer", "jax", end), before/2)
	near("a quarter of it half way", m.Share("research_scientist", "jax", start.Add(end.Sub(start)/2))-m.Share("ml_engineer", "jax", start.Add(end.Sub(start)/2)), before*3/4)
	near("another role", m.Share("data_scientist", "sql", end), m.Share("data_scientist", "sql", start))
	born := s.Skills[0]
	near("before a skill is born", m.Share("ai_engineer", born.Skill, m.Week(born.Week)), 0)
	near("half up", m.Share("ai_engineer", born.Skill, m.Week(born.Week).Add(time.Duration(born.Ramp)*7*12*time.Hour)), born.Shares["ai_engineer"]/2)
	near("grown up", m.Share("ai_engineer", born.Skill, end), born.Shares["ai_engineer"])
	near("faded", m.Share("research_engineer", "tensorflow", start), 0.32)
	quiet := s.Quiet()
	q := fresh(t, Config{Script: &quiet, Postings: 100})
	for _, mix := range []string{"ml_engineer", "ai_engineer"} {
		for _, skill := range q.Mixed(mix) {
			near("quiet "+skill, q.Share(mix, skill, end), q.Share(mix, skill, start))
		}
	}
}

// TestEmergences: categories are born at enough employers and not before, a rename takes over.
func TestEmergences(t *testing.T) {
	if testing.Short() {
		t.Skip("markets of full size: run in full without -short, also in CI")
	}
	t.Parallel()
	for seed := range uint64(2) {
		m := demo(seed)
		all := m.Emergences()
		if len(all) != 3 {
			t.Fatalf("%d emergences", len(all))
		}
		for _, e := range all {
			since, employers, late := map[string]time.Time{}, map[string]bool{}, 0
			for _, a := range e.Adopters {
				since[a.Company] = a.At
			}
			for _, a := range m.Adverts() {
				at, adopted := since[a.Company]
				switch {
				case a.Category == e.Title && (!adopted || a.JobOpened.Before(at)):
					t.Errorf("seed %d: %s at %s on %s, which takes it up at %s", seed, e.Title, a.Company, a.JobOpened, at)
				case a.Category == e.Title:
					employers[a.Company] = true
					late++
					if a.Role != e.Role {
						t.Errorf("%s counts as %s, want %s", e.Title, a.Role, e.Role)
					}
				case e.Replaces != "" && a.Category == e.Replaces && adopted && !a.JobOpened.Before(at):
					t.Errorf("seed %d: %s at %s after it was renamed", seed, a.Title, a.Company)
				}
			}
			if len(employers) < 10 || late < 30 {
				t.Errorf("seed %d: %s at %d employers, %d adverts", seed, e.Title, len(employers), late)
			}
			t.Logf("seed %d: %s since %s: %d employers, %d adverts", seed, e.Title, e.Onset().Format(time.DateOnly), len(employers), late)
		}
	}
}

// TestOutagesTouchNothingElse: markets whose scripts differ in outages have the same jobs.
func TestOutagesTouchNothingElse(t *testing.T) {
	t.Parallel()
	cfg := small(7)
	s := DefaultScript(cfg.Weeks)
	s.Flaps, s.Returns = 0, 0 // they keep away from outages
	with := s
	with.Outages, cfg.Script = []Outage{{Rank: 0, Week: 10, Weeks: 4, Status: 500}}, &s
	s.Outages = nil
	a := fresh(t, cfg)
	cfg.Script = &with
	b := fresh(t, cfg)
	differ := 0
	for week, at := range a.Crawls() {
		for _, board := range a.Boards() {
			_, one := a.Answer(board.Source, board.Key.Board, at)
			_, other := b.Answer(board.Source, board.Key.Board, at)
			if string(one) != string(other) {
				differ++
				if board.Rank != 0 || week < 10 || week >= 14 {
					t.Errorf("week %d: %s differs", week, board.Company)
				}
			}
		}
	}
	if differ != 4 {
		t.Errorf("%d answers differ, want 4", differ)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"a Tuesday":       {Start: time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)},
		"not midnight":    {Start: time.Date(2024, 1, 1, 1, 0, 0, 0, time.UTC)},
		"no weeks":        {Weeks: -1},
		"too many boards": {Employers: employersMax + 1},
		"a zero script":   {Script: &Script{}},
		"an unknown role": {Script: &Script{OpenDays: 1, Categories: []CategoryBirth{{Role: "alchemist"}}}},
		"a bad mass post": {Script: &Script{OpenDays: 1, MassPosts: []MassPost{{Role: "sales", Adverts: 1, Jobs: 2}}}},
		"a part of what":  {Script: &Script{OpenDays: 1, Partials: []Partial{{Rank: 0, Weeks: 1}}}},
		"an unknown name": {Script: &Script{OpenDays: 1, Renames: []Rename{{From: "Alchemist"}}}},
	} {
		if _, err := New(cfg); err == nil || !strings.HasPrefix(err.Error(), "make market: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		fresh(b, Config{Seed: 1})
	}
}

// BenchmarkAnswer asks a board of some fifteen postings, each rendered before.
func BenchmarkAnswer(b *testing.B) {
	m := fresh(b, Config{Seed: 1})
	at := m.Crawls()[50]
	for _, board := range m.Boards() {
		if _, listing := m.Listing(board.Key, at, ""); len(listing) >= 12 && len(listing) <= 18 {
			b.ReportMetric(float64(len(listing)), "postings")
			for b.Loop() {
				m.Answer(board.Source, board.Key.Board, at)
			}
			return
		}
	}
	b.Fatal("no board of fifteen")
}
