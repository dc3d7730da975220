package enrich

import (
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// moneyRange is one figure, or two joined as a range.
type moneyRange struct {
	low, high amount
	isRange   bool
}

var rangeWords = []string{"-", "–", "—", "−", "‐", "‑", "~", "〜", "～", "--", "to", "and", "through", "thru", "until", "up to", "bis", "bis zu", "und", "à", "et", "a", "hasta", "tot", "e", "do", "- up to", "to a maximum of", "min -", "minimum to", "minimum -"}

// rangeGapMax is the longest joint between the two figures of a range.
const rangeGapMax = 24

// secondAmount reads the upper figure of a range that begins with first.
func secondAmount(s string, first amount) (amount, bool) {
	i := first.end
	for i < len(s) && i-first.end < rangeGapMax && !isDigit(s[i]) {
		i++
	}
	if i >= len(s) || !isDigit(s[i]) {
		return amount{}, false
	}
	second, ok := scanAmount(s, i)
	if !ok || second.start < first.end {
		return amount{}, false
	}
	gap := strings.Trim(lowerASCII(s[first.end:second.start]), " ()")
	for _, w := range periodWords { // "$55/hr - $60/hr"
		if rest, ok := strings.CutPrefix(gap, w.word); ok && !startsWord(rest) {
			gap = strings.TrimLeft(rest, " .)")
			break
		}
	}
	for _, w := range rangeWords {
		if gap == w {
			return second, true
		}
	}
	return amount{}, false
}

// settle gives both ends the currency and the magnitude that only one of them is written with, and
// reports whether the range makes sense as one.
func (r *moneyRange) settle() bool {
	if !r.isRange {
		return r.low.currency != ""
	}
	l, h := &r.low, &r.high
	weak := func(c string) bool { return c == "" || c == "$" || c == "kr" || c == "¥" }
	if weak(l.currency) && h.currency != "" {
		l.currency = h.currency
	}
	if weak(h.currency) && l.currency != "" {
		h.currency = l.currency
	}
	if l.currency == "" || l.currency != h.currency {
		return false
	}
	switch {
	case h.times > 1 && l.times == 1 && l.value < 1000: // "$180-240K"
		l.value, l.times, l.thousands = l.value*h.times, h.times, h.thousands
	case l.times > 1 && h.times == 1 && h.value < 1000: // "$180K-240"
		h.value, h.times, h.thousands = h.value*l.times, l.times, l.thousands
	}
	if l.period == "" {
		l.period = h.period
	}
	return true
}

// salary judges the range in its place in the text.
func (r moneyRange) salary(text, lower, above string, in payPlace) (posting.Salary, bool) {
	if r.low.currency == "" && r.high.currency == "" {
		r.low.currency, r.high.currency = in.currency, in.currency
	}
	if !r.settle() {
		return posting.Salary{}, false
	}
	currency := settleCurrency(r.low.currency, in.country)
	start, end := r.low.start, r.high.end
	if currency == "" || r.high.times >= 1e6 && currency != "KRW" && currency != "JPY" && currency != "IDR" && currency != "VND" {
		return posting.Salary{}, false
	}
	c := readContext(lower, above, start, end)
	if r.low.period != "" {
		c.period, c.beside = r.low.period, true
	}
	if !c.beside && r.isRange {
		// "$50/hr - $60": the period stands behind the lower figure.
		low := readContext(lower, above, start, r.low.end)
		if low.beside {
			c.period, c.beside = low.period, true
		}
	}
	period := r.period(c, in.alone)
	if period == "" {
		return posting.Salary{}, false
	}
	s := posting.Salary{Min: r.low.value, Max: r.high.value, Currency: currency, Period: period, Source: salarySourceText}
	if !r.isRange {
		r.openEnd(&s, lower[max(0, start-16):start])
	}
	if !saneSalary(&s) {
		return posting.Salary{}, false
	}
	if r.low.currency == "$" && c.beside {
		// "$105,000/yr CAD"
		if rest := strings.TrimLeft(text[c.end:], " "); len(rest) >= 3 && !startsWord(rest[3:]) && codeAtEnd(rest[:3]) != "" {
			s.Currency = codeAtEnd(rest[:3])
			c.end = len(text) - len(rest) + 3
		}
	}
	s.Text = strings.TrimSpace(text[start:withOTE(lower, max(end, c.end))])
	return s, true
}

// loneYearMin is the least a year's pay must be to be believed without a word about pay.
const loneYearMin = 20_000

// period is the period of pay that is stated or evident; "" when the figure is other money or its
// period is open.
func (r moneyRange) period(c payContext, alone bool) string {
	big := r.low.thousands || r.low.digits >= evidentDigits
	if c.other {
		return ""
	}
	alone = alone && r.isRange
	switch {
	case c.beside && (c.pay || r.isRange || alone):
		return c.period
	case c.beside && (c.period == "hour" || c.period == "day" || c.period == "year" && big && r.low.value >= loneYearMin):
		// A single figure with nothing said about it. Small ones a year, and most a month, are perks.
		return c.period
	case c.period != "" && c.pay && r.plausible(c.period):
		return c.period
	case big && (c.pay || alone):
		return "year"
	}
	return ""
}

// plausible guards a period that is stated somewhere before the figure: an hourly rate is small, a
// year's pay is not.
func (r moneyRange) plausible(period string) bool {
	big := r.low.thousands || r.low.digits >= evidentDigits
	if period == "year" {
		return big
	}
	if period == "hour" {
		return !big
	}
	return true
}

// openEnd clears the end that a single figure does not state.
func (r moneyRange) openEnd(s *posting.Salary, before string) {
	before = strings.TrimRight(before, " :(")
	for _, w := range []string{"up to", "upto", "maximum of", "max", "bis zu", "bis", "jusqu'à", "hasta", "tot"} {
		if strings.HasSuffix(before, w) {
			s.Min = 0
			return
		}
	}
	for _, w := range []string{"from", "starting at", "starts at", "at least", "minimum of", "min", "ab", "à partir de", "desde", "vanaf", "minimum"} {
		if strings.HasSuffix(before, w) {
			s.Max = 0
			return
		}
	}
	if r.low.plus {
		s.Max = 0
	}
}

// settleCurrency turns a sign that several countries share into a code. A bare dollar is the US one
// unless the posting is wholly in another dollar country; the others need their country.
func settleCurrency(c, country string) string {
	switch c {
	case "$":
		if d := dollarOf[country]; d != "" {
			return d
		}
		return "USD"
	case "kr":
		return kroneOf[country]
	case "¥":
		return yenOf[country]
	}
	return c
}

// withOTE extends the quoted text over "OTE", which changes what the figure means.
func withOTE(lower string, end int) int {
	rest := lower[end:min(len(lower), end+12)]
	if i := strings.Index(rest, "ote"); i >= 0 && strings.Trim(rest[:i], " (,") == "" && !startsWord(rest[i+3:]) {
		return end + i + 3
	}
	return end
}
