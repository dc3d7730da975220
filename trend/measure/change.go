package measure

// ChangeParts is how much a role's shares moved, in shares: 0.3 is 30 of 100 vacancies, added up over
// skills. Total = New + Vanished + Intensity, Excess = Total - Noise.
type ChangeParts struct {
	Total     float64
	New       float64 // of skills that nobody mentioned before
	Vanished  float64 // of skills that nobody mentions after
	Intensity float64 // of the rest
	Noise     float64 // what Total would be if nothing had changed
	Excess    float64
	Parts     []Part // p_after - p_before by skill, by falling size
}

// Change is sum_s |p_1s - p_0s| of a role before (0) and after (1) (as in Deming & Noray 2020), in three
// parts, with the Noise that sampling alone gives: with the vacancies of both thrown together and dealt
// out again, sum_s E |A_s / N_0 - (X_s - A_s) / N_1| with A_s hypergeometric, exactly. Noise takes
// vacancies for independent; one that is counted in both periods makes it too large. Undefined (false)
// when there are no vacancies before or after, or a skill has more mentions than vacancies.
func Change(before, after Role) (ChangeParts, bool) {
	skills, sums := totals(before, after)
	n0, n1 := sums[0].n, sums[1].n
	if n0 == 0 || n1 == 0 || !sums[0].possible() || !sums[1].possible() {
		return ChangeParts{}, false
	}
	var c ChangeParts
	var appeared, vanished, intensity int64 // times N_0 N_1
	unit := float64(n0) * float64(n1)
	kept := map[int64]float64{}
	for s, skill := range skills {
		x0, x1 := sums[0].x[s], sums[1].x[s]
		moved := x1*n0 - x0*n1
		size := max(moved, -moved)
		switch {
		case x0 == 0:
			appeared += size
		case x1 == 0:
			vanished += size
		default:
			intensity += size
		}
		noise, ok := kept[x0+x1]
		if !ok {
			noise = deviation(n0, n1, x0+x1)
			kept[x0+x1] = noise
		}
		c.Noise += noise
		c.Parts = append(c.Parts, Part{Skill: skill, Value: float64(moved) / unit})
	}
	c.New, c.Vanished, c.Intensity = float64(appeared)/unit, float64(vanished)/unit, float64(intensity)/unit
	c.Total = float64(appeared+vanished+intensity) / unit
	c.Excess = c.Total - c.Noise
	byValue(c.Parts)
	return c, true
}

// ChangeInterval is Change with the interval of its Excess: of the jackknife's width, around the Excess itself.
// |p_1s - p_0s| has a kink where nothing changed, where E times a difference of delete-one values is no
// estimate of the bias. The second result is false when there is no interval.
func ChangeInterval(before, after Role, level float64) (ChangeParts, Interval, bool) {
	c, ok := Change(before, after)
	if !ok {
		return c, Interval{}, false
	}
	i, ok := Jackknife([]Role{before, after}, c.Excess, level, func(roles []Role) (float64, bool) {
		c, ok := Change(roles[0], roles[1])
		return c.Excess, ok
	})
	if !ok {
		return c, Interval{}, false
	}
	half := i.High - i.Centre
	i.Centre, i.Low, i.High = c.Excess, c.Excess-half, c.Excess+half
	return c, i, true
}

// deviation is E |A / n0 - (x - A) / n1|, A of x marked among n0 drawn of n0 + n1.
func deviation(n0, n1, x int64) float64 {
	first, p := hypergeometric(n0+n1, x, n0)
	var sum float64
	for i, p := range p {
		off := (first+int64(i))*(n0+n1) - x*n0
		sum += p * float64(max(off, -off))
	}
	return sum / (float64(n0) * float64(n1))
}

// Continuum is where a role lies on the line from a research role (0) to an engineering role (1):
// (p_r.p_1 - p_r.p_0 - p_0.p_1 + V_0) / (V_0 + V_1 - 2 p_0.p_1), the debiased projection of its shares on
// that line. It may lie outside [0, 1]. The two ends are 0 and 1 by definition: a caller does not ask for
// them, since their own vacancies stand on both sides of the products. Undefined (false) when the role has no
// vacancies, an end fewer than two, or the denominator, the squared distance of the ends, is not above 0.
func Continuum(role, research, engineering Role) (float64, bool) {
	_, sums := totals(role, research, engineering)
	return lineOf([3]total(sums)).continuum()
}

// line is what the continuum is made of, in whole numbers, of a role (r) and the ends (0 and 1): vacancies, sums of
// products of mentions, sum X (X - 1) of the ends.
type line struct {
	n                    [3]int64
	r0, r1, ends, v0, v1 int64
}

func lineOf(t [3]total) line {
	return line{
		n:  [3]int64{t[0].n, t[1].n, t[2].n},
		r0: dot(t[0].x, t[1].x), r1: dot(t[0].x, t[2].x), ends: dot(t[1].x, t[2].x), v0: pairs(t[1].x), v1: pairs(t[2].x),
	}
}

// add adds one skill's mentions, or takes them away.
func (l *line) add(sign int64, x [3]int64) {
	l.r0 += sign * x[0] * x[1]
	l.r1 += sign * x[0] * x[2]
	l.ends += sign * x[1] * x[2]
	l.v0 += sign * x[1] * (x[1] - 1)
	l.v1 += sign * x[2] * (x[2] - 1)
}

func (l line) continuum() (float64, bool) {
	if l.n[0] < 1 || l.n[1] < 2 || l.n[2] < 2 {
		return 0, false
	}
	product := func(sum, a, b int64) float64 { return float64(sum) / (float64(a) * float64(b)) }
	ends, v0, v1 := product(l.ends, l.n[1], l.n[2]), product(l.v0, l.n[1], l.n[1]-1), product(l.v1, l.n[2], l.n[2]-1)
	distance := v0 + v1 - 2*ends
	if distance <= tiny*(v0+v1) {
		return 0, false
	}
	return (product(l.r1, l.n[0], l.n[2]) - product(l.r0, l.n[0], l.n[1]) - ends + v0) / distance, true
}

// ContinuumInterval is the Continuum with its Jackknife interval, in one pass over the counts: taking an employer
// out changes the sums at its own skills only. False when there is no interval; the value is then still the
// Continuum's, or 0 where that is undefined.
func ContinuumInterval(role, research, engineering Role, level float64) (float64, Interval, bool) {
	bk := bookOf(role, research, engineering)
	var all [3]total
	for r := range all {
		all[r].x = make([]int64, len(bk.skills))
		for _, f := range bk.firms {
			all[r].n += f.sides[r].n
			for _, e := range f.sides[r].entries {
				all[r].x[e.skill] += e.x
			}
		}
	}
	whole := lineOf(all)
	value, ok := whole.continuum()
	if !ok {
		return 0, Interval{}, false
	}
	without := make([]float64, len(bk.firms))
	own := make([][3]int64, len(bk.skills)) // the employer's mentions, by skill; cleared after each
	for c, f := range bk.firms {
		rest := whole
		for r, s := range f.sides {
			rest.n[r] -= s.n
			for _, e := range s.entries {
				own[e.skill][r] = e.x
			}
		}
		for _, s := range f.sides {
			for _, e := range s.entries {
				x := own[e.skill]
				if x == ([3]int64{}) { // another side has the skill as well
					continue
				}
				before := [3]int64{all[0].x[e.skill], all[1].x[e.skill], all[2].x[e.skill]}
				rest.add(-1, before)
				rest.add(1, [3]int64{before[0] - x[0], before[1] - x[1], before[2] - x[2]})
				own[e.skill] = [3]int64{}
			}
		}
		if without[c], ok = rest.continuum(); !ok {
			return value, Interval{}, false
		}
	}
	interval, ok := IntervalOf(value, without, bk.sizes(3), level)
	return value, interval, ok
}
