package main

import "fmt"

// findings are all answers: aggregates, no text of any posting.
type findings struct {
	Commit  string        `json:"commit"`
	Corpora []corpusFacts `json:"corpora"`

	HN struct {
		Posts         told[[]yearPosts]     `json:"posts"`
		Roles         told[[]yearRole]      `json:"roles"`
		Concentration told[[]concentration] `json:"concentration"`
		Change        told[changed]         `json:"change"`
		Early         told[similar]         `json:"early"`
		Late          told[similar]         `json:"late"`
		AllYears      told[slope]           `json:"all_years"`
		Slopes        []told[slope]         `json:"slopes"` // from 2015 on, then from 2016 on
	} `json:"hn"`

	Ashby struct {
		Volume        told[volume]          `json:"volume"`
		Concentration told[[]concentration] `json:"concentration"`
		Skills        told[shares]          `json:"skills"`
		Similar       told[similar]         `json:"similar"`
		Continuum     told[continuum]       `json:"continuum"`
		Salary        told[salary]          `json:"salary"`
	} `json:"ashby"`

	Labs struct {
		Companies told[volume]    `json:"companies"`
		Mix       told[[]mix]     `json:"mix"`
		Months    told[volume]    `json:"months"`
		Weeks     told[volume]    `json:"weeks"`
		Closed    told[[]closed]  `json:"closed"`
		Emptied   told[[]emptied] `json:"emptied"`
		Lifetimes told[lifetimes] `json:"lifetimes"`
	} `json:"labs"`
}

// told is an answer and the command that gives it.
type told[T any] struct {
	Command string `json:"command"`
	Answer  T      `json:"answer"`
}

const (
	hnRoles   = "ml_engineer,data_scientist,data_engineer"
	fourRoles = "research_scientist,research_engineer,applied_scientist,ml_engineer"
	sixRoles  = fourRoles + ",data_scientist,software_engineer"
	ashbySpan = " --from 2025-10 --to 2025-11"
)

const storeSQL = `SELECT count() AS postings, uniqExact(vacancy_id) AS vacancies, any(tagger_version) AS tagger_version, toString(max(recorded_at)) AS recorded_until, toString(toDate(min(first_seen))) AS seen_from, toString(toDate(max(last_seen))) AS seen_until FROM v_postings`

const yearPostsSQL = `SELECT toYear(posted_claim) AS year, count() AS posts, countIf(notEmpty(roles)) AS several, countIf(empty(roles) AND role_title = '') AS without FROM v_postings GROUP BY year ORDER BY year`

const yearRoleSQL = `SELECT toYear(month) AS year, role, count() AS vacancies, uniqExact(employer) AS employers, countIf(employer = '') AS unnamed FROM v_vacancy_months WHERE is_claimed AND role IN ('ml_engineer', 'data_scientist', 'data_engineer') GROUP BY year, role ORDER BY year, role`

// concentrationSQL takes where; the effective employers are those of docs/measures.md.
const concentrationSQL = `SELECT role, sum(n) AS vacancies, count() AS employers, max(n) AS largest, toUInt32(floor(pow(sum(n), 2) / sum(n * n))) AS effective FROM (SELECT role, employer, uniqExact(vacancy_id) AS n FROM v_vacancy_months WHERE employer != '' AND %s GROUP BY role, employer) GROUP BY role ORDER BY role`

const mixSQL = `SELECT company, role, count() AS vacancies FROM v_vacancy_months WHERE month = '2026-01-01' AND is_active AND role IN ('research_scientist', 'research_engineer', 'applied_scientist', 'ml_engineer', 'data_scientist', 'software_engineer', 'member_of_technical_staff') GROUP BY company, role ORDER BY company, role`

const closedSQL = `SELECT toString(toStartOfMonth(seen_until)) AS month, role, count() AS vacancies FROM (SELECT vacancy_id, argMin(role_title, (first_seen, posting_id)) AS role, countIf(closed_at IS NULL) AS open, max(last_seen) AS seen_until FROM v_postings WHERE empty(roles) AND board != 'perplexity-ai' GROUP BY vacancy_id HAVING open = 0) WHERE role IN ('research_scientist', 'research_engineer', 'applied_scientist', 'ml_engineer', 'software_engineer') GROUP BY month, role ORDER BY month, role`

const emptiedSQL = `SELECT board, toString(toDate(minIf(observed_at, outcome = 'empty'))) AS since, countIf(outcome = 'empty') AS empty_runs, max(listed) AS most FROM v_runs GROUP BY board HAVING empty_runs > 0 ORDER BY board`

// sixLabs are those whose boards were seen to the end. Perplexity AI's was empty from 2025-11-05 on: what
// was open on it did not close then, it was no longer to be seen.
func sixLabs() []string {
	var out []string
	for _, lab := range []string{"OpenAI", "Anthropic", "DeepMind", "Scale AI", "Runway", "Inflection AI"} {
		out = append(out, "--company", lab)
	}
	return out
}

// ask asks everything.
func (f *findings) ask(a asker) error {
	var err error
	do := func(e error) {
		if err == nil {
			err = e
		}
	}
	hn, ashby, labs := &f.HN, &f.Ashby, &f.Labs
	do(sqlInto(a, "hn", yearPostsSQL, &hn.Posts))
	do(sqlInto(a, "hn", yearRoleSQL, &hn.Roles))
	do(sqlInto(a, "hn", fmt.Sprintf(concentrationSQL, "is_claimed AND month >= '2015-01-01' AND role IN ('ml_engineer', 'data_scientist', 'data_engineer')"), &hn.Concentration))
	do(trendInto(a, "hn", "change --role "+hnRoles+" --basis claimed --before 2015-01..2017-01 --after 2017-01..2019-01", &hn.Change))
	do(trendInto(a, "hn", "similarity --role "+hnRoles+" --basis claimed --from 2015-01 --to 2017-01", &hn.Early))
	do(trendInto(a, "hn", "similarity --role "+hnRoles+" --basis claimed --from 2017-01 --to 2019-01", &hn.Late))
	do(trendInto(a, "hn", "slope --role ml_engineer,data_scientist --period quarter --basis claimed --from 2011-01 --to 2019-01", &hn.AllYears))
	for _, from := range []string{"2015-01", "2016-01"} {
		for _, pair := range []string{"ml_engineer,data_scientist", "data_scientist,data_engineer", "ml_engineer,data_engineer"} {
			var one told[slope]
			do(trendInto(a, "hn", "slope --role "+pair+" --period quarter --permutations 999 --seed 1 --basis claimed --from "+from+" --to 2019-01", &one))
			hn.Slopes = append(hn.Slopes, one)
		}
	}
	do(trendInto(a, "ashby", "volume --role "+sixRoles+ashbySpan, &ashby.Volume))
	do(sqlInto(a, "ashby", fmt.Sprintf(concentrationSQL, "is_active AND month = '2025-10-01' AND role IN ('research_scientist', 'research_engineer', 'applied_scientist', 'ml_engineer', 'data_scientist', 'software_engineer')"), &ashby.Concentration))
	do(trendInto(a, "ashby", "skills --role "+sixRoles+ashbySpan, &ashby.Skills))
	do(trendInto(a, "ashby", "similarity --role "+sixRoles+ashbySpan, &ashby.Similar))
	do(trendInto(a, "ashby", "continuum --role "+sixRoles+ashbySpan, &ashby.Continuum))
	do(trendInto(a, "ashby", "salary --currency USD --role "+sixRoles+ashbySpan, &ashby.Salary))
	do(trendInto(a, "labs", "volume --by company --boards all", &labs.Companies))
	do(sqlInto(a, "labs", mixSQL, &labs.Mix))
	do(trendInto(a, "labs", "volume --role "+fourRoles+",software_engineer", &labs.Months))
	do(trendInto(a, "labs", "volume --period week --role "+fourRoles, &labs.Weeks))
	do(sqlInto(a, "labs", closedSQL, &labs.Closed))
	do(sqlInto(a, "labs", emptiedSQL, &labs.Emptied))
	do(trendInto(a, "labs", "lifetime --role "+sixRoles, &labs.Lifetimes, sixLabs()...))
	f.trim()
	return err
}

// kept is how many skills of an answer the page tells of.
const kept = 8

// trim leaves out what the page does not tell.
func (f *findings) trim() {
	for i := range f.HN.Change.Answer.Roles {
		r := &f.HN.Change.Answer.Roles[i]
		r.Skills = r.Skills[:min(kept, len(r.Skills))]
	}
	for _, s := range []*similar{&f.HN.Early.Answer, &f.HN.Late.Answer, &f.Ashby.Similar.Answer} {
		for i := range s.Pairs {
			s.Pairs[i].Parts = s.Pairs[i].Parts[:min(kept, len(s.Pairs[i].Parts))]
		}
	}
	rows := f.Ashby.Skills.Answer.Rows
	f.Ashby.Skills.Answer.Rows = nil
	for _, r := range rows {
		if r.Rank <= kept {
			f.Ashby.Skills.Answer.Rows = append(f.Ashby.Skills.Answer.Rows, r)
		}
	}
}
