package trend_test

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// binomialTail is P(Bin(x1 + x0, growth n1 / (growth n1 + n0)) >= x1) of counts that were divided by the dispersion:
// every term exactly rounded to 300 bits, with nothing of what the statement does.
func binomialTail(x1, n1, x0, n0, growth int64, dispersion float64) float64 {
	x := int64(math.Floor(float64(x1) / dispersion))
	n := x + int64(math.Ceil(float64(x0)/dispersion))
	float := func(v int64) *big.Float { return new(big.Float).SetPrec(300).SetInt64(v) }
	pi := new(big.Float).Quo(float(growth*n1), float(growth*n1+n0))
	rest := new(big.Float).Sub(float(1), pi)
	if rest.Sign() == 0 {
		return 1 // nobody was there before
	}
	power := func(base *big.Float, k int64) *big.Float {
		out, square := float(1), new(big.Float).Copy(base)
		for ; k > 0; k >>= 1 {
			if k&1 == 1 {
				out.Mul(out, square)
			}
			square.Mul(square, square)
		}
		return out
	}
	term := new(big.Float).SetPrec(300).SetInt(new(big.Int).Binomial(n, x))
	term.Mul(term, power(pi, x)).Mul(term, power(rest, n-x))
	sum := float(0)
	for k := x; k <= n; k++ {
		sum.Add(sum, term)
		term.Mul(term, float(n-k)).Quo(term, float(k+1)).Mul(term, pi).Quo(term, rest)
	}
	p, _ := sum.Float64()
	return p
}

// testCount is a case of the test: counts and a dispersion.
type testCount struct {
	X1, N1, X0, N0 int64
	Phi            float64
}

// sqlTails has the statement's own part that tests compute p of counts.
func sqlTails(t interface {
	Helper()
	Fatal(args ...any)
}, q asker, counts []testCount,
) []float64 {
	t.Helper()
	text, err := os.ReadFile("sql/emerging.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, part, found := strings.Cut(string(text), "    tested AS\n")
	part, _, ended := strings.Cut(part, "    ranked AS\n")
	if !found || !ended {
		t.Fatal("emerging.sql has no part that tests")
	}
	lines := make([]string, len(counts))
	for i, c := range counts {
		lines[i] = fmt.Sprintf("%d %d %d %d %g", c.X1, c.N1, c.X0, c.N0, c.Phi)
	}
	query := `WITH dispersed AS (
		SELECT number, toUInt64(f[1]) AS x1, toUInt64(f[2]) AS n1, toUInt64(f[3]) AS x0, toUInt64(f[4]) AS n0, toFloat64(f[5]) AS dispersion
		FROM (SELECT number, splitByChar(' ', splitByChar('\n', {cases:String})[number + 1]) AS f FROM numbers({n:UInt64}))
	), tested AS ` + strings.TrimSuffix(strings.TrimSpace(part), ",") + ` SELECT p FROM tested ORDER BY number`
	var rows []struct {
		P float64 `ch:"p"`
	}
	err = q.Ask(context.Background(), &rows, query, map[string]string{"cases": strings.Join(lines, "\n"), "n": fmt.Sprint(len(counts)), "growth": "2"})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = r.P
	}
	return out
}

const tailAccuracy = 1e-9

func compareTails(t interface {
	Helper()
	Errorf(format string, args ...any)
}, counts []testCount, got []float64,
) {
	t.Helper()
	if len(got) != len(counts) {
		t.Errorf("%d results of %d counts", len(got), len(counts))
		return
	}
	for i, c := range counts {
		if want := binomialTail(c.X1, c.N1, c.X0, c.N0, 2, c.Phi); math.Abs(got[i]-want) > tailAccuracy {
			t.Errorf("%+v: p is %.15g, exactly %.15g", c, got[i], want)
		}
	}
}

// TestEmergingTail: the statement's p is that of an exact binomial test.
func TestEmergingTail(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine asks the engine for long: runs without -short, also in CI")
	}
	t.Parallel()
	q := emptyWorld(t)
	counts := []testCount{
		{0, 10, 0, 10, 1},
		{0, 10, 5, 10, 1},
		{5, 10, 0, 10, 1},
		{1, 1, 1, 1, 1},
		{8, 1000, 0, 6500, 1},
		{8, 1000, 1, 6500, 1.7},
		{3, 4, 1, 26, 1},
		{100, 400, 100, 2600, 1},
		{1000, 4000, 3250, 26000, 1},
		{1000, 4000, 3250, 26000, 2.5},
		{999, 1000, 0, 6500, 1},
		{0, 1000, 6500, 6500, 1},
		{25_000, 30_000, 75_000, 180_000, 1},
		{23_000, 30_000, 77_000, 180_000, 1},
		{50_000, 60_000, 50_000, 60_000, 1},
		{66_700, 100_000, 33_300, 100_000, 1},
		{99_999, 100_000, 1, 600_000, 1},
	}
	compareTails(t, counts, sqlTails(t, q, counts))
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) testCount {
			size := rapid.SampledFrom([]int64{6, 60, 600, 6000}).Draw(t, "size")
			c := testCount{N1: rapid.Int64Range(1, size).Draw(t, "n1"), N0: rapid.Int64Range(1, 7*size).Draw(t, "n0"), Phi: rapid.SampledFrom([]float64{1, 1.13, 2.75}).Draw(t, "phi")}
			c.X1, c.X0 = rapid.Int64Range(0, c.N1).Draw(t, "x1"), rapid.Int64Range(0, c.N0).Draw(t, "x0")
			return c
		}), 1, 20).Draw(t, "counts")
		compareTails(t, counts, sqlTails(t, q, counts))
	})
}
