package markettest_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// read asks the store for a column of v_postings by posting: what the tagger makes of an advert where the
// market knows no truth of its own.
func (f filled) read(t *testing.T, column string) map[string]string {
	t.Helper()
	var rows []struct {
		ID    string `ch:"posting_id"`
		Value string `ch:"value"`
	}
	query := fmt.Sprintf("SELECT posting_id, toString(%s) AS value FROM v_postings", column)
	if err := f.store.Ask(t.Context(), &rows, query, nil); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range rows {
		out[r.ID] = r.Value
	}
	return out
}

func bookNewTitles(t *testing.T, f filled) []row {
	titles := f.read(t, "title_normalised") // its words are the tagger's; when and by whom is the market's
	start, end := f.Crawls()[0], f.cut()
	half := start.Add(end.Sub(start) / 2)
	by := map[string][]job{}
	for _, j := range f.jobs() {
		by[titles[idOf(j.lives[0].Advert)]] = append(by[titles[idOf(j.lives[0].Advert)]], j)
	}
	var out []row
	for title, jobs := range by {
		first := slices.MinFunc(jobs, func(a, b job) int { return a.first().Compare(b.first()) }).first()
		employers, roles := map[string]bool{}, map[string]int{}
		for _, j := range jobs {
			employers[j.employer()] = true
			roles[j.role()]++
		}
		if first.Before(half) || slices.ContainsFunc(jobs, job.censored) || len(employers) < 3 {
			continue
		}
		role := slices.MaxFunc(slices.Sorted(maps.Keys(roles)), func(a, b string) int { return cmp.Compare(roles[a], roles[b]) })
		out = append(out, row{"title": title, "first_day": day(first), "vacancies": len(jobs), "employers": len(employers), "role": role})
	}
	for _, e := range f.Emergences() {
		found := slices.ContainsFunc(out, func(r row) bool { return strings.HasPrefix(r["title"].(string), strings.ToLower(e.Title)) })
		if !found && e.Replaces == "" {
			t.Errorf("the new category %q is not among the new titles", e.Title)
		}
	}
	return sorted(out, "-employers", "first_day", "title")
}

func bookPay(t *testing.T, f filled) []row {
	seniority, versions := f.read(t, "seniority"), f.wordings()
	middles, employers := map[pair][]float64{}, map[pair]map[string]bool{}
	for _, j := range f.jobs() {
		sum, n := 0, 0
		for _, l := range j.lives {
			a := l.Advert
			if a.Seniority != "" && seniority[idOf(a)] != a.Seniority {
				t.Errorf("%s: seniority %q", a.Title, seniority[idOf(a)])
			}
			if len(a.Pay) > 0 {
				if pay := a.Pay[min(versions[idOf(a)], len(a.Pay)-1)]; pay.Currency == "USD" {
					sum, n = sum+pay.Min+pay.Max, n+1
				}
			}
		}
		if n > 0 {
			k := pair{j.role(), seniority[idOf(j.lives[0].Advert)]}
			middles[k] = append(middles[k], float64(sum)/float64(2*n))
			count(employers, k, j.employer())
		}
	}
	var out []row
	for k, values := range middles {
		if len(values) >= 5 {
			r := row{"role": k[0], "seniority": k[1], "vacancies": len(values), "employers": len(employers[k])}
			for name, p := range map[string]float64{"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75} {
				r[name] = round(quantile(p, values).(float64), 0)
			}
			out = append(out, r)
		}
	}
	return sorted(out, "role", "seniority")
}

func bookPayStated(_ *testing.T, f filled) []row {
	all, stated, employers := map[string]map[int]bool{}, map[string]map[int]bool{}, map[string]map[string]bool{}
	for _, l := range f.lives {
		a := l.Advert
		count(all, a.Country, a.Vacancy)
		count(employers, a.Country, employerOf(a))
		if a.Pay != nil {
			count(stated, a.Country, a.Vacancy)
		}
	}
	var out []row
	for c, ids := range all {
		out = append(out, row{"country": c, "vacancies": len(ids), "stated": len(stated[c]), "share": round(share(len(stated[c]), len(ids)), 4), "employers": len(employers[c])})
	}
	return sorted(out, "-vacancies", "country")
}

func bookWorkplace(_ *testing.T, f filled) []row {
	n := map[pair]map[string]int{}
	for _, j := range f.jobs() {
		if j.censored() {
			continue
		}
		m := monthOf(j.first())
		k := pair{day(m.AddDate(0, -(int(m.Month())-1)%3, 0)), j.role()}
		if n[k] == nil {
			n[k] = map[string]int{}
		}
		n[k][j.lives[0].Advert.Workplace]++
	}
	var out []row
	for k, by := range n {
		all := by["remote"] + by["hybrid"] + by["onsite"]
		out = append(out, row{
			"quarter": k[0], "role": k[1], "vacancies": all, "remote": by["remote"], "hybrid": by["hybrid"], "onsite": by["onsite"], "unknown": 0,
			"remote_share": round(share(by["remote"], all), 4),
		})
	}
	return sorted(out, "quarter", "role")
}

func bookConcentration(_ *testing.T, f filled) []row {
	n := map[string]map[string]int{}
	for _, j := range f.jobs() {
		if n[j.role()] == nil {
			n[j.role()] = map[string]int{}
		}
		n[j.role()][j.lives[0].Advert.Company]++
	}
	var out []row
	for role, by := range n {
		all, squares, top := 0, 0, ""
		for _, company := range slices.Sorted(maps.Keys(by)) {
			all, squares = all+by[company], squares+by[company]*by[company]
			if by[company] >= by[top] {
				top = company
			}
		}
		out = append(out, row{
			"role": role, "vacancies": all, "employers": len(by), "top_employer": top, "top_share": round(share(by[top], all), 4),
			"hhi": round(float64(squares)/float64(all*all), 4), "effective": round(float64(all*all)/float64(squares), 2),
		})
	}
	return sorted(out, "-hhi", "role")
}

func bookCopies(t *testing.T, f filled) []row {
	titles := f.read(t, "title_normalised")
	vacancies := f.read(t, "vacancy_id") // only to break ties
	type tally struct {
		adverts, jobs, most int
		title, id           string
	}
	by := map[string]*tally{}
	for _, j := range f.jobs() {
		e := by[j.employer()]
		if e == nil {
			e = &tally{}
			by[j.employer()] = e
		}
		e.adverts, e.jobs = e.adverts+len(j.lives), e.jobs+1
		id := idOf(j.lives[0].Advert)
		if cmp.Or(cmp.Compare(len(j.lives), e.most), cmp.Compare(vacancies[id], e.id)) > 0 {
			e.most, e.title, e.id = len(j.lives), titles[id], vacancies[id]
		}
	}
	for _, p := range f.Script().MassPosts {
		if e := by[employerOf(f.lives[f.onBoard(p.Rank)].Advert)]; e.most < p.Adverts/p.Jobs || e.adverts < e.jobs+p.Adverts/2 {
			t.Errorf("an employer that posts in bulk has %d adverts of %d jobs", e.adverts, e.jobs)
		}
	}
	var out []row
	for employer, e := range by {
		out = append(out, row{
			"employer": employer, "adverts": e.adverts, "vacancies": e.jobs, "inflation": round(share(e.adverts, e.jobs), 3),
			"most_copies": e.most, "most_copied_title": e.title,
		})
	}
	return sorted(out, "-inflation", "employer")
}

// onBoard is the id of some advert of the board of a rank.
func (f filled) onBoard(rank int) string {
	for _, id := range slices.Sorted(maps.Keys(f.lives)) {
		if f.lives[id].Advert.Board == f.Boards()[rank].Key.Board {
			return id
		}
	}
	return ""
}
