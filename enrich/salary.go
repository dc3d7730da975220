package enrich

import (
	"math"
	"slices"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

const (
	salarySourceStructured = "structured"
	salarySourceText       = "text"
	// salariesMax bounds the ranges of one posting; the longest real adverts list about ten zones.
	salariesMax = 16
	// spreadMax is the widest believable range: the top of a band is rarely five times its bottom,
	// and one with commission stays below eight.
	spreadMax = 8
	// shortLineMax is the length of a line that holds nothing but a range.
	shortLineMax = 70
	// payBytesMax bounds the text of a pay field.
	payBytesMax = 4 << 10
	// figuresMax bounds the money figures judged in one posting; real adverts have some dozens.
	figuresMax = 500
	// evidentDigits is how many digits make a figure a year's pay where pay is spoken of.
	evidentDigits = 5
)

// Sane bounds of pay per period in US dollars. They only keep other money out; a currency's scale
// (currencyScale) is within a factor of two, so they are wide.
var salaryBounds = map[string][2]float64{
	"hour":  {2, 1_500},
	"day":   {15, 10_000},
	"week":  {60, 40_000},
	"month": {120, 150_000},
	"year":  {1_500, 3_000_000},
}

// currencyScale is about how many units of a currency make a US dollar, to the nearest simple
// number; 1 where it is not listed. Only the bounds above use it.
var currencyScale = map[string]float64{
	"JPY": 130, "KRW": 1300, "INR": 80, "HUF": 350, "CZK": 22, "PHP": 55, "IDR": 15_000, "VND": 24_000, "CLP": 900, "COP": 4000, "RUB": 80,
	"MXN": 18, "SEK": 10, "NOK": 10, "DKK": 7, "TWD": 30, "THB": 35, "TRY": 30, "ZAR": 18, "BRL": 5, "PLN": 4, "ILS": 3.5, "AED": 3.7, "SAR": 3.7,
	"CNY": 7, "HKD": 8, "RON": 4.5, "EGP": 40, "NGN": 1000, "KES": 130, "PKR": 280, "BDT": 110, "LKR": 300, "ARS": 500, "UAH": 40, "ISK": 140,
	"RSD": 110, "PEN": 4, "UYU": 40, "CRC": 520, "MYR": 4.5, "MAD": 10, "GEL": 2.7, "QAR": 3.6,
}

// dollarOf and kroneOf tell which currency a bare sign means where all places of a posting agree.
var (
	dollarOf = map[string]string{"CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "HK": "HKD", "US": "USD", "PR": "USD"}
	kroneOf  = map[string]string{"SE": "SEK", "NO": "NOK", "DK": "DKK", "IS": "ISK"}
	yenOf    = map[string]string{"JP": "JPY", "CN": "CNY"}
)

// currencyOf tells what a yearly range without any sign is in where all places of a posting are in
// one country. Only countries whose employers pay in no other money are listed.
var currencyOf = map[string]string{
	"US": "USD", "GB": "GBP", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "CH": "CHF", "IE": "EUR", "DE": "EUR", "FR": "EUR", "NL": "EUR", "ES": "EUR",
	"IT": "EUR", "AT": "EUR", "BE": "EUR", "FI": "EUR", "LU": "EUR",
}

// salaries reads the pay ranges of a posting: what the source states in fields, else what the text
// says. A figure without a currency or whose period is neither stated nor evident is left out.
func salaries(rec posting.Record, doc document, places []posting.Location) []posting.Salary {
	var out []posting.Salary
	for _, p := range rec.Pay {
		out = appendSalary(out, structuredSalary(p))
	}
	if len(out) > 0 {
		return out
	}
	country := soleCountry(places)
	for _, p := range rec.Pay {
		if p.Text != "" {
			for _, s := range textSalaries(readTitle(truncate(p.Text, payBytesMax)), "salary", payPlace{country: country, currency: payCurrency(p), field: true}) {
				s.Source = salarySourceStructured
				out = appendSalary(out, s)
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	above, figures := "", figuresMax
	var found []statedPay
	for _, p := range doc.paragraphs {
		text := doc.text[p.start:p.end]
		if p.signals.has(signalFigure) && (p.section != sectionLegal || lastWord(lowerASCII(text), payWords()) >= 0) {
			found = append(found, textSalariesIn(text, above, payPlace{country: country}, &figures)...)
		}
		above = text
	}
	for _, s := range withoutTotals(found) {
		out = appendSalary(out, s)
	}
	return out
}

// statedPay is a pay figure of a text.
type statedPay struct {
	posting.Salary
	total bool // with commission or bonus: on-target earnings, total compensation
}

// withoutTotals leaves out figures that include commission or bonus where the base is stated too:
// the two must not be read as two ranges of the same thing.
func withoutTotals(found []statedPay) []posting.Salary {
	out := make([]posting.Salary, 0, len(found))
	base := slices.ContainsFunc(found, func(s statedPay) bool { return !s.total })
	for _, s := range found {
		if !s.total || !base {
			out = append(out, s.Salary)
		}
	}
	return out
}

// soleCountry is the country of all places, "" when they differ or are unknown.
func soleCountry(ls []posting.Location) string {
	country := ""
	for _, l := range ls {
		if l.Country == "" || country != "" && country != l.Country {
			return ""
		}
		country = l.Country
	}
	return country
}

func appendSalary(out []posting.Salary, s posting.Salary) []posting.Salary {
	same := func(o posting.Salary) bool {
		return o.Min == s.Min && o.Max == s.Max && o.Currency == s.Currency && o.Period == s.Period
	}
	if s.Currency == "" || s.Period == "" || len(out) >= salariesMax || slices.ContainsFunc(out, same) {
		return out
	}
	return append(out, s)
}

// structuredSalary reads a pay range stated in fields; the zero value when it is unusable.
func structuredSalary(p posting.Pay) posting.Salary {
	currency := payCurrency(p)
	period := intervalPeriod(p.Interval)
	if period == "" && p.Interval == "" && max(p.Min, p.Max) >= 1e4*scaleOf(currency) {
		period = "year" // five digits in a field for pay can be nothing else
	}
	s := posting.Salary{Min: p.Min, Max: p.Max, Currency: currency, Period: period, Text: readTitle(truncate(p.Text, payBytesMax)), Source: salarySourceStructured}
	if len(currency) != 3 || !saneSalary(&s) {
		return posting.Salary{}
	}
	return s
}

func payCurrency(p posting.Pay) string {
	return isoCurrency(strings.ToUpper(strings.TrimSpace(p.Currency)))
}

func intervalPeriod(s string) string {
	s = strings.ToLower(s)
	for _, w := range []struct{ word, period string }{
		{"hour", "hour"}, {"day", "day"}, {"daily", "day"}, {"bi-week", ""}, {"biweek", ""}, {"week", "week"}, {"month", "month"}, {"year", "year"}, {"annu", "year"}, {"annum", "year"}, {"yr", "year"}, {"hr", "hour"},
	} {
		if strings.Contains(s, w.word) {
			return w.period
		}
	}
	switch s {
	case "pa":
		return "year"
	case "ph":
		return "hour"
	case "pm":
		return "month"
	case "pd":
		return "day"
	}
	return ""
}

func scaleOf(currency string) float64 {
	if f := currencyScale[currency]; f > 0 {
		return f
	}
	return 1
}

// saneSalary rounds the figures, puts them in order and reports whether they can be pay.
func saneSalary(s *posting.Salary) bool {
	s.Min, s.Max = math.Round(s.Min*100)/100, math.Round(s.Max*100)/100
	if s.Min > s.Max && s.Max > 0 {
		s.Min, s.Max = s.Max, s.Min
	}
	b, ok := salaryBounds[s.Period]
	if !ok || s.Min < 0 || s.Max < 0 || s.Min == 0 && s.Max == 0 {
		return false
	}
	if s.Min > 0 && s.Max > spreadMax*s.Min {
		return false
	}
	scale := scaleOf(s.Currency)
	for _, v := range []float64{s.Min, s.Max} {
		if v != 0 && (v < b[0]*scale || v > b[1]*scale) {
			return false
		}
	}
	return true
}

// payPlace is what is known of a text's money from outside the text.
type payPlace struct {
	country  string // the one country of the posting's places
	currency string // the currency of a pay field; figures in it need no sign
	alone    bool   // the paragraph is a line of little else, or a header of fields
	field    bool   // the text is a field for pay
}

func textSalaries(text, above string, in payPlace) []posting.Salary {
	figures := figuresMax
	return withoutTotals(textSalariesIn(text, above, in, &figures))
}

// textSalariesIn finds the pay figures of one paragraph; above is the one before it, figures how many
// more may be judged.
func textSalariesIn(text, above string, in payPlace, figures *int) []statedPay {
	var out []statedPay
	lower := "" // of text, once there is a figure of money
	in.alone = len(text) <= shortLineMax || strings.Contains(text, " | ")
	for i := 0; i < len(text) && *figures > 0; {
		if !isDigit(text[i]) {
			i++
			continue
		}
		first, ok := scanAmount(text, i)
		if !ok {
			i = max(i+1, first.end)
			continue
		}
		r := readRange(text, first)
		i = r.high.end
		if r.low.currency == "" && r.high.currency == "" {
			r.low.currency, r.bare = in.currency, in.currency == ""
			if r.bare && r.isRange && r.high.evident() {
				r.low.currency = currencyOf[in.country]
			}
			if r.low.currency == "" {
				continue
			}
			r.high.currency = r.low.currency
		}
		*figures--
		if lower == "" {
			lower, above = lowerASCII(text), lowerASCII(above)
		}
		if s, ok := r.salary(text, lower, above, in); ok {
			out = append(out, s)
		}
	}
	return out
}
