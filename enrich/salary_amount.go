package enrich

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// amount is one figure of money in a text.
type amount struct {
	start, end int // bytes of the text, marks included
	value      float64
	currency   string // ISO 4217, or "$", "kr", "¥" where the sign alone does not tell, or ""
	times      float64
	thousands  bool   // written with a K or the like
	digits     int    // digits before the decimals
	period     string // when the unit itself tells it (LPA)
	plus       bool   // "$120k+"
}

// currencySigns are the signs in the order they are tried; longer ones first.
var currencySigns = []struct{ sign, currency string }{
	{"US$", "USD"},
	{"CA$", "CAD"},
	{"AU$", "AUD"},
	{"SG$", "SGD"},
	{"NZ$", "NZD"},
	{"HK$", "HKD"},
	{"MX$", "MXN"},
	{"NT$", "TWD"},
	{"CAD$", "CAD"},
	{"AUD$", "AUD"},
	{"USD$", "USD"},
	{"SGD$", "SGD"},
	{"NZD$", "NZD"},
	{"HKD$", "HKD"},
	{"C$", "CAD"},
	{"A$", "AUD"},
	{"S$", "SGD"},
	{"R$", "BRL"},
	{"$", "$"},
	{"€", "EUR"},
	{"£", "GBP"},
	{"₹", "INR"},
	{"₩", "KRW"},
	{"¥", "¥"},
	{"￥", "¥"},
	{"₪", "ILS"},
	{"₺", "TRY"},
	{"₽", "RUB"},
	{"₱", "PHP"},
	{"฿", "THB"},
	{"₫", "VND"},
	{"₴", "UAH"},
	{"₦", "NGN"},
	{"zł", "PLN"},
	{"Kč", "CZK"},
	{"kr.", "kr"},
	{"kr", "kr"},
	{"Rs.", "INR"},
	{"Rs", "INR"},
	{"RM", "MYR"},
	{"Ft", "HUF"},
	{"円", "JPY"},
	{"Fr.", "CHF"},
}

// currencyCodes are the ISO 4217 codes that occur in adverts.
const currencyCodes = " USD EUR GBP CAD AUD NZD SGD HKD CHF SEK NOK DKK PLN CZK HUF RON BGN TRY UAH RUB ILS AED SAR QAR KWD BHD OMR EGP ZAR NGN KES GHS " +
	"INR PKR BDT LKR PHP IDR MYR THB VND CNY RMB JPY KRW TWD BRL MXN ARS CLP COP PEN UYU CRC ISK GEL RSD MAD TND "

// currencyWords are what follows a figure in words.
var currencyWords = []struct{ word, currency string }{
	{"euros", "EUR"}, {"euro", "EUR"}, {"us dollars", "USD"}, {"canadian dollars", "CAD"}, {"dollars", "$"}, {"pounds", "GBP"}, {"rupees", "INR"}, {"francs", "CHF"},
}

// magnitudes are what multiplies a figure. Millions and billions are read so that they can be told
// from salaries.
var magnitudes = []struct {
	word      string
	times     float64
	currency  string
	period    string
	thousands bool
}{
	{"lpa", 1e5, "INR", "year", true},
	{"lakhs", 1e5, "INR", "", true},
	{"lakh", 1e5, "INR", "", true},
	{"lacs", 1e5, "INR", "", true},
	{"lac", 1e5, "INR", "", true},
	{"crore", 1e7, "INR", "", false},
	{"million", 1e6, "", "", false},
	{"mio", 1e6, "", "", false},
	{"billion", 1e9, "", "", false},
	{"trillion", 1e12, "", "", false},
	{"thousand", 1e3, "", "", true},
	{"tkr", 1e3, "kr", "", true},
	{"tsd", 1e3, "", "", true},
	{"mm", 1e6, "", "", false},
	{"bn", 1e9, "", "", false},
	{"万", 1e4, "", "", true},
	{"k", 1e3, "", "", true},
	{"m", 1e6, "", "", false},
	{"b", 1e9, "", "", false},
	{"t", 1e12, "", "", false},
}

// figureBytesMax bounds one written figure; a longer run of digits is an account number.
const figureBytesMax = 20

// scanAmount reads the figure whose first digit is at i. ok is false when it is part of a word or a
// longer number.
func scanAmount(s string, i int) (a amount, ok bool) {
	if i > 0 {
		if r, _ := utf8.DecodeLastRuneInString(s[:i]); unicode.IsDigit(r) {
			return a, false
		}
	}
	end := figureEnd(s, i)
	if end-i > figureBytesMax {
		return amount{end: end}, false
	}
	a = amount{start: i, end: end, times: 1}
	if a.value, a.digits, ok = figureValue(s[i:end]); !ok {
		return amount{end: end}, false
	}
	a.readPrefix(s)
	a.readSuffix(s)
	a.value *= a.times
	return a, true
}

// figureEnd is the end of digits with group separators. A space groups only before three digits
// after at most three.
func figureEnd(s string, i int) int {
	group := 0
	for i < len(s) {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			group++
			i++
			continue
		case (c == ',' || c == '.' || c == '\'') && i+1 < len(s) && isDigit(s[i+1]):
			i++
		case strings.HasPrefix(s[i:], "’") && i+3 < len(s) && isDigit(s[i+3]):
			i += 3
		case c == ' ' && group <= 3 && threeDigits(s, i+1):
			i++
		default:
			return i
		}
		group = 0
	}
	return i
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func threeDigits(s string, i int) bool {
	return i+3 <= len(s) && isDigit(s[i]) && isDigit(s[i+1]) && isDigit(s[i+2]) && (i+3 == len(s) || !isDigit(s[i+3]))
}

// figureValue reads "60.000", "60,000.50", "110'000", "25,00,000", "75 000" or "62.5". A last group
// of three digits is a group, one or two are decimals.
func figureValue(s string) (value float64, digits int, ok bool) {
	s = strings.ReplaceAll(s, "’", "'")
	last := strings.LastIndexAny(s, ",.' ")
	whole, decimals := s, ""
	if last >= 0 {
		tail := s[last+1:]
		sameBefore := strings.IndexByte(s[:last], s[last]) >= 0
		switch {
		case len(tail) == 3:
		case len(tail) <= 2 && s[last] != ' ' && s[last] != '\'' && !sameBefore:
			whole, decimals = s[:last], tail
		default:
			return 0, 0, false
		}
	}
	var b strings.Builder
	for i := 0; i < len(whole); i++ {
		if isDigit(whole[i]) {
			b.WriteByte(whole[i])
		}
	}
	digits = b.Len()
	if decimals != "" {
		b.WriteByte('.')
		b.WriteString(decimals)
	}
	value, err := strconv.ParseFloat(b.String(), 64)
	return value, digits, err == nil
}

func (a *amount) readPrefix(s string) {
	before := strings.TrimRight(s[:a.start], " ")
	if len(s[:a.start])-len(before) > 1 {
		return
	}
	for _, c := range currencySigns {
		if strings.HasSuffix(before, c.sign) && !endsInWord(before[:len(before)-len(c.sign)], c.sign) {
			a.currency, a.start = c.currency, len(before)-len(c.sign)
			if c.sign == "CA$" && endsInCity(before[:a.start]) {
				a.currency, a.start = "$", len(before)-1
			}
			if c.currency == "$" || c.currency == "EUR" || c.currency == "GBP" {
				// "USD $120,000"
				if code := codeAtEnd(s[:a.start]); code != "" {
					a.currency = code
				}
			}
			return
		}
	}
	if code := codeAtEnd(before); code != "" {
		a.currency, a.start = code, len(before)-3
	}
}

// endsInCity reports whether "CA$80" follows a city and a comma, so that it is California and a bare
// dollar, and not the next figure of a list ("US$150k, CA$180k").
func endsInCity(before string) bool {
	rest, ok := strings.CutSuffix(before, ", ")
	return ok && !strings.ContainsAny(rest[strings.LastIndexByte(rest, ' ')+1:], "0123456789:")
}

// endsInWord reports whether a sign made of letters is the end of a longer word.
func endsInWord(before, sign string) bool {
	first, _ := utf8.DecodeRuneInString(sign)
	last, _ := utf8.DecodeLastRuneInString(before)
	return unicode.IsLetter(first) && before != "" && unicode.IsLetter(last)
}

func codeAtEnd(s string) string {
	s = strings.TrimRight(s, " :")
	if len(s) < 3 {
		return ""
	}
	code := s[len(s)-3:]
	if !isCode(code) || !strings.Contains(currencyCodes, " "+code+" ") || endsInWord(s[:len(s)-3], code) {
		return ""
	}
	return isoCurrency(code)
}

func isoCurrency(code string) string {
	if code == "RMB" {
		return "CNY"
	}
	return code
}

func (a *amount) readSuffix(s string) {
	rest := s[a.end:]
	skip := len(rest) - len(strings.TrimLeft(rest, " "))
	lower := lowerASCII(rest[skip:min(len(rest), skip+24)])
	for _, m := range magnitudes {
		if !strings.HasPrefix(lower, m.word) || startsWord(lower[len(m.word):]) || skip > 1 || skip == 1 && len(m.word) == 1 && m.word != "k" && m.word != "m" && m.word != "b" {
			continue
		}
		a.times, a.thousands, a.period = m.times, m.thousands, m.period
		if a.currency == "" || a.currency == "INR" {
			if m.currency != "" {
				a.currency = m.currency
			}
		}
		a.end += skip + len(m.word)
		break
	}
	if a.end < len(s) && s[a.end] == '+' {
		a.plus = true
		a.end++
	}
	a.readCurrencyAfter(s)
	if a.end < len(s) && s[a.end] == '+' {
		a.plus = true
		a.end++
	}
}

func (a *amount) readCurrencyAfter(s string) {
	rest := s[a.end:]
	skip := len(rest) - len(strings.TrimLeft(rest, " "))
	rest = rest[skip:]
	if skip > 1 || rest == "" {
		return
	}
	take := func(n int, currency string) {
		a.end += skip + n
		if a.currency == "" || a.currency == "$" || a.currency == "kr" || a.currency == "¥" {
			a.currency = currency
		}
	}
	bracket := 0
	if rest[0] == '(' {
		bracket = 1
	}
	if len(rest) >= bracket+3 {
		if code := rest[bracket : bracket+3]; isCode(code) && strings.Contains(currencyCodes, " "+code+" ") && !startsWord(rest[bracket+3:]) {
			take(bracket+3, isoCurrency(code))
			return
		}
	}
	for _, c := range currencySigns {
		if strings.HasPrefix(rest, c.sign) && !startsWord(rest[len(c.sign):]) && !(len(rest) > len(c.sign) && isDigit(rest[len(c.sign)])) && !strings.HasSuffix(c.sign, "$") || c.sign == "$" && strings.HasPrefix(rest, "$") && a.currency == "" {
			take(len(c.sign), c.currency)
			return
		}
	}
	lower := lowerASCII(rest[:min(len(rest), 20)])
	for _, w := range currencyWords {
		if strings.HasPrefix(lower, w.word) && !startsWord(lower[len(w.word):]) {
			take(len(w.word), w.currency)
			return
		}
	}
}

func startsWord(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && r < 0x3000 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// lowerASCII lowers ASCII letters only, so that offsets stay what they are.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
