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
	"ote", "on-target earnings", "on target earnings", "earn", "hourly", "annually", "per annum", "base range", "base:", "hiring range", "starting pay", "cash base", "base of", "base between", "base from", "basic", "paying", "pays", "is paid", "pay for this", "pay is", "pay between", "rate:", "day rate",
	"gehalt", "vergütung", "jahresgehalt", "bruttojahresgehalt", "entgelt", "salaire", "rémunération", "salario", "remuneración", "salário", "remuneração", "salaris", "retribuzione", "wynagrodzenie", "lön", "løn", "ral", "年収", "月給", "給与", "年薪", "月薪", "연봉", "ctc",
}

// otherMoneyWords tell that a figure is something else.
var otherMoneyWords = sync.OnceValue(func() *finder { return newFinder(otherMoneyList) })

var otherMoneyList = []string{
	"bonus", "stipend", "allowance", "reimburse", "budget", "401", "equity", "stock", "options", "rsu", "shares", "funding", "raised", "raising", "series a", "series b", "series c", "series d", "series e", "seed",
	"revenue", "arr", "valuation", "valued", "market cap", "market size", "market opportunity", "addressable", "assets", "aum", "investment", "invested", "investors", "backed", "grant", "prize", "donat", "sales of", "quota", "deal", "deals", "deal size", "deal value", "contract value", "ticket", "acv", "contracts", "savings", "saved", "saving", "spend", "spending", "portfolio",
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

	said        bool // pay is spoken of in the figure's own sentence
	total       bool // the figure includes commission or bonus
	otherBefore bool // other money is spoken of in front of the figure
}

// readContext judges the figure or range s[start:end]; above is the paragraph before. s is lower case.
func readContext(s, above string, start, end int, isRange bool) payContext {
	c := payContext{end: end}
	before := s[max(0, start-contextBefore):start]
	after := s[end:min(len(s), end+contextAfter)]
	c.readBeside(after, end)
	sentence := before
	if i := lastSentenceEnd(before); i >= 0 {
		sentence = before[i:]
	}
	pay, other := lastWord(sentence, payWords()), lastWord(sentence, otherMoneyWords())
	clause := clauseAfter(after[min(len(after), c.end-end):])
	if isRange && s[end-1] == '+' {
		clause = "" // "$100,000+ bonus": what follows comes on top
	}
	payAfter, otherAfter := lastWord(clause, payWords()) >= 0 || beginsBase(clause), lastWord(clause, otherMoneyWords()) >= 0
	if isRange && pay > other && len(sentence)-pay <= announceReach && !beginsOther(clause) {
		otherAfter = false // "Salary range: $124,000-$177,000 Discretionary bonus eligible: Yes"
	}
	c.otherBefore = other > pay && !payAfter || beginsOther(clause) && !c.beside
	c.other = otherAfter && !payAfter || c.otherBefore
	c.pay = payAfter || pay >= 0 && pay > other
	c.said = c.pay
	c.total = isTotal(sentence, pay, strings.TrimLeft(after[min(len(after), c.end-end):], " (,"))
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

// announceReach is how far before a figure a word about pay announces it.
const announceReach = 24

// clauseAfter is the part of what follows a figure that still speaks of it.
func clauseAfter(after string) string {
	if i := strings.IndexAny(after, ".;,+([)|$€£•·"); i >= 0 {
		after = after[:i]
	}
	for _, stop := range []string{" plus ", " and ", " with ", " to ", " depending", " based", " for ", " at ", " or ", " as well", " & "} {
		if i := strings.Index(after, stop); i >= 0 {
			after = after[:i]
		}
	}
	return after
}

// beginsOther reports "$100K - $250K equity": the figure is of what follows right behind it.
func beginsOther(clause string) bool {
	clause = strings.TrimLeft(clause, " ")
	for _, w := range []string{"equity", "bonus", "stock", "rsu", "sign-on", "signing", "commission", "option", "funding", "arr", "revenue"} {
		if rest, ok := strings.CutPrefix(clause, w); ok && (len(w) > 3 || !startsWord(rest)) && !strings.HasPrefix(rest, " eligible") && !strings.HasPrefix(rest, " available") {
			return true
		}
	}
	return false
}

// beginsBase reports "160k - 260k base + equity".
func beginsBase(clause string) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(clause, " "), "base")
	return ok && !startsWord(rest)
}

// totalWords tell that a figure includes commission or bonus.
var totalWords = sync.OnceValue(func() *finder {
	return newFinder([]string{"ote", "on-target", "on target", "total compensation", "total comp", "total cash", "total target", "total annual", "total earnings", "first-year earnings", "first year earnings"})
})

// isTotal reports whether the last word about pay in front of a figure, which ends at pay, or the
// first behind it, speaks of a total.
func isTotal(sentence string, pay int, after string) bool {
	for _, w := range []string{"ote", "on-target", "on target", "total comp", "total cash", "total target"} {
		if rest, ok := strings.CutPrefix(after, w); ok && (len(w) > 3 || !startsWord(rest)) {
			return true
		}
	}
	if beginsBase(after) {
		return false
	}
	total := lastWord(sentence, totalWords())
	return total >= 0 && total >= pay-len(" compensation")
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
		// Texts that lost their line breaks: "Direct HireSalary: $60,000".
		return strings.HasPrefix(w, "salary")
	}
	return len(w) > 4 || !startsWord(s[i+len(w):]) || w[0] >= 0x80
}

// lastStated is the period that the last of the words of statedPeriods says, "" without any.
func lastStated(s string) string {
	last, period := -1, ""
	statedWords().find(s, func(word, start, end int) {
		if start > last && wordEdge(s, start, s[start:end]) {
			last, period = start, statedPeriods[word].period
		}
	})
	return period
}

var statedWords = sync.OnceValue(func() *finder {
	words := make([]string, len(statedPeriods))
	for i, w := range statedPeriods {
		words[i] = w.word
	}
	return newFinder(words)
})
