package market

import (
	"math"
	"math/rand/v2"
	"sync"
	"time"
)

// Interval is a time during which an advert stands on its board: From is in it, To is not.
type Interval struct{ From, To time.Time }

func (i Interval) contains(t time.Time) bool { return !t.Before(i.From) && t.Before(i.To) }

// Advert is the truth about one advert.
type Advert struct {
	ID            string // at its source
	Source, Board string
	Company       string
	Vacancy       int    // the job it is for; city copies and reposts share it
	Role          string // id of enrich's roles
	Mix           string // the role whose mix of skills it was drawn from
	Category      string // its title without level, field and place
	Title         string
	Seniority     string  // as its title states it: intern entry senior staff principal lead, or empty
	Skills        []Skill // what it names, by id
	City, Country string
	Workplace     string // onsite, hybrid or remote
	Pay           []Pay  // as stated in each version; nil when it states none
	Listed        []Interval
	Edits         []time.Time // when its later versions began
	JobOpened     time.Time   // when its job was first advertised; its skills were drawn for this moment
	Repost        bool        // it advertises again a job whose earlier advert has closed
	Event         string      // what of the script made it: "mass post", "category ROLE", or empty
}

// Skill is a skill that an advert names.
type Skill struct {
	ID       string
	Strength string // required or preferred
	InTitle  bool   // its title names it; it was not drawn from the mix
}

// Pay is stated pay per year.
type Pay struct {
	Min, Max int
	Currency string // ISO 4217
}

// advert is an Advert with what it is rendered from.
type advert struct {
	Advert
	number   int
	e        *employer
	plan     *plan
	city     *city
	added    string
	versions []version
}

// version is one wording of an advert in its source's format, rendered when it is first asked for.
type version struct {
	pay  Pay
	said bool // the added sentence is in it
	once sync.Once
	job  []byte
}

// Adverts lists all adverts that can ever be seen, by employer and then by opening. The slices in
// them must not be changed.
func (m *Market) Adverts() []Advert {
	out := make([]Advert, len(m.adverts))
	for i, a := range m.adverts {
		out[i] = a.Advert
	}
	return out
}

// Chance is the probability with which an advert of a job was to ask for a skill of its mix: Share,
// moved by the taste of its employer.
func (m *Market) Chance(a Advert, skill string) float64 {
	e := m.boards[Key{a.Source, a.Board}]
	if e == nil {
		return 0
	}
	return m.shareAt(e, a.Mix, skill, a.JobOpened)
}

// Mixed are the skills that adverts of a mix may ask for, sorted. They must not be changed.
func (m *Market) Mixed(mix string) []string { return m.mixes[mix] }

func (a *advert) listedAt(t time.Time) bool {
	for _, i := range a.Listed {
		if i.contains(t) {
			return true
		}
	}
	return false
}

// versionAt is the number of the wording that stands at a moment.
func (a *Advert) versionAt(t time.Time) int {
	n := 0
	for _, e := range a.Edits {
		if !t.Before(e) {
			n++
		}
	}
	return n
}

// payStep is what stated pay is rounded to.
const payStep = 1000

// price draws stated pay: the role's at the level, in the city, of the year and the employer.
func (a *advert) price(m *Market, d *rand.Rand) {
	a.versions = make([]version, 1)
	if d.Float64() >= a.e.states {
		return
	}
	r := a.plan.role
	years := a.Listed[0].From.Sub(m.cfg.Start).Hours() / (hoursPerWeek * 52)
	factor := float64(a.plan.level.pay) / 100 * a.city.Pay * a.e.pays * math.Pow(1+m.script.PayRise, years)
	step := func(thousands int) int {
		return int(math.Round(float64(thousands)*1000*factor/payStep)) * payStep
	}
	p := Pay{Min: step(r.Pay[0]), Max: step(r.Pay[1]), Currency: a.city.Currency}
	a.versions[0].pay, a.Pay = p, []Pay{p}
}

// edit gives the advert a second wording: higher pay where it states pay, else one more sentence.
func (a *advert) edit(m *Market, d *rand.Rand, open time.Duration) {
	at := a.Listed[0].From.Add(7*24*time.Hour + time.Duration(d.Float64()*float64(open-10*24*time.Hour)))
	a.Edits = []time.Time{at.Truncate(time.Second)}
	first := &a.versions[0]
	if first.pay == (Pay{}) || d.IntN(2) == 0 {
		a.added = pick(d, m.data.sentences.Added)
		a.versions = []version{{pay: first.pay}, {pay: first.pay, said: true}}
	} else {
		more := first.pay
		more.Min, more.Max = more.Min+max(payStep, more.Min/20/payStep*payStep), more.Max+max(payStep, more.Max/16/payStep*payStep)
		a.versions = []version{{pay: first.pay}, {pay: more}}
	}
	if a.Pay != nil {
		a.Pay = []Pay{a.versions[0].pay, a.versions[1].pay}
	}
}
