package measure

import "math"

// seriesMax is the number of degrees of freedom up to which the exact series is summed; above it its
// rounding would cost more digits than the expansion in 1 / degrees leaves out: both give eleven here.
const seriesMax = 2000

// StudentT is the quantile of Student's t: the value that a variable with so many degrees of freedom
// stays below with probability p. NaN when degrees < 1 or p is not in [0, 1]; infinite at 0 and 1.
// The distribution is Abramowitz & Stegun 26.7.3-4, inverted by bisection; from 2,000 degrees on the
// quantile is their expansion 26.7.5.
func StudentT(p float64, degrees int) float64 {
	switch {
	case degrees < 1 || math.IsNaN(p) || p < 0 || p > 1:
		return math.NaN()
	case p < 0.5:
		return -StudentT(1-p, degrees)
	case p == 1:
		return math.Inf(1)
	case p == 0.5:
		return 0
	case degrees > seriesMax:
		return studentExpansion(p, float64(degrees))
	}
	low, high := 0.0, math.Pi/2 // of the angle whose tangent is t / sqrt(degrees)
	for {
		middle := (low + high) / 2
		if middle <= low || middle >= high {
			return math.Sqrt(float64(degrees)) * math.Tan(middle)
		}
		if studentCentral(middle, degrees) < 2*p-1 {
			low = middle
		} else {
			high = middle
		}
	}
}

// studentCentral is the probability of |T| <= sqrt(degrees) tan(angle): for even degrees
// sin (1 + 1/2 cos^2 + 1*3/(2*4) cos^4 + ...), for odd ones
// 2/pi (angle + sin (cos + 2/3 cos^3 + 2*4/(3*5) cos^5 + ...)), up to the power degrees - 2.
func studentCentral(angle float64, degrees int) float64 {
	sin, cos := math.Sincos(angle)
	odd := degrees % 2
	term, sum := 1.0, 0.0
	if odd == 1 {
		term = cos
	}
	for power := odd; power <= degrees-2; power += 2 {
		sum += term
		term *= cos * cos * float64(power+1) / float64(power+2)
	}
	if odd == 1 {
		return 2 / math.Pi * (angle + sin*sum)
	}
	return sin * sum
}

// studentExpansion is the normal quantile with four corrections (Cornish & Fisher).
func studentExpansion(p, v float64) float64 {
	x := math.Sqrt2 * math.Erfinv(2*p-1)
	x2 := x * x
	g1 := x * (x2 + 1) / 4
	g2 := x * ((5*x2+16)*x2 + 3) / 96
	g3 := x * (((3*x2+19)*x2+17)*x2 - 15) / 384
	g4 := x * ((((79*x2+776)*x2+1482)*x2-1920)*x2 - 945) / 92160
	return x + (g1+(g2+(g3+g4/v)/v)/v)/v
}
