package measure

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// large is a role of so many employers, each seen in every period, with so many of 2,000 skills a cell.
func large(seed uint64, employers, periods, perCell int) Role {
	rng := rand.New(rand.NewPCG(seed, 7))
	role := make(Role, 0, employers*periods)
	for e := range employers {
		name := fmt.Sprintf("employer-%d", e)
		for t := range periods {
			cell := Cell{Employer: name, Period: t, Vacancies: 1 + rng.IntN(4)}
			step := 2000/perCell - 1
			for s := rng.IntN(step); s < 2000; s += 1 + rng.IntN(2*step) {
				cell.Counts = append(cell.Counts, Count{Skill: s, N: 1 + rng.IntN(cell.Vacancies)})
			}
			role = append(role, cell)
		}
	}
	return role
}

func BenchmarkSlopeIntervals(b *testing.B) {
	x, y := large(1, 3000, 60, 15), large(2, 3000, 60, 15)
	for b.Loop() {
		if _, total, within, _, err := SlopeIntervals(x, y, 60, 12, 0.95); err != nil || total == nil || within == nil {
			b.Fatal(err, total, within)
		}
	}
}

func BenchmarkCosineInterval(b *testing.B) {
	x, y := large(1, 3000, 1, 30), large(2, 3000, 1, 30)
	for b.Loop() {
		if _, _, ok := CosineInterval(x, y, 0.95); !ok {
			b.Fatal("no interval")
		}
	}
}
