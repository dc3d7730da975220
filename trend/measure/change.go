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
	r, end0, end1 := sums[0], sums[1], sums[2]
	if r.n < 1 || end0.n < 2 || end1.n < 2 {
		return 0, false
	}
	product := func(a, b total) float64 { return float64(dot(a.x, b.x)) / (float64(a.n) * float64(b.n)) }
	square := func(t total) float64 { return float64(pairs(t.x)) / (float64(t.n) * float64(t.n-1)) }
	ends, v0, v1 := product(end0, end1), square(end0), square(end1)
	distance := v0 + v1 - 2*ends
	if distance <= tiny*(v0+v1) {
		return 0, false
	}
	return (product(r, end1) - product(r, end0) - ends + v0) / distance, true
}
