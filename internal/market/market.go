// Package market is a simulated job market whose truth is known: employers with boards, jobs that
// open and close, adverts that read like adverts, and a script of what happens to them.
//
// It serves two ends. The demo crawls it over HTTP under a simulated clock, so that somebody without
// network sees two years of history. Tests compare what rolescope says of a market with what is
// true of it. It is not a model of any real labour market, and every name in it is invented.
//
// # The model
//
// Employers. The employer of rank i (from 0) has size (i+1)^-0.8: few are very large. Each has one
// board of one kind, a sector that leans towards some roles, up to four cities, a style of headings,
// paragraphs that recur in all its adverts, and a taste for each skill, uniform on [-1, 1].
//
// Hiring. In week w the employer opens Poisson(size * sum_r a_r g_r^(w/52) * season(month of w)) jobs,
// where a_r is the weight of role r in data/roles.yaml times the sector's lean and g_r its growth per
// year; the whole is scaled so that about Config.Postings adverts are seen. Hiring begins a year before
// the first crawl, which therefore finds a backlog.
//
// Lives. A job stays open exp(N(ln OpenDays, Spread)) days. Some jobs are advertised in 2 to 6 cities
// at once, some adverts return later word for word under a new id, some are changed while they are
// open (pay, or a sentence about pay or place), some vanish for one crawl and return. These are adverts
// of one vacancy; so is one that comes back under its own id after weeks. A board always lists something: its last advert stays until the next one opens.
//
// Skills. Each skill of the role's mix is asked for with the probability of Share, moved by the
// employer's taste; 65 in 100 are requirements, the others nice to have. A title may name a skill
// besides. Every other sentence names none.
//
// The script (Script, DefaultScript) adds drift, convergence, skills and categories that are born,
// renames, outages, boards that list a part or for a week almost nothing, boards that join, and
// employers that post in bulk.
//
// # Truth
//
// Adverts tells everything about every advert. Expected computes from plain intervals, and from the
// moments at which boards were seen, how many vacancies and adverts of a role were active and new in
// a week; it shares no code with posting.Spells, which it exists to check.
//
// The same Config gives the same bytes on any machine: every draw comes from a PCG seeded by a hash of
// the seed and of what is drawn, and nothing depends on the order of a map. Markets of one seed whose
// scripts differ in outages or flaps have the same employers and the same jobs.
// The room imports nothing of ours and reads no clock.
package market

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Config says which market. The zero value is the demo's.
type Config struct {
	Seed      uint64
	Start     time.Time // a Monday, midnight UTC; zero is 2024-01-01
	Weeks     int       // 0 is 104
	Employers int       // 0 is 72
	Postings  int       // adverts to be seen in all, about; 0 is 8,000 for 72 employers and 104 weeks, and in proportion
	Script    *Script   // nil is DefaultScript(Weeks)
}

// The market of the demo.
const (
	defaultWeeks     = 104
	defaultEmployers = 72
	defaultPostings  = 8000
)

// Bounds of a market, beyond which its names run out or nobody would wait for it.
const (
	employersMax = 600
	weeksMax     = 2600
)

// Market is a simulated job market. It is safe for concurrent use; nothing in it changes after New
// but what it has rendered.
type Market struct {
	cfg       Config
	script    Script
	data      *catalogue
	employers []*employer // by rank
	boards    map[Key]*employer
	adverts   []*advert // by employer, then by opening
	vacancies int
	mixes     map[string][]string // by role: the skills it may ask for, sorted
}

// New makes the market of a configuration. Its error is one of the configuration.
func New(cfg Config) (*Market, error) {
	if cfg.Start.IsZero() {
		cfg.Start = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	cfg.Start = cfg.Start.UTC()
	if cfg.Start.Weekday() != time.Monday || !cfg.Start.Equal(cfg.Start.Truncate(24*time.Hour)) {
		return nil, fmt.Errorf("make market: start %s: want midnight of a Monday, UTC", cfg.Start.Format(time.RFC3339))
	}
	if cfg.Weeks == 0 {
		cfg.Weeks = defaultWeeks
	}
	if cfg.Employers == 0 {
		cfg.Employers = defaultEmployers
	}
	if cfg.Weeks < 1 || cfg.Weeks > weeksMax || cfg.Employers < 1 || cfg.Employers > employersMax {
		return nil, fmt.Errorf("make market: %d weeks and %d employers: want 1 to %d and 1 to %d", cfg.Weeks, cfg.Employers, weeksMax, employersMax)
	}
	if cfg.Postings == 0 {
		cfg.Postings = defaultPostings * cfg.Employers * cfg.Weeks / (defaultEmployers * defaultWeeks)
	}
	if cfg.Postings < 1 {
		return nil, errors.New("make market: no postings")
	}
	data, err := load()
	if err != nil {
		return nil, err
	}
	m := &Market{cfg: cfg, data: data, boards: map[Key]*employer{}}
	if m.script = DefaultScript(cfg.Weeks); cfg.Script != nil {
		m.script = *cfg.Script
	}
	m.found()
	if err := m.checkScript(); err != nil {
		return nil, err
	}
	m.mixes = map[string][]string{}
	for _, r := range data.roles {
		m.mixes[r.ID] = m.mixed(r)
	}
	m.hire()
	return m, nil
}

// checkScript refuses a script that names what the data does not have.
func (m *Market) checkScript() error {
	known := func(what, id string) error {
		_, isRole := m.data.byID[id]
		_, isSkill := m.data.skills[id]
		if what == "role" && isRole || what == "skill" && isSkill {
			return nil
		}
		return fmt.Errorf("make market: script: unknown %s %q", what, id)
	}
	var errs []error
	for _, r := range m.script.Convergence.Roles {
		errs = append(errs, known("role", r))
	}
	for _, b := range m.script.Skills {
		errs = append(errs, known("skill", b.Skill))
		for r := range b.Shares {
			errs = append(errs, known("role", r))
		}
	}
	for _, f := range m.script.Fades {
		errs = append(errs, known("skill", f.Skill))
	}
	for _, c := range m.script.Categories {
		errs = append(errs, known("role", c.Role))
	}
	for _, r := range m.script.Renames {
		if m.roleOf(r.From) == "" {
			errs = append(errs, fmt.Errorf("make market: script: nobody has the title %q", r.From))
		}
	}
	if m.script.OpenDays <= 0 {
		errs = append(errs, errors.New("make market: script: jobs are open for no time; begin with DefaultScript"))
	}
	for _, p := range m.script.Partials {
		if p.Rank < m.cfg.Employers && m.employers[p.Rank].Source != "greenhouse" {
			errs = append(errs, fmt.Errorf("make market: script: the board of rank %d states no total, so that it cannot list a part", p.Rank))
		}
	}
	for _, p := range m.script.MassPosts {
		errs = append(errs, known("role", p.Role))
		if p.Jobs < 1 || p.Adverts < p.Jobs {
			errs = append(errs, errors.New("make market: script: a mass post needs at least one advert for each job"))
		}
	}
	return errors.Join(errs...)
}

// Config is what the market was made of, with the defaults filled in.
func (m *Market) Config() Config { return m.cfg }

// Script is what happens in the market. It must not be changed.
func (m *Market) Script() Script { return m.script }

// Week is the beginning of a week of the market.
func (m *Market) Week(n int) time.Time { return m.cfg.Start.AddDate(0, 0, 7*n) }

// End is when the market ends: the start of the first week after it.
func (m *Market) End() time.Time { return m.Week(m.cfg.Weeks) }

// dice are the draws for one thing, a function of the seed and the thing's name alone.
func (m *Market) dice(of ...any) *rand.Rand {
	a, b := m.hash(of...)
	return rand.New(rand.NewPCG(a, b))
}

func (m *Market) hash(of ...any) (uint64, uint64) {
	sum := sha256.Sum256(fmt.Appendln(nil, append([]any{m.cfg.Seed}, of...)...))
	return binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])
}

func pick[T any](d *rand.Rand, list []T) T { return list[d.IntN(len(list))] }

// weighted draws an index in proportion to the weights.
func weighted(d *rand.Rand, weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	x := d.Float64() * total
	for i, w := range weights {
		if x < w {
			return i
		}
		x -= w
	}
	return len(weights) - 1
}
