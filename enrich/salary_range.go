package enrich

import (
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// moneyRange is one figure, or two joined as a range.
type moneyRange struct {
	low, high amount
	isRange   bool
	bare      bool // written without any currency
}

// readRange reads the range that begins with first, or first alone. Of "$170,000 (min) - $210,000
// (mid) - $250,000 (max)" it is the outer figures.
func readRange(s string, first amount) moneyRange {
	second, ok := secondAmount(s, first)
	if !ok {
		return moneyRange{low: first, high: first}
	}
	if rest := strings.TrimLeft(s[second.end:], " ("); len(rest) >= 3 && lowerASCII(rest[:3]) == "mid" {
		if third, ok := secondAmount(s, second); ok {
			second = third
		}
	}
	return moneyRange{low: first, high: second, isRange: true}
}

var rangeWords = []string{"-", "–", "—", "−", "‐", "‑", "~", "〜", "～", "--", "to", "and", "through", "thru", "until", "up to", "bis", "bis zu", "und", "à", "et", "a", "hasta", "tot", "e", "do", "- up to", "to a maximum of", "to maximum", "to max", "and maximum", "- max", "min -", "minimum to", "minimum -"}

// rangeGapMax is the longest joint between the two figures of a range.
const rangeGapMax = 24

// moneyGapMax is the same behind a figure with a currency, which may be followed by where it holds.
const moneyGapMax = 64

// betweenFillers are what may stand behind the lower figure of a range, besides its period.
var betweenFillers = []string{"in our lowest geographic market", "in the lowest geographic market", "minimum)", "midpoint)", "min)", "mid)"}

// secondAmount reads the upper figure of a range that begins with first.
func secondAmount(s string, first amount) (amount, bool) {
	i, reach := first.end, rangeGapMax
	if first.currency != "" {
		reach = moneyGapMax
	}
	for i < len(s) && i-first.end < reach && !isDigit(s[i]) {
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
	for _, w := range betweenFillers {
		if rest, ok := strings.CutPrefix(gap, w); ok {
			gap = strings.TrimLeft(rest, " ")
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
	case l.times == 1 && h.times == 1 && l.value < 1000 && h.value >= 1e4 && l.value*1e3 < h.value && h.value <= 3e3*l.value: // "£30-45,000"
		l.value, l.thousands = l.value*1e3, true
	case l.times > 1 && h.times == 1 && h.value < 1000: // "$180K-240"
		h.value, h.times, h.thousands = h.value*l.times, l.times, l.thousands
	}
	if l.period == "" {
		l.period = h.period
	}
	return true
}

// evident reports whether the figure, in a place where pay is spoken of, can only be a year's.
func (a amount) evident() bool { return a.thousands || a.digits >= evidentDigits }

// salary judges the range in its place in the text.
func (r moneyRange) salary(text, lower, above string, in payPlace) (statedPay, bool) {
	if !r.settle() {
		return statedPay{}, false
	}
	currency := settleCurrency(r.low.currency, in.country)
	start, end := r.low.start, r.high.end
	if currency == "" || r.high.times >= 1e6 && !r.mayBeMillions(currency) {
		return statedPay{}, false
	}
	c := readContext(lower, above, start, end, r.isRange)
	if in.field {
		c.pay, c.other = true, c.otherBefore
	}
	if r.bare && (!c.said || r.low.value < loneYearMin || c.period != "" && c.period != "year") {
		return statedPay{}, false
	}
	if r.low.period != "" {
		c.period, c.beside = r.low.period, true
	}
	if !c.beside && r.isRange {
		// "$50/hr - $60": the period stands behind the lower figure.
		low := readContext(lower, above, start, r.low.end, false)
		if low.beside {
			c.period, c.beside = low.period, true
		}
	}
	period := r.period(c, in.alone)
	if period == "" {
		return statedPay{}, false
	}
	s := statedPay{Salary: posting.Salary{Min: r.low.value, Max: r.high.value, Currency: currency, Period: period, Source: salarySourceText}, total: c.total}
	if !r.isRange {
		r.openEnd(&s.Salary, lower[max(0, start-openReach):start], in.field)
	}
	if !saneSalary(&s.Salary) {
		return statedPay{}, false
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

// mayBeMillions reports whether a figure in millions can be pay: in the currencies of small units,
// and of "$300K - $1M", which begins in thousands.
func (r moneyRange) mayBeMillions(currency string) bool {
	switch currency {
	case "KRW", "JPY", "IDR", "VND", "COP", "CLP":
		return true
	}
	return r.isRange && r.low.times == 1e3 && r.high.times == 1e6
}

// loneYearMin is the least a year's pay must be to be believed without a word about pay.
const loneYearMin = 20_000

// period is the period of pay that is stated or evident; "" when the figure is other money or its
// period is open.
func (r moneyRange) period(c payContext, alone bool) string {
	big := r.low.evident()
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
	case big && (c.pay || alone) && (r.isRange || r.low.value >= loneYearMin/2):
		return "year"
	}
	return ""
}

// plausible guards a period that is stated somewhere before the figure: an hourly rate is small, a
// year's pay is not.
func (r moneyRange) plausible(period string) bool {
	big := r.low.evident()
	if period == "year" {
		return big
	}
	if period == "hour" {
		return !big
	}
	return true
}

// openReach is how far before a single figure the words stand that make it an end of a range.
const openReach = 48

// openEnd clears the end that a single figure does not state.
func (r moneyRange) openEnd(s *posting.Salary, before string, field bool) {
	before = strings.TrimRight(before, " :(")
	ends := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool {
			return strings.HasSuffix(before, w) && wordStart(before, len(before)-len(w))
		})
	}
	switch {
	case field && before == "to",
		ends("up to", "upto", "maximum of", "max", "maximum", "salary to", "basic to", "rate to", "bis zu", "bis", "jusqu'à", "hasta", "tot", "no more than", "less than", "fino a", "até"),
		strings.HasSuffix(before, " is") && strings.Contains(before, "maximum "):
		s.Min = 0
	case ends("from", "starting at", "starts at", "start at", "starting from", "starts from", "beginning at", "at least", "minimum of", "min", "minimum", "no less than", "more than", "upwards of", "north of", "in excess of", "ab", "à partir de", "desde", "vanaf", "a partire da"),
		strings.HasSuffix(before, " is") && strings.Contains(before, "minimum "),
		r.low.plus:
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
