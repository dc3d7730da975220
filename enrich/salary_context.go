package enrich

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// contextBefore and contextAfter are how many bytes around a figure its meaning is looked for
	// in: about a sentence before, about a clause after.
	contextBefore = 140
	contextAfter  = 48
	// aboveBytesMax is the length above which the paragraph before is not what announces a figure.
	aboveBytesMax = 400
)

// payWords tell that a figure is pay for work.
var payWords = sync.OnceValue(func() *finder { return newFinder(payWordList) })

var payWordList = []string{
	"salary", "salaries", "base pay", "base compensation", "compensation", "pay range", "pay band", "pay rate", "pay scale", "pay:", "wage", "remuneration", "rate of pay",
	"ote", "on-target earnings", "on target earnings", "earn", "hourly", "annually", "per annum", "base range", "base:", "hiring range", "starting pay", "paying", "pays", "is paid", "pay for this", "pay is", "pay between", "rate:", "day rate",
	"gehalt", "vergütung", "jahresgehalt", "bruttojahresgehalt", "entgelt", "salaire", "rémunération", "salario", "remuneración", "salário", "remuneração", "salaris", "retribuzione", "wynagrodzenie", "lön", "løn", "ral", "年収", "月給", "給与", "年薪", "月薪", "연봉", "ctc",
}

// otherMoneyWords tell that a figure is something else.
var otherMoneyWords = sync.OnceValue(func() *finder { return newFinder(otherMoneyList) })

var otherMoneyList = []string{
	"bonus", "stipend", "allowance", "reimburse", "budget", "401", "equity", "stock", "options", "rsu", "shares", "funding", "raised", "raising", "series a", "series b", "series c", "series d", "series e", "seed",
	"revenue", "arr", "valuation", "valued", "market", "assets", "aum", "investment", "invested", "investors", "backed", "grant", "prize", "donat", "sales of", "quota", "deals", "deal size", "contracts", "savings", "saved", "saving", "spend", "spending", "portfolio",
	"insurance", "deductible", "coverage", "premium", "referral", "signing", "sign-on", "sign on", "relocation", "credit", "discount", "up-front", "fund", "benefit", "contribution", "match", "tuition", "per diem", "commission", "profit", "gmv", "transactions", "processed", "processing", "customers", "users", "economy", "industry", "company", "startup", "fee", "fees", "fine", "penalt", "loan", "debt", "cost", "price", "purchase", "gift", "voucher", "perk", "wellness", "learning", "education", "equipment", "home office", "internet", "phone", "travel", "expenses", "worth", "managing", "manage", "generating", "payroll", "turnover", "umsatz", "capital", "acquisition", "acquired", "income families", "household", "zuschuss", "prämie",
}

// periodWords name the unit of time; the first match in this order wins at one place.
var periodWords = []struct{ word, period string }{
	{"per hour", "hour"},
	{"an hour", "hour"},
	{"/ hour", "hour"},
	{"/hour", "hour"},
	{"/hr", "hour"},
	{"/ hr", "hour"},
	{"per hr", "hour"},
	{"hourly", "hour"},
	{"/h", "hour"},
	{"p/h", "hour"},
	{"ph", "hour"},
	{"pro stunde", "hour"},
	{"die stunde", "hour"},
	{"de l'heure", "hour"},
	{"por hora", "hour"},
	{"per uur", "hour"},
	{"/std", "hour"},
	{"per working hour", "hour"},
	{"hour", "hour"},
	{"hr", "hour"},
	{"an hr", "hour"},
	{"per day", "day"},
	{"a day", "day"},
	{"/day", "day"},
	{"/ day", "day"},
	{"daily", "day"},
	{"p/d", "day"},
	{"pro tag", "day"},
	{"per diem", "day"},
	{"pd", "day"},
	{"/d", "day"},
	{"per week", "week"},
	{"a week", "week"},
	{"/week", "week"},
	{"/ week", "week"},
	{"/wk", "week"},
	{"weekly", "week"},
	{"pro woche", "week"},
	{"pw", "week"},
	{"per month", "month"},
	{"a month", "month"},
	{"/month", "month"},
	{"/ month", "month"},
	{"/mo", "month"},
	{"monthly", "month"},
	{"p.m.", "month"},
	{"pcm", "month"},
	{"im monat", "month"},
	{"pro monat", "month"},
	{"monatlich", "month"},
	{"par mois", "month"},
	{"al mes", "month"},
	{"por mês", "month"},
	{"per maand", "month"},
	{"al mese", "month"},
	{"miesięcznie", "month"},
	{"/mth", "month"},
	{"brutto/monat", "month"},
	{"per year", "year"},
	{"a year", "year"},
	{"/year", "year"},
	{"/ year", "year"},
	{"/yr", "year"},
	{"/ yr", "year"},
	{"per yr", "year"},
	{"yearly", "year"},
	{"per annum", "year"},
	{"/annum", "year"},
	{"p.a", "year"},
	{"pa", "year"},
	{"annually", "year"},
	{"annual", "year"},
	{"annualized", "year"},
	{"im jahr", "year"},
	{"pro jahr", "year"},
	{"jährlich", "year"},
	{"par an", "year"},
	{"bruts annuels", "year"},
	{"brut annuel", "year"},
	{"al año", "year"},
	{"anuales", "year"},
	{"por ano", "year"},
	{"per jaar", "year"},
	{"all'anno", "year"},
	{"/jahr", "year"},
	{"/an", "year"},
	{"/y", "year"},
	{"year", "year"},
	{"brutto/jahr", "year"},
	{"ctc", "year"},
	{"ral", "year"},
}

// statedPeriods are the words before a figure that tell its period.
var statedPeriods = []struct{ word, period string }{
	{"hourly", "hour"},
	{"per hour", "hour"},
	{"an hour", "hour"},
	{"stundenlohn", "hour"},
	{"per-hour", "hour"},
	{"daily rate", "day"},
	{"day rate", "day"},
	{"per day", "day"},
	{"tagessatz", "day"},
	{"weekly", "week"},
	{"per week", "week"},
	{"monthly", "month"},
	{"per month", "month"},
	{"monatlich", "month"},
	{"monatsgehalt", "month"},
	{"bruttomonatsgehalt", "month"},
	{"月給", "month"},
	{"月薪", "month"},
	{"annual", "year"},
	{"annually", "year"},
	{"annualized", "year"},
	{"yearly", "year"},
	{"per year", "year"},
	{"per annum", "year"},
	{"jahresgehalt", "year"},
	{"bruttojahresgehalt", "year"},
	{"annuel", "year"},
	{"年収", "year"},
	{"年薪", "year"},
	{"연봉", "year"},
}

// payContext is what the words around a figure say about it.
type payContext struct {
	pay    bool   // pay for work
	other  bool   // some other money
	period string // stated beside the figure or before it
	beside bool   // the period stands right behind the figure
	end    int    // where the period's words end
}

// readContext judges the figure s[start:end]; above is the paragraph before. s is lower case.
func readContext(s, above string, start, end int) payContext {
	c := payContext{end: end}
	before := s[max(0, start-contextBefore):start]
	after := s[end:min(len(s), end+contextAfter)]
	c.readBeside(after, end)
	sentence := before
	if i := lastSentenceEnd(before); i >= 0 {
		sentence = before[i:]
	}
	pay, other := lastWord(sentence, payWords()), lastWord(sentence, otherMoneyWords())
	clause := after[min(len(after), c.end-end):]
	if i := strings.IndexAny(clause, ".;,+([|$€£"); i >= 0 {
		clause = clause[:i]
	}
	for _, stop := range []string{" plus ", " and ", " with ", " to ", " depending", " based", " for ", " at ", " or "} {
		if i := strings.Index(clause, stop); i >= 0 {
			clause = clause[:i]
		}
	}
	payAfter, otherAfter := lastWord(clause, payWords()) >= 0, lastWord(clause, otherMoneyWords()) >= 0
	c.other = otherAfter && !payAfter || other > pay && !payAfter
	c.pay = payAfter || pay >= 0 && pay > other
	if !c.pay && !c.other {
		// Nothing in the sentence: what was said just before still holds.
		c.pay = lastWord(before, payWords()) >= 0 || len(above) <= aboveBytesMax && lastWord(above, payWords()) >= 0
	}
	if c.period == "" {
		c.period = lastStated(sentence)
	}
	if c.period == "" {
		c.period = lastStated(clause)
	}
	if c.period == "" && pay < 0 {
		c.period = lastStated(before)
		if c.period == "" && len(above) <= aboveBytesMax {
			c.period = lastStated(above)
		}
	}
	return c
}

// readBeside finds a period right behind the figure.
func (c *payContext) readBeside(after string, end int) {
	rest := strings.TrimLeft(after, " (,")
	for _, filler := range []string{"usd", "gross", "brutto", "base", "fixed", "cad", "in", "b2b", "netto", "net", "bruto", "brut"} {
		if t, ok := strings.CutPrefix(rest, filler+" "); ok {
			rest = strings.TrimLeft(t, " (,")
		}
	}
	for _, w := range periodWords {
		if strings.HasPrefix(rest, w.word) && !startsWord(rest[len(w.word):]) {
			c.period, c.beside = w.period, true
			c.end = end + len(after) - len(rest) + len(w.word)
			return
		}
	}
}

func lastSentenceEnd(s string) int {
	for i := len(s) - 2; i > 0; i-- {
		if (s[i] == '.' || s[i] == '!' || s[i] == '?' || s[i] == ';') && s[i+1] == ' ' && !isDigit(s[i-1]) {
			return i + 1
		}
	}
	return -1
}

// lastWord is where the last of the words ends, -1 for nowhere. A word must begin at a word's edge.
func lastWord(s string, words *finder) int {
	last := -1
	words.find(s, func(_, start, end int) {
		if wordEdge(s, start, s[start:end]) {
			last = end
		}
	})
	return last
}

// wordEdge reports whether the word at i begins one, and for short words also ends one.
func wordEdge(s string, i int, w string) bool {
	if r, _ := utf8.DecodeLastRuneInString(s[:i]); i > 0 && unicode.IsLetter(r) && r < 0x3000 {
		return false
	}
	return len(w) > 4 || !startsWord(s[i+len(w):]) || w[0] >= 0x80
}

func lastStated(s string) string {
	best, period := -1, ""
	for _, w := range statedPeriods {
		if i := strings.LastIndex(s, w.word); i > best && wordEdge(s, i, w.word) {
			best, period = i, w.period
		}
	}
	return period
}
