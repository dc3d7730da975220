package measure

import (
	"testing"

	"pgregory.net/rapid"
)

// TestOddInputDoesNotPanic: cells that no store would give, of every kind, to everything.
func TestOddInputDoesNotPanic(t *testing.T) {
	t.Parallel()
	odd := rapid.SampledFrom([]int{-1 << 62, -3, -1, 0, 1, 2, 3, 7, 40, tableMax - 1, tableMax, 1 << 40})
	small := rapid.IntRange(-2, 9)
	roles := rapid.Custom(func(t *rapid.T) Role {
		var role Role
		for range rapid.IntRange(0, 30).Draw(t, "cells") {
			cell := Cell{
				Employer:  rapid.StringN(0, 1, 1).Draw(t, "employer"),
				Period:    rapid.IntRange(-1, 3).Draw(t, "period"),
				Vacancies: small.Draw(t, "vacancies"),
			}
			for range rapid.IntRange(0, 4).Draw(t, "counts") {
				cell.Counts = append(cell.Counts, Count{Skill: odd.Draw(t, "skill"), N: small.Draw(t, "n")})
			}
			role = append(role, cell)
		}
		return role
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := roles.Draw(t, "a"), roles.Draw(t, "b"), roles.Draw(t, "c")
		level := rapid.Float64().Draw(t, "level")
		Cosine(a, b)
		CosineInterval(a, b, level)
		WeightedJaccard(a, b)
		JaccardAt(a, b, small.Draw(t, "n"))
		Divergence(a, b)
		RCA(a, []Role{a, b, c})
		RCA(a, nil)
		SetSimilarity(a, b, []Role{b, c})
		Change(a, b)
		Continuum(a, b, c)
		SlopeIntervals(a, b, small.Draw(t, "periods"), rapid.Float64().Draw(t, "perYear"), level)
		Jackknife([]Role{a, b, c}, 0, level, func(r []Role) (float64, bool) { return Continuum(r[0], r[1], r[2]) })
		Falsify(nil, 3, 1)
		KaplanMeier(nil, level)
		Quantile(nil, level, level)
	})
}
