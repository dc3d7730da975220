package market

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// plan is what all adverts of one job say.
type plan struct {
	role        *role
	level       level
	title       string
	category    string
	opened      time.Time
	skills      []Skill
	intro       string
	do          []string
	ask         []string // requirements, those with skills included
	wish        []string // nice to have
	place, pay  string   // forms
	team        string
	work        string
	cityInTitle bool
}

// drawsMax bounds how often a text is drawn anew because the employer has one that reads alike.
const drawsMax = 50

// plan draws the words of a job. An employer's two jobs never say the same.
func (h *hiring) plan(d *rand.Rand, j job) *plan {
	for range drawsMax {
		p := h.draw(d, j)
		sentences := slices.Concat([]string{p.title, p.intro}, p.do, p.ask, p.wish)
		slices.Sort(sentences)
		// Figures do not tell two jobs apart.
		key := strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, strings.Join(sentences, "\n"))
		if !h.texts[key] {
			h.texts[key] = true
			return p
		}
	}
	// So few sentences that all are used up: a number of its own keeps the job apart.
	p := h.draw(d, j)
	p.do = append(p.do, fmt.Sprintf("Work in group %s of the team.", spell(h.jobs)))
	return p
}

// spell writes a number in letters.
func spell(n int) string {
	var b []byte
	for ; n > 0; n /= 26 {
		b = append(b, byte('A'+n%26))
	}
	return "G" + string(b)
}

func (h *hiring) draw(d *rand.Rand, j job) *plan {
	r, s := j.role, h.m.data.sentences
	p := &plan{role: r, opened: j.at, team: pick(d, r.Teams), work: h.e.work}
	ladder := ladder(r)
	var weights []float64
	for _, l := range ladder {
		weights = append(weights, l.weight)
	}
	p.level = ladder[weighted(d, weights)]
	form, field := h.form(d, j), focus{}
	if form.Level != "" {
		p.level = level{name: form.Level, pay: 125, years: 4}
	}
	if d.Float64() < 0.55 {
		field = pick(d, r.Focuses)
	}
	if strings.Contains(form.Text, field.Text) {
		field = focus{} // no "Product Data Scientist, Product"
	}
	p.category, p.title = form.Text, titleOf(d, p.level, form.Text, field.Text)
	p.cityInTitle = d.IntN(4) == 0
	if d.Float64() < 0.15 {
		p.work = []string{"hybrid", "onsite", "remote"}[d.IntN(3)]
	}
	p.intro = strings.ReplaceAll(pick(d, s.Intro), "{team}", p.team)
	p.do = some(d, r.Do, 3+d.IntN(3))
	p.place, p.pay = pick(d, s.Place), pick(d, s.Pay)
	if p.level.years > 0 {
		years := p.level.years + d.IntN(2)
		p.ask = append(p.ask, strings.ReplaceAll(pick(d, s.Years), "{years}", fmt.Sprint(years)))
	}
	required, preferred := h.skills(d, j)
	p.ask = append(p.ask, h.m.phrases(d, s.Required, required)...)
	p.ask = append(p.ask, some(d, r.Ask, 1+d.IntN(3))...)
	p.wish = h.m.phrases(d, s.Preferred, preferred)
	for _, id := range required {
		p.skills = append(p.skills, Skill{ID: id, Strength: "required"})
	}
	for _, id := range preferred {
		p.skills = append(p.skills, Skill{ID: id, Strength: "preferred"})
	}
	named := slices.Clone(form.Skills)
	if field.Skill != "" {
		named = append(named, field.Skill)
	}
	for _, id := range named {
		p.skills = append(p.skills, Skill{ID: id, Strength: "required", InTitle: true})
	}
	slices.SortFunc(p.skills, func(a, b Skill) int { return strings.Compare(a.ID, b.ID) })
	return p
}

// form draws the title, under the name that the employer uses by then.
func (h *hiring) form(d *rand.Rand, j job) titleForm {
	if j.title != "" {
		return titleForm{Text: j.title}
	}
	var weights []float64
	for _, t := range j.role.Titles {
		weights = append(weights, t.Weight)
	}
	t := j.role.Titles[weighted(d, weights)]
	for _, r := range h.m.script.Renames {
		if when, ok := h.m.renamed(r, h.e.Rank); ok && t.Text == r.From && !j.at.Before(when) {
			return titleForm{Text: r.To}
		}
	}
	return t
}

// renamed is when an employer gives up a title, if it does.
func (m *Market) renamed(r Rename, rank int) (time.Time, bool) {
	d := m.dice("rename", r.From, rank)
	takes := d.Float64() < r.Share
	return m.Week(r.Week + d.IntN(max(1, r.Ramp))), takes
}

// mixed are the skills that a role may ask for: those of its mix, of roles it converges with, and of
// skills that are born in it.
func (m *Market) mixed(r *role) []string {
	of := map[string]bool{}
	take := func(r *role) {
		for s := range r.Mix {
			of[s] = true
		}
	}
	take(r)
	if slices.Contains(m.script.Convergence.Roles, r.ID) {
		for _, q := range m.script.Convergence.Roles {
			take(m.data.byID[q])
		}
	}
	for _, b := range m.script.Skills {
		if b.Shares[r.ID] > 0 {
			of[b.Skill] = true
		}
	}
	return slices.Sorted(maps.Keys(of))
}

// skills draws what the job asks for.
func (h *hiring) skills(d *rand.Rand, j job) (required, preferred []string) {
	mix := h.m.data.byID[j.role.MixOf]
	for _, s := range h.m.mixes[mix.ID] {
		asked, hard := d.Float64() < h.m.shareAt(h.e, mix.ID, s, j.at), d.Float64() < requiredBy
		switch {
		case asked && hard:
			required = append(required, s)
		case asked:
			preferred = append(preferred, s)
		}
	}
	return required, preferred
}

// phrases puts skills into sentences, up to three of one kind in each.
func (m *Market) phrases(d *rand.Rand, forms map[string][]string, skills []string) []string {
	var out []string
	for _, kind := range []string{"language", "method", "tool"} {
		var names []string
		for _, id := range skills {
			if s := m.data.skills[id]; s.Kind == kind {
				names = append(names, pick(d, s.Names))
			}
		}
		d.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		order := d.Perm(len(forms[kind]))
		for k := 0; len(names) > 0; k++ {
			n := min(len(names), 1+d.IntN(3))
			out = append(out, strings.ReplaceAll(forms[kind][order[k%len(order)]], "{s}", listing(names[:n])))
			names = names[n:]
		}
	}
	d.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// listing writes "A", "A and B" or "A, B and C".
func listing(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// some takes n of the list, in its order.
func some(d *rand.Rand, list []string, n int) []string {
	at := d.Perm(len(list))[:min(n, len(list))]
	slices.Sort(at)
	var out []string
	for _, i := range at {
		out = append(out, list[i])
	}
	return out
}

// section is a heading with paragraphs or a list.
type section struct {
	heading    string
	paragraphs []string
	items      []string
}

// sections are the advert in one of its versions.
func (a *advert) sections(v *version) []section {
	p, h := a.plan, a.e.headings
	role := section{heading: h[1], paragraphs: []string{p.intro}}
	if p.work != "remote" {
		role.paragraphs = append(role.paragraphs, strings.ReplaceAll(p.place, "{city}", a.city.Name))
	}
	out := []section{{heading: h[0], paragraphs: []string{a.e.about}}, role, {heading: h[2], items: p.do}, {heading: h[3], items: p.ask}}
	if len(p.wish) > 0 {
		out = append(out, section{heading: h[4], items: p.wish})
	}
	benefits := section{heading: h[5], items: a.e.benefits}
	if v.said {
		benefits.paragraphs = []string{a.added}
	}
	out = append(out, benefits)
	if v.pay != (Pay{}) {
		say := strings.NewReplacer("{min}", money(v.pay.Min, v.pay.Currency), "{max}", money(v.pay.Max, v.pay.Currency)).Replace
		out = append(out, section{heading: h[6], paragraphs: []string{say(p.pay)}})
	}
	return append(out, section{heading: h[7], paragraphs: []string{a.e.equal}})
}

// money writes an amount the way adverts do.
func money(amount int, currency string) string {
	text := fmt.Sprintf("%d,%03d", amount/1000, amount%1000)
	switch currency {
	case "USD":
		return "$" + text
	case "GBP":
		return "£" + text
	case "EUR":
		return "€" + text
	}
	return currency + " " + text
}
