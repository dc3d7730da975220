package trend_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
	"github.com/rolescope/rolescope/trend"
	"github.com/rolescope/rolescope/trend/measure"
)

// random is a market in which everything varies: 16 employers, three roles, half a year and more.
func random(seed uint64) plot {
	rnd := rand.New(rand.NewPCG(seed, 5))
	p := plot{weeks: 36, boards: map[string]plotBoard{}}
	skills := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	for e := range 16 {
		for i := range 8 + rnd.IntN(8) {
			role := []string{"alpha", "beta", "research_scientist", "software_engineer"}[rnd.IntN(4)]
			j := job{id: fmt.Sprint(e, "-", i), employer: fmt.Sprintf("e%02d", e), role: role, from: rnd.IntN(30) - 4, copies: rnd.IntN(3)}
			j.to = j.from + 1 + rnd.IntN(20)
			for k, s := range skills {
				if rnd.IntN(8) < (k+len(role))%8 {
					j.skills = append(j.skills, s)
				}
			}
			if rnd.IntN(2) == 0 {
				low := float64(50_000 + 1000*rnd.IntN(100))
				j.pay = posting.Salary{Min: low, Max: low + 10_000, Currency: []string{"USD", "USD", "EUR"}[rnd.IntN(3)], Period: []string{"year", "year", "hour"}[rnd.IntN(3)]}
			}
			if e%3 == 0 {
				j.boiler = []string{"h", "k8s"}
			}
			p.jobs = append(p.jobs, j)
		}
		p.boards[fmt.Sprintf("e%02d", e)] = plotBoard{first: rnd.IntN(8)}
	}
	return p
}

// vacancyMonth is a row of v_vacancy_months.
type vacancyMonth struct {
	Month    time.Time `ch:"month"`
	Role     string    `ch:"role"`
	ID       string    `ch:"vacancy_id"`
	Board    string    `ch:"board"`
	Employer string    `ch:"employer"`
	Currency string    `ch:"salary_currency"`
	Unit     string    `ch:"salary_period"`
	Low      float64   `ch:"low"`
	High     float64   `ch:"high"`
	Active   bool      `ch:"is_active"`
	New      bool      `ch:"is_new"`
	Skills   []string  `ch:"skills"`
}

func vacancyMonths(t *testing.T, q plotted) []vacancyMonth {
	t.Helper()
	var rows []vacancyMonth
	err := q.Ask(t.Context(), &rows, `SELECT month, role, vacancy_id, board, employer, salary_currency, salary_period, toFloat64(ifNull(salary_min, 0)) AS low,
		toFloat64(ifNull(salary_max, 0)) AS high, is_active, is_new, skills FROM v_vacancy_months ORDER BY month, vacancy_id`, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// counted makes the cells of roles from rows, without SQL: a cell for each vacancy and period.
func counted(rows []vacancyMonth, spans []trend.Span, flow bool) map[string]measure.Role {
	type key struct {
		period int
		id     string
	}
	cells := map[string]measure.Role{}
	merged, mentioned := map[key]vacancyMonth{}, map[key]map[string]bool{}
	for _, r := range rows {
		if r.Role == "" || flow && !r.New || !flow && !r.Active {
			continue
		}
		at := slices.IndexFunc(spans, func(s trend.Span) bool { return !r.Month.Before(s.From) && r.Month.Before(s.To) })
		if at < 0 {
			continue
		}
		k := key{at, r.ID}
		if mentioned[k] == nil {
			mentioned[k] = map[string]bool{}
		}
		merged[k] = r
		for _, s := range r.Skills {
			mentioned[k][s] = true
		}
	}
	for k, r := range merged {
		cell := measure.Cell{Employer: r.Employer, Period: k.period, Vacancies: 1}
		for s := range mentioned[k] {
			cell.Counts = append(cell.Counts, measure.Count{Skill: int(s[0]), N: 1})
		}
		slices.SortFunc(cell.Counts, func(x, y measure.Count) int { return cmp.Compare(x.Skill, y.Skill) })
		cells[r.Role] = append(cells[r.Role], cell)
	}
	return cells
}

func equal(t *testing.T, what string, got *float64, want float64, ok bool) {
	t.Helper()
	if (got != nil) != ok || ok && diff(*got, want) > 1e-9 {
		t.Errorf("%s: %v, want %v (%v)", what, show(got), want, ok)
	}
}

func diff(a, b float64) float64 { return max(a-b, b-a) }

func show(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// TestAnswersEqualACalculationWithoutSQL: of rows that Go adds up, trend/measure gives the answers' figures.
func TestAnswersEqualACalculationWithoutSQL(t *testing.T) {
	t.Parallel()
	q := planted(t, random(6))
	rows := vacancyMonths(t, q)
	roles := []string{"alpha", "beta"}
	for _, basis := range []trend.Basis{trend.Active, trend.New} {
		scope := trend.Scope{Roles: roles, Basis: basis, AllBoards: true}
		flow := basis == trend.New
		s := similarity(t, q, scope)
		whole := counted(rows, s.Periods, flow)
		a, b := whole["alpha"], whole["beta"]
		p := s.Pairs[0]
		cosine, interval, ok := measure.CosineInterval(a, b, trend.Level)
		value, _ := measure.Cosine(a, b)
		equal(t, "cosine", p.Cosine.Value, value, true)
		equal(t, "low", p.Cosine.Low, interval.Low, ok)
		equal(t, "cosine's interval", p.Cosine.Value, cosine, true)
		j, ok := measure.JaccardAt(a, b, p.JaccardAt.N)
		equal(t, "J_n", &p.JaccardAt.Relative, j.Relative, ok)
		total, _, ok := measure.Divergence(a, b)
		equal(t, "divergence", p.Divergence, total, ok)
		jaccard, overlap, ok := measure.SetSimilarity(a, b, []measure.Role{a, b, whole["research_scientist"], whole["software_engineer"]})
		equal(t, "set Jaccard", p.SetJaccard, jaccard, ok)
		equal(t, "overlap", p.Overlap, overlap, ok)

		slope, err := trend.Slope(t.Context(), q, trend.SlopeQuestion{Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		months := slope.Periods
		monthly := counted(rows, months, flow)
		fitted, total1, within, _, err := measure.SlopeIntervals(monthly["alpha"], monthly["beta"], len(months), 12, trend.Level)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "slope", slope.Total.Value, fitted.Total, true)
		equal(t, "slope within", slope.Within.Value, fitted.Within, true)
		if total1 != nil && within != nil {
			equal(t, "slope's low", slope.Total.Low, total1.Low, true)
			equal(t, "slope within's high", slope.Within.High, within.High, true)
		}

		position, err := trend.Continuum(t.Context(), q, trend.ContinuumQuestion{Scope: scope})
		if err != nil {
			t.Fatal(err)
		}
		whole = counted(rows, position.Periods, flow)
		for _, r := range position.Roles {
			want, ok := measure.Continuum(whole[r.Role], whole["research_scientist"], whole["software_engineer"])
			equal(t, "position of "+r.Role, r.Position.Value, want, ok)
		}

		halves := []trend.Span{{From: months[0].From, To: months[4].From}, {From: months[4].From, To: months[len(months)-1].To}}
		change, err := trend.Change(t.Context(), q, trend.ChangeQuestion{Scope: scope, Before: halves[0], After: halves[1]})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range change.Roles {
			var before, after measure.Role
			for _, c := range counted(rows, halves, flow)[r.Role] {
				if c.Period == 0 {
					before = append(before, c)
				} else {
					after = append(after, c)
				}
			}
			parts, around, ok := measure.ChangeInterval(before, after, trend.Level)
			equal(t, "excess of "+r.Role, r.Excess.Value, parts.Excess, true)
			equal(t, "low of the excess of "+r.Role, r.Excess.Low, around.Low, ok)
			equal(t, "total of "+r.Role, r.Total, parts.Total, true)
			for _, m := range r.Skills {
				share := func(roles []measure.Role) (float64, bool) {
					return shareOf(roles[1], m.Skill) - shareOf(roles[0], m.Skill), true
				}
				value, _ := share([]measure.Role{before, after})
				i, ok := measure.Jackknife([]measure.Role{before, after}, value, trend.Level, share)
				equal(t, "change of "+m.Skill, m.Change.Value, value, true)
				equal(t, "low of the change of "+m.Skill, m.Change.Low, max(-1, i.Low), ok)
			}
		}
	}
}

func shareOf(r measure.Role, skill string) float64 {
	n, x := 0, 0
	for _, c := range r {
		n += c.Vacancies
		for _, s := range c.Counts {
			if s.Skill == int(skill[0]) {
				x += s.N
			}
		}
	}
	return float64(x) / float64(n)
}

// TestRollupsEqualBaseRows: the sums of the rollup are those of vacancies; naming all companies makes the
// question count these.
func TestRollupsEqualBaseRows(t *testing.T) {
	t.Parallel()
	q := planted(t, random(6))
	var everybody []string
	for e := range 16 {
		everybody = append(everybody, fmt.Sprintf("e%02d", e))
	}
	for _, basis := range trend.Bases() {
		for _, period := range []trend.Period{trend.Month, trend.Quarter} {
			scope := trend.Scope{Basis: basis, Period: period}
			rolled, err1 := trend.Shares(t.Context(), q, trend.SharesQuestion{Scope: scope})
			scope.Companies = everybody
			counted, err2 := trend.Shares(t.Context(), q, trend.SharesQuestion{Scope: scope})
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			if isRollup := strings.Contains(rolled.SQL, "FROM employer_skill_months"); isRollup != (period == trend.Month || basis != trend.Active) && len(rolled.Rows) > 0 || strings.Contains(counted.SQL, "FROM employer_skill_months") {
				t.Errorf("%s by %s: not asked of the two tables", basis, period)
			}
			if diff := gocmp.Diff(counted.Rows, rolled.Rows); diff != "" || len(rolled.Rows) == 0 && basis != trend.Claimed {
				t.Errorf("%s by %s: %d rows\n%s", basis, period, len(rolled.Rows), diff)
			}
		}
	}
}

// TestSalaryEqualsACalculationWithoutSQL: quantiles, and the share that states pay.
func TestSalaryEqualsACalculationWithoutSQL(t *testing.T) {
	t.Parallel()
	q := planted(t, random(6))
	answer, err := trend.Salary(t.Context(), q, trend.SalaryQuestion{Scope: trend.Scope{AllBoards: true}})
	if err != nil || answer.Currency != "USD" || len(answer.Rows) != 4 {
		t.Fatalf("%d rows in %q, %v", len(answer.Rows), answer.Currency, err)
	}
	last := map[string]vacancyMonth{}
	for _, r := range vacancyMonths(t, q) {
		if r.Active {
			last[r.ID] = r
		}
	}
	for _, row := range answer.Rows {
		var values []measure.Value
		n, stating := 0, 0
		for _, v := range last {
			if v.Role != row.Role {
				continue
			}
			n++
			if v.Currency != "" {
				stating++
			}
			if v.Currency == "USD" && v.Unit == "year" {
				values = append(values, measure.Value{Employer: v.Employer, V: (v.Low + v.High) / 2})
			}
		}
		if row.Vacancies != n || row.Stating != stating || row.N != len(values) || n == 0 {
			t.Errorf("%s: %d of %d state pay, %d values; want %d of %d, %d", row.Role, row.Stating, row.Vacancies, row.N, stating, n, len(values))
		}
		equal(t, "states pay", row.StatesPay.Value, float64(stating)/float64(n), true)
		for _, quantile := range row.Quantiles {
			v, low, _, ok := measure.Quantile(values, quantile.Q, trend.Level)
			equal(t, fmt.Sprint("quantile ", quantile.Q), quantile.Value, v, ok)
			if low != nil && quantile.Low != nil {
				equal(t, "low", quantile.Low, *low, true)
			}
		}
	}
}

// TestLifetimesOfBoardsThatEnd: what a board took along when it became empty for good was censored when last seen; where it
// lists again, or ended with a single vacancy, vacancies ended.
func TestLifetimesOfBoardsThatEnd(t *testing.T) {
	t.Parallel()
	const ends = 0.1 // of a vacancy in a week
	rnd := rand.New(rand.NewPCG(7, 7))
	p := plot{weeks: 30}
	for e := range 24 {
		leaves := 8 + rnd.IntN(20)
		for w := range leaves {
			j := job{id: fmt.Sprint(e, "-", w), employer: fmt.Sprintf("e%02d", e), role: "alpha", from: w, to: w + 1}
			for rnd.Float64() > ends {
				j.to++
			}
			j.to = min(j.to, leaves)
			p.jobs = append(p.jobs, j)
		}
	}
	for k := range 12 {
		p.jobs = append(p.jobs, job{id: fmt.Sprint("beta", k), employer: "again", role: "beta", from: 1 + k%2, to: 12})
	}
	p.jobs = append(
		p.jobs, job{id: "gamma", employer: "single", role: "gamma", from: 2, to: 12},
		job{id: "first of again", employer: "again", role: "delta", from: 0, to: 2}, job{id: "last of again", employer: "again", role: "delta", from: 20, to: 22},
		job{id: "first of single", employer: "single", role: "delta", from: 0, to: 2},
	)
	answer, err := trend.Lifetimes(t.Context(), planted(t, p), trend.LifetimeQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range answer.Roles {
		switch r.Role {
		case "alpha":
			at, truth := r.At[1].Open, math.Pow(1-ends, 8) // 60 days: a week's end is the day of its run
			if at.Low == nil || *at.Low > truth || *at.High < truth {
				t.Errorf("after %d days %v are open (%v to %v), the truth is %.3f", r.At[1].Day, show(at.Value), show(at.Low), show(at.High), truth)
			}
		case "beta", "gamma":
			if r.Censored != 0 || r.Closed == 0 {
				t.Errorf("%s: %d ended, %d censored: all ended", r.Role, r.Closed, r.Censored)
			}
		}
	}
}

// TestLifetimesEqualTheFold: days and ends of the vacancies are those of their postings' spells.
func TestLifetimesEqualTheFold(t *testing.T) {
	t.Parallel()
	p := random(6)
	q := planted(t, p)
	answer, err := trend.Lifetimes(t.Context(), q, trend.LifetimeQuestion{})
	if err != nil {
		t.Fatal(err)
	}
	lives := map[string][]measure.Lifetime{}
	censored := 0
	for _, j := range p.jobs {
		board := p.boards[j.employer]
		first, last := max(j.from, board.first), j.to
		switch {
		case first >= last || first >= p.weeks: // never seen
			continue
		case first == board.first: // open when its board was first seen
			censored++
			continue
		}
		l := measure.Lifetime{Employer: j.employer, Days: 7 * (last - first), Closed: true, N: 1}
		if last >= p.weeks {
			l.Days, l.Closed = 7*(p.weeks-1-first), false
		}
		lives[j.role] = append(lives[j.role], l)
	}
	if answer.LeftOut["open before we looked"] != censored {
		t.Errorf("left out: %v, want %d", answer.LeftOut, censored)
	}
	for _, r := range answer.Roles {
		curve, median, low, _ := measure.KaplanMeier(lives[r.Role], trend.Level)
		if len(r.Curve) != len(curve) || r.Vacancies != len(lives[r.Role]) || r.Closed == 0 || r.Censored == 0 {
			t.Fatalf("%s: %d vacancies, %d steps, want %d, %d", r.Role, r.Vacancies, len(r.Curve), len(lives[r.Role]), len(curve))
		}
		for i, s := range curve {
			if r.Curve[i].Day != s.Day || r.Curve[i].AtRisk != s.AtRisk {
				t.Errorf("%s: %+v, want %+v", r.Role, r.Curve[i], s)
			}
			equal(t, "open", r.Curve[i].Open.Value, s.S, true)
		}
		if (median == nil) != (r.Median.Value == nil) || median != nil && *median != *r.Median.Value || (low == nil) != (r.Median.Low == nil) {
			t.Errorf("%s: median %v, want %v", r.Role, show(r.Median.Value), show(median))
		}
		for _, at := range r.At {
			want := 1.0
			for _, s := range curve {
				if s.Day <= at.Day {
					want = s.S
				}
			}
			equal(t, fmt.Sprint("open after ", at.Day), at.Open.Value, want, true)
		}
	}
}
