package onset

import "slices"

// Alert is a term that began to pass at a week's end.
type Alert struct {
	Key
	At int
}

// Found is what became of an onset.
type Found struct {
	Onset    int
	Adopters int // employers that mention it in the 26 weeks from its onset
	Third    int // week in which the third did; -1 never
	At       int // week's end of the first alert; -1 without one
}

// Delay is how long after its onset it was told, in weeks.
func (f Found) Delay(m *Market) int { return f.At - m.Onsets[f.Onset].Week }

// Outcome is what a detector made of a market.
type Outcome struct {
	Looks    int
	Found    []Found
	False    []Alert
	Rejected map[Family]Rejected
}

// Rejected are the rejections of a family's tests alone, whatever else an alert needs, over all looks.
type Rejected struct {
	Looks    int     `json:"looks"`
	Tests    int     `json:"tests"`
	Rejected int     `json:"rejected"`
	False    int     `json:"false"`
	FDR      float64 `json:"fdr"` // mean over looks of the false share of what was rejected, 0 where nothing was
	PhiMax   float64 `json:"dispersion_max"`
}

// Add adds a look.
func (r Rejected) Add(tests, rejected, wrong int, phi float64) Rejected {
	share := float64(wrong) / float64(max(1, rejected))
	return r.Join(Rejected{Looks: 1, Tests: tests, Rejected: rejected, False: wrong, FDR: share, PhiMax: phi})
}

// Join is both together.
func (r Rejected) Join(o Rejected) Rejected {
	looks := r.Looks + o.Looks
	return Rejected{
		Looks: looks, Tests: r.Tests + o.Tests, Rejected: r.Rejected + o.Rejected, False: r.False + o.False,
		FDR: (r.FDR*float64(r.Looks) + o.FDR*float64(o.Looks)) / float64(max(1, looks)), PhiMax: max(r.PhiMax, o.PhiMax),
	}
}

// IsTrue says to which onset a term belongs; -1 is none.
func (m *Market) IsTrue(k Key) int {
	stable := m.Skills
	if k.Family == Title {
		stable = m.Titles
	}
	return max(-1, k.Term-stable)
}

// Replay looks at every unit's end at which the windows are full. A unit is so many weeks as c was made coarser by.
func Replay(m *Market, c *Counted, r Rule) Outcome {
	unit := m.Weeks / c.Weeks
	out := Outcome{Rejected: map[Family]Rejected{}}
	for i := range m.Onsets {
		out.Found = append(out.Found, m.Adoption(i))
	}
	streak, told := map[int]int{}, map[int]bool{}
	for at := r.Recent + r.Gap + r.Base; at <= c.Weeks; at++ {
		out.Looks++
		passes := map[int]bool{}
		for _, family := range []Family{Title, Skill, RoleSkill} {
			looks, phi := c.Look(family, at, r)
			rejected, wrong := 0, 0
			for _, l := range looks {
				if l.Rejected {
					rejected++
					if m.IsTrue(c.Terms[l.Term].Key) < 0 {
						wrong++
					}
				}
			}
			out.Rejected[family] = out.Rejected[family].Add(len(looks), rejected, wrong, phi)
			for _, l := range looks {
				if l.Passes {
					passes[l.Term] = true
				}
			}
		}
		for t := range passes {
			if streak[t]++; streak[t] < r.Persist || told[t] {
				continue
			}
			told[t] = true
			key := c.Terms[t].Key
			i := m.IsTrue(key)
			if i < 0 {
				out.False = append(out.False, Alert{key, at})
			} else if f := &out.Found[i]; f.At < 0 {
				f.At = at * unit
			}
		}
		for t := range streak {
			if !passes[t] {
				delete(streak, t)
			}
		}
	}
	return out
}

// Adoption is what of an onset a market shows; nothing is found yet.
func (m *Market) Adoption(i int) Found {
	f, seen := Found{Onset: i, Third: -1, At: -1}, map[int]bool{}
	o := m.Onsets[i]
	for _, v := range m.Vacancies[m.from(o.Week):m.from(o.Week+26)] {
		if o.Family == Title && v.Title == o.Term || o.Family != Title && slices.Contains(v.Skills, o.Term) {
			seen[v.Employer] = true
			if len(seen) >= 3 && f.Third < 0 {
				f.Third = v.Week
			}
		}
	}
	f.Adopters = len(seen)
	return f
}
