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

func BenchmarkJaccardAt(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 3))
	roles := [2]Role{}
	for r := range roles {
		cell := Cell{Employer: "e", Vacancies: 20_000 + r}
		for s := range 500 {
			cell.Counts = append(cell.Counts, Count{Skill: s, N: 1 + rng.IntN(4000)})
		}
		roles[r] = Role{cell}
	}
	for b.Loop() {
		if _, ok := JaccardAt(roles[0], roles[1], 50); !ok {
			b.Fatal("undefined")
		}
	}
}

func BenchmarkChange(b *testing.B) {
	x, y := large(1, 3000, 1, 30), large(2, 3000, 1, 30)
	for b.Loop() {
		if _, ok := Change(x, y); !ok {
			b.Fatal("undefined")
		}
	}
}

func BenchmarkKaplanMeier(b *testing.B) {
	rng := rand.New(rand.NewPCG(4, 4))
	var l []Lifetime
	for i := range 200_000 {
		l = append(l, Lifetime{Employer: fmt.Sprint(i % 3000), Days: rng.IntN(365), Closed: rng.IntN(3) > 0, N: 1})
	}
	for b.Loop() {
		if _, median, _, _ := KaplanMeier(l, 0.95); median == nil {
			b.Fatal("undefined")
		}
	}
}

func BenchmarkFalsify(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 5))
	var adverts []Advert
	for i := range 20_000 {
		a := Advert{Employer: fmt.Sprint(i % 1000), Stratum: fmt.Sprint(rng.IntN(4)), Second: rng.IntN(3) == 0}
		for range 25 {
			a.Skills = append(a.Skills, rng.IntN(500))
		}
		adverts = append(adverts, a)
	}
	for b.Loop() {
		if _, ok := Falsify(adverts, 999, 1); !ok {
			b.Fatal("undefined")
		}
	}
}

func BenchmarkQuantile(b *testing.B) {
	rng := rand.New(rand.NewPCG(6, 6))
	var values []Value
	for i := range 200_000 {
		values = append(values, Value{fmt.Sprint(i % 3000), float64(rng.IntN(400_000))})
	}
	for b.Loop() {
		if _, _, _, ok := Quantile(values, 0.5, 0.95); !ok {
			b.Fatal("undefined")
		}
	}
}
