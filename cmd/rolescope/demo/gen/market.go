package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// seed makes another market when changed.
const seed = "rolescope demo 1"

// chance is a number in [0,1) that depends on the seed and the parts alone.
func chance(parts ...any) float64 {
	sum := sha256.Sum256([]byte(seed + "|" + fmt.Sprintln(parts...)))
	return float64(binary.BigEndian.Uint64(sum[:8])>>11) / (1 << 53)
}

// dice is a generator that depends on the seed and the parts alone.
func dice(parts ...any) *rand.Rand {
	sum := sha256.Sum256([]byte(seed + "|dice|" + fmt.Sprintln(parts...)))
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])))
}

// advert is one posting of an employer.
type advert struct {
	employer  employer
	role      role
	number    int // in the market of its employer
	title     string
	place     place
	second    *place // a second place of the same posting
	workplace string
	contract  string
	pay       [2]int // per year in the place's currency; zero when the advert does not state it
	published time.Time
	updated   time.Time
	closed    bool // between the moments
	opened    bool // between the moments
	edited    bool // between the moments
	copyOf    int  // number of the advert it repeats in another city, or -1
	sections  []section
}

// section is a part of an advert: a heading with a text or a list.
type section struct {
	heading string
	text    string
	items   []string
}

func (a advert) openIn(month int) bool {
	return month == 0 && !a.opened || month == 1 && !a.closed
}

// market lists all adverts an employer has at either moment.
func market(c employer) []advert {
	var adverts []advert
	add := func(a advert) {
		a.number, a.employer = len(adverts), c
		adverts = append(adverts, a)
	}
	for _, r := range roles() {
		if chance(c.board, r.title, "wanted") >= r.share*1.05 {
			continue
		}
		a := newAdvert(c, r)
		add(a)
		// Some jobs are advertised again, word for word, in another city.
		if chance(c.board, r.title, "copy") < 0.08 && len(c.places) > 1 && a.second == nil {
			b := a
			b.copyOf = len(adverts) - 1
			b.place = c.places[0]
			if a.place == b.place {
				b.place = c.places[1]
			}
			b.pay = payRange(r, b.title, b.place, a.pay[0] > 0)
			add(b)
		}
	}
	for _, a := range foreign(c) {
		add(a)
	}
	return adverts
}

func newAdvert(c employer, r role) advert {
	d := dice(c.board, r.title)
	a := advert{role: r, workplace: c.remote, contract: "full", copyOf: -1}
	level := r.levels[d.IntN(len(r.levels))]
	a.title = strings.TrimSpace(level + " " + r.title)
	if d.Float64() < 0.2 && level == "" {
		a.title += ", " + strings.ToUpper(c.product[:1]) + c.product[1:]
	}
	a.place = c.places[d.IntN(len(c.places))]
	if other := c.places[d.IntN(len(c.places))]; other != a.place && d.Float64() < 0.3 {
		a.second = &other
	}
	if d.Float64() < 0.15 {
		a.workplace = []string{"Remote", "On-Site", "Hybrid"}[d.IntN(3)]
	}
	if d.Float64() < 0.04 {
		a.contract = "contract"
	}
	a.pay = payRange(r, a.title, a.place, d.Float64() < 0.75)
	fate := chance(c.board, r.title, "fate")
	a.closed, a.opened = fate < 0.09, fate >= 0.09 && fate < 0.25
	a.edited = fate >= 0.25 && fate < 0.66
	a.published = moments[0].Add(-time.Duration(24+d.IntN(24*95)) * time.Hour)
	if a.opened {
		a.published = moments[0].Add(time.Duration(24+d.IntN(24*28)) * time.Hour)
	}
	a.published = a.published.Add(time.Duration(d.IntN(3600)) * time.Second)
	return a
}

// payRange is a role's pay at a place, in steps of a thousand.
func payRange(r role, title string, p place, stated bool) [2]int {
	if !stated {
		return [2]int{}
	}
	factor := p.factor
	for level, more := range map[string]float64{"Senior": 1.2, "Staff": 1.45, "Principal": 1.5} {
		if strings.HasPrefix(title, level) {
			factor *= more
		}
	}
	step := func(k int) int { return int(math.Round(float64(k)*factor)) * 1000 }
	return [2]int{step(r.pay[0]), step(r.pay[1])}
}

// in is the advert as it reads at one of the moments.
func (a advert) in(month int) advert {
	a.updated = a.published
	if month == 1 {
		a.updated = moments[1].Add(-30 * time.Hour) // boards re-stamp everything now and then
	}
	now := a.opened || a.edited && month == 1
	if a.sections == nil {
		a.sections = a.write(now)
	}
	if a.edited && month == 1 && a.pay[0] > 0 && chance(a.employer.board, a.title, "raise") < 0.3 {
		a.pay[0], a.pay[1] = a.pay[0]+5000, a.pay[1]+8000
	}
	return a
}

// skills are what the advert asks for. The same draw decides at both moments, so that an edit adds
// what has become common and drops what no longer is.
func (a advert) skills(now bool) []string {
	var names []string
	for _, s := range a.role.skills {
		share := s.then
		if now {
			share = s.now
		}
		if chance(a.employer.board, a.role.title, s.name) < share {
			names = append(names, s.name)
		}
	}
	return names
}

// Sentences around skills; %s is one skill, or two.
var (
	requiredForms = []string{"Strong experience with %s", "Hands-on work with %s in production", "Fluency in %s", "Solid knowledge of %s", "A track record of building with %s"}
	niceForms     = []string{"Familiarity with %s", "Exposure to %s", "Experience with %s is a plus", "Curiosity about %s"}
	headings      = [][4]string{
		{"About us", "What you'll do", "What we're looking for", "Nice to have"},
		{"Who we are", "Responsibilities", "Requirements", "Bonus points"},
		{"The company", "Your work", "Minimum qualifications", "Preferred qualifications"},
	}
)

// write composes the advert's text.
func (a advert) write(now bool) []section {
	d := dice(a.employer.board, a.role.title, "text")
	h := headings[int(chance(a.employer.board, "headings")*float64(len(headings)))]
	goals := pick(d, a.role.goals, 4)
	for i, g := range goals {
		goals[i] = strings.ReplaceAll(g, "%P", a.employer.product)
	}
	names := a.skills(now)
	required, nice := names[:(len(names)*2+2)/3], names[(len(names)*2+2)/3:]
	asks := append(pick(d, a.role.asks, 2), sentences(d, requiredForms, required)...)
	intro := fmt.Sprintf("We are looking for a %s for our %s team. You will work on %s with people who care about the result, and you will see what you build being used.",
		a.title, a.role.team, a.employer.product)
	sections := []section{
		{heading: h[0], text: a.employer.about},
		{heading: "The role", text: intro},
		{heading: h[1], items: goals},
		{heading: h[2], items: asks},
	}
	if len(nice) > 0 {
		sections = append(sections, section{heading: h[3], items: sentences(d, niceForms, nice)})
	}
	return append(sections,
		section{heading: "Benefits", items: a.employer.benefits},
		section{text: a.employer.name + " is an equal opportunity employer. We decide on skills and experience, and we are glad to adapt the process to your needs."})
}

// pick takes n of the list in its order.
func pick(d *rand.Rand, list []string, n int) []string {
	out := append([]string(nil), list...)
	for len(out) > n {
		at := d.IntN(len(out))
		out = append(out[:at], out[at+1:]...)
	}
	return out
}

// sentences puts one or two skills into each sentence.
func sentences(d *rand.Rand, forms, names []string) []string {
	var out []string
	for len(names) > 0 {
		n := 1 + d.IntN(2)
		n = min(n, len(names))
		out = append(out, fmt.Sprintf(forms[d.IntN(len(forms))], strings.Join(names[:n], " and ")))
		names = names[n:]
	}
	return out
}
